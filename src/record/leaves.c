/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Which leaves of a record belong to one finding, and to no other. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/record.h"

struct numbers {
	uint64_t *at;
	size_t n, cap;
};

static void number_add(struct numbers *s, uint64_t n)
{
	mem_room(&s->at, &s->cap, s->n + 1);
	s->at[s->n++] = n;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Ascending, each once. */
static void numbers_sort(struct numbers *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->at, s->n, sizeof(*s->at), by_number);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->at[n - 1] != s->at[i])
			s->at[n++] = s->at[i];
	s->n = n;
}

bool record_leaves_of(struct record *r, const uint8_t id[16], uint64_t **leaf, size_t *n,
		      struct err *err)
{
	struct index_query q = {.from = TIME_NONE, .to = TIME_NONE, .run = UINT64_MAX};
	struct numbers own = {0}, raws = {0}, others = {0};
	struct index_hit *hit = NULL;
	struct buf text = {0};
	size_t nhit = 0;
	bool ok = record_search(r, &q, &hit, &nhit, err);

	for (size_t i = 0; ok && i < nhit; i++) {
		struct findings fs = {0};
		struct leaf l;
		bool mine;

		buf_reset(&text);
		ok = record_leaf(r, hit[i].leaf, &l, &text, err) && !l.erased &&
		     finding_read(&fs, text.at, text.len, NULL, err);
		mine = ok && !memcmp(fs.at[0]->id, id, 16);
		if (mine)
			number_add(&own, hit[i].leaf);
		for (size_t k = 0; ok && k < fs.at[0]->nevidence; k++) {
			uint64_t raw;

			if (record_find_raw(r, fs.at[0]->evidence[k].sha256, &raw, err))
				number_add(mine ? &raws : &others, raw);
			else
				ok = !err->text[0];
		}
		findings_free(&fs);
	}
	numbers_sort(&raws);
	numbers_sort(&others);
	for (size_t i = 0; i < raws.n; i++)
		if (!others.n ||
		    !bsearch(&raws.at[i], others.at, others.n, sizeof(*others.at), by_number))
			number_add(&own, raws.at[i]);
	numbers_sort(&own);
	free(raws.at);
	free(others.at);
	free(hit);
	buf_free(&text);
	*leaf = own.at;
	*n = own.n;
	return ok;
}
