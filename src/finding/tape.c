/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sha256.h"
#include "base/text.h"

struct trecord {
	int64_t time;
	uint64_t offset;
	uint32_t source, length;
	uint32_t route, nroute;	    /* in routes */
	uint32_t session, nsession; /* in sessions */
	uint32_t index;		    /* a PEER_INDEX_TABLE */
	uint32_t order;		    /* while it is played: place in the array */
	int64_t key; /* time, never less than that of what stands before it in the source */
	uint8_t sha256[SHA256_SIZE];
};

struct troute {
	uint64_t hi, lo;
	uint32_t attrs; /* NONE: withdrawn */
	uint32_t path_id;
	uint16_t peer;
	uint8_t len, v6, kind, safi;
	uint8_t flags; /* enum route_flag */
	uint8_t pad;
};

struct tattrs {
	uint32_t flat, nflat;		/* in asn */
	uint32_t origin, has, otc, why; /* why: in text, NONE without */
	uint16_t flags;
	uint8_t fault, fault_attr;
	uint32_t blackhole;
};

struct tape {
	struct trecord *record;
	struct troute *route;
	struct session *session;
	struct tattrs *attrs;
	uint32_t *asn;
	char **text;
	uint32_t nrecord, nroute, nsession, nattrs, nasn, ntext;
	uint32_t cap_record, cap_route, cap_session, cap_attrs, cap_asn, cap_text;
	bool full; /* more than it can count */
	/* Only while it is fed: how late it is in each source, and in all of them. */
	int64_t *late;
	uint32_t nlate;
	int64_t minute, last;
	uint32_t tick; /* index + 1 of the record that holds `last` in this minute */
	/* attrs->id to index + 1, direct-mapped */
	struct {
		uint32_t id, index;
	} recent[1 << 14];
};

#define NONE UINT32_MAX

static const uint8_t blackhole[4] = {0xff, 0xff, 2, 154}; /* RFC 7999 */
static const uint8_t index_head[12] = {0, 0, 0, 0, 0, 13, 0, 1};

/* More of anything than this is no tape but several. */
#define TAPE_MAX (UINT32_MAX / 2)

struct tape *tape_new(void)
{
	struct tape *t = mem_zero(1, sizeof(*t));

	t->minute = t->last = TIME_NONE;
	return t;
}

static void tape_empty(struct tape *t)
{
	for (uint32_t i = 0; i < t->ntext; i++)
		free(t->text[i]);
	free(t->record);
	free(t->route);
	free(t->session);
	free(t->attrs);
	free(t->asn);
	free(t->text);
	free(t->late);
	memset(t, 0, sizeof(*t));
	t->minute = t->last = TIME_NONE;
}

void tape_free(struct tape *t)
{
	if (t)
		tape_empty(t);
	free(t);
}

static uint32_t text_of(struct tape *t, const char *s)
{
	for (uint32_t i = 0; i < t->ntext; i++)
		if (!strcmp(t->text[i], s))
			return i;
	mem_room(&t->text, &t->cap_text, t->ntext + 1);
	t->text[t->ntext] = mem_text(s);
	return t->ntext++;
}

static uint32_t attrs_of(struct tape *t, const struct attrs *a)
{
	uint32_t slot = a->id & ((1u << 14) - 1);
	struct tattrs *x;

	if (a->id && t->recent[slot].id == a->id)
		return t->recent[slot].index - 1;
	mem_room(&t->attrs, &t->cap_attrs, t->nattrs + 1);
	mem_room(&t->asn, &t->cap_asn, t->nasn + a->path.nflat);
	x = &t->attrs[t->nattrs];
	memset(x, 0, sizeof(*x));
	x->flat = t->nasn;
	x->nflat = a->path.nflat;
	if (a->path.nflat)
		memcpy(t->asn + t->nasn, a->path.flat, a->path.nflat * sizeof(*t->asn));
	t->nasn += a->path.nflat;
	x->origin = a->path.origin;
	x->flags = a->path.flags;
	x->has = a->has;
	x->otc = a->otc;
	x->fault = a->fault;
	x->fault_attr = a->fault_attr;
	x->why = a->fault_why ? text_of(t, a->fault_why) : NONE;
	for (size_t i = 0; i < a->community.n; i++)
		x->blackhole |= !memcmp(a->community.at + 4 * i, blackhole, 4);
	t->recent[slot].id = a->id;
	t->recent[slot].index = t->nattrs + 1;
	return t->nattrs++;
}

