/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/whatif.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

bool whatif_uncertain(const struct asgraph *g, uint32_t link)
{
	const struct asgraph_link *l = &g->link[link];

	if (l->kind)
		return false;
	if (l->sure != LINK_SURE_UNKNOWN)
		return l->sure < 60;
	return !asgraph_count(g, l->a, RELATION_CUSTOMER) ||
	       !asgraph_count(g, l->b, RELATION_CUSTOMER);
}

struct masks {
	uint8_t *node, *link, *group; /* group NULL unless routes are refused */
};

static void change_one(const struct whatif_job *job, const struct asgraph *g,
		       const struct change *c, struct masks *m)
{
	const uint16_t *country = job->nets->country;
	uint8_t *keep = NULL;

	if (c->kind == CHANGE_CUT) {
		keep = mem_zero((size_t)g->n + 1, 1);
		for (size_t i = 0; i < c->nid; i++)
			keep[c->id[i]] = 1;
	}
	if (c->kind == CHANGE_NETWORK)
		for (size_t i = 0; i < c->nid; i++)
			m->node[c->id[i]] = 1;
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];

		switch (c->kind) {
		case CHANGE_CUT: {
			bool a = country[l->a] == c->country, b = country[l->b] == c->country;

			if (a != b && !keep[a ? l->a : l->b])
				m->link[i] = 1;
			break;
		}
		case CHANGE_DEPEER:
			if (c->side[l->a] && c->side[l->b] && c->side[l->a] != c->side[l->b])
				m->link[i] = 1;
			break;
		case CHANGE_LINK:
			if ((l->a == c->id[0] && l->b == c->id[1]) ||
			    (l->a == c->id[1] && l->b == c->id[0]))
				m->link[i] = 1;
			break;
		case CHANGE_EXCHANGE:
			if (!l->kind && exchanges_only(job->exchanges, l->a, l->b, c->exchange))
				m->link[i] = 1;
			break;
		case CHANGE_NETWORK:
			break;
		}
	}
	if (c->kind == CHANGE_DEPEER && c->transit) {
		m->group = m->group ? m->group : mem_zero((size_t)g->n + 1, 1);
		for (uint32_t v = 0; v < g->n; v++)
			if (c->side[v])
				m->group[v] = c->side[v];
	}
	free(keep);
}

uint8_t *whatif_mask(const struct whatif_job *job, uint8_t *node, uint8_t *link)
{
	struct masks m = {node, link, NULL};

	for (size_t i = 0; i < job->nchange; i++)
		change_one(job, job->nets->graph, &job->change[i], &m);
	return m.group;
}

/* The graph with peering between all domestic members of an exchange that are not linked. */
static struct asgraph *with_exchanges(const struct whatif_job *job, uint64_t *added)
{
	const struct asgraph *g = job->nets->graph;
	const struct exchanges *x = job->exchanges;
	struct asgraph_build *b = asgraph_build_new();
	uint32_t *at = mem_zero(x->nmember + 1, sizeof(*at));

	for (uint32_t v = 0; v < g->n; v++)
		asgraph_build_add(b, g->asn[v], g->asn[v], 0, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];

		asgraph_build_add(b, g->asn[l->a], g->asn[l->b], l->kind, l->class, l->seen,
				  l->sure);
	}
	for (uint32_t e = 0; e < x->n; e++) {
		uint32_t n = 0;

		for (size_t i = 0; i < x->nmember; i++)
			if (x->member[i].exchange == e && job->domestic[x->member[i].id] &&
			    (!n || at[n - 1] != x->member[i].id))
				at[n++] = x->member[i].id;
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t k = i + 1; k < n; k++)
				if (asgraph_between(g, at[i], at[k], NULL) == RELATION_NONE) {
					asgraph_build_add(b, g->asn[at[i]], g->asn[at[k]], 0,
							  LINK_ASSUMED, 0, 0);
					++*added;
				}
	}
	free(at);
	return asgraph_build_done(b, NULL);
}

