/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The batch itself, compiled once for each set of instructions: lanes.c defines LANES_FN,
 * LANES_TARGET, and LANES_PART, the vector that the machine has; a row of 64 bytes is PARTS of it.
 */
#define PARTS (sizeof(vec) / sizeof(LANES_PART))
#define part LANES_PART

LANES_TARGET static inline bool LANES_FN(any)(const part *x)
{
	const uint64_t *w = (const uint64_t *)x;
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(part) / 8; i++)
		sum |= w[i];
	return sum != 0;
}

LANES_TARGET static inline bool LANES_FN(any_row)(const part *x)
{
	part sum = x[0];

	for (unsigned i = 1; i < PARTS; i++)
		sum |= x[i];
	return LANES_FN(any)(&sum);
}

/* *to = (*from minus *have); *have gains it. Returns whether there is any. */
LANES_TARGET static inline bool LANES_FN(gain)(vec *to, const vec *from, vec *have)
{
	part *t = (part *)to, *h = (part *)have;
	const part *f = (const part *)from;
	part sum = {0};

	for (unsigned i = 0; i < PARTS; i++) {
		part x = f[i] & ~h[i];

		t[i] = x;
		h[i] |= x;
		sum |= x;
	}
	return LANES_FN(any)(&sum);
}

LANES_TARGET static inline void LANES_FN(join)(vec *to, const vec *from)
{
	part *t = (part *)to;
	const part *f = (const part *)from;

	for (unsigned i = 0; i < PARTS; i++)
		t[i] |= f[i];
}

/* Up: customer routes, a list of (network, new bits) a level. */
LANES_TARGET static void LANES_FN(up)(struct batch *b)
{
	const struct topo *t = b->topo;
	vec *have = b->have;
	uint32_t nlist = 0;

	/* Level 1: the origins themselves; stubs only pass on, and are in no level. */
	for (unsigned i = 0; i < b->norigin; i++) {
		uint32_t v = t->index[b->origin[i]];
		vec bit = {0};

		if (t->gone[v])
			continue;
		bit[i / 64] = UINT64_C(1) << i % 64;
		have[v] |= bit;
		b->up[v] |= bit;
		if (!b->touched[v]) {
			b->touched[v] = 1;
			b->list[nlist++] = v;
		}
	}
	batch_level(b, 1);
	for (uint32_t i = 0; i < nlist; i++) {
		uint32_t v = b->list[i];

		b->touched[v] = 0;
		batch_entry(b, 1, v, &b->up[v]);
		if (v < t->ntransit)
			b->at[1][v] = b->up[v];
	}
	for (unsigned level = 1; level < LANE_LEN_MAX; level++) {
		vec *next;

		if (!b->nentry[level])
			break;
		batch_level(b, level + 1);
		next = b->at[level + 1];
		nlist = 0;
		for (uint32_t i = 0; i < b->nentry[level]; i++) {
			const struct entry *e = &b->entry[level][i];

			for (uint32_t j = t->provider_off[e->v]; j < t->provider_off[e->v + 1];
			     j++) {
				uint32_t p = t->provider[j];

				if (!b->touched[p]) {
					b->touched[p] = 1;
					b->list[nlist++] = p;
				}
				LANES_FN(join)(&next[p], &e->bits);
			}
		}
		for (uint32_t i = 0; i < nlist; i++) {
			uint32_t p = b->list[i];

			b->touched[p] = 0;
			if (!LANES_FN(gain)(&next[p], &next[p], &have[p]))
				continue;
			LANES_FN(join)(&b->up[p], &next[p]);
			batch_entry(b, level + 1, p, &next[p]);
		}
	}
}

