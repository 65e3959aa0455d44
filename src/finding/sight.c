/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/sight.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fact/geo.h"

struct outage *outage_new(void)
{
	struct outage *o = mem_zero(1, sizeof(*o));

	o->bin = o->based = o->moved = TIME_NONE;
	o->width = 1;
	for (int f = 0; f < 2; f++)
		o->feed[f] = mem_zero(PEERS, sizeof(*o->feed[f]));
	return o;
}

void outage_free(struct outage *o)
{
	if (!o)
		return;
	free(o->bits);
	free(o->ways.at);
	free(o->feed[0]);
	free(o->feed[1]);
	free(o->count);
	free(o->as_of);
	free(o->cc_of);
	free(o->gone);
	free(o->group);
	slots_free(&o->slots);
	free(o->log);
	free(o->series);
	free(o->episode);
	free(o);
}

void outage_rest(struct outage *o)
{
	if (o->started)
		return;
	free(o->bits);
	o->bits = NULL;
	o->rows = o->cap_rows = 0;
}

uint8_t *sight_bits(struct outage *o, uint32_t prefix, uint16_t peer)
{
	if (peer >= o->width * 8) {
		uint32_t width = o->width;
		uint8_t *wide;

		while (peer >= width * 8)
			width *= 2;
		wide = mem_zero((size_t)o->cap_rows * width + 1, sizeof(*wide));
		for (uint32_t i = 0; i < o->rows; i++)
			memcpy(wide + (size_t)i * width, o->bits + (size_t)i * o->width, o->width);
		free(o->bits);
		o->bits = wide;
		o->width = width;
	}
	if (prefix >= o->rows) {
		if (prefix >= o->cap_rows) {
			uint32_t cap = prefix + prefix / 4 + 256;

			o->bits = mem_grow(o->bits, (size_t)cap * o->width, sizeof(*o->bits));
			o->cap_rows = cap;
		}
		memset(o->bits + (size_t)o->rows * o->width, 0,
		       (size_t)(prefix + 1 - o->rows) * o->width);
		o->rows = prefix + 1;
	}
	return &o->bits[(size_t)prefix * o->width + peer / 8];
}

bool sight_has(const struct outage *o, uint32_t prefix, uint16_t peer)
{
	return prefix < o->rows && peer < o->width * 8 &&
	       o->bits[(size_t)prefix * o->width + peer / 8] >> (peer % 8) & 1;
}

uint64_t sight_addresses(struct prefix p)
{
	return p.v6 ? 0 : UINT64_C(1) << (32 - p.len);
}

static uint64_t addresses(const struct watch *w, uint32_t prefix)
{
	return sight_addresses(watch_prefix(w, prefix));
}

void sight_index(struct outage *o)
{
	for (uint32_t i = 0; i < o->ngroup; i++) {
		uint64_t h = hash_u64(o->group[i].key);
		uint32_t at = (uint32_t)h & o->slots.mask;

		while (o->slots.at[at])
			at = (at + 1) & o->slots.mask;
		o->slots.at[at] = h >> 32 << 32 | (i + 1);
		o->slots.n++;
	}
}

uint32_t sight_group(struct outage *o, uint64_t key)
{
	uint64_t h = hash_u64(key);
	uint32_t i = (uint32_t)h & o->slots.mask, at, before = o->slots.mask;

	while (o->slots.mask && (at = slots_next(&o->slots, h, &i)) != NONE)
		if (o->group[at].key == key)
			return at;
	mem_room(&o->group, &o->cap_group, o->ngroup + 1);
	o->group[o->ngroup] = (struct group){.key = key};
	slots_grow(&o->slots, o->slots.n + 1);
	if (o->slots.mask != before) {
		o->ngroup++;
		sight_index(o);
		return o->ngroup - 1;
	}
	i = (uint32_t)h & o->slots.mask;
	while (o->slots.at[i])
		i = (i + 1) & o->slots.mask;
	o->slots.at[i] = h >> 32 << 32 | (o->ngroup + 1);
	o->slots.n++;
	return o->ngroup++;
}