static bool one_side(const struct whatif_job *job, const struct asgraph *g, const struct masks *m,
		     bool outward, struct reach *r)
{
	struct topo_mask mask = {.node = m->node, .link = m->link};
	struct reach_job rj = {.domestic = job->domestic,
			       .foreign = job->foreign,
			       .addresses = job->nets->addresses,
			       .group = m->group,
			       .outward = outward,
			       .threads = job->threads};
	struct topo *t = topo_new(g, &mask);
	bool ok;

	rj.topo = t;
	ok = reach_run(&rj, r);
	topo_free(t);
	return ok;
}

static struct sums sums_of(const struct reach *r)
{
	return (struct sums){r->inside, r->inward, r->outward};
}

static struct border border_of(const struct whatif_job *job, const struct asgraph *g,
			       const struct masks *m, bool whole)
{
	uint8_t *door = mem_zero((size_t)g->n + 1, 1);
	struct border b = {0};

	for (uint32_t i = 0; i < g->nlink; i++) {
		const struct asgraph_link *l = &g->link[i];
		bool home = job->domestic[l->a];
		uint32_t in = home ? l->a : l->b, out = home ? l->b : l->a;

		if (m->link[i] || m->node[in] || m->node[out])
			continue;
		if (!whole &&
		    (home == (job->domestic[l->b] != 0) || (job->foreign && !job->foreign[out])))
			continue;
		b.links++;
		b.doors += !whole && !door[in];
		door[in] = 1;
	}
	free(door);
	return b;
}

static bool run_variant(const struct whatif_job *job, const struct asgraph *g, int kind,
			struct whatif *out, struct reach *before, struct reach *after)
{
	struct variant *v = &out->variant[out->nvariant];
	struct masks m = {mem_zero((size_t)g->n + 1, 1), mem_zero((size_t)g->nlink + 1, 1), NULL};
	uint64_t base = 0;
	bool ok;

	for (uint32_t i = 0; kind == 1 && i < g->nlink; i++)
		base += m.link[i] = whatif_uncertain(g, i);
	if (kind == 1)
		v->links = base;
	v->border_before = border_of(job, g, &m, out->domestic == g->n);
	ok = one_side(job, g, &m, kind == 0, before);
	for (size_t i = 0; i < job->nchange; i++)
		change_one(job, g, &job->change[i], &m);
	v->border_after = border_of(job, g, &m, out->domestic == g->n);
	if (kind == 0) {
		for (uint32_t i = 0; i < g->nlink; i++) {
			const struct asgraph_link *l = &g->link[i];

			out->links_lost += m.link[i] || m.node[l->a] || m.node[l->b];
			out->links_left += !m.link[i] && !m.node[l->a] && !m.node[l->b] &&
					   job->domestic[l->a] != job->domestic[l->b];
		}
		for (uint32_t i = 0; i < g->n; i++)
			out->networks_lost += m.node[i];
	}
	ok = ok && one_side(job, g, &m, kind == 0, after);
	v->before = sums_of(before);
	v->after = ok ? sums_of(after) : v->before;
	out->nvariant++;
	free(m.node);
	free(m.link);
	free(m.group);
	return ok;
}

bool whatif_run(const struct whatif_job *job, struct whatif *out)
{
	const struct asgraph *g = job->nets->graph;
	struct reach before, after = {0};
	bool ok;

	*out = (struct whatif){0};
	for (uint32_t v = 0; v < g->n; v++)
		out->domestic += job->domestic[v] != 0;
	for (uint32_t v = 0; v < g->n; v++)
		out->foreign += !job->domestic[v] && (!job->foreign || job->foreign[v]);
	out->variant[0].name = "the graph as given";
	out->variant[1].name = "without its uncertain peer links";
	out->variant[2].name = "with peering of all domestic members of an exchange";
	ok = run_variant(job, g, 0, out, &out->before, &out->after);
	if (ok) {
		ok = run_variant(job, g, 1, out, &before, &after);
		reach_free(&before);
		reach_free(&after);
	}
	if (ok && job->exchanges && job->exchanges->nmember) {
		uint64_t added = 0;
		struct asgraph *more = with_exchanges(job, &added);

		out->variant[2].links = added;
		ok = run_variant(job, more, 2, out, &before, &after);
		reach_free(&before);
		reach_free(&after);
		asgraph_free(more);
	}
	return ok;
}

