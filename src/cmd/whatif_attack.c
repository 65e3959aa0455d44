/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Mandates and hijacks: who believes an attack, before and after, told with ranges. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/whatif.h"
#include "fact/country.h"

static void json_series(struct jsonw *w, const struct series *s)
{
	jsonw_put_real(w, "believe", s->mean, 6);
	jsonw_put_real(w, "low", s->low, 6);
	jsonw_put_real(w, "high", s->high, 6);
	jsonw_put_real(w, "standard_error", s->error, 6);
	jsonw_put_real(w, "least", s->least, 6);
	jsonw_put_real(w, "most", s->most, 6);
	jsonw_put_real(w, "control_plane", s->control, 6);
	jsonw_name(w, "by_addresses");
	if (s->weight >= 0)
		jsonw_real(w, s->weight, 6);
	else
		jsonw_null(w);
	jsonw_put_uint(w, "trials", s->trials);
}

/* The changed topology: attacks of a scenario that also cuts run on what is
 * left. sure: without the peer links that few could have seen, too. */
static struct topo *changed(const struct scenario *s, bool sure, uint8_t **group)
{
	const struct asgraph *g = s->graph.as;
	uint8_t *node = mem_zero((size_t)g->n + 1, 1), *link = mem_zero((size_t)g->nlink + 1, 1);
	struct topo_mask mask = {.node = node, .link = link};
	struct whatif_job job = {.nets = s->graph.nets,
				 .change = s->change,
				 .nchange = s->nchange,
				 .exchanges = &s->graph.exchanges};
	struct topo *t;

	for (uint32_t i = 0; sure && i < g->nlink; i++)
		link[i] = whatif_uncertain(g, i);
	*group = whatif_mask(&job, node, link);
	t = topo_new(g, &mask);
	free(node);
	free(link);
	return t;
}

static void base_policies(const struct scenario *s, const struct topo *t, uint16_t *policy,
			  struct dice *dice)
{
	memset(policy, 0, (size_t)t->n * sizeof(*policy));
	if (s->rov > 0)
		trial_adopt(t, policy, POLICY_ROV, s->rov, NULL, dice);
	if (s->aspa > 0)
		trial_adopt(t, policy, POLICY_ASPA | POLICY_ASPA_RECORD, s->aspa, NULL, dice);
}

/* A network that can play that part, drawn. */
static uint32_t draw(const struct scenario *s, const struct topo *t, struct dice *dice, bool leaker,
		     uint16_t country)
{
	const struct asgraph *g = s->graph.as;

	for (int i = 0; i < 100000; i++) {
		uint32_t v = dice_below(dice, g->n);

		if (t->gone[t->index[v]] || (country && s->graph.nets->country[v] != country))
			continue;
		if (leaker && asgraph_count(g, v, RELATION_PROVIDER) < 2)
			continue;
		return v;
	}
	return ASGRAPH_NONE;
}

static void mandates(struct scenario *s, const struct topo *t, const uint8_t *group,
		     struct jsonw *w, struct sheet *sheet)
{
	struct trial_room *room = trial_room_new(t);
	uint16_t *policy = mem_zero((size_t)t->n + 1, sizeof(*policy));
	bool wanted[4] = {false};
	uint16_t home = s->view;

