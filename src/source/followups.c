/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

/*
 * What is asked when the plain steps of a target are over, in this order: what triggers a failure,
 * where on the path it is made, whether QUIC is let through, how fast it comes. Each asks the bare
 * facts whether it is wanted; what they mean is finding's.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fact/bogon.h"
#include "source/dns.h"
#include "source/initial.h"
#include "source/plan.h"
#include "source/speed.h"
#include "source/trigger.h"
#include "source/ttl.h"

/* What each keeps: the tasks that are under way. */
struct follow {
	struct plan *plan;
	struct task *task, *beside;
	bool nobody; /* listens where it asks, as far as is known */
};

static struct follow *follow_new(struct plan *p)
{
	struct follow *f = mem_zero(1, sizeof(*f));

	f->plan = p;
	return f;
}

static void follow_end(struct plan *p, void *state)
{
	struct follow *f = state;

	(void)p;
	if (f->task)
		task_cancel(f->task);
	if (f->beside)
		task_cancel(f->beside);
	free(f);
}

/* When nothing of it is under way any more the plan goes on. */
static void follow_over(struct follow *f)
{
	struct plan *p = f->plan;

	if (f->task || f->beside)
		return;
	free(f);
	plan_follow_done(p);
}

static bool same_addr(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

static bool not_routed(struct addr a)
{
	struct bogon b;

	return bogon_prefix((struct prefix){a.hi, a.lo, a.v6 ? 128 : 32, a.v6}, &b) == BOGON_FULL;
}

/* Our own side, which no censor makes. */
static bool own_fault(const struct plan *p, struct addr addr, const char *failure)
{
	if (addr.v6 && !p->opt->ipv6)
		return true;
	return !strcmp(failure, "network_unreachable") || !strcmp(failure, "interrupted");
}

static bool of_certificate(const char *failure)
{
	return !strcmp(failure, "ssl_invalid_hostname") ||
	       !strcmp(failure, "ssl_unknown_authority") ||
	       !strcmp(failure, "ssl_invalid_certificate");
}

/* ---- which step ---- */

/* A step that failed, or that may have been interfered with. */
enum follow_what { FOLLOW_NOTHING, FOLLOW_TCP, FOLLOW_TLS, FOLLOW_CHAIN, FOLLOW_HTTP };

static bool bogus(const struct dns_reply *q)
{
	for (size_t i = 0; i < q->nanswer; i++)
		if (q->answer[i].has_addr && not_routed(q->answer[i].addr))
			return true;
	return false;
}

static bool sealed_lookup(const struct dns_reply *q)
{
	return q->via == DNS_DOT || q->via == DNS_DOH || q->via == DNS_DOQ;
}

/* Does any lookup that nobody can read agree with one of these answers? */
static bool vouched(const struct plan *p, const struct dns_reply *q, bool *asked)
{
	*asked = false;
	for (size_t i = 0; i < p->m.ndns; i++) {
		const struct dns_reply *s = &p->m.dns[i];

		if (!sealed_lookup(s) || s->seen.failure || s->seen.depth ||
		    strcmp(s->type, q->type))
			continue;
		*asked = true;
		for (size_t k = 0; k < s->nanswer; k++)
			for (size_t n = 0; n < q->nanswer; n++)
				if (s->answer[k].has_addr && q->answer[n].has_addr &&
				    same_addr(s->answer[k].addr, q->answer[n].addr))
					return true;
	}
	return false;
}

/* The certificate of what lives there is the site's own. */
static bool proven(const struct plan *p, const struct dns_reply *q)
{
	for (size_t i = 0; i < p->m.nhandshake; i++) {
		const struct handshake *h = &p->m.handshake[i];

		for (size_t k = 0; k < q->nanswer; k++)
			if (!h->seen.failure && !h->quic && !h->unverified && !h->seen.depth &&
			    !h->seen.group && q->answer[k].has_addr &&
			    same_addr(h->addr, q->answer[k].addr))
				return true;
	}
	return false;
}

/* Who was asked: the system's own resolver is told without its address. */
static bool whom(const struct plan *p, const struct dns_reply *q, struct addr *addr, uint16_t *port)
{
	if (q->resolver && endpoint_parse(q->resolver, addr, port))
		return true;
	for (size_t i = 0; q->via == DNS_SYSTEM && i < p->opt->nresolver; i++) {
		const struct resolver_spec *r = &p->opt->resolver[i];

		if (r->via != DNS_SYSTEM || !r->has_addr)
			continue;
		*addr = r->addr;
		*port = r->port ? r->port : 53;
		return true;
	}
	return false;
}

/* Did the same resolver answer when it was asked again? */
static bool answered(const struct plan *p, const struct dns_reply *q)
{
	for (size_t i = 0; i < p->m.ndns; i++) {
		const struct dns_reply *r = &p->m.dns[i];

		if (r->via == q->via && !r->seen.failure && !r->seen.group && !r->seen.depth &&
		    r->type && !strcmp(r->type, q->type) &&
		    (r->resolver == q->resolver ||
		     (r->resolver && q->resolver && !strcmp(r->resolver, q->resolver))))
			return true;
	}
	return false;
}

/* The lookup in the clear that looks most like a lie, and who was asked. */
static const struct dns_reply *dns_wrong(const struct plan *p, struct addr *addr, uint16_t *port)
{
	const struct dns_reply *worst = NULL;
	int grave = 0;

	for (size_t i = 0; i < p->m.ndns; i++) {
		const struct dns_reply *q = &p->m.dns[i];
		struct addr a;
		uint16_t at;
		bool asked, good;
		int g = 0;

		if ((q->via != DNS_UDP && q->via != DNS_SYSTEM) || q->seen.depth || q->seen.group ||
		    !q->type || !whom(p, q, &a, &at))
			continue;
		good = vouched(p, q, &asked);
		if (q->nobody)
			g = q->seen.failure ? 0 : 4;
		else if (q->again)
			g = 3;
		else if (q->seen.failure)
			g = asked && strcmp(q->type, "AAAA") && !answered(p, q) ? 1 : 0;
		else if (!good && (asked || bogus(q)) && !proven(p, q))
			g = bogus(q) ? 3 : 2;
		/* One that the network itself gave is less telling than one beyond it. */
		if (g && (g > grave || (g == grave && worst->via == DNS_SYSTEM))) {
			grave = g;
			worst = q;
			*addr = a;
			*port = at;
		}
	}
	return worst;
}

static const struct transaction *clear_wrong(const struct plan *p)
{
	char host[256], to[256];

	for (size_t i = 0; i < p->m.ntransaction; i++) {
		const struct transaction *x = &p->m.transaction[i];
		const struct control *c = p->m.ncontrol ? &p->m.control[0] : NULL;

		if (x->seen.depth || x->seen.group || !x->has_addr || !x->url ||
		    strncmp(x->url, "http:", 5))
			continue;
		if (x->seen.failure && !own_fault(p, x->addr, x->seen.failure))
			return x;
		url_host(host, sizeof(host), x->url, NULL);
		for (size_t k = 0; k < x->nheader && x->code / 100 == 3; k++)
			if (!strcasecmp(x->header[k].name, "location") &&
			    *url_host(to, sizeof(to), x->header[k].value, NULL) &&
			    !strstr(to, host) && !strstr(host, to))
				return x;
		if (x->code / 100 == 3)
			continue;
		/* Not what a control got, or nobody to ask and a short page. */
		if (!c || c->failure || !c->http || c->http_failure
			? x->code >= 400 || x->nbody < 2000
			: c->code != x->code || (c->body_length > 0 && !x->truncated &&
						 (x->nbody * 10 < (size_t)c->body_length * 7 ||
						  (size_t)c->body_length * 10 < x->nbody * 7)))
			return x;
	}
	return NULL;
}

/* The first of the target's own steps that went wrong, and its endpoint. */
static enum follow_what follow_what(const struct plan *p, struct addr *addr, uint16_t *port)
{
	const struct measurement *m = &p->m;
	const struct transaction *x = clear_wrong(p);

	/* Of a page in the clear that is what counts, whatever TLS beside it does. */
	if (x && !p->https) {
		*addr = x->addr;
		*port = x->port;
		return FOLLOW_HTTP;
	}
	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (!h->seen.failure || h->quic || h->hello != HELLO_NORMAL || h->seen.depth ||
		    h->seen.group || own_fault(p, h->addr, h->seen.failure))
			continue;
		*addr = h->addr;
		*port = h->port;
		return of_certificate(h->seen.failure) ? FOLLOW_CHAIN : FOLLOW_TLS;
	}
	for (size_t i = 0; i < m->nconnect; i++) {
		const struct connect *c = &m->connect[i];

		if (!c->seen.failure || c->seen.depth || c->seen.group || not_routed(c->addr) ||
		    own_fault(p, c->addr, c->seen.failure))
			continue;
		*addr = c->addr;
		*port = c->port;
		return FOLLOW_TCP;
	}
	if (!x)
		return FOLLOW_NOTHING;
	*addr = x->addr;
	*port = x->port;
	return FOLLOW_HTTP;
}

