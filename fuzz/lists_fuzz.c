/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "edge.h"

extern const struct source source_fingerprints, source_signatures;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	edge_feed(&source_fingerprints, data, size);
	edge_feed(&source_signatures, data, size);
	return 0;
}
