/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/relate.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* What y is to x in a link's record, from the side of the smaller id. */
enum way { OPEN, PEER, UP, DOWN }; /* UP: the second is the provider of the first */

struct triplet {
	uint32_t a, b, c; /* as in paths: towards the origin */
	uint32_t count;
	bool inner; /* seen with more behind c: c passes it on */
};

struct link {
	uint32_t a, b; /* a < b */
	uint8_t way;   /* of b to a */
	uint8_t sure;
	uint32_t vps;
	uint32_t last_vp; /* the vantage point that was counted last, + 1 */
};

struct work {
	uint32_t *asn; /* by id, ascending */
	uint32_t n;
	uint32_t *path; /* ids */
	uint32_t *off;
	size_t npath;
	uint32_t *td, *degree; /* transit degree, degree */
	uint32_t *order;       /* ids: clique first, td, degree, asn */
	uint32_t *rank;
	uint8_t *clique;
	struct link *link;
	size_t nlink, linkcap;
	uint32_t *slot; /* hash of links, + 1 */
	size_t nslot;
	struct triplet *triplet; /* by (b, c) of the path */
	size_t ntriplet, tripletcap;
	uint32_t *by_mid;	 /* first triplet of each middle network */
	uint32_t *adj_off, *adj; /* neighbours: index of the link */
	/* Customers known so far, for the test of cycles. */
	uint32_t *stamp, round, *queue;
};

static bool reserved(uint32_t asn)
{
	return !asn || asn == 23456 || (asn >= 64496 && asn <= 131071) || asn >= 4200000000u;
}

static int by_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t id_of(const struct work *w, uint32_t asn)
{
	uint32_t lo = 0, n = w->n;

	while (n > 1) {
		uint32_t half = n / 2;

		lo += w->asn[lo + half] <= asn ? half : 0;
		n -= half;
	}
	return lo;
}

static struct link *link_of(struct work *w, uint32_t a, uint32_t b, bool make)
{
	uint32_t x = a < b ? a : b, y = a < b ? b : a;
	size_t i = hash_u64((uint64_t)x << 32 | y) & (w->nslot - 1);

	for (; w->slot[i]; i = (i + 1) & (w->nslot - 1)) {
		struct link *l = &w->link[w->slot[i] - 1];

		if (l->a == x && l->b == y)
			return l;
	}
	if (!make)
		return NULL;
	mem_room(&w->link, &w->linkcap, w->nlink + 1);
	w->link[w->nlink] = (struct link){.a = x, .b = y};
	w->slot[i] = (uint32_t)++w->nlink;
	if (2 * w->nlink > w->nslot) {
		free(w->slot);
		w->nslot *= 2;
		w->slot = mem_zero(w->nslot, sizeof(*w->slot));
		for (size_t k = 0; k < w->nlink; k++) {
			size_t j =
			    hash_u64((uint64_t)w->link[k].a << 32 | w->link[k].b) & (w->nslot - 1);

			while (w->slot[j])
				j = (j + 1) & (w->nslot - 1);
			w->slot[j] = (uint32_t)k + 1;
		}
	}
	return &w->link[w->nlink - 1];
}

/* What b is to a. */
static enum way way_of(struct work *w, uint32_t a, uint32_t b)
{
	const struct link *l = link_of(w, a, b, false);

	if (!l)
		return OPEN;
	if (a < b || l->way == OPEN || l->way == PEER)
		return (enum way)l->way;
	return l->way == UP ? DOWN : UP;
}

static void set_way(struct work *w, uint32_t a, uint32_t b, enum way way, uint8_t sure)
{
	struct link *l = link_of(w, a, b, false);

	if (!l)
		return;
	l->way = (uint8_t)(a < b || way == PEER ? way : way == UP ? DOWN : UP);
	l->sure = sure;
}

