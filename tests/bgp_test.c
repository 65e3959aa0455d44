/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "source/bgp.h"

#define ATTRS "40 01 01 00 40 02 06 02 01 0000fbf0 40 03 04 c0000201 "

static struct attrs_table *table;
static struct bgp_out out;

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

/* "W 10.0.0.0/8; A 192.0.2.0/24#7": what a body gives. '!' for what is not all right, '~' for
 * what is not decoded, '?' for path identifiers that nobody declared. */
static char *update(struct bgp_session *s, const char *withdrawn, const char *attrs,
		    const char *nlri, bool cut)
{
	static struct buf b;
	struct buf w = hex(withdrawn), a = hex(attrs), n = hex(nlri), body = {0};
	struct bytes in;

	buf_u16(&body, (uint16_t)w.len);
	buf_add(&body, w.at, w.len);
	buf_u16(&body, (uint16_t)a.len);
	buf_add(&body, a.at, a.len);
	buf_add(&body, n.at, n.len);
	in = bytes_of(body.at, body.len);
	in.bad = cut;
	s->attrs = table;
	out.nroute = out.nfact = 0;
	bgp_update(s, in, 100, &out);
	buf_reset(&b);
	buf_text(&b, "");
	for (size_t i = 0; i < out.nroute; i++) {
		const struct route *r = &out.route[i];

		assert_int_equal(r->peer, s->peer);
		buf_printf(&b, "%s%c ", i ? "; " : "",
			   r->kind == ROUTE_ANNOUNCE ? 'A'
			   : r->attrs		     ? 'F'
						     : 'W');
		prefix_put(&b, r->prefix);
		if (r->flags & ROUTE_PATH_ID)
			buf_printf(&b, "#%u", r->path_id);
		if (r->flags & ROUTE_UNDECLARED)
			buf_char(&b, '?');
		if (r->safi != 1)
			buf_printf(&b, " safi %u", r->safi);
	}
	for (size_t i = 0; i < out.nfact; i++) {
		assert_true(out.fact[i].garbled.offset >= 100);
		assert_true(out.fact[i].garbled.offset + out.fact[i].garbled.length <=
			    100 + body.len);
		buf_char(&b, out.fact[i].garbled.skipped ? '~' : '!');
	}
	buf_free(&w);
	buf_free(&a);
	buf_free(&n);
	buf_free(&body);
	return b.at;
}

static void updates(void **state)
{
	static const struct {
		const char *withdrawn, *attrs, *nlri, *text;
	} cases[] = {
	    {"", "", "", ""}, /* End-of-RIB, RFC 4724 2 */
	    {"08 0a", "", "", "W 10.0.0.0/8"},
	    {"", ATTRS, "18 c00002", "A 192.0.2.0/24"},
	    {"08 0a 00", ATTRS, "18 c00002 20 c0000201 19 c0000280",
	     "W 10.0.0.0/8; W 0.0.0.0/0; A 192.0.2.0/24; A 192.0.2.1/32; A 192.0.2.128/25"},
	    /* Bits beyond the length are nobody's, RFC 4271 4.3. */
	    {"", ATTRS, "0d 0b0d", "A 11.8.0.0/13"},
	    /* RFC 4760: MP_UNREACH before what is announced, MP_REACH after. */
	    {"08 0a",
	     ATTRS "80 0f 08 0002 01 20 20010db8 "
		   "80 0e 1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8",
	     "18 c00002", "W 10.0.0.0/8; W 2001:db8::/32; A 192.0.2.0/24; A 2001:db8::/32"},
	    {"", "80 0f 03 0002 01", "", ""},
	    /* Multicast, labelled, VPN. */
	    {"", ATTRS "80 0e 0c 0001 02 04 c0000201 00 10 c000", "", "A 192.0.0.0/16 safi 2"},
	    {"", ATTRS "80 0e 0f 0001 04 04 c0000201 00 28 000101 c000", "",
	     "A 192.0.0.0/16 safi 4"},
	    {"",
	     ATTRS "80 0e 1f 0001 80 0c 0000000000000000 c0000201 00 68 000101 "
		   "0000fbf000000001 c000",
	     "", "A 192.0.0.0/16 safi 128"},
	    {"", "80 0f 0f 0001 80 58 800000 0000fbf000000001", "", "W 0.0.0.0/0 safi 128"},
	    /* Flowspec, EVPN: not decoded, but told. */
	    {"", ATTRS "80 0e 09 0001 85 00 00 03 01 08 0a", "", "~"},
	    {"", "80 0f 05 0019 46 02 00", "", "~"},
	    /* RFC 7606: treated as withdrawn, and why stands in the attributes. */
	    {"", "40 01 01 07 40 02 06 02 01 0000fbf0 40 03 04 c0000201", "18 c00002",
	     "F 192.0.2.0/24"},
	    {"", "40 01 01 00 40 02 06 02 01 0000fbf0", "18 c00002", "F 192.0.2.0/24"},
	    {"",
	     ATTRS "80 0e 0c 0001 01 04 c0000201 00 10 c000 80 0e 0c 0001 01 04 c0000201 00 10 "
		   "c001",
	     "", "F 192.0.0.0/16; F 192.1.0.0/16"},
	    /* What stands before a fault is delivered. */
	    {"", ATTRS, "18 c00002 21 c000000000", "A 192.0.2.0/24!"},
	    {"", ATTRS, "18 c00002 18 c000", "A 192.0.2.0/24!"},
	    {"10 0a", ATTRS, "18 c00002", "A 192.0.2.0/24!"},
	    {"", "80 0f 02 0002", "", "!"},
	    {"", ATTRS "80 0e 06 0001 01 10 c000", "18 c00002", "F 192.0.2.0/24!"},
	};
	struct bgp_session s = {.asn4 = true, .peer = 3};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		    update(&s, cases[i].withdrawn, cases[i].attrs, cases[i].nlri, false),
		    cases[i].text);
}

