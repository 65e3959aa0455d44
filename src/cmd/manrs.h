/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Readiness for MANRS, item by item: what the Observatory measures, from the routes and VRPs that
 * were given; an item whose input is missing says which. docs/resilience.md.
 */
#ifndef CMD_MANRS_H
#define CMD_MANRS_H

#include "cmd/seen.h"

/* Of the one network or the country's networks that s is about: "manrs" and a section. */
void manrs_tell(const struct seen_routes *s, struct jsonw *w, struct sheet *sheet);
/* The findings that they act in, that befall them or that are of there: "incidents" and a section.
 * Once: the kept ones are put in order of time. */
void manrs_incidents(struct seen_routes *s, struct jsonw *w, struct sheet *sheet);

#endif
