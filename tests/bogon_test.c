/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "fact/bogon.h"

/* IANA's special-purpose registries (BOGON_DATE), the exceptions in them and what lies beside. */
static void prefixes(void **state)
{
	static const struct {
		const char *prefix;
		enum bogon_kind kind;
		const char *where;
	} t[] = {
	    {"10.0.0.0/8", BOGON_FULL, "RFC 1918"},
	    {"10.1.2.0/24", BOGON_FULL, "RFC 1918"},
	    {"8.0.0.0/6", BOGON_NONE, NULL}, /* only covers one */
	    {"0.0.0.0/0", BOGON_NONE, NULL},
	    {"::/0", BOGON_NONE, NULL},
	    {"100.127.0.0/16", BOGON_FULL, "RFC 6598"},
	    {"100.128.0.0/16", BOGON_NONE, NULL},
	    {"192.0.0.0/24", BOGON_FULL, "RFC 6890"},
	    {"192.0.0.9/32", BOGON_NONE, "RFC 7723"},
	    {"192.0.1.0/24", BOGON_NONE, NULL},
	    {"192.31.196.0/24", BOGON_NONE, NULL}, /* AS112 is announced by many */
	    {"192.175.48.0/24", BOGON_NONE, NULL},
	    {"198.19.0.0/16", BOGON_FULL, "RFC 2544"},
	    {"239.1.1.1/32", BOGON_FULL, "RFC 5771"},
	    {"255.255.255.255/32", BOGON_FULL, "RFC 1112"},
	    {"95.161.64.0/20", BOGON_NONE, NULL},
	    {"2001:db8:1::/48", BOGON_FULL, "RFC 3849"},
	    {"2001::/32", BOGON_NONE, "RFC 4380"},
	    {"2001:2::/48", BOGON_FULL, "RFC 5180"},
	    {"2001:20::/28", BOGON_NONE, "RFC 7343"},
	    {"2001:5::/32", BOGON_FULL, "RFC 2928"},
	    {"2002::/16", BOGON_NONE, "RFC 3056"},
	    {"3fff:fff::/32", BOGON_FULL, "RFC 9637"},
	    {"3ffe::/16", BOGON_ADMINISTRATIVE, "IANA IPv6 global unicast assignments"},
	    {"2a20::/16", BOGON_ADMINISTRATIVE, "IANA IPv6 global unicast assignments"},
	    {"2a0a:f280::/32", BOGON_NONE, NULL},
	    {"2410::/32", BOGON_NONE, NULL},
	    {"2000::/3", BOGON_NONE, NULL},
	    {"2620:4f:8000::/48", BOGON_NONE, NULL},
	    {"4000::/8", BOGON_FULL, "RFC 4291"},
	    {"5f00:1::/32", BOGON_FULL, "RFC 9602"},
	    {"fd00::/8", BOGON_FULL, "RFC 4193"},
	    {"fe80::1/128", BOGON_FULL, "RFC 4291"},
	    {"64:ff9b::/96", BOGON_NONE, "RFC 6052"},
	    {"::ffff:10.0.0.0/104", BOGON_FULL, "RFC 4291"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct prefix p;
		struct bogon b;

		assert_true(prefix_parse(t[i].prefix, strlen(t[i].prefix), &p));
		if (bogon_prefix(p, &b) != t[i].kind)
			fail_msg("%s is %d", t[i].prefix, b.kind);
		assert_int_equal(bogon_prefix(p, NULL), t[i].kind);
		if (t[i].where)
			assert_string_equal(b.where, t[i].where);
		else
			assert_null(b.where);
	}
}

static void networks(void **state)
{
	static const struct {
		uint32_t asn;
		enum bogon_kind kind;
		bool private;
	} t[] = {
	    {0, BOGON_FULL, false},
	    {1, BOGON_NONE, false},
	    {112, BOGON_NONE, false},
	    {23456, BOGON_FULL, false},
	    {62041, BOGON_NONE, false},
	    {64495, BOGON_NONE, false},
	    {64496, BOGON_FULL, false},
	    {64512, BOGON_FULL, true},
	    {65534, BOGON_FULL, true},
	    {65535, BOGON_FULL, false},
	    {65551, BOGON_FULL, false},
	    {131071, BOGON_FULL, false},
	    {131072, BOGON_NONE, false},
	    {196607, BOGON_ADMINISTRATIVE, false},
	    {196608, BOGON_NONE, false},
	    {402640, BOGON_NONE, false},
	    {2008445, BOGON_ADMINISTRATIVE, false},
	    {4200000000u, BOGON_FULL, true},
	    {4294967295u, BOGON_FULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct bogon b;

		if (bogon_asn(t[i].asn, &b) != t[i].kind || b.private != t[i].private)
			fail_msg("AS%u is %d", t[i].asn, b.kind);
		assert_int_equal(asn_private(t[i].asn), t[i].private);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(prefixes), cmocka_unit_test(networks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
