/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One block of bzip2: Huffman codes, move-to-front, the inverse of the Burrows-Wheeler
 * transform, run lengths. Blocks are independent of each other, so that they can be decoded on
 * as many cores as there are (base/bunzip2.c).
 *
 * What is special here: the inverse of the transform is one walk through a permutation of up to
 * 900,000 places, each step of which waits for memory. The walk is cut into some hundred
 * segments at places chosen beforehand; eight of them are walked side by side, so that eight
 * waits become one, and the segments are then put into their order. (Each element of a
 * permutation has one predecessor: segments never overlap, whatever the input is.)
 */
#ifndef BASE_BUNZIP2_BLOCK_H
#define BASE_BUNZIP2_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNZIP2_MAX 900000u /* bytes of a block before the last run lengths */
#define BUNZIP2_PAD 256u    /* readable bytes that must follow the input */
#define BUNZIP2_LONGEST                                                                         \
	((size_t)2400 << 10)		       /* no block is longer: 900,050 codes of 20 bits, \
						  18,002 selectors of 6 bits and the head */
#define BUNZIP2_BLOCK UINT64_C(0x314159265359) /* the 48 bits before a block … */
#define BUNZIP2_END UINT64_C(0x177245385090)   /* … and before the end of a stream */

enum bunzip2_result {
	BUNZIP2_OK,
	BUNZIP2_SHORT, /* the input ends within the block */
	BUNZIP2_BAD,
};

/* The memory that decoding one block needs: about 15 MB of addresses, of which it touches what it
 * needs. One thread at a time. */
struct bunzip2_block;

struct bunzip2_block *bunzip2_block_new(void);
void bunzip2_block_free(struct bunzip2_block *b);

/* What a block says, and how far it was read. Zeroed: nothing. Owns its memory. */
struct bunzip2_text {
	uint8_t *at; /* n bytes, before the last run lengths */
	uint32_t n, done;
	uint32_t repeat; /* bytes still to give of `last` */
	uint8_t last;
	uint32_t crc, crc_told; /* of what was read so far; what the block claims */
};

void bunzip2_text_free(struct bunzip2_text *t);

/*
 * Decodes the block whose 48-bit mark ends before bit *bit of in (bit 0 is the highest of the
 * first byte); *bit is then the first bit after the block. It must end at bit `end` at the
 * latest; BUNZIP2_PAD bytes more must be readable. limit is the stream's level × 100,000.
 * BAD: *why says what, in a few words.
 */
enum bunzip2_result bunzip2_block_decode(struct bunzip2_block *b, const uint8_t *in, uint64_t end,
					 uint64_t *bit, uint32_t limit, struct bunzip2_text *text,
					 const char **why);

/* The next bytes, at most cap (1024 at least); 0 when all were given. */
size_t bunzip2_text_read(struct bunzip2_text *t, uint8_t *out, size_t cap);

static inline bool bunzip2_text_whole(const struct bunzip2_text *t)
{
	return t->done == t->n && !t->repeat;
}

#endif
