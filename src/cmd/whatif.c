/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* meridian whatif: what was asked for. Steps are read in whatif_steps.c; computing and telling is
 * in whatif_reach.c and _attack.c. */

#include "cmd/whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "fact/country.h"
#include "record/disk.h"

static struct words words = {.adoption = 100};
static uint64_t trials = 40, seed = 1;
static double rov, aspa;
static bool brief, ipv6;

static const struct opt opts[] = {
    {"country", 0, OPT_TEXT, &words.country, "CC",
     "The country of a cut or gateway; for other steps, whose eyes it is seen with.", NULL},
    {"except", 0, OPT_TEXT, &words.except, "AS,…",
     "cut: these networks keep their links across the border.", NULL},
    {"through", 0, OPT_TEXT, &words.through, "AS,…",
     "gateway: all routes across the border only through these networks.", NULL},
    {"between", 0, OPT_TEXT, &words.between, "A,B",
     "depeer: the two sides, each a country or a network.", NULL},
    {"transit", 0, OPT_BOOL, &words.transit, NULL,
     "depeer: also refuse routes to the other side that come through third networks.", NULL},
    {"as", 0, OPT_TEXT, &words.as, "AS,…", "remove: these networks fail.", NULL},
    {"ixp", 0, OPT_TEXT, &words.ixp, "NAME",
     "remove: this exchange of --ixps (its number or name) fails, and the peerings that only it "
     "can "
     "carry.",
     NULL},
    {"link", 0, OPT_TEXT, &words.link, "A,B", "remove: the link between these two fails.", NULL},
    {"in", 0, OPT_TEXT, &words.in, "CC|AS,…|top:N",
     "mandate: a country, networks, or the N with the largest customer cones.", NULL},
    {"adoption", 0, OPT_REAL, &words.adoption, "PERCENT",
     "mandate: the share of those that obey, drawn by the seed; 100 without it.", NULL},
    {"attacker", 0, OPT_TEXT, &words.attacker, "AS", "hijack: who attacks.", NULL},
    {"victim", 0, OPT_TEXT, &words.victim, "AS", "hijack: whose prefix.", NULL},
    {"kind", 0, OPT_TEXT, &words.kind, "KIND",
     "hijack: exact (the same prefix; so without it), sub (a more specific one), forged (with the "
     "victim as the origin of the path), or leak (a route leak).",
     "exact|sub|forged|leak"},
    {"origin", 0, OPT_TEXT, &words.origin, "AS,…",
     "routes: who announces. hegemony: on whom the paths to this network depend; all: a line for "
     "every origin.",
     NULL},
    {"rov", 0, OPT_REAL, &rov, "PERCENT", "This share of all networks validates origins.", NULL},
    {"aspa", 0, OPT_REAL, &aspa, "PERCENT",
     "This share of all networks publishes and verifies ASPAs.", NULL},
    {"trials", 0, OPT_UINT, &trials, "N", "How many draws; 40 without it.", NULL},
    {"seed", 0, OPT_UINT, &seed, "N", "What all chance is drawn from; 1 without it.", NULL},
    {"exchanges", 0, OPT_LIST, &graph_options.exchanges, "FILE",
     "The same as --ixps. Members are needed to remove an exchange, and give cuts a range that "
     "knows "
     "of local peering.",
     NULL},
    {"ipv6", 0, OPT_BOOL, &ipv6, NULL,
     "hegemony: of IPv6 routes, each prefix counting once, instead of IPv4 ones.", NULL},
    {"brief", 0, OPT_BOOL, &brief, NULL,
     "Write an impact brief on the Internet way of networking, for people who make policy.", NULL},
    GRAPH_OPTS,
    COMMON_OPTS};

const char *percent(double share)
{
	static char text[8][24];
	static unsigned next;
	char *out = text[next++ & 7];

	snprintf(out, 24, "%.2f %%", 100 * share);
	return out;
}

const char *range(struct figure f)
{
	static char text[8][64];
	static unsigned next;
	char *out = text[next++ & 7];

	snprintf(out, 64, "%.2f %% (%.2f to %.2f)", 100 * f.value, 100 * f.low, 100 * f.high);
	return out;
}