static bool visible(const struct outage *o, const struct watch *w, uint32_t prefix)
{
	return o->count[prefix] * 2u >= o->nfull[wprefix_at(w, prefix)->pair.v6];
}

static void group_add(struct outage *o, const struct watch *w, uint32_t prefix, int by)
{
	uint32_t g[2] = {o->as_of[prefix], o->cc_of[prefix]};

	for (int i = 0; i < 2; i++)
		if (g[i] != NONE) {
			struct group *x = &o->group[g[i]];

			x->now += (uint32_t)by;
			x->now_addr += by > 0 ? addresses(w, prefix) : -addresses(w, prefix);
			x->dirty = 1;
		}
}

static uint64_t country_key(const char cc[3])
{
	return UINT64_C(1) << 63 | (uint64_t)(uint8_t)cc[0] << 8 | (uint8_t)cc[1];
}

/* Arrays by prefix follow the watch's; what is new belongs to no group yet. */
static void grow(struct outage *o, uint32_t n)
{
	if (n > o->cap_prefix) {
		o->cap_prefix = n + n / 4 + 256;
		o->count = mem_grow(o->count, o->cap_prefix, sizeof(*o->count));
		o->as_of = mem_grow(o->as_of, o->cap_prefix, sizeof(*o->as_of));
		o->cc_of = mem_grow(o->cc_of, o->cap_prefix, sizeof(*o->cc_of));
		o->gone = mem_grow(o->gone, o->cap_prefix, sizeof(*o->gone));
	}
	for (; o->nprefix < n; o->nprefix++) {
		o->count[o->nprefix] = 0;
		o->as_of[o->nprefix] = o->cc_of[o->nprefix] = NONE;
		o->gone[o->nprefix] = 0;
	}
}

const struct pair *sight_owner(const struct watch *w, uint32_t prefix)
{
	const struct pair *best = NULL;

	for (const struct pair *p = watch_pair(w, prefix, NULL); p; p = watch_pair(w, prefix, p)) {
		bool valid = p->rov == ROV_VALID, was = best && best->rov == ROV_VALID;

		if (p->origin &&
		    (!best || (valid && !was) ||
		     (valid == was && (p->first < best->first ||
				       (p->first == best->first && p->origin < best->origin)))))
			best = p;
	}
	return best;
}

void sight_rebase(struct outage *o, struct watch *w, int64_t now)
{
	grow(o, w->nprefix);
	for (uint32_t i = 0; i < o->nprefix && i < o->rows; i++) {
		char cc[3];
		struct prefix p = watch_prefix(w, i);

		if (o->as_of[i] != NONE || !sight_owner(w, i) || !visible(o, w, i) || !o->count[i])
			continue;
		o->as_of[i] = sight_group(o, sight_owner(w, i)->origin);
		if (w->k->geo && geo_find(w->k->geo, (struct addr){p.hi, p.lo, p.v6}, cc))
			o->cc_of[i] = sight_group(o, country_key(cc));
		o->gone[i] = 0;
		group_add(o, w, i, 1);
	}
	for (uint32_t i = 0; i < o->ngroup; i++) {
		struct group *g = &o->group[i];

		g->dirty = 0;
		if (g->open)
			continue;
		g->base = g->now;
		g->base_addr = g->now_addr;
	}
	o->based = now;
}

