/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A measurement written as OONI writes it (data formats df-000 to df-008, web_connectivity 0.5's
 * test keys), so that its tools read it, and source/ooni.h reads it back. It stands in record/,
 * since a written measurement is a fact that is kept: neither judged nor shown.
 *
 * What that format has no room for stands in test_keys.meridian (more than one control, byte
 * series, packets with a small TTL) and in members of replies that start with x_meridian_. What
 * was read and not understood is written word for word.
 */
#ifndef RECORD_OONI_H
#define RECORD_OONI_H

#include "base/jsonw.h"
#include "fact/measurement.h"

void ooni_write(struct jsonw *w, const struct measurement *m);

#endif
