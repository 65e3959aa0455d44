/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Messages and state changes in MRT: BGP4MP and BGP4MP_ET (RFC 6396 4.4, RFC 8050 3), and the
 * BGP and BGP4PLUS types of 1999 and 2000 (RFC 6396 appendix B.2).
 */
#include "base/hash.h"
#include "source/mrt.h"

enum bgp4mp {
	STATE_CHANGE,
	MESSAGE,
	ENTRY,
	SNAPSHOT,
	MESSAGE_AS4,
	STATE_CHANGE_AS4,
	MESSAGE_LOCAL,
	MESSAGE_AS4_LOCAL,
	MESSAGE_ADDPATH,
	MESSAGE_AS4_ADDPATH,
	MESSAGE_LOCAL_ADDPATH,
	MESSAGE_AS4_LOCAL_ADDPATH,
};

static void fail(struct mrt *m, const char *why)
{
	bgp_garbled(&m->out, m->record, m->length, why);
}

uint16_t mrt_peer(struct mrt *m, uint32_t asn, struct addr addr, uint32_t bgp_id)
{
	struct peer p = {.addr = addr, .asn = asn, .bgp_id = bgp_id, .collector = m->collector};
	struct mrt_peer *recent;
	uint8_t key[24] = {0};

	memcpy(key, &addr.hi, 8);
	memcpy(key + 8, &addr.lo, 8);
	memcpy(key + 16, &asn, 4);
	key[20] = addr.v6;
	recent = &m->recent[hash_u64(addr.hi ^ addr.lo ^ (uint64_t)asn << 3) & 255];
	if (!recent->used || memcmp(recent->key, key, sizeof(key))) {
		memcpy(recent->key, key, sizeof(key));
		recent->peer = peers_intern(m->peers, &p);
		recent->used = true;
	}
	return recent->peer;
}

static void add_session(struct mrt *m, uint16_t peer, uint16_t from, uint16_t to)
{
	mem_room(&m->out.fact, &m->out.fact_cap, m->out.nfact + 1);
	m->out.fact[m->out.nfact++] = (struct fact){
	    .kind = FACT_SESSION,
	    .session = {peer, from > 255 ? 0 : (uint8_t)from, to > 255 ? 0 : (uint8_t)to}};
}

/* What stands before a message, a state change or an entry. */
struct ends {
	uint32_t asn, local_asn;
	struct addr addr, local_addr;
	uint16_t afi;
};

static bool read_ends(struct bytes *b, bool asn4, struct ends *e)
{
	const uint8_t *peer, *local;
	size_t size;

	e->asn = asn4 ? bytes_u32(b) : bytes_u16(b);
	e->local_asn = asn4 ? bytes_u32(b) : bytes_u16(b);
	bytes_skip(b, 2); /* interface index */
	e->afi = bytes_u16(b);
	size = e->afi == 2 ? 16 : 4;
	peer = bytes_take(b, size);
	local = bytes_take(b, size);
	if (!peer || !local || e->afi < 1 || e->afi > 2)
		return false;
	e->addr = addr_wire(peer, e->afi == 2);
	e->local_addr = addr_wire(local, e->afi == 2);
	return true;
}

static void state_change(struct mrt *m, struct bytes b, bool asn4)
{
	struct ends e = {0};
	uint16_t from, to;

	/* Zebra until 2001 left out the interface, the family and the addresses. */
	if (bytes_left(&b) == 8 && !asn4) {
		e.asn = bytes_u16(&b);
		bytes_skip(&b, 2);
	} else if (!read_ends(&b, asn4, &e)) {
		fail(m, "a state change without its peer");
		return;
	}
	from = bytes_u16(&b);
	to = bytes_u16(&b);
	if (b.bad) {
		fail(m, "a state change that ends before its states");
		return;
	}
	add_session(m, mrt_peer(m, e.asn, e.addr, 0), from, to);
}

