/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/seen.h"

#include <stdio.h>
#include <string.h>

#include "base/sandbox.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "fact/country.h"
#include "fact/names.h"

struct seen_options seen_options;

uint16_t seen_country_of(const struct graph *g, uint32_t asn)
{
	uint32_t id = asgraph_id(g->as, asn);
	struct name name;

	if (id != ASGRAPH_NONE)
		return g->nets->country[id];
	return names_find(g->names, asn, &name) && name.country[0] ? COUNTRY(name.country) : 0;
}

bool seen_is(const struct seen_routes *s, uint32_t asn)
{
	return asn && (s->country ? seen_country_of(s->graph, asn) == s->country : asn == s->asn);
}

bool seen_acts(const struct finding *f, uint32_t asn)
{
	if (f->actor.net.asn == asn)
		return true;
	for (size_t i = 0;
	     i < f->nasn && !f->actor.net.asn && f->actor.role && !strcmp(f->actor.role, "origin");
	     i++)
		if (f->asn[i].asn == asn)
			return true;
	return false;
}

const char *seen_role(const struct seen_routes *s, const struct finding *f)
{
	char cc[3] = "";
	bool is;

	is = seen_is(s, f->actor.net.asn);
	for (size_t i = 0; i < f->nasn && !is; i++)
		is = seen_is(s, f->asn[i].asn) && seen_acts(f, f->asn[i].asn);
	if (is)
		return "actor";
	for (size_t i = 0; i < f->nvictim && !is; i++)
		is = seen_is(s, f->victim[i].asn);
	if (is)
		return "victim";
	/* Where a hijack or a leak was seen is not whose it is. */
	if (!strncmp(f->kind, "route.", 6))
		return NULL;
	if (s->country)
		nets_code(cc, s->country);
	for (size_t i = 0; i < f->ncountry && s->country && !is; i++)
		is = !strcmp(f->country[i], cc);
	for (size_t i = 0; i < f->nwhere && !s->country && !is; i++)
		is = f->where[i].asn == s->asn;
	for (size_t i = 0; i < f->nasn && !s->country && !is; i++)
		is = f->asn[i].asn == s->asn;
	return is ? "place" : NULL;
}

static bool wanted(uint32_t asn, void *arg)
{
	const struct seen_routes *s = arg;

	if (s->everyone)
		return true;
	return s->country ? seen_country_of(s->graph, asn) == s->country : asn == s->asn;
}

static void tap(void *arg, const struct facts *f)
{
	struct seen_routes *s = arg;

	hygiene_feed(s->hygiene, f);
}

/* Routes are hostile bytes: from here on only the folders of the outputs can be written to. */
static void narrow(bool network)
{
	struct arena a = {0};
	const char *folder[4], *why;
	struct sandbox box = {.write = folder, .network = network || graph_options.store};
	const char *const out[] = {common.output, graph_options.html};

	for (size_t i = 0; i < 2; i++) {
		const char *slash = out[i] ? strrchr(out[i], '/') : NULL;

		if (out[i])
			folder[box.nwrite++] =
			    !slash	      ? "."
			    : slash == out[i] ? "/"
					      : arena_textn(&a, out[i], (size_t)(slash - out[i]));
	}
	if (graph_options.record)
		folder[box.nwrite++] = graph_options.record;
	if (graph_options.store)
		folder[box.nwrite++] = graph_options.spool;
	why = sandbox_enter(&box);
	if (why && common.verbose)
		talk("meridian: %s", why);
	arena_free(&a);
}

static bool incident(const struct finding *f, void *arg)
{
	return seen_role(arg, f) != NULL;
}

#define LINE_MAX_IRR (1 << 20)

/* A dump of a registry, line by line: some are a gigabyte. */
static bool read_irr(struct seen_routes *s, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, 0, err);
	uint64_t before = irr_counted(s->irr)->bad, bad;
	size_t want = 1 << 16, got;
	const char *p;

	if (!in)
		return false;
	while (p = (const char *)stream_peek(in, want, &got), got) {
		const char *nl = memchr(p, '\n', got);
		size_t used = 0;

		if (!nl && got >= want && want < LINE_MAX_IRR) {
			want = LINE_MAX_IRR;
			continue;
		}
		for (; nl; nl = memchr(p + used, '\n', got - used)) {
			irr_line(s->irr, p + used, (size_t)(nl - p) - used);
			used = (size_t)(nl - p) + 1;
		}
		if (!used || (got < want && used < got)) {
			irr_line(s->irr, p + used, got - used);
			used = got;
		}
		stream_skip(in, used);
		want = 1 << 16;
	}
	irr_end(s->irr);
	if (stream_fault(in)) {
		talk("meridian: %s: %s; what came before it was used", path, stream_fault(in));
		s->irr_cut = true;
	}
	bad = irr_counted(s->irr)->bad - before;
	if (bad) {
		char first[48] = "";

		if (!before)
			snprintf(first, sizeof(first), " (the first in line %s)",
				 text_number(irr_counted(s->irr)->first_bad));
		talk("meridian: %s: passed over %s object%s without a readable prefix, origin or "
		     "AS number%s",
		     path, text_number(bad), bad == 1 ? "" : "s", first);
		s->irr_cut = true;
	}
	stream_close(in);
	return true;
}

