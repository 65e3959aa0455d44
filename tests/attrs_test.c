/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/buf.h"
#include "source/attrs.h"

/* "40 01 01 00" to bytes. */
static struct buf hex(const char *s)
{
	struct buf b = {0};
	unsigned v;
	int n;

	while (sscanf(s, " %2x%n", &v, &n) == 1) {
		buf_u8(&b, (uint8_t)v);
		s += n;
	}
	return b;
}

static const struct attrs *intern(struct attrs_table *t, const char *s, unsigned context)
{
	struct buf b = hex(s);
	const struct attrs *a = attrs_intern(t, (uint8_t *)b.at, b.len, context);

	assert_int_equal(a->nwire, b.len);
	assert_true(!b.len || !memcmp(a->wire, b.at, b.len));
	buf_free(&b);
	return a;
}

/* "1 {2,3} (4) [5]"; sequences as they stand. */
static char *path_line(const struct path *p)
{
	static struct buf b;
	const uint32_t *asn = p->asn;

	buf_reset(&b);
	buf_text(&b, "");
	for (unsigned i = 0; i < p->nsegment; i++) {
		buf_printf(&b, "%s%s", i ? " " : "",
			   &"\0{\0\0\0(\0[\0"[(p->segment[i].kind == SEGMENT_SET	       ? 1
					       : p->segment[i].kind == SEGMENT_CONFED_SEQUENCE ? 5
					       : p->segment[i].kind == SEGMENT_CONFED_SET      ? 7
											  : 0)]);
		for (unsigned j = 0; j < p->segment[i].n; j++)
			buf_printf(&b, "%s%u", j ? " " : "", *asn++);
		buf_printf(&b, "%s",
			   p->segment[i].kind == SEGMENT_SET		   ? "}"
			   : p->segment[i].kind == SEGMENT_CONFED_SEQUENCE ? ")"
			   : p->segment[i].kind == SEGMENT_CONFED_SET	   ? "]"
									   : "");
	}
	return b.at;
}

#define GOOD "40 01 01 00 40 02 06 02 01 00 00 fb f0 40 03 04 c0 00 02 01 "
#define REST "40 01 01 00 40 03 04 c0 00 02 01 " /* without AS_PATH */
#define NO_ORIGIN "40 02 06 02 01 00 00 fb f0 40 03 04 c0 00 02 01 "

