/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Between propagate.c, which carries routes about, and policies.c, which says who takes them: what
 * goes with a route besides its length. Nobody else includes this.
 */
#ifndef FINDING_PROPAGATE_OWN_H
#define FINDING_PROPAGATE_OWN_H

#include "finding/propagate.h"

enum mark_flag { MARK_SECURE = 1, MARK_TIER1 = 2, MARK_TIER1_BEHIND = 4, MARK_BAD_END = 8 };

/* What policies ask of a route, carried along the path. */
struct mark {
	uint32_t otc;
	uint16_t up;   /* ASPA: the maximum up-ramp; == n while nothing failed */
	uint16_t down; /* the largest J for which A(J) attests that A(J-1) is no provider, 0 none */
	uint8_t flags;
};

struct propagation_own {
	uint64_t *key;	   /* by index */
	uint8_t *class;	   /* by index */
	uint16_t *label;   /* by index: the seed */
	struct mark *mark; /* by index */
	uint16_t *policy;  /* by index */
	uint16_t *given;   /* the same by id, as they were given */
	size_t ntier1;	   /* of the same */
	uint8_t *tier1;	   /* by index */
	uint64_t *told;	   /* by index of transit networks: what customers get from it */
	uint64_t *fine;	   /* LITE: the same for those that drop what `dropped` says */
	uint16_t dropped;
	bool alike;	  /* LITE: all that is dropped is dropped by the same policies */
	uint32_t *list;	  /* networks in the order in which they got their routes */
	uint32_t **level; /* of phase three */
	uint32_t *nlevel, *levelcap;
	uint32_t levels;
	bool policies;	     /* any at all */
	uint16_t all;	     /* of them */
	uint16_t (*drop)[2]; /* LITE: policies that drop a seed, and those that do from peers */
	const struct seed *seed;
	unsigned nseed;
	enum ties ties;
	unsigned about;
	/* Per seed: its path's marks, and ids of the path that refuse it. */
	struct mark *seedmark;
	uint16_t *seedlen;
	uint32_t *seedhead; /* index of the network that stands first in the path, or NONE */
	bool *stripped;	    /* the first ASN of the path is not its own */
};

/* Where u's route stands: the marks, the length and the seed of what it would tell v. */
struct offer {
	const struct mark *mark;
	uint32_t len;
	unsigned seed;
};

/* The policies that drop a seed because of who announces it. */
static inline uint16_t refusers(const struct seed *s)
{
	return (uint16_t)((s->refused & 1 ? POLICY_REFUSE : 0) |
			  (s->refused & 2 ? POLICY_REFUSE_TWO : 0));
}

/* Notes the marks of a seed's own path, its length and who stands first in it. */
void policies_seed(struct propagation *p, unsigned s);

/*
 * Whether v takes u's route; `rel` is what u is to v. Only called where there are policies or
 * paths that were made up.
 */
bool policies_accept(const struct propagation *p, uint32_t v, uint32_t u, enum relation_kind rel,
		     const struct offer *of);

/* The marks of v's route, which came from u. */
void policies_derive(struct propagation *p, uint32_t v, uint32_t u, enum relation_kind rel,
		     const struct offer *of);

#endif
