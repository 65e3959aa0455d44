/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Apart, so that the usual way through has no registers to save. */
static __attribute__((noinline)) void grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;

	while (cap - b->len <= n)
		cap *= 2;
	b->at = mem_grow(b->at, cap, 1);
	b->cap = cap;
}

static inline char *room(struct buf *b, size_t n)
{
	if (b->cap - b->len <= n)
		grow(b, n);
	return b->at + b->len;
}

char *buf_room(struct buf *b, size_t n)
{
	return room(b, n);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = room(b, n);

	if (n)
		memcpy(at, p, n);
	b->len += n;
	b->at[b->len] = '\0';
}

void buf_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	char *at = room(b, 1);

	at[0] = c;
	at[1] = '\0';
	b->len++;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_room(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->at + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_dec(struct buf *b, uint64_t v)
{
	char t[20];
	size_t i = sizeof(t);

	do {
		t[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, t + i, sizeof(t) - i);
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *in = p;
	char *at = buf_room(b, n * 2);

	for (size_t i = 0; i < n; i++) {
		at[i * 2] = digit[in[i] >> 4];
		at[i * 2 + 1] = digit[in[i] & 15];
	}
	b->len += n * 2;
	b->at[b->len] = '\0';
}

void buf_u8(struct buf *b, uint8_t v)
{
	buf_add(b, &v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	buf_add(b, &v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	buf_add(b, &v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	buf_add(b, &v, 8);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->at)
		b->at[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->at);
	*b = (struct buf){0};
}
