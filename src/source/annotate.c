/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/annotate.h"

#include <string.h>

const struct dns_answer *annotate_answers(struct arena *a, const struct plan_options *o,
					  const struct dns_answer *answer, size_t n)
{
	struct dns_answer *x;

	if (!n || (!o->geo && !o->origins))
		return answer;
	x = arena_copy(a, answer, n * sizeof(*x));
	for (size_t i = 0; i < n; i++) {
		struct member *m;
		struct name name;
		char country[3];

		if (!x[i].has_addr)
			continue;
		x[i].asn = origins_find(o->origins, x[i].addr);
		if (x[i].asn && names_find(o->names, x[i].asn, &name) && name.name)
			x[i].as_name = arena_text(a, name.name);
		if (!geo_find(o->geo, x[i].addr, country))
			continue;
		m = arena_zero(a, 1, sizeof(*m));
		m->key = "x_meridian_country";
		m->json = arena_printf(a, "\"%s\"", country);
		m->njson = strlen(m->json);
		x[i].extra = m;
		x[i].nextra = 1;
	}
	return x;
}

void annotate_reply(struct arena *a, const struct plan_options *o, struct dns_reply *r)
{
	r->answer = annotate_answers(a, o, r->answer, r->nanswer);
}

void annotate_control(struct arena *a, const struct plan_options *o, struct control *c)
{
	struct control_addr *x;

	if (!c->naddr || !o->origins)
		return;
	x = arena_copy(a, c->addr, c->naddr * sizeof(*x));
	for (size_t i = 0; i < c->naddr; i++)
		if (!x[i].asn)
			x[i].asn = origins_find(o->origins, x[i].addr);
	c->addr = x;
}