static void add_route(struct tape *t, const struct route *q)
{
	struct troute *x;

	if (q->safi != 1 || prefix_default(q->prefix))
		return;
	mem_room(&t->route, &t->cap_route, t->nroute + 1);
	x = &t->route[t->nroute++];
	memset(x, 0, sizeof(*x));
	x->hi = q->prefix.hi;
	x->lo = q->prefix.lo;
	x->len = q->prefix.len;
	x->v6 = q->prefix.v6;
	x->attrs = q->attrs ? attrs_of(t, q->attrs) : NONE;
	x->path_id = q->path_id;
	x->peer = q->peer;
	x->kind = q->kind;
	x->safi = q->safi;
	x->flags = q->flags;
}

/* The key of a record: how late its source is with it. */
static int64_t key_of(struct tape *t, const struct facts *f)
{
	uint32_t s = f->slice.source;

	if (s >= t->nlate) {
		uint32_t n = t->nlate;

		t->nlate = s + 16;
		t->late = mem_grow(t->late, t->nlate, sizeof(*t->late));
		while (n < t->nlate)
			t->late[n++] = TIME_NONE;
	}
	if (f->time > t->late[s])
		t->late[s] = f->time;
	return t->late[s];
}

/* A record without routes: it only moves the clock. The first one of a minute and the last one
 * are enough of that, since judges look once a minute. */
static void tick(struct tape *t, const struct facts *f, int64_t key)
{
	int64_t minute = facts_minute(f->time);
	struct trecord *r;

	if (f->time <= t->last)
		return;
	if (minute > t->minute || !t->tick) {
		mem_room(&t->record, &t->cap_record, t->nrecord + 1);
		t->tick = minute > t->minute ? 0 : t->nrecord + 1;
		t->nrecord++;
	}
	r = &t->record[t->tick ? t->tick - 1 : t->nrecord - 1];
	*r = (struct trecord){.time = f->time,
			      .offset = f->slice.offset,
			      .source = f->slice.source,
			      .length = f->slice.length,
			      .key = key};
}

void tape_add(struct tape *t, const struct facts *f)
{
	const uint8_t *p = f->slice.at;
	bool index = !f->nroute && p && f->slice.length >= 12 && !memcmp(p + 4, index_head + 4, 4);
	struct trecord *r;
	uint32_t nsession = t->nsession;
	int64_t key = key_of(t, f);

	t->full |= t->nrecord > TAPE_MAX || t->nroute > TAPE_MAX || t->nsession > TAPE_MAX ||
		   t->nattrs > TAPE_MAX || t->nasn > TAPE_MAX;
	if (t->full)
		return;
	for (size_t i = 0; i < f->nfact; i++)
		if (f->fact[i].kind == FACT_SESSION) {
			mem_room(&t->session, &t->cap_session, t->nsession + 1);
			t->session[t->nsession++] = f->fact[i].session;
		}
	if (!f->nroute && !index && nsession == t->nsession) {
		if (f->time != TIME_NONE)
			tick(t, f, key);
	} else {
		mem_room(&t->record, &t->cap_record, t->nrecord + 1);
		r = &t->record[t->nrecord++];
		memset(r, 0, sizeof(*r));
		r->time = f->time;
		r->offset = f->slice.offset;
		r->source = f->slice.source;
		r->length = f->slice.length;
		r->key = key;
		r->index = index;
		r->route = t->nroute;
		r->session = nsession;
		r->nsession = t->nsession - nsession;
		if (p)
			sha256(p, f->slice.length, r->sha256);
		for (size_t i = 0; i < f->nroute; i++)
			add_route(t, &f->route[i]);
		r->nroute = t->nroute - r->route;
	}
	if (f->time != TIME_NONE && f->time > t->last) {
		if (facts_minute(f->time) > t->minute) {
			t->minute = facts_minute(f->time);
			t->tick = 0;
		}
		t->last = f->time;
	}
}

/* One after another; numbers that point into the arrays are moved by what stood there before. */
static bool fits(uint32_t a, uint32_t b)
{
	return a <= TAPE_MAX && b <= TAPE_MAX;
}

