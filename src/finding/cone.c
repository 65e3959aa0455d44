/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/cone.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void path_set_add(struct path_set *p, const uint32_t *asn, size_t n)
{
	mem_room(&p->asn, &p->asncap, p->nasn + n);
	mem_room(&p->off, &p->offcap, p->n + 2);
	p->off[p->n] = (uint32_t)p->nasn;
	memcpy(p->asn + p->nasn, asn, n * sizeof(*asn));
	p->nasn += n;
	p->off[++p->n] = (uint32_t)p->nasn;
}

void path_set_free(struct path_set *p)
{
	free(p->asn);
	free(p->off);
	*p = (struct path_set){0};
}

bool path_set_read(struct path_set *p, const char *text, size_t n, const char *name,
		   struct err *err)
{
	const char *end = text + n;
	uint32_t path[256];
	size_t line = 1, len = 0;
	bool comment = false;

	for (const char *q = text; q <= end; q++) {
		uint64_t v = 0;

		if (q == end || *q == '\n') {
			if (len)
				path_set_add(p, path, len);
			len = 0;
			line++;
			comment = false;
			continue;
		}
		if (*q == '#')
			comment = true;
		if (comment || *q == '|' || *q == ' ' || *q == '\t' || *q == '\r')
			continue;
		if (*q < '0' || *q > '9' || p->nasn > UINT32_MAX - 512)
			return err_set(err, "%s: line %zu: \"%.*s\" is not an AS path", name, line,
				       (int)(end - q > 20 ? 20 : end - q), q);
		for (; q < end && *q >= '0' && *q <= '9' && v <= UINT32_MAX; q++)
			v = 10 * v + (uint64_t)(*q - '0');
		q--;
		if (v > UINT32_MAX)
			return err_set(err, "%s: line %zu: an AS number is too large", name, line);
		if (len == 256)
			return err_set(err, "%s: line %zu: the path is longer than 256", name,
				       line);
		if (!len || path[len - 1] != (uint32_t)v)
			path[len++] = (uint32_t)v;
	}
	return true;
}

void cone_recursive(const struct asgraph *g, uint32_t *size)
{
	uint32_t *stamp = mem_zero((size_t)g->n + 1, 4), *queue = mem_zero((size_t)g->n + 1, 4);

	for (uint32_t v = 0; v < g->n; v++) {
		uint32_t at = 0, end = 0;

		queue[end++] = v;
		stamp[v] = v + 1;
		for (; at < end; at++) {
			uint32_t u = queue[at];

			for (uint32_t i = asgraph_first(g, u, RELATION_CUSTOMER);
			     i < asgraph_last(g, u, RELATION_CUSTOMER); i++) {
				uint32_t w = g->nbr[i];

				if (stamp[w] != v + 1) {
					stamp[w] = v + 1;
					queue[end++] = w;
				}
			}
		}
		size[v] = end;
	}
	free(stamp);
	free(queue);
}

