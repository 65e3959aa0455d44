/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <dirent.h>

#include "sources.h"

#include "base/text.h"

static const char answer[] =
    "{\"messages\": [], \"data_call_name\": \"bgplay\", \"data\": {\"resource\": "
    "\"192.0.2.0/24\",\n"
    " \"query_starttime\": \"2026-06-16T07:00:00\", \"nodes\": [{\"as_number\": 1}],\n"
    " \"initial_state\": [\n"
    "  {\"target_prefix\": \"192.0.2.0/24\", \"source_id\": \"19-196.60.9.165\",\n"
    "   \"path\": [917, 917, 62041], \"community\": [\"917:59001\", \"917:1:2\"]}],\n"
    " \"events\": [\n"
    "  {\"seq\": 1, \"timestamp\": \"2026-06-16T07:08:57\", \"type\": \"W\",\n"
    "   \"attrs\": {\"source_id\": \"00-2001:db8::1\", \"target_prefix\": \"2001:db8::/32\"}},\n"
    "  {\"seq\": 2, \"timestamp\": 1781593738, \"type\": \"A\",\n"
    "   \"attrs\": {\"source_id\": \"00-2001:db8::1\", \"target_prefix\": \"2001:db8::/32\",\n"
    "    \"path\": [64500, [64501, 64502]], \"community\": []}},\n"
    "  {\"seq\": 3, \"timestamp\": \"2026-06-16T07:09:00\", \"type\": \"A\", \"attrs\": {}}\n"
    " ]}, \"status\": \"ok\"}\n";

static void whole(void **state)
{
	struct read *x = read_text(answer);
	struct facts f;
	char t[TEXT_TIME];
	uint16_t peer;

	(void)state;
	assert_string_equal(x->r.source->name, "ripestat");
	assert_true(read_next(x, &f));
	assert_string_equal(text_time(t, f.time), "2026-06-16T07:00:00Z");
	assert_int_equal(f.nroute, 1);
	assert_string_equal(route_line(x, f.route),
			    "T 192.0.2.0/24 917 917 62041 | rrc19 196.60.9.165 AS917");
	assert_int_equal(f.route->attrs->community.n, 1);
	assert_int_equal(f.route->attrs->large_community.n, 1);
	assert_int_equal(f.route->attrs->path.origin, 62041);
	assert_int_equal(f.slice.source, 7);
	assert_memory_equal(answer + f.slice.offset, "{\"target_prefix\"", 16);
	assert_int_equal(answer[f.slice.offset + f.slice.length - 1], '}');
	assert_memory_equal(f.slice.at, answer + f.slice.offset, f.slice.length);

	/* A withdrawal does not tell the peer's ASN, but it is the same peer. */
	assert_true(read_next(x, &f));
	assert_string_equal(route_line(x, f.route), "W 2001:db8::/32 | rrc00 2001:db8::1 AS0");
	assert_null(f.route->attrs);
	peer = f.route->peer;
	assert_true(read_next(x, &f));
	assert_string_equal(text_time(t, f.time), "2026-06-16T07:08:58Z");
	assert_string_equal(route_line(x, f.route),
			    "A 2001:db8::/32 64500 64501 64502 | rrc00 2001:db8::1 AS64500");
	assert_int_equal(f.route->peer, peer);
	assert_int_equal(f.route->attrs->path.origin, 0);
	assert_true(f.route->attrs->path.flags & PATH_SET);

	assert_true(read_next(x, &f));
	assert_int_equal(f.nroute, 0);
	assert_int_equal(f.fact->kind, FACT_GARBLED);
	assert_non_null(strstr(f.fact->garbled.why, "source_id"));
	assert_false(read_next(x, &f));
	assert_int_equal(x->r.tally.records, 4);
	assert_int_equal(x->r.tally.decoded, 3);
	assert_false(x->r.tally.cut);
	read_close(x);
}

