/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/bogon.h"

#include <stddef.h>

#define V4(a, b, c, d, n)                                                         \
	{                                                                         \
		(uint64_t)(a) << 56 | (uint64_t)(b) << 48 | (uint64_t)(c) << 40 | \
		    (uint64_t)(d) << 32,                                          \
		    0, n, 0                                                       \
	}
#define V6(hi, lo, n)                            \
	{                                        \
		UINT64_C(hi), UINT64_C(lo), n, 1 \
	}

#define UNICAST6 "IANA IPv6 global unicast assignments"

/*
 * Both special-purpose registries as of BOGON_DATE; BOGON_NONE is what they call globally
 * reachable, an exception within a wider block. 6to4 and Teredo, "N/A" there, are left alone:
 * relays do announce them. The narrowest entry decides.
 */
static const struct {
	struct prefix block;
	enum bogon_kind kind;
	const char *name, *where;
} prefixes[] = {
    {V4(0, 0, 0, 0, 8), BOGON_FULL, "This network", "RFC 791"},
    {V4(10, 0, 0, 0, 8), BOGON_FULL, "Private-Use", "RFC 1918"},
    {V4(100, 64, 0, 0, 10), BOGON_FULL, "Shared Address Space", "RFC 6598"},
    {V4(127, 0, 0, 0, 8), BOGON_FULL, "Loopback", "RFC 1122"},
    {V4(169, 254, 0, 0, 16), BOGON_FULL, "Link Local", "RFC 3927"},
    {V4(172, 16, 0, 0, 12), BOGON_FULL, "Private-Use", "RFC 1918"},
    {V4(192, 0, 0, 0, 24), BOGON_FULL, "IETF Protocol Assignments", "RFC 6890"},
    {V4(192, 0, 0, 9, 32), BOGON_NONE, "Port Control Protocol Anycast", "RFC 7723"},
    {V4(192, 0, 0, 10, 32), BOGON_NONE, "TURN Anycast", "RFC 8155"},
    {V4(192, 0, 2, 0, 24), BOGON_FULL, "Documentation (TEST-NET-1)", "RFC 5737"},
    {V4(192, 88, 99, 0, 24), BOGON_FULL, "Deprecated 6to4 Relay Anycast", "RFC 7526"},
    {V4(192, 168, 0, 0, 16), BOGON_FULL, "Private-Use", "RFC 1918"},
    {V4(198, 18, 0, 0, 15), BOGON_FULL, "Benchmarking", "RFC 2544"},
    {V4(198, 51, 100, 0, 24), BOGON_FULL, "Documentation (TEST-NET-2)", "RFC 5737"},
    {V4(203, 0, 113, 0, 24), BOGON_FULL, "Documentation (TEST-NET-3)", "RFC 5737"},
    {V4(224, 0, 0, 0, 4), BOGON_FULL, "Multicast", "RFC 5771"},
    {V4(240, 0, 0, 0, 4), BOGON_FULL, "Reserved", "RFC 1112"},

    {V6(0, 0, 3), BOGON_FULL, "outside of global unicast", "RFC 4291"},
    {V6(0, 0, 128), BOGON_FULL, "Unspecified Address", "RFC 4291"},
    {V6(0, 1, 128), BOGON_FULL, "Loopback Address", "RFC 4291"},
    {V6(0, 0x0000ffff00000000, 96), BOGON_FULL, "IPv4-mapped Address", "RFC 4291"},
    {V6(0x0064ff9b00000000, 0, 96), BOGON_NONE, "IPv4-IPv6 Translat.", "RFC 6052"},
    {V6(0x0064ff9b00010000, 0, 48), BOGON_FULL, "IPv4-IPv6 Translat.", "RFC 8215"},
    {V6(0x0100000000000000, 0, 64), BOGON_FULL, "Discard-Only Address Block", "RFC 6666"},
    {V6(0x0100000000000001, 0, 64), BOGON_FULL, "Dummy IPv6 Prefix", "RFC 9780"},
    {V6(0x2001000000000000, 0, 23), BOGON_FULL, "IETF Protocol Assignments", "RFC 2928"},
    {V6(0x2001000000000000, 0, 32), BOGON_NONE, "TEREDO", "RFC 4380"},
    {V6(0x2001000100000000, 1, 128), BOGON_NONE, "Port Control Protocol Anycast", "RFC 7723"},
    {V6(0x2001000100000000, 2, 128), BOGON_NONE, "TURN Anycast", "RFC 8155"},
    {V6(0x2001000100000000, 3, 128), BOGON_NONE, "DNS-SD SRP Anycast", "RFC 9665"},
    {V6(0x2001000200000000, 0, 48), BOGON_FULL, "Benchmarking", "RFC 5180"},
    {V6(0x2001000300000000, 0, 32), BOGON_NONE, "AMT", "RFC 7450"},
    {V6(0x2001000401120000, 0, 48), BOGON_NONE, "AS112-v6", "RFC 7535"},
    {V6(0x2001001000000000, 0, 28), BOGON_FULL, "Deprecated (previously ORCHID)", "RFC 4843"},
    {V6(0x2001002000000000, 0, 28), BOGON_NONE, "ORCHIDv2", "RFC 7343"},
    {V6(0x2001003000000000, 0, 28), BOGON_NONE, "Drone Remote ID (DETs)", "RFC 9374"},
    {V6(0x20010db800000000, 0, 32), BOGON_FULL, "Documentation", "RFC 3849"},
    {V6(0x2002000000000000, 0, 16), BOGON_NONE, "6to4", "RFC 3056"},
    {V6(0x3fff000000000000, 0, 20), BOGON_FULL, "Documentation", "RFC 9637"},
    {V6(0x4000000000000000, 0, 2), BOGON_FULL, "outside of global unicast", "RFC 4291"},
    {V6(0x5f00000000000000, 0, 16), BOGON_FULL, "Segment Routing (SRv6) SIDs", "RFC 9602"},
    {V6(0x8000000000000000, 0, 1), BOGON_FULL, "outside of global unicast", "RFC 4291"},
    {V6(0xfc00000000000000, 0, 7), BOGON_FULL, "Unique-Local", "RFC 4193"},
    {V6(0xfe80000000000000, 0, 10), BOGON_FULL, "Link-Local Unicast", "RFC 4291"},
    {V6(0xff00000000000000, 0, 8), BOGON_FULL, "Multicast", "RFC 4291"},
};

