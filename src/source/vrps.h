/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * VRPs and ASPAs as relying parties write them: "vrps-json" is the JSON of rpki-client,
 * Routinator, StayRTR and the RIPE validator, "vrps-csv" the CSV of rpki-client, Routinator and
 * the RIPE NCC's archive. aspa.c has the ASPAs of the JSON.
 */
#ifndef SOURCE_VRPS_H
#define SOURCE_VRPS_H

#include "source/rows.h"

extern const struct source source_vrps_json, source_vrps_csv, source_slurm;

/* One ASPA of an array, its object just opened (j->token is JSON_OBJECT): adds the fact, or notes
 * why there is none. `local` as in struct aspa. */
void aspa_row(struct json *j, struct rows *rows, struct reader *r, bool local);

#endif
