/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the fuzz targets of tables share: a source reads the input to its end, and the tables take
 * what it says, as a run would.
 */
#ifndef FUZZ_TABLE_SOURCE_H
#define FUZZ_TABLE_SOURCE_H

#include <stdint.h>
#include <stdlib.h>

#include "base/stream.h"
#include "fact/aspas.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/origins.h"
#include "fact/vrps.h"
#include "source/source.h"

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static inline bool count(const struct vrp *vrp, void *arg)
{
	(void)vrp;
	++*(unsigned *)arg;
	return true;
}

static inline void fuzz_table(const struct source *source, const uint8_t *data, size_t size)
{
	struct reader r = {.source = source, .name = "fuzz"};
	struct vrps *vrps = vrps_new();
	struct aspas *aspas = aspas_new();
	struct names *names = names_new();
	struct geo *geo = geo_new();
	struct origins *origins = origins_new();
	struct facts f;
	struct err err;

	(void)source->recognise(data, size < source->head ? size : source->head);
	r.in = stream_of(data, size, "fuzz", 0);
	if (source->open(&r, &err)) {
		while (source->next(&r, &f)) {
			vrps_feed(vrps, &f);
			aspas_feed(aspas, &f);
			names_feed(names, &f);
			geo_feed(geo, &f);
			origins_feed(origins, &f);
		}
		CHECK(r.tally.records == r.tally.decoded + r.tally.skipped);
		source->close(&r);
	}
	vrps_ready(vrps);
	aspas_ready(aspas);
	names_ready(names);
	geo_ready(geo);
	origins_ready(origins);
	for (size_t i = 0; i < vrps_count(vrps) && i < 200; i++) {
		struct vrp v = vrps_at(vrps, i);
		enum rov_reason why;
		unsigned n = 0;

		/* Every VRP covers its own prefix and matches a route that it is made for. */
		vrps_covering(vrps, v.prefix, count, &n);
		CHECK(n);
		CHECK(vrps_validate(vrps, v.prefix, v.asn, &why) ==
		      (v.asn ? ROV_VALID : ROV_INVALID));
	}
	for (size_t i = 0; i < aspas_count(aspas) && i < 200; i++) {
		const struct aspa *a = aspas_at(aspas, i);

		CHECK(aspas_of(aspas, a->customer) == a);
		for (uint32_t k = 0; k < a->nprovider; k++)
			CHECK(!a->provider[k] ||
			      aspas_hop(aspas, a->customer, a->provider[k]) == HOP_PROVIDER);
	}
	vrps_free(vrps);
	aspas_free(aspas);
	names_free(names);
	geo_free(geo);
	origins_free(origins);
	arena_free(&r.scratch);
	stream_close(r.in);
}

#endif
