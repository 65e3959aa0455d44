/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Path attributes (RFC 4271 5), parsed once per distinct byte string and interned.
 *
 * The table is a cache of two generations: what is asked for lives in the young one; when that
 * has grown past half of the limit it becomes the old one, and the old one goes, except what was
 * asked for since. So memory is bounded whatever comes, and what is seen again and again is
 * parsed once. A set of attributes that went and comes back gets a new id: ids are drawn from
 * one counter for the whole program and never used twice (32 bits: after four thousand million
 * distinct sets they begin again at 1).
 *
 * Faults are told as RFC 7606 classes in attrs.fault, the gravest one; an attribute that is at
 * fault is not taken over (no HAS_ bit), but stays in attrs.wire.
 */
#ifndef SOURCE_ATTRS_H
#define SOURCE_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "fact/route.h"

/* Path attribute type codes (IANA "BGP Path Attributes"). */
enum attr_type {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH,
	ATTR_NEXT_HOP,
	ATTR_MED,
	ATTR_LOCAL_PREF,
	ATTR_ATOMIC_AGGREGATE,
	ATTR_AGGREGATOR,
	ATTR_COMMUNITIES,
	ATTR_ORIGINATOR_ID,
	ATTR_CLUSTER_LIST,
	ATTR_MP_REACH = 14,
	ATTR_MP_UNREACH,
	ATTR_EXT_COMMUNITIES,
	ATTR_AS4_PATH,
	ATTR_AS4_AGGREGATOR,
	ATTR_PMSI_TUNNEL = 22,
	ATTR_TUNNEL_ENCAPSULATION,
	ATTR_TRAFFIC_ENGINEERING,
	ATTR_IPV6_EXT_COMMUNITIES,
	ATTR_AIGP,
	ATTR_BGP_LS = 29,
	ATTR_LARGE_COMMUNITIES = 32,
	ATTR_BGPSEC_PATH,
	ATTR_OTC = 35,
	ATTR_PREFIX_SID = 40,
	ATTR_SET = 128,
};

/* How the bytes are to be read. */
enum attrs_context {
	ATTRS_ASN4 = 1,	    /* AS_PATH and AGGREGATOR have ASNs of four bytes */
	ATTRS_TABLE = 2,    /* of a RIB dump: MP_REACH may be abbreviated, RFC 6396 4.3.4 */
	ATTRS_NEXT_HOP = 4, /* NEXT_HOP must be there: the NLRI stands outside MP_REACH */
	ATTRS_OVERRUN = 8,  /* the list is longer than its message: what is there is read */
	ATTRS_PARTIAL = 16, /* the source tells some attributes only: none is missing */
};

struct attrs_table;

/* limit: about how many bytes it may hold; 0: the usual 64 MiB (16 MiB where little comes again),
 * shared by all such tables that there are (but at least 4 MiB each). */
struct attrs_table *attrs_new(size_t limit);
void attrs_free(struct attrs_table *t);

/* A new record begins: pointers that were handed out before may go. True when they do, at this
 * turn or the next. */
bool attrs_turn(struct attrs_table *t);

/* Bytes that it holds. */
size_t attrs_size(const struct attrs_table *t);

/* The attributes in n bytes of wire; never NULL. The pointer is good until attrs_turn(). In
 * attrs.wire stand the same bytes (of a copy). MP_UNREACH, and the NLRI at the end of MP_REACH,
 * must have been cut out, since they differ from message to message (bgp_update() does it). */
const struct attrs *attrs_intern(struct attrs_table *t, const uint8_t *wire, size_t n,
				 unsigned context);

/* The same for many at once, which overlaps the waits for memory. */
struct attrs_wanted {
	const uint8_t *wire; /* afterwards: attrs->wire */
	size_t n;
	const struct attrs *attrs; /* the answer */
	uint64_t hash;		   /* its own */
};
void attrs_intern_all(struct attrs_table *t, struct attrs_wanted *w, size_t n, unsigned context);

/* These attributes will be asked for by attrs_intern(), after those that were told here before.
 * NULL: something else comes. Only speed depends on it. The bytes must stay where they are. */
void attrs_soon(struct attrs_table *t, const uint8_t *wire, size_t n, unsigned context);

/*
 * Attributes from text (RIS Live, RIPEstat): they are put together in wire form (ASNs of four
 * bytes) and then interned with ATTRS_ASN4, so that there is one way in.
 *
 *	attrs_put_segment(&path, SEGMENT_SEQUENCE, asn, n);
 *	attrs_put(&wire, ATTR_AS_PATH, path.at, path.len);
 *	a = attrs_intern(t, wire.at, wire.len, ATTRS_ASN4);
 */
/* One attribute, with the flags that its type has. */
void attrs_put(struct buf *wire, uint8_t type, const void *value, size_t n);
void attrs_put_u8(struct buf *wire, uint8_t type, uint8_t v);
void attrs_put_u32(struct buf *wire, uint8_t type, uint32_t v);
/* NEXT_HOP, or for IPv6 an MP_REACH (AFI 2, SAFI 1) without NLRI. */
void attrs_put_next_hop(struct buf *wire, struct addr next_hop);
/* A segment of an AS_PATH onto the attribute's value; more than 255 ASNs become several. */
void attrs_put_segment(struct buf *path, enum segment_kind kind, const uint32_t *asn, size_t n);

/* A walk over attributes in wire form. */
struct attr {
	uint8_t flags, type;
	uint16_t n; /* of the value */
	const uint8_t *at;
};

/* The next attribute of a walk over [*at, end); false at the end or when it does not fit (then
 * *at is where it began). */
static inline bool attr_next(const uint8_t **at, const uint8_t *end, struct attr *out)
{
	const uint8_t *p = *at;
	size_t left = (size_t)(end - p), head, n;

	if (left < 3)
		return false;
	head = p[0] & 0x10 ? 4 : 3;
	if (left < head)
		return false;
	n = head == 4 ? (size_t)p[2] << 8 | p[3] : p[2];
	if (left - head < n)
		return false;
	*out = (struct attr){p[0], p[1], (uint16_t)n, p + head};
	*at = p + head + n;
	return true;
}

#endif
