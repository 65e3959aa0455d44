/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the judge knows besides the facts: tables among the sources, tables that the command line
 * names, and the embedded ones for what is still missing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "base/text.h"
#include "cmd/run.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/vrps.h"

/* Tables while they fill. */
struct filling {
	struct vrps *vrps;
	struct aspas *aspas;
	struct asgraph_build *relations;
};

static void fill(struct run *r, struct filling *t, uint32_t id, const struct facts *f)
{
	for (size_t i = 0; i < f->nfact; i++) {
		const struct fact *x = &f->fact[i];

		switch (x->kind) {
		case FACT_VRP:
			if (!t->vrps) {
				t->vrps = vrps_new();
				r->know.vrps_source = id;
			}
			vrps_add(t->vrps, &x->vrp);
			break;
		case FACT_ASPA:
			if (!t->aspas) {
				t->aspas = aspas_new();
				r->know.aspas_source = id;
			}
			aspas_add(t->aspas, &x->aspa);
			break;
		case FACT_RELATION:
			if (!t->relations) {
				t->relations = asgraph_build_new();
				r->know.relations_source = id;
			}
			asgraph_build_add(t->relations, x->relation.a, x->relation.b,
					  x->relation.kind, LINK_BGP, 0, LINK_SURE_UNKNOWN);
			break;
		default:
			break;
		}
	}
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

/* A table that the command line names must be one of the kind that is asked for. */
static bool named(struct run *r, const char *path, const char *what, struct err *err)
{
	size_t before = r->n;

	if (!run_add(r, path, err))
		return false;
	for (size_t i = before; i < r->n; i++)
		if (!r->at[i]->source || r->at[i]->source->class != SOURCE_TABLE)
			return err_set(err, "%s: this is not a table of %s that I know", path,
				       what);
	return true;
}

bool run_know(struct run *r, const struct run_tables *tables, struct err *err)
{
	struct filling t = {0};
	bool ok = true;

	for (size_t i = 0; tables->vrps && i < tables->vrps->n && ok; i++)
		ok = named(r, tables->vrps->at[i], "VRPs", err);
	for (size_t i = 0; tables->slurm && i < tables->slurm->n && ok; i++)
		ok = named(r, tables->slurm->at[i], "local exceptions (SLURM)", err);
	if (tables->relations && ok)
		ok = named(r, tables->relations, "AS relationships", err);
	for (uint32_t i = 0; i < r->n && ok; i++)
		if (!r->at[i]->done && r->at[i]->source->class == SOURCE_TABLE)
			ok = load(r, &t, i, err);
	if (t.vrps)
		vrps_ready(t.vrps);
	if (t.aspas)
		aspas_ready(t.aspas);
	r->know.vrps = t.vrps;
	r->know.aspas = t.aspas;
	r->own_vrps = t.vrps;
	r->own_aspas = t.aspas;
	if (t.relations) {
		uint32_t contradictions;

		r->own_relations = asgraph_build_done(t.relations, &contradictions);
		r->know.relations = r->own_relations;
		if (contradictions)
			run_note(
			    r,
			    "The relationships contradict themselves for %u pairs of networks; "
			    "the first word counts.",
			    contradictions);
	}
	if (!ok || tables->plain)
		return ok;
	if (!r->know.vrps)
		run_note(
		    r,
		    "No VRPs were given: no route was validated (--vrps FILE, or 'meridian fetch "
		    "vrps').");
	return true;
}

void run_forget(struct run *r)
{
	vrps_free(r->own_vrps);
	aspas_free(r->own_aspas);
	asgraph_free(r->own_relations);
}
