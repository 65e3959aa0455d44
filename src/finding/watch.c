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

static void slots_put(struct slots *s, uint64_t hash, uint32_t index)
{
	uint32_t i = (uint32_t)hash & s->mask;

	while (s->at[i])
		i = (i + 1) & s->mask;
	s->at[i] = hash >> 32 << 32 | (index + 1);
	s->n++;
}

static inline uint64_t wprefix_hash(uint64_t hi, uint64_t lo, unsigned len, unsigned v6)
{
	return hash_u64(hi ^ hash_u64(lo + len * 2 + v6));
}

/* Room for one more; true when the caller has to put everything in again. */
static bool slots_full(struct slots *s)
{
	uint32_t before = s->mask;

	slots_grow(s, s->n + 1);
	return s->mask != before;
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

/* ---- evidence, paths, texts ---- */

static uint32_t ev_add(struct watch *w, bool table)
{
	const struct slice *s = &w->facts->slice;
	struct ev *e;

	if (w->cur_ev != NONE)
		return w->cur_ev;
	if (w->nev == w->cap_ev) {
		w->cap_ev += w->cap_ev / 4 + 256;
		w->ev = mem_grow(w->ev, w->cap_ev, sizeof(*w->ev));
	}
	e = &w->ev[w->nev];
	memset(e, 0, sizeof(*e));
	e->offset = s->offset;
	e->length = s->length;
	e->source = (uint16_t)s->source;
	e->table = table;
	if (w->sha)
		memcpy(e->sha256, w->sha, SHA256_SIZE);
	else if (s->at)
		sha256(s->at, s->length, e->sha256);
	return w->cur_ev = w->nev++;
}

static void paths_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->npath; j++)
		slots_put(&w->paths,
			  hash_bytes(w->asn + w->path[j].at, w->path[j].n * sizeof(*w->asn), 7), j);
}

uint32_t watch_evidence(struct watch *w)
{
	return ev_add(w, false);
}

struct evidence watch_slice(const struct watch *w, uint32_t ev)
{
	const struct ev *e = &w->ev[ev];
	struct evidence out = {e->source, e->length, e->offset, {0}};

	memcpy(out.sha256, e->sha256, SHA256_SIZE);
	return out;
}

static uint32_t path_intern(struct watch *w, const struct path *p)
{
	uint64_t h = hash_bytes(p->flat, p->nflat * sizeof(*p->flat), 7);
	uint32_t i, at;

	if (slots_full(&w->paths))
		paths_fill(w);
	i = (uint32_t)h & w->paths.mask;
	while ((at = slots_next(&w->paths, h, &i)) != NONE) {
		const struct wpath *q = &w->path[at];

		if (q->n == p->nflat && !memcmp(w->asn + q->at, p->flat, q->n * sizeof(*w->asn)))
			return at;
	}
	mem_room(&w->path, &w->cap_path, w->npath + 1);
	mem_room(&w->asn, &w->cap_asn, w->nasn + p->nflat);
	w->path[w->npath] = (struct wpath){w->nasn, p->nflat};
	if (p->nflat)
		memcpy(w->asn + w->nasn, p->flat, p->nflat * sizeof(*w->asn));
	w->nasn += p->nflat;
	slots_put(&w->paths, h, w->npath);
	return w->npath++;
}

uint32_t watch_text(struct watch *w, const char *s)
{
	for (uint32_t i = 0; i < w->ntext; i++)
		if (!strcmp(w->text[i], s))
			return i;
	mem_room(&w->text, &w->cap_text, w->ntext + 1);
	w->text[w->ntext] = mem_text(s);
	return w->ntext++;
}

/* ---- tracks, log and holds ---- */

static uint64_t track_hash(const struct track *t)
{
	uint64_t h = hash_u64((uint64_t)t->class << 40 | (uint64_t)t->how << 32 | t->prefix);

	h = hash_u64(h ^ ((uint64_t)t->a << 32 | t->b));
	return hash_u64(h ^ t->c);
}

static void tracks_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->ntrack; j++)
		slots_put(&w->tracks, track_hash(&w->track[j]), j);
}

