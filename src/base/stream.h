/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A stream of bytes from a file, standard input or an http(s) URL, decompressed by what its
 * content says (gzip with many members, bzip2 with many streams, xz, zstd, plain), read ahead by
 * threads of its own. bzip2 blocks are decoded in parallel.
 *
 * It shows a window: stream_peek() makes at least `want` bytes visible in one piece, or all that
 * are left. Offsets count decompressed bytes. A compressed stream that is cut or damaged gives
 * everything before the fault, then ends; stream_fault() says what and where.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"

struct stream;

enum stream_option {
	STREAM_DIGEST = 1, /* keep the SHA-256 of the file as it lies on disk */
};

/* path: a file, "-" or http(s)://…; false: who, on what, why. */
struct stream *stream_open(const char *path, unsigned options, struct err *err);

/* Over memory that the caller keeps; told and decompressed like a file. name is for messages. */
struct stream *stream_of(const void *p, size_t n, const char *name, unsigned options);
void stream_close(struct stream *s);

/* A piece of a stream, in its decompressed bytes. */
struct stream_cut {
	uint64_t offset, length;
};

/*
 * Only these pieces of a stream, for judging evidence again: offsets stay those of the whole, and
 * stream_peek() never shows bytes of two pieces at once: it shows fewer than were asked for at
 * the end of each, and none at the end of all. The pieces are read in the order of their
 * offsets, what overlaps is read once. Takes over `of`; the list is copied.
 */
struct stream *stream_cuts(struct stream *of, const struct stream_cut *cut, size_t n);

/* At least `want` bytes from the present place, fewer only at the end; *got is how many there
 * are (often more). The pointer is good until the next peek. want is at most 256 MiB. */
const uint8_t *stream_peek(struct stream *s, size_t want, size_t *got);

/* Moves on by n bytes, which must be visible. */
void stream_skip(struct stream *s, size_t n);

uint64_t stream_offset(const struct stream *s);
/* Where the last byte that was skipped ended: the same, but before a gap of stream_cuts(). */
uint64_t stream_passed(const struct stream *s);

/* NULL while all is well; else "gzip: data ends within a member at byte 12345 of the file". */
const char *stream_fault(const struct stream *s);

/* "gzip", "bzip2", "xz", "zstd", "plain". */
const char *stream_coding(const struct stream *s);

/* Bytes read from the file so far, and its size (0 when unknown): for progress. */
uint64_t stream_raw(const struct stream *s);
uint64_t stream_size(const struct stream *s);

/* The digest and size of the file as it lies on disk; reads the rest first, and ends the stream.
 * False when it was not opened with STREAM_DIGEST or the rest cannot be read. */
bool stream_digest(struct stream *s, uint8_t out[SHA256_SIZE], uint64_t *bytes);

#endif
