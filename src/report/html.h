/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The report as one HTML page that needs nothing else: style, script, map and data stand in it,
 * its Content-Security-Policy forbids every request, and it works from a file and on paper. The
 * data in it is what `--json` prints; without script the page shows the text output.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "finding/finding.h"
#include "report/output.h"

/* Geometry that replaces the built-in one (--map FILE): TopoJSON or GeoJSON whose features carry
 * an ISO 3166-1 code (two letters, three, or the number) as `id` or in properties as Natural Earth
 * names them. */
struct html_map {
	const char *name; /* as the user gave it */
	const char *at;	  /* the file's text */
	size_t n;
};

/* Adds the whole page to out; map NULL: the built-in world. False: the map is not JSON. */
bool html_write(struct buf *out, const struct run_report *run, const struct findings *all,
		const struct html_map *map, struct err *err);

#endif
