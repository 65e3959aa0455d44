/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* meridian country CC: how resilient is this country's Internet, and what would raise it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/manrs.h"
#include "cmd/whatif.h"
#include "fact/country.h"
#include "finding/resilience.h"

static uint64_t origins = 0, seed = 1;

static const struct opt opts[] = {
    {"origins", 0, OPT_UINT, &origins, "N",
     "Compute the routes of N networks of the country, drawn by the seed, when it has more; 1000 "
     "without it, 40 for each where all countries are ranked.",
     NULL},
    {"seed", 0, OPT_UINT, &seed, "N", "What chance is drawn from; 1 without it.", NULL},
    SEEN_OPTS,
    GRAPH_OPTS,
    COMMON_OPTS};

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

static void json_profile(struct jsonw *w, const struct graph *g, const struct country_profile *c)
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
	jsonw_put_real(w, "mean_path_length_from_abroad", c->mean_len, 4);
	jsonw_name(w, "parts");
	jsonw_array(w);
	for (unsigned i = 0; i < c->nparts; i++) {
		const struct score_part *p = &c->part[i];

		jsonw_object(w);
		jsonw_put_text(w, "name", p->name);
		jsonw_put_text(w, "input", p->input);
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
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void sheet_carriers(struct sheet *s, const struct graph *g, const struct carrier *c,
			   unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sheet_row(s, "%s|%s", graph_name(g, c[i].id), percent(c[i].share));
}

/* How many of the country's networks VRPs name: what can be told without routes. */
static uint32_t named(const struct graph *g, const struct vrps *v, uint16_t country)
{
	uint8_t *is = mem_zero((size_t)g->as->n + 1, 1);
	uint32_t n = 0;

	for (size_t i = 0; i < vrps_count(v); i++) {
		uint32_t id = asgraph_id(g->as, vrps_at(v, i).asn);

		if (id == ASGRAPH_NONE || g->nets->country[id] != country || is[id])
			continue;
		is[id] = 1;
		n++;
	}
	free(is);
	return n;
}

#define SHOWN 20

static void announced(const struct graph *g, const struct seen *seen,
		      const struct country_profile *c, bool counted, struct jsonw *w,
		      struct sheet *s)
{
	struct hygiene_sum sum;
	const struct origination *o;
	size_t n, shown = 0;

	if (seen->vrps) {
		uint32_t some = named(g, seen->vrps, c->country);

		jsonw_put_uint(w, "networks_in_vrps", some);
		if (!seen->hygiene) {
			sheet_heading(s, "What its networks announce");
			sheet_text(s,
				   "VRPs name %u of its %u networks as an origin; how much of what "
				   "they announce is covered needs --routes.",
				   some, c->networks);
		}
	}
	jsonw_name(w, "announced");
	if (!seen->hygiene) {
		jsonw_null(w);
		return;
	}
	hygiene_add_up(seen->hygiene, HYGIENE_ALL, &sum);
	o = hygiene_at(seen->hygiene, &n);
	jsonw_object(w);
	jsonw_put_uint(w, "networks", sum.networks);
	jsonw_name(w, "networks_v6");
	if (hygiene_has_v6(seen->hygiene))
		jsonw_uint(w, sum.networks_v6);
	else
		jsonw_null(w);
	jsonw_put_bool(w, "counted_in_score", counted);
	jsonw_put_uint(w, "prefixes_v4", sum.v4);
	jsonw_put_uint(w, "prefixes_v6", sum.v6);
	sheet_heading(s, "What its networks announce");
	sheet_text(s, "%u of its networks announce %u IPv4 and %u IPv6 prefixes in these routes.",
		   sum.networks, sum.v4, sum.v6);
	if (!counted)
		sheet_text(s,
			   "That is less than half of the %u networks that the graph has of it, "
			   "so the score does not use it.",
			   c->networks);
	if (seen->vrps) {
		jsonw_put_uint(w, "valid", sum.valid);
		jsonw_put_uint(w, "invalid", sum.invalid);
		jsonw_put_uint(w, "not_found", sum.not_found);
		if (sum.v4 + sum.v6)
			sheet_text(s,
				   "%s of them are valid, %s without a ROA, %u invalid (%u by "
				   "origin, %u by length, %u for AS0).",
				   percent((double)sum.valid / (sum.v4 + sum.v6)),
				   percent((double)sum.not_found / (sum.v4 + sum.v6)), sum.invalid,
				   sum.wrong_origin, sum.too_specific, sum.as0);
		if (sum.invalid)
			sheet_table(s, "invalid|origin|why");
		jsonw_name(w, "invalids");
		jsonw_array(w);
		for (size_t i = 0; i < n; i++) {
			uint32_t id = asgraph_id(g->as, o[i].origin);
			char text[PREFIX_TEXT], as[16];

			if (o[i].state != ROV_INVALID)
				continue;
			snprintf(as, sizeof(as), "AS%u", o[i].origin);
			prefix_text(text, o[i].prefix);
			if (shown++ < SHOWN)
				sheet_row(s, "%s|%s|%s", text,
					  id == ASGRAPH_NONE ? as : graph_name(g, id),
					  rov_reason_text(o[i].why));
			jsonw_object(w);
			jsonw_put_text(w, "prefix", text);
			jsonw_put_uint(w, "origin", o[i].origin);
			jsonw_put_text(w, "why", rov_reason_text(o[i].why));
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
		if (shown > SHOWN)
			sheet_text(s, "And %zu more, which --json has.", shown - SHOWN);
	}
	jsonw_object_end(w);
}

/* Routes speak for the country when they have half of its networks at least. */
static bool use_routes(const struct seen *seen, struct country_profile *c)
{
	struct hygiene_sum sum;

	if (!seen->hygiene)
		return false;
	hygiene_add_up(seen->hygiene, HYGIENE_ALL, &sum);
	if (!sum.networks || 2 * sum.networks < c->networks)
		return false;
	resilience_seen(c,
			hygiene_has_v6(seen->hygiene) ? (double)sum.networks_v6 / sum.networks : -1,
			seen->vrps ? (double)sum.valid / (sum.v4 + sum.v6) : -1);
	return true;
}

static int one(struct graph *g, struct resilience_room *room, int argc, char **argv)
{
	struct country_profile c;
	struct buf json = {0}, title = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	struct sheet_country map;
	struct sheet *s;
	struct err err;
	struct seen seen = {.graph = g};
	uint16_t country;
	char a[32], b[32], cc[3];
	int status;
	bool counted;

	if (!graph_country(g, argv[0], strlen(argv[0]), &country, &err))
		return complain(EXIT_COULD_NOT, "%s", err.text);
	seen.country = country;
	if (!seen_load(&seen, argc - 1, argv + 1, &err)) {
		seen_free(&seen);
		return complain(EXIT_COULD_NOT, "%s", err.text);
	}
	resilience_country(room, country, origins ? (uint32_t)origins : 1000, seed, &c);
	counted = use_routes(&seen, &c);
	buf_printf(&title, "%s: how resilient its Internet is",
		   country_name(nets_code(cc, country)));
	s = sheet_new(title.at);
	sheet_text(s, "Score %.0f of 100, from inputs that make up %.0f %% of its weights.",
		   c.score, 100 * c.coverage);
	sheet_table(s, "part|>value|>weight|input|five points more");
	for (unsigned i = 0; i < c.nparts; i++) {
		const struct score_part *p = &c.part[i];

		if (!p->known)
			sheet_row(s, "%s|missing|%.0f|%s|–", p->name, p->weight, p->input);
		else if (p->need > 1 - p->value)
			sheet_row(s, "%s|%.2f|%.0f|%s|not from this part alone", p->name, p->value,
				  p->weight, p->input);
		else
			sheet_row(s, "%s|%.2f|%.0f|%s|+%.2f: %s", p->name, p->value, p->weight,
				  p->input, p->need, p->raise);
	}
	sheet_heading(s, "Its networks and its border");
	sheet_text(
	    s,
	    "%u networks (%u with customers) announce %s IPv4 addresses; %u of them have %s links "
	    "across the border, %u to providers, to networks of %u countries.",
	    c.networks, c.transit, text_count(a, c.addresses), c.border,
	    text_count(b, c.border_links), c.border_links_transit, c.abroad);
	sheet_text(
	    s,
	    "With the border cut, %s of the ordered pairs of domestic networks would reach each "
	    "other; today it is %s. %s of the addresses hang on one network that must not fail, %s "
	    "have no way up to the top of the graph.",
	    percent(c.reach_cut), percent(c.reach_before), percent(c.single), percent(c.dark));
	sheet_text(
	    s,
	    "Half of the paths from abroad come in through %u networks, 90 %% through %u "
	    "(CP %.2f and %.2f). Paths from abroad have %.2f networks on average. HHI of carriers "
	    "%.3f.",
	    c.doors50, c.doors90, c.cp50, c.cp90, c.mean_len, c.hhi);
	sheet_heading(s, "Who carries its traffic");
	sheet_table(s, "network|>share of the paths from abroad");
	sheet_carriers(s, g, c.carrier, c.ncarrier);
	sheet_heading(s, "Where it comes in");
	sheet_table(s, "network|>share of the paths from abroad");
	sheet_carriers(s, g, c.entry, c.nentry);
	map = (struct sheet_country){country, c.score / 100, -1};
	sheet_map(s, "Score, light for high.", &map, 1);
	jsonw_object(&w);
	json_profile(&w, g, &c);
	announced(g, &seen, &c, counted, &w, s);
	manrs_incidents(&seen, &w, s);
	manrs_tell(&seen, &w, s);
	sheet_heading(s, "How sure this is");
	sheet_point(
	    s,
	    "Shares are of modelled routes to %u of its networks from all others, weighted by "
	    "addresses; real routes differ where networks prefer otherwise.",
	    c.origins);
	sheet_point(s, "Peerings at local exchanges are mostly hidden, so self-reliance is rather "
		       "understated; a missing input lowers the coverage, never the score.");
	seen_sheet(&seen, s);
	graph_sheet(g, s);
	seen_json(&seen, &w);
	graph_json(g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s);
	if (status == EXIT_RAN)
		status = seen_status(&seen);
	seen_free(&seen);
	sheet_free(s);
	buf_free(&json);
	buf_free(&title);
	return status;
}

static int by_score(const void *a, const void *b)
{
	const struct country_profile *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->country > y->country) - (x->country < y->country);
}

static int ranked(struct graph *g, struct resilience_room *room)
{
	uint8_t *there = mem_zero(65536, 1);
	struct country_profile *c = mem_zero(1024, sizeof(*c));
	struct sheet_country *map = mem_zero(1024, sizeof(*map));
	struct buf json = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	struct sheet *s = sheet_new("How resilient each country's Internet is");
	uint32_t n = 0;
	int status;

	for (uint32_t v = 0; v < g->as->n; v++)
		there[g->nets->country[v]] = 1;
	for (uint32_t k = 1; k < 65536 && n < 1024; k++) {
		char cc[3];

		if (!there[k] || !country_name(nets_code(cc, (uint16_t)k)))
			continue;
		resilience_country(room, (uint16_t)k, origins ? (uint32_t)origins : 40, seed,
				   &c[n]);
		map[n] = (struct sheet_country){(uint16_t)k, c[n].score / 100, -1};
		n++;
	}
	qsort(c, n, sizeof(*c), by_score);
	jsonw_object(&w);
	jsonw_name(&w, "countries");
	jsonw_array(&w);
	sheet_table(
	    s,
	    ">rank|country|>score|>networks|>doors for 90 %|>HHI|>reach, border cut|>hang on one|"
	    "largest carrier");
	for (uint32_t i = 0; i < n; i++) {
		char cc[3];

		sheet_row(s, "%u|%s|%.0f|%u|%u|%.2f|%s|%s|%s", i + 1,
			  country_name(nets_code(cc, c[i].country)), c[i].score, c[i].networks,
			  c[i].doors90, c[i].hhi, percent(c[i].reach_cut), percent(c[i].single),
			  c[i].ncarrier ? graph_name(g, c[i].carrier[0].id) : "–");
		jsonw_object(&w);
		json_profile(&w, g, &c[i]);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	sheet_map(s, "Score: red is low, blue is high; grey has no networks in the graph.", map, n);
	sheet_heading(s, "How sure this is");
	sheet_point(
	    s,
	    "Scores of countries with few networks rest on few numbers; carriers are from routes "
	    "to at most %llu networks of each, drawn by the seed.",
	    (unsigned long long)(origins ? origins : 40));
	graph_sheet(g, s);
	graph_json(g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s);
	sheet_free(s);
	buf_free(&json);
	free(there);
	free(c);
	free(map);
	return status;
}

static int country(int argc, char **argv)
{
	struct resilience_room *room;
	struct graph g;
	struct err err;
	int status;

	if (!argc && (seen_options.routes.n || seen_options.vrps.n))
		return complain(EXIT_USAGE,
				"--routes and --vrps are for one country: name it first");
	if (!graph_load(&g, &err))
		return complain(EXIT_COULD_NOT, "%s", err.text);
	room = resilience_room_new(g.nets, g.v6);
	status = argc ? one(&g, room, argc, argv) : ranked(&g, room);
	resilience_room_free(room);
	graph_free(&g);
	return status;
}

const struct cmd cmd_country = {
    .name = "country",
    .args = "[CC [SOURCE…]]",
    .about = "How resilient is this country's Internet, and what would raise it?",
    .help =
	"Who carries its traffic and where it comes in, how many networks must fail before others "
	"are dark, what is left of domestic reach with the border cut, and a score of which every "
	"part shows its input, its weight and what would raise it by five. Without CC all "
	"countries "
	"are ranked. With routes (--routes or SOURCE, of any kind that observe reads) and --vrps "
	"it "
	"tells what its networks announce, how much of it is signed, what is invalid, the "
	"incidents "
	"seen, and MANRS' items. docs/resilience.md has the method.",
    .opts = opts,
    .run = country,
};
