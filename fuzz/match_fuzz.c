/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t hits, sum;
};

static bool add(uint32_t pattern, size_t offset, void *arg)
{
	struct sum *s = arg;

	s->hits++;
	s->sum += (pattern + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (offset + 1) * UINT64_C(1000003);
	return true;
}

/* Patterns, each after its length in a byte, until a length of 0; the rest is the text. The fast
 * way and the plain one find the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct match *m = match_new();
	struct sum fast = {0}, plain = {0};
	const uint8_t *p;
	uint8_t n;

	while ((n = bytes_u8(&in)) != 0 && (p = bytes_take(&in, n)) != NULL)
		match_add(m, p, n);
	match_ready(m);
	n = 0;
	if (!in.bad && match_count(m)) {
		size_t left = bytes_left(&in);

		p = bytes_take(&in, left);
		match_find(m, p, left, add, &fast);
		match_find_plain(m, p, left, add, &plain);
		if (fast.hits != plain.hits || fast.sum != plain.sum)
			abort();
	}
	match_free(m);
	return 0;
}
