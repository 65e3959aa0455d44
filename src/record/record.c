/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/record.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/disk.h"
#include "record/note.h"
#include "record/tiles.h"

#define BATCH_BYTES (8u << 20) /* what is kept in memory before it is written */
#define BATCH_LEAVES 32768
#define SMALL_BATCH 4

/* Leaves that are not yet on the disk. */
struct batch {
	struct buf frames;
	size_t nleaf;
	struct arena arena; /* of its findings */
	struct finding **finding;
	size_t nfinding, finding_cap;
	/* Digests of its raw bytes, in order of their frames. */
	uint8_t (*raw)[SHA256_SIZE];
	size_t nraw, raw_cap;
};

/* Raw bytes that this record was given before, by digest. */
#define RAWS_MAX ((size_t)1 << 20)
struct raws {
	uint8_t (*at)[SHA256_SIZE];
	size_t n, cap;
	uint32_t *slot; /* index + 1 */
	size_t nslot;
};

/*
 * While leaves are made, the batch before them is written, synced and indexed by a thread. Log,
 * index and tree are the thread's until settle() has waited for it; what is said to be committed
 * is so, since record_commit() waits.
 */
struct record {
	char *dir;
	struct log *log;
	struct index *index;
	uint64_t end; /* of the last commit that we know */
	struct tree tree;
	uint32_t run;
	struct buf text; /* of what is read */

	struct batch now, before; /* before: with the thread, or it failed */
	pthread_t thread;
	bool writing, failed;
	struct err failure;
	struct buf json; /* of the finding at hand */
	struct raws raws;
	size_t most;	       /* leaves of a batch */
	struct index_hit *hit; /* the last search's, of which `next` is read next */
	size_t nhit, next, hit_cap;
	bool fresh; /* it was empty when it was opened: `raws` knows all */
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

/* A leaf that cannot be read may be one that was being overwritten when the power went. */
static bool erased_later(struct record *r, const struct frame *leaf)
{
	uint64_t at = leaf->at;
	struct buf p = {0};
	struct frame f;
	struct err err;
	bool found = false;

	while (!found && log_next(r->log, &at, &f, &err)) {
		struct bytes b;

		if (f.kind != FRAME_ERASE)
			continue;
		buf_reset(&p);
		if (!log_payload(r->log, &f, &p, &err))
			break;
		b = bytes_of(p.at, p.len);
		while (!found && bytes_left(&b) >= 8)
			found = bytes_u64(&b) == leaf->leaf;
	}
	buf_free(&p);
	return found;
}

/* One committed frame into the index; erased leaves are only counted. */
static bool take(struct record *r, const struct frame *f, struct err *err)
{
	struct findings fs = {0};
	uint8_t digest[SHA256_SIZE];
	bool erased = false, ok;

	if (f->kind == FRAME_ERASE) {
		struct buf p = {0};
		struct bytes b;

		ok = log_payload(r->log, f, &p, err);
		b = bytes_of(p.at, ok ? p.len : 0);
		while (ok && bytes_left(&b) >= 8) {
			uint64_t n = bytes_u64(&b), at;
			struct frame leaf;
			uint8_t kind;

			/* A crash may have come between the promise and the deed. */
			ok = index_at(r->index, n, &kind, &at, err) &&
			     log_next(r->log, &at, &leaf, err) && frame_is_leaf(&leaf) &&
			     (!log_writable(r->log) || log_wipe(r->log, &leaf, err)) &&
			     index_forget(r->index, n, err);
		}
		buf_free(&p);
		return ok && (!log_writable(r->log) || log_sync(r->log, err));
	}
	if (!frame_is_leaf(f))
		return true;
	if (!index_leaf(r->index, f->leaf, f->kind, f->run, f->at, err))
		return false;
	if (f->kind != FRAME_FINDING && f->kind != FRAME_RAW)
		return true;
	buf_reset(&r->text);
	ok = log_content(r->log, f, NULL, &r->text, &erased, err);
	if (erased || (!ok && erased_later(r, f)))
		return true;
	if (ok && f->kind == FRAME_FINDING) {
		ok = finding_read(&fs, r->text.at, r->text.len, NULL, err);
		if (ok)
			index_finding(r->index, f->leaf, fs.at[0]);
	} else if (ok) {
		sha256(r->text.at ? r->text.at : "", r->text.len, digest);
		ok = index_raw(r->index, f->leaf, digest, err);
	}
	findings_free(&fs);
	return ok;
}

/* Reads what lies between `from` and the next commit and says where that ends: at is behind it.
 * False with no text: there is no whole commit (an unfinished write, or nothing). */
static bool whole_batch(struct record *r, uint64_t from, uint64_t *at, struct tree *t,
			struct err *err)
{
	struct buf line = {0}, p = {0};
	struct tree grown = *t, said;
	struct frame f;
	int64_t time;
	bool ok = false;

