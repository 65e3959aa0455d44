/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/output.h"

const struct output *const outputs[] = {
    NULL,
};
