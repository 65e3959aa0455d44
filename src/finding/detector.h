/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A detector is a state with five verbs: new, feed, advance, merge, save and load. It is pure: no
 * input or output, no clock but the facts' own. Batch, live, many workers and a restart are then
 * the same code; its memory is bounded by what is open.
 *
 * detectors[] lists what can be found; adding one is one file and one line.
 */
#ifndef FINDING_DETECTOR_H
#define FINDING_DETECTOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "fact/facts.h"
#include "finding/finding.h"

struct vrps;
struct aspas;
struct asgraph;
struct names;
struct geo;
struct peers;
struct fingerprints;

/*
 * What the judge knows besides the facts. Borrowed for the run, none of it changes; a NULL table
 * was not given, and what rests on it is then not judged. `*_source` is the index of the run's
 * source that a table came from, UINT32_MAX when it is built in.
 */
struct knowledge {
	const struct vrps *vrps;
	const struct aspas *aspas;
	const struct asgraph *relations;
	const struct names *names; /* ASN to name, organisation and country */
	const struct geo *geo;	   /* prefix to country */
	const struct peers *peers;
	uint32_t vrps_source, aspas_source, relations_source;
	int64_t vrps_time, relations_time;	 /* of the tables' data, TIME_NONE unknown */
	const struct fingerprints *fingerprints; /* of block pages; NULL: the built-in ones */

	/*
	 * `observe --part`: route detectors do not judge but keep all that they are fed, and save
	 * it; load() of such parts into a state and merge() make one whole of them, in any order,
	 * which end() judges as if it had read everything itself.
	 */
	bool part;

	/* Is told of bytes that a detector may name, while they are at hand; table: they are of a
	 * table, of which there is much. NULL: nobody is. */
	void (*evidence)(void *arg, const struct slice *s, bool table);
	void *evidence_arg;

	/*
	 * By source: its bytes can be had again at any time, so that digests of evidence need not
	 * be kept: whoever writes a finding of it works them out (struct evidence). NULL: none.
	 */
	const bool *again;
	size_t nagain;

	/*
	 * load() gives sources and peers of a saved state the numbers that they have in this run:
	 * old number → new one. NULL: they are the same.
	 */
	const uint32_t *source_map;
	const uint16_t *peer_map;
	size_t nsource_map, npeer_map;

	/*
	 * A re-judgment of a finding's evidence: what the first judgment knew of its whole run,
	 * from the finding's context row of kind "run" (knowledge_run()).
	 */
	bool given, given_table;
	int64_t given_start, given_end;
	uint32_t given_peers;
	/* And what the finding tells of, from its rows of kind "scope" (knowledge_scope()): the
	 * evidence may show a part of something else. none: everything is judged. */
	struct {
		uint32_t asn;
		struct prefix prefix;
	} * scope; /* the caller frees it */
	size_t nscope, cap_scope;
	/* What an outage rests on, from its rows (knowledge_basis()); NULL: a table tells. */
	struct basis *basis;
};

/*
 * Reads a context row of kind "run" ("start=…;end=…;table=0;peers=602;vrps=…;relations=…") into
 * k: the times of the tables too. False: it is none.
 */
bool knowledge_run(struct knowledge *k, const char *text);
/* Adds a row of kind "scope" ("18101 95.161.64.0/20"). */
bool knowledge_scope(struct knowledge *k, const char *text);

/* Adds a row of kind "basis", "peer" or "had" of an outage; peers gets the counted ones. */
bool knowledge_basis(struct knowledge *k, struct peers *peers, const char *kind, const char *text);
void knowledge_basis_free(struct knowledge *k);

struct detector {
	const char *name;	  /* "hijack" */
	const char *about;	  /* one line */
	const struct rule *rules; /* ends with a NULL id */
	void *(*new)(const struct knowledge *k);
	/* Facts in order of time. */
	void (*feed)(void *state, const struct facts *f);
	/* It is now at least this late; what is closed moves to out. */
	void (*advance)(void *state, int64_t now, struct findings *out);
	/* No more facts: everything moves to out. */
	void (*end)(void *state, struct findings *out);
	/* from's facts are as if they had been fed to into; from is emptied. */
	bool (*merge)(void *into, void *from, struct err *err);
	void (*save)(const void *state, struct buf *out);
	bool (*load)(void *state, struct bytes *in, struct err *err);
	void (*free)(void *state);
};

extern const struct detector *const detectors[]; /* ends with NULL */

#endif
