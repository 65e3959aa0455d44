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

	if ((uint64_t)need * 4 < (uint64_t)cap * 3)
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

/* Half of the long ones' addresses stands apart. */
static uint64_t lower_half(const struct watch *w, uint32_t i)
{
	uint32_t a = 0, b = w->nwide;

	while (b - a > 1) {
		uint32_t m = a + (b - a) / 2;

		if (w->wide[m].prefix <= i)
			a = m;
		else
			b = m;
	}
	return w->wide[a].lo;
}

struct prefix watch_prefix(const struct watch *w, uint32_t i)
{
	const struct wprefix *p = wprefix_at(w, i);

	return (struct prefix){p->hi, p->pair.len > 64 ? lower_half(w, i) : 0, p->pair.len,
			       p->pair.v6};
}

static inline bool wprefix_is(const struct watch *w, uint32_t i, const struct prefix *p)
{
	const struct wprefix *e = wprefix_at(w, i);

	return e->hi == p->hi && e->pair.len == p->len && e->pair.v6 == p->v6 &&
	       (__builtin_expect(p->len <= 64, 1) || lower_half(w, i) == p->lo);
}

static uint32_t find(const struct watch *w, const struct prefix *p, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & w->prefixes.mask, at;

	if (!w->prefixes.mask)
		return NONE;
	while ((at = slots_next(&w->prefixes, hash, &i)) != NONE)
		if (wprefix_is(w, at, p))
			return at;
	return NONE;
}

uint32_t watch_find(const struct watch *w, struct prefix p)
{
	return find(w, &p, wprefix_hash(p.hi, p.lo, p.len, p.v6));
}

static void prefixes_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->nprefix; j++) {
		struct prefix p = watch_prefix(w, j);

		slots_put(&w->prefixes, wprefix_hash(p.hi, p.lo, p.len, p.v6), j);
		w->lengths[p.v6][p.len / 64] |= UINT64_C(1) << (p.len % 64);
	}
}

struct wprefix *wprefix_more(struct watch *w)
{
	uint32_t block = w->nprefix >> WATCH_BLOCK_BITS;

	if (w->nprefix == w->cap_prefix) {
		size_t size = WATCH_BLOCK * sizeof(**w->prefix);

		w->prefix = mem_grow(w->prefix, block + 1, sizeof(*w->prefix));
		w->prefix[block] = mem_block(size);
		w->cap_prefix += WATCH_BLOCK;
	}
	return wprefix_at(w, w->nprefix++);
}

static uint32_t prefix_intern(struct watch *w, const struct prefix *p, uint64_t hash)
{
	uint32_t i = find(w, p, hash);
	struct wprefix *e;

	if (i != NONE)
		return i;
	if (slots_full(&w->prefixes))
		prefixes_fill(w);
	i = w->nprefix;
	e = wprefix_more(w);
	*e = (struct wprefix){.hi = p->hi};
	e->pair.len = p->len;
	e->pair.v6 = p->v6;
	e->pair.bogon = bogon_prefix(*p, NULL) != BOGON_NONE;
	if (p->len > 64) {
		mem_room(&w->wide, &w->cap_wide, w->nwide + 1);
		w->wide[w->nwide++] = (struct wlong){p->lo, i, 0};
	}
	w->lengths[p->v6][p->len / 64] |= UINT64_C(1) << (p->len % 64);
	slots_put(&w->prefixes, hash, i);
	return i;
}

uint32_t watch_intern(struct watch *w, struct prefix p)
{
	return prefix_intern(w, &p, wprefix_hash(p.hi, p.lo, p.len, p.v6));
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
		if (i != NONE && p.len && wprefix_at(w, i)->pair.used)
			return i;
	}
	return NONE;
}

