/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What BGP says: AS paths, attributes, peers, routes.
 *
 * Attributes are parsed once per distinct byte string and interned (source/attrs.c). A route
 * points at them; the pointer is good until the reader's next facts are asked for, the `id` for
 * the whole run: equal ids are equal attributes and equal path.id are equal paths, so work can
 * be done once per id (fact/memo.h). An id is never used twice.
 */
#ifndef FACT_ROUTE_H
#define FACT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"

/* AS_PATH segment types, RFC 4271 4.3 and RFC 5065 3. */
enum segment_kind {
	SEGMENT_SET = 1,
	SEGMENT_SEQUENCE,
	SEGMENT_CONFED_SEQUENCE,
	SEGMENT_CONFED_SET
};

struct segment {
	uint8_t kind; /* enum segment_kind; others as they came */
	uint8_t n;    /* ASNs in it, 255 at most as on the wire */
};

enum path_flag {
	PATH_SET = 1,	 /* has an AS_SET (RFC 6472, RFC 9774) */
	PATH_CONFED = 2, /* has confederation segments */
	PATH_MERGED = 4, /* AS4_PATH was merged in, RFC 6793 4.2.3 */
	PATH_LOOP = 8,	 /* an ASN comes again after another one */
	PATH_PREPENDED = 16,
};

/*
 * An AS_PATH as it was seen, nearest network first. `asn` are all ASNs in order, segment by
 * segment. `flat`/`nflat` are what most rules ask for: confederations left out, prepending
 * collapsed (equal neighbours once), each AS_SET ends it (what comes after is not in it).
 */
struct path {
	uint32_t id;	 /* never 0 for a path with attributes; 0 is "no path" */
	uint32_t origin; /* the last ASN, 0 when there is none or it is in an AS_SET */
	const uint32_t *asn;
	const uint32_t *flat;
	const struct segment *segment;
	uint16_t nasn, nflat, nsegment;
	uint16_t flags; /* enum path_flag */
};

/* RFC 7606: what a fault in an attribute does to the route that carries it. */
enum fault_class {
	FAULT_NONE,
	FAULT_ATTRIBUTE_DISCARD,
	FAULT_TREAT_AS_WITHDRAW,
	FAULT_DISABLE_FAMILY,
	FAULT_SESSION_RESET,
};

enum attr_present {
	HAS_ORIGIN = 1 << 0,
	HAS_PATH = 1 << 1,
	HAS_NEXT_HOP = 1 << 2,
	HAS_MED = 1 << 3,
	HAS_LOCAL_PREF = 1 << 4,
	HAS_ATOMIC_AGGREGATE = 1 << 5,
	HAS_AGGREGATOR = 1 << 6,
	HAS_COMMUNITIES = 1 << 7,
	HAS_EXT_COMMUNITIES = 1 << 8,
	HAS_LARGE_COMMUNITIES = 1 << 9,
	HAS_IPV6_COMMUNITIES = 1 << 10,
	HAS_OTC = 1 << 11,
	HAS_AIGP = 1 << 12,
	HAS_ORIGINATOR = 1 << 13,
	HAS_CLUSTERS = 1 << 14,
	HAS_AS4_PATH = 1 << 15,
	HAS_AS4_AGGREGATOR = 1 << 16,
	HAS_PREFIX_SID = 1 << 17,
	HAS_UNKNOWN = 1 << 18, /* kept in `wire`, RFC 4271 5 */
	HAS_MP_REACH = 1 << 19,
};

/* Community values stay as wire bytes (big-endian); n counts communities. */
struct communities {
	const uint8_t *at;
	uint16_t n;
};

struct attrs {
	uint32_t id;
	uint32_t has; /* enum attr_present */
	struct path path;
	uint8_t origin;	       /* 0 IGP, 1 EGP, 2 INCOMPLETE */
	uint8_t fault;	       /* enum fault_class: the gravest */
	uint8_t fault_attr;    /* type code of that attribute */
	const char *fault_why; /* static text, NULL without a fault */
	struct addr next_hop;  /* of MP_REACH_NLRI where that came */
	uint32_t med, local_pref;
	uint32_t aggregator_asn;
	struct addr aggregator;
	uint32_t otc;						      /* RFC 9234 */
	uint64_t aigp;						      /* RFC 7311 */
	struct communities community, ext_community, large_community; /* 4, 8, 12 bytes each */
	const uint8_t *wire; /* the attributes as they came, NLRI of MP attributes left out */
	uint32_t nwire;
};

/*
 * Who said it: one BGP session of one collector. Interned for the run in struct peers. The
 * collector is "" when nothing names it: then the same address and ASN is the same session, so
 * that a table and the updates after it join.
 */
struct peer {
	struct addr addr;
	uint32_t asn;
	uint32_t bgp_id;
	const char *collector; /* "rrc19", "route-views.jinx", "" unknown */
};

/* Peers of a run. Index 0 is "no peer known" (old Quagga records without peer information). */
struct peers;
struct peers *peers_new(void);
void peers_free(struct peers *ps);
uint16_t peers_intern(struct peers *ps, const struct peer *p); /* 65,535 at most, then 0 */
/* For sources that do not say which ASN a peer has: the first peer with this collector and
 * address whatever its ASN, else a new one. p->asn is a guess (0: none), taken over only when
 * nothing was known before. */
uint16_t peers_place(struct peers *ps, const struct peer *p);
/* For a part of a run: which peer a place is can only be told from the whole, so peers_place() and
 * peers_intern() do not find each other's. Before the first of them. */
void peers_apart(struct peers *ps);
/* Was it made by peers_place()? */
bool peers_placed(const struct peers *ps, uint16_t i);
const struct peer *peers_at(const struct peers *ps, uint16_t i);
size_t peers_count(const struct peers *ps);

enum route_kind {
	ROUTE_TABLE,	/* stands in a RIB dump */
	ROUTE_ANNOUNCE, /* was announced */
	/* Was withdrawn: no attrs. Or was announced with a fault that RFC 7606 makes a withdrawal
	 * of (FAULT_TREAT_AS_WITHDRAW and graver): then attrs are there and tell the fault. */
	ROUTE_WITHDRAW,
};

enum route_flag {
	ROUTE_PATH_ID = 1,    /* path_id was on the wire */
	ROUTE_UNDECLARED = 2, /* and nothing had said so: told from the NLRI (source/bgp.h) */
	ROUTE_LOCAL = 4,      /* sent by the collector itself (BGP4MP_MESSAGE_LOCAL) */
};

struct route {
	struct prefix prefix;
	const struct attrs *attrs; /* NULL when withdrawn, see ROUTE_WITHDRAW */
	uint32_t path_id;	   /* ADD-PATH, RFC 7911; 0 without */
	uint32_t originated;	   /* seconds: since when a RIB entry stands there, 0 unknown */
	uint16_t peer;		   /* peers_at() */
	uint8_t kind;		   /* enum route_kind */
	uint8_t safi;  /* 1 unicast, 2 multicast, 128 labelled VPN …; only 1 is judged */
	uint8_t flags; /* enum route_flag */
};

#endif
