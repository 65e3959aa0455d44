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
#include "record/log.h"
#include "record/terms.h"

#define VERSION 3

/* Leaves lie by the hundred in one row: kind u8 (ERASED: nothing of it is found any more), place in
 * the log u64, run u32, big-endian. */
#define LEAF 13
#define ROW 300
#define ERASED 0x80

enum statement {
	ADD_LEAVES,
	ADD_RAW,
	ADD_KIND,
	DROP_RAW,
	SET_META,
	GET_META,
	GET_LEAVES,
	GET_RAW,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [ADD_LEAVES] = "INSERT OR REPLACE INTO leaves VALUES(?1,?2)",
    [ADD_RAW] = "INSERT OR IGNORE INTO raw VALUES(?1,?2)",
    [ADD_KIND] = "INSERT INTO kind VALUES(?1,?2)",
    [DROP_RAW] = "DELETE FROM raw WHERE leaf=?1",
    [SET_META] = "INSERT OR REPLACE INTO meta VALUES(?1,?2)",
    [GET_META] = "SELECT value FROM meta WHERE name=?1",
    [GET_LEAVES] = "SELECT first,data FROM leaves WHERE first<=?1 ORDER BY first DESC LIMIT 1",
    [GET_RAW] = "SELECT leaf FROM raw WHERE sha256=?1",
};

/* A kind of findings and the number that terms have for it. */
struct kind {
	char *name;
	bool added; /* in this transaction */
};

struct index {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	char *path;
	struct terms *terms;
	struct kind *kind; /* number - 1 */
	size_t nkind, kind_cap;
	/* Leaves that this transaction adds, one after another. */
	struct buf leaves;
	uint64_t first_leaf;
	/* A row of leaves that was read. */
	struct buf row;
	uint64_t row_first;
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

/* What an older version made is made again from the log. */
static bool renew(struct index *x, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int version = 0;
	char text[64];

	if (sqlite3_prepare_v2(x->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		sqlite3_finalize(st);
		return fail(x, err);
	}
	version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (version == VERSION)
		return true;
	if (version > VERSION)
		return err_set(err,
			       "%s: was made by a newer version; delete it and it is made again "
			       "from the log",
			       x->path);
	snprintf(text, sizeof(text), "PRAGMA user_version=%d", VERSION);
	return run(x,
		   "DROP TABLE IF EXISTS leaf; DROP TABLE IF EXISTS finding;"
		   "DROP TABLE IF EXISTS term; DROP TABLE IF EXISTS kind;"
		   "DROP TABLE IF EXISTS raw; DROP TABLE IF EXISTS meta;",
		   err) &&
	       run(x, text, err);
}

static bool make_tables(struct index *x, struct err *err)
{
	return renew(x, err) &&
	       run(x,
		   "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
		   "CREATE TABLE IF NOT EXISTS leaves(first INTEGER PRIMARY KEY, data BLOB);"
		   "CREATE TABLE IF NOT EXISTS raw(sha256 BLOB PRIMARY KEY, leaf INTEGER) WITHOUT "
		   "ROWID;"
		   "CREATE TABLE IF NOT EXISTS kind(number INTEGER PRIMARY KEY, name TEXT);",
		   err) &&
	       run(x, terms_schema, err);
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
		ok = run(x,
			 "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
			 "PRAGMA cache_size=-65536; PRAGMA secure_delete=ON; "
			 "PRAGMA wal_autocheckpoint=4000; PRAGMA foreign_keys=OFF;",
			 err) &&
		     run(x, "BEGIN IMMEDIATE", err);
		if (ok) {
			ok = make_tables(x, err) && run(x, "COMMIT", err);
			if (!ok)
				sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
		}
	}
	umask(mask);
	x->terms = terms_new(x->db, x->path);
	if (ok)
		return x;
	index_close(x);
	return NULL;
}

static void forget_kinds(struct index *x, bool all)
{
	while (x->nkind && (all || x->kind[x->nkind - 1].added))
		free(x->kind[--x->nkind].name);
}

void index_close(struct index *x)
{
	if (!x)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(x->st[i]);
	terms_free(x->terms);
	sqlite3_close(x->db);
	forget_kinds(x, true);
	free(x->kind);
	buf_free(&x->leaves);
	buf_free(&x->row);
	free(x->path);
	free(x);
}

/* All kinds that there are: other processes may have added some. */
static bool read_kinds(struct index *x, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(x->db, "SELECT name FROM kind ORDER BY number", -1, &st,
				     NULL) == SQLITE_OK;
	int rc = SQLITE_DONE;

	forget_kinds(x, true);
	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		mem_room(&x->kind, &x->kind_cap, x->nkind + 1);
		x->kind[x->nkind++] = (struct kind){mem_text(name ? name : ""), false};
	}
	if (!ok || rc != SQLITE_DONE)
		ok = fail(x, err);
	sqlite3_finalize(st);
	return ok;
}