	*at = from;
	while (log_next(r->log, at, &f, err)) {
		struct tree_hash h;

		if (f.kind == FRAME_COMMIT) {
			ok = log_payload(r->log, &f, &p, err) && commit_read(&p, &said, &time) &&
			     said.n == grown.n &&
			     !memcmp(said.right, grown.right,
				     tree_parts(&grown) * sizeof(*grown.right));
			break;
		}
		if (!frame_is_leaf(&f))
			continue;
		if (f.leaf != grown.n)
			break;
		buf_reset(&line);
		leaf_text(&line, f.kind, f.digest);
		h = tree_leaf(line.at, line.len);
		tree_push(&grown, &h);
	}
	/* What a power cut left may have its commit and lack a page before it. */
	for (uint64_t c = from; ok && *at == log_size(r->log) && c < *at;) {
		bool erased;

		ok = log_next(r->log, &c, &f, err);
		buf_reset(&r->text);
		if (ok && frame_is_leaf(&f))
			ok = log_content(r->log, &f, NULL, &r->text, &erased, err) || erased;
	}
	if (ok)
		*t = grown;
	buf_free(&line);
	buf_free(&p);
	return ok;
}

/* Brings the index up to the log's last commit; `locked`: we may write, so what is unfinished is
 * cut off. */
static bool catch_up(struct record *r, bool locked, struct err *err)
{
	uint64_t size, at, next;
	struct tree t;
	struct frame f;
	bool ok, began = false;

	if (!index_end(r->index, &r->end, &r->tree, err))
		return false;
	if (!r->end)
		r->end = log_start(r->log);
	size = log_size(r->log);
	if (size == r->end)
		return true;
	if (size < r->end)
		return err_set(err,
			       "%s/log: is shorter than what was committed: it was cut; see "
			       "'meridian record check'",
			       r->dir);
	at = r->end;
	t = r->tree;
	while (whole_batch(r, at, &next, &t, err)) {
		if (!began && !index_begin(r->index, err))
			return false;
		began = true;
		ok = true;
		while (ok && at < next)
			ok = log_next(r->log, &at, &f, err) && take(r, &f, err);
		ok = ok && index_set_end(r->index, at, &t, err);
		if (!ok) {
			index_undo(r->index);
			return false;
		}
		r->end = at;
		r->tree = t;
	}
	if (began && !index_commit(r->index, err)) {
		index_undo(r->index);
		return false;
	}
	if (!locked || log_size(r->log) == r->end)
		return true;
	if (log_commit_behind(r->log, r->end))
		return err_set(err,
			       "%s/log: byte %" PRIu64 ": what stands here is damaged, and more "
			       "was committed after it; see 'meridian record check'",
			       r->dir, r->end);
	return log_cut(r->log, r->end, err);
}

static bool open_index(struct record *r, struct err *err)
{
	struct buf path = {0};

	r->index = index_open(r->dir, !log_writable(r->log), err);
	if (r->index || !log_writable(r->log))
		return r->index != NULL;
	/* It can be made again; what is no index is put aside. */
	for (int i = 0; i < 3; i++) {
		static const char *const end[] = {"", "-wal", "-shm"};
		char *old;

		buf_reset(&path);
		buf_printf(&path, "%s/index.db%s", r->dir, end[i]);
		old = mem_text(path.at);
		buf_text(&path, ".damaged");
		if (i)
			unlink(old);
		else
			rename(old, path.at);
		free(old);
	}
	buf_free(&path);
	r->index = index_open(r->dir, false, err);
	return r->index != NULL;
}

struct record *record_open(const char *dir, unsigned options, const char *origin, struct err *err)
{
	struct record *r = mem_zero(1, sizeof(*r));
	bool ok;

