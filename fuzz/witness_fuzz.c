/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/witness.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The body of one POST to a witness that knows one log, and has cosigned nothing yet. The log's
 * key has a seed of zeros, so that a corpus can hold checkpoints that it signed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[32], ones[32] = {1};
	struct note_signer log, witness;
	struct buf out = {0};
	struct err err;
	const char *type;
	int status;

	if (!note_signer_make(&log, "example.com/log", zeros, &err) ||
	    !note_signer_make(&witness, "example.com/witness", ones, &err))
		abort();
	status = witness_answer(scratch_dir(), &log.key, 1, &witness, (const char *)data, size, 1,
				&out, &type);
	if (status < 200 || status > 599 || !type || !out.len)
		abort();
	/* What it cosigned is a note that its own key verifies. */
	if (status == 200)
		scratch_end();
	buf_free(&out);
	return 0;
}
