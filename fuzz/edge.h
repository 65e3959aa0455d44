/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Feeds bytes to one reader of the edge and judges all that it gives.
 */
#ifndef FUZZ_EDGE_H
#define FUZZ_EDGE_H

#include <stdlib.h>
#include <string.h>

#include "finding/site.h"
#include "finding/verdict.h"
#include "record/ooni.h"
#include "source/source.h"

static inline void edge_feed(const struct source *source, const uint8_t *data, size_t size)
{
	struct stream *in = stream_of(data, size, "fuzz", 0);
	struct reader r = {.source = source, .in = in, .name = "fuzz", .peers = peers_new()};
	struct arena a = {0};
	struct buf out = {0};
	struct facts f;
	struct err err;

	(void)source->recognise(data, size < source->head ? size : source->head);
	if (source->open(&r, &err)) {
		while (source->next(&r, &f))
			for (size_t i = 0; i < f.nfact; i++) {
				struct verdict v;
				struct jsonw w = JSONW(&out);

				if (f.fact[i].kind != FACT_MEASUREMENT)
					continue;
				arena_reset(&a);
				verdict_judge(&a, NULL, f.fact[i].measurement, &v);
				buf_reset(&out);
				verdict_line(&out, &v);
				buf_reset(&out);
				ooni_write(&w, f.fact[i].measurement);
			}
		source->close(&r);
	}
	if (r.tally.records != r.tally.decoded + r.tally.skipped)
		abort();
	arena_free(&r.scratch);
	arena_free(&a);
	buf_free(&out);
	peers_free(r.peers);
	stream_close(in);
}

#endif
