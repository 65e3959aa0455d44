/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "cmd/run.h"

static int by_digest(const void *a, const void *b)
{
	const struct source_report *x = *(const struct source_report *const *)a,
				   *y = *(const struct source_report *const *)b;
	int c = memcmp(x->sha256, y->sha256, sizeof(x->sha256));

	return c ? c : (x > y) - (x < y);
}

void run_same(struct run *r)
{
	static const uint8_t none[SHA256_SIZE];
	const struct source_report **at = mem_zero(r->n + 1, sizeof(*at)), *first = NULL,
				   *second = NULL;
	size_t n = 0, again = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!r->report[i].empty && memcmp(r->report[i].sha256, none, sizeof(none)) != 0)
			at[n++] = &r->report[i];
	qsort(at, n, sizeof(*at), by_digest);
	for (size_t i = 1; i < n; i++) {
		if (memcmp(at[i]->sha256, at[i - 1]->sha256, sizeof(none)) != 0)
			continue;
		again++;
		/* The first pair in the order of the run. */
		if (!second || at[i] < second) {
			second = at[i];
			first = at[i - 1];
		}
	}
	if (again == 1)
		run_note(r, "%s and %s are the same bytes: what they say is counted twice.",
			 first->path, second->path);
	else if (again)
		run_note(r,
			 "%zu sources are the same bytes as others (%s and %s, for one): what they "
			 "say is counted more than once.",
			 again, first->path, second->path);
	free(at);
}
