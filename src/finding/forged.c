/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Forged origins without an ASPA: a path ends in the rightful origin, but the network next to it
 * was never there before (a "type 1" hijack: Sermpezis et al., ARTEMIS, IEEE/ACM ToN 2018; that the
 * new link is what tells: Holterbach et al., DFOH, NSDI 2024). A new link is nearly always a new
 * contract, so that no single sign is enough. docs/detectors.md has the weights.
 */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/bogon.h"
#include "fact/names.h"
#include "finding/event.h"

#define REPORT 0.60
#define RELATIONS_OLD (730 * 86400 * SECOND)

static bool has_links(const struct asgraph *g, uint32_t asn)
{
	uint32_t v = asgraph_id(g, asn);

	return v != ASGRAPH_NONE &&
	       asgraph_last(g, v, RELATION_CUSTOMER) > asgraph_first(g, v, RELATION_PROVIDER);
}

bool forged_path(struct watch *w, const struct attrs *a, struct fault_path *out)
{
	const struct path *p = &a->path;
	uint32_t origin, next;

	if (!w->k->relations || p->nflat < 2 || p->flags & PATH_SET)
		return false;
	origin = p->flat[p->nflat - 1];
	next = p->flat[p->nflat - 2];
	if (relation_of(w, next, origin) != RELATION_NONE ||
	    (w->k->aspas && aspas_of(w->k->aspas, origin)))
		return false; /* what an ASPA says is judged by it */
	for (uint32_t i = 0; i + 2 < p->nflat; i++)
		if (p->flat[i] == origin)
			return false; /* it puts itself there, to keep a route from somebody */
	if (bogon_asn(next, NULL) != BOGON_NONE || bogon_asn(origin, NULL) != BOGON_NONE ||
	    !has_links(w->k->relations, next) || !has_links(w->k->relations, origin))
		return false;
	*out = (struct fault_path){.class = TRACK_EDGE, .a = next, .b = origin};
	return true;
}

const struct pair *forged_usual(const struct watch *w, uint32_t prefix, const struct pair *p)
{
	if (!p->origin || p->rov == ROV_INVALID)
		return NULL;
	if (watch_learned(w, p))
		return p;
	for (struct prefix up = watch_prefix(w, prefix); (prefix = watch_cover(w, up)) != NONE;
	     up = watch_prefix(w, prefix))
		for (const struct pair *q = watch_pair(w, prefix, NULL); q;
		     q = watch_pair(w, prefix, q))
			if (q->origin == p->origin && watch_learned(w, q))
				return q;
	return NULL;
}

/* The network next to the origin on the route that was learned, 0 when there was none. */
static uint32_t usual_next(const struct watch *w, const struct pair *p)
{
	const struct wpath *q;

	if (p->flags & PAIR_TABLE)
		return p->path;
	q = &w->path[p->path];
	return q->n > 1 ? w->asn[q->at + q->n - 2] : 0;
}

/* A row by which the graph of a re-judgment knows a network, and whether it has customers. */
static void known_row(const struct watch *w, struct findings *out, struct finding *f, uint32_t asn)
{
	const struct asgraph *g = w->k->relations;
	uint32_t v = asgraph_id(g, asn);
	uint32_t at = asgraph_first(g, v, RELATION_CUSTOMER);

	if (at == asgraph_last(g, v, RELATION_CUSTOMER))
		at = asgraph_first(g, v, RELATION_PROVIDER);
	event_relation(w, out, f, asn, g->asn[g->nbr[at]]);
}

/* What the paths of an event show. */
struct shown {
	uint32_t routes, behind; /* behind: the usual neighbour stands further on */
	uint16_t peer;
	bool several, blackhole;
};

static void look(const struct watch *w, const struct ranges *r, const struct member *m,
		 struct shown *s)
{
	uint32_t usual = usual_next(w, m->usual);

	for (uint32_t i = r->first[m->track]; i < r->first[m->track + 1]; i++) {
		const struct entry *e = &w->log[i];
		const struct wpath *p;
		bool behind = false;

		if (e->kind > ENTRY_ANNOUNCE)
			continue;
		s->several |= s->routes && e->peer != s->peer;
		s->peer = e->peer;
		s->blackhole |= e->flags & ENTRY_BLACKHOLE;
		p = &w->path[e->path];
		for (uint32_t j = 0; j + 2 < p->n; j++)
			behind |= w->asn[p->at + j] == usual;
		s->routes++;
		s->behind += behind;
	}
}

static int by_link(const void *x, const void *y, void *arg)
{
	const struct watch *w = arg;
	const struct member *m = x, *q = y;
	const struct track *a = &w->track[m->track], *b = &w->track[q->track];

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return prefix_cmp(watch_prefix(w, a->prefix), watch_prefix(w, b->prefix));
}

static void link_event(struct watch *w, const struct ranges *r, struct findings *out,
		       struct member *m, size_t n)
{
	const struct asgraph *g = w->k->relations;
	uint32_t next = w->track[m->track].a, origin = w->track[m->track].b, v;
	struct network a = event_network(w, next), b = event_network(w, origin);
	size_t parts = 0, known = 0;
	bool sibling = w->k->names && names_siblings(w->k->names, next, origin);
	bool scrubbed = watch_scrubber(next);
	struct shown s = {0};
	struct finding *f;
	struct replay re;
	double far;