/* One BGP message with its header; b moves on behind it. */
static void message(struct mrt *m, struct bytes *b)
{
	static const uint8_t marker[16] = {255, 255, 255, 255, 255, 255, 255, 255,
					   255, 255, 255, 255, 255, 255, 255, 255};
	const uint8_t *start = b->at, *at = bytes_take(b, BGP_HEADER);
	struct bgp_open open;
	struct bytes body;
	size_t n;

	if (!at) {
		fail(m, "a record that ends within its message's header");
		return;
	}
	n = (size_t)at[16] << 8 | at[17];
	if (memcmp(at, marker, sizeof(marker))) {
		fail(m, "a message whose marker is not all ones");
		return;
	}
	if (n < BGP_HEADER) {
		fail(m, "a message that is shorter than its header");
		return;
	}
	n -= BGP_HEADER;
	if (n > bytes_left(b)) {
		bgp_garbled(&m->out, mrt_at(m, start), BGP_HEADER + bytes_left(b),
			    "a message that is longer than its record");
		body = bytes_sub(b, bytes_left(b));
		body.bad = true;
	} else {
		body = bytes_sub(b, n);
	}
	switch (at[18]) {
	case BGP_UPDATE:
		bgp_update(&m->session, body, mrt_at(m, body.at), &m->out);
		return;
	case BGP_OPEN:
		if (!bgp_open(body, &open) && !body.bad)
			fail(m, "an OPEN whose parameters do not fit");
		return;
	case BGP_NOTIFICATION:
		if (n < 2)
			fail(m, "a NOTIFICATION without its code");
		return;
	case BGP_KEEPALIVE:
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		return;
	}
	fail(m, "a message of a type that BGP does not have");
}

static void messages(struct mrt *m, struct bytes b, unsigned subtype)
{
	bool local, asn4 = subtype == MESSAGE_AS4 || subtype == MESSAGE_AS4_LOCAL ||
			   subtype == MESSAGE_AS4_ADDPATH || subtype == MESSAGE_AS4_LOCAL_ADDPATH;
	struct bytes start = b;
	struct ends e = {0};

	local = subtype == MESSAGE_LOCAL || subtype == MESSAGE_AS4_LOCAL ||
		subtype == MESSAGE_LOCAL_ADDPATH || subtype == MESSAGE_AS4_LOCAL_ADDPATH;
	if (!read_ends(&b, asn4, &e)) {
		/* Zebra wrote OPENs without interface, family and addresses: the marker stands
		 * right behind the ASNs. */
		b = start;
		e.asn = asn4 ? bytes_u32(&b) : bytes_u16(&b);
		e.local_asn = asn4 ? bytes_u32(&b) : bytes_u16(&b);
		if (bytes_left(&b) < BGP_HEADER || b.at[0] != 0xff || b.at[15] != 0xff) {
			fail(m, "a message without its peer");
			return;
		}
	}
	/* A LOCAL message was said by the collector's side. */
	m->session.peer =
	    local ? mrt_peer(m, e.local_asn, e.local_addr, 0) : mrt_peer(m, e.asn, e.addr, 0);
	m->session.hidden = &m->hidden[m->session.peer];
	m->session.flags = local ? ROUTE_LOCAL : 0;
	m->session.asn4 = asn4;
	m->session.addpath = subtype >= MESSAGE_ADDPATH ? BGP_ALL_FAMILIES : 0;
	message(m, &b);
}

/* A RIB entry of before TABLE_DUMP_V2, which OpenBGPD still writes ("table-mp"). */
static void entry(struct mrt *m, struct bytes b)
{
	struct bgp_session s = {.attrs = m->attrs};
	struct ends e = {0};
	uint32_t originated;
	uint16_t afi, n;
	uint8_t safi, hop_size;
	const uint8_t *hop, *nlri, *wire;
	struct attr v;
	bool has_hop = false;

	if (!read_ends(&b, false, &e)) {
		fail(m, "a table's entry without its peer");
		return;
	}
	bytes_skip(&b, 4); /* view, status */
	originated = bytes_u32(&b);
	afi = bytes_u16(&b);
	safi = bytes_u8(&b);
	hop_size = bytes_u8(&b);
	hop = bytes_take(&b, hop_size);
	nlri = b.at;
	n = bytes_u8(&b);
	bytes_skip(&b, (n + 7u) / 8);
	if (b.bad) {
		fail(m, "a table's entry that ends within its prefix");
		return;
	}
	s.peer = mrt_peer(m, e.asn, e.addr, 0);
	if (!bgp_nlri(&s, bytes_of(nlri, (size_t)(b.at - nlri)), afi, safi, ROUTE_TABLE, NULL,
		      mrt_at(m, nlri), &m->out))
		return;
	n = bytes_u16(&b);
	wire = bytes_take(&b, n);
	if (!wire) {
		m->out.nroute = 0;
		fail(m, "a table's entry is longer than its record");
		return;
	}
	buf_reset(&m->wire);
	buf_add(&m->wire, wire, n);
	for (const uint8_t *at = wire; attr_next(&at, wire + n, &v);)
		has_hop |= v.type == ATTR_NEXT_HOP || v.type == ATTR_MP_REACH;
	if (!has_hop && (hop_size == 4 || hop_size == 16))
		attrs_put_next_hop(&m->wire, addr_wire(hop, hop_size == 16));
	for (size_t i = 0; i < m->out.nroute; i++) {
		m->out.route[i].attrs =
		    attrs_intern(m->attrs, (uint8_t *)m->wire.at, m->wire.len, ATTRS_TABLE);
		m->out.route[i].originated = originated;
	}
}

