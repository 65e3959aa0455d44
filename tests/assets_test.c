/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/assets.h"

/* Every embedded file is, byte for byte, what lies in the source tree. */
static void same_bytes(void **state)
{
	const char *root = getenv("SOURCE_ROOT");
	size_t n = 0;

	(void)state;
	assert_non_null(root);
	for (const struct asset *a = assets; a->path; a++, n++) {
		char path[4096];
		uint8_t *bytes = malloc(a->n + 1);
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", root, a->path);
		f = fopen(path, "rb");
		assert_non_null(f);
		assert_int_equal(fread(bytes, 1, a->n + 1, f), a->n);
		assert_memory_equal(bytes, a->at, a->n);
		assert_int_equal((uintptr_t)a->at % 64, 0);
		assert_ptr_equal(asset_find(a->path), a);
		fclose(f);
		free(bytes);
	}
	assert_true(n > 0);
	assert_null(asset_find("data/no-such-file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
