/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>

#include "base/json.h"

/* Reads everything token by token, then again with skips: both end at the same place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json j;
	uint64_t last = 0;

	json_of(&j, data, size);
	while (json_next(&j) != JSON_END && j.token != JSON_BAD) {
		assert(j.end >= j.offset && j.end <= size && j.end >= last);
		last = j.end;
	}
	json_free(&j);

	json_of(&j, data, size);
	while (json_next(&j) != JSON_END) {
		if (j.token == JSON_OBJECT || j.token == JSON_ARRAY) {
			json_pin(&j);
			json_leave(&j);
			json_unpin(&j);
		}
		if (j.why && !json_recover(&j))
			break;
	}
	json_free(&j);
	return 0;
}
