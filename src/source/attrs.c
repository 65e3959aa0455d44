/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/attrs.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"

#define LIMIT ((size_t)64 << 20)
#define LEAST ((size_t)4 << 20) /* of a table, when there are many */
#define BLOCK_FIRST ((size_t)64 << 10)
#define BLOCK_MOST ((size_t)2 << 20)
#define AS_TRANS 23456 /* RFC 6793 9 */

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
		b = room_block(want);
		*b = (struct block){l->block, want, ALIGNED(sizeof(*b))};
		l->block = b;
	}
	b->used += size;
	l->used += size;
	return (uint8_t *)b + b->used - size;
}

static void room_free(struct room *l)
{
	for (struct block *b = l->block, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*l = (struct room){0};
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
		limit = LIMIT / atomic_load_explicit(&tables, memory_order_relaxed);
		if (limit < LEAST)
			limit = LEAST;
	}
	if (used < limit / 2)
		return false;
	set_move(&t->attrs, t->attrs.cap, t->young);
	set_move(&t->paths, t->paths.cap, t->young);
	t->young ^= 1;
	room_free(&t->room[t->young]);
	arena_reset(&t->arena[t->young]);
	return true;
}

static uint32_t be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
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

/* Notes a fault; the gravest one stays. */
static void fault(struct attrs *a, enum fault_class class, uint8_t type, const char *why)
{
	if (class > a->fault) {
		a->fault = class;
		a->fault_attr = type;
		a->fault_why = why;
	}
}

/* Checks an AS_PATH's segments and adds them to out in canonical form. NULL, or what is wrong;
 * nothing is added then. AS4_PATH must not carry confederations (RFC 6793 6): they are left out. */
static const char *path_read(const struct attr *v, bool asn4, bool as4_path, struct buf *out)
{
	const uint8_t *at = v->at, *end = at + v->n;
	size_t wide = asn4 ? 4 : 2;

	while (at < end) {
		size_t n;

		if (end - at < 2)
			return "AS_PATH ends within a segment's head";
		n = at[1];
		if (at[0] < SEGMENT_SET || at[0] > SEGMENT_CONFED_SET)
			return "AS_PATH has a segment of an unknown type";
		if (!n)
			return "AS_PATH has a segment without ASNs";
		if ((size_t)(end - at) - 2 < n * wide)
			return "AS_PATH has a segment that is longer than the attribute";
		at += 2 + n * wide;
	}
	for (at = v->at; at < end;) {
		size_t n = at[1];
		uint8_t *to;

		if (as4_path && at[0] > SEGMENT_SEQUENCE) {
			at += 2 + n * wide;
			continue;
		}
		to = (uint8_t *)buf_room(out, 2 + n * 4);
		*to++ = *at++;
		*to++ = *at++;
		if (asn4) {
			memcpy(to, at, n * 4);
		} else {
			for (size_t i = 0; i < n; i++) {
				to[4 * i] = to[4 * i + 1] = 0;
				to[4 * i + 2] = at[2 * i];
				to[4 * i + 3] = at[2 * i + 1];
			}
		}
		at += n * wide;
		out->len += 2 + n * 4;
	}
	return NULL;
}

/* How many ASes a path counts in route selection: a set one, confederations none. */
static size_t path_count(const struct buf *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->len; i += 2 + 4 * (size_t)(uint8_t)b->at[i + 1]) {
		if (b->at[i] == SEGMENT_SEQUENCE)
			count += (uint8_t)b->at[i + 1];
		else if (b->at[i] == SEGMENT_SET)
			count++;
	}
	return count;
}

/* RFC 6793 4.2.3: the leading part of AS_PATH, then AS4_PATH, as long as AS_PATH was. The result
 * stands in path4. False: AS4_PATH is longer and to be ignored. */
