/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/attrs_read.h"

#include "base/bytes.h"

#define TAW FAULT_TREAT_AS_WITHDRAW
#define DISCARD FAULT_ATTRIBUTE_DISCARD

static uint32_t be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void attrs_fault(struct attrs *a, enum fault_class class, uint8_t type, const char *why)
{
	if (class > a->fault) {
		a->fault = class;
		a->fault_attr = type;
		a->fault_why = why;
	}
}

const char *attrs_read_path(const struct attr *v, bool asn4, bool as4_path, struct buf *out)
{
	const uint8_t *at = v->at, *end = at + v->n;
	size_t wide = asn4 ? 4 : 2;

	while (at < end) {
		size_t n;

		if (end - at < 2)
			return "AS_PATH ends within a segment's head";
		n = at[1];
		if (at[0] < SEGMENT_SET || at[0] > SEGMENT_CONFED_SET)
			return "AS_PATH has a segment of an unknown type";
		if (!n)
			return "AS_PATH has a segment without ASNs";
		if ((size_t)(end - at) - 2 < n * wide)
			return "AS_PATH has a segment that is longer than the attribute";
		at += 2 + n * wide;
	}
	for (at = v->at; at < end;) {
		size_t n = at[1];
		uint8_t *to;

		if (as4_path && at[0] > SEGMENT_SEQUENCE) {
			at += 2 + n * wide;
			continue;
		}
		to = (uint8_t *)buf_room(out, 2 + n * 4);
		*to++ = *at++;
		*to++ = *at++;
		if (asn4) {
			memcpy(to, at, n * 4);
		} else {
			for (size_t i = 0; i < n; i++) {
				to[4 * i] = to[4 * i + 1] = 0;
				to[4 * i + 2] = at[2 * i];
				to[4 * i + 3] = at[2 * i + 1];
			}
		}
		at += n * wide;
		out->len += 2 + n * 4;
	}
	return NULL;
}

/* How many ASes a path counts in route selection: a set one, confederations none. */
static size_t path_count(const struct buf *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->len; i += 2 + 4 * (size_t)(uint8_t)b->at[i + 1]) {
		if (b->at[i] == SEGMENT_SEQUENCE)
			count += (uint8_t)b->at[i + 1];
		else if (b->at[i] == SEGMENT_SET)
			count++;
	}
	return count;
}

bool attrs_merge_paths(struct buf *path, struct buf *path4)
{
	size_t have = path_count(path), new = path_count(path4), lead, i;
	struct buf out = {0};

	if (have < new || !new)
		return false;
	lead = have - new;
	for (i = 0; i < path->len;) {
		size_t n = (uint8_t)path->at[i + 1], take = n;
		uint8_t kind = (uint8_t)path->at[i];

		/* A confederation segment goes with what it leads or adjoins. */
		if (kind == SEGMENT_SEQUENCE || kind == SEGMENT_SET) {
			if (!lead)
				break;
			if (kind == SEGMENT_SEQUENCE && n > lead)
				take = lead;
			lead -= kind == SEGMENT_SEQUENCE ? take : 1;
		}
		buf_u8(&out, kind);
		buf_u8(&out, (uint8_t)take);
		buf_add(&out, path->at + i + 2, take * 4);
		if (take < n)
			break;
		i += 2 + 4 * n;
	}
	buf_add(&out, path4->at, path4->len);
	buf_free(path4);
	*path4 = out;
	return true;
}

uint8_t attrs_flags(uint8_t type)
{
	switch (type) {
	case ATTR_ORIGIN:
	case ATTR_AS_PATH:
	case ATTR_NEXT_HOP:
	case ATTR_LOCAL_PREF:
	case ATTR_ATOMIC_AGGREGATE:
		return 0x40;
	case ATTR_MED:
	case ATTR_ORIGINATOR_ID:
	case ATTR_CLUSTER_LIST:
	case ATTR_MP_REACH:
	case ATTR_MP_UNREACH:
	case ATTR_AIGP:
	case ATTR_BGP_LS:
	case ATTR_BGPSEC_PATH:
		return 0x80;
	case ATTR_AGGREGATOR:
	case ATTR_COMMUNITIES:
	case ATTR_EXT_COMMUNITIES:
	case ATTR_AS4_PATH:
	case ATTR_AS4_AGGREGATOR:
	case ATTR_IPV6_EXT_COMMUNITIES:
	case ATTR_LARGE_COMMUNITIES:
	case ATTR_OTC:
	case ATTR_PREFIX_SID:
	case ATTR_SET:
		return 0xc0;
	}
	return 1;
}

/* RFC 4760 3, RFC 5549/8950, RFC 4364 (route distinguishers before the addresses), and the short
 * form of RFC 6396 4.3.4. */