	trial_sides(room, group);
	jsonw_name(w, "mandates");
	jsonw_array(w);
	sheet_heading(sheet, "Mandates");
	for (size_t i = 0; i < s->nmandate; i++) {
		const struct mandate *m = &s->mandate[i];

		jsonw_text(w, m->text);
		sheet_point(sheet, "%s", m->text);
		wanted[ATTACK_EXACT] |= *m->what == 'r';
		wanted[ATTACK_SUB] |= *m->what == 'r';
		wanted[ATTACK_FORGED] |= *m->what == 'a';
		wanted[ATTACK_LEAK] |= *m->what != 'r';
	}
	jsonw_array_end(w);
	sheet_heading(sheet, "Share of networks that believe an attack, before and after");
	sheet_table(sheet, "attack|victims|before|after|>change");
	jsonw_name(w, "attacks");
	jsonw_array(w);
	for (int k = 0; k < 4; k++)
		for (int where = 0; wanted[k] && where < (home ? 2 : 1); where++) {
			struct series before = {0}, after = {0};
			struct dice dice = {s->seed * 1000003 + (uint64_t)k * 8 + (uint64_t)where};
			uint16_t country = where ? home : 0;
			const char *place = where ? "of the country" : "anywhere";

			for (uint64_t i = 0; i < s->trials; i++) {
				uint32_t a = draw(s, t, &dice, k == ATTACK_LEAK, 0);
				uint32_t v = draw(s, t, &dice, false, country);
				struct trial x;

				if (a == ASGRAPH_NONE || v == ASGRAPH_NONE)
					break;
				base_policies(s, t, policy, &dice);
				x = trial_run(room, policy, (enum attack_kind)k, a, v,
					      s->graph.nets->addresses, true, NULL);
				if (x.unable)
					continue;
				series_add(&before, &x);
				for (size_t j = 0; j < s->nmandate; j++)
					trial_adopt(t, policy, s->mandate[j].policy,
						    s->mandate[j].adoption, s->mandate[j].among,
						    &dice);
				x = trial_run(room, policy, (enum attack_kind)k, a, v,
					      s->graph.nets->addresses, true, NULL);
				series_add(&after, &x);
			}
			series_end(&before);
			series_end(&after);
			sheet_row(
			    sheet,
			    "%s|%s|%.1f %% (ties %.1f to %.1f, error %.1f)|%.1f %% (ties %.1f to "
			    "%.1f, error %.1f)|%+.1f points",
			    attack_kind_text[k], place, 100 * before.mean, 100 * before.low,
			    100 * before.high, 100 * before.error, 100 * after.mean,
			    100 * after.low, 100 * after.high, 100 * after.error,
			    100 * (after.mean - before.mean));
			jsonw_object(w);
			jsonw_put_text(w, "kind", attack_kind_text[k]);
			jsonw_put_text(w, "victims", place);
			jsonw_name(w, "before");
			jsonw_object(w);
			json_series(w, &before);
			jsonw_object_end(w);
			jsonw_name(w, "after");
			jsonw_object(w);
			json_series(w, &after);
			jsonw_object_end(w);
			jsonw_object_end(w);
		}
	jsonw_array_end(w);
	sheet_point(
	    sheet,
	    "Means over %s attacks with attackers, victims and adopters drawn by the seed "
	    "%llu; ties: all equal routes against and for the attacker; error: of the mean.",
	    text_number(s->trials), (unsigned long long)s->seed);
	free(policy);
	trial_room_free(room);
}

static void hijack(struct scenario *s, const struct topo *t, const uint8_t *group, struct jsonw *w,
		   struct sheet *sheet)
{
	const struct asgraph *g = s->graph.as;
	uint16_t *policy = mem_zero((size_t)g->n + 1, sizeof(*policy));
	uint8_t *believed = mem_zero((size_t)g->n + 1, 1);
	uint32_t *times = mem_zero((size_t)g->n + 1, sizeof(*times));
	double *of = mem_zero(65536, sizeof(*of)), *fell = mem_zero(65536, sizeof(*fell));
	struct sheet_country *map = mem_zero(1024, sizeof(*map));
	bool chance = s->rov > 0 || s->aspa > 0 || s->nmandate;
	uint64_t trials = chance ? s->trials : 1;
	uint8_t *same = NULL;
	struct topo *sure = changed(s, true, &same);
	struct series given = {0}, less = {0};
	uint32_t nmap = 0;
	bool unable = false;

