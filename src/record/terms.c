/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/terms.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TERM 21
#define BLOCK 190 /* terms: with SQLite's own bytes just under a page */
#define FAN 8	  /* segments of one size class become one */
#define CLASSES 4 /* from 4096 on each is eight times the one before; larger ones stay */
#define SMALLEST 4096u

const char terms_schema[] =
    "CREATE TABLE IF NOT EXISTS segment(id INTEGER PRIMARY KEY, block INTEGER, blocks INTEGER, "
    "n INTEGER, low INTEGER, high INTEGER);"
    "CREATE TABLE IF NOT EXISTS block(id INTEGER PRIMARY KEY, data BLOB);";

enum statement { ADD_BLOCK, GET_BLOCK, DROP_BLOCKS, LAST_BLOCK, ADD_SEGMENT, DROP_SEGMENT, ALL };

static const char *const sql[ALL] = {
    [ADD_BLOCK] = "INSERT INTO block VALUES(?1,?2)",
    [GET_BLOCK] = "SELECT data FROM block WHERE id=?1",
    [DROP_BLOCKS] = "DELETE FROM block WHERE id>=?1 AND id<?2",
    [LAST_BLOCK] = "SELECT max(id) FROM block",
    [ADD_SEGMENT] = "INSERT INTO segment(block,blocks,n,low,high) VALUES(?1,?2,?3,?4,?5)",
    [DROP_SEGMENT] = "DELETE FROM segment WHERE id=?1",
};

/* A term in memory: field and value, first, leaf. */
struct term {
	uint64_t what, first, leaf;
};

struct segment {
	int64_t id, block, blocks;
	uint64_t n, low, high; /* low and high: its least and greatest leaf */
};

/* A place in a segment. */
struct cursor {
	const struct segment *s;
	int64_t block; /* in it */
	unsigned n, at;
	bool loaded, end;
	uint8_t data[BLOCK * TERM];
};

struct terms {
	sqlite3 *db;
	const char *path;
	sqlite3_stmt *st[ALL];
	struct term *added;
	size_t nadded, added_cap;
	uint64_t *gone;
	size_t ngone, gone_cap;
	struct segment *segment;
	size_t nsegment, segment_cap;
};

static bool fail(struct terms *t, struct err *err)
{
	return err_set(err, "%s: %s", t->path, sqlite3_errmsg(t->db));
}

static bool damaged(struct terms *t, struct err *err)
{
	return err_set(err, "%s: is damaged; delete it and it is made again from the log", t->path);
}

static sqlite3_stmt *prepared(struct terms *t, enum statement s, struct err *err)
{
	if (!t->st[s] && sqlite3_prepare_v3(t->db, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &t->st[s],
					    NULL) != SQLITE_OK) {
		fail(t, err);
		return NULL;
	}
	return t->st[s];
}

static bool step(struct terms *t, sqlite3_stmt *st, struct err *err)
{
	bool ok = sqlite3_step(st) == SQLITE_DONE;

	if (!ok)
		fail(t, err);
	sqlite3_reset(st);
	return ok;
}

struct terms *terms_new(sqlite3 *db, const char *path)
{
	struct terms *t = mem_zero(1, sizeof(*t));

	t->db = db;
	t->path = path;
	return t;
}

void terms_free(struct terms *t)
{
	if (!t)
		return;
	for (int i = 0; i < ALL; i++)
		sqlite3_finalize(t->st[i]);
	free(t->added);
	free(t->gone);
	free(t->segment);
	free(t);
}

void terms_add(struct terms *t, uint8_t field, uint32_t value, int64_t first, uint64_t leaf)
{
	mem_room(&t->added, &t->added_cap, t->nadded + 1);
	t->added[t->nadded++] =
	    (struct term){(uint64_t)field << 32 | value, (uint64_t)first ^ UINT64_C(1) << 63, leaf};
}

void terms_forget(struct terms *t, uint64_t leaf)
{
	mem_room(&t->gone, &t->gone_cap, t->ngone + 1);
	t->gone[t->ngone++] = leaf;
}

void terms_undo(struct terms *t)
{
	t->nadded = t->ngone = 0;
}

static void put_u64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

static uint64_t get_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

static void pack(uint8_t *p, const struct term *x)
{
	p[0] = (uint8_t)(x->what >> 32);
	for (int i = 0; i < 4; i++)
		p[1 + i] = (uint8_t)(x->what >> (24 - 8 * i));
	put_u64(p + 5, x->first);
	put_u64(p + 13, x->leaf);
}

static uint64_t leaf_of(const uint8_t *p)
{
	return get_u64(p + 13);
}

