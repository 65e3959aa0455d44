/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/mem.h"

/* What is handed out before p stays as it was, whatever came after it; the size is what is left. */
static void back(void **state)
{
	static const size_t sizes[] = {1, 16, 1000, 70000, 300000, 3, 2000000, 40};

	(void)state;
	for (size_t keep = 0; keep < sizeof(sizes) / sizeof(*sizes); keep++) {
		struct arena a = {0};
		unsigned char *p[sizeof(sizes) / sizeof(*sizes)];
		size_t used = 0;

		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			if (i == keep)
				used = a.used;
			p[i] = arena_alloc(&a, sizes[i]);
			memset(p[i], (int)i + 1, sizes[i]);
		}
		arena_back(&a, p[keep]);
		assert_int_equal(a.used, used);
		for (size_t i = keep; i < sizeof(sizes) / sizeof(*sizes); i++)
			memset(arena_alloc(&a, sizes[i]), 0xff, sizes[i]);
		for (size_t i = 0; i < keep; i++) {
			assert_int_equal(p[i][0], i + 1);
			assert_int_equal(p[i][sizes[i] - 1], i + 1);
		}
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
