/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Ranges that lie in one another, made into one line of cuts: from start[i] up to start[i + 1] the
 * value is value[i], 0 where there is no range. The innermost range counts; of equal ones the last.
 * One that reaches beyond the one that it lies in (tables that overlap without nesting) goes on
 * after it.
 */
#ifndef FACT_CUTS_H
#define FACT_CUTS_H

#include <stddef.h>
#include <stdint.h>

struct cuts {
	uint64_t *start; /* ascending; the caller may take them, and free() them then */
	uint32_t *value; /* neighbours differ */
	size_t n;

	size_t start_cap, value_cap;
	/* The ranges that the next one may lie in, outermost first. */
	struct cuts_open {
		uint64_t last;
		uint32_t value;
	} * open;
	size_t nopen, open_cap;
};

/* The ranges come by their first number, of those with the same first the widest before others. */
void cuts_add(struct cuts *c, uint64_t first, uint64_t last, uint32_t value);
/* After the last one. */
void cuts_end(struct cuts *c);

void cuts_free(struct cuts *c);

#endif
