/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Route leaks: RFC 7908 types 1 to 4 by relationships, and by the Only-to-Customer attribute of
 * RFC 9234. ASPA has its own judge (invalid.c), since what it excludes it also names.
 */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/asgraph.h"
#include "finding/aspa.h"
#include "finding/event.h"

#define REPORT 0.60
#define RELATIONS_OLD (730 * 86400 * SECOND)

static const char *const names[] = {[LEAK_TYPE1] = "leak.type1",
				    [LEAK_TYPE2] = "leak.type2",
				    [LEAK_TYPE3] = "leak.type3",
				    [LEAK_TYPE4] = "leak.type4",
				    [LEAK_OTC] = "leak.otc"};
static const double weights[] = {[LEAK_TYPE1] = 0.35,
				 [LEAK_TYPE2] = 0.20,
				 [LEAK_TYPE3] = 0.30,
				 [LEAK_TYPE4] = 0.35,
				 [LEAK_OTC] = 0.60};

/* What network b is to a: provider or peer, so that a may not pass on what comes from the like. */
static bool above(enum relation_kind k)
{
	return k == RELATION_PROVIDER || k == RELATION_PEER;
}

static bool leak_otc(struct watch *g, const struct attrs *a, struct fault_path *out)
{
	const uint32_t *p = a->path.flat;
	unsigned at = 0;

	while (at < a->path.nflat && p[at] != a->otc)
		at++;
	if (at >= a->path.nflat)
		return false;
	/* After the network that marked it, everybody may pass it to customers only. */
	for (unsigned j = at; j-- > 1;)
		if (above(relation_of(g, p[j], p[j - 1]))) {
			*out = (struct fault_path){.class = TRACK_LEAK,
						   .how = LEAK_OTC,
						   .a = p[j],
						   .b = p[j + 1],
						   .c = p[j - 1]};
			return true;
		}
	return false;
}

static bool leak_valley(struct watch *g, const struct path *path, struct fault_path *out)
{
	const uint32_t *p = path->flat;
	enum relation_kind from, to;

	if (path->nflat < 3)
		return false;
	/* From the origin: the first one that leaks. The relation of each hop is asked once. */
	from = relation_of(g, p[path->nflat - 2], p[path->nflat - 1]);
	for (unsigned i = path->nflat - 2u; i > 0; i--) {
		to = relation_of(g, p[i], p[i - 1]);
		if (above(from) && above(to)) {
			*out = (struct fault_path){
			    .class = TRACK_LEAK,
			    .how = from == RELATION_PROVIDER
				       ? (to == RELATION_PROVIDER ? LEAK_TYPE1 : LEAK_TYPE3)
				       : (to == RELATION_PROVIDER ? LEAK_TYPE4 : LEAK_TYPE2),
			    .a = p[i],
			    .b = p[i + 1],
			    .c = p[i - 1],
			};
			return true;
		}
		/* What p[i] is to p[i-1], the next one to ask. */
		from = to == RELATION_PROVIDER	 ? RELATION_CUSTOMER
		       : to == RELATION_CUSTOMER ? RELATION_PROVIDER
						 : to;
	}
	return false;
}

size_t leak_path(struct watch *w, const struct attrs *a, struct fault_path *out, size_t max)
{
	const struct knowledge *k = w->k;
	size_t n = 0;

	memset(out, 0, max * sizeof(*out));
	if (k->relations && max) {
		if (a->has & HAS_OTC && a->otc && leak_otc(w, a, &out[n]))
			n++;
		else if (leak_valley(w, &a->path, &out[n]))
			n++;
	}
	if (k->aspas && n < max && !(a->path.flags & PATH_SET) && a->path.nflat > 1) {
		struct aspa_verdict v = aspa_verify(k->aspas, &a->path, 0, ASPA_ANY);

		if (v.state == ASPA_INVALID && v.fault == ASPA_VALLEY && v.up.customer)
			out[n++] = (struct fault_path){
			    .class = TRACK_ASPA, .a = v.up.customer, .b = v.up.provider};
	}
	return n;
}

static int by_leaker(const void *p, const void *q, void *arg)
{
	const struct member *x = p, *y = q;
	const struct watch *w = arg;
	const struct track *a = &w->track[x->track], *b = &w->track[y->track];
	int c;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	c = prefix_cmp(watch_prefix(w, a->prefix), watch_prefix(w, b->prefix));
	if (c)
		return c;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	if (a->c != b->c)
		return a->c < b->c ? -1 : 1;
	return (a->how > b->how) - (a->how < b->how);
}

