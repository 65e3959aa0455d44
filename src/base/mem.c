/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_BLOCK ((size_t)64 << 10)
#define ARENA_KEEP ((size_t)4 << 20) /* a reset arena keeps no block larger than this */

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	_Alignas(16) unsigned char data[];
};

static void no_memory(void)
{
	fputs("meridian: out of memory\n", stderr);
	_Exit(1);
}

void *mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		no_memory();
	return p;
}

void *mem_zero(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		no_memory();
	return p;
}

void *mem_grow(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		no_memory();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		no_memory();
	return p;
}

char *mem_text(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(mem_alloc(n), s, n);
}

void *mem_block(size_t size)
{
	void *p = aligned_alloc((size_t)2 << 20, size);

	if (!p)
		no_memory();
	mem_random(p, size);
	return p;
}

void mem_random(void *p, size_t size)
{
	const uintptr_t large = (uintptr_t)2 << 20;
	uintptr_t from = ((uintptr_t)p + large - 1) & ~(large - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(large - 1);

	if (to > from)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->block;

	if (size > SIZE_MAX - 64)
		no_memory();
	size = (size + 15) & ~(size_t)15;
	if (!b || b->size - b->used < size) {
		size_t want = size > ARENA_BLOCK ? size : ARENA_BLOCK;

		/* Blocks double up to 1 MiB, so that a large arena is few blocks. */
		if (b && want < b->size * 2 && b->size < ((size_t)1 << 20))
			want = b->size * 2;
		b = mem_alloc(sizeof(*b) + want);
		b->next = a->block;
		b->size = want;
		b->used = 0;
		a->block = b;
	}
	b->used += size;
	a->used += size;
	return b->data + b->used - size;
}

void *arena_zero(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		no_memory();
	return memset(arena_alloc(a, bytes), 0, bytes);
}

void *arena_copy(struct arena *a, const void *p, size_t size)
{
	void *q = arena_alloc(a, size);

	if (size)
		memcpy(q, p, size);
	return q;
}

char *arena_textn(struct arena *a, const char *s, size_t n)
{
	char *t = arena_alloc(a, n + 1);

	if (n)
		memcpy(t, s, n);
	t[n] = '\0';
	return t;
}

char *arena_text(struct arena *a, const char *s)
{
	return arena_textn(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *t;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	t = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(t, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return t;
}

void arena_back(struct arena *a, const void *p)
{
	const unsigned char *at = p;

	for (struct arena_block *b = a->block; b; b = a->block) {
		size_t keep = at >= b->data && at < b->data + b->used ? (size_t)(at - b->data) : 0;

		a->used -= b->used - keep;
		b->used = keep;
		if (at == b->data + keep)
			return;
		a->block = b->next;
		free(b);
	}
	assert(!"p is of this arena");
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->block;

	a->used = 0;
	if (!b)
		return;
	for (struct arena_block *old = b->next, *next; old; old = next) {
		next = old->next;
		free(old);
	}
	b->next = NULL;
	b->used = 0;
	if (b->size > ARENA_KEEP) {
		free(b);
		a->block = NULL;
	}
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->block, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}
