/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "fact/vrps.h"

static struct prefix pf(const char *s)
{
	struct prefix p;

	assert_true(prefix_parse(s, strlen(s), &p));
	return p;
}

static void add(struct vrps *v, const char *prefix, unsigned max, uint32_t asn, unsigned tal)
{
	struct vrp vrp = {.prefix = pf(prefix), .asn = asn, .tal = (uint8_t)tal};

	vrp.max_len = (uint8_t)(max ? max : vrp.prefix.len);
	vrps_add(v, &vrp);
}

struct vector {
	const char *route;
	uint32_t origin;
	enum rov_state state;
	enum rov_reason why;
};

static void judge(const struct vrps *v, const struct vector *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum rov_reason why;
		enum rov_state state = vrps_validate(v, pf(t[i].route), t[i].origin, &why);

		if (state != t[i].state || why != t[i].why)
			fail_msg("%s from AS%u: %s (%s), not %s (%s)", t[i].route, t[i].origin,
				 rov_state_text(state), why ? rov_reason_text(why) : "-",
				 rov_state_text(t[i].state),
				 t[i].why ? rov_reason_text(t[i].why) : "-");
	}
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* RFC 6811 section 2 (covered, matched, the three states) and 4 of RFC 6483 (AS0), with a table
 * that nests VRPs of several origins. */
