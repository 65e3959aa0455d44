/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/topo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Whether the i-th entry of v's neighbours is still there. */
static bool there(const struct asgraph *g, const struct topo_mask *m, uint32_t v, uint32_t i)
{
	if (!m)
		return true;
	if (m->node && (m->node[v] || m->node[g->nbr[i]]))
		return false;
	return !m->link || !m->link[g->via[i]];
}

/* Of a stub: 0 to 2 without peers and with one to three providers, 3 otherwise, 4 with peers. */
static unsigned group_of(const struct asgraph *g, const struct topo_mask *m, uint32_t v)
{
	uint32_t i = asgraph_first(g, v, RELATION_PROVIDER), n = 0;

	for (; i < asgraph_last(g, v, RELATION_PROVIDER); i++)
		n += there(g, m, v, i);
	for (; i < asgraph_last(g, v, RELATION_PEER); i++)
		if (there(g, m, v, i))
			return 4;
	return n >= 1 && n <= 3 ? n - 1 : 3;
}

struct topo *topo_new(const struct asgraph *g, const struct topo_mask *mask)
{
	struct topo *t = mem_zero(1, sizeof(*t));
	uint32_t n = g->n, nprovider = 0, npeer = 0, ncustomer = 0, next;
	uint8_t *transit = mem_zero((size_t)n + 1, 1), *group = mem_zero((size_t)n + 1, 1);

	t->graph = g;
	t->n = n;
	t->id = mem_zero((size_t)n + 1, 4);
	t->index = mem_zero((size_t)n + 1, 4);
	t->gone = mem_zero((size_t)n + 1, 1);
	for (uint32_t v = 0; v < n; v++) {
		for (uint32_t i = asgraph_first(g, v, RELATION_CUSTOMER);
		     i < asgraph_last(g, v, RELATION_CUSTOMER) && !transit[v]; i++)
			transit[v] = there(g, mask, v, i);
		t->ntransit += transit[v];
	}
	next = 0;
	for (uint32_t v = 0; v < n; v++)
		if (transit[v])
			t->index[v] = next++;
	for (uint32_t v = 0; v < n; v++)
		if (!transit[v])
			group[v] = (uint8_t)group_of(g, mask, v);
	for (unsigned k = 0; k < 5; k++) {
		for (uint32_t v = 0; v < n; v++)
			if (!transit[v] && group[v] == k)
				t->index[v] = next++;
		if (k < 4)
			t->stubs[k] = next;
	}
	for (uint32_t v = 0; v < n; v++) {
		t->id[t->index[v]] = v;
		t->gone[t->index[v]] = mask && mask->node && mask->node[v];
	}

	t->provider_off = mem_zero((size_t)n + 1, 4);
	t->peer_off = mem_zero((size_t)n + 1, 4);
	t->customer_off = mem_zero((size_t)n + 1, 4);
	t->provider = mem_zero((size_t)g->nlink + 1, 4);
	t->peer = mem_zero(2 * (size_t)g->nlink + 1, 4);
	t->customer = mem_zero((size_t)g->nlink + 1, 4);
	t->slot = mem_zero((size_t)n + 1, 4);
	t->peered = mem_zero((size_t)n + 1, 4);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = t->id[i];
		uint32_t at = asgraph_first(g, v, RELATION_PROVIDER);

		t->provider_off[i] = nprovider;
		t->peer_off[i] = npeer;
		t->customer_off[i] = ncustomer;
		for (; at < asgraph_last(g, v, RELATION_PROVIDER); at++)
			if (there(g, mask, v, at))
				t->provider[nprovider++] = t->index[g->nbr[at]];
		for (; at < asgraph_last(g, v, RELATION_PEER); at++)
			if (there(g, mask, v, at))
				t->peer[npeer++] = t->index[g->nbr[at]];
		for (; at < asgraph_last(g, v, RELATION_CUSTOMER); at++)
			if (transit[g->nbr[at]] && there(g, mask, v, at))
				t->customer[ncustomer++] = t->index[g->nbr[at]];
		t->slot[i] = ASGRAPH_NONE;
		if (i >= t->ntransit && npeer > t->peer_off[i]) {
			t->slot[i] = t->npeered;
			t->peered[t->npeered++] = i;
		}
	}
	t->provider_off[n] = nprovider;
	t->peer_off[n] = npeer;
	t->customer_off[n] = ncustomer;
	free(transit);
	free(group);
	return t;
}

void topo_free(struct topo *t)
{
	if (!t)
		return;
	free(t->id);
	free(t->index);
	free(t->gone);
	free(t->provider_off);
	free(t->peer_off);
	free(t->customer_off);
	free(t->provider);
	free(t->peer);
	free(t->customer);
	free(t->slot);
	free(t->peered);
	free(t);
}

int topo_by_providers(const void *a, const void *b, void *topo)
{
	const struct topo *t = topo;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t i = t->provider_off[x], j = t->provider_off[y];

	for (; i < t->provider_off[x + 1] && j < t->provider_off[y + 1]; i++, j++)
		if (t->provider[i] != t->provider[j])
			return t->provider[i] < t->provider[j] ? -1 : 1;
	if (i < t->provider_off[x + 1] || j < t->provider_off[y + 1])
		return i < t->provider_off[x + 1] ? 1 : -1;
	if ((t->slot[x] == ASGRAPH_NONE) != (t->slot[y] == ASGRAPH_NONE))
		return t->slot[x] == ASGRAPH_NONE ? -1 : 1;
	return (x > y) - (x < y);
}

bool topo_twins(const struct topo *t, uint32_t x, uint32_t y)
{
	uint32_t n = t->provider_off[x + 1] - t->provider_off[x];

	return x >= t->ntransit && y >= t->ntransit && t->slot[x] == ASGRAPH_NONE &&
	       t->slot[y] == ASGRAPH_NONE && t->provider_off[y + 1] - t->provider_off[y] == n &&
	       !memcmp(t->provider + t->provider_off[x], t->provider + t->provider_off[y],
		       n * sizeof(*t->provider));
}
