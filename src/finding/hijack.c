/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Hijacks: a network announces addresses that are another's. docs/detectors.md tells the method,
 * the tags, their weights and the limits; the tables below are what it tells.
 */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/bogon.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "finding/event.h"
#include "finding/invalid.h"

/* What speaks for and against, of one prefix. */
enum sign {
	RPKI_ORIGIN,
	RPKI_AS0,
	CONFLICT,
	VICTIM_VALID,
	VICTIM_NORMAL,
	NEW_AFTER_TABLE,
	NEW_AFTER_WARMUP,
	MORE_SPECIFIC,
	UNRELATED,
	RELATED,
	SIBLINGS,
	VIA_VICTIM,
	NEIGHBOURS,
	ESTABLISHED,
	PRIVATE_ORIGIN,
	SCRUBBER,
	BLACKHOLE,
	ONE_PEER,
	SIGNS
};

static const struct {
	const char *id, *text;
	double weight;
} signs[SIGNS] = {
    [RPKI_ORIGIN] = {"rpki-origin", "RPKI-invalid: ROAs name another origin", 0.40},
    [RPKI_AS0] = {"rpki-as0", "RPKI-invalid: a ROA for AS0", 0.40},
    [CONFLICT] = {"conflict", "another network is the usual origin", 0.10},
    [VICTIM_VALID] = {"victim-valid", "the victim's own route is there and RPKI-valid", 0.15},
    [VICTIM_NORMAL] = {"victim-normal", "the victim announced it no later than the actor", 0.15},
    [NEW_AFTER_TABLE] = {"new-after-table", "the actor was no origin of it in the table before",
			 0.15},
    [NEW_AFTER_WARMUP] = {"new-after-warm-up", "the actor was no origin of it at the start", 0.05},
    [MORE_SPECIFIC] = {"more-specific", "more specific than what the victim announces", 0.05},
    [UNRELATED] = {"unrelated", "no relationship of actor and victim is known", 0.10},
    [RELATED] = {"related", "actor and victim are provider and customer, or peers", -0.50},
    [SIBLINGS] = {"siblings", "actor and victim are one organisation", -0.80},
    [VIA_VICTIM] = {"via-victim", "the actor's route comes through the victim", -0.60},
    [NEIGHBOURS] = {"neighbours", "actor and victim stand side by side in paths", -0.50},
    [ESTABLISHED] = {"established", "it stood there from the start", -0.40},
    [PRIVATE_ORIGIN] = {"private-origin", "the origin is no public ASN: a leak of inner routes",
			-0.40},
    [SCRUBBER] = {"scrubber",
		  "the actor, or the network next to it, cleans others' traffic of floods", -0.35},
    [BLACKHOLE] = {"blackhole", "a blackhole community: it drops traffic on request", -0.30},
    [ONE_PEER] = {"one-peer", "one vantage point only saw it", -0.20},
};

#define CANDIDATE 0.40
#define JOIN_AFTER (3600 * SECOND) /* so long after the last update it still adjoins */
#define REPORT 0.60

/* Networks that announce their customers' prefixes to clean traffic of floods: public offers. */
static const uint32_t scrubbers[] = {
    3223,  12008, 13335, 19324,	 19551,	 19905,	 32787,	 35280,
    55002, 57724, 59796, 198949, 200020, 209242, 262254, 396998,
};

/* The judge's view of one track. */
struct view {
	struct member m;
	const struct pair *pair;
	uint32_t actor;
	uint32_t signs; /* bits */
	bool taken;
};

bool watch_scrubber(uint32_t asn)
{
	for (size_t i = 0; i < sizeof(scrubbers) / sizeof(*scrubbers); i++)
		if (scrubbers[i] == asn)
			return true;
	return false;
}

struct holder {
	uint32_t but; /* not this one */
	uint32_t asn; /* of the longest covering VRP */
	struct prefix at;
	bool exact;
	struct prefix p;
};

static bool holder_row(const struct vrp *v, void *arg)
{
	struct holder *h = arg;

	if (v->asn && v->asn != h->but) {
		h->asn = v->asn;
		h->at = v->prefix;
		h->exact = prefix_eq(v->prefix, h->p);
	}
	return true;
}

static bool siblings(const struct watch *w, uint32_t a, uint32_t b)
{
	return w->k->names && names_siblings(w->k->names, a, b);
}

