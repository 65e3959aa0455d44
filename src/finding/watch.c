/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fact/bogon.h"
#include "finding/outage.h"

/* ---- hashes of indices ---- */

void slots_grow(struct slots *s, uint32_t need)
{
	uint32_t cap = s->mask ? s->mask + 1 : 0;

	if ((uint64_t)need * 10 < (uint64_t)cap * 7)
		return;
	cap = cap ? cap * 2 : 256;
	free(s->at);
	s->at = mem_zero(cap, sizeof(*s->at));
	mem_random(s->at, cap * sizeof(*s->at));
	s->mask = cap - 1;
	s->n = 0; /* the caller puts everything in again */
}

void slots_free(struct slots *s)
{
	free(s->at);
	*s = (struct slots){0};
}

static inline uint64_t wprefix_hash(uint64_t hi, uint64_t lo, unsigned len, unsigned v6)
{
	return hash_u64(hi ^ hash_u64(lo + len * 2 + v6));
}

/* ---- prefixes and their origins ---- */

struct prefix watch_prefix(const struct watch *w, uint32_t i)
{
	const struct wprefix *p = &w->prefix[i];

	return (struct prefix){p->hi, p->lo, p->len, p->v6};
}

static uint32_t find(const struct watch *w, struct prefix p, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & w->prefixes.mask, at;

	if (!w->prefixes.mask)
		return NONE;
	while ((at = slots_next(&w->prefixes, hash, &i)) != NONE) {
		const struct wprefix *e = &w->prefix[at];

		if (e->hi == p.hi && e->lo == p.lo && e->len == p.len && e->v6 == p.v6)
			return at;
	}
	return NONE;
}

uint32_t watch_find(const struct watch *w, struct prefix p)
{
	return find(w, p, wprefix_hash(p.hi, p.lo, p.len, p.v6));
}

static void prefixes_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->nprefix; j++) {
		const struct wprefix *e = &w->prefix[j];

		slots_put(&w->prefixes, wprefix_hash(e->hi, e->lo, e->len, e->v6), j);
		w->lengths[e->v6][e->len / 64] |= UINT64_C(1) << (e->len % 64);
	}
}

static uint32_t prefix_intern(struct watch *w, struct prefix p, uint64_t hash)
{
	uint32_t i = find(w, p, hash);
	struct wprefix *e;

	if (i != NONE)
		return i;
	if (slots_full(&w->prefixes))
		prefixes_fill(w);
	if (w->nprefix == w->cap_prefix) {
		mem_room(&w->prefix, &w->cap_prefix, w->nprefix + 1);
		mem_random(w->prefix, w->cap_prefix * sizeof(*w->prefix));
	}
	e = &w->prefix[w->nprefix];
	memset(e, 0, sizeof(*e));
	e->hi = p.hi;
	e->lo = p.lo;
	e->len = p.len;
	e->v6 = p.v6;
	if (bogon_prefix(p, NULL) != BOGON_NONE)
		e->flags |= WP_BOGON;
	w->lengths[p.v6][p.len / 64] |= UINT64_C(1) << (p.len % 64);
	slots_put(&w->prefixes, hash, w->nprefix);
	return w->nprefix++;
}

uint32_t watch_cover(const struct watch *w, struct prefix p)
{
	while (p.len) {
		uint32_t i;

		p.len--;
		if (!(w->lengths[p.v6][p.len / 64] >> (p.len % 64) & 1))
			continue;
		p = prefix_masked(p);
		i = watch_find(w, p);
		if (i != NONE && p.len && w->prefix[i].pair.used)
			return i;
	}
	return NONE;
}

const struct pair *watch_pair(const struct watch *w, uint32_t prefix, const struct pair *p)
{
	if (!p)
		return w->prefix[prefix].pair.used ? &w->prefix[prefix].pair : NULL;
	return p->next ? &w->more[p->next - 1] : NULL;
}

/* ---- knowing what is normal ---- */

