/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

bool disk_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

bool disk_read(const char *path, struct buf *out, uint64_t max, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t before = out->len;
	struct stat st;
	bool ok = true;

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return err_sys(err, "%s", path);
	}
	for (;;) {
		ssize_t n = read(fd, buf_room(out, 65536), 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = err_sys(err, "%s", path);
		if (n <= 0)
			break;
		out->len += (size_t)n;
		if (out->len - before > max) {
			ok = err_set(err, "%s: more than %" PRIu64 " bytes", path, max);
			break;
		}
	}
	close(fd);
	buf_room(out, 1);
	out->at[out->len] = 0;
	if (!ok)
		out->len = before;
	return ok;
}

bool disk_put(const char *path, const void *p, size_t n, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (slash && slash != path) {
		struct buf dir = {0};
		bool ok;

		buf_add(&dir, path, (size_t)(slash - path));
		ok = file_folder(dir.at, 0700, err);
		buf_free(&dir);
		if (!ok)
			return false;
	}
	return file_put(path, p, n, 0600, err);
}

bool disk_digest(const char *path, uint8_t out[SHA256_SIZE], uint64_t *bytes, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sha256 *h;
	uint8_t *block;
	bool ok = true;

	if (fd < 0)
		return err_sys(err, "%s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	h = sha256_new();
	block = mem_alloc(1 << 18);
	*bytes = 0;
	for (;;) {
		ssize_t n = read(fd, block, 1 << 18);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = err_sys(err, "%s", path);
		if (n <= 0)
			break;
		sha256_add(h, block, (size_t)n);
		*bytes += (uint64_t)n;
	}
	sha256_done(h, out);
	free(block);
	close(fd);
	return ok;
}