static uint32_t track_intern(struct watch *w, const struct track *key)
{
	uint64_t h = track_hash(key);
	uint32_t i, at;

	if (slots_full(&w->tracks))
		tracks_fill(w);
	i = (uint32_t)h & w->tracks.mask;
	while ((at = slots_next(&w->tracks, h, &i)) != NONE) {
		const struct track *t = &w->track[at];

		if (t->class == key->class && t->how == key->how && t->a == key->a &&
		    t->b == key->b && t->c == key->c && t->prefix == key->prefix)
			return at;
	}
	mem_room(&w->track, &w->cap_track, w->ntrack + 1);
	w->track[w->ntrack] = *key;
	slots_put(&w->tracks, h, w->ntrack);
	return w->ntrack++;
}

static bool log_add(struct watch *w, const struct route *r, uint32_t track, uint32_t seq,
		    enum entry_kind kind, uint8_t flags)
{
	struct entry *e;

	if (w->nlog == WATCH_LOG) {
		w->left_out++;
		return false;
	}
	mem_room(&w->log, &w->cap_log, w->nlog + 1);
	e = &w->log[w->nlog++];
	e->time = w->facts->time == TIME_NONE ? 0 : w->facts->time;
	e->track = track;
	e->ev = ev_add(w, kind == ENTRY_TABLE);
	e->path = r->attrs ? path_intern(w, &r->attrs->path) : NONE;
	e->seq = seq;
	e->path_id = r->path_id;
	e->peer = r->peer;
	e->kind = (uint8_t)kind;
	e->flags = flags;
	return true;
}

static inline uint32_t hold_bucket(const struct watch *w, uint32_t prefix, uint16_t peer,
				   uint32_t path_id)
{
	return (uint32_t)hash_u64(((uint64_t)prefix << 32 | path_id) ^ (uint64_t)peer << 17) &
	       (w->nbucket - 1);
}

void watch_hold(struct watch *w, uint32_t prefix, uint16_t peer, uint32_t path_id, uint32_t track)
{
	uint32_t b, i;

	if (w->used_hold >= w->nbucket) {
		uint32_t n = w->nbucket ? w->nbucket * 2 : 256;
		uint32_t *old = w->bucket, nold = w->nbucket;

		w->bucket = mem_zero(n, sizeof(*w->bucket));
		w->nbucket = n;
		for (uint32_t j = 0; j < nold; j++)
			for (uint32_t at = old[j], next; at; at = next) {
				struct hold *h = &w->hold[at - 1];

				next = h->next;
				b = hold_bucket(w, h->prefix, h->peer, h->path_id);
				h->next = w->bucket[b];
				w->bucket[b] = at;
			}
		free(old);
	}
	b = hold_bucket(w, prefix, peer, path_id);
	for (i = w->bucket[b]; i; i = w->hold[i - 1].next) {
		struct hold *h = &w->hold[i - 1];

		if (h->track == track && h->prefix == prefix && h->peer == peer &&
		    h->path_id == path_id)
			return;
	}
	if (w->free_hold) {
		i = w->free_hold - 1;
		w->free_hold = w->hold[i].next;
	} else {
		mem_room(&w->hold, &w->cap_hold, w->nhold + 1);
		i = w->nhold++;
	}
	w->hold[i] = (struct hold){prefix, path_id, track, w->bucket[b], peer};
	w->bucket[b] = i + 1;
	w->used_hold++;
	w->prefix[prefix].flags |= WP_WATCHED;
}

