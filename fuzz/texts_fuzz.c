/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/measurement.h"
#include "fact/prefix.h"
#include "finding/cone.h"
#include "finding/detector.h"
#include "finding/whatif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small texts of all sorts: times, numbers, prefixes, addresses, base64, hex digits, the context of
 * a finding, AS paths, members of exchanges. What is read is written as a text that reads as the
 * same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	char *text = malloc(size + 1), out[PREFIX_TEXT];
	char time_text[TEXT_TIME];
	struct asgraph_build *build = asgraph_build_new();
	struct asgraph *g;
	struct exchanges x = {0};
	struct path_set paths = {0};
	struct knowledge k = {0};
	struct arena a = {0};
	struct buf b = {0}, again = {0};
	struct prefix p, q;
	struct addr addr;
	uint8_t bytes[32];
	struct err err;
	int64_t t, u;
	uint64_t v;
	uint16_t port;
	size_t n;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	if (text_to_time(s, size, &t)) {
		text_time(time_text, t);
		if (!text_to_time(time_text, strlen(time_text), &u) || u != t)
			abort();
	}
	text_to_u64(s, size, UINT64_MAX, &v);
	if (prefix_parse(s, size, &p)) {
		prefix_text(out, p);
		if (!prefix_parse(out, strlen(out), &q) || !prefix_eq(p, q))
			abort();
	}
	addr_parse(s, size, &addr);
	endpoint_parse(text, &addr, &port);
	if (base64_get(&b, s, size)) {
		base64_put(&again, b.at, b.len);
		if (again.len != size || (size && memcmp(again.at, s, size) != 0))
			abort();
	}
	base64_decode(&a, s, size, &n);
	text_unhex(text, 64, bytes, 32);
	knowledge_run(&k, text);
	knowledge_scope(&k, text);
	asgraph_build_add(build, 64500, 64501, -1, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	g = asgraph_build_done(build, NULL);
	exchanges_read(&x, g, s, size, "fuzz", &err);
	path_set_read(&paths, s, size, "fuzz", &err);
	exchanges_free(&x);
	path_set_free(&paths);
	asgraph_free(g);
	arena_free(&a);
	buf_free(&b);
	buf_free(&again);
	free(k.scope);
	free(text);
	return 0;
}
