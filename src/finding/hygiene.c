/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/hygiene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fact/bogon.h"

struct pile {
	struct origination *at;
	size_t n, cap;
};

struct hygiene {
	bool (*wanted)(uint32_t asn, void *arg);
	void *arg;
	struct pile own, carried, invalid;
	struct told_bogon *bogon;
	size_t nbogon, bogon_cap;
	bool v4, v6;
	uint32_t watched; /* 0: none */
	const struct vrps *vrps;
	struct origination last; /* whose state is known */
};

struct hygiene *hygiene_new(bool (*wanted)(uint32_t asn, void *arg), void *arg)
{
	struct hygiene *h = mem_zero(1, sizeof(*h));

	h->wanted = wanted;
	h->arg = arg;
	return h;
}

void hygiene_free(struct hygiene *h)
{
	if (!h)
		return;
	free(h->own.at);
	free(h->carried.at);
	free(h->invalid.at);
	free(h->bogon);
	free(h);
}

static int by_origin(const void *a, const void *b)
{
	const struct origination *x = a, *y = b;

	if (x->origin != y->origin)
		return x->origin < y->origin ? -1 : 1;
	return prefix_cmp(x->prefix, y->prefix);
}

static int by_teller(const void *a, const void *b)
{
	const struct told_bogon *x = a, *y = b;

	if (x->by != y->by)
		return x->by < y->by ? -1 : 1;
	if (x->prefix_is != y->prefix_is)
		return x->prefix_is ? -1 : 1;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	return prefix_cmp(x->prefix, y->prefix);
}

static size_t each_once(void *at, size_t n, size_t size, int (*order)(const void *, const void *))
{
	uint8_t *p = at;
	size_t kept = 0;

	if (n)
		qsort(p, n, size, order);
	for (size_t i = 0; i < n; i++) {
		if (kept && !order(p + (kept - 1) * size, p + i * size))
			continue;
		memmove(p + kept++ * size, p + i * size, size);
	}
	return kept;
}

/* The same route comes once a peer: doubles go before there is more memory, and no more often
 * than the array doubles. */
static void pile_add(struct pile *x, struct prefix p, uint32_t origin)
{
	if (x->n && x->at[x->n - 1].origin == origin && prefix_eq(x->at[x->n - 1].prefix, p))
		return;
	if (x->n == x->cap && x->n) {
		x->n = each_once(x->at, x->n, sizeof(*x->at), by_origin);
		if (x->n > x->cap / 2)
			mem_room(&x->at, &x->cap, x->cap + 1);
	} else {
		mem_room(&x->at, &x->cap, x->n + 1);
	}
	x->at[x->n++] = (struct origination){.prefix = p, .origin = origin};
}

static void pile_ready(struct pile *x, const struct vrps *v)
{
	x->n = each_once(x->at, x->n, sizeof(*x->at), by_origin);
	for (size_t i = 0; i < x->n; i++) {
		enum rov_reason why = ROV_OK;

		x->at[i].state = (uint8_t)vrps_validate(v, x->at[i].prefix, x->at[i].origin, &why);
		x->at[i].why = (uint8_t)why;
		x->at[i].bogon = (uint8_t)bogon_prefix(x->at[i].prefix, NULL);
	}
}

void hygiene_watch(struct hygiene *h, uint32_t asn, const struct vrps *v)
{
	h->watched = asn;
	h->vrps = v;
}

/* Of the watched network: what it passes on, and what is invalid at all. */
static void watched(struct hygiene *h, const struct path *path, struct prefix p)
{
	if (!path->origin || path->origin == h->watched)
		return;
	for (uint16_t k = 0; k < path->nflat; k++)
		if (path->flat[k] == h->watched) {
			pile_add(&h->carried, p, path->origin);
			break;
		}
	if (!h->vrps)
		return;
	/* A table has the same prefix of the same origin from one peer after the other. */
	if (h->last.origin != path->origin || !prefix_eq(h->last.prefix, p))
		h->last = (struct origination){
		    .prefix = p,
		    .origin = path->origin,
		    .state = (uint8_t)vrps_validate(h->vrps, p, path->origin, NULL)};
	if (h->last.state == ROV_INVALID)
		pile_add(&h->invalid, p, path->origin);
}

static void told(struct hygiene *h, uint32_t by, uint32_t asn, struct prefix p, bool prefix_is)
{
	if (!h->wanted(by, h->arg))
		return;
	if (h->nbogon == h->bogon_cap && h->nbogon) {
		h->nbogon = each_once(h->bogon, h->nbogon, sizeof(*h->bogon), by_teller);
		if (h->nbogon > h->bogon_cap / 2)
			mem_room(&h->bogon, &h->bogon_cap, h->bogon_cap + 1);
	} else {
		mem_room(&h->bogon, &h->bogon_cap, h->nbogon + 1);
	}
	h->bogon[h->nbogon++] =
	    (struct told_bogon){.by = by, .asn = asn, .prefix = p, .prefix_is = prefix_is};
}

