/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/manrs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/whatif.h"

/* What comes from findings. */
enum counted {
	NOTHING,
	LEAKS,
	HIJACKS,
	BOGON_PREFIXES,
	BOGON_ASNS,
	NO_ROA,
	INVALID,
	NO_POLICY,
	NO_OBJECT
};

static const struct item {
	const char *metric, *action, *about, *needs;
	enum counted counted;
} items[] = {
    {"M1", "1", "route leaks (since January 2024 they do not count towards action 1)", "routes",
     LEAKS},
    {"M2", "1", "origins that are not its own", "routes", HIJACKS},
    {"M3", "1", "prefixes that nobody may announce", "routes", BOGON_PREFIXES},
    {"M4", "1", "paths from ASNs that nobody may use", "routes", BOGON_ASNS},
    {"M1C", "1", "route leaks of direct customers that it passed on (not counted, as M1)",
     "who was its customer on that day", NOTHING},
    {"M2C", "1", "origins of direct customers that are not theirs, which it passed on",
     "who was its customer on that day", NOTHING},
    {"M3C", "1", "such prefixes from direct customers", "who was its customer on that day",
     NOTHING},
    {"M4C", "1", "such ASNs from direct customers", "who was its customer on that day", NOTHING},
    {"M5", "2", "packets with forged sources get out", "CAIDA Spoofer's tests", NOTHING},
    {"M6", "3", "its routing policy in a registry", "--irr with aut-num objects", NO_POLICY},
    {"M8", "3", "contacts that answer", "the registries' and PeeringDB's contacts", NOTHING},
    {"M7IRR", "4", "announced without a route object", "routes and --irr", NO_OBJECT},
    {"M7RPKI", "4", "announced without a ROA", "routes and VRPs", NO_ROA},
    {"M7RPKIN", "4", "announced against a ROA", "routes and VRPs", INVALID},
};

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool counts(const struct finding *f, enum counted what)
{
	const char *role = f->actor.role ? f->actor.role : "";

	for (size_t i = 0; i < f->ntag; i++)
		if (!strcmp(f->tag[i].id, "bogon-administrative"))
			return false;
	return (what == LEAKS && begins(f->kind, "route.leak")) ||
	       (what == HIJACKS && begins(f->kind, "route.hijack")) ||
	       (what == BOGON_PREFIXES && !strcmp(f->kind, "route.bogon") &&
		!strcmp(role, "origin")) ||
	       (what == BOGON_ASNS && !strcmp(f->kind, "route.bogon") && !strcmp(role, "transit"));
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The networks of ours that act in what counts, each once; free() them. */
static uint32_t *actors(const struct seen_routes *s, enum counted what, size_t *n)
{
	const struct findings *fs = &s->run->findings;
	uint32_t *asn = NULL;
	size_t cap = 0, kept = 0;

	*n = 0;
	for (size_t i = 0; i < fs->n; i++) {
		const struct finding *f = fs->at[i];

		if (!counts(f, what))
			continue;
		for (size_t k = 0; k <= f->nasn; k++) {
			uint32_t a = k ? f->asn[k - 1].asn : f->actor.net.asn;

			if (!seen_is(s, a) || !seen_acts(f, a))
				continue;
			mem_room(&asn, &cap, *n + 1);
			asn[(*n)++] = a;
		}
	}
	if (*n)
		qsort(asn, *n, sizeof(*asn), by_number);
	for (size_t i = 0; i < *n; i++)
		if (!kept || asn[kept - 1] != asn[i])
			asn[kept++] = asn[i];
	*n = kept;
	return asn;
}

/* Incidents of one network, by MANRS' count of them. */
static double raw_of(const struct seen_routes *s, enum counted what, uint32_t asn)
{
	const struct findings *fs = &s->run->findings;
	struct hygiene_span *span = mem_zero(fs->n + 1, sizeof(*span));
	size_t n = 0;
	double raw;

	for (size_t i = 0; i < fs->n; i++)
		if (counts(fs->at[i], what) && seen_acts(fs->at[i], asn))
			span[n++] = (struct hygiene_span){
			    fs->at[i]->first,
			    fs->at[i]->last == TIME_NONE ? fs->at[i]->first : fs->at[i]->last};
	raw = hygiene_incidents(span, n);
	free(span);
	return raw;
}

static const char *band(double score)
{
	return score >= 80 ? "ready" : score >= 60 ? "aspiring" : "lagging";
}

static unsigned told; /* items that had their input */

static void missing(const struct item *x, const char *needs, struct jsonw *w, struct sheet *sheet)
{
	sheet_row(sheet, "%s|%s|–|missing|%s: needs %s", x->action, x->metric, x->about, needs);
	jsonw_name(w, "value");
	jsonw_null(w);
	jsonw_name(w, "score");
	jsonw_null(w);
	jsonw_put_text(w, "needs", needs);
}

static void known(const struct item *x, double value, double score, const char *how,
		  struct jsonw *w, struct sheet *sheet)
{
	told++;
	sheet_row(sheet, "%s|%s|%.0f|%s|%s: %s", x->action, x->metric, score, band(score), x->about,
		  how);
	jsonw_put_real(w, "value", value, 6);
	jsonw_put_real(w, "score", score, 2);
	jsonw_put_text(w, "band", band(score));
	jsonw_put_text(w, "how", how);
}

/* Of a network that no route has, as origin or on the way, it is not known that it does nothing
 * wrong. */
static bool on_a_path(const struct seen_routes *s, const struct hygiene_sum *sum)
{
	struct hygiene_carried c;

	hygiene_carried(s->hygiene, &c);
	return sum->networks || c.routes;
}

static void incidents_item(const struct seen_routes *s, const struct item *x,
			   const struct hygiene_sum *sum, struct jsonw *w, struct sheet *sheet)
{
	char how[160];
	size_t n;
	uint32_t *asn = actors(s, x->counted, &n);
	uint32_t networks = s->country ? sum->networks : on_a_path(s, sum);
	double raw = 0, score = 0;

	if (n > networks)
		networks = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		double one = raw_of(s, x->counted, asn[i]);

		raw += one;
		score += hygiene_score(one);
	}
	/* A country's is the mean of its networks that are seen. */
	score = networks ? (score + 100. * (networks - (double)n)) / networks : 0;
	if (s->country)
		snprintf(how, sizeof(how), "incidents %.1f, of %s of %s networks", raw,
			 text_number(n), text_number(networks));
	else
		snprintf(how, sizeof(how), "incidents %.1f", raw);
	if (networks)
		known(x, raw, score, how, w, sheet);
	else
		missing(x, "routes in which it is seen", w, sheet);
	free(asn);
}

