/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Many byte strings looked for in one text at once.
 *
 * Long patterns go through Wu and Manber's table of shifts (TR-94-17, University of Arizona,
 * 1994): the text is read in steps of about a pattern's length, so that a thousand patterns cost
 * little more than one. Short ones would spoil those steps; they go through a filter of nibble
 * masks (as in Hyperscan's Teddy) that looks at 16 or 32 places at once, by what the processor
 * has. Each candidate is compared in full. Matching is by bytes; no case folding.
 *
 * Filled once, then only read, by any number of threads.
 */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct match;
struct match *match_new(void);
void match_free(struct match *m);

/* The pattern's number: 0, 1, 2 … The bytes are copied; n is at least 1. */
uint32_t match_add(struct match *m, const void *pattern, size_t n);
void match_ready(struct match *m);
uint32_t match_count(const struct match *m);

/* Calls back for each place where a pattern stands, in no set order; stops when it returns
 * false. */
void match_find(const struct match *m, const void *text, size_t n,
		bool (*hit)(uint32_t pattern, size_t offset, void *arg), void *arg);

/* The same without SIMD, to check the other by. */
void match_find_plain(const struct match *m, const void *text, size_t n,
		      bool (*hit)(uint32_t pattern, size_t offset, void *arg), void *arg);

#endif
