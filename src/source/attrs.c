/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/attrs.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/mem.h"
#include "source/attrs_read.h"

#define LIMIT ((size_t)64 << 20)
#define LEAN ((size_t)4 << 20) /* where little comes again */
#define LEAST ((size_t)4 << 20) /* of a table, when there are many */
#define BLOCK_FIRST ((size_t)64 << 10)
#define BLOCK_MOST ((size_t)2 << 20)
#define AS_TRANS 23456 /* RFC 6793 9 */
#define TAW FAULT_TREAT_AS_WITHDRAW
#define DISCARD FAULT_ATTRIBUTE_DISCARD

/*
 * A slot is one word, since most of the time of a large table goes into fetching slots: from the
 * top 19 bits of the hash, one bit for the generation, and 44 for the entry's address, which is
 * a multiple of 16 and below 2^48. 0 is free.
 */
#define SLOT_TAG 45
#define SLOT_GENERATION 44

struct set {
	uint64_t *slot;
	size_t n, cap; /* cap is a power of two, at least half as much again as n */
};

/* What both kinds of entries begin with. */
struct entry {
	uint64_t hash;
};

/*
 * Attributes: this, n bytes as they came, then struct attrs. So what is compared and what is then
 * looked at first stand beside each other; to fetch them is what a look-up in a large table
 * costs.
 */
struct attrs_entry {
	struct entry entry;
	uint32_t context, n;
	uint8_t wire[];
};

#define LINE ((size_t)64)
#define ALIGNED(n) (((n) + 15) & ~(size_t)15)

struct path_entry {
	struct entry entry;
	struct path path;
	bool as0; /* has AS 0, RFC 7607 */
};

/* Memory for entries, in large pages where there are some. */
struct room {
	struct block *block; /* newest first */
	struct block *spare; /* emptied large blocks: of one size, they serve again and again */
	size_t used;	     /* bytes handed out */
};

struct block {
	struct block *next;
	size_t size, used; /* with this head */
};

/* What will be asked for soon. */
struct hint {
	const uint8_t *wire; /* NULL: nothing */
	size_t n;
	uint64_t hash;
	unsigned context;
};

struct attrs_table {
	struct hint next, after; /* attrs_soon() */
	struct set attrs, paths;
	struct room room[2];   /* attributes, by generation */
	struct arena arena[2]; /* paths, by generation */
	unsigned young;	       /* 0 or 1 */
	bool turned;
	uint32_t added, back; /* in this generation; and how many of them from the old one */
	bool lean;
	size_t limit;
	struct buf path, path4; /* scratch: AS_PATH and AS4_PATH in canonical form */
	uint32_t *flat, *seen;	/* scratch of path_fill() and path_loops() */
	size_t flat_cap, seen_cap;
};

/* Ids are the whole program's, so that equal ids are equal whatever reader they come from. */
static _Atomic uint32_t last_attrs, last_path;

/* So many tables share what the usual limit allows. */
static _Atomic unsigned tables;

static uint32_t id_next(_Atomic uint32_t *last)
{
	uint32_t id;

	do
		id = atomic_fetch_add_explicit(last, 1, memory_order_relaxed) + 1;
	while (!id);
	return id;
}

/* Aligned to its size, so that the large ones can be large pages. */
static void *room_block(size_t size)
{
	void *p = aligned_alloc(size < BLOCK_MOST ? 16 : BLOCK_MOST, size);

	if (!p)
		p = mem_alloc(SIZE_MAX / 2); /* ends the program */
	if (size >= BLOCK_MOST)
		madvise(p, size, MADV_HUGEPAGE);
	return p;
}

static void *room_alloc(struct room *l, size_t size)
{
	struct block *b = l->block;

	if (!b || b->size - b->used < size) {
		size_t want = b ? b->size * 2 : BLOCK_FIRST;

		if (want > BLOCK_MOST)
			want = BLOCK_MOST;
		while (want < size + ALIGNED(sizeof(*b)))
			want *= 2;
		b = want == BLOCK_MOST ? l->spare : NULL;
		if (b)
			l->spare = b->next;
		else
			b = room_block(want);
		*b = (struct block){l->block, want, ALIGNED(sizeof(*b))};
		l->block = b;
	}
	b->used += size;
	l->used += size;
	return (uint8_t *)b + b->used - size;
}

static void blocks_free(struct block *b)
{
	for (struct block *next; b; b = next) {
		next = b->next;
		free(b);
	}
}

static void room_free(struct room *l)
{
	blocks_free(l->block);
	blocks_free(l->spare);
	*l = (struct room){0};
}

