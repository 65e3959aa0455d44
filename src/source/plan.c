/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/plan_own.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "source/annotate.h"
#include "source/dns.h"

/* ---- the measurement ---- */

#define ADD(p, what, r)                                                                \
	do {                                                                           \
		mem_room(&(p)->state->what, &(p)->state->c##what, (p)->m.n##what + 1); \
		(p)->state->what[(p)->m.n##what++] = *(r);                             \
		(p)->m.what = (p)->state->what;                                        \
	} while (0)

void plan_add_dns(struct plan *p, const struct dns_reply *r)
{
	struct dns_reply reply = *r;

	annotate_reply(p->arena, p->opt, &reply);
	ADD(p, dns, &reply);
}

void plan_add_validated(struct plan *p, const struct dns_validated *r)
{
	struct dns_validated v = *r;

	v.answer = annotate_answers(p->arena, p->opt, v.answer, v.nanswer);
	ADD(p, validated, &v);
}

void plan_add_connect(struct plan *p, const struct connect *r)
{
	ADD(p, connect, r);
}

void plan_add_handshake(struct plan *p, const struct handshake *r)
{
	ADD(p, handshake, r);
}

void plan_add_transaction(struct plan *p, const struct transaction *r)
{
	ADD(p, transaction, r);
}

void plan_add_series(struct plan *p, const struct series *r)
{
	ADD(p, series, r);
}

void plan_add_ttl_probe(struct plan *p, const struct ttl_probe *r)
{
	struct ttl_probe probe = *r;

	if (probe.has_from) {
		probe.asn = origins_find(p->opt->origins, probe.from);
		geo_find(p->opt->geo, probe.from, probe.country);
	}
	ADD(p, ttl_probe, &probe);
}

struct flow plan_flow(struct plan *p, int64_t timeout, const char *tag)
{
	struct plan_state *s = p->state;
	const char **tags = arena_zero(p->arena, 2, sizeof(*tags));

	tags[0] = arena_printf(p->arena, "depth=%u", s->depth);
	tags[1] = tag;
	return (struct flow){.start = p->start,
			     .timeout = p->opt->timeout ? p->opt->timeout : timeout,
			     .transaction = ++s->ntransaction,
			     .owner = p->id,
			     .depth = (uint8_t)s->depth,
			     .tag = tags,
			     .ntag = tag ? 2 : 1};
}

/* ---- rounds ---- */

/* Splits the URL of the round. */
static bool set_url(struct plan *p, const char *url)
{
	struct plan_state *s = p->state;
	char host[256];

	url = plan_ascii(p->arena, url, NULL);
	if (!url)
		return false;
	s->https = !strncasecmp(url, "https://", 8);
	if (!s->https && strncasecmp(url, "http://", 7))
		return false;
	s->url = url;
	url_host(host, sizeof(host), url, &s->port);
	if (!s->port)
		s->port = s->https ? 443 : 80;
	s->host = arena_text(p->arena, host);
	return plan_is_host(host);
}

static void begin_round(struct plan *p)
{
	struct plan_state *s = p->state;
	struct addr addr;

	s->nlookup = s->lookups_left = s->naddr = s->nvisit = s->visits_left = 0;
	s->asked_again = false;
	if (addr_parse(s->host, strlen(s->host), &addr)) {
		if (p->opt->loopback || !plan_loopback(addr))
			s->addr[s->naddr++] = addr;
		plan_visit(p);
		return;
	}
	/* Back to a host that was just there: the same address. */
	for (size_t i = p->m.ntransaction; s->depth && i-- > 0;) {
		const struct transaction *t = &s->transaction[i];
		char host[256];

		if (!t->code || t->seen.failure || !t->has_addr)
			continue;
		if (!strcmp(url_host(host, sizeof(host), t->url, NULL), s->host)) {
			s->addr[s->naddr++] = t->addr;
			plan_visit(p);
			return;
		}
	}
	plan_look_up(p);
}

/* The reply that decides where to go on: the first address's, else the next one's. */
static struct transaction *answer(struct plan *p)
{
	struct plan_state *s = p->state;

	for (size_t i = 0; i < s->nvisit; i++)
		if (s->visit[i].reply.asked && !s->visit[i].reply.failure)
			return &s->visit[i].reply.transaction;
	return NULL;
}

void plan_round_done(struct plan *p)
{
	struct plan_state *s = p->state;
	struct transaction *t;
	const char *next = NULL;

	if (plan_visit_again(p))
		return;
	t = answer(p);
	if (t) {
		cookies_keep(p->arena, &s->cookies, s->host, t);
		next = http_location(p->arena, t);
		if (!next && t->code > 300 && t->code < 400 && t->code != 304 &&
		    http_header(t, "location"))
			t->seen.failure = "http_invalid_redirect_location_host";
		else if (next && s->depth >= (p->opt->redirects ? p->opt->redirects : 10))
			t->seen.failure = "too_many_redirects";
		if (t->seen.failure)
			next = NULL;
	}
	plan_visit_keep(p);
	if (next) {
		s->depth++;
		if (set_url(p, next)) {
			begin_round(p);
			return;
		}
	}
	s->over = true;
	plan_go_on(p);
}

/* ---- follow-ups and the end ---- */

static void member(struct plan *p, struct member *m, const char *key, const char *json)
{
	m->key = key;
	m->json = arena_text(p->arena, json);
	m->njson = strlen(json);
}

static void whole(struct plan *p)
{
	struct plan_state *s = p->state;
	struct member *keys = arena_zero(p->arena, 4, sizeof(*keys));

	p->m.runtime = (double)(loop_now(p->loop) - p->start) / SECOND;
	/* What the measurement means is for a judge to say. */
	member(p, &keys[p->m.nkey++], "accessible", "null");
	member(p, &keys[p->m.nkey++], "blocking", "null");
	if (s->nresidual) {
		buf_char(&s->residual, ']');
		member(p, &keys[p->m.nkey++], "x_meridian_residual", s->residual.at);
	}
	p->m.key = keys;
	s->done(s->arg, p);
}

void plan_follow_done(struct plan *p)
{
	struct plan_state *s = p->state;

	s->following = NULL;
	s->follow++;
	plan_go_on(p);
}

void plan_go_on(struct plan *p)
{
	struct plan_state *s = p->state;

	if (!s->over || s->helpers_left || s->validating_left || s->nobody.task || s->following)
		return;
	for (; p->opt->follow && followups[s->follow].name; s->follow++) {
		if (!followups[s->follow].wants(p))
			continue;
		s->following = followups[s->follow].begin(p);
		return;
	}
	whole(p);
}

static void nothing(struct task *t)
{
	(void)t;
}

/* The first of it, from the loop. */
static void start(struct task *t)
{
	struct plan_state *s =
	    (struct plan_state *)((char *)t - offsetof(struct plan_state, begin));
	struct plan *p = s->plan;
	struct timespec ts;

	task_cancel(t);
	s->begun = true;
	clock_gettime(CLOCK_REALTIME, &ts);
	p->m.time = (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
	p->start = loop_now(p->loop);
	if (!set_url(p, p->input)) {
		s->over = true;
		plan_go_on(p);
		return;
	}
	p->host = s->host;
	p->port = s->port;
	p->https = s->https;
	begin_round(p);
}

struct plan *plan_begin(struct loop *l, struct arena *a, const struct plan_options *opt,
			uint32_t id, const char *input, plan_done *done, void *arg)
{
	struct plan *p = mem_zero(1, sizeof(*p));
	struct plan_state *s = mem_zero(1, sizeof(*s));

	p->loop = l;
	p->arena = a;
	p->opt = opt;
	p->id = id;
	p->input = arena_text(a, input);
	p->start = loop_now(l);
	p->state = s;
	p->m = (struct measurement){.test = "web_connectivity",
				    .test_version = "0.5.29",
				    .software = "meridian",
				    .format_version = "0.2.0",
				    .input = p->input,
				    .time = TIME_NONE,
				    .test_start = TIME_NONE,
				    .runtime = -1,
				    .own_keys = true};
	s->plan = p;
	s->done = done;
	s->arg = arg;
	s->nhelper = opt->nhelper < HELPERS_MAX ? opt->nhelper : HELPERS_MAX;
	task_begin(&s->begin, l, nothing);
	task_after(&s->begin, loop_jitter(l), start);
	return p;
}

static void cancel(struct task *t)
{
	if (t)
		task_cancel(t);
}

void plan_free(struct plan *p)
{
	struct plan_state *s;

	if (!p)
		return;
	s = p->state;
	if (!s->begun)
		task_cancel(&s->begin);
	if (s->following && followups[s->follow].end)
		followups[s->follow].end(p, s->following);
	for (size_t i = 0; i < s->nlookup; i++)
		cancel(s->lookup[i].task);
	cancel(s->nobody.task);
	plan_visit_end(p);
	for (size_t i = 0; i < s->nhelper; i++)
		cancel(s->helper[i].task);
	for (size_t i = 0; i < s->nvalidating; i++)
		cancel(s->validating[i].task);
	free(s->dns);
	free(s->validated);
	free(s->connect);
	free(s->handshake);
	free(s->transaction);
	free(s->series);
	free(s->ttl_probe);
	free(s->control);
	buf_free(&s->residual);
	free(s);
	free(p);
}
