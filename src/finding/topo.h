/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The AS graph as propagation wants it: some networks and links taken away, and renumbered.
 *
 * Networks that have customers ("transit", some 15 %) come first, by ascending ASN; the others
 * ("stubs") after them, those without peers first, by how many providers they have and then by ASN:
 * so a whole level of transit networks fits the cache, and stubs, which pass nothing on, are done
 * in a few sweeps at the end whose inner loops all have one length. An "index" here is a place in
 * this order; an "id" is that of fact/asgraph.h.
 */
#ifndef FINDING_TOPO_H
#define FINDING_TOPO_H

#include "fact/asgraph.h"

/* What is taken away, by id and by index of the link; either may be NULL. Non-zero: gone. */
struct topo_mask {
	const uint8_t *node;
	const uint8_t *link;
};

struct topo {
	const struct asgraph *graph; /* borrowed */
	uint32_t n, ntransit;
	uint32_t *id;			   /* n: index to id */
	uint32_t *index;		   /* n: id to index */
	uint32_t *provider_off, *provider; /* all of them are transit; ascending */
	uint32_t *peer_off, *peer;	   /* by index */
	uint32_t *customer_off, *customer; /* of transit networks, transit customers only */
	uint32_t stubs[4];		   /* stubs without peers: the index after those with
					      one, two, three providers, and after all of them */
	uint32_t npeered;		   /* stubs that have peers … */
	uint32_t *peered;		   /* … and which */
	uint32_t *slot;			   /* n: where a stub stands in peered, else ASGRAPH_NONE */
	uint8_t *gone;			   /* by index */
};

/* A graph without links counts, and one whose networks are all gone. */
struct topo *topo_new(const struct asgraph *g, const struct topo_mask *mask);
void topo_free(struct topo *t);

/*
 * Twins: stubs without peers that have the same providers. Nobody else can tell them apart: every
 * route to one is a route of the same class and length to the other, and so are their own.
 * topo_by_providers compares two indexes of stubs for qsort_r, whose argument is the topology;
 * twins are next to each other then.
 */
bool topo_twins(const struct topo *t, uint32_t x, uint32_t y);
int topo_by_providers(const void *a, const void *b, void *topo);

#endif
