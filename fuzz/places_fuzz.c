/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "table_source.h"

#include "source/places.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_table(&source_delegations, data, size);
	fuzz_table(&source_countries, data, size);
	fuzz_table(&source_origins, data, size);
	return 0;
}
