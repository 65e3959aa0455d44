/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whole files, beside what base/file.h has: read with a limit, digested, put with their folders.
 */
#ifndef RECORD_DISK_H
#define RECORD_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

/* Adds the whole file to out; more than max bytes is a failure. */
bool disk_read(const char *path, struct buf *out, uint64_t max, struct err *err);

/* file_put() with mode 0600 after making the folders on the way (0700). */
bool disk_put(const char *path, const void *p, size_t n, struct err *err);

/* SHA-256 and size of a file without keeping it in memory. */
bool disk_digest(const char *path, uint8_t out[SHA256_SIZE], uint64_t *bytes, struct err *err);

bool disk_exists(const char *path);

#endif
