/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/helper.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonw.h"
#include "base/text.h"
#include "source/ooni.h"
#include "source/step.h"

#define WAIT (60 * SECOND)
#define REPLY_MAX ((size_t)1 << 20)

struct helper {
	struct task task;
	struct helper_ask ask;
	struct arena *arena;
	helper_done *done;
	void *arg;
	struct task *part;
};

static void end(struct task *task)
{
	struct helper *h = (struct helper *)task;

	if (h->part)
		task_cancel(h->part);
	free(h);
}

static void finish(struct helper *h, const struct control *saw, const char *failure)
{
	struct control reply = saw ? *saw : (struct control){.body_length = -1};
	helper_done *done = h->done;
	void *arg = h->arg;

	reply.name = h->ask.helper->url;
	reply.failure = failure;
	task_cancel(&h->task);
	done(arg, &reply);
}

bool helper_read(struct arena *a, const char *json, size_t n, struct control *out, const char **why)
{
	static const char before[] =
	    "{\"test_name\":\"web_connectivity\",\"test_keys\":{\"control\":";
	struct buf whole = {0};
	struct measurement m;
	struct blob inner;
	struct json j;
	bool one;
	const char *text;

	/* One object and nothing else, since it is put into a measurement to be read there. */
	json_of(&j, json, n);
	one = json_next(&j) == JSON_OBJECT;
	if (one) {
		json_leave(&j);
		one = json_next(&j) == JSON_END;
	}
	json_free(&j);
	if (!one) {
		*why = "json_parse_error";
		return false;
	}
	buf_text(&whole, before);
	buf_add(&whole, json, n);
	buf_text(&whole, "}}");
	text = arena_copy(a, whole.at, whole.len + 1);
	n = whole.len;
	buf_free(&whole);
	if (ooni_measurement(a, text, n, &m, &inner, why) != OONI_MEASUREMENT || !m.ncontrol) {
		*why = "json_parse_error";
		return false;
	}
	*out = m.control[0];
	return true;
}

static void asked(void *arg, const struct step_reply *r)
{
	struct helper *h = arg;
	const struct transaction *t = &r->transaction;
	struct control saw;
	const char *why;

	h->part = NULL;
	if (r->failure)
		finish(h, NULL, r->failure);
	else if (t->code != 200)
		finish(h, NULL, "http_request_failed");
	else if (t->truncated ||
		 !helper_read(h->arena, (const char *)t->body, t->nbody, &saw, &why))
		finish(h, NULL, "json_parse_error");
	else
		finish(h, &saw, NULL);
}

/* A part of it goes on for as long as bytes come; all of it does not. */
static void too_late(struct task *task)
{
	finish((struct helper *)task, NULL, "generic_timeout_error");
}

static void request(struct helper *h, struct buf *out)
{
	struct jsonw w = JSONW(out);
	char t[PREFIX_TEXT + 8];

	jsonw_object(&w);
	jsonw_name(&w, "http_request");
	jsonw_text(&w, h->ask.url);
	jsonw_name(&w, "http_request_headers");
	jsonw_object(&w);
	for (size_t i = 0; i < h->ask.nheader; i++) {
		/* The helper only passes these on. */
		if (strcmp(h->ask.header[i].name, "Accept") &&
		    strcmp(h->ask.header[i].name, "Accept-Language") &&
		    strcmp(h->ask.header[i].name, "User-Agent"))
			continue;
		jsonw_name(&w, h->ask.header[i].name);
		jsonw_array(&w);
		jsonw_text(&w, h->ask.header[i].value);
		jsonw_array_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_name(&w, "tcp_connect");
	jsonw_array(&w);
	for (size_t i = 0; i < h->ask.nendpoint; i++)
		jsonw_text(&w, endpoint_text(t, h->ask.endpoint[i].addr, h->ask.endpoint[i].port));
	jsonw_array_end(&w);
	jsonw_name(&w, "x_quic_enabled");
	jsonw_bool(&w, true);
	jsonw_object_end(&w);
}

struct task *helper_begin(struct loop *l, struct arena *a, const struct helper_ask *ask,
			  helper_done *done, void *arg)
{
	static const struct header header[] = {{"Accept", "application/json"},
					       {"Content-Type", "application/json"},
					       {"User-Agent", "meridian"}};
	struct helper *h = mem_zero(1, sizeof(*h));
	struct buf body = {0};
	struct http_spec http = {.method = "POST",
				 .url = ask->helper->url,
				 .header = header,
				 .nheader = 3,
				 .body_max = REPLY_MAX};
	struct step_spec step = {.flow = ask->flow,
				 .addr = ask->helper->addr,
				 .port = ask->helper->port,
				 .tls = !strncmp(ask->helper->url, "https:", 6),
				 .trust = ask->trust,
				 .http = &http};
	char host[256];

	h->ask = *ask;
	h->arena = a;
	h->done = done;
	h->arg = arg;
	task_begin(&h->task, l, end);
	request(h, &body);
	http.body = arena_copy(a, body.at, body.len);
	http.nbody = body.len;
	buf_free(&body);
	step.host = arena_text(a, url_host(host, sizeof(host), ask->helper->url, NULL));
	/* Many targets ask the same helper at once; its failures are nobody's interference. */
	step.flow.query = true;
	step.flow.alone = false;
	if (!step.flow.timeout)
		step.flow.timeout = WAIT;
	task_after(&h->task, step.flow.timeout, too_late);
	h->part = step_begin(l, a, &step, asked, h);
	return &h->task;
}
