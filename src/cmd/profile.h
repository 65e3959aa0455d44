/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The profile of a country, told: for `country`, and for the page of a run whose findings touch it.
 */
#ifndef CMD_PROFILE_H
#define CMD_PROFILE_H

#include "cmd/seen.h"
#include "report/html.h"

/* The members of the JSON object of a country. seen NULL: no routes. */
void profile_json(struct jsonw *w, const struct graph *g, const struct country_profile *c,
		  const struct seen_routes *seen);

/* Score, border, carriers and doors as sections of a sheet. */
void profile_sheet(struct sheet *s, const struct graph *g, const struct country_profile *c,
		   const struct seen_routes *seen);

/* How sure such figures are, as points. */
void profile_caveats(struct sheet *s, const struct country_profile *c);

#define PROFILES_MAX 4

/*
 * Sheets of the countries that findings touch, at most PROFILES_MAX: those where a network acts or
 * that it befalls, or where sites are blocked, by how many findings. The graph is the bundled one,
 * or `relations` where it is given. Returns how many; sheet_free() each. A graph that cannot be
 * read: none, and err says why.
 */
size_t profiles_touched(const struct findings *fs, const char *relations,
			struct sheet *out[PROFILES_MAX], struct err *err);

/* The page of a run with these profiles, into a file; map NULL: the bundled one. A graph that
 * cannot be read is said on stderr, and the page has no profiles. */
bool profiles_page(const char *path, const struct run_report *run, const struct findings *fs,
		   const char *relations, const struct html_map *map, struct err *err);

#endif
