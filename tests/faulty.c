/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A library to be preloaded (LD_PRELOAD): it counts every call that changes a file, by anybody in
 * the process (SQLite too), and at call FAULT_AT does what FAULT_MODE says:
 *
 *	kill    half of the bytes are written, then the process is killed by SIGKILL
 *	eio     this one call fails
 *	full    this call and every later write fail for want of room
 *	memory  counts allocations instead, and from there on there is no memory
 *
 * At the end it adds the number of calls to the file FAULT_COUNT.
 */
/* Both pwrite() and pwrite64() are to be had. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at);
int fsync(int fd);
int fdatasync(int fd);
int ftruncate(int fd, off_t n);
int ftruncate64(int fd, off64_t n);
int rename(const char *a, const char *b);
int unlink(const char *path);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static long at = -1, calls;
static enum { NONE, KILL, EIO_ONCE, FULL, MEMORY } mode;

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("FAULT_AT"), *m = getenv("FAULT_MODE");

	if (!n || !m)
		return;
	mode = !strcmp(m, "kill")     ? KILL
	       : !strcmp(m, "eio")    ? EIO_ONCE
	       : !strcmp(m, "full")   ? FULL
	       : !strcmp(m, "memory") ? MEMORY
				      : NONE;
	calls = 0;
	at = atol(n);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAULT_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	char t[32];
	int n = snprintf(t, sizeof(t), "%ld\n", calls);

	if (fd >= 0) {
		syscall(SYS_write, fd, t, (size_t)n);
		close(fd);
	}
}

static int regular(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* 0: go on. 1: it fails, errno is set. 2: half, then death. */
static int fault(int writes)
{
	long k;

	if (mode == NONE || mode == MEMORY)
		return 0;
	k = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (mode == KILL && k == at)
		return 2;
	if (mode == EIO_ONCE && k == at) {
		errno = EIO;
		return 1;
	}
	if (mode == FULL && k >= at && writes) {
		errno = ENOSPC;
		return 1;
	}
	return 0;
}

ssize_t write(int fd, const void *p, size_t n)
{
	int f = regular(fd) ? fault(1) : 0;

	if (f == 1)
		return -1;
	if (f == 2) {
		syscall(SYS_write, fd, p, n / 2);
		die();
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t where)
{
	int f = fault(1);

	if (f == 1)
		return -1;
	if (f == 2) {
		syscall(SYS_pwrite64, fd, p, n / 2, where);
		die();
	}
	return syscall(SYS_pwrite64, fd, p, n, where);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t where)
{
	return pwrite64(fd, p, n, where);
}

#define SIMPLE(writes, call)           \
	do {                           \
		int f = fault(writes); \
		if (f == 1)            \
			return -1;     \
		if (f == 2)            \
			die();         \
		return (int)(call);    \
	} while (0)

int fsync(int fd)
{
	SIMPLE(0, syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
	SIMPLE(0, syscall(SYS_fdatasync, fd));
}

int ftruncate64(int fd, off64_t n)
{
	SIMPLE(0, syscall(SYS_ftruncate, fd, n));
}

int ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int rename(const char *a, const char *b)
{
	SIMPLE(1, syscall(SYS_rename, a, b));
}

int unlink(const char *path)
{
	SIMPLE(0, syscall(SYS_unlink, path));
}

static int no_memory(void)
{
	return mode == MEMORY && __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) >= at;
}

void *malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}
