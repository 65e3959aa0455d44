/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/vrps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/*
 * One family's distinct prefixes stand in order, each with the index of the nearest one that
 * covers it. Prefixes are nested or disjoint, so whatever covers p is the last one that stands at
 * or before p in that order, or one of its ancestors: a lookup is one search and a short walk up.
 * The search starts in a bucket of the address space, so that it takes a few steps within two or
 * three cache lines, the same ones for neighbouring prefixes.
 */
struct node {
	uint64_t hi;
	uint32_t up;	/* nearest covering node, NONE */
	uint32_t first; /* its VRPs: rows first … first + n - 1 */
	uint32_t asn;	/* of the first row, so that most prefixes need no second look */
	uint8_t len, max_len;
	uint16_t n; /* MANY: up to the next node's first row */
};

#define NONE UINT32_MAX
#define MANY UINT16_MAX

struct row {
	uint32_t asn, expires;
	uint8_t max_len, tal;
};

/* A VRP as it waits for vrps_ready(): small, since there are many. */
struct raw4 {
	uint32_t addr, asn, expires;
	uint8_t len, max_len, tal;
};

struct raw6 {
	uint64_t hi, lo;
	uint32_t asn, expires;
	uint8_t len, max_len, tal;
};

struct family {
	struct node *node;
	uint64_t *lo; /* of each node; NULL for IPv4, which has none */
	struct row *row;
	uint32_t *bucket; /* the first node at or after the bucket's start; nbucket + 1 of them */
	uint32_t nnode, nrow, nbucket;
	uint64_t base; /* where the first bucket starts */
	unsigned shift;
};

struct vrps {
	struct family family[2];
	struct raw4 *raw4;
	struct raw6 *raw6;
	size_t nraw4, raw4_cap, nraw6, raw6_cap;
	struct filter *filter;
	size_t nfilter, filter_cap;
	bool ready;
};

static const char *const tal_text[] = {"", "afrinic", "apnic", "arin", "lacnic", "ripe", "slurm"};

const char *vrps_tal(uint8_t tal)
{
	return tal < sizeof(tal_text) / sizeof(*tal_text) ? tal_text[tal] : "";
}

uint8_t vrps_tal_of(const char *s, size_t n)
{
	for (size_t i = 1; i < sizeof(tal_text) / sizeof(*tal_text); i++)
		if (strlen(tal_text[i]) == n && !strncasecmp(tal_text[i], s, n))
			return (uint8_t)i;
	return TAL_UNKNOWN;
}

const char *rov_state_text(enum rov_state s)
{
	static const char *const text[] = {"unknown", "not-found", "valid", "invalid"};

	return text[s];
}

const char *rov_reason_text(enum rov_reason r)
{
	static const char *const text[] = {NULL, "length", "origin", "as0"};

	return text[r];
}

struct vrps *vrps_new(void)
{
	return mem_zero(1, sizeof(struct vrps));
}

void vrps_free(struct vrps *v)
{
	if (!v)
		return;
	for (int i = 0; i < 2; i++) {
		free(v->family[i].node);
		free(v->family[i].lo);
		free(v->family[i].row);
		free(v->family[i].bucket);
	}
	free(v->raw4);
	free(v->raw6);
	free(v->filter);
	free(v);
}

void vrps_add(struct vrps *v, const struct vrp *vrp)
{
	struct prefix p = vrp->prefix;

	assert(!v->ready && vrp->max_len >= p.len && vrp->max_len <= (p.v6 ? 128 : 32));
	if (p.v6) {
		mem_room(&v->raw6, &v->raw6_cap, v->nraw6 + 1);
		v->raw6[v->nraw6++] = (struct raw6){p.hi,  p.lo,	 vrp->asn, vrp->expires,
						    p.len, vrp->max_len, vrp->tal};
	} else {
		mem_room(&v->raw4, &v->raw4_cap, v->nraw4 + 1);
		v->raw4[v->nraw4++] = (struct raw4){
		    (uint32_t)(p.hi >> 32), vrp->asn, vrp->expires, p.len, vrp->max_len, vrp->tal};
	}
}

