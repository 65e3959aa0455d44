/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "sources.h"

#include "base/text.h"

#define ATTRS "40 01 01 00 40 02 06 02 01 0000fbf0 40 03 04 c0000201" /* 20 bytes */
#define ATTRS2 "40 01 01 00 40 02 04 02 01 fbf0 40 03 04 c0000201"    /* 18 bytes */
#define MARKER "ffffffffffffffffffffffffffffffff "
#define PEERS                                               \
	"0a000001 0000 0002 02 c0000202 c0000203 0000fbf1 " \
	"03 c0000204 20010db8000000000000000000000009 00030d40"

static struct buf file;

/* A record onto the file; the body in hex. */
static void add(uint32_t time, unsigned type, unsigned subtype, const char *body)
{
	size_t start = file.len;
	unsigned v;
	int n;

	buf_u32(&file, time);
	buf_u16(&file, (uint16_t)type);
	buf_u16(&file, (uint16_t)subtype);
	buf_u32(&file, 0);
	while (sscanf(body, " %2x%n", &v, &n) == 1) {
		buf_u8(&file, (uint8_t)v);
		body += n;
	}
	v = __builtin_bswap32((uint32_t)(file.len - start - 12));
	memcpy(file.at + start + 8, &v, 4);
}

/* A BGP4MP message with AS4 of AS64497 at 192.0.2.3, announcing 192.0.n.0/24. */
static void add_update(unsigned n)
{
	char body[512];

	snprintf(body, sizeof(body),
		 "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "002f 02 0000 0014 " ATTRS
		 " 18 c000%02x",
		 n);
	add(1000000000 + n, 16, 4, body);
}

/* What the file gives, record by record: routes, '!' garbled, '~' skipped, '/' cut, "from>to"
 * sessions; '|' between records. Every byte of the file is in one record's slice. */
static char *reading(void)
{
	static struct buf b;
	struct read *x = read_stream(stream_of(file.at, file.len, "test", 0));
	uint64_t offset = 0;
	struct facts f;

	buf_reset(&b);
	buf_text(&b, "");
	while (read_next(x, &f)) {
		if (offset)
			buf_char(&b, '|');
		assert_int_equal(f.slice.offset, offset);
		assert_int_equal(f.slice.source, 7);
		offset += f.slice.length;
		if (f.slice.at)
			assert_memory_equal(f.slice.at, file.at + f.slice.offset, f.slice.length);
		for (size_t i = 0; i < f.nroute; i++) {
			if (i)
				buf_char(&b, ';');
			buf_text(&b, route_line(x, &f.route[i]));
			if (f.route[i].flags & ROUTE_PATH_ID)
				buf_printf(&b, " #%u", f.route[i].path_id);
		}
		for (size_t i = 0; i < f.nfact; i++) {
			const struct fact *k = &f.fact[i];

			if (k->kind == FACT_SESSION) {
				buf_printf(&b, "%u>%u AS%u", k->session.from, k->session.to,
					   peers_at(x->peers, k->session.peer)->asn);
				continue;
			}
			assert_true(k->garbled.offset >= f.slice.offset);
			assert_true(k->garbled.offset + k->garbled.length <=
				    f.slice.offset + f.slice.length);
			buf_char(&b, k->garbled.cut ? '/' : k->garbled.skipped ? '~' : '!');
		}
	}
	assert_int_equal(offset, file.len);
	read_close(x);
	buf_reset(&file);
	return b.at;
}

#define R(n) "A 192.0." #n ".0/24 64496 |  192.0.2.3 AS64497"

