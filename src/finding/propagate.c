/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/propagate_own.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * A candidate route as one number, the smaller the better within a class: path length, then the
 * bits that policies put before the lowest ASN, then the neighbour.
 */
#define KEY_NONE UINT64_MAX
#define KEY_LEN 32
#define KEY_INSECURE (UINT64_C(1) << 31)
#define KEY_WORSE (UINT64_C(1) << 30)
#define KEY_WHO (KEY_WORSE - 1)

/* How much a run asks of each offer: nothing; a bit of its announcement (origin validation); all.
 */
enum mode { PLAIN, LITE, FULL };

#define LITE_POLICIES \
	(POLICY_ROV | POLICY_PEER_ROV | POLICY_REFUSE | POLICY_REFUSE_TWO | POLICY_ROVPP)

struct propagation *propagation_new(const struct topo *t)
{
	struct propagation *p = mem_zero(1, sizeof(*p));
	struct propagation_own *o = mem_zero(1, sizeof(*o));
	size_t n = (size_t)t->n + 1;

	p->topo = t;
	p->own = o;
	p->class = mem_zero(n, 1);
	p->len = mem_zero(n, sizeof(*p->len));
	p->next = mem_zero(n, sizeof(*p->next));
	p->seed = mem_zero(n, sizeof(*p->seed));
	o->key = mem_zero(n, sizeof(*o->key));
	o->class = mem_zero(n, 1);
	o->label = mem_zero(n, sizeof(*o->label));
	o->list = mem_zero(n, sizeof(*o->list));
	o->told = mem_zero((size_t)t->ntransit + 1, sizeof(*o->told));
	o->fine = mem_zero((size_t)t->ntransit + 1, sizeof(*o->fine));
	return p;
}

void propagation_free(struct propagation *p)
{
	struct propagation_own *o;

	if (!p)
		return;
	o = p->own;
	for (uint32_t i = 0; i < o->levels; i++)
		free(o->level[i]);
	free(o->level);
	free(o->nlevel);
	free(o->levelcap);
	free(o->key);
	free(o->class);
	free(o->label);
	free(o->list);
	free(o->told);
	free(o->fine);
	free(o->mark);
	free(o->policy);
	free(o->given);
	free(o->tier1);
	free(o->seedmark);
	free(o->seedlen);
	free(o->seedhead);
	free(o->stripped);
	free(o->drop);
	free(o);
	free(p->class);
	free(p->len);
	free(p->next);
	free(p->seed);
	free(p->otc);
	free(p);
}

void propagation_policies(struct propagation *p, const uint16_t *policy, const uint32_t *tier1,
			  size_t ntier1)
{
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;

	o->policies = policy != NULL;
	if (!policy)
		return;
	if (!o->policy) {
		o->policy = mem_zero((size_t)t->n + 1, sizeof(*o->policy));
		o->given = mem_zero((size_t)t->n + 1, sizeof(*o->given));
		o->tier1 = mem_zero((size_t)t->n + 1, 1);
	} else if (!ntier1 && !o->ntier1 && !memcmp(o->given, policy, t->n * sizeof(*policy))) {
		return; /* a trial has those of the trial before as a rule */
	}
	memcpy(o->given, policy, t->n * sizeof(*policy));
	o->ntier1 = ntier1;
	o->all = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		o->policy[i] = policy[t->id[i]];
		o->all |= o->policy[i];
	}
	memset(o->tier1, 0, t->n);
	for (size_t i = 0; i < ntier1; i++)
		o->tier1[t->index[tier1[i]]] = 1;
}

static void level_add(struct propagation_own *o, uint32_t level, uint32_t v)
{
	if (level >= o->levels) {
		uint32_t to = level + 16;

		o->level = mem_grow(o->level, to, sizeof(*o->level));
		o->nlevel = mem_grow(o->nlevel, to, sizeof(*o->nlevel));
		o->levelcap = mem_grow(o->levelcap, to, sizeof(*o->levelcap));
		for (uint32_t i = o->levels; i < to; i++) {
			o->level[i] = NULL;
			o->nlevel[i] = o->levelcap[i] = 0;
		}
		o->levels = to;
	}
	mem_room(&o->level[level], &o->levelcap[level], o->nlevel[level] + 1);
	o->level[level][o->nlevel[level]++] = v;
}

