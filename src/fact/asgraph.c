/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/asgraph.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/mem.h"

uint32_t asgraph_id(const struct asgraph *g, uint32_t asn)
{
	uint32_t lo = 0, n = g->n;

	while (n > 1) {
		uint32_t half = n / 2;

		lo += g->asn[lo + half] <= asn ? half : 0;
		n -= half;
	}
	return n && g->asn[lo] == asn ? lo : ASGRAPH_NONE;
}

/* Where w stands among nbr[from … to), or UINT32_MAX. */
static uint32_t find(const struct asgraph *g, uint32_t from, uint32_t to, uint32_t w)
{
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (g->nbr[mid] == w)
			return mid;
		if (g->nbr[mid] < w)
			from = mid + 1;
		else
			to = mid;
	}
	return UINT32_MAX;
}

enum relation_kind asgraph_between(const struct asgraph *g, uint32_t a, uint32_t b, uint32_t *link)
{
	static const enum relation_kind kinds[] = {RELATION_PROVIDER, RELATION_PEER,
						   RELATION_CUSTOMER};
	static const enum relation_kind back[] = {RELATION_CUSTOMER, RELATION_PEER,
						  RELATION_PROVIDER};
	/* Search the one with fewer neighbours. */
	bool swap = g->off[3 * (size_t)a + 3] - g->off[3 * (size_t)a] >
		    g->off[3 * (size_t)b + 3] - g->off[3 * (size_t)b];
	uint32_t x = swap ? b : a, y = swap ? a : b;

	for (int i = 0; i < 3; i++) {
		uint32_t at = find(g, g->off[3 * (size_t)x + i], g->off[3 * (size_t)x + i + 1], y);

		if (at != UINT32_MAX) {
			if (link)
				*link = g->via[at];
			return swap ? back[i] : kinds[i];
		}
	}
	return RELATION_NONE;
}

enum relation_kind asgraph_relation(const struct asgraph *g, uint32_t a, uint32_t b)
{
	uint32_t x, y;

	if (!g)
		return RELATION_NONE;
	x = asgraph_id(g, a);
	y = asgraph_id(g, b);
	if (x == ASGRAPH_NONE || y == ASGRAPH_NONE)
		return RELATION_NONE;
	return asgraph_between(g, x, y, NULL);
}

/* A link as it was given, ASNs in place of ids. */
struct asgraph_build {
	struct asgraph_link *at;
	size_t n, cap;
	uint32_t *lone; /* networks that were added alone */
	size_t nlone, lonecap;
};

struct asgraph_build *asgraph_build_new(void)
{
	return mem_zero(1, sizeof(struct asgraph_build));
}

void asgraph_build_add(struct asgraph_build *b, uint32_t a, uint32_t b_asn, int kind,
		       enum link_class class, uint32_t seen, uint8_t sure)
{
	if (a == b_asn) {
		mem_room(&b->lone, &b->lonecap, b->nlone + 1);
		b->lone[b->nlone++] = a;
		return;
	}
	if (kind >= 0 && a > b_asn) {
		uint32_t t = a;

		a = b_asn;
		b_asn = t;
	}
	mem_room(&b->at, &b->cap, b->n + 1);
	b->at[b->n++] = (struct asgraph_link){.a = a,
					      .b = b_asn,
					      .kind = kind < 0 ? -1 : 0,
					      .class = class,
					      .sure = sure,
					      .seen = seen};
}

static int by_asn(const void *p, const void *q)
{
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;

	return (x > y) - (x < y);
}

/* A link with the place where it was given, which qsort() needs to be stable. */
struct given {
	uint64_t pair; /* smaller ASN, larger ASN */
	uint32_t index;
};

static int by_pair(const void *p, const void *q)
{
	const struct given *x = p, *y = q;

	if (x->pair != y->pair)
		return x->pair < y->pair ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static int by_ends(const void *p, const void *q)
{
	const struct asgraph_link *x = p, *y = q;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* One link for each pair; returns how many contradict an earlier one. */
static uint32_t unite(struct asgraph_build *b)
{
	struct given *g = mem_zero(b->n + 1, sizeof(*g));
	struct asgraph_link *out = mem_zero(b->n + 1, sizeof(*out));
	size_t n = 0;
	uint32_t contradictions = 0;

	for (size_t i = 0; i < b->n; i++) {
		uint32_t x = b->at[i].a, y = b->at[i].b;

		g[i].pair = x < y ? (uint64_t)x << 32 | y : (uint64_t)y << 32 | x;
		g[i].index = (uint32_t)i;
	}
	qsort(g, b->n, sizeof(*g), by_pair);
	for (size_t i = 0; i < b->n; i++) {
		const struct asgraph_link *l = &b->at[g[i].index];

		if (i && g[i].pair == g[i - 1].pair) {
			struct asgraph_link *kept = &out[n - 1];

			if (kept->kind != l->kind || kept->a != l->a)
				contradictions++;
			else if (l->seen > kept->seen)
				kept->seen = l->seen;
			continue;
		}
		out[n++] = *l;
	}
	free(g);
	free(b->at);
	b->at = out;
	b->n = n;
	return contradictions;
}

/* Everything in one block: asn, off, nbr, via, link. */
static struct asgraph *lay_out(uint32_t n, uint32_t nlink)
{
	struct asgraph *g = mem_zero(1, sizeof(*g));
	size_t words = (size_t)n + 3 * (size_t)n + 1 + 4 * (size_t)nlink;
	uint32_t *at = mem_zero(words + 4, sizeof(*at));
	struct asgraph_link *link = mem_zero((size_t)nlink + 1, sizeof(*link));

	g->n = n;
	g->nlink = nlink;
	g->own = at;
	g->asn = at;
	g->off = at + n;
	g->nbr = g->off + 3 * (size_t)n + 1;
	g->via = g->nbr + 2 * (size_t)nlink;
	g->link = link;
	return g;
}

/* Fills off, nbr and via from the sorted links. */
static void join(struct asgraph *g)
{
	uint32_t *off = (uint32_t *)g->off, *nbr = (uint32_t *)g->nbr, *via = (uint32_t *)g->via;
	uint32_t *next;

	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];

		off[3 * (size_t)l->a + (l->kind ? 2 : 1) + 1]++;
		off[3 * (size_t)l->b + (l->kind ? 0 : 1) + 1]++;
	}
	for (size_t i = 0; i < 3 * (size_t)g->n; i++)
		off[i + 1] += off[i];
	next = mem_zero(3 * (size_t)g->n + 1, sizeof(*next));
	memcpy(next, off, 3 * (size_t)g->n * sizeof(*next));
	/*
	 * Links are by (a, b). So what is appended to a's lists comes in order of b. What is
	 * appended to b's lists comes in order of a; a peer list gets its smaller ids (as b) in
	 * a first round and its larger ones (as a) in a second.
	 */
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];
		uint32_t at = next[3 * (size_t)l->b + (l->kind ? 0 : 1)]++;

		nbr[at] = l->a;
		via[at] = i;
	}
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];
		uint32_t at = next[3 * (size_t)l->a + (l->kind ? 2 : 1)]++;

		nbr[at] = l->b;
		via[at] = i;
	}
	free(next);
}

