/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/text.h"

static void times(void **state)
{
	static const struct {
		const char *in, *out;
	} good[] = {
	    {"2026-06-16T07:08:57Z", "2026-06-16T07:08:57Z"},
	    {"2026-06-16 07:08", "2026-06-16T07:08:00Z"},
	    {"2026-06-16", "2026-06-16T00:00:00Z"},
	    {"2026-06-16T07:08:57.25+05:30", "2026-06-16T01:38:57.250000Z"},
	    {"0", "1970-01-01T00:00:00Z"},
	    {"951827696.5", "2000-02-29T12:34:56.500000Z"},
	    {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
	};
	static const char *const bad[] = {
	    "",	   "x",	  "2026-13-01", "2026-06-31x", "2026-06-16T25:00", "2026-06-16T07:08:57ZZ",
	    "12.", "1e5", "2026-06-16T"};
	char t[TEXT_TIME];
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(text_to_time(good[i].in, strlen(good[i].in), &v));
		assert_string_equal(text_time(t, v), good[i].out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(text_to_time(bad[i], strlen(bad[i]), &v));
}

static void numbers(void **state)
{
	char t[32];
	uint64_t v;

	(void)state;
	assert_string_equal(text_count(t, 12345678), "12,345,678");
	assert_string_equal(text_count(t, 999), "999");
	assert_string_equal(text_size(t, 1500000000), "1.5 GB");
	assert_string_equal(text_size(t, 512), "512 B");
	assert_true(text_to_u64("4294967295", 10, UINT32_MAX, &v) && v == UINT32_MAX);
	assert_false(text_to_u64("4294967296", 10, UINT32_MAX, &v));
	assert_false(text_to_u64("18446744073709551616", 20, UINT64_MAX, &v));
}

static void distance(void **state)
{
	(void)state;
	assert_int_equal(text_distance("observe", "observe"), 0);
	assert_int_equal(text_distance("obsevre", "observe"), 1);
	assert_int_equal(text_distance("whatif", "what"), 2);
	assert_int_equal(text_slips("as"), 1);
	assert_int_equal(text_slips("watch"), 1);
	assert_int_equal(text_slips("observe"), 2);
	assert_int_equal(text_slips("relationships-of-all"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(times), cmocka_unit_test(numbers),
					   cmocka_unit_test(distance)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
