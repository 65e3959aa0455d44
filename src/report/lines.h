/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outputs that print facts, a line each, as they come: nothing is judged and nothing waits for
 * the end. `observe --as NAME` writes them; lines_of() finds one by its name.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "fact/facts.h"
#include "finding/detector.h"

struct lines {
	const char *name;  /* "bgpdump" */
	const char *about; /* one line for the manual */
	void *(*new)(const struct knowledge *know);
	/* kind: the name of the source that the facts come from, "mrt". */
	void (*feed)(void *state, const struct facts *f, const char *kind, struct buf *out);
	void (*free)(void *state);
};

extern const struct lines *const lines_outputs[]; /* ends with NULL */
const struct lines *lines_of(const char *name);	  /* NULL: there is none */

#endif