	for (size_t i = 0; i < n; i++) {
		uint32_t usual = usual_next(w, m[i].usual);

		parts += !strcmp(m[i].kind, "sub");
		known += usual && asgraph_relation(g, usual, origin) != RELATION_NONE;
		sibling |= usual && w->k->names && names_siblings(w->k->names, next, usual);
		look(w, r, &m[i], &s);
		m[i].kind = "forged-origin";
	}
	f = event_build(w, r, out, m, n, next, NULL, 0, &re);
	event_tag(out, f, "new-link", 0.20,
		  "AS%u stood next to AS%u on no path at the start, and no relationship of the two "
		  "is known",
		  next, origin);
	if (known == n)
		event_tag(out, f, "usual-neighbour", 0.10,
			  "at the start it came from a network that is known to be next to AS%u",
			  origin);
	if (parts)
		event_tag(out, f, "more-specific", 0.20 * (double)parts / (double)n,
			  "more specific than what was announced at the start: %s of %s",
			  text_number(parts), text_number(n));
	v = asgraph_id(g, next);
	if (!asgraph_count(g, v, RELATION_CUSTOMER))
		event_tag(out, f, "stub-transit", 0.15, "no network is known to be behind AS%u",
			  next);
	if (*a.country && *b.country && strncmp(a.country, b.country, sizeof(a.country)) != 0)
		event_tag(out, f, "abroad", 0.10, "the two are of different countries");
	if (re.believed >= 3)
		event_tag(out, f, "several-peers", 0.10, "%s peers believed it",
			  text_number(re.believed));
	if (!s.several)
		event_tag(out, f, "one-peer", -0.30, "one vantage point only saw it");
	if (n - parts >= 2)
		event_tag(out, f, "many-of-its-prefixes", -0.20,
			  "%s prefixes as they were announced before: a new contract looks so",
			  text_number(n - parts));
	if (s.behind * 2 > s.routes)
		event_tag(out, f, "behind-usual", -0.20,
			  "the usual neighbour stands further on in most of the paths");
	if (sibling)
		event_tag(out, f, "siblings", -0.80,
			  "it and the origin, or the usual neighbour, are one organisation");
	if (scrubbed)
		event_tag(out, f, "scrubber", -0.35, "it cleans others' traffic of floods");
	if (s.blackhole)
		event_tag(out, f, "blackhole", -0.30,
			  "a blackhole community: it drops traffic on request");
	if (f->state == STATE_ENDED && f->last - f->first < WATCH_QUIET)
		event_tag(out, f, "ended", 0.05, "it was over within a day");
	else
		event_tag(out, f, "lasting", -0.20, "it lasted, as a new contract does");
	far = w->k->relations_time == TIME_NONE || !w->k->relations_time
		  ? 0
		  : (double)llabs(f->first - w->k->relations_time);
	if (far > (double)RELATIONS_OLD)
		event_tag(out, f, "relations-old", -0.25,
			  "the relationships are more than two years from the routes");
	f->confidence = event_confidence(f);
	if (f->confidence < REPORT) {
		findings_drop(out);
		return;
	}
	f->kind = "route.hijack.forged-origin";
	f->rule = rule_of("hijack.new-link");
	f->title = arena_printf(&out->arena,
				"%s prefix%s of %s came from %s, which never stood next to it",
				text_number(n), n == 1 ? "" : "es", event_name(w, out, origin),
				event_name(w, out, next));
	f->actor.role = "origin";
	f->actor.confidence = f->confidence;
	f->actor.why = "it stands next to the origin; that a path says so is no proof by itself";
	event_caveat(out, f,
		     "a new contract that was over soon, and a peer that passes on what it should "
		     "not, look the same");
	event_relation(w, out, f, next, origin);
	known_row(w, out, f, next);
	known_row(w, out, f, origin);
	for (size_t i = 0; i < n; i++) {
		if (usual_next(w, m[i].usual))
			event_relation(w, out, f, usual_next(w, m[i].usual), origin);
		event_vrps(w, out, f, watch_prefix(w, w->track[m[i].track].prefix));
	}
	event_done(w, out, f, &re);
}

void forged_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct member *m;
	size_t n = 0;

	if (!w->k->relations)
		return;
	m = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];
		const struct pair *p = watch_pair(w, t->prefix, NULL);

		if (t->class != TRACK_EDGE || r->first[i] == r->first[i + 1] ||
		    !event_in_scope(w, t) || !has_links(w->k->relations, t->a) ||
		    !has_links(w->k->relations, t->b))
			continue;
		while (p && p->origin != t->b)
			p = watch_pair(w, t->prefix, p);
		if (!p)
			continue;
		m[n] = (struct member){.track = i,
				       .victim = t->b,
				       .usual = forged_usual(w, t->prefix, p),
				       .rov = p->rov,
				       .why = p->why,
				       .normal = {NONE, NONE}};
		if (!m[n].usual)
			continue;
		m[n].kind = m[n].usual == p ? "exact" : "sub";
		m[n].normal[0] = m[n].usual->ev;
		member_times(w, r, &m[n]);
		n++;
	}
	qsort_r(m, n, sizeof(*m), by_link, w);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && w->track[m[j].track].a == w->track[m[i].track].a &&
				w->track[m[j].track].b == w->track[m[i].track].b;)
			j++;
		link_event(w, r, out, m + i, j - i);
	}
	free(m);
}