void vrps_filter(struct vrps *v, const struct filter *f)
{
	if (f->aspa)
		return;
	mem_room(&v->filter, &v->filter_cap, v->nfilter + 1);
	v->filter[v->nfilter++] = *f;
}

size_t vrps_feed(struct vrps *v, const struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nfact; i++) {
		if (f->fact[i].kind == FACT_VRP) {
			vrps_add(v, &f->fact[i].vrp);
			n++;
		} else if (f->fact[i].kind == FACT_FILTER) {
			vrps_filter(v, &f->fact[i].filter);
		}
	}
	return n;
}

static bool filtered(const struct vrps *v, struct prefix p, uint32_t asn, uint8_t tal)
{
	if (tal == TAL_SLURM)
		return false;
	for (size_t i = 0; i < v->nfilter; i++) {
		const struct filter *f = &v->filter[i];

		if ((f->has_prefix || f->has_asn) &&
		    (!f->has_prefix || prefix_covers(f->prefix, p)) &&
		    (!f->has_asn || f->asn == asn))
			return true;
	}
	return false;
}

/* Prefix, max length, ASN; of equals the one that expires last stands first. */
#define ORDER(field)                                         \
	do {                                                 \
		if (x->field != y->field)                    \
			return x->field < y->field ? -1 : 1; \
	} while (0)

static int by_prefix4(const void *a, const void *b)
{
	const struct raw4 *x = a, *y = b;

	ORDER(addr);
	ORDER(len);
	ORDER(max_len);
	ORDER(asn);
	return x->expires < y->expires ? 1 : x->expires > y->expires ? -1 : x->tal - y->tal;
}

static int by_prefix6(const void *a, const void *b)
{
	const struct raw6 *x = a, *y = b;

	ORDER(hi);
	ORDER(lo);
	ORDER(len);
	ORDER(max_len);
	ORDER(asn);
	return x->expires < y->expires ? 1 : x->expires > y->expires ? -1 : x->tal - y->tal;
}

/* Most files come in order already. */
static void sort(void *at, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	const char *p = at;

	for (size_t i = 1; i < n; i++)
		if (cmp(p + (i - 1) * size, p + i * size) > 0) {
			qsort(at, n, size, cmp);
			return;
		}
}

static struct vrp vrp_of4(const struct raw4 *r)
{
	return (struct vrp){
	    {(uint64_t)r->addr << 32, 0, r->len, 0}, r->asn, r->max_len, r->tal, r->expires};
}

static struct vrp vrp_of6(const struct raw6 *r)
{
	return (struct vrp){{r->hi, r->lo, r->len, 1}, r->asn, r->max_len, r->tal, r->expires};
}

static struct prefix node_prefix(const struct family *f, uint32_t i)
{
	return (struct prefix){f->node[i].hi, f->lo ? f->lo[i] : 0, f->node[i].len, f->lo != NULL};
}

/* Appends a row; a new prefix starts a new node. `last` is the row before, NULL for the first. */
static void append(struct family *f, const struct vrp *vrp, const struct vrp *last)
{
	struct node *node;

	if (last && prefix_eq(last->prefix, vrp->prefix)) {
		if (last->max_len == vrp->max_len && last->asn == vrp->asn)
			return;
		node = &f->node[f->nnode - 1];
		node->n += node->n < MANY;
	} else {
		node = &f->node[f->nnode];
		*node = (struct node){vrp->prefix.hi,  NONE,	     f->nrow, vrp->asn,
				      vrp->prefix.len, vrp->max_len, 1};
		if (f->lo)
			f->lo[f->nnode] = vrp->prefix.lo;
		f->nnode++;
	}
	f->row[f->nrow++] = (struct row){vrp->asn, vrp->expires, vrp->max_len, vrp->tal};
}

static void link_up(struct family *f)
{
	uint32_t up = NONE;

	for (uint32_t i = 0; i < f->nnode; i++) {
		struct prefix p = node_prefix(f, i);

		while (up != NONE && !prefix_covers(node_prefix(f, up), p))
			up = f->node[up].up;
		f->node[i].up = up;
		up = i;
	}
}

