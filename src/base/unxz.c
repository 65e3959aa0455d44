/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * xz with any number of streams, by liblzma.
 */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "base/coding.h"
#include "base/mem.h"

/* `xz -9` needs 65 MiB; a file that asks for gigabytes is not an archive but an attack. */
#define XZ_MEMORY (UINT64_C(128) << 20)

struct unxz {
	struct raw *raw;
	lzma_stream z;
	bool all, ended; /* all: the raw bytes have ended */
};

static bool unxz_is(const uint8_t *at, size_t n)
{
	return n >= 6 && !memcmp(at,
				 "\xfd"
				 "7zXZ",
				 6);
}

static void *unxz_open(struct raw *raw)
{
	struct unxz *x = mem_zero(1, sizeof(*x));

	x->raw = raw;
	x->z = (lzma_stream)LZMA_STREAM_INIT;
	x->ended = lzma_stream_decoder(&x->z, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK;
	return x;
}

static const char *why_of(lzma_ret r)
{
	switch (r) {
	case LZMA_MEMLIMIT_ERROR:
		return "unpacking asks for more than 128 MiB of memory";
	case LZMA_OPTIONS_ERROR:
		return "it uses an option that liblzma does not know";
	case LZMA_FORMAT_ERROR:
		return "what follows is not xz";
	case LZMA_BUF_ERROR:
		return "the data end within a stream";
	default:
		return "the data are damaged";
	}
}

static size_t unxz_read(void *state, uint8_t *out, size_t cap, char fault[CODING_FAULT])
{
	struct unxz *x = state;

	x->z.next_out = out;
	x->z.avail_out = cap;
	while (!x->ended && x->z.avail_out) {
		lzma_ret r;

		if (!x->z.avail_in && !x->all) {
			if (x->z.avail_out < cap)
				break;
			x->all = !raw_next(x->raw, &x->z.next_in, &x->z.avail_in);
		}
		r = lzma_code(&x->z, x->all ? LZMA_FINISH : LZMA_RUN);
		if (r == LZMA_OK)
			continue;
		if (r == LZMA_BUF_ERROR && !x->all)
			continue;
		x->ended = true;
		if (r != LZMA_STREAM_END)
			coding_fault(fault, &coding_xz, x->raw, why_of(r),
				     raw_count(x->raw) - x->z.avail_in);
	}
	return cap - x->z.avail_out;
}

static void unxz_close(void *state)
{
	struct unxz *x = state;

	lzma_end(&x->z);
	free(x);
}

const struct coding coding_xz = {"xz", unxz_is, unxz_open, unxz_read, unxz_close};
