/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "source/dns.h"

static void query(void **state)
{
	struct buf b = {0};
	struct arena a = {0};
	struct dns_message m;

	(void)state;
	assert_true(dns_query(&b, 0x1234, "www.Example.org.", DNS_AAAA, DNS_RD, 1232));
	assert_true(dns_read(&a, b.at, b.len, &m));
	assert_null(m.why);
	assert_true(m.id == 0x1234 && m.flags == DNS_RD && m.qtype == DNS_AAAA);
	assert_string_equal(m.qname, "www.example.org");
	assert_int_equal(m.nrecord, 1);
	assert_int_equal(m.record[0].type, DNS_OPT);
	buf_reset(&b);
	assert_false(dns_query(&b, 1, "a..b", DNS_A, 0, 0));
	assert_false(dns_query(&b, 1,
			       "0123456789012345678901234567890123456789012345678901234567890123.x",
			       DNS_A, 0, 0));
	buf_reset(&b);
	assert_true(dns_query(&b, 1, "", DNS_NS, 0, 0));
	buf_free(&b);
	arena_free(&a);
}

/* RFC 1035 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA as CNAME to a pointer, with an A record. */
static void answer(void **state)
{
	static const uint8_t wire[] = {
	    0xab, 0xcd, 0x81, 0x83, 0,	  1,   0, 2,   0,   0,	 0,   0, /* header, NXDOMAIN */
	    1,	  'F',	3,    'I',  'S',  'I', 4, 'A', 'R', 'P', 'A', 0, 0, 1,	 0, 1, /* at 12 */
	    3,	  'F',	'O',  'O',  0xc0, 12,  0, 5,   0,   1,	 0,   0, 0, 60,	 0, 2, 0xc0,
	    12,	  0xc0, 12,   0,    1,	  0,   1, 0,   0,   1,	 0,   0, 4, 192, 0, 2, 7};
	struct arena a = {0};
	struct dns_message m;
	uint8_t bad[sizeof(wire)];
	char t[16];

	(void)state;
	assert_true(dns_read(&a, wire, sizeof(wire), &m));
	assert_null(m.why);
	assert_int_equal(m.rcode, DNS_NXDOMAIN);
	assert_int_equal(m.nrecord, 2);
	assert_string_equal(m.record[0].name, "foo.f.isi.arpa");
	assert_string_equal(m.record[0].target, "f.isi.arpa");
	assert_true(m.record[1].has_addr && m.record[1].ttl == 256);
	assert_true(dns_same(m.record[1].name, "F.isi.ARPA."));
	assert_string_equal(dns_type_text(t, 65280), "TYPE65280");
	/* Every shorter message is diagnosed or read in part, never past its end. */
	for (size_t n = 0; n < sizeof(wire); n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, wire, n);
		if (dns_read(&a, exact, n, &m))
			assert_non_null(m.why);
		else
			assert_true(n < 12);
		free(exact);
	}
	/* A pointer to itself, and one forwards. */
	memcpy(bad, wire, sizeof(bad));
	bad[33] = 28;
	assert_true(dns_read(&a, bad, sizeof(bad), &m));
	assert_string_equal(m.why, "a name's compression pointer does not point backwards");
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(query), cmocka_unit_test(answer)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
