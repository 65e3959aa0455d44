/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/stream.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/coding.h"
#include "base/mem.h"

/*
 * Bytes travel in pieces. Each has room in front, so that what is left of the piece before it
 * can be put there: a record that lies across two pieces costs a copy of its first part only.
 */
#define PIECE_HEAD ((size_t)64 << 10)
#define PIECE_SIZE ((size_t)256 << 10)
#define PIECES 6 /* at most so many at once */

struct piece {
	struct piece *next;
	size_t n;
	uint8_t data[PIECE_HEAD + PIECE_SIZE];
};

struct stream {
	struct raw *raw;
	const struct coding *coding; /* NULL: plain */
	void *state;
	bool memory; /* plain memory: the window is all of it */

	/* The window: at … end of cur, of `big`, or of memory. */
	const uint8_t *at, *end;
	uint64_t offset; /* of at */
	struct piece *cur;
	uint8_t *big; /* for windows larger than a piece */
	size_t bigcap;
	bool ended; /* nothing comes after the window */
	const char *fault;

	/* Shared with the thread, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t ready, room;
	struct piece *first, **last, *spare;
	unsigned npiece;
	bool done; /* the producer has given all */
	bool stop;
	/* The thread's own, until done. */
	char why[CODING_FAULT];

	pthread_t thread;
	bool threaded;

	/* stream_cuts(): the stream that is cut, and what is left of cut[0]. */
	struct stream *of;
	struct stream_cut *cut;
	size_t ncut, icut;
	uint64_t passed;
	char cutwhy[96];
};

static const struct coding *const codings[] = {&coding_gzip, &coding_bzip2, &coding_xz,
					       &coding_zstd};

void coding_fault(char fault[CODING_FAULT], const struct coding *c, const struct raw *raw,
		  const char *why, uint64_t at)
{
	if (raw_fault(raw))
		why = raw_fault(raw);
	snprintf(fault, CODING_FAULT, "%s: %.180s, at byte %llu of the file", c->name, why,
		 (unsigned long long)at);
}

bool coding_padding(struct raw *raw, const uint8_t *p, size_t n)
{
	do {
		for (size_t i = 0; i < n; i++)
			if (p[i])
				return false;
	} while (raw_next(raw, &p, &n));
	return true;
}

static const uint8_t nothing[1];

static struct stream *stream_new(struct raw *raw)
{
	struct stream *s = mem_zero(1, sizeof(*s));
	size_t n;
	const uint8_t *head = raw_head(raw, CODING_HEAD, &n);

	s->raw = raw;
	s->at = s->end = nothing;
	for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++)
		if (codings[i]->is(head, n)) {
			s->coding = codings[i];
			s->state = s->coding->open(raw);
			break;
		}
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->ready, NULL);
	pthread_cond_init(&s->room, NULL);
	return s;
}

struct stream *stream_open(const char *path, unsigned options, struct err *err)
{
	struct raw *raw = raw_open(path, options & STREAM_DIGEST, err);

	return raw ? stream_new(raw) : NULL;
}

struct stream *stream_of(const void *p, size_t n, const char *name, unsigned options)
{
	struct stream *s = stream_new(raw_of(p, n, name, options & STREAM_DIGEST));

	s->memory = !s->coding;
	return s;
}

/* The next bytes into a piece; 0: there are no more, and s->why says if that is a fault. */
static size_t produce(struct stream *s, struct piece *p)
{
	if (s->coding)
		return s->coding->read(s->state, p->data + PIECE_HEAD, PIECE_SIZE, s->why);
	p->n = raw_read(s->raw, p->data + PIECE_HEAD, PIECE_SIZE);
	if (!p->n && raw_fault(s->raw))
		snprintf(s->why, sizeof(s->why), "%.180s, at byte %llu", raw_fault(s->raw),
			 (unsigned long long)raw_count(s->raw));
	return p->n;
}

