/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes that a test makes up, and what the route detector finds in them. A scenario is a few
 * lines of text:
 *
 *	T sec peer prefix path…    a route of a table        A …   an announcement
 *	W sec peer prefix          a withdrawal
 *
 * In a path, "otc=N", "blackhole" and "fault=N" set attributes. Peers 1 to 12 are there.
 */
#ifndef TESTS_ROUTES_WORLD_H
#define TESTS_ROUTES_WORLD_H

#include "test.h"

#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "finding/detector.h"

#define BASE (INT64_C(1767225600) * SECOND) /* 2026-01-01 */
#define PATH_MAX_N 16
#define STEPS 4096

/* One record with one route, owning what it points at. */
struct step {
	int64_t time;
	uint32_t source;
	uint64_t offset;
	char bytes[96];
	struct route route;
	struct attrs attrs;
	uint32_t asn[PATH_MAX_N];
	uint8_t community[4];
};

struct world {
	struct step *step;
	size_t n;
	struct peers *peers;
	struct vrps *vrps;
	struct aspas *aspas;
	struct asgraph *graph;
	struct names *names;
	struct geo *geo;
	struct knowledge k;
	struct findings out;
};

struct world world_new(void);
void world_free(struct world *w);
/* Sets w->k by the tables that are there. */
void world_know(struct world *w);

/* Tables of a few words: "AS10,192.0.2.0/24,24 …", "100|10|-1 …", "10:20,30 …". */
struct vrps *vrps_text(const char *rows);
struct asgraph *graph_text(const char *rows);
struct aspas *aspas_text(const char *rows);

/* One more line of the scenario. */
void world_step(struct world *w, const char *line, uint32_t source);
void world_stepf(struct world *w, const char *fmt, ...);

void world_feed(void *state, const struct step *s); /* to a state of detector_routes */
void world_run(struct world *w);		    /* all of it; w->out has the findings */
char *world_line(const struct world *w, const struct finding *f); /* as JSON */

/* Each finding again, from nothing but what it names; it must be the same. */
void world_again(struct world *w);

#endif
