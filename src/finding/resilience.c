/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/resilience.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "finding/cone.h"
#include "finding/dice.h"
#include "finding/propagate.h"
#include "finding/reach.h"

#define CLIQUE 64

struct resilience_room {
	const struct nets *nets;
	struct resilience_tables tables;
	struct topo *topo;
	struct propagation *p;
	uint32_t clique[CLIQUE];
	size_t nclique;
	uint32_t *cone;
	struct cut_room *cut;
	double *share, *entry;	  /* by id */
	uint64_t *below;	  /* by id: sources whose path goes through it */
	uint32_t *order, *bucket; /* networks by length of path, the longest first */
};

struct resilience_room *resilience_room_new(const struct nets *nets,
					    const struct resilience_tables *tables)
{
	const struct asgraph *g = nets->graph;
	struct resilience_room *r = mem_zero(1, sizeof(*r));
	size_t n = (size_t)g->n + 1;

	r->nets = nets;
	r->tables = *tables;
	r->topo = topo_new(g, NULL);
	r->p = propagation_new(r->topo);
	r->cone = mem_zero(n, sizeof(*r->cone));
	cone_recursive(g, r->cone);
	r->nclique = nets_clique(g, r->cone, r->clique, CLIQUE);
	r->cut = cut_room_new(g, r->clique, r->nclique);
	r->share = mem_zero(n, sizeof(*r->share));
	r->entry = mem_zero(n, sizeof(*r->entry));
	r->below = mem_zero(n, sizeof(*r->below));
	r->order = mem_zero(n, sizeof(*r->order));
	r->bucket = mem_zero(65537, sizeof(*r->bucket));
	return r;
}

void resilience_room_free(struct resilience_room *r)
{
	if (!r)
		return;
	topo_free(r->topo);
	propagation_free(r->p);
	cut_room_free(r->cut);
	free(r->cone);
	free(r->share);
	free(r->entry);
	free(r->below);
	free(r->order);
	free(r->bucket);
	free(r);
}

const uint32_t *resilience_clique(const struct resilience_room *r, size_t *n)
{
	*n = r->nclique;
	return r->clique;
}

/* Networks with a route, the longest path first, so that a sum can run along next hops. */
static uint32_t by_length(struct resilience_room *r)
{
	const struct propagation *p = r->p;
	uint32_t n = r->topo->n, longest = 0, at = 0;

	for (uint32_t v = 0; v < n; v++) {
		r->bucket[p->len[v]]++;
		longest = p->len[v] > longest ? p->len[v] : longest;
	}
	for (uint32_t len = longest; len >= 1; len--) {
		uint32_t count = r->bucket[len];

		r->bucket[len] = at;
		at += count;
	}
	r->bucket[0] = 0;
	for (uint32_t v = 0; v < n; v++)
		if (p->len[v])
			r->order[r->bucket[p->len[v]]++] = v;
	memset(r->bucket, 0, ((size_t)longest + 1) * sizeof(*r->bucket));
	return at;
}

static void top(const double *value, uint32_t n, double least, struct carrier *out, unsigned *nout)
{
	*nout = 0;
	for (uint32_t v = 0; v < n; v++) {
		unsigned at = *nout;

		if (value[v] <= least || (at == CARRIERS && value[v] <= out[CARRIERS - 1].share))
			continue;
		if (at == CARRIERS)
			at--;
		else
			++*nout;
		for (; at && out[at - 1].share < value[v]; at--)
			out[at] = out[at - 1];
		out[at] = (struct carrier){v, value[v]};
	}
}

static double hhi_of(const double *share, uint32_t n, double least)
{
	double sum = 0, square = 0;

	for (uint32_t v = 0; v < n; v++)
		if (share[v] > least) {
			sum += share[v];
			square += share[v] * share[v];
		}
	return sum > 0 ? square / (sum * sum) : 1;
}

static int falling(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* The smallest number of entries whose shares add up to more than f; paths are counted where they
 * come in, each once, so that a sum is a union. */
static uint32_t doors(double *sorted, uint32_t n, double f)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += sorted[i];
		if (sum > f)
			return i + 1;
	}
	return n;
}

