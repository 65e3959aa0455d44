/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Validated ROA payloads and what they say of a route: route origin validation, RFC 6811.
 * Filled once (add, then vrps_ready), then only read, by any number of threads.
 */
#ifndef FACT_VRPS_H
#define FACT_VRPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/facts.h"

enum rov_state { ROV_UNKNOWN, ROV_NOT_FOUND, ROV_VALID, ROV_INVALID };

/* Why a route is invalid; several VRPs may each fail otherwise, then the mildest is told. */
enum rov_reason {
	ROV_OK,
	ROV_TOO_SPECIFIC, /* a covering VRP has the origin, but its max length is shorter */
	ROV_WRONG_ORIGIN,
	ROV_AS0, /* every covering VRP is for AS0 (RFC 6483 4, RFC 7607) */
};

struct vrps;
struct vrps *vrps_new(void);
void vrps_free(struct vrps *v);
void vrps_add(struct vrps *v, const struct vrp *vrp);
/* Sorts and builds the lookup; VRPs that are given twice count once. */
void vrps_ready(struct vrps *v);
size_t vrps_count(const struct vrps *v);

/* origin 0 stands for a path without one (empty, or ending in an AS_SET): never valid. */
enum rov_state vrps_validate(const struct vrps *v, struct prefix p, uint32_t origin,
			     enum rov_reason *why);

/* Calls back for each VRP that covers p, shortest first; stops when it returns false. */
void vrps_covering(const struct vrps *v, struct prefix p,
		   bool (*each)(const struct vrp *vrp, void *arg), void *arg);

#endif
