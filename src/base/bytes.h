/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The bounds-checked reader. Every parser reads through it.
 *
 * It never reads past its end: a short read sets `bad`, empties the reader and yields zeros, and
 * so does every read after it. So a parser reads straight through and asks once. An inner length
 * makes an inner reader (bytes_sub) that cannot leave its own field. Numbers are big-endian, as
 * on the wire. The bytes are borrowed.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at, *end; /* at <= end, always */
	bool bad;		 /* something was asked for that was not there */
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){.at = p, .end = p ? (const uint8_t *)p + n : p};
}

static inline size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->at);
}

/* The next n bytes, or NULL (and bad) when there are fewer. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *p = b->at;

	if (__builtin_expect(bytes_left(b) < n, 0)) {
		b->bad = true;
		b->at = b->end;
		return NULL;
	}
	b->at += n;
	return p;
}

static inline void bytes_skip(struct bytes *b, size_t n)
{
	(void)bytes_take(b, n);
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 1);

	return p ? p[0] : 0;
}

static inline uint16_t bytes_u16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);
	uint16_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 2);
	return __builtin_bswap16(v);
}

static inline uint32_t bytes_u24(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t bytes_u32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);
	uint32_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline uint64_t bytes_u64(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 8);
	uint64_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

/* Copies n bytes to out, zeros when there are fewer. */
static inline void bytes_copy(struct bytes *b, void *out, size_t n)
{
	const uint8_t *p = bytes_take(b, n);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

/* A reader over the next n bytes; a bad one over nothing when there are fewer. */
static inline struct bytes bytes_sub(struct bytes *b, size_t n)
{
	const uint8_t *p = bytes_take(b, n);

	if (!p)
		return (struct bytes){.at = b->end, .end = b->end, .bad = true};
	return (struct bytes){.at = p, .end = p + n};
}

#endif