/* Shares of carriers and entries over the paths from abroad to the chosen origins. */
static void flows(struct resilience_room *r, const uint32_t *origin, uint32_t norigin,
		  struct country_profile *out)
{
	const uint16_t *country = r->nets->country;
	const struct propagation *p = r->p;
	uint32_t n = r->topo->n;
	double weights = 0, len = 0, paths = 0;

	memset(r->share, 0, n * sizeof(*r->share));
	memset(r->entry, 0, n * sizeof(*r->entry));
	for (uint32_t i = 0; i < norigin; i++) {
		struct seed seed = {.id = origin[i]};
		double w = r->nets->addresses ? (double)r->nets->addresses[origin[i]] + 1 : 1;
		uint64_t foreign = 0, reached;
		uint32_t count;

		propagation_run(r->p, &seed, 1, TIES_LOWEST_ASN, 0);
		count = by_length(r);
		for (uint32_t k = 0; k < count; k++) {
			uint32_t v = r->order[k];

			r->below[v] = country[v] != out->country;
			if (r->below[v]) {
				foreign++;
				len += p->len[v];
			}
		}
		paths += (double)foreign;
		if (!foreign)
			continue;
		weights += w;
		for (uint32_t k = 0; k < count; k++) {
			uint32_t v = r->order[k], u = p->next[v];

			if (v == origin[i])
				continue;
			reached = r->below[v];
			/* A source that is foreign is no carrier of its own path. */
			if (reached > (country[v] != out->country))
				r->share[v] += w *
					       (double)(reached - (country[v] != out->country)) /
					       (double)foreign;
			if (country[v] != out->country && country[u] == out->country)
				r->entry[u] += w * (double)reached / (double)foreign;
			r->below[u] += reached;
		}
	}
	for (uint32_t v = 0; v < n && weights > 0; v++) {
		r->share[v] /= weights;
		r->entry[v] /= weights;
	}
	out->mean_len = paths > 0 ? len / paths : 0;
}

static uint32_t choose(const struct resilience_room *r, uint16_t country, uint32_t most,
		       uint64_t seed, uint32_t *out)
{
	struct dice dice = {seed};
	uint32_t n = 0;

	for (uint32_t v = 0; v < r->topo->n; v++)
		if (r->nets->country[v] == country)
			out[n++] = v;
	if (n <= most)
		return n;
	for (uint32_t i = 0; i < most; i++) {
		uint32_t j = i + dice_below(&dice, n - i), t = out[i];

		out[i] = out[j];
		out[j] = t;
	}
	return most;
}

static void part(struct country_profile *c, const char *name, double value, bool known,
		 double weight, enum part_from from, const char *input, const char *raise)
{
	c->part[c->nparts++] = (struct score_part){.name = name,
						   .input = input,
						   .from = from,
						   .raise = raise,
						   .value = value < 0	? 0
							    : value > 1 ? 1
									: value,
						   .weight = weight,
						   .known = known};
}

static void score(struct country_profile *c)
{
	double all = 0, known = 0, sum = 0;

	c->nparts = 0;
	part(c, "carriers", 1 - c->hhi, c->ncarrier > 0, 15, FROM_GRAPH_ADDRESSES,
	     "1 - HHI of carriers above 1 %",
	     "a more even use of carriers: more networks with a second provider of another group");
	part(c, "doors", c->doors90 ? 1 - 1 / (double)c->doors90 : 0, c->nentry > 0, 15,
	     FROM_GRAPH_ADDRESSES, "1 - CP(C, .9): networks through which 90 % of paths come in",
	     "more domestic networks with links of their own across the border");
	part(c, "redundancy", 1 - c->single - c->dark, c->networks > 0, 15, FROM_GRAPH_ADDRESSES,
	     "share of addresses in networks for which two or more must fail before they are dark",
	     "a second way up for the networks that hang on one");
	part(c, "self-reliance", c->reach_cut, c->networks > 1, 15, FROM_GRAPH,
	     "domestic pairs that reach each other with the border cut",
	     "domestic peering: exchanges that the large access networks join");
	part(c, "exchanges", c->exchanged, c->exchanged >= 0, 10, FROM_EXCHANGES,
	     "share of addresses in networks that are members of an exchange",
	     "access networks that join an exchange");
	part(c, "IPv6", c->v6, c->v6 >= 0, 10, c->v6_seen ? FROM_ROUTES : FROM_ADDRESSES,
	     "share of networks that announce IPv6", "more networks that announce IPv6");
	part(c, "route origins signed", c->valid, c->valid >= 0, 10, FROM_ROUTES_VRPS,
	     "share of its networks' routes that a ROA makes valid", "ROAs for what is announced");
	part(c, "transit that validates", c->filtering, c->filtering >= 0, 10, FROM_FILTERS,
	     "share of the transit from abroad by networks known to refuse invalid routes",
	     "carriers that validate origins, or that start to");
	for (unsigned i = 0; i < c->nparts; i++) {
		all += c->part[i].weight;
		if (!c->part[i].known)
			continue;
		known += c->part[i].weight;
		sum += c->part[i].weight * c->part[i].value;
	}
	c->coverage = all > 0 ? known / all : 0;
	c->score = known > 0 ? 100 * sum / known : 0;
	for (unsigned i = 0; i < c->nparts; i++)
		c->part[i].need = c->part[i].known ? 5.0 / 100 * known / c->part[i].weight : 0;
}

