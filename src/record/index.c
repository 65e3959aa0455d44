/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/index.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"

#define VERSION 2

enum statement {
	ADD_LEAF,
	ADD_FINDING,
	ADD_TERM,
	ADD_RAW,
	ADD_KIND,
	DROP_FINDING,
	DROP_RAW,
	SET_META,
	GET_META,
	GET_LEAF,
	GET_RAW,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [ADD_LEAF] = "INSERT OR REPLACE INTO leaf VALUES(?1,?2,?3)",
    [ADD_FINDING] = "INSERT OR REPLACE INTO finding VALUES(?1,?2,?3,?4,?5)",
    [ADD_TERM] = "INSERT OR IGNORE INTO term VALUES(?1,?2,?3,?4)",
    [ADD_RAW] = "INSERT OR IGNORE INTO raw VALUES(?1,?2)",
    [ADD_KIND] = "INSERT OR IGNORE INTO kind VALUES(?1)",
    [DROP_FINDING] = "DELETE FROM finding WHERE leaf=?1",
    [DROP_RAW] = "DELETE FROM raw WHERE leaf=?1",
    [SET_META] = "INSERT OR REPLACE INTO meta VALUES(?1,?2)",
    [GET_META] = "SELECT value FROM meta WHERE name=?1",
    [GET_LEAF] = "SELECT kind,at FROM leaf WHERE n=?1",
    [GET_RAW] = "SELECT leaf FROM raw WHERE sha256=?1",
};

/* One entry of `term`, until the transaction's end: in the order of their keys they go into the
 * tree's pages one after another, which is several times faster. */
struct term {
	int field;
	uint32_t number;
	const char *text; /* NULL: the number */
	int64_t first;
	uint64_t leaf;
};

struct index {
	struct term *term;
	size_t nterm, term_cap;
	struct arena texts;
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	char *path;
};

static bool fail(struct index *x, struct err *err)
{
	return err_set(err, "%s: %s", x->path, sqlite3_errmsg(x->db));
}

static bool run(struct index *x, const char *text, struct err *err)
{
	return sqlite3_exec(x->db, text, NULL, NULL, NULL) == SQLITE_OK || fail(x, err);
}

static sqlite3_stmt *prepared(struct index *x, enum statement s, struct err *err)
{
	if (!x->st[s] && sqlite3_prepare_v3(x->db, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &x->st[s],
					    NULL) != SQLITE_OK) {
		fail(x, err);
		return NULL;
	}
	return x->st[s];
}

static bool step(struct index *x, sqlite3_stmt *st, struct err *err)
{
	bool ok = sqlite3_step(st) == SQLITE_DONE;

	if (!ok)
		fail(x, err);
	sqlite3_reset(st);
	return ok;
}

struct index *index_open(const char *dir, bool memory, struct err *err)
{
	struct index *x = mem_zero(1, sizeof(*x));
	struct buf path = {0};
	mode_t mask;
	bool ok;

	buf_printf(&path, "%s/index.db", dir);
	x->path = mem_text(path.at);
	buf_free(&path);
	mask = umask(0177);
	ok = sqlite3_open_v2(memory ? ":memory:" : x->path, &x->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			     NULL) == SQLITE_OK ||
	     fail(x, err);
	if (ok) {
		sqlite3_busy_timeout(x->db, 60000);
		/* The log is the truth, so the index need not survive a power cut by itself. */
		ok =
		    run(x,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
			"PRAGMA cache_size=-65536; PRAGMA secure_delete=ON; "
			"PRAGMA wal_autocheckpoint=4000; PRAGMA foreign_keys=OFF;",
			err) &&
		    run(x,
			"BEGIN IMMEDIATE;"
			"CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value) WITHOUT "
			"ROWID;"
			"CREATE TABLE IF NOT EXISTS leaf(n INTEGER PRIMARY KEY, kind INTEGER, at "
			"INTEGER);"
			"CREATE TABLE IF NOT EXISTS finding(leaf INTEGER PRIMARY KEY, id INTEGER, "
			"run "
			"INTEGER, first INTEGER, last INTEGER);"
			"CREATE TABLE IF NOT EXISTS term(field INTEGER, value, first INTEGER, leaf "
			"INTEGER, PRIMARY KEY(field, value, first, leaf)) WITHOUT ROWID;"
			"CREATE TABLE IF NOT EXISTS raw(sha256 BLOB PRIMARY KEY, leaf INTEGER) "
			"WITHOUT ROWID;"
			"CREATE TABLE IF NOT EXISTS kind(name TEXT PRIMARY KEY) WITHOUT ROWID;"
			"COMMIT;",
			err);
	}
	umask(mask);
	if (ok)
		return x;
	index_close(x);
	return NULL;
}

