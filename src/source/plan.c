/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "source/annotate.h"
#include "source/cookies.h"
#include "source/dns.h"

#define ADDRS_MAX 16
#define LOOKUPS_MAX 32
#define HELPERS_MAX 8
#define VALIDATED_MAX 32
#define DEEP_ADDRS 2		/* of a redirect's host */
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

/* One address of the present round. */
struct visit {
	struct plan *plan;
	struct addr addr;
	uint16_t port;
	bool tls, fetch, done, lost;
	bool suspect, silent; /* to be repeated: alone and after a rest, at once */
	bool again, alone;
	struct task *task;
	struct task guard; /* of a repeat that waits for too long */
	bool guarded;
	struct flow flow;
	struct step_reply reply;
};

struct lookup {
	struct plan *plan;
	struct task *task;
	const struct resolver_spec *resolver;
	uint16_t type;
	bool silent; /* no datagram came back */
};

/* At a helper, or for a validated answer: what is not waited for before going on. */
struct asked {
	struct plan *plan;
	struct task *task;
};

struct plan_state {
	struct plan *plan;
	plan_done *done;
	void *arg;
	struct task begin;
	bool begun;
	/* The measurement's arrays. */
	struct dns_reply *dns;
	struct dns_validated *validated;
	struct connect *connect;
	struct handshake *handshake;
	struct transaction *transaction;
	struct series *series;
	struct ttl_probe *ttl_probe;
	struct control *control;
	size_t cdns, cvalidated, cconnect, chandshake, ctransaction, cseries, cttl_probe, ccontrol;
	int64_t ntransaction; /* given out */
	/* The round. */
	unsigned depth;
	const char *url, *host;
	uint16_t port;
	bool https;
	struct addr addr[ADDRS_MAX];
	size_t naddr, firstaddr;
	struct lookup lookup[LOOKUPS_MAX], nobody;
	size_t nlookup, lookups_left;
	bool asked_again;
	struct visit visit[ADDRS_MAX * 2];
	size_t nvisit, visits_left;
	struct http_spec http;
	struct asked helper[HELPERS_MAX];
	size_t nhelper, helpers_left;
	struct asked validating[VALIDATED_MAX];
	size_t nvalidating, validating_left;
	bool over; /* the redirects are at their end; what is asked elsewhere may still run */
	struct cookies cookies;
	struct buf residual; /* JSON of what was repeated, and what it was before */
	size_t nresidual;
	/* Follow-ups. */
	size_t follow;
	void *following;
};

static void visit_all(struct plan *p);
static void round_done(struct plan *p);
static void go_on(struct plan *p);

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

/* ---- names ---- */