/* The seed of a network that announces itself, by where it sends; NONE when it sends nothing. */
static unsigned seed_to(const struct propagation_own *o, const struct topo *t, uint32_t u,
			unsigned to)
{
	for (unsigned s = 0; s < o->nseed; s++)
		if (t->index[o->seed[s].id] == u && (!o->seed[s].to || o->seed[s].to & to))
			return s;
	return UINT16_MAX;
}

/* What u offers in a direction. False: nothing. */
static inline bool offers(const struct propagation *p, uint32_t u, unsigned to, uint32_t len,
			  struct offer *of)
{
	const struct propagation_own *o = p->own;

	if (o->class[u] == CLASS_ORIGIN) {
		unsigned s = seed_to(o, p->topo, u, to);

		if (s == UINT16_MAX)
			return false;
		*of = (struct offer){&o->seedmark[s], o->seedlen[s], s};
	} else {
		*of = (struct offer){o->mark ? &o->mark[u] : NULL, len, o->label[u]};
	}
	return true;
}

static inline uint64_t key_of(const struct propagation_own *o, uint32_t v, uint32_t len,
			      uint32_t who, const struct offer *of)
{
	uint64_t key = (uint64_t)len << KEY_LEN | who;

	if (o->policies && o->policy[v] & POLICY_BGPSEC && !(of->mark->flags & MARK_SECURE))
		key |= KEY_INSECURE;
	if (o->ties != TIES_LOWEST_ASN && (of->seed == o->about) == (o->ties == TIES_AGAINST))
		key |= KEY_WORSE;
	return key;
}

/* Whether v takes what u offers; rel: what u is to v. */
static inline bool takes(const struct propagation *p, uint32_t v, uint32_t u,
			 enum relation_kind rel, const struct offer *of, enum mode mode)
{
	if (mode == FULL)
		return policies_accept(p, v, u, rel, of);
	return mode == PLAIN || !(p->own->policy[v] & p->own->drop[of->seed][rel == RELATION_PEER]);
}

/* v's route is final: note what goes with it. */
static inline void settle(struct propagation *p, uint32_t v, unsigned to, enum relation_kind rel,
			  bool full)
{
	struct propagation_own *o = p->own;
	uint32_t who = (uint32_t)(o->key[v] & KEY_WHO);
	uint32_t u = rel == RELATION_PROVIDER ? who : p->topo->index[who];
	struct offer of = {0};

	if (!full) {
		o->label[v] = o->label[u];
		return;
	}
	if (!offers(p, u, to, (uint32_t)(o->key[u] >> KEY_LEN), &of))
		return;
	o->label[v] = (uint16_t)of.seed;
	if (o->policies)
		policies_derive(p, v, u, rel, &of);
}