/* The peer's route for this prefix is another one now: lets go of what is not in keep[]. */
static void hold_end(struct watch *w, uint32_t prefix, const struct route *r, uint32_t seq,
		     const uint32_t *keep, size_t nkeep)
{
	uint32_t *link;

	if (!w->used_hold)
		return;
	link = &w->bucket[hold_bucket(w, prefix, r->peer, r->path_id)];
	while (*link) {
		uint32_t i = *link - 1;
		struct hold *h = &w->hold[i];
		bool stays = false;

		if (h->prefix != prefix || h->peer != r->peer || h->path_id != r->path_id) {
			link = &h->next;
			continue;
		}
		for (size_t k = 0; k < nkeep; k++)
			stays |= keep[k] == h->track;
		if (stays) {
			link = &h->next;
			continue;
		}
		log_add(w, r, h->track, seq, r->attrs ? ENTRY_REPLACED : ENTRY_WITHDRAWN, 0);
		*link = h->next;
		h->next = w->free_hold;
		w->free_hold = i + 1;
		w->used_hold--;
	}
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

static int64_t watch_start(const struct watch *w)
{
	return w->k->given ? w->k->given_start : w->start;
}

static bool watch_table(const struct watch *w)
{
	return w->k->given ? w->k->given_table : w->table;
}

bool watch_learned(const struct watch *w, const struct pair *p)
{
	int64_t start = watch_start(w);

	if (p->flags & PAIR_TABLE)
		return true;
	return !watch_table(w) && start != TIME_NONE &&
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
	p->ev = ev_add(w, r->kind == ROUTE_TABLE);
	p->peer = r->peer;
	if (r->kind != ROUTE_TABLE)
		p->path = path_intern(w, &r->attrs->path);
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
	p->ev = ev_add(w, r->kind == ROUTE_TABLE);
	p->peer = r->peer;
	if (r->kind != ROUTE_TABLE)
		p->path = path_intern(w, &r->attrs->path);
	else
		p->path =
		    r->attrs->path.nflat > 1 ? r->attrs->path.flat[r->attrs->path.nflat - 2] : 0;
}

/* ---- one route ---- */

static bool is_blackhole(const struct attrs *a)
{
	for (size_t i = 0; i < a->community.n; i++) {
		const uint8_t *c = a->community.at + 4 * i;

		if (c[0] == 0xff && c[1] == 0xff && c[2] == 0x02 && c[3] == 0x9a) /* RFC 7999 */
			return true;
	}
	return false;
}

static void bads_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->nbad; j++) {
		uint32_t first = j;
		uint8_t normal = w->bad[j].normal;

		while (w->bad[j].more)
			j++;
		w->bad[first].normal = 0;
		slots_put(&w->bads,
			  hash_bytes(w->bad + first, (j - first + 1) * sizeof(*w->bad), 11), first);
		w->bad[first].normal = normal;
	}
}

/* What is wrong with this path: index + 1 of a list in bad[], 0 nothing. */
static uint32_t path_faults(struct watch *w, const struct attrs *a)
{
	struct fault_path f[FAULTS_MAX];
	size_t n = leak_path(w, a, f, FAULTS_MAX - 1);
	uint64_t h;
	uint32_t i, at;

	n += bogon_path(a, f + n, FAULTS_MAX - n);
	if (!n)
		return 0;
	for (size_t j = 0; j < n; j++) {
		f[j].more = j + 1 < n;
		f[j].normal = 0;
	}
	h = hash_bytes(f, n * sizeof(*f), 11);
	if (slots_full(&w->bads))
		bads_fill(w);
	i = (uint32_t)h & w->bads.mask;
	while ((at = slots_next(&w->bads, h, &i)) != NONE) {
		const struct fault_path *q = &w->bad[at];
		size_t j = 0;

		while (j < n && q[j].class == f[j].class && q[j].how == f[j].how &&
		       q[j].a == f[j].a && q[j].b == f[j].b && q[j].c == f[j].c &&
		       q[j].more == f[j].more)
			j++;
		if (j == n)
			return at + 1;
	}
	/* So many different leaks are a fault of the relationships. */
	if (w->nbad >= WATCH_FAULTS && n == 1 && f[0].class == TRACK_LEAK && f[0].how < LEAK_OTC)
		return 0;
	mem_room(&w->bad, &w->cap_bad, w->nbad + (uint32_t)n);
	memcpy(w->bad + w->nbad, f, n * sizeof(*f));
	slots_put(&w->bads, h, w->nbad);
	w->nbad += (uint32_t)n;
	return w->nbad - (uint32_t)n + 1;
}

uint32_t watch_cap(const struct watch *w, const struct track *t)
{
	if (t->class == TRACK_LEAK || t->class == TRACK_ASPA)
		return 256;
	if (t->class != TRACK_ORIGIN)
		return WATCH_MILD_LOG;
	for (const struct pair *p = watch_pair(w, t->prefix, NULL); p;
	     p = watch_pair(w, t->prefix, p))
		if (p->origin == t->a)
			return p->why == ROV_TOO_SPECIFIC ? WATCH_MILD_LOG : WATCH_TRACK_LOG;
	return WATCH_TRACK_LOG;
}

