/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Customer cones, three kinds (Luckie et al., "AS Relationships, Customer Cones, and Validation",
 * IMC 2013, section 5), and the cut that a network hangs on.
 *
 * - recursive: all that can be reached going down from a network. Counts too much: with partial
 *   transit not every customer's customer is carried.
 * - observed: networks seen in a path below the network, every hop going down.
 * - provider-peer-observed (CAIDA's ppdc): observed, and only in paths that come to the network
 *   from a provider or peer of it.
 * A cone always holds the network itself.
 */
#ifndef FINDING_CONE_H
#define FINDING_CONE_H

#include "fact/asgraph.h"

/* Many AS paths as ASNs, vantage point first, no prepending. */
struct path_set {
	uint32_t *asn;
	size_t nasn, asncap;
	uint32_t *off; /* n + 1 */
	size_t n, offcap;
};

void path_set_add(struct path_set *p, const uint32_t *asn, size_t n);
void path_set_free(struct path_set *p);
/* Lines "3356|174|15169"; spaces will do as well; # starts a comment. */
bool path_set_read(struct path_set *p, const char *text, size_t n, const char *name,
		   struct err *err);

/* Sizes by id, each counting the network itself. */
void cone_recursive(const struct asgraph *g, uint32_t *size);
void cone_observed(const struct asgraph *g, const struct path_set *p, bool from_above,
		   uint32_t *size);

/*
 * How many networks must fail before v cannot go up to the clique any more: the vertex cut between
 * v and the clique in the graph of providers (unit capacities; Ford and Fulkerson 1956). A member
 * of the clique, or a network whose own provider is in it, counts that member as one that must
 * fail; 0: there is no way up. Counting stops at `most`.
 */
struct cut_room;
struct cut_room *cut_room_new(const struct asgraph *g, const uint32_t *clique, size_t n);
void cut_room_free(struct cut_room *r);
uint32_t cone_cut(struct cut_room *r, uint32_t v, uint32_t most);

#endif