/* RFC 7606 section 7 in its order, and the RFCs of later attributes. */
static void faults(void **state)
{
	static const struct {
		const char *wire;
		enum fault_class class;
		uint8_t type;
	} cases[] = {
	    {GOOD, FAULT_NONE, 0},
	    /* ORIGIN: RFC 7606 7.1 */
	    {"40 01 02 00 00" NO_ORIGIN, FAULT_TREAT_AS_WITHDRAW, 1},
	    {"40 01 01 03" NO_ORIGIN, FAULT_TREAT_AS_WITHDRAW, 1},
	    {NO_ORIGIN, FAULT_TREAT_AS_WITHDRAW, 1},
	    /* AS_PATH: 7.2 */
	    {REST, FAULT_TREAT_AS_WITHDRAW, 2},
	    {REST "40 02 00", FAULT_NONE, 0},
	    {REST "40 02 06 05 01 00 00 fb f0", FAULT_TREAT_AS_WITHDRAW, 2},
	    {REST "40 02 06 02 02 00 00 fb f0", FAULT_TREAT_AS_WITHDRAW, 2},
	    {REST "40 02 07 02 01 00 00 fb f0 02", FAULT_TREAT_AS_WITHDRAW, 2},
	    {REST "40 02 02 02 00", FAULT_TREAT_AS_WITHDRAW, 2},
	    {REST "40 02 06 02 01 00 00 00 00", FAULT_TREAT_AS_WITHDRAW, 2}, /* RFC 7607 */
	    /* NEXT_HOP: 7.3 */
	    {"40 01 01 00 40 02 06 02 01 00 00 fb f0 40 03 03 c0 00 02", FAULT_TREAT_AS_WITHDRAW,
	     3},
	    {"40 01 01 00 40 02 06 02 01 00 00 fb f0", FAULT_TREAT_AS_WITHDRAW, 3},
	    /* MULTI_EXIT_DISC 7.4, LOCAL_PREF 7.5, ATOMIC_AGGREGATE 7.6 */
	    {GOOD "80 04 03 00 00 01", FAULT_TREAT_AS_WITHDRAW, 4},
	    {GOOD "40 05 03 00 00 01", FAULT_ATTRIBUTE_DISCARD, 5},
	    {GOOD "40 06 01 00", FAULT_ATTRIBUTE_DISCARD, 6},
	    /* AGGREGATOR: 7.7; AS 0 by RFC 7607 */
	    {GOOD "c0 07 06 fb f0 c0 00 02 01", FAULT_ATTRIBUTE_DISCARD, 7},
	    {GOOD "c0 07 08 00 00 fb f0 c0 00 02 01", FAULT_NONE, 0},
	    {GOOD "c0 07 08 00 00 00 00 c0 00 02 01", FAULT_ATTRIBUTE_DISCARD, 7},
	    /* COMMUNITIES 7.8, ORIGINATOR_ID 7.9, CLUSTER_LIST 7.10 */
	    {GOOD "c0 08 03 00 00 01", FAULT_TREAT_AS_WITHDRAW, 8},
	    {GOOD "c0 08 00", FAULT_TREAT_AS_WITHDRAW, 8},
	    {GOOD "80 09 05 00 00 00 00 00", FAULT_ATTRIBUTE_DISCARD, 9},
	    {GOOD "80 0a 03 00 00 00", FAULT_ATTRIBUTE_DISCARD, 10},
	    /* MP_REACH: 7.11 */
	    {GOOD "80 0e 05 00 02 01 05 00", FAULT_DISABLE_FAMILY, 14},
	    {GOOD "80 0e 0a 00 02 01 05 00 00 00 00 00 00", FAULT_DISABLE_FAMILY, 14},
	    /* EXTENDED COMMUNITIES: 7.14 */
	    {GOOD "c0 10 04 00 00 00 00", FAULT_TREAT_AS_WITHDRAW, 16},
	    {GOOD "c0 19 08 00 00 00 00 00 00 00 00", FAULT_TREAT_AS_WITHDRAW, 25},
	    /* ATTR_SET: 7.16 */
	    {GOOD "c0 80 03 00 00 00", FAULT_TREAT_AS_WITHDRAW, 128},
	    /* AS4_AGGREGATOR: RFC 6793 6; AIGP: RFC 7311 3.1; LARGE_COMMUNITY: RFC 8092 5;
	     * PREFIX_SID: RFC 8669 6; OTC: RFC 9234 5 */
	    {GOOD "c0 12 04 00 00 00 00", FAULT_ATTRIBUTE_DISCARD, 18},
	    {GOOD "80 1a 03 01 00 04", FAULT_ATTRIBUTE_DISCARD, 26},
	    {GOOD "80 1a 0b 01 00 0b 00 00 00 00 00 00 00 07", FAULT_NONE, 0},
	    {GOOD "c0 20 04 00 00 00 00", FAULT_TREAT_AS_WITHDRAW, 32},
	    {GOOD "c0 28 04 01 00 07 00", FAULT_ATTRIBUTE_DISCARD, 40},
	    {GOOD "c0 28 0a 01 00 07 00 00 00 00 00 00 01", FAULT_NONE, 0},
	    {GOOD "c0 23 03 00 00 01", FAULT_TREAT_AS_WITHDRAW, 35},
	    {GOOD "c0 23 04 00 00 fb f0", FAULT_NONE, 0},
	    /* Flags: 3.c; twice: 3.g; overrun: 4 */
	    {GOOD "40 04 04 00 00 00 01", FAULT_TREAT_AS_WITHDRAW, 4},
	    {GOOD "40 01 01 00", FAULT_ATTRIBUTE_DISCARD, 1},
	    {GOOD "c0 08 08 00 00 01", FAULT_TREAT_AS_WITHDRAW, 8},
	    {GOOD "c0", FAULT_TREAT_AS_WITHDRAW, 0},
	    /* RFC 4271 6.3: well-known by its flags, and known by nobody */
	    {GOOD "40 63 00", FAULT_SESSION_RESET, 99},
	    {GOOD "c0 63 01 00", FAULT_NONE, 0},
	};
	struct attrs_table *t = attrs_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct attrs *a = intern(t, cases[i].wire, ATTRS_ASN4 | ATTRS_NEXT_HOP);

		if (a->fault != cases[i].class || a->fault_attr != cases[i].type)
			fail_msg("%s: class %u of attribute %u (%s)", cases[i].wire, a->fault,
				 a->fault_attr, a->fault_why ? a->fault_why : "");
		assert_true(!a->fault == !a->fault_why);
	}
	/* A table has a daemon's own routes, too. */
	assert_int_equal(intern(t, "", ATTRS_TABLE | ATTRS_ASN4)->fault, FAULT_NONE);
	assert_int_equal(intern(t, NO_ORIGIN, ATTRS_TABLE | ATTRS_ASN4)->fault, FAULT_NONE);
	attrs_free(t);
}