void index_close(struct index *x)
{
	if (!x)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(x->st[i]);
	sqlite3_close(x->db);
	arena_free(&x->texts);
	free(x->term);
	free(x->path);
	free(x);
}

bool index_begin(struct index *x, struct err *err)
{
	return run(x, "BEGIN IMMEDIATE", err);
}

bool index_leaf(struct index *x, uint64_t leaf, uint8_t kind, uint64_t at, struct err *err)
{
	sqlite3_stmt *st = prepared(x, ADD_LEAF, err);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
	sqlite3_bind_int(st, 2, kind);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)at);
	return step(x, st, err);
}

static bool term_number(struct index *x, enum index_field field, uint32_t value, int64_t first,
			uint64_t leaf, struct err *err)
{
	(void)err;
	if (!value)
		return true;
	mem_room(&x->term, &x->term_cap, x->nterm + 1);
	x->term[x->nterm++] = (struct term){field, value, NULL, first, leaf};
	return true;
}

static bool term_text(struct index *x, enum index_field field, const char *value, int64_t first,
		      uint64_t leaf, struct err *err)
{
	(void)err;
	if (!value || !*value)
		return true;
	mem_room(&x->term, &x->term_cap, x->nterm + 1);
	x->term[x->nterm++] = (struct term){field, 0, arena_text(&x->texts, value), first, leaf};
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct term *x = a, *y = b;
	int c;

	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	if (x->text && y->text && (c = strcmp(x->text, y->text)))
		return c;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static void forget_terms(struct index *x)
{
	x->nterm = 0;
	arena_reset(&x->texts);
}

static bool put_terms(struct index *x, struct err *err)
{
	sqlite3_stmt *st = prepared(x, ADD_TERM, err);
	bool ok = st != NULL;

	if (x->nterm)
		qsort(x->term, x->nterm, sizeof(*x->term), by_key);
	for (size_t i = 0; ok && i < x->nterm; i++) {
		const struct term *t = &x->term[i];

		sqlite3_bind_int(st, 1, t->field);
		if (t->text)
			sqlite3_bind_text(st, 2, t->text, -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(st, 2, t->number);
		sqlite3_bind_int64(st, 3, t->first);
		sqlite3_bind_int64(st, 4, (sqlite3_int64)t->leaf);
		ok = step(x, st, err);
	}
	forget_terms(x);
	return ok;
}

bool index_commit(struct index *x, struct err *err)
{
	return put_terms(x, err) && run(x, "COMMIT", err);
}

void index_undo(struct index *x)
{
	forget_terms(x);
	sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Ids are digests: eight bytes of one tell findings apart, and the rest is compared. */
static int64_t id_key(const uint8_t id[16])
{
	uint64_t v;

	memcpy(&v, id, sizeof(v));
	return (int64_t)__builtin_bswap64(v);
}

static uint32_t id_term(const uint8_t id[16])
{
	return (uint32_t)((uint64_t)id_key(id) >> 33) | 1;
}

static bool seen_country(const struct finding *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(f->country[k], f->country[i]))
			return true;
	return false;
}

bool index_finding(struct index *x, uint64_t leaf, uint64_t run_leaf, const struct finding *f,
		   struct err *err)
{
	sqlite3_stmt *st = prepared(x, ADD_FINDING, err), *kind = prepared(x, ADD_KIND, err);
	int64_t first = f->first;
	bool ok;

	if (!st || !kind)
		return false;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
	sqlite3_bind_int64(st, 2, id_key(f->id));
	sqlite3_bind_int64(st, 3, (sqlite3_int64)run_leaf);
	sqlite3_bind_int64(st, 4, first);
	sqlite3_bind_int64(st, 5, f->last);
	sqlite3_bind_text(kind, 1, f->kind, -1, SQLITE_STATIC);
	ok = step(x, st, err) && step(x, kind, err) &&
	     term_number(x, FIELD_ANY, 1, first, leaf, err) &&
	     term_number(x, FIELD_ID, id_term(f->id), first, leaf, err) &&
	     term_text(x, FIELD_KIND, f->kind, first, leaf, err) &&
	     term_number(x, FIELD_ACTOR, f->actor.net.asn, first, leaf, err) &&
	     term_number(x, FIELD_NETWORK, f->actor.net.asn, first, leaf, err);
	for (size_t i = 0; ok && i < f->nvictim; i++)
		ok = term_number(x, FIELD_VICTIM, f->victim[i].asn, first, leaf, err) &&
		     (f->victim[i].asn == f->actor.net.asn ||
		      term_number(x, FIELD_NETWORK, f->victim[i].asn, first, leaf, err));
	for (size_t i = 0; ok && i < f->nasn; i++)
		if (f->asn[i].asn != f->actor.net.asn)
			ok = term_number(x, FIELD_NETWORK, f->asn[i].asn, first, leaf, err);
	for (size_t i = 0; ok && i < f->nwhere; i++)
		if (f->where[i].asn != f->actor.net.asn)
			ok = term_number(x, FIELD_NETWORK, f->where[i].asn, first, leaf, err);
	for (size_t i = 0; ok && i < f->ncountry; i++)
		if (!seen_country(f, i))
			ok = term_text(x, FIELD_COUNTRY, f->country[i], first, leaf, err);
	return ok;
}

bool index_raw(struct index *x, uint64_t leaf, const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	sqlite3_stmt *st = prepared(x, ADD_RAW, err);

	if (!st)
		return false;
	sqlite3_bind_blob(st, 1, sha256, SHA256_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)leaf);
	return step(x, st, err);
}

bool index_forget(struct index *x, uint64_t leaf, struct err *err)
{
	sqlite3_stmt *st;
	bool ok = true;
	char text[128];

	/* What this transaction added itself must be there to be deleted. */
	if (!put_terms(x, err))
		return false;
	snprintf(text, sizeof(text), "DELETE FROM term WHERE leaf=%" PRIu64, leaf);
	ok = run(x, text, err);
	for (enum statement s = DROP_FINDING; ok && s <= DROP_RAW; s++) {
		st = prepared(x, s, err);
		if (!st)
			return false;
		sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
		ok = step(x, st, err);
	}
	return ok;
}

bool index_scrub(struct index *x, struct err *err)
{
	return run(x, "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

bool index_set_end(struct index *x, uint64_t end, const struct tree *t, struct err *err)
{
	sqlite3_stmt *st = prepared(x, SET_META, err);
	struct buf b = {0};
	bool ok;

	if (!st)
		return false;
	buf_u32(&b, VERSION);
	buf_u64(&b, end);
	buf_u64(&b, t->n);
	for (unsigned i = 0; i < tree_parts(t); i++)
		buf_add(&b, t->right[i].at, TREE_HASH);
	sqlite3_bind_text(st, 1, "end", -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, b.at, (int)b.len, SQLITE_TRANSIENT);
	ok = step(x, st, err);
	buf_free(&b);
	return ok;
}

bool index_end(struct index *x, uint64_t *end, struct tree *t, struct err *err)
{
	sqlite3_stmt *st = prepared(x, GET_META, err);
	bool ok = true;
	int rc;

	*end = 0;
	*t = (struct tree){0};
	if (!st)
		return false;
	sqlite3_bind_text(st, 1, "end", -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		struct bytes b =
		    bytes_of(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
		bool known = bytes_u32(&b) == VERSION;

		*end = bytes_u64(&b);
		t->n = bytes_u64(&b) & INT64_MAX;
		for (unsigned i = 0; i < tree_parts(t); i++)
			bytes_copy(&b, t->right[i].at, TREE_HASH);
		if (b.bad || bytes_left(&b) || !known)
			ok = err_set(err,
				     "%s: an index of another version; delete it and it is made "
				     "again from the log",
				     x->path);
	} else if (rc != SQLITE_DONE) {
		ok = fail(x, err);
	}
	sqlite3_reset(st);
	return ok;
}

bool index_at(struct index *x, uint64_t leaf, uint8_t *kind, uint64_t *at, struct err *err)
{
	sqlite3_stmt *st = prepared(x, GET_LEAF, err);
	int rc;

	err->text[0] = 0;
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*kind = (uint8_t)sqlite3_column_int(st, 0);
		*at = (uint64_t)sqlite3_column_int64(st, 1);
	} else if (rc != SQLITE_DONE) {
		fail(x, err);
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW;
}

bool index_find_raw(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t *leaf,
		    struct err *err)
{
	sqlite3_stmt *st = prepared(x, GET_RAW, err);
	int rc;

	err->text[0] = 0;
	if (!st)
		return false;
	sqlite3_bind_blob(st, 1, sha256, SHA256_SIZE, SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*leaf = (uint64_t)sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		fail(x, err);
	sqlite3_reset(st);
	return rc == SQLITE_ROW;
}

struct hits {
	struct index_hit *at;
	size_t n, cap;
};

static int by_first(const void *a, const void *b)
{
	const struct index_hit *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static int by_newest(const void *a, const void *b)
{
	return by_first(b, a);
}

/* One more condition: the finding has that term as well. */
static void also(struct buf *b, enum index_field field, const char *value)
{
	buf_printf(b,
		   " AND EXISTS(SELECT 1 FROM term o WHERE o.field=%d AND o.value=%s AND "
		   "o.first=t.first AND o.leaf=t.leaf)",
		   field, value);
}

/* The search by one term (or by time alone), narrowed by the others. */
static bool search(struct index *x, const struct index_query *q, const char *kind, struct hits *out,
		   struct err *err)
{
	struct buf b = {0}, value[6] = {{0}};
	int lead = 0;
	sqlite3_stmt *st = NULL;
	bool ok;
	int rc = SQLITE_DONE;
	/* The most telling one leads. */
	static const int order[] = {FIELD_ACTOR, FIELD_VICTIM, FIELD_NETWORK, FIELD_COUNTRY,
				    FIELD_KIND};

	if (q->actor)
		buf_printf(&value[FIELD_ACTOR], "%u", q->actor);
	if (q->victim)
		buf_printf(&value[FIELD_VICTIM], "%u", q->victim);
	if (q->network)
		buf_printf(&value[FIELD_NETWORK], "%u", q->network);
	if (q->country)
		buf_text(&value[FIELD_COUNTRY], "?1");
	if (kind)
		buf_text(&value[FIELD_KIND], "?2");
	for (size_t i = 0; !lead && i < 5; i++)
		if (value[order[i]].len)
			lead = order[i];
	if (q->has_id)
		buf_printf(&b, "SELECT leaf,first FROM term t WHERE field=%d AND value=%u",
			   FIELD_ID, id_term(q->id));
	else if (lead)
		buf_printf(&b, "SELECT leaf,first FROM term t WHERE field=%d AND value=%s", lead,
			   value[lead].at);
	else
		buf_printf(&b, "SELECT leaf,first FROM term t WHERE field=%d AND value=1",
			   FIELD_ANY);
	for (int f = FIELD_KIND; f <= FIELD_COUNTRY; f++)
		if (value[f].len && (f != lead || q->has_id))
			also(&b, (enum index_field)f, value[f].at);
	if (q->from != TIME_NONE)
		buf_printf(&b, " AND first>=%" PRId64, q->from);
	if (q->to != TIME_NONE)
		buf_printf(&b, " AND first<%" PRId64, q->to);
	if (q->run != UINT64_MAX)
		buf_printf(&b, " AND (SELECT run FROM finding f WHERE f.leaf=t.leaf)=%" PRIu64,
			   q->run);
	buf_text(&b, q->newest ? " ORDER BY first DESC, leaf DESC" : " ORDER BY first, leaf");
	if (q->limit)
		buf_printf(&b, " LIMIT %" PRIu64, q->limit);
	ok = sqlite3_prepare_v2(x->db, b.at, -1, &st, NULL) == SQLITE_OK || fail(x, err);
	if (ok && q->country)
		sqlite3_bind_text(st, 1, q->country, -1, SQLITE_STATIC);
	if (ok && kind)
		sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		mem_room(&out->at, &out->cap, out->n + 1);
		out->at[out->n++] = (struct index_hit){(uint64_t)sqlite3_column_int64(st, 0),
						       sqlite3_column_int64(st, 1)};
	}
	if (ok && rc != SQLITE_DONE)
		ok = fail(x, err);
	sqlite3_finalize(st);
	for (int f = 0; f < 6; f++)
		buf_free(&value[f]);
	buf_free(&b);
	return ok;
}

/* The kinds of this record that begin with a word; each has an order of its own in the index. */
static bool each_kind(struct index *x, const struct index_query *q, struct hits *out,
		      struct err *err)
{
	sqlite3_stmt *st = NULL;
	size_t n = strlen(q->kind);
	bool ok = sqlite3_prepare_v2(x->db, "SELECT name FROM kind ORDER BY name", -1, &st, NULL) ==
		      SQLITE_OK ||
		  fail(x, err);
	int rc = SQLITE_DONE;

	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		if (name && !strncmp(name, q->kind, n) && (!name[n] || name[n] == '.'))
			ok = search(x, q, name, out, err);
	}
	if (ok && rc != SQLITE_DONE)
		ok = fail(x, err);
	sqlite3_finalize(st);
	return ok;
}

bool index_search(struct index *x, const struct index_query *q, struct index_hit **hits, size_t *n,
		  struct err *err)
{
	struct hits out = {0};
	bool ok = q->kind ? each_kind(x, q, &out, err) : search(x, q, NULL, &out, err);

	if (!ok) {
		free(out.at);
		return false;
	}
	if (out.n)
		qsort(out.at, out.n, sizeof(*out.at), q->newest ? by_newest : by_first);
	if (q->limit && out.n > q->limit)
		out.n = q->limit;
	*hits = out.at;
	*n = out.n;
	return true;
}

static bool one_number(struct index *x, const char *text, uint64_t *out, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(x->db, text, -1, &st, NULL) == SQLITE_OK &&
		  sqlite3_step(st) == SQLITE_ROW;

	if (ok)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	else
		fail(x, err);
	sqlite3_finalize(st);
	return ok;
}

bool index_check(struct index *x, uint64_t *leaves, uint64_t *findings, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(x->db, "PRAGMA quick_check(1)", -1, &st, NULL) == SQLITE_OK &&
		  sqlite3_step(st) == SQLITE_ROW;
	const char *said = ok ? (const char *)sqlite3_column_text(st, 0) : NULL;

	if (!said)
		ok = fail(x, err);
	else if (strcmp(said, "ok") != 0)
		ok = err_set(err, "%s: %s", x->path, said);
	sqlite3_finalize(st);
	return ok && one_number(x, "SELECT count(*) FROM leaf", leaves, err) &&
	       one_number(x, "SELECT count(*) FROM finding", findings, err);
}

bool index_leaves(struct index *x, uint8_t kind, uint64_t **leaf, size_t *n, struct err *err)
{
	sqlite3_stmt *st = NULL;
	size_t cap = 0;
	int rc = SQLITE_DONE;
	bool ok = sqlite3_prepare_v2(x->db, "SELECT n FROM leaf WHERE kind=?1 ORDER BY n", -1, &st,
				     NULL) == SQLITE_OK ||
		  fail(x, err);

	*leaf = NULL;
	*n = 0;
	if (ok)
		sqlite3_bind_int(st, 1, kind);
	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		mem_room(leaf, &cap, *n + 1);
		(*leaf)[(*n)++] = (uint64_t)sqlite3_column_int64(st, 0);
	}
	if (ok && rc != SQLITE_DONE)
		ok = fail(x, err);
	sqlite3_finalize(st);
	return ok;
}
