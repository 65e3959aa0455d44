/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Any bytes through one source, whether it would recognise them or not: it ends, keeps its tally,
 * and its slices lie in the input.
 */
#ifndef FUZZ_SOURCE_FUZZ_H
#define FUZZ_SOURCE_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "source/source.h"

extern const struct source source_bmp, source_pcap, source_ripestat, source_rislive,
    source_routejson;

static inline void source_fuzz(const struct source *source, const uint8_t *data, size_t size)
{
	struct reader r = {
	    .source = source, .in = stream_of(data, size, "fuzz", 0), .name = "fuzz"};
	struct facts f;
	struct err err;
	bool plain = !strcmp(stream_coding(r.in), "plain");

	source->recognise(data, size);
	r.peers = peers_new();
	if (source->open(&r, &err)) {
		while (source->next(&r, &f)) {
			if (plain &&
			    (f.slice.offset > size || f.slice.length > size - f.slice.offset))
				abort();
			for (size_t i = 0; i < f.nroute; i++)
				if (f.route[i].kind != ROUTE_WITHDRAW && !f.route[i].attrs)
					abort();
		}
		if (r.tally.records != r.tally.decoded + r.tally.skipped)
			abort();
		source->close(&r);
	}
	arena_free(&r.scratch);
	stream_close(r.in);
	peers_free(r.peers);
}

#endif
