/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What is asked when the plain steps of a target are over, in this order.
 */
#include "source/plan.h"

const struct followup followups[] = {
    {NULL, NULL, NULL, NULL},
};
