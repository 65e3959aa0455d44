/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "fact/prefix.h"

static struct prefix pf(const char *s)
{
	struct prefix p;

	assert_true(prefix_parse(s, strlen(s), &p));
	return p;
}

static void text_round_trip(void **state)
{
	static const char *const good[] = {
	    "0.0.0.0/0", "192.0.2.0/24",    "255.255.255.255/32", "10.1.2.3/32",   "2001:db8::/32",
	    "::/0",	 "2001:db8::1/128", "fe80::1:0:0:1/128",  "95.161.64.0/20"};
	static const char *const bad[] = {
	    "",		  "192.0.2.0/33",   "192.0.2.1/24", "2001:db8::/129",
	    "1.2.3/8",	  "1.2.3.4/",	    "1.2.3.4/08",   "x",
	    "1.2.3.4/-1", "2001:db8::1/64", "192.0.2.0/24 "};
	char t[PREFIX_TEXT];
	struct buf b = {0};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_string_equal(prefix_text(t, pf(good[i])), good[i]);
		buf_reset(&b);
		prefix_put(&b, pf(good[i]));
		assert_string_equal(b.at, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(prefix_parse(bad[i], strlen(bad[i]), &p));
	buf_free(&b);
}

static void covering(void **state)
{
	(void)state;
	assert_true(prefix_covers(pf("10.0.0.0/8"), pf("10.1.0.0/16")));
	assert_true(prefix_covers(pf("10.0.0.0/8"), pf("10.0.0.0/8")));
	assert_false(prefix_covers(pf("10.1.0.0/16"), pf("10.0.0.0/8")));
	assert_false(prefix_covers(pf("0.0.0.0/0"), pf("::/0")));
	assert_true(prefix_covers(pf("2001:db8::/32"), pf("2001:db8::1/128")));
	assert_true(prefix_covers(pf("::/0"), pf("2001:db8::1/128")));
}

static void wire(void **state)
{
	static const uint8_t w[] = {192, 0, 2, 255};

	(void)state;
	/* Bits beyond the length are ignored, RFC 4271 4.3: "the value of trailing bits is
	 * irrelevant". */
	assert_true(prefix_eq(prefix_wire(w, 25, false), pf("192.0.2.128/25")));
	assert_true(prefix_eq(prefix_wire(w, 0, false), pf("0.0.0.0/0")));
	assert_true(prefix_eq(prefix_wire(w, 17, true), pf("c000::/17")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(text_round_trip),
					   cmocka_unit_test(covering), cmocka_unit_test(wire)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
