/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The speed of the graph's room against the plain program of the same run. Arguments: a file of
 * relationships (text, gzip or not). Prints `name value unit` lines for bench/rows/graph.sh.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "finding/lanes.h"
#include "finding/hegemony.h"
#include "finding/propagate.h"
#include "finding/trial.h"
#include "plain.c"

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct sums {
	uint64_t routes[16], len[16];
};

static void add(void *arg, const struct lanes_tile *t)
{
	static const uint64_t all[LANE_WORDS] = {-1ull, -1ull, -1ull, -1ull,
						 -1ull, -1ull, -1ull, -1ull};
	struct sums *s = arg;

	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t routes, len;

		lanes_sum(t->row + (size_t)i * LANE_PLANES * LANE_WORDS, all, &routes, &len);
		s->routes[t->thread] += routes;
		s->len[t->thread] += len;
	}
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All pairs with next hops, streamed: each is looked at and forgotten. The sum over the origin of
 * `probe` must be what one propagation gives. */
struct hops {
	uint64_t sum[16];
	uint32_t probe, *next;
};

static void hop(void *arg, const struct lanes_tile *t)
{
	struct hops *h = arg;
	uint32_t next[LANES];

	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t sum = 0;

		lanes_next(t, i, next);
		for (unsigned k = 0; k < LANES; k++)
			sum += next[k];
		h->sum[t->thread] += sum;
		for (unsigned k = 0; k < t->norigin; k++)
			if (t->origin[k] == h->probe)
				h->next[t->topo->id[t->index[i]]] = next[k];
	}
}

static bool next_hops(const struct topo *t)
{
	struct hops h = {.probe = t->n / 3, .next = mem_zero(t->n, 4)};
	struct lanes_job job = {.topo = t, .use = hop, .arg = &h};
	struct propagation *p = propagation_new(t);
	struct seed seed = {.id = h.probe};
	double w = wall(), c = cpu();
	bool same;

	if (!lanes_all(&job))
		return false;
	c = cpu() - c;
	w = wall() - w;
	for (int i = 1; i < 16; i++)
		h.sum[0] += h.sum[i];
	propagation_run(p, &seed, 1, TIES_LOWEST_ASN, 0);
	same = !memcmp(p->next, h.next, t->n * sizeof(*h.next));
	printf("next_hops %.2f cpu s, %.2f s wall, checksum %llu, %s\n", c, w,
	       (unsigned long long)h.sum[0], same ? "as one by one" : "NOT as one by one");
	propagation_free(p);
	free(h.next);
	return same;
}

static void trials(const struct topo *t)
{
	struct trial_room *room = trial_room_new(t);
	uint16_t *policy = mem_zero(t->n, sizeof(*policy));
	struct dice dice = {7};
	double time[51];

	trial_adopt(t, policy, POLICY_ROV, 30, NULL, &dice);
	for (int i = 0; i < 51; i++) {
		uint32_t a = dice_below(&dice, t->n), v = dice_below(&dice, t->n);
		double c = cpu();

		trial_run(room, policy, ATTACK_EXACT, a, v, NULL, false, NULL);
		time[i] = cpu() - c;
	}
	qsort(time, 51, sizeof(double), by_time);
	printf("trial %.4f ms\n", 1e3 * time[25]);
	free(policy);
	trial_room_free(room);
}

static void count(uint32_t origin, const struct hegemony_score *s, size_t n, void *arg)
{
	(void)origin;
	(void)s;
	*(uint64_t *)arg += n;
}

/* Ten million routes: ten peers, a million prefixes shared out among all origins, modelled paths.
 */
