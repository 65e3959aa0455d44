/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The state of each target that was measured, for a terminal: what it is, by which mechanism,
 * where, and the rule in a sentence. Beyond STATES_ALL targets those that are open are only
 * counted.
 */
#ifndef REPORT_STATES_H
#define REPORT_STATES_H

#include "finding/verdict.h"
#include "report/output.h"

#define STATES_ALL 40

struct states {
	struct text_style style;
	struct buf all, closed; /* every target's lines; those of all that are not open */
	size_t n[SITE_BLOCKED + 1];
};

void states_add(struct states *s, const struct verdict *v);
/* What is to be shown, with a line of counts at its end. */
void states_put(const struct states *s, struct buf *out);
void states_free(struct states *s);

#endif
