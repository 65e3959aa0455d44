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

bool file_possible(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	struct stat st;
	bool ok;

	if (!strcmp(path, "-"))
		return true;
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
		if (S_ISDIR(st.st_mode) || (!S_ISREG(st.st_mode) && access(path, W_OK)))
			return err_sys(err, "%s", path);
		if (!S_ISREG(st.st_mode))
			return true;
	}
	folder = mem_text(!slash ? "." : slash == path ? "/" : path);
	if (slash && slash != path)
		folder[slash - path] = '\0';
	ok = !access(folder, W_OK | X_OK) || err_sys(err, "%s", path);
	free(folder);
	return ok;
}

bool file_begin(struct file_whole *f, const char *path, mode_t mode, struct err *err)
{
	size_t size = strlen(path) + 32;
	struct stat st;

	*f = (struct file_whole){.path = mem_text(path)};
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		f->fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		f->tmp = mem_alloc(size);
		snprintf(f->tmp, size, "%s.%ld.tmp", path, (long)getpid());
		f->fd = open(f->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	}
	if (f->fd >= 0)
		return true;
	err_sys(err, "%s", path);
	free(f->path);
	free(f->tmp);
	return false;
}

bool file_end(struct file_whole *f, bool keep, struct err *err)
{
	bool ok = true;

	if (keep && f->tmp && fsync(f->fd))
		ok = err_sys(err, "%s", f->path);
	if (close(f->fd) && ok)
		ok = err_sys(err, "%s", f->path);
	if (f->tmp && ok && keep && rename(f->tmp, f->path))
		ok = err_sys(err, "%s", f->path);
	if (f->tmp && ok && keep)
		sync_folder(f->path);
	else if (f->tmp)
		unlink(f->tmp);
	free(f->path);
	free(f->tmp);
	return ok;
}

bool file_settle(const char *tmp, const char *path, struct err *err)
{
	int fd = open(tmp, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && !fsync(fd);

	if (!ok)
		err_sys(err, "%s", tmp);
	if (fd >= 0)
		close(fd);
	if (ok && rename(tmp, path))
		ok = err_sys(err, "%s", path);
	if (ok)
		sync_folder(path);
	return ok;
}

bool file_put(const char *path, const void *p, size_t n, mode_t mode, struct err *err)
{
	struct file_whole f;
	struct err unused;

	if (!file_begin(&f, path, mode, err))
		return false;
	if (!file_write(f.fd, p, n)) {
		err_sys(err, "%s", path);
		file_end(&f, false, &unused);
		return false;
	}
	return file_end(&f, true, err);
}

bool file_get(const char *path, struct buf *out, size_t max, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t start = out->len;
	ssize_t got = 1;

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (got && out->len - start <= max) {
		got = read(fd, buf_room(out, 65536), 65536);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			err_sys(err, "%s", path);
			close(fd);
			return false;
		}
		out->len += (size_t)got;
		out->at[out->len] = '\0';
	}
	close(fd);
	if (out->len - start > max)
		return err_set(err, "%s: larger than %zu bytes, which is too much for this", path,
			       max);
	return true;
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
