/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The impact brief: one page for people who make policy, and behind it how each number was made.
 * Words come from finding/impact.h; every figure on the page refers to its note.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/whatif.h"
#include "fact/country.h"
#include "finding/impact.h"

/* What the page rests on, in the order in which it is first spoken of. */
enum ground { INWARD, INSIDE, SIZE, LONGER, WORDS, LINKS, DOORS, LOSERS, MAP, TORN, GROUNDS };

struct page {
	const struct scenario *s;
	const struct whatif *r;
	const struct variant *v; /* the graph as given */
	struct impact_figures f;
	struct figure in, home, size, longer, links, doors, torn;
	bool border;		  /* somebody is not domestic */
	unsigned number[GROUNDS]; /* of its note; 0: it is not spoken of */
	const char *act;	  /* "the law" */
};

/* Short texts that live as long as the scenario. */
#define SAY(p, ...) arena_printf((struct arena *)&(p)->s->arena, __VA_ARGS__)

static void number_all(struct page *p)
{
	unsigned n = 0;

	for (int i = 0; i < GROUNDS; i++) {
		bool there = i == INWARD   ? p->border
			     : i == INSIDE ? !isnan(p->home.value)
			     : i == SIZE   ? !isnan(p->size.value)
			     : i == LONGER ? !isnan(p->longer.value)
			     : i == DOORS  ? p->border
					   : true;

		p->number[i] = there ? ++n : 0;
	}
}

static unsigned number(const struct page *p, enum ground what)
{
	return p->number[what];
}

/* "21.8"; what is not nothing is not written as nothing, nor what is not all as all. */
static const char *share(const struct page *p, double x)
{
	if (x > 0 && x < .0005)
		return "under 0.1";
	if (x < 1 && x >= .9995)
		return "over 99.9";
	return SAY(p, x > 0 && x < 1 ? "%.1f" : "%.0f", x <= 0 ? 0 : 100 * x);
}

/* "21.8 % (21.7 to 21.9)" */
static const char *lost(const struct page *p, struct figure f)
{
	const char *low = share(p, f.low), *high = share(p, f.high);

	if (!strcmp(low, high))
		return SAY(p, "%s %%", share(p, f.value));
	return SAY(p, "%s %% (%s to %s)", share(p, f.value), low, high);
}

/* The same of a share of pairs: "99.2 in 100 (99.1 to 99.2)" */
static const char *cases(const struct page *p, struct figure f)
{
	const char *low = share(p, f.low), *high = share(p, f.high);

	if (!strcmp(low, high))
		return share(p, f.value);
	return SAY(p, "%s (%s to %s)", share(p, f.value), low, high);
}

static const char *count(const struct page *p, uint64_t n)
{
	char text[32];

	return SAY(p, "%s", text_count(text, n));
}

static const char *many(const struct page *p, uint64_t n, const char *one, const char *more)
{
	return SAY(p, "%s %s", count(p, n), n == 1 ? one : more);
}

static void begin(struct page *p, const struct scenario *s, const struct whatif *r)
{
	*p = (struct page){.s = s, .r = r, .v = &r->variant[0]};
	p->border = p->v->before.inward.pairs > 0;
	p->act = s->file		       ? "these steps"
		 : !strcmp(s->verb, "cut")     ? "the cut"
		 : !strcmp(s->verb, "gateway") ? "the law"
		 : !strcmp(s->verb, "depeer")  ? "the break"
					       : "the failure";
	p->home = whatif_lost(r, PART_INSIDE);
	p->in = p->border ? whatif_lost(r, PART_INWARD) : p->home;
	p->size = whatif_lost_weighted(r, p->border ? PART_INWARD : PART_INSIDE);
	p->longer = whatif_longer(r, p->border ? PART_INWARD : PART_INSIDE);
	p->links = whatif_lost_links(r);
	p->doors = whatif_lost_doors(r);
	p->torn = whatif_torn(r);
	p->f = (struct impact_figures){.reach_in = p->in.value,
				       .reach_home = p->home.value,
				       .longer = p->longer.value,
				       .links_lost = p->links.value,
				       .doors = p->v->border_after.doors,
				       .doors_before = p->v->border_before.doors,
				       .fragmentation = p->torn.value,
				       .attack = NAN};
	number_all(p);
}