/* To give blocks back and ask for them again would cost the clearing of their pages. */
static void room_reset(struct room *l)
{
	for (struct block *b = l->block, *next; b; b = next) {
		next = b->next;
		if (b->size == BLOCK_MOST) {
			b->next = l->spare;
			l->spare = b;
		} else {
			free(b);
		}
	}
	l->block = NULL;
	l->used = 0;
}

static uint64_t slot_of(const void *at, uint64_t hash, unsigned generation)
{
	uint64_t address = (uint64_t)(uintptr_t)at;

	assert(!(address & 15) && !(address >> 48));
	return hash >> SLOT_TAG << SLOT_TAG | (uint64_t)generation << SLOT_GENERATION |
	       address >> 4;
}

static void *slot_entry(uint64_t slot)
{
	return (void *)(uintptr_t)((slot & ((UINT64_C(1) << SLOT_GENERATION) - 1)) << 4);
}

static bool slot_young(const struct attrs_table *t, uint64_t slot)
{
	return (slot >> SLOT_GENERATION & 1) == t->young;
}

static void set_init(struct set *s, size_t cap)
{
	s->cap = cap;
	s->n = 0;
	s->slot = mem_zero(cap, sizeof(*s->slot));
}

static void set_place(struct set *s, uint64_t hash, uint64_t slot)
{
	size_t i = hash & (s->cap - 1);

	while (s->slot[i])
		i = (i + 1) & (s->cap - 1);
	s->slot[i] = slot;
	s->n++;
}

/* Moves the slots to a table of cap; of one generation, or of both (2). */
static void set_move(struct set *s, size_t cap, unsigned generation)
{
	struct set new;

	set_init(&new, cap);
	for (size_t i = 0; i < s->cap; i++) {
		uint64_t slot = s->slot[i];

		if (slot && (generation == 2 || (slot >> SLOT_GENERATION & 1) == generation))
			set_place(&new, ((struct entry *)slot_entry(slot))->hash, slot);
	}
	free(s->slot);
	*s = new;
}

/* Of a generation that goes on alone; a table that has become far too large for it shrinks. */
static void set_turn(struct set *s, unsigned generation)
{
	size_t n = 0, cap = s->cap;

	for (size_t i = 0; i < s->cap; i++)
		n += s->slot[i] && (s->slot[i] >> SLOT_GENERATION & 1) == generation;
	while (cap > 256 && n * 6 < cap)
		cap /= 2;
	set_move(s, cap, generation);
}

static void set_put(struct set *s, uint64_t hash, uint64_t slot)
{
	if ((s->n + 1) * 3 > s->cap * 2)
		set_move(s, s->cap * 2, 2);
	set_place(s, hash, slot);
}

struct attrs_table *attrs_new(size_t limit)
{
	struct attrs_table *t = mem_zero(1, sizeof(*t));

	t->limit = limit;
	set_init(&t->attrs, 256);
	set_init(&t->paths, 256);
	atomic_fetch_add(&tables, 1);
	return t;
}

void attrs_free(struct attrs_table *t)
{
	if (!t)
		return;
	atomic_fetch_sub(&tables, 1);
	for (int i = 0; i < 2; i++) {
		room_free(&t->room[i]);
		arena_free(&t->arena[i]);
	}
	free(t->attrs.slot);
	free(t->paths.slot);
	buf_free(&t->path);
	buf_free(&t->path4);
	free(t->flat);
	free(t->seen);
	free(t);
}

size_t attrs_size(const struct attrs_table *t)
{
	return t->room[0].used + t->arena[0].used + t->room[1].used + t->arena[1].used +
	       (t->attrs.cap + t->paths.cap) * sizeof(uint64_t);
}

bool attrs_turn(struct attrs_table *t)
{
	size_t limit = t->limit, used = t->room[t->young].used + t->arena[t->young].used;

	if (used < LEAST / 2)
		return false;
	if (!limit) {
		limit =
		    (t->lean ? LEAN : LIMIT) / atomic_load_explicit(&tables, memory_order_relaxed);
		if (limit < LEAST)
			limit = LEAST;
	}
	if (used < limit / 2)
		return false;
	/* Where a whole generation brought hardly anything back, a large one is of no use: a table
	 * of routes whose attributes are nearly all distinct. */
	if (t->turned)
		t->lean = t->back < t->added / 8;
	t->turned = true;
	t->added = t->back = 0;
	set_turn(&t->attrs, t->young);
	set_turn(&t->paths, t->young);
	t->young ^= 1;
	if (t->lean && t->room[t->young].used > LEAN)
		room_free(&t->room[t->young]);
	else
		room_reset(&t->room[t->young]);
	arena_reset(&t->arena[t->young]);
	return true;
}