static bool path_merge(struct attrs_table *t)
{
	size_t have = path_count(&t->path), new = path_count(&t->path4), lead, i;
	struct buf out = {0};

	if (have < new || !new)
		return false;
	lead = have - new;
	for (i = 0; i < t->path.len;) {
		size_t n = (uint8_t)t->path.at[i + 1], take = n;
		uint8_t kind = (uint8_t)t->path.at[i];

		/* A confederation segment goes with what it leads or adjoins. */
		if (kind == SEGMENT_SEQUENCE || kind == SEGMENT_SET) {
			if (!lead)
				break;
			if (kind == SEGMENT_SEQUENCE && n > lead)
				take = lead;
			lead -= kind == SEGMENT_SEQUENCE ? take : 1;
		}
		buf_u8(&out, kind);
		buf_u8(&out, (uint8_t)take);
		buf_add(&out, t->path.at + i + 2, take * 4);
		if (take < n)
			break;
		i += 2 + 4 * n;
	}
	buf_add(&out, t->path4.at, t->path4.len);
	buf_free(&t->path4);
	t->path4 = out;
	return true;
}

/* Optional and transitive bits by type; 1: not checked. */
static uint8_t attr_flags(uint8_t type)
{
	switch (type) {
	case ATTR_ORIGIN:
	case ATTR_AS_PATH:
	case ATTR_NEXT_HOP:
	case ATTR_LOCAL_PREF:
	case ATTR_ATOMIC_AGGREGATE:
		return 0x40;
	case ATTR_MED:
	case ATTR_ORIGINATOR_ID:
	case ATTR_CLUSTER_LIST:
	case ATTR_MP_REACH:
	case ATTR_MP_UNREACH:
	case ATTR_AIGP:
	case ATTR_BGP_LS:
	case ATTR_BGPSEC_PATH:
		return 0x80;
	case ATTR_AGGREGATOR:
	case ATTR_COMMUNITIES:
	case ATTR_EXT_COMMUNITIES:
	case ATTR_AS4_PATH:
	case ATTR_AS4_AGGREGATOR:
	case ATTR_IPV6_EXT_COMMUNITIES:
	case ATTR_LARGE_COMMUNITIES:
	case ATTR_OTC:
	case ATTR_PREFIX_SID:
	case ATTR_SET:
		return 0xc0;
	}
	return 1;
}

/* RFC 4760 3, RFC 5549/8950, RFC 4364 (route distinguishers before the addresses), and the short
 * form of RFC 6396 4.3.4. */
static void read_mp_reach(struct attrs *a, const struct attr *v, unsigned context)
{
	struct bytes b = bytes_of(v->at, v->n);
	const uint8_t *hop;
	unsigned n;

	/* An AFI's first byte is 0 as long as AFIs are below 256, a next hop's length is not. */
	if (!(context & ATTRS_TABLE) || (v->n && !v->at[0]))
		bytes_skip(&b, 3);
	n = bytes_u8(&b);
	hop = bytes_take(&b, n);
	if (b.bad) {
		fault(a, FAULT_DISABLE_FAMILY, ATTR_MP_REACH, "MP_REACH ends within its next hop");
		return;
	}
	a->has |= HAS_MP_REACH;
	switch (n) {
	case 0:
		return;
	case 4:
		a->next_hop = addr_wire(hop, false);
		return;
	case 12:
		a->next_hop = addr_wire(hop + 8, false);
		return;
	case 16:
	case 32:
		a->next_hop = addr_wire(hop, true);
		return;
	case 24:
	case 48:
		a->next_hop = addr_wire(hop + 8, true);
		return;
	}
	fault(a, FAULT_DISABLE_FAMILY, ATTR_MP_REACH, "MP_REACH has a next hop of an odd length");
}

/* RFC 7311 3: TLVs of type, length (with its head) and value; type 1 is the metric. */
static bool read_aigp(struct attrs *a, const struct attr *v)
{
	struct bytes b = bytes_of(v->at, v->n);

	while (bytes_left(&b)) {
		uint8_t type = bytes_u8(&b);
		unsigned n = bytes_u16(&b);
		struct bytes value = bytes_sub(&b, n < 3 ? SIZE_MAX : n - 3);

		if (b.bad || (type == 1 && n != 11))
			return false;
		if (type == 1 && !(a->has & HAS_AIGP)) {
			a->aigp = bytes_u64(&value);
			a->has |= HAS_AIGP;
		}
	}
	return true;
}

