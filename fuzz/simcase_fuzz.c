/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdint.h>

#include "finding/simcase.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf out = {0}, talk = {0};
	struct err err;

	simcase_run((const char *)p, n, &out, &talk, &err);
	buf_free(&out);
	buf_free(&talk);
	return 0;
}
