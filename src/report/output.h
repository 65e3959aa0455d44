/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outputs: how findings are shown. outputs[] lists them; an output is head, one call an item,
 * tail, so that a stream never waits for its end. Findings must outlive tail().
 */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "finding/detector.h"
#include "finding/finding.h"

/* One source as the run read it. */
struct source_report {
	const char *path, *kind, *coding; /* kind "mrt", coding "bzip2"; kind NULL: not known */
	uint64_t bytes;			  /* on disk */
	uint8_t sha256[SHA256_SIZE];
	uint64_t records, decoded, skipped, routes;
	int64_t first, last; /* of its facts, TIME_NONE for a table */
	const char *fault;   /* NULL, or what was cut or damaged and where */
	/* The first faults, at most 100: what was skipped, why, where. */
	struct garbled *garbled;
	size_t ngarbled;
	bool empty;
	const char *provenance; /* "VRPs of 2025-07-20 by rpki-client", NULL */
};

/* The run that is reported. */
struct run_report {
	const char *version;
	const char *const *argv;
	int argc;
	int64_t first, last; /* of the facts */
	bool partial;	     /* interrupted: what was found so far */
	const struct source_report *source;
	size_t nsource;
	const struct knowledge *know;
	uint64_t records, routes;
	double seconds; /* wall; not in JSON unless asked, so that the same input gives the same
			   bytes */
	const char *
	    *note; /* what the run wants said: "no usable relationships: leaks only from …" */
	size_t nnote;
};

struct output {
	const char *name; /* "json" */
	const char *about;
	void (*head)(struct buf *out, const struct run_report *run);
	void (*finding)(struct buf *out, const struct run_report *run, const struct finding *f);
	void (*tail)(struct buf *out, const struct run_report *run, const struct findings *all);
};

extern const struct output *const outputs[]; /* ends with NULL */

#endif