static uint32_t bucket_of(const struct family *f, uint64_t hi)
{
	uint64_t i;

	if (hi < f->base)
		return 0;
	i = (hi - f->base) >> f->shift;
	return i < f->nbucket ? (uint32_t)i : f->nbucket;
}

/* About two prefixes a bucket where they lie evenly. */
static void build_buckets(struct family *f)
{
	uint64_t span;
	uint32_t i = 0;

	if (!f->nnode)
		return;
	f->base = f->node[0].hi;
	span = f->node[f->nnode - 1].hi - f->base;
	while (f->shift < 63 && (span >> f->shift) > f->nnode / 2)
		f->shift++;
	f->nbucket = (uint32_t)(span >> f->shift) + 1;
	f->bucket = mem_alloc((f->nbucket + (size_t)1) * sizeof(*f->bucket));
	for (uint32_t b = 0; b < f->nbucket; b++) {
		while (i < f->nnode && bucket_of(f, f->node[i].hi) < b)
			i++;
		f->bucket[b] = i;
	}
	f->bucket[f->nbucket] = f->nnode;
}

static void family_room(struct family *f, size_t n, bool v6)
{
	assert(n < NONE);
	f->node = mem_alloc(n * sizeof(*f->node));
	f->row = mem_alloc(n * sizeof(*f->row));
	if (v6)
		f->lo = mem_alloc((n ? n : 1) * sizeof(*f->lo));
}

static void family_done(struct family *f)
{
	f->node = mem_grow(f->node, f->nnode ? f->nnode : 1, sizeof(*f->node));
	f->row = mem_grow(f->row, f->nrow ? f->nrow : 1, sizeof(*f->row));
	link_up(f);
	build_buckets(f);
}

void vrps_ready(struct vrps *v)
{
	struct vrp vrp, last = {0};

	assert(!v->ready);
	v->ready = true;
	sort(v->raw4, v->nraw4, sizeof(*v->raw4), by_prefix4);
	sort(v->raw6, v->nraw6, sizeof(*v->raw6), by_prefix6);
	family_room(&v->family[0], v->nraw4, false);
	for (size_t i = 0; i < v->nraw4; i++) {
		vrp = vrp_of4(&v->raw4[i]);
		if (filtered(v, vrp.prefix, vrp.asn, vrp.tal))
			continue;
		append(&v->family[0], &vrp, v->family[0].nrow ? &last : NULL);
		last = vrp;
	}
	free(v->raw4);
	v->raw4 = NULL;
	family_done(&v->family[0]);
	family_room(&v->family[1], v->nraw6, true);
	for (size_t i = 0; i < v->nraw6; i++) {
		vrp = vrp_of6(&v->raw6[i]);
		if (filtered(v, vrp.prefix, vrp.asn, vrp.tal))
			continue;
		append(&v->family[1], &vrp, v->family[1].nrow ? &last : NULL);
		last = vrp;
	}
	free(v->raw6);
	v->raw6 = NULL;
	v->family[1].lo =
	    mem_grow(v->family[1].lo, v->family[1].nnode + (size_t)1, sizeof(*v->family[1].lo));
	family_done(&v->family[1]);
}

size_t vrps_count(const struct vrps *v)
{
	return v->family[0].nrow + (size_t)v->family[1].nrow;
}

size_t vrps_size(const struct vrps *v)
{
	size_t n = sizeof(*v);

	for (int i = 0; i < 2; i++) {
		const struct family *f = &v->family[i];

		n += f->nnode * (sizeof(*f->node) + (f->lo ? sizeof(*f->lo) : 0)) +
		     f->nrow * sizeof(*f->row) + f->nbucket * sizeof(*f->bucket);
	}
	return n;
}

static uint32_t rows_end(const struct family *f, uint32_t node)
{
	const struct node *n = &f->node[node];

	if (n->n < MANY)
		return n->first + n->n;
	return node + 1 < f->nnode ? f->node[node + 1].first : f->nrow;
}

