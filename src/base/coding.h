/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The codings that a stream undoes; one file each, one line each in codings[] (stream.c).
 */
#ifndef BASE_CODING_H
#define BASE_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/raw.h"

#define CODING_HEAD 16	 /* first bytes that is() wants to see */
#define CODING_FAULT 256 /* room for a fault's text */
#define CODING_READ 1024 /* read() wants room for so much at least */

struct coding {
	const char *name;
	bool (*is)(const uint8_t *at, size_t n);
	void *(*open)(struct raw *raw);
	/* At most cap bytes; returns with what there is before it waits for more input. 0: the
	 * end, or a fault that is then written to `fault` as a sentence without a final stop. */
	size_t (*read)(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT]);
	void (*close)(void *state);
};

extern const struct coding coding_gzip, coding_bzip2, coding_xz, coding_zstd;

/* "gzip: WHY at byte N of the file"; a fault of the file itself (raw_fault) takes its place. */
void coding_fault(char fault[CODING_FAULT], const struct coding *c, const struct raw *raw,
		  const char *why, uint64_t at);

/* True when nothing but zeros (tape and disk padding) is left from p on and in raw. */
bool coding_padding(struct raw *raw, const uint8_t *p, size_t n);

#endif