	r->dir = mem_text(dir);
	r->run = UINT32_MAX;
	r->most = options & RECORD_SMALL_BATCHES ? SMALL_BATCH : BATCH_LEAVES;
	r->log = log_open(dir, options & RECORD_CREATE, origin, err);
	ok = r->log != NULL;
	if (ok && log_writable(r->log)) {
		ok = log_lock(r->log, err);
		if (ok) {
			ok = open_index(r, err) && catch_up(r, true, err);
			log_unlock(r->log);
		}
	} else if (ok) {
		ok = open_index(r, err) && catch_up(r, false, err);
	}
	if (ok) {
		r->fresh = !r->tree.n;
		return r;
	}
	record_drop(r);
	return NULL;
}

static void batch_reset(struct batch *b)
{
	buf_reset(&b->frames);
	arena_reset(&b->arena);
	b->nleaf = b->nfinding = b->nraw = 0;
}

static void batch_free(struct batch *b)
{
	buf_free(&b->frames);
	arena_free(&b->arena);
	free(b->finding);
	free(b->raw);
}

static void await(struct record *r)
{
	if (r->writing)
		pthread_join(r->thread, NULL);
	r->writing = false;
}

/* Waits for the thread; false: what it had to write is not written, and still there. */
static bool settle(struct record *r, struct err *err)
{
	await(r);
	if (r->failed)
		*err = r->failure;
	return !r->failed;
}

void record_drop(struct record *r)
{
	if (!r)
		return;
	await(r);
	index_close(r->index);
	log_close(r->log);
	batch_free(&r->now);
	batch_free(&r->before);
	buf_free(&r->text);
	buf_free(&r->json);
	free(r->raws.at);
	free(r->raws.slot);
	free(r->hit);
	free(r->dir);
	free(r);
}

bool record_close(struct record *r, struct err *err)
{
	bool ok = !r || record_commit(r, err);

	record_drop(r);
	return ok;
}

bool record_refresh(struct record *r, struct err *err)
{
	bool ok;

	if (!settle(r, err))
		return false;
	if (!log_writable(r->log))
		return catch_up(r, false, err);
	if (!log_lock(r->log, err))
		return false;
	ok = catch_up(r, true, err);
	log_unlock(r->log);
	return ok;
}

/* What was just appended at `start` into the index, from memory. */
static bool index_batch(struct record *r, const struct batch *b, uint64_t start, struct err *err)
{
	size_t at = 0, nf = 0, nr = 0;
	struct frame f;
	bool ok = index_begin(r->index, err);

	while (ok && batch_next(&b->frames, &at, &f)) {
		if (!frame_is_leaf(&f))
			continue;
		ok = index_leaf(r->index, f.leaf, f.kind, f.run, start + f.at, err);
		if (ok && f.kind == FRAME_FINDING)
			index_finding(r->index, f.leaf, b->finding[nf++]);
		else if (ok && f.kind == FRAME_RAW)
			ok = index_raw(r->index, f.leaf, b->raw[nr++], err);
	}
	ok = ok && index_set_end(r->index, r->end, &r->tree, err) && index_commit(r->index, err);
	if (!ok)
		index_undo(r->index);
	return ok;
}

static bool write_batch(struct record *r, struct batch *b, struct err *err)
{
	uint64_t start, added = 0;
	struct err later;
	bool ok;

	if (!b->frames.len)
		return true;
	if (!log_writable(r->log))
		return err_set(err, "%s: this record can only be read", r->dir);
	if (!log_lock(r->log, err))
		return false;
	ok = catch_up(r, true, err);
	start = r->end;
	ok = ok && log_append(r->log, start, &b->frames, &r->tree, &r->run, now(), &added, err);
	if (ok) {
		r->end += added;
		/* It is safe now; an index that fails is caught up by whoever comes next. */
		index_batch(r, b, start, &later);
		batch_reset(b);
	}
	log_unlock(r->log);
	return ok;
}

bool record_commit(struct record *r, struct err *err)
{
	/* What the thread could not write is tried again: the disk may have room by now. */
	await(r);
	r->failed = false;
	return write_batch(r, &r->before, err) && write_batch(r, &r->now, err);
}

static void *write_before(void *arg)
{
	struct record *r = arg;

	r->failed = !write_batch(r, &r->before, &r->failure);
	return NULL;
}

/* A full batch goes to the thread. */
static bool added(struct record *r, struct err *err)
{
	struct batch b;

	r->now.nleaf++;
	if (r->now.frames.len < BATCH_BYTES && r->now.nleaf < r->most)
		return true;
	if (!settle(r, err))
		return record_commit(r, err);
	b = r->before;
	r->before = r->now;
	r->now = b;
	r->writing = !pthread_create(&r->thread, NULL, write_before, r);
	return r->writing || record_commit(r, err);
}

bool record_run(struct record *r, const char *json, size_t n, struct err *err)
{
	batch_leaf(&r->now.frames, FRAME_RUN, MEDIA_JSON, json, n);
	return added(r, err);
}

bool record_run_end(struct record *r, const char *json, size_t n, struct err *err)
{
	batch_leaf(&r->now.frames, FRAME_RUN_END, MEDIA_JSON, json, n);
	return added(r, err);
}

bool record_custody(struct record *r, const char *json, size_t n, struct err *err)
{
	batch_leaf(&r->now.frames, FRAME_CUSTODY, MEDIA_JSON, json, n);
	return added(r, err);
}

/* Only what the index asks for. */
static struct finding *keep(struct record *r, const struct finding *f)
{
	struct arena *a = &r->now.arena;
	struct finding *k = arena_zero(a, 1, sizeof(*k));

