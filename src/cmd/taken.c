/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/taken.h"

#include <string.h>

#include "report/lines.h"

bool taken_is(const char *path)
{
	struct err err;
	struct run *r;
	bool is;

	if (!strcmp(path, "-"))
		return false;
	r = run_new(0);
	is = run_add(r, path, &err) && r->n && r->at[0]->source &&
	     r->at[0]->source->class == SOURCE_EVENTS;
	run_free(r);
	return is;
}

/* `lines` are made by a state that nobody can hand over, so it stands here while a run goes on. */
static struct taken *now;
static const struct peers *peers;

static void *begin(const struct knowledge *know)
{
	(void)know;
	return now;
}

static bool without(const struct taken *t, const struct peer *p)
{
	for (size_t i = 0; i < t->nwithout; i++)
		if (p->collector && !strcmp(p->collector, t->without[i]))
			return true;
	return false;
}

static void feed(void *state, const struct facts *f, const char *kind, struct buf *out)
{
	struct taken *t = state;

	(void)kind;
	(void)out;
	for (size_t i = 0; i < f->nroute; i++) {
		const struct route *r = &f->route[i];
		const struct peer *p = peers_at(peers, r->peer);

		if (r->kind == ROUTE_WITHDRAW || !r->attrs || r->safi != 1 || !r->prefix.len ||
		    !r->attrs->path.nflat)
			continue;
		if (without(t, p)) {
			t->left_out++;
			continue;
		}
		t->routes++;
		t->each(t->arg, r, p);
	}
}

static void end(void *state)
{
	(void)state;
}

bool taken_read(struct taken *t, int n, char **path, struct err *err)
{
	static const struct lines lines = {"taken", "", begin, feed, end};
	struct run *r = run_new(0);
	bool ok = true;

	r->progress = true;
	for (int i = 0; i < n && ok; i++)
		ok = run_add(r, path[i], err);
	for (size_t i = 0; i < r->n && ok; i++)
		if (!r->at[i]->source || r->at[i]->source->class != SOURCE_EVENTS)
			ok = err_set(err, "%s: holds no routes that observe can read",
				     r->at[i]->path);
	now = t;
	peers = r->peers;
	ok = ok && run_lines(r, &lines, -1, err);
	run_free(r);
	return ok;
}
