/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/disk.h"
#include "record/note.h"
#include "record/record.h"
#include "record/tiles.h"

struct check {
	const struct record_look *look; /* may be NULL */
	struct log *log;
	struct index *index;
	struct record_state *s;
	struct tree tree;
	uint64_t *erased; /* leaves that erase frames name, ascending */
	size_t nerased, cap;
	/* The root at the size that the checkpoint speaks of. */
	struct checkpoint cp;
	struct tree_hash at_cp;
	bool has_cp;
	struct buf text, line;
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* What was erased is known before the leaves are read. */
static bool find_erased(struct check *c, uint64_t end, struct err *err)
{
	uint64_t at = log_start(c->log);
	struct frame f;
	struct buf p = {0};
	bool ok = true;

	while (ok && at < end) {
		struct bytes b;

		ok = log_next(c->log, &at, &f, err);
		if (!ok || f.kind != FRAME_ERASE)
			continue;
		buf_reset(&p);
		ok = log_payload(c->log, &f, &p, err);
		b = bytes_of(p.at, ok ? p.len : 0);
		while (bytes_left(&b) >= 8) {
			mem_room(&c->erased, &c->cap, c->nerased + 1);
			c->erased[c->nerased++] = bytes_u64(&b);
		}
	}
	if (c->nerased)
		qsort(c->erased, c->nerased, sizeof(*c->erased), by_number);
	buf_free(&p);
	return ok;
}

static bool is_erased(const struct check *c, uint64_t leaf)
{
	return c->nerased && bsearch(&leaf, c->erased, c->nerased, sizeof(leaf), by_number);
}

/* A finding's raw bytes are in the record, or counted as missing. */
static bool check_finding(struct check *c, const struct frame *f, struct err *err)
{
	struct findings fs = {0};
	bool ok = finding_read(&fs, c->text.at, c->text.len, NULL, err);

	if (!ok)
		err_in(err, "leaf %" PRIu64, f->leaf);
	for (size_t i = 0; ok && i < fs.at[0]->nevidence; i++) {
		uint64_t leaf;

		if (!index_find_raw(c->index, fs.at[0]->evidence[i].sha256, &leaf, err)) {
			ok = !err->text[0];
			c->s->missing++;
		}
	}
	findings_free(&fs);
	return ok;
}

static bool check_leaf(struct check *c, const struct frame *f, struct err *err)
{
	struct tree_hash h;
	uint64_t at;
	uint8_t kind;
	bool erased;

	if (f->leaf != c->tree.n)
		return err_set(err,
			       "log: byte %" PRIu64 ": leaf %" PRIu64 " stands where leaf %" PRIu64
			       " should",
			       f->at, f->leaf, c->tree.n);
	buf_reset(&c->line);
	leaf_text(&c->line, f->kind, f->digest);
	h = tree_leaf(c->line.at, c->line.len);
	tree_push(&c->tree, &h);
	if (c->has_cp && c->tree.n == c->cp.size)
		c->at_cp = tree_root(&c->tree);
	if (!index_at(c->index, f->leaf, &kind, &at, err) || kind != f->kind || at != f->at)
		return err->text[0] ? false
				    : err_set(err,
					      "index.db does not have leaf %" PRIu64
					      " where it is; delete index.db* and it is made "
					      "again",
					      f->leaf);
	buf_reset(&c->text);
	if (!log_content(c->log, f, NULL, &c->text, &erased, err)) {
		if (!erased)
			return false;
		if (!is_erased(c, f->leaf))
			return err_set(err, "leaf %" PRIu64 " is empty, and nobody erased it",
				       f->leaf);
		c->s->erased++;
		return true;
	}
	if (is_erased(c, f->leaf))
		return err_set(err,
			       "leaf %" PRIu64 " was to be erased and is still there; open the "
			       "record for writing once and it goes",
			       f->leaf);
	if (f->kind == FRAME_FINDING) {
		c->s->findings++;
		return check_finding(c, f, err);
	}
	c->s->raws += f->kind == FRAME_RAW;
	c->s->runs += f->kind == FRAME_RUN;
	return true;
}

static bool check_log(struct check *c, uint64_t end, struct err *err)
{
	uint64_t at = log_start(c->log);
	struct frame f;
	struct buf p = {0};
	bool ok = true;

	while (ok && at < end) {
		struct tree said;
		int64_t time;

		ok = log_next(c->log, &at, &f, err);
		if (!ok && !err->text[0])
			err_set(err, "log: ends before its last commit");
		if (ok && frame_is_leaf(&f))
			ok = check_leaf(c, &f, err);
		if (ok && c->look)
			c->look->at(c->look->arg, at, end, c->tree.n);
		if (!ok || f.kind != FRAME_COMMIT)
			continue;
		buf_reset(&p);
		ok = log_payload(c->log, &f, &p, err);
		if (ok && (!commit_read(&p, &said, &time) || said.n != c->tree.n ||
			   memcmp(said.right, c->tree.right,
				  tree_parts(&said) * sizeof(*said.right)) != 0))
			ok = err_set(err,
				     "log: byte %" PRIu64 ": the tree of this commit is not that "
				     "of its leaves",
				     f.at);
		c->s->commits++;
	}
	buf_free(&p);
	return ok;
}

/* Only what the files say of themselves; whose key it is, is for 'evidence verify'. */
static void read_checkpoint(struct check *c, const char *dir)
{
	struct buf path = {0}, text = {0};
	struct note note;
	struct err err;

	buf_printf(&path, "%s/checkpoint", dir);
	if (disk_read(path.at, &text, NOTE_MAX, &err) && note_parse(&note, text.at, text.len, &err))
		c->has_cp = checkpoint_parse(&c->cp, note.text, note.ntext, &err);
	if (c->has_cp && !c->cp.size)
		c->at_cp = tree_empty();
	buf_free(&path);
	buf_free(&text);
}

static bool check_checkpoint(struct check *c, const char *dir, struct err *err)
{
	struct tiles *t;
	struct tree_source src;
	struct tree_hash root;
	bool ok;

	if (!c->has_cp)
		return true;
	if (c->cp.size > c->tree.n)
		return err_set(err,
			       "checkpoint: speaks of %" PRIu64 " leaves, the log has %" PRIu64
			       ": leaves were removed",
			       c->cp.size, c->tree.n);
	if (memcmp(&c->at_cp, &c->cp.root, sizeof(c->at_cp)) != 0)
		return err_set(err,
			       "checkpoint: its root is not that of the log's first %" PRIu64
			       " leaves: something was changed",
			       c->cp.size);
	t = tiles_open(dir, c->cp.size);
	src = tiles_source(t);
	ok = tree_root_of(&src, c->cp.size, &root) && !memcmp(&root, &c->cp.root, sizeof(root));
	tiles_close(t);
	if (!ok)
		return err_set(err, "tile/: the tiles do not have the checkpoint's root; delete "
				    "the folder and seal again");
	snprintf(c->s->checkpoint, sizeof(c->s->checkpoint), "%s leaves of %.100s",
		 text_number(c->cp.size), c->cp.origin);
	return true;
}

bool record_check(const char *dir, const struct record_look *look, struct record_state *s,
		  struct err *err)
{
	/* Opening cuts off an unfinished write; what it was is counted before. */
	struct log *log = log_open(dir, false, NULL, err);
	struct check c = {.s = s, .look = look};
	uint64_t before = log ? log_size(log) : 0, leaves, findings, end = 0;
	struct record *r;
	struct tree t;
	bool ok;