static void leak_event(struct watch *w, const struct ranges *r, struct findings *out,
		       const struct member *m, size_t n)
{
	uint32_t leaker = w->track[m[0].track].a;
	size_t count[LEAK_OTC + 1] = {0}, prefixes = 0, nfrom = 0, nto = 0;
	int most = 0;
	struct replay re;
	struct finding *f = event_build(w, r, out, m, n, leaker, NULL, 0, &re);
	struct buf from = {0}, to = {0};

	for (size_t i = 0; i < n; i++) {
		const struct track *t = &w->track[m[i].track];

		count[t->how]++;
	}
	for (size_t i = 0; i < f->nprefix; i++)
		prefixes += !i || !prefix_eq(f->prefix[i].prefix, f->prefix[i - 1].prefix);
	for (int i = 1; i <= LEAK_OTC; i++)
		if (count[i] > (most ? count[most] : 0) || (i == LEAK_OTC && count[i]))
			most = i;
	event_tag(out, f, names[most] + 5, weights[most], "%s of %s", text_number(count[most]),
		  text_number(n));
	event_tag(out, f, "new", 0.15, "nothing came that way at the start");
	if (prefixes >= 10)
		event_tag(out, f, "many-prefixes", prefixes >= 100 ? 0.25 : 0.15, "%s prefixes",
			  text_number(prefixes));
	if (f->nvictim >= 5)
		event_tag(out, f, "many-origins", 0.05, "of %s networks", text_number(f->nvictim));
	if (re.believed >= 3)
		event_tag(out, f, "several-peers", 0.05, "%s peers had it",
			  text_number(re.believed));
	if (w->k->relations_time != TIME_NONE && w->k->relations_time &&
	    llabs(f->first - w->k->relations_time) > RELATIONS_OLD) {
		char date[TEXT_TIME];

		event_tag(out, f, "relations-old", most == LEAK_OTC ? -0.10 : -0.25,
			  "the relationships are not of that time");
		event_caveat(out, f, "by relationships of %.10s",
			     text_time(date, w->k->relations_time));
	}
	f->confidence = event_confidence(f);
	if (f->confidence < REPORT) {
		findings_drop(out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct track *t = &w->track[m[i].track];
		bool known = false;

		event_relation(w, out, f, t->a, t->b);
		event_relation(w, out, f, t->a, t->c);
		for (size_t j = 0; j < i && !known; j++)
			known = w->track[m[j].track].b == t->b;
		if (!known && nfrom++ < 4)
			buf_printf(&from, "%s%s", from.len ? ", " : "", event_name(w, out, t->b));
		known = false;
		for (size_t j = 0; j < i && !known; j++)
			known = w->track[m[j].track].c == t->c;
		if (!known && nto++ < 4)
			buf_printf(&to, "%s%s", to.len ? ", " : "", event_name(w, out, t->c));
	}
	f->kind = "route.leak";
	f->rule = rule_of(names[most]);
	f->title = arena_printf(&out->arena, "%s leaked %s prefix%s that it had from %s%s to %s%s",
				event_name(w, out, leaker), text_number(prefixes),
				prefixes == 1 ? "" : "es", from.at, nfrom > 4 ? " and others" : "",
				to.at, nto > 4 ? " and others" : "");
	f->actor.role = "leaker";
	f->actor.confidence = f->confidence;
	f->actor.why = "it passes on to a provider or peer what a provider or peer gave to it";
	if (most != LEAK_OTC)
		event_caveat(out, f,
			     "relationships are inferred; a transit agreement that they do "
			     "not know looks the same as a leak");
	event_done(w, out, f, &re);
	buf_free(&from);
	buf_free(&to);
}

void leak_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct member *m = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	size_t n = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		if (w->track[i].class != TRACK_LEAK || r->first[i] == r->first[i + 1] ||
		    !event_in_scope(w, &w->track[i]))
			continue;
		m[n].track = i;
		m[n].normal[0] = m[n].normal[1] = NONE;
		m[n].kind = "leak";
		member_times(w, r, &m[n]);
		for (uint32_t j = r->first[i]; j < r->first[i + 1]; j++) {
			const struct wpath *p = &w->path[w->log[j].path];

			if (w->log[j].kind <= ENTRY_ANNOUNCE && p->n) {
				const struct pair *q;

				m[n].victim = w->asn[p->at + p->n - 1];
				q = watch_pair(w, w->track[i].prefix, NULL);
				while (q && q->origin != m[n].victim)
					q = watch_pair(w, w->track[i].prefix, q);
				m[n].rov = q ? q->rov : ROV_UNKNOWN;
				m[n].why = q ? q->why : ROV_OK;
				break;
			}
		}
		n++;
	}
	qsort_r(m, n, sizeof(*m), by_leaker, w);
	for (size_t i = 0, j; i < n; i = j) {
		int64_t last = m[i].last;

		/* The same leaker, without a day of silence. */
		for (j = i; j < n && w->track[m[j].track].a == w->track[m[i].track].a &&
			    m[j].first <= last + WATCH_QUIET;
		     j++)
			last = m[j].last > last ? m[j].last : last;
		leak_event(w, r, out, m + i, j - i);
	}
	free(m);
}
