/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The AS graph: networks and their relationships, customer to provider or peer to peer.
 *
 * Networks have dense ids 0 … n-1 in ascending order of their ASN, so that an order of ids is an
 * order of ASNs. Neighbours stand in one array: of network v first its providers, then its peers,
 * then its customers, each ascending by id. Everything is flat memory with offsets, so that the
 * binary form (docs/formats.md, "AS graph") is the memory itself and can be mapped. Built once,
 * then only read, by any number of threads.
 *
 * Links carry how they are known: how many vantage points saw them (0: not told) and a
 * confidence from 0 to 100. Provider-customer cycles are tolerated; asgraph_cycles() counts them.
 */
#ifndef FACT_ASGRAPH_H
#define FACT_ASGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What b is to a. */
enum relation_kind { RELATION_NONE, RELATION_CUSTOMER, RELATION_PEER, RELATION_PROVIDER };

/* Where a link comes from. */
enum link_class {
	LINK_BGP,     /* seen in BGP paths */
	LINK_MULTI,   /* multilateral peering at an exchange's route server (serial-2 "mlp") */
	LINK_TRACE,   /* seen in traceroutes */
	LINK_ASSUMED, /* put there by a scenario */
};

#define LINK_SURE_UNKNOWN 255 /* no confidence was told */

struct asgraph_link {
	uint32_t a, b; /* ids; a is the provider of b, or a < b and they are peers */
	int8_t kind;   /* -1: a provider of b; 0: peers (as in CAIDA's files) */
	uint8_t class; /* enum link_class */
	uint8_t sure;  /* percent, LINK_SURE_UNKNOWN */
	uint8_t pad;
	uint32_t seen; /* vantage points that saw it, 0 not told */
};

#define ASGRAPH_NONE UINT32_MAX /* no such network */

struct asgraph {
	uint32_t n, nlink;
	const uint32_t *asn; /* n, ascending */
	const uint32_t *off; /* 3n + 1: providers of v from off[3v], peers from off[3v+1],
				customers from off[3v+2] to off[3v+3] */
	const uint32_t *nbr; /* 2 nlink ids */
	const uint32_t *via; /* 2 nlink: index of the link, as nbr */
	const struct asgraph_link *link; /* nlink, by (a, b) */
	uint64_t digest;		 /* of the networks and links, for provenance lines */

	void *own;     /* memory that goes with it */
	size_t mapped; /* > 0: own is a mapping of that many bytes */
};

static inline uint32_t asgraph_first(const struct asgraph *g, uint32_t v, enum relation_kind k)
{
	return g->off[3 * (size_t)v + (k == RELATION_PROVIDER ? 0 : k == RELATION_PEER ? 1 : 2)];
}

static inline uint32_t asgraph_last(const struct asgraph *g, uint32_t v, enum relation_kind k)
{
	return g->off[3 * (size_t)v + (k == RELATION_PROVIDER ? 1 : k == RELATION_PEER ? 2 : 3)];
}

static inline uint32_t asgraph_count(const struct asgraph *g, uint32_t v, enum relation_kind k)
{
	return asgraph_last(g, v, k) - asgraph_first(g, v, k);
}

/* The id of a network, ASGRAPH_NONE when it is not in the graph. */
uint32_t asgraph_id(const struct asgraph *g, uint32_t asn);

/* What network b is to network a, by ASN; RELATION_NONE also when g is NULL. */
enum relation_kind asgraph_relation(const struct asgraph *g, uint32_t a, uint32_t b);

/* The same by ids. *link, where asked for, is the link's index. */
enum relation_kind asgraph_between(const struct asgraph *g, uint32_t a, uint32_t b, uint32_t *link);

/*
 * Building. A pair that is given twice in the same way counts once (the larger `seen` stays).
 * A pair given in two ways: the first stays, and `contradictions` counts the others.
 */
struct asgraph_build;
struct asgraph_build *asgraph_build_new(void);
/* kind -1: a is provider of b; 0: peers. A network without links may be added with a == b. */
void asgraph_build_add(struct asgraph_build *b, uint32_t a, uint32_t b_asn, int kind,
		       enum link_class class, uint32_t seen, uint8_t sure);
/* Ends the building and frees b. */
struct asgraph *asgraph_build_done(struct asgraph_build *b, uint32_t *contradictions);
void asgraph_free(struct asgraph *g);

/*
 * CAIDA serial-1 ("provider|customer|-1", "peer|peer|0"), serial-2 (a fourth column: "bgp",
 * "mlp", "trace") and TopoScope text; # starts a comment. Two more columns, as asgraph_text()
 * writes them, carry `seen` and `sure`. The first line that is malformed, or that contradicts an
 * earlier one, ends it: err names line and token, and nothing is returned.
 */
struct asgraph *asgraph_from_text(const char *text, size_t n, const char *name, struct err *err);
/* Serial-2 with the two more columns where they are known; sorted. */
void asgraph_text(const struct asgraph *g, struct buf *out);

/* The binary form. asgraph_map() maps a file of it, asgraph_of() reads from aligned memory that
 * the caller keeps; both check every offset and id before anything is used. */
void asgraph_binary(const struct asgraph *g, struct buf *out);
bool asgraph_is_binary(const uint8_t *p, size_t n);
struct asgraph *asgraph_of(const void *p, size_t n, const char *name, struct err *err);
struct asgraph *asgraph_map(const char *path, struct err *err);

/*
 * Provider-customer cycles: strongly connected components of more than one network. Returns how
 * many there are; *largest is the size of the largest, *inside how many networks are in one.
 * Either may be NULL.
 */
uint32_t asgraph_cycles(const struct asgraph *g, uint32_t *largest, uint32_t *inside);

#endif
