/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* What routes say of origins, against a plain list; MANRS' count of incidents. */

#include "test.h"

#include <math.h>

#include "base/text.h"
#include "finding/hygiene.h"
#include "graphs.h"

#define HOUR (3600 * SECOND)
#define NEAR(a, b, by) assert_true(fabs((a) - (b)) < (by))

/* MANRS' own example: 29 minutes, 13 hours and 25 hours are 3.5. */
static void incidents(void **state)
{
	struct hygiene_span s[] = {
	    {100 * HOUR, 125 * HOUR}, {0, 29 * 60 * SECOND}, {10 * HOUR, 23 * HOUR}};
	struct hygiene_span one[] = {{5 * HOUR, 18 * HOUR}, {0, 6 * HOUR}, {18 * HOUR, 23 * HOUR}};

	(void)state;
	NEAR(hygiene_incidents(s, 3), 3.5, 1e-9);
	NEAR(hygiene_incidents(one, 3), 1, 1e-9);
	NEAR(hygiene_incidents(NULL, 0), 0, 1e-9);
	NEAR(hygiene_score(0), 100, 1e-9);
	NEAR(hygiene_score(.5), 60, .05);
	NEAR(hygiene_score(1), 48.6, .05);
}

static bool odd(uint32_t asn, void *arg)
{
	(void)arg;
	return asn & 1;
}

static void random_routes(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct hygiene *h = hygiene_new(odd, NULL);
		struct vrps *v = vrps_new();
		uint8_t seen[64][8] = {{0}}; /* origin, prefix */
		unsigned want = 0, n4 = 0, n6 = 0, valid = 0, invalid = 0, networks = 0;
		struct hygiene_sum sum;
		size_t n;

		for (int i = 0; i < 6; i++) {
			struct vrp x = {
			    .prefix = {.hi = (uint64_t)(0x14 + graphs_random(4)) << 56, .len = 8},
			    .asn = graphs_random(8),
			    .max_len = 8};

			vrps_add(v, &x);
		}
		vrps_ready(v);
		for (int i = 0; i < 200; i++) {
			uint32_t path[2] = {100, graphs_random(8)}, p = graphs_random(8);
			struct attrs a = {.path = {.id = 1,
						   .origin = path[1],
						   .asn = path,
						   .flat = path,
						   .nasn = 2,
						   .nflat = 2}};
			struct route r = {
			    .attrs = &a, .safi = 1, .kind = (uint8_t)graphs_random(3)};
			struct facts f = {.route = &r, .nroute = 1};

			/* 20.0.0.0/8 to 23.0.0.0/8 and 2400::/8 to 2700::/8. */
			r.prefix = p < 4 ? (struct prefix){(uint64_t)(0x14 + p) << 56, 0, 8, 0}
					 : (struct prefix){(uint64_t)(0x20 + p) << 56, 0, 8, 1};
			hygiene_feed(h, &f);
			if (r.kind != ROUTE_WITHDRAW && path[1] & 1)
				seen[path[1]][p] = 1;
		}
		for (unsigned o = 0; o < 8; o++) {
			bool any = false;

			for (unsigned p = 0; p < 8; p++) {
				struct prefix x =
				    p < 4 ? (struct prefix){(uint64_t)(0x14 + p) << 56, 0, 8, 0}
					  : (struct prefix){(uint64_t)(0x20 + p) << 56, 0, 8, 1};
				enum rov_state s = vrps_validate(v, x, o, NULL);

				if (!seen[o][p])
					continue;
				any = true;
				want++;
				*(p < 4 ? &n4 : &n6) += 1;
				valid += s == ROV_VALID;
				invalid += s == ROV_INVALID;
			}
			networks += any;
		}
		hygiene_ready(h, v);
		hygiene_at(h, &n);
		hygiene_add_up(h, HYGIENE_ALL, &sum);
		assert_int_equal(n, want);
		assert_int_equal(sum.v4, n4);
		assert_int_equal(sum.v6, n6);
		assert_int_equal(sum.valid, valid);
		assert_int_equal(sum.invalid, invalid);
		assert_int_equal(sum.valid + sum.invalid + sum.not_found, want);
		assert_int_equal(sum.wrong_origin + sum.too_specific + sum.as0, invalid);
		assert_int_equal(sum.networks, networks);
		vrps_free(v);
		hygiene_free(h);
	}
}

