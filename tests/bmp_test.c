/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * BMP as a stream and in captures. The bytes are made here after RFC 7854; the captures are
 * pmacct's, counted once by a script of a few lines that knows nothing of Meridian.
 */
#include "sources.h"

#include "base/text.h"

/* A per-peer header (RFC 7854 4.2) of 192.0.2.9, AS64496. */
static void about(struct buf *b, uint8_t type, uint8_t flags)
{
	buf_u8(b, type);
	buf_u8(b, flags);
	buf_u64(b, 0);
	buf_u64(b, 0);
	buf_u32(b, 0);
	buf_u32(b, type == 3 ? 0 : 0xc0000209);
	buf_u32(b, 64496);
	buf_u32(b, 0x0a000001);
	buf_u32(b, 1553627987);
	buf_u32(b, 250000);
}

static void message(struct buf *out, uint8_t type, const struct buf *body)
{
	buf_u8(out, 3);
	buf_u32(out, (uint32_t)body->len + 6);
	buf_u8(out, type);
	buf_add(out, body->at, body->len);
}

static void bgp(struct buf *b, uint8_t type, const char *body, size_t n)
{
	for (int i = 0; i < 16; i++)
		buf_u8(b, 0xff);
	buf_u16(b, (uint16_t)(n + 19));
	buf_u8(b, type);
	buf_add(b, body, n);
}

/* ORIGIN IGP, AS_PATH 64496 64497 in four bytes, NEXT_HOP, 198.51.100.0/24 */
#define ATTRS4 \
	"\x40\x01\x01\x00\x40\x02\x0a\x02\x02\0\0\xfb\xf0\0\0\xfb\xf1\x40\x03\x04\xc0\0\x02\x01"
#define UPDATE "\0\0\0\x18" ATTRS4 "\x18\xc6\x33\x64"
#define UPDATE_ID "\0\0\0\x18" ATTRS4 "\0\0\0\x05\x18\xc6\x33\x64"
#define OPEN "\x04\xfb\xf0\0\xb4\x0a\0\0\x01\0"
/* The same with ADD-PATH for IPv4 unicast, both ways. */
#define OPEN_ADD "\x04\xfb\xf0\0\xb4\x0a\0\0\x01\x08\x02\x06\x45\x04\0\x01\x01\x03"

static struct buf stream(void)
{
	struct buf b = {0}, m = {0};

	buf_u16(&m, 2);
	buf_u16(&m, 2);
	buf_text(&m, "R1");
	message(&b, 4, &m);

	buf_reset(&m);
	about(&m, 0, 0);
	for (int i = 0; i < 20; i++)
		buf_u8(&m, 0);
	bgp(&m, 1, OPEN_ADD, sizeof(OPEN_ADD) - 1);
	bgp(&m, 1, OPEN_ADD, sizeof(OPEN_ADD) - 1);
	message(&b, 3, &m);

	buf_reset(&m);
	about(&m, 0, 0);
	bgp(&m, 2, UPDATE_ID, sizeof(UPDATE_ID) - 1);
	message(&b, 0, &m);

	buf_reset(&m); /* the same peer after its policy: never opened, so no path identifiers */
	about(&m, 0, 0x40);
	bgp(&m, 2, UPDATE, sizeof(UPDATE) - 1);
	buf_u32(&m, 0xea620002); /* an element that nobody knows */
	buf_u16(&m, 0);
	message(&b, 0, &m);

	buf_reset(&m);
	about(&m, 3, 0);
	bgp(&m, 2, UPDATE, sizeof(UPDATE) - 1);
	message(&b, 0, &m);

	buf_reset(&m);
	about(&m, 0, 0);
	buf_u32(&m, 1);
	buf_u16(&m, 7);
	buf_u16(&m, 8);
	buf_u64(&m, 42);
	message(&b, 1, &m);

	buf_reset(&m);
	about(&m, 0, 0);
	buf_u8(&m, 4);
	message(&b, 2, &m);
	buf_free(&m);
	return b;
}

