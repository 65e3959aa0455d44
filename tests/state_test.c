/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The state of a part: what was written is read again, whatever was changed or cut is refused with
 * its file and reason, and only all parts of one run make a whole.
 */
#include "test.h"

#include "finding/detector.h"
#include "fact/route.h"
#include "record/state.h"

static struct garbled garbled[] = {{7, 3, "one reason", false, true}, {100, 9, "cut", true, false}};

/* Part `part` of three files and a table, read by two. */
static void make(struct buf *out, uint32_t part)
{
	static const char *command[] = {"meridian", "observe", "a", "b", "c", "d"};
	static const char *note[] = {"a note"};
	struct state_source source[] = {
	    {.path = "a",
	     .kind = "mrt",
	     .role = STATE_EVENTS,
	     .records = 5,
	     .sha256 = {1},
	     .coding = "plain",
	     .garbled = garbled,
	     .ngarbled = 2,
	     .first = 1,
	     .last = 2},
	    {.path = "b", .kind = "mrt", .role = STATE_EVENTS, .fault = "it is cut"},
	    {.path = "c", .kind = "vrps", .role = STATE_TABLE, .read = true, .sha256 = {3}},
	    {.path = "d", .role = STATE_OTHER, .empty = true},
	};
	struct state_peer peer[] = {
	    {.source = part - 1, .index = 1, .asn = 64500, .collector = "rrc00", .addr = {1, 2, 1}},
	    {.source = part - 1, .index = 2, .placed = true, .feeding = true, .before = 10 * part},
	    {.source = part - 1,
	     .index = 2,
	     .placed = true,
	     .again = true,
	     .feeding = true,
	     .before = 12,
	     .asn = 64501},
	};
	struct state s = {.version = "1",
			  .part = part,
			  .parts = 2,
			  .first = 5,
			  .last = 9,
			  .command = command,
			  .ncommand = 6,
			  .note = note,
			  .nnote = 1,
			  .source = source,
			  .nsource = 4,
			  .peer = peer,
			  .npeer = 3};

	for (uint32_t i = 0; i < 4; i++)
		source[i].read |= i % 2 == part - 1;
	state_begin(out, &s);
	for (size_t i = 0; detectors[i]; i++) {
		struct knowledge k = {.part = true, .peers = NULL};
		void *d = detectors[i]->new (&k);
		size_t blob = state_blob(out, detectors[i]->name);

		detectors[i]->save(d, out);
		state_blob_end(out, blob);
		detectors[i]->free(d);
	}
	state_end(out);
}

static void test_again(void **unused)
{
	struct arena a = {0};
	struct buf b = {0};
	struct state s;
	struct err err;

	(void)unused;
	make(&b, 1);
	if (!state_read(&a, b.at, b.len, "file", "1", &s, &err))
		fail_msg("%s", err.text);
	assert_int_equal(s.part, 1);
	assert_int_equal(s.parts, 2);
	assert_int_equal(s.nsource, 4);
	assert_int_equal(s.ncommand, 6);
	assert_string_equal(s.command[5], "d");
	assert_string_equal(s.note[0], "a note");
	assert_string_equal(s.source[0].kind, "mrt");
	assert_int_equal(s.source[0].ngarbled, 2);
	assert_string_equal(s.source[0].garbled[1].why, "cut");
	assert_true(s.source[0].garbled[1].cut && s.source[0].garbled[0].skipped);
	assert_false(s.source[1].read);
	assert_true(s.source[2].read);
	assert_int_equal(s.source[2].sha256[0], 3);
	assert_int_equal(s.npeer, 3);
	assert_string_equal(s.peer[0].collector, "rrc00");
	assert_true(s.peer[2].again);
	assert_int_equal(s.peer[2].asn, 64501);
	for (uint32_t i = 0; i < s.ndetector; i++) {
		struct knowledge k = {.part = true};
		void *d = detectors[i]->new (&k);

		assert_string_equal(s.detector[i].name, detectors[i]->name);
		assert_true(detectors[i]->load(d, &s.detector[i].blob, &err));
		assert_int_equal(bytes_left(&s.detector[i].blob), 0);
		detectors[i]->free(d);
	}
	assert_null(detectors[s.ndetector]);
	arena_free(&a);
	buf_free(&b);
}

