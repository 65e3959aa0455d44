/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The addresses of a plan's round: TCP, TLS and HTTP to each, what helpers see of them, and a
 * second try of what another target or a bad line may have failed.
 */
#include <string.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "source/annotate.h"
#include "source/plan_own.h"

#define OTHER_BODY (32 << 10)	/* kept of what the second address and later ones say */
#define CHECK_443 (4 * SECOND)	/* TLS to an address of a page in the clear: only to know it */
#define REPEATS_BEFORE 4	/* how many others' repeats one waits for at most */
#define SECOND_TRY (5 * SECOND) /* of what was met by silence: three SYNs */

/* What a browser sends, so that a measurement gets what people get. */
static const struct header usual[] = {
    {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    {"Accept-Language", "en-US,en;q=0.5"},
    {"Accept-Encoding", "gzip, deflate"},
    {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
};
#define NUSUAL (sizeof(usual) / sizeof(*usual))

/* ---- helpers ---- */

static void helped(void *arg, const struct control *reply)
{
	struct asked *a = arg;
	struct plan *p = a->plan;
	struct plan_state *s = p->state;

	a->task = NULL;
	mem_room(&s->control, &s->ccontrol, p->m.ncontrol + 1);
	s->control[p->m.ncontrol] = *reply;
	annotate_control(p->arena, p->opt, &s->control[p->m.ncontrol++]);
	p->m.control = s->control;
	s->helpers_left--;
	plan_go_on(p);
}

static void ask_helpers(struct plan *p)
{
	struct plan_state *s = p->state;
	struct endpoint *e = arena_zero(p->arena, s->naddr * 2 + 1, sizeof(*e));
	size_t n = 0;

	for (size_t i = 0; i < s->naddr; i++) {
		e[n++] = (struct endpoint){s->addr[i], s->port};
		if (!s->https && s->port == 80)
			e[n++] = (struct endpoint){s->addr[i], 443};
	}
	s->helpers_left = s->nhelper;
	for (size_t i = 0; i < s->nhelper; i++) {
		struct helper_ask ask = {.flow = plan_flow(p, 0, NULL),
					 .helper = &p->opt->helper[i],
					 .trust = p->opt->trust,
					 .url = s->url,
					 .endpoint = e,
					 .nendpoint = n,
					 .header = usual,
					 .nheader = NUSUAL};

		/* A helper waits for what is dead itself; a step's limit is not for it. */
		ask.flow.timeout = 0;
		s->helper[i].plan = p;
		s->helper[i].task = helper_begin(p->loop, p->arena, &ask, helped, &s->helper[i]);
	}
}

/* ---- addresses ---- */

static void no_guard(struct visit *v)
{
	if (v->guarded)
		task_cancel(&v->guard);
	v->guarded = false;
}

static void nothing(struct task *t)
{
	(void)t;
}

static void tell_residual(struct plan *p, const struct visit *v, const char *became)
{
	struct plan_state *s = p->state;
	struct jsonw w;
	char t[PREFIX_TEXT + 8];

	buf_char(&s->residual, s->nresidual++ ? ',' : '[');
	w = JSONW(&s->residual);
	jsonw_object(&w);
	jsonw_name(&w, "address");
	jsonw_text(&w, endpoint_text(t, v->addr, v->port));
	jsonw_name(&w, "failure");
	jsonw_text(&w, v->reply.failure);
	jsonw_name(&w, "became");
	jsonw_text(&w, became);
	jsonw_object_end(&w);
}

/* It was cut after it had begun well, while another target spoke to the same address. */
static bool crossed(const struct plan *p, const struct visit *v)
{
	const char *f = v->reply.failure;

	return (v->reply.shook || v->reply.asked) &&
	       (!strcmp(f, "generic_timeout_error") || !strcmp(f, "connection_reset") ||
		!strcmp(f, "eof_error")) &&
	       loop_crossed(p->loop, v->addr, p->id, p->start + v->reply.connect.seen.t0);
}

static void visited(void *arg, const struct step_reply *reply)
{
	struct visit *v = arg;
	struct plan *p = v->plan;

	no_guard(v);
	v->task = NULL;
	v->done = true;
	if (v->again)
		tell_residual(p, v, reply->failure);
	v->reply = *reply;
	/* Another target's trigger may have caused this: not to be believed at once. */
	v->suspect =
	    reply->failure && !v->again && (loop_suspect(p->loop, v->addr, p->id) || crossed(p, v));
	/* Or a bad line lost packets. What dies in a request is for the follow-ups to try. */
	v->silent = reply->failure && !v->again && !v->suspect && !reply->asked &&
		    !strcmp(reply->failure, "generic_timeout_error");
	if (!--p->state->visits_left)
		plan_round_done(p);
}

static void begin_visit(struct visit *v)
{
	struct plan *p = v->plan;
	struct step_spec spec = {.addr = v->addr,
				 .port = v->port,
				 .host = p->state->host,
				 .tls = v->tls,
				 .trust = p->opt->trust};
	struct http_spec http = p->state->http;

	v->flow = plan_flow(p, 0, v->again ? "retest" : NULL);
	v->flow.alone = v->alone;
	if (!v->fetch && v->tls && !p->state->https)
		v->flow.timeout =
		    v->flow.timeout && v->flow.timeout < CHECK_443 ? v->flow.timeout : CHECK_443;
	if (v->again && !v->alone && (!v->flow.timeout || v->flow.timeout > SECOND_TRY))
		v->flow.timeout = SECOND_TRY;
	spec.flow = v->flow;
	if (v->fetch) {
		if (v != p->state->visit)
			http.body_max = OTHER_BODY;
		spec.http = &http;
	}
	v->task = step_begin(p->loop, p->arena, &spec, visited, v);
}

static void add_visit(struct plan *p, struct addr addr, uint16_t port, bool tls, bool fetch)
{
	struct plan_state *s = p->state;
	struct visit *v = &s->visit[s->nvisit++];

	*v = (struct visit){.plan = p, .addr = addr, .port = port, .tls = tls, .fetch = fetch};
	s->visits_left++;
}

void plan_visit(struct plan *p)
{
	struct plan_state *s = p->state;
	struct header *header = arena_zero(p->arena, NUSUAL + 1, sizeof(*header));
	const char *cookie = cookies_for(p->arena, &s->cookies, s->host);

	memcpy(header, usual, sizeof(usual));
	s->http = (struct http_spec){.url = s->url,
				     .header = header,
				     .nheader = NUSUAL,
				     .body_max = p->opt->body_max ? p->opt->body_max : HTTP_BODY};
	if (cookie)
		header[s->http.nheader++] = (struct header){"Cookie", cookie};
	s->nvisit = s->visits_left = 0;
	for (size_t i = 0; i < s->naddr; i++)
		add_visit(p, s->addr[i], s->port, s->https, true);
	/* A certificate tells whether an address is right, for pages in the clear too. */
	if (!s->depth && !s->https && s->port == 80)
		for (size_t i = 0; i < s->naddr && s->nvisit < ADDRS_MAX * 2; i++)
			add_visit(p, s->addr[i], 443, true, false);
	if (!s->depth)
		ask_helpers(p);
	for (size_t i = 0, n = s->nvisit; i < n; i++)
		begin_visit(&s->visit[i]);
	if (!s->nvisit)
		plan_round_done(p);
}

/* It waited too long for the address to be quiet: then nothing is known of it. */
static void give_up(struct task *t)
{
	struct visit *v = (struct visit *)((char *)t - offsetof(struct visit, guard));
	struct plan *p = v->plan;

	no_guard(v);
	if (v->task)
		task_cancel(v->task);
	v->task = NULL;
	v->lost = v->done = true;
	tell_residual(p, v, "interrupted");
	if (!--p->state->visits_left)
		plan_round_done(p);
}

bool plan_visit_again(struct plan *p)
{
	struct plan_state *s = p->state;
	int64_t step = p->opt->timeout ? p->opt->timeout : 10 * SECOND;
	int64_t patience = REPEATS_BEFORE * (loop_limits(p->loop)->rest + 2 * step);

	for (size_t i = 0; i < s->nvisit; i++) {
		struct visit *v = &s->visit[i];

		if (!v->suspect && !v->silent)
			continue;
		v->alone = v->suspect;
		v->suspect = v->silent = v->done = false;
		v->again = true;
		s->visits_left++;
	}
	if (!s->visits_left)
		return false;
	for (size_t i = 0; i < s->nvisit; i++) {
		struct visit *v = &s->visit[i];

		if (v->done || v->task)
			continue;
		if (v->alone) {
			task_begin(&v->guard, p->loop, nothing);
			task_after(&v->guard, patience, give_up);
			v->guarded = true;
		}
		begin_visit(v);
	}
	return true;
}

void plan_visit_keep(struct plan *p)
{
	struct plan_state *s = p->state;

	for (size_t i = 0; i < s->nvisit; i++) {
		struct visit *v = &s->visit[i];
		struct step_reply *r = &v->reply;

		if (v->lost) {
			if (r->asked)
				r->transaction.seen.failure = "interrupted";
			else if (r->shook)
				r->handshake.seen.failure = "interrupted";
			else
				r->connect.seen.failure = "interrupted";
		}
		plan_add_connect(p, &r->connect);
		if (r->shook)
			plan_add_handshake(p, &r->handshake);
		if (r->asked)
			plan_add_transaction(p, &r->transaction);
	}
}

void plan_visit_end(struct plan *p)
{
	struct plan_state *s = p->state;

	for (size_t i = 0; i < s->nvisit; i++) {
		no_guard(&s->visit[i]);
		if (s->visit[i].task)
			task_cancel(s->visit[i].task);
	}
}
