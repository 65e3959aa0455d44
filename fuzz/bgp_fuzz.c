/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>

#include "source/bgp.h"
#include "source/source.h"

extern const struct source source_bgp;

static void read_body(const uint8_t *data, size_t size, unsigned way)
{
	struct attrs_table *t = attrs_new(0);
	struct bgp_out out = {0};
	struct bgp_open open;
	uint8_t hidden = 0;
	struct bgp_session s = {.attrs = t,
				.asn4 = way & 1,
				.addpath = way & 2 ? BGP_ALL_FAMILIES : 0,
				.hidden = way & 4 ? &hidden : NULL};

	/* Twice: what the first one taught of the session changes the second one. */
	for (int i = 0; i < 2; i++) {
		struct bytes b = bytes_of(data, size);

		b.bad = way & 8;
		out.nroute = out.nfact = 0;
		if (!bgp_update(&s, b, 0, &out))
			assert(out.nfact);
		for (size_t j = 0; j < out.nroute; j++) {
			assert(prefix_eq(out.route[j].prefix, prefix_masked(out.route[j].prefix)));
			assert(out.route[j].attrs || out.route[j].kind == ROUTE_WITHDRAW);
		}
	}
	bgp_open(bytes_of(data, size), &open);
	bgp_out_free(&out);
	attrs_free(t);
}

/* The first byte says how: the body of a message in one of 16 ways, or bare messages. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = {.source = &source_bgp, .name = "fuzz"};
	struct facts f;
	struct err err;
	uint64_t offset = 0;

	if (!size)
		return 0;
	if (data[0] < 16) {
		read_body(data + 1, size - 1, data[0]);
		return 0;
	}
	r.peers = peers_new();
	r.in = stream_of(data, size, "fuzz", 0);
	source_bgp.open(&r, &err);
	while (source_bgp.next(&r, &f)) {
		assert(f.slice.offset == offset && f.slice.length);
		offset += f.slice.length;
	}
	assert(offset == stream_offset(r.in));
	source_bgp.close(&r);
	stream_close(r.in);
	peers_free(r.peers);
	return 0;
}
