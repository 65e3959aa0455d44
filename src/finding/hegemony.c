/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/hegemony.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct entry {
	uint32_t addr, path;
	uint64_t weight; /* addresses that no more specific prefix of the session has */
	uint16_t peer;
	uint8_t len;
};

struct session {
	uint32_t asn;
	uint32_t routes;
	bool full;
	uint32_t group; /* number of its network among the peer networks */
};

struct path {
	uint32_t at, n; /* in asn[] */
};

struct hegemony {
	struct session *peer;
	size_t npeer, peercap;
	struct entry *route;
	size_t nroute, routecap;
	uint32_t *asn;
	size_t nasn, asncap;
	struct path *path;
	size_t npath, pathcap;
	uint32_t *slot; /* hash of paths, + 1 */
	size_t nslot;
	bool v6;
	uint32_t groups;    /* peer networks with a full feed */
	uint32_t *sessions; /* of each group */
	/* Networks as small numbers, given when they first come in a path. */
	uint32_t *net;	  /* number to ASN */
	uint32_t *number; /* parallel to asn[] */
	size_t nnet, netcap;
	struct hegemony_score *score;
	size_t scorecap;
	/* Scratch by network: sums of each group, lists. */
	double **sum;
	uint8_t *touched;
	uint32_t *list;
};

struct hegemony *hegemony_new(void)
{
	struct hegemony *h = mem_zero(1, sizeof(*h));

	h->nslot = 1 << 16;
	h->slot = mem_zero(h->nslot, sizeof(*h->slot));
	return h;
}

void hegemony_free(struct hegemony *h)
{
	if (!h)
		return;
	for (size_t i = 0; h->sum && i < h->nnet; i++)
		free(h->sum[i]);
	free(h->sum);
	free(h->touched);
	free(h->list);
	free(h->peer);
	free(h->route);
	free(h->asn);
	free(h->path);
	free(h->slot);
	free(h->sessions);
	free(h->net);
	free(h->number);
	free(h->score);
	free(h);
}

uint16_t hegemony_peer(struct hegemony *h, uint32_t asn)
{
	if (h->npeer == 65535)
		return 65534;
	mem_room(&h->peer, &h->peercap, h->npeer + 1);
	h->peer[h->npeer] = (struct session){.asn = asn};
	return (uint16_t)h->npeer++;
}

static uint32_t path_of(struct hegemony *h, const uint32_t *asn, size_t n)
{
	uint64_t hash = hash_bytes(asn, n * sizeof(*asn), n);
	size_t i = hash & (h->nslot - 1);

	for (; h->slot[i]; i = (i + 1) & (h->nslot - 1)) {
		const struct path *p = &h->path[h->slot[i] - 1];

		if (p->n == n && !memcmp(h->asn + p->at, asn, n * sizeof(*asn)))
			return h->slot[i] - 1;
	}
	mem_room(&h->asn, &h->asncap, h->nasn + n);
	mem_room(&h->path, &h->pathcap, h->npath + 1);
	memcpy(h->asn + h->nasn, asn, n * sizeof(*asn));
	h->path[h->npath] = (struct path){(uint32_t)h->nasn, (uint32_t)n};
	h->nasn += n;
	h->slot[i] = (uint32_t)++h->npath;
	if (2 * h->npath > h->nslot) {
		free(h->slot);
		h->nslot *= 2;
		h->slot = mem_zero(h->nslot, sizeof(*h->slot));
		for (size_t k = 0; k < h->npath; k++) {
			const struct path *p = &h->path[k];
			size_t j =
			    hash_bytes(h->asn + p->at, p->n * sizeof(*asn), p->n) & (h->nslot - 1);

			while (h->slot[j])
				j = (j + 1) & (h->nslot - 1);
			h->slot[j] = (uint32_t)k + 1;
		}
	}
	return (uint32_t)h->npath - 1;
}

void hegemony_add(struct hegemony *h, uint16_t peer, uint32_t addr, uint8_t len,
		  const uint32_t *path, size_t n)
{
	if (!n || peer >= h->npeer || len > 32 || !len || h->nasn > UINT32_MAX - 65536)
		return;
	mem_room(&h->route, &h->routecap, h->nroute + 1);
	h->route[h->nroute++] =
	    (struct entry){.addr = addr, .len = len, .peer = peer, .path = path_of(h, path, n)};
	h->peer[peer].routes++;
}

