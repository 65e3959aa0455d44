/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/url.h"

#define RAW_CHUNK ((size_t)256 << 10)
#define RAW_MEMORY_STEP ((size_t)1 << 20) /* memory is given out in pieces, for progress */

struct raw {
	int fd; /* -1: not a file */
	bool slow;
	struct url *url;
	const uint8_t *memory;
	size_t nmemory;

	uint8_t *chunk; /* RAW_CHUNK bytes; at … end of them are not given out yet */
	size_t at, end;

	struct sha256 *hash;
	uint8_t digest[SHA256_SIZE];
	bool digested;
	_Atomic uint64_t count;
	uint64_t size;
	bool ended;
	atomic_bool stop;
	char fault[256];
};

static struct raw *raw_new(bool digest)
{
	struct raw *r = mem_zero(1, sizeof(*r));

	r->fd = -1;
	if (digest)
		r->hash = sha256_new();
	return r;
}

struct raw *raw_open(const char *path, bool digest, struct err *err)
{
	struct raw *r = raw_new(digest);
	struct stat st;

	if (url_is(path)) {
		r->url = url_open(path, &r->size, err);
		if (!r->url) {
			raw_close(r);
			return NULL;
		}
		return r;
	}
	if (strstr(path, "://") && access(path, F_OK)) {
		err_set(err, "%s: of URLs only http and https are read", path);
		raw_close(r);
		return NULL;
	}
	r->fd = !strcmp(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0 || fstat(r->fd, &st)) {
		err_sys(err, "%s", path);
		raw_close(r);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		err_set(err, "%s: is a directory, not a file", path);
		raw_close(r);
		return NULL;
	}
	if (S_ISREG(st.st_mode)) {
		off_t at = lseek(r->fd, 0, SEEK_CUR);

		r->size =
		    at > 0 && at <= st.st_size ? (uint64_t)(st.st_size - at) : (uint64_t)st.st_size;
		posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	} else {
		r->slow = true;
	}
	return r;
}

struct raw *raw_of(const void *p, size_t n, const char *name, bool digest)
{
	struct raw *r = raw_new(digest);

	(void)name;
	r->memory = p ? p : (const uint8_t *)"";
	r->nmemory = n;
	r->size = n;
	return r;
}

void raw_close(struct raw *r)
{
	if (!r)
		return;
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	url_close(r->url);
	if (r->hash)
		sha256_done(r->hash, r->digest);
	free(r->chunk);
	free(r);
}

static size_t raw_end(struct raw *r)
{
	r->ended = true;
	return 0;
}

/* From the file or the net, past what lies in the chunk. */
static size_t pull(struct raw *r, uint8_t *p, size_t n)
{
	if (r->ended || !n)
		return 0;
	if (r->url) {
		struct err why = {0};
		size_t got = url_read(r->url, p, n, &r->stop, &why);

		if (why.text[0])
			snprintf(r->fault, sizeof(r->fault), "%.250s", why.text);
		return got ? got : raw_end(r);
	}
	for (;;) {
		ssize_t got;

		/* A pipe or a terminal may stay silent for ever: look up from time to time. */
		while (r->slow && !atomic_load_explicit(&r->stop, memory_order_relaxed)) {
			struct pollfd pf = {.fd = r->fd, .events = POLLIN};

			if (poll(&pf, 1, 200) != 0)
				break;
		}
		if (atomic_load_explicit(&r->stop, memory_order_relaxed))
			return raw_end(r);
		got = read(r->fd, p, n);
		if (got > 0)
			return (size_t)got;
		if (!got)
			return raw_end(r);
		if (errno == EINTR || errno == EAGAIN)
			continue;
		snprintf(r->fault, sizeof(r->fault), "read error: %s", strerror(errno));
		return raw_end(r);
	}
}

/* What leaves through here is what stands on disk, in order: it is counted and digested. */
static void given(struct raw *r, const uint8_t *p, size_t n)
{
	atomic_store_explicit(&r->count, atomic_load_explicit(&r->count, memory_order_relaxed) + n,
			      memory_order_relaxed);
	if (r->hash)
		sha256_add(r->hash, p, n);
}

const uint8_t *raw_head(struct raw *r, size_t want, size_t *got)
{
	if (r->memory) {
		*got = r->nmemory;
		return r->memory;
	}
	if (!r->chunk)
		r->chunk = mem_alloc(RAW_CHUNK);
	while (r->end - r->at < want) {
		size_t n = pull(r, r->chunk + r->end, RAW_CHUNK - r->end);

		if (!n)
			break;
		r->end += n;
	}
	*got = r->end - r->at;
	return r->chunk + r->at;
}

bool raw_next(struct raw *r, const uint8_t **p, size_t *n)
{
	if (r->memory) {
		*p = r->memory;
		*n = r->nmemory < RAW_MEMORY_STEP ? r->nmemory : RAW_MEMORY_STEP;
		r->memory += *n;
		r->nmemory -= *n;
	} else {
		if (!r->chunk)
			r->chunk = mem_alloc(RAW_CHUNK);
		if (r->at == r->end) {
			r->at = 0;
			r->end = pull(r, r->chunk, RAW_CHUNK);
		}
		*p = r->chunk + r->at;
		*n = r->end - r->at;
		r->at = r->end;
	}
	given(r, *p, *n);
	return *n > 0;
}

size_t raw_read(struct raw *r, uint8_t *p, size_t n)
{
	size_t got;

	if (r->memory || r->at < r->end) {
		const uint8_t *from = r->memory ? r->memory : r->chunk + r->at;

		got = r->memory ? r->nmemory : r->end - r->at;
		if (got > n)
			got = n;
		if (got)
			memcpy(p, from, got);
		if (r->memory) {
			r->memory += got;
			r->nmemory -= got;
		} else {
			r->at += got;
		}
	} else {
		got = pull(r, p, n);
	}
	given(r, p, got);
	return got;
}

bool raw_ready(struct raw *r)
{
	struct pollfd pf = {.fd = r->fd, .events = POLLIN};

	if (r->memory || r->at < r->end || r->ended)
		return true;
	if (r->url)
		return url_ready(r->url);
	return !r->slow || poll(&pf, 1, 0) > 0;
}

const uint8_t *raw_memory(struct raw *r, size_t *n)
{
	const uint8_t *p = r->memory;

	if (!p)
		return NULL;
	*n = r->nmemory;
	given(r, p, *n);
	r->memory += *n;
	r->nmemory = 0;
	return p;
}

uint64_t raw_count(const struct raw *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}

uint64_t raw_size(const struct raw *r)
{
	return r->size;
}

const char *raw_fault(const struct raw *r)
{
	return r->fault[0] ? r->fault : NULL;
}

void raw_stop(struct raw *r)
{
	atomic_store_explicit(&r->stop, true, memory_order_relaxed);
}

bool raw_digest(struct raw *r, uint8_t out[SHA256_SIZE])
{
	const uint8_t *p;
	size_t n;

	if (r->hash) {
		atomic_store_explicit(&r->stop, false, memory_order_relaxed);
		while (raw_next(r, &p, &n)) {
		}
		sha256_done(r->hash, r->digest);
		r->hash = NULL;
		r->digested = true;
	}
	if (!r->digested || r->fault[0])
		return false;
	memcpy(out, r->digest, SHA256_SIZE);
	return true;
}
