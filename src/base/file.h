/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Files that appear whole or not at all: a temporary name beside the right one, fsync, rename,
 * and the folder synced, so that a crash leaves the old file or the new one.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* mode is narrowed by the umask, as with open(2). A path that is not a regular file (a pipe,
 * /dev/null) is written to as it is. */
bool file_put(const char *path, const void *p, size_t n, mode_t mode, struct err *err);

/* The same for what is written as it comes: begin, write to fd, end. With keep false, or when
 * anything fails, the old file stays. */
struct file_whole {
	int fd;
	char *path, *tmp; /* tmp NULL: not a regular file, written to as it is */
};
bool file_begin(struct file_whole *f, const char *path, mode_t mode, struct err *err);
bool file_end(struct file_whole *f, bool keep, struct err *err);

/* Can a file of that name be written, as far as can be known before: "-", or a name in a folder
 * that can be written to, and itself no folder. */
bool file_possible(const char *path, struct err *err);

/* A whole file onto the end of out; more than max bytes is a failure. */
bool file_get(const char *path, struct buf *out, size_t max, struct err *err);

/* Writes all of it, whatever write(2) says in between; false with errno set. */
bool file_write(int fd, const void *p, size_t n);

/* A temporary file that is complete becomes the right one: fsync, rename, the folder synced. */
bool file_settle(const char *tmp, const char *path, struct err *err);

/* mkdir -p; what is there already is fine. */
bool file_folder(const char *path, mode_t mode, struct err *err);

#endif