	memcpy(k->id, f->id, sizeof(k->id));
	k->kind = arena_text(a, f->kind);
	k->first = f->first;
	k->last = f->last;
	k->actor.net.asn = f->actor.net.asn;
	k->victim = arena_copy(a, f->victim, f->nvictim * sizeof(*f->victim));
	k->nvictim = f->nvictim;
	k->asn = arena_copy(a, f->asn, f->nasn * sizeof(*f->asn));
	k->nasn = f->nasn;
	k->where = arena_copy(a, f->where, f->nwhere * sizeof(*f->where));
	k->nwhere = f->nwhere;
	k->country = arena_zero(a, f->ncountry + 1, sizeof(*k->country));
	for (size_t i = 0; i < f->ncountry; i++)
		k->country[i] = arena_text(a, f->country[i]);
	k->ncountry = f->ncountry;
	return k;
}

bool record_finding(struct record *r, const struct finding *f, const struct peers *peers,
		    struct err *err)
{
	struct jsonw w = JSONW(&r->json);
	struct batch *b = &r->now;

	buf_reset(&r->json);
	finding_json(&w, f, peers);
	batch_leaf(&b->frames, FRAME_FINDING, MEDIA_JSON, r->json.at, r->json.len);
	mem_room(&b->finding, &b->finding_cap, b->nfinding + 1);
	b->finding[b->nfinding++] = keep(r, f);
	return added(r, err);
}

/* The slot of a digest: empty, or where it is. */
static uint32_t *raw_slot(const struct raws *s, const uint8_t digest[SHA256_SIZE])
{
	uint32_t i;

	memcpy(&i, digest, sizeof(i));
	for (;; i++) {
		uint32_t *slot = &s->slot[i & (s->nslot - 1)];

		if (!*slot || !memcmp(s->at[*slot - 1], digest, SHA256_SIZE))
			return slot;
	}
}

static void remember_raw(struct raws *s, const uint8_t digest[SHA256_SIZE])
{
	if (s->n == RAWS_MAX)
		return;
	if (s->n * 2 >= s->nslot) {
		free(s->slot);
		s->nslot = s->nslot ? s->nslot * 4 : 1024;
		s->slot = mem_zero(s->nslot, sizeof(*s->slot));
		for (size_t i = 0; i < s->n; i++)
			*raw_slot(s, s->at[i]) = (uint32_t)i + 1;
	}
	mem_room(&s->at, &s->cap, s->n + 1);
	memcpy(s->at[s->n++], digest, SHA256_SIZE);
	*raw_slot(s, digest) = (uint32_t)s->n;
}

bool record_raw(struct record *r, enum media media, const void *p, size_t n,
		uint8_t digest[SHA256_SIZE], struct err *err)
{
	uint8_t d[SHA256_SIZE];

	sha256(p, n, d);
	if (digest)
		memcpy(digest, d, sizeof(d));
	return record_raw_of(r, media, p, n, d, err);
}

bool record_raw_of(struct record *r, enum media media, const void *p, size_t n,
		   const uint8_t digest[SHA256_SIZE], struct err *err)
{
	struct batch *b = &r->now;
	uint64_t leaf;

	if (n > LOG_CONTENT_MAX)
		return err_set(err, "raw evidence of %zu bytes: more than 256 MiB in one piece", n);
	if (r->raws.nslot && *raw_slot(&r->raws, digest))
		return true;
	if (!r->fresh || r->raws.n == RAWS_MAX) {
		if (!settle(r, err))
			return false;
		if (index_find_raw(r->index, digest, &leaf, err))
			return true;
		if (err->text[0])
			return false;
	}
	remember_raw(&r->raws, digest);
	batch_leaf(&b->frames, FRAME_RAW, media, p, n);
	mem_room(&b->raw, &b->raw_cap, b->nraw + 1);
	memcpy(b->raw[b->nraw++], digest, SHA256_SIZE);
	return added(r, err);
}

uint64_t record_size(const struct record *r)
{
	return r->tree.n;
}

struct tree_hash record_root(const struct record *r)
{
	return tree_root(&r->tree);
}

const char *record_origin(const struct record *r)
{
	return log_origin(r->log);
}

const char *record_dir(const struct record *r)
{
	return r->dir;
}

bool record_leaf(struct record *r, uint64_t n, struct leaf *leaf, struct buf *content,
		 struct err *err)
{
	struct frame f;
	uint64_t at;
	uint8_t kind;

