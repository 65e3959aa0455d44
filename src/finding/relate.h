/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * AS relationships from paths, by the steps of AS-Rank (Luckie, Huffaker, Dhamdhere, Giotsas,
 * claffy: "AS Relationships, Customer Cones, and Validation", IMC 2013). Three assumptions: there
 * is a clique at the top; networks buy transit to be reachable by all; there are no cycles of
 * customers.
 *
 * Links between customer and provider come out right for about 99 %; a peer link is only what is
 * left, and with few vantage points most of those are wrong. So every link carries how many
 * vantage points saw it, and a confidence that says it (docs/resilience.md).
 */
#ifndef FINDING_RELATE_H
#define FINDING_RELATE_H

#include "fact/asgraph.h"
#include "finding/cone.h"

struct relate_report {
	size_t paths, reserved, loops, poisoned; /* given; dropped for each reason */
	uint32_t vantage_points;
	uint32_t clique[32]; /* ASNs, ascending */
	size_t nclique;
	uint32_t customer_links, peer_links;
};

/* Paths have the vantage point first. */
struct asgraph *relate(const struct path_set *p, struct relate_report *report);

#endif
