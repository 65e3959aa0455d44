/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outputs: how findings are shown. outputs[] lists them; an output is head, one call a finding,
 * tail, so that a stream never waits for its end. Findings must outlive tail(). The HTML page is
 * not one of them: it is one document, see report/html.h.
 *
 * Strings of findings and sources come from outside: every output escapes them for its own
 * format, and text for a terminal shows control characters and direction overrides as \u{…}.
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

/* Not a byte of it could be read: `fault` says why. */
static inline bool source_unread(const struct source_report *s)
{
	return !s->kind && !s->bytes && s->fault;
}

/* How text for people is laid out. Zeroed: no colour, 80 columns. */
struct text_style {
	bool colour;
	uint16_t width; /* columns of the terminal; 0: 80 */
	bool verbose;	/* every finding in full, not one screen */
};

struct sheet;

/* The run that is reported. */
struct run_report {
	const char *version;
	const char *const *argv;
	int argc;
	int64_t first, last; /* of the facts */
	bool partial;	     /* interrupted: what was found so far */
	const char *filter;  /* "--country KE": only what fits is shown; NULL: all that was found */
	const struct source_report *source;
	size_t nsource;
	const struct knowledge *know;
	uint64_t records, routes;
	double seconds; /* wall; not in JSON unless asked, so that the same input gives the same
			   bytes */
	/* What the run wants said: "no usable relationships: leaks only from …". */
	const char *const *note;
	size_t nnote;
	/* Whose data it rests on besides the sources: "IP to ASN data by DB-IP, CC BY 4.0". RIPE
	 * NCC's and OONI's are added by the kinds of the sources. */
	const char *const *thanks;
	size_t nthanks;
	/* Profiles of the countries that the findings touch, for the page. */
	struct sheet *const *profile;
	size_t nprofile;
	struct text_style style;
};

struct output {
	const char *name; /* "json" */
	const char *about;
	void (*head)(struct buf *out, const struct run_report *run);
	/* i counts from 0. The caller may write out and empty `out` between any two calls. */
	void (*finding)(struct buf *out, const struct run_report *run, const struct finding *f,
			size_t i);
	void (*tail)(struct buf *out, const struct run_report *run, const struct findings *all);
};

extern const struct output *const outputs[]; /* ends with NULL: text, json, jsonl, csv */

const struct output *output_find(const char *name); /* NULL: no such output */
/* Head, every finding in the order of findings_sort() (the caller sorts), tail. */
void output_all(const struct output *o, struct buf *out, const struct run_report *run,
		const struct findings *all);

/* Colour and width for text that goes to this file descriptor: colour only on a terminal that
 * can, and neither with no_color, NO_COLOR (no-color.org) nor TERM=dumb. */
struct text_style text_style_of(int fd, bool no_color);

#endif
