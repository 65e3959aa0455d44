/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tracks: what is not right with a route becomes an entry in the log of its track, and the peer
 * that sent the route holds the track until it sends another one for that prefix, or none.
 */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "finding/watch.h"

/* ---- evidence, paths, texts ---- */

struct ev *ev_more(struct watch *w)
{
	uint32_t block = w->nev >> WATCH_BLOCK_BITS;

	if (w->nev == w->cap_ev) {
		w->ev = mem_grow(w->ev, block + 1, sizeof(*w->ev));
		w->ev[block] = mem_alloc(WATCH_BLOCK * sizeof(**w->ev));
		w->digest = mem_grow(w->digest, block + 1, sizeof(*w->digest));
		w->digest[block] = NULL;
		w->cap_ev += WATCH_BLOCK;
	}
	return ev_at(w, w->nev++);
}

uint8_t *ev_digest(struct watch *w, uint32_t i)
{
	uint32_t block = i >> WATCH_BLOCK_BITS;

	ev_at(w, i)->digest = 1;
	if (!w->digest[block])
		w->digest[block] = mem_alloc(WATCH_BLOCK * sizeof(**w->digest));
	return w->digest[block][i & (WATCH_BLOCK - 1)];
}

uint32_t watch_ev(struct watch *w, bool table)
{
	const struct slice *s = &w->facts->slice;
	struct ev *e;
	bool again;

	if (w->cur_ev != NONE)
		return w->cur_ev;
	again = s->source < w->k->nagain && w->k->again[s->source];
	w->cur_ev = w->nev;
	e = ev_more(w);
	*e = (struct ev){(uint32_t)s->offset,
			 s->length,
			 (uint16_t)s->source,
			 (uint16_t)(s->offset >> 32 & 0x3fff),
			 table,
			 0};
	if (w->sha)
		memcpy(ev_digest(w, w->cur_ev), w->sha, SHA256_SIZE);
	else if (s->at && !again)
		sha256(s->at, s->length, ev_digest(w, w->cur_ev));
	if (w->k->evidence && s->at && !w->sha)
		w->k->evidence(w->k->evidence_arg, s,
			       table ||
				   (w->facts->nroute && w->facts->route[0].kind == ROUTE_TABLE));
	return w->cur_ev;
}

static void paths_fill(struct watch *w)
{
	for (uint32_t j = 0; j < w->npath; j++)
		slots_put(&w->paths,
			  hash_bytes(w->asn + w->path[j].at, w->path[j].n * sizeof(*w->asn), 7), j);
}

uint32_t watch_evidence(struct watch *w)
{
	return watch_ev(w, false);
}

struct evidence watch_slice(const struct watch *w, uint32_t ev)
{
	const struct ev *e = ev_at(w, ev);
	struct evidence out = {e->source, e->length, ev_offset(e), {0}, EVIDENCE_SHOWS};

	if (e->digest)
		memcpy(out.sha256, w->digest[ev >> WATCH_BLOCK_BITS][ev & (WATCH_BLOCK - 1)],
		       SHA256_SIZE);
	return out;
}

