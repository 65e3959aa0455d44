/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "record/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Notes, verifier keys, checkpoints and proofs; what is read is written as the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct tlog_proof proof;
	struct note_key key;
	struct note note;
	struct checkpoint cp;
	struct buf out = {0};
	struct err err;

	if (note_key_parse(&key, p, size, &err)) {
		note_key_text(&out, &key);
		assert(out.len == size && !memcmp(out.at, p, size));
		buf_reset(&out);
	}
	if (note_parse(&note, p, size, &err)) {
		note_key_parse(
		    &key, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		    71, &err);
		note_check(&note, &key, NULL);
		checkpoint_parse(&cp, note.text, note.ntext, &err);
	}
	if (tlog_proof_parse(&proof, p, size, &err)) {
		tlog_proof_text(&out, &proof);
		if (proof.extra.len)
			assert(out.len == size && !memcmp(out.at, p, size));
	}
	tlog_proof_free(&proof);
	buf_free(&out);
	return 0;
}
