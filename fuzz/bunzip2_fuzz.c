/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/bunzip2_block.h"

/* One block; the first byte says at which bit it begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bunzip2_block *block;
	static uint8_t out[65536];
	struct bunzip2_text text = {0};
	const char *why = NULL;
	uint64_t bit;
	uint8_t *in;

	if (!size)
		return 0;
	if (!block)
		block = bunzip2_block_new();
	in = calloc(1, size - 1 + BUNZIP2_PAD);
	if (!in)
		abort();
	memcpy(in, data + 1, size - 1);
	bit = data[0] & 7;
	if (bunzip2_block_decode(block, in, (size - 1) * 8, &bit, BUNZIP2_MAX, &text, &why) ==
	    BUNZIP2_OK)
		while (bunzip2_text_read(&text, out, sizeof(out))) {
		}
	bunzip2_text_free(&text);
	free(in);
	return 0;
}
