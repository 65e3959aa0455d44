/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* meridian whatif: what was asked for. Computing and telling is in whatif_reach.c and _attack.c. */

#include "cmd/whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "fact/country.h"
#include "finding/simcase.h"
#include "record/disk.h"

static struct words words = {.adoption = 100};
static uint64_t trials = 0, seed = 1;
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
     "hijack: the same prefix, a more specific one, with the victim as forged origin, or a route "
     "leak.",
     "exact|sub|forged|leak"},
    {"origin", 0, OPT_TEXT, &words.origin, "AS,…", "routes: who announces.", NULL},
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

/* TSV of one prefix's routes: a line for every network of the graph. */
static int routes(void)
{
	struct propagation *p;
	struct graph g = {0};
	struct buf out = {0};
	struct seed *seeds;
	struct topo *t;
	struct err err;
	uint32_t *id;
	size_t n;
	bool ok;

	if (!words.origin)
		return complain(EXIT_USAGE, "whatif routes wants --origin AS[,AS…]");
	if (!graph_load(&g, &err))
		return complain(EXIT_COULD_NOT, "%s", err.text);
	if (!graph_as_list(&g, words.origin, &id, &n, &err)) {
		graph_free(&g);
		return complain(EXIT_COULD_NOT, "%s", err.text);
	}
	if (n >= SEEDS_MAX) {
		free(id);
		graph_free(&g);
		return complain(EXIT_USAGE, "--origin: at most %d networks", SEEDS_MAX - 1);
	}
	seeds = mem_zero(n, sizeof(*seeds));
	for (size_t i = 0; i < n; i++)
		seeds[i].id = id[i];
	t = topo_new(g.as, NULL);
	p = propagation_new(t);
	propagation_run(p, seeds, (unsigned)n, TIES_LOWEST_ASN, 0);
	for (uint32_t v = 0; v < g.as->n; v++) {
		bool has = p->class[v] != CLASS_NONE;

		buf_dec(&out, g.as->asn[v]);
		buf_char(&out, '\t');
		buf_dec(&out, p->class[v]);
		buf_char(&out, '\t');
		buf_dec(&out, p->len[v]);
		buf_char(&out, '\t');
		buf_dec(&out, has ? g.as->asn[p->next[v]] : 0);
		buf_char(&out, '\t');
		buf_dec(&out, has ? g.as->asn[seeds[p->seed[v]].id] : 0);
		buf_char(&out, '\n');
	}
	ok = put_result(&out, &err);
	propagation_free(p);
	topo_free(t);
	free(seeds);
	free(id);
	buf_free(&out);
	graph_free(&g);
	return ok ? EXIT_RAN : complain(EXIT_COULD_NOT, "%s", err.text);
}

static int simcase(int argc, char **argv)
{
	struct buf out = {0}, differs = {0};
	struct err err = {0};
	int status = EXIT_RAN;
	size_t n;
	char *text;

	if (argc != 2)
		return complain(EXIT_USAGE, "whatif case wants one FILE");
	text = graph_text(argv[1], &n, &err);
	if (!text)
		return complain(EXIT_COULD_NOT, "%s", err.text);
	switch (simcase_run(text, n, &out, &differs, &err)) {
	case SIMCASE_SAME:
		break;
	case SIMCASE_DIFFERS:
		status = EXIT_COULD_NOT;
		talk("%s: not the routes and outcomes that the file expects:\n%.*s", argv[1],
		     (int)differs.len, differs.at);
		break;
	case SIMCASE_NOT_MODELLED:
		status = complain(4, "%s: not modelled: %s", argv[1], err.text);
		break;
	case SIMCASE_BAD:
		status = complain(EXIT_COULD_NOT, "%s: %s", argv[1], err.text);
		break;
	}
	if (out.len && !put_result(&out, &err))
		status = complain(EXIT_COULD_NOT, "%s", err.text);
	buf_free(&out);
	buf_free(&differs);
	free(text);
	return status;
}

/* The graph as the memory that --graph maps. */
static int compile_graph(void)
{
	struct graph g = {0};
	struct buf out = {0};
	struct err err;
	bool ok;

	if (!common.output)
		return complain(EXIT_USAGE, "whatif compile wants -o FILE");
	if (!graph_load(&g, &err))
		return complain(EXIT_COULD_NOT, "%s", err.text);
	asgraph_binary(g.as, &out);
	ok = put_result(&out, &err);
	buf_free(&out);
	graph_free(&g);
	return ok ? EXIT_RAN : complain(EXIT_COULD_NOT, "%s", err.text);
}

