/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

bool file_write(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n) {
		ssize_t got = write(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = EIO;
			return false;
		}
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* Makes the rename itself durable. Best effort: not every file system can sync a folder. */
static void sync_folder(const char *path)
{
	char *copy = mem_text(path), *slash = strrchr(copy, '/');
	int fd;

	if (slash)
		slash[slash == copy] = '\0';
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

bool file_put(const char *path, const void *p, size_t n, mode_t mode, struct err *err)
{
	size_t size = strlen(path) + 32;
	char *tmp;
	struct stat st;
	int fd;
	bool ok;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(err, "%s", path);
		ok = file_write(fd, p, n);
		if (close(fd) || !ok)
			return err_sys(err, "%s", path);
		return true;
	}
	tmp = mem_alloc(size);
	snprintf(tmp, size, "%s.%ld.tmp", path, (long)getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		ok = err_sys(err, "%s", tmp);
	} else {
		ok = file_write(fd, p, n) && !fsync(fd);
		if (!ok)
			err_sys(err, "%s", tmp);
		if (close(fd) && ok)
			ok = err_sys(err, "%s", tmp);
		if (ok && rename(tmp, path))
			ok = err_sys(err, "%s", path);
		if (ok)
			sync_folder(path);
		else
			unlink(tmp);
	}
	free(tmp);
	return ok;
}

bool file_folder(const char *path, mode_t mode, struct err *err)
{
	char *copy = mem_text(path);
	bool ok = true;

	for (char *s = copy + 1; ok; s++) {
		char c = *s;

		if (c && c != '/')
			continue;
		*s = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			ok = err_sys(err, "%s", copy);
		*s = c;
		if (!c)
			break;
	}
	free(copy);
	return ok;
}