bool tape_merge(struct tape *a, struct tape *b, struct err *err)
{
	uint32_t route = a->nroute, session = a->nsession, attrs = a->nattrs, asn = a->nasn;

	if (a->full || b->full || !fits(a->nrecord, b->nrecord) || !fits(route, b->nroute) ||
	    !fits(session, b->nsession) || !fits(attrs, b->nattrs) || !fits(asn, b->nasn))
		return err_set(err, "routes: more than %u routes or paths in one whole",
			       (unsigned)TAPE_MAX);
	mem_room(&a->record, &a->cap_record, a->nrecord + b->nrecord);
	mem_room(&a->route, &a->cap_route, a->nroute + b->nroute);
	mem_room(&a->session, &a->cap_session, a->nsession + b->nsession);
	mem_room(&a->attrs, &a->cap_attrs, a->nattrs + b->nattrs);
	mem_room(&a->asn, &a->cap_asn, a->nasn + b->nasn);
	for (uint32_t i = 0; i < b->nrecord; i++) {
		struct trecord *r = &a->record[a->nrecord++];

		*r = b->record[i];
		r->route += route;
		r->session += session;
	}
	for (uint32_t i = 0; i < b->nroute; i++) {
		struct troute *r = &a->route[a->nroute++];

		*r = b->route[i];
		if (r->attrs != NONE)
			r->attrs += attrs;
	}
	for (uint32_t i = 0; i < b->nsession; i++)
		a->session[a->nsession++] = b->session[i];
	for (uint32_t i = 0; i < b->nattrs; i++) {
		struct tattrs *x = &a->attrs[a->nattrs++];

		*x = b->attrs[i];
		x->flat += asn;
		if (x->why != NONE)
			x->why = text_of(a, b->text[x->why]);
	}
	if (b->nasn)
		memcpy(a->asn + a->nasn, b->asn, b->nasn * sizeof(*a->asn));
	a->nasn += b->nasn;
	tape_empty(b);
	return true;
}

