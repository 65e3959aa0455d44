/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/annotate.h"

#include <string.h>

void annotate_reply(struct arena *a, const struct plan_options *o, struct dns_reply *r)
{
	struct dns_answer *x;

	if (!r->nanswer || (!o->geo && !o->origins))
		return;
	x = arena_copy(a, r->answer, r->nanswer * sizeof(*x));
	for (size_t i = 0; i < r->nanswer; i++) {
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
	r->answer = x;
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