/* Paths as ids without reserved numbers and loops. */
static void sanitise(struct work *w, const struct path_set *p, struct relate_report *r)
{
	uint32_t *asn = mem_zero(p->nasn + 1, sizeof(*asn));
	uint8_t *keep = mem_zero(p->n + 1, 1);
	size_t n = 0;

	r->paths = p->n;
	for (size_t i = 0; i < p->n; i++) {
		const uint32_t *at = p->asn + p->off[i];
		size_t len = p->off[i + 1] - p->off[i];
		bool bad = false, loop = false;

		for (size_t k = 0; k < len; k++) {
			bad = bad || reserved(at[k]);
			for (size_t j = 0; j + 1 < k && !loop; j++)
				loop = at[j] == at[k];
		}
		r->reserved += bad;
		r->loops += !bad && loop;
		keep[i] = len > 1 && !bad && !loop;
		if (keep[i]) {
			memcpy(asn + n, at, len * sizeof(*at));
			n += len;
		}
	}
	w->asn = mem_zero(n + 1, sizeof(*w->asn));
	memcpy(w->asn, asn, n * sizeof(*asn));
	qsort(w->asn, n, sizeof(*w->asn), by_u32);
	for (size_t i = 0; i < n; i++)
		if (!i || w->asn[i] != w->asn[i - 1])
			w->asn[w->n++] = w->asn[i];
	w->path = asn;
	w->off = mem_zero(p->n + 2, sizeof(*w->off));
	n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (!keep[i])
			continue;
		n += p->off[i + 1] - p->off[i];
		w->off[++w->npath] = (uint32_t)n;
	}
	for (size_t i = 0; i < n; i++)
		w->path[i] = id_of(w, w->path[i]);
	free(keep);
}

static int by_triplet(const void *a, const void *b)
{
	const struct triplet *x = a, *y = b;

	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	if (x->c != y->c)
		return x->c < y->c ? -1 : 1;
	return (x->a > y->a) - (x->a < y->a);
}

static void collect(struct work *w)
{
	size_t kept = 0, n = 0;

	w->nslot = 1 << 17;
	w->slot = mem_zero(w->nslot, sizeof(*w->slot));
	for (size_t i = 0; i < w->npath; i++) {
		const uint32_t *at = w->path + w->off[i];
		size_t len = w->off[i + 1] - w->off[i];

		for (size_t k = 0; k + 1 < len; k++) {
			struct link *l = link_of(w, at[k], at[k + 1], true);

			if (l->last_vp != at[0] + 1) {
				l->last_vp = at[0] + 1;
				l->vps++;
			}
			if (k + 2 < len) {
				mem_room(&w->triplet, &w->tripletcap, n + 1);
				w->triplet[n++] =
				    (struct triplet){at[k], at[k + 1], at[k + 2], 1, k + 3 < len};
			}
		}
	}
	qsort(w->triplet, n, sizeof(*w->triplet), by_triplet);
	for (size_t i = 0; i < n; i++) {
		struct triplet *t = kept ? &w->triplet[kept - 1] : NULL;

		if (t && t->a == w->triplet[i].a && t->b == w->triplet[i].b &&
		    t->c == w->triplet[i].c) {
			t->count++;
			t->inner = t->inner || w->triplet[i].inner;
		} else {
			w->triplet[kept++] = w->triplet[i];
		}
	}
	w->ntriplet = kept;
	free(w->by_mid);
	w->by_mid = mem_zero((size_t)w->n + 2, sizeof(*w->by_mid));
	for (size_t i = 0; i < kept; i++)
		w->by_mid[w->triplet[i].b + 1]++;
	for (uint32_t v = 0; v < w->n; v++)
		w->by_mid[v + 1] += w->by_mid[v];
}

/* Transit degree: different neighbours next to it where it stands in the middle. */
static void degrees(struct work *w)
{
	uint32_t *next = mem_zero((size_t)w->n + 1, sizeof(*next));

	w->td = mem_zero((size_t)w->n + 1, sizeof(*w->td));
	w->degree = mem_zero((size_t)w->n + 1, sizeof(*w->degree));
	w->adj_off = mem_zero((size_t)w->n + 2, sizeof(*w->adj_off));
	w->adj = mem_zero(2 * w->nlink + 1, sizeof(*w->adj));
	w->stamp = mem_zero((size_t)w->n + 1, sizeof(*w->stamp));
	w->queue = mem_zero((size_t)w->n + 1, sizeof(*w->queue));
	for (size_t i = 0; i < w->nlink; i++) {
		w->degree[w->link[i].a]++;
		w->degree[w->link[i].b]++;
	}
	for (uint32_t v = 0; v < w->n; v++)
		next[v] = w->adj_off[v + 1] = w->adj_off[v] + w->degree[v];
	for (uint32_t v = 0; v < w->n; v++)
		next[v] = w->adj_off[v];
	for (size_t i = 0; i < w->nlink; i++) {
		w->adj[next[w->link[i].a]++] = (uint32_t)i;
		w->adj[next[w->link[i].b]++] = (uint32_t)i;
	}
	free(next);
	for (uint32_t v = 0; v < w->n; v++) {
		w->round++;
		for (uint32_t i = w->by_mid[v]; i < w->by_mid[v + 1]; i++) {
			uint32_t end[2] = {w->triplet[i].a, w->triplet[i].c};

			for (int k = 0; k < 2; k++)
				if (w->stamp[end[k]] != w->round) {
					w->stamp[end[k]] = w->round;
					w->td[v]++;
				}
		}
	}
}