static int by_key(const void *p, const void *q)
{
	const struct trecord *x = p, *y = q;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void tape_play(struct tape *t, void (*each)(const struct facts *f, const uint8_t *sha, void *arg),
	       void *arg)
{
	struct attrs *attrs = mem_zero(t->nattrs + 1, sizeof(*attrs));
	struct route *route = NULL;
	struct fact *fact = NULL;
	size_t cap = 0, cap_fact = 0;

	for (uint32_t i = 0; i < t->nattrs; i++) {
		const struct tattrs *x = &t->attrs[i];

		attrs[i].id = attrs[i].path.id = i + 1;
		attrs[i].has = x->has;
		attrs[i].otc = x->otc;
		attrs[i].fault = x->fault;
		attrs[i].fault_attr = x->fault_attr;
		attrs[i].fault_why = x->why == NONE ? NULL : t->text[x->why];
		attrs[i].path.origin = x->origin;
		attrs[i].path.flat = attrs[i].path.asn = t->asn + x->flat;
		attrs[i].path.nflat = attrs[i].path.nasn = (uint16_t)x->nflat;
		attrs[i].path.flags = x->flags;
		if (x->blackhole)
			attrs[i].community = (struct communities){blackhole, 1};
	}
	for (uint32_t i = 0; i < t->nrecord; i++)
		t->record[i].order = i;
	if (t->nrecord)
		qsort(t->record, t->nrecord, sizeof(*t->record), by_key);
	for (uint32_t i = 0; i < t->nrecord; i++) {
		const struct trecord *r = &t->record[i];
		struct facts f = {.time = r->time};

		f.slice = (struct slice){r->source, r->length, r->offset, NULL};
		if (r->index)
			f.slice.at = index_head;
		mem_room(&route, &cap, r->nroute);
		mem_room(&fact, &cap_fact, r->nsession);
		for (uint32_t j = 0; j < r->nroute; j++) {
			const struct troute *x = &t->route[r->route + j];

			route[j] = (struct route){
			    .prefix = {x->hi, x->lo, x->len, x->v6},
			    .attrs = x->attrs == NONE ? NULL : &attrs[x->attrs],
			    .path_id = x->path_id,
			    .peer = x->peer,
			    .kind = x->kind,
			    .safi = x->safi,
			    .flags = x->flags,
			};
		}
		for (uint32_t j = 0; j < r->nsession; j++)
			fact[j] = (struct fact){.kind = FACT_SESSION,
						.session = t->session[r->session + j]};
		f.route = route;
		f.nroute = r->nroute;
		f.fact = fact;
		f.nfact = r->nsession;
		each(&f, r->sha256, arg);
	}
	free(attrs);
	free(route);
	free(fact);
}

#define SAVE(n, at) buf_u32(out, t->n), buf_add(out, t->at, (size_t)t->n * sizeof(*t->at))

void tape_save(const struct tape *t, struct buf *out)
{
	buf_u8(out, t->full);
	SAVE(nrecord, record);
	SAVE(nroute, route);
	SAVE(nsession, session);
	SAVE(nattrs, attrs);
	SAVE(nasn, asn);
	buf_u32(out, t->ntext);
	for (uint32_t i = 0; i < t->ntext; i++) {
		buf_u32(out, (uint32_t)strlen(t->text[i]));
		buf_text(out, t->text[i]);
	}
}

/* An array of n things of that size; NULL (and bad) when it is not all there. */
static void *take(struct bytes *in, uint32_t *n, uint32_t *cap, size_t size)
{
	uint32_t count = bytes_u32(in);
	const uint8_t *p;
	void *at;

	if (count > bytes_left(in) / size || count > TAPE_MAX + 1) {
		in->bad = true;
		count = 0;
	}
	p = bytes_take(in, (size_t)count * size);
	at = mem_zero((size_t)count + 1, size);
	if (count && p)
		memcpy(at, p, (size_t)count * size);
	*n = *cap = count;
	return at;
}

static bool sound(struct tape *t, const struct knowledge *k)
{
	for (uint32_t i = 0; i < t->nrecord; i++) {
		struct trecord *r = &t->record[i];

		if (r->route > t->nroute || r->nroute > t->nroute - r->route ||
		    r->session > t->nsession || r->nsession > t->nsession - r->session)
			return false;
		if (k->source_map) {
			if (r->source >= k->nsource_map)
				return false;
			r->source = k->source_map[r->source];
		}
		if (r->index > 1)
			return false;
	}
	for (uint32_t i = 0; i < t->nroute; i++) {
		struct troute *r = &t->route[i];
		struct prefix p = {r->hi, r->lo, r->len, r->v6};

		if ((r->attrs != NONE && r->attrs >= t->nattrs) || r->v6 > 1 ||
		    r->len > (r->v6 ? 128 : 32) || !r->len || !prefix_eq(p, prefix_masked(p)) ||
		    r->kind > ROUTE_WITHDRAW || r->safi != 1 ||
		    (r->attrs == NONE && r->kind != ROUTE_WITHDRAW))
			return false;
		if (k->peer_map) {
			if (r->peer >= k->npeer_map)
				return false;
			r->peer = k->peer_map[r->peer];
		}
	}
	for (uint32_t i = 0; i < t->nsession; i++)
		if (k->peer_map) {
			if (t->session[i].peer >= k->npeer_map)
				return false;
			t->session[i].peer = k->peer_map[t->session[i].peer];
		}
	for (uint32_t i = 0; i < t->nattrs; i++) {
		const struct tattrs *x = &t->attrs[i];

		if (x->flat > t->nasn || x->nflat > t->nasn - x->flat || x->nflat > UINT16_MAX ||
		    (x->why != NONE && x->why >= t->ntext) || x->blackhole > 1 ||
		    x->fault > FAULT_SESSION_RESET)
			return false;
	}
	return true;
}

bool tape_load(struct tape *into, const struct knowledge *k, struct bytes *in, struct err *err)
{
	struct tape *t = tape_new();
	bool ok;

	t->full = bytes_u8(in) != 0;
	t->record = take(in, &t->nrecord, &t->cap_record, sizeof(*t->record));
	t->route = take(in, &t->nroute, &t->cap_route, sizeof(*t->route));
	t->session = take(in, &t->nsession, &t->cap_session, sizeof(*t->session));
	t->attrs = take(in, &t->nattrs, &t->cap_attrs, sizeof(*t->attrs));
	t->asn = take(in, &t->nasn, &t->cap_asn, sizeof(*t->asn));
	for (uint32_t n = bytes_u32(in); n && !in->bad; n--) {
		struct bytes s = bytes_sub(in, bytes_u32(in));
		char *text = mem_zero(bytes_left(&s) + 1, 1);

		memcpy(text, s.at ? s.at : (const uint8_t *)"", bytes_left(&s));
		mem_room(&t->text, &t->cap_text, t->ntext + 1);
		t->text[t->ntext++] = text;
	}
	if (in->bad || !sound(t, k))
		ok = err_set(err, "routes: the saved part is cut or damaged");
	else if (t->full)
		ok = err_set(err, "routes: the part held more routes than one part can; split the "
				  "files over more parts");
	else
		ok = tape_merge(into, t, err);
	tape_free(t);
	return ok;
}
