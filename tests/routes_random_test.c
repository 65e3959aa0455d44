/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The route detector on random routes (routes_world.h): it finds the same in them when it is
 * stopped and goes on, in parts, and from a finding's evidence alone. The seed is printed.
 */

#include "routes_world.h"

#include <time.h>

#include "base/text.h"
#include "finding/routes.h"

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng >> 33) % n;
}

/* Five origins, some prefixes within one another, twelve peers, an hour of learning. */
static void random_world(struct world *w)
{
	static const char *const prefixes[] = {"193.0.0.0/20",	  "193.0.1.0/24", "193.0.2.0/24",
					       "194.0.0.0/16",	  "194.0.0.0/24", "2001:67c::/32",
					       "2001:67c:1::/48", "10.0.0.0/8"};
	static const char *const origins[] = {"3333", "3333", "3333", "5555", "6666", "64512"};
	char line[128];
	int time = 0;

	*w = world_new();
	w->vrps = vrps_text("AS3333,193.0.0.0/20,24 AS3333,2001:67c::/32,32");
	w->graph =
	    graph_text("3356|3333|-1 100|10|-1 200|10|-1 3356|5555|-1 3356|6666|-1 100|77|-1");
	w->aspas = aspas_text("3333:3356 6939:0");
	for (int i = 0; i < 300; i++) {
		const char *prefix = prefixes[rnd(8)];
		int peer = 1 + (int)rnd(12);

		/* The table comes first; then several things in one second are common. */
		time += i < 20 ? 0 : i == 20 ? 60 : rnd(4) ? (int)rnd(400) : 0;
		/* A stub stands next to an origin that it never stood next to; later it is over. */
		if (i > 150 && i < 270 && !rnd(6)) {
			snprintf(line, sizeof(line), "A %d %d 194.0.7.0/24 %d 100 77 %s", time,
				 peer, 1000 + peer, origins[3 + rnd(2)]);
			world_step(w, line, (uint32_t)(peer - 1) % 3);
			continue;
		}
		if (i >= 276 && i < 288)
			snprintf(line, sizeof(line), "W %d %d 194.0.7.0/24", time, peer = i - 275);
		else if (i >= 20 && !rnd(4))
			snprintf(line, sizeof(line), "W %d %d %s", time, peer, prefix);
		else
			snprintf(line, sizeof(line), "%c %d %d %s %d %s %s%s", i < 20 ? 'T' : 'A',
				 time, peer, prefix, 1000 + peer,
				 rnd(3)	  ? "6939"
				 : rnd(2) ? "3356"
					  : "200 10 100",
				 origins[rnd(6)], rnd(40) ? "" : " fault=4");
		world_step(w, line, (uint32_t)(peer - 1) % 3);
	}
}

/* Long texts: tells where they differ. */
static void same(const char *a, const char *b, const char *what)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	if (a[i] != b[i]) {
		size_t from = i > 300 ? i - 300 : 0;

		fail_msg("%s: at %zu\n  %.450s\n  %.450s", what, i, a + from, b + from);
	}
}

static char *all_lines(struct world *w)
{
	struct buf b = {0};

	findings_sort(&w->out);
	buf_text(&b, "");
	for (size_t i = 0; i < w->out.n; i++) {
		char *l = world_line(w, w->out.at[i]);

		buf_text(&b, l);
		buf_char(&b, '\n');
		free(l);
	}
	return b.at;
}

/* One step, by the clock that a run has: once a minute what is over is closed. */
static void feed_timed(struct world *w, void *state, const struct step *x, int64_t *minute)
{
	int64_t now = facts_minute(x->time);

	if (x->time != TIME_NONE && (*minute == TIME_NONE || now > *minute)) {
		if (*minute != TIME_NONE)
			detector_routes.advance(state, now, &w->out);
		*minute = now;
	}
	world_feed(state, x);
}

/* The same facts, fed from step a on to before b. */
static void feed_some(struct world *w, void *state, size_t a, size_t b, int64_t *minute)
{
	for (size_t i = a; i < b; i++)
		feed_timed(w, state, &w->step[i], minute);
}

/* STATES=DIR keeps some saved states there, as seeds for fuzz/states_fuzz.c: when the form of what
 * is saved changes, its corpus is made anew with them. */
