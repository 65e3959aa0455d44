/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <string.h>

#include "source/http.h"

/* The first byte says in what pieces the rest comes; whatever the pieces, the response is the
 * same, and no longer than its limits. */
static void feed(struct http1 *h, struct arena *a, const uint8_t *p, size_t n, size_t piece)
{
	http1_init(h, a, 4096, false);
	for (size_t at = 0; at < n; at += piece)
		if (!http1_feed(h, p + at, n - at < piece ? n - at : piece))
			break;
	http1_end(h);
	assert(h->body.len <= 4096 && h->nheader <= HTTP_HEADERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct http1 x, y;
	struct transaction t = {.url = "http://example.org/a/b?c"};
	const uint8_t *body;
	size_t nbody;
	bool cut = false;

	if (!size)
		return 0;
	feed(&x, &a, data + 1, size - 1, size);
	feed(&y, &a, data + 1, size - 1, 1 + data[0] % 7);
	assert(x.code == y.code && x.nheader == y.nheader && x.body.len == y.body.len &&
	       (!x.body.len || !memcmp(x.body.at, y.body.at, x.body.len)) && !x.why == !y.why);
	t.code = x.code;
	t.header = x.header;
	t.nheader = x.nheader;
	http_location(&a, &t);
	http_decode(&a, http_header(&t, "content-encoding"), (const uint8_t *)x.body.at, x.body.len,
		    65536, &body, &nbody, &cut);
	assert(nbody <= 65536);
	http1_free(&x);
	http1_free(&y);
	arena_free(&a);
	return 0;
}
