/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>

#include "source/attrs.h"

/* The first byte is the context. Whatever comes, the path's counts agree and the same bytes are
 * the same attributes, before and after a generation. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attrs_table *t;
	const struct attrs *a;
	size_t asns = 0;
	uint32_t id;

	if (!size || size > UINT16_MAX)
		return 0;
	t = attrs_new(1);
	a = attrs_intern(t, data + 1, size - 1, data[0] & 15);
	id = a->id;
	for (size_t i = 0; i < a->path.nsegment; i++)
		asns += a->path.segment[i].n;
	assert(asns == a->path.nasn);
	assert(a->path.nflat <= a->path.nasn);
	for (size_t i = 1; i < a->path.nflat; i++)
		assert(a->path.flat[i] != a->path.flat[i - 1]);
	assert(!a->fault == !a->fault_why);
	assert(a == attrs_intern(t, data + 1, size - 1, data[0] & 15));
	attrs_turn(t);
	a = attrs_intern(t, data + 1, size - 1, data[0] & 15);
	assert(a->id == id && a->nwire == size - 1);
	attrs_free(t);
	return 0;
}
