/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fact/filters.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct asgraph_build *b = asgraph_build_new();
	struct asgraph *g;
	uint8_t percent[101] = {0};
	struct err err;
	uint32_t known;

	for (uint32_t v = 1; v < 100; v++)
		asgraph_build_add(b, v, v + 1, -1, LINK_BGP, 0, 0);
	g = asgraph_build_done(b, NULL);
	filters_read(percent, &known, g, (const char *)p, n, "fuzz", &err);
	asgraph_free(g);
	return 0;
}