static void refused(const struct buf *b, size_t n, const char *version, const char *why)
{
	struct arena a = {0};
	struct state s;
	struct err err = {0};

	if (state_read(&a, b->at, n, "some/file", version, &s, &err))
		fail_msg("taken: %s", why);
	if (strncmp(err.text, "some/file: ", 11) != 0 || !strstr(err.text, why))
		fail_msg("%s, not: %s", err.text, why);
	arena_free(&a);
}

static void test_refused(void **unused)
{
	struct buf b = {0};

	(void)unused;
	make(&b, 1);
	for (size_t i = 0; i < b.len; i++) {
		b.at[i] ^= 1;
		refused(&b, b.len, "1", i < 8 ? "no state" : i < 12 ? "form" : "checksum");
		b.at[i] ^= 1;
		refused(&b, i, "1", i < 40 ? "" : "checksum");
	}
	refused(&b, b.len, "2", "version 1, and this is 2");
	/* Damage that has a right checksum: whatever it is, reading ends. */
	srand(1);
	for (int round = 0; round < 3000; round++) {
		struct buf c = {0};
		struct arena a = {0};
		struct state s;
		struct err err;

		buf_add(&c, b.at, b.len - SHA256_SIZE);
		for (int k = 1 + rand() % 3; k--;)
			c.at[20 + (size_t)rand() % (c.len - 20)] =
			    (char)(rand() % 3 ? rand() : 255);
		state_end(&c);
		state_read(&a, c.at, c.len, "f", "1", &s, &err);
		arena_free(&a);
		buf_free(&c);
	}
	buf_free(&b);
}

static void test_whole(void **unused)
{
	struct arena a = {0};
	struct buf b[2] = {{0}, {0}};
	struct state s[2];
	struct state_meeting *m;
	struct err err = {0};
	size_t n;

	(void)unused;
	for (uint32_t i = 0; i < 2; i++)
		make(&b[i], i + 1);
	/* In the wrong order. */
	for (uint32_t i = 0; i < 2; i++)
		assert_true(
		    state_read(&a, b[1 - i].at, b[1 - i].len, i ? "one" : "two", "1", &s[i], &err));
	assert_true(state_whole(s, 2, &err));
	assert_string_equal(s[0].name, "one");
	/* Peers by when they were met: at first sight by source, then by time. */
	m = state_meetings(&a, s, 2, &n);
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++) {
		static const struct {
			uint32_t part;
			uint16_t index;
			bool again;
		} want[] = {{0, 1, false}, {1, 1, false}, {0, 2, false},
			    {0, 2, true},  {1, 2, true},  {1, 2, false}};

		assert_int_equal(m[i].part, want[i].part);
		assert_int_equal(m[i].peer->index, want[i].index);
		assert_int_equal(m[i].peer->again, want[i].again);
	}
	assert_false(state_whole(s, 1, &err));
	assert_string_equal(err.text, "part 2 of 2 is missing; nothing is judged from less than "
				      "the whole");
	assert_false(state_whole(s + 1, 1, &err));
	assert_non_null(strstr(err.text, "part 1 of 2 is missing"));
	s[1].part = 1;
	assert_false(state_whole(s, 2, &err));
	assert_string_equal(err.text, "part 1 of 2 was given twice: one and two");
	s[1].part = 2;
	s[1].source[2].sha256[5] ^= 1;
	assert_false(state_whole(s, 2, &err));
	assert_string_equal(err.text,
			    "two: c had another content when one was made; make both again");
	s[1].source[2].sha256[5] ^= 1;
	s[1].source[1].path = "x";
	assert_false(state_whole(s, 2, &err));
	assert_non_null(strstr(err.text, "two: its file 2 is x, and that of one is b"));
	s[1].source[1].path = "b";
	s[1].command[4] = "--x";
	assert_false(state_whole(s, 2, &err));
	assert_non_null(strstr(err.text, "other options"));
	s[1].command[4] = "c";
	s[1].tables[0] ^= 1;
	assert_false(state_whole(s, 2, &err));
	assert_non_null(strstr(err.text, "built-in tables"));
	assert_false(state_whole(s, 0, &err));
	arena_free(&a);
	buf_free(&b[0]);
	buf_free(&b[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_again),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