/* Does the victim stand before the actor in more than half of the announcements? */
static bool via(const struct watch *w, const struct ranges *r, const struct view *v)
{
	uint32_t all = 0, through = 0;

	for (uint32_t i = r->first[v->m.track]; i < r->first[v->m.track + 1]; i++) {
		const struct entry *e = &w->log[i];
		const struct wpath *p;

		if (e->path == NONE || e->kind > ENTRY_ANNOUNCE)
			continue;
		p = &w->path[e->path];
		all++;
		for (uint32_t j = 0; j + 1 < p->n; j++)
			if (w->asn[p->at + j] == v->m.victim) {
				through++;
				break;
			}
	}
	return through * 2 > all;
}

/* Is one of the two the other's upstream, in the actor's paths or in the victim's own? */
static bool neighbours(const struct watch *w, const struct ranges *r, const struct view *v)
{
	const struct pair *u = v->m.usual;

	for (uint32_t i = r->first[v->m.track]; i < r->first[v->m.track + 1]; i++) {
		const struct entry *e = &w->log[i];
		const struct wpath *p;

		if (e->path == NONE || e->kind > ENTRY_ANNOUNCE)
			continue;
		p = &w->path[e->path];
		if (p->n > 1 && w->asn[p->at + p->n - 2] == v->m.victim)
			return true;
	}
	if (!u || u->origin != v->m.victim)
		return false;
	if (u->flags & PAIR_TABLE)
		return u->path == v->actor;
	return w->path[u->path].n > 1 &&
	       w->asn[w->path[u->path].at + w->path[u->path].n - 2] == v->actor;
}

/* The actor, or what stands next to it in most announcements. */
static bool scrubbed(const struct watch *w, const struct ranges *r, const struct view *v)
{
	uint32_t all = 0, by = 0;

	for (uint32_t i = r->first[v->m.track]; i < r->first[v->m.track + 1]; i++) {
		const struct entry *e = &w->log[i];
		const struct wpath *p;

		if (e->path == NONE || e->kind > ENTRY_ANNOUNCE)
			continue;
		p = &w->path[e->path];
		all++;
		by += p->n > 1 && watch_scrubber(w->asn[p->at + p->n - 2]);
	}
	return watch_scrubber(v->actor) || by * 2 > all;
}

static bool one_peer(const struct watch *w, const struct ranges *r, const struct view *v,
		     bool *blackhole)
{
	uint32_t a = r->first[v->m.track], b = r->first[v->m.track + 1];
	bool one = true;

	*blackhole = false;
	for (uint32_t i = a; i < b; i++) {
		one &= w->log[i].peer == w->log[a].peer;
		*blackhole |= w->log[i].flags & ENTRY_BLACKHOLE;
	}
	return one;
}

/* An order of origins that does not depend on the order in which they came. */
static bool earlier(const struct pair *a, const struct pair *b)
{
	return a->first != b->first ? a->first < b->first : a->origin < b->origin;
}

static bool better(const struct pair *a, const struct pair *b)
{
	if ((a->rov == ROV_VALID) != (b->rov == ROV_VALID))
		return a->rov == ROV_VALID;
	return earlier(a, b);
}

/* The victim announces what covers p, and a ROA says that it may. */
static bool valid_cover(const struct watch *w, struct prefix p, struct view *v)
{
	for (uint32_t at; (at = watch_cover(w, p)) != NONE; p = watch_prefix(w, at))
		for (const struct pair *q = watch_pair(w, at, NULL); q; q = watch_pair(w, at, q))
			if (q->origin == v->m.victim && q->rov == ROV_VALID &&
			    (int64_t)q->first * SECOND <= v->m.last) {
				v->m.normal[1] = q->ev;
				return true;
			}
	return false;
}

/* The holder's route to the first part of a prefix that it had announced by then, whoever else
 * announces that part. */
static const struct pair *part_of(const struct watch *w, struct prefix p, uint32_t holder,
				  int64_t by)
{
	const struct pair *part = NULL;
	struct prefix first = {0};

	for (uint32_t i = 0; i < w->nprefix; i++) {
		const struct pair *e = &wprefix_at(w, i)->pair;

		if (!e->used || e->len <= p.len || (e->origin != holder && !e->next) ||
		    !prefix_covers(p, watch_prefix(w, i)))
			continue;
		for (e = watch_pair(w, i, NULL); e; e = watch_pair(w, i, e))
			if (e->origin == holder && (int64_t)e->first * SECOND <= by &&
			    (!part || prefix_cmp(watch_prefix(w, i), first) < 0)) {
				part = e;
				first = watch_prefix(w, i);
			}
	}
	return part;
}

