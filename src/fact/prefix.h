/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Addresses and prefixes of both families in one shape: 128 bits as two host-order words, an
 * IPv4 address in the top 32 bits of `hi`. So a bit test, a mask and an order are the same code
 * for both. Invariant: bits beyond `len` are zero; v6 is 0 or 1; len is at most 32 or 128.
 */
#ifndef FACT_PREFIX_H
#define FACT_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct addr {
	uint64_t hi, lo;
	uint8_t v6;
};

struct prefix {
	uint64_t hi, lo;
	uint8_t len, v6;
};

#define PREFIX_TEXT 52 /* room for any prefix or address as text */

static inline bool prefix_eq(struct prefix a, struct prefix b)
{
	return a.hi == b.hi && a.lo == b.lo && a.len == b.len && a.v6 == b.v6;
}

/* Clears what stands beyond len. */
static inline struct prefix prefix_masked(struct prefix p)
{
	if (p.len < 64) {
		p.hi &= p.len ? ~UINT64_C(0) << (64 - p.len) : 0;
		p.lo = 0;
	} else if (p.len < 128) {
		p.lo &= p.len > 64 ? ~UINT64_C(0) << (128 - p.len) : 0;
	}
	return p;
}

/* True when b is a or lies in it. */
static inline bool prefix_covers(struct prefix a, struct prefix b)
{
	if (a.v6 != b.v6 || a.len > b.len)
		return false;
	b.len = a.len;
	b = prefix_masked(b);
	return a.hi == b.hi && a.lo == b.lo;
}

static inline bool prefix_has(struct prefix p, struct addr a)
{
	return prefix_covers(p, (struct prefix){a.hi, a.lo, a.v6 ? 128 : 32, a.v6});
}

/* Bit i from the left, 0 the first. */
static inline unsigned prefix_bit(struct prefix p, unsigned i)
{
	return (i < 64 ? p.hi >> (63 - i) : p.lo >> (127 - i)) & 1;
}

/* By family, then address, then length (a covering prefix stands before what it covers). */
int prefix_cmp(struct prefix a, struct prefix b);

uint64_t prefix_hash(struct prefix p);

/* From len bits of wire bytes (as in NLRI, RFC 4271 4.3); bytes beyond len are cleared. */
struct prefix prefix_wire(const uint8_t *p, unsigned len, bool v6);
struct addr addr_wire(const uint8_t *p, bool v6); /* 4 or 16 bytes */
void addr_to_wire(struct addr a, uint8_t out[16]);

/* "192.0.2.0/24", "2001:db8::/32" (RFC 5952). False when it is none, or when bits beyond the
 * length are set. A bare address is a host route. */
bool prefix_parse(const char *s, size_t n, struct prefix *out);
bool addr_parse(const char *s, size_t n, struct addr *out);
char *prefix_text(char out[PREFIX_TEXT], struct prefix p);
char *addr_text(char out[PREFIX_TEXT], struct addr a);
/* The same onto the end of a buffer, without printf: for outputs of millions of lines. */
void prefix_put(struct buf *b, struct prefix p);
void addr_put(struct buf *b, struct addr a);

/* True for what no one routes: IANA special-purpose space is in fact/bogon.h; this is only
 * 0.0.0.0/0 and ::/0, which are never judged. */
static inline bool prefix_default(struct prefix p)
{
	return !p.len;
}

#endif
