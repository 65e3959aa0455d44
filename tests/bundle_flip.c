/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * bundle_flip BUNDLE TSA-ROOT STEP: changes every STEP-th byte of every file of a bundle, one at a
 * time, by one bit and by all, and says which change verify did not notice.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/bundle.h"
#include "record/disk.h"

static const char *bundle;
static struct buf roots;
static unsigned long step, tried, missed;

static bool proved(void)
{
	struct verify v = {.bundle = bundle, .roots = roots.at, .nroots = roots.len};
	struct proved d = {0};
	struct err err;
	bool ok = bundle_verify(&v, &d, &err) && d.ok;

	proved_free(&d);
	return ok;
}

static int each(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct buf b = {0};
	struct err err;
	int fd;

	(void)ftw;
	if (type != FTW_F || !st->st_size)
		return 0;
	fd = open(path, O_WRONLY);
	if (fd < 0 || !disk_read(path, &b, 1 << 30, &err))
		return 1;
	for (size_t i = tried % step; i < b.len; i += step) {
		for (int m = 0; m < (i % 8 ? 1 : 2); m++) {
			char c = (char)(b.at[i] ^ (m ? 0xff : 1 << i % 8));

			if (pwrite(fd, &c, 1, (off_t)i) != 1)
				return 1;
			if (proved()) {
				printf("%s: byte %zu %02x -> %02x was not noticed\n", path, i,
				       (unsigned char)b.at[i], (unsigned char)c);
				missed++;
			}
			tried++;
		}
		if (pwrite(fd, &b.at[i], 1, (off_t)i) != 1)
			return 1;
	}
	/* A byte more and a byte less. */
	if (pwrite(fd, "x", 1, (off_t)b.len) != 1 || proved()) {
		printf("%s: a byte more was not noticed\n", path);
		missed++;
	}
	if (ftruncate(fd, (off_t)b.len - 1) || proved()) {
		printf("%s: a byte less was not noticed\n", path);
		missed++;
	}
	if (ftruncate(fd, (off_t)b.len) || pwrite(fd, &b.at[b.len - 1], 1, (off_t)b.len - 1) != 1)
		return 1;
	tried += 2;
	close(fd);
	buf_free(&b);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err;

	if (argc < 4 || !disk_read(argv[2], &roots, 1 << 20, &err))
		return 2;
	bundle = argv[1];
	step = strtoul(argv[3], NULL, 10);
	if (!proved()) {
		puts("the bundle does not verify before anything was changed");
		return 1;
	}
	if (nftw(bundle, each, 8, FTW_PHYS))
		return 1;
	printf("%lu changes, %lu not noticed\n", tried, missed);
	return missed || !proved();
}
