/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tables in MRT: TABLE_DUMP (RFC 6396 4.2), TABLE_DUMP_V2 (4.3, RFC 8050 4, RFC 6397) and the
 * BGP4MP_ENTRY of before.
 */
#include <stdlib.h>

#include "source/mrt.h"

enum table_v2 {
	PEER_INDEX_TABLE = 1,
	RIB_IPV4_UNICAST,
	RIB_IPV4_MULTICAST,
	RIB_IPV6_UNICAST,
	RIB_IPV6_MULTICAST,
	RIB_GENERIC,
	GEO_PEER_TABLE,
	RIB_IPV4_UNICAST_ADDPATH,
	RIB_IPV4_MULTICAST_ADDPATH,
	RIB_IPV6_UNICAST_ADDPATH,
	RIB_IPV6_MULTICAST_ADDPATH,
	RIB_GENERIC_ADDPATH,
};

static void fail(struct mrt *m, const char *why)
{
	bgp_garbled(&m->out, m->record, m->length, why);
}

/* Everything from b on is lost. */
static void fail_from(struct mrt *m, const uint8_t *at, const char *why)
{
	uint64_t offset = mrt_at(m, at);

	bgp_garbled(&m->out, offset, m->record + m->length - offset, why);
}

static void read_peers(struct mrt *m, struct bytes b)
{
	size_t n, i;

	bytes_skip(&b, 4); /* the collector's BGP identifier */
	n = bytes_u16(&b);
	bytes_skip(&b, n); /* the view's name */
	n = bytes_u16(&b);
	if (b.bad) {
		fail(m, "a PEER_INDEX_TABLE that ends before its peers");
		return;
	}
	free(m->memo);
	m->peer = mem_grow(m->peer, n, sizeof(*m->peer));
	m->memo = mem_zero(n, sizeof(*m->memo));
	for (i = 0; i < n; i++) {
		uint8_t type = bytes_u8(&b);
		bool v6 = type & 1;
		uint32_t bgp_id = bytes_u32(&b), asn;
		const uint8_t *addr = bytes_take(&b, v6 ? 16 : 4);

		asn = type & 2 ? bytes_u32(&b) : bytes_u16(&b);
		if (b.bad) {
			fail(m, "a PEER_INDEX_TABLE that ends before its last peer");
			break;
		}
		m->peer[i] = mrt_peer(m, asn, addr_wire(addr, v6), bgp_id);
	}
	m->npeer = i;
	m->table = true;
}

/* RFC 6397 3; only looked through. */
static void read_geo_peers(struct mrt *m, struct bytes b)
{
	size_t n;

	bytes_skip(&b, 4);
	n = bytes_u16(&b);
	bytes_skip(&b, n + 8);
	for (n = bytes_u16(&b); n && !b.bad; n--) {
		uint8_t type = bytes_u8(&b);

		bytes_skip(&b, 4 + (type & 1 ? 16 : 4) + (type & 2 ? 4 : 2) + 8);
	}
	if (b.bad)
		fail(m, "a GEO_PEER_TABLE that ends before its last peer");
}

#define WANTED 64 /* attributes that are looked for at once */

/* The route that wants them, and its peer's index. */
struct whose {
	struct route *route;
	uint16_t index;
};

static void find_wanted(struct mrt *m, struct attrs_wanted *want, const struct whose *whose,
			size_t n)
{
	attrs_intern_all(m->attrs, want, n, ATTRS_ASN4 | ATTRS_TABLE);
	for (size_t i = 0; i < n; i++) {
		whose[i].route->attrs = want[i].attrs;
		if (whose[i].index < m->npeer)
			m->memo[whose[i].index] =
			    (struct mrt_memo){want[i].attrs, want[i].wire, want[i].n};
	}
}

/* The entries of one prefix. `like` has what is the same in all of them. */
static void read_entries(struct mrt *m, struct bytes b, struct route like, bool path_ids)
{
	size_t n = bytes_u16(&b), head = path_ids ? 12 : 8, nwant = 0;
	struct attrs_wanted want[WANTED];
	struct whose whose[WANTED];
	struct route *r;

	if (b.bad) {
		fail(m, "a table's record that ends before its entries");
		return;
	}
	if (n > bytes_left(&b) / head)
		n = bytes_left(&b) / head + 1; /* the last one will fail */
	mem_room(&m->out.route, &m->out.route_cap, n);
	if (n && !m->table)
		fail(m, "no PEER_INDEX_TABLE came before: nobody knows whose routes these are");
	r = m->out.route;
	for (; n; n--) {
		const uint8_t *at = bytes_take(&b, head), *wire;
		uint16_t index, length;
		const struct mrt_memo *memo = NULL;

		if (!at) {
			fail_from(m, b.end, "a table's record has fewer entries than it says");
			break;
		}
		memcpy(&index, at, 2);
		index = __builtin_bswap16(index);
		*r = like;
		memcpy(&r->originated, at + 2, 4);
		r->originated = __builtin_bswap32(r->originated);
		if (path_ids) {
			memcpy(&r->path_id, at + 6, 4);
			r->path_id = __builtin_bswap32(r->path_id);
		}
		memcpy(&length, at + head - 2, 2);
		length = __builtin_bswap16(length);
		wire = bytes_take(&b, length);
		if (!wire) {
			fail_from(m, at, "a table's entry is longer than its record");
			break;
		}
		if (__builtin_expect(index < m->npeer, 1)) {
			r->peer = m->peer[index];
			memo = &m->memo[index];
		} else if (m->table) {
			bgp_garbled(&m->out, mrt_at(m, at), head + length,
				    "a table's entry of a peer that is not in the "
				    "PEER_INDEX_TABLE");
		}
		if (memo && memo->attrs && memo->n == length && !memcmp(memo->wire, wire, length)) {
			r->attrs = memo->attrs;
		} else {
			/* The memo is for the next prefix: within this one, a peer comes once
			 * (or, with path identifiers, with others). */
			want[nwant] = (struct attrs_wanted){.wire = wire, .n = length};
			whose[nwant++] = (struct whose){r, index};
		}
		r++;
		if (nwant == WANTED) {
			find_wanted(m, want, whose, nwant);
			nwant = 0;
		}
	}
	find_wanted(m, want, whose, nwant);
	m->out.nroute = (size_t)(r - m->out.route);
}