void hygiene_feed(struct hygiene *h, const struct facts *f)
{
	for (size_t i = 0; i < f->nroute; i++) {
		const struct route *r = &f->route[i];
		const struct path *path;

		if (r->kind == ROUTE_WITHDRAW || !r->attrs || r->safi != 1 || !r->prefix.len)
			continue;
		path = &r->attrs->path;
		*(r->prefix.v6 ? &h->v6 : &h->v4) = true;
		if (path->origin && h->wanted(path->origin, h->arg))
			pile_add(&h->own, r->prefix, path->origin);
		if (h->watched)
			watched(h, path, r->prefix);
		/* Who tells on what a bogon ASN told it. */
		for (uint16_t k = 1; k < path->nflat; k++)
			if (bogon_asn(path->flat[k], NULL) == BOGON_FULL &&
			    bogon_asn(path->flat[k - 1], NULL) == BOGON_NONE)
				told(h, path->flat[k - 1], path->flat[k], r->prefix, false);
		if (path->nflat > 1 && bogon_prefix(r->prefix, NULL) == BOGON_FULL)
			told(h, path->flat[path->nflat - 2], path->flat[path->nflat - 1], r->prefix,
			     true);
	}
}

void hygiene_ready(struct hygiene *h, const struct vrps *v)
{
	pile_ready(&h->own, v);
	pile_ready(&h->carried, v);
	pile_ready(&h->invalid, v);
	h->nbogon = each_once(h->bogon, h->nbogon, sizeof(*h->bogon), by_teller);
}

void hygiene_carried(const struct hygiene *h, struct hygiene_carried *out)
{
	*out = (struct hygiene_carried){.routes = (uint32_t)h->carried.n, .at = h->carried.at};
	for (size_t i = 0; i < h->carried.n; i++) {
		out->valid += h->carried.at[i].state == ROV_VALID;
		out->invalid += h->carried.at[i].state == ROV_INVALID;
	}
	out->elsewhere = (uint32_t)h->invalid.n - out->invalid;
}

const struct origination *hygiene_at(const struct hygiene *h, size_t *n)
{
	*n = h->own.n;
	return h->own.at;
}

const struct told_bogon *hygiene_bogons(const struct hygiene *h, size_t *n)
{
	*n = h->nbogon;
	return h->bogon;
}

bool hygiene_has_v4(const struct hygiene *h)
{
	return h->v4;
}

bool hygiene_has_v6(const struct hygiene *h)
{
	return h->v6;
}

void hygiene_add_up(const struct hygiene *h, uint32_t origin, struct hygiene_sum *out)
{
	uint32_t last = 0, last_v6 = 0; /* ASN 0 originates nothing */

	*out = (struct hygiene_sum){0};
	for (size_t i = 0; i < h->own.n; i++) {
		const struct origination *o = &h->own.at[i];

		if (origin != HYGIENE_ALL && o->origin != origin)
			continue;
		out->networks += o->origin != last;
		last = o->origin;
		if (o->prefix.v6) {
			out->networks_v6 += o->origin != last_v6;
			last_v6 = o->origin;
		}
		++*(o->prefix.v6 ? &out->v6 : &out->v4);
		++*(o->state == ROV_VALID	? &out->valid
		    : o->state == ROV_INVALID	? &out->invalid
		    : o->state == ROV_NOT_FOUND ? &out->not_found
						: &out->unknown);
		if (o->state == ROV_INVALID)
			++*(o->why == ROV_AS0		 ? &out->as0
			    : o->why == ROV_TOO_SPECIFIC ? &out->too_specific
							 : &out->wrong_origin);
		out->bogons += o->bogon == BOGON_FULL;
	}
}

static int by_first(const void *a, const void *b)
{
	const struct hygiene_span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

double hygiene_incidents(struct hygiene_span *s, size_t n)
{
	double raw = 0;

	if (n)
		qsort(s, n, sizeof(*s), by_first);
	for (size_t i = 0; i < n;) {
		int64_t first = s[i].first, last = s[i].last, day = 86400 * SECOND;

		for (i++; i < n && s[i].first <= last; i++)
			if (s[i].last > last)
				last = s[i].last;
		raw += last - first < 1800 * SECOND ? .5
		       : last - first < day	    ? 1
						    : 1 + (double)((last - first) / day);
	}
	return raw;
}

double hygiene_score(double raw)
{
	return 100 * exp(-.7224 * sqrt(raw));
}