void resilience_seen(struct country_profile *c, double v6, double valid)
{
	if (v6 >= 0) {
		c->v6 = v6;
		c->v6_seen = true;
	}
	if (valid >= 0)
		c->valid = valid;
	score(c);
}

static void borders(struct resilience_room *r, struct country_profile *c)
{
	const struct asgraph *g = r->nets->graph;
	const uint16_t *country = r->nets->country;
	uint8_t *seen = mem_zero(65536, 1);
	const struct exchanges *x = r->tables.exchanges;
	double weight = 0, single = 0, dark = 0, member = 0;
	uint32_t six = 0;
	size_t first;

	for (uint32_t v = 0; v < g->n; v++) {
		bool border = false;
		uint32_t cut;
		double w;

		if (country[v] != c->country)
			continue;
		w = r->nets->addresses ? (double)r->nets->addresses[v] + 1 : 1;
		c->networks++;
		c->transit += asgraph_count(g, v, RELATION_CUSTOMER) > 0;
		c->addresses += r->nets->addresses ? r->nets->addresses[v] : 0;
		six += r->tables.v6 && r->tables.v6[v];
		if (x && exchanges_of(x, v, &first)) {
			c->at_exchanges++;
			member += w;
		}
		for (uint32_t i = g->off[3 * (size_t)v]; i < g->off[3 * (size_t)v + 3]; i++) {
			uint16_t other = country[g->nbr[i]];

			if (other == c->country)
				continue;
			border = true;
			c->border_links++;
			c->border_links_transit += i < g->off[3 * (size_t)v + 1];
			c->abroad += other && !seen[other];
			seen[other] = 1;
		}
		c->border += border;
		cut = cone_cut(r->cut, v, 3);
		weight += w;
		single += cut == 1 ? w : 0;
		dark += cut == 0 ? w : 0;
	}
	c->single = weight > 0 ? single / weight : 0;
	c->dark = weight > 0 ? dark / weight : 0;
	for (size_t i = 0; x && i < x->n; i++)
		c->exchanges += x->at[i].country == c->country;
	c->exchanged = x && weight > 0 ? member / weight : -1;
	c->v6 = r->tables.v6 && c->networks ? (double)six / c->networks : -1;
	free(seen);
}

static void cut_reach(struct resilience_room *r, struct country_profile *c)
{
	const struct asgraph *g = r->nets->graph;
	uint8_t *domestic = mem_zero((size_t)g->n + 1, 1), *node = mem_zero((size_t)g->n + 1, 1);
	uint32_t n = c->networks;

	for (uint32_t v = 0; v < g->n; v++) {
		domestic[v] = r->nets->country[v] == c->country;
		node[v] = !domestic[v];
	}
	for (int cut = 0; cut < 2; cut++) {
		struct topo_mask mask = {.node = cut ? node : NULL};
		struct topo *t = topo_new(g, &mask);
		struct reach_job job = {
		    .topo = t, .domestic = domestic, .foreign = node, .threads = 1};
		struct reach reach;
		double share = 1;

		/* Rows of the others are not wanted: only pairs inside. */
		if (n > 1 && reach_run(&job, &reach)) {
			share = reach_share(&reach.inside);
			reach_free(&reach);
		}
		*(cut ? &c->reach_cut : &c->reach_before) = share;
		topo_free(t);
	}
	free(domestic);
	free(node);
}

