/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The route detector and its rules; docs/detectors.md tells the method.
 */
#ifndef FINDING_ROUTES_H
#define FINDING_ROUTES_H

#include "finding/detector.h"

extern const struct detector detector_routes;

/* All rules of routes, in one table. */
extern const struct rule routes_rules[];

#endif
