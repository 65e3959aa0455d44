/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Names of networks, countries and networks of addresses: look-ups, siblings, the binary form and
 * back.
 */
#include "test.h"

#include "base/text.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/origins.h"
#include "source/places.h"

static void name(struct names *n, uint32_t asn, const char *text, const char *country)
{
	struct naming x = {.asn = asn, .name = text};

	memcpy(x.country, country, strlen(country));
	names_add(n, &x);
}

static void check_names(const struct names *n)
{
	struct name x;

	assert_int_equal(names_count(n), 9);
	assert_true(names_find(n, 62041, &x));
	assert_string_equal(x.name, "Telegram Messenger Inc");
	assert_string_equal(x.country, "VG");
	assert_non_null(x.org);
	/* Case, punctuation and the legal form do not matter; other words do. */
	assert_true(names_siblings(n, 62041, 62014));
	assert_true(names_siblings(n, 62041, 59930));
	assert_false(names_siblings(n, 62041, 5));
	/* The same network; an unknown one; names that mean nobody or are too short. */
	assert_true(names_siblings(n, 5, 5));
	assert_false(names_siblings(n, 62041, 4711));
	assert_false(names_siblings(n, 8, 9));
	assert_false(names_siblings(n, 10, 11));
	/* What comes later replaces, what is empty does not. */
	assert_true(names_find(n, 8, &x));
	assert_string_equal(x.name, "Private");
	assert_string_equal(x.country, "DE");
	assert_true(names_find(n, 12, &x));
	assert_null(x.name);
	assert_null(x.org);
	assert_string_equal(x.country, "IN");
	assert_false(names_find(n, 13, &x));
	assert_null(x.name);
}

static void names(void **state)
{
	struct names *n = names_new(), *again;
	struct buf b = {0};
	struct err err;
	struct name x;

	(void)state;
	name(n, 62041, "Telegram Messenger Inc", "VG");
	name(n, 62014, "TELEGRAM MESSENGER, INC.", "");
	name(n, 8, "Some Net", "DE");
	name(n, 59930, "Telegram Messenger", "");
	name(n, 5, "Telegram Messenger Relay", "");
	name(n, 9, "private", "");
	name(n, 10, "AB Co", "");
	name(n, 11, "AB Co", "");
	name(n, 8, "Private", "");
	name(n, 12, "", "IN");
	names_ready(n);
	check_names(n);
	names_binary(n, 5 * SECOND, "a test", &b);
	again = names_of(b.at, b.len, "test", &err);
	assert_non_null(again);
	check_names(again);
	assert_int_equal(names_time(again), 5 * SECOND);
	assert_string_equal(names_about(again), "a test");
	names_free(again);
	/* Damage is seen before it is used. */
	for (size_t i = 0; i < b.len; i++) {
		char was = b.at[i];

		b.at[i] = (char)(was ^ 0xff);
		again = names_of(b.at, b.len, "test", &err);
		if (again) {
			for (uint32_t asn = 0; asn < 20; asn++)
				(void)names_find(again, asn, &x);
			names_free(again);
		}
		b.at[i] = was;
	}
	assert_null(names_of(b.at, b.len - 1, "test", &err));
	assert_non_null(strstr(err.text, "damaged"));
	names_free(n);
	buf_free(&b);
	assert_false(names_find(NULL, 1, &x));
	assert_false(names_siblings(NULL, 1, 2));
}

/* More names than the first size of any table in it. */
static void many(void **state)
{
	struct names *n = names_new();
	struct name x;
	char text[32];

	(void)state;
	for (uint32_t i = 5000; i; i--) {
		snprintf(text, sizeof(text), "Network number %u", i % 4000);
		name(n, i, text, "NZ");
	}
	names_ready(n);
	assert_int_equal(names_count(n), 5000);
	assert_true(names_find(n, 4999, &x));
	assert_string_equal(x.name, "Network number 999");
	assert_true(names_siblings(n, 999, 4999));
	assert_false(names_siblings(n, 1000, 4999));
	names_free(n);
}

