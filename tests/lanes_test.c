/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Many origins at once against the plain program, for every set of instructions there is here. */

#include "test.h"

#include "../bench/plain.c"
#include "finding/lanes.h"
#include "graphs.h"

struct table {
	uint32_t n;
	uint8_t *at;	/* origin × network */
	uint32_t *next; /* the same, NULL: not wanted */
};

static void fill(void *arg, const struct lanes_tile *tile)
{
	struct table *tab = arg;
	uint8_t bytes[LANES];

	for (uint32_t i = 0; i < tile->n; i++) {
		const uint64_t *row = tile->row + (size_t)i * LANE_PLANES * LANE_WORDS;
		uint32_t v = tile->topo->id[tile->index[i]];
		uint64_t mask[LANE_WORDS] = {0}, routes, len, n = 0, sum = 0;

		lanes_bytes(row, bytes);
		for (unsigned k = 0; k < tile->norigin; k++) {
			tab->at[(size_t)tile->origin[k] * tab->n + v] = bytes[k];
			if (k & 1) {
				mask[k / 64] |= UINT64_C(1) << k % 64;
				n += bytes[k] != 0;
				sum += bytes[k] & 63;
			}
		}
		for (unsigned k = tile->norigin; k < LANES; k++)
			assert_int_equal(bytes[k], 0);
		if (tab->next) {
			uint32_t next[LANES];

			lanes_next(tile, i, next);
			for (unsigned k = 0; k < tile->norigin; k++)
				tab->next[(size_t)tile->origin[k] * tab->n + v] = next[k];
		}
		lanes_sum(row, mask, &routes, &len);
		assert_int_equal(routes, n);
		assert_int_equal(len, sum);
	}
}

/* The graph without some links and networks, built anew: what a mask must be the same as. */
static struct asgraph *without(const struct asgraph *g, const uint8_t *node, const uint8_t *link)
{
	struct asgraph_build *b = asgraph_build_new();

	for (uint32_t v = 0; v < g->n; v++)
		asgraph_build_add(b, g->asn[v], g->asn[v], 0, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];

		if (!link[i] && !node[l->a] && !node[l->b])
			asgraph_build_add(b, g->asn[l->a], g->asn[l->b], l->kind, LINK_BGP, 0,
					  LINK_SURE_UNKNOWN);
	}
	return asgraph_build_done(b, NULL);
}

static void random_graphs(void **state)
{
	(void)state;
	for (int round = 0; round < 400; round++) {
		uint32_t size = round % 40 == 39 ? 700 : 2 + graphs_random(60);
		struct asgraph *g = graphs_make(size, graphs_random(4 * size) + 1, round & 1), *h;
		uint8_t *node = mem_zero(g->n, 1), *link = mem_zero(g->nlink + 1u, 1);
		struct topo_mask mask = {.node = node, .link = link};
		struct plain *o;
		struct topo *t;

		for (uint32_t v = 0; round % 3 == 0 && v < g->n; v++)
			node[v] = graphs_random(12) == 0;
		for (uint32_t i = 0; round % 3 && i < g->nlink; i++)
			link[i] = graphs_random(5) == 0;
		h = without(g, node, link);
		assert_int_equal(h->n, g->n);
		o = plain_new(h);
		t = topo_new(g, &mask);
		for (int simd = SIMD_PORTABLE; simd <= SIMD_AVX512; simd++) {
			struct table tab = {g->n, mem_zero((size_t)g->n * g->n, 1),
					    mem_zero((size_t)g->n * g->n, 4)};
			struct lanes_job job = {.topo = t,
						.simd = (enum lanes_simd)simd,
						.threads = 1 + (unsigned)round % 3,
						.use = fill,
						.arg = &tab};

			if (lanes_simd_can((enum lanes_simd)simd)) {
				assert_true(lanes_all(&job));
				for (uint32_t a = 0; a < g->n; a++) {
					plain_run(o, &a, 1);
					for (uint32_t v = 0; v < g->n; v++) {
						uint8_t class = o->class[v] == 4 ? 3 : o->class[v];
						unsigned want =
						    class ? (unsigned)class << 6 | o->len[v] : 0;

						if (node[a])
							want = 0;
						assert_int_equal(tab.at[(size_t)a * g->n + v],
								 want);
						assert_int_equal(tab.next[(size_t)a * g->n + v],
								 want ? o->next[v] : ASGRAPH_NONE);
					}
				}
			}
			free(tab.at);
			free(tab.next);
		}
		plain_free(o);
		topo_free(t);
		asgraph_free(g);
		asgraph_free(h);
		free(node);
		free(link);
	}
}

/* A path longer than the planes hold is said, not cut. */
static void too_long(void **state)
{
	for (uint32_t n = 60; n < 70; n++) {
		struct asgraph_build *b = asgraph_build_new();
		struct table tab = {n, mem_zero((size_t)n * n, 1), NULL};
		struct asgraph *g;
		struct topo *t;
		struct lanes_job job = {.threads = 1, .use = fill, .arg = &tab};

		(void)state;
		for (uint32_t v = 1; v < n; v++)
			asgraph_build_add(b, v, v + 1, -1, LINK_BGP, 0, LINK_SURE_UNKNOWN);
		g = asgraph_build_done(b, NULL);
		t = topo_new(g, NULL);
		job.topo = t;
		if (lanes_all(&job))
			for (uint32_t v = 0; v < n; v++) {
				assert_int_equal(tab.at[v] & 63, v + 1);
				assert_int_equal(tab.at[(size_t)v * n] & 63, v + 1);
			}
		else
			assert_true(n >= 62);
		assert_true(n <= 63 || !lanes_all(&job));
		topo_free(t);
		asgraph_free(g);
		free(tab.at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_graphs),
					   cmocka_unit_test(too_long)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