static uint32_t be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

/* An ASN that comes again although it is not beside itself: flat has no equal neighbours. */
static bool path_loops(struct attrs_table *t, const uint32_t *flat, size_t n)
{
	size_t cap = 64;

	if (n <= 24) {
		for (size_t i = 2; i < n; i++)
			for (size_t j = 0; j + 1 < i; j++)
				if (flat[i] == flat[j])
					return true;
		return false;
	}
	while (cap < n * 2)
		cap *= 2;
	mem_room(&t->seen, &t->seen_cap, cap);
	memset(t->seen, 0, cap * sizeof(*t->seen));
	for (size_t i = 0; i < n; i++) {
		size_t j = hash_u64(flat[i]) & (cap - 1);

		if (!flat[i])
			continue; /* 0 marks what is free; AS 0 is a fault of its own */
		for (; t->seen[j]; j = (j + 1) & (cap - 1))
			if (t->seen[j] == flat[i])
				return true;
		t->seen[j] = flat[i];
	}
	return false;
}

/* Fills the path from its wire form, which is well formed. */
static void path_fill(struct attrs_table *t, struct path_entry *e, const uint8_t *at, size_t n)
{
	struct arena *a = &t->arena[t->young];
	const uint8_t *end = at + n;
	struct path *p = &e->path;
	size_t nsegment = 0, nasn = 0, nflat = 0;
	struct segment *segment;
	uint32_t *asn, *flat;
	bool ended = false, same = true;

	for (const uint8_t *s = at; s < end; s += 2 + 4 * (size_t)s[1]) {
		nsegment++;
		nasn += s[1];
	}
	asn = arena_alloc(a, nasn * 4 + nsegment * sizeof(*segment));
	segment = (struct segment *)(asn + nasn);
	mem_room(&t->flat, &t->flat_cap, nasn);
	flat = t->flat;
	p->asn = asn;
	p->segment = segment;
	p->nasn = (uint16_t)nasn;
	p->nsegment = (uint16_t)nsegment;
	for (; at < end; at += 2 + 4 * (size_t)at[1], segment++) {
		*segment = (struct segment){at[0], at[1]};
		if (at[0] == SEGMENT_SET) {
			p->flags |= PATH_SET;
			p->origin = 0;
			ended = true;
		} else if (at[0] != SEGMENT_SEQUENCE) {
			p->flags |= PATH_CONFED;
		}
		for (unsigned i = 0; i < at[1]; i++) {
			uint32_t v = be32(at + 2 + 4 * (size_t)i);

			*asn++ = v;
			e->as0 |= !v;
			if (at[0] != SEGMENT_SEQUENCE)
				continue;
			p->origin = v;
			if (ended)
				continue;
			if (nflat && flat[nflat - 1] == v)
				p->flags |= PATH_PREPENDED;
			else
				flat[nflat++] = v;
		}
	}
	p->nflat = (uint16_t)nflat;
	same = nflat == nasn;
	p->flat = same ? p->asn : arena_copy(a, flat, nflat * sizeof(*flat));
	if (path_loops(t, flat, nflat))
		p->flags |= PATH_LOOP;
}

/* Is the path this one in wire form? */
static bool path_is(const struct path *p, const uint8_t *at, size_t n, bool merged)
{
	const uint8_t *end = at + n;
	const uint32_t *asn = p->asn;

	if (!(p->flags & PATH_MERGED) != !merged || n != p->nsegment * 2u + p->nasn * 4u)
		return false;
	for (const struct segment *s = p->segment; at < end; s++) {
		if (at[0] != s->kind || at[1] != s->n)
			return false;
		at += 2;
		for (unsigned i = 0; i < s->n; i++, at += 4)
			if (*asn++ != be32(at))
				return false;
	}
	return true;
}

static const struct path_entry *path_intern(struct attrs_table *t, const uint8_t *at, size_t n,
					    bool merged)
{
	uint64_t hash = hash_bytes(at, n, merged), *slot = NULL;
	const struct path_entry *old = NULL;
	struct path_entry *e;

	for (size_t i = hash & (t->paths.cap - 1); t->paths.slot[i];
	     i = (i + 1) & (t->paths.cap - 1)) {
		if ((t->paths.slot[i] ^ hash) >> SLOT_TAG)
			continue;
		e = slot_entry(t->paths.slot[i]);
		if (e->entry.hash != hash || !path_is(&e->path, at, n, merged))
			continue;
		if (slot_young(t, t->paths.slot[i]))
			return e;
		slot = &t->paths.slot[i];
		old = e;
		break;
	}
	e = arena_zero(&t->arena[t->young], 1, sizeof(*e));
	e->entry.hash = hash;
	e->path.id = old ? old->path.id : id_next(&last_path);
	if (merged)
		e->path.flags = PATH_MERGED;
	path_fill(t, e, at, n);
	if (slot)
		*slot = slot_of(e, hash, t->young);
	else
		set_put(&t->paths, hash, slot_of(e, hash, t->young));
	return e;
}

