/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <string.h>

#include "fact/irr.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool even(uint32_t asn, void *arg)
{
	(void)arg;
	return !(asn & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct irr *i = irr_new(even, NULL);

	for (const uint8_t *end = p + n; p < end;) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		irr_line(i, (const char *)p, (size_t)(stop - p));
		p = nl ? nl + 1 : end;
	}
	irr_end(i);
	irr_ready(i);
	irr_match(i, (struct prefix){UINT64_C(192) << 56, 0, 24, 0}, 64500);
	irr_policy(i, 64500);
	irr_free(i);
	return 0;
}
