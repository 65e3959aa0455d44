/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The terms of the index of a record: which findings have a kind, an actor, a country …, in order
 * of time. A term is (field, value, first, leaf), 21 bytes, big-endian, so that memcmp() orders
 * them. Terms lie in *segments*, each sorted by itself and cut into blocks that fill a page of
 * SQLite: what is added becomes a new segment, written from end to end, and eight segments of one
 * size become one. So adding costs no page that is looked for, and a search is one binary search
 * a segment (a log-structured merge tree; O'Neil et al., 1996).
 *
 * Everything happens within the transactions of the index, so it is as durable as SQLite is.
 */
#ifndef RECORD_TERMS_H
#define RECORD_TERMS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct terms;

/* The tables that it wants, for CREATE. */
extern const char terms_schema[];

/* db and path (for messages) are borrowed. */
struct terms *terms_new(sqlite3 *db, const char *path);
void terms_free(struct terms *t);

/* Within a transaction; terms_commit() writes them before its COMMIT, terms_undo() forgets them. */
void terms_add(struct terms *t, uint8_t field, uint32_t value, int64_t first, uint64_t leaf);
/* No term of this leaf stays; what was added before is meant too. */
void terms_forget(struct terms *t, uint64_t leaf);
bool terms_commit(struct terms *t, struct err *err);
void terms_undo(struct terms *t);

/* Reading, within a transaction (a read one is enough). terms_open() first: it looks which
 * segments there are. */
bool terms_open(struct terms *t, struct err *err);
/* Every term of a field and value with first in [from, to), ascending or (newest) descending,
 * until each() says false. */
bool terms_scan(struct terms *t, uint8_t field, uint32_t value, int64_t from, int64_t to,
		bool newest, bool (*each)(void *arg, int64_t first, uint64_t leaf), void *arg,
		struct err *err);
bool terms_has(struct terms *t, uint8_t field, uint32_t value, int64_t first, uint64_t leaf,
	       bool *has, struct err *err);

#endif
