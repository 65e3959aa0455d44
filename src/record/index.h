/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The index of a record: SQLite in WAL mode, made from the log and made again when it is lost.
 * It says where the log's last commit ended (so that a writer need not read the log), where each
 * leaf lies, and (record/terms.h) which findings have which kind, actor, victim, network, country
 * and time.
 */
#ifndef RECORD_INDEX_H
#define RECORD_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "finding/finding.h"
#include "record/tree.h"

struct index;

enum index_field {
	FIELD_KIND = 1,
	FIELD_ACTOR,
	FIELD_VICTIM,
	FIELD_NETWORK,
	FIELD_COUNTRY,
	FIELD_ID,  /* the first 31 bits of it: whoever looks compares the rest */
	FIELD_ANY, /* every finding, by time */
};

/* What is looked for; zero or NULL: anything. Times by when a finding began. */
struct index_query {
	const char *kind; /* "route.hijack" is every kind that begins so, at a dot */
	uint32_t actor, victim, network;
	const char *country;
	int64_t from, to;    /* first in [from, to); TIME_NONE: open */
	uint64_t run;	     /* leaf of a run, UINT64_MAX: any */
	uint8_t id[16];	     /* has_id: only this finding */
	bool has_id, newest; /* newest: the latest first */
	uint64_t limit;	     /* 0: all */
};

/* A finding's leaf and when it began. */
struct index_hit {
	uint64_t leaf;
	int64_t first;
	uint64_t at; /* where its frame is in the log, UINT64_MAX not looked up */
};

/* Of so many hits of a search the places are looked up with it. */
#define INDEX_PLACES 4096

/* memory: not in DIR but thrown away at the end (a record that can only be read). */
struct index *index_open(const char *dir, bool memory, struct err *err);
void index_close(struct index *x);

/* Between begin and commit everything counts or nothing does. */
bool index_begin(struct index *x, struct err *err);
bool index_commit(struct index *x, struct err *err);
void index_undo(struct index *x);

/* Leaves come one after another; in_run is the leaf of the run that it belongs to. */
bool index_leaf(struct index *x, uint64_t leaf, uint8_t kind, uint32_t in_run, uint64_t at,
		struct err *err);
void index_finding(struct index *x, uint64_t leaf, const struct finding *f);
bool index_raw(struct index *x, uint64_t leaf, const uint8_t sha256[SHA256_SIZE], struct err *err);
/* What was erased is no longer found. */
bool index_forget(struct index *x, uint64_t leaf, struct err *err);

/* How far the log is indexed, and the tree there. */
bool index_set_end(struct index *x, uint64_t end, const struct tree *t, struct err *err);
bool index_end(struct index *x, uint64_t *end, struct tree *t, struct err *err);

/* Where a leaf lies in the log; false without text in err: there is none. */
bool index_at(struct index *x, uint64_t leaf, uint8_t *kind, uint64_t *at, struct err *err);
bool index_find_raw(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t *leaf,
		    struct err *err);

/* The leaves of one kind, ascending. */
bool index_leaves(struct index *x, uint8_t kind, uint64_t **leaf, size_t *n, struct err *err);

/* The hits in order of their beginning, then leaf; returned array is the caller's to free. */
bool index_search(struct index *x, const struct index_query *q, struct index_hit **hits, size_t *n,
		  struct err *err);

/* SQLite's own check of the file, and how many of each there are. */
bool index_check(struct index *x, uint64_t *leaves, uint64_t *findings, struct err *err);

/* Overwrites what SQLite still has of deleted rows. */
bool index_scrub(struct index *x, struct err *err);

#endif