static void messages(void **state)
{
	(void)state;
	add_update(1);
	/* AS2, IPv6 peer */
	add(1000000000, 16, 1,
	    "fbf1 fbf2 0000 0002 20010db8000000000000000000000001 "
	    "20010db8000000000000000000000002 " MARKER "002d 02 0000 0012 " ATTRS2 " 18 c00002");
	/* ET */
	add(1000000000, 17, 4,
	    "0007a120 0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER
	    "002f 02 0000 0014 " ATTRS " 18 c00003");
	/* KEEPALIVE, then ADD-PATH */
	add(1000000000, 16, 4, "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "0013 04");
	add(1000000000, 16, 9,
	    "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "0033 02 0000 0014 " ATTRS
	    " 00000007 18 c00004");
	/* LOCAL: said by the collector */
	add(1000000000, 16, 7,
	    "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "002f 02 0000 0014 " ATTRS
	    " 18 c00005");
	/* State changes: AS2, AS4, and Zebra's of 8 bytes */
	add(1000000000, 16, 0, "fbf1 fbf2 0000 0001 c0000203 c0000202 0006 0001");
	add(1000000000, 16, 5, "00030d40 0000fbf2 0000 0001 c0000203 c0000202 0005 0006");
	add(1000000000, 16, 0, "fbf1 fbf2 0003 0004");
	/* Old types */
	add(1000000000, 5, 1, "fbf1 c0000203 fbf2 c0000202 0002 08 0a 0012 " ATTRS2 " 18 c00006");
	add(1000000000, 5, 3, "fbf1 c0000203 0006 0001");
	add(1000000000, 5, 7, "fbf1 c0000203 fbf2 c0000202");
	assert_string_equal(
	    reading(),
	    R(1) "|A 192.0.2.0/24 64496 |  2001:db8::1 AS64497|" R(3) "||" R(
		4) " #7|A 192.0.5.0/24 64496 |  192.0.2.2 AS64498|6>1 AS64497|5>6 "
		   "AS200000|3>4 AS64497|W 10.0.0.0/8 |  192.0.2.3 AS64497;" R(6) "|6>1 AS64497|");
}

static void faulty_messages(void **state)
{
	(void)state;
	add_update(1);
	/* marker, length below the header, type, no room for a header, no peer, beyond the record
	 */
	add(1000000000, 16, 4,
	    "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 fffffffffffffffffffffffffffffffe 0013 "
	    "04");
	add(1000000000, 16, 4, "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "0012 04");
	add(1000000000, 16, 4, "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "0013 00");
	add(1000000000, 16, 4, "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 ffff");
	add(1000000000, 16, 4, "0000fbf1 0000fbf2 0000 0007 c0000203 c0000202");
	add(1000000000, 16, 4,
	    "0000fbf1 0000fbf2 0000 0001 c0000203 c0000202 " MARKER "0fff 02 0002 08 0a");
	add(1000000000, 17, 4, "ffffffff 0000fbf1 0000fbf2");
	add(1000000000, 16, 5, "00030d40 0000fbf2 0000 0001 c0000203 c0000202 0005");
	add(1000000000, 11, 0, "00000000 00000000");
	add_update(2);
	assert_string_equal(reading(),
			    R(1) "|!|!|!|!|!|W 10.0.0.0/8 |  192.0.2.3 AS64497!|!|!|~|" R(2));
}

/* An OPEN as Zebra wrote it: no interface, no family, no addresses. */
static void zebra_open(void **state)
{
	(void)state;
	add(1000000000, 16, 1, "fbf1 fbf2 " MARKER "001d 01 04 fbf1 00b4 c0000203 00");
	add_update(1);
	assert_string_equal(reading(), "|" R(1));
}

static void tables(void **state)
{
	(void)state;
	add(1000000000, 13, 1, PEERS);
	add(1000000000, 13, 2,
	    "00000000 18 c00002 0002 0000 38000000 0014 " ATTRS " 0001 38000001 0014 " ATTRS);
	/* IPv6, abbreviated MP_REACH */
	add(1000000000, 13, 4,
	    "00000001 20 20010db8 0001 0001 38000000 0021 40 01 01 00 40 02 06 02 01 0000fbf0 "
	    "80 0e 11 10 20010db8000000000000000000000009");
	add(1000000000, 13, 8, "00000002 18 c00003 0001 0000 38000000 00000005 0014 " ATTRS);
	add(1000000000, 13, 3, "00000003 18 c00004 0001 0000 38000000 0014 " ATTRS);
	add(1000000000, 13, 6, "00000004 0001 01 18 c00005 0001 0000 38000000 0014 " ATTRS);
	/* A generic one of a family without prefixes (L2VPN EVPN) */
	add(1000000000, 13, 6, "00000004 0019 46 10 c000 0001 0000 38000000 0014 " ATTRS);
	/* GEO_PEER_TABLE, RFC 6397 */
	add(1000000000, 13, 7,
	    "0a000001 0000 00000000 00000000 0001 02 c0000202 c0000203 0000fbf1 "
	    "00000000 00000000");
#define T(p) "T " p " 64496 |  192.0.2.3 AS64497"
	assert_string_equal(
	    reading(),
	    "|" T("192.0.2.0/24") ";T 192.0.2.0/24 64496 |  2001:db8::9 AS200000|T 2001:db8::/32 "
				  "64496 |  2001:db8::9 AS200000|" T("192.0.3.0/24") " #5|" T(
				      "192.0.4.0/24") "|" T("192.0.5.0/24") "|~|");
}

static void faulty_tables(void **state)
{
	(void)state;
	/* Before its PEER_INDEX_TABLE: the routes are nobody's, and that is told. */
	add(1000000000, 13, 2, "00000000 18 c00002 0001 0000 38000000 0014 " ATTRS);
	add(1000000000, 13, 1, PEERS);
	/* A peer that is not there; an entry that is too long; fewer entries; a long prefix. */
	add(1000000000, 13, 2,
	    "00000000 18 c00002 0002 0007 38000000 0014 " ATTRS " 0000 38000001 0014 " ATTRS);
	add(1000000000, 13, 2,
	    "00000000 18 c00002 0002 0000 38000000 0014 " ATTRS " 0000 38000001 00ff " ATTRS);
	add(1000000000, 13, 2, "00000000 18 c00002 ffff 0000 38000000 0014 " ATTRS);
	add(1000000000, 13, 2, "00000000 21 c000020101 0001 0000 38000000 0014 " ATTRS);
	add(1000000000, 13, 2, "00000000 80 c0000201");
	add(1000000000, 13, 1, "0a000001 0000 0003 02 c0000202 c0000203 0000fbf1 00");
	add(1000000000, 13, 2, "00000000 18 c00002 0001 0000 38000000 0014 " ATTRS);
	assert_string_equal(reading(),
			    "T 192.0.2.0/24 64496 |  0.0.0.0 AS0!||T 192.0.2.0/24 64496 "
			    "|  0.0.0.0 AS0;" T("192.0.2.0/24") "!|" T("192.0.2.0/24") "!|" T(
				"192.0.2.0/24") "!|!|!|!|" T("192.0.2.0/24"));
}

#define ENTRY(p, host)                                                                             \
	" " p " 18 01 38000000 c00002" host " fbf1 0012 40 01 01 00 40 02 04 02 01 fbf0 40 03 04 " \
	"c0000201"

static void old_tables(void **state)
{
	(void)state;
	add(1000000000, 12, 1, "0000 0000" ENTRY("c0000200", "03"));
	/* IPv6 */
	add(1000000000, 12, 2,
	    "0000 0001 20010db8000000000000000000000000 20 01 38000000 "
	    "20010db8000000000000000000000009 fbf1 0012 " ATTRS2);
	/* several entries in a record (MRTd) */
	add(1000000000, 12, 1,
	    "0000 0002" ENTRY("c0000300", "03") ENTRY("c0000400", "03") ENTRY("c0000500", "03"));
	assert_string_equal(reading(), T("192.0.2.0/24") "|T 2001:db8::/32 64496 |  2001:db8::9 "
							 "AS64497|" T("192.0.3.0/24") ";" T(
							     "192.0.4.0/24") ";" T("192.0.5.0/24"));
	/* and with a length that leaves out the view and sequence numbers */
	for (int i = 0; i < 2; i++) {
		size_t start = file.len;

		add(1000000000, 12, 1, "0000 0002" ENTRY("c0000300", "03") ENTRY("c0000400", "03"));
		file.at[start + 11] -= 4;
	}
	assert_string_equal(reading(), T("192.0.3.0/24") ";" T("192.0.4.0/24") "|" T(
					   "192.0.3.0/24") ";" T("192.0.4.0/24"));
	/* OpenBGPD's table-mp */
	add(1000000000, 16, 2,
	    "fbf1 fbf2 0000 0001 c0000203 c0000202 0000 0001 38000000 0001 01 04 c0000209 18 "
	    "c00002 "
	    "000b 40 01 01 00 40 02 04 02 01 fbf0");
	assert_string_equal(reading(), T("192.0.2.0/24"));
}

/* Damaged framing: nothing is lost without a word, and reading goes on. */
static void damage(void **state)
{
	size_t at, size;

	(void)state;
	/* Noise between records. */
	for (unsigned i = 1; i < 4; i++)
		add_update(i);
	size = file.len / 3;
	buf_text(&file, "this is no MRT record at all, it stands here by accident");
	add_update(4);
	add_update(5);
	assert_string_equal(reading(), R(1) "|" R(2) "|" R(3) "|!|" R(4) "|" R(5));
	/* A length that is too short: the message is cut, and its rest is no header. */
	for (unsigned i = 1; i < 5; i++)
		add_update(i);
	file.at[size + 11] -= 7;
	assert_string_equal(reading(), R(1) "|!|!|" R(3) "|" R(4));
	/* A length that swallows the next record. */
	for (unsigned i = 1; i < 5; i++)
		add_update(i);
	file.at[size + 11] += 10;
	assert_string_equal(reading(), R(1) "|!|" R(3) "|" R(4));
	/* A length of 4 GiB. */
	for (unsigned i = 1; i < 5; i++)
		add_update(i);
	memset(file.at + size + 8, 0xff, 4);
	assert_string_equal(reading(), R(1) "|!|" R(3) "|" R(4));
	/* A type that nobody knows, its frame intact: one record, told. */
	for (unsigned i = 1; i < 4; i++)
		add_update(i);
	file.at[size + 5] = 99;
	assert_string_equal(reading(), R(1) "|~|" R(3));
	/* Cut anywhere: everything before the cut, and where. */
	for (at = 0; at < size; at += 5) {
		add_update(1);
		add_update(2);
		file.len = size + at;
		assert_string_equal(reading(), at ? R(1) "|/" : R(1));
	}
}

/* The collector's name comes from the path, so that a table and its updates join. */
static void collectors(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
	    {"/data/rrc19/2026.06/updates.20260616.0705.gz", "rrc19"},
	    {"ris.rrc06.updates.1401488100.gz", "rrc06"},
	    {"https://archive.routeviews.org/route-views.linx/bgpdata/2026.06/RIBS/rib.bz2",
	     "route-views.linx"},
	    {"routeviews.route-views.jinx.ribs.1401487200.bz2", "route-views.jinx"},
	    {"route-views6/rib.bz2", "route-views6"},
	    {"route-views2.rib.bz2", "route-views2"},
	    {"updates.mrt", ""},
	    {"myrrc19x/rrc1/f", ""},
	};

	(void)state;
	add_update(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err;
		struct reader r = {.in = stream_of(file.at, file.len, "x", 0),
				   .name = cases[i].path,
				   .peers = peers_new()};
		struct facts f;
		const uint8_t *at;
		size_t n;

		at = stream_peek(r.in, 4096, &n);
		r.source = source_of(at, n);
		assert_string_equal(r.source->name, "mrt");
		assert_true(r.source->open(&r, &err));
		assert_true(r.source->next(&r, &f));
		assert_string_equal(peers_at(r.peers, f.route[0].peer)->collector, cases[i].name);
		r.source->close(&r);
		peers_free(r.peers);
		stream_close(r.in);
	}
	buf_reset(&file);
}

static void recognised(void **state)
{
	static const char *const not [] = {"", "x", "<html><body>404 not found</body></html>",
					   "{\"type\":\"ris_message\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(not ) / sizeof(*not ); i++) {
		const struct source *s = source_of((const uint8_t *)not [i], strlen(not [i]));

		assert_true(!s || strcmp(s->name, "mrt"));
	}
	add_update(1);
	assert_string_equal(source_of((uint8_t *)file.at, file.len)->name, "mrt");
	/* with another's first bytes before it */
	buf_reset(&file);
	buf_text(&file, "0123456789012345");
	add_update(1);
	add_update(2);
	assert_string_equal(source_of((uint8_t *)file.at, file.len)->name, "mrt");
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages),	     cmocka_unit_test(faulty_messages),
	    cmocka_unit_test(zebra_open),    cmocka_unit_test(tables),
	    cmocka_unit_test(faulty_tables), cmocka_unit_test(old_tables),
	    cmocka_unit_test(damage),	     cmocka_unit_test(collectors),
	    cmocka_unit_test(recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