/* All dumps; without an object in any of them they are no dumps. */
static bool read_irrs(struct seen_routes *s, struct err *err)
{
	const struct opt_list *files = &seen_options.irr;
	const struct irr_count *c;

	if (!files->n)
		return true;
	s->irr = irr_new(wanted, s);
	for (size_t i = 0; i < files->n; i++)
		if (!read_irr(s, files->at[i], err))
			return false;
	irr_ready(s->irr);
	c = irr_counted(s->irr);
	if (!c->routes && !c->routes6 && !c->policies)
		return err_set(err, "%s has no route, route6 or aut-num object that can be read",
			       files->at[0]);
	return true;
}

bool seen_load(struct seen_routes *s, int argc, char **argv, struct err *err)
{
	struct run_tables tables = {.vrps = &seen_options.vrps, .slurm = &seen_options.slurm};
	const struct opt_list *routes = &seen_options.routes;
	bool ok = true, network = false;
	char cc[3];

	/* What was kept is read before anything hostile is. */
	if (seen_options.irr.n && s->everyone)
		return err_misuse(err, "--irr wants one country or network");
	if (seen_options.findings.n && s->everyone)
		return err_misuse(err, "--findings wants one country");
	if (seen_options.findings.n &&
	    !kept_read(&s->kept, &seen_options.findings,
		       s->country ? nets_code(cc, s->country) : NULL, s->asn, incident, s, err))
		return false;

	if (!argc && !routes->n && !seen_options.vrps.n && !seen_options.irr.n)
		return true;
	for (int i = 0; i < argc; i++)
		network |= strstr(argv[i], "://") != NULL;
	for (size_t i = 0; i < routes->n; i++)
		network |= strstr(routes->at[i], "://") != NULL;
	for (size_t i = 0; i < seen_options.irr.n; i++)
		network |= strstr(seen_options.irr.at[i], "://") != NULL;
	narrow(network);
	if (!read_irrs(s, err))
		return false;
	if (!argc && !routes->n && !seen_options.vrps.n)
		return true;
	s->run = run_new(0);
	s->run->progress = true;
	for (size_t i = 0; i < routes->n && ok; i++)
		ok = run_add(s->run, routes->at[i], err);
	for (int i = 0; i < argc && ok; i++)
		ok = run_add(s->run, argv[i], err);
	ok = ok && run_know(s->run, &tables, err);
	if (!ok)
		return false;
	s->vrps = s->run->know.vrps;
	if (!argc && !routes->n)
		return true;
	s->hygiene = hygiene_new(wanted, s);
	if (s->asn && !s->everyone)
		hygiene_watch(s->hygiene, s->asn, s->vrps);
	s->run->tap = tap;
	s->run->tap_arg = s;
	if (!run_judge(s->run, err))
		return false;
	hygiene_ready(s->hygiene, s->vrps);
	if (!hygiene_has_v4(s->hygiene) && !hygiene_has_v6(s->hygiene)) {
		hygiene_free(s->hygiene);
		s->hygiene = NULL;
	}
	return true;
}

void seen_free(struct seen_routes *s)
{
	kept_free(&s->kept);
	hygiene_free(s->hygiene);
	irr_free(s->irr);
	run_free(s->run);
}

int64_t seen_time(const struct seen_routes *s)
{
	int64_t first = s->run ? s->run->first : TIME_NONE;

	for (size_t i = 0; i < s->kept.nplace && (!s->run || s->run->first == TIME_NONE); i++)
		if (s->kept.place[i].first != TIME_NONE &&
		    (first == TIME_NONE || s->kept.place[i].first < first))
			first = s->kept.place[i].first;
	return first;
}

int seen_status(const struct seen_routes *s)
{
	int status = s->run ? run_status(s->run) : EXIT_RAN;

	return status == EXIT_RAN && s->irr_cut ? EXIT_PARTLY : status;
}

