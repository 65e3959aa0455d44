/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * For targets whose bytes lie in files: one folder of this process, gone when it ends well.
 */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline int scratch_gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void scratch_end(void)
{
	nftw(scratch, scratch_gone, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folder, made at the first call. */
static inline const char *scratch_dir(void)
{
	if (!scratch[0]) {
		const char *in = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

		snprintf(scratch, sizeof(scratch), "%s/meridian-fuzz-XXXXXX", in);
		if (!mkdtemp(scratch))
			abort();
		atexit(scratch_end);
	}
	return scratch;
}

static inline void scratch_put(const char *name, const void *p, size_t n)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scratch_dir(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n || close(fd))
		abort();
}

#endif
