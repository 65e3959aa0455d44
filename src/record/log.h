/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The log: one file to which frames are only ever added. It is the truth of a record; everything
 * else (the index, the tiles) can be made from it again.
 *
 * A frame is a header of 68 bytes (big-endian) and its payload:
 *
 *	0  magic "MrF1"     8  stored bytes u32     24  digest, 32 bytes
 *	4  kind u8          12 raw bytes u32        56  run u32
 *	5  flags u8         16 leaf number u64      60  CRC-32 of the payload
 *	6  media u16                                64  CRC-32 of bytes 0 to 63
 *
 * A leaf's payload is 32 bytes of salt and the content, compressed by zstd (flag 1) or not. Its
 * digest is SHA-256(salt || content), and its entry in the Merkle tree is the line leaf_text()
 * makes of it: when salt and content are overwritten, the tree still stands and says nothing.
 *
 * `run` is the leaf of the run that a leaf belongs to, UINT32_MAX none.
 *
 * What is added becomes part of the log by a commit frame, which holds the tree (its size and the
 * roots of its complete subtrees) and the time. Bytes after the last commit are an unfinished
 * write that nobody was told of; the next writer cuts them off. Writers hold flock(2) on the file.
 */
#ifndef RECORD_LOG_H
#define RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "record/tree.h"

#define LOG_HEADER 68
#define LOG_SALT 32
#define LOG_CONTENT_MAX (UINT32_C(256) << 20) /* of one leaf, uncompressed */

enum frame_kind {
	FRAME_HEAD = 1, /* JSON: format and origin; the first frame of a log */
	FRAME_COMMIT,
	FRAME_ERASE, /* leaf numbers, u64 each, whose salt and content are overwritten */
	/* Leaves. */
	FRAME_RUN = 16, /* JSON: a run begins */
	FRAME_RUN_END,	/* JSON: what came of it */
	FRAME_FINDING,	/* JSON: finding/json.h */
	FRAME_RAW,	/* bytes of evidence, as they were */
	FRAME_CUSTODY,	/* JSON: what was done with the record */
};

/* What raw bytes are. */
enum media {
	MEDIA_BYTES,
	MEDIA_MRT,
	MEDIA_BMP,
	MEDIA_JSON,
	MEDIA_DNS,  /* a DNS message, RFC 1035 */
	MEDIA_TLS,  /* certificates as the server sent them, DER, each after its length in u24 */
	MEDIA_HTTP, /* an exchange as it was on the wire, RFC 9112; what a probe keeps of one stands
		     * in its measurement, which is MEDIA_JSON */
	MEDIA_TEXT,
};

struct frame {
	uint8_t kind; /* enum frame_kind */
	bool zstd;
	uint16_t media;
	uint32_t stored, raw; /* bytes of the payload; of the content */
	uint64_t leaf;	      /* UINT64_MAX: no leaf */
	uint32_t run;	      /* leaf of its run, UINT32_MAX: none */
	uint32_t crc;	      /* of the payload as it is stored */
	uint8_t digest[SHA256_SIZE];
	uint64_t at; /* offset of the header in the log */
};

bool frame_is_leaf(const struct frame *f);
const char *frame_kind_text(uint8_t kind); /* "finding", "raw", … */
const char *media_text(uint16_t media);	   /* "application/vnd.meridian.mrt", … */

/* "meridian-leaf/v1 finding HEX\n": the leaf's data in the Merkle tree. */
void leaf_text(struct buf *out, uint8_t kind, const uint8_t digest[SHA256_SIZE]);

struct log;

/* Opens DIR/log. create: makes DIR (0700) and the log (0600) when they are not there, with the
 * origin name (NULL: one is made up). Otherwise it is only read unless it can be written to. */
struct log *log_open(const char *dir, bool create, const char *origin, struct err *err);
void log_close(struct log *l);
const char *log_origin(const struct log *l);
bool log_writable(const struct log *l);

/* Waits for the other writers; log_unlock() lets them. */
bool log_lock(struct log *l, struct err *err);
void log_unlock(struct log *l);

/* The next frame at *at, which moves behind it; *end is how far the file goes. False with
 * err->text "" at the end, else something stands there that is no whole frame. */
bool log_next(struct log *l, uint64_t *at, struct frame *f, struct err *err);
uint64_t log_size(struct log *l);
/* Where the frames begin (behind the head). */
uint64_t log_start(const struct log *l);

/* A leaf's salt and content; false: damaged, or erased (*erased). NULL salt: not wanted. */
bool log_content(struct log *l, const struct frame *f, uint8_t salt[LOG_SALT], struct buf *out,
		 bool *erased, struct err *err);
/* The payload of a commit or an erase frame as it is. */
bool log_payload(struct log *l, const struct frame *f, struct buf *out, struct err *err);
bool commit_read(const struct buf *payload, struct tree *t, int64_t *time);

/* Adds a frame to a batch that is not yet written: leaf numbers come with log_append(). */
void batch_leaf(struct buf *batch, enum frame_kind kind, enum media media, const void *p, size_t n);
void batch_erase(struct buf *batch, const uint64_t *leaf, size_t n);

/*
 * Writes a batch at `end` with a commit after it and makes it durable; t grows by its leaves.
 * When it fails nothing of it counts, and t is as it was. Under log_lock(). *run is the run that
 * leaves belong to until a FRAME_RUN comes, then that one. *added is how many bytes were written;
 * the batch keeps its frames and has their commit behind it until buf_reset().
 */
bool log_append(struct log *l, uint64_t end, struct buf *batch, struct tree *t, uint32_t *run,
		int64_t time, uint64_t *added, struct err *err);

/* The frames of a batch one after another, as log_next(). */
bool batch_next(const struct buf *batch, size_t *at, struct frame *f);

/* Does a commit stand somewhere behind a place that cannot be read? Then something was damaged
 * that had been committed, and nothing may be cut off. */
bool log_commit_behind(struct log *l, uint64_t from);

/* Cuts off an unfinished write after `end`. Under log_lock(). */
bool log_cut(struct log *l, uint64_t end, struct err *err);

/* Overwrites a leaf's salt and content with zeros, durably after log_sync(). */
bool log_wipe(struct log *l, const struct frame *f, struct err *err);
bool log_sync(struct log *l, struct err *err);

#endif