static int by_len(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/*
 * Up: from the origins to providers, level by level. Returns how many networks o->list holds then:
 * all with a route of class customer or origin.
 */
static inline uint32_t go_up(struct propagation *p, const enum mode mode)
{
	const bool full = mode == FULL;
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	uint32_t n = 0, from = 0, waiting = 0, *start = mem_zero((size_t)o->nseed + 1, 4);

	/* Seeds by the length of their path, a network once. */
	for (unsigned s = 0; s < o->nseed; s++) {
		uint32_t v = t->index[o->seed[s].id];

		if (t->gone[v] || o->class[v] == CLASS_ORIGIN)
			continue;
		o->class[v] = CLASS_ORIGIN;
		o->key[v] = 0;
		o->label[v] = (uint16_t)s;
		if (full && o->policies)
			o->mark[v] = o->seedmark[s];
	}
	/* (length to providers, index) in one word; lengths are at most 65535. */
	for (unsigned s = 0; s < o->nseed; s++)
		start[s] = s;
	if (full) {
		for (unsigned s = 0; s < o->nseed; s++)
			start[s] = (uint32_t)o->seedlen[s] << 16 | s;
		qsort(start, o->nseed, sizeof(*start), by_len);
	}
	for (uint32_t level = 1; from < n || waiting < o->nseed; level++) {
		uint32_t upto;

		if (from == n && full) { /* nothing under way: to the next seed's length */
			uint32_t len = start[waiting] >> 16;

			level = len > level ? len : level;
		}
		while (waiting < o->nseed && (!full || start[waiting] >> 16 <= level)) {
			unsigned s = start[waiting++] & 0xffff;
			uint32_t v = t->index[o->seed[s].id];
			bool first = true;

			if (t->gone[v])
				continue;
			/* Of several seeds of one network the one for its providers goes up. */
			if (full) {
				unsigned up = seed_to(o, t, v, TO_PROVIDERS);

				first = s == (up == UINT16_MAX ? o->label[v] : up);
			} else {
				first = s == o->label[v];
			}
			if (first)
				o->list[n++] = v;
		}
		upto = n;
		for (; from < upto; from++) {
			uint32_t u = o->list[from];
			uint32_t who = t->id[u];
			struct offer of = {.seed = o->label[u]};

			if (o->class[u] != CLASS_ORIGIN)
				settle(p, u, TO_PROVIDERS, RELATION_CUSTOMER, full);
			of.seed = o->label[u];
			if (full && !offers(p, u, TO_PROVIDERS, level, &of))
				continue;
			for (uint32_t i = t->provider_off[u]; i < t->provider_off[u + 1]; i++) {
				uint32_t v = t->provider[i];
				uint64_t key;

				if (o->class[v] != CLASS_ORIGIN &&
				    !takes(p, v, u, RELATION_CUSTOMER, &of, mode))
					continue;
				key = full ? key_of(o, v, level + 1, who, &of)
					   : (uint64_t)(level + 1) << KEY_LEN | who;
				if (key >= o->key[v])
					continue;
				if (o->class[v] == CLASS_NONE) {
					o->class[v] = CLASS_CUSTOMER;
					o->list[n++] = v;
				}
				o->key[v] = key;
			}
		}
	}
	free(start);
	return n;
}

/* Across: from those to their peers. Returns how many o->list holds then. */
static inline uint32_t go_across(struct propagation *p, uint32_t n, const enum mode mode)
{
	const bool full = mode == FULL;
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	uint32_t all = n;

	for (uint32_t at = 0; at < n; at++) {
		uint32_t u = o->list[at], who = t->id[u];
		uint32_t len = o->class[u] == CLASS_ORIGIN
				   ? o->seedlen ? o->seedlen[o->label[u]] : 1
				   : (uint32_t)(o->key[u] >> KEY_LEN);
		struct offer of = {.seed = o->label[u], .len = len};

		if (t->peer_off[u] == t->peer_off[u + 1])
			continue;
		if (full && !offers(p, u, TO_PEERS, len, &of))
			continue;
		for (uint32_t i = t->peer_off[u]; i < t->peer_off[u + 1]; i++) {
			uint32_t v = t->peer[i];
			uint64_t key;

			if (o->class[v] > CLASS_PEER)
				continue;
			if (!takes(p, v, u, RELATION_PEER, &of, mode))
				continue;
			key = full ? key_of(o, v, of.len + 1, who, &of)
				   : (uint64_t)(of.len + 1) << KEY_LEN | who;
			if (key >= o->key[v])
				continue;
			if (o->class[v] == CLASS_NONE) {
				o->class[v] = CLASS_PEER;
				o->list[all++] = v;
			}
			o->key[v] = key;
		}
	}
	for (uint32_t at = n; at < all; at++)
		settle(p, o->list[at], TO_PEERS, RELATION_PEER, full);
	return all;
}

/* Down: from all with a route to their customers, transit networks first. */
static inline void go_down(struct propagation *p, uint32_t n, const enum mode mode)
{
	const bool full = mode == FULL;
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	/* Stores of bytes may alias anything, so the compiler would load these again and again. */
	uint8_t *const class = o->class;
	uint64_t *const keys = o->key;
	const uint16_t *const policy = o->policy;
	const uint32_t *const customer = t->customer, *const off = t->customer_off;

	for (uint32_t i = 0; i < o->levels; i++)
		o->nlevel[i] = 0;
	memset(o->told, 0xff, (size_t)t->ntransit * sizeof(*o->told));
	for (uint32_t at = 0; at < n; at++) {
		uint32_t u = o->list[at];
		uint32_t len = (uint32_t)(o->key[u] >> KEY_LEN);

		if (u >= t->ntransit)
			continue;
		if (o->class[u] == CLASS_ORIGIN) {
			struct offer of = {.len = 1};

			if (full && !offers(p, u, TO_CUSTOMERS, 1, &of))
				continue;
			len = of.len;
		}
		level_add(o, len, u);
	}
	for (uint32_t level = 1; level < o->levels; level++) {
		for (uint32_t at = 0; at < o->nlevel[level]; at++) {
			uint32_t u = o->level[level][at], end = off[u + 1];
			uint64_t told = (uint64_t)(level + 1) << KEY_LEN | u;
			struct offer of;
			uint16_t drop;

			if (class[u] == CLASS_PROVIDER)
				settle(p, u, TO_CUSTOMERS, RELATION_PROVIDER, full);
			of.seed = o->label[u];
			if (full && !offers(p, u, TO_CUSTOMERS, level, &of))
				continue;
			o->told[u] = told;
			drop = mode == LITE ? o->drop[of.seed][0] : 0;
			for (uint32_t i = off[u]; i < end; i++) {
				uint32_t v = customer[i];
				uint64_t key = told;

				if (class[v] > CLASS_PROVIDER)
					continue;
				if (mode == LITE && policy[v] & drop)
					continue;
				if (full && !policies_accept(p, v, u, RELATION_PROVIDER, &of))
					continue;
				if (full)
					key = key_of(o, v, level + 1, u, &of);
				if (key >= keys[v])
					continue;
				if (class[v] == CLASS_NONE) {
					class[v] = CLASS_PROVIDER;
					level_add(o, level + 1, v);
				}
				keys[v] = key;
			}
		}
	}
	if (!full)
		return;
	for (uint32_t v = t->ntransit; v < t->n; v++) {
		uint64_t best = KEY_NONE;

		if (o->class[v] != CLASS_NONE)
			continue;
		for (uint32_t i = t->provider_off[v]; i < t->provider_off[v + 1]; i++) {
			uint32_t u = t->provider[i];
			uint64_t key = o->told[u];

			if (key != KEY_NONE) {
				uint32_t level = (uint32_t)(key >> KEY_LEN) - 1;
				struct offer of;

				if (!offers(p, u, TO_CUSTOMERS, level, &of) ||
				    !policies_accept(p, v, u, RELATION_PROVIDER, &of))
					continue;
				key = key_of(o, v, level + 1, u, &of);
			}
			best = key < best ? key : best;
		}
		if (best == KEY_NONE)
			continue;
		o->key[v] = best;
		o->class[v] = CLASS_PROVIDER;
		settle(p, v, TO_CUSTOMERS, RELATION_PROVIDER, full);
	}
}

static inline void give_one(struct propagation *p, uint32_t i)
{
	const struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	uint32_t v = t->id[i], who = (uint32_t)(o->key[i] & KEY_WHO);
	uint8_t class = o->class[i];

	p->class[v] = class;
	p->seed[v] = o->label[i];
	p->len[v] = (uint16_t)(o->key[i] >> KEY_LEN);
	p->next[v] = class == CLASS_PROVIDER ? t->id[who] : who;
	if (class == CLASS_NONE) {
		p->len[v] = 0;
		p->next[v] = ASGRAPH_NONE;
		p->seed[v] = 0;
	} else if (class == CLASS_ORIGIN) {
		p->len[v] = o->seedlen ? o->seedlen[o->label[i]] : 1;
		p->next[v] = v;
	}
	p->reached += class != CLASS_NONE;
}

/* What a stub takes of its n providers, when nothing is asked of offers or one bit is. */
static inline uint64_t best_of(const uint64_t *told, const uint32_t *provider, uint32_t n)
{
	uint64_t best = KEY_NONE;

	for (uint32_t k = 0; k < n; k++) {
		uint64_t key = told[provider[k]];

		best = key < best ? key : best;
	}
	return best;
}

/* The same where announcements are dropped by different policies. */
static uint64_t best_mixed(const struct propagation_own *o, const struct topo *t, uint32_t i)
{
	uint64_t best = KEY_NONE;

	for (uint32_t at = t->provider_off[i]; at < t->provider_off[i + 1]; at++) {
		uint32_t u = t->provider[at];

		if (o->told[u] < best && !(o->policy[i] & o->drop[o->label[u]][0]))
			best = o->told[u];
	}
	return best;
}

/* Where results go, as the compiler would not know that stores leave the pointers alone. */
struct give {
	uint8_t *class;
	uint16_t *len, *seed;
	uint32_t *next;
	const uint32_t *id, *provider, *off;
	const uint16_t *label;
};

static inline bool give_stub(const struct give *g, uint32_t i, uint64_t best, bool labels)
{
	uint32_t v = g->id[i], who = (uint32_t)(best & KEY_WHO);

	if (best == KEY_NONE) {
		g->class[v] = CLASS_NONE;
		g->len[v] = 0;
		g->next[v] = ASGRAPH_NONE;
		g->seed[v] = 0;
		return false;
	}
	g->class[v] = CLASS_PROVIDER;
	g->len[v] = (uint16_t)(best >> KEY_LEN);
	g->next[v] = g->id[who];
	if (labels)
		g->seed[v] = g->label[who];
	return true;
}

/* Stubs [i, end), which have n providers each. */
static inline uint32_t give_group(const struct propagation *p, const struct give *g, uint32_t i,
				  uint32_t end, const uint32_t n, const enum mode mode,
				  const bool labels, uint32_t *reached)
{
	const struct propagation_own *o = p->own;
	const uint64_t *told[2] = {o->told, o->fine};
	const uint16_t *policy = o->policy;
	const uint16_t dropped = o->dropped;
	const struct give to = *g;
	uint32_t sum = 0, at = to.off[i];

	for (; i < end; i++, at += n) {
		bool drops = mode == LITE && policy[i] & dropped;

		sum += give_stub(&to, i, best_of(told[drops], to.provider + at, n), labels);
	}
	*reached += sum;
	return end;
}

/* The last sweeps: stubs take the best of their providers, straight to the result. */
static inline void give_stubs(struct propagation *p, const enum mode mode, const bool labels)
{
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;
	uint32_t reached = 0, from = t->ntransit;
	struct give g = {p->class, p->len,	p->seed,	 p->next,
			 t->id,	   t->provider, t->provider_off, o->label};

	if (mode == LITE) {
		memcpy(o->fine, o->told, (size_t)t->ntransit * sizeof(*o->fine));
		for (uint32_t u = 0; u < t->ntransit; u++)
			if (o->told[u] != KEY_NONE && o->drop[o->label[u]][0])
				o->fine[u] = KEY_NONE;
	}
	if (!labels)
		memset(p->seed, 0, (size_t)t->n * sizeof(*p->seed));
	if (mode == PLAIN || o->alike) {
		from = give_group(p, &g, from, t->stubs[0], 1, mode, labels, &reached);
		from = give_group(p, &g, from, t->stubs[1], 2, mode, labels, &reached);
		from = give_group(p, &g, from, t->stubs[2], 3, mode, labels, &reached);
	}
	for (uint32_t i = from; i < t->n; i++) {
		uint32_t n = t->provider_off[i + 1] - t->provider_off[i];

		if (o->class[i] != CLASS_NONE)
			give_one(p, i);
		else if (mode == LITE && !o->alike)
			reached += give_stub(&g, i, best_mixed(o, t, i), labels);
		else
			give_group(p, &g, i, i + 1, n, mode, labels, &reached);
	}
	/* Of the first three kinds only origins have another route than the best of their
	 * providers. */
	for (unsigned s = 0; s < o->nseed; s++) {
		uint32_t v = o->seed[s].id, i = t->index[v];

		if (i < from && i >= t->ntransit && p->class[v] != CLASS_ORIGIN &&
		    o->class[i] == CLASS_ORIGIN) {
			reached -= p->class[v] != CLASS_NONE;
			give_one(p, i);
		}
	}
	p->reached += reached;
}

static void give_out(struct propagation *p, enum mode mode)
{
	bool full = mode == FULL;
	struct propagation_own *o = p->own;
	const struct topo *t = p->topo;

	p->reached = 0;
	for (uint32_t i = 0; i < (full ? t->n : t->ntransit); i++)
		give_one(p, i);
	if (mode == PLAIN && o->nseed == 1)
		give_stubs(p, PLAIN, false);
	else if (mode == PLAIN)
		give_stubs(p, PLAIN, true);
	else if (mode == LITE)
		give_stubs(p, LITE, true);
	if (o->policies) {
		if (!p->otc)
			p->otc = mem_zero((size_t)t->n + 1, sizeof(*p->otc));
		for (uint32_t i = 0; i < t->n && full; i++)
			p->otc[t->id[i]] = o->class[i] == CLASS_NONE ? 0 : o->mark[i].otc;
		if (!full)
			memset(p->otc, 0, t->n * sizeof(*p->otc));
	}
}

void propagation_run(struct propagation *p, const struct seed *seed, unsigned nseed, enum ties ties,
		     unsigned about)
{
	struct propagation_own *o = p->own;
	size_t n = p->topo->n;
	bool full = ties != TIES_LOWEST_ASN || (o->policies && o->all & ~LITE_POLICIES);
	enum mode mode;
	uint32_t all;

	assert(nseed && nseed < SEEDS_MAX);
	o->seed = seed;
	o->nseed = nseed;
	o->ties = ties;
	o->about = about;
	for (unsigned s = 0; s < nseed; s++)
		full = full || seed[s].path || seed[s].policy_skip || seed[s].otc ||
		       (seed[s].to && seed[s].to != TO_ALL);
	mode = full ? FULL : o->policies ? LITE : PLAIN;
	/* Stubs without peers have no key but an origin's, and labels are those of keys. */
	memset(o->key, 0xff, p->topo->ntransit * sizeof(*o->key));
	memset(o->key + p->topo->stubs[3], 0xff, (n - p->topo->stubs[3]) * sizeof(*o->key));
	memset(o->class, 0, n);
	free(o->seedlen);
	o->seedlen = NULL;
	if (mode == FULL) {
		o->seedlen = mem_zero(nseed, sizeof(*o->seedlen));
		o->seedmark = mem_grow(o->seedmark, nseed, sizeof(*o->seedmark));
		o->seedhead = mem_grow(o->seedhead, nseed, sizeof(*o->seedhead));
		o->stripped = mem_grow(o->stripped, nseed, sizeof(*o->stripped));
		for (unsigned s = 0; s < nseed; s++)
			policies_seed(p, s);
		if (o->policies && !o->mark)
			o->mark = mem_zero(n + 1, sizeof(*o->mark));
		all = go_up(p, FULL);
		all = go_across(p, all, FULL);
		go_down(p, all, FULL);
	} else if (mode == LITE) {
		o->drop = mem_grow(o->drop, nseed, sizeof(*o->drop));
		o->alike = true;
		o->dropped = 0;
		for (unsigned s = 0; s < nseed; s++) {
			uint16_t drop = refusers(&seed[s]);

			drop |= seed[s].invalid ? POLICY_ROV | POLICY_ROVPP : 0;
			o->alike = o->alike && (!drop || !o->dropped || drop == o->dropped);
			o->dropped |= drop;
			o->drop[s][0] = drop;
			o->drop[s][1] = drop | (seed[s].invalid ? POLICY_PEER_ROV : 0);
		}
		all = go_up(p, LITE);
		all = go_across(p, all, LITE);
		go_down(p, all, LITE);
	} else {
		all = go_up(p, PLAIN);
		all = go_across(p, all, PLAIN);
		go_down(p, all, PLAIN);
	}
	give_out(p, mode);
}

size_t propagation_path(const struct propagation *p, uint32_t v, uint32_t *out, size_t max)
{
	const struct asgraph *g = p->topo->graph;
	const struct seed *seed = &p->own->seed[p->seed[v]];
	size_t n = 0;

	if (p->class[v] == CLASS_NONE)
		return 0;
	while (p->class[v] != CLASS_ORIGIN) {
		if (n < max)
			out[n] = g->asn[v];
		n++;
		v = p->next[v];
	}
	if (!seed->path) {
		if (n < max)
			out[n] = g->asn[v];
		return n + 1;
	}
	for (uint32_t i = 0; i < seed->npath; i++, n++)
		if (n < max)
			out[n] = seed->path[i];
	return n;
}
