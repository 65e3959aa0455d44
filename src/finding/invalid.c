/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/invalid.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/vrps.h"

#define REPORT 0.50

static void dated(struct watch *w, struct findings *out, struct finding *f, double weight)
{
	char date[TEXT_TIME];

	if (!watch_vrps_old(w, f->first))
		return;
	event_tag(out, f, "vrps-old", weight, "the tables are not of that time");
	event_caveat(out, f,
		     "by VRPs and ASPAs of %.10s, %lld days from the routes: they may have "
		     "been changed since",
		     text_time(date, w->k->vrps_time),
		     (long long)llabs(f->first - w->k->vrps_time) / (86400 * SECOND));
}

/* One origin's, or (origins > 1) those of many that have a few each. */
static void invalid_event(struct watch *w, const struct ranges *r, struct findings *out,
			  struct member *m, size_t n, size_t origins, const struct member *more,
			  size_t nmore)
{
	static const char *const what[] = {
	    [ROV_WRONG_ORIGIN] = "ROAs name another origin",
	    [ROV_TOO_SPECIFIC] = "more specific than the origin's own ROAs allow",
	    [ROV_AS0] = "a ROA says that nobody is to announce it",
	};
	static const char *const rules[] = {
	    [ROV_WRONG_ORIGIN] = "invalid.origin",
	    [ROV_TOO_SPECIFIC] = "invalid.length",
	    [ROV_AS0] = "invalid.as0",
	};
	size_t count[4] = {0}, usual = 0, nweighed = 0;
	size_t cap = 0;
	struct member *weighed = NULL;
	struct finding *f;
	struct replay re;
	enum rov_reason most;

	for (size_t i = 0; i < n; i++) {
		count[m[i].why]++;
		usual += m[i].usual != NULL;
		m[i].kind = m[i].why == ROV_TOO_SPECIFIC ? "too-specific"
			    : m[i].why == ROV_AS0	 ? "as0"
							 : "wrong-origin";
	}
	for (size_t i = 0, j = 0; i < nmore; i++) {
		/* Both are in order of origin. */
		while (j < n && m[j].group < more[i].group)
			j++;
		if (j == n || m[j].group != more[i].group)
			continue;
		mem_room(&weighed, &cap, nweighed + 1);
		weighed[nweighed++] = more[i];
	}
	f = event_build(w, r, out, m, n, origins > 1 ? 0 : m[0].group, weighed, nweighed, &re);
	most = count[ROV_WRONG_ORIGIN]	 ? ROV_WRONG_ORIGIN
	       : count[ROV_TOO_SPECIFIC] ? ROV_TOO_SPECIFIC
					 : ROV_AS0;
	f->kind = "route.invalid";
	f->rule = rule_of(rules[most]);
	event_tag(out, f, "rpki-invalid", 0.90,
		  "%s with the wrong origin, %s too specific, %s for AS0",
		  text_number(count[ROV_WRONG_ORIGIN]), text_number(count[ROV_TOO_SPECIFIC]),
		  text_number(count[ROV_AS0]));
	/* Old VRPs: addresses that moved look like this, unless their holder is seen as well. */
	dated(w, out, f, most != ROV_TOO_SPECIFIC && usual * 2 < n ? -0.45 : -0.30);
	if (f->peers == 1)
		event_tag(out, f, "one-peer", -0.10, "one vantage point only saw it");
	f->confidence = event_confidence(f);
	if (f->confidence < REPORT) {
		findings_drop(out);
		free(weighed);
		return;
	}
	f->title = arena_printf(
	    &out->arena, "%s announce%s %s RPKI-invalid prefix%s: %s",
	    origins > 1 ? arena_printf(&out->arena, "%s networks", text_number(origins))
			: event_name(w, out, m[0].group),
	    origins > 1 ? "" : "s", text_number(n), n == 1 ? "" : "es", what[most]);
	f->actor.role = "origin";
	f->actor.confidence = origins > 1 ? 0 : f->confidence < 0.9 ? f->confidence : 0.9;
	f->actor.why = "it is the origin of every path";
	if (origins > 1) {
		f->asn = arena_zero(&out->arena, n, sizeof(*f->asn));
		for (size_t i = 0; i < n; i++)
			if (!i || m[i].group != m[i - 1].group)
				f->asn[f->nasn++] = event_network(w, m[i].group);
	}
	if (most == ROV_WRONG_ORIGIN)
		event_caveat(out, f,
			     "a ROA that was forgotten when the addresses moved looks the "
			     "same as a wrong announcement");
	for (size_t i = 0; i < n; i++) {
		event_vrps(w, out, f, watch_prefix(w, w->track[m[i].track].prefix));
		if (m[i].victim)
			event_relation(w, out, f, m[i].group, m[i].victim);
	}
	for (size_t i = 0; i < nweighed; i++) {
		event_vrps(w, out, f, watch_prefix(w, w->track[weighed[i].track].prefix));
		if (weighed[i].victim)
			event_relation(w, out, f, weighed[i].group, weighed[i].victim);
	}
	free(weighed);
	event_done(w, out, f, &re);
}

