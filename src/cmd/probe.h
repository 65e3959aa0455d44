/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian probe, what its parts share: the options, and one run.
 */
#ifndef CMD_PROBE_H
#define CMD_PROBE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "cmd/aims.h"
#include "cmd/here.h"
#include "cmd/progress.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/origins.h"

#define RESOLVERS_MAX 8
#define HELPERS_MAX 8

/* What the command line says; probe.c has the table. */
struct probe_asked {
	struct opt_list lists, resolvers, controls, tools, servers, networks;
	const char *validate, *trust_anchor;
	const char *resume, *as, *record, *store, *spool, *ca, *neutral, *nobody, *country;
	bool dry_run, yes, keep_address, verdicts, loopback, whoami, follow;
	uint64_t seed, parallel, redirects, byte_limit; /* MB */
	uint32_t asn;
	double timeout, rest_for, time_limit;
};
extern struct probe_asked probe_asked;

struct probe_run {
	struct arena arena;
	struct aims aims;
	struct resolver_spec resolver[RESOLVERS_MAX], system[RESOLVERS_SYSTEM];
	size_t nsystem, served[RESOLVERS_SYSTEM]; /* answers of each */
	struct helper_spec helper[HELPERS_MAX];
	struct trust_anchor anchor;
	struct dnssec_options validate[RESOLVERS_MAX + 1];
	struct dnssec *dnssec[RESOLVERS_MAX + 1];
	size_t nvalidate;
	struct plan_options opt;
	struct geo *geo;
	struct names *names;
	struct origins *origins;
	struct here here;
	struct loop *loop;
	int fd;		/* of the measurements */
	struct err err; /* of writing them */
	size_t next, running, done;
	struct slot *slot;
	int64_t started;
	char report_id[96];
	struct progress progress;
	struct buf line;
};

/* ---- probe_whom.c: whom a run contacts ---- */

/* Resolvers, helpers and names to hold against, into r->opt. */
bool probe_whom(struct probe_run *r, struct err *err);
/* Was --validate given? */
bool probe_validates(void);
/* What will be contacted. all: every target, for --dry-run. */
void probe_tell(struct probe_run *r, struct buf *out, bool all);
/* False: the user does not want to. */
bool probe_allowed(struct probe_run *r, struct err *err);

/* ---- probe_measure.c: the run itself, and where its measurements are written ---- */

bool probe_open(struct probe_run *r, struct err *err);
void probe_measure(struct probe_run *r);

/* ---- probe_judge.c: what was measured is shown or judged; the status to exit with ---- */

int probe_judge(struct probe_run *r, struct err *err);

#endif