static void values(void **state)
{
	struct attrs_table *t = attrs_new(0);
	const struct attrs *a = intern(
	    t,
	    "40 01 01 02 50 02 00 06 02 01 00 00 fb f0 40 03 04 c0 00 02 01 80 04 04 00 00 00 05 "
	    "40 05 04 00 00 00 64 40 06 00 c0 07 08 00 00 fb f1 c0 00 02 02 "
	    "c0 08 08 ff ff 02 9a fb f0 00 01 c0 10 08 00 02 fb f0 00 00 00 01 "
	    "c0 20 0c 00 00 fb f0 00 00 00 01 00 00 00 02 c0 23 04 00 00 fb f2 "
	    "80 1a 0b 01 00 0b 00 00 00 00 00 00 01 00 c0 ff 01 07",
	    ATTRS_ASN4 | ATTRS_NEXT_HOP);
	char text[PREFIX_TEXT];

	(void)state;
	assert_int_equal(a->fault, FAULT_NONE);
	assert_int_equal(a->has, HAS_ORIGIN | HAS_PATH | HAS_NEXT_HOP | HAS_MED | HAS_LOCAL_PREF |
				     HAS_ATOMIC_AGGREGATE | HAS_AGGREGATOR | HAS_COMMUNITIES |
				     HAS_EXT_COMMUNITIES | HAS_LARGE_COMMUNITIES | HAS_OTC |
				     HAS_AIGP | HAS_UNKNOWN);
	assert_int_equal(a->origin, 2);
	assert_int_equal(a->med, 5);
	assert_int_equal(a->local_pref, 100);
	assert_int_equal(a->aggregator_asn, 64497);
	assert_string_equal(addr_text(text, a->aggregator), "192.0.2.2");
	assert_string_equal(addr_text(text, a->next_hop), "192.0.2.1");
	assert_int_equal(a->community.n, 2);
	assert_memory_equal(a->community.at, "\xff\xff\x02\x9a", 4);
	assert_int_equal(a->ext_community.n, 1);
	assert_int_equal(a->large_community.n, 1);
	assert_int_equal(a->otc, 64498);
	assert_int_equal(a->aigp, 256);
	assert_int_equal(a->path.origin, 64496);
	attrs_free(t);
}

static void next_hops(void **state)
{
	static const struct {
		const char *wire;
		unsigned context;
		const char *hop;
	} cases[] = {
	    /* whole, RFC 4760 */
	    {"80 0e 15 00 02 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00", 0,
	     "2001:db8::1"},
	    /* with a link-local one behind it, RFC 2545 */
	    {"80 0e 25 00 02 01 20 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 fe 80 00 00 00 "
	     "00 00 00 00 00 00 00 00 00 00 01 00",
	     0, "2001:db8::2"},
	    /* a route distinguisher before it, RFC 4364 */
	    {"80 0e 11 00 01 80 0c 00 00 00 00 00 00 00 00 c0 00 02 03 00", 0, "192.0.2.3"},
	    /* abbreviated, RFC 6396 4.3.4, and whole all the same */
	    {"80 0e 11 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 03", ATTRS_TABLE,
	     "2001:db8::3"},
	    {"80 0e 15 00 02 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 04 00", ATTRS_TABLE,
	     "2001:db8::4"},
	    /* MP_REACH rules over NEXT_HOP */
	    {"40 03 04 c0 00 02 01 80 0e 15 00 02 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 "
	     "00 05 00",
	     0, "2001:db8::5"},
	};
	struct attrs_table *t = attrs_new(0);
	char text[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		    addr_text(text, intern(t, cases[i].wire, cases[i].context)->next_hop),
		    cases[i].hop);
	attrs_free(t);
}

