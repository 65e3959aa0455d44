/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/places.h"
#include "source/source.h"
#include "source/vrps.h"

/* What people measure at the edge. */
extern const struct source source_fingerprints, source_httpfile, source_ooni, source_resolvers,
    source_signatures, source_testlist;

extern const struct source source_bgp, source_mrt, source_ripestat, source_rislive;

/* clang-format off: one a line, so that two people who add one rarely touch the same. */
const struct source *const sources[] = {
    &source_fingerprints, &source_httpfile, &source_ooni, &source_resolvers, &source_signatures,
    &source_testlist,
    &source_asrel, &source_bgp,	     &source_countries, &source_delegations,
    &source_mrt,   &source_names,    &source_ripestat,	&source_rislive,
    &source_slurm, &source_vrps_csv, &source_vrps_json, NULL,
};
/* clang-format on */

const struct source *source_of(const uint8_t *at, size_t n)
{
	const struct source *best = NULL;
	int sure = 0;

	for (size_t i = 0; sources[i]; i++) {
		int s = sources[i]->recognise(at, n);

		if (s > sure) {
			sure = s;
			best = sources[i];
		}
	}
	return best;
}
