/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Base64 of RFC 4648 section 4. The first ones are strict: padding is required, nothing else may
 * stand in it, and the unused bits are zero, so that every text stands for other bytes.
 * base64_decode() is for what others wrote.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

void base64_put(struct buf *out, const void *p, size_t n);

/* The bytes of n characters onto the end of out; false (and out as it was): it is no base64. */
bool base64_get(struct buf *out, const char *s, size_t n);

/* Exactly `want` bytes into out. */
bool base64_exact(void *out, size_t want, const char *s, size_t n);

/* Bytes that an archive carries: white space is passed over and missing padding allowed; NULL when
 * it is not base64. */
const uint8_t *base64_decode(struct arena *a, const char *s, size_t n, size_t *len);

#endif
