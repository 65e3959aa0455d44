/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tables that are mapped as they are: a head, then arrays, each at a multiple of 8 bytes from the
 * start of the table.
 */
#ifndef FACT_BINARY_H
#define FACT_BINARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* n bytes onto the end of the table that began at start; at which offset of it. */
static inline uint64_t binary_put(struct buf *out, size_t start, const void *p, size_t n)
{
	uint64_t at;

	while ((out->len - start) % 8)
		buf_char(out, '\0');
	at = out->len - start;
	buf_add(out, p, n);
	return at;
}

/* The array of count × size bytes at that offset of a table of n bytes, NULL when it does not lie
 * in it. */
static inline const void *binary_part(const void *p, size_t n, uint64_t at, uint64_t count,
				      size_t size)
{
	return at % 8 || at > n || (n - at) / size < count ? NULL : (const char *)p + at;
}

#endif