/* The same attributes with other NLRI are the same attributes. */
static void one_id(void **state)
{
	struct bgp_session s = {.asn4 = true};
	uint32_t id;

	(void)state;
	update(&s, "", ATTRS "80 0e 0c 0001 01 04 c0000201 00 10 c000", "", false);
	id = out.route[0].attrs->id;
	update(&s, "", ATTRS "80 0e 0d 0001 01 04 c0000201 00 18 c00002", "", false);
	assert_int_equal(out.route[0].attrs->id, id);
	update(&s, "",
	       "80 0f 06 0001 01 10 c001 " ATTRS "80 0e 0d 0001 01 04 c0000201 00 18 c00003", "",
	       false);
	assert_int_equal(out.route[1].attrs->id, id);
	update(&s, "", ATTRS "80 0e 0d 0001 01 04 c0000202 00 18 c00002", "", false);
	assert_int_not_equal(out.route[0].attrs->id, id);
}

static void lengths(void **state)
{
	static const char *const bad[] = {
	    "", /* no length at all */
	    "00",
	    "00 05 08 0a",	       /* withdrawn routes beyond the message */
	    "00 00 00 10 40 01 01 00", /* attributes beyond the message */
	    "00 00",		       /* nothing after the withdrawn routes */
	};
	struct bgp_session s = {.attrs = table, .asn4 = true};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct buf b = hex(bad[i]);

		out.nroute = out.nfact = 0;
		assert_false(bgp_update(&s, bytes_of(b.at, b.len), 0, &out));
		assert_int_equal(out.nroute, 0);
		assert_int_equal(out.nfact, 1);
		buf_free(&b);
	}
}

/* A message that its collector cut: what was there before the cut is there. */
static void cut_messages(void **state)
{
	struct bgp_session s = {.attrs = table, .asn4 = true};
	struct buf b = hex("00 05 08 0a 10 0b");
	struct bytes in = bytes_of(b.at, b.len);

	(void)state;
	in.bad = true;
	out.nroute = out.nfact = 0;
	bgp_update(&s, in, 0, &out);
	assert_int_equal(out.nroute, 1);
	buf_free(&b);
}