static void hegemony(const struct topo *t)
{
	const struct asgraph *g = t->graph;
	struct propagation *p = propagation_new(t);
	struct hegemony *h = hegemony_new();
	uint32_t path[64], each = 1000000 / t->n + 1, block = 0;
	uint16_t peer[10];
	uint32_t at[10];
	uint64_t n = 0, scores = 0;
	double c;

	for (int k = 0; k < 10; k++) {
		at[k] = (uint32_t)(hash_u64((uint64_t)k) % t->ntransit);
		at[k] = t->id[at[k]];
		peer[k] = hegemony_peer(h, g->asn[at[k]]);
	}
	for (uint32_t o = 0; o < t->n; o++) {
		struct seed seed = {.id = o};

		propagation_run(p, &seed, 1, TIES_LOWEST_ASN, 0);
		for (int k = 0; k < 10; k++) {
			size_t len = propagation_path(p, at[k], path, 64);

			for (uint32_t i = 0; len && len <= 64 && i < each; i++, n++)
				hegemony_add(h, peer[k], (block + i) << 12, 20, path, len);
		}
		block += each;
	}
	propagation_free(p);
	c = cpu();
	hegemony_ready(h, .5);
	hegemony_all(h, count, &scores);
	printf("hegemony %.2f cpu s (%llu routes, %llu scores)\n", cpu() - c, (unsigned long long)n,
	       (unsigned long long)scores);
	hegemony_free(h);
}

int main(int argc, char **argv)
{
	struct buf text = {0};
	char part[65536];
	gzFile f = argc > 1 ? gzopen(argv[1], "rb") : NULL;
	struct asgraph *g;
	struct err err;
	struct topo *t;
	struct propagation *p;
	struct plain *o;
	double plain_time[101], ours[101], start;
	uint64_t check = 0, routes = 0, len = 0;
	struct rusage ru;
	int n;

	if (!f) {
		fprintf(stderr, "usage: graph_bench RELATIONSHIPS\n");
		return 2;
	}
	while ((n = gzread(f, part, sizeof(part))) > 0)
		buf_add(&text, part, (size_t)n);
	gzclose(f);
	start = cpu();
	g = asgraph_from_text(text.at, text.len, argv[1], &err);
	if (!g) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("read %.1f ms (%u networks, %u links)\n", 1e3 * (cpu() - start), g->n, g->nlink);
	start = cpu();
	t = topo_new(g, NULL);
	printf("topo %.1f ms (%u transit, %u peered stubs)\n", 1e3 * (cpu() - start), t->ntransit,
	       t->npeered);
	p = propagation_new(t);
	o = plain_new(g);
	for (int i = 0; i < 101; i++) {
		uint32_t origin = (uint32_t)(hash_u64((uint64_t)i + 7) % g->n);
		struct seed seed = {.id = origin};

		start = cpu();
		plain_run(o, &origin, 1);
		plain_time[i] = cpu() - start;
		start = cpu();
		propagation_run(p, &seed, 1, TIES_LOWEST_ASN, 0);
		ours[i] = cpu() - start;
		for (uint32_t v = 0; v < g->n; v++) {
			if (p->class[v] != o->class[v] || p->len[v] != o->len[v] ||
			    (p->class[v] && p->next[v] != o->next[v])) {
				fprintf(stderr, "origin %u: AS%u differs\n", g->asn[origin],
					g->asn[v]);
				return 1;
			}
			check += o->len[v];
		}
	}
	qsort(plain_time, 101, sizeof(double), by_time);
	qsort(ours, 101, sizeof(double), by_time);
	printf("one_plain %.4f ms\n", 1e3 * plain_time[50]);
	printf("one_ours %.4f ms\n", 1e3 * ours[50]);
	for (int simd = SIMD_PORTABLE; simd <= SIMD_AVX512; simd++) {
		struct sums s = {0};
		struct lanes_job job = {
		    .topo = t, .simd = (enum lanes_simd)simd, .use = add, .arg = &s};
		double w, c;

		if (!lanes_simd_can((enum lanes_simd)simd))
			continue;
		w = wall();
		c = cpu();
		if (!lanes_all(&job))
			return 1;
		routes = len = 0;
		for (int i = 0; i < 16; i++) {
			routes += s.routes[i];
			len += s.len[i];
		}
		printf("pairs_%s %.3f s wall, %.3f cpu s, %llu routes, mean length %.4f\n",
		       lanes_simd_name((enum lanes_simd)simd), wall() - w, cpu() - c,
		       (unsigned long long)routes, (double)len / (double)routes);
	}
	getrusage(RUSAGE_SELF, &ru);
	if (!next_hops(t))
		return 1;
	trials(t);
	printf("memory %ld kB\n", ru.ru_maxrss);
	if (argc > 2 && !strcmp(argv[2], "hegemony"))
		hegemony(t);
	(void)check;
	return 0;
}
