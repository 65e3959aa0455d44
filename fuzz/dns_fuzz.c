/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>

#include "source/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct dns_message m;

	if (dns_read(&a, data, size, &m))
		for (size_t i = 0; i < m.nrecord; i++)
			assert(m.record[i].data + m.record[i].ndata <= data + size);
	arena_free(&a);
	return 0;
}
