/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <isa-l/crc.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/mem.h"

#define FLAG_ZSTD 1
#define FORMAT "meridian.record/v1"
#define WORTH 512	  /* bytes from which compressing is tried */
#define QUICK (64u << 10) /* below it the time of a better level is worth more than the room */

struct log {
	int fd;
	char *path;
	char *origin;
	uint64_t start;
	bool writable;
	struct buf scratch;
	ZSTD_DCtx *dctx;
};

/* The CRC-32 of zlib, by isa-l. */
static uint32_t crc(const void *p, size_t n)
{
	return crc32_gzip_refl(0, p, n);
}

bool frame_is_leaf(const struct frame *f)
{
	return f->kind >= FRAME_RUN;
}

const char *frame_kind_text(uint8_t kind)
{
	switch (kind) {
	case FRAME_HEAD:
		return "head";
	case FRAME_COMMIT:
		return "commit";
	case FRAME_ERASE:
		return "erase";
	case FRAME_RUN:
		return "run";
	case FRAME_RUN_END:
		return "run-end";
	case FRAME_FINDING:
		return "finding";
	case FRAME_RAW:
		return "raw";
	case FRAME_CUSTODY:
		return "custody";
	}
	return "unknown";
}

const char *media_text(uint16_t media)
{
	static const char *const text[] = {
	    [MEDIA_BYTES] = "application/octet-stream",
	    [MEDIA_MRT] = "application/vnd.meridian.mrt",
	    [MEDIA_BMP] = "application/vnd.meridian.bmp",
	    [MEDIA_JSON] = "application/json",
	    [MEDIA_DNS] = "application/dns-message",
	    [MEDIA_TLS] = "application/vnd.meridian.tls-chain",
	    [MEDIA_HTTP] = "application/vnd.meridian.http",
	    [MEDIA_TEXT] = "text/plain",
	};

	return media < sizeof(text) / sizeof(*text) ? text[media] : text[MEDIA_BYTES];
}

void leaf_text(struct buf *out, uint8_t kind, const uint8_t digest[SHA256_SIZE])
{
	buf_text(out, "meridian-leaf/v1 ");
	buf_text(out, frame_kind_text(kind));
	buf_char(out, ' ');
	buf_hex(out, digest, SHA256_SIZE);
	buf_char(out, '\n');
}

static void put_header(uint8_t h[LOG_HEADER], const struct frame *f)
{
	struct buf b = {.at = (char *)h, .len = 0, .cap = LOG_HEADER + 8};
	uint8_t room[LOG_HEADER + 8];

	b.at = (char *)room;
	buf_add(&b, "MrF1", 4);
	buf_u8(&b, f->kind);
	buf_u8(&b, f->zstd ? FLAG_ZSTD : 0);
	buf_u16(&b, f->media);
	buf_u32(&b, f->stored);
	buf_u32(&b, f->raw);
	buf_u64(&b, f->leaf);
	buf_add(&b, f->digest, SHA256_SIZE);
	buf_u32(&b, f->run);
	buf_u32(&b, f->crc);
	buf_u32(&b, crc(b.at, 64));
	assert(b.at == (char *)room && b.len == LOG_HEADER);
	memcpy(h, room, LOG_HEADER);
}

static bool get_header(const uint8_t h[LOG_HEADER], struct frame *f)
{
	struct bytes b = bytes_of(h, LOG_HEADER), sum = bytes_of(h + 64, 4);
	uint8_t flags;

	if (memcmp(bytes_take(&b, 4), "MrF1", 4) != 0 || crc(h, 64) != bytes_u32(&sum))
		return false;
	f->kind = bytes_u8(&b);
	flags = bytes_u8(&b);
	f->zstd = flags & FLAG_ZSTD;
	f->media = bytes_u16(&b);
	f->stored = bytes_u32(&b);
	f->raw = bytes_u32(&b);
	f->leaf = bytes_u64(&b);
	bytes_copy(&b, f->digest, SHA256_SIZE);
	f->run = bytes_u32(&b);
	f->crc = bytes_u32(&b);
	return f->raw <= LOG_CONTENT_MAX && f->stored <= LOG_CONTENT_MAX + LOG_SALT &&
	       (!frame_is_leaf(f) || f->stored >= LOG_SALT);
}