static void messages(void **state)
{
	static const char *const routes[] = {
	    "A 198.51.100.0/24 64496 64497 | R1 192.0.2.9 AS64496",
	    "A 198.51.100.0/24 64496 64497 | R1 post-policy 192.0.2.9 AS64496",
	    "A 198.51.100.0/24 64496 64497 | R1 loc-rib 0.0.0.0 AS64496",
	};
	struct buf b = stream();
	struct read *x = read_stream(stream_of(b.at, b.len, "bmp", 0));
	struct facts f;
	char t[TEXT_TIME];

	(void)state;
	assert_string_equal(x->r.source->name, "bmp");
	assert_true(read_next(x, &f)); /* Initiation */
	assert_int_equal(f.nroute + f.nfact, 0);
	assert_true(read_next(x, &f)); /* Peer Up */
	assert_int_equal(f.fact->kind, FACT_SESSION);
	assert_int_equal(f.fact->session.to, 6);
	for (int i = 0; i < 3; i++) {
		assert_true(read_next(x, &f));
		assert_int_equal(f.nroute, 1);
		assert_string_equal(route_line(x, f.route), routes[i]);
		assert_int_equal(f.route->path_id, i ? 0 : 5);
		assert_string_equal(text_time(t, f.time), "2019-03-26T19:19:47.250000Z");
		assert_memory_equal(f.slice.at, b.at + f.slice.offset, f.slice.length);
		assert_int_equal(f.nfact, i == 1);
		if (i == 1)
			assert_true(f.fact->garbled.skipped);
	}
	assert_true(read_next(x, &f)); /* Statistics */
	assert_int_equal(f.nroute + f.nfact, 0);
	assert_true(read_next(x, &f)); /* Peer Down */
	assert_int_equal(f.fact->session.from, 6);
	assert_int_equal(f.fact->session.to, 1);
	assert_false(read_next(x, &f));
	assert_int_equal(x->r.tally.decoded, 7);
	read_close(x);
	buf_free(&b);
}

/* Cut anywhere, or with a hole: the rest comes, and what is lost is told. */
static void damaged(void **state)
{
	struct buf b = stream();
	struct facts f;
	struct read *x;

	(void)state;
	for (size_t n = 60; n < b.len; n++) {
		x = read_stream(stream_of(b.at, n, "bmp", 0));
		while (read_next(x, &f)) {
		}
		read_close(x);
	}
	b.at[12] = 9; /* the Peer Up loses its first byte */
	x = read_stream(stream_of(b.at, b.len, "bmp", 0));
	assert_true(read_next(x, &f));
	assert_true(read_next(x, &f));
	assert_int_equal(f.fact->kind, FACT_GARBLED);
	assert_int_equal(f.fact->garbled.offset, 12);
	while (read_next(x, &f)) {
	}
	assert_int_equal(x->r.tally.decoded, 6);
	assert_int_equal(x->r.tally.skipped, 1);
	read_close(x);
	buf_free(&b);
}

/* One IPv4 TCP packet in a classic capture. */
static void packet(struct buf *b, uint32_t seq, uint8_t flags, const void *p, size_t n)
{
	uint32_t head[4] = {1553627987, 0, (uint32_t)(54 + n), (uint32_t)(54 + n)};

	buf_add(b, head, 16);
	buf_u64(b, 0);
	buf_u32(b, 0);
	buf_u16(b, 0x0800);
	buf_u16(b, 0x4500);
	buf_u16(b, (uint16_t)(40 + n));
	buf_u32(b, 0x4000);
	buf_u32(b, 0x40060000);
	buf_u32(b, 0xc0000201);
	buf_u32(b, 0xc0000202);
	buf_u16(b, 50000);
	buf_u16(b, 1790);
	buf_u32(b, seq);
	buf_u32(b, 0);
	buf_u8(b, 0x50);
	buf_u8(b, flags);
	buf_u16(b, 0);
	buf_u32(b, 0);
	buf_add(b, p, n);
}

static struct buf capture_head(void)
{
	struct buf b = {0};
	uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};

	buf_add(&b, head, sizeof(head));
	return b;
}

