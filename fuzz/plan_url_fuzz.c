/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <string.h>

#include "fact/measurement.h"
#include "source/plan.h"

/* What is taken is ASCII with a host that can be asked for, and stays as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const char *text = arena_textn(&a, (const char *)data, size), *why, *url, *again;
	char host[256];

	url = plan_url(&a, text, &why);
	if (url) {
		for (const char *c = url; *c; c++)
			assert(!(*c & 0x80) && (unsigned char)*c > ' ');
		assert(plan_is_host(url_host(host, sizeof(host), url, NULL)));
		again = plan_url(&a, url, NULL);
		assert(again && !strcmp(again, url));
	}
	arena_free(&a);
	return 0;
}
