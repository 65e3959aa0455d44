/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/mem.h"
#include "fact/asgraph.h"

static struct asgraph *of(const char *text, struct err *err)
{
	return asgraph_from_text(text, strlen(text), "t", err);
}

static const char small[] = "# a comment\n# IXP ASes: 1200\n10|20|-1\n10|30|-1|bgp\r\n20|30|0|mlp\n"
			    "30|400000|-1|bgp|12|97\n10|20|-1\n";

static void relations(void **state)
{
	struct err err = {0};
	struct asgraph *g = of(small, &err);

	(void)state;
	assert_non_null(g);
	assert_int_equal(g->n, 4);
	assert_int_equal(g->nlink, 4);
	assert_int_equal(asgraph_relation(g, 10, 20), RELATION_CUSTOMER);
	assert_int_equal(asgraph_relation(g, 20, 10), RELATION_PROVIDER);
	assert_int_equal(asgraph_relation(g, 20, 30), RELATION_PEER);
	assert_int_equal(asgraph_relation(g, 30, 20), RELATION_PEER);
	assert_int_equal(asgraph_relation(g, 400000, 30), RELATION_PROVIDER);
	assert_int_equal(asgraph_relation(g, 400000, 10), RELATION_NONE);
	assert_int_equal(asgraph_relation(g, 5, 10), RELATION_NONE);
	assert_int_equal(asgraph_relation(NULL, 5, 10), RELATION_NONE);
	assert_int_equal(asgraph_id(g, 400000), 3);
	assert_int_equal(asgraph_id(g, 9), ASGRAPH_NONE);
	assert_int_equal(asgraph_count(g, 0, RELATION_CUSTOMER), 2);
	assert_int_equal(asgraph_cycles(g, NULL, NULL), 0);
	asgraph_free(g);
}

static void bad_text(void **state)
{
	static const struct {
		const char *text, *why;
	} t[] = {
	    {"1|2|-1\n1|x|0\n", "t: line 2: \"x\" is not an AS number"},
	    {"1|2|-1\n\n1|2\n", "t: line 3: \"1|2\" is not \"asn|asn|-1\" or \"asn|asn|0\""},
	    {"1|2|7\n",
	     "t: line 1: \"7\" is not a relationship (-1: the first is the provider, 0: peers)"},
	    {"0|2|0\n", "t: line 1: \"0\" is not an AS number"},
	    {"1|4294967296|0\n", "t: line 1: \"4294967296\" is not an AS number"},
	    {"7|7|0\n", "t: line 1: AS7 is linked to itself"},
	    {"1|2|-1\n3|4|0\n2|1|-1\n", "t: line 3: \"2|1|-1\" contradicts line 1, which gives AS2 "
					"and AS1 another relationship; "
					"remove one of the two"},
	    {"1|2|-1\n2|1|0\n", "t: line 2: \"2|1|0\" contradicts line 1, which gives AS2 and AS1 "
				"another relationship; "
				"remove one of the two"},
	    {"# only\n", "t: has no relationships (lines like \"3356|15169|-1\")"},
	    {"1|2|0|bgp|x\n", "t: line 1: \"x\" is not a count of vantage points"},
	    {"1|2|0|bgp||101\n", "t: line 1: \"101\" is not a confidence in percent"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct err err = {0};

		assert_null(of(t[i].text, &err));
		assert_string_equal(err.text, t[i].why);
	}
}

static void cycles(void **state)
{
	struct err err = {0};
	uint32_t largest, inside;
	struct asgraph *g =
	    of("1|2|-1\n2|3|-1\n3|1|-1\n4|1|-1\n5|6|-1\n6|7|-1\n7|5|-1\n7|8|-1\n8|6|-1\n", &err);

	(void)state;
	assert_non_null(g);
	assert_int_equal(asgraph_cycles(g, &largest, &inside), 2);
	assert_int_equal(largest, 4);
	assert_int_equal(inside, 7);
	asgraph_free(g);
}

/* Text to memory to both forms and back; a form with any word changed is refused or harmless. */
static void forms(void **state)
{
	struct err err = {0};
	struct asgraph *g = of(small, &err), *h;
	struct buf text = {0}, bin = {0}, again = {0};

	(void)state;
	asgraph_text(g, &text);
	assert_string_equal(text.at,
			    "10|20|-1|bgp\n10|30|-1|bgp\n20|30|0|mlp\n30|400000|-1|bgp|12|97\n");
	asgraph_binary(g, &bin);
	assert_true(asgraph_is_binary((uint8_t *)bin.at, bin.len));
	h = asgraph_of(bin.at, bin.len, "b", &err);
	assert_non_null(h);
	asgraph_text(h, &again);
	assert_string_equal(text.at, again.at);
	assert_true(h->digest == g->digest);
	asgraph_free(h);
	for (size_t i = 0; i < bin.len; i++) {
		char was = bin.at[i];

		bin.at[i] = (char)(was ^ 0x41);
		h = asgraph_of(bin.at, bin.len, "b", &err);
		if (h) {
			for (uint32_t v = 0; v < h->n; v++)
				for (uint32_t w = 0; w < h->n; w++)
					asgraph_between(h, v, w, NULL);
			asgraph_cycles(h, NULL, NULL);
		}
		asgraph_free(h);
		bin.at[i] = was;
	}
	for (size_t n = 0; n < bin.len; n++)
		assert_null(asgraph_of(bin.at, n, "b", &err));
	asgraph_free(g);
	buf_free(&text);
	buf_free(&bin);
	buf_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(relations), cmocka_unit_test(bad_text),
					   cmocka_unit_test(cycles), cmocka_unit_test(forms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
