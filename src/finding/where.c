/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where on the path: packets with a small TTL that carry the name in question and a neutral one
 * (Raman et al., CenTrace, CoNEXT 2022). A device on the path copies traffic and answers from the
 * very hop; one in the path handles a packet only when it would forward it, so it answers one hop
 * later; so the range is told, not a point. An injector that copies the trigger's TTL seems to
 * answer only from about twice its distance: then the hop is not believed.
 */
#include <stdio.h>
#include <string.h>

#include "finding/view.h"

static bool acts(const struct ttl_probe *p)
{
	return p->answer == TTL_RESET || p->answer == TTL_FIN || p->answer == TTL_DATA ||
	       p->answer == TTL_FORGED;
}

void judge_where(const struct view *v, struct verdict *out)
{
	const struct measurement *m = v->m;
	unsigned first = 256, reached = 256, last_answer = 0;
	bool both = false, silent = false;
	const struct ttl_probe *router = NULL;
	char t[PREFIX_TEXT];

	for (size_t i = 0; i < m->nttl_probe; i++) {
		const struct ttl_probe *p = &m->ttl_probe[i];

		if (p->control) {
			if (acts(p) && p->ttl < reached)
				reached = p->ttl;
			continue;
		}
		if (acts(p) && p->ttl < first) {
			first = p->ttl;
			both = p->both;
		}
		if (p->answer == TTL_EXCEEDED && p->ttl > last_answer)
			last_answer = p->ttl;
	}
	if (first == 256) {
		/* Silence past some hop, where the neutral name still hears from routers. */
		for (size_t i = 0; i < m->nttl_probe; i++) {
			const struct ttl_probe *p = &m->ttl_probe[i];

			silent |= p->control && p->ttl > last_answer && p->answer != TTL_SILENCE;
		}
		if (!silent || !last_answer)
			return;
		first = last_answer + 1;
	}
	if (reached != 256 && first > reached) {
		out->hop =
		    arena_printf(v->a,
				 "an injector that copies the TTL: answers from hop %u, past the "
				 "server at %u; it is nearer than that",
				 first, reached);
		return;
	}
	if (reached != 256 && first == reached && !silent) {
		out->hop = arena_printf(v->a, "at the server or just before it (hop %u)", first);
		verdict_who(out, WHO_HOST, 0.5);
		return;
	}
	for (size_t i = 0; i < m->nttl_probe; i++) {
		const struct ttl_probe *p = &m->ttl_probe[i];

		if (p->has_from && p->answer == TTL_EXCEEDED &&
		    p->ttl == (both || first < 2 ? first : first - 1))
			router = p;
	}
	if (both)
		out->hop =
		    arena_printf(v->a, "on the path at hop %u%s%s", first, router ? ", " : "",
				 router ? addr_text(t, router->from) : "");
	else
		out->hop = arena_printf(v->a, "in the path at hop %u or %u%s%s",
					first > 1 ? first - 1 : first, first, router ? ", " : "",
					router ? addr_text(t, router->from) : "");
	verdict_who(out, first <= 3 ? WHO_ACCESS : WHO_TRANSIT, first <= 3 ? 0.8 : 0.6);
}
