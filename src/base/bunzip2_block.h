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

struct bunzip2_block;

/* About 15 MB of addresses, of which a block touches what it needs. */
struct bunzip2_block *bunzip2_block_new(void);
void bunzip2_block_free(struct bunzip2_block *b);

/*
 * Decodes the block whose 48-bit mark ends before bit *bit of in (bit 0 is the highest of the
 * first byte); *bit is then the first bit after the block. limit is the stream's level × 100,000.
 * n bytes count; BUNZIP2_PAD more must be readable. BAD: *why says what, in a few words.
 */
enum bunzip2_result bunzip2_block_decode(struct bunzip2_block *b, const uint8_t *in, size_t n,
					 uint64_t *bit, uint32_t limit, const char **why);

/* What the decoded block says, at most cap bytes at a time; 0 when all was given. cap is at
 * least 1024. */
size_t bunzip2_block_read(struct bunzip2_block *b, uint8_t *out, size_t cap);

/* The block's own checksum, and that of what was read so far. */
uint32_t bunzip2_block_crc(const struct bunzip2_block *b);
bool bunzip2_block_good(const struct bunzip2_block *b);

#endif
