/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/match.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/mem.h"

#define BLOCK 4	     /* bytes that are hashed together */
#define HASH_BITS 16 /* the table of shifts fits the second-level cache */
#define BUCKETS 8    /* of the nibble masks */
#define TEDDY 3	     /* bytes that they look at */
#define SHORTEST_LONG 8

struct pattern {
	uint8_t *at;
	uint32_t n;
	uint32_t window; /* where its window starts, for the shifts */
	uint32_t next;	 /* in its chain, UINT32_MAX ends it */
};

/* Patterns that are at least `width` long, looked for by a window of that many bytes. */
struct shifts {
	uint32_t width, count;
	uint8_t *shift;	 /* by hash of the window's last block */
	uint32_t *first; /* chain of patterns whose window ends in such a block */
			 /* The two bytes before the last block, as a cheap first check. */
};

struct match {
	struct pattern *pattern;
	size_t n, cap;
	struct shifts by_length[2]; /* 16 and more, 8 to 15 */
	/* Patterns of 3 to 7 bytes. */
	uint8_t low[TEDDY][16], high[TEDDY][16];
	uint32_t *bucket[BUCKETS];
	size_t nbucket[BUCKETS], bucket_cap[BUCKETS];
	size_t nshort;
	/* Patterns of 1 and 2 bytes. */
	uint32_t *tiny;
	size_t ntiny, tiny_cap;
	bool ready;
};

struct match *match_new(void)
{
	return mem_zero(1, sizeof(struct match));
}

void match_free(struct match *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->pattern[i].at);
	for (size_t i = 0; i < 2; i++) {
		free(m->by_length[i].shift);
		free(m->by_length[i].first);
	}
	for (size_t i = 0; i < BUCKETS; i++)
		free(m->bucket[i]);
	free(m->tiny);
	free(m->pattern);
	free(m);
}

uint32_t match_add(struct match *m, const void *pattern, size_t n)
{
	struct pattern *p;

	assert(n && n <= UINT32_MAX && !m->ready);
	mem_room(&m->pattern, &m->cap, m->n + 1);
	p = &m->pattern[m->n];
	*p = (struct pattern){.at = mem_alloc(n), .n = (uint32_t)n, .next = UINT32_MAX};
	memcpy(p->at, pattern, n);
	return (uint32_t)m->n++;
}

uint32_t match_count(const struct match *m)
{
	return (uint32_t)m->n;
}

static inline uint32_t hash(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, BLOCK);
	return (v * 0x9e3779b1u) >> (32 - HASH_BITS);
}

static void shifts_build(struct match *m, struct shifts *s, uint32_t width, uint32_t longest)
{
	uint32_t *often = mem_zero(1u << HASH_BITS, sizeof(*often));
	uint32_t most = width - BLOCK + 1;

	s->width = width;
	s->shift = mem_alloc(1u << HASH_BITS);
	s->first = mem_alloc(sizeof(*s->first) << HASH_BITS);
	memset(s->shift, (int)most, 1u << HASH_BITS);
	memset(s->first, 0xff, sizeof(*s->first) << HASH_BITS);
	for (size_t i = 0; i < m->n; i++) {
		const struct pattern *p = &m->pattern[i];

		if (p->n < width || p->n > longest)
			continue;
		for (uint32_t k = 0; k + BLOCK <= p->n; k++)
			often[hash(p->at + k)]++;
	}
	for (size_t i = 0; i < m->n; i++) {
		struct pattern *p = &m->pattern[i];
		uint32_t best = UINT32_MAX, h;

		if (p->n < width || p->n > longest)
			continue;
		s->count++;
		/* The window that ends in what few other patterns have. */
		for (uint32_t k = 0; k + width <= p->n && k < 64; k++) {
			uint32_t o = often[hash(p->at + k + width - BLOCK)];

			if (o < best) {
				best = o;
				p->window = k;
			}
		}
		for (uint32_t k = 0; k + BLOCK <= width; k++) {
			uint8_t d = (uint8_t)(width - BLOCK - k);

			h = hash(p->at + p->window + k);
			if (d < s->shift[h])
				s->shift[h] = d;
		}
		h = hash(p->at + p->window + width - BLOCK);
		p->next = s->first[h];
		s->first[h] = (uint32_t)i;
	}
	free(often);
}

