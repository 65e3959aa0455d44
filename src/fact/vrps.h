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

/* Trust anchors, as struct vrp.tal holds them. */
enum tal { TAL_UNKNOWN, TAL_AFRINIC, TAL_APNIC, TAL_ARIN, TAL_LACNIC, TAL_RIPE, TAL_SLURM };

/* "apnic", "slurm", "" for the unknown; and back, in any case of letters. */
const char *vrps_tal(uint8_t tal);
uint8_t vrps_tal_of(const char *s, size_t n);

struct vrps;
struct vrps *vrps_new(void);
void vrps_free(struct vrps *v);
/* max_len below the prefix's length or beyond the family's is the caller's to refuse (assert). */
void vrps_add(struct vrps *v, const struct vrp *vrp);
/* Takes out what it matches, but nothing of TAL_SLURM (RFC 8416 3.3.1). */
void vrps_filter(struct vrps *v, const struct filter *f);
/* Adds the VRPs and filters among these facts; how many VRPs there were. */
size_t vrps_feed(struct vrps *v, const struct facts *f);
/* Applies the filters, sorts and builds the lookup; VRPs that are given twice count once (the one
 * that expires last). */
void vrps_ready(struct vrps *v);
size_t vrps_count(const struct vrps *v);
/* Bytes of memory that it holds. */
size_t vrps_size(const struct vrps *v);
/* The i-th VRP in the order of prefixes, then of max length, then of ASN. */
struct vrp vrps_at(const struct vrps *v, size_t i);

/* NULL: no table was given, ROV_UNKNOWN. origin 0 stands for a path without one (empty, or ending
 * in an AS_SET): never valid. */
enum rov_state vrps_validate(const struct vrps *v, struct prefix p, uint32_t origin,
			     enum rov_reason *why);

/* "valid", "invalid", "not-found", "unknown"; "origin", "length", "as0", NULL for ROV_OK. */
const char *rov_state_text(enum rov_state s);
const char *rov_reason_text(enum rov_reason r);

/* Calls back for each VRP that covers p, shortest first; stops when it returns false. */
void vrps_covering(const struct vrps *v, struct prefix p,
		   bool (*each)(const struct vrp *vrp, void *arg), void *arg);

#endif
