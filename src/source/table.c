/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/places.h"
#include "source/source.h"
#include "source/vrps.h"

/* One a line, so that two people who add one rarely touch the same. */
/* clang-format off */
extern const struct source source_atlas;
extern const struct source source_bgp;
extern const struct source source_bmp;
extern const struct source source_censoredplanet;
extern const struct source source_fingerprints;
extern const struct source source_httpfile;
extern const struct source source_mrt;
extern const struct source source_ooni;
extern const struct source source_pcap;
extern const struct source source_resolvers;
extern const struct source source_ripestat;
extern const struct source source_rislive;
extern const struct source source_routejson;
extern const struct source source_signatures;
extern const struct source source_tar;
extern const struct source source_testlist;
extern const struct source source_websteps;

const struct source *const sources[] = {
	&source_asrel,
	&source_atlas,
	&source_bgp,
	&source_bmp,
	&source_censoredplanet,
	&source_countries,
	&source_delegations,
	&source_fingerprints,
	&source_httpfile,
	&source_mrt,
	&source_names,
	&source_ooni,
	&source_origins,
	&source_pcap,
	&source_resolvers,
	&source_ripestat,
	&source_rislive,
	&source_routejson,
	&source_signatures,
	&source_slurm,
	&source_tar,
	&source_testlist,
	&source_vrps_csv,
	&source_vrps_json,
	&source_websteps,
	NULL,
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