static const char *reach_gone(const struct page *p)
{
	if (!p->border)
		return SAY(p, "%s of the ways between networks are lost [%u].", lost(p, p->home),
			   number(p, INSIDE));
	if (isnan(p->home.value))
		return SAY(p, "%s of the ways from %s are lost [%u].", lost(p, p->in), p->s->far,
			   number(p, INWARD));
	return SAY(p, "%s of the ways from %s are lost [%u], and %s of those within [%u].",
		   lost(p, p->in), p->s->far, number(p, INWARD), lost(p, p->home),
		   number(p, INSIDE));
}

static const char *links_gone(const struct page *p)
{
	return SAY(p, "%s of the links%s close, whatever their owners agreed [%u].",
		   lost(p, p->links), p->border ? " across the border" : "", number(p, LINKS));
}

static const char *doors_left(const struct page *p)
{
	uint32_t had = p->v->border_before.doors, has = p->v->border_after.doors;

	return SAY(p, "%s of %s with links of their own across the border keep%s one [%u]",
		   has ? count(p, has) : "None", many(p, had, "network", "networks"),
		   has > 1 ? "" : "s", number(p, DOORS));
}

/* What a property's or an enabler's grade means here. */
static const char *statement(const struct page *p, int which)
{
	bool doors = p->border && p->f.doors_before > 0;
	uint64_t left = p->v->border_after.doors;

	switch (which) {
	case IMPACT_ACCESSIBLE:
		return reach_gone(p);
	case IMPACT_BLOCKS:
		return links_gone(p);
	case IMPACT_DECENTRAL:
		if (!doors)
			return "No border is in question: judged by the ways that are lost.";
		return SAY(p, "%s; %s.", doors_left(p),
			   left == 1 ? "all others depend on it"
			   : left    ? "all others depend on these"
				     : "nobody can choose a way out");
	case IMPACT_IDENTIFIERS: {
		struct figure had = whatif_fragmentation(p->r, false);
		struct figure has = whatif_fragmentation(p->r, true);

		return SAY(p,
			   "An address that answers here is out of reach there for %s of pairs, "
			   "counted by size; before, for %s [%u].",
			   lost(p, has), lost(p, had), number(p, TORN));
	}
	case IMPACT_NEUTRAL:
		return "Routes do not show what may be sent over them; a law's text does.";
	case IMPACT_ACCESS:
		if (isnan(p->home.value))
			return "There are no two networks at home to ask about.";
		return SAY(p, "%s of the ways between networks %s are lost [%u].", lost(p, p->home),
			   p->border ? "at home" : "of the map", number(p, INSIDE));
	case IMPACT_DEPLOYMENT:
		return SAY(p, "As for open architecture: %s of the links [%u].", lost(p, p->links),
			   number(p, LINKS));
	case IMPACT_REACHABILITY:
		return SAY(p, "%s of the ways%s%s are lost [%u].", lost(p, p->in),
			   p->border ? " from " : "", p->border ? p->s->far : "",
			   number(p, p->border ? INWARD : INSIDE));
	case IMPACT_CAPACITY:
		if (isnan(p->longer.value))
			return SAY(p, "No way is left [%u].",
				   number(p, p->border ? INWARD : INSIDE));
		return SAY(p,
			   "Ways pass %s more networks [%u], over %s fewer links [%u]. What the "
			   "links can carry is not known.",
			   lost(p, p->longer), number(p, LONGER), lost(p, p->links),
			   number(p, LINKS));
	case IMPACT_CONFIDENTIALITY:
		if (!doors)
			return "No border is in question.";
		if (!left)
			return "Nothing crosses the border that could be watched there.";
		return SAY(p,
			   "All traffic across the border passes %s instead of %s [%u]: the "
			   "fewer, the easier to watch.",
			   many(p, left, "network", "networks"),
			   count(p, p->v->border_before.doors), number(p, DOORS));
	case IMPACT_INTEGRITY:
		return "No attack on routes was computed; a file of steps can add one.";
	case IMPACT_RELIABILITY:
		if (!doors)
			return "Judged by the ways that are lost.";
		if (left == 0)
			return SAY(p, "Nothing stands in: no network is left that connects [%u].",
				   number(p, DOORS));
		if (left == 1)
			return SAY(p, "One network's failure would cut what is left [%u].",
				   number(p, DOORS));
		return SAY(p, "%s of %s networks are left to stand in for each other [%u].",
			   count(p, left), count(p, p->v->border_before.doors), number(p, DOORS));
	case IMPACT_PRIVACY:
		return "As for confidentiality.";
	default:
		return "Not a matter of routes.";
	}
}

