/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where a stream's bytes come from, before anything is decompressed: a file, standard input, an
 * http(s) URL (libcurl), or memory. Used by one thread at a time (base/stream.c and
 * base/bunzip2.c see to that); only raw_count(), raw_size() and raw_stop() may be called beside
 * it.
 */
#ifndef BASE_RAW_H
#define BASE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"

struct raw;

/* digest: keep the SHA-256 of all bytes. */
struct raw *raw_open(const char *path, bool digest, struct err *err);
struct raw *raw_of(const void *p, size_t n, const char *name, bool digest);
void raw_close(struct raw *r);

/* The first bytes without taking them: at least want (64 at most), fewer only at the end. */
const uint8_t *raw_head(struct raw *r, size_t want, size_t *got);

/* The next bytes, as many as there are at hand; false at the end. Good until the next call. */
bool raw_next(struct raw *r, const uint8_t **p, size_t *n);

/* The same into the caller's memory: 0 at the end, else at least one byte, without waiting for
 * more where bytes come slowly. */
size_t raw_read(struct raw *r, uint8_t *p, size_t n);

/* Would the next call give bytes, or the end, without waiting? */
bool raw_ready(struct raw *r);

/* All that is left, when it lies in memory as a whole anyway; else NULL. */
const uint8_t *raw_memory(struct raw *r, size_t *n);

/* How many bytes were given out, and the size of the file, 0 when it is not known. */
uint64_t raw_count(const struct raw *r);
uint64_t raw_size(const struct raw *r);

/* Why the bytes ended before their end: "read error: …"; NULL when all is well. */
const char *raw_fault(const struct raw *r);

/* Makes a raw_next() or raw_read() that waits for slow bytes end soon, and all after it. */
void raw_stop(struct raw *r);

/* Reads what is left and gives the digest of all; false without one or after a fault. */
bool raw_digest(struct raw *r, uint8_t out[SHA256_SIZE]);

#endif
