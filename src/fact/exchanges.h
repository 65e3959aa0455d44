/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Which networks are members of which Internet exchange. Nothing of the kind may be carried by the
 * program (PeeringDB's and the exchanges' terms bind whoever fetches), so that the user gives
 * files:
 *
 * - PeeringDB's API or its dumps, JSON: rows of `netixlan` (ix_id, asn, name) and of `ix` (id,
 * name, country), in one file or two;
 * - the IX-F Member Export Schema that exchanges publish and Euro-IX collects, JSON: ixp_list and
 *   member_list with asnum and connection_list;
 * - CSV with a header that has ix_id (or "exchange", "ix", "name") and peer_asn (or "asn"), and
 *   perhaps ix_cc (or "country").
 */
#ifndef FACT_EXCHANGES_H
#define FACT_EXCHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/asgraph.h"

struct exchange {
	char key[48];	  /* PeeringDB's number, or what the file calls it */
	char name[80];	  /* "" where the files tell none */
	uint16_t country; /* 'K' << 8 | 'E'; 0 not told */
};

struct exchanges {
	struct exchange *at;
	size_t n, cap;
	struct exchange_member {
		uint32_t id, exchange; /* of the network in the graph; index in `at` */
	} * member;		       /* by (id, exchange), each once */
	size_t nmember, membercap;
	uint32_t elsewhere; /* rows of networks that are not in the graph */
	char date[16];	    /* "2026-06-01" of the newest file that says one, else "" */
	uint32_t *slot;	    /* hash of keys, + 1 */
	size_t nslot;
};

/* Adds a file of any of these forms. False: which line or byte and what is wrong with it. */
bool exchanges_read(struct exchanges *x, const struct asgraph *g, const char *text, size_t n,
		    const char *name, struct err *err);
void exchanges_free(struct exchanges *x);

/* By key, else by name (capitals do not matter). SIZE_MAX: none, or a name that several have; err
 * says which. */
size_t exchanges_find(const struct exchanges *x, const char *word, struct err *err);

/* The memberships of a network: how many, from *first on. */
size_t exchanges_of(const struct exchanges *x, uint32_t id, size_t *first);

/* Whether both are there, and at no other exchange together. */
bool exchanges_only(const struct exchanges *x, uint32_t a, uint32_t b, uint32_t exchange);

#endif