static int by_why(const void *p, const void *q)
{
	const struct member *x = p, *y = q;

	if (x->why != y->why)
		return x->why < y->why ? -1 : 1;
	return (x->score > y->score) - (x->score < y->score);
}

void invalid_judge(struct watch *w, const struct ranges *r, struct findings *out, struct member *m,
		   size_t n, const struct member *more, size_t nmore)
{
	size_t nleft = 0;

	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && m[j].group == m[i].group;)
			j++;
		if (j - i >= EVENT_FEW) {
			invalid_event(w, r, out, m + i, j - i, 1, more, nmore);
			continue;
		}
		/* What was told goes, so that the others are together. */
		memmove(m + nleft, m + i, (j - i) * sizeof(*m));
		nleft += j - i;
	}
	n = nleft;
	/* The others, by what is wrong, in the order in which they are. */
	for (size_t i = 0; i < n; i++)
		m[i].score = (double)i;
	qsort(m, n, sizeof(*m), by_why);
	for (int why = ROV_TOO_SPECIFIC; why <= ROV_AS0; why++) {
		size_t first = 0, end, origins = 0;

		while (first < n && m[first].why != why)
			first++;
		for (end = first; end < n && m[end].why == why; end++)
			origins += end == first || m[end].group != m[end - 1].group;
		if (end > first)
			invalid_event(w, r, out, m + first, end - first, origins, more, nmore);
	}
}

/* ---- ASPA ---- */

static int by_customer(const void *p, const void *q, void *arg)
{
	const struct member *x = p, *y = q;
	const struct watch *w = arg;
	const struct track *a = &w->track[x->track], *b = &w->track[y->track];

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return prefix_cmp(watch_prefix(w, a->prefix), watch_prefix(w, b->prefix));
}

/* Did all of them come only after the start, and do they all end in the customer? */
static bool forged(const struct watch *w, const struct ranges *r, const struct member *m, size_t n,
		   uint32_t customer)
{
	int64_t start = w->k->given ? w->k->given_start : w->start;
	bool table = w->k->given ? w->k->given_table : w->table;

	for (size_t i = 0; i < n; i++)
		for (uint32_t j = r->first[m[i].track]; j < r->first[m[i].track + 1]; j++) {
			const struct entry *e = &w->log[j];
			const struct wpath *p;

			if (e->kind > ENTRY_ANNOUNCE)
				continue;
			p = &w->path[e->path];
			if (e->kind == ENTRY_TABLE || !p->n || w->asn[p->at + p->n - 1] != customer)
				return false;
			if (!table && e->time < start + WATCH_WARM)
				return false;
		}
	return true;
}

