/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "sources.h"

#include "base/text.h"

/* Made after the manual's examples; the raw message says more than the text beside it. */
static const char lines[] =
    "{\"type\":\"ris_message\",\"data\":{\"timestamp\":1553627987.89,\"peer\":\"192.0.2.9\","
    "\"peer_asn\":\"64496\",\"id\":\"x\",\"host\":\"rrc00.ripe.net\",\"type\":\"UPDATE\","
    "\"path\":[64496,64497,[64498,64499]],\"origin\":\"igp\",\"community\":[[64496,100]],"
    "\"med\":7,\"announcements\":[{\"next_hop\":\"192.0.2.1\",\"prefixes\":[\"198.51.100.0/24\","
    "\"203.0.113.0/24\"]},{\"next_hop\":\"2001:db8::1,fe80::1\",\"prefixes\":[\"2001:db8::/32\"]}],"
    "\"withdrawals\":[\"192.0.2.0/24\"]}}\n"
    "{\"type\":\"ris_message\",\"data\":{\"timestamp\":1553627988,\"peer\":\"192.0.2.9\","
    "\"peer_asn\":\"64496\",\"host\":\"rrc00\",\"type\":\"UPDATE\",\"raw\":"
    "\"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003A020000001F4001010040020A02020000FBF00000FBF1"
    "400304C0000201E023040000FBF018C63364\","
    "\"path\":[64496,64497],\"origin\":\"igp\",\"announcements\":[{\"next_hop\":\"192.0.2.1\","
    "\"prefixes\":[\"198.51.100.0/24\"]}]}}\n"
    "{\"timestamp\":1553627989,\"peer\":\"192.0.2.9\",\"peer_asn\":\"64496\",\"host\":\"rrc00\","
    "\"type\":\"RIS_PEER_STATE\",\"state\":\"down\"}\n"
    "{\"type\":\"ris_error\",\"data\":{\"message\":\"x\"}}\n"
    "{\"type\":\"ris_message\",\"data\":{\"timestamp\":1553627989, oh\n"
    "{\"type\":\"ris_message\",\"data\":{\"timestamp\":1553627990,\"peer\":\"192.0.2.9\","
    "\"peer_asn\":\"64496\",\"host\":\"rrc00\",\"type\":\"KEEPALIVE\"}}\n"
    "{\"type\":\"ris_message\",\"data\":{\"timestamp\":1553627991,\"pe";

static void messages(void **state)
{
	struct read *x = read_text(lines);
	struct facts f;
	char t[TEXT_TIME];

	(void)state;
	assert_string_equal(x->r.source->name, "rislive");
	assert_true(read_next(x, &f));
	assert_string_equal(text_time(t, f.time), "2019-03-26T19:19:47.890000Z");
	assert_int_equal(f.nroute, 4);
	assert_string_equal(route_line(x, &f.route[0]),
			    "A 198.51.100.0/24 64496 64497 64498 64499 | rrc00 192.0.2.9 AS64496");
	assert_int_equal(f.route[0].attrs->med, 7);
	assert_int_equal(f.route[0].attrs->community.n, 1);
	assert_int_equal(f.route[0].attrs->fault, FAULT_NONE);
	assert_ptr_equal(f.route[1].attrs, f.route[0].attrs);
	assert_string_equal(route_line(x, &f.route[2]),
			    "A 2001:db8::/32 64496 64497 64498 64499 | rrc00 192.0.2.9 AS64496");
	assert_true(f.route[2].attrs->next_hop.v6);
	assert_string_equal(route_line(x, &f.route[3]), "W 192.0.2.0/24 | rrc00 192.0.2.9 AS64496");
	assert_int_equal(f.slice.offset, 0);
	assert_int_equal(f.slice.length, strchr(lines, '\n') - lines);

	assert_true(read_next(x, &f));
	assert_int_equal(f.nroute, 1);
	assert_string_equal(route_line(x, f.route),
			    "A 198.51.100.0/24 64496 64497 | rrc00 192.0.2.9 AS64496");
	assert_int_equal(f.route->attrs->otc, 64496);

	assert_true(read_next(x, &f));
	assert_int_equal(f.nfact, 1);
	assert_int_equal(f.fact->kind, FACT_SESSION);
	assert_int_equal(f.fact->session.to, 1);

	assert_true(read_next(x, &f));
	assert_true(f.fact->garbled.skipped);
	assert_true(read_next(x, &f));
	assert_int_equal(f.fact->kind, FACT_GARBLED);
	assert_false(f.fact->garbled.cut);
	assert_true(read_next(x, &f));
	assert_int_equal(f.nfact + f.nroute, 0);
	assert_true(read_next(x, &f));
	assert_true(f.fact->garbled.cut);
	assert_false(read_next(x, &f));
	assert_int_equal(x->r.tally.records, 7);
	assert_int_equal(x->r.tally.decoded, 4);
	read_close(x);
}

/* What libbgpstream's own test expects of its file. */
static void sample(void **state)
{
	struct read *x = read_file(shared("conformance/libbgpstream/ris-live-stream.json"));
	struct facts f;
	size_t sessions = 0;

	(void)state;
	assert_true(read_next(x, &f));
	assert_int_equal(f.nroute, 1);
	assert_string_equal(route_line(x, f.route),
			    "A 45.161.192.0/23 11708 32097 1299 52320 263009 263009 263009 263009 "
			    "263009 52993 268481 "
			    "268481 | rrc00 72.22.223.9 AS11708");
	while (read_next(x, &f))
		for (size_t i = 0; i < f.nfact; i++)
			sessions += f.fact[i].kind == FACT_SESSION;
	assert_int_equal(sessions, 1);
	assert_int_equal(x->r.tally.records, 7);
	assert_int_equal(x->r.tally.skipped, 2);
	assert_true(x->r.tally.cut);
	read_close(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages),
	    cmocka_unit_test(sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
