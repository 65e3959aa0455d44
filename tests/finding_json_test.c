/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding that was written and is read again is written as the same bytes.
 */
#include "test.h"

#include "base/text.h"
#include "finding/json.h"

#include "finding_full.h"

static void round_trip(void **state)
{
	struct findings fs = {0}, back = {0};
	struct peers *peers = peers_new(), *others = peers_new();
	struct buf a = {0}, b = {0};
	struct jsonw w = JSONW(&a);
	struct err err;

	(void)state;
	finding_json(&w, finding_full(&fs, peers, 7), peers);
	if (!finding_read(&back, a.at, a.len, others, &err))
		fail_msg("%s", err.text);
	w = JSONW(&b);
	finding_json(&w, back.at[0], others);
	assert_string_equal(a.at, b.at);
	assert_int_equal(back.at[0]->ntag, 2);
	assert_int_equal(back.at[0]->evidence[0].length, 133);
	/* Cut anywhere it is no finding, and the list is as it was. */
	for (size_t n = 0; n < a.len; n++) {
		assert_false(finding_read(&back, a.at, n, others, &err));
		assert_int_equal(back.n, 1);
	}
	buf_free(&a);
	buf_free(&b);
	findings_free(&fs);
	findings_free(&back);
	peers_free(peers);
	peers_free(others);
}

static void refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "[]",
	    "7",
	    "{}",
	    "{\"kind\":\"a\"}",
	    "{\"kind\":\"a\",\"title\":\"b\"} x",
	    "{\"kind\":\"a\",\"title\":\"b\",\"id\":\"zz\"}",
	    "{\"kind\":\"a\",\"title\":\"b\",\"first\":\"yesterday\"}",
	    "{\"kind\":\"a\",\"title\":\"b\",\"victims\":[7]}",
	    "{\"kind\":\"a\",\"title\":\"b\",\"levels\":[[\"2020-01-01T00:00:00Z\",{}]]}",
	    "{\"kind\":\"a\",\"title\":\"b\",\"caveats\":[[\"a\"]]}",
	    "{\"kind\":\"a\",\"title\":\"b\",\"evidence\":[{\"sha256\":\"00\"}]}"};
	static const char more[] = "{\"kind\":\"a\",\"title\":\"b\",\"new\":{\"x\":[1]}}";
	struct findings fs = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(finding_read(&fs, bad[i], strlen(bad[i]), NULL, &err));
	assert_true(finding_read(&fs, more, strlen(more), NULL, &err));
	findings_free(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
