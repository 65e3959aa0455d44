/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Reach before and after, told: figures with ranges, who loses most, and the brief. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/whatif.h"
#include "fact/country.h"

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

static int by_loss(const void *a, const void *b)
{
	const struct loser *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Ranks who loses; fills map (of at least 1024), and returns how many countries it holds. */
static uint32_t rank(const struct scenario *s, const struct whatif *r, struct losses *out,
		     struct sheet_country *map)
{
	const struct asgraph *g = s->graph.as;
	double *before = mem_zero(65536, sizeof(*before)), *after = mem_zero(65536, sizeof(*after));
	uint32_t nmap = 0;

	*out = (struct losses){.network = mem_zero((size_t)g->n + 1, sizeof(*out->network)),
			       .country = mem_zero(65536, sizeof(*out->country))};
	for (uint32_t v = 0; v < g->n; v++) {
		double had, has,
		    weight = s->graph.nets->addresses ? (double)s->graph.nets->addresses[v] : 1;

		had = (double)r->before.to_domestic[v];
		has = (double)r->after.to_domestic[v];
		if (s->domestic[v]) {
			had += r->before.to_foreign[v];
			has += r->after.to_foreign[v];
			if (had > has)
				out->network[out->n++] = (struct loser){
				    v, (had - has) * (weight + 1), 1 - has / had, weight};
		}
		if (!s->foreign || s->domestic[v] || s->foreign[v]) {
			before[s->graph.nets->country[v]] += had;
			after[s->graph.nets->country[v]] += has;
		}
	}
	qsort(out->network, out->n, sizeof(*out->network), by_loss);
	for (uint32_t c = 1; c < 65536; c++) {
		if (before[c] <= 0)
			continue;
		if (before[c] > after[c])
			out->country[out->ncountry++] =
			    (struct loser){c, before[c] - after[c], 1 - after[c] / before[c], 0};
		if (nmap < 1024)
			map[nmap++] = (struct sheet_country){(uint16_t)c, 1, after[c] / before[c]};
	}
	qsort(out->country, out->ncountry, sizeof(*out->country), by_loss);
	free(before);
	free(after);
	return nmap;
}

/* Networks that lose the most reach, weighed by their addresses; then countries. */
static void losers(const struct scenario *s, const struct losses *l,
		   const struct sheet_country *map, uint32_t nmap, struct jsonw *w,
		   struct sheet *sheet)
{
	const struct asgraph *g = s->graph.as;

	jsonw_name(w, "losers");
	jsonw_array(w);
	if (l->n) {
		sheet_heading(sheet, "Who loses most");
		sheet_table(sheet, "network|>loses of its reach|>addresses");
	}
	for (uint32_t i = 0; i < l->n && i < 10; i++) {
		const struct loser *x = &l->network[i];
		char count[32];

		sheet_row(sheet, "%s|%s|%s", graph_name(&s->graph, x->id), percent(x->share),
			  text_count(count, (uint64_t)x->weight));
		jsonw_object(w);
		jsonw_put_uint(w, "asn", g->asn[x->id]);
		jsonw_put_text(w, "name", s->graph.nets->name[x->id]);
		jsonw_put_real(w, "lost_share", x->share, 6);
		jsonw_put_uint(w, "addresses", (uint64_t)x->weight);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "countries");
	jsonw_array(w);
	if (l->ncountry) {
		sheet_heading(sheet, "Which countries lose most pairs");
		sheet_table(sheet, "country|>loses of the reach in question");
	}
	for (uint32_t i = 0; i < l->ncountry; i++) {
		const struct loser *x = &l->country[i];
		char cc[3];
		const char *name = country_name(nets_code(cc, (uint16_t)x->id));

		if (i < 8)
			sheet_row(sheet, "%s|%s", name ? name : cc, percent(x->share));
		jsonw_object(w);
		jsonw_put_text(w, "country", cc);
		jsonw_put_real(w, "lost_share", x->share, 6);
		jsonw_put_uint(w, "lost_pairs", (uint64_t)x->lost);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	sheet_map(
	    sheet,
	    "Share of the pairs with the networks in question that are reached, of those that are "
	    "reached today: all of them is blue, half yellow, none red.",
	    map, nmap);
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
	struct sheet_country *map;
	const char *part[3];
	struct losses l;
	struct whatif r;
	uint32_t nmap;
	char a[32], b[32], c[32];

	if (!whatif_run(&job, &r)) {
		whatif_free(&r);
		return err_set(
		    err, "a path of the graph is longer than 60 networks: this is no graph of "
			 "the Internet that pairs can be counted on");
	}
	map = mem_zero(1024, sizeof(*map));
	nmap = rank(s, &r, &l, map);
	parts(s, part);
	jsonw_put_uint(w, "domestic_networks", r.domestic);
	jsonw_put_uint(w, "foreign_networks", r.foreign);
	jsonw_put_uint(w, "links_lost", r.links_lost);
	jsonw_put_uint(w, "border_links_left", r.links_left);
	jsonw_put_uint(w, "networks_lost", r.networks_lost);
	json_reach(w, s, &r);
	/* Who asked for the brief reads it first; what it rests on comes after. */
	whatif_brief(s, &r, &l, w, sheet);
	if (!s->brief)
		sheet_text(sheet, "%s networks in question%s%s%s; %s links are lost.",
			   text_count(a, r.domestic), r.foreign ? ", " : "",
			   r.foreign ? text_count(b, r.foreign) : "", r.foreign ? " others" : "",
			   text_count(c, r.links_lost));
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
	losers(s, &l, map, nmap, w, sheet);
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
	free(l.network);
	free(l.country);
	free(map);
	whatif_free(&r);
	return true;
}