/* Whose is it, and what speaks for and against? */
static void look(const struct watch *w, const struct ranges *r, struct view *v)
{
	uint32_t at = w->track[v->m.track].prefix;
	struct prefix p = watch_prefix(w, at);
	const struct pair *mine = v->pair, *usual = NULL, *same = NULL;
	struct holder h = {.but = v->actor, .p = p};
	bool wrong = mine->rov == ROV_INVALID && mine->why != ROV_TOO_SPECIFIC, blackhole;
	uint32_t cover = NONE, s = 0;
	enum relation_kind rel;

	v->m.normal[0] = v->m.normal[1] = NONE;
	v->m.rov = mine->rov;
	v->m.why = mine->why;
	v->m.kind = "new";
	member_times(w, r, &v->m);
	if (mine->rov == ROV_INVALID && mine->why == ROV_TOO_SPECIFIC) {
		v->m.kind = "too-specific";
		return; /* its own ROA is too narrow: nobody else's addresses */
	}
	if (wrong && watch_vrps_useful(w, v->m.first))
		vrps_covering(w->k->vrps, p, holder_row, &h);
	/* Other origins of the same prefix: a valid one, else the holder's, else the usual one. */
	for (const struct pair *q = watch_pair(w, at, NULL); q; q = watch_pair(w, at, q)) {
		int64_t first = (int64_t)q->first * SECOND;
		int rank, best;

		if (q == mine || !q->origin || first > v->m.last)
			continue;
		rank = q->rov == ROV_VALID ? 3 : h.asn && q->origin == h.asn ? 2 : 1;
		if (rank == 1 && (wrong || (!watch_learned(w, q) && first >= v->m.first)))
			continue;
		best = !same ? 0 : same->rov == ROV_VALID ? 3 : h.asn == same->origin ? 2 : 1;
		if (rank > best || (rank == best && earlier(q, same)))
			same = q;
	}
	if (same)
		usual = same;
	else
		for (struct prefix up = p; (cover = watch_cover(w, up)) != NONE;
		     up = watch_prefix(w, cover)) {
			for (const struct pair *q = watch_pair(w, cover, NULL); q;
			     q = watch_pair(w, cover, q))
				if (q->origin && (int64_t)q->first * SECOND <= v->m.first &&
				    (h.asn ? q->origin == h.asn
					   : (watch_learned(w, q) || q->rov == ROV_VALID)) &&
				    (!usual || better(q, usual)))
					usual = q;
			if (usual || !h.asn)
				break;
		}
	if (usual && usual->origin == v->actor) {
		v->m.kind = "own";
		return; /* its own more specific */
	}
	v->m.usual = usual;
	v->m.victim = same && (same->rov == ROV_VALID || !h.asn) ? same->origin
		      : h.asn					 ? h.asn
		      : usual					 ? usual->origin
								 : 0;
	if (usual)
		v->m.normal[0] = usual->ev;
	if (!v->m.victim && mine->why != ROV_AS0) {
		/* Nobody's, as far as is known: but tell who else announced it. */
		for (const struct pair *q = watch_pair(w, at, NULL); q; q = watch_pair(w, at, q))
			if (q != mine && q->origin && (!same || earlier(q, same)))
				same = q;
		if (same)
			v->m.normal[0] = same->ev;
		return;
	}
	v->m.kind = same || h.exact ? "exact" : "sub";
	if (!same && h.exact && !(mine->flags & PAIR_TABLE)) {
		/* The holder announces no such prefix: only parts of it? */
		const struct pair *part = part_of(w, p, h.asn, v->m.first);

		if (part) {
			v->m.kind = "super";
			v->m.normal[1] = part->ev;
		}
	}

	if (wrong)
		s |= 1u << (mine->why == ROV_AS0 ? RPKI_AS0 : RPKI_ORIGIN);
	else
		s |= 1u << CONFLICT;
	if (usual && (usual->rov == ROV_VALID || valid_cover(w, p, v)))
		s |= 1u << VICTIM_VALID;
	if (usual && (watch_learned(w, usual) || (int64_t)usual->first * SECOND <= v->m.first))
		s |= 1u << VICTIM_NORMAL;
	if (mine->flags & PAIR_TABLE)
		s |= 1u << ESTABLISHED;
	else if (w->k->given ? w->k->given_table : w->table)
		s |= 1u << NEW_AFTER_TABLE;
	else if (!watch_learned(w, mine))
		s |= 1u << NEW_AFTER_WARMUP;
	if (!strcmp(v->m.kind, "sub"))
		s |= 1u << MORE_SPECIFIC;
	rel = w->k->relations ? asgraph_relation(w->k->relations, v->actor, v->m.victim)
			      : RELATION_NONE;
	if (siblings(w, v->actor, v->m.victim))
		s |= 1u << SIBLINGS;
	else if (rel != RELATION_NONE)
		s |= 1u << RELATED;
	else if (w->k->relations)
		s |= 1u << UNRELATED;
	if (v->m.victim && via(w, r, v))
		s |= 1u << VIA_VICTIM;
	if (bogon_asn(v->actor, NULL) != BOGON_NONE)
		s |= 1u << PRIVATE_ORIGIN;
	if (v->m.victim && neighbours(w, r, v))
		s |= 1u << NEIGHBOURS;
	if (scrubbed(w, r, v))
		s |= 1u << SCRUBBER;
	if (one_peer(w, r, v, &blackhole))
		s |= 1u << ONE_PEER;
	if (blackhole)
		s |= 1u << BLACKHOLE;
	v->signs = s;
	v->m.score = 0;
	for (int i = 0; i < SIGNS; i++)
		if (s >> i & 1)
			v->m.score += signs[i].weight;
}