/* What IANA gave to the five registries: in 2000::/3, everything else is not given out. */
static const struct prefix given[] = {
    V6(0x2001020000000000, 0, 23), V6(0x2001040000000000, 0, 23), V6(0x2001060000000000, 0, 23),
    V6(0x2001080000000000, 0, 22), V6(0x20010c0000000000, 0, 23), V6(0x20010e0000000000, 0, 23),
    V6(0x2001120000000000, 0, 23), V6(0x2001140000000000, 0, 22), V6(0x2001180000000000, 0, 23),
    V6(0x20011a0000000000, 0, 23), V6(0x20011c0000000000, 0, 22), V6(0x2001200000000000, 0, 19),
    V6(0x2001400000000000, 0, 23), V6(0x2001420000000000, 0, 23), V6(0x2001440000000000, 0, 23),
    V6(0x2001460000000000, 0, 23), V6(0x2001480000000000, 0, 23), V6(0x20014a0000000000, 0, 23),
    V6(0x20014c0000000000, 0, 23), V6(0x2001500000000000, 0, 20), V6(0x2001800000000000, 0, 19),
    V6(0x2001a00000000000, 0, 20), V6(0x2001b00000000000, 0, 20), V6(0x2003000000000000, 0, 18),
    V6(0x2400000000000000, 0, 12), V6(0x2410000000000000, 0, 12), V6(0x2600000000000000, 0, 12),
    V6(0x2610000000000000, 0, 23), V6(0x2620000000000000, 0, 23), V6(0x2630000000000000, 0, 12),
    V6(0x2800000000000000, 0, 12), V6(0x2a00000000000000, 0, 12), V6(0x2a10000000000000, 0, 12),
    V6(0x2c00000000000000, 0, 12),
};

