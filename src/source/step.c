/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/step.h"

#include <stdlib.h>

struct step {
	struct task task;
	struct step_spec spec;
	struct http_spec http;
	struct arena *arena;
	step_done *done;
	void *arg;
	struct step_reply reply;
	struct conn *conn;
	struct task *part;
};

static void end(struct task *task)
{
	struct step *s = (struct step *)task;

	if (s->part)
		task_cancel(s->part);
	conn_close(s->conn);
	free(s);
}

static void finish(struct step *s, const char *failure)
{
	struct step_reply reply = s->reply;
	step_done *done = s->done;
	void *arg = s->arg;

	reply.failure = failure;
	task_cancel(&s->task);
	done(arg, &reply);
}

static void fetched(void *arg, const struct transaction *t)
{
	struct step *s = arg;

	s->part = NULL;
	s->reply.transaction = *t;
	s->reply.asked = true;
	finish(s, t->seen.failure);
}

static void fetch(struct step *s)
{
	if (!s->spec.http) {
		finish(s, NULL);
		return;
	}
	s->http.flow = s->spec.flow;
	s->http.conn = s->conn;
	s->part = http_begin(s->task.loop, s->arena, &s->http, fetched, s);
}

static void shaken(void *arg, const struct handshake *h)
{
	struct step *s = arg;

	s->part = NULL;
	s->reply.handshake = *h;
	s->reply.shook = true;
	if (h->seen.failure)
		finish(s, h->seen.failure);
	else
		fetch(s);
}

static void connected(void *arg, const struct connect *c, struct conn *conn)
{
	static const char *const alpn[] = {"h2", "http/1.1", NULL};
	struct step *s = arg;
	struct tls_spec tls = {.flow = s->spec.flow,
			       .conn = conn,
			       .trust = s->spec.trust,
			       .server_name = s->spec.host,
			       .alpn = alpn};

	s->part = NULL;
	s->conn = conn;
	s->reply.connect = *c;
	if (!conn) {
		finish(s, c->seen.failure);
		return;
	}
	conn->heard = s->spec.heard;
	conn->heard_arg = s->spec.heard_arg;
	if (s->spec.tls)
		s->part = tls_begin(s->task.loop, s->arena, &tls, shaken, s);
	else
		fetch(s);
}

struct task *step_begin(struct loop *l, struct arena *a, const struct step_spec *spec,
			step_done *done, void *arg)
{
	struct step *s = mem_zero(1, sizeof(*s));
	struct dial_spec dial = {.flow = spec->flow, .addr = spec->addr, .port = spec->port};

	s->spec = *spec;
	s->arena = a;
	s->done = done;
	s->arg = arg;
	if (spec->http) {
		s->http = *spec->http;
		s->spec.http = &s->http;
	}
	task_begin(&s->task, l, end);
	s->part = dial_begin(l, a, &dial, connected, s);
	return &s->task;
}
