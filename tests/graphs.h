/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Graphs for tests: random ones, and the shared data's. */
#ifndef TESTS_GRAPHS_H
#define TESTS_GRAPHS_H

#include <zlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "fact/asgraph.h"

static uint64_t graphs_state;

static inline uint32_t graphs_random(uint32_t below)
{
	graphs_state += 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash_u64(graphs_state) % below);
}

/* A seed that is printed, so that a failure can be repeated: GRAPHS_SEED in the environment. */
static inline void graphs_seed(void)
{
	const char *env = getenv("GRAPHS_SEED");

	graphs_state = env ? strtoull(env, NULL, 0) : 20260616;
	printf("GRAPHS_SEED=%llu\n", (unsigned long long)graphs_state);
}

/* A random graph of n networks in a rough hierarchy; with cycles where `cyclic`. */
static inline struct asgraph *graphs_make(uint32_t n, uint32_t links, bool cyclic)
{
	struct asgraph_build *b = asgraph_build_new();
	uint32_t *asn = mem_zero(n, sizeof(*asn)), at = 0;
	struct asgraph *g;

	for (uint32_t i = 0; i < n; i++) {
		at += 1 + graphs_random(9);
		asn[i] = at;
	}
	/* A random order of ranks, so that an ASN says nothing of the rank. */
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = graphs_random(i), t = asn[i - 1];

		asn[i - 1] = asn[j];
		asn[j] = t;
	}
	for (uint32_t i = 0; i < links; i++) {
		uint32_t x = graphs_random(n), y = graphs_random(n), t;

		if (x == y)
			continue;
		if (x > y && !(cyclic && !graphs_random(8))) {
			t = x;
			x = y;
			y = t;
		}
		/* More providers among the first. */
		if (graphs_random(2))
			x /= 3;
		if (x == y)
			continue;
		asgraph_build_add(b, asn[x], asn[y], graphs_random(100) < 60 ? -1 : 0, LINK_BGP, 0,
				  LINK_SURE_UNKNOWN);
	}
	asgraph_build_add(b, asn[0], asn[0], 0, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	g = asgraph_build_done(b, NULL);
	free(asn);
	return g;
}

/* The text of a (compressed) file below the shared data; NULL when it is not there. */
static inline char *graphs_text(const char *path, size_t *len)
{
	const char *root = getenv("SOURCE_ROOT");
	struct buf name = {0}, out = {0};
	char part[65536];
	gzFile f;
	int n;

	buf_printf(&name, "%s/../shared/%s", root ? root : ".", path);
	f = gzopen(name.at, "rb");
	buf_free(&name);
	if (!f)
		return NULL;
	while ((n = gzread(f, part, sizeof(part))) > 0)
		buf_add(&out, part, (size_t)n);
	gzclose(f);
	buf_char(&out, 0);
	if (len)
		*len = out.len - 1;
	return out.at;
}

static inline struct asgraph *graphs_shared(const char *path)
{
	struct err err;
	size_t n;
	char *text = graphs_text(path, &n);
	struct asgraph *g;

	if (!text) {
		printf("skipped: ../shared/%s is not here\n", path);
		return NULL;
	}
	g = asgraph_from_text(text, n, path, &err);
	if (!g)
		printf("%s\n", err.text);
	free(text);
	return g;
}

#endif