static void paths(void **state)
{
	static const struct {
		const char *path; /* AS_PATH's value, ASNs of four bytes */
		const char *text;
		unsigned nflat, flags;
		uint32_t origin;
	} cases[] = {
	    {"02 03 00000001 00000002 00000003", "1 2 3", 3, 0, 3},
	    {"02 04 00000001 00000002 00000002 00000003", "1 2 2 3", 3, PATH_PREPENDED, 3},
	    {"02 01 00000001 02 01 00000001", "1 1", 1, PATH_PREPENDED, 1},
	    {"02 01 00000001 01 02 00000002 00000003", "1 {2 3}", 1, PATH_SET, 0},
	    {"02 01 00000001 01 01 00000002 02 01 00000003", "1 {2} 3", 1, PATH_SET, 3},
	    {"03 02 0000fbf0 0000fbf1 02 01 00000005", "(64496 64497) 5", 1, PATH_CONFED, 5},
	    {"04 01 0000fbf0 02 01 00000005", "[64496] 5", 1, PATH_CONFED, 5},
	    {"02 03 00000001 00000002 00000001", "1 2 1", 3, PATH_LOOP, 1},
	    {"02 04 00000001 00000001 00000002 00000002", "1 1 2 2", 2, PATH_PREPENDED, 2},
	    {"", "", 0, 0, 0},
	};
	struct attrs_table *t = attrs_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf value = hex(cases[i].path), wire = {0};
		const struct attrs *a;

		attrs_put_u8(&wire, ATTR_ORIGIN, 0);
		attrs_put(&wire, ATTR_AS_PATH, value.at, value.len);
		a = attrs_intern(t, (uint8_t *)wire.at, wire.len, ATTRS_ASN4);
		assert_int_equal(a->fault, FAULT_NONE);
		assert_string_equal(path_line(&a->path), cases[i].text);
		assert_int_equal(a->path.nflat, cases[i].nflat);
		assert_int_equal(a->path.flags, cases[i].flags);
		assert_int_equal(a->path.origin, cases[i].origin);
		assert_int_not_equal(a->path.id, 0);
		buf_free(&value);
		buf_free(&wire);
	}
	attrs_free(t);
}

/* A long path comes back to its beginning: found without comparing all with all. */
static void long_paths(void **state)
{
	struct attrs_table *t = attrs_new(0);
	struct buf path = {0}, wire = {0};
	uint32_t asn[10000];
	const struct attrs *a;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++)
		asn[i] = i + 1;
	for (int loop = 0; loop < 2; loop++) {
		asn[9999] = loop ? 1 : 10000;
		buf_reset(&path);
		buf_reset(&wire);
		attrs_put_segment(&path, SEGMENT_SEQUENCE, asn, 10000);
		attrs_put(&wire, ATTR_AS_PATH, path.at, path.len);
		a = attrs_intern(t, (uint8_t *)wire.at, wire.len, ATTRS_ASN4);
		assert_int_equal(a->path.nasn, 10000);
		assert_int_equal(a->path.nsegment, 40);
		assert_int_equal(a->path.flags, loop ? PATH_LOOP : 0);
	}
	buf_free(&path);
	buf_free(&wire);
	attrs_free(t);
}