/* Set where the words of a step are wrong, whatever the graph: exit status 2. */
static bool misused;

#define misuse(...) (misused = true, err_set(__VA_ARGS__))

static uint32_t *keep(struct scenario *s, uint32_t *id, size_t n)
{
	uint32_t *at = arena_copy(&s->arena, id, n * sizeof(*id));

	free(id);
	return at;
}

static bool step_cut(struct scenario *s, bool gateway, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	char cc[3];
	const char *list = gateway ? words.through : words.except;
	uint32_t *id;
	size_t n;

	if (!words.country)
		return misuse(err, "%s wants --country CC", gateway ? "gateway" : "cut");
	if (gateway && !list)
		return misuse(err, "gateway wants --through AS[,AS…]");
	if (gateway ? words.except != NULL : words.through != NULL)
		return misuse(err, "--except is for cut, --through for gateway");
	*c = (struct change){.kind = CHANGE_CUT};
	if (!graph_country(&s->graph, words.country, strlen(words.country), &c->country, err))
		return false;
	for (size_t i = 0; i < s->nchange; i++)
		if (s->change[i].kind == CHANGE_CUT && s->change[i].country == c->country)
			return err_set(err, "%s is cut twice: a border has one rule",
				       words.country);
	if (list) {
		if (!graph_as_list(&s->graph, list, &id, &n, err))
			return false;
		c->nid = n;
		c->id = keep(s, id, n);
		for (size_t i = 0; i < n; i++)
			if (s->graph.nets->country[c->id[i]] != c->country)
				return err_set(
				    err,
				    "%s is not in %s, so it has no link across that border to "
				    "keep",
				    graph_name(&s->graph, c->id[i]),
				    country_name(nets_code(cc, c->country)));
	}
	if (!s->view)
		s->view = c->country;
	s->nchange++;
	return true;
}

/* A side of a de-peering: a country or a network. */
static bool side_of(struct scenario *s, const char *word, size_t n, uint8_t *side, uint8_t mark,
		    struct err *err)
{
	uint16_t country;
	uint32_t id;

	if (n == 2 && (word[0] < '0' || word[0] > '9')) {
		if (!graph_country(&s->graph, word, n, &country, err))
			return false;
		for (uint32_t v = 0; v < s->graph.as->n; v++)
			if (s->graph.nets->country[v] == country)
				side[v] = mark;
		return true;
	}
	if (!graph_as(&s->graph, word, n, &id, err))
		return false;
	if (side[id])
		return err_set(err, "%s is on both sides", graph_name(&s->graph, id));
	side[id] = mark;
	return true;
}

/* What the brief calls the two sides. */
static void sides(struct scenario *s, const char *comma)
{
	const char *name[2], *one[2];

	for (int k = 0; k < 2; k++) {
		const char *word = k ? comma + 1 : words.between;
		size_t n = k ? strlen(word) : (size_t)(comma - word);
		struct buf b = {0};

		whatif_side(s, word, n, &b);
		name[k] = arena_textn(&s->arena, b.at, b.len);
		one[k] = n == 2 && (*word < '0' || *word > '9')
			     ? arena_printf(&s->arena, "a network in %s", name[k])
			     : name[k];
		buf_free(&b);
	}
	s->home_one = one[0];
	s->far_one = one[1];
	s->far = name[1];
	s->at_home =
	    arena_printf(&s->arena, one[0] == name[0] ? "on the side of %s" : "in %s", name[0]);
}

static bool step_depeer(struct scenario *s, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	const char *comma = words.between ? strchr(words.between, ',') : NULL;
	uint8_t *side;

	if (!comma || strchr(comma + 1, ','))
		return misuse(err, "depeer wants --between A,B: two countries or networks");
	side = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
	if (!side_of(s, words.between, (size_t)(comma - words.between), side, 1, err) ||
	    !side_of(s, comma + 1, strlen(comma + 1), side, 2, err))
		return false;
	{
		bool one = false;

		for (uint32_t v = 0; v < s->graph.as->n; v++)
			one = one || side[v] == 1;
		if (!one)
			return misuse(err, "--between %s: both sides are the same", words.between);
	}
	*c = (struct change){.kind = CHANGE_DEPEER, .side = side, .transit = words.transit};
	if (!s->domestic && !s->view) {
		s->domestic = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
		s->foreign = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
		for (uint32_t v = 0; v < s->graph.as->n; v++) {
			s->domestic[v] = side[v] == 1;
			s->foreign[v] = side[v] == 2;
		}
		sides(s, comma);
	}
	s->nchange++;
	return true;
}

