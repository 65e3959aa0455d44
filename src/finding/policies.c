/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* Who takes a route: what each policy asks of it, and what it leaves on it. */

#include "finding/propagate_own.h"

/* Whether y is a provider of x in the whole graph, by index; masks do not change an ASPA. */
static bool provides(const struct topo *t, uint32_t x, uint32_t y)
{
	return asgraph_between(t->graph, t->id[x], t->id[y], NULL) == RELATION_PROVIDER;
}

static uint32_t index_of(const struct topo *t, uint32_t asn)
{
	uint32_t id = asgraph_id(t->graph, asn);

	return id == ASGRAPH_NONE ? ASGRAPH_NONE : t->index[id];
}

/* "Not Provider+": x attests, and y is none of its providers. */
static bool denies(const struct propagation *p, uint32_t x, uint32_t y)
{
	const struct propagation_own *o = p->own;

	if (x == ASGRAPH_NONE || !o->policies || !(o->policy[x] & POLICY_ASPA_RECORD))
		return false;
	return y == ASGRAPH_NONE || !provides(p->topo, x, y);
}

void policies_seed(struct propagation *p, unsigned s)
{
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	const struct seed *seed = &o->seed[s];
	uint32_t self = t->index[seed->id], n = seed->path ? seed->npath : 1;
	struct mark *m = &o->seedmark[s];
	uint32_t head = seed->path ? index_of(t, seed->path[0]) : self;

	*m = (struct mark){.otc = seed->otc, .up = (uint16_t)n};
	o->seedhead[s] = head;
	o->stripped[s] = head != self;
	o->seedlen[s] = (uint16_t)n;
	if (!o->policies)
		return;
	if (n == 1 && head == self && o->policy[self] & POLICY_BGPSEC)
		m->flags |= MARK_SECURE;
	if (!seed->path || n < 2) {
		if (head != ASGRAPH_NONE && o->tier1[head])
			m->flags |= MARK_TIER1;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = index_of(t, seed->path[i]);

		if (x != ASGRAPH_NONE && o->tier1[x])
			m->flags |= i ? MARK_TIER1 | MARK_TIER1_BEHIND : MARK_TIER1;
	}
	/* A(1) is the origin, path[n-1]; A(i) is path[n-i]. */
	for (uint32_t i = 1; i < n; i++) {
		uint32_t x = index_of(t, seed->path[n - i]), y = index_of(t, seed->path[n - i - 1]);

		if (m->up == n && denies(p, x, y))
			m->up = (uint16_t)i;
		if (denies(p, y, x))
			m->down = (uint16_t)(i + 1);
	}
	{
		uint32_t origin = index_of(t, seed->path[n - 1]);
		uint32_t before = index_of(t, seed->path[n - 2]);

		if (origin != ASGRAPH_NONE && o->policy[origin] & POLICY_PATH_END_RECORD &&
		    (before == ASGRAPH_NONE ||
		     asgraph_between(t->graph, t->id[origin], t->id[before], NULL) ==
			 RELATION_NONE))
			m->flags |= MARK_BAD_END;
	}
}

bool policies_accept(const struct propagation *p, uint32_t v, uint32_t u, enum relation_kind rel,
		     const struct offer *of)
{
	const struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	const struct seed *seed = &o->seed[of->seed];
	const struct mark *m = of->mark;
	uint16_t pol, sender;
	bool first;

	if (seed->path) { /* loops: what it is told of cannot be a network that is on the path */
		uint32_t self = t->graph->asn[t->id[v]];

		for (uint32_t i = 0; i < seed->npath; i++)
			if (seed->path[i] == self)
				return false;
	}
	if (!o->policies)
		return true;
	pol = o->policy[v] & (uint16_t)~seed->policy_skip;
	sender = o->policy[u];
	first = o->class[u] == CLASS_ORIGIN;
	if (sender & POLICY_OTC && m->otc && rel != RELATION_PROVIDER)
		return false; /* the sender does not send it: RFC 9234 section 5 */
	if (!pol)
		return true;
	if (seed->invalid &&
	    (pol & (POLICY_ROV | POLICY_ROVPP) || (pol & POLICY_PEER_ROV && rel == RELATION_PEER)))
		return false;
	if (pol & refusers(seed))
		return false;
	if (pol & (POLICY_FIRST_AS | POLICY_ASPA) && first && o->stripped[of->seed])
		return false;
	if (pol & POLICY_ASPA) {
		uint32_t n = of->len;

		if (rel == RELATION_PROVIDER) {
			if (m->down && m->up + 1u < m->down)
				return false;
		} else if (n > 1 && m->up < n) {
			return false;
		}
	}
	if (pol & POLICY_OTC) {
		uint32_t asn = t->graph->asn[t->id[u]];
		uint32_t otc = m->otc;

		if (!otc && sender & POLICY_OTC && rel != RELATION_CUSTOMER)
			otc = asn;
		if (otc && (rel == RELATION_CUSTOMER || (rel == RELATION_PEER && otc != asn)))
			return false;
	}
	if (pol & POLICY_PATH_END && m->flags & MARK_BAD_END)
		return false;
	if (pol & POLICY_PEERLOCK) {
		if (rel == RELATION_CUSTOMER && m->flags & MARK_TIER1)
			return false;
		if (rel == RELATION_PEER && m->flags & MARK_TIER1_BEHIND)
			return false;
	}
	return true;
}

void policies_derive(struct propagation *p, uint32_t v, uint32_t u, enum relation_kind rel,
		     const struct offer *of)
{
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	const struct mark *from = of->mark;
	struct mark m = *from;
	uint16_t pol = o->policy[v], sender = o->policy[u];
	bool stripped = o->class[u] == CLASS_ORIGIN && o->stripped[of->seed];
	uint32_t asn = t->graph->asn[t->id[u]], n = of->len;

	if (!m.otc && sender & POLICY_OTC && rel != RELATION_CUSTOMER)
		m.otc = asn;
	if (!m.otc && pol & POLICY_OTC && rel != RELATION_CUSTOMER)
		m.otc = asn;
	m.flags = from->flags & MARK_BAD_END;
	if (from->flags & MARK_SECURE && pol & POLICY_BGPSEC && !stripped)
		m.flags |= MARK_SECURE;
	if (from->flags & MARK_TIER1)
		m.flags |= MARK_TIER1 | MARK_TIER1_BEHIND;
	if (o->tier1[v])
		m.flags |= MARK_TIER1;
	if (stripped) {
		uint32_t head = o->seedhead[of->seed];

		if (from->up == n && !denies(p, head, v))
			m.up = (uint16_t)(n + 1);
		if (denies(p, v, head))
			m.down = (uint16_t)(n + 1);
		if (n == 1 && head != ASGRAPH_NONE && o->policy[head] & POLICY_PATH_END_RECORD &&
		    asgraph_between(t->graph, t->id[head], t->id[v], NULL) == RELATION_NONE)
			m.flags |= MARK_BAD_END;
	} else {
		/* rel says it all: v is a provider of u where u is v's customer. */
		if (from->up == n && (rel == RELATION_CUSTOMER || !(sender & POLICY_ASPA_RECORD)))
			m.up = (uint16_t)(n + 1);
		if (pol & POLICY_ASPA_RECORD && rel != RELATION_PROVIDER)
			m.down = (uint16_t)(n + 1);
	}
	o->mark[v] = m;
}