const char *seen_state(const struct origination *o)
{
	static char text[64];
	const char *why = rov_reason_text(o->why);

	if (o->state != ROV_INVALID || !why)
		return rov_state_text(o->state);
	snprintf(text, sizeof(text), "invalid (%s)", why);
	return text;
}

static void json_time(struct jsonw *w, const char *name, int64_t t)
{
	char text[TEXT_TIME];

	jsonw_put_text(w, name, t == TIME_NONE ? NULL : text_time(text, t));
}

void seen_json(const struct seen_routes *s, struct jsonw *w)
{
	if (s->kept.nplace) {
		jsonw_name(w, "incidents_from");
		jsonw_array(w);
		for (size_t i = 0; i < s->kept.nplace; i++) {
			const struct kept_place *p = &s->kept.place[i];

			jsonw_object(w);
			jsonw_put_text(w, "record", p->path);
			jsonw_put_uint(w, "findings", p->findings);
			json_time(w, "first", p->first);
			json_time(w, "last", p->last);
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
	}
	if (s->irr) {
		const struct irr_count *c = irr_counted(s->irr);

		jsonw_name(w, "irr");
		jsonw_object(w);
		jsonw_name(w, "read");
		jsonw_array(w);
		for (size_t i = 0; i < seen_options.irr.n; i++)
			jsonw_text(w, seen_options.irr.at[i]);
		jsonw_array_end(w);
		jsonw_put_uint(w, "routes", c->routes);
		jsonw_put_uint(w, "routes6", c->routes6);
		jsonw_put_uint(w, "aut_nums", c->policies);
		jsonw_put_uint(w, "unreadable", c->bad);
		jsonw_put_uint(w, "of_its_own", c->kept);
		jsonw_object_end(w);
	}
	if (!s->run)
		return;
	jsonw_name(w, "sources");
	jsonw_object(w);
	jsonw_name(w, "read");
	jsonw_array(w);
	for (size_t i = 0; i < s->run->n; i++)
		jsonw_text(w, s->run->at[i]->path);
	jsonw_array_end(w);
	json_time(w, "first", s->run->first);
	json_time(w, "last", s->run->last);
	jsonw_put_uint(w, "routes", s->run->routes);
	jsonw_name(w, "vrps");
	if (s->vrps)
		jsonw_uint(w, vrps_count(s->vrps));
	else
		jsonw_null(w);
	json_time(w, "vrps_time", s->run->know.vrps_time);
	jsonw_object_end(w);
}

void seen_sheet(const struct seen_routes *s, struct sheet *sheet)
{
	char a[TEXT_TIME], b[TEXT_TIME], n[32];

	for (size_t i = 0; i < s->kept.nplace; i++) {
		const struct kept_place *p = &s->kept.place[i];

		if (p->first == TIME_NONE)
			sheet_point(sheet, "Incidents kept in %s: %s%s.", p->path,
				    p->findings ? text_count(n, p->findings) : "none that",
				    p->findings ? ", undated" : " concerns it");
		else
			sheet_point(sheet, "Incidents kept in %s: %s, between %s and %s.", p->path,
				    text_count(n, p->findings), text_time(a, p->first),
				    text_time(b, p->last));
	}
	if (s->irr) {
		const struct irr_count *c = irr_counted(s->irr);

		sheet_point(
		    sheet,
		    "Route objects: %s for IPv4 and %s for IPv6 in %s%s, %s of them of "
		    "origins in question. Registries whose dump is not given may have more.",
		    text_number(c->routes), text_number(c->routes6), seen_options.irr.at[0],
		    seen_options.irr.n > 1 ? " and others" : "", text_number(c->kept));
	}
	if (!s->run)
		return;
	if (s->hygiene && s->run->first != TIME_NONE)
		sheet_point(
		    sheet,
		    "What is announced is from %s routes between %s and %s; what no peer of "
		    "these collectors sees is not in it.",
		    text_count(n, s->run->routes), text_time(a, s->run->first),
		    text_time(b, s->run->last));
	else if (s->hygiene)
		sheet_point(sheet, "What is announced is from %s routes of tables without a date.",
			    text_count(n, s->run->routes));
	if (s->vrps)
		sheet_point(sheet, "Origins are validated against %s VRPs%s%s.",
			    text_count(n, vrps_count(s->vrps)),
			    s->run->know.vrps_time == TIME_NONE ? ", undated" : " of ",
			    s->run->know.vrps_time == TIME_NONE
				? ""
				: text_time(a, s->run->know.vrps_time));
}
