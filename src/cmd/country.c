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
#include "cmd/profile.h"
#include "cmd/progress.h"
#include "cmd/whatif.h"
#include "fact/country.h"
#include "finding/resilience.h"

#define UNSET UINT32_MAX
static uint64_t origins = UNSET, seed = 1;
static bool everybody;

static const struct opt opts[] = {
    {"all", 0, OPT_BOOL, &everybody, NULL,
     "Rank all countries; all arguments are then SOURCEs. Without arguments that is what is done.",
     NULL},
    {"origins", 0, OPT_UINT, &origins, "N",
     "Compute the routes of N networks of the country, drawn by the seed, when it has more; 1,000 "
     "without it, 40 for each where all countries are ranked.",
     NULL},
    {"seed", 0, OPT_UINT, &seed, "N", "What chance is drawn from; 1 without it.", NULL},
    SEEN_OPTS,
    GRAPH_OPTS,
    COMMON_OPTS};

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

static void announced(const struct graph *g, const struct seen_routes *seen,
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
				   "VRPs name %s of its %s networks as an origin; how much of what "
				   "they announce is covered needs --routes.",
				   text_number(some), text_number(c->networks));
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
	sheet_text(s, "%s of its networks announce %s IPv4 and %s IPv6 prefixes in these routes.",
		   text_number(sum.networks), text_number(sum.v4), text_number(sum.v6));
	if (!counted)
		sheet_text(s,
			   "That is less than half of the %s networks that the graph has of it, "
			   "so the score does not use it.",
			   text_number(c->networks));
	if (seen->vrps) {
		jsonw_put_uint(w, "valid", sum.valid);
		jsonw_put_uint(w, "invalid", sum.invalid);
		jsonw_put_uint(w, "not_found", sum.not_found);
		if (sum.v4 + sum.v6)
			sheet_text(s,
				   "%s of them are valid, %s without a ROA, %s invalid (%s by "
				   "origin, %s by length, %s for AS0).",
				   percent((double)sum.valid / (sum.v4 + sum.v6)),
				   percent((double)sum.not_found / (sum.v4 + sum.v6)),
				   text_number(sum.invalid), text_number(sum.wrong_origin),
				   text_number(sum.too_specific), text_number(sum.as0));
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
			sheet_text(s, "And %s more, which --json has.", text_number(shown - SHOWN));
	}
	jsonw_object_end(w);
}

/* Routes speak for the country when they have half of its networks at least. */
static bool use_routes(const struct seen_routes *seen, struct country_profile *c)
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
	struct seen_routes seen = {.graph = g};
	uint16_t country;
	char cc[3];
	int status;
	bool counted;

	if (!graph_country(g, argv[0], strlen(argv[0]), &country, &err))
		return complain_of(&err);
	seen.country = country;
	if (!seen_load(&seen, argc - 1, argv + 1, &err)) {
		seen_free(&seen);
		return complain_of(&err);
	}
	resilience_country(room, country, origins < UNSET ? (uint32_t)origins : 1000, seed, &c);
	counted = use_routes(&seen, &c);
	buf_printf(&title, "%s: how resilient its Internet is",
		   country_name(nets_code(cc, country)));
	s = sheet_new(title.at);
	profile_sheet(s, g, &c, &seen);
	map = (struct sheet_country){country, c.score / 100, -1};
	sheet_map(s, "Score: red is low, blue is high.", &map, 1);
	jsonw_object(&w);
	profile_json(&w, g, &c, &seen);
	announced(g, &seen, &c, counted, &w, s);
	manrs_incidents(&seen, &w, s);
	manrs_tell(&seen, &w, s);
	sheet_heading(s, "How sure this is");
	profile_caveats(s, &c);
	seen_sheet(&seen, s);
	graph_sheet(g, s);
	seen_json(&seen, &w);
	graph_json(g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s, seen_time(&seen));
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

/* What routes say of each country, by its number. */
struct told {
	uint32_t networks, networks_v6, prefixes, valid, invalid;
};

static struct told *by_country(const struct graph *g, const struct hygiene *h)
{
	struct told *t = mem_zero(65536, sizeof(*t));
	const struct origination *o;
	size_t n;

	o = hygiene_at(h, &n);
	for (size_t i = 0, k; i < n; i = k) {
		struct told *x = &t[seen_country_of(g, o[i].origin)];
		bool v6 = false;

		for (k = i; k < n && o[k].origin == o[i].origin; k++) {
			v6 = v6 || o[k].prefix.v6;
			x->prefixes++;
			x->valid += o[k].state == ROV_VALID;
			x->invalid += o[k].state == ROV_INVALID;
		}
		x->networks++;
		x->networks_v6 += v6;
	}
	return t;
}

static void use_told(const struct seen_routes *seen, const struct told *t,
		     struct country_profile *c)
{
	if (!t->networks || 2 * t->networks < c->networks)
		return;
	resilience_seen(c,
			hygiene_has_v6(seen->hygiene) ? (double)t->networks_v6 / t->networks : -1,
			seen->vrps ? (double)t->valid / t->prefixes : -1);
}

static const char *share(double x)
{
	return x >= 0 ? percent(x) : "–";
}