/* "from 99.2 to 77.6", or that it stays. */
static const char *falls(const struct page *p, struct figure before, struct figure after)
{
	const char *a = cases(p, before), *b = cases(p, after);

	return strcmp(a, b) ? SAY(p, "from %s to %s", a, b) : SAY(p, "hardly: it stays at %s", a);
}

static void in_short(const struct page *p, const char *worst, struct sheet *sheet)
{
	enum whatif_part part = p->border ? PART_INWARD : PART_INSIDE;
	struct figure had = whatif_share(p->r, part, false), has = whatif_share(p->r, part, true);
	const char *home = "", *size = "", *longer = "";

	if (p->border && !isnan(p->home.value))
		home = SAY(p, " Between two networks %s it falls %s [%u].", p->s->at_home,
			   falls(p, whatif_share(p->r, PART_INSIDE, false),
				 whatif_share(p->r, PART_INSIDE, true)),
			   number(p, INSIDE));
	if (!isnan(p->size.value))
		size = SAY(
		    p, " Counted by size (addresses) it falls %s [%u].",
		    falls(p, whatif_weighted(p->r, part, false), whatif_weighted(p->r, part, true)),
		    number(p, SIZE));
	if (isnan(p->longer.value))
		longer = p->border ? " No way across the border is left." : " No way is left.";
	else
		longer = SAY(p,
			     " The ways that are left pass %.1f networks on average; before, "
			     "%.1f [%u].",
			     whatif_len(p->r, part, true).value,
			     whatif_len(p->r, part, false).value, number(p, LONGER));
	sheet_lead(
	    sheet, "In short",
	    "Take %s and %s. Traffic finds a way between them in %s cases of 100; under %s in %s "
	    "[%u].%s%s%s At its worst the effect on what makes the Internet work is %s [%u].",
	    p->s->far_one, p->s->home_one, cases(p, had), p->act, cases(p, has),
	    number(p, part == PART_INWARD ? INWARD : INSIDE), home, size, longer, worst,
	    number(p, WORDS));
}

static void context(const struct page *p, struct sheet *sheet)
{
	static const char what[] = "The Internet is a network of networks; each chooses with whom "
				   "it connects and which routes it uses.";
	const struct border *had = &p->v->border_before, *has = &p->v->border_after;
	const char *stay = "none would stay";

	if (has->links)
		stay = SAY(p, "%s would stay, with %s [%u]", count(p, has->links),
			   many(p, has->doors, "network", "networks"), number(p, DOORS));
	if (p->border)
		sheet_lead(sheet, "Context",
			   "%s There %s %s %s; %s of them connect%s across the border in question, "
			   "over %s. Under %s %s of these would close [%u] and %s.",
			   what, p->r->domestic == 1 ? "is" : "are",
			   many(p, p->r->domestic, "network", "networks"), p->s->at_home,
			   count(p, had->doors), had->doors == 1 ? "s" : "",
			   many(p, had->links, "link", "links"), p->act,
			   count(p, had->links - has->links), number(p, LINKS), stay);
	else
		sheet_lead(sheet, "Context",
			   "%s The map has %s and %s. Under %s %s would be lost [%u].", what,
			   many(p, p->r->domestic, "network", "networks"),
			   many(p, had->links, "link", "links"), p->act,
			   many(p, had->links - has->links, "link", "links"), number(p, LINKS));
}

