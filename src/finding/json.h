/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding as JSON: the one shape of docs/formats.md, in every output, the store and the API.
 */
#ifndef FINDING_JSON_H
#define FINDING_JSON_H

#include "base/err.h"
#include "base/jsonw.h"
#include "finding/finding.h"

/* Writes f as one object. peers names the vantage points; NULL leaves their addresses out. */
void finding_json(struct jsonw *w, const struct finding *f, const struct peers *peers);

/* "ongoing", "ended", "open-at-end-of-data", or the site's state. */
const char *finding_state_text(const struct finding *f);
/* "valid", "invalid", "not-found"; NULL: not judged. */
const char *finding_rov_text(enum rov_state state);

/*
 * Reads one that finding_json() wrote back into fs: writing it again gives the same bytes.
 * Sources keep their numbers; vantage points are interned into peers (NULL: they become 0).
 * Members that are not known are passed over. False: it is no finding, and why; fs is as it was.
 */
bool finding_read(struct findings *fs, const char *json, size_t n, struct peers *peers,
		  struct err *err);

#endif