/* Across: what came up goes to peers, the shortest first. */
LANES_TARGET static void LANES_FN(across)(struct batch *b)
{
	const struct topo *t = b->topo;
	vec *have = b->have, *sum = b->sum;

	for (unsigned level = 1; level <= b->top; level++) {
		uint32_t nlist = 0;

		for (uint32_t i = 0; i < b->nentry[level]; i++) {
			const struct entry *e = &b->entry[level][i];

			for (uint32_t j = t->peer_off[e->v]; j < t->peer_off[e->v + 1]; j++) {
				uint32_t w = t->peer[j];

				if (!b->touched[w]) {
					b->touched[w] = 1;
					b->list[nlist++] = w;
				}
				LANES_FN(join)(&sum[w], &e->bits);
			}
		}
		if (!nlist)
			continue;
		if (level + 1 <= LANE_LEN_MAX)
			batch_level(b, level + 1);
		else
			b->too_long = true;
		for (uint32_t i = 0; i < nlist; i++) {
			uint32_t w = b->list[i];
			vec x;
			bool some = LANES_FN(gain)(&x, &sum[w], &have[w]);

			memset(&sum[w], 0, sizeof(vec));
			b->touched[w] = 0;
			if (!some || b->too_long)
				continue;
			if (w < t->ntransit) {
				LANES_FN(join)(&b->across[w], &x);
				LANES_FN(join)(&b->at[level + 1][w], &x);
			} else {
				vec *row = b->peered + (size_t)t->slot[w] * LANE_PLANES;

				for (unsigned k = 0; k < 6; k++)
					if ((level + 1) >> k & 1)
						LANES_FN(join)(&row[k], &x);
				LANES_FN(join)(&row[7], &x);
			}
		}
	}
}

/* Down among transit networks, level by level, until nothing is new. */
LANES_TARGET static void LANES_FN(down)(struct batch *b)
{
	const struct topo *t = b->topo;
	const part *full = (const part *)&b->full;
	uint32_t n = 0;

	for (uint32_t v = 0; v < t->ntransit; v++)
		if (t->provider_off[v] < t->provider_off[v + 1])
			b->list[n++] = v;
	for (unsigned level = 1; level <= b->top; level++) {
		const part *from;
		part *to;
		uint32_t kept = 0;
		bool news = level < b->top;

		if (level + 1 > LANE_LEN_MAX) {
			b->too_long = true;
			break;
		}
		batch_level(b, level + 1);
		from = (const part *)b->at[level];
		to = (part *)b->at[level + 1];
		for (uint32_t i = 0; i < n; i++) {
			uint32_t v = b->list[i], start = t->provider_off[v];
			uint32_t end = t->provider_off[v + 1];
			part *have = (part *)&b->have[v], got = {0}, left = {0};

			for (unsigned h = 0; h < PARTS; h++) {
				part x = from[t->provider[start] * PARTS + h];
				part open = full[h] & ~have[h];

				for (uint32_t j = start + 1; j < end; j++)
					x |= from[t->provider[j] * PARTS + h];
				x &= open;
				to[v * PARTS + h] |= x;
				have[h] |= x;
				got |= x;
				left |= open & ~x;
			}
			news = news || LANES_FN(any)(&got);
			if (LANES_FN(any)(&left))
				b->list[kept++] = v;
		}
		n = kept;
		if (!news) {
			b->top = level; /* level + 1 stayed empty */
			break;
		}
	}
}