bool watch_vrps_useful(const struct watch *w, int64_t time)
{
	int64_t d = w->k->vrps_time == TIME_NONE || !w->k->vrps_time ? 0 : time - w->k->vrps_time;

	return w->k->vrps && d < WATCH_VRPS_USELESS && d > -WATCH_VRPS_USELESS;
}

bool watch_vrps_old(const struct watch *w, int64_t time)
{
	int64_t d = w->k->vrps_time == TIME_NONE || !w->k->vrps_time ? 0 : time - w->k->vrps_time;

	return d > WATCH_VRPS_OLD || d < -WATCH_VRPS_OLD;
}

int64_t watch_since(const struct watch *w)
{
	return w->k->given ? w->k->given_start : w->start;
}

bool watch_after_table(const struct watch *w)
{
	return w->k->given ? w->k->given_table : w->table;
}

bool watch_learned(const struct watch *w, const struct pair *p)
{
	int64_t start = watch_since(w);

	if (p->flags & PAIR_TABLE)
		return true;
	return !watch_after_table(w) && start != TIME_NONE &&
	       (int64_t)p->first * SECOND < start + WATCH_WARM;
}

/* The origin's place among those of the prefix; a new one is looked at once. */
static struct pair *pair_intern(struct watch *w, uint32_t prefix, const struct route *r)
{
	struct wprefix *e = &w->prefix[prefix];
	struct pair *p = &e->pair;
	uint32_t origin = r->attrs->path.origin;
	int64_t time = w->facts->time == TIME_NONE ? 0 : w->facts->time;
	enum rov_reason why = ROV_OK;
	enum rov_state rov = ROV_UNKNOWN;

	while (p->used) {
		if (p->origin == origin)
			return p;
		if (!p->next) {
			uint32_t last = p == &e->pair ? NONE : (uint32_t)(p - w->more);

			mem_room(&w->more, &w->cap_more, w->nmore + 1);
			p = last == NONE ? &e->pair : &w->more[last];
			p->next = w->nmore + 1;
			p = &w->more[w->nmore++];
			memset(p, 0, sizeof(*p));
			break;
		}
		p = &w->more[p->next - 1];
	}
	p->used = 1;
	p->origin = origin;
	p->first = (uint32_t)(time / SECOND);
	p->ev = watch_ev(w, r->kind == ROUTE_TABLE);
	p->peer = r->peer;
	if (r->kind != ROUTE_TABLE)
		p->path = watch_path(w, &r->attrs->path);
	else if (r->attrs->path.nflat > 1)
		p->path = r->attrs->path.flat[r->attrs->path.nflat - 2];
	if (r->kind == ROUTE_TABLE)
		p->flags |= PAIR_TABLE;
	if (watch_vrps_useful(w, time))
		rov = vrps_validate(w->k->vrps, r->prefix, origin, &why);
	p->rov = (uint8_t)rov;
	p->why = (uint8_t)why;
	/* Nothing is wrong with an origin that a ROA names, nor with one that was always there. */
	if (origin && rov != ROV_VALID && (rov == ROV_INVALID || !watch_learned(w, p)))
		p->flags |= PAIR_LOGGED;
	return p;
}

/* Of several records of one second, the one that stands first shows the origin. */
static void pair_first(struct watch *w, struct pair *p, const struct route *r)
{
	const struct slice *s = &w->facts->slice;
	const struct ev *e = &w->ev[p->ev];

	if (e->source < s->source || (e->source == s->source && e->offset <= s->offset))
		return;
	p->ev = watch_ev(w, r->kind == ROUTE_TABLE);
	p->peer = r->peer;
	if (r->kind != ROUTE_TABLE)
		p->path = watch_path(w, &r->attrs->path);
	else
		p->path =
		    r->attrs->path.nflat > 1 ? r->attrs->path.flat[r->attrs->path.nflat - 2] : 0;
}

/* ---- one route ---- */