static void place(struct geo *g, const char *first, const char *last, const char *country)
{
	struct place p = {0};

	assert_true(addr_parse(first, strlen(first), &p.first));
	assert_true(addr_parse(last, strlen(last), &p.last));
	memcpy(p.country, country, 3);
	geo_add(g, &p);
}

static void check_geo(const struct geo *g)
{
	static const char *const t[][2] = {
	    {"0.0.0.0", ""},	       {"1.0.0.0", "AU"},
	    {"1.0.0.255", "AU"},       {"1.0.1.0", "CN"},
	    {"1.0.2.0", "JP"},	       {"1.0.2.255", "JP"},
	    {"1.0.3.0", "CN"},	       {"1.0.3.255", "CN"},
	    {"1.0.4.0", ""},	       {"9.0.0.0", ""},
	    {"10.0.0.5", "DE"},	       {"10.0.0.15", "FR"},
	    {"10.0.0.25", "FR"},       {"10.0.0.31", ""},
	    {"255.255.255.255", "ZA"}, {"255.255.254.255", ""},
	    {"2001:200::1", "JP"},     {"2001:200:ffff:ffff::1", "JP"},
	    {"2001:201::", ""},	       {"2001:200:0:1::5", "KR"},
	    {"2001:200:0:2::5", "JP"}, {"ffff:ffff:ffff:ffff::1", "US"}};
	char country[3];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct addr a;

		assert_true(addr_parse(t[i][0], strlen(t[i][0]), &a));
		if (geo_find(g, a, country) != (*t[i][1] != '\0') || strcmp(country, t[i][1]))
			fail_msg("%s is in \"%s\", not \"%s\"", t[i][0], country, t[i][1]);
	}
}