static bool step_remove(struct scenario *s, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	uint32_t *id;
	size_t n;

	if ((words.as != NULL) + (words.ixp != NULL) + (words.link != NULL) != 1)
		return misuse(err, "remove wants one of --as, --ixp, --link");
	*c = (struct change){.kind = CHANGE_NETWORK};
	if (words.ixp) {
		size_t at;

		c->kind = CHANGE_EXCHANGE;

		if (!s->graph.exchanges.nmember)
			return err_set(err,
				       "remove --ixp wants --ixps FILE: who is a member where");
		at = exchanges_find(&s->graph.exchanges, words.ixp, err);
		if (at == SIZE_MAX)
			return false;
		c->exchange = (uint32_t)at;
		s->nchange++;
		return true;
	}
	if (!graph_as_list(&s->graph, words.as ? words.as : words.link, &id, &n, err))
		return false;
	c->nid = n;
	c->id = keep(s, id, n);
	if (words.link) {
		c->kind = CHANGE_LINK;
		if (n != 2)
			return misuse(err, "--link wants two networks: A,B");
		if (asgraph_between(s->graph.as, c->id[0], c->id[1], NULL) == RELATION_NONE)
			return err_set(err, "%s and %s have no link in the graph",
				       graph_name(&s->graph, c->id[0]),
				       graph_name(&s->graph, c->id[1]));
	}
	s->nchange++;
	return true;
}

struct sized {
	uint32_t id, cone;
};

static int by_cone(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->cone != y->cone)
		return x->cone > y->cone ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The N networks with the most direct and indirect customers; the recursive cone. */
static void mark_top(const struct asgraph *g, uint64_t n, uint8_t *among)
{
	struct sized *s = mem_zero((size_t)g->n + 1, sizeof(*s));
	uint32_t *stamp = mem_zero((size_t)g->n + 1, 4), *queue = mem_zero((size_t)g->n + 1, 4);

	for (uint32_t v = 0; v < g->n; v++) {
		uint32_t at = 0, end = 0;

		queue[end++] = v;
		stamp[v] = v + 1;
		for (; at < end; at++)
			for (uint32_t i = asgraph_first(g, queue[at], RELATION_CUSTOMER);
			     i < asgraph_last(g, queue[at], RELATION_CUSTOMER); i++)
				if (stamp[g->nbr[i]] != v + 1) {
					stamp[g->nbr[i]] = v + 1;
					queue[end++] = g->nbr[i];
				}
		s[v] = (struct sized){v, end};
	}
	qsort(s, g->n, sizeof(*s), by_cone);
	for (uint64_t i = 0; i < n && i < g->n; i++)
		among[s[i].id] = 1;
	free(s);
	free(stamp);
	free(queue);
}

static bool step_mandate(struct scenario *s, int argc, char **argv, struct err *err)
{
	static const struct {
		const char *name;
		uint16_t policy;
	} known[] = {
	    {"rov", POLICY_ROV}, {"aspa", POLICY_ASPA | POLICY_ASPA_RECORD}, {"otc", POLICY_OTC}};
	struct mandate *m = &s->mandate[s->nmandate];
	const struct asgraph *g = s->graph.as;
	uint16_t country;
	uint32_t *id;
	uint64_t top;
	size_t n;

	*m = (struct mandate){.adoption = words.adoption};
	for (size_t i = 0; argc == 2 && i < 3; i++)
		if (!strcmp(known[i].name, argv[1])) {
			m->policy = known[i].policy;
			m->what = known[i].name;
		}
	if (!m->what || !words.in)
		return misuse(err, "mandate wants rov, aspa or otc, and --in CC|AS,…|top:N");
	if (!(m->adoption >= 0 && m->adoption <= 100))
		return misuse(err, "--adoption is a percentage from 0 to 100");
	m->among = arena_zero(&s->arena, (size_t)g->n + 1, 1);
	if (!strncmp(words.in, "top:", 4)) {
		if (!text_to_u64(words.in + 4, strlen(words.in + 4), UINT32_MAX, &top) || !top)
			return misuse(err, "\"%s\" is not top:N", words.in);
		mark_top(g, top, m->among);
	} else if (strlen(words.in) == 2 && (words.in[0] < '0' || words.in[0] > '9')) {
		if (!graph_country(&s->graph, words.in, 2, &country, err))
			return false;
		for (uint32_t v = 0; v < g->n; v++)
			m->among[v] = s->graph.nets->country[v] == country;
		if (!s->view)
			s->view = country;
	} else {
		if (!graph_as_list(&s->graph, words.in, &id, &n, err))
			return false;
		for (size_t i = 0; i < n; i++)
			m->among[id[i]] = 1;
		free(id);
	}
	for (uint32_t v = 0; v < g->n; v++)
		m->networks += m->among[v];
	m->text = arena_printf(&s->arena, "%s in %s, adopted by %.0f %% of %u networks", m->what,
			       words.in, m->adoption, m->networks);
	s->nmandate++;
	return true;
}