void mrt_bgp4mp(struct mrt *m, struct mrt_header h, struct bytes b)
{
	switch (h.subtype) {
	case STATE_CHANGE:
	case STATE_CHANGE_AS4:
		state_change(m, b, h.subtype == STATE_CHANGE_AS4);
		return;
	case ENTRY:
		entry(m, b);
		return;
	case SNAPSHOT:
		return; /* names the file that a table was written to */
	}
	if (h.subtype <= MESSAGE_AS4_LOCAL_ADDPATH)
		messages(m, b, h.subtype);
	else
		bgp_skipped(&m->out, m->record, m->length, "a BGP4MP record of an unknown subtype");
}

void mrt_soon(struct mrt *m, const uint8_t *at, size_t n)
{
	struct bytes b = bytes_of(at, n), body, attrs;
	unsigned type, subtype, length;

	bytes_skip(&b, 4);
	type = bytes_u16(&b);
	subtype = bytes_u16(&b);
	length = bytes_u32(&b);
	if ((type != MRT_BGP4MP && type != MRT_BGP4MP_ET) ||
	    (subtype != MESSAGE && subtype != MESSAGE_AS4)) {
		attrs_soon(m->attrs, NULL, 0, 0);
		return;
	}
	body = bytes_sub(&b, length);
	bytes_skip(&body, (type == MRT_BGP4MP_ET ? 4 : 0) + (subtype == MESSAGE ? 4 : 8) + 2);
	/* IPv6 sessions have their NLRI among the attributes, which are then known by others. */
	if (bytes_u16(&body) != 1)
		body.bad = true;
	bytes_skip(&body, 8 + BGP_HEADER - 1);
	if (bytes_u8(&body) != BGP_UPDATE)
		body.bad = true;
	bytes_skip(&body, bytes_u16(&body));
	attrs = bytes_sub(&body, bytes_u16(&body));
	if (body.bad || !bytes_left(&attrs) || !bytes_left(&body))
		attrs_soon(m->attrs, NULL, 0, 0);
	else
		attrs_soon(m->attrs, attrs.at, bytes_left(&attrs),
			   ATTRS_NEXT_HOP | (subtype == MESSAGE ? 0 : ATTRS_ASN4));
}

/* MRTd's types: no marker, length and type before a message's body. */
void mrt_bgp(struct mrt *m, struct mrt_header h, struct bytes b)
{
	bool v6 = h.type != MRT_BGP;
	uint16_t from, to;
	uint32_t asn;
	const uint8_t *addr;

	switch (h.subtype) {
	case 1: /* UPDATE */
	case 3: /* STATE_CHANGE */
		break;
	case 0:	  /* NULL */
	case 2:	  /* PREF_UPDATE */
	case 4:	  /* SYNC */
	case 5:	  /* OPEN */
	case 6:	  /* NOTIFY */
	case 7:	  /* KEEPALIVE */
	case 133: /* ROUTE_REFRESH */
		return;
	default:
		bgp_skipped(&m->out, m->record, m->length, "a BGP record of an unknown subtype");
		return;
	}
	asn = bytes_u16(&b);
	addr = bytes_take(&b, v6 ? 16 : 4);
	if (!addr) {
		fail(m, "a record that ends before its peer");
		return;
	}
	m->session.peer = mrt_peer(m, asn, addr_wire(addr, v6), 0);
	if (h.subtype == 3) {
		from = bytes_u16(&b);
		to = bytes_u16(&b);
		if (b.bad)
			fail(m, "a state change that ends before its states");
		else
			add_session(m, m->session.peer, from, to);
		return;
	}
	bytes_skip(&b, 2 + (v6 ? 16 : 4)); /* the collector's side */
	if (b.bad) {
		fail(m, "a record that ends before its message");
		return;
	}
	m->session.hidden = NULL;
	m->session.flags = 0;
	m->session.asn4 = false;
	m->session.addpath = 0;
	bgp_update(&m->session, b, mrt_at(m, b.at), &m->out);
}
