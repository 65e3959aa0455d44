/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <string.h>

#include "finding/named.h"
#include "finding/site_state.h"

/* Is it of what the finding speaks of, so that it counts among the measurements of its title? */
static bool counted(const struct site_row *r, const struct site_row *of_it, enum site_of of)
{
	return of == SITE_OF_ALL       ? true
	       : of == SITE_OF_COUNTRY ? !strcmp(r->country, of_it->country)
				       : sites_same_network(r, of_it);
}

/* Only a failure that shows no interference itself is held against other countries. */
static bool is_weighed(const struct site_row *r)
{
	return r->bare && r->country[0] && sites_fails(r);
}

/* When such failures were: of all that is counted, the first and the last. */
struct weighed {
	int64_t first, last;
	bool any, undated;
};

static struct weighed weighed_of(const struct site_others *all, const struct site_row *of_it,
				 enum site_of of)
{
	struct weighed w = {TIME_NONE, TIME_NONE, false, false};

	for (size_t i = 0; i < all->n; i++) {
		const struct site_row *r = &all->row[i];

		if (!counted(r, of_it, of) || !is_weighed(r))
			continue;
		if (r->time == TIME_NONE) {
			w.undated = true;
			continue;
		}
		if (!w.any || r->time < w.first)
			w.first = r->time;
		if (!w.any || r->time > w.last)
			w.last = r->time;
		w.any = true;
	}
	return w;
}

/* Did another country's row decide? */
static bool decided(const struct site_row *r, const struct weighed *w)
{
	if (!r->country[0] || (r->state != SITE_OPEN && !sites_fails(r)))
		return false;
	if (r->time == TIME_NONE)
		return w->undated;
	return w->any && (r->time >= w->first || sites_within(r->time, w->first, SITES_NEAR)) &&
	       (r->time <= w->last || sites_within(r->time, w->last, SITES_NEAR));
}

size_t sites_name(struct sites *s, struct arena *a, struct finding *f, const struct site_group *g,
		  const struct site_row *best, const struct site_others *all, enum site_of of)
{
	const struct weighed w = weighed_of(all, best, of);
	struct named n;
	size_t need = 0;
	bool fits;

	for (size_t i = 0; i < all->n; i++)
		need += counted(&all->row[i], best, of) || decided(&all->row[i], &w);
	fits = named_fits(need, s->named);
	named_begin(&n, a, f, fits ? need : NAMED_FEW);
	/* The first one is part of the finding's name. */
	named_add(&n, &best->evidence, EVIDENCE_SHOWS);
	for (size_t i = 0; i < g->n; i++)
		named_add(&n, &g->row[i]->evidence, EVIDENCE_SHOWS);
	for (size_t i = 0; i < all->n && fits; i++) {
		const struct site_row *r = &all->row[i];

		if (counted(r, best, of))
			named_add(&n, &r->evidence,
				  of == SITE_OF_ALL && r->state == SITE_OPEN &&
					  strcmp(r->country, best->country) != 0
				      ? EVIDENCE_CONTROL
				      : EVIDENCE_CONTRARY);
		else if (decided(r, &w))
			named_add(&n, &r->evidence, EVIDENCE_CONTROL);
	}
	named_end(&n);
	s->named += f->nevidence;
	return fits ? 0 : need;
}
