/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The run and its sources as JSON (docs/formats.md), shared by --json and the page.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/jsonw.h"
#include "report/output.h"

void json_run(struct jsonw *w, const struct run_report *run);
void json_sources(struct jsonw *w, const struct run_report *run);

#endif
