/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* A country's profile as a sheet and as JSON, for `country` and for the report of a run. */

#include "cmd/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/whatif.h"
#include "fact/country.h"

/* Where a part's number comes from, of what date; and what it takes where it is missing. */
struct from {
	const char *what, *needs;
	char date[16];
};

static void day(char out[16], int64_t time)
{
	char text[TEXT_TIME];

	snprintf(out, 16, "%.10s", time == TIME_NONE ? "" : text_time(text, time));
}

static struct from from_of(const struct graph *g, enum part_from from,
			   const struct seen_routes *seen)
{
	struct from f = {"graph", "a graph", ""};

	switch (from) {
	case FROM_GRAPH:
	case FROM_GRAPH_ADDRESSES:
		snprintf(f.date, sizeof(f.date), "%s", g->date);
		break;
	case FROM_ADDRESSES:
		f = (struct from){"table of addresses", "--addresses", ""};
		if (!graph_options.addresses)
			snprintf(f.date, sizeof(f.date), "2026-06-17");
		break;
	case FROM_ROUTES:
	case FROM_ROUTES_VRPS:
		f = (struct from){from == FROM_ROUTES ? "routes" : "routes and VRPs",
				  "--routes and --vrps", ""};
		if (seen && seen->run)
			day(f.date, seen->run->last);
		break;
	case FROM_EXCHANGES:
		f = (struct from){"members of exchanges", "--ixps", ""};
		snprintf(f.date, sizeof(f.date), "%s", g->exchanges.date);
		break;
	case FROM_FILTERS:
		f = (struct from){"list of filtering networks", "--filters", ""};
		break;
	}
	return f;
}

/* Points that the score would have more if this part were perfect. */
static double most_points(const struct score_part *p)
{
	return p->need > 0 ? 5 * (1 - p->value) / p->need : 0;
}