/* Logs a route in the tracks that it belongs to, and lets go of the others. */
static void route_bad(struct watch *w, const struct route *r, uint32_t prefix, uint32_t seq,
		      const struct pair *p, uint32_t faults)
{
	const struct attrs *a = r->attrs;
	uint32_t keep[FAULTS_MAX + 4];
	size_t nkeep = 0;
	uint8_t flags = (is_blackhole(a) ? ENTRY_BLACKHOLE : 0) |
			(r->flags & ROUTE_UNDECLARED ? ENTRY_UNDECLARED : 0);
	enum entry_kind kind = r->kind == ROUTE_TABLE ? ENTRY_TABLE : ENTRY_ANNOUNCE;
	struct track key[FAULTS_MAX + 4];
	size_t nkey = 0;

	if (a->has & HAS_OTC)
		flags |= ENTRY_OTC;
	if (p->flags & PAIR_LOGGED)
		key[nkey++] = (struct track){.class = TRACK_ORIGIN, .a = p->origin};
	if (w->prefix[prefix].flags & WP_BOGON)
		key[nkey++] = (struct track){.class = TRACK_BOGON_PREFIX, .a = p->origin};
	if (a->fault)
		key[nkey++] = (struct track){
		    .class = TRACK_MALFORMED,
		    .a = a->fault_attr,
		    .b = a->fault,
		    .c = watch_text(w, a->fault_why ? a->fault_why : "malformed"),
		};
	for (uint32_t i = faults; i; i = w->bad[i - 1].more ? i + 1 : 0) {
		struct fault_path *f = &w->bad[i - 1];

		/* What relationships alone call a leak, and what stood there from the start, is
		 * a fault of the relationships more often than of the route. */
		if (f->class == TRACK_LEAK && f->how < LEAK_OTC) {
			int64_t start = watch_start(w), now = w->facts->time;

			if (!f->normal &&
			    (kind == ENTRY_TABLE || (!watch_table(w) && now < start + WATCH_WARM)))
				f->normal = 1;
			if (f->normal)
				continue;
		}
		key[nkey++] = (struct track){
		    .class = f->class, .how = f->how, .a = f->a, .b = f->b, .c = f->c};
	}
	for (size_t i = 0; i < nkey; i++) {
		uint32_t t;

		key[i].prefix = prefix;
		t = track_intern(w, &key[i]);
		if (w->track[t].n >= watch_cap(w, &w->track[t]))
			continue;
		if (!log_add(w, r, t, seq, kind, flags))
			continue;
		w->track[t].n++;
		watch_hold(w, prefix, r->peer, r->path_id, t);
		keep[nkeep++] = t;
	}
	if (kind != ENTRY_TABLE && w->prefix[prefix].flags & WP_WATCHED)
		hold_end(w, prefix, r, seq, keep, nkeep);
}

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
			hold_end(w, prefix, r, seq, NULL, 0);
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
			faults = path_faults(w, a);
			memo_put(&w->by_attrs, a->id, faults);
		}
	} else if (!memo_get(&w->by_path, a->path.id, &faults)) {
		faults = path_faults(w, a);
		memo_put(&w->by_path, a->path.id, faults);
	}
	if (__builtin_expect(p->first == w->second, 0) &&
	    (r->kind != ROUTE_TABLE || w->sources > 1) &&
	    (p->flags & PAIR_TABLE) == (r->kind == ROUTE_TABLE))
		pair_first(w, p, r);
	if (__builtin_expect(
		faults || p->flags & PAIR_LOGGED || a->fault || w->prefix[prefix].flags, 0))
		route_bad(w, r, prefix, seq, p, faults);
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
	w->index[w->nindex++] = ev_add(w, false);
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
	while (w->paths.mask < 2 * (w->npath + 64))
		slots_grow(&w->paths, w->paths.mask + 1);
	while (w->tracks.mask < 2 * (w->ntrack + 64))
		slots_grow(&w->tracks, w->tracks.mask + 1);
	while (w->bads.mask < 2 * (w->nbad + 64))
		slots_grow(&w->bads, w->bads.mask + 1);
	prefixes_fill(w);
	paths_fill(w);
	tracks_fill(w);
	bads_fill(w);
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
