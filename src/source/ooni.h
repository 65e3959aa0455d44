/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * OONI's measurements (github.com/ooni/spec, data formats df-000 to df-008 and the experiments
 * that use them) as facts. Members that are not known are kept; replies that lie deeper within
 * test_keys (Tor's targets, dnscheck's lookups, pings) become facts with a `group`, and what
 * holds them is kept as it came.
 */
#ifndef SOURCE_OONI_H
#define SOURCE_OONI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "fact/measurement.h"

/* What the text of one JSON value is. */
enum ooni_value { OONI_MEASUREMENT, OONI_ENVELOPE, OONI_SCORES, OONI_COUNTS, OONI_OTHER, OONI_BAD };

/*
 * Reads one measurement (df-000) from JSON. What it points at lies in the arena or in the text
 * itself, which must outlive it. OONI_ENVELOPE: *inner is the JSON text of the measurement or of
 * the list of measurements within (a collector's {"format","content"}, an API's answer).
 * OONI_SCORES: a row of the API's list, with scores and no raw facts. OONI_BAD: *why says why.
 */
enum ooni_value ooni_measurement(struct arena *a, const char *json, size_t n,
				 struct measurement *out, struct blob *inner, const char **why);

#endif