/* ---- what triggers ---- */

static bool wants_trigger(const struct plan *p)
{
	struct addr a;
	uint16_t port;
	enum follow_what w = follow_what(p, &a, &port);

	return p->opt->neutral && (w == FOLLOW_TLS || w == FOLLOW_CHAIN || w == FOLLOW_HTTP);
}

static void triggered(void *arg, const struct handshake *h, size_t nh, const struct transaction *x,
		      size_t nx)
{
	struct follow *f = arg;

	f->task = NULL;
	for (size_t i = 0; i < nh; i++)
		plan_add_handshake(f->plan, &h[i]);
	for (size_t i = 0; i < nx; i++)
		plan_add_transaction(f->plan, &x[i]);
	follow_over(f);
}

static const char *path_of(const struct plan *p)
{
	const char *at = strstr(p->input, "://");

	at = strchr(at ? at + 3 : p->input, '/');
	return at ? arena_textn(p->arena, at, strcspn(at, "#")) : "/";
}

/* How long an answer from there is waited for: ten times as long as connecting took, within two
 * and four seconds. 0: nothing is known of it. */
static int64_t patience(const struct plan *p, struct addr addr)
{
	for (size_t i = 0; i < p->m.nconnect; i++) {
		const struct connect *c = &p->m.connect[i];
		int64_t wait = 10 * (c->seen.t - c->seen.t0);

		if (!c->seen.failure && same_addr(c->addr, addr))
			return wait < 2 * SECOND   ? 2 * SECOND
			       : wait > 4 * SECOND ? 4 * SECOND
						   : wait;
	}
	return 0;
}

