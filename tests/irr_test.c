/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Objects of a registry: the forms of RFC 2622 and RFC 4012, what is bad, and random ones against
 * a plain list. */

#include "test.h"

#include "base/buf.h"
#include "fact/irr.h"
#include "graphs.h"

static bool low(uint32_t asn, void *arg)
{
	(void)arg;
	return asn < 100;
}

static struct irr *of(const char *text)
{
	struct irr *i = irr_new(low, NULL);

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		irr_line(i, p, n);
		p += n + (p[n] == '\n');
	}
	irr_end(i);
	irr_ready(i);
	return i;
}

static enum irr_match match(const struct irr *i, const char *prefix, uint32_t origin)
{
	struct prefix p;

	assert_true(prefix_parse(prefix, strlen(prefix), &p));
	return irr_match(i, p, origin);
}

static void forms(void **state)
{
	struct irr *i = of("% This is a dump.\n"
			   "\n"
			   "route:          192.0.2.0/24 # the office\n"
			   "descr:          origin: AS9\n"
			   "origin:         AS7\r\n"
			   "source:         TEST\n"
			   "\n\n"
			   "ROUTE6: 2001:db8::/32\n"
			   "Origin:\n"
			   "+       as8\n"
			   "\n"
			   "route:\n"
			   "\t198.51.100.0/24\n"
			   "descr: more\n"
			   " origin: AS9\n"
			   "% a remark within\n"
			   "origin: AS7\n"
			   "\n"
			   "person: Nobody\n"
			   "route: 203.0.113.0/24\n"
			   "origin: AS7\n"
			   "\n"
			   "aut-num: AS7\n"
			   "import: # nothing on this line\n"
			   "   from AS8 accept ANY\n"
			   "\n"
			   "aut-num: AS8\n"
			   "descr: no policy\n"
			   "\n"
			   "route: 203.0.113.0/24\n"
			   "origin: AS700");
	const struct irr_count *c = irr_counted(i);

	(void)state;
	assert_int_equal(c->routes, 3);
	assert_int_equal(c->routes6, 1);
	assert_int_equal(c->policies, 2);
	assert_int_equal(c->bad, 0);
	assert_int_equal(c->kept, 3);
	assert_int_equal(match(i, "192.0.2.0/24", 7), IRR_EXACT);
	assert_int_equal(match(i, "192.0.2.128/25", 7), IRR_COVERED);
	assert_int_equal(match(i, "192.0.0.0/16", 7), IRR_NONE);
	assert_int_equal(match(i, "192.0.2.0/24", 9), IRR_NONE);
	assert_int_equal(match(i, "198.51.100.0/24", 7), IRR_EXACT);
	assert_int_equal(match(i, "2001:db8::/32", 8), IRR_EXACT);
	assert_int_equal(match(i, "2001:db8:1::/48", 8), IRR_COVERED);
	assert_int_equal(match(i, "203.0.113.0/24", 7), IRR_NONE);
	assert_int_equal(match(i, "203.0.113.0/24", 700), IRR_NONE);
	assert_true(irr_policy(i, 7));
	assert_false(irr_policy(i, 8));
	irr_free(i);
}

static void bad(void **state)
{
	static const char *const text[] = {"route: 192.0.2.0/33\norigin: AS7\n",
					   "route: 192.0.2.0/24\n",
					   "route: 192.0.2.0/24\norigin: 7\n",
					   "route: 192.0.2.0/24\norigin: AS4294967296\n",
					   "route: 192.0.2.0/24\norigin: AS7\norigin: AS8\n",
					   "route6: 192.0.2.0/24\norigin: AS7\n",
					   "route: 2001:db8::/32\norigin: AS7\n",
					   "route: 192.0.2.0/24\ngarbage\norigin: AS7\n",
					   "aut-num: AS\nimport: x\n"};

	(void)state;
	for (size_t k = 0; k < sizeof(text) / sizeof(*text); k++) {
		struct buf b = {0};
		struct irr *i;

		buf_printf(&b,
			   "route: 10.0.0.0/8\norigin: AS1\n\n%s\nroute: 11.0.0.0/8\norigin: "
			   "AS1\n",
			   text[k]);
		i = of(b.at);
		assert_int_equal(irr_counted(i)->bad, 1);
		assert_int_equal(irr_counted(i)->first_bad, 4);
		assert_int_equal(irr_counted(i)->routes, 2);
		assert_int_equal(match(i, "192.0.2.0/24", 7), IRR_NONE);
		assert_int_equal(match(i, "11.0.0.0/8", 1), IRR_EXACT);
		irr_free(i);
		buf_free(&b);
	}
}

static void random_objects(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct {
			struct prefix p;
			uint32_t origin;
		} list[60];
		struct buf b = {0};
		struct irr *i;

		for (int k = 0; k < 60; k++) {
			char text[PREFIX_TEXT];
			bool v6 = graphs_random(2);
			struct prefix p = {((v6 ? UINT64_C(32) : UINT64_C(10)) << 56) |
					       (uint64_t)graphs_random(16) << 52,
					   0, (uint8_t)(8 + graphs_random(6)), v6};

			list[k].p = prefix_masked(p);
			list[k].origin = graphs_random(4);
			prefix_text(text, list[k].p);
			if (k < 30)
				buf_printf(&b, "route%s: %s\norigin: AS%u\n\n", v6 ? "6" : "", text,
					   list[k].origin);
		}
		i = of(b.at);
		assert_int_equal(irr_counted(i)->kept, 30);
		for (int k = 0; k < 60; k++) {
			enum irr_match want = IRR_NONE;

			for (int j = 0; j < 30; j++) {
				if (list[j].origin != list[k].origin)
					continue;
				if (prefix_eq(list[j].p, list[k].p))
					want = IRR_EXACT;
				else if (want == IRR_NONE && prefix_covers(list[j].p, list[k].p))
					want = IRR_COVERED;
			}
			assert_int_equal(irr_match(i, list[k].p, list[k].origin), want);
		}
		irr_free(i);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(bad),
					   cmocka_unit_test(random_objects)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
