/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The data that tests check results against lies beside the source tree (../shared/data) and is
 * not part of it. A test of it skips with a sentence when it is not there.
 */
#ifndef TESTS_SHARED_H
#define TESTS_SHARED_H

#include "test.h"

#include <unistd.h>

#include "source/source.h"

/* The path of a file of the shared data; skips the test when it is absent. */
static inline const char *shared_path(char *out, size_t n, const char *what)
{
	const char *root = getenv("SOURCE_ROOT");

	snprintf(out, n, "%s/../shared/data/%s", root ? root : ".", what);
	if (access(out, R_OK)) {
		print_message("skipped: %s is not here; it is not part of the source\n", what);
		skip();
	}
	return out;
}

/* Reads a file to its end with the reader that recognises it; each() may be NULL. How many facts
 * it gave, -1: nobody recognises it. */
static inline int read_facts(const char *path, void (*each)(const struct facts *f, void *arg),
			     void *arg, struct tally *tally)
{
	struct err err = {0};
	struct stream *in = stream_open(path, 0, &err);
	struct reader r = {.in = in, .name = path};
	struct facts f;
	const uint8_t *head;
	size_t got;
	int n = 0;

	if (!in)
		fail_msg("%s", err.text);
	head = stream_peek(in, 65536, &got);
	r.source = source_of(head, got < 65536 ? got : 65536);
	r.peers = peers_new();
	if (!r.source || !r.source->open(&r, &err)) {
		stream_close(in);
		peers_free(r.peers);
		return -1;
	}
	while (r.source->next(&r, &f)) {
		n += (int)f.nfact;
		if (each)
			each(&f, arg);
	}
	if (tally)
		*tally = r.tally;
	r.source->close(&r);
	arena_free(&r.scratch);
	peers_free(r.peers);
	stream_close(in);
	return n;
}

#endif
