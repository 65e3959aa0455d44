/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Base64 of RFC 4648 section 4, strict: padding is required, nothing else may stand in it, and
 * the unused bits are zero, so that every text stands for other bytes.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

void base64_put(struct buf *out, const void *p, size_t n);

/* The bytes of n characters onto the end of out; false (and out as it was): it is no base64. */
bool base64_get(struct buf *out, const char *s, size_t n);

/* Exactly `want` bytes into out. */
bool base64_exact(void *out, size_t want, const char *s, size_t n);

#endif
