/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/origins.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fact/cuts.h"

/* Seen in a table of ranges or in routes; authorised by the RPKI. */
enum tier { SEEN, ALLOWED, NTIER };

/* The upper 64 bits of its first and last address (IPv4: the address alone, as everywhere). */
struct range {
	uint64_t first, last;
	uint32_t asn, votes;
};

struct half {
	struct range *row;
	size_t n, cap;
	struct cuts cuts; /* then: whose it is, 0 nobody's */
};

struct origins {
	struct half half[NTIER][2];
	bool ready;
};

struct origins *origins_new(void)
{
	return mem_zero(1, sizeof(struct origins));
}

void origins_free(struct origins *o)
{
	if (!o)
		return;
	for (int t = 0; t < NTIER; t++)
		for (int f = 0; f < 2; f++) {
			free(o->half[t][f].row);
			cuts_free(&o->half[t][f].cuts);
		}
	free(o);
}

static void add(struct half *h, uint64_t first, uint64_t last, uint32_t asn)
{
	/* A dump has all peers' routes to a prefix together; few networks share one. */
	size_t stop = h->n > 8 ? h->n - 8 : 0;

	for (size_t i = h->n; i-- > stop && h->row[i].first == first && h->row[i].last == last;)
		if (h->row[i].asn == asn) {
			h->row[i].votes++;
			return;
		}
	mem_room(&h->row, &h->cap, h->n + 1);
	h->row[h->n++] = (struct range){first, last, asn, 1};
}

static void add_prefix(struct origins *o, enum tier t, struct prefix p, uint32_t asn)
{
	uint64_t first = prefix_masked(p).hi;
	uint64_t rest = p.len >= 64 ? 0 : UINT64_MAX >> p.len;

	add(&o->half[t][p.v6], first, first | rest, asn);
}

size_t origins_feed(struct origins *o, const struct facts *f)
{
	size_t count = 0;

	assert(!o->ready);
	for (size_t i = 0; i < f->nfact; i++) {
		const struct fact *x = &f->fact[i];

		if (x->kind == FACT_ORIGIN && x->origin.asn) {
			uint64_t rest = x->origin.first.v6 ? 0 : UINT32_MAX;

			add(&o->half[SEEN][x->origin.first.v6], x->origin.first.hi,
			    x->origin.last.hi | rest, x->origin.asn);
			count++;
		} else if (x->kind == FACT_VRP && x->vrp.asn) {
			add_prefix(o, ALLOWED, x->vrp.prefix, x->vrp.asn);
			count++;
		}
	}
	for (size_t i = 0; i < f->nroute; i++) {
		const struct route *r = &f->route[i];

		if (r->kind == ROUTE_WITHDRAW || r->safi != 1 || !r->attrs || !r->prefix.len ||
		    !r->attrs->path.origin)
			continue;
		add_prefix(o, SEEN, r->prefix, r->attrs->path.origin);
		count++;
	}
	return count;
}

/* Wider ranges before what lies in them. */
static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return (x->asn > y->asn) - (x->asn < y->asn);
}

/* One row a range: who has most rows, nobody (0) on a tie. A VRP that comes twice says no more. */
static void vote(struct half *h, bool count)
{
	size_t n = 0, i = 0;

	while (i < h->n) {
		struct range best = h->row[i];
		uint64_t most = 0;
		size_t k = i;

		while (k < h->n && h->row[k].first == best.first && h->row[k].last == best.last) {
			uint32_t asn = h->row[k].asn;
			uint64_t votes = 0;

			for (; k < h->n && h->row[k].first == best.first &&
			       h->row[k].last == best.last && h->row[k].asn == asn;
			     k++)
				votes += h->row[k].votes;
			if (!count)
				votes = 1;
			if (votes > most)
				best.asn = asn;
			else if (votes == most)
				best.asn = 0;
			most = votes > most ? votes : most;
		}
		h->row[n++] = best;
		i = k;
	}
	h->n = n;
}

void origins_ready(struct origins *o)
{
	assert(!o->ready);
	o->ready = true;
	for (int t = 0; t < NTIER; t++)
		for (int f = 0; f < 2; f++) {
			struct half *h = &o->half[t][f];

			if (h->n)
				qsort(h->row, h->n, sizeof(*h->row), by_first);
			vote(h, t == SEEN);
			for (size_t i = 0; i < h->n; i++)
				cuts_add(&h->cuts, h->row[i].first, h->row[i].last, h->row[i].asn);
			cuts_end(&h->cuts);
			free(h->row);
			h->row = NULL;
			h->n = h->cap = 0;
		}
}

uint32_t origins_find(const struct origins *o, struct addr a)
{
	for (int t = 0; o && t < NTIER; t++) {
		const struct cuts *c = &o->half[t][a.v6].cuts;
		size_t lo = 0, hi = c->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (c->start[mid] <= a.hi)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo && c->value[lo - 1])
			return c->value[lo - 1];
	}
	return 0;
}