static void *begin_trigger(struct plan *p)
{
	struct follow *f = follow_new(p);
	struct trigger_spec s = {.flow = plan_flow(p, 0, NULL),
				 .name = p->host,
				 .path = path_of(p),
				 .neutral = p->opt->neutral,
				 .neutral_addr = p->opt->neutral_addr,
				 .has_neutral_addr = p->opt->has_neutral_addr};
	enum follow_what w = follow_what(p, &s.addr, &s.port);

	s.answer_for = patience(p, s.addr);
	s.tls = w != FOLLOW_HTTP;
	s.chain = w == FOLLOW_CHAIN;
	if (s.neutral_addr.v6 != s.addr.v6 || same_addr(s.neutral_addr, s.addr))
		s.has_neutral_addr = false;
	f->task = trigger_begin(p->loop, p->arena, &s, triggered, f);
	return f;
}

/* ---- where ---- */

static bool wants_where(const struct plan *p)
{
	struct addr a;
	uint16_t port;

	return p->opt->neutral && follow_what(p, &a, &port) != FOLLOW_NOTHING;
}

static void placed(void *arg, const struct ttl_probe *t, size_t n)
{
	struct follow *f = arg;

	f->task = NULL;
	for (size_t i = 0; i < n; i++)
		plan_add_ttl_probe(f->plan, &t[i]);
	follow_over(f);
}

static void *begin_where(struct plan *p)
{
	static const char *const layers[] = {[FOLLOW_TCP] = "tcp",
					     [FOLLOW_TLS] = "tls",
					     [FOLLOW_CHAIN] = "tls",
					     [FOLLOW_HTTP] = "http"};
	struct follow *f = follow_new(p);
	struct ttl_spec s = {.flow = plan_flow(p, 0, NULL),
			     .name = p->host,
			     .neutral = p->opt->neutral,
			     .addr_else = p->opt->neutral_addr,
			     .icmp = p->opt->icmp};

	s.layer = layers[follow_what(p, &s.addr, &s.port)];
	s.port_else = s.port;
	/* Nothing to hold it against: the datagrams beside it must do. */
	if (!p->opt->has_neutral_addr || s.addr_else.v6 != s.addr.v6)
		s.addr_else = s.addr;
	f->task = ttl_begin(p->loop, p->arena, &s, placed, f);
	return f;
}

static bool wants_where_dns(const struct plan *p)
{
	struct addr a;
	uint16_t port;

	return p->opt->neutral && dns_wrong(p, &a, &port) != NULL;
}

/* A neutral name asked of the same resolver: is it this name that gets a wrong answer, or all? */
static void neutral_named(void *arg, const struct dns_reply *reply, size_t n)
{
	static const char *const tags[] = {"trigger", "hello=neutral-name"};
	struct follow *f = arg;
	struct dns_reply r = reply[0];

	(void)n;
	f->beside = NULL;
	r.resolver = "";
	r.nobody = f->nobody;
	r.seen.group = "trigger";
	r.seen.tag = tags;
	r.seen.ntag = 2;
	plan_add_dns(f->plan, &r);
	follow_over(f);
}

