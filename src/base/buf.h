/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bytes that grow: text being written, a message being built. `at` is never NULL once something
 * was added, and text is always followed by a NUL that `len` does not count. Owns its memory.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *at;
	size_t len, cap;
};

/* Room for n more bytes after len (and the NUL); returns where they start. */
char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_text(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Decimal, without the cost of printf: the hot path of every text output. */
void buf_dec(struct buf *b, uint64_t v);
void buf_hex(struct buf *b, const void *p, size_t n);

/* Big-endian integers, for messages and saved state. */
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);

void buf_reset(struct buf *b); /* len = 0, keeps the memory */
void buf_free(struct buf *b);

#endif