static void json_ranked(struct jsonw *w, const struct seen_routes *seen, const struct told *t,
			uint32_t rank, const struct country_profile *c)
{
	jsonw_object(w);
	jsonw_put_uint(w, "rank", rank);
	profile_json(w, seen->graph, c, seen);
	if (t) {
		jsonw_name(w, "announced");
		jsonw_object(w);
		jsonw_put_uint(w, "networks", t->networks);
		jsonw_put_uint(w, "prefixes", t->prefixes);
		if (seen->vrps) {
			jsonw_put_uint(w, "valid", t->valid);
			jsonw_put_uint(w, "invalid", t->invalid);
		}
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

static int ranked(struct graph *g, struct resilience_room *room, int argc, char **argv)
{
	struct seen_routes seen = {.graph = g, .everyone = true};
	uint8_t *there;
	struct country_profile *c;
	struct sheet_country *map;
	struct told *told = NULL;
	struct buf json = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	struct sheet *s;
	struct progress p = progress_start("ranking", "countries", !common.quiet);
	struct err err;
	uint32_t n = 0, all = 0;
	int status;

	if (!seen_load(&seen, argc, argv, &err)) {
		seen_free(&seen);
		return complain_of(&err);
	}
	there = mem_zero(65536, 1);
	c = mem_zero(1024, sizeof(*c));
	map = mem_zero(1024, sizeof(*map));
	s = sheet_new("How resilient each country's Internet is");
	if (seen.hygiene)
		told = by_country(g, seen.hygiene);
	for (uint32_t v = 0; v < g->as->n; v++) {
		char cc[3];
		uint16_t k = g->nets->country[v];

		all += !there[k] && country_name(nets_code(cc, k));
		there[k] = 1;
	}
	for (uint32_t k = 1; k < 65536 && n < 1024; k++) {
		char cc[3];

		if (!there[k] || !country_name(nets_code(cc, (uint16_t)k)))
			continue;
		resilience_country(room, (uint16_t)k, origins < UNSET ? (uint32_t)origins : 40,
				   seed, &c[n]);
		if (told)
			use_told(&seen, &told[k], &c[n]);
		map[n] = (struct sheet_country){(uint16_t)k, c[n].score / 100, -1};
		n++;
		if (progress_due(&p))
			progress_show(&p, n, all, n);
	}
	progress_end(&p);
	qsort(c, n, sizeof(*c), by_score);
	jsonw_object(&w);
	jsonw_name(&w, "countries");
	jsonw_array(&w);
	sheet_table(s,
		    ">rank|country|>score|>known|>networks|>doors for 90 %|>HHI|>reach, border cut|"
		    ">hang on one|>IPv6|>signed|largest carrier");
	for (uint32_t i = 0; i < n; i++) {
		char cc[3];

		sheet_row(s, "%s|%s|%.0f|%.0f %%|%s|%s|%.2f|%s|%s|%s|%s|%s", text_number(i + 1),
			  country_name(nets_code(cc, c[i].country)), c[i].score,
			  100 * c[i].coverage, text_number(c[i].networks),
			  text_number(c[i].doors90), c[i].hhi, percent(c[i].reach_cut),
			  percent(c[i].single), share(c[i].v6), share(c[i].valid),
			  c[i].ncarrier ? graph_name(g, c[i].carrier[0].id) : "–");
		json_ranked(&w, &seen, told ? &told[c[i].country] : NULL, i + 1, &c[i]);
	}
	jsonw_array_end(&w);
	sheet_map(s, "Score: red is low, blue is high; grey has no networks in the graph.", map, n);
	sheet_heading(s, "How sure this is");
	sheet_point(
	    s,
	    "Scores of countries with few networks rest on few numbers; carriers are from routes "
	    "to at most %s networks of each, drawn by the seed.",
	    text_number((origins < UNSET ? origins : 40)));
	if (!told)
		sheet_point(s,
			    "How much of what is announced is signed needs --routes and --vrps.");
	seen_sheet(&seen, s);
	graph_sheet(g, s);
	seen_json(&seen, &w);
	graph_json(g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s, seen_time(&seen));
	if (status == EXIT_RAN)
		status = seen_status(&seen);
	seen_free(&seen);
	sheet_free(s);
	buf_free(&json);
	free(there);
	free(c);
	free(map);
	free(told);
	return status;
}

static int country(int argc, char **argv)
{
	struct resilience_tables tables;
	struct resilience_room *room;
	struct graph g;
	struct err err;
	int status;
	char code[3];

	if (argc && !everybody && !cc_of(argv[0], strlen(argv[0]), code, &err))
		return complain_of(&err);
	if (!origins || origins > UNSET)
		return complain(EXIT_USAGE, "--origins is a number from 1 to 4,294,967,294");
	if (!graph_load(&g, &err))
		return complain_of(&err);
	tables = graph_tables(&g);
	room = resilience_room_new(g.nets, &tables);
	status = argc && !everybody ? one(&g, room, argc, argv) : ranked(&g, room, argc, argv);
	resilience_room_free(room);
	graph_free(&g);
	return status;
}

const struct cmd cmd_country = {
    .name = "country",
    .args = "[CC | --all] [SOURCE…]",
    .about = "How resilient is this country's Internet, and what would raise it?",
    .help =
	"Who carries its traffic and where it comes in, how many networks must fail before others "
	"are dark, what is left of domestic reach with the border cut, and a score of which every "
	"part shows its input, its weight and what would raise it by five. Without CC, or with "
	"--all, all "
	"countries are ranked. With routes (--routes or SOURCE, of any kind that observe reads) "
	"and --vrps "
	"it "
	"tells what its networks announce, how much of it is signed, what is invalid, the "
	"incidents "
	"seen, and MANRS' items. docs/resilience.md has the method.",
    .opts = opts,
    .run = country,
};