static uint32_t kind_number(struct index *x, const char *name)
{
	for (size_t i = 0; i < x->nkind; i++)
		if (!strcmp(x->kind[i].name, name))
			return (uint32_t)i + 1;
	mem_room(&x->kind, &x->kind_cap, x->nkind + 1);
	x->kind[x->nkind++] = (struct kind){mem_text(name), true};
	return (uint32_t)x->nkind;
}

static bool put_kinds(struct index *x, struct err *err)
{
	for (size_t i = 0; i < x->nkind; i++) {
		sqlite3_stmt *st;

		if (!x->kind[i].added)
			continue;
		st = prepared(x, ADD_KIND, err);
		if (!st)
			return false;
		sqlite3_bind_int64(st, 1, (sqlite3_int64)i + 1);
		sqlite3_bind_text(st, 2, x->kind[i].name, -1, SQLITE_STATIC);
		if (!step(x, st, err))
			return false;
		x->kind[i].added = false;
	}
	return true;
}

/* A country as its number: its two letters. Longer codes count as their first four. */
static uint32_t country_number(const char *code)
{
	uint32_t v = 0;

	for (int i = 0; i < 4 && *code; i++)
		v = v << 8 | (uint8_t)*code++;
	return v;
}

bool index_begin(struct index *x, struct err *err)
{
	buf_reset(&x->leaves);
	x->row.len = 0;
	if (!run(x, "BEGIN IMMEDIATE", err))
		return false;
	if (read_kinds(x, err))
		return true;
	index_undo(x);
	return false;
}

bool index_leaf(struct index *x, uint64_t leaf, uint8_t kind, uint32_t in_run, uint64_t at,
		struct err *err)
{
	if (!x->leaves.len)
		x->first_leaf = leaf;
	if (leaf != x->first_leaf + x->leaves.len / LEAF)
		return err_set(err, "%s: leaf %" PRIu64 " does not come next", x->path, leaf);
	buf_u8(&x->leaves, kind);
	buf_u64(&x->leaves, at);
	buf_u32(&x->leaves, in_run);
	return true;
}

static bool put_row(struct index *x, uint64_t first, const void *p, size_t n, struct err *err)
{
	sqlite3_stmt *st = prepared(x, ADD_LEAVES, err);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)first);
	sqlite3_bind_blob(st, 2, p, (int)n, SQLITE_STATIC);
	return step(x, st, err);
}

static bool put_leaves(struct index *x, struct err *err)
{
	for (size_t at = 0; at < x->leaves.len; at += (size_t)ROW * LEAF) {
		size_t n = x->leaves.len - at;

		if (n > (size_t)ROW * LEAF)
			n = (size_t)ROW * LEAF;
		if (!put_row(x, x->first_leaf + at / LEAF, x->leaves.at + at, n, err))
			return false;
	}
	buf_reset(&x->leaves);
	return true;
}

bool index_commit(struct index *x, struct err *err)
{
	bool ok = put_leaves(x, err) && put_kinds(x, err) && terms_commit(x->terms, err) &&
		  run(x, "COMMIT", err);

	x->row.len = 0;
	return ok;
}