static void read_mp_reach(struct attrs *a, const struct attr *v, unsigned context)
{
	struct bytes b = bytes_of(v->at, v->n);
	const uint8_t *hop;
	unsigned n;

	/* An AFI's first byte is 0 as long as AFIs are below 256, a next hop's length is not. */
	if (!(context & ATTRS_TABLE) || (v->n && !v->at[0]))
		bytes_skip(&b, 3);
	n = bytes_u8(&b);
	hop = bytes_take(&b, n);
	if (b.bad) {
		attrs_fault(a, FAULT_DISABLE_FAMILY, ATTR_MP_REACH,
			    "MP_REACH ends within its next hop");
		return;
	}
	a->has |= HAS_MP_REACH;
	switch (n) {
	case 0:
		return;
	case 4:
		a->next_hop = addr_wire(hop, false);
		return;
	case 12:
		a->next_hop = addr_wire(hop + 8, false);
		return;
	case 16:
	case 32:
		a->next_hop = addr_wire(hop, true);
		return;
	case 24:
	case 48:
		a->next_hop = addr_wire(hop + 8, true);
		return;
	}
	attrs_fault(a, FAULT_DISABLE_FAMILY, ATTR_MP_REACH,
		    "MP_REACH has a next hop of an odd length");
}

/* RFC 7311 3: TLVs of type, length (with its head) and value; type 1 is the metric. */
static bool read_aigp(struct attrs *a, const struct attr *v)
{
	struct bytes b = bytes_of(v->at, v->n);

	while (bytes_left(&b)) {
		uint8_t type = bytes_u8(&b);
		unsigned n = bytes_u16(&b);
		struct bytes value = bytes_sub(&b, n < 3 ? SIZE_MAX : n - 3);

		if (b.bad || (type == 1 && n != 11))
			return false;
		if (type == 1 && !(a->has & HAS_AIGP)) {
			a->aigp = bytes_u64(&value);
			a->has |= HAS_AIGP;
		}
	}
	return true;
}

/* RFC 8669 3 and RFC 9252 2: TLVs of type (one byte), length (two) and value. */
static bool good_prefix_sid(const struct attr *v)
{
	struct bytes b = bytes_of(v->at, v->n);

	while (bytes_left(&b)) {
		uint8_t type = bytes_u8(&b);
		unsigned n = bytes_u16(&b);

		bytes_skip(&b, n);
		if (type == 1 && n != 7)
			return false;
		if (type == 3 && (n < 8 || (n - 2) % 6))
			return false;
	}
	return !b.bad && v->n;
}

static bool read_communities(struct communities *c, const struct attr *v, unsigned size)
{
	if (!v->n || v->n % size)
		return false;
	*c = (struct communities){v->at, (uint16_t)(v->n / size)};
	return true;
}