static void keep_state(int round, bool part, const struct buf *saved)
{
	const char *dir = getenv("STATES");
	char path[512];
	FILE *f;

	if (!dir || round > 3)
		return;
	snprintf(path, sizeof(path), "%s/routes-%s-%d", dir, part ? "part" : "whole", round);
	f = fopen(path, "wb");
	assert_non_null(f);
	/* Detector 0, with VRPs; a part or not. */
	fputc(32 | (part ? 16 : 0), f);
	fwrite(saved->at, 1, saved->len, f);
	fclose(f);
}

static void test_properties(void **state)
{
	uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL);
	size_t found = 0, links = 0;

	(void)state;
	print_message("seed %llu (SEED=… repeats it)\n", (unsigned long long)seed);
	for (int round = 0; round < 60; round++) {
		struct world w;
		struct buf saved = {0};
		struct err err = {0};
		struct bytes in;
		struct knowledge part;
		char *whole, *other;
		void *a, *b;
		int64_t minute = TIME_NONE;
		size_t cut;

		rng = seed + (uint64_t)round;
		random_world(&w);
		world_know(&w);
		a = detector_routes.new(&w.k);
		feed_some(&w, a, 0, w.n, &minute);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		whole = all_lines(&w);
		found += w.out.n;
		for (size_t i = 0; i < w.out.n; i++)
			links += !strcmp(w.out.at[i]->rule->id, "hijack.new-link");
		/* Each finding again from what it names. */
		world_again(&w);
		findings_free(&w.out);

		/* Stopped, saved, loaded, gone on. */
		cut = rnd((uint32_t)w.n);
		a = detector_routes.new(&w.k);
		minute = TIME_NONE;
		feed_some(&w, a, 0, cut, &minute);
		detector_routes.save(a, &saved);
		keep_state(round, false, &saved);
		detector_routes.free(a);
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (!detector_routes.load(a, &in, &err))
			fail_msg("%s", err.text);
		assert_int_equal(bytes_left(&in), 0);
		feed_some(&w, a, cut, w.n, &minute);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		other = all_lines(&w);
		same(whole, other, "saved and loaded");
		free(other);
		findings_free(&w.out);

		/* Any cut of what was saved is refused, and nothing breaks. */
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, rnd((uint32_t)saved.len));
		assert_false(detector_routes.load(a, &in, &err));
		detector_routes.free(a);
		for (int i = 0; i < 8; i++)
			saved.at[rnd((uint32_t)saved.len)] ^= (char)(1 << rnd(8));
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (detector_routes.load(a, &in, &err))
			detector_routes.end(a, &w.out);
		detector_routes.free(a);
		findings_free(&w.out);
		buf_reset(&saved);

		/* Parts: by source, or by time, merged in either order. */
		part = w.k;
		part.part = true;
		a = detector_routes.new(&part);
		b = detector_routes.new(&part);
		if (round % 2) {
			feed_some(&w, a, cut, w.n, &minute);
			feed_some(&w, b, 0, cut, &minute);
		} else {
			for (size_t i = 0; i < w.n; i++)
				world_feed(w.step[i].source ? a : b, &w.step[i]);
		}
		detector_routes.save(b, &saved);
		keep_state(round, true, &saved);
		detector_routes.free(b);
		b = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (!detector_routes.load(b, &in, &err) || !detector_routes.merge(a, b, &err))
			fail_msg("%s", err.text);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		detector_routes.free(b);
		other = all_lines(&w);
		/* Records of one time go by source in a whole: make the first run the same. */
		findings_free(&w.out);
		minute = TIME_NONE;
		a = detector_routes.new(&w.k);
		for (size_t i = 0; i < w.n;) {
			size_t j = i;

			while (j < w.n && w.step[j].time == w.step[i].time)
				j++;
			for (uint32_t s = 0; s < 3; s++)
				for (size_t x = i; x < j; x++)
					if (w.step[x].source == s)
						feed_timed(&w, a, &w.step[x], &minute);
			i = j;
		}
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		char *ordered = all_lines(&w);
		same(ordered, other, "merged");
		/* And the order within one time did not matter in the first place. */
		same(ordered, whole, "in another order");
		free(ordered);
		free(other);
		free(whole);
		buf_free(&saved);
		world_free(&w);
	}
	print_message("%zu findings, %zu of new links\n", found, links);
	assert_true(found > 60);
	assert_true(links > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
