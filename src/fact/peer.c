/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "fact/route.h"

/* Index 0 is the unknown peer; slots hold indices, 0 is empty. */
struct peers {
	struct peer *at;
	size_t n, cap;
	uint16_t *slot;
	uint16_t *place; /* the first peer with a collector and address, whatever its ASN */
	size_t nslot;	 /* a power of two, at least four times n */
	uint64_t placed[65536 / 64];
	bool apart; /* placed ones are not looked for among the others */
	struct arena names;
};

struct peers *peers_new(void)
{
	struct peers *ps = mem_zero(1, sizeof(*ps));

	ps->nslot = 256;
	ps->slot = mem_zero(ps->nslot, sizeof(*ps->slot));
	ps->place = mem_zero(ps->nslot, sizeof(*ps->place));
	mem_room(&ps->at, &ps->cap, (size_t)1);
	ps->at[0] = (struct peer){.collector = ""};
	ps->n = 1;
	return ps;
}

void peers_free(struct peers *ps)
{
	if (!ps)
		return;
	arena_free(&ps->names);
	free(ps->slot);
	free(ps->place);
	free(ps->at);
	free(ps);
}

static bool same_place(const struct peer *a, const struct peer *b)
{
	return a->addr.hi == b->addr.hi && a->addr.lo == b->addr.lo && a->addr.v6 == b->addr.v6 &&
	       !strcmp(a->collector, b->collector);
}

static uint64_t peer_hash(const struct peer *p, uint32_t asn)
{
	uint64_t h = hash_u64(p->addr.hi ^ p->addr.lo * 31 ^ (uint64_t)asn << 8 ^ p->addr.v6);

	return hash_bytes(p->collector, strlen(p->collector), h);
}

static bool is_placed(const struct peers *ps, uint16_t i)
{
	return ps->placed[i >> 6] >> (i & 63) & 1;
}

static size_t find(const struct peers *ps, const struct peer *p, bool placed)
{
	size_t i = peer_hash(p, p->asn) & (ps->nslot - 1);

	for (; ps->slot[i]; i = (i + 1) & (ps->nslot - 1)) {
		const struct peer *q = &ps->at[ps->slot[i]];

		if (q->asn == p->asn && same_place(q, p) &&
		    (!ps->apart || is_placed(ps, ps->slot[i]) == placed))
			break;
	}
	return i;
}

static size_t find_place(const struct peers *ps, const struct peer *p)
{
	size_t i = peer_hash(p, 0) & (ps->nslot - 1);

	while (ps->place[i] && !same_place(&ps->at[ps->place[i]], p))
		i = (i + 1) & (ps->nslot - 1);
	return i;
}

static void enter(struct peers *ps, uint16_t i)
{
	size_t place = find_place(ps, &ps->at[i]);

	ps->slot[find(ps, &ps->at[i], is_placed(ps, i))] = i;
	if (!ps->place[place] && (!ps->apart || is_placed(ps, i)))
		ps->place[place] = i;
}

static void rehash(struct peers *ps, size_t nslot)
{
	free(ps->slot);
	free(ps->place);
	ps->nslot = nslot;
	ps->slot = mem_zero(nslot, sizeof(*ps->slot));
	ps->place = mem_zero(nslot, sizeof(*ps->place));
	for (size_t i = 1; i < ps->n; i++)
		enter(ps, (uint16_t)i);
}

static uint16_t intern(struct peers *ps, const struct peer *p, bool placed)
{
	struct peer new = *p;
	size_t i;

	if (!new.collector)
		new.collector = "";
	i = find(ps, &new, placed);
	if (ps->slot[i])
		return ps->slot[i];
	if (ps->n > UINT16_MAX)
		return 0;
	if ((ps->n + 1) * 4 > ps->nslot)
		rehash(ps, ps->nslot * 2);
	new.collector = arena_text(&ps->names, new.collector);
	mem_room(&ps->at, &ps->cap, ps->n + 1);
	ps->at[ps->n] = new;
	if (placed)
		ps->placed[ps->n >> 6] |= UINT64_C(1) << (ps->n & 63);
	enter(ps, (uint16_t)ps->n);
	return (uint16_t)ps->n++;
}

uint16_t peers_intern(struct peers *ps, const struct peer *p)
{
	return intern(ps, p, false);
}

void peers_apart(struct peers *ps)
{
	ps->apart = true;
}

uint16_t peers_place(struct peers *ps, const struct peer *p)
{
	struct peer want = *p, *q;
	uint16_t i;

	if (!want.collector)
		want.collector = "";
	i = ps->place[find_place(ps, &want)];
	if (!i)
		return intern(ps, &want, true);
	q = &ps->at[i];
	if (!q->asn && want.asn) {
		/* Its old slot stays and is passed by: there is room for two of each. */
		q->asn = want.asn;
		enter(ps, i);
	}
	return i;
}

const struct peer *peers_at(const struct peers *ps, uint16_t i)
{
	return &ps->at[i < ps->n ? i : 0];
}

bool peers_placed(const struct peers *ps, uint16_t i)
{
	return is_placed(ps, i);
}

size_t peers_count(const struct peers *ps)
{
	return ps->n;
}