/* Reads n bytes at an offset; false: the file ends before, or it cannot be read. */
static bool read_at(struct log *l, uint64_t at, void *p, size_t n, struct err *err)
{
	uint8_t *to = p;

	while (n) {
		ssize_t k = pread(l->fd, to, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "%s", l->path);
		if (!k)
			return err_set(err, "%s: ends within a frame", l->path);
		to += k;
		at += (uint64_t)k;
		n -= (size_t)k;
	}
	return true;
}

static bool write_at(struct log *l, uint64_t at, const void *p, size_t n, struct err *err)
{
	const uint8_t *from = p;

	while (n) {
		ssize_t k = pwrite(l->fd, from, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "%s", l->path);
		from += k;
		at += (uint64_t)k;
		n -= (size_t)k;
	}
	return true;
}

uint64_t log_size(struct log *l)
{
	struct stat st;

	return fstat(l->fd, &st) ? 0 : (uint64_t)st.st_size;
}

bool log_sync(struct log *l, struct err *err)
{
	return !fdatasync(l->fd) || err_sys(err, "%s", l->path);
}

bool log_lock(struct log *l, struct err *err)
{
	while (flock(l->fd, LOCK_EX))
		if (errno != EINTR)
			return err_sys(err, "%s", l->path);
	return true;
}

void log_unlock(struct log *l)
{
	flock(l->fd, LOCK_UN);
}

const char *log_origin(const struct log *l)
{
	return l->origin;
}

bool log_writable(const struct log *l)
{
	return l->writable;
}

uint64_t log_start(const struct log *l)
{
	return l->start;
}

/* The head of a new log. Two that come at once: the lock is held. */
static bool write_head(struct log *l, const char *origin, struct err *err)
{
	struct frame f = {.kind = FRAME_HEAD, .leaf = UINT64_MAX, .run = UINT32_MAX};
	struct buf head = {0}, json = {0};
	struct jsonw w = JSONW(&json);
	uint8_t some[8], h[LOG_HEADER];
	bool ok;

	if (RAND_bytes(some, sizeof(some)) != 1)
		abort();
	jsonw_object(&w);
	jsonw_name(&w, "format");
	jsonw_text(&w, FORMAT);
	jsonw_name(&w, "origin");
	if (origin) {
		jsonw_text(&w, origin);
	} else {
		struct buf name = {0};

		buf_text(&name, "meridian.invalid/log/");
		buf_hex(&name, some, sizeof(some));
		jsonw_text(&w, name.at);
		buf_free(&name);
	}
	jsonw_object_end(&w);
	f.stored = f.raw = (uint32_t)json.len;
	f.crc = crc(json.at, json.len);
	sha256(json.at, json.len, f.digest);
	put_header(h, &f);
	buf_add(&head, h, LOG_HEADER);
	buf_add(&head, json.at, json.len);
	ok = (!ftruncate(l->fd, 0) || err_sys(err, "%s", l->path)) &&
	     write_at(l, 0, head.at, head.len, err) && log_sync(l, err);
	buf_free(&head);
	buf_free(&json);
	return ok;
}

static bool read_head(struct log *l, struct err *err)
{
	uint8_t h[LOG_HEADER], digest[SHA256_SIZE];
	struct frame f;
	struct buf p = {0};
	struct json j;
	bool ok, known = false;

	if (!read_at(l, 0, h, LOG_HEADER, err) || !get_header(h, &f) || f.kind != FRAME_HEAD ||
	    f.stored > 4096)
		return err_set(err, "%s: this is no record of Meridian", l->path);
	ok = read_at(l, LOG_HEADER, buf_room(&p, f.stored), f.stored, err);
	sha256(p.at, f.stored, digest);
	if (ok && memcmp(digest, f.digest, sizeof(digest)) != 0)
		ok = err_set(err, "%s: its head is not what its digest says", l->path);
	json_of(&j, p.at, f.stored);
	if (ok && json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "format") && json_text(&j)) {
				known =
				    j.ntext == strlen(FORMAT) && !memcmp(j.text, FORMAT, j.ntext);
			} else if (json_is(&j, "origin") && json_text(&j)) {
				free(l->origin);
				l->origin = mem_zero(1, j.ntext + 1);
				memcpy(l->origin, j.text, j.ntext);
			} else {
				json_skip(&j);
			}
		}
	json_free(&j);
	buf_free(&p);
	l->start = LOG_HEADER + f.stored;
	if (!ok)
		return false;
	return (known && l->origin) ||
	       err_set(err, "%s: a record of a kind that this version does not know", l->path);
}