const struct pair *watch_pair(const struct watch *w, uint32_t prefix, const struct pair *p)
{
	if (!p)
		return wprefix_at(w, prefix)->pair.used ? &wprefix_at(w, prefix)->pair : NULL;
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
	struct pair *first = &wprefix_at(w, prefix)->pair, *p = first;
	uint32_t origin = r->attrs->path.origin;
	int64_t time = w->facts->time == TIME_NONE ? 0 : w->facts->time;
	enum rov_reason why = ROV_OK;
	enum rov_state rov = ROV_UNKNOWN;

	while (p->used) {
		if (p->origin == origin)
			return p;
		if (!p->next) {
			uint32_t last = p == first ? NONE : (uint32_t)(p - w->more);

			mem_room(&w->more, &w->cap_more, w->nmore + 1);
			p = last == NONE ? first : &w->more[last];
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
	p->rov = rov & 3;
	p->why = why & 3;
	/* Nothing is wrong with an origin that a ROA names, nor with one that was always there. */
	if (origin && rov != ROV_VALID && (rov == ROV_INVALID || !watch_learned(w, p)))
		p->flags |= PAIR_LOGGED;
	return p;
}

/* Of several records of one second, the one that stands first shows the origin. */
static void pair_first(struct watch *w, struct pair *p, const struct route *r)
{
	const struct slice *s = &w->facts->slice;
	const struct ev *e = ev_at(w, p->ev);

	if (e->source < s->source || (e->source == s->source && ev_offset(e) <= s->offset))
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

/* What is wrong with these attributes, whatever they lead to. */
static uint32_t attrs_faults(struct watch *w, const struct attrs *a)
{
	bool otc = a->has & HAS_OTC; /* which is no part of the path */
	struct memo *memo = otc ? &w->by_attrs : &w->by_path;
	uint32_t id = otc ? a->id : a->path.id, faults;

	if (!memo_get(memo, id, &faults)) {
		faults = track_faults(w, a);
		memo_put(memo, id, faults);
	}
	/* A link that is known to be normal by now will stay so. */
	if (faults && !(faults & FAULT_EDGE) && w->bad[faults - 1].class == TRACK_EDGE &&
	    w->bad[faults - 1].normal) {
		faults = 0;
		memo_put(memo, id, faults);
	}
	return faults;
}

static inline void route_gone(struct watch *w, const struct route *r, uint32_t seq, uint32_t prefix)
{
	if (prefix == NONE)
		return;
	if (wprefix_at(w, prefix)->pair.watched)
		track_let_go(w, prefix, r, seq, NULL, 0);
	if (w->table)
		outage_route(w->outage, w, r, prefix);
}

static inline void watch_route(struct watch *w, const struct route *r, uint32_t seq,
			       uint32_t prefix, uint32_t faults)
{
	const struct attrs *a = r->attrs;
	struct pair *first = &wprefix_at(w, prefix)->pair, *p = first;

	if (__builtin_expect(!p->used || p->origin != a->path.origin, 0))
		p = pair_intern(w, prefix, r);
	/* Within a source its own order counts. */
	if (__builtin_expect(w->sources > 1 && p->first == w->second, 0) &&
	    (p->flags & PAIR_TABLE) == (r->kind == ROUTE_TABLE))
		pair_first(w, p, r);
	if (__builtin_expect(
		faults || a->fault || p->flags & PAIR_LOGGED || first->watched || first->bogon, 0))
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

/* Where the routes of a batch are to be found. */
struct places {
	uint64_t hash[BATCH];
	uint32_t at[BATCH]; /* NONE: by the hash */
};

/*
 * A table of prefixes is far larger than a cache: the routes of a record are looked up together,
 * so that the memory is waited for once and not once a route. What is announced together is
 * announced together again, in the same order as a rule: then the next prefix stands beside the
 * last one, and nothing has to be looked for.
 */
static void look_ahead(const struct watch *w, const struct route *r, size_t n, struct places *x)
{
	uint32_t last = w->last;
	size_t i = 0;

	for (; i < n && last != NONE; i++) {
		if (last + 1 < w->nprefix && wprefix_is(w, last + 1, &r[i].prefix))
			last++;
		else if (!wprefix_is(w, last, &r[i].prefix))
			break;
		x->at[i] = last;
	}
	for (size_t j = i; j < n; j++) {
		x->at[j] = NONE;
		x->hash[j] = j > i && prefix_eq(r[j].prefix, r[j - 1].prefix)
				 ? x->hash[j - 1]
				 : wprefix_hash(r[j].prefix.hi, r[j].prefix.lo, r[j].prefix.len,
						r[j].prefix.v6);
		if (w->prefixes.mask)
			__builtin_prefetch(
			    &w->prefixes.at[(uint32_t)x->hash[j] & w->prefixes.mask]);
	}
	if (!w->prefixes.mask || n < i + 2 || prefix_eq(r[i].prefix, r[n - 1].prefix))
		return;
	for (size_t j = i; j < n; j++) {
		uint32_t v = (uint32_t)w->prefixes.at[(uint32_t)x->hash[j] & w->prefixes.mask];

		if (v)
			__builtin_prefetch(wprefix_at(w, v - 1));
	}
}

/* The prefix of route i of a batch; one that was never seen is put in when it is announced. */
static inline uint32_t place(struct watch *w, const struct route *r, const struct places *x,
			     size_t i)
{
	if (x->at[i] != NONE)
		return w->last = x->at[i];
	if (w->last != NONE && wprefix_is(w, w->last, &r->prefix))
		return w->last;
	return w->last = r->attrs ? prefix_intern(w, &r->prefix, x->hash[i])
				  : find(w, &r->prefix, x->hash[i]);
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
	const struct attrs *a = NULL;
	uint32_t faults = 0, prefix;

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
		struct places x;

		look_ahead(w, f->route + at, n, &x);
		for (size_t i = 0; i < n; i++) {
			const struct route *r = &f->route[at + i];

			if (r->safi != 1 || prefix_default(r->prefix))
				continue;
			if (r->peer != w->peer) {
				w->peer = r->peer;
				w->seen[r->peer >> 6] |= UINT64_C(1) << (r->peer & 63);
			}
			if (r->kind != ROUTE_TABLE) {
				if (w->start == TIME_NONE) {
					w->start = f->time;
					if (w->table)
						outage_clock(w->outage, w, f->time);
				}
			} else if (w->start == TIME_NONE) {
				w->table = true;
			}
			prefix = place(w, r, &x, i);
			if (!r->attrs) {
				route_gone(w, r, (uint32_t)(at + i), prefix);
				continue;
			}
			/* One record has one set of them, as a rule. */
			if (r->attrs != a) {
				a = r->attrs;
				faults = attrs_faults(w, a);
			}
			watch_route(w, r, (uint32_t)(at + i), prefix, faults);
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
	w->table = k->basis != NULL; /* which stands for one */
	w->start = w->end = w->swept = TIME_NONE;
	w->cur_ev = w->last = w->source = w->peer = NONE;
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
	w->rested = true;
	free(w->hold);
	free(w->bucket);
	w->hold = NULL;
	w->bucket = NULL;
	w->cap_hold = w->nbucket = w->used_hold = 0;
	free(w->bad);
	w->bad = NULL;
	w->nbad = w->cap_bad = 0;
	slots_free(&w->paths);
	slots_free(&w->tracks);
	slots_free(&w->bads);
	memo_free(&w->by_path);
	memo_free(&w->by_attrs);
	outage_rest(w->outage);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->ntext; i++)
		free(w->text[i]);
	free(w->text);
	free(w->seen);
	for (uint32_t i = 0; i < w->cap_prefix; i += WATCH_BLOCK)
		free(w->prefix[i >> WATCH_BLOCK_BITS]);
	free(w->prefix);
	free(w->wide);
	free(w->more);
	for (uint32_t i = 0; i < w->cap_ev; i += WATCH_BLOCK) {
		free(w->ev[i >> WATCH_BLOCK_BITS]);
		free(w->digest[i >> WATCH_BLOCK_BITS]);
	}
	free(w->ev);
	free(w->digest);
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
