/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/bundle.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES 64

struct file {
	char name[256];
	const uint8_t *at;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static void folders_of(const char *name)
{
	char path[512];

	for (const char *slash = name; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(path, sizeof(path), "%s/%.*s", scratch_dir(), (int)(slash - name), name);
		mkdir(path, 0700);
	}
}

/* A bundle: after a first byte, files as their name's length, the name, the length in two bytes and
 * the bytes. With 1 as the first byte SHA256SUMS is made anew, so that what stands behind it is
 * reached. It is read to its end, whatever it says; the key that is known is another one, so
 * nothing that was signed by the bundle's own can pass as proved by it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t known[32] = {1};
	struct bytes in = bytes_of(data, size);
	struct verify v = {.bundle = scratch_dir(), .trusted = known, .now = 1};
	struct file *file = calloc(FILES, sizeof(*file));
	struct proved out;
	struct buf sums = {0};
	struct err err;
	uint8_t how = bytes_u8(&in);
	size_t n = 0;

	if (!file)
		abort();
	scratch_end();
	mkdir(scratch_dir(), 0700);
	while (bytes_left(&in) && !in.bad && n < FILES) {
		struct file *f = &file[n];
		uint8_t len = bytes_u8(&in);
		const uint8_t *name = bytes_take(&in, len);
		size_t want = bytes_u16(&in);

		want = want < bytes_left(&in) ? want : bytes_left(&in);
		if (!name || in.bad)
			break;
		memcpy(f->name, name, len);
		f->name[len] = 0;
		f->at = bytes_take(&in, want);
		f->n = want;
		/* In the folder, and no folder itself. */
		if (!len || strlen(f->name) != len || f->name[0] == '/' ||
		    f->name[len - 1] == '/' || strstr(f->name, ".."))
			continue;
		n++;
	}
	qsort(file, n, sizeof(*file), by_name);
	for (size_t i = 0; i < n; i++) {
		char path[512];
		struct stat st;
		uint8_t digest[SHA256_SIZE];

		folders_of(file[i].name);
		snprintf(path, sizeof(path), "%s/%s", scratch_dir(), file[i].name);
		/* A name that another file's folder has, or whose folder is a file. */
		if (!stat(path, &st) ||
		    (strrchr(path, '/') && (*strrchr(path, '/') = 0, stat(path, &st)) != 0) ||
		    !S_ISDIR(st.st_mode))
			continue;
		scratch_put(file[i].name, file[i].at ? (const void *)file[i].at : "", file[i].n);
		if (!strncmp(file[i].name, "SHA256SUMS", 10) || !strcmp(file[i].name, "SEAL"))
			continue;
		sha256(file[i].at, file[i].n, digest);
		buf_hex(&sums, digest, sizeof(digest));
		buf_printf(&sums, "  %s\n", file[i].name);
	}
	if (how == 1)
		scratch_put("SHA256SUMS", sums.at ? sums.at : "", sums.len);
	if (bundle_verify(&v, &out, &err)) {
		if (out.ok)
			abort();
		proved_free(&out);
	}
	buf_free(&sums);
	free(file);
	return 0;
}
