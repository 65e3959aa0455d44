/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "finding/lanes.h"

#define THREADS 16
#define TIMES 24 /* bits of how many networks an origin can stand for */

/* One origin stands for all its twins: what it is in a sum, by id. */
struct stand_in {
	uint32_t *times;     /* networks, itself included */
	uint64_t *addresses; /* of them all; NULL where addresses are not known */
	uint8_t *apart;	     /* bits of times */
};

/* What one thread adds up, in whole numbers, so that the order of threads does not show. */
struct part {
	uint64_t routes[4], len[4];
	__uint128_t reached[4];
	uint32_t *to_domestic, *to_foreign;
	/* Of the batch that the thread is at. */
	const uint32_t *origin;
	/* Plane i has the lanes whose origin stands for a number of networks with bit i. */
	uint64_t plane[TIMES][LANE_WORDS];
	unsigned nplane;
	uint64_t *weight; /* 64 × 256: addresses of the lanes of a byte */
	uint64_t own[LANES];
	uint64_t last[LANE_WORDS], last_sum; /* lanes reached by the row before, and their sum */
};

struct sum {
	const struct reach_job *job;
	bool to_domestic; /* the origins of this run are domestic */
	struct stand_in in;
	struct part part[THREADS];
};

static void new_batch(const struct sum *s, struct part *p, const struct lanes_tile *t)
{
	const struct reach_job *job = s->job;

	p->origin = t->origin;
	memset(p->plane, 0, sizeof(p->plane));
	p->nplane = 0;
	for (unsigned i = 0; i < t->norigin; i++)
		for (unsigned k = 0; k < s->in.apart[t->origin[i]]; k++) {
			if (s->in.times[t->origin[i]] >> k & 1)
				p->plane[k][i / 64] |= UINT64_C(1) << i % 64;
			p->nplane = p->nplane > k + 1 ? p->nplane : k + 1;
		}
	if (!job->addresses)
		return;
	memset(p->last, 0, sizeof(p->last));
	p->last_sum = 0;
	for (unsigned i = 0; i < LANES; i++)
		p->own[i] = i < t->norigin ? s->in.addresses[t->origin[i]] : 0;
	for (unsigned byte = 0; byte < LANES / 8; byte++) {
		uint64_t *at = p->weight + (size_t)byte * 256;

		at[0] = 0;
		for (unsigned x = 1; x < 256; x++)
			at[x] = at[x & (x - 1)] + p->own[8 * byte + (unsigned)__builtin_ctz(x)];
	}
}

/* Most networks reach the same as the one before: then the sum is known. */
static uint64_t weigh(struct part *p, const uint64_t *row)
{
	const uint64_t *low = row + 6 * (size_t)LANE_WORDS, *high = row + 7 * (size_t)LANE_WORDS;
	uint64_t reached[LANE_WORDS], sum = 0;

	for (unsigned i = 0; i < LANE_WORDS; i++)
		reached[i] = low[i] | high[i];
	if (!memcmp(reached, p->last, sizeof(reached)))
		return p->last_sum;
	for (unsigned i = 0; i < LANE_WORDS; i++) {
		uint64_t x = reached[i];

		for (unsigned b = 0; x; b++, x >>= 8)
			sum += p->weight[(8 * (size_t)i + b) * 256 + (x & 0xff)];
	}
	memcpy(p->last, reached, sizeof(reached));
	p->last_sum = sum;
	return sum;
}

static void use(void *arg, const struct lanes_tile *t)
{
	struct sum *s = arg;
	const struct reach_job *job = s->job;
	struct part *p = &s->part[t->thread];
	uint64_t routes = 0, len = 0, weight = 0;
	bool summed = false, weighed = false; /* of the row before */

	if (p->origin != t->origin)
		new_batch(s, p, t);
	for (uint32_t i = 0; i < t->n; i++) {
		const uint64_t *row = t->row + (size_t)i * LANE_PLANES * LANE_WORDS;
		uint32_t v = t->topo->id[t->index[i]];
		bool domestic = job->domestic[v];
		unsigned k;

		if (!t->same[i])
			summed = weighed = false;
		if (!domestic && job->foreign && !job->foreign[v])
			continue;
		k = s->to_domestic ? domestic ? 0 : 1 : domestic ? 2 : 3;
		if (!summed) {
			routes = len = 0;
			for (unsigned n = 0; n < p->nplane; n++) {
				uint64_t r, l;

				lanes_sum(row, p->plane[n], &r, &l);
				routes += r << n;
				len += l << n;
			}
			summed = true;
		}
		p->routes[k] += routes;
		p->len[k] += len;
		(s->to_domestic ? p->to_domestic : p->to_foreign)[v] += (uint32_t)routes;
		if (job->addresses && job->addresses[v]) {
			if (!weighed)
				weight = weigh(p, row);
			weighed = true;
			p->reached[k] += (__uint128_t)job->addresses[v] * weight;
		}
	}
}

