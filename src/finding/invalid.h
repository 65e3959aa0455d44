/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * RPKI-invalid routes that are no hijack, and paths that ASPAs exclude: one finding a network.
 */
#ifndef FINDING_INVALID_H
#define FINDING_INVALID_H

#include "finding/event.h"

/* m: invalid tracks, by origin (member.group); one finding for each origin. */
void invalid_judge(struct watch *w, const struct ranges *r, struct findings *out, struct member *m,
		   size_t n, const struct member *more, size_t nmore);
void aspa_judge(struct watch *w, const struct ranges *r, struct findings *out);

#endif
