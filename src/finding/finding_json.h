/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding as JSON: the one form that is printed, stored, hashed, sealed and read again
 * (docs/formats.md). Its members always stand in the same order and numbers are rounded the same
 * way, so that the same finding is always the same bytes, and what was read and is written again
 * is what was read.
 */
#ifndef FINDING_FINDING_JSON_H
#define FINDING_FINDING_JSON_H

#include "base/err.h"
#include "base/jsonw.h"
#include "finding/finding.h"

/* One object. Peers are written with address, ASN and collector; peers may be NULL, then vantage
 * points have only their network. */
void finding_json(struct jsonw *w, const struct finding *f, const struct peers *peers);

/* The same as one line of bytes without spaces or a newline: what is hashed and sealed. */
void finding_line(struct buf *out, const struct finding *f, const struct peers *peers);

/*
 * Reads one back into fs. Sources keep their numbers; peers are interned into `peers` (NULL:
 * they become 0). Members that are not known are passed over. False: it is no finding, and why;
 * fs is as it was.
 */
bool finding_from_json(struct findings *fs, const char *json, size_t n, struct peers *peers,
		       struct err *err);

/* The words for the enums, and back (-1: none). */
const char *finding_state_text(enum finding_state s);
const char *rov_state_text(enum rov_state s);

#endif
