/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Work that is done once per distinct thing and not once per route.
 *
 * A run has a hundred million routes and some hundred thousand distinct paths. struct memo
 * remembers one word for each id (path.id, attrs.id): a direct-mapped cache of fixed size, so that
 * its memory does not grow with the run. What it has forgotten is simply worked out again; an id is
 * never used twice, so what it remembers is never wrong. The id 0 ("no path") is never remembered.
 */
#ifndef FACT_MEMO_H
#define FACT_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define MEMO_BITS 17

struct memo {
	struct {
		uint32_t id, word;
	} * at;
};

static inline void memo_new(struct memo *m)
{
	m->at = mem_zero((size_t)1 << MEMO_BITS, sizeof(*m->at));
}

static inline void memo_free(struct memo *m)
{
	free(m->at);
	m->at = NULL;
}

/* True: *word is what was remembered for this id. */
static inline bool memo_get(const struct memo *m, uint32_t id, uint32_t *word)
{
	uint32_t i = id & ((1u << MEMO_BITS) - 1);

	*word = m->at[i].word;
	return __builtin_expect(m->at[i].id == id && id, 1);
}

static inline void memo_put(struct memo *m, uint32_t id, uint32_t word)
{
	uint32_t i = id & ((1u << MEMO_BITS) - 1);

	m->at[i].id = id;
	m->at[i].word = word;
}

#endif