static int by_key(const void *a, const void *b)
{
	const struct term *x = a, *y = b;

	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool is_gone(const struct terms *t, uint64_t leaf)
{
	return t->ngone && bsearch(&leaf, t->gone, t->ngone, sizeof(leaf), by_number);
}

/* ---- reading ---- */

bool terms_open(struct terms *t, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(t->db, "SELECT id,block,blocks,n,low,high FROM segment", -1,
				     &st, NULL) == SQLITE_OK;
	int rc = SQLITE_DONE;

	t->nsegment = 0;
	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		mem_room(&t->segment, &t->segment_cap, t->nsegment + 1);
		t->segment[t->nsegment++] = (struct segment){
		    .id = sqlite3_column_int64(st, 0),
		    .block = sqlite3_column_int64(st, 1),
		    .blocks = sqlite3_column_int64(st, 2),
		    .n = (uint64_t)sqlite3_column_int64(st, 3),
		    .low = (uint64_t)sqlite3_column_int64(st, 4),
		    .high = (uint64_t)sqlite3_column_int64(st, 5),
		};
	}
	if (!ok || rc != SQLITE_DONE)
		ok = fail(t, err);
	sqlite3_finalize(st);
	return ok;
}

/* Block b of the cursor's segment. */
static bool load(struct terms *t, struct cursor *c, int64_t b, struct err *err)
{
	sqlite3_stmt *st;
	int n;
	bool ok;

	if (c->loaded && c->block == b)
		return true;
	st = prepared(t, GET_BLOCK, err);
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, c->s->block + b);
	ok = sqlite3_step(st) == SQLITE_ROW;
	n = ok ? sqlite3_column_bytes(st, 0) : 0;
	if (!ok || !n || n % TERM || n > BLOCK * TERM) {
		sqlite3_reset(st);
		return damaged(t, err);
	}
	memcpy(c->data, sqlite3_column_blob(st, 0), (size_t)n);
	sqlite3_reset(st);
	c->block = b;
	c->n = (unsigned)n / TERM;
	c->loaded = true;
	return true;
}

static const uint8_t *here(const struct cursor *c)
{
	return c->data + (size_t)c->at * TERM;
}

/* Does block b begin with less than key? Looks at it where it lies. */
static bool begins(struct terms *t, const struct cursor *c, int64_t b, const uint8_t key[TERM],
		   bool *less, struct err *err)
{
	sqlite3_stmt *st = prepared(t, GET_BLOCK, err);
	bool ok;

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, c->s->block + b);
	ok = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) >= TERM;
	*less = ok && memcmp(sqlite3_column_blob(st, 0), key, TERM) < 0;
	sqlite3_reset(st);
	return ok || damaged(t, err);
}

/* To the first term that is not less than key. */
static bool seek(struct terms *t, struct cursor *c, const uint8_t key[TERM], struct err *err)
{
	int64_t low = 0, high = c->s->blocks;
	unsigned a = 0, z;
	bool less;

	/* The last block that begins with less. */
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (!begins(t, c, mid, key, &less, err))
			return false;
		if (less)
			low = mid;
		else
			high = mid;
	}
	if (!load(t, c, low, err))
		return false;
	for (z = c->n; a < z;) {
		unsigned mid = (a + z) / 2;

		if (memcmp(c->data + (size_t)mid * TERM, key, TERM) < 0)
			a = mid + 1;
		else
			z = mid;
	}
	c->at = a;
	c->end = false;
	if (a < c->n)
		return true;
	if (low + 1 == c->s->blocks) {
		c->end = true;
		return true;
	}
	c->at = 0;
	return load(t, c, low + 1, err);
}

static bool move(struct terms *t, struct cursor *c, bool back, struct err *err)
{
	if (back) {
		if (c->at) {
			c->at--;
			return true;
		}
		if (!c->block) {
			c->end = true;
			return true;
		}
		if (!load(t, c, c->block - 1, err))
			return false;
		c->at = c->n - 1;
		return true;
	}
	if (++c->at < c->n)
		return true;
	if (c->block + 1 == c->s->blocks) {
		c->end = true;
		return true;
	}
	c->at = 0;
	return load(t, c, c->block + 1, err);
}

/* The cursor that comes next among those that are not at their end, NULL none. */
static struct cursor *next_of(struct cursor *const *at, size_t n, bool back)
{
	struct cursor *best = NULL;

	for (size_t i = 0; i < n; i++) {
		int c;

		if (at[i]->end)
			continue;
		c = best ? memcmp(here(at[i]), here(best), TERM) : back ? 1 : -1;
		if (back ? c > 0 : c < 0)
			best = at[i];
	}
	return best;
}