static void geo(void **state)
{
	struct geo *g = geo_new(), *again;
	struct buf b = {0};
	struct err err;
	struct addr a = {0};
	char country[3];

	(void)state;
	place(g, "1.0.1.0", "1.0.3.255", "CN");
	place(g, "1.0.2.0", "1.0.2.255", "JP"); /* nested */
	place(g, "1.0.0.0", "1.0.0.255", "AU");
	place(g, "10.0.0.0", "10.0.0.20", "DE"); /* overlapping */
	place(g, "10.0.0.10", "10.0.0.30", "FR");
	place(g, "255.255.255.0", "255.255.255.255", "ZA");
	place(g, "2001:200::", "2001:200:ffff:ffff:ffff:ffff:ffff:ffff", "JP");
	place(g, "2001:200:0:1::", "2001:200:0:1:ffff:ffff:ffff:ffff", "KR");
	place(g, "ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "US");
	geo_ready(g);
	check_geo(g);
	geo_binary(g, 7, "a test", &b);
	again = geo_of(b.at, b.len, "test", &err);
	assert_non_null(again);
	check_geo(again);
	assert_string_equal(geo_about(again), "a test");
	geo_free(again);
	for (size_t i = 0; i < b.len; i++) {
		char was = b.at[i];

		b.at[i] = (char)(was ^ 0xff);
		again = geo_of(b.at, b.len, "test", &err);
		if (again) {
			for (a.hi = 0; a.hi < UINT64_MAX - (UINT64_C(1) << 59);
			     a.hi += UINT64_C(1) << 59)
				(void)geo_find(again, a, country);
			geo_free(again);
		}
		b.at[i] = was;
	}
	geo_free(g);
	buf_free(&b);
	assert_false(geo_find(NULL, a, country));
}

static void vrp(struct origins *o, const char *prefix, uint32_t asn)
{
	struct fact x = {.kind = FACT_VRP, .vrp = {.asn = asn}};
	struct facts f = {.fact = &x, .nfact = 1};

	assert_true(prefix_parse(prefix, strlen(prefix), &x.vrp.prefix));
	x.vrp.max_len = x.vrp.prefix.len;
	assert_int_equal(origins_feed(o, &f), asn ? 1 : 0);
}

static void route(struct origins *o, const char *prefix, uint32_t asn, uint8_t kind)
{
	const struct attrs attrs = {.path = {.id = 1, .origin = asn}};
	struct route r = {.attrs = &attrs, .kind = kind, .safi = 1};
	struct facts f = {.route = &r, .nroute = 1};

	assert_true(prefix_parse(prefix, strlen(prefix), &r.prefix));
	origins_feed(o, &f);
}

/* Through the source that reads them. */
static void ranges(struct origins *o, const char *text, uint64_t skipped)
{
	size_t n = strlen(text);
	struct reader r = {.source = &source_origins, .name = "test"};
	struct facts f;
	struct err err;

	if (!skipped)
		assert_ptr_equal(source_of((const uint8_t *)text, n), &source_origins);
	r.in = stream_of(text, n, "test", 0);
	assert_true(r.source->open(&r, &err));
	while (r.source->next(&r, &f))
		origins_feed(o, &f);
	assert_int_equal(r.tally.skipped, skipped);
	r.source->close(&r);
	arena_free(&r.scratch);
	stream_close(r.in);
}

static void whose(void **state)
{
	static const struct {
		const char *addr;
		uint32_t asn;
	} t[] = {
	    {"1.0.0.0", 64500},
	    {"1.0.0.255", 64500},
	    {"1.0.1.0", 0},
	    {"0.255.255.255", 0},
	    {"1.0.4.1", 64501},
	    {"1.0.5.1", 64502},
	    {"1.0.6.1", 64501},
	    {"192.0.2.7", 0}, /* nobody's, by the table */
	    {"2001:db8::5", 64503},
	    {"2001:db9::", 0},
	    {"9.9.9.9", 64510},	  /* two peers against one */
	    {"9.9.10.9", 0},	  /* one against one */
	    {"9.9.11.9", 0},	  /* withdrawn */
	    {"8.8.8.8", 64520},	  /* by the RPKI alone, said twice */
	    {"8.8.9.9", 0},	  /* two may */
	    {"8.8.7.7", 0},	  /* AS0 */
	    {"9.9.9.200", 64510}, /* what is seen goes before what is allowed */
	    {"255.255.255.255", 64504},
	    {"200.0.0.1", 0},
	};
	struct origins *o = origins_new();

	(void)state;
	ranges(o,
	       "1.0.0.0,1.0.0.255,64500,\"Cloud, Inc.\"\n1.0.4.0,1.0.7.255,64501,A\n"
	       "1.0.5.0,1.0.5.255,64502,nested\n192.0.2.0,192.0.2.255,0,Not routed\n"
	       "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,AS64503,B\n"
	       "255.255.255.0,255.255.255.255,64504\n1.0.0.9,1.0.0.0,1,backwards\n",
	       1);
	ranges(o, "1.0.0.0\t1.0.0.255\t64500\tUS\tCLOUD\n", 0);
	route(o, "9.9.9.0/24", 64510, ROUTE_TABLE);
	route(o, "9.9.9.0/24", 64511, ROUTE_TABLE);
	route(o, "9.9.9.0/24", 64510, ROUTE_TABLE);
	route(o, "9.9.10.0/24", 64510, ROUTE_TABLE);
	route(o, "9.9.10.0/24", 64511, ROUTE_ANNOUNCE);
	route(o, "9.9.11.0/24", 64511, ROUTE_WITHDRAW);
	route(o, "0.0.0.0/0", 64511, ROUTE_TABLE);
	vrp(o, "8.8.8.0/24", 64520);
	vrp(o, "8.8.8.0/24", 64520);
	vrp(o, "8.8.9.0/24", 64520);
	vrp(o, "8.8.9.0/24", 64520);
	vrp(o, "8.8.9.0/24", 64521);
	vrp(o, "8.8.7.0/24", 0);
	vrp(o, "9.9.9.128/25", 64521);
	origins_ready(o);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct addr a;

		assert_true(addr_parse(t[i].addr, strlen(t[i].addr), &a));
		if (origins_find(o, a) != t[i].asn)
			fail_msg("%s is AS%u's, not AS%u's", t[i].addr, origins_find(o, a),
				 t[i].asn);
	}
	assert_int_equal(origins_find(NULL, (struct addr){0}), 0);
	origins_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(many),
					   cmocka_unit_test(geo), cmocka_unit_test(whose)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
