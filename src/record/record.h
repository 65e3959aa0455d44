/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The record: what was found, the raw bytes under it, and the run that found it, kept so that
 * nobody can change it unseen. A folder: `log` (record/log.h) is the truth; `index.db`
 * (record/index.h) is made from it; tile/ and checkpoint (record/tiles.h) come with sealing.
 *
 *	record_open → record_run → record_finding, record_raw … → record_run_end → record_close
 *
 * What record_commit() (or record_close()) said true to is on the disk. Killed at any moment, a
 * record holds all of that and is whole. Several processes may write one record. One thread at a
 * time may use a struct record; it has one of its own, which writes and indexes what was given
 * while more is being given.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "finding/finding.h"
#include "record/index.h"
#include "record/log.h"

struct record;

enum record_option {
	RECORD_CREATE = 1,	  /* make it when it is not there */
	RECORD_SMALL_BATCHES = 2, /* for tests: every few leaves are written by the thread */
};

/* origin: the name of its log in checkpoints (a schema-less URL), NULL: one is made up. */
struct record *record_open(const char *dir, unsigned options, const char *origin, struct err *err);
/* Commits first; false when that failed. Frees in any case. */
bool record_close(struct record *r, struct err *err);
/* Frees without committing. */
void record_drop(struct record *r);

/* A run begins; what follows belongs to it. The JSON is run_json() of record/run.h. */
bool record_run(struct record *r, const char *json, size_t n, struct err *err);
/* It ended so; a run without this was interrupted. */
bool record_run_end(struct record *r, const char *json, size_t n, struct err *err);
bool record_finding(struct record *r, const struct finding *f, const struct peers *peers,
		    struct err *err);
/* Bytes of evidence; the same bytes are kept once. sha256 may be NULL. */
bool record_raw(struct record *r, enum media media, const void *p, size_t n,
		uint8_t sha256[SHA256_SIZE], struct err *err);
/* The same for bytes whose digest was taken already. */
bool record_raw_of(struct record *r, enum media media, const void *p, size_t n,
		   const uint8_t sha256[SHA256_SIZE], struct err *err);
bool record_custody(struct record *r, const char *json, size_t n, struct err *err);
bool record_commit(struct record *r, struct err *err);

/* Reading. Leaves count from 0; record_size() includes what other processes committed by now. */
struct leaf {
	uint64_t n;
	uint8_t kind; /* enum frame_kind */
	uint16_t media;
	uint32_t run;
	bool erased;
	uint8_t digest[SHA256_SIZE]; /* of salt and content */
	uint8_t salt[LOG_SALT];	     /* zeros when erased */
};

bool record_refresh(struct record *r, struct err *err);
uint64_t record_size(const struct record *r);
struct tree_hash record_root(const struct record *r);
const char *record_origin(const struct record *r);
const char *record_dir(const struct record *r);
/* content may be NULL. An erased leaf is no failure: leaf->erased, nothing is added. */
bool record_leaf(struct record *r, uint64_t n, struct leaf *leaf, struct buf *content,
		 struct err *err);
/* Only what the Merkle tree has of a leaf: leaf_text(). */
bool record_entry(struct record *r, uint64_t n, struct buf *out, struct err *err);
/* The leaves of one kind, ascending; the caller frees *leaf. */
bool record_leaves(struct record *r, enum frame_kind kind, uint64_t **leaf, size_t *n,
		   struct err *err);
bool record_search(struct record *r, const struct index_query *q, struct index_hit **hits,
		   size_t *n, struct err *err);
bool record_find_raw(struct record *r, const uint8_t sha256[SHA256_SIZE], uint64_t *leaf,
		     struct err *err);

/* Overwrites salt and content of these leaves; their digests stay in the tree. */
bool record_erase(struct record *r, const uint64_t *leaf, size_t n, struct err *err);
/* Every leaf of a finding: itself in all runs, and the raw bytes that no other finding needs.
 * The caller frees *leaf. */
bool record_leaves_of(struct record *r, const uint8_t id[16], uint64_t **leaf, size_t *n,
		      struct err *err);

/*
 * Makes the tiles and the checkpoint of all that is committed, signed by s. Another checkpoint
 * that is there must be of the beginning of this tree. Cosignatures are lost with the old one.
 * checkpoint (may be NULL) gets its text.
 */
struct note_signer;
bool record_checkpoint(struct record *r, const struct note_signer *s, struct buf *checkpoint,
		       struct err *err);

/* Who wants to see how far record_check() is: bytes of the log, and leaves. */
struct record_look {
	void (*at)(void *arg, uint64_t done, uint64_t total, uint64_t leaves);
	void *arg;
};

/* What record_check() found. */
struct record_state {
	uint64_t leaves, findings, runs, raws, erased, commits;
	uint64_t bytes;	      /* of the log */
	uint64_t unfinished;  /* bytes of a write that nobody was told of */
	uint64_t missing;     /* raw bytes that a finding names and the record does not have */
	char checkpoint[160]; /* what the newest checkpoint says, "" none */
};

/* Reads everything and proves it whole: digests, tree, index, findings, tiles, checkpoint. */
bool record_check(const char *dir, const struct record_look *look, struct record_state *s,
		  struct err *err);

#endif