static void read_rib(struct mrt *m, struct bytes b, bool v6, uint8_t safi, bool path_ids)
{
	struct route like = {.kind = ROUTE_TABLE, .safi = safi};
	const uint8_t *at;
	unsigned len;

	bytes_skip(&b, 4); /* sequence number */
	len = bytes_u8(&b);
	at = bytes_take(&b, (len + 7) / 8);
	if (!at) {
		fail(m, "a table's record that ends within its prefix");
		return;
	}
	if (len > (v6 ? 128 : 32)) {
		fail(m, "a prefix is longer than its family's addresses");
		return;
	}
	like.prefix = prefix_wire(at, len, v6);
	like.flags = path_ids ? ROUTE_PATH_ID : 0;
	read_entries(m, b, like, path_ids);
}

/* RFC 6396 4.3.3: one NLRI of any family. */
static void read_generic(struct mrt *m, struct bytes b, bool path_ids)
{
	struct bgp_session s = {.attrs = m->attrs};
	uint16_t afi;
	uint8_t safi, len;
	const uint8_t *nlri;
	struct route like;

	bytes_skip(&b, 4);
	afi = bytes_u16(&b);
	safi = bytes_u8(&b);
	nlri = b.at;
	len = bytes_u8(&b);
	bytes_skip(&b, (len + 7u) / 8);
	if (b.bad) {
		fail(m, "a table's record that ends within its prefix");
		return;
	}
	if (!bgp_nlri(&s, bytes_of(nlri, (size_t)(b.at - nlri)), afi, safi, ROUTE_TABLE, NULL,
		      mrt_at(m, nlri), &m->out) ||
	    m->out.nroute != 1)
		return;
	like = m->out.route[0];
	m->out.nroute = 0;
	like.flags = path_ids ? ROUTE_PATH_ID : 0;
	read_entries(m, b, like, path_ids);
}

void mrt_table_v2(struct mrt *m, struct mrt_header h, struct bytes b)
{
	switch (h.subtype) {
	case PEER_INDEX_TABLE:
		read_peers(m, b);
		return;
	case RIB_IPV4_UNICAST:
	case RIB_IPV4_UNICAST_ADDPATH:
		read_rib(m, b, false, 1, h.subtype == RIB_IPV4_UNICAST_ADDPATH);
		return;
	case RIB_IPV4_MULTICAST:
	case RIB_IPV4_MULTICAST_ADDPATH:
		read_rib(m, b, false, 2, h.subtype == RIB_IPV4_MULTICAST_ADDPATH);
		return;
	case RIB_IPV6_UNICAST:
	case RIB_IPV6_UNICAST_ADDPATH:
		read_rib(m, b, true, 1, h.subtype == RIB_IPV6_UNICAST_ADDPATH);
		return;
	case RIB_IPV6_MULTICAST:
	case RIB_IPV6_MULTICAST_ADDPATH:
		read_rib(m, b, true, 2, h.subtype == RIB_IPV6_MULTICAST_ADDPATH);
		return;
	case RIB_GENERIC:
	case RIB_GENERIC_ADDPATH:
		read_generic(m, b, h.subtype == RIB_GENERIC_ADDPATH);
		return;
	case GEO_PEER_TABLE:
		read_geo_peers(m, b);
		return;
	}
	bgp_skipped(&m->out, m->record, m->length, "a TABLE_DUMP_V2 record of an unknown subtype");
}

/*
 * One entry, or (MRTd, until 2000) several: then the view and sequence numbers stand before the
 * first one only, and the record's length does not count them.
 */
void mrt_table_v1(struct mrt *m, struct mrt_header h, struct bytes b)
{
	bool v6 = h.subtype == 2 || h.subtype == 4, asn4 = h.subtype > 2;
	size_t size = v6 ? 16 : 4;

	m->length = (uint32_t)(MRT_HEADER + bytes_left(&b));
	bytes_skip(&b, 4); /* view and sequence numbers */
	while (bytes_left(&b)) {
		struct route r = {.kind = ROUTE_TABLE, .safi = 1};
		const uint8_t *start = b.at, *prefix = bytes_take(&b, size), *addr, *wire;
		unsigned len = bytes_u8(&b);
		uint32_t asn;
		size_t n;

		bytes_skip(&b, 1); /* status, always 1 */
		r.originated = bytes_u32(&b);
		addr = bytes_take(&b, size);
		asn = asn4 ? bytes_u32(&b) : bytes_u16(&b);
		n = bytes_u16(&b);
		wire = bytes_take(&b, n);
		if (!wire || !addr || !prefix) {
			fail_from(m, start, "a table's entry is longer than its record");
			return;
		}
		if (len > size * 8) {
			fail_from(m, start, "a prefix is longer than its family's addresses");
			return;
		}
		r.prefix = prefix_wire(prefix, len, v6);
		r.peer = mrt_peer(m, asn, addr_wire(addr, v6), 0);
		r.attrs = attrs_intern(m->attrs, wire, n, ATTRS_TABLE | (asn4 ? ATTRS_ASN4 : 0));
		mem_room(&m->out.route, &m->out.route_cap, m->out.nroute + 1);
		m->out.route[m->out.nroute++] = r;
	}
}