/* The rows of n networks: lengths and classes. */
LANES_TARGET static void LANES_FN(rows)(struct batch *b, const uint32_t *index, const uint8_t *twin,
					uint32_t n, vec *to, uint8_t *same)
{
	const struct topo *t = b->topo;
	unsigned top = b->top;

	for (uint32_t i = 0; i < n; i++, to += LANE_PLANES) {
		uint32_t v = index[i];
		const part *have = (const part *)&b->have[v], *up = (const part *)&b->up[v];
		const part *full = (const part *)&b->full;
		uint32_t from = t->provider_off[v], end = t->provider_off[v + 1];
		bool peered = t->slot[v] != ASGRAPH_NONE;
		if (i && twin[i] && !LANES_FN(any_row)(have) &&
		    !LANES_FN(any_row)((const part *)&b->have[index[i - 1]])) {
			memcpy(to, to - LANE_PLANES, LANE_PLANES * sizeof(vec));
			same[i] = 1;
			continue;
		}
		same[i] = 0;
		const part *row =
		    peered ? (const part *)(b->peered + (size_t)t->slot[v] * LANE_PLANES) : NULL;

		for (unsigned h = 0; h < PARTS; h++) {
			part p0 = {0}, p1 = {0}, p2 = {0}, p3 = {0}, p4 = {0}, p5 = {0};
			part low = {0}, high = {0}, open = full[h] & ~have[h];
			part *out = (part *)to + h;

			if (v < t->ntransit) {
				const part *across = (const part *)&b->across[v];

				for (unsigned level = 1; level <= top; level++) {
					part x = ((const part *)&b->at[level][v])[h];

					low |= x;
					if (level & 1)
						p0 |= x;
					if (level & 2)
						p1 |= x;
					if (level & 4)
						p2 |= x;
					if (level & 8)
						p3 |= x;
					if (level & 16)
						p4 |= x;
					if (level & 32)
						p5 |= x;
				}
				low &= ~across[h];
				high = up[h] | across[h];
			} else {
				if (peered) {
					p0 = row[0], p1 = row[PARTS], p2 = row[2 * PARTS];
					p3 = row[3 * PARTS], p4 = row[4 * PARTS];
					p5 = row[5 * PARTS];
					high = row[7 * PARTS];
					row++;
				}
				p0 |= up[h];
				low |= up[h];
				high |= up[h];
				for (unsigned level = 2; from < end && level <= top + 1; level++) {
					const part *at = (const part *)b->at[level - 1] + h;
					part x = at[t->provider[from] * PARTS];

					for (uint32_t j = from + 1; j < end; j++)
						x |= at[t->provider[j] * PARTS];
					x &= open;
					open &= ~x;
					low |= x;
					if (level & 1)
						p0 |= x;
					if (level & 2)
						p1 |= x;
					if (level & 4)
						p2 |= x;
					if (level & 8)
						p3 |= x;
					if (level & 16)
						p4 |= x;
					if (level & 32)
						p5 |= x;
					if (level > 2 && !LANES_FN(any)(&open))
						break;
				}
			}
			out[0] = p0, out[PARTS] = p1, out[2 * PARTS] = p2, out[3 * PARTS] = p3;
			out[4 * PARTS] = p4, out[5 * PARTS] = p5;
			out[6 * PARTS] = low, out[7 * PARTS] = high;
		}
	}
}

LANES_TARGET static void LANES_FN(sum)(const uint64_t *row, const uint64_t *mask, uint64_t *routes,
				       uint64_t *len)
{
	uint64_t n[7] = {0};

	for (unsigned i = 0; i < LANE_WORDS; i++) {
		uint64_t m = mask[i];

		for (unsigned k = 0; k < 6; k++)
			n[k] += (uint64_t)__builtin_popcountll(row[k * LANE_WORDS + i] & m);
		n[6] += (uint64_t)__builtin_popcountll(
		    (row[6 * LANE_WORDS + i] | row[7 * LANE_WORDS + i]) & m);
	}
	*routes = n[6];
	*len = n[0] + 2 * n[1] + 4 * n[2] + 8 * n[3] + 16 * n[4] + 32 * n[5];
}