	await(r);
	*leaf = (struct leaf){.n = n};
	/* What was found is most often read in that order; a leaf never moves. */
	if (r->next < r->nhit && r->hit[r->next].leaf == n && r->hit[r->next].at != UINT64_MAX)
		at = r->hit[r->next++].at;
	else if (!index_at(r->index, n, &kind, &at, err))
		return err->text[0] ? false
				    : err_set(err, "%s: there is no leaf %" PRIu64, r->dir, n);
	if (!log_next(r->log, &at, &f, err))
		return false;
	if (!frame_is_leaf(&f) || f.leaf != n)
		return err_set(err, "%s: the index leads to another leaf than %" PRIu64, r->dir, n);
	leaf->kind = f.kind;
	leaf->media = f.media;
	leaf->run = f.run;
	memcpy(leaf->digest, f.digest, sizeof(leaf->digest));
	if (!content) {
		buf_reset(&r->text);
		content = &r->text;
	}
	return log_content(r->log, &f, leaf->salt, content, &leaf->erased, err) || leaf->erased;
}

bool record_search(struct record *r, const struct index_query *q, struct index_hit **hits,
		   size_t *n, struct err *err)
{
	await(r);
	r->nhit = r->next = 0;
	if (!index_search(r->index, q, hits, n, err))
		return false;
	r->nhit = *n < INDEX_PLACES ? *n : INDEX_PLACES;
	mem_room(&r->hit, &r->hit_cap, r->nhit);
	if (r->nhit)
		memcpy(r->hit, *hits, r->nhit * sizeof(*r->hit));
	return true;
}

bool record_find_raw(struct record *r, const uint8_t digest[SHA256_SIZE], uint64_t *leaf,
		     struct err *err)
{
	await(r);
	return index_find_raw(r->index, digest, leaf, err);
}

bool record_erase(struct record *r, const uint64_t *leaf, size_t n, struct err *err)
{
	struct leaf l;
	uint64_t start, added_bytes = 0, at;
	struct frame f;
	bool ok = record_commit(r, err);

	for (size_t i = 0; ok && i < n; i++)
		ok = record_leaf(r, leaf[i], &l, NULL, err);
	if (!ok || !n || !log_lock(r->log, err))
		return ok && !n;
	ok = catch_up(r, true, err);
	if (ok) {
		/* What was erased may be given again. */
		r->fresh = false;
		r->raws.n = 0;
		if (r->raws.nslot)
			memset(r->raws.slot, 0, r->raws.nslot * sizeof(*r->raws.slot));
		batch_erase(&r->now.frames, leaf, n);
		start = r->end;
		ok = log_append(r->log, start, &r->now.frames, &r->tree, &r->run, now(),
				&added_bytes, err);
		buf_reset(&r->now.frames);
	}
	if (ok) {
		/* From the promise on, whoever opens the record keeps it. */
		at = r->end;
		ok = index_begin(r->index, err);
		if (ok) {
			ok = log_next(r->log, &at, &f, err) && take(r, &f, err);
			r->end += added_bytes;
			ok = ok && index_set_end(r->index, r->end, &r->tree, err) &&
			     index_commit(r->index, err);
			if (!ok)
				index_undo(r->index);
		}
		ok = ok && index_scrub(r->index, err);
	}
	log_unlock(r->log);
	return ok;
}

bool record_leaves(struct record *r, enum frame_kind kind, uint64_t **leaf, size_t *n,
		   struct err *err)
{
	await(r);
	return index_leaves(r->index, (uint8_t)kind, leaf, n, err);
}

bool record_entry(struct record *r, uint64_t n, struct buf *out, struct err *err)
{
	struct frame f;
	uint64_t at;
	uint8_t kind;

	await(r);
	if (!index_at(r->index, n, &kind, &at, err) || !log_next(r->log, &at, &f, err) ||
	    f.leaf != n)
		return err_in(err, "%s: leaf %" PRIu64, r->dir, n);
	leaf_text(out, f.kind, f.digest);
	return true;
}

static bool entry(void *arg, uint64_t i, struct buf *data, struct err *err)
{
	return record_entry(arg, i, data, err);
}

bool record_checkpoint(struct record *r, const struct note_signer *s, struct buf *checkpoint,
		       struct err *err)
{
	struct buf path = {0}, old = {0}, text = {0}, out = {0};
	struct checkpoint was = {.size = 0}, cp = {.size = 0};
	struct note note;
	struct tree_hash root;
	struct tiles *t;
	bool ok = record_commit(r, err) && log_lock(r->log, err);

