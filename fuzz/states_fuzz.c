/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/vrps.h"
#include "finding/detector.h"
#include "finding/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *load(const struct detector *d, const struct knowledge *k, const void *p, size_t n)
{
	void *state = d->new (k);
	struct bytes in = bytes_of(p, n);
	struct err err;

	if (d->load(state, &in, &err))
		return state;
	d->free(state);
	return NULL;
}

/* What comes of a state, as JSON. */
static void told(struct buf *text, const struct detector *d, void *state, struct peers *peers)
{
	struct findings out = {0};

	d->end(state, &out);
	findings_sort(&out);
	for (size_t i = 0; i < out.n; i++) {
		struct jsonw w = JSONW(text);

		finding_json(&w, out.at[i], peers);
	}
	findings_free(&out);
	d->free(state);
}

/* A detector's saved state (the first byte says whose): what it takes, it saves as bytes that it
 * takes again and finds the same in, and it merges with itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[1];
	struct peers *peers = peers_new();
	struct knowledge k = {.peers = peers,
			      .vrps_source = UINT32_MAX,
			      .aspas_source = UINT32_MAX,
			      .relations_source = UINT32_MAX,
			      .vrps_time = TIME_NONE,
			      .relations_time = TIME_NONE};
	struct vrps *vrps = vrps_new();
	const struct detector *d;
	struct buf saved = {0}, once = {0}, twice = {0};
	struct err err = {0};
	void *a, *b;
	size_t n = 0;

	if (!size) {
		data = none;
		size = 1;
	}
	while (detectors[n])
		n++;
	d = detectors[(data[0] & 15) % n];
	k.part = data[0] & 16;
	vrps_ready(vrps);
	if (data[0] & 32)
		k.vrps = vrps;
	for (uint32_t i = 1; i <= 12; i++) {
		struct peer p = {.asn = 64512 + i, .bgp_id = i, .collector = "rrc00"};

		p.addr.hi = (UINT64_C(0xc6336400) + i) << 32;
		peers_intern(peers, &p);
	}
	a = load(d, &k, data + 1, size - 1);
	if (a) {
		d->save(a, &saved);
		b = load(d, &k, saved.at, saved.len);
		if (!b)
			abort();
		told(&once, d, a, peers);
		told(&twice, d, b, peers);
		if (once.len != twice.len || (once.len && memcmp(once.at, twice.at, once.len) != 0))
			abort();
		a = load(d, &k, saved.at, saved.len);
		b = load(d, &k, saved.at, saved.len);
		if (!d->merge(a, b, &err) && !err.text[0])
			abort();
		d->free(b);
		buf_reset(&once);
		told(&once, d, a, peers);
	}
	buf_free(&saved);
	buf_free(&once);
	buf_free(&twice);
	vrps_free(vrps);
	peers_free(peers);
	return 0;
}