void whatif_free(struct whatif *w)
{
	reach_free(&w->before);
	reach_free(&w->after);
}

static const struct reach_sum *part_of(const struct variant *v, enum whatif_part part, bool after)
{
	const struct sums *s = after ? &v->after : &v->before;

	return part == PART_INSIDE ? &s->inside : part == PART_INWARD ? &s->inward : &s->outward;
}

static void widen(struct figure *f, double x, bool first)
{
	if (first)
		*f = (struct figure){x, x, x};
	f->low = x < f->low ? x : f->low;
	f->high = x > f->high ? x : f->high;
}

struct figure whatif_share(const struct whatif *w, enum whatif_part part, bool after)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f, reach_share(part_of(&w->variant[i], part, after)), !i);
	return f;
}

struct figure whatif_len(const struct whatif *w, enum whatif_part part, bool after)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++) {
		const struct reach_sum *s = part_of(&w->variant[i], part, after);

		if (!i || s->len)
			widen(&f, reach_len(s), !i);
	}
	return f;
}

struct figure whatif_weighted(const struct whatif *w, enum whatif_part part, bool after)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++) {
		const struct reach_sum *s = part_of(&w->variant[i], part, after);

		widen(&f, s->weight > 0 ? s->reached / s->weight : -1, !i);
	}
	return f;
}

static double fragmentation(const struct variant *v, bool after)
{
	double weight = 0, reached = 0, pairs = 0, routes = 0;

	for (int k = 0; k < 3; k++) {
		const struct reach_sum *s = part_of(v, (enum whatif_part)k, after);

		weight += s->weight;
		reached += s->reached;
		pairs += (double)s->pairs;
		routes += (double)s->routes;
	}
	if (weight > 0)
		return 1 - reached / weight;
	return pairs > 0 ? 1 - routes / pairs : 0;
}

struct figure whatif_fragmentation(const struct whatif *w, bool after)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f, fragmentation(&w->variant[i], after), !i);
	return f;
}

struct figure whatif_torn(const struct whatif *w)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f,
		      fragmentation(&w->variant[i], true) - fragmentation(&w->variant[i], false),
		      !i);
	return f;
}

static double lost(double before, double after)
{
	return before > 0 ? (before - after) / before : NAN;
}

struct figure whatif_lost(const struct whatif *w, enum whatif_part part)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f,
		      lost((double)part_of(&w->variant[i], part, false)->routes,
			   (double)part_of(&w->variant[i], part, true)->routes),
		      !i);
	return f;
}

struct figure whatif_lost_weighted(const struct whatif *w, enum whatif_part part)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f,
		      lost(part_of(&w->variant[i], part, false)->reached,
			   part_of(&w->variant[i], part, true)->reached),
		      !i);
	return f;
}

struct figure whatif_lost_links(const struct whatif *w)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f, lost(w->variant[i].border_before.links, w->variant[i].border_after.links),
		      !i);
	return f;
}

struct figure whatif_lost_doors(const struct whatif *w)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++)
		widen(&f, lost(w->variant[i].border_before.doors, w->variant[i].border_after.doors),
		      !i);
	return f;
}

struct figure whatif_longer(const struct whatif *w, enum whatif_part part)
{
	struct figure f = {0};

	for (unsigned i = 0; i < w->nvariant; i++) {
		const struct reach_sum *s = part_of(&w->variant[i], part, false);
		const struct reach_sum *e = part_of(&w->variant[i], part, true);

		widen(&f, s->len && e->len ? reach_len(e) / reach_len(s) - 1 : NAN, !i);
	}
	return f;
}