static uint32_t origin_of(const struct watch *w, uint32_t prefix, uint32_t customer,
			  const struct pair **pair)
{
	for (const struct pair *p = watch_pair(w, prefix, NULL); p; p = watch_pair(w, prefix, p))
		if (p->origin == customer) {
			*pair = p;
			return p->origin;
		}
	*pair = watch_pair(w, prefix, NULL);
	return *pair ? (*pair)->origin : 0;
}

void aspa_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct member *m = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	size_t n = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];
		const struct pair *p;

		if (t->class != TRACK_ASPA || r->first[i] == r->first[i + 1] ||
		    !event_in_scope(w, &w->track[i]))
			continue;
		m[n].track = i;
		m[n].normal[0] = m[n].normal[1] = NONE;
		m[n].victim = origin_of(w, t->prefix, t->a, &p);
		m[n].usual = NULL;
		m[n].rov = p ? p->rov : ROV_UNKNOWN;
		m[n].why = p ? p->why : ROV_OK;
		m[n].kind = "aspa-invalid";
		n++;
	}
	qsort_r(m, n, sizeof(*m), by_customer, w);
	for (size_t i = 0, j; i < n; i = j) {
		const struct track *t = &w->track[m[i].track], *u;
		uint32_t customer = t->a, other = t->b;
		enum relation_kind rel = w->k->relations
					     ? asgraph_relation(w->k->relations, customer, other)
					     : RELATION_NONE;
		bool forge;
		struct finding *f;
		struct replay re;

		for (j = i; j < n && (u = &w->track[m[j].track])->a == customer && u->b == other;)
			j++;
		forge =
		    rel == RELATION_NONE && w->k->relations && forged(w, r, m + i, j - i, customer);
		for (size_t k = i; k < j; k++) {
			forge &= m[k].rov == ROV_VALID || m[k].rov == ROV_NOT_FOUND;
			if (forge)
				m[k].kind = "forged-origin";
		}
		f = event_build(w, r, out, m + i, j - i, other, NULL, 0, &re);
		event_tag(out, f, "aspa-invalid", 0.60,
			  "the ASPA of AS%u does not name AS%u as a provider (" ASPAS_DRAFT ")",
			  customer, other);
		if (rel == RELATION_PROVIDER)
			event_tag(out, f, "related", -0.30,
				  "the relationships call AS%u a provider", other);
		else if (rel == RELATION_NONE && w->k->relations)
			event_tag(out, f, "unrelated", 0.10, "no relationship of the two is known");
		if (forge)
			event_tag(out, f, "new-neighbour", 0.10,
				  "the two stood side by side only after the start");
		if (re.believed >= 3)
			event_tag(out, f, "several-peers", 0.10, "%s peers had it",
				  text_number(re.believed));
		dated(w, out, f, -0.15);
		f->confidence = event_confidence(f);
		f->kind =
		    forge && f->confidence >= 0.6 ? "route.hijack.forged-origin" : "route.invalid";
		f->rule = rule_of(forge && f->confidence >= 0.6 ? "hijack.forged-origin"
								: "invalid.aspa");
		if (f->confidence < REPORT) {
			findings_drop(out);
			continue;
		}
		f->title = arena_printf(&out->arena,
					"%s prefix%s came to %s from %s, which does not name it as "
					"its provider",
					text_number(j - i), j - i == 1 ? "" : "es",
					event_name(w, out, other), event_name(w, out, customer));
		f->actor.role = forge ? "origin" : "transit";
		f->actor.confidence = f->confidence;
		f->actor.why = "it stands next to the network whose ASPA excludes it";
		event_caveat(out, f,
			     "a customer that forgot to name a provider, and a peer that "
			     "passes on what it should not, look the same");
		event_aspas(w, r, out, f, m + i, j - i);
		event_relation(w, out, f, customer, other);
		for (size_t k = i; k < j; k++)
			event_vrps(w, out, f, watch_prefix(w, w->track[m[k].track].prefix));
		event_done(w, out, f, &re);
	}
	free(m);
}
