/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The terms of the index against a plain list: whatever was added, forgotten, undone and merged,
 * a search in either direction finds what the list has, in its order.
 */
#include "test.h"

#include <time.h>

#include "base/mem.h"
#include "record/terms.h"

struct one {
	uint8_t field;
	uint32_t value;
	int64_t first;
	uint64_t leaf;
};

static struct one *list;
static size_t nlist, cap_list;
static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)((rng >> 20) % n);
}

static int by_all(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

/* In order, each once. */
static void tidy_list(void)
{
	size_t n = 0;

	qsort(list, nlist, sizeof(*list), by_all);
	for (size_t i = 0; i < nlist; i++)
		if (!n || by_all(&list[n - 1], &list[i]))
			list[n++] = list[i];
	nlist = n;
}

struct seen {
	struct one *at;
	size_t n, cap, most;
};

static bool see(void *arg, int64_t first, uint64_t leaf)
{
	struct seen *s = arg;

	mem_room(&s->at, &s->cap, s->n + 1);
	s->at[s->n++] = (struct one){.first = first, .leaf = leaf};
	return s->n < s->most;
}

static void ask(struct terms *t, uint8_t field, uint32_t value, int64_t from, int64_t to,
		bool newest)
{
	struct seen s = {.most = rnd(3) ? SIZE_MAX : 1 + rnd(20)};
	struct err err = {0};
	size_t n = 0;

	if (!terms_open(t, &err) || !terms_scan(t, field, value, from, to, newest, see, &s, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < nlist && n < s.most; i++) {
		const struct one *x = &list[newest ? nlist - 1 - i : i];

		if (x->field != field || x->value != value ||
		    (from != INT64_MIN && x->first < from) || (to != INT64_MIN && x->first >= to))
			continue;
		if (n >= s.n || s.at[n].first != x->first || s.at[n].leaf != x->leaf)
			fail_msg("%u %u: hit %zu of %zu is not leaf %llu", field, value, n, s.n,
				 (unsigned long long)x->leaf);
		n++;
	}
	assert_int_equal(n, s.n);
	free(s.at);
}

static void run_sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
}

static int64_t some_time(void)
{
	switch (rnd(12)) {
	case 0:
		return INT64_MIN; /* unknown */
	case 1:
		return -(int64_t)rnd(1000);
	default:
		return rnd(5000) * INT64_C(1000003);
	}
}

static void test_random(void **state)
{
	uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL);
	struct err err = {0};
	sqlite3 *db;
	struct terms *t;
	uint64_t leaf = 0;

	(void)state;
	print_message("seed %llu (SEED=… repeats it)\n", (unsigned long long)seed);
	rng = seed * 2654435761u + 88172645463325252u;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	run_sql(db, terms_schema);
	t = terms_new(db, "test");
	for (int round = 0; round < 120; round++) {
		size_t before = nlist, n = rnd(rnd(4) ? 200 : 8000);
		bool undo = !rnd(8);
		uint64_t gone[3];
		size_t ngone = leaf && !rnd(4) ? 1 + rnd(3) : 0;

		run_sql(db, "BEGIN");
		for (size_t i = 0; i < n; i++) {
			struct one x = {(uint8_t)(1 + rnd(4)), 1 + rnd(rnd(2) ? 3 : 5000),
					some_time(), leaf + i / 4};

			terms_add(t, x.field, x.value, x.first, x.leaf);
			if (!rnd(20))
				terms_add(t, x.field, x.value, x.first, x.leaf);
			mem_room(&list, &cap_list, nlist + 1);
			list[nlist++] = x;
		}
		leaf += n / 4 + 1;
		for (size_t i = 0; i < ngone; i++)
			terms_forget(t, gone[i] = rnd((uint32_t)leaf));
		if (undo) {
			terms_undo(t);
			run_sql(db, "ROLLBACK");
			nlist = before;
			continue;
		}
		if (!terms_commit(t, &err))
			fail_msg("%s", err.text);
		run_sql(db, "COMMIT");
		for (size_t i = 0, k = 0, all = nlist; i < all; i++) {
			bool out = false;

			for (size_t g = 0; g < ngone; g++)
				out |= list[i].leaf == gone[g];
			if (out)
				nlist--;
			else
				list[k++] = list[i];
		}
		tidy_list();
		for (int i = 0; i < 6; i++)
			ask(t, (uint8_t)(1 + rnd(4)), 1 + rnd(rnd(2) ? 3 : 5000),
			    rnd(2) ? INT64_MIN : rnd(5000) * INT64_C(1000003),
			    rnd(2) ? INT64_MIN : rnd(5000) * INT64_C(1000003), rnd(2));
		for (int i = 0; nlist && i < 20; i++) {
			struct one x = list[rnd((uint32_t)nlist)];
			bool has, want;

			if (rnd(2))
				x.leaf ^= 1;
			want = bsearch(&x, list, nlist, sizeof(x), by_all) != NULL;
			assert_true(terms_has(t, x.field, x.value, x.first, x.leaf, &has, &err));
			assert_int_equal(has, want);
		}
	}
	assert_true(nlist > 40000);
	/* Nothing of a leaf that is forgotten stays in any page. */
	run_sql(db, "BEGIN");
	for (uint64_t l = 0; l < leaf; l++)
		terms_forget(t, l);
	assert_true(terms_commit(t, &err));
	run_sql(db, "COMMIT");
	nlist = 0;
	for (uint8_t f = 1; f < 5; f++)
		ask(t, f, 1, INT64_MIN, INT64_MIN, false);
	terms_free(t);
	sqlite3_close(db);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
