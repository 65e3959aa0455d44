/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the judge knows besides the facts: tables among the sources, tables that the command line
 * names, and the embedded ones for what is still missing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assets.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/run.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/fingerprints.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "source/places.h"

/* Tables while they fill. */
struct filling {
	struct vrps *vrps;
	struct aspas *aspas;
	struct asgraph_build *relations;
	struct names *names;
	struct geo *geo;
	struct fingerprints *fingerprints;
};

/* The first source of a table vouches for it; a later one is named in a note of its own. */
static void vouch(struct run *r, uint32_t *source, uint32_t id, const char *what)
{
	if (*source == UINT32_MAX)
		*source = id;
	else if (*source != id && !r->at[id]->told) {
		r->at[id]->told = true;
		run_note(r, "%s come from more than one source and were put together.", what);
	}
}

static void fill(struct run *r, struct filling *t, uint32_t id, const struct facts *f)
{
	bool vrps = false, aspas = false, relations = false;

	for (size_t i = 0; i < f->nfact; i++) {
		const struct fact *x = &f->fact[i];

		switch (x->kind) {
		case FACT_VRP:
			vrps = true;
			break;
		case FACT_ASPA:
			aspas = true;
			break;
		case FACT_RELATION:
			if (!t->relations)
				t->relations = asgraph_build_new();
			relations = true;
			asgraph_build_add(t->relations, x->relation.a, x->relation.b,
					  x->relation.kind, LINK_BGP, 0, LINK_SURE_UNKNOWN);
			break;
		case FACT_PROVENANCE:
			r->at[id]->data_time = x->provenance.time;
			if (*x->provenance.text)
				r->report[id].provenance =
				    arena_text(&r->arena, x->provenance.text);
			break;
		case FACT_NAMING:
			if (!t->names)
				t->names = names_new();
			break;
		case FACT_FINGERPRINT:
			/* The user's lists come on top of our own. */
			if (!t->fingerprints) {
				t->fingerprints = fingerprints_new();
				fingerprints_add_own(t->fingerprints);
			}
			fingerprints_add(t->fingerprints, x->fingerprint);
			break;
		case FACT_ORIGIN:
			if (!r->at[id]->told) {
				r->at[id]->told = true;
				run_note(r,
					 "%s: networks of addresses are for 'meridian probe "
					 "--networks'; nothing is judged by them here.",
					 r->report[id].path);
			}
			break;
		case FACT_PLACE:
			if (!t->geo)
				t->geo = geo_new();
			break;
		default:
			break;
		}
	}
	if (vrps)
		vouch(r, &r->know.vrps_source, id, "VRPs");
	if (aspas)
		vouch(r, &r->know.aspas_source, id, "ASPAs");
	if (relations)
		vouch(r, &r->know.relations_source, id, "Relationships");
	/* Local exceptions filter tables that may come later, so both always take them. */
	vrps_feed(t->vrps, f);
	aspas_feed(t->aspas, f);
	if (t->names)
		names_feed(t->names, f);
	if (t->geo)
		geo_feed(t->geo, f);
}

/* Reads one table to its end. A table with a hole is no table: judging would be wrong. */
static bool load(struct run *r, struct filling *t, uint32_t id, struct err *err)
{
	const struct source_report *rep = &r->report[id];
	struct facts f;

	while (run_pull(r, id, &f))
		fill(r, t, id, &f);
	for (size_t i = 0; i < rep->ngarbled; i++)
		if (!rep->garbled[i].skipped)
			return err_set(
			    err, "%s: byte %llu: %s; judging by part of a table would be wrong",
			    rep->path, (unsigned long long)rep->garbled[i].offset,
			    rep->garbled[i].why);
	if (rep->fault)
		return err_set(err, "%s: %s; judging by part of a table would be wrong", rep->path,
			       rep->fault);
	return true;
}

/* A table that the command line names, or a folder of such, must be of the kind that is asked for
 * (a source whose name begins so): judging as if it had not been given would be wrong. */
static bool named(struct run *r, const char *path, const char *kind, const char *what,
		  struct err *err)
{
	size_t from = r->n, some = 0;

	if (!run_add(r, path, err))
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct run_source *s = r->at[i];

		if (i < from && strcmp(s->path, path) != 0)
			continue;
		some++;
		if (source_unread(&r->report[i]))
			return err_set(
			    err, "%s: not read: %s; judging by part of a table would be wrong",
			    s->path, r->report[i].fault);
		if (!s->source || strncmp(s->source->name, kind, strlen(kind)) != 0)
			return err_set(err, "%s: this is not a table of %s that I know%s%s",
				       s->path, what, s->source ? ", but " : "",
				       s->source ? s->source->name : "");
	}
	if (!some)
		return err_set(err, "%s: a folder without a table of %s", path, what);
	return true;
}