void match_ready(struct match *m)
{
	assert(!m->ready);
	m->ready = true;
	shifts_build(m, &m->by_length[0], 16, UINT32_MAX);
	shifts_build(m, &m->by_length[1], SHORTEST_LONG, 15);
	for (size_t i = 0; i < m->n; i++) {
		const struct pattern *p = &m->pattern[i];
		unsigned b;

		if (p->n >= SHORTEST_LONG)
			continue;
		if (p->n < TEDDY) {
			mem_room(&m->tiny, &m->tiny_cap, m->ntiny + 1);
			m->tiny[m->ntiny++] = (uint32_t)i;
			continue;
		}
		b = (unsigned)(m->nshort++ % BUCKETS);
		mem_room(&m->bucket[b], &m->bucket_cap[b], m->nbucket[b] + 1);
		m->bucket[b][m->nbucket[b]++] = (uint32_t)i;
		for (unsigned k = 0; k < TEDDY; k++) {
			m->low[k][p->at[k] & 15] |= (uint8_t)(1u << b);
			m->high[k][p->at[k] >> 4] |= (uint8_t)(1u << b);
		}
	}
}

struct search {
	const struct match *m;
	const uint8_t *text;
	size_t n;
	bool (*hit)(uint32_t pattern, size_t offset, void *arg);
	void *arg;
};

static bool compare(const struct search *s, uint32_t i, size_t at)
{
	const struct pattern *p = &s->m->pattern[i];

	if (at > s->n || p->n > s->n - at || memcmp(s->text + at, p->at, p->n))
		return true;
	return s->hit(i, at, s->arg);
}

static bool find_long(const struct search *s, const struct shifts *t)
{
	const uint8_t *text = s->text;
	size_t at;

	if (!t->count || s->n < t->width)
		return true;
	/* `at` is where the window's last block starts. */
	for (at = t->width - BLOCK; at + BLOCK <= s->n;) {
		uint32_t h = hash(text + at);
		uint8_t d = t->shift[h];

		if (d) {
			at += d;
			continue;
		}
		for (uint32_t i = t->first[h]; i != UINT32_MAX; i = s->m->pattern[i].next) {
			const struct pattern *p = &s->m->pattern[i];
			size_t window = at + BLOCK - t->width;

			if (window < p->window)
				continue;
			if (!compare(s, i, window - p->window))
				return false;
		}
		at++;
	}
	return true;
}

static bool try_buckets(const struct search *s, unsigned buckets, size_t at)
{
	while (buckets) {
		unsigned b = (unsigned)__builtin_ctz(buckets);

		buckets &= buckets - 1;
		for (size_t k = 0; k < s->m->nbucket[b]; k++)
			if (!compare(s, s->m->bucket[b][k], at))
				return false;
	}
	return true;
}

static bool find_short_from(const struct search *s, size_t at)
{
	const struct match *m = s->m;

	for (; at + TEDDY <= s->n; at++) {
		unsigned b = 0xff;

		for (unsigned k = 0; k < TEDDY; k++)
			b &= m->low[k][s->text[at + k] & 15] & m->high[k][s->text[at + k] >> 4];
		if (b && !try_buckets(s, b, at))
			return false;
	}
	return true;
}

