/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "record/log.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames whose check sums are right, or a fuzzer would never get past them: kind, flags, how much
 * more is said than stored, the length and the payload. */
static void frames(struct buf *out, const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	uint64_t leaf = 0;

	while (bytes_left(&in) && !in.bad) {
		uint8_t kind = bytes_u8(&in), flags = bytes_u8(&in), more = bytes_u8(&in);
		size_t n = bytes_u16(&in), start = out->len;
		uint8_t digest[SHA256_SIZE];
		const uint8_t *p;

		n = n < bytes_left(&in) ? n : bytes_left(&in);
		p = bytes_take(&in, n);
		if (!p)
			break;
		if (kind >= FRAME_RUN && n < LOG_SALT)
			continue;
		/* The digest of a leaf is that of its content as long as that is not compressed. */
		sha256(p, n, digest);
		buf_add(out, "MrF1", 4);
		buf_u8(out, kind);
		buf_u8(out, flags);
		buf_u16(out, more);
		buf_u32(out, (uint32_t)n);
		buf_u32(out, (uint32_t)(kind >= FRAME_RUN ? n - LOG_SALT : n) + more);
		buf_u64(out, kind >= FRAME_RUN ? leaf++ : UINT64_MAX);
		buf_add(out, digest, sizeof(digest));
		buf_u32(out, UINT32_MAX);
		buf_u32(out, (uint32_t)crc32(0, p, (uInt)n));
		buf_u32(out, (uint32_t)crc32(0, (const Bytef *)out->at + start, 64));
		buf_add(out, p, n);
	}
}

/* A record's log as it lies on the disk; a first byte of 1: frames to make one of. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf made = {0}, out = {0};
	struct err err;
	struct frame f;
	struct log *l;
	uint64_t at;

	if (!size)
		return 0;
	if (data[0] == 1)
		frames(&made, data + 1, size - 1);
	else
		buf_add(&made, data, size);
	scratch_put("log", made.at ? made.at : "", made.len);
	l = log_open(scratch_dir(), false, NULL, &err);
	at = l ? log_start(l) : 0;
	while (l && log_next(l, &at, &f, &err)) {
		uint8_t salt[LOG_SALT];
		struct tree t;
		int64_t time;
		bool erased;

		buf_reset(&out);
		if (frame_is_leaf(&f)) {
			log_content(l, &f, salt, &out, &erased, &err);
		} else if (log_payload(l, &f, &out, &err) && f.kind == FRAME_COMMIT &&
			   commit_read(&out, &t, &time)) {
			tree_root(&t);
			for (unsigned i = 0; i < 3; i++)
				tree_push(&t, &t.right[0]);
			tree_root(&t);
		}
	}
	if (l)
		log_commit_behind(l, log_start(l));
	log_close(l);
	buf_free(&made);
	buf_free(&out);
	return 0;
}