/* A scenario file: a step a line, in the words of the command line; "seed N"; # comments. */
static bool read_file(struct scenario *s, const char *path, struct err *err)
{
	size_t n, line = 0;
	char *text = graph_text(path, &n, err), *copy;

	if (!text)
		return false;
	s->file = path;
	copy = arena_textn(&s->arena, text, n);
	free(text);
	for (char *p = copy; p && *p;) {
		char *next = strchr(p, '\n'), *word[64], *save = NULL;
		int argc = 0;
		bool ok;

		if (next)
			*next++ = 0;
		line++;
		p[strcspn(p, "#\r")] = 0;
		/* opt_parse() takes options in argv[0 …], as the command does after its name. */
		for (char *w = strtok_r(p, " \t", &save); w && argc < 63;
		     w = strtok_r(NULL, " \t", &save))
			word[argc++] = w;
		word[argc] = NULL;
		p = next;
		if (!argc)
			continue;
		if (!strcmp(word[0], "seed")) {
			ok = argc == 2 && text_to_u64(word[1], strlen(word[1]), UINT64_MAX, &seed);
			if (!ok)
				err_set(err, "\"seed\" wants a number");
		} else {
			size_t changes = s->nchange;
			bool hijack = s->hijack;

			words = (struct words){.adoption = 100};
			argc = opt_parse(opts, argc, word, err);
			ok = argc > 0 && whatif_step(s, &words, argc, word, err);
			if (ok && s->nchange > changes)
				s->change_line[changes] = line;
			if (ok && s->hijack && !hijack)
				s->hijack_line = line;
			if (!argc)
				err_set(err, "no step, only options");
		}
		if (!ok) {
			/* The file's words, not those of the command line. */
			err->misuse = false;
			return err_in(err, "%s: line %zu", path, line);
		}
	}
	if (!s->nchange && !s->nmandate && !s->hijack)
		return err_set(err, "%s: has no step", path);
	return true;
}

static void view(struct scenario *s)
{
	const struct asgraph *g = s->graph.as;

	if (s->domestic && !s->view)
		return;
	s->domestic = arena_zero(&s->arena, (size_t)g->n + 1, 1);
	s->foreign = NULL;
	for (uint32_t v = 0; v < g->n; v++)
		s->domestic[v] = !s->view || s->graph.nets->country[v] == s->view;
	if (s->view) {
		char cc[3];
		const char *name = country_name(nets_code(cc, s->view));

		s->at_home = arena_printf(&s->arena, "in %s%s", country_article(cc), name);
		s->home_one = arena_printf(&s->arena, "a network %s", s->at_home);
		s->far_one = "a network in another country";
		s->far = "other countries";
	} else {
		s->at_home = "of the map";
		s->far_one = "one network";
		s->home_one = "another";
		s->far = "";
	}
}

static bool tell(struct scenario *s, struct err *err)
{
	struct sheet *sheet = sheet_new(s->title);
	struct buf json = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	bool ok = true;

	jsonw_object(&w);
	jsonw_name(&w, "scenario");
	jsonw_text(&w, s->title);
	jsonw_name(&w, "seed");
	jsonw_uint(&w, s->seed);
	if (s->nchange)
		ok = whatif_tell_reach(s, &w, sheet, err);
	if (ok && (s->nmandate || s->hijack))
		ok = whatif_tell_attacks(s, &w, sheet, err);
	if (ok) {
		graph_sheet(&s->graph, sheet);
		graph_json(&s->graph, &w);
		jsonw_object_end(&w);
		buf_char(&json, '\n');
		ok = graph_answer(&json, sheet, TIME_NONE) == EXIT_RAN;
		if (!ok)
			err->text[0] = 0; /* said already */
	}
	sheet_free(sheet);
	buf_free(&json);
	return ok;
}

/* The scenario that was meant, if one is near. */
static const char *nearest(const char *word, const char *const *verbs, const char *const *tables)
{
	const char *best = NULL;
	unsigned least = 3;

	for (int k = 0; k < 2; k++)
		for (const char *const *v = k ? tables : verbs; *v; v++)
			if (text_distance(word, *v) < least) {
				least = text_distance(word, *v);
				best = *v;
			}
	return best;
}