static int by_order(const void *a, const void *b, void *arg)
{
	const struct work *w = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (w->clique[x] != w->clique[y])
		return w->clique[x] ? -1 : 1;
	if (w->td[x] != w->td[y])
		return w->td[x] > w->td[y] ? -1 : 1;
	if (w->degree[x] != w->degree[y])
		return w->degree[x] > w->degree[y] ? -1 : 1;
	return (x > y) - (x < y);
}

static void make_order(struct work *w)
{
	if (!w->order) {
		w->order = mem_zero((size_t)w->n + 1, sizeof(*w->order));
		w->rank = mem_zero((size_t)w->n + 1, sizeof(*w->rank));
	}
	for (uint32_t v = 0; v < w->n; v++)
		w->order[v] = v;
	qsort_r(w->order, w->n, sizeof(*w->order), by_order, w);
	for (uint32_t i = 0; i < w->n; i++)
		w->rank[w->order[i]] = i;
}

/*
 * Whether b stands between a and c, all three at the top: then it is nobody's equal. A few such
 * paths are leaks and slips of hand; it counts when one in fifty of those that come from a does so.
 */
static bool between(const struct work *w, uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t from = 0, over = 0;

	for (uint32_t i = w->by_mid[b]; i < w->by_mid[b + 1]; i++) {
		const struct triplet *t = &w->triplet[i];

		if (t->a != a)
			continue;
		from += t->count;
		over += t->c == c ? t->count : 0;
	}
	return over > 1 && over * 50 > from;
}

/* The heaviest clique among the given networks (at most 24) by the sum of transit degrees. */
static uint32_t best_clique(struct work *w, const uint32_t *id, unsigned n)
{
	uint32_t linked[24] = {0}, best = 0;
	uint64_t heaviest = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < n; k++)
			if (i != k && link_of(w, id[i], id[k], false))
				linked[i] |= 1u << k;
	for (uint32_t set = 1; set < 1u << n; set++) {
		uint64_t weight = 0;
		bool is = true;

		for (unsigned i = 0; i < n && is; i++)
			if (set >> i & 1) {
				is = (set & ~linked[i] & ~(1u << i)) == 0;
				weight += w->td[id[i]];
			}
		/* Nobody in it may be seen between two others of it. */
		if (!is || weight <= heaviest)
			continue;
		for (unsigned b = 0; b < n && is; b++)
			for (unsigned a = 0; set >> b & 1 && a < n && is; a++)
				for (unsigned c = 0; set >> a & 1 && c < n && is; c++)
					if (set >> c & 1 && a != b && b != c && a != c)
						is = !between(w, id[a], id[b], id[c]);
		if (is) {
			heaviest = weight;
			best = set;
		}
	}
	return best;
}

static void find_clique(struct work *w, struct relate_report *r)
{
	uint32_t member[32], n = w->n < 10 ? w->n : 10;
	uint32_t set = best_clique(w, w->order, n);
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++)
		if (set >> i & 1)
			member[found++] = w->order[i];
	for (uint32_t i = n; i < w->n && found < 30; i++) {
		uint32_t v = w->order[i];
		bool all = true;

		if (w->degree[v] < found || !w->td[v])
			break;
		for (unsigned k = 0; k < found && all; k++) {
			all = link_of(w, v, member[k], false) != NULL;
			for (unsigned j = 0; j < found && all; j++)
				if (j != k)
					all = !between(w, member[j], v, member[k]) &&
					      !between(w, v, member[j], member[k]) &&
					      !between(w, member[k], member[j], v);
		}
		if (all)
			member[found++] = v;
	}
	for (unsigned i = 0; i < found; i++) {
		w->clique[member[i]] = 1;
		r->clique[i] = w->asn[member[i]];
	}
	r->nclique = found;
	qsort(r->clique, found, sizeof(*r->clique), by_u32);
	for (unsigned i = 0; i < found; i++)
		for (unsigned k = i + 1; k < found; k++)
			set_way(w, member[i], member[k], PEER, 98);
}