void hegemony_add6(struct hegemony *h, uint16_t peer, const struct prefix *prefix,
		   const uint32_t *path, size_t n)
{
	uint64_t key[3] = {prefix->hi, prefix->lo, prefix->len};

	if (!n || peer >= h->npeer || h->nasn > UINT32_MAX - 65536)
		return;
	h->v6 = true;
	mem_room(&h->route, &h->routecap, h->nroute + 1);
	/* Until they are sorted, the weight is what tells prefixes apart. */
	h->route[h->nroute++] = (struct entry){
	    .weight = hash_bytes(key, sizeof(key), 6), .peer = peer, .path = path_of(h, path, n)};
	h->peer[peer].routes++;
}

/* IPv6: every prefix of a session once. */
static void weigh6(struct hegemony *h)
{
	uint64_t last = 0;

	for (size_t i = 0; i < h->nroute; i++) {
		struct entry *e = &h->route[i];
		uint64_t key = e->weight;

		e->weight = !(i && e[-1].peer == e->peer && last == key);
		last = key;
	}
}

static int by_key6(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	return (x->weight > y->weight) - (x->weight < y->weight);
}

static int by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->len > y->len) - (x->len < y->len);
}

/* Addresses of each prefix less those of the next more specific ones; one stack walk a session. */
static void weigh(struct hegemony *h)
{
	size_t stack[34], depth = 0;

	for (size_t i = 0; i < h->nroute; i++) {
		struct entry *e = &h->route[i];

		while (depth) {
			const struct entry *top = &h->route[stack[depth - 1]];

			if (top->peer == e->peer && top->len < e->len &&
			    !((top->addr ^ e->addr) >> (32 - top->len)))
				break;
			depth--;
		}
		e->weight = UINT64_C(1) << (32 - e->len);
		/* The same prefix again from the same session (ADD-PATH) counts once. */
		if (i && !by_place(e - 1, e)) {
			e->weight = 0;
			continue;
		}
		if (depth)
			h->route[stack[depth - 1]].weight -= e->weight;
		stack[depth++] = i;
	}
}

