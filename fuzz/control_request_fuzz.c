/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct control_request r;
	const char *why;

	if (control_request_read(&a, data, size, &r, &why))
		for (size_t i = 0; i < r.naddr; i++)
			control_may_dial(r.addr[i], r.port, false);
	arena_free(&a);
	return 0;
}