/*
 * Leaves of twins among the origins one, which stands for all. Of their sums nothing changes: a
 * twin's route to itself, of length 1, and that to its stand-in, of length 3, change places.
 */
static uint32_t stand_in(const struct reach_job *job, struct stand_in *s, uint32_t *origin,
			 uint32_t n)
{
	const struct topo *t = job->topo;
	uint32_t *stub = mem_zero((size_t)n + 1, sizeof(*stub)), nstub = 0, left = 0;

	s->times = mem_zero((size_t)t->n + 1, sizeof(*s->times));
	s->apart = mem_zero((size_t)t->n + 1, 1);
	s->addresses = job->addresses ? mem_zero((size_t)t->n + 1, sizeof(*s->addresses)) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = origin[i], x = t->index[v];

		/* Those without a way reach nobody, not even each other. Routes that are refused
		 * depend on whose they are. */
		if (!job->group && x >= t->ntransit && t->slot[x] == ASGRAPH_NONE &&
		    t->provider_off[x] < t->provider_off[x + 1])
			stub[nstub++] = x;
		else
			origin[left++] = v;
		s->times[v] = 1;
		s->apart[v] = 1;
		if (s->addresses)
			s->addresses[v] = job->addresses[v];
	}
	qsort_r(stub, nstub, sizeof(*stub), topo_by_providers, (void *)t);
	for (uint32_t i = 0, end; i < nstub; i = end) {
		uint32_t v = t->id[stub[i]];

		for (end = i + 1; end < nstub && topo_twins(t, stub[i], stub[end]); end++)
			if (s->addresses)
				s->addresses[v] += job->addresses[t->id[stub[end]]];
		s->times[v] = end - i;
		s->apart[v] = (uint8_t)(32 - __builtin_clz(end - i));
		origin[left++] = v;
	}
	free(stub);
	return left;
}

/* Marks, by id, the networks of parts of the graph that hold a domestic network: nobody else has
 * anything to do with the pairs in question. After a border is cut that is a small part. */
static uint8_t *of_interest(const struct reach_job *job)
{
	const struct topo *t = job->topo;
	uint8_t *in = mem_zero((size_t)t->n + 1, 1);
	/* Stubs are no one's entry in the lists of customers: they join by their own providers. */
	uint32_t *parent = mem_zero((size_t)t->n + 1, sizeof(*parent));
	uint8_t *has = mem_zero((size_t)t->n + 1, 1);

	for (uint32_t v = 0; v < t->n; v++)
		parent[v] = v;
	for (uint32_t v = 0; v < t->n; v++) {
		const uint32_t *list[2] = {t->provider + t->provider_off[v],
					   t->peer + t->peer_off[v]};
		uint32_t count[2] = {t->provider_off[v + 1] - t->provider_off[v],
				     t->peer_off[v + 1] - t->peer_off[v]};

		for (int k = 0; k < 2; k++)
			for (uint32_t i = 0; i < count[k]; i++) {
				uint32_t a = v, b = list[k][i];

				while (parent[a] != a)
					a = parent[a] = parent[parent[a]];
				while (parent[b] != b)
					b = parent[b] = parent[parent[b]];
				if (a != b)
					parent[a > b ? a : b] = a < b ? a : b;
			}
	}
	for (uint32_t v = 0; v < t->n; v++) {
		uint32_t a = v;

		while (parent[a] != a)
			a = parent[a];
		parent[v] = a;
		has[a] |= job->domestic[t->id[v]] != 0;
	}
	for (uint32_t v = 0; v < t->n; v++)
		in[t->id[v]] = has[parent[v]];
	free(parent);
	free(has);
	return in;
}