/* Two of the clique with others between them: somebody wrote a path by hand. */
static void drop_poisoned(struct work *w, struct relate_report *r)
{
	uint32_t *off = mem_zero(w->npath + 2, sizeof(*off));
	size_t kept = 0, n = 0;

	for (size_t i = 0; i < w->npath; i++) {
		const uint32_t *at = w->path + w->off[i];
		size_t len = w->off[i + 1] - w->off[i], last = len;
		bool bad = false;

		for (size_t k = 0; k < len; k++)
			if (w->clique[at[k]]) {
				bad = bad || (last < len && last + 1 != k);
				last = k;
			}
		r->poisoned += bad;
		if (bad)
			continue;
		memmove(w->path + n, at, len * sizeof(*at));
		n += len;
		off[++kept] = (uint32_t)n;
	}
	free(w->off);
	w->off = off;
	w->npath = kept;
}

/* Whether y is below x already. */
static bool below(struct work *w, uint32_t x, uint32_t y)
{
	uint32_t at = 0, end = 0;

	w->round++;
	w->queue[end++] = x;
	w->stamp[x] = w->round;
	for (; at < end; at++) {
		uint32_t u = w->queue[at];

		if (u == y)
			return true;
		for (uint32_t i = w->adj_off[u]; i < w->adj_off[u + 1]; i++) {
			const struct link *l = &w->link[w->adj[i]];
			uint32_t v = l->a == u ? l->b : l->a;

			if ((l->a == u ? l->way == DOWN : l->way == UP) &&
			    w->stamp[v] != w->round) {
				w->stamp[v] = w->round;
				w->queue[end++] = v;
			}
		}
	}
	return false;
}

/* The first triplet with the middle y and the far end x. */
static uint32_t first_with(const struct work *w, uint32_t y, uint32_t x)
{
	uint32_t lo = w->by_mid[y], hi = w->by_mid[y + 1];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (w->triplet[mid].c < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Neighbours of x without a relationship yet, in order. */
static uint32_t open_neighbours(struct work *w, uint32_t x, uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = w->adj_off[x]; i < w->adj_off[x + 1]; i++) {
		const struct link *l = &w->link[w->adj[i]];

		if (l->way == OPEN)
			out[n++] = w->rank[l->a == x ? l->b : l->a];
	}
	qsort(out, n, sizeof(*out), by_u32);
	for (uint32_t i = 0; i < n; i++)
		out[i] = w->order[out[i]];
	return n;
}

/*
 * Whether z is no customer of y: its provider, its peer, or a link between two networks that were
 * both looked at already and stayed open, which makes them peers so far.
 */
static bool above(struct work *w, uint32_t y, uint32_t z, uint32_t upto)
{
	enum way way = way_of(w, y, z);

	return way == UP || way == PEER || (way == OPEN && w->rank[y] < upto && w->rank[z] < upto);
}

/*
 * From the top down: y sells to x when it tells x's routes to its own providers or peers, or tells
 * x the routes of those (three times at least: that is what peers and slips do now and then).
 */
static void top_down(struct work *w)
{
	uint32_t *open = mem_zero((size_t)w->n + 1, sizeof(*open));

	for (uint32_t i = 0; i < w->n; i++) {
		uint32_t x = w->order[i], n;

		if (w->clique[x])
			continue;
		n = open_neighbours(w, x, open);
		for (uint32_t k = 0; k < n; k++) {
			uint32_t y = open[k], votes = 0, told = 0;

			if (w->rank[y] > i)
				break; /* the smaller never sells to the larger here */

			for (uint32_t t = first_with(w, y, x);
			     t < w->by_mid[y + 1] && w->triplet[t].c == x; t++)
				if (above(w, y, w->triplet[t].a, i))
					votes += w->triplet[t].count;
			for (uint32_t t = w->by_mid[y]; !votes && t < w->by_mid[y + 1]; t++)
				if (w->triplet[t].a == x && above(w, y, w->triplet[t].c, i))
					told++;
			if ((votes || told >= 3) && !below(w, x, y))
				set_way(w, x, y, UP, votes > 2 ? 99 : 95);
		}
	}
	free(open);
}

/* Vantage points that tell little (less than 2 % of the origins) tell it as peers or customers do:
 * what a neighbour of one tells it of a stub is its customer's. */
static void partial(struct work *w, struct relate_report *r)
{
	uint32_t *told = mem_zero((size_t)w->n + 1, sizeof(*told)), origins = 0;
	uint64_t *seen = mem_zero(w->npath + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; i < w->npath; i++)
		if (w->off[i + 1] > w->off[i])
			seen[n++] = (uint64_t)w->path[w->off[i]] << 32 | w->path[w->off[i + 1] - 1];
	w->round++;
	for (size_t i = 0; i < n; i++) {
		uint32_t o = (uint32_t)seen[i];

		told[seen[i] >> 32]++;
		origins += w->stamp[o] != w->round;
		w->stamp[o] = w->round;
	}
	for (uint32_t v = 0; v < w->n; v++)
		r->vantage_points += told[v] > 0;
	for (size_t i = 0; i < w->npath; i++) {
		const uint32_t *at = w->path + w->off[i];

		if (w->off[i + 1] - w->off[i] != 3 || told[at[0]] * 50 >= origins)
			continue;
		if (!w->td[at[2]] && way_of(w, at[1], at[2]) == OPEN)
			set_way(w, at[2], at[1], UP, 85);
	}
	free(told);
	free(seen);
}

/* A small provider of a large customer: x sells to y, and y tells x of z. */
static void upside_down(struct work *w)
{
	for (uint32_t i = w->n; i-- > 0;) {
		uint32_t y = w->order[i];

		for (uint32_t t = w->by_mid[y]; t < w->by_mid[y + 1]; t++) {
			const struct triplet *x = &w->triplet[t];

			if (way_of(w, y, x->c) != OPEN || way_of(w, y, x->a) != UP ||
			    w->td[y] > w->td[x->c])
				continue;
			if (!below(w, x->c, y))
				set_way(w, x->c, y, UP, 80);
		}
	}
}

static void stubs_of_the_top(struct work *w)
{
	for (size_t i = 0; i < w->nlink; i++) {
		struct link *l = &w->link[i];

		if (l->way != OPEN)
			continue;
		if (w->clique[l->a] && !w->td[l->b]) {
			l->way = DOWN;
			l->sure = 90;
		} else if (w->clique[l->b] && !w->td[l->a]) {
			l->way = UP;
			l->sure = 90;
		}
	}
}

/* Two open links in a row: routes that cross a peer link go no further but down. */
static void fold(struct work *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		uint32_t y = w->order[i];

		for (uint32_t t = w->by_mid[y]; t < w->by_mid[y + 1]; t++) {
			const struct triplet *x = &w->triplet[t];

			if (way_of(w, x->a, y) == OPEN && way_of(w, y, x->c) == OPEN &&
			    !below(w, x->c, y))
				set_way(w, x->c, y, UP, 70);
		}
	}
}