static void read_paths(struct attrs_table *t, struct attrs *a, unsigned context,
		       const struct reading *r)
{
	const struct path_entry *p;
	const uint8_t *key = r->as_path.at;
	size_t nkey = r->as_path.n;
	bool asn4 = context & ATTRS_ASN4, merged = false;
	const char *why;

	/* When both came, and the one of two bytes has a real AS, an old speaker put it in since
	 * and both AS4 ones are stale. */
	bool both = !asn4 && a->has & HAS_AGGREGATOR && a->has & HAS_AS4_AGGREGATOR;
	bool stale = both && a->aggregator_asn != AS_TRANS;

	if (both && !stale) {
		a->aggregator_asn = r->as4_aggregator;
		a->aggregator = r->as4_aggregator_addr;
	}
	if (!r->as_path.at)
		return;
	buf_room(&t->path, 1); /* an empty path has a place, too */
	buf_reset(&t->path);
	why = attrs_read_path(&r->as_path, asn4, false, &t->path);
	if (why) {
		attrs_fault(a, TAW, ATTR_AS_PATH, why);
		return;
	}
	if (!asn4) {
		key = (const uint8_t *)t->path.at;
		nkey = t->path.len;
	}
	if (r->as4_path.at) {
		a->has |= HAS_AS4_PATH;
		buf_room(&t->path4, 1);
		buf_reset(&t->path4);
		why = attrs_read_path(&r->as4_path, true, true, &t->path4);
		if (why) {
			attrs_fault(a, DISCARD, ATTR_AS4_PATH, why);
		} else if (!asn4 && !stale && attrs_merge_paths(&t->path, &t->path4)) {
			key = (const uint8_t *)t->path4.at;
			nkey = t->path4.len;
			merged = true;
		}
	}
	p = path_intern(t, key, nkey, merged);
	a->path = p->path;
	a->has |= HAS_PATH;
	if (p->as0)
		attrs_fault(a, TAW, ATTR_AS_PATH, "AS_PATH has AS 0");
}

static void read_all(struct attrs_table *t, struct attrs *a, unsigned context)
{
	const uint8_t *at = a->wire, *end = at + a->nwire;
	struct reading r = {0};
	struct attr v;

	while (attr_next(&at, end, &v)) {
		uint64_t bit = UINT64_C(1) << (v.type & 63), *seen = &r.seen[v.type >> 6];
		uint8_t flags = attrs_flags(v.type);

		if (*seen & bit) {
			attrs_fault(a, v.type == ATTR_MP_REACH ? FAULT_SESSION_RESET : DISCARD,
				    v.type, "an attribute comes twice");
			continue;
		}
		*seen |= bit;
		/* What a speaker keeps in its dump is not always what came over the wire. */
		if (flags != 1 && (v.flags & 0xc0) != flags && !(context & ATTRS_TABLE))
			attrs_fault(a,
				    v.type == ATTR_AS4_PATH || v.type == ATTR_AS4_AGGREGATOR ||
					    v.type == ATTR_AIGP || v.type == ATTR_PREFIX_SID
					? DISCARD
					: TAW,
				    v.type, "an attribute's flags conflict with its type");
		attrs_read_one(a, &v, context, &r);
	}
	if (at < end || context & ATTRS_OVERRUN)
		attrs_fault(a, TAW, end - at >= 2 ? at[1] : 0,
			    "an attribute is longer than the list");
	read_paths(t, a, context, &r);
	/* RFC 7606 3.d. An attribute at fault was there and has said so already. A table also has
	 * what a daemon holds of its own and never sent: nothing must be there. */
	if (context & ATTRS_TABLE)
		return;
	if (context & ATTRS_PARTIAL)
		return;
	if (!(r.seen[0] & 1 << ATTR_ORIGIN))
		attrs_fault(a, TAW, ATTR_ORIGIN, "ORIGIN is missing");
	if (!(r.seen[0] & 1 << ATTR_AS_PATH))
		attrs_fault(a, TAW, ATTR_AS_PATH, "AS_PATH is missing");
	if (context & ATTRS_NEXT_HOP && !(r.seen[0] & 1 << ATTR_NEXT_HOP))
		attrs_fault(a, TAW, ATTR_NEXT_HOP, "NEXT_HOP is missing");
}