bool terms_scan(struct terms *t, uint8_t field, uint32_t value, int64_t from, int64_t to,
		bool newest, bool (*each)(void *arg, int64_t first, uint64_t leaf), void *arg,
		struct err *err)
{
	struct term low = {(uint64_t)field << 32 | value, 0, 0}, high = low;
	struct cursor **c = mem_zero(t->nsegment + 1, sizeof(struct cursor *)), *x;
	uint8_t a[TERM], z[TERM];
	size_t n = 0;
	bool ok = true, more = true;

	if (from != INT64_MIN)
		low.first = (uint64_t)from ^ UINT64_C(1) << 63;
	if (to != INT64_MIN)
		high.first = (uint64_t)to ^ UINT64_C(1) << 63;
	else
		high.what++;
	pack(a, &low);
	pack(z, &high);
	for (size_t i = 0; ok && i < t->nsegment; i++) {
		x = c[n++] = mem_alloc(sizeof(**c));
		x->s = &t->segment[i];
		x->loaded = x->end = false;
		ok = seek(t, x, newest ? z : a, err);
		if (!ok || !newest)
			continue;
		/* Descending begins before what is not less than the upper end. */
		if (x->end) {
			x->end = false;
			x->at = x->n - 1;
		} else {
			ok = move(t, x, true, err);
		}
	}
	while (ok && more && (x = next_of(c, n, newest))) {
		const uint8_t *p = here(x);

		if (newest ? memcmp(p, a, TERM) < 0 : memcmp(p, z, TERM) >= 0)
			break;
		more = each(arg, (int64_t)(get_u64(p + 5) ^ UINT64_C(1) << 63), leaf_of(p));
		ok = move(t, x, newest, err);
	}
	for (size_t i = 0; i < n; i++)
		free(c[i]);
	free(c);
	return ok;
}

bool terms_has(struct terms *t, uint8_t field, uint32_t value, int64_t first, uint64_t leaf,
	       bool *has, struct err *err)
{
	struct term x = {(uint64_t)field << 32 | value, (uint64_t)first ^ UINT64_C(1) << 63, leaf};
	uint8_t key[TERM];

	*has = false;
	pack(key, &x);
	for (size_t i = 0; i < t->nsegment && !*has; i++) {
		struct cursor c = {.s = &t->segment[i]};

		if (leaf < c.s->low || leaf > c.s->high)
			continue;
		if (!seek(t, &c, key, err))
			return false;
		*has = !c.end && !memcmp(here(&c), key, TERM);
	}
	return true;
}

/* ---- writing ---- */

/* A segment while it is written. */
struct writing {
	struct terms *t;
	struct segment s;
	unsigned n;
	uint8_t data[BLOCK * TERM];
};

static bool begin(struct terms *t, struct writing *w, struct err *err)
{
	sqlite3_stmt *st = prepared(t, LAST_BLOCK, err);
	bool ok;

	if (!st)
		return false;
	ok = sqlite3_step(st) == SQLITE_ROW;
	w->t = t;
	w->n = 0;
	w->s = (struct segment){.low = UINT64_MAX};
	if (ok)
		w->s.block = sqlite3_column_int64(st, 0) + 1;
	else
		fail(t, err);
	sqlite3_reset(st);
	return ok;
}

static bool flush(struct writing *w, struct err *err)
{
	sqlite3_stmt *st = prepared(w->t, ADD_BLOCK, err);
	bool ok;

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, w->s.block + w->s.blocks++);
	sqlite3_bind_blob(st, 2, w->data, (int)(w->n * TERM), SQLITE_STATIC);
	ok = step(w->t, st, err);
	w->n = 0;
	return ok;
}

static bool put(struct writing *w, const uint8_t *p, struct err *err)
{
	uint64_t leaf = leaf_of(p);

	if (w->n == BLOCK && !flush(w, err))
		return false;
	memcpy(w->data + (size_t)w->n++ * TERM, p, TERM);
	w->s.n++;
	w->s.low = leaf < w->s.low ? leaf : w->s.low;
	w->s.high = leaf > w->s.high ? leaf : w->s.high;
	return true;
}