static bool step_hijack(struct scenario *s, struct err *err)
{
	if (s->hijack)
		return err_set(err, "a scenario has one hijack");
	if (!words.attacker || !words.victim)
		return misuse(err, "hijack wants --attacker AS and --victim AS");
	if (!graph_as(&s->graph, words.attacker, strlen(words.attacker), &s->attacker, err) ||
	    !graph_as(&s->graph, words.victim, strlen(words.victim), &s->victim, err))
		return false;
	if (s->attacker == s->victim)
		return err_set(err, "%s cannot attack itself", graph_name(&s->graph, s->attacker));
	s->kind = ATTACK_EXACT;
	for (int k = 0; words.kind && k < 4; k++)
		if (!strcmp(words.kind, attack_kind_text[k]))
			s->kind = (enum attack_kind)k;
	s->hijack = true;
	return true;
}

/* An option that the step has no use for would be a scenario that nobody asked for. */
static bool fitting(const char *verb, struct err *err)
{
	const struct {
		const char *option, *verbs;
		bool given;
	} all[] = {{"except", "cut gateway", words.except},
		   {"through", "cut gateway", words.through},
		   {"between", "depeer", words.between},
		   {"transit", "depeer", words.transit},
		   {"as", "remove", words.as},
		   {"ixp", "remove", words.ixp},
		   {"link", "remove", words.link},
		   {"in", "mandate", words.in},
		   {"attacker", "hijack", words.attacker},
		   {"victim", "hijack", words.victim},
		   {"kind", "hijack", words.kind},
		   {"origin", "routes", words.origin}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].given && !strstr(all[i].verbs, verb))
			return misuse(err, "--%s is not for %s", all[i].option, verb);
	return true;
}

static bool step(struct scenario *s, int argc, char **argv, struct err *err)
{
	const char *verb = argv[0];
	uint16_t country;

	if (!fitting(verb, err))
		return false;
	if (s->nchange == STEPS || s->nmandate == STEPS)
		return err_set(err, "at most %d steps", STEPS);
	if (argc > 1 && strcmp(verb, "mandate"))
		return misuse(err, "\"%s\" is one word too many", argv[1]);
	if (words.country && strcmp(verb, "cut") && strcmp(verb, "gateway")) {
		if (!graph_country(&s->graph, words.country, strlen(words.country), &country, err))
			return false;
		s->view = country;
	}
	if (!strcmp(verb, "cut"))
		return step_cut(s, false, err);
	if (!strcmp(verb, "gateway"))
		return step_cut(s, true, err);
	if (!strcmp(verb, "depeer"))
		return step_depeer(s, err);
	if (!strcmp(verb, "remove"))
		return step_remove(s, err);
	if (!strcmp(verb, "mandate"))
		return step_mandate(s, argc, argv, err);
	if (!strcmp(verb, "hijack"))
		return step_hijack(s, err);
	return err_set(
	    err, "\"%s\" is none of routes, case, cut, gateway, depeer, remove, mandate, hijack",
	    verb);
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
			ok = argc > 0 && step(s, argc, word, err);
			if (ok && s->nchange > changes)
				s->change_line[changes] = line;
			if (ok && s->hijack && !hijack)
				s->hijack_line = line;
			if (!argc)
				err_set(err, "no step, only options");
		}
		if (!ok)
			return err_in(err, "%s: line %zu", path, line);
	}
	if (!s->nchange && !s->nmandate && !s->hijack)
		return err_set(err, "%s: has no step", path);
	return true;
}

/* What is wrong with the step in that line. */
static bool contradicts(const struct scenario *s, size_t line, struct err *err)
{
	return s->file ? err_in(err, "%s: line %zu", s->file, line) : false;
}