/* RFC 6793 4.2.3. */
static void merging(void **state)
{
	static const struct {
		const char *wire, *text;
		unsigned flags;
		uint32_t aggregator;
	} cases[] = {
	    /* 1 23456 23456 with AS4_PATH 200000 300000 */
	    {"40 02 08 02 03 0001 5ba0 5ba0 c0 11 0a 02 02 00030d40 000493e0", "1 200000 300000",
	     PATH_MERGED, 0},
	    /* AS4_PATH as long as AS_PATH */
	    {"40 02 06 02 02 5ba0 5ba0 c0 11 0a 02 02 00030d40 000493e0", "200000 300000",
	     PATH_MERGED, 0},
	    /* longer: ignored */
	    {"40 02 04 02 01 5ba0 c0 11 0a 02 02 00030d40 000493e0", "23456", 0, 0},
	    /* a set counts one */
	    {"40 02 0a 02 01 0001 01 02 0002 5ba0 c0 11 0a 01 02 00000002 00030d40", "1 {2 200000}",
	     PATH_MERGED | PATH_SET, 0},
	    /* a leading confederation goes with it and does not count */
	    {"40 02 0a 03 01 fbf0 02 02 0001 5ba0 c0 11 06 02 01 00030d40", "(64496) 1 200000",
	     PATH_MERGED | PATH_CONFED, 0},
	    /* confederations in AS4_PATH are left out */
	    {"40 02 06 02 02 0001 5ba0 c0 11 0c 03 01 0000fbf0 02 01 00030d40", "1 200000",
	     PATH_MERGED, 0},
	    /* AGGREGATOR has a real AS, both came: an old speaker aggregated since, both are stale
	     */
	    {"40 02 06 02 02 0001 5ba0 c0 11 06 02 01 00030d40 c0 07 06 0007 c0000201 c0 12 08 "
	     "00030d40 c0000202",
	     "1 23456", 0, 7},
	    /* AS_TRANS: AS4_AGGREGATOR is taken */
	    {"40 02 06 02 02 0001 5ba0 c0 11 06 02 01 00030d40 c0 07 06 5ba0 c0000201 c0 12 08 "
	     "00030d40 c0000202",
	     "1 200000", PATH_MERGED, 200000},
	    /* no AS4_AGGREGATOR: AS4_PATH stands */
	    {"40 02 06 02 02 0001 5ba0 c0 11 06 02 01 00030d40 c0 07 06 0007 c0000201", "1 200000",
	     PATH_MERGED, 7},
	};
	struct attrs_table *t = attrs_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct attrs *a = intern(t, cases[i].wire, 0);

		assert_string_equal(path_line(&a->path), cases[i].text);
		assert_int_equal(a->path.flags, cases[i].flags);
		assert_int_equal(a->aggregator_asn, cases[i].aggregator);
	}
	/* A speaker of four bytes has no use for AS4_PATH. */
	assert_string_equal(
	    path_line(
		&intern(t, "40 02 06 02 01 00000001 c0 11 06 02 01 00030d40", ATTRS_ASN4)->path),
	    "1");
	attrs_free(t);
}

static const struct attrs *nth(struct attrs_table *t, uint32_t i)
{
	static struct buf path, wire;
	uint32_t asn[2] = {64496, i / 2 + 1}; /* two sets of attributes a path */
	const struct attrs *a;

	buf_reset(&path);
	buf_reset(&wire);
	attrs_put_u8(&wire, ATTR_ORIGIN, (uint8_t)(i & 1));
	attrs_put_segment(&path, SEGMENT_SEQUENCE, asn, 2);
	attrs_put(&wire, ATTR_AS_PATH, path.at, path.len);
	attrs_put_next_hop(&wire, (struct addr){UINT64_C(0xc0000201) << 32, 0, 0});
	a = attrs_intern(t, (uint8_t *)wire.at, wire.len, ATTRS_ASN4);
	if (i == UINT32_MAX) {
		buf_free(&path);
		buf_free(&wire);
	}
	return a;
}

/* Same bytes, same id; another context, another id; ids and pointers across generations. */
static void interning(void **state)
{
	struct attrs_table *t = attrs_new((size_t)8 << 20);
	const struct attrs *a = nth(t, 0), *b = nth(t, 1), *c = nth(t, 2);
	uint32_t id = a->id, path = a->path.id, last = 0;
	bool turned = false;

	(void)state;
	assert_ptr_equal(a, nth(t, 0));
	assert_int_not_equal(a->id, b->id);
	assert_int_equal(a->path.id, b->path.id);
	assert_int_not_equal(a->path.id, c->path.id);
	assert_int_not_equal(intern(t, GOOD, ATTRS_ASN4)->id, intern(t, GOOD, 0)->id);
	/* What is asked for again stays, with its id; a million others come and go. */
	for (uint32_t i = 0; i < 1000000; i++) {
		turned |= attrs_turn(t);
		b = nth(t, 0);
		assert_int_equal(b->id, id);
		assert_int_equal(b->path.id, path);
		a = nth(t, i + 10);
		assert_int_equal(a->path.origin, (i + 10) / 2 + 1);
		assert_true(a->id > last);
		last = a->id;
		/* Both are good until the next turn. */
		assert_int_equal(b->path.origin, 1);
	}
	assert_true(turned);
	assert_true(attrs_size(t) < (size_t)12 << 20);
	/* What went comes back as somebody else. */
	assert_true(nth(t, 10)->id > last);
	nth(t, UINT32_MAX);
	attrs_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(faults),	 cmocka_unit_test(values),     cmocka_unit_test(next_hops),
	    cmocka_unit_test(paths),	 cmocka_unit_test(long_paths), cmocka_unit_test(merging),
	    cmocka_unit_test(interning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