	for (int graph = 0; graph < 2; graph++) {
		const struct topo *on = graph ? sure : t;
		struct trial_room *room = trial_room_new(on);
		struct dice dice = {s->seed};

		trial_sides(room, group);

		for (uint64_t i = 0; i < trials; i++) {
			struct trial x;

			base_policies(s, on, policy, &dice);
			for (size_t j = 0; j < s->nmandate; j++)
				trial_adopt(on, policy, s->mandate[j].policy,
					    s->mandate[j].adoption, s->mandate[j].among, &dice);
			if (s->aspa > 0)
				policy[s->victim] |= POLICY_ASPA_RECORD;
			x = trial_run(room, chance ? policy : NULL, s->kind, s->attacker, s->victim,
				      s->graph.nets->addresses, true, believed);
			unable = unable || (!graph && x.unable);
			series_add(graph ? &less : &given, &x);
			for (uint32_t v = 0; !graph && v < g->n; v++)
				times[v] += believed[v];
		}
		trial_room_free(room);
	}
	series_end(&given);
	series_end(&less);
	jsonw_name(w, "hijack");
	jsonw_object(w);
	jsonw_put_uint(w, "attacker", g->asn[s->attacker]);
	jsonw_put_uint(w, "victim", g->asn[s->victim]);
	jsonw_put_text(w, "kind", attack_kind_text[s->kind]);
	jsonw_put_real(w, "rov_percent", s->rov, 2);
	jsonw_put_real(w, "aspa_percent", s->aspa, 2);
	json_series(w, &given);
	jsonw_name(w, "without_uncertain_peer_links");
	jsonw_object(w);
	json_series(w, &less);
	jsonw_object_end(w);
	jsonw_put_bool(w, "possible", !unable);
	sheet_heading(sheet, "Who believes it");
	if (unable)
		sheet_text(sheet,
			   "%s has no route from a provider or peer to %s, so it can leak none.",
			   graph_name(&s->graph, s->attacker), graph_name(&s->graph, s->victim));
	sheet_table(sheet, "share of networks whose packets end with the attacker|>mean|>range");
	sheet_row(sheet, "by networks|%s|%.2f to %.2f", percent(given.mean),
		  100 * (given.low < less.low ? given.low : less.low),
		  100 * (given.high > less.high ? given.high : less.high));
	if (given.weight >= 0)
		sheet_row(sheet, "by addresses|%s|%.2f to %.2f", percent(given.weight),
			  100 * (given.weight < less.weight ? given.weight : less.weight),
			  100 * (given.weight > less.weight ? given.weight : less.weight));
	sheet_row(sheet, "that chose its route|%s|%.2f to %.2f", percent(given.control),
		  100 * (given.control < less.control ? given.control : less.control),
		  100 * (given.control > less.control ? given.control : less.control));
	if (chance)
		sheet_row(sheet, "single draws of adopters|–|%.2f to %.2f", 100 * given.least,
			  100 * given.most);
	for (uint32_t v = 0; v < g->n; v++) {
		uint16_t c = s->graph.nets->country[v];

		if (v == s->attacker || v == s->victim)
			continue;
		of[c]++;
		fell[c] += (double)times[v] / (double)trials;
	}
	jsonw_name(w, "countries");
	jsonw_array(w);
	for (uint32_t c = 1; c < 65536; c++) {
		char cc[3];

		if (of[c] <= 0)
			continue;
		jsonw_object(w);
		jsonw_put_text(w, "country", nets_code(cc, (uint16_t)c));
		jsonw_put_real(w, "believe", fell[c] / of[c], 6);
		jsonw_put_uint(w, "networks", (uint64_t)of[c]);
		jsonw_object_end(w);
		if (nmap < 1024)
			map[nmap++] = (struct sheet_country){(uint16_t)c, 1, 1 - fell[c] / of[c]};
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
	sheet_map(sheet,
		  "Share of a country's networks whose packets still reach the right place: all of "
		  "them is "
		  "blue, half yellow, none red.",
		  map, nmap);
	sheet_heading(sheet, "How sure this is");
	sheet_point(
	    sheet,
	    "The range is over all ways to break ties between equal routes, and over the graph "
	    "with and without its uncertain peer links%s.",
	    chance ? "; adopters are drawn by the seed" : "");
	sheet_point(
	    sheet,
	    "Filters that networks have today beside the ones given here are not known to the "
	    "model.");
	/* "caveats" is what reach has. */
	jsonw_name(w, s->nchange ? "attack_caveats" : "caveats");
	jsonw_array(w);
	jsonw_text(w, "Only the filters given here are modelled.");
	jsonw_text(
	    w, "A longer or preferred path that the graph does not have changes who believes it.");
	jsonw_array_end(w);
	topo_free(sure);
	free(same);
	free(policy);
	free(believed);
	free(times);
	free(of);
	free(fell);
	free(map);
}

bool whatif_tell_attacks(struct scenario *s, struct jsonw *w, struct sheet *sheet, struct err *err)
{
	uint8_t *group = NULL;
	struct topo *t = changed(s, false, &group);

	(void)err;
	if (s->nmandate)
		mandates(s, t, group, w, sheet);
	if (s->hijack)
		hijack(s, t, group, w, sheet);
	topo_free(t);
	free(group);
	return true;
}
