/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * tar archives (POSIX.1-1988 ustar and what GNU and pax add to it), as OONI keeps its days: each
 * regular file within is read by the reader that recognises it, compressed or not. Evidence of a
 * file that is not compressed is its own bytes; of a compressed one, the whole file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/source.h"

#define BLOCK 512
#define MEMBER_MAX ((size_t)200 << 20)

static uint64_t octal(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	/* GNU's binary form for what does not fit. */
	if (p[0] & 0x80) {
		for (size_t i = 1; i < n; i++) {
			if (v >> 55)
				return UINT64_MAX;
			v = v << 8 | p[i];
		}
		return v;
	}
	for (size_t i = 0; i < n && p[i]; i++) {
		if (p[i] == ' ')
			continue;
		if (p[i] < '0' || p[i] > '7')
			return UINT64_MAX;
		v = v << 3 | (uint64_t)(p[i] - '0');
	}
	return v;
}

/* The sum of all bytes, the sum's own field counted as spaces. */
static bool sum_fits(const uint8_t *h)
{
	uint64_t want = octal(h + 148, 8), sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return sum == want;
}

static bool zero(const uint8_t *h)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (h[i])
			return false;
	return true;
}

static int recognise(const uint8_t *at, size_t n)
{
	return n >= BLOCK && !zero(at) && sum_fits(at) && octal(at + 124, 12) != UINT64_MAX ? 99
											    : 0;
}

struct state {
	struct reader inner;
	struct stream *file;
	bool open, done;
	char *name;
	uint64_t at; /* of the file's bytes in the archive */
	size_t size, skip;
	const uint8_t *bytes;
	struct fact fact;
};

static bool open_tar(struct reader *r, struct err *err)
{
	(void)err;
	r->state = mem_zero(1, sizeof(struct state));
	return true;
}

static void shut(struct state *s)
{
	if (s->open) {
		s->inner.source->close(&s->inner);
		arena_free(&s->inner.scratch);
	}
	if (s->file)
		stream_close(s->file);
	s->file = NULL;
	s->open = false;
}

static void close_tar(struct reader *r)
{
	struct state *s = r->state;

	shut(s);
	free(s->name);
	free(s);
}

static bool refuse(struct reader *r, struct state *s, struct facts *out, uint64_t offset,
		   uint64_t length, const char *why, bool skipped, bool cut)
{
	s->fact = (struct fact){
	    .kind = FACT_GARBLED,
	    .garbled = {
		.offset = offset, .length = length, .why = why, .skipped = skipped, .cut = cut}};
	*out = (struct facts){.time = TIME_NONE,
			      .slice = {.source = r->id, .offset = offset},
			      .fact = &s->fact,
			      .nfact = 1};
	r->tally.records++;
	r->tally.skipped++;
	r->tally.cut |= cut;
	return true;
}

static void rename_to(struct state *s, const char *name, size_t n)
{
	free(s->name);
	s->name = mem_alloc(n + 1);
	memcpy(s->name, name, n);
	s->name[n] = 0;
}

/* Opens the next file of the archive that is one. 1: opened; 0: the end; -1: *out tells. */
static int next_file(struct reader *r, struct state *s, struct facts *out)
{
	char long_name[4096] = "";

	for (;;) {
		const uint8_t *h;
		size_t got, padded;
		uint64_t size, offset = stream_offset(r->in);
		char type;
		struct err err;
		const uint8_t *head;

		h = stream_peek(r->in, BLOCK, &got);
		if (!got)
			return 0;
		if (got < BLOCK) {
			stream_skip(r->in, got);
			refuse(r, s, out, offset, got, "the archive ends within a header", false,
			       true);
			return -1;
		}
		if (zero(h)) {
			stream_skip(r->in, BLOCK);
			continue;
		}
		size = octal(h + 124, 12);
		if (!sum_fits(h) || size == UINT64_MAX) {
			/* Nothing after a broken header can be trusted to stand on a boundary. */
			s->done = true;
			refuse(r, s, out, offset, BLOCK, "a header whose sum does not fit", false,
			       false);
			return -1;
		}
		type = (char)h[156];
		if (size > MEMBER_MAX) {
			s->done = true;
			refuse(r, s, out, offset, size, "a file of more than 200 MB in an archive",
			       false, false);
			return -1;
		}
		if (type == '0' || !type || type == 'L') {
			if (type != 'L') {
				size_t n = strnlen((const char *)h, 100);

				if (*long_name)
					rename_to(s, long_name, strlen(long_name));
				else
					rename_to(s, (const char *)h, n);
			}
			stream_skip(r->in, BLOCK);
		} else {
			stream_skip(r->in, BLOCK);
		}
		padded = (size_t)((size + BLOCK - 1) / BLOCK * BLOCK);
		h = stream_peek(r->in, padded, &got);
		if (got < size) {
			stream_skip(r->in, got);
			s->done = true;
			refuse(r, s, out, offset, got, "the archive ends within a file", false,
			       true);
			return -1;
		}
		if (padded > got)
			padded = got;
		if (type == 'L') {
			snprintf(long_name, sizeof(long_name), "%.*s",
				 (int)(size < 4095 ? size : 4095), (const char *)h);
			stream_skip(r->in, padded);
			continue;
		}
		if ((type != '0' && type) || !size) {
			stream_skip(r->in, padded);
			continue;
		}
		*long_name = 0;
		s->at = offset + BLOCK;
		s->size = (size_t)size;
		s->skip = padded;
		s->bytes = h;
		s->file = stream_of(h, s->size, s->name, 0);
		head = stream_peek(s->file, 65536, &got);
		s->inner = (struct reader){.source = source_of(head, got < 65536 ? got : 65536),
					   .in = s->file,
					   .name = s->name,
					   .id = r->id,
					   .peers = r->peers};
		/* An archive in an archive could go on without an end. */
		if (!s->inner.source || s->inner.source == r->source ||
		    !s->inner.source->open(&s->inner, &err)) {
			shut(s);
			stream_skip(r->in, padded);
			refuse(r, s, out, s->at, s->size,
			       "a file of an archive that no reader recognises", true, false);
			return -1;
		}
		s->open = true;
		return 1;
	}
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;

	for (;;) {
		if (s->open) {
			struct tally before = s->inner.tally;
			const struct tally *t = &s->inner.tally;
			bool plain = !strcmp(stream_coding(s->file), "plain");

			if (s->inner.source->next(&s->inner, out)) {
				r->tally.records += t->records - before.records;
				r->tally.decoded += t->decoded - before.decoded;
				r->tally.skipped += t->skipped - before.skipped;
				r->tally.routes += t->routes - before.routes;
				r->tally.facts += t->facts - before.facts;
				if (plain) {
					out->slice.offset += s->at;
				} else {
					out->slice.offset = s->at;
					out->slice.length = (uint32_t)s->size;
					out->slice.at = s->bytes;
				}
				return true;
			}
			r->tally.cut |= t->cut || stream_fault(s->file);
			shut(s);
			stream_skip(r->in, s->skip);
		}
		if (s->done)
			return false;
		switch (next_file(r, s, out)) {
		case 0:
			return false;
		case -1:
			return true;
		default:
			break;
		}
	}
}

const struct source source_tar = {
    .name = "tar",
    .about = "tar archives of any of these",
    .class = SOURCE_EVENTS,
    .head = BLOCK,
    .recognise = recognise,
    .open = open_tar,
    .next = next,
    .close = close_tar,
};
