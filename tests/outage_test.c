/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outages on constructed routes (routes_world.h).
 */

#include "routes_world.h"

#include "base/text.h"

/* Six full-feed peers and one that has little; 40 prefixes of AS3320 in DE and 10 of AS3333 in NL.
 */
static void outage_world(struct world *w)
{
	*w = world_new();
	w->geo = geo_new();
	struct place de = {{UINT64_C(80) << 56, 0, 0}, {(UINT64_C(81) << 56) - 1, 0, 0}, "DE"};
	struct place nl = {{UINT64_C(193) << 56, 0, 0}, {(UINT64_C(194) << 56) - 1, 0, 0}, "NL"};

	geo_add(w->geo, &de);
	geo_add(w->geo, &nl);
	geo_ready(w->geo);
	for (int i = 0; i < 50; i++)
		for (int p = 1; p <= 7; p++)
			if (p < 7 || i < 5)
				world_stepf(w, "T 0 %d %d.0.%d.0/24 %d 3356 %d", p,
					    i < 40 ? 80 : 193, i, 1000 + p, i < 40 ? 3320 : 3333);
}

static void lose(struct world *w, int sec, int peer, int from, int to, bool back)
{
	for (int i = from; i < to; i++)
		if (back)
			world_stepf(w, "A %d %d %d.0.%d.0/24 %d 3356 %d", sec, peer,
				    i < 40 ? 80 : 193, i, 1000 + peer, i < 40 ? 3320 : 3333);
		else
			world_stepf(w, "W %d %d %d.0.%d.0/24", sec, peer, i < 40 ? 80 : 193, i);
}

static void test_outage(void **state)
{
	struct world w;
	const struct finding *f;

	(void)state;
	/* AS3333 loses eight of ten prefixes for an hour; they are visible again. */
	outage_world(&w);
	world_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3600 + p, p, 40, 48, false);
	world_step(&w, "A 5400 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 7200 + p, p, 40, 48, true);
	world_step(&w, "A 9000 1 80.0.0.0/24 1001 3356 3320", 0);
	world_run(&w);
	assert_int_equal(w.out.n, 1);
	f = w.out.at[0];
	assert_string_equal(f->kind, "outage.network");
	assert_int_equal(f->victim[0].asn, 3333);
	assert_int_equal(f->state, STATE_ENDED);
	/* Half of six had lost it when the fourth peer withdrew. */
	assert_int_equal(f->first, BASE + 3604 * SECOND);
	assert_int_equal(f->last, BASE + 7500 * SECOND);
	assert_int_equal(f->nprefix, 8);
	assert_int_equal(f->of_peers, 6);
	assert_int_equal(f->level[0].peers, 2);
	assert_true(strstr(f->title, "8 of 10 prefixes (2,048 of 2,560 IPv4 addresses)") != NULL);
	assert_true(strstr(f->title, "visible again") != NULL);
	assert_true(f->nevidence >= 8 * 6);
	world_again(&w);
	world_free(&w);

	/* A fifth of a country's prefixes: the country, and not its network as well. */
	outage_world(&w);
	world_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3600 + p, p, 0, 30, false);
	world_step(&w, "A 5400 1 80.0.39.0/24 1001 3356 3320", 0);
	world_run(&w);
	assert_int_equal(w.out.n, 1);
	assert_string_equal(w.out.at[0]->kind, "outage.country");
	assert_string_equal(w.out.at[0]->country[0], "DE");
	assert_int_equal(w.out.at[0]->state, STATE_OPEN_AT_END);
	world_again(&w);
	world_free(&w);

	/* A peer that loses its table is the collector's matter; so is a session that ends. */
	outage_world(&w);
	world_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 3; p++)
		lose(&w, 3600 + 400 * p, p, 0, 50, false);
	world_step(&w, "A 9000 6 80.0.0.0/24 1006 3356 3320", 0);
	world_run(&w);
	assert_int_equal(w.out.n, 0);
	world_free(&w);

	/* Gone for less than it takes to be seen at the end of five minutes. */
	outage_world(&w);
	world_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3601, p, 40, 48, false);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3631, p, 40, 48, true);
	world_step(&w, "A 9000 6 80.0.0.0/24 1006 3356 3320", 0);
	world_run(&w);
	assert_int_equal(w.out.n, 0);
	world_free(&w);
}

/* A withdrawal of one path of a session with ADD-PATH. */
static void lose_path(struct world *w, int sec, int peer, int from, int to, uint32_t path)
{
	for (int i = from; i < to; i++) {
		world_stepf(w, "W %d %d 193.0.%d.0/24", sec, peer, i);
		w->step[w->n - 1].route.path_id = path;
		w->step[w->n - 1].route.flags |= ROUTE_PATH_ID;
	}
}

/* All peers send two paths, 0 and 7: a prefix is lost with the last of them. */
static void test_add_path(void **state)
{
	struct world w;

	(void)state;
	for (int last = 0; last < 2; last++) {
		outage_world(&w);
		for (size_t i = 0, n = w.n; i < n; i++) {
			w.step[i].route.flags |= ROUTE_PATH_ID;
			if (w.step[i].route.peer > 6 || w.step[i].route.prefix.hi >> 56 != 193)
				continue;
			world_stepf(&w, "T 0 %d 193.0.%d.0/24 %d 174 3333", w.step[i].route.peer,
				    (int)(w.step[i].route.prefix.hi >> 40 & 255),
				    1000 + w.step[i].route.peer);
			w.step[w.n - 1].route.path_id = 7;
			w.step[w.n - 1].route.flags |= ROUTE_PATH_ID;
		}
		world_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
		w.step[w.n - 1].route.flags |= ROUTE_PATH_ID;
		for (int p = 1; p <= 6; p++)
			lose_path(&w, 3600 + p, p, 40, 48, 7);
		for (int p = 1; p <= 6 && last; p++)
			lose_path(&w, 4500 + p, p, 40, 48, 0);
		world_step(&w, "A 9000 1 80.0.0.0/24 1001 3356 3320", 0);
		w.step[w.n - 1].route.flags |= ROUTE_PATH_ID;
		world_run(&w);
		assert_int_equal(w.out.n, last);
		if (last) {
			assert_string_equal(w.out.at[0]->kind, "outage.network");
			assert_int_equal(w.out.at[0]->first, BASE + 4504 * SECOND);
			world_again(&w);
		}
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outage),
	    cmocka_unit_test(test_add_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
