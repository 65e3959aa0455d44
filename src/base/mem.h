/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Memory that either is there or ends the program: nothing useful can be done without it.
 * The arena is memory by lifetime: everything in it goes at once. Functions that allocate take
 * the arena first, so that the lifetime of what they return stands in their signature.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* malloc and friends; n × size is checked for overflow; never return NULL. */
void *mem_alloc(size_t size);
void *mem_zero(size_t n, size_t size);
void *mem_grow(void *p, size_t n, size_t size);
char *mem_text(const char *s);

/* This block is looked up at random: large pages, where there are some, spare the walks through
 * page tables that cost more than the look-up. Only a matter of speed. */
void mem_random(void *p, size_t size);
/* Such a block: size is a multiple of 2 MiB. Uninitialised; free() frees it. */
void *mem_block(size_t size);

/*
 * Grows *array so that it holds at least need elements; *cap is its capacity in elements.
 * Doubles, so that n pushes cost O(n).
 */
#define mem_room(array, cap, need)                                                         \
	do {                                                                               \
		if ((need) > *(cap)) {                                                     \
			*(cap) = *(cap)*2 > (need) ? *(cap)*2 : (need) < 16 ? 16 : (need); \
			*(array) = mem_grow(*(array), *(cap), sizeof(**(array)));          \
		}                                                                          \
	} while (0)

struct arena {
	struct arena_block *block; /* newest first */
	size_t used;		   /* bytes handed out since the last reset */
};

/* Aligned to 16 bytes; uninitialised. A zeroed struct arena is an empty one. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zero(struct arena *a, size_t n, size_t size);
void *arena_copy(struct arena *a, const void *p, size_t size);
char *arena_text(struct arena *a, const char *s);
char *arena_textn(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forgets p, which it handed out, and everything that it handed out after p. */
void arena_back(struct arena *a, const void *p);
/* Forgets everything but keeps one block for the next round. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