static inline uint32_t route_prefix(struct watch *w, const struct route *r, uint64_t hash)
{
	if (w->last != NONE) {
		const struct wprefix *e = &w->prefix[w->last];

		if (e->hi == r->prefix.hi && e->lo == r->prefix.lo && e->len == r->prefix.len &&
		    e->v6 == r->prefix.v6)
			return w->last;
	}
	return w->last = prefix_intern(w, r->prefix, hash);
}

static inline void watch_route(struct watch *w, const struct route *r, uint32_t seq, uint64_t hash)
{
	const struct attrs *a = r->attrs;
	uint32_t prefix, faults;
	struct pair *p;

	if (!a) {
		prefix = w->last = find(w, r->prefix, hash);
		if (prefix != NONE && w->prefix[prefix].flags & WP_WATCHED)
			track_let_go(w, prefix, r, seq, NULL, 0);
		if (prefix != NONE && w->table)
			outage_route(w->outage, w, r, prefix);
		return;
	}
	prefix = route_prefix(w, r, hash);
	p = &w->prefix[prefix].pair;
	if (__builtin_expect(!p->used || p->origin != a->path.origin, 0))
		p = pair_intern(w, prefix, r);
	if (a->has & HAS_OTC) { /* which is no part of the path */
		if (!memo_get(&w->by_attrs, a->id, &faults)) {
			faults = track_faults(w, a);
			memo_put(&w->by_attrs, a->id, faults);
		}
	} else if (!memo_get(&w->by_path, a->path.id, &faults)) {
		faults = track_faults(w, a);
		memo_put(&w->by_path, a->path.id, faults);
	}
	if (__builtin_expect(p->first == w->second, 0) &&
	    (r->kind != ROUTE_TABLE || w->sources > 1) &&
	    (p->flags & PAIR_TABLE) == (r->kind == ROUTE_TABLE))
		pair_first(w, p, r);
	if (__builtin_expect(
		faults || p->flags & PAIR_LOGGED || a->fault || w->prefix[prefix].flags, 0))
		track_route(w, r, prefix, seq, p, faults);
	if (w->table)
		outage_route(w->outage, w, r, prefix);
}

static void feed_index(struct watch *w, const struct facts *f)
{
	const uint8_t *p = f->slice.at;

	/* A PEER_INDEX_TABLE (RFC 6396 4.3.1): its bytes are needed to read what follows it. */
	if (!p || f->slice.length < 12 || p[4] || p[5] != 13 || p[6] || p[7] != 1)
		return;
	mem_room(&w->index, &w->cap_index, w->nindex + 1);
	w->index[w->nindex++] = watch_ev(w, false);
}

#define BATCH 16

/* A table of prefixes is far larger than a cache: the routes of a record are looked up together,
 * so that the memory is waited for once and not once a route. */
static void look_ahead(const struct watch *w, const struct route *r, size_t n, uint64_t *hash)
{
	for (size_t i = 0; i < n; i++) {
		hash[i] = i && prefix_eq(r[i].prefix, r[i - 1].prefix)
			      ? hash[i - 1]
			      : wprefix_hash(r[i].prefix.hi, r[i].prefix.lo, r[i].prefix.len,
					     r[i].prefix.v6);
		if (w->prefixes.mask)
			__builtin_prefetch(&w->prefixes.at[(uint32_t)hash[i] & w->prefixes.mask]);
	}
	if (!w->prefixes.mask || n < 2 || prefix_eq(r[0].prefix, r[n - 1].prefix))
		return;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = (uint32_t)w->prefixes.at[(uint32_t)hash[i] & w->prefixes.mask];

		if (v)
			__builtin_prefetch(&w->prefix[v - 1]);
	}
}

enum relation_kind relation_of(struct watch *w, uint32_t a, uint32_t b)
{
	uint32_t i = (uint32_t)hash_u64((uint64_t)a << 32 | b) & ((1u << RELATIONS_BITS) - 1);