/* Reads ahead, PIECES at most. */
static void *ahead(void *arg)
{
	struct stream *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		struct piece *p = s->spare;

		if (p) {
			s->spare = p->next;
		} else if (s->npiece < PIECES) {
			s->npiece++;
			p = mem_alloc(sizeof(*p));
		} else {
			pthread_cond_wait(&s->room, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		p->n = produce(s, p);
		p->next = NULL;
		pthread_mutex_lock(&s->lock);
		if (!p->n) {
			p->next = s->spare;
			s->spare = p;
			break;
		}
		*s->last = p;
		s->last = &p->next;
		pthread_cond_signal(&s->ready);
	}
	s->done = true;
	pthread_cond_signal(&s->ready);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* The first piece is made here: most files are small, and need no thread. */
static struct piece *next_piece(struct stream *s)
{
	struct piece *p;

	if (!s->threaded) {
		if (!s->npiece) {
			p = mem_alloc(sizeof(*p));
			s->npiece++;
			p->n = produce(s, p);
			if (p->n)
				return p;
			free(p);
			s->npiece--;
			s->done = true;
			return NULL;
		}
		if (s->done)
			return NULL;
		if (pthread_create(&s->thread, NULL, ahead, s)) {
			/* No thread to be had: then without. */
			p = s->spare;
			if (p)
				s->spare = p->next;
			else
				p = mem_alloc(sizeof(*p));
			p->n = produce(s, p);
			if (p->n)
				return p;
			free(p);
			s->done = true;
			return NULL;
		}
		s->threaded = true;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->first && !s->done)
		pthread_cond_wait(&s->ready, &s->lock);
	p = s->first;
	if (p) {
		s->first = p->next;
		if (!s->first)
			s->last = &s->first;
	}
	pthread_mutex_unlock(&s->lock);
	return p;
}

static void give_back(struct stream *s, struct piece *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&s->lock);
	p->next = s->spare;
	s->spare = p;
	pthread_cond_signal(&s->room);
	pthread_mutex_unlock(&s->lock);
}

static int by_offset(const void *a, const void *b)
{
	const struct stream_cut *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length < y->length) - (x->length > y->length); /* the longest piece as a whole */
}

struct stream *stream_cuts(struct stream *of, const struct stream_cut *cut, size_t n)
{
	struct stream *s = mem_zero(1, sizeof(*s));
	uint64_t end = 0;

	s->of = of;
	s->cut = mem_zero(n, sizeof(*s->cut));
	if (n) {
		memcpy(s->cut, cut, n * sizeof(*cut));
		qsort(s->cut, n, sizeof(*cut), by_offset);
	}
	for (size_t i = 0; i < n; i++) {
		struct stream_cut c = s->cut[i];

		if (c.length > UINT64_MAX - c.offset)
			c.length = UINT64_MAX - c.offset;
		if (c.offset < end) {
			c.length = c.offset + c.length > end ? c.offset + c.length - end : 0;
			c.offset = end;
		}
		if (!c.length)
			continue;
		end = c.offset + c.length;
		s->cut[s->ncut++] = c;
	}
	return s;
}

static const uint8_t *cut_peek(struct stream *s, size_t want, size_t *got)
{
	struct stream_cut *c = &s->cut[s->icut];
	const uint8_t *p = stream_peek(s->of, 1, got);

	if (s->icut == s->ncut) {
		*got = 0;
		return p;
	}
	while (*got && stream_offset(s->of) < c->offset) {
		uint64_t gap = c->offset - stream_offset(s->of);

		stream_skip(s->of, gap < *got ? (size_t)gap : *got);
		p = stream_peek(s->of, 1, got);
	}
	if (want > c->length)
		want = (size_t)c->length;
	p = stream_peek(s->of, want, got);
	if (*got > c->length)
		*got = (size_t)c->length;
	if (*got < want && !s->fault) {
		snprintf(s->cutwhy, sizeof(s->cutwhy),
			 "the source ends before byte %llu, which a piece of it names",
			 (unsigned long long)(c->offset + c->length));
		s->fault = s->cutwhy;
	}
	return p;
}

static void cut_skip(struct stream *s, size_t n)
{
	struct stream_cut *c = &s->cut[s->icut];

	if (!n)
		return;
	assert(n <= c->length);
	stream_skip(s->of, n);
	c->offset += n;
	c->length -= n;
	s->passed = c->offset;
	if (!c->length)
		s->icut++;
}

