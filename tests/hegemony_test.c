/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Hegemony and CTI by hand, and hegemony of random tables against its definition. */

#include "test.h"

#include <math.h>

#include "finding/hegemony.h"
#include "graphs.h"

static double of(const struct hegemony_score *s, size_t n, uint32_t asn)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].asn == asn)
			return s[i].score;
	return 0;
}

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static void by_hand(void **state)
{
	struct hegemony *h = hegemony_new();
	uint16_t a = hegemony_peer(h, 1), b = hegemony_peer(h, 2), c = hegemony_peer(h, 2);
	const struct hegemony_score *s;
	size_t n;

	(void)state;
	/* 10.0.0.0/8 by 9 with 10.0.0.0/9 of it by 8: each has half the addresses. */
	hegemony_add(h, a, 10u << 24, 8, (uint32_t[]){1, 5, 9}, 3);
	hegemony_add(h, a, 10u << 24, 9, (uint32_t[]){1, 6, 8}, 3);
	hegemony_add(h, b, 10u << 24, 8, (uint32_t[]){2, 5, 9}, 3);
	hegemony_add(h, b, 10u << 24, 9, (uint32_t[]){2, 5, 8}, 3);
	hegemony_add(h, c, 10u << 24, 8, (uint32_t[]){2, 9}, 2);
	hegemony_add(h, c, 10u << 24, 9, (uint32_t[]){2, 6, 8}, 3);
	assert_int_equal(hegemony_ready(h, .75), 3);
	s = hegemony_global(h, &n);
	/* 5: half of 1's; of 2's sessions all and nothing. */
	NEAR(of(s, n, 5), (.5 + (1 + 0) / 2.) / 2);
	NEAR(of(s, n, 6), (.5 + .25) / 2);
	NEAR(of(s, n, 9), .5);
	s = hegemony_local(h, 8, &n);
	NEAR(of(s, n, 8), 1);
	NEAR(of(s, n, 5), (0 + .5) / 2);
	NEAR(of(s, n, 9), 0);
	hegemony_free(h);
}

/* The definition, slowly: for every address block that somebody has, by its longest prefix. */
static void random_tables(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct hegemony *h = hegemony_new();
		struct {
			uint32_t addr, len, path[4], n;
		} t[12][12];
		uint32_t asn[12], routes[12], npeer = 1 + graphs_random(12);
		const struct hegemony_score *s;
		size_t n;

		for (uint32_t p = 0; p < npeer; p++) {
			uint32_t number;

			asn[p] = 1 + graphs_random(6);
			number = hegemony_peer(h, asn[p]);
			routes[p] = 10;
			for (uint32_t i = 0; i < routes[p]; i++) {
				bool twice;

				do {
					twice = false;
					t[p][i].len = 1 + graphs_random(8);
					t[p][i].addr = graphs_random(256) >>
						       (8 - t[p][i].len) << (8 - t[p][i].len) << 24;
					for (uint32_t k = 0; k < i; k++)
						twice = twice || (t[p][k].addr == t[p][i].addr &&
								  t[p][k].len == t[p][i].len);
				} while (twice);
				t[p][i].n = 1 + graphs_random(4);
				t[p][i].path[0] = asn[p];
				for (uint32_t k = 1; k < t[p][i].n; k++)
					t[p][i].path[k] = 10 * k + graphs_random(3);
				hegemony_add(h, (uint16_t)number, t[p][i].addr,
					     (uint8_t)t[p][i].len, t[p][i].path, t[p][i].n);
			}
		}
		hegemony_ready(h, .75);
		s = hegemony_global(h, &n);
		for (uint32_t who = 1; who < 40; who++) {
			double bc[7] = {0}, sorted[7], sum = 0;
			uint32_t sessions[7] = {0}, groups = 0, cut;

			for (uint32_t p = 0; p < npeer; p++) {
				uint32_t all = 0, mine = 0;

				for (uint32_t block = 0; block < 256; block++) {
					int best = -1;

					for (uint32_t i = 0; i < routes[p]; i++)
						if (!((block << 24 ^ t[p][i].addr) >>
						      (32 - t[p][i].len)) &&
						    (best < 0 || t[p][i].len > t[p][best].len))
							best = (int)i;
					if (best < 0)
						continue;
					all++;
					for (uint32_t k = 0; k < t[p][best].n; k++)
						if (t[p][best].path[k] == who) {
							mine++;
							break;
						}
				}
				sessions[asn[p]]++;
				bc[asn[p]] += all ? (double)mine / all : 0;
			}
			for (int a = 1; a < 7; a++)
				if (sessions[a])
					sorted[groups++] = bc[a] / sessions[a];
			for (uint32_t i = 1; i < groups; i++)
				for (uint32_t j = i; j && sorted[j] < sorted[j - 1]; j--) {
					double x = sorted[j];

					sorted[j] = sorted[j - 1];
					sorted[j - 1] = x;
				}
			cut = groups / 10;
			for (uint32_t i = cut; i < groups - cut; i++)
				sum += sorted[i];
			NEAR(of(s, n, who), sum / (groups - 2 * cut));
		}
		hegemony_free(h);
	}
}

