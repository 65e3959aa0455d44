/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * bzip2 with any number of streams.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bunzip2_block.h"
#include "base/coding.h"
#include "base/mem.h"

struct bunzip2 {
	struct raw *raw;
	struct bunzip2_block *block;
	uint8_t *in; /* the block in hand and what follows, padded */
	size_t n, cap;
	uint64_t bit;  /* in `in` */
	uint64_t base; /* where `in` stands in the file */
	uint32_t limit, crc;
	bool within, all, ended, reading;
};

static bool bunzip2_is(const uint8_t *at, size_t n)
{
	if (n < 4 || memcmp(at, "BZh", 3) || at[3] < '1' || at[3] > '9')
		return false;
	if (n < 10)
		return !memcmp(at + 4, "\x31\x41\x59\x26\x53\x59", n - 4) ||
		       !memcmp(at + 4, "\x17\x72\x45\x38\x50\x90", n - 4);
	return !memcmp(at + 4, "\x31\x41\x59\x26\x53\x59", 6) ||
	       !memcmp(at + 4, "\x17\x72\x45\x38\x50\x90", 6);
}

static void *bunzip2_open(struct raw *raw)
{
	struct bunzip2 *z = mem_zero(1, sizeof(*z));

	z->raw = raw;
	z->block = bunzip2_block_new();
	return z;
}

/* Makes want bytes after the present bit visible, fewer at the end; the pad is zero. */
static void fill(struct bunzip2 *z, size_t want)
{
	size_t done = (size_t)(z->bit >> 3);

	if (z->n - done >= want)
		return;
	memmove(z->in, z->in + done, z->n - done);
	z->n -= done;
	z->base += done;
	z->bit &= 7;
	while (z->n < want && !z->all) {
		size_t got;

		mem_room(&z->in, &z->cap, z->n + BUNZIP2_PAD + 65536);
		got = raw_read(z->raw, z->in + z->n, z->cap - BUNZIP2_PAD - z->n);
		z->all = !got;
		z->n += got;
	}
	mem_room(&z->in, &z->cap, z->n + BUNZIP2_PAD);
	memset(z->in + z->n, 0, BUNZIP2_PAD);
}

static uint64_t bits(const struct bunzip2 *z, uint64_t at, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++, at++)
		v = v << 1 | (z->in[at >> 3] >> (7 - (at & 7)) & 1);
	return v;
}

static size_t bad(struct bunzip2 *z, const char *why, char fault[CODING_FAULT])
{
	z->ended = true;
	coding_fault(fault, &coding_bzip2, z->raw, why, z->base + (z->bit >> 3));
	return 0;
}

static size_t bunzip2_read(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT])
{
	struct bunzip2 *z = state;

	for (;;) {
		uint64_t mark, end;
		const char *why = "";
		size_t n;

		if (z->ended)
			return 0;
		if (z->reading) {
			n = bunzip2_block_read(z->block, out, cap);
			if (n)
				return n;
			z->reading = false;
			if (!bunzip2_block_good(z->block))
				return bad(z, "the checksum of the block before is wrong", fault);
			z->crc = (z->crc << 1 | z->crc >> 31) ^ bunzip2_block_crc(z->block);
		}
		fill(z, BUNZIP2_LONGEST);
		end = (uint64_t)z->n * 8;
		if (!z->within) {
			z->bit = (z->bit + 7) & ~UINT64_C(7);
			if (z->bit >= end) {
				if (raw_fault(z->raw))
					return bad(z, "", fault);
				z->ended = true;
				return 0;
			}
			n = (size_t)(end - z->bit) / 8;
			if (!bunzip2_is(z->in + (z->bit >> 3), n)) {
				if (!coding_padding(z->raw, z->in + (z->bit >> 3), n))
					return bad(z, "what follows the last stream is not bzip2",
						   fault);
				z->ended = true;
				return 0;
			}
			if (n < 14)
				return bad(z, "the data end within a stream", fault);
			z->limit = (uint32_t)(z->in[(z->bit >> 3) + 3] - '0') * 100000;
			z->bit += 32;
			z->within = true;
			z->crc = 0;
		}
		if (end - z->bit < 80)
			return bad(z, "the data end within a stream", fault);
		mark = bits(z, z->bit, 48);
		if (mark == BUNZIP2_END) {
			if (bits(z, z->bit + 48, 32) != z->crc)
				return bad(z, "the checksum of the stream is wrong", fault);
			z->bit += 80;
			z->within = false;
			continue;
		}
		if (mark != BUNZIP2_BLOCK)
			return bad(z, "neither a block nor the end of the stream", fault);
		end = z->bit + 48;
		switch (bunzip2_block_decode(z->block, z->in, z->n, &end, z->limit, &why)) {
		case BUNZIP2_OK:
			z->bit = end;
			z->reading = true;
			break;
		case BUNZIP2_SHORT:
			return bad(z, "the data end within a block", fault);
		default:
			return bad(z, why, fault);
		}
	}
}

static void bunzip2_close(void *state)
{
	struct bunzip2 *z = state;

	bunzip2_block_free(z->block);
	free(z->in);
	free(z);
}

const struct coding coding_bzip2 = {"bzip2", bunzip2_is, bunzip2_open, bunzip2_read, bunzip2_close};
