/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ZIP (PKWARE's APPNOTE 6.3), as far as WACZ needs it and evidence allows it: one file in memory,
 * members stored or deflated, no encryption, no ZIP64. It is our own and strict since evidence may
 * not have two readings: names that appear twice or lead out of a folder, headers that disagree
 * and members that overlap are refused, and bytes that belong to nothing are counted.
 */
#ifndef RECORD_ZIP_H
#define RECORD_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct zip_member {
	char *name;
	const uint8_t *at; /* as it is stored, borrowed from the file */
	size_t stored, size;
	size_t from, to; /* what it takes of the file, its header included */
	uint32_t crc;
	bool deflated;
};

struct zip {
	struct zip_member *member; /* in the order of the central directory */
	size_t n, cap;
	size_t loose; /* bytes of the file that are of no member and of no directory */
};

/* Borrows p. Whatever comes back, zip_free(). */
bool zip_read(struct zip *z, const void *p, size_t n, struct err *err);
void zip_free(struct zip *z);
const struct zip_member *zip_find(const struct zip *z, const char *name);

/* Adds a member's bytes to out, its CRC checked; more than max is a failure. */
bool zip_content(const struct zip_member *m, struct buf *out, size_t max, struct err *err);

/* Writing: members are stored, with the time of DOS's beginning (1980), so that the same contents
 * are the same bytes. */
struct zip_out {
	struct buf *file, directory;
	unsigned n;
};
void zip_put(struct zip_out *z, const char *name, const void *p, size_t n);
/* False: it would be 4 GiB or more, or 65,535 members or more, which takes ZIP64. */
bool zip_end(struct zip_out *z, struct err *err);

#endif
