/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Reach before and after, told: figures with ranges, who loses most, and the brief. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/whatif.h"
#include "fact/country.h"
#include "finding/impact.h"

static void json_figure(struct jsonw *w, const char *name, struct figure f, int digits)
{
	jsonw_name(w, name);
	jsonw_object(w);
	jsonw_put_real(w, "value", f.value, digits);
	jsonw_put_real(w, "low", f.low, digits);
	jsonw_put_real(w, "high", f.high, digits);
	jsonw_object_end(w);
}

static const char *const part_json[] = {"inside", "inward", "outward"};

static void parts(const struct scenario *s, const char *out[3])
{
	if (s->foreign) {
		out[0] = "within side one";
		out[1] = "from side two to side one";
		out[2] = "from side one to side two";
	} else {
		out[0] = s->view ? "between domestic networks" : "between all networks";
		out[1] = "from abroad to domestic networks";
		out[2] = "from domestic networks abroad";
	}
}

static void json_reach(struct jsonw *w, const struct scenario *s, const struct whatif *r)
{
	(void)s;
	jsonw_name(w, "reach");
	jsonw_object(w);
	for (int k = 0; k < 3; k++) {
		const struct sums *v = &r->variant[0].before;
		const struct reach_sum *sum = k == 0   ? &v->inside
					      : k == 1 ? &v->inward
						       : &v->outward;

		if (!sum->pairs)
			continue;
		jsonw_name(w, part_json[k]);
		jsonw_object(w);
		jsonw_put_uint(w, "pairs", sum->pairs);
		json_figure(w, "share_before", whatif_share(r, (enum whatif_part)k, false), 6);
		json_figure(w, "share_after", whatif_share(r, (enum whatif_part)k, true), 6);
		if (sum->weight > 0) {
			json_figure(w, "by_addresses_before",
				    whatif_weighted(r, (enum whatif_part)k, false), 6);
			json_figure(w, "by_addresses_after",
				    whatif_weighted(r, (enum whatif_part)k, true), 6);
		}
		json_figure(w, "length_before", whatif_len(r, (enum whatif_part)k, false), 4);
		json_figure(w, "length_after", whatif_len(r, (enum whatif_part)k, true), 4);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
	json_figure(w, "fragmentation_before", whatif_fragmentation(r, false), 6);
	json_figure(w, "fragmentation_after", whatif_fragmentation(r, true), 6);
	jsonw_name(w, "variants");
	jsonw_array(w);
	for (unsigned i = 0; i < r->nvariant; i++) {
		jsonw_object(w);
		jsonw_put_text(w, "graph", r->variant[i].name);
		jsonw_put_uint(w, "links", r->variant[i].links);
		for (int after = 0; after < 2; after++) {
			const struct sums *v = after ? &r->variant[i].after : &r->variant[i].before;

			jsonw_name(w, after ? "after" : "before");
			jsonw_object(w);
			jsonw_put_real(w, "inside", reach_share(&v->inside), 6);
			jsonw_put_real(w, "inward", reach_share(&v->inward), 6);
			jsonw_object_end(w);
		}
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

struct loser {
	uint32_t id; /* or a country */
	double lost, share, weight;
};

static int by_loss(const void *a, const void *b)
{
	const struct loser *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Networks that lose the most reach, weighed by their addresses; then countries. */
static void losers(const struct scenario *s, const struct whatif *r, struct jsonw *w,
		   struct sheet *sheet)
{
	const struct asgraph *g = s->graph.as;
	struct loser *l = mem_zero((size_t)g->n + 1, sizeof(*l));
	double *before = mem_zero(65536, sizeof(*before)), *after = mem_zero(65536, sizeof(*after));
	struct sheet_country *map = mem_zero(1024, sizeof(*map));
	uint32_t n = 0, nmap = 0;

	for (uint32_t v = 0; v < g->n; v++) {
		double had, has,
		    weight = s->graph.nets->addresses ? (double)s->graph.nets->addresses[v] : 1;

		had = (double)r->before.to_domestic[v];
		has = (double)r->after.to_domestic[v];
		if (s->domestic[v]) {
			had += r->before.to_foreign[v];
			has += r->after.to_foreign[v];
			if (had > has)
				l[n++] = (struct loser){v, (had - has) * (weight + 1),
							1 - has / had, weight};
		}
		if (!s->foreign || s->domestic[v] || s->foreign[v]) {
			before[s->graph.nets->country[v]] += had;
			after[s->graph.nets->country[v]] += has;
		}
	}
	qsort(l, n, sizeof(*l), by_loss);
	jsonw_name(w, "losers");
	jsonw_array(w);
	if (n) {
		sheet_heading(sheet, "Who loses most");
		sheet_table(sheet, "network|>loses of its reach|>addresses");
	}
	for (uint32_t i = 0; i < n && i < 10; i++) {
		char count[32];

		sheet_row(sheet, "%s|%s|%s", graph_name(&s->graph, l[i].id), percent(l[i].share),
			  text_count(count, (uint64_t)l[i].weight));
		jsonw_object(w);
		jsonw_put_uint(w, "asn", g->asn[l[i].id]);
		jsonw_put_text(w, "name", s->graph.nets->name[l[i].id]);
		jsonw_put_real(w, "lost_share", l[i].share, 6);
		jsonw_put_uint(w, "addresses", (uint64_t)l[i].weight);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	n = 0;
	for (uint32_t c = 1; c < 65536; c++) {
		if (before[c] <= 0)
			continue;
		if (before[c] > after[c])
			l[n++] =
			    (struct loser){c, before[c] - after[c], 1 - after[c] / before[c], 0};
		if (nmap < 1024)
			map[nmap++] = (struct sheet_country){(uint16_t)c, 1, after[c] / before[c]};
	}
	qsort(l, n, sizeof(*l), by_loss);
	jsonw_name(w, "countries");
	jsonw_array(w);
	if (n) {
		sheet_heading(sheet, "Which countries lose most pairs");
		sheet_table(sheet, "country|>loses of the reach in question");
	}
	for (uint32_t i = 0; i < n; i++) {
		char cc[3];
		const char *name = country_name(nets_code(cc, (uint16_t)l[i].id));

		if (i < 8)
			sheet_row(sheet, "%s|%s", name ? name : cc, percent(l[i].share));
		jsonw_object(w);
		jsonw_put_text(w, "country", cc);
		jsonw_put_real(w, "lost_share", l[i].share, 6);
		jsonw_put_uint(w, "lost_pairs", (uint64_t)l[i].lost);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	sheet_map(
	    sheet,
	    "Share of the pairs with the networks in question that are reached, of those that are "
	    "reached today: all of them is blue, half yellow, none red.",
	    map, nmap);
	free(l);
	free(before);
	free(after);
	free(map);
}

/* Networks with a link across the border, and how many of them the changes leave with one. */
static void doors(const struct scenario *s, uint32_t *before, uint32_t *after)
{
	const struct asgraph *g = s->graph.as;

	*before = *after = 0;
	for (uint32_t v = 0; v < g->n; v++) {
		bool had = false, has = false;

		if (!s->domestic[v])
			continue;
		for (uint32_t i = g->off[3 * (size_t)v]; i < g->off[3 * (size_t)v + 3]; i++) {
			uint32_t u = g->nbr[i];
			bool cut = false;

			if (s->domestic[u] || (s->foreign && !s->foreign[u]))
				continue;
			had = true;
			for (size_t k = 0; k < s->nchange; k++) {
				const struct change *c = &s->change[k];
				bool keep = false;

				for (size_t j = 0; j < c->nid; j++)
					keep = keep || c->id[j] == v || c->id[j] == u;
				cut = cut ||
				      (c->kind == CHANGE_CUT && !keep &&
				       (s->graph.nets->country[v] == c->country ||
					s->graph.nets->country[u] == c->country)) ||
				      (c->kind == CHANGE_DEPEER && c->side[v] && c->side[u] &&
				       c->side[v] != c->side[u]) ||
				      (c->kind == CHANGE_NETWORK && keep);
			}
			has = has || !cut;
		}
		*before += had;
		*after += has;
	}
}

static double lost(double before, double after)
{
	return before > 0 ? (before - after) / before : NAN;
}

static void brief(const struct scenario *s, const struct whatif *r, struct jsonw *w,
		  struct sheet *sheet)
{
	const struct variant *v = &r->variant[0];
	struct impact_line line[IMPACT_LINES];
	struct impact_figures f = {.attack = NAN, .reach_home = NAN};
	uint32_t had, has, links = r->links_lost + r->links_left;
	double most = 0;
	char a[32], b[32], c[32], d[32];

	doors(s, &had, &has);
	f.reach_in = lost(reach_share(&v->before.inward), reach_share(&v->after.inward));
	if (!v->before.inward.pairs)
		f.reach_in = lost(reach_share(&v->before.inside), reach_share(&v->after.inside));
	f.reach_home = lost(reach_share(&v->before.inside), reach_share(&v->after.inside));
	f.longer = v->after.inward.routes
		       ? reach_len(&v->after.inward) / reach_len(&v->before.inward)
		       : NAN;
	f.links_lost = links ? (double)r->links_lost / links : NAN;
	f.doors = has;
	f.doors_before = had;
	f.fragmentation =
	    whatif_fragmentation(r, true).value - whatif_fragmentation(r, false).value;
	impact_judge(&f, line);
	jsonw_name(w, "lost");
	jsonw_object(w);
	jsonw_put_real(w, "inward", f.reach_in, 6);
	jsonw_put_real(w, "inside", f.reach_home, 6);
	jsonw_put_real(w, "border_links", f.links_lost, 6);
	jsonw_put_real(w, "doors", had ? 1 - (double)has / had : NAN, 6);
	jsonw_put_uint(w, "doors_before", had);
	jsonw_put_uint(w, "doors_after", has);
	jsonw_object_end(w);
	jsonw_name(w, "longer");
	jsonw_object(w);
	jsonw_put_real(w, "inward", f.longer - 1, 6);
	jsonw_object_end(w);
	jsonw_name(w, "fragmentation");
	jsonw_object(w);
	jsonw_put_real(w, "change", f.fragmentation, 6);
	jsonw_object_end(w);
	jsonw_name(w, "impact");
	jsonw_array(w);
	for (int i = 0; i < IMPACT_LINES; i++) {
		jsonw_object(w);
		jsonw_put_text(w, line[i].property ? "property" : "enabler", line[i].name);
		jsonw_put_text(w, "effect", impact_grade(line[i].grade));
		jsonw_put_real(w, "number", line[i].number, 6);
		jsonw_put_text(w, "field", *line[i].field ? line[i].field : NULL);
		jsonw_put_text(w, "why", line[i].why);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	if (!s->brief)
		return;
	for (int i = 0; i < IMPACT_LINES; i++)
		most = line[i].grade > most ? line[i].grade : most;
	sheet_heading(sheet, "Impact brief");
	sheet_text(
	    sheet,
	    "Context. The Internet is a network of networks: each chooses with whom it connects "
	    "and what routes it uses. The question here, %s, takes %s of the %s links that %s "
	    "networks have across the border: %s of %s networks with a door abroad keep%s one.",
	    s->asked, text_count(a, r->links_lost), text_count(b, links),
	    s->foreign ? "the" : "domestic", has ? text_count(c, has) : "none", text_count(d, had),
	    has == 1 ? "s" : "");
	sheet_text(
	    sheet,
	    "What it does. %s of the pairs of a network abroad and a domestic one that reach "
	    "each other today would not; among domestic networks it is %s. %s",
	    percent(f.reach_in > 0 ? f.reach_in : 0), percent(f.reach_home > 0 ? f.reach_home : 0),
	    f.longer > 1 ? "Paths from abroad that are left are longer." : "");
	sheet_text(
	    sheet,
	    "Assumptions. Networks keep the policies that they have and make no new "
	    "contracts; links that nobody saw, above all at local exchanges, are not counted, "
	    "so that the effect of a cut is rather overstated at home. The graph is of %s.",
	    *s->graph.date ? s->graph.date : "no known date");
	sheet_table(sheet, "critical property|effect|number|why");
	for (int i = 0; i < IMPACT_LINES; i++) {
		if (i && !line[i].property && line[i - 1].property)
			sheet_table(sheet, "enabler|effect|number|why");
		if (line[i].grade < 0)
			sheet_row(sheet, "%s|%s|–|%s", line[i].name, impact_grade(line[i].grade),
				  line[i].why);
		else
			sheet_row(sheet, "%s|%s|%s (%s)|%s", line[i].name,
				  impact_grade(line[i].grade), percent(line[i].number),
				  line[i].field, line[i].why);
	}
	sheet_text(
	    sheet,
	    "Conclusion. At its worst the effect on what makes the Internet work is %s. The word "
	    "in brackets behind a number is the member of the JSON answer that holds it; "
	    "docs/whatif.md prints the table from numbers to words.",
	    impact_grade((int)most));
}

bool whatif_tell_reach(struct scenario *s, struct jsonw *w, struct sheet *sheet, struct err *err)
{
	struct whatif_job job = {.nets = s->graph.nets,
				 .change = s->change,
				 .nchange = s->nchange,
				 .domestic = s->domestic,
				 .foreign = s->foreign,
				 .exchanges =
				     s->graph.exchanges.nmember ? &s->graph.exchanges : NULL,
				 .threads = (unsigned)graph_options.threads};
	const char *part[3];
	struct whatif r;
	char a[32], b[32], c[32];

	if (!whatif_run(&job, &r)) {
		whatif_free(&r);
		return err_set(
		    err, "a path of the graph is longer than 60 networks: this is no graph of "
			 "the Internet that pairs can be counted on");
	}
	parts(s, part);
	jsonw_put_uint(w, "domestic_networks", r.domestic);
	jsonw_put_uint(w, "foreign_networks", r.foreign);
	jsonw_put_uint(w, "links_lost", r.links_lost);
	jsonw_put_uint(w, "border_links_left", r.links_left);
	jsonw_put_uint(w, "networks_lost", r.networks_lost);
	json_reach(w, s, &r);
	sheet_text(sheet, "%s networks in question, %s others; %s links are lost.",
		   text_count(a, r.domestic), text_count(b, r.foreign),
		   text_count(c, r.links_lost));
	/* Who asked for the brief reads it first; what it rests on comes after. */
	brief(s, &r, w, sheet);
	sheet_heading(sheet, "Reach, before and after (range)");
	sheet_table(sheet, "share of ordered pairs of networks|before|after");
	for (int k = 0; k < 3; k++) {
		enum whatif_part p = (enum whatif_part)k;

		if (k && !r.variant[0].before.inward.pairs)
			continue;
		sheet_row(sheet, "%s|%s|%s", part[k], range(whatif_share(&r, p, false)),
			  range(whatif_share(&r, p, true)));
		if (s->graph.nets->addresses)
			sheet_row(sheet, "  … weighted by addresses|%s|%s",
				  range(whatif_weighted(&r, p, false)),
				  range(whatif_weighted(&r, p, true)));
	}
	sheet_row(sheet, "fragmentation of pairs with an end in question|%s|%s",
		  range(whatif_fragmentation(&r, false)), range(whatif_fragmentation(&r, true)));
	sheet_table(sheet, "mean length of paths (networks)|before|after");
	for (int k = 0; k < 3; k++) {
		struct figure x = whatif_len(&r, (enum whatif_part)k, false);
		struct figure y = whatif_len(&r, (enum whatif_part)k, true);

		if (x.value > 0 && y.value > 0)
			sheet_row(sheet, "%s|%.2f (%.2f to %.2f)|%.2f (%.2f to %.2f)", part[k],
				  x.value, x.low, x.high, y.value, y.low, y.high);
		else if (x.value > 0)
			sheet_row(sheet, "%s|%.2f (%.2f to %.2f)|no path is left", part[k], x.value,
				  x.low, x.high);
	}
	losers(s, &r, w, sheet);
	sheet_heading(sheet, "How sure this is");
	for (unsigned i = 1; i < r.nvariant; i++)
		sheet_point(sheet, "The range includes %s%s (%s links%s).", "the graph ",
			    r.variant[i].name, text_count(a, r.variant[i].links),
			    i == 1 ? ": peer links that few could have seen" : " assumed");
	sheet_point(sheet,
		    "How ties between equal routes are broken changes neither who reaches whom nor "
		    "the length of a path, so it adds nothing to these ranges.");
	sheet_point(
	    sheet,
	    "Peerings at local exchanges are mostly hidden from collectors, which makes a cut "
	    "look worse at home than it is%s.",
	    s->graph.exchanges.nmember ? "" : "; --ixps FILE puts them into the range");
	sheet_point(
	    sheet,
	    "Networks would make new contracts; the model keeps the policies that were seen.");
	jsonw_name(w, "caveats");
	jsonw_array(w);
	jsonw_text(w, "Hidden peerings at local exchanges make cuts look worse than they are.");
	jsonw_text(
	    w, "Networks would make new contracts; the model keeps the policies that were seen.");
	jsonw_text(w, "Countries are registrations, not places.");
	jsonw_array_end(w);
	whatif_free(&r);
	return true;
}