void index_undo(struct index *x)
{
	terms_undo(x->terms);
	forget_kinds(x, false);
	buf_reset(&x->leaves);
	x->row.len = 0;
	sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool is_pending(const struct index *x, uint64_t leaf)
{
	return x->leaves.len && leaf >= x->first_leaf &&
	       leaf - x->first_leaf < x->leaves.len / LEAF;
}

/* The entry of a leaf: of this transaction, or of a row that is read; NULL without text: there is
 * none. */
static char *leaf_entry(struct index *x, uint64_t leaf, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	err->text[0] = 0;
	if (is_pending(x, leaf))
		return x->leaves.at + (leaf - x->first_leaf) * LEAF;
	if (!x->row.len || leaf < x->row_first || leaf - x->row_first >= x->row.len / LEAF) {
		st = prepared(x, GET_LEAVES, err);
		if (!st)
			return NULL;
		sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
		rc = sqlite3_step(st);
		buf_reset(&x->row);
		if (rc == SQLITE_ROW) {
			x->row_first = (uint64_t)sqlite3_column_int64(st, 0);
			buf_add(&x->row, sqlite3_column_blob(st, 1),
				(size_t)sqlite3_column_bytes(st, 1));
		} else if (rc != SQLITE_DONE) {
			fail(x, err);
		}
		sqlite3_reset(st);
	}
	if (!x->row.len || leaf < x->row_first || leaf - x->row_first >= x->row.len / LEAF)
		return NULL;
	return x->row.at + (leaf - x->row_first) * LEAF;
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

/* A term of the finding at hand; 0 is none. */
static void term(struct index *x, enum index_field field, uint32_t value, int64_t first,
		 uint64_t leaf)
{
	if (value)
		terms_add(x->terms, (uint8_t)field, value, first, leaf);
}

void index_finding(struct index *x, uint64_t leaf, const struct finding *f)
{
	int64_t first = f->first;
	uint32_t actor = f->actor.net.asn;

	term(x, FIELD_ANY, 1, first, leaf);
	term(x, FIELD_ID, id_term(f->id), first, leaf);
	term(x, FIELD_KIND, kind_number(x, f->kind), first, leaf);
	term(x, FIELD_ACTOR, actor, first, leaf);
	/* What comes twice counts once; the terms see to that. */
	term(x, FIELD_NETWORK, actor, first, leaf);
	for (size_t i = 0; i < f->nvictim; i++) {
		term(x, FIELD_VICTIM, f->victim[i].asn, first, leaf);
		term(x, FIELD_NETWORK, f->victim[i].asn, first, leaf);
	}
	for (size_t i = 0; i < f->nasn; i++)
		term(x, FIELD_NETWORK, f->asn[i].asn, first, leaf);
	for (size_t i = 0; i < f->nwhere; i++)
		term(x, FIELD_NETWORK, f->where[i].asn, first, leaf);
	for (size_t i = 0; i < f->ncountry; i++)
		if (f->country[i])
			term(x, FIELD_COUNTRY, country_number(f->country[i]), first, leaf);
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
	sqlite3_stmt *st = prepared(x, DROP_RAW, err);
	char *entry = st ? leaf_entry(x, leaf, err) : NULL;

	if (!entry)
		return false;
	entry[0] |= (char)ERASED;
	/* A row that was read goes back; one of this transaction is written at its end. */
	if (!is_pending(x, leaf) && !put_row(x, x->row_first, x->row.at, x->row.len, err))
		return false;
	terms_forget(x->terms, leaf);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)leaf);
	return step(x, st, err);
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
	const char *entry = leaf_entry(x, leaf, err);
	struct bytes b = bytes_of(entry, entry ? LEAF : 0);

	if (!entry)
		return false;
	*kind = bytes_u8(&b) & (uint8_t)~ERASED;
	*at = bytes_u64(&b);
	return true;
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

/* A search by one term, narrowed by the others. */
struct search {
	struct index *x;
	const struct index_query *q;
	struct hits *out;
	uint32_t value[FIELD_COUNTRY + 1]; /* by field, 0 anything */
	int lead;
	size_t begin; /* of its hits in out */
	struct err *err;
	bool failed;
};

/* A term of the leading field: is it all that is asked for? */
static bool hit(void *arg, int64_t first, uint64_t leaf)
{
	struct search *s = arg;

	for (int f = FIELD_KIND; f <= FIELD_COUNTRY; f++) {
		bool has = true;

		if (!s->value[f] || f == s->lead)
			continue;
		if (!terms_has(s->x->terms, (uint8_t)f, s->value[f], first, leaf, &has, s->err)) {
			s->failed = true;
			return false;
		}
		if (!has)
			return true;
	}
	if (s->q->run != UINT64_MAX) {
		const char *entry = leaf_entry(s->x, leaf, s->err);
		struct bytes b = bytes_of(entry, entry ? LEAF : 0);

		bytes_skip(&b, 9);
		if (!entry) {
			s->failed = s->err->text[0] != 0;
			return !s->failed;
		}
		if (bytes_u32(&b) != s->q->run)
			return true;
	}
	mem_room(&s->out->at, &s->out->cap, s->out->n + 1);
	s->out->at[s->out->n++] = (struct index_hit){leaf, first, UINT64_MAX};
	return !s->q->limit || s->out->n - s->begin < s->q->limit;
}

static bool search(struct index *x, const struct index_query *q, uint32_t kind, struct hits *out,
		   struct err *err)
{
	struct search s = {.x = x, .q = q, .out = out, .begin = out->n, .err = err};
	uint32_t value = 1;
	/* The most telling one leads. */
	static const int order[] = {FIELD_ACTOR, FIELD_VICTIM, FIELD_NETWORK, FIELD_COUNTRY,
				    FIELD_KIND};

	s.value[FIELD_ACTOR] = q->actor;
	s.value[FIELD_VICTIM] = q->victim;
	s.value[FIELD_NETWORK] = q->network;
	s.value[FIELD_COUNTRY] = q->country ? country_number(q->country) : 0;
	s.value[FIELD_KIND] = kind;
	s.lead = FIELD_ANY;
	for (size_t i = 0; s.lead == FIELD_ANY && i < 5; i++)
		if (s.value[order[i]]) {
			s.lead = order[i];
			value = s.value[order[i]];
		}
	if (q->has_id) {
		s.lead = FIELD_ID;
		value = id_term(q->id);
	}
	return terms_scan(x->terms, (uint8_t)s.lead, value, q->from, q->to, q->newest, hit, &s,
			  err) &&
	       !s.failed;
}

/* The kinds of this record that begin with a word; each has an order of its own in the index. */
static bool each_kind(struct index *x, const struct index_query *q, struct hits *out,
		      struct err *err)
{
	size_t n = strlen(q->kind);
	bool ok = true;

	for (size_t i = 0; ok && i < x->nkind; i++) {
		const char *name = x->kind[i].name;

		if (!strncmp(name, q->kind, n) && (!name[n] || name[n] == '.'))
			ok = search(x, q, (uint32_t)i + 1, out, err);
	}
	return ok;
}

bool index_search(struct index *x, const struct index_query *q, struct index_hit **hits, size_t *n,
		  struct err *err)
{
	struct hits out = {0};
	/* One moment of the index, whoever writes meanwhile. */
	bool ok = run(x, "BEGIN", err);

	x->row.len = 0;
	if (ok) {
		ok = read_kinds(x, err) && terms_open(x->terms, err) &&
		     (q->kind ? each_kind(x, q, &out, err) : search(x, q, 0, &out, err));
		if (ok && out.n)
			qsort(out.at, out.n, sizeof(*out.at), q->newest ? by_newest : by_first);
		if (q->limit && out.n > q->limit)
			out.n = q->limit;
		/* One at a time would be a transaction each. */
		for (size_t i = 0; ok && i < out.n && i < INDEX_PLACES; i++) {
			uint8_t kind;

			if (!index_at(x, out.at[i].leaf, &kind, &out.at[i].at, err)) {
				out.at[i].at = UINT64_MAX;
				ok = !err->text[0];
			}
		}
		sqlite3_exec(x->db, "COMMIT", NULL, NULL, NULL);
	}
	if (!ok) {
		free(out.at);
		return false;
	}
	*hits = out.at;
	*n = out.n;
	return true;
}

/* Each leaf's entry, ascending. */
static bool each_leaf(struct index *x, void (*each)(void *arg, uint64_t leaf, uint8_t kind),
		      void *arg, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(x->db, "SELECT first,data FROM leaves ORDER BY first", -1, &st,
				     NULL) == SQLITE_OK;
	int rc = SQLITE_DONE;

	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		uint64_t first = (uint64_t)sqlite3_column_int64(st, 0);
		const uint8_t *p = sqlite3_column_blob(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 1) / LEAF;

		for (size_t i = 0; i < n; i++)
			each(arg, first + i, p[i * LEAF]);
	}
	if (!ok || rc != SQLITE_DONE)
		ok = fail(x, err);
	sqlite3_finalize(st);
	return ok;
}