static int whatif(int argc, char **argv)
{
	static const char *const verbs[] = {"cut",     "gateway", "depeer", "remove",
					    "mandate", "hijack",  NULL};
	static const char *const tables[] = {"routes",	 "case",    "relate",
					     "hegemony", "compile", NULL};
	struct scenario s = {0};
	struct err err = {0};
	struct buf title = {0};
	bool verb = false, ok;

	if (!argc)
		return complain(
		    EXIT_USAGE,
		    "whatif wants a scenario: cut, gateway, depeer, remove, mandate, "
		    "hijack, routes, hegemony, relate, compile, case, or a FILE of steps; "
		    "'meridian whatif --help' tells them");
	for (int i = 0; (graph_options.record || graph_options.store) && tables[i]; i++)
		if (!strcmp(argv[0], tables[i]))
			return complain(EXIT_USAGE,
					"whatif %s makes a table and finds nothing, so there is "
					"nothing to --%s",
					argv[0], graph_options.record ? "record" : "store");
	if (!strcmp(argv[0], "routes"))
		return argc == 1 ? whatif_routes(words.origin)
				 : complain(EXIT_USAGE, "\"%s\" is one word too many", argv[1]);
	if (!strcmp(argv[0], "case"))
		return whatif_case(argc, argv);
	if (!strcmp(argv[0], "relate"))
		return whatif_relate(argc, argv);
	if (!strcmp(argv[0], "hegemony"))
		return argc >= 2
			   ? whatif_hegemony(argc - 1, argv + 1, words.origin, words.country, ipv6)
			   : complain(EXIT_USAGE,
				      "whatif hegemony wants SOURCEs of routes, a FILE of "
				      "bgpdump -m lines, or -");
	if (!strcmp(argv[0], "compile"))
		return argc == 1 ? whatif_compile()
				 : complain(EXIT_USAGE, "\"%s\" is one word too many", argv[1]);
	if (!trials || trials > 100000)
		return complain(EXIT_USAGE, "--trials is a number from 1 to 100,000");
	if (!(rov >= 0 && rov <= 100 && aspa >= 0 && aspa <= 100))
		return complain(EXIT_USAGE, "--rov and --aspa are percentages from 0 to 100");
	for (int i = 0; verbs[i]; i++)
		verb = verb || !strcmp(verbs[i], argv[0]);
	s.verb = argv[0];
	if (!verb && strcmp(argv[0], "-") && !disk_exists(argv[0])) {
		const char *near = nearest(argv[0], verbs, tables);

		return complain(EXIT_USAGE, "\"%s\" is neither a scenario nor a file%s%s%s",
				argv[0], near ? "; did you mean " : "", near ? near : "",
				near ? "?" : "");
	}
	if (!verb && argc > 1)
		return complain(EXIT_USAGE, "\"%s\" is one word too many", argv[1]);
	ok = graph_load(&s.graph, &err);
	if (ok && verb)
		ok = whatif_step(&s, &words, argc, argv, &err);
	else if (ok)
		ok = read_file(&s, argv[0], &err);
	ok = ok && whatif_consistent(&s, &err);
	if (ok && brief && !s.nchange)
		ok = err_misuse(&err, "--brief is for what changes reach: cut, gateway, depeer, "
				      "remove");
	if (ok) {
		s.rov = rov;
		s.aspa = aspa;
		s.seed = seed;
		s.trials = trials;
		/* The page is for printing; a terminal shows it when asked. */
		s.brief = brief || graph_options.html;
		view(&s);
		if (verb)
			whatif_question(&s, &words, argc > 1 ? argv[1] : NULL, &title);
		else
			buf_printf(&title, "What if the steps of %s were taken?", argv[0]);
		s.title = title.at;
		ok = tell(&s, &err);
	}
	graph_free(&s.graph);
	arena_free(&s.arena);
	buf_free(&title);
	if (ok)
		return EXIT_RAN;
	return err.text[0] ? complain_of(&err) : EXIT_COULD_NOT;
}

const struct cmd cmd_whatif = {
    .name = "whatif",
    .args = "SCENARIO",
    .about = "What would this cut, gateway, sanction, mandate or attack do to reachability?",
    .help =
	"SCENARIO is one of\n\n"
	"  cut --country CC [--except AS,…]\n"
	"  gateway --country CC --through AS,…\n"
	"  depeer --between A,B [--transit]\n"
	"  remove --as AS,… | --ixp NAME | --link A,B\n"
	"  mandate rov|aspa|otc --in CC|AS,…|top:N [--adoption PERCENT]\n"
	"  hijack --attacker A --victim B --kind exact|sub|forged|leak [--rov PERCENT] [--aspa "
	"PERCENT]\n"
	"  routes --origin AS[,AS…]\n"
	"  hegemony SOURCE… [--origin AS|all | --country CC] [--ipv6]\n"
	"  relate SOURCE… [-o GRAPH]\n"
	"  compile [--graph FILE] -o GRAPH\n"
	"  case FILE\n\n"
	"or a FILE with a line of the first six kinds for each step. Routes are those of Gao and "
	"Rexford's model on an AS graph; every figure has a range and its caveats "
	"(docs/whatif.md).\n\n"
	"The other five make a table, or run a case. 'routes' prints a line for every network: "
	"ASN, class (4 origin, 3 customer, 2 peer, 1 provider, 0 none), length of the path with "
	"both ends, next hop, origin. 'hegemony' tells on whom paths depend, from routes that "
	"were seen: of all, of one origin or every one, or of a country (its transit influence). "
	"'relate' infers the relationships of networks from such routes, as text that --graph "
	"reads; 'compile' writes a graph in the form that loads at once. 'case' runs a case of "
	"another simulator: exit status 0 when routes and outcomes are the expected ones, 1 when "
	"not, 4 when it asks for what is not modelled.",
    .opts = opts,
    .run = whatif,
};
