/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/geo.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fact/binary.h"
#include "fact/cuts.h"

/*
 * Each family is cut into ranges without a gap: start[i] up to start[i + 1] has country code[i],
 * 0 none. IPv4 starts are addresses, IPv6 starts the upper 64 bits. Codes are numbers of a list
 * of at most 255 pairs of letters.
 */
struct head {
	char magic[8];
	uint32_t version, ncode;
	int64_t time;
	uint64_t size, about;
	uint64_t n4, n6;
	uint64_t start4, start6; /* n4 numbers of 4 bytes, n6 of 8, both ascending */
	uint64_t code4, code6;	 /* n4, n6 bytes */
	uint64_t code;		 /* ncode pairs of letters; the first is "\0\0" */
};

#define MAGIC "MRDPLACE"
#define VERSION 1

struct range {
	uint64_t first, last;
	uint8_t code;
	uint32_t seq;
};

struct geo {
	/* While it fills. */
	struct range *row[2];
	size_t nrow[2], row_cap[2];

	/* Then. */
	size_t n[2], ncode;
	const uint32_t *start4;
	const uint64_t *start6;
	const uint8_t *at[2];
	const char *code;
	const char *about;
	int64_t time;
	void *own[4];
	char codes[256][2];
	bool ready;
};

struct geo *geo_new(void)
{
	struct geo *g = mem_zero(1, sizeof(*g));

	g->time = TIME_NONE;
	g->about = "";
	g->ncode = 1;
	g->code = g->codes[0];
	return g;
}

void geo_free(struct geo *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < sizeof(g->own) / sizeof(*g->own); i++)
		free(g->own[i]);
	free(g->row[0]);
	free(g->row[1]);
	free(g);
}

/* ISO 3166 has 249 codes; what a hostile table has beyond 255 is unknown. */
static uint8_t code_of(struct geo *g, const char country[3])
{
	for (size_t i = 1; i < g->ncode; i++)
		if (!memcmp(g->codes[i], country, 2))
			return (uint8_t)i;
	if (!country[0] || g->ncode > 255)
		return 0;
	memcpy(g->codes[g->ncode], country, 2);
	return (uint8_t)g->ncode++;
}

void geo_add(struct geo *g, const struct place *p)
{
	int f = p->first.v6;
	unsigned shift = f ? 0 : 32;

	assert(!g->ready);
	mem_room(&g->row[f], &g->row_cap[f], g->nrow[f] + 1);
	g->row[f][g->nrow[f]] = (struct range){p->first.hi >> shift, p->last.hi >> shift,
					       code_of(g, p->country), (uint32_t)g->nrow[f]};
	g->nrow[f]++;
}

size_t geo_feed(struct geo *g, const struct facts *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->nfact; i++)
		if (f->fact[i].kind == FACT_PLACE) {
			geo_add(g, &f->fact[i].place);
			count++;
		}
	return count;
}

/* Wider ranges before what lies in them; of equal ones the later comes last and counts. */
static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The cuts of one family. */
static struct cuts flatten(struct range *row, size_t n)
{
	struct cuts c = {0};

	if (n)
		qsort(row, n, sizeof(*row), by_first);
	for (size_t i = 0; i < n; i++)
		cuts_add(&c, row[i].first, row[i].last, row[i].code);
	cuts_end(&c);
	return c;
}

void geo_ready(struct geo *g)
{
	assert(!g->ready);
	g->ready = true;
	for (int f = 0; f < 2; f++) {
		struct cuts c = flatten(g->row[f], g->nrow[f]);

		uint8_t *code = mem_alloc(c.n + 1);

		for (size_t i = 0; i < c.n; i++)
			code[i] = (uint8_t)c.value[i];
		g->n[f] = c.n;
		g->own[2 + f] = code;
		g->at[f] = code;
		if (f) {
			g->own[1] = c.start;
			g->start6 = c.start;
			c.start = NULL;
		} else {
			uint32_t *start = mem_alloc((c.n + 1) * sizeof(*start));

			/* The last cut may lie just after the last address. */
			while (g->n[0] && c.start[g->n[0] - 1] > UINT32_MAX)
				g->n[0]--;
			for (size_t i = 0; i < g->n[0]; i++)
				start[i] = (uint32_t)c.start[i];
			g->own[0] = start;
			g->start4 = start;
		}
		cuts_free(&c);
		free(g->row[f]);
		g->row[f] = NULL;
	}
}