static void share_item(const struct item *x, const struct hygiene_sum *sum, struct jsonw *w,
		       struct sheet *sheet)
{
	uint32_t all = sum->v4 + sum->v6;
	uint32_t bad = x->counted == NO_ROA ? sum->not_found : sum->invalid;
	char how[96];

	snprintf(how, sizeof(how), "%s of %s announced prefixes", text_number(bad),
		 text_number(all));
	known(x, (double)bad / all, 100 - 100. * bad / all, how, w, sheet);
}

/* A network without routes of its own is asked for itself; a country's are those that are seen. */
static bool policy_item(const struct seen_routes *s, const struct item *x, struct jsonw *w,
			struct sheet *sheet)
{
	uint32_t all = 0, told_it = 0;
	const struct origination *o;
	char how[96];
	size_t n = 0;

	if (!s->irr || !irr_counted(s->irr)->policies)
		return false;
	if (!s->country) {
		all = 1;
		told_it = irr_policy(s->irr, s->asn);
		snprintf(how, sizeof(how), "%s aut-num with its policy",
			 told_it ? "there is an" : "there is no");
	} else {
		if (!s->hygiene)
			return false;
		o = hygiene_at(s->hygiene, &n);
		for (size_t i = 0; i < n; i++)
			if (!i || o[i].origin != o[i - 1].origin) {
				all++;
				told_it += irr_policy(s->irr, o[i].origin);
			}
		if (!all)
			return false;
		snprintf(how, sizeof(how), "%s of %s networks have one", text_number(told_it),
			 text_number(all));
	}
	known(x, (double)told_it / all, 100. * told_it / all, how, w, sheet);
	return true;
}

/* Only prefixes of a family of which the dumps have objects at all are judged. */
static bool object_item(const struct seen_routes *s, const struct item *x, struct jsonw *w,
			struct sheet *sheet)
{
	uint32_t all = 0, none = 0, covered = 0;
	const struct origination *o;
	char how[96];
	size_t n;

	if (!s->irr || !s->hygiene)
		return false;
	o = hygiene_at(s->hygiene, &n);
	for (size_t i = 0; i < n; i++) {
		const struct irr_count *c = irr_counted(s->irr);
		enum irr_match m;

		if (!(o[i].prefix.v6 ? c->routes6 : c->routes))
			continue;
		m = irr_match(s->irr, o[i].prefix, o[i].origin);
		all++;
		none += m == IRR_NONE;
		covered += m == IRR_COVERED;
	}
	if (!all)
		return false;
	snprintf(how, sizeof(how), "%s of %s announced prefixes; %s more only below one",
		 text_number(none), text_number(all), text_number(covered));
	known(x, (double)none / all, 100 - 100. * none / all, how, w, sheet);
	return true;
}