uint32_t watch_path(struct watch *w, const struct path *p)
{
	uint64_t h = hash_bytes(p->flat, p->nflat * sizeof(*p->flat), 7);
	uint32_t i, at;

	if (slots_full(&w->paths))
		paths_fill(w);
	i = (uint32_t)h & w->paths.mask;
	while ((at = slots_next(&w->paths, h, &i)) != NONE) {
		const struct wpath *q = &w->path[at];

		if (q->n == p->nflat &&
		    (!q->n || !memcmp(w->asn + q->at, p->flat, q->n * sizeof(*w->asn))))
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
	e->ev = watch_ev(w, kind == ENTRY_TABLE);
	e->path = r->attrs ? watch_path(w, &r->attrs->path) : NONE;
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

static inline uint32_t hold_home(const struct watch *w, uint32_t i)
{
	const struct entry *e = &w->log[i];

	return hold_bucket(w, w->track[e->track].prefix, e->peer, e->path_id);
}

/* Is entry i of the log a hold of that prefix by that peer? */
static inline bool hold_is(const struct watch *w, uint32_t i, uint32_t prefix, uint16_t peer,
			   uint32_t path_id)
{
	const struct entry *e = &w->log[i];

	return e->peer == peer && e->path_id == path_id && w->track[e->track].prefix == prefix;
}

void watch_hold(struct watch *w, uint32_t entry)
{
	const struct entry *e = &w->log[entry];
	uint32_t prefix = w->track[e->track].prefix, b, i;

	if (w->used_hold >= w->nbucket) {
		uint32_t n = w->nbucket ? w->nbucket * 2 : 256;
		uint32_t *old = w->bucket, nold = w->nbucket;

		w->bucket = mem_zero(n, sizeof(*w->bucket));
		w->nbucket = n;
		for (uint32_t j = 0; j < nold; j++)
			for (uint32_t at = old[j], next; at; at = next) {
				next = w->hold[at - 1];
				b = hold_home(w, at - 1);
				w->hold[at - 1] = w->bucket[b];
				w->bucket[b] = at;
			}
		free(old);
	}
	b = hold_bucket(w, prefix, e->peer, e->path_id);
	for (i = w->bucket[b]; i; i = w->hold[i - 1])
		if (w->log[i - 1].track == e->track &&
		    hold_is(w, i - 1, prefix, e->peer, e->path_id))
			return;
	mem_room(&w->hold, &w->cap_hold, entry + 1);
	w->hold[entry] = w->bucket[b];
	w->bucket[b] = entry + 1;
	w->used_hold++;
	wprefix_at(w, prefix)->pair.watched = 1;
}

void track_let_go(struct watch *w, uint32_t prefix, const struct route *r, uint32_t seq,
		  const uint32_t *keep, size_t nkeep)
{
	uint32_t *link;

	if (!w->used_hold)
		return;
	link = &w->bucket[hold_bucket(w, prefix, r->peer, r->path_id)];
	while (*link) {
		uint32_t i = *link - 1, track = w->log[i].track;
		bool stays = false;

		if (!hold_is(w, i, prefix, r->peer, r->path_id)) {
			link = &w->hold[i];
			continue;
		}
		for (size_t k = 0; k < nkeep; k++)
			stays |= keep[k] == track;
		if (stays) {
			link = &w->hold[i];
			continue;
		}
		log_add(w, r, track, seq, r->attrs ? ENTRY_REPLACED : ENTRY_WITHDRAWN, 0);
		*link = w->hold[i];
		w->used_hold--;
	}
}

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
	w->nedge = 0;
	for (uint32_t j = 0; j < w->nbad; j++) {
		uint32_t first = j;
		uint8_t normal = w->bad[j].normal;

		while (w->bad[j].more)
			j++;
		w->nedge += first == j && w->bad[j].class == TRACK_EDGE;
		w->bad[first].normal = 0;
		slots_put(&w->bads,
			  hash_bytes(w->bad + first, (j - first + 1) * sizeof(*w->bad), 11), first);
		w->bad[first].normal = normal;
	}
}

/* The place of these faults in bad[] + 1; 0 when there is no more room for such. */
static uint32_t faults_intern(struct watch *w, struct fault_path *f, size_t n)
{
	uint64_t h;
	uint32_t i, at;

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
	/* So many different leaks are a fault of the relationships: the others stay. */
	if (w->nbad - w->nedge >= WATCH_FAULTS && f[0].class == TRACK_LEAK && f[0].how < LEAK_OTC)
		return n > 1 ? faults_intern(w, f + 1, n - 1) : 0;
	if (n == 1 && f[0].class == TRACK_EDGE && w->nedge++ >= WATCH_EDGES) {
		w->nedge--;
		return 0;
	}
	mem_room(&w->bad, &w->cap_bad, w->nbad + (uint32_t)n);
	memcpy(w->bad + w->nbad, f, n * sizeof(*f));
	slots_put(&w->bads, h, w->nbad);
	w->nbad += (uint32_t)n;
	return w->nbad - (uint32_t)n + 1;
}

uint32_t track_faults(struct watch *w, const struct attrs *a)
{
	struct fault_path f[FAULTS_MAX], edge;
	size_t n = leak_path(w, a, f, FAULTS_MAX - 1);
	uint32_t list;

	n += bogon_path(a, f + n, FAULTS_MAX - n);
	list = n ? faults_intern(w, f, n) : 0;
	if (!forged_path(w, a, &edge))
		return list;
	/* A link stands at the end of many paths: with it, nearly every list would be another. */
	return list ? list | FAULT_EDGE : faults_intern(w, &edge, 1);
}

/* The link at the end of a path, alone; 0 when there is no more room for such. */
static uint32_t edge_of(struct watch *w, const struct path *p)
{
	struct fault_path edge = {
	    .class = TRACK_EDGE, .a = p->flat[p->nflat - 2], .b = p->flat[p->nflat - 1]};

	return faults_intern(w, &edge, 1);
}

/* Does this fault of the path say something of this route? */
static bool fault_tells(const struct watch *w, struct fault_path *f, const struct route *r,
			uint32_t prefix, const struct pair *p)
{
	if (f->class != TRACK_EDGE && (f->class != TRACK_LEAK || f->how >= LEAK_OTC))
		return true;
	/* What relationships alone call a leak, and what stood there from the start, is a fault of
	 * the relationships more often than of the route. The same holds for a link. */
	f->normal |= r->kind == ROUTE_TABLE ||
		     (!watch_after_table(w) && w->facts->time < watch_since(w) + WATCH_WARM);
	return !f->normal && (f->class == TRACK_LEAK || forged_usual(w, prefix, p));
}

uint32_t watch_cap(const struct watch *w, const struct track *t)
{
	if (t->class == TRACK_LEAK || t->class == TRACK_ASPA || t->class == TRACK_EDGE)
		return 256;
	if (t->class != TRACK_ORIGIN)
		return WATCH_MILD_LOG;
	for (const struct pair *p = watch_pair(w, t->prefix, NULL); p;
	     p = watch_pair(w, t->prefix, p))
		if (p->origin == t->a)
			return p->why == ROV_TOO_SPECIFIC ? WATCH_MILD_LOG : WATCH_TRACK_LOG;
	return WATCH_TRACK_LOG;
}

void track_route(struct watch *w, const struct route *r, uint32_t prefix, uint32_t seq,
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
	uint32_t edge = 0;

	if (a->has & HAS_OTC)
		flags |= ENTRY_OTC;
	if (p->flags & PAIR_LOGGED)
		key[nkey++] = (struct track){.class = TRACK_ORIGIN, .a = p->origin};
	if (wprefix_at(w, prefix)->pair.bogon)
		key[nkey++] = (struct track){.class = TRACK_BOGON_PREFIX, .a = p->origin};
	if (a->fault)
		key[nkey++] = (struct track){
		    .class = TRACK_MALFORMED,
		    .a = a->fault_attr,
		    .b = a->fault,
		    .c = watch_text(w, a->fault_why ? a->fault_why : "malformed"),
		};
	if (faults & FAULT_EDGE)
		edge = edge_of(w, &a->path);
	for (uint32_t i = faults & ~FAULT_EDGE; i || edge;) {
		struct fault_path *f = &w->bad[(i ? i : edge) - 1];

		if (fault_tells(w, f, r, prefix, p))
			key[nkey++] = (struct track){
			    .class = f->class, .how = f->how, .a = f->a, .b = f->b, .c = f->c};
		if (!i)
			break;
		i = f->more ? i + 1 : 0;
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
		watch_hold(w, w->nlog - 1);
		keep[nkeep++] = t;
	}
	if (kind != ENTRY_TABLE && wprefix_at(w, prefix)->pair.watched)
		track_let_go(w, prefix, r, seq, keep, nkeep);
}

void track_index(struct watch *w)
{
	while (w->paths.mask < 2 * (w->npath + 64))
		slots_grow(&w->paths, w->paths.mask + 1);
	while (w->tracks.mask < 2 * (w->ntrack + 64))
		slots_grow(&w->tracks, w->tracks.mask + 1);
	while (w->bads.mask < 2 * (w->nbad + 64))
		slots_grow(&w->bads, w->bads.mask + 1);
	paths_fill(w);
	tracks_fill(w);
	bads_fill(w);
}
