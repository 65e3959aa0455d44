/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * BGP-4 messages (RFC 4271, multiprotocol RFC 4760, ADD-PATH RFC 7911, long ones RFC 8654, error
 * handling RFC 7606) become routes. MRT, BMP and RIS Live all end here.
 *
 * ADD-PATH that nobody declared: NLRI are read as declared. When that is impossible by RFC 4271
 * (a length beyond the family's, a list that ends within a prefix, the default route twice in
 * one list) and reading with path identifiers below 2^24 is not, they are read so, and the routes
 * carry ROUTE_UNDECLARED. The session is then taken to have ADD-PATH until a message comes that can
 * only be read without; so a message that could be either is read as its neighbours are.
 */
#ifndef SOURCE_BGP_H
#define SOURCE_BGP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "fact/facts.h"
#include "source/attrs.h"

enum bgp_message {
	BGP_OPEN = 1,
	BGP_UPDATE,
	BGP_NOTIFICATION,
	BGP_KEEPALIVE,
	BGP_ROUTE_REFRESH,
	BGP_ROUTE_REFRESH_CISCO = 128,
};

#define BGP_HEADER 19 /* marker, length, type */

/* Address families as bits, for what was negotiated per family. */
enum bgp_family {
	BGP_IPV4_UNICAST = 1,
	BGP_IPV6_UNICAST = 2,
	BGP_IPV4_MULTICAST = 4,
	BGP_IPV6_MULTICAST = 8,
	BGP_OTHER_FAMILY = 16,
	BGP_ALL_FAMILIES = 31,
};

/* The bit of an AFI and SAFI. */
unsigned bgp_family(uint16_t afi, uint8_t safi);

/* What has to be known of a session to read its messages. */
struct bgp_session {
	struct attrs_table *attrs;
	uint8_t *hidden; /* families found to have undeclared ADD-PATH, kept by the caller for
			    the session; NULL: do not look for it */
	uint16_t peer;	 /* of the routes */
	uint8_t addpath; /* enum bgp_family: NLRI carry path identifiers */
	uint8_t flags;	 /* enum route_flag of all its routes */
	bool asn4;	 /* ASNs of four bytes (RFC 6793) */
};

/* What is found; the arrays grow, keep their memory and are the caller's: set nroute and nfact
 * to 0 before each record, bgp_out_free() at the end. */
struct bgp_out {
	struct route *route;
	size_t nroute, route_cap;
	struct fact *fact; /* FACT_GARBLED */
	size_t nfact, fact_cap;
	struct buf key; /* scratch: attributes without their NLRI */
};

void bgp_out_free(struct bgp_out *out);

/* Adds a FACT_GARBLED; why is static text. */
void bgp_garbled(struct bgp_out *out, uint64_t offset, uint64_t length, const char *why);

/* The same for what is well formed but of a kind that is not decoded (a family without
 * prefixes, say). */
void bgp_skipped(struct bgp_out *out, uint64_t offset, uint64_t length, const char *why);

/*
 * The body of an UPDATE, without the 19 bytes of header. offset is where it begins in the source,
 * for what is garbled. Withdrawn routes first, then the announced ones, in the order of RFC
 * 4271's fields; MP_UNREACH and MP_REACH after the classic ones of their kind. Whatever can be
 * read is delivered, with the fault in its attrs; false when something could not be, which then
 * is a fact in out. A body may end early (a collector that cut it).
 */
bool bgp_update(const struct bgp_session *s, struct bytes body, uint64_t offset,
		struct bgp_out *out);

/* NLRI of one family up to the end of b; kind and attrs as in struct route. False: garbled, told
 * in out; what stood before is delivered. */
bool bgp_nlri(const struct bgp_session *s, struct bytes b, uint16_t afi, uint8_t safi,
	      enum route_kind kind, const struct attrs *attrs, uint64_t offset,
	      struct bgp_out *out);

/* What an OPEN says. */
struct bgp_open {
	uint32_t asn; /* from the four-octet capability where that came */
	uint32_t bgp_id;
	uint16_t hold_time;
	uint8_t version;
	bool asn4, extended_messages, extended_options;
	uint8_t addpath_send, addpath_receive; /* enum bgp_family */
	uint8_t families;		       /* multiprotocol capability */
	uint8_t role;			       /* RFC 9234, 255: none */
};

/* The body of an OPEN; false: garbled, what was read before stands in out. */
bool bgp_open(struct bytes body, struct bgp_open *out);

/* Does the AS_PATH in these attributes make sense with ASNs of four bytes (true), or of two
 * (false)? For messages without a known session. `usual` where both or neither do. */
bool bgp_guess_asn4(const uint8_t *wire, size_t n, bool usual);

#endif
