/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/serve.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "record/disk.h"
#include "record/note.h"

struct server {
	void (*answer)(void *arg, const struct serve_request *q, struct serve_reply *r);
	void *arg;
};

static void on_request(struct evhttp_request *req, void *arg)
{
	const struct server *s = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(req), *out = evbuffer_new();
	struct evkeyvalq *head = evhttp_request_get_output_headers(req);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	enum evhttp_cmd_type method = evhttp_request_get_command(req);
	struct serve_request q = {.post = method == EVHTTP_REQ_POST,
				  .nbody = evbuffer_get_length(in)};
	struct serve_reply r = {.status = 404, .type = "text/plain; charset=utf-8"};
	char *decoded = path ? evhttp_uridecode(path, 0, NULL) : NULL;

	q.path = decoded ? decoded : "";
	q.body = evbuffer_pullup(in, -1);
	s->answer(s->arg, &q, &r);
	evhttp_add_header(head, "Content-Type", r.type);
	if (r.cache)
		evhttp_add_header(head, "Cache-Control", r.cache);
	if (r.body.len)
		evbuffer_add(out, r.body.at, r.body.len);
	evhttp_send_reply(req, r.status, r.status == 200 ? "OK" : "Refused", out);
	evbuffer_free(out);
	buf_free(&r.body);
	free(decoded);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(arg);
}

bool serve(const char *address, size_t max,
	   void (*answer)(void *arg, const struct serve_request *q, struct serve_reply *r),
	   void *arg, struct err *err)
{
	struct server s = {answer, arg};
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base),
		     *intr = evsignal_new(base, SIGINT, on_signal, base);
	const char *colon = strrchr(address, ':');
	char host[256];
	uint64_t port = 0;
	bool ok = colon && (size_t)(colon - address) < sizeof(host) &&
		  text_to_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &port);

	if (!ok)
		err_misuse(err, "--listen: %s is not ADDRESS:PORT", address);
	if (ok) {
		memcpy(host, address, (size_t)(colon - address));
		host[colon - address] = 0;
		evhttp_set_max_body_size(http, (ev_ssize_t)max);
		evhttp_set_max_headers_size(http, 16384);
		evhttp_set_timeout(http, 30);
		evhttp_set_allowed_methods(http,
					   EVHTTP_REQ_POST | EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
		evhttp_set_gencb(http, on_request, &s);
		event_add(term, NULL);
		event_add(intr, NULL);
		ok = !evhttp_bind_socket(http, host, (uint16_t)port) || err_sys(err, "%s", address);
		if (ok)
			event_base_dispatch(base);
	}
	event_free(term);
	event_free(intr);
	evhttp_free(http);
	event_base_free(base);
	return ok;
}

static size_t digits(const char **at, size_t most)
{
	size_t n = strspn(*at, "0123456789");

	n = n > most ? 0 : n;
	*at += n;
	return n;
}

/* "/tile/0/x001/067", "/tile/entries/000.p/5": nothing else is a name that is looked for. */
static bool tile_name(const char *at, bool *partial)
{
	if (strncmp(at, "/tile/", 6) != 0)
		return false;
	at += 6;
	if (!strncmp(at, "entries", 7))
		at += 7;
	else if (!digits(&at, 2))
		return false;
	if (*at++ != '/')
		return false;
	while (*at == 'x') {
		at++;
		if (digits(&at, 3) != 3 || *at++ != '/')
			return false;
	}
	if (digits(&at, 3) != 3)
		return false;
	*partial = !strncmp(at, ".p/", 3);
	if (*partial) {
		at += 3;
		if (!digits(&at, 3))
			return false;
	}
	return !*at;
}

void tiles_answer(void *arg, const struct serve_request *q, struct serve_reply *r)
{
	struct buf path = {0};
	struct err err;
	bool checkpoint = !strcmp(q->path, "/checkpoint"), partial = false;

	if (q->post) {
		r->status = 405;
		return;
	}
	if (!checkpoint && !tile_name(q->path, &partial)) {
		buf_text(&r->body, "a log has /checkpoint and /tile/…\n");
		return;
	}
	buf_printf(&path, "%s%s", (const char *)arg, q->path);
	/* 256 entries of at most 64 KiB and their lengths. */
	if (disk_exists(path.at) && disk_read(path.at, &r->body, 256 * 65538, &err)) {
		r->status = 200;
		r->type = checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream";
		/* A tile never changes. */
		r->cache = checkpoint ? "no-cache" : "public, max-age=31536000, immutable";
	} else {
		buf_text(&r->body, "the log has no such tile\n");
	}
	buf_free(&path);
}