static uint16_t place(uint32_t asn, void *arg)
{
	(void)arg;
	return asn >= 90 ? 1 : 2;
}

static void cti(void **state)
{
	static const char links[] = "1|5|-1\n5|91|-1\n1|2|0\n2|6|-1\n6|92|-1\n1|91|-1\n";
	struct err err;
	struct asgraph *g = asgraph_from_text(links, strlen(links), "t", &err);
	struct hegemony *h = hegemony_new();
	uint16_t a = hegemony_peer(h, 2), b = hegemony_peer(h, 5);
	const struct hegemony_score *s;
	size_t n;

	(void)state;
	hegemony_add(h, a, 10u << 24, 8, (uint32_t[]){2, 1, 5, 91}, 4);
	hegemony_add(h, a, 11u << 24, 8, (uint32_t[]){2, 6, 92}, 3);
	hegemony_add(h, b, 10u << 24, 8, (uint32_t[]){5, 91}, 2);
	hegemony_add(h, b, 11u << 24, 8, (uint32_t[]){5, 1, 2, 6, 92}, 5);
	assert_int_equal(hegemony_ready(h, .5), 2);
	s = hegemony_cti(h, g, place, NULL, 1, &n);
	/* From 2: half by 1 (two hops up: 1/2) and 5 (1); half by 6. From 5: the second half by 2
	 * (peak; 1/2) and 6; 5 is the host of its own monitor. */
	NEAR(of(s, n, 1), .5 * .5 / 2);
	NEAR(of(s, n, 5), .5 / 2);
	NEAR(of(s, n, 6), (.5 + .5) / 2);
	NEAR(of(s, n, 2), .5 * .5 / 2);
	hegemony_free(h);
	asgraph_free(g);
}

static uint16_t third(uint32_t asn, void *arg)
{
	(void)arg;
	return (uint16_t)(1 + asn % 3);
}

/*
 * CTI as its paper writes it: the sum over monitors m outside of the country of w(m)/|M| and, over
 * the prefixes whose path t is on, a(p,C)/A(C) · 1/d(t,m,p). w(m): one over the monitors of the
 * same network; |M|: the sum of the weights; here a prefix counts to its origin's country.
 */
