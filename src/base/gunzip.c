/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * gzip (RFC 1952) with any number of members, by isa-l.
 */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "base/coding.h"
#include "base/mem.h"

struct gunzip {
	struct raw *raw;
	struct inflate_state z;
	bool within; /* a member has begun and not ended */
	bool ended;
};

static bool gunzip_is(const uint8_t *at, size_t n)
{
	return n >= 3 && at[0] == 0x1f && at[1] == 0x8b && at[2] == 8;
}

static void *gunzip_open(struct raw *raw)
{
	struct gunzip *g = mem_alloc(sizeof(*g));

	g->raw = raw;
	isal_inflate_init(&g->z);
	g->z.crc_flag = ISAL_GZIP;
	g->z.avail_in = 0;
	g->within = g->ended = false;
	return g;
}

static const char *why_of(int r)
{
	switch (r) {
	case ISAL_INCORRECT_CHECKSUM:
		return "the checksum of a member that ends here is wrong";
	case ISAL_INVALID_WRAPPER:
		return "a member's head is damaged";
	case ISAL_UNSUPPORTED_METHOD:
		return "a member is packed by a method that is not deflate";
	default:
		return "the data are damaged";
	}
}

static bool refill(struct gunzip *g)
{
	const uint8_t *p;
	size_t n;

	if (!raw_next(g->raw, &p, &n))
		return false;
	g->z.next_in = (uint8_t *)(uintptr_t)p;
	g->z.avail_in = (uint32_t)n;
	return true;
}

/* Between members: what comes next is another one, padding, or nothing of ours. */
static bool begin(struct gunzip *g, char fault[CODING_FAULT])
{
	uint64_t at = raw_count(g->raw) - g->z.avail_in;
	uint8_t first;

	if (!g->z.avail_in && !refill(g)) {
		if (raw_fault(g->raw))
			coding_fault(fault, &coding_gzip, g->raw, "", at);
		return false;
	}
	/* The second byte may not have come yet; the first one tells members from padding. */
	first = *g->z.next_in;
	if (first == 0x1f) {
		isal_inflate_reset(&g->z);
		g->within = true;
		return true;
	}
	if (!coding_padding(g->raw, g->z.next_in, g->z.avail_in))
		coding_fault(fault, &coding_gzip, g->raw,
			     "what follows the last member is not gzip", at);
	return false;
}

static size_t gunzip_read(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT])
{
	struct gunzip *g = state;

	g->z.next_out = out;
	g->z.avail_out = (uint32_t)cap;
	while (!g->ended && g->z.avail_out) {
		uint32_t before_in, before_out;
		int r;

		if (!g->within && g->z.avail_out < cap && !g->z.avail_in)
			break; /* do not wait for another member with data in hand */
		if (!g->within && !begin(g, fault)) {
			g->ended = true;
			break;
		}
		before_in = g->z.avail_in;
		before_out = g->z.avail_out;
		r = isal_inflate(&g->z);
		if (r < 0) {
			g->ended = true;
			coding_fault(fault, &coding_gzip, g->raw, why_of(r),
				     raw_count(g->raw) - g->z.avail_in);
			break;
		}
		if (g->z.block_state == ISAL_BLOCK_FINISH) {
			g->within = false;
			continue;
		}
		if (g->z.avail_in && (g->z.avail_in != before_in || g->z.avail_out != before_out))
			continue;
		if (g->z.avail_out < cap)
			break;
		if (!refill(g)) {
			g->ended = true;
			coding_fault(fault, &coding_gzip, g->raw, "the data end within a member",
				     raw_count(g->raw));
		}
	}
	return cap - g->z.avail_out;
}

static void gunzip_close(void *state)
{
	free(state);
}

const struct coding coding_gzip = {"gzip", gunzip_is, gunzip_open, gunzip_read, gunzip_close};