/* An empty one leaves nothing. */
static bool end(struct writing *w, struct err *err)
{
	sqlite3_stmt *st = prepared(w->t, ADD_SEGMENT, err);

	if (!st)
		return false;
	if (!w->s.n)
		return true;
	if (!flush(w, err))
		return false;
	sqlite3_bind_int64(st, 1, w->s.block);
	sqlite3_bind_int64(st, 2, w->s.blocks);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)w->s.n);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)w->s.low);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)w->s.high);
	if (!step(w->t, st, err))
		return false;
	w->s.id = sqlite3_last_insert_rowid(w->t->db);
	mem_room(&w->t->segment, &w->t->segment_cap, w->t->nsegment + 1);
	w->t->segment[w->t->nsegment++] = w->s;
	return true;
}

static bool drop(struct terms *t, size_t i, struct err *err)
{
	sqlite3_stmt *blocks = prepared(t, DROP_BLOCKS, err), *one = prepared(t, DROP_SEGMENT, err);
	struct segment s = t->segment[i];

	if (!blocks || !one)
		return false;
	t->segment[i] = t->segment[--t->nsegment];
	sqlite3_bind_int64(blocks, 1, s.block);
	sqlite3_bind_int64(blocks, 2, s.block + s.blocks);
	sqlite3_bind_int64(one, 1, s.id);
	return step(t, blocks, err) && step(t, one, err);
}

/* What was added in this transaction becomes a segment. */
static bool write_added(struct terms *t, struct err *err)
{
	struct writing *w = mem_alloc(sizeof(*w));
	bool ok = begin(t, w, err);

	qsort(t->added, t->nadded, sizeof(*t->added), by_key);
	for (size_t i = 0; ok && i < t->nadded; i++) {
		uint8_t key[TERM];

		if ((i && !by_key(&t->added[i - 1], &t->added[i])) || is_gone(t, t->added[i].leaf))
			continue;
		pack(key, &t->added[i]);
		ok = put(w, key, err);
	}
	ok = ok && end(w, err);
	free(w);
	return ok;
}

/* Some segments (their places, ascending) become one, without what is gone. */
static bool merge(struct terms *t, const size_t *which, size_t n, struct err *err)
{
	static const uint8_t least[TERM];
	struct writing *w = mem_alloc(sizeof(*w));
	struct segment *from = mem_zero(n, sizeof(*from));
	struct cursor **c = mem_zero(n, sizeof(struct cursor *)), *x;
	bool ok = begin(t, w, err);

	for (size_t i = 0; i < n; i++) {
		from[i] = t->segment[which[i]];
		c[i] = mem_alloc(sizeof(**c));
		c[i]->s = &from[i];
		c[i]->loaded = false;
		ok = ok && seek(t, c[i], least, err);
	}
	while (ok && (x = next_of(c, n, false))) {
		if (!is_gone(t, leaf_of(here(x))))
			ok = put(w, here(x), err);
		ok = ok && move(t, x, false, err);
	}
	/* From the last on: drop() puts the last of all in the place of one. */
	for (size_t i = n; ok && i-- > 0;)
		ok = drop(t, which[i], err);
	ok = ok && end(w, err);
	for (size_t i = 0; i < n; i++)
		free(c[i]);
	free(c);
	free(from);
	free(w);
	return ok;
}

static int class_of(const struct segment *s)
{
	uint64_t n = SMALLEST;
	int c = 0;

	while (c < CLASSES && s->n >= n) {
		n *= FAN;
		c++;
	}
	return c;
}

/* Eight of one class become one, which may be the eighth of the next. */
static bool tidy(struct terms *t, struct err *err)
{
	for (int c = 0; c < CLASSES; c++) {
		size_t which[FAN], n = 0;

		for (size_t i = 0; i < t->nsegment && n < FAN; i++)
			if (class_of(&t->segment[i]) == c)
				which[n++] = i;
		if (n == FAN) {
			if (!merge(t, which, n, err))
				return false;
			c--;
		}
	}
	return true;
}

static bool forget(struct terms *t, struct err *err)
{
	/* Backwards: what merge() writes anew comes to the end. */
	for (size_t i = t->nsegment; i-- > 0;) {
		const struct segment *s = &t->segment[i];
		bool may = false;

		for (size_t k = 0; !may && k < t->ngone; k++)
			may = t->gone[k] >= s->low && t->gone[k] <= s->high;
		if (may && !merge(t, &i, 1, err))
			return false;
	}
	return true;
}

bool terms_commit(struct terms *t, struct err *err)
{
	bool ok = true;

	if (!t->nadded && !t->ngone)
		return true;
	if (t->ngone)
		qsort(t->gone, t->ngone, sizeof(*t->gone), by_number);
	ok = terms_open(t, err) && (!t->ngone || forget(t, err)) &&
	     (!t->nadded || write_added(t, err)) && tidy(t, err);
	terms_undo(t);
	return ok;
}