static bool same(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

static bool loopback(struct addr a)
{
	return a.v6 ? !a.hi && a.lo <= 1 : a.hi >> 56 == 127 || !(a.hi >> 56);
}

/* From this depth's lookups, resolver after resolver: each address once. */
static void collect(struct plan *p)
{
	struct plan_state *s = p->state;
	size_t max = s->depth ? DEEP_ADDRS : p->opt->addrs ? p->opt->addrs : 8;

	if (max > ADDRS_MAX)
		max = ADDRS_MAX;
	for (size_t i = 0; i < p->m.ndns; i++) {
		const struct dns_reply *r = &s->dns[i];

		if (r->seen.depth != s->depth || !dns_same(r->name, s->host))
			continue;
		for (size_t k = 0; k < r->nanswer; k++) {
			const struct dns_answer *a = &r->answer[k];
			size_t at = 0;

			if (!a->has_addr || (a->addr.v6 && !p->opt->ipv6) ||
			    (loopback(a->addr) && !p->opt->loopback))
				continue;
			while (at < s->naddr && !same(s->addr[at], a->addr))
				at++;
			if (at == s->naddr && s->naddr < max)
				s->addr[s->naddr++] = a->addr;
		}
	}
}

static void looked_up(void *arg, const struct dns_reply *reply, size_t n);

static void begin_lookup(struct lookup *l, bool again)
{
	struct plan *p = l->plan;
	struct ask_spec ask = {.flow = plan_flow(p, 0, again ? "retest" : NULL),
			       .resolver = *l->resolver,
			       .name = p->state->host,
			       .type = l->type,
			       .trust = p->opt->trust};

	/* A resolver that takes half as long as a whole step is as good as silent. */
	ask.flow.timeout /= 2;
	p->state->lookups_left++;
	l->task = ask_begin(p->loop, p->arena, &ask, looked_up, l);
}

/* Datagrams get lost: silence counts when it lasts. Of IPv6 addresses none is no news. */
static bool ask_again(struct plan *p)
{
	struct plan_state *s = p->state;
	struct lookup *silent[LOOKUPS_MAX];
	size_t n = 0;

	if (s->asked_again)
		return false;
	s->asked_again = true;
	for (size_t i = 0; i < s->nlookup; i++)
		if (s->lookup[i].silent && s->lookup[i].type == DNS_A)
			silent[n++] = &s->lookup[i];
	for (size_t i = 0; i < n; i++)
		begin_lookup(silent[i], true);
	return n > 0;
}

static void looked_up(void *arg, const struct dns_reply *reply, size_t n)
{
	struct lookup *l = arg;
	struct plan *p = l->plan;

	l->task = NULL;
	for (size_t i = 0; i < n; i++)
		plan_add_dns(p, &reply[i]);
	if (l == &p->state->nobody) {
		go_on(p);
		return;
	}
	l->silent = n == 1 && (reply->via == DNS_UDP || reply->via == DNS_SYSTEM) &&
		    reply->seen.failure && !strcmp(reply->seen.failure, "generic_timeout_error");
	if (--p->state->lookups_left || ask_again(p))
		return;
	collect(p);
	visit_all(p);
}

static void look_up(struct plan *p, const struct resolver_spec *r, uint16_t type)
{
	struct plan_state *s = p->state;
	struct lookup *l;

	if (s->nlookup == LOOKUPS_MAX)
		return;
	l = &s->lookup[s->nlookup++];
	*l = (struct lookup){.plan = p, .resolver = r, .type = type};
	begin_lookup(l, false);
}

/* Where nobody listens: who answers from there is on the way. */
static void look_up_nobody(struct plan *p)
{
	struct ask_spec ask = {.flow = plan_flow(p, 0, NULL),
			       .resolver = {.via = DNS_UDP, .addr = p->opt->nobody, .port = 53},
			       .name = p->state->host,
			       .type = DNS_A,
			       .nobody = true};
	struct lookup *l = &p->state->nobody;
	char t[PREFIX_TEXT + 8];

	ask.flow.timeout = 2 * SECOND;
	ask.resolver.text = arena_text(p->arena, endpoint_text(t, p->opt->nobody, 53));
	l->plan = p;
	l->task = ask_begin(p->loop, p->arena, &ask, looked_up, l);
}

static void validated(void *arg, const struct dns_validated *v)
{
	struct asked *a = arg;
	struct plan *p = a->plan;

	a->task = NULL;
	plan_add_validated(p, v);
	p->state->validating_left--;
	go_on(p);
}

static void validate(struct plan *p, struct dnssec *d, uint16_t type)
{
	struct plan_state *s = p->state;
	struct dnssec_spec spec = {
	    .flow = plan_flow(p, 0, NULL), .dnssec = d, .name = s->host, .type = type};
	struct asked *a;

	if (s->nvalidating == VALIDATED_MAX)
		return;
	a = &s->validating[s->nvalidating++];
	s->validating_left++;
	a->plan = p;
	a->task = dnssec_begin(p->loop, p->arena, &spec, validated, a);
}

static void look_up_all(struct plan *p)
{
	const struct plan_options *o = p->opt;
	struct plan_state *s = p->state;
	/* A redirect's host is asked of the first only: it is the way of the people here. */
	size_t n = s->depth && o->nresolver ? 1 : o->nresolver;

	for (size_t i = 0; i < n; i++) {
		look_up(p, &o->resolver[i], DNS_A);
		if (o->ipv6)
			look_up(p, &o->resolver[i], DNS_AAAA);
	}
	n = s->depth && o->ndnssec ? 1 : o->ndnssec;
	for (size_t i = 0; i < n; i++) {
		validate(p, o->dnssec[i], DNS_A);
		if (o->ipv6)
			validate(p, o->dnssec[i], DNS_AAAA);
	}
	if (!s->depth && o->has_nobody)
		look_up_nobody(p);
	if (!s->lookups_left)
		visit_all(p);
}

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
	go_on(p);
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
		round_done(p);
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

static void visit_all(struct plan *p)
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
		round_done(p);
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
		round_done(p);
}

static bool repeat_visits(struct plan *p)
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

static void add_visits(struct plan *p)
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
		if (p->opt->loopback || !loopback(addr))
			s->addr[s->naddr++] = addr;
		visit_all(p);
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
			visit_all(p);
			return;
		}
	}
	look_up_all(p);
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

static void round_done(struct plan *p)
{
	struct plan_state *s = p->state;
	struct transaction *t;
	const char *next = NULL;

	if (repeat_visits(p))
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
	add_visits(p);
	if (next) {
		s->depth++;
		if (set_url(p, next)) {
			begin_round(p);
			return;
		}
	}
	s->over = true;
	go_on(p);
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
	go_on(p);
}

static void go_on(struct plan *p)
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
		go_on(p);
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
	for (size_t i = 0; i < s->nvisit; i++) {
		no_guard(&s->visit[i]);
		cancel(s->visit[i].task);
	}
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
