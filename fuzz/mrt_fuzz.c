/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>

#include "report/lines.h"
#include "source/source.h"

extern const struct source source_mrt;

/* Every byte of the input is in one record, and all that it says can be printed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = {.source = &source_mrt, .name = "rrc00", .peers = peers_new()};
	struct knowledge know = {.peers = r.peers};
	const struct lines *bgpdump = lines_of("bgpdump"), *routes = lines_of("routes");
	void *state[2] = {bgpdump->new (&know), routes->new (&know)};
	struct buf out = {0};
	struct facts f;
	struct err err;
	uint64_t offset = 0;

	r.in = stream_of(data, size, "fuzz", 0);
	source_mrt.open(&r, &err);
	while (source_mrt.next(&r, &f)) {
		assert(f.slice.offset == offset && f.slice.length);
		offset += f.slice.length;
		bgpdump->feed(state[0], &f, "mrt", &out);
		routes->feed(state[1], &f, "mrt", &out);
		buf_reset(&out);
	}
	assert(offset == stream_offset(r.in));
	assert(r.tally.records == r.tally.decoded + r.tally.skipped);
	source_mrt.close(&r);
	bgpdump->free(state[0]);
	routes->free(state[1]);
	stream_close(r.in);
	peers_free(r.peers);
	buf_free(&out);
	return 0;
}