static void path_ids(void **state)
{
	struct bgp_session s = {.asn4 = true, .addpath = BGP_IPV4_UNICAST};
	uint8_t hidden = 0;

	(void)state;
	assert_string_equal(update(&s, "00000007 08 0a", ATTRS, "00000001 18 c00002", false),
			    "W 10.0.0.0/8#7; A 192.0.2.0/24#1");
	assert_string_equal(update(&s, "", ATTRS, "00000001 18 c00002 0000", false),
			    "A 192.0.2.0/24#1!");
	/* Nobody declared them: by default, nothing is guessed. */
	s.addpath = 0;
	assert_string_equal(update(&s, "", ATTRS, "00000001 18 c00002", false),
			    "A 0.0.0.0/0; A 0.0.0.0/0; A 0.0.0.0/0; A 0.0.0.0/1!");
	s.hidden = &hidden;
	/* Impossible without (three default routes), possible with. */
	assert_string_equal(update(&s, "", ATTRS, "00000001 18 c00002", false),
			    "A 192.0.2.0/24#1?");
	assert_int_equal(hidden, BGP_IPV4_UNICAST);
	/* Could be either (0.0.0.0/0, 8.0.0.0/10, 11.0.0.0/8); its session has them. */
	assert_string_equal(update(&s, "", ATTRS, "000a 080a 08 0b", false),
			    "A 11.0.0.0/8#657418?");
	/* Only without: so the session has none. */
	assert_string_equal(update(&s, "", ATTRS, "18 c00002", false), "A 192.0.2.0/24");
	assert_int_equal(hidden, 0);
	assert_string_equal(update(&s, "", ATTRS, "080a 080b 080c", false),
			    "A 10.0.0.0/8; A 11.0.0.0/8; A 12.0.0.0/8");
	/* Neither: as declared, up to the fault. */
	assert_string_equal(update(&s, "", ATTRS, "18 c00002 ff", false), "A 192.0.2.0/24!");
	assert_int_equal(hidden, 0);
}

static void opens(void **state)
{
	struct buf b = hex("04 5ba0 00b4 c0000201 28 "
			   "02 06 01 04 0002 00 01 "
			   "02 02 06 00 "
			   "02 06 41 04 00030d40 "
			   "02 0a 45 08 0001 01 03 0002 01 01 "
			   "02 03 09 01 03 "
			   "02 01 02");
	struct bgp_open o;

	(void)state;
	/* The last capability ends within its head: inner lengths stay inside. */
	assert_true(bgp_open(bytes_of(b.at, b.len), &o));
	assert_int_equal(o.asn, 200000);
	assert_true(o.asn4);
	assert_true(o.extended_messages);
	assert_int_equal(o.role, 3);
	assert_int_equal(o.families, BGP_IPV6_UNICAST);
	assert_int_equal(o.addpath_receive, BGP_IPV4_UNICAST | BGP_IPV6_UNICAST);
	assert_int_equal(o.addpath_send, BGP_IPV4_UNICAST);
	assert_int_equal(o.hold_time, 180);
	assert_false(bgp_open(bytes_of(b.at, b.len - 4), &o));
	assert_false(bgp_open(bytes_of(b.at, 5), &o));
	buf_free(&b);
	/* RFC 9072 */
	b = hex("04 fbf0 00b4 c0000201 ff ff 0009 02 0006 41 04 00030d40");
	assert_true(bgp_open(bytes_of(b.at, b.len), &o));
	assert_true(o.extended_options && o.asn == 200000);
	buf_free(&b);
}

static void guessing(void **state)
{
	struct buf two = hex("40 02 06 02 02 fbf0 fbf1"), four = hex("40 02 06 02 01 0000fbf0");

	(void)state;
	assert_false(bgp_guess_asn4((uint8_t *)two.at, two.len, true));
	assert_true(bgp_guess_asn4((uint8_t *)four.at, four.len, false));
	assert_true(bgp_guess_asn4(NULL, 0, true));
	buf_free(&two);
	buf_free(&four);
}

static int set_up(void **state)
{
	(void)state;
	table = attrs_new(0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	attrs_free(table);
	bgp_out_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(updates),	    cmocka_unit_test(one_id),	cmocka_unit_test(lengths),
	    cmocka_unit_test(cut_messages), cmocka_unit_test(path_ids), cmocka_unit_test(opens),
	    cmocka_unit_test(guessing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