/* RFC 8669 3 and RFC 9252 2: TLVs of type (one byte), length (two) and value. */
static bool good_prefix_sid(const struct attr *v)
{
	struct bytes b = bytes_of(v->at, v->n);

	while (bytes_left(&b)) {
		uint8_t type = bytes_u8(&b);
		unsigned n = bytes_u16(&b);

		bytes_skip(&b, n);
		if (type == 1 && n != 7)
			return false;
		if (type == 3 && (n < 8 || (n - 2) % 6))
			return false;
	}
	return !b.bad && v->n;
}

static bool read_communities(struct communities *c, const struct attr *v, unsigned size)
{
	if (!v->n || v->n % size)
		return false;
	*c = (struct communities){v->at, (uint16_t)(v->n / size)};
	return true;
}

#define TAW FAULT_TREAT_AS_WITHDRAW
#define DISCARD FAULT_ATTRIBUTE_DISCARD

/* What is read from the attributes before they are put together. */
struct reading {
	struct attr as_path, as4_path;
	uint32_t as4_aggregator;
	struct addr as4_aggregator_addr;
	uint64_t seen[4]; /* bit per type */
};

/* One attribute; RFC 7606 7 in its order, then the later RFCs' own rules. */
static void read_one(struct attrs *a, const struct attr *v, unsigned context, struct reading *r)
{
	unsigned wide = context & ATTRS_ASN4 ? 4 : 2;

	switch (v->type) {
	case ATTR_ORIGIN:
		if (v->n != 1 || v->at[0] > 2) {
			fault(a, TAW, v->type, "ORIGIN is not IGP, EGP or INCOMPLETE");
			return;
		}
		a->origin = v->at[0];
		a->has |= HAS_ORIGIN;
		return;
	case ATTR_AS_PATH:
		r->as_path = *v;
		return;
	case ATTR_NEXT_HOP:
		if (v->n != 4) {
			fault(a, TAW, v->type, "NEXT_HOP is not 4 bytes long");
			return;
		}
		if (!(a->has & HAS_MP_REACH) || !a->next_hop.v6)
			a->next_hop = addr_wire(v->at, false);
		a->has |= HAS_NEXT_HOP;
		return;
	case ATTR_MED:
		if (v->n != 4) {
			fault(a, TAW, v->type, "MULTI_EXIT_DISC is not 4 bytes long");
			return;
		}
		a->med = be32(v->at);
		a->has |= HAS_MED;
		return;
	case ATTR_LOCAL_PREF:
		/* A collector's sessions are mostly external; there the attribute is discarded. */
		if (v->n != 4) {
			fault(a, DISCARD, v->type, "LOCAL_PREF is not 4 bytes long");
			return;
		}
		a->local_pref = be32(v->at);
		a->has |= HAS_LOCAL_PREF;
		return;
	case ATTR_ATOMIC_AGGREGATE:
		if (v->n)
			fault(a, DISCARD, v->type, "ATOMIC_AGGREGATE is not empty");
		a->has |= HAS_ATOMIC_AGGREGATE;
		return;
	case ATTR_AGGREGATOR:
		if (v->n != wide + 4) {
			fault(a, DISCARD, v->type,
			      wide == 4 ? "AGGREGATOR is not 8 bytes long"
					: "AGGREGATOR is not 6 bytes long");
			return;
		}
		a->aggregator_asn = wide == 4 ? be32(v->at) : be16(v->at);
		a->aggregator = addr_wire(v->at + wide, false);
		a->has |= HAS_AGGREGATOR;
		if (!a->aggregator_asn)
			fault(a, DISCARD, v->type, "AGGREGATOR has AS 0");
		return;
	case ATTR_COMMUNITIES:
		if (!read_communities(&a->community, v, 4))
			fault(a, TAW, v->type, "COMMUNITIES is not a multiple of 4 bytes long");
		else
			a->has |= HAS_COMMUNITIES;
		return;
	case ATTR_ORIGINATOR_ID:
		if (v->n != 4)
			fault(a, DISCARD, v->type, "ORIGINATOR_ID is not 4 bytes long");
		else
			a->has |= HAS_ORIGINATOR;
		return;
	case ATTR_CLUSTER_LIST:
		if (!v->n || v->n % 4)
			fault(a, DISCARD, v->type, "CLUSTER_LIST is not a multiple of 4 bytes");
		else
			a->has |= HAS_CLUSTERS;
		return;
	case ATTR_MP_REACH:
		read_mp_reach(a, v, context);
		return;
	case ATTR_EXT_COMMUNITIES:
		if (!read_communities(&a->ext_community, v, 8))
			fault(a, TAW, v->type, "EXTENDED COMMUNITIES is not a multiple of 8 bytes");
		else
			a->has |= HAS_EXT_COMMUNITIES;
		return;
	case ATTR_AS4_PATH:
		r->as4_path = *v;
		return;
	case ATTR_AS4_AGGREGATOR:
		if (v->n != 8) {
			fault(a, DISCARD, v->type, "AS4_AGGREGATOR is not 8 bytes long");
			return;
		}
		r->as4_aggregator = be32(v->at);
		r->as4_aggregator_addr = addr_wire(v->at + 4, false);
		a->has |= HAS_AS4_AGGREGATOR;
		return;
	case ATTR_IPV6_EXT_COMMUNITIES:
		if (!v->n || v->n % 20)
			fault(a, TAW, v->type, "IPv6 EXTENDED COMMUNITIES is not a multiple of 20");
		else
			a->has |= HAS_IPV6_COMMUNITIES;
		return;
	case ATTR_AIGP:
		if (!read_aigp(a, v))
			fault(a, DISCARD, v->type, "AIGP's TLVs do not fit");
		return;
	case ATTR_LARGE_COMMUNITIES:
		if (!read_communities(&a->large_community, v, 12))
			fault(a, TAW, v->type, "LARGE_COMMUNITY is not a multiple of 12 bytes");
		else
			a->has |= HAS_LARGE_COMMUNITIES;
		return;
	case ATTR_OTC:
		if (v->n != 4) {
			fault(a, TAW, v->type, "OTC is not 4 bytes long");
			return;
		}
		a->otc = be32(v->at);
		a->has |= HAS_OTC;
		return;
	case ATTR_PREFIX_SID:
		if (!good_prefix_sid(v))
			fault(a, DISCARD, v->type, "PREFIX_SID's TLVs do not fit");
		else
			a->has |= HAS_PREFIX_SID;
		return;
	case ATTR_SET:
		if (v->n < 4)
			fault(a, TAW, v->type, "ATTR_SET is shorter than its origin AS");
		a->has |= HAS_UNKNOWN;
		return;
	case ATTR_MP_UNREACH:
	case ATTR_PMSI_TUNNEL:
	case ATTR_TUNNEL_ENCAPSULATION:
	case ATTR_BGP_LS:
	case ATTR_BGPSEC_PATH:
		return;
	}
	a->has |= HAS_UNKNOWN;
	if (!(v->flags & 0x80))
		fault(a, FAULT_SESSION_RESET, v->type, "a well-known attribute that nobody knows");
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
	why = path_read(&r->as_path, asn4, false, &t->path);
	if (why) {
		fault(a, TAW, ATTR_AS_PATH, why);
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
		why = path_read(&r->as4_path, true, true, &t->path4);
		if (why) {
			fault(a, DISCARD, ATTR_AS4_PATH, why);
		} else if (!asn4 && !stale && path_merge(t)) {
			key = (const uint8_t *)t->path4.at;
			nkey = t->path4.len;
			merged = true;
		}
	}
	p = path_intern(t, key, nkey, merged);
	a->path = p->path;
	a->has |= HAS_PATH;
	if (p->as0)
		fault(a, TAW, ATTR_AS_PATH, "AS_PATH has AS 0");
}

