/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Lists that grow in an arena: the room doubles whenever the count is a power of two, so that no
 * capacity needs to be kept. The old room stays in the arena until it goes.
 */
#ifndef SOURCE_GROW_H
#define SOURCE_GROW_H

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* One more zeroed element of *list, which had *n. */
static inline void *grow_push(struct arena *a, void **list, size_t *n, size_t size)
{
	size_t have = *n;

	if (!(have & (have - 1))) {
		void *wider = arena_alloc(a, (have ? have * 2 : 1) * size);

		if (have)
			memcpy(wider, *list, have * size);
		*list = wider;
	}
	*n = have + 1;
	return memset((char *)*list + have * size, 0, size);
}

#endif