static void reassembled(void **state)
{
	struct buf b = stream(), c;
	struct read *x;
	struct facts f;
	const size_t step = 37;

	(void)state;
	/* Segments of 37 bytes, each pair swapped, each sent twice, across the wrap of 2^32. */
	c = capture_head();
	packet(&c, UINT32_MAX - 100, 2, "", 0);
	for (size_t i = 0; i < b.len; i += 2 * step)
		for (int k = 3; k >= 0; k--) {
			size_t from = i + (size_t)(k % 2) * step;

			if (from < b.len)
				packet(&c, UINT32_MAX - 99 + (uint32_t)from, 0x18, b.at + from,
				       b.len - from < step ? b.len - from : step);
		}
	x = read_stream(stream_of(c.at, c.len, "pcap", 0));
	assert_string_equal(x->r.source->name, "pcap");
	while (read_next(x, &f)) {
		assert_true(f.slice.offset + f.slice.length <= c.len);
		if (f.slice.at)
			assert_memory_equal(f.slice.at, c.at + f.slice.offset, f.slice.length);
		if (f.nroute)
			assert_string_equal(peers_at(x->peers, f.route->peer)->collector,
					    f.route->path_id ? "192.0.2.1"
					    : f.nfact	     ? "192.0.2.1 post-policy"
							     : "192.0.2.1 loc-rib");
	}
	assert_int_equal(x->r.tally.decoded, 7);
	assert_int_equal(x->r.tally.skipped, 0);
	read_close(x);
	buf_free(&c);

	/* A segment is missing: its message is lost and told, the others come. */
	c = capture_head();
	packet(&c, 0, 2, "", 0);
	for (size_t i = 0; i < b.len; i += 400)
		if (i)
			packet(&c, 1 + (uint32_t)i, 0x18, b.at + i,
			       b.len - i < 400 ? b.len - i : 400);
		else
			packet(&c, 1, 0x18, b.at, 390);
	x = read_stream(stream_of(c.at, c.len, "pcap", 0));
	while (read_next(x, &f)) {
	}
	assert_true(x->r.tally.decoded >= 4);
	assert_true(x->r.tally.skipped >= 1);
	read_close(x);
	buf_free(&c);
	buf_free(&b);
}

static void captures(void **state)
{
	static const struct {
		const char *file;
		unsigned messages, sessions, other;
	} want[] = {
	    {"bmp/pmacct.200-BMP-HUAWEI-locrib_instance_traffic-00.pcap", 103, 18, 0},
	    {"bmp/pmacct.201-BMP-CISCO-rd_instance_traffic-00.pcap", 336, 42, 0},
	    {"bmp/pmacct.205-BMP-6wind-FRR-peer_down_traffic-00.pcap", 509, 9, 0},
	    {"bmp/pmacct.208-BMP-mem-leak-test_bmp-multi-sources-peer-up.pcap", 289, 289, 0},
	    {"bmp/pmacct.208-BMP-mem-leak-test_bmp-multi-sources-route-monitoring.pcap", 6955, 0,
	     0},
	    {"bmp/pmacct.305-BGP-mem-leak-test_bgp-multi-sources-update-keepalive.pcap", 448, 0, 0},
	    {"bmp/pmacct.403-IPFIXv10-BMP-IPv6-CISCO-locrib-peerdown-vrf_traffic-00.pcap", 877, 20,
	     357},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct read *x = read_file(shared(want[i].file));
		struct facts f;
		unsigned sessions = 0;

		while (read_next(x, &f))
			for (size_t k = 0; k < f.nfact; k++) {
				sessions += f.fact[k].kind == FACT_SESSION;
				if (f.fact[k].kind == FACT_GARBLED)
					assert_true(f.fact[k].garbled.skipped);
			}
		assert_int_equal(x->r.tally.decoded, want[i].messages);
		assert_int_equal(x->r.tally.skipped, want[i].other);
		assert_int_equal(sessions, want[i].sessions);
		assert_false(x->r.tally.cut);
		read_close(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages),
	    cmocka_unit_test(damaged),
	    cmocka_unit_test(reassembled),
	    cmocka_unit_test(captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
