/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bogons: prefixes and ASNs that have no business in the global table, full and administrative
 * ones apart (fact/bogon.h).
 */

#include "fact/bogon.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "finding/event.h"

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

		/* AS_TRANS only says that somebody on the way speaks two bytes (RFC 6793). */
		if (p->flat[i] == 23456 || bogon_asn(p->flat[i], &b) == BOGON_NONE)
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

/* One network's, or (actors > 1) those of many that have a few each. */
static void bogon_event(struct watch *w, const struct ranges *r, struct findings *out,
			const struct member *m, size_t n, size_t actors)
{
	const struct track *t = &w->track[m[0].track];
	uint32_t how = m[0].group;
	bool by_prefix = how <= PREFIX_ADMINISTRATIVE;
	bool full = how != PREFIX_ADMINISTRATIVE && how != ASN_ADMINISTRATIVE;
	struct replay re;
	struct finding *f = event_build(w, r, out, m, n, actors > 1 ? 0 : t->a, NULL, 0, &re);
	const char *s = n == 1 ? "" : "es", *who;
	struct bogon b = {0};

	f->kind = "route.bogon";
	f->rule = rule_of(names[how]);
	/* The numbers that are not to be seen; of many networks' prefixes: who announced them. */
	f->asn = arena_zero(&out->arena, n, sizeof(*f->asn));
	for (size_t i = 0; i < n; i++) {
		uint32_t asn = by_prefix ? w->track[m[i].track].a : w->track[m[i].track].b;
		bool known = !asn || (by_prefix && actors == 1);

		for (size_t j = 0; j < f->nasn && !known; j++)
			known = f->asn[j].asn == asn;
		if (!known)
			f->asn[f->nasn++] = event_network(w, asn);
	}
	if (by_prefix)
		bogon_prefix(watch_prefix(w, t->prefix), &b);
	else
		bogon_asn(t->b, &b);
	event_tag(out, f, full ? "bogon-full" : "bogon-administrative", full ? 0.95 : 0.70,
		  "%s prefix%s; %s, %s", text_number(n), s, b.name, b.where);
	who = actors > 1 ? arena_printf(&out->arena, "%s networks", text_number(actors))
	      : t->a	 ? event_name(w, out, t->a)
			 : "A path without an origin";
	if (by_prefix)
		f->title =
		    arena_printf(&out->arena, "%s announce%s %s prefix%s that nobody may: %s%s",
				 who, actors > 1 ? "" : "s", text_number(n), s, b.name,
				 actors > 1 ? " and the like" : "");
	else
		f->title =
		    arena_printf(&out->arena, "%s pass%s on %s prefix%s with AS%u%s %s: %s%s", who,
				 actors > 1 ? "" : "es", text_number(n), s, t->b,
				 f->nasn > 1 ? " and others" : "",
				 how == ASN_MIDDLE ? "in the middle of the path" : "as the origin",
				 b.name, actors > 1 ? " and the like" : "");
	f->actor.role = by_prefix ? "origin" : "transit";
	f->actor.why = by_prefix ? "it is the origin of every path"
				 : "it is the first network after that number";
	f->actor.confidence = actors > 1 ? 0 : 0.8;
	if (!full)
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
	struct member *few = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	size_t n = 0, nfew = 0, actors = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];

		if ((t->class != TRACK_BOGON_PREFIX && t->class != TRACK_BOGON_ASN) ||
		    r->first[i] == r->first[i + 1] || !event_in_scope(w, &w->track[i]))
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
		if (j - i >= EVENT_FEW) {
			bogon_event(w, r, out, m + i, j - i, 1);
		} else {
			memcpy(few + nfew, m + i, (j - i) * sizeof(*m));
			nfew += j - i;
			actors++;
		}
		if (nfew && (j == n || m[j].group != m[i].group)) {
			bogon_event(w, r, out, few, nfew, actors);
			nfew = actors = 0;
		}
	}
	free(few);
	free(m);
}
