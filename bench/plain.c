/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct plain *plain_new(const struct asgraph *g)
{
	struct plain *p = mem_zero(1, sizeof(*p));

	p->g = g;
	p->class = mem_zero(g->n + 1u, 1);
	p->len = mem_zero(g->n + 1u, 4);
	p->next = mem_zero(g->n + 1u, 4);
	p->origin = mem_zero(g->n + 1u, 4);
	return p;
}

void plain_free(struct plain *p)
{
	for (uint32_t i = 0; i < p->levels; i++)
		free(p->bucket[i]);
	free(p->bucket);
	free(p->nbucket);
	free(p->cap);
	free(p->class);
	free(p->len);
	free(p->next);
	free(p->origin);
	free(p);
}

static void put(struct plain *p, uint32_t len, uint32_t v)
{
	if (len >= p->levels) {
		uint32_t to = len + 8;

		p->bucket = mem_grow(p->bucket, to, sizeof(*p->bucket));
		p->nbucket = mem_grow(p->nbucket, to, sizeof(*p->nbucket));
		p->cap = mem_grow(p->cap, to, sizeof(*p->cap));
		for (; p->levels < to; p->levels++) {
			p->bucket[p->levels] = NULL;
			p->nbucket[p->levels] = p->cap[p->levels] = 0;
		}
	}
	mem_room(&p->bucket[len], &p->cap[len], p->nbucket[len] + 1);
	p->bucket[len][p->nbucket[len]++] = v;
}

static void empty(struct plain *p)
{
	for (uint32_t i = 0; i < p->levels; i++)
		p->nbucket[i] = 0;
}

static void take(struct plain *p, uint32_t v, uint32_t u, uint8_t class)
{
	p->class[v] = class;
	p->len[v] = p->len[u] + 1;
	p->next[v] = u;
	p->origin[v] = p->origin[u];
}

void plain_run(struct plain *p, const uint32_t *origin, unsigned n)
{
	const struct asgraph *g = p->g;

	memset(p->class, 0, g->n);
	memset(p->len, 0, 4 * (size_t)g->n);
	empty(p);
	for (unsigned i = 0; i < n; i++) {
		uint32_t o = origin[i];

		p->class[o] = 4;
		p->len[o] = 1;
		p->next[o] = p->origin[o] = o;
		put(p, 1, o);
	}
	for (uint32_t len = 1; len < p->levels; len++)
		for (uint32_t i = 0; i < p->nbucket[len]; i++) {
			uint32_t u = p->bucket[len][i];

			for (uint32_t j = asgraph_first(g, u, RELATION_PROVIDER);
			     j < asgraph_last(g, u, RELATION_PROVIDER); j++) {
				uint32_t v = g->nbr[j];

				if (!p->class[v]) {
					take(p, v, u, 3);
					put(p, len + 1, v);
				} else if (p->class[v] == 3 && p->len[v] == len + 1 &&
					   u < p->next[v]) {
					take(p, v, u, 3);
				}
			}
		}
	for (uint32_t v = 0; v < g->n; v++) {
		uint32_t best = ASGRAPH_NONE;

		if (p->class[v] >= 3)
			continue;
		for (uint32_t j = asgraph_first(g, v, RELATION_PEER);
		     j < asgraph_last(g, v, RELATION_PEER); j++) {
			uint32_t u = g->nbr[j];

			if (p->class[u] >= 3 && (best == ASGRAPH_NONE || p->len[u] < p->len[best]))
				best = u;
		}
		if (best != ASGRAPH_NONE)
			take(p, v, best, 2);
	}
	empty(p);
	for (uint32_t v = 0; v < g->n; v++)
		if (p->class[v])
			put(p, p->len[v], v);
	for (uint32_t len = 1; len < p->levels; len++)
		for (uint32_t i = 0; i < p->nbucket[len]; i++) {
			uint32_t u = p->bucket[len][i];

			for (uint32_t j = asgraph_first(g, u, RELATION_CUSTOMER);
			     j < asgraph_last(g, u, RELATION_CUSTOMER); j++) {
				uint32_t v = g->nbr[j];

				if (!p->class[v]) {
					take(p, v, u, 1);
					put(p, len + 1, v);
				} else if (p->class[v] == 1 && p->len[v] == len + 1 &&
					   u < p->next[v]) {
					take(p, v, u, 1);
				}
			}
		}
}