	*s = (struct record_state){0};
	if (!log)
		return false;
	r = record_open(dir, 0, NULL, err);
	ok = r != NULL;
	record_drop(r);
	c.log = log;
	if (ok) {
		c.index = index_open(dir, !log_writable(log), err);
		ok = c.index && index_end(c.index, &end, &t, err);
	}
	if (ok && !log_writable(log)) {
		/* A record that can only be read has an index of its own each time. */
		index_close(c.index);
		c.index = NULL;
		ok = err_set(err, "%s: can only be read; copy it and check the copy", dir);
	}
	if (!end)
		end = log_start(log);
	if (ok)
		s->unfinished = before > log_size(log) ? before - log_size(log) : 0;
	read_checkpoint(&c, dir);
	ok = ok && find_erased(&c, end, err) && check_log(&c, end, err) &&
	     check_checkpoint(&c, dir, err) && index_check(c.index, &leaves, &findings, err);
	if (ok && (leaves != c.tree.n || findings != s->findings))
		ok = err_set(err,
			     "index.db has %" PRIu64 " leaves and %" PRIu64
			     " findings, the log %" PRIu64 " and %" PRIu64
			     "; delete index.db* and it is made again",
			     leaves, findings, c.tree.n, s->findings);
	s->leaves = c.tree.n;
	s->bytes = log_size(log);
	index_close(c.index);
	log_close(log);
	free(c.erased);
	buf_free(&c.text);
	buf_free(&c.line);
	return ok;
}
