/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * record/ may not know the readers of source/, so who seals or verifies lends them.
 */
#include "cmd/measurements.h"

#include "source/source.h"

void measurements_of(const void *p, size_t n, void (*each)(void *arg, const struct measurement *m),
		     void *arg)
{
	const unsigned char *first = p;
	struct reader r = {.name = "evidence", .keep_addresses = true};
	struct facts f;
	struct err err;

	/* Measurements are JSON; routes would be read for nothing. */
	if (!n || (first[0] != '{' && first[0] != '['))
		return;
	r.source = source_of(p, n < 65536 ? n : 65536);
	if (!r.source || r.source->class != SOURCE_EVENTS)
		return;
	r.in = stream_of(p, n, r.name, 0);
	r.peers = peers_new();
	if (r.source->open(&r, &err)) {
		while (r.source->next(&r, &f))
			for (size_t i = 0; i < f.nfact; i++)
				if (f.fact[i].kind == FACT_MEASUREMENT)
					each(arg, f.fact[i].measurement);
		r.source->close(&r);
	}
	arena_free(&r.scratch);
	peers_free(r.peers);
	stream_close(r.in);
}
