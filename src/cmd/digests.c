/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Digests of evidence, worked out when the findings are there. A table of the whole Internet has a
 * record for each of a million prefixes, and a finding names a few of them: to keep 32 bytes for
 * each would be a third of the memory of a run. So those of a plain MRT file are read again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stream.h"
#include "cmd/run.h"

/* The file as it was when it was opened; false: it cannot be relied on to be there again. */
static bool look(const char *path, struct stat *st)
{
	return !stat(path, st) && S_ISREG(st->st_mode);
}

void run_again(struct run *r)
{
	bool *again = arena_zero(&r->arena, r->n, sizeof(*again));

	for (size_t i = 0; i < r->n; i++) {
		struct run_source *s = r->at[i];
		const char *coding = r->report[i].coding;
		struct stat st;

		if (s->open && s->reader.in)
			coding = stream_coding(s->reader.in);
		if (s->done || s->stdin_or_url || !s->source || strcmp(s->source->name, "mrt") ||
		    !coding || strcmp(coding, "plain") || !look(s->path, &st))
			continue;
		again[i] = true;
		s->device = st.st_dev;
		s->inode = st.st_ino;
		s->size_then = (uint64_t)st.st_size;
	}
	r->know.again = again;
	r->know.nagain = r->n;
}

struct want {
	struct evidence *e;
	struct finding *f;
};

static int by_place(const void *p, const void *q)
{
	const struct evidence *a = ((const struct want *)p)->e, *b = ((const struct want *)q)->e;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}

static bool read_at(int fd, uint8_t *out, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t got = pread(fd, out, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		out += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return true;
}

/* The wanted pieces of one source. */
static bool digest_source(const struct run_source *s, struct want *w, size_t n, struct err *err)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes = NULL;
	size_t cap = 0;
	bool ok = fd >= 0 && !fstat(fd, &st);

	if (!ok)
		err_sys(err, "%s", s->path);
	else if (st.st_dev != s->device || st.st_ino != s->inode ||
		 (uint64_t)st.st_size < s->size_then)
		ok = err_set(err,
			     "%s: it was replaced while it was judged, so the digests of its "
			     "evidence cannot be told; run again",
			     s->path);
	for (size_t i = 0; ok && i < n; i++) {
		struct evidence *e = w[i].e;

		if (i && !by_place(&w[i - 1], &w[i])) {
			memcpy(e->sha256, w[i - 1].e->sha256, sizeof(e->sha256));
			continue;
		}
		mem_room(&bytes, &cap, (size_t)e->length);
		if (read_at(fd, bytes, e->length, e->offset))
			sha256(bytes, e->length, e->sha256);
		else
			ok = err_set(err, "%s: byte %llu, which was judged, cannot be read again",
				     s->path, (unsigned long long)e->offset);
	}
	free(bytes);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool run_digests(struct run *r, struct err *err)
{
	static const uint8_t none[SHA256_SIZE];
	struct want *w = NULL;
	size_t n = 0, cap = 0;
	bool ok = true;

	for (size_t i = 0; i < r->findings.n; i++) {
		struct finding *f = r->findings.at[i];

		for (size_t j = 0; j < f->nevidence; j++) {
			struct evidence *e = &f->evidence[j];

			if (e->source >= r->know.nagain || !r->know.again[e->source] ||
			    memcmp(e->sha256, none, sizeof(none)))
				continue;
			mem_room(&w, &cap, n + 1);
			w[n++] = (struct want){e, f};
		}
	}
	if (n)
		qsort(w, n, sizeof(*w), by_place);
	for (size_t i = 0, j; ok && i < n; i = j) {
		for (j = i; j < n && w[j].e->source == w[i].e->source;)
			j++;
		ok = digest_source(r->at[w[i].e->source], w + i, j - i, err);
	}
	/* A finding's id rests on the first piece of its evidence. */
	for (size_t i = 0; ok && i < n; i++)
		if (w[i].e == w[i].f->evidence)
			finding_identify(w[i].f);
	free(w);
	return ok;
}
