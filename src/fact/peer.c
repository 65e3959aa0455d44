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
	size_t nslot; /* a power of two, at least twice n */
	struct arena names;
};

struct peers *peers_new(void)
{
	struct peers *ps = mem_zero(1, sizeof(*ps));

	ps->nslot = 256;
	ps->slot = mem_zero(ps->nslot, sizeof(*ps->slot));
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
	free(ps->at);
	free(ps);
}

static uint64_t peer_hash(const struct peer *p)
{
	uint64_t h = hash_u64(p->addr.hi ^ p->addr.lo * 31 ^ (uint64_t)p->asn << 8 ^ p->addr.v6);

	return hash_bytes(p->collector, strlen(p->collector), h);
}

static size_t find(const struct peers *ps, const struct peer *p)
{
	size_t i = peer_hash(p) & (ps->nslot - 1);

	for (; ps->slot[i]; i = (i + 1) & (ps->nslot - 1)) {
		const struct peer *q = &ps->at[ps->slot[i]];

		if (q->addr.hi == p->addr.hi && q->addr.lo == p->addr.lo &&
		    q->addr.v6 == p->addr.v6 && q->asn == p->asn &&
		    !strcmp(q->collector, p->collector))
			break;
	}
	return i;
}

uint16_t peers_intern(struct peers *ps, const struct peer *p)
{
	struct peer new = *p;
	size_t i;

	if (!new.collector)
		new.collector = "";
	i = find(ps, &new);
	if (ps->slot[i])
		return ps->slot[i];
	if (ps->n > UINT16_MAX)
		return 0;
	if ((ps->n + 1) * 2 > ps->nslot) {
		uint16_t *old = ps->slot;

		ps->nslot *= 2;
		ps->slot = mem_zero(ps->nslot, sizeof(*ps->slot));
		for (size_t j = 1; j < ps->n; j++)
			ps->slot[find(ps, &ps->at[j])] = (uint16_t)j;
		free(old);
		i = find(ps, &new);
	}
	new.collector = arena_text(&ps->names, new.collector);
	mem_room(&ps->at, &ps->cap, ps->n + 1);
	ps->at[ps->n] = new;
	ps->slot[i] = (uint16_t)ps->n;
	return (uint16_t)ps->n++;
}

const struct peer *peers_at(const struct peers *ps, uint16_t i)
{
	return &ps->at[i < ps->n ? i : 0];
}

size_t peers_count(const struct peers *ps)
{
	return ps->n;
}
