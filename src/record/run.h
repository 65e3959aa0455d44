/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The run itself as it is recorded: what was called, by which binary, when by which clock, from
 * where. What came of it is the JSON of its report.
 */
#ifndef RECORD_RUN_H
#define RECORD_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sha256.h"

/* SHA-256 of the program that runs; false: it cannot be read. */
bool run_binary(uint8_t out[SHA256_SIZE]);

/* The system's clock as an object: {"synchronised":true,"error_us":1200,"source":"kernel"}; what
 * the kernel does not know is null. */
void clock_json(struct buf *out);

/* config and vantage (JSON objects) may be NULL. */
void run_json(struct buf *out, const char *version, int argc, const char *const *argv, int64_t now,
	      const char *config, const char *vantage);

#endif
