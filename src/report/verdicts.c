/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * `--as verdicts`: one JSON line a measurement, before measurements of a network are joined.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "finding/verdict.h"
#include "report/lines.h"

struct verdicts {
	const struct knowledge *know;
	struct arena scratch;
};

static void *verdicts_new(const struct knowledge *know)
{
	struct verdicts *v = mem_zero(1, sizeof(*v));

	v->know = know;
	return v;
}

static void verdicts_feed(void *state, const struct facts *f, const char *kind, struct buf *out)
{
	struct verdicts *v = state;

	(void)kind;
	for (size_t i = 0; i < f->nfact; i++) {
		struct verdict verdict;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		verdict_judge(&v->scratch, v->know, f->fact[i].measurement, &verdict);
		verdict_line(out, &verdict);
		arena_reset(&v->scratch);
	}
}

static void verdicts_free(void *state)
{
	struct verdicts *v = state;

	arena_free(&v->scratch);
	free(v);
}

const struct lines lines_verdicts = {
    .name = "verdicts",
    .about = "one JSON line a measurement: its state, mechanism and the rule that fired",
    .new = verdicts_new,
    .feed = verdicts_feed,
    .free = verdicts_free,
};
