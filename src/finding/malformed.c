/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes with attributes that break the protocol, by the classes of RFC 7606: one finding for
 * each fault of each attribute. Who made it is not known: an attribute travels.
 */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "finding/event.h"

static const char *const names[] = {
    [FAULT_ATTRIBUTE_DISCARD] = "malformed.discard",
    [FAULT_TREAT_AS_WITHDRAW] = "malformed.withdraw",
    [FAULT_DISABLE_FAMILY] = "malformed.family",
    [FAULT_SESSION_RESET] = "malformed.reset",
};

static int by_fault(const void *p, const void *q, void *arg)
{
	const struct member *x = p, *y = q;
	const struct watch *w = arg;
	const struct track *a = &w->track[x->track], *b = &w->track[y->track];
	int c;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	c = strcmp(w->text[a->c], w->text[b->c]);
	return c ? c : prefix_cmp(watch_prefix(w, a->prefix), watch_prefix(w, b->prefix));
}

void malformed_judge(struct watch *w, const struct ranges *r, struct findings *out)
{
	struct member *m = mem_zero(w->ntrack ? w->ntrack : 1, sizeof(*m));
	size_t n = 0;

	for (uint32_t i = 0; i < w->ntrack; i++) {
		if (w->track[i].class != TRACK_MALFORMED || r->first[i] == r->first[i + 1] ||
		    !event_in_scope(w, &w->track[i]))
			continue;
		m[n].track = i;
		m[n].normal[0] = m[n].normal[1] = NONE;
		m[n].kind = "malformed";
		n++;
	}
	qsort_r(m, n, sizeof(*m), by_fault, w);
	for (size_t i = 0, j; i < n; i = j) {
		const struct track *t = &w->track[m[i].track], *u;
		struct replay re;
		struct finding *f;

		for (j = i; j < n && (u = &w->track[m[j].track])->a == t->a && u->b == t->b &&
			    !strcmp(w->text[u->c], w->text[t->c]);)
			j++;
		f = event_build(w, r, out, m + i, j - i, 0, NULL, 0, &re);
		f->kind = "route.malformed";
		f->rule = rule_of(names[t->b]);
		f->title =
		    arena_printf(&out->arena, "%s prefix%s came with a malformed attribute %u: %s",
				 text_number(j - i), j - i == 1 ? "" : "es", t->a, w->text[t->c]);
		event_tag(out, f, "malformed", 0.95, "attribute %u: %s", t->a, w->text[t->c]);
		f->actor.role = "unknown";
		f->actor.why = "an attribute may be broken by any network on the way";
		f->confidence = event_confidence(f);
		event_caveat(out, f, "the collector's own software may have written it wrong");
		event_done(w, out, f, &re);
	}
	free(m);
}