/* Do two attacks of one actor belong together? */
static bool together(const struct watch *w, const struct view *a, const struct view *b)
{
	struct prefix p = watch_prefix(w, w->track[a->m.track].prefix);
	struct prefix q = watch_prefix(w, w->track[b->m.track].prefix);
	int64_t gap = b->m.first - a->m.first;

	/* They begin together: one act, whoever is hit. */
	if (gap <= 600 * SECOND && gap >= -600 * SECOND)
		return true;
	if (b->m.first > a->m.last + WATCH_QUIET || a->m.first > b->m.last + WATCH_QUIET)
		return false;
	return a->m.victim == b->m.victim || siblings(w, a->m.victim, b->m.victim) ||
	       prefix_covers(p, q) || prefix_covers(q, p);
}

static int by_actor(const void *a, const void *b, void *arg)
{
	const struct view *x = a, *y = b;
	const struct watch *w = arg;
	int c;

	if (x->actor != y->actor)
		return x->actor < y->actor ? -1 : 1;
	if (x->m.first != y->m.first)
		return x->m.first < y->m.first ? -1 : 1;
	c = prefix_cmp(watch_prefix(w, w->track[x->m.track].prefix),
		       watch_prefix(w, w->track[y->m.track].prefix));
	return c;
}

static const char *gravest(const struct member *m, size_t n)
{
	static const char *const order[] = {"exact", "sub", "super"};

	for (int i = 0; i < 3; i++)
		for (size_t j = 0; j < n; j++)
			if (!strcmp(m[j].kind, order[i]))
				return order[i];
	return "exact";
}

