/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "finding/detector.h"
#include "record/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A state of a part and its detectors' blobs, judged as far as they can be loaded. The checksum is
 * made right, since damage that has a wrong one gets no further. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct buf b = {0};
	struct state s;
	struct err err;

	buf_add(&b, data, size);
	state_end(&b);
	if (state_read(&a, b.at, b.len, "state", "fuzz", &s, &err)) {
		struct peers *peers = peers_new();
		struct knowledge k = {.peers = peers};
		uint32_t *source = arena_zero(&a, (size_t)s.nsource + 1, sizeof(*source));
		uint16_t *peer = arena_zero(&a, (size_t)s.npeer + 1, sizeof(*peer));
		struct findings fs = {0};

		for (uint32_t i = 0; i < s.nsource; i++)
			source[i] = i;
		for (uint32_t i = 0; i < s.npeer; i++) {
			const struct state_peer *p = &s.peer[i];
			struct peer q = {p->addr, p->asn, p->bgp_id, p->collector};

			peer[p->index] = peers_intern(peers, &q);
		}
		k.vrps_source = k.aspas_source = k.relations_source = UINT32_MAX;
		k.vrps_time = k.relations_time = TIME_NONE;
		k.source_map = source;
		k.nsource_map = s.nsource;
		k.peer_map = peer;
		k.npeer_map = (size_t)s.npeer + 1;
		for (uint32_t i = 0; i < s.ndetector && detectors[i]; i++) {
			void *d = detectors[i]->new (&k);

			if (detectors[i]->load(d, &s.detector[i].blob, &err))
				detectors[i]->end(d, &fs);
			detectors[i]->free(d);
		}
		findings_free(&fs);
		peers_free(peers);
	}
	arena_free(&a);
	buf_free(&b);
	return 0;
}
