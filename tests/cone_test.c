/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "finding/cone.h"
#include "finding/nets.h"
#include "graphs.h"

/* topology/expected: the recursive cone of all 52,838 networks. */
static void expected(void **state)
{
	struct asgraph *g = graphs_shared("data/as/20160101.as-rel.txt.gz");
	char *text, *save;
	uint32_t *size, rows = 0;

	(void)state;
	if (!g)
		skip();
	text = graphs_text("data/topology/expected/caida20160101_recursive_cone.tsv.gz", NULL);
	assert_non_null(text);
	size = mem_zero(g->n, sizeof(*size));
	cone_recursive(g, size);
	for (char *row = strtok_r(text, "\n", &save); row;
	     row = strtok_r(NULL, "\n", &save), rows++) {
		unsigned asn, want;

		assert_int_equal(sscanf(row, "%u %u", &asn, &want), 2);
		assert_int_equal(size[asgraph_id(g, asn)], want);
	}
	assert_int_equal(rows, g->n);
	free(text);
	free(size);
	asgraph_free(g);
}

static void observed(void **state)
{
	static const char links[] = "1|2|-1\n2|3|-1\n3|4|-1\n1|5|0\n5|6|-1\n2|4|-1\n";
	static const char paths[] = "5 1 2 3\n3|2|4\n2 2 3 4\n# 1 2 4\n";
	struct err err;
	struct asgraph *g = asgraph_from_text(links, strlen(links), "t", &err);
	struct path_set p = {0};
	uint32_t size[6];

	(void)state;
	assert_true(path_set_read(&p, paths, strlen(paths), "t", &err));
	assert_int_equal(p.n, 3);
	cone_recursive(g, size);
	assert_int_equal(size[0], 4);
	/* 1 sees 2 and 3 below it; 2 sees 3, 4; 3 sees 4. */
	cone_observed(g, &p, false, size);
	assert_int_equal(size[0], 3);
	assert_int_equal(size[1], 3);
	assert_int_equal(size[2], 2);
	assert_int_equal(size[4], 1);
	/* From above: 5 is a peer of 1; 1 is a provider of 2; nobody comes to 3 but by 2, its
	 * provider. */
	cone_observed(g, &p, true, size);
	assert_int_equal(size[0], 3);
	assert_int_equal(size[1], 2);
	assert_int_equal(size[2], 2);
	path_set_free(&p);
	assert_false(path_set_read(&p, "1 2\n3 x\n", 8, "t", &err));
	assert_string_equal(err.text, "t: line 2: \"x\n\" is not an AS path");
	path_set_free(&p);
	asgraph_free(g);
}

static bool reaches(const struct asgraph *g, uint32_t v, uint32_t gone, const uint8_t *clique)
{
	uint32_t stack[16], n = 0, seen = 1u << v;

	stack[n++] = v;
	while (n) {
		uint32_t u = stack[--n];

		for (uint32_t i = asgraph_first(g, u, RELATION_PROVIDER);
		     i < asgraph_last(g, u, RELATION_PROVIDER); i++) {
			uint32_t w = g->nbr[i];

			if (gone >> w & 1 || seen >> w & 1)
				continue;
			if (clique[w])
				return true;
			seen |= 1u << w;
			stack[n++] = w;
		}
	}
	return false;
}

/* Against all subsets of small graphs. */
static void cuts(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct asgraph *g =
		    graphs_make(4 + graphs_random(8), 8 + graphs_random(30), round & 1);
		uint32_t clique[16], n = 0;
		uint8_t in[16] = {0};
		struct cut_room *r;

		for (uint32_t v = 0; v < g->n; v++)
			if (!asgraph_count(g, v, RELATION_PROVIDER) ||
			    (round % 3 == 0 && !graphs_random(5))) {
				clique[n++] = v;
				in[v] = 1;
			}
		r = cut_room_new(g, clique, n);
		for (uint32_t v = 0; v < g->n; v++) {
			uint32_t best = 99;

			if (in[v])
				continue;
			for (uint32_t gone = 0; gone < 1u << g->n; gone++)
				if (!(gone >> v & 1) && (uint32_t)__builtin_popcount(gone) < best &&
				    !reaches(g, v, gone, in))
					best = (uint32_t)__builtin_popcount(gone);
			assert_int_equal(cone_cut(r, v, 50), best);
		}
		cut_room_free(r);
		asgraph_free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(expected), cmocka_unit_test(observed),
					   cmocka_unit_test(cuts)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
