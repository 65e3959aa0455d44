/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/cuts.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* From here on it is that value. */
static void cut(struct cuts *c, uint64_t start, uint32_t value)
{
	if (c->n && c->start[c->n - 1] == start)
		c->n--;
	if (c->n ? c->value[c->n - 1] == value : !value)
		return;
	mem_room(&c->start, &c->start_cap, c->n + 1);
	mem_room(&c->value, &c->value_cap, c->n + 1);
	c->start[c->n] = start;
	c->value[c->n++] = value;
}

/* Closes the open ranges that end before `at`, or all. */
static void close_before(struct cuts *c, uint64_t at, bool all)
{
	while (c->nopen && (all || c->open[c->nopen - 1].last < at)) {
		uint64_t end = c->open[--c->nopen].last;

		while (c->nopen && c->open[c->nopen - 1].last <= end)
			c->nopen--;
		if (end != UINT64_MAX)
			cut(c, end + 1, c->nopen ? c->open[c->nopen - 1].value : 0);
	}
}

void cuts_add(struct cuts *c, uint64_t first, uint64_t last, uint32_t value)
{
	close_before(c, first, false);
	cut(c, first, value);
	mem_room(&c->open, &c->open_cap, c->nopen + 1);
	c->open[c->nopen++] = (struct cuts_open){last, value};
}

void cuts_end(struct cuts *c)
{
	close_before(c, 0, true);
	free(c->open);
	c->open = NULL;
	c->open_cap = 0;
}

void cuts_free(struct cuts *c)
{
	free(c->start);
	free(c->value);
	free(c->open);
	*c = (struct cuts){0};
}