const uint8_t *stream_peek(struct stream *s, size_t want, size_t *got)
{
	assert(want <= (size_t)256 << 20);
	if (s->of)
		return cut_peek(s, want, got);
	while ((size_t)(s->end - s->at) < want && !s->ended) {
		size_t left = (size_t)(s->end - s->at);
		struct piece *p;

		if (s->memory) {
			size_t n = 0;

			s->at = raw_memory(s->raw, &n);
			s->end = s->at + n;
			s->ended = true;
			break;
		}
		p = next_piece(s);
		if (!p) {
			s->ended = true;
			if (s->why[0])
				s->fault = s->why;
			break;
		}
		if (left <= PIECE_HEAD && (want <= left + p->n || !left)) {
			uint8_t *to = p->data + PIECE_HEAD - left;

			if (left)
				memcpy(to, s->at, left);
			give_back(s, s->cur);
			s->cur = p;
			s->at = to;
			s->end = p->data + PIECE_HEAD + p->n;
			continue;
		}
		/* Too much for one piece: gather. */
		if (s->cur || s->bigcap - (size_t)(s->end - s->big) < p->n) {
			size_t need = (left > want ? left : want) + PIECE_SIZE;
			uint8_t *big = s->big;

			/* Half empty after the move, so that moving costs little. */
			if (s->bigcap < need || (!s->cur && s->bigcap < left * 2)) {
				if (need < s->bigcap * 2)
					need = s->bigcap * 2;
				big = mem_alloc(need);
				s->bigcap = need;
			}
			if (left)
				memmove(big, s->at, left);
			if (big != s->big) {
				free(s->big);
				s->big = big;
			}
			give_back(s, s->cur);
			s->cur = NULL;
			s->at = s->big;
		}
		memcpy(s->big + (s->at - s->big) + left, p->data + PIECE_HEAD, p->n);
		s->end = s->at + left + p->n;
		give_back(s, p);
	}
	if (!s->at)
		s->at = s->end = (const uint8_t *)""; /* nothing, but not NULL */
	*got = (size_t)(s->end - s->at);
	return s->at;
}

void stream_skip(struct stream *s, size_t n)
{
	if (s->of) {
		cut_skip(s, n);
		return;
	}
	assert(n <= (size_t)(s->end - s->at));
	s->at += n;
	s->offset += n;
}

uint64_t stream_offset(const struct stream *s)
{
	if (!s->of)
		return s->offset;
	return s->icut < s->ncut ? s->cut[s->icut].offset : stream_offset(s->of);
}

uint64_t stream_passed(const struct stream *s)
{
	return s->of ? s->passed : s->offset;
}

const char *stream_fault(const struct stream *s)
{
	if (s->of && stream_fault(s->of))
		return stream_fault(s->of);
	return s->fault;
}

const char *stream_coding(const struct stream *s)
{
	if (s->of)
		return stream_coding(s->of);
	return s->coding ? s->coding->name : "plain";
}

uint64_t stream_raw(const struct stream *s)
{
	return s->of ? stream_raw(s->of) : raw_count(s->raw);
}

uint64_t stream_size(const struct stream *s)
{
	return s->of ? stream_size(s->of) : raw_size(s->raw);
}

static void stop(struct stream *s)
{
	if (!s->threaded)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->room);
	pthread_mutex_unlock(&s->lock);
	raw_stop(s->raw);
	pthread_join(s->thread, NULL);
	s->threaded = false;
}

bool stream_digest(struct stream *s, uint8_t out[SHA256_SIZE], uint64_t *bytes)
{
	if (s->of)
		return stream_digest(s->of, out, bytes);
	stop(s);
	s->ended = true;
	if (!raw_digest(s->raw, out))
		return false;
	*bytes = raw_count(s->raw);
	return true;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->of) {
		stream_close(s->of);
		free(s->cut);
		free(s);
		return;
	}
	stop(s);
	if (s->state)
		s->coding->close(s->state);
	for (struct piece *p = s->first, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	for (struct piece *p = s->spare, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	free(s->cur);
	free(s->big);
	raw_close(s->raw);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->ready);
	pthread_cond_destroy(&s->room);
	free(s);
}