static void json_carriers(struct jsonw *w, const char *name, const struct graph *g,
			  const struct carrier *c, unsigned n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (unsigned i = 0; i < n; i++) {
		char cc[3];

		jsonw_object(w);
		jsonw_put_uint(w, "asn", g->as->asn[c[i].id]);
		jsonw_put_text(w, "name", g->nets->name[c[i].id]);
		jsonw_put_text(w, "country",
			       g->nets->country[c[i].id] ? nets_code(cc, g->nets->country[c[i].id])
							 : NULL);
		jsonw_put_real(w, "share", c[i].share, 6);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void profile_json(struct jsonw *w, const struct graph *g, const struct country_profile *c,
		  const struct seen_routes *seen)
{
	char cc[3];

	jsonw_put_text(w, "country", nets_code(cc, c->country));
	jsonw_put_text(w, "name", country_name(cc));
	jsonw_put_real(w, "score", c->score, 2);
	jsonw_put_real(w, "coverage", c->coverage, 4);
	jsonw_put_uint(w, "networks", c->networks);
	jsonw_put_uint(w, "addresses", c->addresses);
	jsonw_put_uint(w, "border_networks", c->border);
	jsonw_put_uint(w, "border_links", c->border_links);
	jsonw_put_uint(w, "border_links_to_providers", c->border_links_transit);
	jsonw_put_uint(w, "countries_linked", c->abroad);
	jsonw_put_uint(w, "origins_computed", c->origins);
	json_carriers(w, "carriers", g, c->carrier, c->ncarrier);
	json_carriers(w, "entries", g, c->entry, c->nentry);
	jsonw_put_real(w, "carrier_hhi", c->hhi, 6);
	jsonw_put_real(w, "chokepoint_50", c->cp50, 6);
	jsonw_put_real(w, "chokepoint_90", c->cp90, 6);
	jsonw_put_uint(w, "entries_for_50", c->doors50);
	jsonw_put_uint(w, "entries_for_90", c->doors90);
	jsonw_put_real(w, "domestic_reach", c->reach_before, 6);
	jsonw_put_real(w, "domestic_reach_border_cut", c->reach_cut, 6);
	jsonw_put_real(w, "addresses_hanging_on_one", c->single, 6);
	jsonw_put_real(w, "addresses_without_way_up", c->dark, 6);
	jsonw_name(w, "ipv6_networks");
	if (c->v6 >= 0)
		jsonw_real(w, c->v6, 6);
	else
		jsonw_null(w);
	jsonw_name(w, "transit_validating");
	if (c->filtering >= 0)
		jsonw_real(w, c->filtering, 6);
	else
		jsonw_null(w);
	jsonw_name(w, "exchanges");
	if (c->exchanged >= 0) {
		jsonw_object(w);
		jsonw_put_uint(w, "in_the_country", c->exchanges);
		jsonw_put_uint(w, "member_networks", c->at_exchanges);
		jsonw_put_real(w, "addresses_in_members", c->exchanged, 6);
		jsonw_object_end(w);
	} else {
		jsonw_null(w);
	}
	jsonw_put_real(w, "mean_path_length_from_abroad", c->mean_len, 4);
	jsonw_name(w, "parts");
	jsonw_array(w);
	for (unsigned i = 0; i < c->nparts; i++) {
		const struct score_part *p = &c->part[i];
		struct from from = from_of(g, p->from, seen);

		jsonw_object(w);
		jsonw_put_text(w, "name", p->name);
		jsonw_put_text(w, "input", p->input);
		jsonw_put_text(w, "source", from.what);
		jsonw_put_text(w, "date", *from.date ? from.date : NULL);
		jsonw_put_real(w, "weight", p->weight, 2);
		jsonw_name(w, "value");
		if (p->known)
			jsonw_real(w, p->value, 6);
		else
			jsonw_null(w);
		jsonw_put_text(w, "raise_by_five", p->raise);
		jsonw_name(w, "needs");
		if (p->known && p->need <= 1 - p->value)
			jsonw_real(w, p->need, 6);
		else
			jsonw_null(w);
		jsonw_put_real(w, "at_most_points", p->known ? most_points(p) : NAN, 6);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void carriers(struct sheet *s, const struct graph *g, const struct carrier *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sheet_row(s, "%s|%s", graph_name(g, c[i].id), percent(c[i].share));
}

void profile_sheet(struct sheet *s, const struct graph *g, const struct country_profile *c,
		   const struct seen_routes *seen)
{
	char a[32], b[32], n[32];

	sheet_text(s, "Score %.0f of 100, from inputs that make up %.0f %% of its weights.",
		   c->score, 100 * c->coverage);
	sheet_table(
	    s, "part|>value|>weight|source and date|what would raise the score by five points");
	for (unsigned i = 0; i < c->nparts; i++) {
		const struct score_part *p = &c->part[i];
		struct from from = from_of(g, p->from, seen);

		const char *date = *from.date ? from.date : "undated";

		if (!p->known)
			sheet_row(s, "%s|missing|%.0f|needs %s|unknown without its input: %s",
				  p->name, p->weight, from.needs, p->raise);
		else if (p->value >= 1)
			sheet_row(s, "%s|%.2f|%.0f|%s, %s|it has all its points", p->name, p->value,
				  p->weight, from.what, date);
		else if (p->need > 1 - p->value)
			sheet_row(s, "%s|%.2f|%.0f|%s, %s|at most %.1f more from this part: %s",
				  p->name, p->value, p->weight, from.what, date, most_points(p),
				  p->raise);
		else
			sheet_row(s, "%s|%.2f|%.0f|%s, %s|value +%.2f: %s", p->name, p->value,
				  p->weight, from.what, date, p->need, p->raise);
	}
	sheet_text(s, "A value runs from 0 to 1. What each part is made of:");
	for (unsigned i = 0; i < c->nparts; i++)
		sheet_point(s, "%s: %s", c->part[i].name, c->part[i].input);
	sheet_heading(s, "Its networks and its border");
	sheet_text(
	    s,
	    "%s networks (%s with customers) announce %s IPv4 addresses; %s of them have %s links "
	    "across the border, %s to providers, to networks of %s countries.",
	    text_count(n, c->networks), text_number(c->transit), text_count(a, c->addresses),
	    text_number(c->border), text_count(b, c->border_links),
	    text_number(c->border_links_transit), text_number(c->abroad));
	sheet_text(
	    s,
	    "With the border cut, %s of the ordered pairs of domestic networks would reach each "
	    "other; today it is %s. %s of the addresses hang on one network that must not fail, %s "
	    "have no way up to the top of the graph.",
	    percent(c->reach_cut), percent(c->reach_before), percent(c->single), percent(c->dark));
	sheet_text(
	    s,
	    "Half of the paths from abroad come in through %s networks, 90 %% through %s "
	    "(CP %.2f and %.2f: 1 is a single entry). Paths from abroad have %.2f networks on "
	    "average. The HHI of carriers is %.3f: 1 is a single carrier, 0 very many.",
	    text_number(c->doors50), text_number(c->doors90), c->cp50, c->cp90, c->mean_len,
	    c->hhi);
	if (c->exchanged >= 0)
		sheet_text(s,
			   "%s of its networks, with %s of its addresses, are members of an "
			   "exchange; %s exchanges are in the country as far as the files tell.",
			   text_number(c->at_exchanges), percent(c->exchanged),
			   text_number(c->exchanges));
	if (c->filtering >= 0)
		sheet_text(s,
			   "At least %s of its transit from abroad is by networks that refuse "
			   "invalid routes.",
			   percent(c->filtering));
	sheet_heading(s, "Who carries its traffic");
	sheet_table(s, "network|>share of the paths from abroad");
	carriers(s, g, c->carrier, c->ncarrier);
	sheet_heading(s, "Where it comes in");
	sheet_table(s, "network|>share of the paths from abroad");
	carriers(s, g, c->entry, c->nentry);
}

void profile_caveats(struct sheet *s, const struct country_profile *c)
{
	sheet_point(
	    s,
	    "Shares are of modelled routes to %s of its networks from all others, weighted by "
	    "addresses; real routes differ where networks prefer otherwise.",
	    text_number(c->origins));
	sheet_point(s, "Peerings at local exchanges are mostly hidden, so self-reliance is rather "
		       "understated; a missing input lowers the coverage, never the score.");
}

/* How many findings touch each country, by its number. */
static void touch(const struct findings *fs, uint32_t *touched)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct finding *f = fs->at[i];
		/* What befalls many places through one network (a leak) is the actor's and the
		 * victims'; what is of the edge or an outage is of the place. */
		bool place = strncmp(f->kind, "route.", 6) != 0;
		const char *of[64];
		size_t n = 0;

		of[n++] = f->actor.net.country;
		for (size_t k = 0; k < f->nvictim && n < 32; k++)
			of[n++] = f->victim[k].country;
		for (size_t k = 0; place && k < f->ncountry && n < 64; k++)
			of[n++] = f->country[k];
		for (size_t k = 0; k < n; k++) {
			bool again = !of[k][0] || !of[k][1] || f->confidence <= 0;

			for (size_t j = 0; j < k && !again; j++)
				again = !strcmp(of[j], of[k]);
			/* Who acts, and where, stands before whom it befalls. */
			if (!again)
				touched[COUNTRY(of[k])] += k && !place ? 1 : 2;
		}
	}
}

size_t profiles_touched(const struct findings *fs, const char *relations,
			struct sheet *out[PROFILES_MAX], struct err *err)
{
	uint32_t *touched = mem_zero(65536, sizeof(*touched));
	struct resilience_tables tables;
	struct resilience_room *room;
	struct graph g;
	size_t n = 0;

	touch(fs, touched);
	graph_options.graph = relations;
	if (!graph_load(&g, err)) {
		free(touched);
		return 0;
	}
	tables = graph_tables(&g);
	room = resilience_room_new(g.nets, &tables);
	while (n < PROFILES_MAX) {
		struct country_profile c;
		struct sheet *s;
		uint16_t most = 0;
		const char *name;
		char cc[3];

		for (uint32_t k = 1; k < 65536; k++)
			if (touched[k] > touched[most] && nets_count(g.nets, (uint16_t)k))
				most = (uint16_t)k;
		if (!most)
			break;
		touched[most] = 0;
		name = country_name(nets_code(cc, most));
		if (!name)
			continue;
		resilience_country(room, most, 1000, 1, &c);
		s = sheet_new(name);
		profile_sheet(s, &g, &c, NULL);
		profile_caveats(s, &c);
		graph_sheet(&g, s);
		out[n++] = s;
	}
	resilience_room_free(room);
	graph_free(&g);
	free(touched);
	return n;
}

bool profiles_page(const char *path, const struct run_report *run, const struct findings *fs,
		   const char *relations, const struct html_map *map, struct err *err)
{
	struct run_report with = *run;
	struct sheet *profile[PROFILES_MAX];
	struct buf page = {0};
	struct err why = {0};
	bool ok;

	with.profile = profile;
	with.nprofile = profiles_touched(fs, relations, profile, &why);
	if (why.text[0])
		talk("meridian: no profiles of countries: %s", why.text);
	ok = html_write(&page, &with, fs, map, err) && put_file(path, page.at, page.len, err);
	for (size_t i = 0; i < with.nprofile; i++)
		sheet_free(profile[i]);
	buf_free(&page);
	return ok;
}
