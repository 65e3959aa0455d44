/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the parts of the MRT reader share: mrt.c frames records, mrt_table.c reads tables,
 * mrt_message.c reads messages and state changes. Nobody else needs this.
 */
#ifndef SOURCE_MRT_H
#define SOURCE_MRT_H

#include "base/bytes.h"
#include "base/text.h"
#include "source/bgp.h"
#include "source/source.h"

#define MRT_HEADER 12
#define MRT_COLLECTOR 48

/* RFC 6396 4 and its appendix of deprecated ones. */
enum mrt_type {
	MRT_BGP = 5,
	MRT_BGP4PLUS = 9,
	MRT_BGP4PLUS_01 = 10,
	MRT_OSPF2 = 11,
	MRT_TABLE_DUMP = 12,
	MRT_TABLE_DUMP_V2 = 13,
	MRT_BGP4MP = 16,
	MRT_BGP4MP_ET = 17,
	MRT_ISIS = 32,
	MRT_ISIS_ET = 33,
	MRT_OSPF3 = 48,
	MRT_OSPF3_ET = 49,
};

struct mrt_header {
	uint32_t time, length;
	uint16_t type, subtype;
};

/* A peer that was just interned: most messages come from a few. The key is AS, AFI and address
 * as on the wire. */
struct mrt_peer {
	uint8_t key[24];
	uint16_t peer;
	bool used;
};

/* Attributes with their bytes at hand, so that to compare them touches nothing else. */
struct mrt_memo {
	const struct attrs *attrs; /* NULL: none */
	const uint8_t *wire;
	size_t n;
};

struct mrt {
	struct attrs_table *attrs;
	struct peers *peers;
	struct bgp_out out;
	struct bgp_session session;
	uint8_t *hidden;     /* by peer: families with undeclared ADD-PATH */
	const uint8_t *base; /* of the present record */
	uint64_t record;     /* its offset */
	uint32_t length;     /* of all of it */
	uint32_t time, us;   /* of the last good record */
	/* PEER_INDEX_TABLE: index to peer, and the last attributes that each had, since one
	 * prefix's are often the next one's. */
	uint16_t *peer;
	struct mrt_memo *memo;
	size_t npeer;
	bool table; /* one came */
	struct mrt_peer recent[256];
	struct buf wire; /* scratch: attributes that are put together */
	char collector[MRT_COLLECTOR];
};

/* Offset in the source of a place in the present record. */
static inline uint64_t mrt_at(const struct mrt *m, const uint8_t *at)
{
	return m->record + (uint64_t)(at - m->base);
}

uint16_t mrt_peer(struct mrt *m, uint32_t asn, struct addr addr, uint32_t bgp_id);

void mrt_table_v1(struct mrt *m, struct mrt_header h, struct bytes b);
void mrt_table_v2(struct mrt *m, struct mrt_header h, struct bytes b);
/* Where the attributes are that a record at `at` of n visible bytes will ask for; told to
 * attrs_soon(). */
void mrt_soon(struct mrt *m, const uint8_t *at, size_t n);
void mrt_bgp4mp(struct mrt *m, struct mrt_header h, struct bytes b);
void mrt_bgp(struct mrt *m, struct mrt_header h, struct bytes b);

#endif