static bool head_is_whole(struct log *l)
{
	uint8_t h[LOG_HEADER];
	struct frame f;
	struct err err;

	return log_size(l) >= LOG_HEADER && read_at(l, 0, h, LOG_HEADER, &err) &&
	       get_header(h, &f) && log_size(l) >= LOG_HEADER + f.stored;
}

/* A new file, or one whose head a crash cut, which has nothing behind it. A file of somebody
 * else is left alone. */
static bool head_is_torn(struct log *l, struct err *err)
{
	uint64_t n = log_size(l);
	char magic[4];

	if (!n)
		return true;
	return (n < 1024 && n >= 4 && read_at(l, 0, magic, 4, err) && !memcmp(magic, "MrF1", 4)) ||
	       err_set(err, "%s: this is no record of Meridian", l->path);
}

struct log *log_open(const char *dir, bool create, const char *origin, struct err *err)
{
	struct log *l = mem_zero(1, sizeof(*l));
	struct buf path = {0};
	bool ok = true;

	buf_printf(&path, "%s/log", dir);
	l->path = mem_text(path.at);
	buf_free(&path);
	l->writable = true;
	if (create)
		ok = file_folder(dir, 0700, err);
	if (ok) {
		l->fd = open(l->path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
		if (l->fd < 0 && !create && (errno == EACCES || errno == EROFS)) {
			l->writable = false;
			l->fd = open(l->path, O_RDONLY | O_CLOEXEC);
		}
		if (l->fd < 0 && !create && (errno == ENOENT || errno == ENOTDIR))
			ok = err_set(err,
				     "%s: there is no record here (no file 'log' in it); --record "
				     "%s makes one",
				     dir, dir);
		else if (l->fd < 0)
			ok = err_sys(err, "%s", l->path);
	} else {
		l->fd = -1;
	}
	if (ok && create) {
		ok = log_lock(l, err) &&
		     (head_is_whole(l) || (head_is_torn(l, err) && write_head(l, origin, err)));
		log_unlock(l);
	}
	if (ok && read_head(l, err)) {
		l->dctx = ZSTD_createDCtx();
		return l;
	}
	log_close(l);
	return NULL;
}

void log_close(struct log *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	ZSTD_freeDCtx(l->dctx);
	buf_free(&l->scratch);
	free(l->path);
	free(l->origin);
	free(l);
}

bool log_next(struct log *l, uint64_t *at, struct frame *f, struct err *err)
{
	uint64_t size = log_size(l);
	uint8_t h[LOG_HEADER];

	err->text[0] = 0;
	if (*at == size)
		return false;
	if (size < *at)
		return err_set(err, "%s: has %" PRIu64 " bytes where %" PRIu64 " were committed",
			       l->path, size, *at);
	if (size - *at < LOG_HEADER)
		return err_set(err, "%s: byte %" PRIu64 ": a frame that is cut", l->path, *at);
	if (!read_at(l, *at, h, LOG_HEADER, err))
		return false;
	if (!get_header(h, f))
		return err_set(err, "%s: byte %" PRIu64 ": no frame of a log", l->path, *at);
	if (size - *at - LOG_HEADER < f->stored)
		return err_set(err, "%s: byte %" PRIu64 ": a frame that is cut", l->path, *at);
	f->at = *at;
	*at += LOG_HEADER + f->stored;
	return true;
}

bool log_payload(struct log *l, const struct frame *f, struct buf *out, struct err *err)
{
	char *p = buf_room(out, f->stored);
	uint8_t digest[SHA256_SIZE];

	if (!read_at(l, f->at + LOG_HEADER, p, f->stored, err))
		return false;
	out->len += f->stored;
	if (frame_is_leaf(f))
		return true;
	sha256(p, f->stored, digest);
	return !memcmp(digest, f->digest, sizeof(digest)) ||
	       err_set(err, "%s: byte %" PRIu64 ": a %s that is not what its digest says", l->path,
		       f->at, frame_kind_text(f->kind));
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

bool log_content(struct log *l, const struct frame *f, uint8_t salt[LOG_SALT], struct buf *out,
		 bool *erased, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const uint8_t *p;
	size_t n = f->stored - LOG_SALT, before = out->len;

	*erased = false;
	buf_reset(&l->scratch);
	if (!log_payload(l, f, &l->scratch, err))
		return false;
	p = (const uint8_t *)l->scratch.at;
	if (all_zero(p, f->stored)) {
		*erased = true;
		return err_set(err, "leaf %" PRIu64 " was erased", f->leaf);
	}
	if (crc(p, f->stored) != f->crc)
		return err_set(err, "%s: byte %" PRIu64 ": leaf %" PRIu64 " is damaged", l->path,
			       f->at, f->leaf);
	if (f->zstd) {
		size_t got =
		    ZSTD_decompressDCtx(l->dctx, buf_room(out, f->raw), f->raw, p + LOG_SALT, n);

		if (ZSTD_isError(got) || got != f->raw)
			return err_set(err, "%s: byte %" PRIu64 ": leaf %" PRIu64 " is damaged",
				       l->path, f->at, f->leaf);
		out->len += got;
	} else {
		buf_add(out, p + LOG_SALT, n);
	}
	sha256_pair(p, LOG_SALT, out->at + before, out->len - before, digest);
	if (memcmp(digest, f->digest, sizeof(digest)) != 0) {
		out->len = before;
		return err_set(err,
			       "%s: byte %" PRIu64 ": the content of leaf %" PRIu64
			       " is not what its digest says",
			       l->path, f->at, f->leaf);
	}
	if (salt)
		memcpy(salt, p, LOG_SALT);
	return true;
}

bool commit_read(const struct buf *payload, struct tree *t, int64_t *time)
{
	struct bytes b = bytes_of(payload->at, payload->len);

	*t = (struct tree){0};
	*time = (int64_t)bytes_u64(&b);
	t->n = bytes_u64(&b);
	if (t->n > INT64_MAX)
		return false;
	for (unsigned i = 0; i < tree_parts(t); i++)
		bytes_copy(&b, t->right[i].at, TREE_HASH);
	return !b.bad && !bytes_left(&b);
}

/* Random bytes by the page: one call a leaf would cost more than its hash. */
static void fresh_salt(uint8_t out[LOG_SALT])
{
	static _Thread_local uint8_t pool[4096];
	static _Thread_local size_t left;

	if (left < LOG_SALT) {
		if (RAND_bytes(pool, sizeof(pool)) != 1)
			abort();
		left = sizeof(pool);
	}
	left -= LOG_SALT;
	memcpy(out, pool + left, LOG_SALT);
}

void batch_leaf(struct buf *batch, enum frame_kind kind, enum media media, const void *p, size_t n)
{
	static _Thread_local ZSTD_CCtx *cctx;
	struct frame f = {.kind = (uint8_t)kind, .media = (uint16_t)media, .leaf = 0};
	uint8_t salt[LOG_SALT];
	size_t head = batch->len, bound = ZSTD_compressBound(n), got = 0;

	assert(n <= LOG_CONTENT_MAX);
	fresh_salt(salt);
	sha256_pair(salt, LOG_SALT, p, n, f.digest);
	buf_room(batch, LOG_HEADER + LOG_SALT + (n >= WORTH ? bound : n));
	memcpy(batch->at + head + LOG_HEADER, salt, LOG_SALT);
	if (n >= WORTH) {
		if (!cctx)
			cctx = ZSTD_createCCtx();
		got = ZSTD_compressCCtx(cctx, batch->at + head + LOG_HEADER + LOG_SALT, bound, p, n,
					n < QUICK ? -3 : 1);
		f.zstd = !ZSTD_isError(got) && got < n - n / 8;
	}
	if (!f.zstd) {
		if (n)
			memcpy(batch->at + head + LOG_HEADER + LOG_SALT, p, n);
		got = n;
	}
	f.stored = (uint32_t)(LOG_SALT + got);
	f.raw = (uint32_t)n;
	f.crc = crc(batch->at + head + LOG_HEADER, f.stored);
	put_header((uint8_t *)batch->at + head, &f);
	batch->len = head + LOG_HEADER + f.stored;
	batch->at[batch->len] = 0;
}

static void batch_other(struct buf *batch, enum frame_kind kind, const struct buf *payload)
{
	struct frame f = {.kind = (uint8_t)kind, .leaf = UINT64_MAX, .run = UINT32_MAX};
	uint8_t h[LOG_HEADER];

	f.stored = f.raw = (uint32_t)payload->len;
	f.crc = crc(payload->at, payload->len);
	sha256(payload->at, payload->len, f.digest);
	put_header(h, &f);
	buf_add(batch, h, LOG_HEADER);
	buf_add(batch, payload->at, payload->len);
}

void batch_erase(struct buf *batch, const uint64_t *leaf, size_t n)
{
	struct buf p = {0};

	for (size_t i = 0; i < n; i++)
		buf_u64(&p, leaf[i]);
	batch_other(batch, FRAME_ERASE, &p);
	buf_free(&p);
}

bool log_commit_behind(struct log *l, uint64_t from)
{
	enum { WINDOW = 1 << 20 };
	uint8_t *p = mem_alloc(WINDOW);
	uint64_t size = log_size(l), at = from;
	bool found = false;

	while (!found && size - at >= LOG_HEADER) {
		size_t n = size - at < WINDOW ? (size_t)(size - at) : WINDOW;
		struct err err;

		if (!read_at(l, at, p, n, &err))
			break;
		for (const uint8_t *m = p;
		     !found && (m = memmem(m, n - (size_t)(m - p), "MrF1", 4)); m++) {
			struct frame f;

			found = n - (size_t)(m - p) >= LOG_HEADER && get_header(m, &f) &&
				f.kind == FRAME_COMMIT && at + (uint64_t)(m - p) > from &&
				size - at - (uint64_t)(m - p) >= LOG_HEADER + f.stored;
		}
		if (n < WINDOW)
			break;
		at += n - LOG_HEADER + 1;
	}
	free(p);
	return found;
}

bool log_cut(struct log *l, uint64_t end, struct err *err)
{
	if (ftruncate(l->fd, (off_t)end))
		return err_sys(err, "%s", l->path);
	return log_sync(l, err);
}

bool batch_next(const struct buf *batch, size_t *at, struct frame *f)
{
	if (*at >= batch->len)
		return false;
	if (!get_header((const uint8_t *)batch->at + *at, f))
		abort();
	f->at = *at;
	*at += LOG_HEADER + f->stored;
	return true;
}

bool log_append(struct log *l, uint64_t end, struct buf *batch, struct tree *t, uint32_t *run,
		int64_t time, uint64_t *added, struct err *err)
{
	struct tree grown = *t;
	struct buf commit = {0}, line = {0};
	size_t before = batch->len, at = 0;
	uint32_t of = *run;
	struct frame f;
	bool ok;

	/* Now the leaves get their numbers. */
	while (batch_next(batch, &at, &f)) {
		struct tree_hash leaf;

		if (!frame_is_leaf(&f))
			continue;
		f.leaf = grown.n;
		if (f.kind == FRAME_RUN)
			of = f.leaf < UINT32_MAX ? (uint32_t)f.leaf : UINT32_MAX;
		f.run = of;
		put_header((uint8_t *)batch->at + f.at, &f);
		buf_reset(&line);
		leaf_text(&line, f.kind, f.digest);
		leaf = tree_leaf(line.at, line.len);
		tree_push(&grown, &leaf);
	}
	buf_u64(&commit, (uint64_t)time);
	buf_u64(&commit, grown.n);
	for (unsigned i = 0; i < tree_parts(&grown); i++)
		buf_add(&commit, grown.right[i].at, TREE_HASH);
	batch_other(batch, FRAME_COMMIT, &commit);
	ok = write_at(l, end, batch->at, batch->len, err) && log_sync(l, err);
	if (ok) {
		*t = grown;
		*run = of;
		*added = batch->len;
	} else {
		/* Nobody was told of it. When this fails as well, the next writer does it. */
		if (ftruncate(l->fd, (off_t)end))
			err_in(err, "not undone yet");
		batch->len = before;
	}
	buf_free(&commit);
	buf_free(&line);
	return ok;
}

bool log_wipe(struct log *l, const struct frame *f, struct err *err)
{
	char *zero = mem_zero(1, f->stored);
	bool ok = write_at(l, f->at + LOG_HEADER, zero, f->stored, err);

	free(zero);
	return ok;
}
