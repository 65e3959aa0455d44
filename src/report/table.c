/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/output.h"

extern const struct output output_text, output_json, output_jsonl, output_csv;

const struct output *const outputs[] = {
    &output_text, &output_json, &output_jsonl, &output_csv, NULL,
};
