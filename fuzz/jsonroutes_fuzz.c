/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source_fuzz.h"

/* RIPEstat, RIS Live, and routes as JSON objects. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	source_fuzz(&source_ripestat, data, size);
	source_fuzz(&source_rislive, data, size);
	source_fuzz(&source_routejson, data, size);
	return 0;
}