static void tell(struct watch *w, struct findings *out, struct finding *f, const struct replay *re,
		 const struct view *v, size_t n, size_t joined, double pairs)
{
	struct buf who = {0};
	char date[TEXT_TIME], go[TEXT_TIME], end[TEXT_TIME];
	size_t invalid = 0, count;
	bool old = watch_vrps_old(w, f->first) && watch_vrps_useful(w, f->first);

	/* Tags: what most of the prefixes show, then what the whole event shows. */
	for (int i = 0; i < SIGNS; i++) {
		count = 0;
		for (size_t j = 0; j < n; j++)
			count += v[j].signs >> i & 1;
		if (count)
			event_tag(out, f, signs[i].id,
				  (signs[i].weight * (double)count) / (double)(n - joined),
				  "%s: %s of %s prefixes", signs[i].text, text_number(count),
				  text_number(n));
	}
	(void)pairs;
	if (n >= 3)
		event_tag(out, f, "several-prefixes", 0.10, "%s prefixes at once", text_number(n));
	if (re->believed >= 3)
		event_tag(out, f, "several-peers", 0.05, "%s peers believed it",
			  text_number(re->believed));
	if (f->state == STATE_ENDED)
		event_tag(out, f, "ended", f->last - f->first < WATCH_QUIET ? 0.05 : 0,
			  "nine of ten peers had let go by %s, the last that did by %s",
			  text_time(go, re->let_go), text_time(end, f->last));
	if (old)
		event_tag(out, f, "vrps-old", -0.05, "the VRPs are not of that time");
	f->confidence = event_confidence(f);

	for (size_t j = 0; j < n; j++)
		invalid += v[j].m.rov == ROV_INVALID;
	for (size_t i = 0; i < f->nvictim && i < 6; i++)
		buf_printf(&who, "%sAS%u", i ? ", " : "", f->victim[i].asn);
	if (f->nvictim > 6)
		buf_printf(&who, " and %s more", text_number(f->nvictim - 6));
	f->title = arena_printf(
	    &out->arena, "%s announced %s prefix%s of %s%s; believed by up to %s of %s peers",
	    event_name(w, out, f->actor.net.asn), text_number(n), n == 1 ? "" : "es", who.at,
	    !invalid ? ""
	    : invalid == n
		? ", RPKI-invalid"
		: arena_printf(&out->arena, ", %s of them RPKI-invalid", text_number(invalid)),
	    text_number(re->peak), text_number(f->of_peers));
	buf_free(&who);
	f->actor.role = "origin";
	f->actor.confidence = f->confidence < 0.9 ? f->confidence : 0.9;
	f->actor.why = "it is the origin of every path; that a path says so is no proof by itself";

	if (old) {
		text_time(date, w->k->vrps_time);
		event_caveat(out, f, "RPKI states are by VRPs of %.10s, %lld days from the routes",
			     date, (long long)llabs(f->first - w->k->vrps_time) / (86400 * SECOND));
	}
	if (joined)
		event_caveat(out, f,
			     "%s prefix%s joined because the actor first announced %s during the "
			     "event; no ROA and no other's usual route tell whose",
			     text_number(joined), joined == 1 ? "" : "es",
			     joined == 1 ? "it" : "them");
	for (size_t j = 0; j < n; j++) {
		struct prefix p = watch_prefix(w, w->track[v[j].m.track].prefix);
		char pt[PREFIX_TEXT], tt[TEXT_TIME];
		uint32_t at = w->track[v[j].m.track].prefix;

		event_vrps(w, out, f, p);
		if (v[j].m.victim)
			event_relation(w, out, f, v[j].actor, v[j].m.victim);
		if (!strcmp(v[j].m.kind, "new"))
			for (const struct pair *q = watch_pair(w, at, NULL); q;
			     q = watch_pair(w, at, q))
				if (q != v[j].pair && q->ev == v[j].m.normal[0])
					event_caveat(out, f, "AS%u announced %s too, from %s",
						     q->origin, prefix_text(pt, p),
						     text_time(tt, (int64_t)q->first * SECOND));
	}
	for (size_t i = 0; i < f->nvictim; i++)
		for (size_t j = i + 1; j < f->nvictim && j < i + 8; j++)
			if (siblings(w, f->victim[i].asn, f->victim[j].asn))
				event_context(out, f, "name", NONE,
					      "AS%u and AS%u: one organisation", f->victim[i].asn,
					      f->victim[j].asn);
}

/* One event of views[i] with group g; false: it is none. */
static bool judge_group(struct watch *w, const struct ranges *r, struct findings *out,
			struct view *v, size_t n, uint32_t g, struct view *part, struct member *m)
{
	size_t k = 0, joined = 0;
	double best = -1;
	int64_t first = INT64_MAX, last = INT64_MIN;
	struct replay re;
	struct finding *f;
	const char *kind;
	uint32_t peers = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].m.group != g || v[i].taken)
			continue;
		part[k++] = v[i];
		best = v[i].m.score > best ? v[i].m.score : best;
		first = v[i].m.first < first ? v[i].m.first : first;
		last = v[i].m.last > last ? v[i].m.last : last;
		peers |= !(v[i].signs >> ONE_PEER & 1);
	}
	if (!k || best + (k >= 3 ? 0.10 : 0) + (peers ? 0.10 : 0.05) < REPORT)
		return false;
	/* What the same network first announced meanwhile, and nobody else is known to hold. */
	for (size_t i = 0; i < n; i++)
		if (!v[i].taken && v[i].m.group == NONE && !v[i].m.victim &&
		    !strcmp(v[i].m.kind, "new") && v[i].pair->rov != ROV_INVALID &&
		    v[i].m.first >= first && v[i].m.first <= last + JOIN_AFTER) {
			part[k++] = v[i];
			joined++;
		}
	for (size_t i = 0; i < k; i++)
		m[i] = part[i].m;
	f = event_build(w, r, out, m, k, v[0].actor, NULL, 0, &re);
	kind = gravest(m, k);
	f->kind = arena_printf(&out->arena, "route.hijack.%s", kind);
	f->rule = rule_of(arena_printf(&out->arena, "hijack.%s", kind));
	tell(w, out, f, &re, part, k, joined, best);
	if (f->confidence < REPORT) {
		findings_drop(out);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < k; j++)
			if (v[i].m.track == part[j].m.track)
				v[i].taken = true;
	event_done(w, out, f, &re);
	return true;
}

