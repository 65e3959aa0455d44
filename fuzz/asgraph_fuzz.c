/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fact/asgraph.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err err;
	void *copy = mem_alloc(n + 1); /* aligned */
	struct asgraph *g;

	memcpy(copy, p, n);
	g = asgraph_is_binary(copy, n) ? asgraph_of(copy, n, "fuzz", &err)
				       : asgraph_from_text(copy, n, "fuzz", &err);
	if (g) {
		struct buf out = {0};

		asgraph_cycles(g, NULL, NULL);
		asgraph_text(g, &out);
		buf_free(&out);
		asgraph_free(g);
	}
	free(copy);
	return 0;
}
