/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bogons: prefixes and ASNs that have no business in the global table, full and administrative
 * ones apart (fact/bogon.h).
 */

#include "fact/bogon.h"

#include <stdlib.h>
#include <string.h>

#include "finding/event.h"

enum { PREFIX_FULL, PREFIX_ADMINISTRATIVE, ASN_FULL, ASN_MIDDLE, ASN_ADMINISTRATIVE };

static const char *const names[] = {
    [PREFIX_FULL] = "bogon.prefix",
    [PREFIX_ADMINISTRATIVE] = "bogon.prefix.unassigned",
    [ASN_FULL] = "bogon.asn",
    [ASN_MIDDLE] = "bogon.asn.middle",
    [ASN_ADMINISTRATIVE] = "bogon.asn.unassigned",
};

size_t bogon_path(const struct attrs *a, struct fault_path *out, size_t max)
{
	const struct path *p = &a->path;

	/* The first one is the collector's peer: its number is a matter of the two alone. */
	for (unsigned i = 1; i < p->nflat && max; i++) {
		struct bogon b;

		if (bogon_asn(p->flat[i], &b) == BOGON_NONE)
			continue;
		*out = (struct fault_path){
		    .class = TRACK_BOGON_ASN,
		    .how = b.kind == BOGON_ADMINISTRATIVE ? ASN_ADMINISTRATIVE
			   : i + 1 < p->nflat		  ? ASN_MIDDLE
							  : ASN_FULL,
		    .a = p->flat[i - 1],
		    .b = p->flat[i],
		};
		return 1;
	}
	return 0;
}

static uint8_t how_of(const struct watch *w, const struct track *t)
{
	if (t->class == TRACK_BOGON_ASN)
		return t->how;
	return bogon_prefix(watch_prefix(w, t->prefix), NULL) == BOGON_FULL ? PREFIX_FULL
									    : PREFIX_ADMINISTRATIVE;
}

/* By what it is, by who it is, by prefix. */
static int by_actor(const void *p, const void *q, void *arg)
{
	const struct member *x = p, *y = q;
	const struct watch *w = arg;
	const struct track *a = &w->track[x->track], *b = &w->track[y->track];
	int c;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	c = prefix_cmp(watch_prefix(w, a->prefix), watch_prefix(w, b->prefix));
	return c ? c : (a->b > b->b) - (a->b < b->b);
}

static void bogon_event(struct watch *w, const struct ranges *r, struct findings *out,
			const struct member *m, size_t n)
{
	const struct track *t = &w->track[m[0].track];
	uint32_t how = m[0].group, asns[4] = {0}, nasn = 0;
	struct replay re;
	struct finding *f = event_build(w, r, out, m, n, t->a, &re);
	struct bogon b = {0};
	const char *who = event_name(w, out, t->a);

	f->kind = "route.bogon";
	f->rule = rule_of(names[how]);
	f->actor.confidence = 0.8;
	if (how <= PREFIX_ADMINISTRATIVE) {
		bogon_prefix(watch_prefix(w, t->prefix), &b);
		event_tag(out, f, how == PREFIX_FULL ? "bogon-full" : "bogon-administrative",
			  how == PREFIX_FULL ? 0.95 : 0.70, "%zu prefixes; %s, %s", n, b.name,
			  b.where);
		f->title = arena_printf(
		    &out->arena, "%s announces %zu prefix%s that nobody may: %s",
		    t->a ? who : "A path without an origin", n, n == 1 ? "" : "es", b.name);
		f->actor.role = "origin";
		f->actor.why = "it is the origin of every path";
	} else {
		for (size_t i = 0; i < n; i++) {
			bool known = false;

			for (uint32_t j = 0; j < nasn && !known; j++)
				known = asns[j] == w->track[m[i].track].b;
			if (!known && nasn < 4)
				asns[nasn++] = w->track[m[i].track].b;
		}
		bogon_asn(asns[0], &b);
		event_tag(out, f, how == ASN_ADMINISTRATIVE ? "bogon-administrative" : "bogon-full",
			  how == ASN_ADMINISTRATIVE ? 0.70 : 0.95, "%zu prefixes; %s, %s", n,
			  b.name, b.where);
		f->asn = arena_zero(&out->arena, nasn, sizeof(*f->asn));
		for (uint32_t j = 0; j < nasn; j++)
			f->asn[f->nasn++] = event_network(w, asns[j]);
		f->title = arena_printf(
		    &out->arena, "%s passes on %zu prefix%s with AS%u%s %s: %s", who, n,
		    n == 1 ? "" : "es", asns[0], nasn > 1 ? " and others" : "",
		    how == ASN_MIDDLE ? "in the middle of the path" : "as the origin", b.name);
		f->actor.role = "transit";
		f->actor.why = "it is the first network after that number";
	}
	if (how == PREFIX_ADMINISTRATIVE || how == ASN_ADMINISTRATIVE)
		event_caveat(
		    out, f, "by IANA's registries of " BOGON_DATE "; they are given out over time");
	if (f->peers == 1)
		event_tag(out, f, "one-peer", -0.10, "one vantage point only saw it");
	f->confidence = event_confidence(f);
	event_done(w, out, f, &re);
}

void bogon_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct member *m = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	size_t n = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];

		if ((t->class != TRACK_BOGON_PREFIX && t->class != TRACK_BOGON_ASN) ||
		    r->first[i] == r->first[i + 1])
			continue;
		m[n].track = i;
		m[n].normal[0] = m[n].normal[1] = NONE;
		m[n].group = how_of(w, t);
		m[n].kind = t->class == TRACK_BOGON_ASN ? "bogon-asn" : "bogon";
		m[n].rov = ROV_UNKNOWN;
		n++;
	}
	qsort_r(m, n, sizeof(*m), by_actor, w);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && m[j].group == m[i].group &&
			    w->track[m[j].track].a == w->track[m[i].track].a;)
			j++;
		bogon_event(w, r, out, m + i, j - i);
	}
	free(m);
}