/* What a finding keeps as evidence is read again, at the same offsets. */
static void slices(void **state)
{
	struct stream_cut cut[8];
	struct buf lines = {0};
	struct read *x = read_text(answer);
	size_t n = 0;
	struct facts f;

	(void)state;
	while (read_next(x, &f)) {
		cut[n++] = (struct stream_cut){f.slice.offset, f.slice.length};
		buf_add(&lines, answer + f.slice.offset, f.slice.length);
		buf_char(&lines, '\n');
	}
	read_close(x);
	assert_int_equal(n, 4);
	x = read_stream(stream_cuts(stream_of(answer, strlen(answer), "test", 0), cut + 1, 2));
	assert_true(read_next(x, &f));
	assert_int_equal(f.slice.offset, cut[1].offset);
	assert_int_equal(f.slice.length, cut[1].length);
	assert_string_equal(route_line(x, f.route), "W 2001:db8::/32 | rrc00 2001:db8::1 AS0");
	assert_true(read_next(x, &f));
	assert_int_equal(f.slice.offset, cut[2].offset);
	assert_int_equal(f.slice.length, cut[2].length);
	assert_false(read_next(x, &f));
	assert_int_equal(x->r.tally.decoded, 2);
	read_close(x);
	/* And so are they as a file of their own. */
	x = read_text(lines.at);
	for (size_t i = 0; i < 4; i++) {
		assert_true(read_next(x, &f));
		assert_int_equal(f.slice.length, cut[i].length);
	}
	assert_false(read_next(x, &f));
	read_close(x);
	buf_free(&lines);
}

static void damaged(void **state)
{
	struct facts f;
	size_t n = strlen(answer);
	char *text = strdup(answer), *at;
	struct read *x;
	uint64_t before = 0;

	(void)state;
	/* Cut anywhere: what stood before the cut comes, then the cut is told. */
	for (size_t i = 700; i < n - 20; i += 13) {
		x = read_stream(stream_of(answer, i, "cut", 0));
		while (read_next(x, &f))
			if (f.nfact && f.fact->garbled.cut)
				assert_true(f.fact->garbled.offset + f.fact->garbled.length <= i);
		assert_true(x->r.tally.cut);
		assert_true(x->r.tally.decoded >= before);
		before = x->r.tally.decoded;
		read_close(x);
	}
	/* A fault in one record: the ones after it are found again, and it is told. */
	at = strstr(text, "\"seq\": 1");
	*at = 'x';
	x = read_text(text);
	assert_true(read_next(x, &f));
	assert_int_equal(f.nroute, 1);
	assert_true(read_next(x, &f));
	assert_int_equal(f.nroute, 1);
	assert_int_equal(f.nfact, 1);
	assert_int_equal(f.fact->kind, FACT_GARBLED);
	assert_int_equal(f.fact->garbled.offset, at - text);
	assert_string_equal(f.fact->garbled.why, "an object's member has no name");
	assert_true(read_next(x, &f));
	assert_false(read_next(x, &f));
	assert_int_equal(x->r.tally.decoded, 2);
	read_close(x);
	free(text);
}

/* The Telegram case: 35 answers, 23,288 updates, all read, none twice. */
static void telegram(void **state)
{
	char *folder = strdup(shared("incidents/telegram-2026"));
	DIR *d = opendir(folder);
	struct dirent *e;
	uint64_t files = 0, updates = 0, withdrawn = 0, rogue = 0;
	struct read *x;
	struct facts f;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[2048];

		if (!strstr(e->d_name, "_full.json"))
			continue;
		files++;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		x = read_file(path);
		while (read_next(x, &f)) {
			assert_int_equal(f.nroute, 1);
			assert_true(f.time != TIME_NONE);
			withdrawn += f.route->kind == ROUTE_WITHDRAW;
			rogue += f.route->attrs && f.route->attrs->path.origin == 18101;
		}
		updates += x->r.tally.decoded;
		assert_int_equal(x->r.tally.skipped, 0);
		read_close(x);
	}
	closedir(d);
	assert_int_equal(files, 35);
	assert_int_equal(updates, 23288);
	assert_int_equal(withdrawn, 827);
	assert_int_equal(rogue, 989);
	x = read_file(shared("incidents/telegram-2026/bgp_state_95.161.64.0_20_peak.json"));
	while (read_next(x, &f))
		assert_int_equal(f.route->kind, ROUTE_TABLE);
	assert_int_equal(x->r.tally.decoded, 356);
	read_close(x);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(slices),
	    cmocka_unit_test(damaged),
	    cmocka_unit_test(telegram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