#if defined(__x86_64__)
__attribute__((target("ssse3"))) static bool find_short_ssse3(const struct search *s)
{
	const struct match *m = s->m;
	const __m128i nibble = _mm_set1_epi8(15);
	__m128i low[TEDDY], high[TEDDY];
	size_t at = 0;

	for (unsigned k = 0; k < TEDDY; k++) {
		low[k] = _mm_loadu_si128((const __m128i *)(const void *)m->low[k]);
		high[k] = _mm_loadu_si128((const __m128i *)(const void *)m->high[k]);
	}
	for (; at + 16 + TEDDY <= s->n; at += 16) {
		__m128i all = _mm_set1_epi8(-1);
		uint8_t found[16];
		unsigned mask;

		for (unsigned k = 0; k < TEDDY; k++) {
			__m128i v =
			    _mm_loadu_si128((const __m128i *)(const void *)(s->text + at + k));
			__m128i l = _mm_shuffle_epi8(low[k], _mm_and_si128(v, nibble));
			__m128i h =
			    _mm_shuffle_epi8(high[k], _mm_and_si128(_mm_srli_epi16(v, 4), nibble));

			all = _mm_and_si128(all, _mm_and_si128(l, h));
		}
		mask =
		    (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128())) ^ 0xffffu;
		if (!mask)
			continue;
		_mm_storeu_si128((__m128i *)(void *)found, all);
		while (mask) {
			unsigned i = (unsigned)__builtin_ctz(mask);

			mask &= mask - 1;
			if (!try_buckets(s, found[i], at + i))
				return false;
		}
	}
	return find_short_from(s, at);
}

__attribute__((target("avx2"))) static bool find_short_avx2(const struct search *s)
{
	const struct match *m = s->m;
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i low[TEDDY], high[TEDDY];
	size_t at = 0;

	for (unsigned k = 0; k < TEDDY; k++) {
		low[k] = _mm256_broadcastsi128_si256(
		    _mm_loadu_si128((const __m128i *)(const void *)m->low[k]));
		high[k] = _mm256_broadcastsi128_si256(
		    _mm_loadu_si128((const __m128i *)(const void *)m->high[k]));
	}
	for (; at + 32 + TEDDY <= s->n; at += 32) {
		__m256i all = _mm256_set1_epi8(-1);
		uint8_t found[32];
		unsigned mask;

		for (unsigned k = 0; k < TEDDY; k++) {
			__m256i v =
			    _mm256_loadu_si256((const __m256i *)(const void *)(s->text + at + k));
			__m256i l = _mm256_shuffle_epi8(low[k], _mm256_and_si256(v, nibble));
			__m256i h = _mm256_shuffle_epi8(
			    high[k], _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));

			all = _mm256_and_si256(all, _mm256_and_si256(l, h));
		}
		mask =
		    ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
		if (!mask)
			continue;
		_mm256_storeu_si256((__m256i *)(void *)found, all);
		while (mask) {
			unsigned i = (unsigned)__builtin_ctz(mask);

			mask &= mask - 1;
			if (!try_buckets(s, found[i], at + i))
				return false;
		}
	}
	return find_short_from(s, at);
}
#endif

static bool find_short(const struct search *s, bool simd)
{
	if (!s->m->nshort)
		return true;
#if defined(__x86_64__)
	if (simd && __builtin_cpu_supports("avx2"))
		return find_short_avx2(s);
	if (simd && __builtin_cpu_supports("ssse3"))
		return find_short_ssse3(s);
#endif
	(void)simd;
	return find_short_from(s, 0);
}

static bool find_tiny(const struct search *s)
{
	for (size_t i = 0; i < s->m->ntiny; i++) {
		const struct pattern *p = &s->m->pattern[s->m->tiny[i]];
		const uint8_t *at = s->text, *end = s->text + s->n;

		while ((at = memchr(at, p->at[0], (size_t)(end - at))) != NULL) {
			if (!compare(s, s->m->tiny[i], (size_t)(at - s->text)))
				return false;
			at++;
		}
	}
	return true;
}

static void find(const struct match *m, const void *text, size_t n,
		 bool (*hit)(uint32_t pattern, size_t offset, void *arg), void *arg, bool simd)
{
	struct search s = {.m = m, .text = text, .n = n, .hit = hit, .arg = arg};

	assert(m->ready);
	if (!n)
		return;
	if (find_long(&s, &m->by_length[0]) && find_long(&s, &m->by_length[1]) &&
	    find_short(&s, simd))
		find_tiny(&s);
}

void match_find(const struct match *m, const void *text, size_t n,
		bool (*hit)(uint32_t pattern, size_t offset, void *arg), void *arg)
{
	find(m, text, n, hit, arg, true);
}

void match_find_plain(const struct match *m, const void *text, size_t n,
		      bool (*hit)(uint32_t pattern, size_t offset, void *arg), void *arg)
{
	find(m, text, n, hit, arg, false);
}
