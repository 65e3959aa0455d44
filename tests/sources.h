/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * For tests of sources: bytes or a file through source_of() and its reader, fact by fact.
 */
#ifndef TESTS_SOURCES_H
#define TESTS_SOURCES_H

#include <unistd.h>

#include "base/buf.h"
#include "base/stream.h"
#include "fact/facts.h"
#include "source/source.h"

#include "test.h"

struct read {
	struct reader r;
	struct peers *peers;
};

static inline struct read *read_stream(struct stream *in)
{
	struct read *x = calloc(1, sizeof(*x));
	struct err err = {0};
	size_t n;
	const uint8_t *head = stream_peek(in, 4096, &n);

	x->peers = peers_new();
	x->r = (struct reader){.source = source_of(head, n), .in = in, .name = "test", .id = 7};
	x->r.peers = x->peers;
	if (!x->r.source)
		fail_msg("not recognised");
	if (!x->r.source->open(&x->r, &err))
		fail_msg("%s", err.text);
	return x;
}

static inline struct read *read_text(const char *s)
{
	return read_stream(stream_of(s, strlen(s), "test", 0));
}

/* NULL when the file is not there. */
static inline struct read *read_file(const char *path)
{
	struct err err = {0};
	struct stream *in = stream_open(path, 0, &err);

	return in ? read_stream(in) : NULL;
}

static inline bool read_next(struct read *x, struct facts *f)
{
	return x->r.source->next(&x->r, f);
}

static inline void read_close(struct read *x)
{
	assert_int_equal(x->r.tally.records, x->r.tally.decoded + x->r.tally.skipped);
	x->r.source->close(&x->r);
	arena_free(&x->r.scratch);
	stream_close(x->r.in);
	peers_free(x->peers);
	free(x);
}

/* The shared data beside the source tree; the test is skipped without them. */
static inline char *shared(const char *path)
{
	static char full[1024];
	const char *root = getenv("SOURCE_ROOT");

	snprintf(full, sizeof(full), "%s/../shared/data/%s", root ? root : ".", path);
	if (access(full, R_OK)) {
		print_message("skipped: %s is not there\n", full);
		skip();
	}
	return full;
}

/* "A 192.0.2.0/24 64496 64497 | rrc00 192.0.2.1 AS64496", for comparing. */
static inline char *route_line(const struct read *x, const struct route *route)
{
	static struct buf b;
	const struct peer *p = peers_at(x->peers, route->peer);

	buf_reset(&b);
	buf_char(&b, "TAW"[route->kind]);
	buf_char(&b, ' ');
	prefix_put(&b, route->prefix);
	for (size_t i = 0; route->attrs && i < route->attrs->path.nasn; i++)
		buf_printf(&b, " %u", route->attrs->path.asn[i]);
	buf_printf(&b, " | %s ", p->collector);
	addr_put(&b, p->addr);
	buf_printf(&b, " AS%u", p->asn);
	return b.at;
}

#endif