static bool run(const struct reach_job *job, struct sum *s, bool to_domestic)
{
	const struct topo *t = job->topo;
	uint32_t *origin = mem_zero((size_t)t->n + 1, sizeof(*origin)), n = 0;
	struct lanes_job lanes = {
	    .topo = t, .group = job->group, .threads = job->threads, .use = use, .arg = s};
	uint8_t *in = of_interest(job);
	bool ok = true;

	s->to_domestic = to_domestic;
	for (uint32_t v = 0; v < t->n; v++)
		if (!job->domestic[v] == !to_domestic && !t->gone[t->index[v]] &&
		    (in[v] || job->everything) && (to_domestic || !job->foreign || job->foreign[v]))
			origin[n++] = v;
	for (unsigned i = 0; i < THREADS; i++)
		s->part[i].origin = NULL;
	lanes.origin = origin;
	lanes.norigin = stand_in(job, &s->in, origin, n);
	lanes.apart = s->in.apart;
	if (!job->everything)
		lanes.rows = to_domestic ? in : job->domestic;
	if (n)
		ok = lanes_all(&lanes);
	free(s->in.times);
	free(s->in.addresses);
	free(s->in.apart);
	free(origin);
	free(in);
	return ok;
}

/* Networks reach themselves; pairs are of two. */
static void finish(const struct reach_job *job, const struct sum *s, struct reach *out)
{
	struct reach_sum *to[4] = {&out->inside, &out->inward, &out->outward, &out->outside};
	const struct topo *t = job->topo;
	uint64_t count[2] = {0}, alive[2] = {0};
	double weight[2] = {0}, square[2] = {0}, alive_square[2] = {0};

	for (uint32_t v = 0; v < t->n; v++) {
		unsigned k = !job->domestic[v];
		double w = job->addresses ? (double)job->addresses[v] : 0;
		bool here = !t->gone[t->index[v]];

		if (k && job->foreign && !job->foreign[v])
			continue;
		count[k]++;
		weight[k] += w;
		square[k] += w * w;
		alive[k] += here;
		alive_square[k] += here ? w * w : 0;
		if (here && !k && out->to_domestic[v])
			out->to_domestic[v]--;
		if (here && k && job->everything && out->to_foreign[v])
			out->to_foreign[v]--;
	}
	for (unsigned k = 0; k < 4; k++) {
		__uint128_t reached = 0;

		for (unsigned i = 0; i < THREADS; i++) {
			to[k]->routes += s->part[i].routes[k];
			to[k]->len += s->part[i].len[k];
			reached += s->part[i].reached[k];
		}
		to[k]->reached = (double)reached;
	}
	out->inside.pairs = count[0] ? count[0] * (count[0] - 1) : 0;
	out->inward.pairs = out->outward.pairs = count[0] * count[1];
	out->outside.pairs = count[1] ? count[1] * (count[1] - 1) : 0;
	out->inside.weight = weight[0] * weight[0] - square[0];
	out->inward.weight = out->outward.weight = weight[0] * weight[1];
	out->outside.weight = weight[1] * weight[1] - square[1];
	out->inside.routes -= alive[0];
	out->inside.len -= alive[0];
	out->inside.reached -= alive_square[0];
	if (job->everything) {
		out->outside.routes -= alive[1];
		out->outside.len -= alive[1];
		out->outside.reached -= alive_square[1];
	}
	if (!job->outward && !job->everything) {
		/* A path that policies allow is allowed both ways: as many reach out as in. */
		out->outward.routes = out->inward.routes;
		out->outward.reached = out->inward.reached;
	}
}

bool reach_run(const struct reach_job *job, struct reach *out)
{
	struct sum *s = mem_zero(1, sizeof(*s));
	unsigned threads = lanes_threads(job->threads);
	size_t n = (size_t)job->topo->n + 1;
	bool ok;

	*out = (struct reach){.to_domestic = mem_zero(n, 4), .to_foreign = mem_zero(n, 4)};
	s->job = job;
	for (unsigned i = 0; i < threads; i++) {
		s->part[i].to_domestic = mem_zero(n, 4);
		s->part[i].to_foreign = mem_zero(n, 4);
		if (job->addresses)
			s->part[i].weight = mem_zero((size_t)LANES / 8 * 256, sizeof(uint64_t));
	}
	ok = run(job, s, true);
	if (ok && (job->outward || job->everything))
		ok = run(job, s, false);
	for (unsigned i = 0; i < threads; i++) {
		for (size_t v = 0; v + 1 < n; v++) {
			out->to_domestic[v] += s->part[i].to_domestic[v];
			out->to_foreign[v] += s->part[i].to_foreign[v];
		}
		free(s->part[i].to_domestic);
		free(s->part[i].to_foreign);
		free(s->part[i].weight);
	}
	finish(job, s, out);
	free(s);
	return ok;
}

void reach_free(struct reach *r)
{
	free(r->to_domestic);
	free(r->to_foreign);
	*r = (struct reach){0};
}