static void read_all(struct attrs_table *t, struct attrs *a, unsigned context)
{
	const uint8_t *at = a->wire, *end = at + a->nwire;
	struct reading r = {0};
	struct attr v;

	while (attr_next(&at, end, &v)) {
		uint64_t bit = UINT64_C(1) << (v.type & 63), *seen = &r.seen[v.type >> 6];
		uint8_t flags = attr_flags(v.type);

		if (*seen & bit) {
			fault(a, v.type == ATTR_MP_REACH ? FAULT_SESSION_RESET : DISCARD, v.type,
			      "an attribute comes twice");
			continue;
		}
		*seen |= bit;
		/* What a speaker keeps in its dump is not always what came over the wire. */
		if (flags != 1 && (v.flags & 0xc0) != flags && !(context & ATTRS_TABLE))
			fault(a,
			      v.type == ATTR_AS4_PATH || v.type == ATTR_AS4_AGGREGATOR ||
				      v.type == ATTR_AIGP || v.type == ATTR_PREFIX_SID
				  ? DISCARD
				  : TAW,
			      v.type, "an attribute's flags conflict with its type");
		read_one(a, &v, context, &r);
	}
	if (at < end || context & ATTRS_OVERRUN)
		fault(a, TAW, end - at >= 2 ? at[1] : 0, "an attribute is longer than the list");
	read_paths(t, a, context, &r);
	/* RFC 7606 3.d. An attribute at fault was there and has said so already. A table also has
	 * what a daemon holds of its own and never sent: nothing must be there. */
	if (context & ATTRS_TABLE)
		return;
	if (context & ATTRS_PARTIAL)
		return;
	if (!(r.seen[0] & 1 << ATTR_ORIGIN))
		fault(a, TAW, ATTR_ORIGIN, "ORIGIN is missing");
	if (!(r.seen[0] & 1 << ATTR_AS_PATH))
		fault(a, TAW, ATTR_AS_PATH, "AS_PATH is missing");
	if (context & ATTRS_NEXT_HOP && !(r.seen[0] & 1 << ATTR_NEXT_HOP))
		fault(a, TAW, ATTR_NEXT_HOP, "NEXT_HOP is missing");
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

void attrs_put(struct buf *wire, uint8_t type, const void *value, size_t n)
{
	uint8_t flags = attr_flags(type);

	if (n > UINT16_MAX)
		n = UINT16_MAX;
	buf_u8(wire, (uint8_t)((flags == 1 ? 0xc0 : flags) | (n > 255 ? 0x10 : 0)));
	buf_u8(wire, type);
	if (n > 255)
		buf_u16(wire, (uint16_t)n);
	else
		buf_u8(wire, (uint8_t)n);
	buf_add(wire, value, n);
}

void attrs_put_u8(struct buf *wire, uint8_t type, uint8_t v)
{
	attrs_put(wire, type, &v, 1);
}

void attrs_put_u32(struct buf *wire, uint8_t type, uint32_t v)
{
	v = __builtin_bswap32(v);
	attrs_put(wire, type, &v, 4);
}

void attrs_put_next_hop(struct buf *wire, struct addr next_hop)
{
	uint8_t mp[21] = {0, 2, 1, 16};

	addr_to_wire(next_hop, mp + 4);
	if (next_hop.v6)
		attrs_put(wire, ATTR_MP_REACH, mp, sizeof(mp));
	else
		attrs_put(wire, ATTR_NEXT_HOP, mp + 4, 4);
}

void attrs_put_segment(struct buf *path, enum segment_kind kind, const uint32_t *asn, size_t n)
{
	while (n) {
		size_t some = n > 255 ? 255 : n;

		buf_u8(path, (uint8_t)kind);
		buf_u8(path, (uint8_t)some);
		for (size_t i = 0; i < some; i++)
			buf_u32(path, asn[i]);
		asn += some;
		n -= some;
	}
}
