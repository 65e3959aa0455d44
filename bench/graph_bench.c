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
#include "finding/propagate.h"
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
	printf("memory %ld kB\n", ru.ru_maxrss);
	(void)check;
	return 0;
}