static struct attrs *entry_attrs(const struct attrs_entry *e)
{
	return (struct attrs *)((uint8_t *)(uintptr_t)e + ALIGNED(sizeof(*e) + e->n));
}

/* Reads the attributes into a new entry of the young generation. What comes back from the old
 * one is read again: that costs little more than to copy it, and all pointers are right. */
static const struct attrs_entry *attrs_add(struct attrs_table *t, uint64_t hash,
					   const uint8_t *wire, size_t n, unsigned context,
					   uint32_t id)
{
	size_t size = ALIGNED(sizeof(struct attrs_entry) + n) + ALIGNED(sizeof(struct attrs));
	struct attrs_entry *e = room_alloc(&t->room[t->young], size);
	struct attrs *a;

	t->added++;
	e->entry.hash = hash;
	e->context = context;
	e->n = (uint32_t)n;
	memcpy(e->wire, wire, n);
	a = entry_attrs(e);
	*a = (struct attrs){.id = id, .wire = e->wire, .nwire = (uint32_t)n};
	read_all(t, a, context);
	return e;
}

static const struct attrs_entry *attrs_find(struct attrs_table *t, uint64_t hash,
					    const uint8_t *wire, size_t n, unsigned context)
{
	const struct attrs_entry *e;

	for (size_t i = hash & (t->attrs.cap - 1); t->attrs.slot[i];
	     i = (i + 1) & (t->attrs.cap - 1)) {
		if ((t->attrs.slot[i] ^ hash) >> SLOT_TAG)
			continue;
		e = slot_entry(t->attrs.slot[i]);
		if (e->n != n || e->context != context || memcmp(e->wire, wire, n))
			continue;
		if (!slot_young(t, t->attrs.slot[i])) {
			e = attrs_add(t, hash, wire, n, context, entry_attrs(e)->id);
			t->back++;
			t->attrs.slot[i] = slot_of(e, hash, t->young);
		}
		return e;
	}
	e = attrs_add(t, hash, wire, n, context, id_next(&last_attrs));
	set_put(&t->attrs, hash, slot_of(e, hash, t->young));
	return e;
}

const struct attrs *attrs_intern(struct attrs_table *t, const uint8_t *wire, size_t n,
				 unsigned context)
{
	const struct hint *h = &t->next;
	uint64_t hash;

	if (!n)
		wire = (const uint8_t *)""; /* memcmp() wants a place even for nothing */
	if (h->wire == wire && h->n == n && h->context == context)
		hash = h->hash;
	else
		hash = hash_bytes(wire, n, context);
	return entry_attrs(attrs_find(t, hash, wire, n, context));
}

/* Fetches the entry that has this hash, most likely. */
static void entry_prefetch(const struct attrs_table *t, uint64_t hash)
{
	const uint64_t *slot = t->attrs.slot;
	size_t mask = t->attrs.cap - 1, i = hash & mask;
	const uint8_t *e;

	while (slot[i] && (slot[i] ^ hash) >> SLOT_TAG)
		i = (i + 1) & mask;
	if (!slot[i])
		return;
	e = slot_entry(slot[i]);
	__builtin_prefetch(e);
	__builtin_prefetch(e + LINE);
	__builtin_prefetch(e + 2 * LINE);
}

/* The slot of the second next one is fetched, and the entry of the next one, whose slot has come
 * by now. */
void attrs_soon(struct attrs_table *t, const uint8_t *wire, size_t n, unsigned context)
{
	t->next = t->after;
	if (t->next.wire)
		entry_prefetch(t, t->next.hash);
	t->after = (struct hint){.wire = wire, .n = n, .context = context};
	if (!wire)
		return;
	t->after.hash = hash_bytes(wire, n, context);
	__builtin_prefetch(&t->attrs.slot[t->after.hash & (t->attrs.cap - 1)]);
}

void attrs_intern_all(struct attrs_table *t, struct attrs_wanted *w, size_t n, unsigned context)
{
	for (size_t i = 0; i < n; i++) {
		if (!w[i].n)
			w[i].wire = (const uint8_t *)"";
		w[i].hash = hash_bytes(w[i].wire, w[i].n, context);
		__builtin_prefetch(&t->attrs.slot[w[i].hash & (t->attrs.cap - 1)]);
	}
	for (size_t i = 0; i < n; i++)
		entry_prefetch(t, w[i].hash);
	for (size_t i = 0; i < n; i++) {
		const struct attrs_entry *e = attrs_find(t, w[i].hash, w[i].wire, w[i].n, context);

		w[i].attrs = entry_attrs(e);
		w[i].wire = e->wire;
	}
}