/* Relationships as text: a tenth of their size in memory. */
static bool relations_of(struct run *r, const struct asset *a, struct err *err)
{
	struct asgraph_build *b = asgraph_build_new();
	struct reader reader = {.source = &source_asrel, .name = a->path};
	struct facts f;
	uint32_t contradictions;

	reader.in = stream_of(a->at, a->n, a->path, 0);
	if (reader.source->open(&reader, err)) {
		while (reader.source->next(&reader, &f))
			for (size_t i = 0; i < f.nfact; i++)
				if (f.fact[i].kind == FACT_RELATION)
					asgraph_build_add(b, f.fact[i].relation.a,
							  f.fact[i].relation.b,
							  f.fact[i].relation.kind, LINK_BGP, 0,
							  LINK_SURE_UNKNOWN);
		reader.source->close(&reader);
	}
	stream_close(reader.in);
	r->own_relations = asgraph_build_done(b, &contradictions);
	r->know.relations = r->own_relations;
	if (reader.tally.skipped)
		return err_set(err, "%s: the table that this program carries is damaged", a->path);
	return true;
}

/* What the binary carries, where the user gave nothing of that kind. */
static bool embedded(struct run *r, struct err *err)
{
	const struct asset *a;

	if (!r->know.names && (a = asset_find("data/names.tab"))) {
		r->own_names = names_of(a->at, a->n, a->path, err);
		if (!r->own_names)
			return false;
		r->know.names = r->own_names;
		run_thank(r, names_about(r->own_names));
	}
	if (!r->know.geo && (a = asset_find("data/countries.tab"))) {
		r->own_geo = geo_of(a->at, a->n, a->path, err);
		if (!r->own_geo)
			return false;
		r->know.geo = r->own_geo;
		run_thank(r, geo_about(r->own_geo));
	}
	if (!r->know.relations && (a = asset_find("data/relationships-toposcope-201806.txt.zst"))) {
		if (!relations_of(r, a, err))
			return false;
		text_to_time("2018-06-01", 10, &r->know.relations_time);
		run_thank(
		    r,
		    "AS relationships: TopoScope, June 2018 (Jin et al., IMC 2020), BSD-3-Clause");
		run_note(r, "The AS relationships are the embedded ones of June 2018 (TopoScope); "
			    "--relationships FILE gives newer ones, 'meridian fetch relationships' "
			    "brings them.");
	}
	return true;
}

/* The date of a table's data: as the table says. */
static int64_t dated(const struct run *r, uint32_t source)
{
	return source == UINT32_MAX ? TIME_NONE : r->at[source]->data_time;
}

bool run_know(struct run *r, const struct run_tables *tables, struct err *err)
{
	struct filling t = {.vrps = vrps_new(), .aspas = aspas_new()};
	uint32_t contradictions = 0;
	bool ok = true;

	for (size_t i = 0; tables->vrps && i < tables->vrps->n && ok; i++)
		ok = named(r, tables->vrps->at[i], "vrps", "VRPs", err);
	for (size_t i = 0; tables->slurm && i < tables->slurm->n && ok; i++)
		ok = named(r, tables->slurm->at[i], "slurm", "local exceptions (SLURM)", err);
	if (tables->relations && ok)
		ok = named(r, tables->relations, "as-relationships", "AS relationships", err);
	for (uint32_t i = 0; i < r->n && ok; i++)
		if (!r->at[i]->done && r->at[i]->source->class == SOURCE_TABLE)
			ok = load(r, &t, i, err);
	vrps_ready(t.vrps);
	aspas_ready(t.aspas);
	r->own_vrps = t.vrps;
	r->own_aspas = t.aspas;
	if (r->know.vrps_source != UINT32_MAX)
		r->know.vrps = t.vrps;
	if (r->know.aspas_source != UINT32_MAX)
		r->know.aspas = t.aspas;
	r->know.vrps_time = dated(r, r->know.vrps_source);
	r->know.relations_time = dated(r, r->know.relations_source);
	if (t.relations)
		r->know.relations = r->own_relations =
		    asgraph_build_done(t.relations, &contradictions);
	if (contradictions)
		run_note(r,
			 "The relationships contradict themselves for %u pairs of networks; the "
			 "first word counts.",
			 contradictions);
	if (t.names) {
		names_ready(t.names);
		r->know.names = r->own_names = t.names;
	}
	if (t.geo) {
		geo_ready(t.geo);
		r->know.geo = r->own_geo = t.geo;
	}
	if (t.fingerprints) {
		fingerprints_ready(t.fingerprints);
		r->know.fingerprints = r->own_fingerprints = t.fingerprints;
	}
	if (!ok || tables->plain)
		return ok;
	if (!r->know.vrps)
		run_note(
		    r,
		    "No VRPs were given: no route was validated (--vrps FILE, or 'meridian fetch "
		    "vrps').");
	return embedded(r, err);
}

void run_forget(struct run *r)
{
	vrps_free(r->own_vrps);
	aspas_free(r->own_aspas);
	asgraph_free(r->own_relations);
	names_free(r->own_names);
	geo_free(r->own_geo);
	fingerprints_free(r->own_fingerprints);
}
