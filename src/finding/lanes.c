/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/lanes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

typedef uint64_t vec __attribute__((vector_size(64), may_alias));
typedef uint64_t part32 __attribute__((vector_size(32), may_alias));
typedef uint64_t part16 __attribute__((vector_size(16), may_alias));

#define TILE 64 /* rows that are handed out at once: 32 kB */

/* Bits that a network got at one level from customers. */
struct entry {
	vec bits;
	uint32_t v;
};

struct batch {
	const struct topo *topo;
	const struct simd *simd;
	uint32_t origin[LANES]; /* ids; of lanes that are not in use 0 */
	unsigned norigin;
	vec full;		      /* the lanes in use */
	vec *have;		      /* n: lanes that need nothing more (or are refused) */
	vec *up;		      /* n: from customers, and origins */
	vec *across;		      /* transit: from peers */
	vec *sum;		      /* n: scratch of the phase across, zero between levels */
	vec *peered;		      /* npeered rows: what stubs have from peers */
	vec *at[LANE_LEN_MAX + 1];    /* transit: lanes whose routes have this length */
	bool clean[LANE_LEN_MAX + 1]; /* at[] is zeroed for this batch */
	struct entry *entry[LANE_LEN_MAX + 1];
	uint32_t nentry[LANE_LEN_MAX + 1], entrycap[LANE_LEN_MAX + 1];
	unsigned top; /* the highest level that has something */
	uint8_t *touched;
	uint32_t *list;
	bool too_long;
};

static void *aligned(size_t n, size_t size)
{
	void *p = aligned_alloc(64, ((n ? n : 1) * size + 63) & ~(size_t)63);

	if (!p)
		abort();
	memset(p, 0, n * size);
	return p;
}

/* Makes at[level] there and zero. */
static void batch_level(struct batch *b, unsigned level)
{
	if (!b->at[level])
		b->at[level] = aligned(b->topo->ntransit, sizeof(vec));
	else if (!b->clean[level])
		memset(b->at[level], 0, (size_t)b->topo->ntransit * sizeof(vec));
	b->clean[level] = true;
	if (level > b->top)
		b->top = level;
}

static inline void batch_entry(struct batch *b, unsigned level, uint32_t v, const vec *bits)
{
	if (b->nentry[level] == b->entrycap[level]) {
		uint32_t cap = b->entrycap[level] ? 2 * b->entrycap[level] : 1024;
		struct entry *e = aligned(cap, sizeof(*e));

		if (b->nentry[level])
			memcpy(e, b->entry[level], b->nentry[level] * sizeof(*e));
		free(b->entry[level]);
		b->entry[level] = e;
		b->entrycap[level] = cap;
	}
	b->entry[level][b->nentry[level]].v = v;
	b->entry[level][b->nentry[level]++].bits = *bits;
}

#define LANES_FN(name) name##_portable
#define LANES_PART part16
#define LANES_TARGET
#include "finding/lanes_body.h"
#undef LANES_FN
#undef LANES_PART
#undef LANES_TARGET

#if defined(__x86_64__)
#define LANES_FN(name) name##_avx2
#define LANES_PART part32
#define LANES_TARGET __attribute__((target("avx2,popcnt,bmi,bmi2")))
#include "finding/lanes_body.h"
#undef LANES_FN
#undef LANES_PART
#undef LANES_TARGET

#define LANES_FN(name) name##_avx512
#define LANES_PART vec
#define LANES_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,popcnt,bmi,bmi2")))
#include "finding/lanes_body.h"
#undef LANES_FN
#undef LANES_PART
#undef LANES_TARGET
#endif

struct simd {
	const char *name;
	void (*up)(struct batch *);
	void (*across)(struct batch *);
	void (*down)(struct batch *);
	void (*rows)(struct batch *, const uint32_t *, const uint8_t *, uint32_t, vec *, uint8_t *);
	void (*sum)(const uint64_t *, const uint64_t *, uint64_t *, uint64_t *);
	void (*next)(const struct batch *, uint32_t, const vec *, uint32_t *);
};

static const struct simd simds[] = {
    [SIMD_PORTABLE] = {"portable", up_portable, across_portable, down_portable, rows_portable,
		       sum_portable, next_portable},
#if defined(__x86_64__)
    [SIMD_AVX2] = {"avx2", up_avx2, across_avx2, down_avx2, rows_avx2, sum_avx2, next_avx2},
    [SIMD_AVX512] = {"avx512", up_avx512, across_avx512, down_avx512, rows_avx512, sum_avx512,
		     next_avx512},
#endif
};