void manrs_tell(const struct seen_routes *s, struct jsonw *w, struct sheet *sheet)
{
	struct hygiene_sum sum = {0};

	told = 0;
	if (s->hygiene)
		hygiene_add_up(s->hygiene, HYGIENE_ALL, &sum);
	sheet_heading(sheet, "MANRS readiness");
	sheet_table(sheet, "action|metric|>score|band|what it counts, and from what");
	jsonw_name(w, "manrs");
	jsonw_array(w);
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		const struct item *x = &items[i];

		jsonw_object(w);
		jsonw_put_text(w, "action", x->action);
		jsonw_put_text(w, "metric", x->metric);
		jsonw_put_text(w, "about", x->about);
		if (x->counted == NO_POLICY || x->counted == NO_OBJECT) {
			if (!(x->counted == NO_POLICY ? policy_item : object_item)(s, x, w, sheet))
				missing(x, x->needs, w, sheet);
		} else if (x->counted == NOTHING || !s->hygiene)
			missing(x, x->needs, w, sheet);
		else if (x->counted != NO_ROA && x->counted != INVALID)
			incidents_item(s, x, &sum, w, sheet);
		else if (s->vrps && sum.v4 + sum.v6)
			share_item(x, &sum, w, sheet);
		else
			missing(x, s->vrps && s->hygiene ? "routes of its own" : x->needs, w,
				sheet);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_put_real(w, "manrs_coverage", (double)told / (sizeof(items) / sizeof(*items)), 4);
	sheet_text(
	    sheet,
	    "%u of %zu items have their input; a missing one lowers nothing but that. Bands: "
	    "ready from 80, aspiring from 60, else lagging.",
	    told, sizeof(items) / sizeof(*items));
	if (s->hygiene)
		sheet_text(sheet,
			   "Incidents are those of the time that the routes span, counted as "
			   "MANRS does; the Observatory counts by the month.");
}

#define SHOWN 20

static void incident(const struct finding *f, const char *role, const char *from, size_t shown,
		     struct jsonw *w, struct sheet *sheet)
{
	char id[33], a[TEXT_TIME];

	if (shown < SHOWN)
		sheet_point(sheet, "%s, as %s: %s (%s)%s%s", f->title,
			    !strcmp(role, "actor")    ? "the one that acts"
			    : !strcmp(role, "victim") ? "the one it befalls"
						      : "where it was seen",
			    f->first == TIME_NONE ? "undated" : text_time(a, f->first), f->kind,
			    from ? ", kept in " : "", from ? from : "");
	for (unsigned k = 0; k < 16; k++)
		snprintf(id + (size_t)2 * k, 3, "%02x", f->id[k]);
	jsonw_object(w);
	jsonw_put_text(w, "id", id);
	jsonw_put_text(w, "kind", f->kind);
	jsonw_put_text(w, "role", role);
	jsonw_put_text(w, "title", f->title);
	jsonw_put_text(w, "first", f->first == TIME_NONE ? NULL : text_time(a, f->first));
	jsonw_put_real(w, "confidence", f->confidence, 2);
	jsonw_put_text(w, "kept_in", from);
	jsonw_object_end(w);
}

void manrs_incidents(struct seen_routes *s, struct jsonw *w, struct sheet *sheet)
{
	const struct findings *fs = s->hygiene ? &s->run->findings : NULL;
	struct kept *k = &s->kept;
	size_t n = 0;

	jsonw_name(w, "incidents");
	if (!fs && !k->nplace) {
		jsonw_null(w);
		return;
	}
	jsonw_array(w);
	sheet_heading(sheet, !k->nplace ? "Incidents seen in these routes"
			     : fs	? "Incidents seen in these routes and kept before"
					: "Incidents kept");
	for (size_t i = 0; fs && i < fs->n; i++) {
		const struct finding *f = fs->at[i];
		const char *role = begins(f->kind, "route.") ? seen_role(s, f) : NULL;
		struct kept_one *again = role ? kept_find(k, f->id) : NULL;

		/* What these routes have as well is told from them. */
		if (again)
			again->told = true;
		if (role)
			incident(f, role, NULL, n++, w, sheet);
	}
	kept_by_time(k);
	for (size_t i = 0; i < k->n; i++)
		if (!k->one[i].told)
			incident(k->one[i].finding, seen_role(s, k->one[i].finding),
				 k->place[k->one[i].place].path, n++, w, sheet);
	jsonw_array_end(w);
	if (!n)
		sheet_text(sheet, "None in which it acts or that befalls it.");
	else if (n > SHOWN)
		sheet_text(sheet, "And %s more, which --json has.", text_number(n - SHOWN));
}
