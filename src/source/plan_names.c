/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The names of a plan's round: asked of every resolver, once more where silence answered, of
 * libunbound where validated answers are wanted, and where nobody listens.
 */
#include <string.h>

#include "base/text.h"
#include "source/dns.h"
#include "source/plan_own.h"

#define DEEP_ADDRS 2 /* of a redirect's host */

static bool same(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

bool plan_loopback(struct addr a)
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
			    (plan_loopback(a->addr) && !p->opt->loopback))
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
		plan_go_on(p);
		return;
	}
	l->silent = n == 1 && (reply->via == DNS_UDP || reply->via == DNS_SYSTEM) &&
		    reply->seen.failure && !strcmp(reply->seen.failure, "generic_timeout_error");
	if (--p->state->lookups_left || ask_again(p))
		return;
	collect(p);
	plan_visit(p);
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
	plan_go_on(p);
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

void plan_look_up(struct plan *p)
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
		plan_visit(p);
}
