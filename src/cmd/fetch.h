/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where public data comes from: one table, in fetch_sources.c, that a person can read.
 */
#ifndef CMD_FETCH_H
#define CMD_FETCH_H

#include <stdbool.h>
#include <stdint.h>

enum { MONTHLY = -1 };

/*
 * One file of a server. In url and name stand {collector} and, of the file's time in UTC, {year},
 * {month}, {day}, {hour}, {minute}.
 */
struct fetch_source {
	const char *what;      /* "routes": what the user asks for; several rows may answer */
	const char *collector; /* how the collector's name begins, NULL: it has none */
	const char *at;	       /* "now": only without --at; "then": only with it; NULL: both */
	const char *url;
	const char *name; /* below the cache folder */
	int step;	  /* minutes from one file to the next (from midnight on), MONTHLY, or 0:
			     one file that is replaced */
	int late;	  /* minutes until a file is there */
	int fresh;	  /* minutes for which a copy of a replaced file is good without asking */
	const char *kind; /* the source (source/source.h) that must recognise and read it */
	const char *head; /* or what it begins with, when Meridian only keeps it */
	const char *md5;  /* ending of the file beside it with its MD5, NULL: there is none */
	const char *terms;
};

extern const struct fetch_source fetch_sources[]; /* ends with a NULL what */

/* The copy that 'meridian fetch WHAT' left in the usual cache, of what is one file that is
 * replaced, and the time of its data (TIME_NONE unknown). False: there is none that is whole. */
bool fetch_copy(const char *what, char path[1024], int64_t *time);

#endif
