/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/whose.h"

#include "cmd/run.h"

static bool load(struct run *r, struct origins *o, uint32_t id, struct err *err)
{
	const struct source_report *rep = &r->report[id];
	struct facts f;
	size_t n = 0;

	if (source_unread(rep))
		return err_set(
		    err, "%s: not read: %s; naming networks by part of a table would be wrong",
		    rep->path, rep->fault);
	if (!r->at[id]->source)
		return err_set(err, "%s: this is nothing that I can read", rep->path);
	while (run_pull(r, id, &f))
		n += origins_feed(o, &f);
	if (rep->fault)
		return err_set(err, "%s: %s; naming networks by part of a table would be wrong",
			       rep->path, rep->fault);
	return n || err_set(err,
			    "%s: it does not say whose addresses are; wanted are lines "
			    "\"first,last,ASN\", a table of routes, or VRPs",
			    rep->path);
}

struct origins *whose(const struct opt_list *files, struct err *err)
{
	struct origins *o = origins_new();
	struct run *r = run_new(0);
	bool ok = true;

	for (size_t i = 0; i < files->n && ok; i++)
		ok = run_add(r, files->at[i], err);
	for (uint32_t i = 0; i < r->n && ok; i++)
		ok = load(r, o, i, err);
	run_free(r);
	if (!ok) {
		origins_free(o);
		return NULL;
	}
	origins_ready(o);
	return o;
}
