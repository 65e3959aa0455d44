/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>

#include "record/wacz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A package of somebody else's: ZIP, JSON, certificates, index, pages and archive. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wacz_verify v = {.at = data, .n = size, .ca = "/dev/null"};
	struct proved d = {.ok = true};
	struct err err;
	size_t pages;

	wacz_verify(&v, &d);
	proved_free(&d);
	wacz_pages((const char *)data, size, &pages, &err);
	return 0;
}