/* Of all that is carried, by whoever carries it, what those carry who validate origins. */
static double filtering(const struct resilience_room *r)
{
	double all = 0, by = 0;

	for (uint32_t v = 0; r->tables.filter && v < r->topo->n; v++) {
		all += r->share[v];
		by += r->share[v] * r->tables.filter[v] / 100;
	}
	return all > 0 ? by / all : -1;
}

void resilience_country(struct resilience_room *r, uint16_t country, uint32_t most, uint64_t seed,
			struct country_profile *out)
{
	uint32_t n = r->topo->n, nsorted = 0;
	uint32_t *origin = mem_zero((size_t)n + 1, sizeof(*origin));
	double *sorted = mem_zero((size_t)n + 1, sizeof(*sorted));

	*out = (struct country_profile){.country = country};
	borders(r, out);
	out->origins = choose(r, country, most, seed, origin);
	flows(r, origin, out->origins, out);
	top(r->share, n, .001, out->carrier, &out->ncarrier);
	top(r->entry, n, 0, out->entry, &out->nentry);
	out->hhi = hhi_of(r->share, n, .01);
	for (uint32_t v = 0; v < n; v++)
		if (r->entry[v] > 0)
			sorted[nsorted++] = r->entry[v];
	qsort(sorted, nsorted, sizeof(*sorted), falling);
	out->doors50 = doors(sorted, nsorted, .5);
	out->doors90 = doors(sorted, nsorted, .9);
	out->cp50 = out->doors50 ? 1.0 / out->doors50 : 0;
	out->cp90 = out->doors90 ? 1.0 / out->doors90 : 0;
	cut_reach(r, out);
	out->valid = -1;
	out->filtering = filtering(r);
	score(out);
	free(origin);
	free(sorted);
}

void resilience_network(struct resilience_room *r, uint32_t id, struct network_profile *out)
{
	const struct asgraph *g = r->nets->graph;
	uint32_t n = r->topo->n, count;
	struct seed seed = {.id = id};
	double len = 0;

	*out = (struct network_profile){.id = id,
					.providers = asgraph_count(g, id, RELATION_PROVIDER),
					.peers = asgraph_count(g, id, RELATION_PEER),
					.customers = asgraph_count(g, id, RELATION_CUSTOMER),
					.cone = r->cone[id]};
	if (r->tables.exchanges) {
		size_t first;

		out->exchanges = (uint32_t)exchanges_of(r->tables.exchanges, id, &first);
	}
	for (size_t i = 0; i < r->nclique; i++)
		out->clique = out->clique || r->clique[i] == id;
	out->cut = out->clique ? 0 : cone_cut(r->cut, id, 16);
	propagation_run(r->p, &seed, 1, TIES_LOWEST_ASN, 0);
	count = by_length(r);
	memset(r->share, 0, n * sizeof(*r->share));
	for (uint32_t k = 0; k < count; k++)
		r->below[r->order[k]] = 1;
	for (uint32_t k = 0; k < count; k++) {
		uint32_t v = r->order[k];

		len += r->p->len[v];
		if (v == id)
			continue;
		r->share[v] = count > 1 ? (double)(r->below[v] - 1) / (double)(count - 1) : 0;
		r->below[r->p->next[v]] += r->below[v];
	}
	out->reach = n > 1 ? (double)(count ? count - 1 : 0) / (double)(n - 1) : 1;
	out->mean_len = count ? len / count : 0;
	top(r->share, n, .001, out->dependency, &out->ndependency);
	out->hhi = hhi_of(r->share, n, .01);
	for (unsigned i = 0; i < out->ndependency; i++) {
		uint8_t *node = mem_zero((size_t)n + 1, 1);
		struct topo_mask mask = {.node = node};
		struct propagation *p;
		struct topo *t;

		node[out->dependency[i].id] = 1;
		t = topo_new(g, &mask);
		p = propagation_new(t);
		propagation_run(p, &seed, 1, TIES_LOWEST_ASN, 0);
		out->without[i] = n > 2 ? (double)(p->reached - 1) / (double)(n - 2) : 1;
		propagation_free(p);
		topo_free(t);
		free(node);
	}
}