/* "June 2018" */
static const char *when(const struct page *p)
{
	static const char *const month[] = {"January",	 "February", "March",	 "April",
					    "May",	 "June",     "July",	 "August",
					    "September", "October",  "November", "December"};
	const char *date = p->s->graph.date;
	uint64_t m;

	if (strlen(date) == 7 && text_to_u64(date + 5, 2, 12, &m) && m)
		return SAY(p, "%s %.4s", month[m - 1], date);
	return *date ? date : "no known date";
}

static void assumptions(const struct page *p, struct sheet *sheet)
{
	const char *date = when(p);

	sheet_lead(sheet, "Assumptions", "This is a calculation on a map, not a forecast.");
	sheet_point(sheet, "Nobody reacts. Networks would look for new contracts, so these are the "
			   "losses before anybody adapts.");
	sheet_point(sheet, "The map is of %s [%u]; what was built or closed since is not in it.",
		    date, number(p, MAP));
	sheet_point(sheet, "Links that few can see are missing, above all at local exchanges. "
			   "Losses at home are rather too high.");
	sheet_point(sheet, "A network belongs to the country where its addresses are registered, "
			   "not where its cables lie.");
	sheet_point(sheet, "It counts whether there is a way: not its speed, its price, or what is "
			   "blocked on it.");
	sheet_point(sheet, "Brackets hold the range that uncertain links make; without brackets it "
			   "is smaller than the last digit. No range holds new contracts.");
}

/* What each graph of the range says, for a note. */
static const char *by_graph(const struct page *p, enum ground what)
{
	const char *text = "";

	for (unsigned i = 0; i < p->r->nvariant; i++) {
		const struct variant *v = &p->r->variant[i];
		const struct reach_sum *in =
		    what == INSIDE || !p->border ? &v->before.inside : &v->before.inward;
		const struct reach_sum *out =
		    what == INSIDE || !p->border ? &v->after.inside : &v->after.inward;
		const char *name = i ? SAY(p, "The graph %s", v->name) : "The graph as given";
		const char *line = "";

		switch (what) {
		case INWARD:
		case INSIDE:
			line =
			    SAY(p, "%s: %s of %s pairs before, %s after", name,
				count(p, in->routes), count(p, in->pairs), count(p, out->routes));
			break;
		case SIZE:
			line = SAY(p, "%s: %.4f %% before, %.4f %% after", name,
				   in->weight > 0 ? 100 * in->reached / in->weight : 0,
				   out->weight > 0 ? 100 * out->reached / out->weight : 0);
			break;
		case LONGER:
			line = SAY(p, "%s: %.4f before, %.4f after", name, reach_len(in),
				   reach_len(out));
			break;
		case LINKS:
			line =
			    SAY(p, "%s: %s before, %s after", name,
				count(p, v->border_before.links), count(p, v->border_after.links));
			break;
		case DOORS:
			line =
			    SAY(p, "%s: %s before, %s after", name,
				count(p, v->border_before.doors), count(p, v->border_after.doors));
			break;
		default:
			break;
		}
		text = SAY(p, "%s%s%s", text, *text ? ". " : "", line);
	}
	return text;
}

