/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct tcp_segment {
	struct tcp_segment *next;
	uint32_t seq;
	uint32_t n;
	uint64_t offset;
	uint8_t data[];
};

/* Sequence numbers wrap: a stands before b when it is less than half the circle behind. */
static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static void append(struct tcp *t, const uint8_t *p, size_t n, uint64_t offset)
{
	if (!n)
		return;
	if (t->at == t->n) {
		t->at = t->n = 0;
		t->irun = t->nrun = 0;
		if (t->cap > 65536) {
			free(t->data);
			t->data = NULL;
			t->cap = 0;
		}
	} else if (t->at > 65536 && t->at > t->n / 2) {
		size_t k = 0;

		memmove(t->data, t->data + t->at, t->n - t->at);
		/* The run that holds data[at] becomes the first. */
		while (t->irun + 1 < t->nrun && t->run[t->irun + 1].pos <= t->at)
			t->irun++;
		for (size_t i = t->irun; i < t->nrun; i++, k++) {
			struct tcp_run r = t->run[i];

			if (r.pos < t->at) {
				r.offset += t->at - r.pos;
				r.pos = t->at;
			}
			t->run[k] = (struct tcp_run){r.pos - t->at, r.offset};
		}
		t->irun = 0;
		t->nrun = k;
		t->n -= t->at;
		t->at = 0;
	}
	mem_room(&t->data, &t->cap, t->n + n);
	memcpy(t->data + t->n, p, n);
	mem_room(&t->run, &t->run_cap, t->nrun + 1);
	t->run[t->nrun++] = (struct tcp_run){t->n, offset};
	t->n += n;
	t->next += (uint32_t)n;
}

/* What of seq … seq + n is new; false: nothing. */
static bool fresh(const struct tcp *t, uint32_t *seq, const uint8_t **p, uint32_t *n,
		  uint64_t *offset)
{
	if (before(*seq, t->next)) {
		uint32_t old = t->next - *seq;

		if (old >= *n)
			return false;
		*seq += old;
		*p += old;
		*n -= old;
		*offset += old;
	}
	return true;
}

static void drain(struct tcp *t)
{
	struct tcp_segment *s;

	while ((s = t->held) != NULL && !before(t->next, s->seq)) {
		uint32_t seq = s->seq, n = s->n;
		const uint8_t *p = s->data;
		uint64_t offset = s->offset;

		if (fresh(t, &seq, &p, &n, &offset))
			append(t, p, n, offset);
		t->held = s->next;
		t->nheld -= s->n;
		free(s);
	}
}

bool tcp_jump(struct tcp *t)
{
	if (!t->held)
		return false;
	t->lost += t->held->seq - t->next + (t->n - t->at);
	t->at = t->n;
	t->next = t->held->seq;
	drain(t);
	return true;
}

void tcp_add(struct tcp *t, uint32_t seq, bool syn, const uint8_t *p, size_t n, uint64_t offset)
{
	struct tcp_segment *s, **link;
	uint32_t left = (uint32_t)n;

	if (syn) {
		/* A SYN counts one. With data in the same segment (RFC 7413) the next one tells
		 * whether it did: files that were made by hand do not count it. */
		t->slack = n > 0;
		seq += !n;
		/* A new connection on the same ports begins where no old one could be. */
		if (t->started &&
		    (before(seq, t->next - (1u << 24)) || before(t->next + (1u << 24), seq))) {
			while (t->held)
				tcp_jump(t);
			t->started = false;
		}
	}
	if (!t->started) {
		if (!n && !syn)
			return;
		t->started = true;
		t->next = seq;
	}
	if (n && !syn && t->slack) {
		t->next += seq == t->next + 1;
		t->slack = false;
	}
	if (!n || !fresh(t, &seq, &p, &left, &offset))
		return;
	if (seq == t->next) {
		append(t, p, left, offset);
		drain(t);
		return;
	}
	for (link = &t->held; *link && before((*link)->seq, seq); link = &(*link)->next) {
	}
	if (*link && (*link)->seq == seq && (*link)->n >= left)
		return;
	s = mem_alloc(sizeof(*s) + left);
	*s = (struct tcp_segment){.next = *link, .seq = seq, .n = left, .offset = offset};
	memcpy(s->data, p, left);
	*link = s;
	t->nheld += left;
}

void tcp_take(struct tcp *t, size_t n)
{
	t->at += n;
	while (t->irun + 1 < t->nrun && t->run[t->irun + 1].pos <= t->at)
		t->irun++;
}

uint64_t tcp_offset(const struct tcp *t, size_t pos)
{
	size_t i = t->irun;

	if (!t->nrun)
		return 0;
	while (i + 1 < t->nrun && t->run[i + 1].pos <= pos)
		i++;
	return t->run[i].offset + (pos - t->run[i].pos);
}

void tcp_span(const struct tcp *t, size_t pos, size_t n, uint64_t *first, uint64_t *end)
{
	*first = UINT64_MAX;
	*end = 0;
	for (size_t i = t->irun; i < t->nrun && t->run[i].pos < pos + n; i++) {
		size_t stop = i + 1 < t->nrun ? t->run[i + 1].pos : t->n;
		size_t from = t->run[i].pos > pos ? t->run[i].pos : pos;

		if (stop > pos + n)
			stop = pos + n;
		if (stop <= from)
			continue;
		if (tcp_offset(t, from) < *first)
			*first = tcp_offset(t, from);
		if (tcp_offset(t, stop - 1) + 1 > *end)
			*end = tcp_offset(t, stop - 1) + 1;
	}
}

void tcp_free(struct tcp *t)
{
	for (struct tcp_segment *s = t->held, *next; s; s = next) {
		next = s->next;
		free(s);
	}
	free(t->data);
	free(t->run);
	*t = (struct tcp){0};
}
