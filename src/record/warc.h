/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * WARC (ISO 28500:2017, versions 1.0 and 1.1): records of a web archive, each in a gzip member of
 * its own or plain. Read with every digest checked; written with sha256 in base32.
 */
#ifndef RECORD_WARC_H
#define RECORD_WARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

#define WARC_BLOCK_MAX ((size_t)256 << 20) /* of one gzip member, unpacked */

struct warc_field {
	const char *name, *value;
};

/* What became of a digest that a record has. */
enum warc_digest { DIGEST_ABSENT, DIGEST_GOOD, DIGEST_BAD, DIGEST_UNKNOWN };

struct warc_record {
	uint64_t offset, length; /* in the file: its gzip member, or itself */
	char version[8];	 /* "1.1" */
	const struct warc_field *field;
	size_t nfield;
	const uint8_t *block;
	size_t nblock;
	const uint8_t *payload; /* what follows an HTTP head in the block, else the block */
	size_t npayload;
	enum warc_digest block_digest, payload_digest;
	bool shared; /* its gzip member has other records: no index can point at it */
};

struct warc;

/* Borrows p. */
struct warc *warc_open(const void *p, size_t n);
void warc_close(struct warc *w);

/* The next record, good until the next call; false at the end, or at something from which no
 * record could be found. */
bool warc_next(struct warc *w, struct warc_record *r);

/* What was wrong so far: the first such thing in words, NULL nothing; *n how many. */
const char *warc_fault(const struct warc *w, unsigned *n);

/* A field's value whatever its case, NULL when it is not there; < > around a URI are taken off
 * as WARC 1.0's writers differ in that. */
const char *warc_value(const struct warc_record *r, const char *name, char *out, size_t n);

/* "sha256:BASE32" with its padding, as other people's writers and checkers have it. */
void warc_digest_text(struct buf *out, const void *p, size_t n);

/* A record as one gzip member onto out. Version, type, id (a UUID made from 16 bytes), block
 * digest and length are written here, the rest are fields. */
void warc_put(struct buf *out, const char *type, const uint8_t id[16],
	      const struct warc_field *field, size_t nfield, const void *block, size_t n);

/* "<urn:uuid:…>" of version 8 (RFC 9562): the other bits are the given ones. */
void warc_id_text(char out[48], const uint8_t id[16]);

#endif