	if (w->relations->at[i].a != a || w->relations->at[i].b != b) {
		w->relations->at[i].a = a;
		w->relations->at[i].b = b;
		w->relations->at[i].kind = asgraph_relation(w->k->relations, a, b);
	}
	return w->relations->at[i].kind;
}

void watch_feed(struct watch *w, const struct facts *f, const uint8_t *sha)
{
	bool update = false;

	w->facts = f;
	w->sha = sha;
	w->cur_ev = NONE;
	if (f->slice.source != w->source) {
		w->source = f->slice.source;
		w->sources++;
	}
	w->second = f->time == TIME_NONE ? 0 : (uint32_t)(f->time / SECOND);
	if (f->time != TIME_NONE && (w->end == TIME_NONE || f->time > w->end))
		w->end = f->time;
	if (w->table && w->start != TIME_NONE && f->time != TIME_NONE)
		outage_clock(w->outage, w, f->time);
	if (f->nfact)
		outage_sessions(w->outage, w, f);
	if (!f->nroute) {
		feed_index(w, f);
		return;
	}
	for (size_t at = 0; at < f->nroute; at += BATCH) {
		size_t n = f->nroute - at < BATCH ? f->nroute - at : BATCH;
		uint64_t hash[BATCH];

		look_ahead(w, f->route + at, n, hash);
		for (size_t i = 0; i < n; i++) {
			const struct route *r = &f->route[at + i];

			if (r->safi != 1 || prefix_default(r->prefix))
				continue;
			w->seen[r->peer >> 6] |= UINT64_C(1) << (r->peer & 63);
			if (r->kind != ROUTE_TABLE && !update) {
				update = true;
				if (w->start == TIME_NONE) {
					w->start = f->time;
					if (w->table)
						outage_clock(w->outage, w, f->time);
				}
			} else if (r->kind == ROUTE_TABLE && w->start == TIME_NONE) {
				w->table = true;
			}
			watch_route(w, r, (uint32_t)(at + i), hash[i]);
		}
	}
}

/* Puts what the arrays hold into hashes that are big enough. */
void watch_index(struct watch *w)
{
	/* One insertion into an empty hash of the right size puts in all. */
	while (w->prefixes.mask < 2 * (w->nprefix + 64))
		slots_grow(&w->prefixes, w->prefixes.mask + 1);
	prefixes_fill(w);
	track_index(w);
}

struct watch *watch_new(const struct knowledge *k)
{
	struct watch *w = mem_zero(1, sizeof(*w));

	w->k = k;
	w->start = w->end = w->swept = TIME_NONE;
	w->cur_ev = w->last = w->source = NONE;
	w->seen = mem_zero(65536 / 64, sizeof(*w->seen));
	memo_new(&w->by_path);
	memo_new(&w->by_attrs);
	w->outage = outage_new();
	if (k->relations)
		w->relations = mem_zero(1, sizeof(*w->relations));
	return w;
}

void watch_rest(struct watch *w)
{
	free(w->hold);
	free(w->bucket);
	w->hold = NULL;
	w->bucket = NULL;
	w->nhold = w->cap_hold = w->free_hold = w->nbucket = w->used_hold = 0;
	slots_free(&w->paths);
	slots_free(&w->tracks);
	slots_free(&w->bads);
	memo_free(&w->by_path);
	memo_free(&w->by_attrs);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->ntext; i++)
		free(w->text[i]);
	free(w->text);
	free(w->seen);
	free(w->prefix);
	free(w->more);
	free(w->ev);
	free(w->index);
	free(w->asn);
	free(w->path);
	free(w->track);
	free(w->log);
	free(w->hold);
	free(w->bucket);
	free(w->bad);
	slots_free(&w->prefixes);
	slots_free(&w->paths);
	slots_free(&w->tracks);
	slots_free(&w->bads);
	memo_free(&w->by_path);
	memo_free(&w->by_attrs);
	outage_free(w->outage);
	free(w->relations);
	free(w);
}
