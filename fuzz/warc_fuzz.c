/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "record/warc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Web archives, packed and plain: every record lies within the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct warc *w = warc_open(data, size);
	struct warc_record r;
	size_t records = 0;

	while (warc_next(w, &r)) {
		assert(r.offset <= size && r.length <= size - r.offset);
		assert(r.payload >= r.block && r.payload + r.npayload <= r.block + r.nblock);
		records++;
	}
	assert(records <= size || warc_fault(w, NULL));
	warc_close(w);
	return 0;
}