static void *begin_where_dns(struct plan *p)
{
	struct follow *f = follow_new(p);
	struct ask_spec ask = {
	    .flow = plan_flow(p, 0, NULL), .name = p->opt->neutral, .type = DNS_A, .window = 1};
	struct ttl_spec s = {.flow = plan_flow(p, 0, NULL),
			     .layer = "dns",
			     .name = p->host,
			     .neutral = p->opt->neutral};

	f->nobody = dns_wrong(p, &s.addr, &s.port)->nobody;
	ask.resolver = (struct resolver_spec){
	    .via = DNS_UDP, .addr = s.addr, .has_addr = true, .port = s.port, .text = "beside"};
	f->task = ttl_begin(p->loop, p->arena, &s, placed, f);
	if (strcasecmp(p->opt->neutral, p->host) != 0)
		f->beside = ask_begin(p->loop, p->arena, &ask, neutral_named, f);
	return f;
}

/* ---- QUIC ---- */

/* An address that speaks TLS here (or that was meant to), where HTTP/3 is offered by the site
 * itself or was seen by a control. */
static bool quic_endpoint(const struct plan *p, struct addr *addr, uint16_t *port)
{
	const struct measurement *m = &p->m;
	bool offered = false;

	if (!p->https)
		return false;
	for (size_t i = 0; i < m->ntransaction; i++)
		for (size_t k = 0; k < m->transaction[i].nheader && !m->transaction[i].seen.depth;
		     k++)
			offered |= !strcasecmp(m->transaction[i].header[k].name, "alt-svc") &&
				   strstr(m->transaction[i].header[k].value, "h3");
	for (size_t i = 0; i < m->ncontrol; i++)
		for (size_t k = 0; k < m->control[i].nendpoint; k++)
			offered |= m->control[i].endpoint[k].quic &&
				   !m->control[i].endpoint[k].quic_failure;
	for (size_t i = 0; i < m->nhandshake && offered; i++) {
		const struct handshake *h = &m->handshake[i];

		if (h->quic || h->seen.depth || h->hello != HELLO_NORMAL || h->seen.group ||
		    (h->addr.v6 && !p->opt->ipv6))
			continue;
		*addr = h->addr;
		*port = h->port;
		return true;
	}
	return false;
}

static bool wants_quic(const struct plan *p)
{
	struct addr a;
	uint16_t port;

	return quic_endpoint(p, &a, &port);
}

static void initials(void *arg, const struct handshake *h, size_t n)
{
	struct follow *f = arg;

	f->task = NULL;
	for (size_t i = 0; i < n; i++)
		plan_add_handshake(f->plan, &h[i]);
	follow_over(f);
}

static void *begin_quic(struct plan *p)
{
	struct follow *f = follow_new(p);
	struct initial_spec s = {
	    .flow = plan_flow(p, 0, NULL), .name = p->host, .neutral = p->opt->neutral};

	quic_endpoint(p, &s.addr, &s.port);
	f->task = initial_begin(p->loop, p->arena, &s, initials, f);
	return f;
}

/* An Initial that names the site was answered by nobody. */
static bool wants_where_quic(const struct plan *p)
{
	for (size_t i = 0; i < p->m.nhandshake; i++) {
		const struct handshake *h = &p->m.handshake[i];

		if (h->quic && h->seen.failure && h->hello == HELLO_NORMAL && p->opt->neutral &&
		    !strcmp(h->seen.failure, "generic_timeout_error"))
			return true;
	}
	return false;
}

static void *begin_where_quic(struct plan *p)
{
	struct follow *f = follow_new(p);
	struct ttl_spec s = {.flow = plan_flow(p, 0, NULL),
			     .layer = "quic",
			     .name = p->host,
			     .neutral = p->opt->neutral};

	quic_endpoint(p, &s.addr, &s.port);
	f->task = ttl_begin(p->loop, p->arena, &s, placed, f);
	return f;
}

/* ---- how fast ---- */

#define SLOW (2 * SECOND)
#define FAST 131072.0 /* bytes a second: finding/throttled.c asks no more */

