/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/detector.h"
#include "finding/routes.h"
#include "finding/site.h"

const struct detector *const detectors[] = {
    &detector_routes,
    &detector_sites,
    &detector_traces,
    NULL,
};
