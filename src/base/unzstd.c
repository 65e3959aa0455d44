/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * zstd (RFC 8878) with any number of frames, skippable ones left out, by libzstd. Windows are at
 * most 128 MiB, the library's own limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/coding.h"
#include "base/mem.h"

struct unzstd {
	struct raw *raw;
	ZSTD_DStream *z;
	ZSTD_inBuffer in;
	bool within, ended;
	bool full; /* the last call filled the output: there may be more without input */
};

static bool unzstd_is(const uint8_t *at, size_t n)
{
	if (n < 4)
		return false;
	if ((at[0] & 0xf0) == 0x50 && !memcmp(at + 1, "\x2a\x4d\x18", 3))
		return true;
	return !memcmp(at, "\x28\xb5\x2f\xfd", 4);
}

static void *unzstd_open(struct raw *raw)
{
	struct unzstd *u = mem_zero(1, sizeof(*u));

	u->raw = raw;
	u->z = ZSTD_createDStream();
	if (!u->z)
		abort();
	ZSTD_initDStream(u->z);
	return u;
}

static size_t unzstd_read(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT])
{
	struct unzstd *u = state;
	ZSTD_outBuffer o = {.dst = out, .size = cap};

	while (!u->ended && o.pos < cap) {
		size_t r;

		if (u->in.pos == u->in.size && !u->full) {
			const uint8_t *p;

			if (o.pos)
				break;
			if (!raw_next(u->raw, &p, &u->in.size)) {
				u->ended = true;
				if (u->within || raw_fault(u->raw))
					coding_fault(fault, &coding_zstd, u->raw,
						     "the data end within a frame",
						     raw_count(u->raw));
				break;
			}
			u->in.src = p;
			u->in.pos = 0;
		}
		if (!u->within && u->in.pos < u->in.size &&
		    !((const uint8_t *)u->in.src)[u->in.pos]) {
			const uint8_t *p = (const uint8_t *)u->in.src + u->in.pos;
			uint64_t at = raw_count(u->raw) - (u->in.size - u->in.pos);

			u->ended = true;
			if (!coding_padding(u->raw, p, u->in.size - u->in.pos))
				coding_fault(fault, &coding_zstd, u->raw,
					     "what follows the last frame is not zstd", at);
			break;
		}
		r = ZSTD_decompressStream(u->z, &o, &u->in);
		if (ZSTD_isError(r)) {
			char why[128];
			const char *text = ZSTD_getErrorName(r);

			if (ZSTD_getErrorCode(r) == ZSTD_error_prefix_unknown)
				text = "what follows is not zstd";
			else if (ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
				text = "unpacking asks for more than 128 MiB of memory";
			snprintf(why, sizeof(why), "%s", text);
			u->ended = true;
			coding_fault(fault, &coding_zstd, u->raw, why,
				     raw_count(u->raw) - (u->in.size - u->in.pos));
			break;
		}
		u->within = r != 0;
		u->full = o.pos == cap && r != 0;
	}
	return o.pos;
}

static void unzstd_close(void *state)
{
	struct unzstd *u = state;

	ZSTD_freeDStream(u->z);
	free(u);
}

const struct coding coding_zstd = {"zstd", unzstd_is, unzstd_open, unzstd_read, unzstd_close};
