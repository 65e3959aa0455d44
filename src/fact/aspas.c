/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/aspas.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

/* One row a (customer, provider) until aspas_ready(). */
struct pair {
	uint32_t customer, provider;
	bool local;
};

struct aspas {
	struct pair *pair;
	size_t npair, pair_cap;
	uint32_t *gone; /* filtered customers */
	size_t ngone, gone_cap;
	struct aspa *at; /* by customer */
	size_t n;
	uint32_t *provider;
	uint32_t *slot; /* index + 1 in at, 0 empty; a power of two, at least twice n */
	size_t nslot;
	bool ready;
};

struct aspas *aspas_new(void)
{
	return mem_zero(1, sizeof(struct aspas));
}

void aspas_free(struct aspas *a)
{
	if (!a)
		return;
	free(a->pair);
	free(a->gone);
	free(a->at);
	free(a->provider);
	free(a->slot);
	free(a);
}

void aspas_add(struct aspas *a, const struct aspa *aspa)
{
	assert(!a->ready);
	for (uint32_t i = 0; i < aspa->nprovider; i++) {
		mem_room(&a->pair, &a->pair_cap, a->npair + 1);
		a->pair[a->npair++] = (struct pair){aspa->customer, aspa->provider[i], aspa->local};
	}
	/* No provider at all says the same as AS0. */
	if (!aspa->nprovider) {
		mem_room(&a->pair, &a->pair_cap, a->npair + 1);
		a->pair[a->npair++] = (struct pair){aspa->customer, 0, aspa->local};
	}
}

void aspas_filter(struct aspas *a, const struct filter *f)
{
	if (!f->aspa || !f->has_asn)
		return;
	mem_room(&a->gone, &a->gone_cap, a->ngone + 1);
	a->gone[a->ngone++] = f->asn;
}

size_t aspas_feed(struct aspas *a, const struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nfact; i++) {
		if (f->fact[i].kind == FACT_ASPA) {
			aspas_add(a, &f->fact[i].aspa);
			n++;
		} else if (f->fact[i].kind == FACT_FILTER) {
			aspas_filter(a, &f->fact[i].filter);
		}
	}
	return n;
}

static bool filtered(const struct aspas *a, const struct pair *p)
{
	for (size_t i = 0; i < a->ngone && !p->local; i++)
		if (a->gone[i] == p->customer)
			return true;
	return false;
}

static int by_customer(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	if (x->provider != y->provider)
		return x->provider < y->provider ? -1 : 1;
	return x->local - y->local;
}

static size_t slot_of(const struct aspas *a, uint32_t customer)
{
	size_t i = hash_u64(customer) & (a->nslot - 1);

	while (a->slot[i] && a->at[a->slot[i] - 1].customer != customer)
		i = (i + 1) & (a->nslot - 1);
	return i;
}

void aspas_ready(struct aspas *a)
{
	size_t kept = 0, np = 0;

	assert(!a->ready);
	a->ready = true;
	for (size_t i = 0; i < a->npair; i++)
		if (!filtered(a, &a->pair[i]))
			a->pair[kept++] = a->pair[i];
	if (kept)
		qsort(a->pair, kept, sizeof(*a->pair), by_customer);
	a->provider = mem_alloc((kept + 1) * sizeof(*a->provider));
	a->at = mem_alloc((kept + 1) * sizeof(*a->at));
	for (size_t i = 0; i < kept; i++) {
		const struct pair *p = &a->pair[i];
		struct aspa *aspa;

		if (!i || a->pair[i - 1].customer != p->customer)
			a->at[a->n++] =
			    (struct aspa){.customer = p->customer, .provider = a->provider + np};
		else if (a->pair[i - 1].provider == p->provider)
			continue;
		aspa = &a->at[a->n - 1];
		aspa->local |= p->local;
		aspa->nprovider++;
		a->provider[np++] = p->provider;
	}
	free(a->pair);
	a->pair = NULL;
	for (a->nslot = 16; a->nslot < a->n * 2; a->nslot *= 2)
		;
	a->slot = mem_zero(a->nslot, sizeof(*a->slot));
	for (size_t i = 0; i < a->n; i++)
		a->slot[slot_of(a, a->at[i].customer)] = (uint32_t)i + 1;
}

size_t aspas_count(const struct aspas *a)
{
	return a->n;
}

const struct aspa *aspas_at(const struct aspas *a, size_t i)
{
	assert(i < a->n);
	return &a->at[i];
}

const struct aspa *aspas_of(const struct aspas *a, uint32_t customer)
{
	uint32_t i;

	if (!a)
		return NULL;
	assert(a->ready);
	i = a->slot[slot_of(a, customer)];
	return i ? &a->at[i - 1] : NULL;
}

enum aspa_hop aspas_hop(const struct aspas *a, uint32_t customer, uint32_t provider)
{
	const struct aspa *aspa = aspas_of(a, customer);
	uint32_t lo = 0, hi;

	if (!aspa)
		return HOP_NO_ATTESTATION;
	hi = aspa->nprovider;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (aspa->provider[mid] < provider)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* AS0 is nobody's provider, even where an ASPA lists it. */
	return provider && lo < aspa->nprovider && aspa->provider[lo] == provider
		   ? HOP_PROVIDER
		   : HOP_NOT_PROVIDER;
}
