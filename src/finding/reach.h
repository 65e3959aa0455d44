/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Who reaches whom: over all ordered pairs of networks, inside a group ("domestic": a country, a
 * set of networks), into it and out of it, with the length of the paths. Reach is counted pair by
 * pair, since it is not transitive: routes that policies allow do not join to longer ones.
 *
 * Fragmentation is 1 − the weighted share of ordered pairs that reach each other. For parts that
 * are whole in themselves and cut from each other it is 1 − Σ(w_k/W)², the chance that two
 * networks picked by weight are in different parts; here it also holds where reach is not
 * transitive.
 */
#ifndef FINDING_REACH_H
#define FINDING_REACH_H

#include "finding/topo.h"

/* Ordered pairs of two different networks, from a source to a destination. */
struct reach_sum {
	uint64_t pairs, routes, len; /* len: ASNs on the paths, both ends included */
	double weight, reached;	     /* the same by addresses, where they are known */
};

struct reach {
	struct reach_sum inside;  /* domestic to domestic */
	struct reach_sum inward;  /* foreign to domestic */
	struct reach_sum outward; /* domestic to foreign */
	struct reach_sum outside; /* foreign to foreign; only with everything */
	uint32_t *to_domestic;	  /* by id: how many domestic networks it reaches, without itself */
	uint32_t *to_foreign;	  /* the same, foreign; domestic rows only unless everything */
};

struct reach_job {
	const struct topo *topo;
	const uint8_t *domestic;   /* by id, non-zero: domestic */
	const uint8_t *foreign;	   /* by id, NULL: all others; who is neither is not counted */
	const uint64_t *addresses; /* by id, NULL: not known */
	const uint8_t *group;	   /* see lanes.h, NULL */
	bool outward;		   /* destinations abroad too; else outward.len stays 0 */
	bool everything;	   /* foreign pairs too */
	unsigned threads;
};

/* Networks that are gone count as sources and destinations that nobody reaches. False: a path is
 * too long (LANE_LEN_MAX). */
bool reach_run(const struct reach_job *job, struct reach *out);
void reach_free(struct reach *r);

static inline double reach_share(const struct reach_sum *s)
{
	return s->pairs ? (double)s->routes / (double)s->pairs : 1;
}

static inline double reach_len(const struct reach_sum *s)
{
	return s->routes ? (double)s->len / (double)s->routes : 0;
}

#endif