struct counts {
	uint64_t leaves, findings;
};

static void count(void *arg, uint64_t leaf, uint8_t kind)
{
	struct counts *c = arg;

	(void)leaf;
	c->leaves++;
	c->findings += kind == FRAME_FINDING;
}

bool index_check(struct index *x, uint64_t *leaves, uint64_t *findings, struct err *err)
{
	sqlite3_stmt *st = NULL;
	struct counts c = {0, 0};
	bool ok = sqlite3_prepare_v2(x->db, "PRAGMA quick_check(1)", -1, &st, NULL) == SQLITE_OK &&
		  sqlite3_step(st) == SQLITE_ROW;
	const char *said = ok ? (const char *)sqlite3_column_text(st, 0) : NULL;

	if (!said)
		ok = fail(x, err);
	else if (strcmp(said, "ok") != 0)
		ok = err_set(err, "%s: %s", x->path, said);
	sqlite3_finalize(st);
	ok = ok && each_leaf(x, count, &c, err);
	*leaves = c.leaves;
	*findings = c.findings;
	return ok;
}

struct wanted {
	uint8_t kind;
	uint64_t *at;
	size_t n, cap;
};

static void want(void *arg, uint64_t leaf, uint8_t kind)
{
	struct wanted *w = arg;

	if ((kind & (uint8_t)~ERASED) != w->kind)
		return;
	mem_room(&w->at, &w->cap, w->n + 1);
	w->at[w->n++] = leaf;
}

bool index_leaves(struct index *x, uint8_t kind, uint64_t **leaf, size_t *n, struct err *err)
{
	struct wanted w = {.kind = kind};
	bool ok = each_leaf(x, want, &w, err);

	*leaf = w.at;
	*n = w.n;
	return ok;
}