void sight_recount(struct outage *o, struct watch *w)
{
	size_t part = o->width < sizeof(uint64_t) ? o->width : sizeof(uint64_t);
	uint8_t *mask[2];

	for (int f = 0; f < 2; f++) {
		mask[f] = mem_zero(o->width, sizeof(*mask[f]));
		o->nfull[f] = 0;
		for (uint32_t p = 0; p < o->width * 8 && p < PEERS; p++)
			if (o->feed[f][p].state == PEER_COUNTED) {
				mask[f][p / 8] |= (uint8_t)(1u << (p % 8));
				o->nfull[f]++;
			}
	}
	grow(o, w->nprefix);
	for (uint32_t i = 0; i < o->nprefix && i < o->rows; i++) {
		const uint8_t *row = o->bits + (size_t)i * o->width,
			      *m = mask[wprefix_at(w, i)->pair.v6];
		bool was = !o->gone[i], is;
		uint16_t n = 0;

		for (uint32_t x = 0; x < o->width; x += (uint32_t)part) {
			uint64_t a = 0, b = 0;

			memcpy(&a, row + x, part);
			memcpy(&b, m + x, part);
			n += (uint16_t)__builtin_popcountll(a & b);
		}
		o->count[i] = n;
		is = visible(o, w, i);
		if (o->as_of[i] != NONE && was != is) {
			o->gone[i] = is ? 0 : w->end;
			group_add(o, w, i, is ? 1 : -1);
		}
	}
	free(mask[0]);
	free(mask[1]);
}

static void change(struct outage *o, struct watch *w, uint32_t prefix, uint16_t peer, bool up)
{
	struct feed *f = &o->feed[wprefix_at(w, prefix)->pair.v6][peer];
	bool was;

	f->held += up ? 1 : (uint32_t)-1;
	if (f->held > f->high)
		f->high = f->held;
	if (!o->started || f->state != PEER_COUNTED)
		return;
	grow(o, prefix + 1);
	was = visible(o, w, prefix);
	o->count[prefix] += up ? 1 : (uint16_t)-1;
	if (o->as_of[prefix] == NONE)
		return;
	if (o->nlog < WATCH_LOG) {
		mem_room(&o->log, &o->cap_log, o->nlog + 1);
		o->log[o->nlog++] = (struct change){.time = w->facts->time,
						    .ev = watch_evidence(w),
						    .prefix = prefix,
						    .peer = peer,
						    .up = up};
	}
	if (was != visible(o, w, prefix)) {
		o->gone[prefix] = was ? w->facts->time : 0;
		group_add(o, w, prefix, was ? -1 : 1);
	}
}

void outage_route(struct outage *o, struct watch *w, const struct route *r, uint32_t prefix)
{
	uint8_t *byte, bit = (uint8_t)(1u << (r->peer % 8));
	/* RFC 7606: one with a grave fault is a withdrawal, though its attributes are there. */
	bool up = r->attrs && r->kind != ROUTE_WITHDRAW;

	if (!r->peer)
		return; /* no peer known */
	if (__builtin_expect(r->flags & ROUTE_PATH_ID, 0))
		up = ways_set(&o->ways, prefix, r->peer, r->path_id, up);
	byte = sight_bits(o, prefix, r->peer);
	if (((*byte & bit) != 0) == up)
		return;
	*byte ^= bit;
	change(o, w, prefix, r->peer, up);
}

void outage_sessions(struct outage *o, struct watch *w, const struct facts *f)
{
	bool any = false;

	for (size_t i = 0; i < f->nfact; i++) {
		const struct session *s = &f->fact[i].session;

		if (f->fact[i].kind != FACT_SESSION || s->to == 6 || !s->peer ||
		    s->peer >= o->width * 8)
			continue;
		/* Down: nothing that it had is known any more. */
		ways_forget(&o->ways, s->peer);
		for (uint32_t p = 0; p < o->rows; p++)
			o->bits[(size_t)p * o->width + s->peer / 8] &=
			    (uint8_t) ~(1u << (s->peer % 8));
		for (int v = 0; v < 2; v++) {
			struct feed *x = &o->feed[v][s->peer];

			any |= x->state == PEER_COUNTED;
			x->held = 0;
			if (x->state == PEER_COUNTED)
				x->state = PEER_AWAY;
		}
	}
	if (any)
		o->moved = w->end;
	if (any && o->started)
		sight_recount(o, w);
}
