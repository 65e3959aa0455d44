/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* The steps: from what the command line or a line of a scenario file says to what changes. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/whatif.h"
#include "fact/country.h"

static uint32_t *keep(struct scenario *s, uint32_t *id, size_t n)
{
	uint32_t *at = arena_copy(&s->arena, id, n * sizeof(*id));

	free(id);
	return at;
}

static bool step_cut(struct scenario *s, const struct words *words, bool gateway, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	char cc[3];
	const char *list = gateway ? words->through : words->except;
	uint32_t *id;
	size_t n;

	if (!words->country)
		return err_misuse(err, "%s wants --country CC", gateway ? "gateway" : "cut");
	if (gateway && !list)
		return err_misuse(err, "gateway wants --through AS[,AS…]");
	if (gateway ? words->except != NULL : words->through != NULL)
		return err_misuse(err, "--except is for cut, --through for gateway");
	*c = (struct change){.kind = CHANGE_CUT};
	if (!graph_country(&s->graph, words->country, strlen(words->country), &c->country, err))
		return false;
	for (size_t i = 0; i < s->nchange; i++)
		if (s->change[i].kind == CHANGE_CUT && s->change[i].country == c->country)
			return err_set(err, "%s is cut twice: a border has one rule",
				       words->country);
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
static void sides(struct scenario *s, const struct words *words, const char *comma)
{
	const char *name[2], *one[2];

	for (int k = 0; k < 2; k++) {
		const char *word = k ? comma + 1 : words->between;
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

static bool step_depeer(struct scenario *s, const struct words *words, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	const char *comma = words->between ? strchr(words->between, ',') : NULL;
	uint8_t *side;
	uint32_t a, b;

	if (!comma || strchr(comma + 1, ','))
		return err_misuse(err, "depeer wants --between A,B: two countries or networks");
	if (asn_of(words->between, (size_t)(comma - words->between), &a) &&
	    asn_of(comma + 1, strlen(comma + 1), &b) && a == b)
		return err_misuse(err, "--between %s: both sides are the same", words->between);
	side = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
	if (!side_of(s, words->between, (size_t)(comma - words->between), side, 1, err) ||
	    !side_of(s, comma + 1, strlen(comma + 1), side, 2, err))
		return false;
	{
		bool one = false;

		for (uint32_t v = 0; v < s->graph.as->n; v++)
			one = one || side[v] == 1;
		if (!one)
			return err_misuse(err, "--between %s: both sides are the same",
					  words->between);
	}
	*c = (struct change){.kind = CHANGE_DEPEER, .side = side, .transit = words->transit};
	if (!s->domestic && !s->view) {
		s->domestic = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
		s->foreign = arena_zero(&s->arena, (size_t)s->graph.as->n + 1, 1);
		for (uint32_t v = 0; v < s->graph.as->n; v++) {
			s->domestic[v] = side[v] == 1;
			s->foreign[v] = side[v] == 2;
		}
		sides(s, words, comma);
	}
	s->nchange++;
	return true;
}

static bool step_remove(struct scenario *s, const struct words *words, struct err *err)
{
	struct change *c = &s->change[s->nchange];
	uint32_t *id;
	size_t n;

	if ((words->as != NULL) + (words->ixp != NULL) + (words->link != NULL) != 1)
		return err_misuse(err, "remove wants one of --as, --ixp, --link");
	*c = (struct change){.kind = CHANGE_NETWORK};
	if (words->ixp) {
		size_t at;

		c->kind = CHANGE_EXCHANGE;

		if (!s->graph.exchanges.nmember)
			return err_misuse(err,
					  "remove --ixp wants --ixps FILE: who is a member where");
		at = exchanges_find(&s->graph.exchanges, words->ixp, err);
		if (at == SIZE_MAX)
			return false;
		c->exchange = (uint32_t)at;
		s->nchange++;
		return true;
	}
	if (!graph_as_list(&s->graph, words->as ? words->as : words->link, &id, &n, err))
		return false;
	c->nid = n;
	c->id = keep(s, id, n);
	if (words->link) {
		c->kind = CHANGE_LINK;
		if (n != 2)
			return err_misuse(err, "--link wants two networks: A,B");
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

static bool step_mandate(struct scenario *s, const struct words *words, int argc, char **argv,
			 struct err *err)
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

	*m = (struct mandate){.adoption = words->adoption};
	for (size_t i = 0; argc == 2 && i < 3; i++)
		if (!strcmp(known[i].name, argv[1])) {
			m->policy = known[i].policy;
			m->what = known[i].name;
		}
	if (!m->what || !words->in)
		return err_misuse(err, "mandate wants rov, aspa or otc, and --in CC|AS,…|top:N");
	if (!(m->adoption >= 0 && m->adoption <= 100))
		return err_misuse(err, "--adoption is a percentage from 0 to 100");
	m->among = arena_zero(&s->arena, (size_t)g->n + 1, 1);
	if (!strncmp(words->in, "top:", 4)) {
		if (!text_to_u64(words->in + 4, strlen(words->in + 4), UINT32_MAX, &top) || !top)
			return err_misuse(err, "\"%s\" is not top:N", words->in);
		mark_top(g, top, m->among);
	} else if (strlen(words->in) == 2 && (words->in[0] < '0' || words->in[0] > '9')) {
		if (!graph_country(&s->graph, words->in, 2, &country, err))
			return false;
		for (uint32_t v = 0; v < g->n; v++)
			m->among[v] = s->graph.nets->country[v] == country;
		if (!s->view)
			s->view = country;
	} else {
		if (!graph_as_list(&s->graph, words->in, &id, &n, err))
			return false;
		for (size_t i = 0; i < n; i++)
			m->among[id[i]] = 1;
		free(id);
	}
	for (uint32_t v = 0; v < g->n; v++)
		m->networks += m->among[v];
	m->text = arena_printf(&s->arena, "%s in %s, adopted by %.0f %% of %s networks", m->what,
			       words->in, m->adoption, text_number(m->networks));
	s->nmandate++;
	return true;
}

static bool step_hijack(struct scenario *s, const struct words *words, struct err *err)
{
	if (s->hijack)
		return err_set(err, "a scenario has one hijack");
	if (!words->attacker || !words->victim)
		return err_misuse(err, "hijack wants --attacker AS and --victim AS");
	if (!graph_as(&s->graph, words->attacker, strlen(words->attacker), &s->attacker, err) ||
	    !graph_as(&s->graph, words->victim, strlen(words->victim), &s->victim, err))
		return false;
	if (s->attacker == s->victim)
		return err_misuse(err, "%s cannot attack itself",
				  graph_name(&s->graph, s->attacker));
	s->kind = ATTACK_EXACT;
	for (int k = 0; words->kind && k < 4; k++)
		if (!strcmp(words->kind, attack_kind_text[k]))
			s->kind = (enum attack_kind)k;
	s->hijack = true;
	return true;
}

/* An option that the step has no use for would be a scenario that nobody asked for. */
static bool fitting(const struct words *words, const char *verb, struct err *err)
{
	const struct {
		const char *option, *verbs;
		bool given;
	} all[] = {{"except", "cut gateway", words->except},
		   {"through", "cut gateway", words->through},
		   {"between", "depeer", words->between},
		   {"transit", "depeer", words->transit},
		   {"as", "remove", words->as},
		   {"ixp", "remove", words->ixp},
		   {"link", "remove", words->link},
		   {"in", "mandate", words->in},
		   {"attacker", "hijack", words->attacker},
		   {"victim", "hijack", words->victim},
		   {"kind", "hijack", words->kind},
		   {"origin", "routes", words->origin}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].given && !strstr(all[i].verbs, verb))
			return err_misuse(err, "--%s is not for %s", all[i].option, verb);
	return true;
}

bool whatif_step(struct scenario *s, const struct words *words, int argc, char **argv,
		 struct err *err)
{
	const char *verb = argv[0];
	uint16_t country;

	if (!fitting(words, verb, err))
		return false;
	if (s->nchange == STEPS || s->nmandate == STEPS)
		return err_set(err, "at most %d steps", STEPS);
	if (argc > 1 && strcmp(verb, "mandate"))
		return err_misuse(err, "\"%s\" is one word too many", argv[1]);
	if (words->country && strcmp(verb, "cut") && strcmp(verb, "gateway")) {
		if (!graph_country(&s->graph, words->country, strlen(words->country), &country,
				   err))
			return false;
		s->view = country;
	}
	if (!strcmp(verb, "cut"))
		return step_cut(s, words, false, err);
	if (!strcmp(verb, "gateway"))
		return step_cut(s, words, true, err);
	if (!strcmp(verb, "depeer"))
		return step_depeer(s, words, err);
	if (!strcmp(verb, "remove"))
		return step_remove(s, words, err);
	if (!strcmp(verb, "mandate"))
		return step_mandate(s, words, argc, argv, err);
	if (!strcmp(verb, "hijack"))
		return step_hijack(s, words, err);
	return err_set(
	    err, "\"%s\" is none of routes, case, cut, gateway, depeer, remove, mandate, hijack",
	    verb);
}

/* What is wrong with the step in that line. */
static bool contradicts(const struct scenario *s, size_t line, struct err *err)
{
	return s->file ? err_in(err, "%s: line %zu", s->file, line) : false;
}

/* A scenario that contradicts itself computes nothing. */
bool whatif_consistent(const struct scenario *s, struct err *err)
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