static uint64_t digest_of(const struct asgraph *g)
{
	uint64_t h = hash_bytes(g->asn, (size_t)g->n * sizeof(*g->asn), 1);

	return hash_bytes(g->link, (size_t)g->nlink * sizeof(*g->link), h);
}

struct asgraph *asgraph_build_done(struct asgraph_build *b, uint32_t *contradictions)
{
	uint32_t bad = unite(b);
	uint32_t *asn = mem_zero(2 * b->n + b->nlone + 1, sizeof(*asn));
	size_t all = 0, n = 0;
	struct asgraph_link *link;
	struct asgraph *g;

	for (size_t i = 0; i < b->n; i++) {
		asn[all++] = b->at[i].a;
		asn[all++] = b->at[i].b;
	}
	for (size_t i = 0; i < b->nlone; i++)
		asn[all++] = b->lone[i];
	qsort(asn, all, sizeof(*asn), by_asn);
	for (size_t i = 0; i < all; i++)
		if (!i || asn[i] != asn[i - 1])
			asn[n++] = asn[i];
	g = lay_out((uint32_t)n, (uint32_t)b->n);
	memcpy((uint32_t *)g->asn, asn, n * sizeof(*asn));
	link = (struct asgraph_link *)g->link;
	for (size_t i = 0; i < b->n; i++) {
		link[i] = b->at[i];
		link[i].a = asgraph_id(g, b->at[i].a);
		link[i].b = asgraph_id(g, b->at[i].b);
	}
	qsort(link, b->n, sizeof(*link), by_ends);
	join(g);
	g->digest = digest_of(g);
	if (contradictions)
		*contradictions = bad;
	free(asn);
	free(b->at);
	free(b->lone);
	free(b);
	return g;
}

void asgraph_free(struct asgraph *g)
{
	if (!g)
		return;
	if (g->mapped) {
		munmap(g->own, g->mapped);
	} else if (g->own) {
		free(g->own);
		free((void *)g->link);
	}
	free(g);
}

/* Tarjan's algorithm (1972) over provider links, without recursion. */
uint32_t asgraph_cycles(const struct asgraph *g, uint32_t *largest, uint32_t *inside)
{
	uint32_t *low = mem_zero((size_t)g->n + 1, sizeof(*low)); /* 0: not seen yet */
	uint32_t *at = mem_zero((size_t)g->n + 1, sizeof(*at));	  /* next provider to look at */
	uint32_t *index = mem_zero((size_t)g->n + 1, sizeof(*index));
	uint32_t *stack = mem_zero((size_t)g->n + 1, sizeof(*stack));
	uint32_t *call = mem_zero((size_t)g->n + 1, sizeof(*call));
	uint32_t nstack = 0, ncall, next = 0, found = 0, most = 0, all = 0;

	for (uint32_t root = 0; root < g->n; root++) {
		if (index[root])
			continue;
		ncall = 0;
		call[ncall++] = root;
		while (ncall) {
			uint32_t v = call[ncall - 1];
			bool deeper = false;

			if (!index[v]) {
				index[v] = low[v] = ++next;
				at[v] = asgraph_first(g, v, RELATION_PROVIDER);
				stack[nstack++] = v;
			}
			for (; at[v] < asgraph_last(g, v, RELATION_PROVIDER); at[v]++) {
				uint32_t w = g->nbr[at[v]];

				if (!index[w]) {
					call[ncall++] = w;
					deeper = true;
					break;
				}
				if (low[w] != UINT32_MAX && low[w] < low[v])
					low[v] = low[w];
			}
			if (deeper)
				continue;
			ncall--;
			if (low[v] == index[v]) {
				uint32_t size = 0, w;

				do {
					w = stack[--nstack];
					low[w] = UINT32_MAX;
					size++;
				} while (w != v);
				if (size > 1) {
					found++;
					all += size;
					most = size > most ? size : most;
				}
			}
		}
	}
	free(low);
	free(at);
	free(index);
	free(stack);
	free(call);
	if (largest)
		*largest = most;
	if (inside)
		*inside = all;
	return found;
}