static struct asgraph *finish(struct work *w, struct relate_report *r)
{
	struct asgraph_build *b = asgraph_build_new();

	for (size_t i = 0; i < w->nlink; i++) {
		struct link *l = &w->link[i];
		uint32_t x = w->asn[l->a], y = w->asn[l->b];

		if (l->way == OPEN) {
			/* What is left. With one collector a quarter of these were right, with the
			 * hundreds of 2013 nearly all (docs/resilience.md). */
			uint32_t vps = r->vantage_points > 300 ? 300 : r->vantage_points;

			l->way = PEER;
			l->sure = (uint8_t)(20 + vps * 75 / 300);
		}
		r->peer_links += l->way == PEER;
		r->customer_links += l->way != PEER;
		if (l->way == UP)
			asgraph_build_add(b, y, x, -1, LINK_BGP, l->vps, l->sure);
		else
			asgraph_build_add(b, x, y, l->way == DOWN ? -1 : 0, LINK_BGP, l->vps,
					  l->sure);
	}
	return asgraph_build_done(b, NULL);
}

struct asgraph *relate(const struct path_set *p, struct relate_report *r)
{
	struct work w = {0};
	struct asgraph *g;

	*r = (struct relate_report){0};
	sanitise(&w, p, r);
	w.clique = mem_zero((size_t)w.n + 1, 1);
	collect(&w);
	degrees(&w);
	make_order(&w);
	find_clique(&w, r);
	make_order(&w);
	drop_poisoned(&w, r);
	top_down(&w);
	partial(&w, r);
	upside_down(&w);
	stubs_of_the_top(&w);
	fold(&w);
	g = finish(&w, r);
	free(w.asn);
	free(w.path);
	free(w.off);
	free(w.td);
	free(w.degree);
	free(w.order);
	free(w.rank);
	free(w.clique);
	free(w.link);
	free(w.slot);
	free(w.triplet);
	free(w.by_mid);
	free(w.adj_off);
	free(w.adj);
	free(w.stamp);
	free(w.queue);
	return g;
}