static int by_word(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void cone_observed(const struct asgraph *g, const struct path_set *p, bool from_above,
		   uint32_t *size)
{
	uint64_t *pair = NULL;
	size_t n = 0, cap = 0, sorted = 0;
	uint32_t id[256];
	enum relation_kind down[256];

	for (size_t i = 0; i < p->n; i++) {
		size_t len = p->off[i + 1] - p->off[i];
		const uint32_t *asn = p->asn + p->off[i];

		for (size_t k = 0; k < len && k < 256; k++)
			id[k] = asgraph_id(g, asn[k]);
		/* What the network before is to the one after it: a provider when it goes down. */
		for (size_t k = 1; k < len && k < 256; k++)
			down[k] = id[k - 1] == ASGRAPH_NONE || id[k] == ASGRAPH_NONE
				      ? RELATION_NONE
				      : asgraph_between(g, id[k], id[k - 1], NULL);
		for (size_t k = 0; k < len && k < 256; k++) {
			if (id[k] == ASGRAPH_NONE)
				continue;
			if (from_above &&
			    (!k || (down[k] != RELATION_PROVIDER && down[k] != RELATION_PEER)))
				continue;
			for (size_t j = k + 1; j < len && j < 256 && down[j] == RELATION_PROVIDER;
			     j++) {
				mem_room(&pair, &cap, n + 1);
				pair[n++] = (uint64_t)id[k] << 32 | id[j];
			}
		}
		/* Paths repeat themselves: unite now and then, so that memory stays bounded. */
		if (n > 2 * sorted + (1 << 22) || i + 1 == p->n) {
			size_t kept = 0;

			qsort(pair, n, sizeof(*pair), by_word);
			for (size_t k = 0; k < n; k++)
				if (!k || pair[k] != pair[k - 1])
					pair[kept++] = pair[k];
			n = sorted = kept;
		}
	}
	for (uint32_t v = 0; v < g->n; v++)
		size[v] = 1;
	for (size_t k = 0; k < n; k++)
		size[pair[k] >> 32]++;
	free(pair);
}

/*
 * Every network is an entry and an exit with one unit between them; links up have no limit. The
 * state of a search is (network, at its exit or its entry).
 */
struct cut_room {
	const struct asgraph *g;
	uint8_t *clique;
	uint32_t *flow_to;   /* used networks: where its unit goes on to */
	uint32_t *flow_from; /* and where it came from */
	uint32_t *stamp, round, *parent, *queue;
	uint32_t *used;
	size_t nused, usedcap;
};

struct cut_room *cut_room_new(const struct asgraph *g, const uint32_t *clique, size_t n)
{
	struct cut_room *r = mem_zero(1, sizeof(*r));
	size_t size = (size_t)g->n + 1;

	r->g = g;
	r->clique = mem_zero(size, 1);
	r->flow_to = mem_zero(size, 4);
	r->flow_from = mem_zero(size, 4);
	r->stamp = mem_zero(2 * size, 4);
	r->parent = mem_zero(2 * size, 4);
	r->queue = mem_zero(2 * size, 4);
	memset(r->flow_to, 0xff, size * 4);
	memset(r->flow_from, 0xff, size * 4);
	for (size_t i = 0; i < n; i++)
		r->clique[clique[i]] = 1;
	return r;
}

void cut_room_free(struct cut_room *r)
{
	if (!r)
		return;
	free(r->clique);
	free(r->flow_to);
	free(r->flow_from);
	free(r->stamp);
	free(r->parent);
	free(r->queue);
	free(r->used);
	free(r);
}

/* State 2u + 1: at u's exit, may go up; 2u: at u's entry without room, may only go back. */
static bool augment(struct cut_room *r, uint32_t v)
{
	const struct asgraph *g = r->g;
	uint32_t at = 0, end = 0, last = UINT32_MAX;

	r->round++;
	r->queue[end++] = 2 * v + 1;
	r->stamp[2 * v + 1] = r->round;
	while (at < end && last == UINT32_MAX) {
		uint32_t state = r->queue[at++], u = state / 2;
		uint32_t back = UINT32_MAX;

		if (state & 1) {
			for (uint32_t i = asgraph_first(g, u, RELATION_PROVIDER);
			     i < asgraph_last(g, u, RELATION_PROVIDER); i++) {
				uint32_t w = g->nbr[i], to;

				if (w == v || r->flow_to[u] == w)
					continue;
				/* A free network is passed through; a used one is only entered. */
				to = r->flow_from[w] == ASGRAPH_NONE ? 2 * w + 1 : 2 * w;
				if (r->stamp[to] == r->round)
					continue;
				r->stamp[to] = r->round;
				r->parent[to] = state;
				r->queue[end++] = to;
				if (to & 1 && r->clique[w]) {
					last = to;
					break;
				}
			}
			/* Undo u's own unit: back to its entry. */
			if (u != v && r->flow_from[u] != ASGRAPH_NONE)
				back = 2 * u;
		} else if (r->flow_from[u] != ASGRAPH_NONE && r->flow_from[u] != v) {
			back = 2 * r->flow_from[u] + 1; /* undo the link that the unit came by */
		}
		if (back != UINT32_MAX && r->stamp[back] != r->round) {
			r->stamp[back] = r->round;
			r->parent[back] = state;
			r->queue[end++] = back;
		}
	}
	if (last == UINT32_MAX)
		return false;
	/* Walk back and turn the units; what was on both sides of an undone link is rejoined. */
	for (uint32_t state = last; state != 2 * v + 1;) {
		uint32_t before = r->parent[state], w = state / 2, u = before / 2;

		if (before & 1 && u != w) { /* a new link from u to w */
			if (u != v)
				r->flow_to[u] = w;
			r->flow_from[w] = u;
			mem_room(&r->used, &r->usedcap, r->nused + 1);
			r->used[r->nused++] = w;
		} else if (before & 1) { /* u is not used any more */
			r->flow_from[u] = r->flow_to[u] = ASGRAPH_NONE;
		}
		state = before;
	}
	return true;
}

uint32_t cone_cut(struct cut_room *r, uint32_t v, uint32_t most)
{
	uint32_t cut = 0;

	r->nused = 0;
	if (r->clique[v])
		return most;
	while (cut < most && augment(r, v))
		cut++;
	for (size_t i = 0; i < r->nused; i++)
		r->flow_from[r->used[i]] = r->flow_to[r->used[i]] = ASGRAPH_NONE;
	return cut;
}