/* A scenario that contradicts itself computes nothing. */
static bool consistent(const struct scenario *s, struct err *err)
{
	uint8_t *gone = mem_zero((size_t)s->graph.as->n + 1, 1);
	bool ok = true;

	for (size_t i = 0; i < s->nchange; i++)
		for (size_t k = 0; s->change[i].kind == CHANGE_NETWORK && k < s->change[i].nid; k++)
			gone[s->change[i].id[k]] = 1;
	if (s->hijack && (gone[s->attacker] || gone[s->victim])) {
		err_set(err, "%s is removed and takes part in the hijack",
			graph_name(&s->graph, gone[s->attacker] ? s->attacker : s->victim));
		ok = contradicts(s, s->hijack_line, err);
	}
	for (size_t i = 0; ok && i < s->nchange; i++) {
		const struct change *c = &s->change[i];

		for (size_t k = 0; ok && k < c->nid; k++)
			if ((c->kind == CHANGE_CUT || c->kind == CHANGE_LINK) && gone[c->id[k]]) {
				err_set(err, "%s is removed and also %s",
					graph_name(&s->graph, c->id[k]),
					c->kind == CHANGE_CUT ? "a gateway" : "an end of a link");
				ok = contradicts(s, s->change_line[i], err);
			}
	}
	free(gone);
	return ok;
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
		return complain(EXIT_USAGE,
				"whatif wants a scenario: cut, gateway, depeer, remove, mandate, "
				"hijack, routes, case, or a FILE of such lines");
	for (int i = 0; (graph_options.record || graph_options.store) && tables[i]; i++)
		if (!strcmp(argv[0], tables[i]))
			return complain(EXIT_USAGE,
					"whatif %s makes a table and finds nothing, so there is "
					"nothing to --%s",
					argv[0], graph_options.record ? "record" : "store");
	if (!strcmp(argv[0], "routes"))
		return argc == 1 ? routes()
				 : complain(EXIT_USAGE, "\"%s\" is one word too many", argv[1]);
	if (!strcmp(argv[0], "case"))
		return simcase(argc, argv);
	if (!strcmp(argv[0], "relate"))
		return whatif_relate(argc, argv);
	if (!strcmp(argv[0], "hegemony"))
		return argc >= 2
			   ? whatif_hegemony(argc - 1, argv + 1, words.origin, words.country, ipv6)
			   : complain(EXIT_USAGE,
				      "whatif hegemony wants SOURCEs of routes, a FILE of "
				      "bgpdump -m lines, or -");
	if (!strcmp(argv[0], "compile"))
		return argc == 1 ? compile_graph()
				 : complain(EXIT_USAGE, "\"%s\" is one word too many", argv[1]);
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
	ok = graph_load(&s.graph, &err);
	if (ok && verb)
		ok = step(&s, argc, argv, &err);
	else if (ok && argc > 1)
		ok = err_set(&err, "\"%s\" is one word too many", argv[1]);
	else if (ok)
		ok = read_file(&s, argv[0], &err);
	ok = ok && consistent(&s, &err);
	if (ok && brief && !s.nchange)
		ok =
		    misuse(&err, "--brief is for what changes reach: cut, gateway, depeer, remove");
	if (ok) {
		s.rov = rov;
		s.aspa = aspa;
		s.seed = seed;
		s.trials = trials ? trials : 40;
		/* The page is for printing; a terminal shows it when asked. */
		s.brief = brief || graph_options.html;
		if (s.trials > 100000)
			s.trials = 100000;
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
	if (!err.text[0])
		return EXIT_COULD_NOT;
	return complain(misused && (verb || !s.file) ? EXIT_USAGE : EXIT_COULD_NOT, "%s", err.text);
}

const struct cmd cmd_whatif = {
    .name = "whatif",
    .args = "SCENARIO",
    .about = "What would this cut, gateway, sanction, mandate or attack do to reachability?",
    .help = "SCENARIO is one of\n\n"
	    "  cut --country CC [--except AS,…]\n"
	    "  gateway --country CC --through AS,…\n"
	    "  depeer --between A,B [--transit]\n"
	    "  remove --as AS,… | --ixp NAME | --link A,B\n"
	    "  mandate rov|aspa|otc --in CC|AS,…|top:N [--adoption PERCENT]\n"
	    "  hijack --attacker A --victim B --kind exact|sub|forged|leak [--rov PERCENT] [--aspa "
	    "PERCENT]\n"
	    "  routes --origin AS[,AS…]\n"
	    "  case FILE\n\n"
	    "or a FILE with such a line for each step. Routes are those of Gao and Rexford's model "
	    "on an AS "
	    "graph; every figure has a range and its caveats (docs/whatif.md).\n\n"
	    "'routes' prints a line for every network: ASN, class (4 origin, 3 customer, 2 peer, 1 "
	    "provider, "
	    "0 none), length of the path with both ends, next hop, origin. 'case' runs a case of "
	    "another "
	    "simulator: exit status 0 when routes and outcomes are the expected ones, 1 when not, "
	    "4 when it "
	    "asks for what is not modelled.",
    .opts = opts,
    .run = whatif,
};