void geo_binary(const struct geo *g, int64_t time, const char *about, struct buf *out)
{
	struct head h = {.version = VERSION, .ncode = (uint32_t)g->ncode, .time = time};
	size_t start = out->len;

	assert(g->ready);
	memcpy(h.magic, MAGIC, sizeof(h.magic));
	buf_add(out, &h, sizeof(h));
	h.n4 = g->n[0];
	h.n6 = g->n[1];
	h.about = binary_put(out, start, about, strlen(about) + 1);
	h.start4 = binary_put(out, start, g->start4, g->n[0] * 4);
	h.start6 = binary_put(out, start, g->start6, g->n[1] * 8);
	h.code4 = binary_put(out, start, g->at[0], g->n[0]);
	h.code6 = binary_put(out, start, g->at[1], g->n[1]);
	h.code = binary_put(out, start, g->code, g->ncode * 2);
	h.size = out->len - start;
	memcpy(out->at + start, &h, sizeof(h));
}

bool geo_is_binary(const uint8_t *p, size_t n)
{
	return n >= sizeof(struct head) && !memcmp(p, MAGIC, 8);
}

struct geo *geo_of(const void *p, size_t n, const char *what, struct err *err)
{
	struct head h;
	struct geo *g;

	if (!geo_is_binary(p, n)) {
		err_set(err, "%s: not a table of countries", what);
		return NULL;
	}
	memcpy(&h, p, sizeof(h));
	if (h.version != VERSION) {
		err_set(err, "%s: a table of countries of version %u, this program knows %u", what,
			h.version, VERSION);
		return NULL;
	}
	g = geo_new();
	g->ready = true;
	g->time = h.time;
	g->n[0] = h.n4;
	g->n[1] = h.n6;
	g->ncode = h.ncode;
	g->start4 = binary_part(p, n, h.start4, h.n4, 4);
	g->start6 = binary_part(p, n, h.start6, h.n6, 8);
	g->at[0] = binary_part(p, n, h.code4, h.n4, 1);
	g->at[1] = binary_part(p, n, h.code6, h.n6, 1);
	g->code = binary_part(p, n, h.code, h.ncode, 2);
	g->about = h.about < n ? (const char *)p + h.about : NULL;
	if (h.size != n || (uintptr_t)p % 8 || h.ncode > 256 || !h.ncode || !g->start4 ||
	    !g->start6 || !g->at[0] || !g->at[1] || !g->code || !g->about ||
	    !memchr(g->about, '\0', n - h.about))
		goto bad;
	for (size_t i = 0; i < h.n4; i++)
		if (g->at[0][i] >= h.ncode || (i && g->start4[i - 1] >= g->start4[i]))
			goto bad;
	for (size_t i = 0; i < h.n6; i++)
		if (g->at[1][i] >= h.ncode || (i && g->start6[i - 1] >= g->start6[i]))
			goto bad;
	return g;
bad:
	err_set(err, "%s: a damaged table of countries; build or fetch it again", what);
	geo_free(g);
	return NULL;
}

size_t geo_count(const struct geo *g)
{
	return g->n[0] + g->n[1];
}

int64_t geo_time(const struct geo *g)
{
	return g->time;
}

const char *geo_about(const struct geo *g)
{
	return g->about;
}

bool geo_find(const struct geo *g, struct addr a, char country[3])
{
	size_t lo = 0, hi;
	uint64_t want = a.v6 ? a.hi : a.hi >> 32;
	uint8_t code;

	memset(country, 0, 3);
	if (!g)
		return false;
	assert(g->ready);
	hi = g->n[a.v6];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if ((a.v6 ? g->start6[mid] : g->start4[mid]) <= want)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	code = g->at[a.v6][lo - 1];
	if (!code)
		return false;
	memcpy(country, g->code + 2 * (size_t)code, 2);
	return true;
}
