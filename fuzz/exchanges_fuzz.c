/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fact/exchanges.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct asgraph_build *b = asgraph_build_new();
	struct asgraph *g;
	struct exchanges x = {0};
	struct err err;
	size_t first;

	for (uint32_t v = 1; v < 100; v++)
		asgraph_build_add(b, v, v + 1, -1, LINK_BGP, 0, 0);
	g = asgraph_build_done(b, NULL);
	/* Twice: what a second file adds to. */
	if (exchanges_read(&x, g, (const char *)p, n, "fuzz", &err))
		exchanges_read(&x, g, (const char *)p, n, "fuzz", &err);
	for (uint32_t v = 0; v + 1 < g->n; v++)
		if (exchanges_of(&x, v, &first))
			exchanges_only(&x, v, v + 1, x.member[first].exchange);
	exchanges_find(&x, "name", &err);
	exchanges_free(&x);
	asgraph_free(g);
	return 0;
}
