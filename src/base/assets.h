/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Files that the binary carries, so that it runs from anywhere: tables, the bundled case, the web
 * page. data/meson.build lists them; tools/embed puts them in at build time, byte for byte. Each
 * starts at a multiple of 64 bytes, so that a binary table is used where it lies.
 */
#ifndef BASE_ASSETS_H
#define BASE_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct asset {
	const char *path; /* in the source tree: "data/names.tab" */
	const uint8_t *at;
	size_t n;
};

extern const struct asset assets[]; /* ends with a NULL path */

/* By its path; NULL: the binary carries no such file. */
const struct asset *asset_find(const char *path);

#endif