static const char *note(const struct page *p, enum ground what)
{
	const char *far = p->border ? "inward" : "inside";

	switch (what) {
	case INWARD:
		return SAY(p,
			   "Ways in. All ordered pairs of %s and %s: how many have a route "
			   "that the networks on it would pass on. %s. Lost: 1 − after / before "
			   "= %.4f %%. JSON: reach.inward, lost.inward.",
			   p->s->far_one, p->s->home_one, by_graph(p, what), 100 * p->in.value);
	case INSIDE:
		return SAY(p,
			   "Ways within. The same of pairs of two networks %s. %s. Lost: 1 − "
			   "after / before = %.4f %%. JSON: reach.inside, lost.inside.",
			   p->s->at_home, by_graph(p, what), 100 * p->home.value);
	case SIZE:
		return SAY(p,
			   "By size. The same pairs, each counting as much as the product of "
			   "both networks' IPv4 addresses. Reached: %s. JSON: "
			   "reach.%s.by_addresses_before and by_addresses_after.",
			   by_graph(p, what), far);
	case LONGER:
		return SAY(p,
			   "Length. The mean number of networks on a route of such pairs, both "
			   "ends counted. %s. Longer by %.4f %%. JSON: "
			   "reach.%s.length_before and length_after, longer.inward.",
			   by_graph(p, what), 100 * p->longer.value, far);
	case LINKS:
		return SAY(p, "Links%s. %s. Lost: %.4f %%. JSON: lost.border_links.",
			   p->border ? " across the border: between a network at home and one that "
				       "is not"
				     : "",
			   by_graph(p, what), 100 * p->links.value);
	case DOORS:
		return SAY(p,
			   "Networks at home that have at least one link across the border. %s. "
			   "Lost: %.4f %%. JSON: lost.doors, lost.doors_before, "
			   "lost.doors_after.",
			   by_graph(p, what), 100 * p->doors.value);
	case TORN: {
		struct figure had = whatif_fragmentation(p->r, false);
		struct figure has = whatif_fragmentation(p->r, true);

		return SAY(p,
			   "Fragmentation: 1 − the share of pairs with an end at home that have "
			   "a route, each counting as much as the product of both networks' "
			   "addresses (each as one where these are not known). Before %.4f %% "
			   "(%.4f to %.4f), after %.4f %% (%.4f to %.4f); the word is that of "
			   "the difference. JSON: fragmentation_before, fragmentation_after, "
			   "fragmentation.change.",
			   100 * had.value, 100 * had.low, 100 * had.high, 100 * has.value,
			   100 * has.low, 100 * has.high);
	}
	case LOSERS:
		return "Who loses most: networks by the pairs that they lose times their "
		       "addresses, countries by the pairs that their networks lose; of each the "
		       "share of its pairs that it loses. The graph as given; the tables follow. "
		       "JSON: losers, countries.";
	case WORDS:
		return "Words come from numbers by the scale and the rules below, and by nothing "
		       "else. JSON: impact.";
	default:
		return SAY(p,
			   "The map: %s; %s networks, %s links, digest %016llx. Country: %s. "
			   "Size: %s. Routes: the model of Gao and Rexford (docs/whatif.md). The "
			   "same command on the same files gives the same numbers. JSON: graph.",
			   p->s->graph.about, count(p, p->s->graph.as->n),
			   count(p, p->s->graph.as->nlink),
			   (unsigned long long)p->s->graph.as->digest,
			   p->s->graph.nets->country_from, p->s->graph.nets->address_from);
	}
}

/* Who loses most, at home and abroad: the first of the tables that follow the page. */
static void hit(const struct page *p, const struct losses *l, struct sheet *sheet)
{
	const char *who = "", *home = "", *far = "";
	uint32_t n = l->n < 3 ? l->n : 3, k = 0;

	for (uint32_t i = 0; i < n; i++)
		who = SAY(p, "%s%s%s", who,
			  !i	       ? ""
			  : i + 1 == n ? " and "
				       : ", ",
			  graph_name(&p->s->graph, l->network[i].id));
	for (uint32_t i = 0; i < n; i++)
		home = SAY(p, "%s%s%s", home,
			   !i		? ""
			   : i + 1 == n ? " and "
					: ", ",
			   share(p, l->network[i].share));
	if (n)
		home = SAY(
		    p, "Weighed by size, hit most%s%s: %s, who lose%s %s %% of what they reach.",
		    p->border ? " " : "", p->border ? p->s->at_home : "", who, n == 1 ? "s" : "",
		    home);
	for (uint32_t i = 0; p->border && !p->s->foreign && i < l->ncountry && k < 3; i++) {
		const struct loser *x = &l->country[i];
		char cc[3];
		const char *name = country_name(nets_code(cc, (uint16_t)x->id));

		if (x->id == p->s->view)
			continue;
		far = SAY(p, "%s%s%s%s (%s %%)", far, k ? ", " : "", country_article(cc),
			  name ? name : cc, share(p, x->share));
		k++;
	}
	if (k)
		far =
		    SAY(p, " Abroad, most ways to networks %s are lost by %s.", p->s->at_home, far);
	if (*home || *far)
		sheet_lead(sheet, "Who loses most", "%s%s [%u]", home, far, number(p, LOSERS));
}