static struct vrp row_vrp(const struct family *f, uint32_t node, uint32_t row)
{
	const struct row *r = &f->row[row];

	return (struct vrp){node_prefix(f, node), r->asn, r->max_len, r->tal, r->expires};
}

struct vrp vrps_at(const struct vrps *v, size_t i)
{
	const struct family *f = &v->family[i >= v->family[0].nrow];
	uint32_t lo = 0, hi;

	if (f != v->family)
		i -= v->family[0].nrow;
	assert(i < f->nrow);
	hi = f->nnode;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (f->node[mid].first <= i)
			lo = mid;
		else
			hi = mid;
	}
	return row_vrp(f, lo, (uint32_t)i);
}

/* Stands node i after p in the order? */
static inline bool after(const struct family *f, uint32_t i, struct prefix p)
{
	const struct node *n = &f->node[i];

	if (n->hi != p.hi)
		return n->hi > p.hi;
	if (f->lo && f->lo[i] != p.lo)
		return f->lo[i] > p.lo;
	return n->len > p.len;
}

static inline bool covers(const struct family *f, const struct node *n, struct prefix p)
{
	if (n->len > p.len)
		return false;
	if (!n->len)
		return true;
	if (n->len <= 64)
		return !((n->hi ^ p.hi) >> (64 - n->len));
	return prefix_covers(node_prefix(f, (uint32_t)(n - f->node)), p);
}

/* The longest prefix that covers p, NONE. */
static inline uint32_t nearest(const struct family *f, struct prefix p)
{
	uint32_t b, lo, hi;

	if (!f->nnode)
		return NONE;
	b = bucket_of(f, p.hi);
	if (b == f->nbucket) {
		lo = hi = f->nnode;
	} else {
		lo = f->bucket[b];
		hi = f->bucket[b + 1];
	}
	/* The first node after p; nodes before lo are all before p, those from hi on after it. */
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (after(f, mid, p))
			hi = mid;
		else
			lo = mid + 1;
	}
	if (!lo)
		return NONE;
	lo--;
	while (lo != NONE && !covers(f, &f->node[lo], p))
		lo = f->node[lo].up;
	return lo;
}

enum rov_state vrps_validate(const struct vrps *v, struct prefix p, uint32_t origin,
			     enum rov_reason *why)
{
	enum rov_reason reason = ROV_AS0;
	const struct family *f;
	uint32_t i;

	if (why)
		*why = ROV_OK;
	if (!v)
		return ROV_UNKNOWN;
	assert(v->ready);
	f = &v->family[p.v6];
	i = nearest(f, p);
	if (i == NONE)
		return ROV_NOT_FOUND;
	for (; i != NONE; i = f->node[i].up) {
		const struct node *n = &f->node[i];
		uint32_t asn = n->asn, row = n->first, end = row + 1;
		uint8_t max_len = n->max_len;

		if (n->n > 1)
			end = rows_end(f, i);
		for (;;) {
			if (asn && asn == origin) {
				if (p.len <= max_len)
					return ROV_VALID;
				reason = ROV_TOO_SPECIFIC;
			} else if (asn && reason == ROV_AS0) {
				reason = ROV_WRONG_ORIGIN;
			}
			if (++row == end)
				break;
			asn = f->row[row].asn;
			max_len = f->row[row].max_len;
		}
	}
	if (why)
		*why = reason;
	return ROV_INVALID;
}

void vrps_covering(const struct vrps *v, struct prefix p,
		   bool (*each)(const struct vrp *vrp, void *arg), void *arg)
{
	const struct family *f;
	uint32_t chain[129], n = 0;

	if (!v)
		return;
	assert(v->ready);
	f = &v->family[p.v6];
	for (uint32_t i = nearest(f, p); i != NONE; i = f->node[i].up)
		chain[n++] = i;
	while (n--) {
		uint32_t end = rows_end(f, chain[n]);

		for (uint32_t row = f->node[chain[n]].first; row < end; row++) {
			struct vrp vrp = row_vrp(f, chain[n], row);

			if (!each(&vrp, arg))
				return;
		}
	}
}