static int by_asn(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Then by origin, so that each origin's routes lie together; the session's number keeps order. */
static int by_origin(const void *a, const void *b, void *arg)
{
	const struct hegemony *h = arg;
	const struct entry *x = a, *y = b;
	uint32_t p = h->asn[h->path[x->path].at + h->path[x->path].n - 1];
	uint32_t q = h->asn[h->path[y->path].at + h->path[y->path].n - 1];

	if (p != q)
		return p < q ? -1 : 1;
	return by_place(a, b);
}

unsigned hegemony_ready(struct hegemony *h, double share)
{
	uint32_t most = 0;
	size_t kept = 0;
	uint32_t *group = mem_zero(h->npeer + 1, sizeof(*group));
	unsigned full = 0;

	qsort(h->route, h->nroute, sizeof(*h->route), h->v6 ? by_key6 : by_place);
	if (h->v6)
		weigh6(h);
	else
		weigh(h);
	for (size_t i = 0; i < h->npeer; i++)
		most = h->peer[i].routes > most ? h->peer[i].routes : most;
	for (size_t i = 0; i < h->npeer; i++) {
		h->peer[i].full = h->peer[i].routes && h->peer[i].routes >= share * most;
		if (h->peer[i].full)
			group[full++] = h->peer[i].asn;
	}
	qsort(group, full, sizeof(*group), by_asn);
	for (unsigned i = 0; i < full; i++)
		if (!i || group[i] != group[i - 1])
			group[h->groups++] = group[i];
	h->sessions = mem_zero((size_t)h->groups + 1, sizeof(*h->sessions));
	for (size_t i = 0; i < h->npeer; i++) {
		uint32_t g = 0;

		if (!h->peer[i].full)
			continue;
		while (group[g] != h->peer[i].asn)
			g++;
		h->peer[i].group = g;
		h->sessions[g]++;
	}
	free(group);
	for (size_t i = 0; i < h->nroute; i++)
		if (h->peer[h->route[i].peer].full && h->route[i].weight)
			h->route[kept++] = h->route[i];
	h->nroute = kept;
	qsort_r(h->route, h->nroute, sizeof(*h->route), by_origin, h);
	/* Numbers for networks. */
	h->net = mem_zero(h->nasn + 1, sizeof(*h->net));
	memcpy(h->net, h->asn, h->nasn * sizeof(*h->asn));
	qsort(h->net, h->nasn, sizeof(*h->net), by_asn);
	for (size_t i = 0; i < h->nasn; i++)
		if (!i || h->net[i] != h->net[i - 1])
			h->net[h->nnet++] = h->net[i];
	h->number = mem_zero(h->nasn + 1, sizeof(*h->number));
	for (size_t i = 0; i < h->nasn; i++) {
		size_t lo = 0, n = h->nnet;

		while (n > 1) {
			size_t half = n / 2;

			lo += h->net[lo + half] <= h->asn[i] ? half : 0;
			n -= half;
		}
		h->number[i] = (uint32_t)lo;
	}
	h->sum = mem_zero(h->nnet + 1, sizeof(*h->sum));
	h->touched = mem_zero(h->nnet + 1, 1);
	h->list = mem_zero(h->nnet + 1, sizeof(*h->list));
	return full;
}

static int by_score(const void *a, const void *b)
{
	const struct hegemony_score *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->asn > y->asn) - (x->asn < y->asn);
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Mean without the lowest and highest tenth; those that do not have it count as nothing. */
static double trimmed(double *v, uint32_t n)
{
	uint32_t cut = n / 10;
	double sum = 0;

	qsort(v, n, sizeof(*v), rising);
	for (uint32_t i = cut; i < n - cut; i++)
		sum += v[i];
	return n > 2 * cut ? sum / (n - 2 * cut) : 0;
}

/* The scores over the routes [from, to). The weights of a session may come in several runs. */
static const struct hegemony_score *scores(struct hegemony *h, size_t from, size_t to, size_t *n)
{
	double *total = mem_zero(h->npeer + 1, sizeof(*total));
	double *row = mem_zero((size_t)h->groups + 1, sizeof(*row));
	uint32_t nlist = 0;

	for (size_t i = from; i < to; i++)
		total[h->route[i].peer] += (double)h->route[i].weight;
	for (size_t i = from; i < to; i++) {
		const struct entry *e = &h->route[i];
		const struct path *p = &h->path[e->path];
		const struct session *s = &h->peer[e->peer];
		double share = (double)e->weight / total[e->peer] / h->sessions[s->group];

		for (uint32_t k = 0; k < p->n; k++) {
			uint32_t v = h->number[p->at + k];
			bool again = false;

			for (uint32_t j = 0; j < k && !again; j++)
				again = h->number[p->at + j] == v;
			if (again)
				continue;
			if (!h->sum[v])
				h->sum[v] = mem_zero(h->groups, sizeof(**h->sum));
			if (!h->touched[v]) {
				h->touched[v] = 1;
				h->list[nlist++] = v;
			}
			h->sum[v][s->group] += share;
		}
	}
	mem_room(&h->score, &h->scorecap, (size_t)nlist + 1);
	for (uint32_t i = 0; i < nlist; i++) {
		uint32_t v = h->list[i];

		memcpy(row, h->sum[v], h->groups * sizeof(*row));
		h->score[i] = (struct hegemony_score){h->net[v], trimmed(row, h->groups)};
		/* Most networks stand in few origins' paths: their memory goes back. */
		memset(h->sum[v], 0, h->groups * sizeof(**h->sum));
		h->touched[v] = 0;
	}
	qsort(h->score, nlist, sizeof(*h->score), by_score);
	free(total);
	free(row);
	*n = nlist;
	return h->score;
}

const struct hegemony_score *hegemony_global(struct hegemony *h, size_t *n)
{
	return scores(h, 0, h->nroute, n);
}

static uint32_t origin_of(const struct hegemony *h, size_t i)
{
	const struct path *p = &h->path[h->route[i].path];

	return h->asn[p->at + p->n - 1];
}

void hegemony_all(struct hegemony *h,
		  void (*each)(uint32_t origin, const struct hegemony_score *s, size_t n,
			       void *arg),
		  void *arg)
{
	for (size_t from = 0, to; from < h->nroute; from = to) {
		uint32_t origin = origin_of(h, from);
		const struct hegemony_score *s;
		size_t n;

		for (to = from; to < h->nroute && origin_of(h, to) == origin;)
			to++;
		s = scores(h, from, to, &n);
		each(origin, s, n, arg);
	}
}

const struct hegemony_score *hegemony_local(struct hegemony *h, uint32_t origin, size_t *n)
{
	size_t from = 0, to;

	while (from < h->nroute && origin_of(h, from) != origin)
		from++;
	for (to = from; to < h->nroute && origin_of(h, to) == origin;)
		to++;
	return scores(h, from, to, n);
}

const struct hegemony_score *hegemony_cti(struct hegemony *h, const struct asgraph *g,
					  uint16_t (*country_of)(uint32_t asn, void *arg),
					  void *arg, uint16_t country, size_t *n)
{
	double *total = mem_zero(h->npeer + 1, sizeof(*total)), hosts = 0;
	uint16_t *place = mem_zero(h->npeer + 1, sizeof(*place));
	uint32_t nlist = 0;
	bool *in = mem_zero(h->nroute + 1, sizeof(*in));
	double *row = mem_zero((size_t)h->groups + 1, sizeof(*row));

	for (size_t i = 0; i < h->npeer; i++) {
		place[i] = h->peer[i].full ? country_of(h->peer[i].asn, arg) : country;
		if (h->peer[i].full && place[i] && place[i] != country)
			hosts += 1.0 / h->sessions[h->peer[i].group];
	}
	/* The country's addresses as each monitor has them. */
	for (size_t i = 0, j; i < h->nroute; i = j) {
		bool here = country_of(origin_of(h, i), arg) == country;

		for (j = i; j < h->nroute && origin_of(h, j) == origin_of(h, i); j++) {
			in[j] = here;
			total[h->route[j].peer] += here ? (double)h->route[j].weight : 0;
		}
	}
	for (size_t i = 0; i < h->nroute; i++) {
		const struct entry *e = &h->route[i];
		const struct path *p = &h->path[e->path];
		const struct session *s = &h->peer[e->peer];
		uint32_t peak;

		if (!in[i] || !place[e->peer] || place[e->peer] == country)
			continue;
		/* From the first hop that goes down: the network before it is the peak. */
		for (peak = 0; peak + 1 < p->n; peak++)
			if (asgraph_relation(g, h->asn[p->at + peak], h->asn[p->at + peak + 1]) ==
			    RELATION_CUSTOMER)
				break;
		for (uint32_t k = peak; k + 1 < p->n; k++) {
			uint32_t v = h->number[p->at + k];

			if (h->asn[p->at + k] == s->asn)
				continue; /* the host of the monitor never counts */
			if (!h->sum[v])
				h->sum[v] = mem_zero(h->groups, sizeof(**h->sum));
			if (!h->touched[v]) {
				h->touched[v] = 1;
				h->list[nlist++] = v;
			}
			h->sum[v][s->group] += (double)e->weight / total[e->peer] /
					       h->sessions[s->group] / (p->n - 1 - k);
		}
	}
	mem_room(&h->score, &h->scorecap, (size_t)nlist + 1);
	for (uint32_t i = 0; i < nlist; i++) {
		uint32_t v = h->list[i];
		double sum = 0, left = hosts;
		uint32_t n_seen = 0, cut;

		for (uint32_t k = 0; k < h->groups; k++)
			if (h->sum[v][k] > 0)
				row[n_seen++] = h->sum[v][k];
		qsort(row, n_seen, sizeof(*row), rising);
		cut = n_seen / 10;
		for (uint32_t k = cut; k < n_seen - cut; k++)
			sum += row[k];
		left -= 2 * cut;
		h->score[i] = (struct hegemony_score){h->net[v], left > 0 ? sum / left : 0};
		memset(h->sum[v], 0, h->groups * sizeof(**h->sum));
		h->touched[v] = 0;
	}
	qsort(h->score, nlist, sizeof(*h->score), by_score);
	free(total);
	free(place);
	free(in);
	free(row);
	*n = nlist;
	return h->score;
}