void attrs_read_one(struct attrs *a, const struct attr *v, unsigned context, struct reading *r)
{
	unsigned wide = context & ATTRS_ASN4 ? 4 : 2;

	switch (v->type) {
	case ATTR_ORIGIN:
		if (v->n != 1 || v->at[0] > 2) {
			attrs_fault(a, TAW, v->type, "ORIGIN is not IGP, EGP or INCOMPLETE");
			return;
		}
		a->origin = v->at[0];
		a->has |= HAS_ORIGIN;
		return;
	case ATTR_AS_PATH:
		r->as_path = *v;
		return;
	case ATTR_NEXT_HOP:
		if (v->n != 4) {
			attrs_fault(a, TAW, v->type, "NEXT_HOP is not 4 bytes long");
			return;
		}
		if (!(a->has & HAS_MP_REACH) || !a->next_hop.v6)
			a->next_hop = addr_wire(v->at, false);
		a->has |= HAS_NEXT_HOP;
		return;
	case ATTR_MED:
		if (v->n != 4) {
			attrs_fault(a, TAW, v->type, "MULTI_EXIT_DISC is not 4 bytes long");
			return;
		}
		a->med = be32(v->at);
		a->has |= HAS_MED;
		return;
	case ATTR_LOCAL_PREF:
		/* A collector's sessions are mostly external; there the attribute is discarded. */
		if (v->n != 4) {
			attrs_fault(a, DISCARD, v->type, "LOCAL_PREF is not 4 bytes long");
			return;
		}
		a->local_pref = be32(v->at);
		a->has |= HAS_LOCAL_PREF;
		return;
	case ATTR_ATOMIC_AGGREGATE:
		if (v->n)
			attrs_fault(a, DISCARD, v->type, "ATOMIC_AGGREGATE is not empty");
		a->has |= HAS_ATOMIC_AGGREGATE;
		return;
	case ATTR_AGGREGATOR:
		if (v->n != wide + 4) {
			attrs_fault(a, DISCARD, v->type,
				    wide == 4 ? "AGGREGATOR is not 8 bytes long"
					      : "AGGREGATOR is not 6 bytes long");
			return;
		}
		a->aggregator_asn = wide == 4 ? be32(v->at) : be16(v->at);
		a->aggregator = addr_wire(v->at + wide, false);
		a->has |= HAS_AGGREGATOR;
		if (!a->aggregator_asn)
			attrs_fault(a, DISCARD, v->type, "AGGREGATOR has AS 0");
		return;
	case ATTR_COMMUNITIES:
		if (!read_communities(&a->community, v, 4))
			attrs_fault(a, TAW, v->type,
				    "COMMUNITIES is not a multiple of 4 bytes long");
		else
			a->has |= HAS_COMMUNITIES;
		return;
	case ATTR_ORIGINATOR_ID:
		if (v->n != 4)
			attrs_fault(a, DISCARD, v->type, "ORIGINATOR_ID is not 4 bytes long");
		else
			a->has |= HAS_ORIGINATOR;
		return;
	case ATTR_CLUSTER_LIST:
		if (!v->n || v->n % 4)
			attrs_fault(a, DISCARD, v->type,
				    "CLUSTER_LIST is not a multiple of 4 bytes");
		else
			a->has |= HAS_CLUSTERS;
		return;
	case ATTR_MP_REACH:
		read_mp_reach(a, v, context);
		return;
	case ATTR_EXT_COMMUNITIES:
		if (!read_communities(&a->ext_community, v, 8))
			attrs_fault(a, TAW, v->type,
				    "EXTENDED COMMUNITIES is not a multiple of 8 bytes");
		else
			a->has |= HAS_EXT_COMMUNITIES;
		return;
	case ATTR_AS4_PATH:
		r->as4_path = *v;
		return;
	case ATTR_AS4_AGGREGATOR:
		if (v->n != 8) {
			attrs_fault(a, DISCARD, v->type, "AS4_AGGREGATOR is not 8 bytes long");
			return;
		}
		r->as4_aggregator = be32(v->at);
		r->as4_aggregator_addr = addr_wire(v->at + 4, false);
		a->has |= HAS_AS4_AGGREGATOR;
		return;
	case ATTR_IPV6_EXT_COMMUNITIES:
		if (!v->n || v->n % 20)
			attrs_fault(a, TAW, v->type,
				    "IPv6 EXTENDED COMMUNITIES is not a multiple of 20");
		else
			a->has |= HAS_IPV6_COMMUNITIES;
		return;
	case ATTR_AIGP:
		if (!read_aigp(a, v))
			attrs_fault(a, DISCARD, v->type, "AIGP's TLVs do not fit");
		return;
	case ATTR_LARGE_COMMUNITIES:
		if (!read_communities(&a->large_community, v, 12))
			attrs_fault(a, TAW, v->type,
				    "LARGE_COMMUNITY is not a multiple of 12 bytes");
		else
			a->has |= HAS_LARGE_COMMUNITIES;
		return;
	case ATTR_OTC:
		if (v->n != 4) {
			attrs_fault(a, TAW, v->type, "OTC is not 4 bytes long");
			return;
		}
		a->otc = be32(v->at);
		a->has |= HAS_OTC;
		return;
	case ATTR_PREFIX_SID:
		if (!good_prefix_sid(v))
			attrs_fault(a, DISCARD, v->type, "PREFIX_SID's TLVs do not fit");
		else
			a->has |= HAS_PREFIX_SID;
		return;
	case ATTR_SET:
		if (v->n < 4)
			attrs_fault(a, TAW, v->type, "ATTR_SET is shorter than its origin AS");
		a->has |= HAS_UNKNOWN;
		return;
	case ATTR_MP_UNREACH:
	case ATTR_PMSI_TUNNEL:
	case ATTR_TUNNEL_ENCAPSULATION:
	case ATTR_BGP_LS:
	case ATTR_BGPSEC_PATH:
		return;
	}
	a->has |= HAS_UNKNOWN;
	if (!(v->flags & 0x80))
		attrs_fault(a, FAULT_SESSION_RESET, v->type,
			    "a well-known attribute that nobody knows");
}

void attrs_put(struct buf *wire, uint8_t type, const void *value, size_t n)
{
	uint8_t flags = attrs_flags(type);

	if (n > UINT16_MAX)
		n = UINT16_MAX;
	buf_u8(wire, (uint8_t)((flags == 1 ? 0xc0 : flags) | (n > 255 ? 0x10 : 0)));
	buf_u8(wire, type);
	if (n > 255)
		buf_u16(wire, (uint16_t)n);
	else
		buf_u8(wire, (uint8_t)n);
	buf_add(wire, value, n);
}

void attrs_put_u8(struct buf *wire, uint8_t type, uint8_t v)
{
	attrs_put(wire, type, &v, 1);
}

void attrs_put_u32(struct buf *wire, uint8_t type, uint32_t v)
{
	v = __builtin_bswap32(v);
	attrs_put(wire, type, &v, 4);
}

void attrs_put_next_hop(struct buf *wire, struct addr next_hop)
{
	uint8_t mp[21] = {0, 2, 1, 16};

	addr_to_wire(next_hop, mp + 4);
	if (next_hop.v6)
		attrs_put(wire, ATTR_MP_REACH, mp, sizeof(mp));
	else
		attrs_put(wire, ATTR_NEXT_HOP, mp + 4, 4);
}

void attrs_put_segment(struct buf *path, enum segment_kind kind, const uint32_t *asn, size_t n)
{
	while (n) {
		size_t some = n > 255 ? 255 : n;

		buf_u8(path, (uint8_t)kind);
		buf_u8(path, (uint8_t)some);
		for (size_t i = 0; i < some; i++)
			buf_u32(path, asn[i]);
		asn += some;
		n -= some;
	}
}