/* 10.0.0.0/8 is nobody's to announce; a path from AS64512 comes from one that nobody may use. */
static void bogons(void **state)
{
	struct hygiene *h = hygiene_new(odd, NULL);
	uint32_t path[] = {100, 3301, 64512}, own[] = {100, 3301};
	struct attrs a = {
	    .path = {.id = 1, .origin = 64512, .asn = path, .flat = path, .nasn = 3, .nflat = 3}};
	struct attrs b = {
	    .path = {.id = 2, .origin = 3301, .asn = own, .flat = own, .nasn = 2, .nflat = 2}};
	struct route r[] = {{.prefix = {UINT64_C(20) << 56, 0, 8, 0}, .attrs = &a, .safi = 1},
			    {.prefix = {UINT64_C(10) << 56, 0, 8, 0}, .attrs = &b, .safi = 1}};
	struct facts f = {.route = r, .nroute = 2};
	const struct told_bogon *t;
	struct hygiene_sum sum;
	size_t n;

	(void)state;
	hygiene_feed(h, &f);
	hygiene_feed(h, &f);
	hygiene_ready(h, NULL);
	hygiene_add_up(h, 3301, &sum);
	assert_int_equal(sum.bogons, 1);
	assert_int_equal(sum.unknown, 1);
	t = hygiene_bogons(h, &n);
	assert_int_equal(n, 1);
	assert_int_equal(t[0].by, 3301);
	assert_int_equal(t[0].asn, 64512);
	hygiene_free(h);
}

/* AS200 and AS300 pass routes on; 300 never an invalid one, 400 nothing at all. */
static void carried(void **state)
{
	static const struct {
		uint32_t watched, routes, valid, invalid, elsewhere;
	} want[] = {{200, 3, 1, 1, 0}, {300, 2, 1, 0, 1}, {400, 0, 0, 0, 1}, {5, 0, 0, 0, 1}};
	uint32_t path[][4] = {{200, 100, 5, 5}, {200, 300, 5, 5}, {300, 6, 0, 0}, {200, 7, 0, 0}};
	unsigned len[] = {3, 3, 2, 2};
	/* 20/8 of 5 is valid, 21/8 of 7 invalid (it is 6's), 22/8 is of nobody. */
	unsigned prefix[] = {20, 20, 22, 21};
	struct vrps *v = vrps_new();
	struct vrp x = {.prefix = {UINT64_C(20) << 56, 0, 8, 0}, .asn = 5, .max_len = 8};

	(void)state;
	vrps_add(v, &x);
	x = (struct vrp){.prefix = {UINT64_C(21) << 56, 0, 8, 0}, .asn = 6, .max_len = 8};
	vrps_add(v, &x);
	vrps_ready(v);
	for (size_t k = 0; k < sizeof(want) / sizeof(*want); k++) {
		struct hygiene *h = hygiene_new(odd, NULL);
		struct hygiene_carried c;

		hygiene_watch(h, want[k].watched, v);
		for (int twice = 0; twice < 2; twice++)
			for (int i = 0; i < 5; i++) {
				/* The fifth is 22/8 by 200 from 6. */
				uint32_t more[] = {200, 6};
				uint32_t *at = i < 4 ? path[i] : more;
				uint16_t n = i < 4 ? (uint16_t)len[i] : 2;
				struct attrs a = {.path = {.id = 1,
							   .origin = at[n - 1],
							   .asn = at,
							   .flat = at,
							   .nasn = n,
							   .nflat = n}};
				struct route r = {
				    .attrs = &a,
				    .safi = 1,
				    .prefix = {(uint64_t)(i < 4 ? prefix[i] : 22) << 56, 0, 8, 0}};
				struct facts f = {.route = &r, .nroute = 1};

				hygiene_feed(h, &f);
			}
		hygiene_ready(h, v);
		hygiene_carried(h, &c);
		assert_int_equal(c.routes, want[k].routes);
		assert_int_equal(c.valid, want[k].valid);
		assert_int_equal(c.invalid, want[k].invalid);
		assert_int_equal(c.elsewhere, want[k].elsewhere);
		hygiene_free(h);
	}
	vrps_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(incidents),
					   cmocka_unit_test(random_routes),
					   cmocka_unit_test(bogons), cmocka_unit_test(carried)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
