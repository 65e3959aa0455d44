/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sha256.h"

#define STORE 4 /* bytes of the digest of its URL */

static void store_name(struct buf *out, const char *url)
{
	uint8_t digest[SHA256_SIZE];

	sha256(url, strlen(url), digest);
	buf_hex(out, digest, STORE);
	buf_char(out, '-');
}

static void lock_path(const struct spool *s, struct buf *out)
{
	buf_reset(out);
	buf_printf(out, "%s/lock", s->folder.at);
}

/* The lock of a folder that is there. Who held it before may have removed it: then again. */
static bool hold(struct spool *s, bool wait, struct err *err)
{
	struct buf path = {0};
	struct stat held, there;
	bool ok = false;

	lock_path(s, &path);
	for (;;) {
		if (!file_folder(s->folder.at, 0700, err))
			break;
		s->lock = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (s->lock < 0 && errno == ENOENT)
			continue;
		if (s->lock < 0) {
			err_sys(err, "%s", path.at);
			break;
		}
		do
			ok = !flock(s->lock, LOCK_EX | (wait ? 0 : LOCK_NB));
		while (!ok && errno == EINTR);
		if (!ok) {
			err_sys(err, "%s", path.at);
			break;
		}
		if (!fstat(s->lock, &held) && !stat(path.at, &there) &&
		    held.st_ino == there.st_ino && held.st_dev == there.st_dev)
			break;
		ok = false;
		close(s->lock);
		s->lock = -1;
	}
	if (!ok && s->lock >= 0)
		close(s->lock);
	if (!ok)
		s->lock = -1;
	buf_free(&path);
	return ok;
}

bool spool_take(struct spool *s, const char *dir, const char *url, const uint8_t run[SPOOL_RUN],
		struct err *err)
{
	*s = (struct spool){.lock = -1};
	buf_printf(&s->folder, "%s/", dir);
	store_name(&s->folder, url);
	buf_hex(&s->folder, run, SPOOL_RUN);
	if (hold(s, true, err))
		return true;
	buf_free(&s->folder);
	return false;
}

void spool_leave(struct spool *s)
{
	struct buf path = {0};
	struct dirent *e;
	DIR *d;
	bool empty = true;

	if (s->lock < 0 || !s->folder.len)
		return;
	lock_path(s, &path);
	d = opendir(s->folder.at);
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		/* What a sender that was killed had not finished writing was never sent. */
		if (n > 4 && !strcmp(e->d_name + n - 4, ".tmp"))
			unlinkat(dirfd(d), e->d_name, 0);
		else
			empty &= !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
				 !strcmp(e->d_name, "lock");
	}
	if (d)
		closedir(d);
	if (empty && !unlink(path.at))
		rmdir(s->folder.at);
	close(s->lock);
	s->lock = -1;
	buf_free(&path);
	buf_free(&s->folder);
}

void spool_abandoned(const struct spool *own, const char *dir, const char *url,
		     void (*send)(void *arg, const char *folder), void *arg)
{
	DIR *d = opendir(dir);
	struct buf store = {0};
	struct dirent *e;

	store_name(&store, url);
	while (d && (e = readdir(d))) {
		struct spool s = {.lock = -1};
		struct err err;

		if (strncmp(e->d_name, store.at, store.len) != 0)
			continue;
		buf_printf(&s.folder, "%s/%s", dir, e->d_name);
		if (strcmp(s.folder.at, own->folder.at) != 0 && hold(&s, false, &err)) {
			send(arg, s.folder.at);
			spool_leave(&s);
		}
		buf_free(&s.folder);
	}
	if (d)
		closedir(d);
	buf_free(&store);
}
