/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ASPA path verification: ASPAS_DRAFT (fact/aspas.h), sections 5.3 to 5.6. The draft is not an
 * RFC yet, so every output that shows a state shows its number too.
 *
 * The procedure depends on who sent the route to whom:
 *
 *  ASPA_UP    it came from a customer or a lateral peer, or it passes a route server (either
 *	       side): every hop from the origin must be customer to provider.
 *  ASPA_DOWN  it came from a provider: a way up from the origin, at most one hop across the top,
 *	       a way down to us.
 *  ASPA_ANY   the direction is not known, as at a public collector. Rule: the procedure of
 *	       ASPA_DOWN. A collector's peer sends what it would send to a customer, and whatever
 *	       this procedure calls invalid is invalid by the other one too, so an INVALID never
 *	       rests on a guess; a VALID says "as a customer of that peer would see it".
 */
#ifndef FINDING_ASPA_H
#define FINDING_ASPA_H

#include <stdint.h>

#include "fact/aspas.h"
#include "fact/route.h"

enum aspa_state { ASPA_UNKNOWN, ASPA_VALID, ASPA_INVALID };
enum aspa_direction { ASPA_ANY, ASPA_UP, ASPA_DOWN };

/* Why a path is invalid. */
enum aspa_fault {
	ASPA_OK,
	ASPA_EMPTY,    /* no AS in it */
	ASPA_SET,      /* an AS_SET (RFC 9774) */
	ASPA_NOT_PEER, /* its first AS is not the neighbour */
	ASPA_VALLEY,   /* a hop that the ASPAs exclude: see the hops below */
};

/* One hop: this customer does not attest this provider. */
struct aspa_link {
	uint32_t customer, provider; /* 0, 0: none */
};

struct aspa_verdict {
	enum aspa_state state;
	enum aspa_fault fault;
	/*
	 * INVALID by ASPA_VALLEY: where the way up from the origin must end (up), and for
	 * ASPA_DOWN where the way down to us must begin (down), by the attestation of `customer`.
	 * UNKNOWN: the first hops from either end that nobody attests.
	 */
	struct aspa_link up, down;
};

/*
 * path.flat is what is verified (prepending collapsed, confederations left out). neighbour is the
 * AS that sent it, 0 when that is not to be checked: a route server's clients, whose server may
 * leave itself out (RFC 7947 2.2.2.1). aspas NULL: everything well formed is UNKNOWN.
 */
struct aspa_verdict aspa_verify(const struct aspas *aspas, const struct path *path,
				uint32_t neighbour, enum aspa_direction direction);

/* "valid", "invalid", "unknown"; a short reason, NULL for ASPA_OK. */
const char *aspa_state_text(enum aspa_state s);
const char *aspa_fault_text(enum aspa_fault f);

#endif