static void range_json(struct jsonw *w, const char *name, struct figure f)
{
	char part[32];

	jsonw_put_real(w, name, f.value, 6);
	snprintf(part, sizeof(part), "%s_low", name);
	jsonw_put_real(w, part, f.low, 6);
	snprintf(part, sizeof(part), "%s_high", name);
	jsonw_put_real(w, part, f.high, 6);
}

static void json(const struct page *p, const struct impact_line *line, const char *const *says,
		 struct jsonw *w)
{
	jsonw_name(w, "lost");
	jsonw_object(w);
	range_json(w, "inward", p->in);
	range_json(w, "inside", p->home);
	range_json(w, "border_links", p->links);
	range_json(w, "doors", p->doors);
	jsonw_put_uint(w, "doors_before", p->v->border_before.doors);
	jsonw_put_uint(w, "doors_after", p->v->border_after.doors);
	jsonw_object_end(w);
	jsonw_name(w, "longer");
	jsonw_object(w);
	range_json(w, "inward", p->longer);
	jsonw_object_end(w);
	jsonw_name(w, "fragmentation");
	jsonw_object(w);
	range_json(w, "change", p->torn);
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
		jsonw_put_text(w, "statement", says[i]);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "notes");
	jsonw_array(w);
	for (int i = 0; i < GROUNDS; i++) {
		if (!p->number[i])
			continue;
		jsonw_object(w);
		jsonw_put_uint(w, "number", p->number[i]);
		jsonw_put_text(w, "text", note(p, (enum ground)i));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* The scale and the rules, as docs/whatif.md prints them. */
static void mapping(const struct impact_line *line, struct sheet *sheet)
{
	sheet_table(sheet, "word|a share that is lost|ways longer by");
	sheet_row(sheet, "no effect|under 0.1 %%|under 1 %%");
	sheet_row(sheet, "slight|0.1 to 1 %%|1 to 5 %%");
	sheet_row(sheet, "noticeable|1 to 5 %%|5 to 15 %%");
	sheet_row(sheet, "serious|5 to 25 %%|15 to 40 %%");
	sheet_row(sheet, "severe|25 %% and more|40 %% and more");
	sheet_table(sheet, "property or enabler|judged by");
	for (int i = 0; i < IMPACT_LINES; i++)
		if (*line[i].field)
			sheet_row(sheet, "%s|%s", line[i].name, line[i].rule);
	sheet_text(sheet,
		   "The properties and enablers are those of the Internet Society: \"The Internet "
		   "Way of Networking: Defining the Critical Properties of the Internet\" (2020) "
		   "and \"Enablers of an Open, Globally Connected, Secure and Trustworthy "
		   "Internet\" (2021).");
}

void whatif_brief(const struct scenario *s, const struct whatif *r, const struct losses *l,
		  struct jsonw *w, struct sheet *sheet)
{
	struct impact_line line[IMPACT_LINES];
	const char *says[IMPACT_LINES];
	struct page p;
	int most = 0;

	begin(&p, s, r);
	impact_judge(&p.f, line);
	for (int i = 0; i < IMPACT_LINES; i++)
		most = line[i].grade > most ? line[i].grade : most;
	for (int i = 0; i < IMPACT_LINES; i++)
		says[i] = statement(&p, i);
	json(&p, line, says, w);
	if (!s->brief)
		return;
	sheet_page(sheet);
	in_short(&p, impact_grade(most), sheet);
	context(&p, sheet);
	hit(&p, l, sheet);
	assumptions(&p, sheet);
	for (int i = 0; i < IMPACT_LINES; i++) {
		if (!i || (!line[i].property && line[i - 1].property))
			sheet_table(sheet,
				    SAY(&p, "%s|effect [%u]|what it means here",
					i ? "enabler" : "critical property", number(&p, WORDS)));
		sheet_row(sheet, "%s|%s|%s", line[i].name, impact_grade(line[i].grade), says[i]);
	}
	sheet_page_end(sheet);
	sheet_heading(sheet, "How each number was made");
	for (int i = 0; i < GROUNDS; i++)
		if (p.number[i])
			sheet_note(sheet, p.number[i], "%s", note(&p, (enum ground)i));
	mapping(line, sheet);
}
