/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "finding/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written, read and written again: the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct findings fs = {0};
	struct peers *peers = peers_new();
	struct buf a = {0}, b = {0};
	struct jsonw w = JSONW(&a);
	struct err err;

	if (finding_read(&fs, (const char *)data, size, peers, &err)) {
		finding_json(&w, fs.at[0], peers);
		if (!finding_read(&fs, a.at, a.len, peers, &err))
			abort();
		w = JSONW(&b);
		finding_json(&w, fs.at[1], peers);
		if (a.len != b.len || memcmp(a.at, b.at, a.len) != 0)
			abort();
	}
	buf_free(&a);
	buf_free(&b);
	findings_free(&fs);
	peers_free(peers);
	return 0;
}