/* Puts *id (one for all lanes, or step 1: one each) where mask has a lane; to[] was zero there. */
LANES_TARGET static inline void LANES_FN(put)(uint32_t *to, const uint64_t *mask,
					      const uint32_t *id, unsigned step)
{
	enum { WIDE = sizeof(part) / 4 };
	typedef uint32_t ids __attribute__((vector_size(sizeof(part)), aligned(4), may_alias));
	static const uint32_t bit[16] = {1,   2,   4,	 8,    16,   32,   64,	  128,
					 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
	const ids bits = *(const ids *)bit;

	for (unsigned i = 0; i < LANE_WORDS; i++) {
		uint64_t m = mask[i];

		if (!m)
			continue;
		for (unsigned k = 0; k < 64; k += WIDE, m >>= WIDE % 64) {
			unsigned at = 64 * i + k;
			ids *out = (ids *)(to + at);
			ids what = (ids){0} + *id;
			ids has;

			if (step)
				what = *(const ids *)(id + at);
			has = (((ids){0} + (uint32_t)m) & bits) == bits;

			*out |= what & has;
		}
	}
}

/* Of the lanes *left those that network u tells of: they are u's, and left no more. */
LANES_TARGET static inline bool LANES_FN(from)(const struct batch *b, uint32_t *to, part *left,
					       unsigned level, uint32_t u, bool up)
{
	const part *at = (const part *)&b->at[level - 1][u], *only = (const part *)&b->up[u];
	vec y;
	part *got = (part *)&y, some = {0}, rest = {0};

	for (unsigned h = 0; h < PARTS; h++) {
		part x = at[h] & left[h];

		if (up)
			x &= only[h];
		got[h] = x;
		left[h] &= ~x;
		some |= x;
		rest |= left[h];
	}
	if (LANES_FN(any)(&some))
		LANES_FN(put)(to, (const uint64_t *)&y, &b->topo->id[u], 0);
	return LANES_FN(any)(&rest);
}

/* The next hops of one network: for each lane the lowest neighbour that tells a route one shorter.
 * A path of one or two ends at the origin. */
LANES_TARGET static void LANES_FN(next)(const struct batch *b, uint32_t v, const vec *row,
					uint32_t *to)
{
	const struct topo *t = b->topo;
	const part *p = (const part *)row;
	vec near, none;

	memset(to, 0, LANES * sizeof(*to));
	for (unsigned h = 0; h < PARTS; h++) {
		part some = p[6 * PARTS + h] | p[7 * PARTS + h];
		part longer = p[2 * PARTS + h] | p[3 * PARTS + h] | p[4 * PARTS + h] |
			      p[5 * PARTS + h] | (p[h] & p[PARTS + h]);

		((part *)&near)[h] = some & ~longer;
		((part *)&none)[h] = ~some;
	}
	LANES_FN(put)(to, (const uint64_t *)&near, b->origin, 1);
	LANES_FN(put)(to, (const uint64_t *)&none, &(uint32_t){ASGRAPH_NONE}, 0);
	for (unsigned level = 3; level <= b->top + 1; level++) {
		vec of[3]; /* lanes of this length from customers, peers, providers */
		part any[3] = {{0}, {0}, {0}};

		for (unsigned h = 0; h < PARTS; h++) {
			part x = p[6 * PARTS + h] | p[7 * PARTS + h];

			for (unsigned k = 0; k < 6; k++)
				x &= level >> k & 1 ? p[k * PARTS + h] : ~p[k * PARTS + h];
			((part *)&of[0])[h] = x & p[6 * PARTS + h] & p[7 * PARTS + h];
			((part *)&of[1])[h] = x & ~p[6 * PARTS + h];
			((part *)&of[2])[h] = x & ~p[7 * PARTS + h];
			for (unsigned k = 0; k < 3; k++)
				any[k] |= ((part *)&of[k])[h];
		}
		if (LANES_FN(any)(&any[0]))
			for (uint32_t j = t->customer_off[v]; j < t->customer_off[v + 1]; j++)
				if (!LANES_FN(from)(b, to, (part *)&of[0], level, t->customer[j],
						    true))
					break;
		if (LANES_FN(any)(&any[1]))
			for (uint32_t j = t->peer_off[v]; j < t->peer_off[v + 1]; j++)
				if (t->peer[j] < t->ntransit &&
				    !LANES_FN(from)(b, to, (part *)&of[1], level, t->peer[j], true))
					break;
		if (LANES_FN(any)(&any[2]))
			for (uint32_t j = t->provider_off[v]; j < t->provider_off[v + 1]; j++)
				if (!LANES_FN(from)(b, to, (part *)&of[2], level, t->provider[j],
						    false))
					break;
	}
}

#undef part
#undef PARTS