static void random_cti(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct hegemony *h = hegemony_new();
		struct {
			uint32_t addr, len, path[5], n;
		} t[40][10];
		/* Every fourth round has hosts enough for the trimming. */
		bool many = round % 4 == 3;
		uint32_t asn[40], nmonitor = many ? 40 : 1 + graphs_random(8);
		const struct hegemony_score *s;
		const uint16_t country = 2;
		struct buf links = {0};
		struct asgraph *g;
		struct err err;
		size_t n;

		/* A few networks on each of five levels; each pair of the next ones is linked
		 * somehow. */
		for (uint32_t level = 0; level < 4; level++)
			for (uint32_t i = 0; i < 6; i++)
				for (uint32_t j = 0; j < 3; j++) {
					uint32_t a = level ? 10 * level + i % 3 : 1 + i;
					uint32_t b = 10 * (level + 1) + j;
					unsigned how = graphs_random(4);

					if ((level && i > 2) || how == 3)
						continue;
					buf_printf(&links, "%u|%u|%d\n", how ? a : b, how ? b : a,
						   how == 2 ? 0 : -1);
				}
		buf_printf(&links, "1|99|-1\n");
		g = asgraph_from_text(links.at, links.len, "random", &err);
		assert_non_null(g);
		for (uint32_t m = 0; m < nmonitor; m++) {
			uint16_t number;

			asn[m] = many ? 1000 + m : 1 + graphs_random(6);
			number = hegemony_peer(h, asn[m]);
			for (uint32_t i = 0; i < 10; i++) {
				bool twice;

				do {
					twice = false;
					t[m][i].len = 1 + graphs_random(8);
					t[m][i].addr = graphs_random(256) >>
						       (8 - t[m][i].len) << (8 - t[m][i].len) << 24;
					for (uint32_t k = 0; k < i; k++)
						twice = twice || (t[m][k].addr == t[m][i].addr &&
								  t[m][k].len == t[m][i].len);
				} while (twice);
				t[m][i].n = 1 + graphs_random(5);
				t[m][i].path[0] = asn[m];
				for (uint32_t k = 1; k < t[m][i].n; k++)
					t[m][i].path[k] = 10 * k + graphs_random(3);
				hegemony_add(h, number, t[m][i].addr, (uint8_t)t[m][i].len,
					     t[m][i].path, t[m][i].n);
			}
		}
		assert_int_equal(hegemony_ready(h, .75), nmonitor);
		s = hegemony_cti(h, g, third, NULL, country, &n);
		for (uint32_t who = 1; who < 50; who++) {
			double sum = 0, weights = 0, host[1040] = {0}, sorted[1040];
			uint32_t nhost = 0, cut;

			for (uint32_t m = 0; m < nmonitor; m++) {
				double all = 0, part = 0, w = 0;

				if (third(asn[m], NULL) == country)
					continue;
				for (uint32_t k = 0; k < nmonitor; k++)
					w += asn[k] == asn[m];
				weights += 1 / w;
				for (uint32_t block = 0; block < 256; block++) {
					int best = -1;
					uint32_t len, peak = 0, at;

					for (uint32_t i = 0; i < 10; i++)
						if (!((block << 24 ^ t[m][i].addr) >>
						      (32 - t[m][i].len)) &&
						    (best < 0 || t[m][i].len > t[m][best].len))
							best = (int)i;
					if (best < 0)
						continue;
					len = t[m][best].n;
					if (third(t[m][best].path[len - 1], NULL) != country)
						continue;
					all++;
					while (peak + 1 < len &&
					       asgraph_relation(g, t[m][best].path[peak],
								t[m][best].path[peak + 1]) !=
						   RELATION_CUSTOMER)
						peak++;
					for (at = 0; at < len && t[m][best].path[at] != who;)
						at++;
					/* On it: from the peak down, no origin, no host of a
					 * monitor. */
					if (at >= peak && at + 1 < len && at > 0)
						part += 1.0 / (len - 1 - at);
				}
				host[asn[m]] += all > 0 ? part / all / w : 0;
			}
			for (uint32_t k = 0; k < 1040; k++)
				if (host[k] > 0) {
					uint32_t at = nhost++;

					for (; at && sorted[at - 1] > host[k]; at--)
						sorted[at] = sorted[at - 1];
					sorted[at] = host[k];
				}
			cut = nhost / 10;
			weights -= 2 * cut;
			for (uint32_t k = cut; k < nhost - cut; k++)
				sum += sorted[k];
			NEAR(of(s, n, who), weights > 0 ? sum / weights : 0);
		}
		buf_free(&links);
		hegemony_free(h);
		asgraph_free(g);
	}
}

/* IPv6: a prefix counts 1, whatever its length, and once a session. */
static void ipv6(void **state)
{
	struct hegemony *h = hegemony_new();
	uint16_t a = hegemony_peer(h, 1), b = hegemony_peer(h, 2);
	const char *const text[] = {"2001:db8::/32", "2001:db8:1::/48", "2001:db8::/48"};
	const struct hegemony_score *s;
	struct prefix p;
	size_t n;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(prefix_parse(text[i], strlen(text[i]), &p));
		hegemony_add6(h, a, &p, i ? (uint32_t[]){1, 5, 9} : (uint32_t[]){1, 6, 9}, 3);
		hegemony_add6(h, b, &p, (uint32_t[]){2, 5, 9}, 3);
	}
	hegemony_add6(h, b, &p, (uint32_t[]){2, 6, 9}, 3); /* the same prefix again */
	assert_int_equal(hegemony_ready(h, .75), 2);
	s = hegemony_global(h, &n);
	NEAR(of(s, n, 5), (2. / 3 + 1) / 2);
	NEAR(of(s, n, 6), 1. / 6);
	NEAR(of(s, n, 9), 1);
	hegemony_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand),
					   cmocka_unit_test(random_tables), cmocka_unit_test(cti),
					   cmocka_unit_test(random_cti), cmocka_unit_test(ipv6)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
