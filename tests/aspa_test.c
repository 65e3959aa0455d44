/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "finding/aspa.h"

/* One ASPA, as "customer provider provider …". */
static void add(struct aspas *a, const char *text)
{
	uint32_t n[64];
	uint32_t count = 0;

	for (char *s = (char *)text, *end; *s; s = end) {
		n[count++] = (uint32_t)strtoul(s, &end, 10);
		if (end == s)
			break;
	}
	aspas_add(a, &(struct aspa){n[0], count - 1, n + 1, false});
}

/* A path as "2 8 9", prepending collapsed as readers do; an AS in braces is a set. */
static struct path path_of(const char *text, uint32_t *room)
{
	struct path p = {.flat = room, .asn = room};

	for (const char *s = text; *s;) {
		char *end;
		uint32_t asn;

		if (*s == '{') {
			p.flags |= PATH_SET;
			break;
		}
		asn = (uint32_t)strtoul(s, &end, 10);
		if (end == s) {
			s++;
			continue;
		}
		if (!p.nflat || room[p.nflat - 1] != asn)
			room[p.nflat++] = asn;
		s = end;
	}
	p.nasn = p.nflat;
	return p;
}

/*
 * The figure of section 6 of the draft, in words: 1 and 2 are at the top and peer; 3 buys from 1,
 * 4 from 2; 5 from 3, 6 from 4, 7 from 5 and 6. 8 attests AS0: it has no provider.
 */
static void paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t neighbour;
		enum aspa_state up, down;
		enum aspa_fault fault; /* by ASPA_DOWN */
	} t[] = {
	    {"", 0, ASPA_INVALID, ASPA_INVALID, ASPA_EMPTY},
	    {"7", 7, ASPA_VALID, ASPA_VALID, ASPA_OK},
	    {"7", 5, ASPA_INVALID, ASPA_INVALID, ASPA_NOT_PEER},
	    {"7 7 7", 7, ASPA_VALID, ASPA_VALID, ASPA_OK},
	    {"5 {7}", 5, ASPA_INVALID, ASPA_INVALID, ASPA_SET},
	    {"5 7", 5, ASPA_VALID, ASPA_VALID, ASPA_OK},
	    {"1 3 5 7", 1, ASPA_VALID, ASPA_VALID, ASPA_OK},
	    {"1 3 3 5 7 7", 1, ASPA_VALID, ASPA_VALID, ASPA_OK},
	    /* up, across the top, down */
	    {"6 4 2 1 3 5 7", 6, ASPA_INVALID, ASPA_VALID, ASPA_OK},
	    {"2 1 3 5", 2, ASPA_INVALID, ASPA_VALID, ASPA_OK},
	    /* 7 leaks from one provider to the other: a valley */
	    {"6 7 5 3", 6, ASPA_INVALID, ASPA_INVALID, ASPA_VALLEY},
	    {"2 4 6 7 5 3 1", 2, ASPA_INVALID, ASPA_INVALID, ASPA_VALLEY},
	    /* two hops across the top are one too many */
	    {"3 1 8 2 4", 3, ASPA_INVALID, ASPA_INVALID, ASPA_VALLEY},
	    /* 99 attests nothing: nobody knows */
	    {"99 7", 99, ASPA_INVALID, ASPA_VALID, ASPA_OK},
	    {"5 99", 5, ASPA_UNKNOWN, ASPA_VALID, ASPA_OK},
	    {"97 98 99 3", 97, ASPA_INVALID, ASPA_UNKNOWN, ASPA_OK},
	    {"99 98 97", 99, ASPA_UNKNOWN, ASPA_UNKNOWN, ASPA_OK},
	    /* a forged origin behind a network that attests its providers */
	    {"666 7", 666, ASPA_INVALID, ASPA_VALID, ASPA_OK},
	    {"1 666 7", 1, ASPA_INVALID, ASPA_INVALID, ASPA_VALLEY},
	};
	struct aspas *a = aspas_new();
	uint32_t room[64];

	(void)state;
	add(a, "1 0");
	add(a, "2 0");
	add(a, "3 1");
	add(a, "4 2");
	add(a, "5 3");
	add(a, "6 4");
	add(a, "7 5");
	add(a, "7 6 5"); /* a second one of the same customer: their union */
	add(a, "8 0");
	aspas_ready(a);
	assert_int_equal(aspas_count(a), 8);
	assert_int_equal(aspas_of(a, 7)->nprovider, 2);
	assert_null(aspas_of(a, 99));
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct path p = path_of(t[i].path, room);
		struct aspa_verdict up = aspa_verify(a, &p, t[i].neighbour, ASPA_UP);
		struct aspa_verdict down = aspa_verify(a, &p, t[i].neighbour, ASPA_DOWN);
		struct aspa_verdict any = aspa_verify(a, &p, t[i].neighbour, ASPA_ANY);

		if (up.state != t[i].up || down.state != t[i].down)
			fail_msg("\"%s\": up %s, down %s", t[i].path, aspa_state_text(up.state),
				 aspa_state_text(down.state));
		assert_int_equal(down.fault, t[i].fault);
		assert_int_equal(any.state, down.state);
		/* What the rule for collectors rests on. */
		if (any.state == ASPA_INVALID)
			assert_int_equal(up.state, ASPA_INVALID);
		if (up.state == ASPA_VALID)
			assert_int_equal(any.state, ASPA_VALID);
	}
	aspas_free(a);
}

/* Which hop decided. */
static void links(void **state)
{
	struct aspas *a = aspas_new();
	uint32_t room[64];
	struct path p = path_of("6 7 5 3", room);
	struct aspa_verdict v;

	(void)state;
	add(a, "3 1");
	add(a, "5 3");
	add(a, "6 4");
	add(a, "7 5 6");
	aspas_ready(a);
	v = aspa_verify(a, &p, 6, ASPA_DOWN);
	assert_int_equal(v.state, ASPA_INVALID);
	/* From the origin's side 3 does not buy from 5; from ours 6 does not buy from 7. */
	assert_int_equal(v.up.customer, 3);
	assert_int_equal(v.up.provider, 5);
	assert_int_equal(v.down.customer, 6);
	assert_int_equal(v.down.provider, 7);
	aspas_free(a);
}

static void without(void **state)
{
	uint32_t room[8];
	struct path p = path_of("1 2 3 4", room);

	(void)state;
	assert_int_equal(aspa_verify(NULL, &p, 1, ASPA_DOWN).state, ASPA_UNKNOWN);
	assert_int_equal(aspa_verify(NULL, &p, 1, ASPA_UP).state, ASPA_UNKNOWN);
}

static void filters(void **state)
{
	struct aspas *a = aspas_new();

	(void)state;
	add(a, "64496 64500");
	add(a, "64497 64500");
	uint32_t local[] = {64501};

	aspas_add(a, &(struct aspa){64496, 1, local, true});
	aspas_filter(a, &(struct filter){.aspa = true, .has_asn = true, .asn = 64496});
	aspas_ready(a);
	assert_int_equal(aspas_hop(a, 64496, 64500), HOP_NOT_PROVIDER);
	assert_int_equal(aspas_hop(a, 64496, 64501), HOP_PROVIDER);
	assert_int_equal(aspas_hop(a, 64497, 64500), HOP_PROVIDER);
	assert_int_equal(aspas_hop(a, 64498, 64500), HOP_NO_ATTESTATION);
	aspas_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(paths), cmocka_unit_test(links),
					   cmocka_unit_test(without), cmocka_unit_test(filters)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
