/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "source/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct control c;
	const char *why = NULL;
	/* As it comes from the net: not followed by a NUL. */
	char *copy = mem_alloc(size ? size : 1);

	memcpy(copy, data, size);
	if (!helper_read(&a, copy, size, &c, &why))
		assert(why);
	free(copy);
	arena_free(&a);
	return 0;
}
