/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "finding/json.h"
#include "record/clickhouse.h"
#include "record/record.h"

struct reading {
	struct kept *k;
	kept_wants *wants;
	void *arg;
	uint32_t place;
};

static bool take(void *arg, const uint8_t *run, const char *json, size_t n, struct err *err)
{
	struct reading *g = arg;
	struct kept *k = g->k;
	/* What is not wanted shall not stay in the arena: there may be a million of it. */
	struct findings some = {0};
	bool ok = finding_read(&some, json, n, k->peers, err),
	     wanted = ok && g->wants(some.at[0], g->arg);

	(void)run;
	findings_free(&some);
	if (!wanted)
		return ok;
	if (!finding_read(&k->all, json, n, k->peers, err))
		return false;
	mem_room(&k->one, &k->cap, k->n + 1);
	k->one[k->n++] = (struct kept_one){.finding = k->all.at[k->all.n - 1], .place = g->place};
	return true;
}

static bool of_record(struct record *r, const struct index_query *q, struct reading *g,
		      struct err *err)
{
	struct index_hit *hit = NULL;
	struct buf text = {0};
	size_t n = 0;
	bool ok = record_search(r, q, &hit, &n, err);

	for (size_t i = 0; ok && i < n; i++) {
		struct leaf l;

		buf_reset(&text);
		ok = record_leaf(r, hit[i].leaf, &l, &text, err) &&
		     (l.erased || take(g, NULL, text.at, text.len, err));
	}
	free(hit);
	buf_free(&text);
	return ok;
}

static bool of_place(struct reading *g, const char *path, const struct index_query *q, size_t n,
		     struct err *err)
{
	bool store = clickhouse_is(path), ok;
	struct clickhouse *c = store ? clickhouse_open(path, NULL, NULL, err) : NULL;
	struct record *r = store ? NULL : record_open(path, 0, NULL, err);
	struct err later;

	ok = c || r;
	for (size_t i = 0; ok && i < n; i++)
		ok =
		    store ? clickhouse_search(c, &q[i], take, g, err) : of_record(r, &q[i], g, err);
	if (c)
		clickhouse_close(c, &later);
	record_drop(r);
	return ok;
}

static int by_id(const void *a, const void *b)
{
	const struct kept_one *x = a, *y = b;

	return memcmp(x->finding->id, y->finding->id, sizeof(x->finding->id));
}

static int by_time(const void *a, const void *b)
{
	const struct kept_one *x = a, *y = b;

	if (x->finding->first != y->finding->first)
		return x->finding->first < y->finding->first ? -1 : 1;
	return by_id(a, b);
}

/* Each id once: what was read last. */
static void once(struct kept *k)
{
	struct kept_one *sorted = mem_zero(k->n + 1, sizeof(*sorted));
	size_t n = 0;

	/* Stable, so that the last of equals is the one that was read last. */
	for (size_t width = 1; width < k->n; width *= 2) {
		for (size_t from = 0; from < k->n; from += 2 * width) {
			size_t mid = from + width < k->n ? from + width : k->n;
			size_t end = from + 2 * width < k->n ? from + 2 * width : k->n;
			size_t a = from, b = mid, o = from;

			while (a < mid || b < end)
				sorted[o++] =
				    b == end || (a < mid && by_id(&k->one[a], &k->one[b]) <= 0)
					? k->one[a++]
					: k->one[b++];
		}
		memcpy(k->one, sorted, k->n * sizeof(*sorted));
	}
	for (size_t i = 0; i < k->n; i++) {
		if (n && !by_id(&k->one[n - 1], &k->one[i]))
			n--;
		k->one[n++] = k->one[i];
	}
	k->n = n;
	free(sorted);
}

bool kept_read(struct kept *k, const struct opt_list *where, const char *country, uint32_t asn,
	       kept_wants *wants, void *arg, struct err *err)
{
	const struct index_query of = {.from = TIME_NONE, .to = TIME_NONE, .run = UINT64_MAX};
	struct index_query q[2] = {of, of};
	struct reading g = {.k = k, .wants = wants, .arg = arg};
	bool ok = true;

	q[0].country = country;
	q[0].network = country ? 0 : asn;
	q[1].kind = "route";
	k->peers = peers_new();
	k->place = mem_zero(where->n + 1, sizeof(*k->place));
	for (size_t i = 0; ok && i < where->n; i++) {
		k->place[k->nplace++] = (struct kept_place){
		    .path = where->at[i], .first = TIME_NONE, .last = TIME_NONE};
		g.place = (uint32_t)i;
		ok = of_place(&g, where->at[i], q, country ? 2 : 1, err);
	}
	once(k);
	for (size_t i = 0; i < k->n; i++) {
		struct kept_place *p = &k->place[k->one[i].place];
		const struct finding *f = k->one[i].finding;
		int64_t last = f->last == TIME_NONE ? f->first : f->last;

		p->findings++;
		if (f->first != TIME_NONE && (p->first == TIME_NONE || f->first < p->first))
			p->first = f->first;
		if (last != TIME_NONE && (p->last == TIME_NONE || last > p->last))
			p->last = last;
	}
	return ok;
}

struct kept_one *kept_find(const struct kept *k, const uint8_t id[16])
{
	struct finding f = {.kind = NULL};
	struct kept_one key = {.finding = &f};

	memcpy(f.id, id, sizeof(f.id));
	return k->n ? bsearch(&key, k->one, k->n, sizeof(*k->one), by_id) : NULL;
}

void kept_by_time(struct kept *k)
{
	if (k->n)
		qsort(k->one, k->n, sizeof(*k->one), by_time);
}

void kept_free(struct kept *k)
{
	findings_free(&k->all);
	peers_free(k->peers);
	free(k->one);
	free(k->place);
}