static const struct transaction *slow_one(const struct plan *p)
{
	for (size_t i = 0; i < p->m.ntransaction; i++) {
		const struct transaction *x = &p->m.transaction[i];
		int64_t took = x->seen.t - x->seen.t0;

		if (x->seen.group || x->seen.depth || !x->has_addr || !x->url ||
		    (x->addr.v6 && !p->opt->ipv6) || x->tor)
			continue;
		if (x->seen.failure && strstr(x->seen.failure, "timeout"))
			return x;
		if (x->code && took > SLOW && (double)x->nbody * 1e6 / (double)took < FAST)
			return x;
	}
	return NULL;
}

static bool wants_speed(const struct plan *p)
{
	return p->opt->neutral && slow_one(p);
}

static void timed(void *arg, const struct series *s, size_t n)
{
	struct follow *f = arg;

	f->task = NULL;
	for (size_t i = 0; i < n; i++)
		if (s[i].nsample >= 2)
			plan_add_series(f->plan, &s[i]);
	follow_over(f);
}

static void *begin_speed(struct plan *p)
{
	struct follow *f = follow_new(p);
	const struct transaction *x = slow_one(p);
	struct speed_spec s = {.flow = plan_flow(p, 0, NULL),
			       .addr = x->addr,
			       .port = x->port,
			       .tls = !strncmp(x->url, "https", 5),
			       .name = p->host,
			       .neutral = p->opt->neutral,
			       .path = path_of(p)};

	f->task = speed_begin(p->loop, p->arena, &s, timed, f);
	return f;
}

/* ---- where it is slowed ---- */

#define INSERTS 10 /* hops */

struct inserts {
	struct plan *plan;
	struct insert_of {
		struct inserts *of;
		struct task *task;
	} at[INSERTS];
	size_t left;
};

/* Bytes a second of a whole series. */
static double whole_rate(const struct series *s)
{
	const struct sample *first = &s->sample[0], *last = &s->sample[s->nsample - 1];
	int64_t took = (s->seen.t > last->t ? s->seen.t : last->t) - first->t;

	return took > 0 ? (double)(last->bytes - first->bytes) * 1e6 / (double)took : 0;
}

static const struct series *slowed(const struct plan *p)
{
	const struct series *name = NULL, *neutral = NULL;

	for (size_t i = 0; i < p->m.nseries; i++)
		if (p->m.series[i].nsample >= 2)
			*(p->m.series[i].control ? &neutral : &name) = &p->m.series[i];
	return name && neutral && !name->addr.v6 && whole_rate(name) * 10 < whole_rate(neutral)
		   ? name
		   : NULL;
}

static bool wants_where_speed(const struct plan *p)
{
	return p->opt->icmp && p->opt->neutral && p->https && slowed(p);
}

static void inserted(void *arg, const struct series *s, size_t n)
{
	struct insert_of *at = arg;
	struct inserts *f = at->of;
	struct plan *p = f->plan;

	at->task = NULL;
	for (size_t i = 0; i < n; i++)
		if (s[i].nsample >= 2)
			plan_add_series(p, &s[i]);
	if (--f->left)
		return;
	free(f);
	plan_follow_done(p);
}

static void end_inserts(struct plan *p, void *state)
{
	struct inserts *f = state;

	(void)p;
	for (size_t i = 0; i < INSERTS; i++)
		if (f->at[i].task)
			task_cancel(f->at[i].task);
	free(f);
}

static void *begin_where_speed(struct plan *p)
{
	struct inserts *f = mem_zero(1, sizeof(*f));
	const struct series *s = slowed(p);
	struct speed_spec spec = {.flow = plan_flow(p, 0, NULL),
				  .addr = s->addr,
				  .port = s->port,
				  .tls = true,
				  .name = p->host,
				  .neutral = p->opt->neutral,
				  .path = path_of(p),
				  .time = 6 * SECOND,
				  .bytes = 300000};

	f->plan = p;
	f->left = INSERTS;
	for (size_t i = 0; i < INSERTS; i++) {
		spec.insert_ttl = (uint8_t)(i + 1);
		f->at[i].of = f;
		f->at[i].task = speed_begin(p->loop, p->arena, &spec, inserted, &f->at[i]);
	}
	return f;
}

const struct followup followups[] = {
    {"trigger", wants_trigger, begin_trigger, follow_end},
    {"where lookups", wants_where_dns, begin_where_dns, follow_end},
    {"where", wants_where, begin_where, follow_end},
    {"quic", wants_quic, begin_quic, follow_end},
    {"where QUIC", wants_where_quic, begin_where_quic, follow_end},
    {"speed", wants_speed, begin_speed, follow_end},
    {"where speed", wants_where_speed, begin_where_speed, end_inserts},
    {NULL, NULL, NULL, NULL},
};
