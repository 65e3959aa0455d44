/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The binary forms of names and countries, as a user may give them.
 */
#include "table_source.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *aligned = malloc(size ? size : 1);
	struct names *n;
	struct geo *g;
	struct err err;
	struct name name;
	char country[3];

	CHECK(aligned);
	memcpy(aligned, data, size);
	n = names_of(aligned, size, "fuzz", &err);
	g = geo_of(aligned, size, "fuzz", &err);
	for (uint64_t i = 0; i < 1000; i++) {
		(void)names_find(n, (uint32_t)(i * 4294967), &name);
		(void)geo_find(g, (struct addr){i << 54, 0, i & 1}, country);
	}
	if (n)
		(void)strlen(names_about(n));
	if (g)
		(void)strlen(geo_about(g));
	names_free(n);
	geo_free(g);
	free(aligned);
	return 0;
}
