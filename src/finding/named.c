/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/named.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

static const char *const words[] = {NULL, "contrary", "control"};

const char *evidence_as_text(enum evidence_as as)
{
	return words[as];
}

enum evidence_as evidence_as_of(const char *text)
{
	for (size_t i = 1; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i], text))
			return (enum evidence_as)i;
	return EVIDENCE_SHOWS;
}

void named_begin(struct named *n, struct arena *a, struct finding *f, size_t room)
{
	*n = (struct named){.arena = a, .f = f, .cap = room, .nslot = 16};
	while (n->nslot < room * 2)
		n->nslot *= 2;
	n->slot = mem_zero(n->nslot, sizeof(*n->slot));
	f->evidence = arena_zero(a, room ? room : 1, sizeof(*f->evidence));
	f->nevidence = 0;
}

void named_add(struct named *n, const struct evidence *e, enum evidence_as as)
{
	struct finding *f = n->f;
	uint64_t h = hash_u64(e->offset ^ (uint64_t)e->source << 40);

	if (f->nevidence == n->cap)
		return;
	for (; n->slot[h & (n->nslot - 1)]; h++) {
		const struct evidence *o = &f->evidence[n->slot[h & (n->nslot - 1)] - 1];

		if (o->source == e->source && o->offset == e->offset && o->length == e->length)
			return;
	}
	f->evidence[f->nevidence] = *e;
	f->evidence[f->nevidence].as = as;
	n->slot[h & (n->nslot - 1)] = (uint32_t)++f->nevidence;
}

void named_end(struct named *n)
{
	free(n->slot);
	n->slot = NULL;
}

bool named_fits(size_t pieces, size_t before)
{
	return pieces <= NAMED_MAX && before + pieces <= NAMED_RUN;
}

const char *named_caveat(struct arena *a, size_t all)
{
	char n[32];

	return arena_printf(a,
			    "It rests on %s measurements, of which a part is named here: judging "
			    "these alone need not give it again.",
			    text_count(n, all));
}
