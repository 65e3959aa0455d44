/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One file from a http(s) server to disk, whole or not at all.
 *
 * What has come so far stands in PATH.part, and in PATH.part.from which version of the file it is
 * part of (ETag or Last-Modified, and the size). A transfer that is cut is resumed from there, in
 * this run and in later ones (RFC 9110 14: Range with If-Range); a server that has another
 * version by then, or that cannot resume, sends it anew. The file gets its name only when its
 * size is what the server said and `check` agrees; then `PATH` appears by rename.
 */
#ifndef BASE_DOWNLOAD_H
#define BASE_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"

struct download {
	const char *url, *path;
	uint64_t max;	  /* bytes; more is refused */
	unsigned tries;	  /* at least 1 */
	unsigned pause;	  /* milliseconds before the second try, doubled with each */
	const char *etag; /* of the copy that is there: "not modified" then leaves it. NULL none */
	/* True when the complete file, still under its temporary name, is what was wanted. */
	bool (*check)(const char *tmp, void *arg, struct err *err);
	/* So far, of how many (0 unknown); false ends it. NULL: nobody wants to know. */
	bool (*progress)(uint64_t done, uint64_t total, void *arg);
	void *arg;
};

struct downloaded {
	char url[1024];	  /* where it came from in the end, after redirects */
	char etag[256];	  /* "" unknown */
	int64_t modified; /* Last-Modified, TIME_NONE unknown */
	uint64_t bytes;
	uint64_t resumed; /* bytes that an earlier, cut transfer had brought */
	uint8_t sha256[SHA256_SIZE];
	bool unchanged; /* the server says that the copy is still right; nothing was written */
	bool missing;	/* of a failure: the server has no such file (404, 410) */
};

bool download(const struct download *d, struct downloaded *out, struct err *err);

#endif