static uint32_t root(struct view *v, uint32_t i)
{
	while (v[i].m.group != i)
		i = v[i].m.group = v[v[i].m.group].m.group;
	return i;
}

/* All tracks of one actor, by first. */
static void judge_actor(struct watch *w, const struct ranges *r, struct findings *out,
			struct view *v, size_t n)
{
	struct view *part = mem_zero(n, sizeof(*part));
	struct member *m = mem_zero(n, sizeof(*m));

	for (uint32_t i = 0; i < n; i++) {
		/* Whose route nobody sees may have given the addresses away: then only VRPs of
		 * that time tell, and only of what is new. */
		bool candidate = v[i].m.score >= CANDIDATE && v[i].m.victim &&
				 (v[i].m.usual || (!watch_vrps_old(w, v[i].m.first) &&
						   v[i].signs >> NEW_AFTER_TABLE & 1));

		v[i].m.group = candidate ? i : NONE;
		/* A neighbour in time is found soon; the rest is bounded. */
		for (uint32_t j = i, seen = 0; candidate && j-- > 0 && seen < 512;) {
			if (v[j].m.group == NONE)
				continue;
			seen++;
			if (root(v, j) != root(v, i) && together(w, &v[j], &v[i]))
				v[root(v, i)].m.group = root(v, j);
		}
	}
	for (uint32_t i = 0; i < n; i++)
		if (v[i].m.group != NONE)
			v[i].m.group = root(v, i);
	for (uint32_t i = 0; i < n; i++)
		if (v[i].m.group == i)
			judge_group(w, r, out, v, n, i, part, m);
	free(part);
	free(m);
}

static const struct pair *pair_of(const struct watch *w, uint32_t prefix, uint32_t origin)
{
	const struct pair *p = watch_pair(w, prefix, NULL);

	while (p && p->origin != origin)
		p = watch_pair(w, prefix, p);
	return p;
}

void origin_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct view *v = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*v));
	struct member *m, *more;
	size_t n = 0, left = 0, nmore = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];

		if (t->class != TRACK_ORIGIN || r->first[i] == r->first[i + 1] ||
		    !event_in_scope(w, &w->track[i]))
			continue;
		v[n].m.track = i;
		v[n].actor = t->a;
		v[n].pair = pair_of(w, t->prefix, t->a);
		if (!v[n].pair || (v[n].pair->rov != ROV_INVALID && watch_learned(w, v[n].pair)))
			continue;
		look(w, r, &v[n]);
		n++;
	}
	qsort_r(v, n, sizeof(*v), by_actor, w);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && v[j].actor == v[i].actor;)
			j++;
		judge_actor(w, r, out, v + i, j - i);
	}
	/* Nobody looks prefixes up after this at the end (routes.c), but for a basis. */
	if (w->rested && !w->k->basis)
		slots_free(&w->prefixes);
	/*
	 * What is RPKI-invalid and no hijack is told all the same, more quietly. What was weighed
	 * together with it, and found too light, has to be weighed again by who judges again.
	 */
	m = mem_zero(n ? n : 1, sizeof(*m));
	more = mem_zero(n ? n : 1, sizeof(*more));
	for (size_t i = 0; i < n; i++) {
		struct member *to;

		if (v[i].taken)
			continue;
		if (v[i].m.group != NONE) {
			to = &more[nmore++];
			*to = v[i].m;
			to->group = v[i].actor;
		}
		if (v[i].pair->rov == ROV_INVALID) {
			to = &m[left++];
			*to = v[i].m;
			to->group = v[i].actor;
		}
	}
	free(v);
	invalid_judge(w, r, out, m, left, more, nmore);
	free(more);
	free(m);
}