bool lanes_simd_can(enum lanes_simd simd)
{
	if (simd == SIMD_BEST || simd == SIMD_PORTABLE)
		return true;
#if defined(__x86_64__)
	if (simd == SIMD_AVX2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
	return false;
#endif
}

static const struct simd *choose(enum lanes_simd want)
{
	if (want == SIMD_BEST || !lanes_simd_can(want))
		want = lanes_simd_can(SIMD_AVX512) ? SIMD_AVX512
		       : lanes_simd_can(SIMD_AVX2) ? SIMD_AVX2
						   : SIMD_PORTABLE;
	return &simds[want];
}

const char *lanes_simd_name(enum lanes_simd simd)
{
	return choose(simd)->name;
}

unsigned lanes_threads(unsigned wanted)
{
	long n = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 16 ? 16 : (unsigned)n;
}

void lanes_sum(const uint64_t *row, const uint64_t *mask, uint64_t *routes, uint64_t *len)
{
	choose(SIMD_BEST)->sum(row, mask, routes, len);
}

void lanes_bytes(const uint64_t *row, uint8_t out[LANES])
{
	/* Eight lanes at a time: an 8 by 8 transposition of bits (Warren, Hacker's Delight 7-3). */
	for (unsigned i = 0; i < LANES / 8; i++) {
		uint64_t x = 0, y;

		for (unsigned k = 0; k < LANE_PLANES; k++)
			x |= (row[k * LANE_WORDS + i / 8] >> i % 8 * 8 & 0xff) << 8 * k;
		y = (x ^ x >> 7) & UINT64_C(0x00aa00aa00aa00aa);
		x = x ^ y ^ y << 7;
		y = (x ^ x >> 14) & UINT64_C(0x0000cccc0000cccc);
		x = x ^ y ^ y << 14;
		y = (x ^ x >> 28) & UINT64_C(0x00000000f0f0f0f0);
		x = x ^ y ^ y << 28;
		memcpy(out + 8 * (size_t)i, &x, 8);
	}
}

void lanes_next(const struct lanes_tile *tile, uint32_t i, uint32_t out[LANES])
{
	const struct batch *b = tile->batch;

	b->simd->next(b, tile->index[i],
		      (const vec *)(tile->row + (size_t)i * LANE_PLANES * LANE_WORDS), out);
}

static struct batch *batch_new(const struct topo *t)
{
	struct batch *b = aligned(1, sizeof(*b));

	b->topo = t;
	b->have = aligned(t->n, sizeof(vec));
	b->up = aligned(t->n, sizeof(vec));
	b->sum = aligned(t->n, sizeof(vec));
	b->across = aligned(t->ntransit, sizeof(vec));
	b->peered = aligned((size_t)t->npeered * LANE_PLANES, sizeof(vec));
	b->touched = mem_zero((size_t)t->n + 1, 1);
	b->list = mem_zero((size_t)t->n + 1, sizeof(*b->list));
	return b;
}

static void batch_free(struct batch *b)
{
	for (unsigned i = 0; i <= LANE_LEN_MAX; i++) {
		free(b->at[i]);
		free(b->entry[i]);
	}
	free(b->have);
	free(b->up);
	free(b->sum);
	free(b->across);
	free(b->peered);
	free(b->touched);
	free(b->list);
	free(b);
}

struct run {
	const struct lanes_job *job;
	const uint32_t *origin; /* in the order of the batches */
	const uint32_t *order;	/* of the rows: stubs of the same providers follow each other */
	const uint8_t *twin; /* a stub without peers whose providers are those of the row before */
	uint32_t nrow;
	uint32_t norigin;
	atomic_uint next;
	atomic_bool too_long;
	const struct simd *simd;
};

struct worker {
	struct run *run;
	unsigned thread;
	pthread_t id;
};

/* Lanes that a network must not get: of the other group. */
static void refuse(struct batch *b, const uint8_t *group)
{
	const struct topo *t = b->topo;
	vec of[3] = {{0}};

	for (unsigned i = 0; i < b->norigin; i++)
		of[group[b->origin[i]]][i / 64] |= UINT64_C(1) << i % 64;
	for (uint32_t v = 0; v < t->n; v++) {
		uint8_t g = group[t->id[v]];

		b->have[v] = g == 1 ? of[2] : g == 2 ? of[1] : (vec){0};
	}
}

static void one_batch(struct batch *b, const struct run *r, uint32_t from, unsigned thread,
		      vec *rows)
{
	const struct topo *t = b->topo;
	struct lanes_tile tile;
	uint8_t same[TILE];

	b->simd = r->simd;
	b->norigin = r->norigin - from < LANES ? r->norigin - from : LANES;
	memset(b->origin, 0, sizeof(b->origin));
	memcpy(b->origin, r->origin + from, b->norigin * sizeof(*b->origin));
	b->full = (vec){0};
	for (unsigned i = 0; i < b->norigin; i++)
		b->full[i / 64] |= UINT64_C(1) << i % 64;
	memset(b->have, 0, (size_t)t->n * sizeof(vec));
	memset(b->up, 0, (size_t)t->n * sizeof(vec));
	memset(b->across, 0, (size_t)t->ntransit * sizeof(vec));
	memset(b->peered, 0, (size_t)t->npeered * LANE_PLANES * sizeof(vec));
	memset(b->nentry, 0, sizeof(b->nentry));
	memset(b->clean, 0, sizeof(b->clean));
	b->top = 0;
	if (r->job->group)
		refuse(b, r->job->group);
	for (uint32_t v = 0; v < t->n; v++)
		if (t->gone[v])
			b->have[v] = b->full;
	r->simd->up(b);
	r->simd->across(b);
	r->simd->down(b);
	if (b->top + 1 > LANE_LEN_MAX)
		b->too_long = true;
	if (b->too_long)
		return;
	tile = (struct lanes_tile){.topo = t,
				   .row = (const uint64_t *)rows,
				   .origin = r->origin + from,
				   .batch = b,
				   .same = same,
				   .norigin = b->norigin,
				   .thread = thread};
	for (uint32_t v = 0; v < r->nrow; v += TILE) {
		tile.index = r->order + v;
		tile.n = r->nrow - v < TILE ? r->nrow - v : TILE;
		r->simd->rows(b, tile.index, r->twin + v, tile.n, rows, same);
		r->job->use(r->job->arg, &tile);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct run *r = w->run;
	struct batch *b = batch_new(r->job->topo);
	vec *rows = aligned(TILE * LANE_PLANES, sizeof(vec));

	for (;;) {
		uint32_t from = atomic_fetch_add(&r->next, 1) * LANES;

		if (from >= r->norigin || atomic_load(&r->too_long))
			break;
		one_batch(b, r, from, w->thread, rows);
		if (b->too_long)
			atomic_store(&r->too_long, true);
	}
	free(rows);
	batch_free(b);
	return NULL;
}

struct place {
	uint64_t key;
	uint32_t id;
	uint8_t apart;
};

static int by_key(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->apart != y->apart)
		return x->apart < y->apart ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/*
 * Origins below the same providers next to each other: their routes go up the same way, so that
 * fewer networks and fuller vectors are under way in a batch.
 */
static uint32_t *in_order(const struct lanes_job *job, uint32_t *n)
{
	const struct topo *t = job->topo;
	uint32_t count = job->origin ? job->norigin : t->n;
	struct place *p = mem_zero((size_t)count + 1, sizeof(*p));
	uint32_t *out = mem_zero((size_t)count + 1, sizeof(*out));

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = job->origin ? job->origin[i] : i, v = t->index[id];
		uint32_t top = v, second = 0;

		/* Up along first providers, a few steps: cycles end it too. */
		for (int step = 0; step < 8 && t->provider_off[top] < t->provider_off[top + 1];
		     step++) {
			if (step == 0)
				second = t->provider[t->provider_off[top]];
			top = t->provider[t->provider_off[top]];
		}
		p[i] = (struct place){(uint64_t)top << 32 | second, id,
				      job->apart ? job->apart[id] : 0};
	}
	qsort(p, count, sizeof(*p), by_key);
	for (uint32_t i = 0; i < count; i++)
		out[i] = p[i].id;
	free(p);
	*n = count;
	return out;
}

/*
 * The rows that are wanted: transit networks, then stubs by their providers, so that these are
 * read from the cache; and which rows are the same as the one before.
 */
static uint32_t *row_order(const struct lanes_job *job, uint8_t **twin, uint32_t *nrow)
{
	const struct topo *t = job->topo;
	uint32_t *out = mem_zero((size_t)t->n + 1, sizeof(*out)), n = 0, first;

	for (uint32_t v = 0; v < t->ntransit; v++)
		if (!job->rows || job->rows[t->id[v]])
			out[n++] = v;
	first = n;
	for (uint32_t v = t->ntransit; v < t->n; v++)
		if (!job->rows || job->rows[t->id[v]])
			out[n++] = v;
	qsort_r(out + first, n - first, sizeof(*out), topo_by_providers, (void *)t);
	*twin = mem_zero((size_t)n + 1, 1);
	for (uint32_t i = first + 1; i < n; i++)
		(*twin)[i] = topo_twins(t, out[i - 1], out[i]);
	*nrow = n;
	return out;
}

bool lanes_all(const struct lanes_job *job)
{
	unsigned threads = lanes_threads(job->threads);
	struct run run = {.job = job, .simd = choose(job->simd)};
	struct worker worker[16];
	uint32_t *origin = in_order(job, &run.norigin);

	uint8_t *twin;
	uint32_t *order = row_order(job, &twin, &run.nrow);

	run.origin = origin;
	run.order = order;
	run.twin = twin;
	for (unsigned i = 0; i < threads; i++) {
		worker[i] = (struct worker){.run = &run, .thread = i};
		if (i && pthread_create(&worker[i].id, NULL, work, &worker[i]))
			threads = i;
	}
	work(&worker[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(worker[i].id, NULL);
	free(origin);
	free(order);
	free(twin);
	return !atomic_load(&run.too_long);
}
