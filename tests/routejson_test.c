/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "sources.h"

#include "base/text.h"

/* One line of each dialect, after what the tools print. */
static const char lines[] =
    "{\"type\":\"ANNOUNCE\",\"timestamp\":1649950450.5,\"peer_ip\":\"192.0.2.9\",\"peer_asn\":"
    "64496,\"prefix\":\"198.51.100.0/24\",\"next_hop\":\"192.0.2.1\",\"as_path\":\"64496 64497 "
    "{64498,64499}\",\"origin\":\"IGP\",\"communities\":[\"64496:1\",\"64496:1:2\"],\"med\":0}\n"
    "{\"record_type\":\"update\",\"type\":\"W\",\"time\":1649950451.0,\"collector\":\"rrc11\","
    "\"peer_asn\":64496,\"peer_address\":\"192.0.2.9\",\"prefix\":\"198.51.100.0/24\","
    "\"as-path\":null,\"communities\":null}\n"
    "{\"path\":[\"64496\",\"64497\"],\"comm\":\"64496:5 64496:6\",\"agg\":\"\",\"peer_ip\":"
    "\"192.0.2.9\",\"pfx\":\"198.51.100.0/24\",\"idx\":0}\n"
    "{\"ts\":1655792971,\"W\":true,\"path\":[],\"peer_ip\":\"192.0.2.9\",\"pfx\":"
    "\"198.51.100.0/24\",\"idx\":2}\n"
    "{\"ts\":1655792971,\"path\":[1],\"peer_ip\":\"192.0.2.9\",\"pfx\":\"198.51.100.1/24\"}\n";

static void dialects(void **state)
{
	static const char *const want[] = {
	    "A 198.51.100.0/24 64496 64497 64498 64499 |  192.0.2.9 AS64496",
	    "W 198.51.100.0/24 | rrc11 192.0.2.9 AS64496",
	    "T 198.51.100.0/24 64496 64497 |  192.0.2.9 AS64496",
	    "W 198.51.100.0/24 |  192.0.2.9 AS64496",
	};
	struct read *x = read_text(lines);
	struct facts f;

	(void)state;
	assert_string_equal(x->r.source->name, "routejson");
	for (size_t i = 0; i < 4; i++) {
		assert_true(read_next(x, &f));
		assert_int_equal(f.nroute, 1);
		assert_string_equal(route_line(x, f.route), want[i]);
		assert_int_equal(f.time == TIME_NONE, i == 2);
		if (i == 0) {
			assert_int_equal(f.route->attrs->community.n, 1);
			assert_int_equal(f.route->attrs->large_community.n, 1);
		}
		if (i == 2)
			assert_int_equal(f.route->attrs->community.n, 2);
	}
	assert_true(read_next(x, &f));
	assert_string_equal(f.fact->garbled.why, "a prefix that is none");
	assert_false(read_next(x, &f));
	read_close(x);
}

/* An array of 6,038 updates, and as many lines as the other has: all of them read. */
static void samples(void **state)
{
	static const struct {
		const char *file;
		uint64_t records;
	} want[] = {
	    {"mrt/momocloud.2022-04-14.updates.json", 6038},
	    {"mrt/as13335.2022-06-21.peers-t1set3.init+updates.exact-match.jsonf", 15032},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct read *x = read_file(shared(want[i].file));
		struct facts f;

		while (read_next(x, &f))
			assert_int_equal(f.nroute, 1);
		assert_int_equal(x->r.tally.decoded, want[i].records);
		assert_int_equal(x->r.tally.skipped, 0);
		read_close(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dialects),
	    cmocka_unit_test(samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