static const struct prefix global6 = V6(0x2000000000000000, 0, 3);

/*
 * IANA's special-purpose AS numbers as of BOGON_DATE. The administrative ranges are what lies
 * between the registries' 32-bit blocks, each a thousand or more above the highest ASN that any
 * registry had given out on 2026-06-17: a gap that is called too small, never too large.
 */
static const struct {
	uint32_t first, last;
	enum bogon_kind kind;
	const char *name, *where;
} asns[] = {
    {0, 0, BOGON_FULL, "AS0", "RFC 7607"},
    {23456, 23456, BOGON_FULL, "AS_TRANS", "RFC 6793"},
    {64496, 64511, BOGON_FULL, "Documentation", "RFC 5398"},
    {64512, 65534, BOGON_FULL, "Private use", "RFC 6996"},
    {65535, 65535, BOGON_FULL, "Reserved", "RFC 7300"},
    {65536, 65551, BOGON_FULL, "Documentation", "RFC 5398"},
    {65552, 131071, BOGON_FULL, "Reserved", "IANA AS numbers"},
    {156672, 196607, BOGON_ADMINISTRATIVE, "not given out", "IANA AS numbers"},
    {222208, 262143, BOGON_ADMINISTRATIVE, "not given out", "IANA AS numbers"},
    {278528, 327679, BOGON_ADMINISTRATIVE, "not given out", "IANA AS numbers"},
    {332800, 393215, BOGON_ADMINISTRATIVE, "not given out", "IANA AS numbers"},
    {405504, 4199999999u, BOGON_ADMINISTRATIVE, "not given out", "IANA AS numbers"},
    {4200000000u, 4294967294u, BOGON_FULL, "Private use", "RFC 6996"},
    {4294967295u, 4294967295u, BOGON_FULL, "Reserved", "RFC 7300"},
};

static enum bogon_kind say(struct bogon *out, struct bogon b)
{
	if (out)
		*out = b;
	return b.kind;
}

enum bogon_kind bogon_prefix(struct prefix p, struct bogon *out)
{
	struct bogon best = {.kind = BOGON_NONE};
	bool found = false;

	if (prefix_default(p))
		return say(out, best);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (!prefix_covers(prefixes[i].block, p) ||
		    (found && prefixes[i].block.len < best.block.len))
			continue;
		found = true;
		best = (struct bogon){.kind = prefixes[i].kind,
				      .name = prefixes[i].name,
				      .where = prefixes[i].where,
				      .block = prefixes[i].block};
	}
	if (found || !p.v6 || !prefix_covers(global6, p))
		return say(out, best);
	/* A block that covers, or is covered by, what was given out is no bogon. */
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		if (prefix_covers(given[i], p) || prefix_covers(p, given[i]))
			return say(out, best);
	return say(out, (struct bogon){.kind = BOGON_ADMINISTRATIVE,
				       .name = "not given out",
				       .where = UNICAST6,
				       .block = global6});
}

enum bogon_kind bogon_asn(uint32_t asn, struct bogon *out)
{
	for (size_t i = 0; i < sizeof(asns) / sizeof(*asns); i++)
		if (asn >= asns[i].first && asn <= asns[i].last)
			return say(out, (struct bogon){.kind = asns[i].kind,
						       .name = asns[i].name,
						       .where = asns[i].where,
						       .first = asns[i].first,
						       .last = asns[i].last,
						       .private = asn_private(asn)});
	return say(out, (struct bogon){.kind = BOGON_NONE});
}
