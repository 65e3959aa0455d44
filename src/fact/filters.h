/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Which networks refuse routes that the RPKI makes invalid (RFC 6811), by lists that people keep:
 * CSV whose header has a column asn, and perhaps
 *
 * - status: "safe" refuses all, "partially safe" counts half, "unsafe" none (as the operators of
 *   isbgpsafeyet.com are listed); "yes" and "true", "no" and "false" will do as well;
 * - ratio, score or filtering: percent of the invalid routes that it refuses (as RoVista's).
 *
 * Without a header: an AS number a line, each of which refuses all. Rows without an ASN are passed
 * over. # starts a comment.
 */
#ifndef FACT_FILTERS_H
#define FACT_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/asgraph.h"

/* percent, by id, gets what the file says of the networks of the graph; of several rows the first
 * counts. *known: how many those are. False: which line and what is wrong with it. */
bool filters_read(uint8_t *percent, uint32_t *known, const struct asgraph *g, const char *text,
		  size_t n, const char *name, struct err *err);

#endif