static void rfc6811(void **state)
{
	static const struct vector t[] = {
	    /* no VRP covers: a VRP for a part of the route does not count */
	    {"10.0.0.0/8", 64500, ROV_NOT_FOUND, ROV_OK},
	    {"192.0.2.0/24", 64500, ROV_NOT_FOUND, ROV_OK},
	    {"0.0.0.0/0", 64500, ROV_NOT_FOUND, ROV_OK},
	    {"2001:db7::/32", 64500, ROV_NOT_FOUND, ROV_OK},
	    /* matched */
	    {"10.0.0.0/16", 64500, ROV_VALID, ROV_OK},
	    {"10.1.0.0/16", 64500, ROV_VALID, ROV_OK},
	    {"10.1.128.0/20", 64500, ROV_VALID, ROV_OK},
	    /* longer than max length */
	    {"10.0.1.0/24", 64500, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"10.1.128.0/21", 64500, ROV_INVALID, ROV_TOO_SPECIFIC},
	    /* another origin */
	    {"10.0.0.0/16", 64501, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.1.128.0/20", 64502, ROV_INVALID, ROV_WRONG_ORIGIN},
	    /* one of several VRPs is enough: the same prefix, and a shorter one */
	    {"10.2.0.0/16", 64501, ROV_VALID, ROV_OK},
	    {"10.2.0.0/16", 64502, ROV_VALID, ROV_OK},
	    {"10.2.0.0/16", 64503, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.2.3.0/24", 64502, ROV_VALID, ROV_OK},
	    {"10.2.3.0/24", 64503, ROV_VALID, ROV_OK},
	    {"10.2.3.0/24", 64501, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"10.2.3.128/25", 64503, ROV_INVALID, ROV_TOO_SPECIFIC},
	    /* AS0 says that nobody may; another VRP beside it still may say who does */
	    {"10.3.0.0/16", 64500, ROV_INVALID, ROV_AS0},
	    {"10.3.0.0/16", 0, ROV_INVALID, ROV_AS0},
	    {"10.3.4.0/24", 64500, ROV_VALID, ROV_OK},
	    {"10.3.4.0/24", 64501, ROV_INVALID, ROV_WRONG_ORIGIN},
	    /* a path without an origin (AS_SET) is covered, but never matched */
	    {"10.0.0.0/16", 0, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.9.0.0/16", 0, ROV_NOT_FOUND, ROV_OK},
	    /* host routes, whole families, both sides of a 64-bit word */
	    {"10.4.4.4/32", 64504, ROV_VALID, ROV_OK},
	    {"10.4.4.5/32", 64504, ROV_NOT_FOUND, ROV_OK},
	    {"255.255.255.255/32", 64505, ROV_VALID, ROV_OK},
	    {"2001:db8::/32", 64500, ROV_VALID, ROV_OK},
	    {"2001:db8:ffff::/48", 64500, ROV_VALID, ROV_OK},
	    {"2001:db8:ffff:8000::/49", 64500, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"2001:db8:1:1:8000::/65", 64506, ROV_VALID, ROV_OK},
	    {"2001:db8:1:1::/65", 64506, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"2001:db8:1:1:8000::1/128", 64506, ROV_VALID, ROV_OK},
	    {"2001:db8:2::/64", 64507, ROV_VALID, ROV_OK},
	    {"2001:db8:2::1/128", 64507, ROV_VALID, ROV_OK},
	    {"2001:db8:2::2/128", 64507, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"ffff::/16", 64508, ROV_VALID, ROV_OK},
	};
	struct vrps *v = vrps_new();

	(void)state;
	add(v, "10.0.0.0/16", 0, 64500, TAL_RIPE);
	add(v, "10.1.0.0/16", 20, 64500, TAL_RIPE);
	add(v, "10.2.0.0/16", 16, 64501, TAL_RIPE);
	add(v, "10.2.0.0/16", 24, 64502, TAL_RIPE);
	add(v, "10.2.0.0/16", 24, 64502, TAL_ARIN); /* twice counts once */
	add(v, "10.2.3.0/24", 0, 64503, TAL_RIPE);
	add(v, "10.3.0.0/16", 32, 0, TAL_APNIC);
	add(v, "10.3.4.0/24", 0, 64500, TAL_APNIC);
	add(v, "10.4.4.4/32", 0, 64504, TAL_APNIC);
	add(v, "255.255.255.255/32", 0, 64505, TAL_APNIC);
	add(v, "2001:db8::/32", 48, 64500, TAL_ARIN);
	add(v, "2001:db8:1:1:8000::/65", 128, 64506, TAL_ARIN);
	add(v, "2001:db8:2::/64", 64, 64507, TAL_ARIN);
	add(v, "2001:db8:2::1/128", 128, 64507, TAL_ARIN);
	add(v, "ffff::/16", 128, 64508, TAL_ARIN);
	vrps_ready(v);
	assert_int_equal(vrps_count(v), 14);
	judge(v, t, COUNT(t));
	for (size_t i = 1; i < vrps_count(v); i++)
		assert_true(prefix_cmp(vrps_at(v, i - 1).prefix, vrps_at(v, i).prefix) <= 0);
	vrps_free(v);
}

/* The ROV checks of BIRD's own filter tests (filter/test.conf, t_roa_check), as facts: its table,
 * and what a route of the other family must give. */
static void bird(void **state)
{
	static const struct vector t[] = {
	    {"10.10.0.0/16", 1000, ROV_NOT_FOUND, ROV_OK},
	    {"10.0.0.0/8", 1000, ROV_NOT_FOUND, ROV_OK},
	    {"10.110.0.0/16", 1000, ROV_VALID, ROV_OK},
	    {"10.110.0.0/16", 2000, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.110.32.0/20", 1000, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"10.120.32.0/20", 1000, ROV_VALID, ROV_OK},
	    {"10.120.32.0/20", 2000, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.120.32.32/28", 1000, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"10.130.130.0/24", 1000, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.130.130.0/24", 2000, ROV_VALID, ROV_OK},
	    {"10.130.30.0/24", 3000, ROV_INVALID, ROV_WRONG_ORIGIN},
	    {"10.130.130.0/24", 3000, ROV_VALID, ROV_OK},
	    {"2001:db8:85a3:8a2e:1234::/80", 1000, ROV_VALID, ROV_OK},
	    {"2001:db8:85a3:8a2e:1234::/97", 1000, ROV_INVALID, ROV_TOO_SPECIFIC},
	    {"2001:db8:85a3:8a2e::/64", 1000, ROV_VALID, ROV_OK},
	    {"2001:db8:85a3::/48", 1000, ROV_NOT_FOUND, ROV_OK},
	};
	struct vrps *v = vrps_new();

	(void)state;
	add(v, "10.110.0.0/16", 16, 1000, 0);
	add(v, "10.120.0.0/16", 24, 1000, 0);
	add(v, "10.130.0.0/16", 24, 2000, 0);
	add(v, "10.130.128.0/18", 24, 3000, 0);
	add(v, "2001:db8:85a3:8a2e::/64", 96, 1000, 0);
	vrps_ready(v);
	judge(v, t, COUNT(t));
	vrps_free(v);
}

static bool collect(const struct vrp *vrp, void *arg)
{
	char *text = arg, t[PREFIX_TEXT];

	sprintf(text + strlen(text), "%s-%u AS%u %s; ", prefix_text(t, vrp->prefix), vrp->max_len,
		vrp->asn, vrps_tal(vrp->tal));
	return true;
}

/* RFC 8416 3.3: filters take out, by prefix, by ASN, by both; SLURM's own assertions stay. */
static void slurm(void **state)
{
	struct vrps *v = vrps_new();
	char text[512] = "";
	struct filter f[] = {
	    {.has_prefix = true, .prefix = pf("192.0.2.0/24")},
	    {.has_asn = true, .asn = 64496},
	    {.has_prefix = true, .prefix = pf("198.51.100.0/24"), .has_asn = true, .asn = 64497},
	    {.aspa = true, .has_asn = true, .asn = 64499},
	};

	(void)state;
	add(v, "192.0.2.0/24", 0, 64500, TAL_RIPE);
	add(v, "192.0.2.128/25", 0, 64500, TAL_RIPE);
	add(v, "192.0.0.0/16", 0, 64500, TAL_RIPE);
	add(v, "203.0.113.0/24", 0, 64496, TAL_RIPE);
	add(v, "198.51.100.0/25", 0, 64497, TAL_RIPE);
	add(v, "198.51.100.0/25", 0, 64499, TAL_RIPE);
	add(v, "198.51.100.0/24", 0, 64496, TAL_SLURM);
	for (size_t i = 0; i < COUNT(f); i++)
		vrps_filter(v, &f[i]);
	vrps_ready(v);
	assert_int_equal(vrps_count(v), 3);
	vrps_covering(v, pf("198.51.100.0/25"), collect, text);
	assert_string_equal(text, "198.51.100.0/24-24 AS64496 slurm; "
				  "198.51.100.0/25-25 AS64499 ripe; ");
	assert_int_equal(vrps_validate(v, pf("192.0.2.0/24"), 64500, NULL), ROV_INVALID);
	assert_int_equal(vrps_validate(v, pf("203.0.113.0/24"), 64496, NULL), ROV_NOT_FOUND);
	vrps_free(v);
}

static void empty(void **state)
{
	struct vrps *v = vrps_new();

	(void)state;
	assert_int_equal(vrps_validate(NULL, pf("10.0.0.0/8"), 1, NULL), ROV_UNKNOWN);
	vrps_ready(v);
	assert_int_equal(vrps_validate(v, pf("10.0.0.0/8"), 1, NULL), ROV_NOT_FOUND);
	assert_int_equal(vrps_validate(v, pf("::/0"), 1, NULL), ROV_NOT_FOUND);
	vrps_free(v);
}

static uint64_t seed;

static uint64_t draw(void)
{
	seed += 0x9e3779b97f4a7c15u;
	uint64_t z = seed;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Few bits vary, so that prefixes nest and meet often. */
static struct prefix draw_prefix(bool v6)
{
	static const uint8_t len6[] = {0, 3, 20, 32, 33, 48, 63, 64, 65, 96, 127, 128};
	struct prefix p = {.v6 = v6};

	if (v6) {
		p.len = len6[draw() % COUNT(len6)];
		p.hi = UINT64_C(0x2001000000000000) ^ (draw() & UINT64_C(0x8000180000010003));
		p.lo = draw() & UINT64_C(0xc000000000000003);
	} else {
		p.len = (uint8_t)(draw() % 33);
		p.hi = (draw() & UINT64_C(0xc103018300000000));
	}
	return prefix_masked(p);
}

/* Against the sentences of RFC 6811 taken literally over a plain list. */
static void against_list(void **state)
{
	enum { N = 300 };
	static struct vrp list[N];

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct vrps *v = vrps_new();
		size_t n = draw() % N;

		for (size_t i = 0; i < n; i++) {
			struct vrp *r = &list[i];
			unsigned all;

			*r = (struct vrp){.prefix = draw_prefix(draw() & 1)};
			all = r->prefix.v6 ? 128 : 32;
			r->max_len = (uint8_t)(r->prefix.len + draw() % (all - r->prefix.len + 1));
			r->asn = (uint32_t)(draw() % 6);
			vrps_add(v, r);
		}
		vrps_ready(v);
		for (int q = 0; q < 300; q++) {
			struct prefix p = draw_prefix(draw() & 1);
			uint32_t origin = (uint32_t)(draw() % 6);
			enum rov_state want = ROV_NOT_FOUND;
			enum rov_reason why, reason = ROV_OK;

			for (size_t i = 0; i < n; i++) {
				if (!prefix_covers(list[i].prefix, p))
					continue;
				if (want == ROV_NOT_FOUND) {
					want = ROV_INVALID;
					reason = ROV_AS0;
				}
				if (!list[i].asn)
					continue;
				if (list[i].asn == origin) {
					if (p.len <= list[i].max_len)
						want = ROV_VALID;
					reason = ROV_TOO_SPECIFIC;
				} else if (reason == ROV_AS0) {
					reason = ROV_WRONG_ORIGIN;
				}
			}
			if (want != ROV_INVALID)
				reason = ROV_OK;
			if (vrps_validate(v, p, origin, &why) != want || why != reason) {
				char t[PREFIX_TEXT];

				fail_msg("%s from AS%u differs in round %d", prefix_text(t, p),
					 origin, round);
			}
		}
		vrps_free(v);
	}
}

/* More VRPs for one prefix than a node counts. */
static void crowded(void **state)
{
	struct vrps *v = vrps_new();

	(void)state;
	for (uint32_t i = 1; i <= 70000; i++)
		add(v, "10.0.0.0/8", 8, i, 0);
	add(v, "11.0.0.0/8", 8, 1, 0);
	vrps_ready(v);
	assert_int_equal(vrps_validate(v, pf("10.0.0.0/8"), 70000, NULL), ROV_VALID);
	assert_int_equal(vrps_validate(v, pf("10.0.0.0/8"), 70001, NULL), ROV_INVALID);
	assert_int_equal(vrps_at(v, 69999).asn, 70000);
	assert_int_equal(vrps_at(v, 70000).asn, 1);
	vrps_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc6811), cmocka_unit_test(bird),	       cmocka_unit_test(slurm),
	    cmocka_unit_test(empty),   cmocka_unit_test(against_list), cmocka_unit_test(crowded)};

	seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : 20250720;
	print_message("SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