	if (!ok)
		return false;
	ok = catch_up(r, true, err);
	buf_printf(&path, "%s/checkpoint", r->dir);
	if (ok && disk_exists(path.at))
		ok = (disk_read(path.at, &old, NOTE_MAX, err) &&
		      note_parse(&note, old.at, old.len, err) &&
		      checkpoint_parse(&was, note.text, note.ntext, err)) ||
		     err_in(err, "%s", path.at);
	if (ok && was.size > r->tree.n)
		ok = err_set(
		    err, "%s: the checkpoint speaks of %" PRIu64 " leaves and the log has %" PRIu64,
		    r->dir, was.size, r->tree.n);
	ok = ok && tiles_grow(r->dir, was.size, r->tree.n, entry, r, err);
	if (ok) {
		struct tree_source src;

		/* What is signed is what the tiles say, and that is what the log says; and the old
		 * checkpoint is its beginning. */
		t = tiles_open(r->dir, r->tree.n);
		src = tiles_source(t);
		cp.root = tree_root(&r->tree);
		if (!tree_root_of(&src, r->tree.n, &root) ||
		    memcmp(&root, &cp.root, sizeof(root)) != 0)
			ok = err_set(err, "%s: the tiles do not have the log's root", r->dir);
		else if (was.size && (!tree_root_of(&src, was.size, &root) ||
				      memcmp(&root, &was.root, sizeof(root)) != 0))
			ok =
			    err_set(err,
				    "%s: the log is no continuation of what its checkpoint signed: "
				    "something was changed",
				    r->dir);
		tiles_close(t);
	}
	if (ok && was.size == r->tree.n && note_check(&note, &s->key, NULL) == NOTE_GOOD) {
		/* Nothing new: the old one keeps its cosignatures. */
		if (checkpoint)
			buf_add(checkpoint, old.at, old.len);
	} else if (ok) {
		snprintf(cp.origin, sizeof(cp.origin), "%s", log_origin(r->log));
		cp.size = r->tree.n;
		checkpoint_text(&text, &cp);
		note_sign(&out, text.at, text.len, s);
		ok = disk_put(path.at, out.at, out.len, err);
		if (ok && checkpoint)
			buf_add(checkpoint, out.at, out.len);
	}
	log_unlock(r->log);
	buf_free(&path);
	buf_free(&old);
	buf_free(&text);
	buf_free(&out);
	return ok;
}
