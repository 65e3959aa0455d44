/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bogons: addresses and ASNs that have no business in the global table.
 *
 * Full bogons are never to be seen there, by the standard that reserves them: IANA's
 * special-purpose registries of IPv4, IPv6 and ASNs (what they call "globally reachable" is none)
 * and multicast. Administrative ones are merely not given out by IANA on the registries' date:
 * IPv6 outside of the registries' blocks, ASNs beyond them. These change, so they count less and
 * are told apart, as MANRS does since 2024. IANA has no IPv4 left to give, so there are none.
 */
#ifndef FACT_BOGON_H
#define FACT_BOGON_H

#include <stdbool.h>
#include <stdint.h>

#include "fact/prefix.h"

/* When the registries were as written here. */
#define BOGON_DATE "2026-07-18"

enum bogon_kind { BOGON_NONE, BOGON_FULL, BOGON_ADMINISTRATIVE };

struct bogon {
	enum bogon_kind kind;
	const char *name;     /* "Private-Use" */
	const char *where;    /* "RFC 1918", "IANA IPv6 unicast assignments" */
	struct prefix block;  /* of a prefix */
	uint32_t first, last; /* of an ASN */
	bool private;	      /* an ASN for private use, RFC 6996 */
};

/* Does it lie in such a block? Fills out (may be NULL) with the narrowest one. A prefix that only
 * covers one, and the default route, are none. */
enum bogon_kind bogon_prefix(struct prefix p, struct bogon *out);
enum bogon_kind bogon_asn(uint32_t asn, struct bogon *out);

/* RFC 6996. */
static inline bool asn_private(uint32_t asn)
{
	return (asn >= 64512 && asn <= 65534) || (asn >= 4200000000u && asn <= 4294967294u);
}

#endif
