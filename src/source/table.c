/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/source.h"

const struct source *const sources[] = {
    NULL,
};

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
