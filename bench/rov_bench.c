/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * rov ours|librtr VRPS.json ROUTES [random]: RFC 6811 for every line "PREFIX ASN" of ROUTES by
 * Meridian's table or by librtr's pfx_table_validate, with the same VRPs. Prints how many seconds
 * of CPU the look-ups and the building of the table took, and the counts of the three states,
 * which must be the same for both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_RTRLIB
#include <rtrlib/rtrlib.h>
#endif

#include "base/mem.h"
#include "base/stream.h"
#include "fact/vrps.h"
#include "source/rows.h"
#include "source/vrps.h"

struct query {
	struct prefix prefix;
	uint32_t origin;
};

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why)
{
	fprintf(stderr, "rov: %s\n", why);
	exit(1);
}

static struct vrps *load(const char *path)
{
	struct vrps *v = vrps_new();
	struct err err;
	struct reader r = {.source = &source_vrps_json, .name = path};
	struct facts f;

	r.in = stream_open(path, 0, &err);
	if (!r.in || !r.source->open(&r, &err))
		die(err.text);
	while (r.source->next(&r, &f))
		vrps_feed(v, &f);
	if (r.tally.skipped)
		die("a row that makes no sense");
	r.source->close(&r);
	stream_close(r.in);
	vrps_ready(v);
	return v;
}

static struct query *queries(const char *path, size_t *n, bool shuffle)
{
	FILE *f = fopen(path, "r");
	struct query *q = NULL;
	size_t cap = 0;
	char line[128];
	uint64_t seed = 1;

	*n = 0;
	if (!f)
		die("no routes");
	while (fgets(line, sizeof(line), f)) {
		char *space = strchr(line, ' ');

		mem_room(&q, &cap, *n + 1);
		if (!space || !prefix_parse(line, (size_t)(space - line), &q[*n].prefix))
			die("a route that is none");
		q[*n].origin = (uint32_t)strtoul(space, NULL, 10);
		++*n;
	}
	fclose(f);
	for (size_t i = *n; shuffle && i > 1; i--) {
		size_t j;
		struct query t;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		j = (size_t)(seed >> 33) % i;
		t = q[i - 1];
		q[i - 1] = q[j];
		q[j] = t;
	}
	return q;
}

#ifdef HAVE_RTRLIB
static struct lrtr_ip_addr address(struct prefix p)
{
	struct lrtr_ip_addr a = {.ver = p.v6 ? LRTR_IPV6 : LRTR_IPV4};

	if (p.v6) {
		a.u.addr6.addr[0] = (uint32_t)(p.hi >> 32);
		a.u.addr6.addr[1] = (uint32_t)p.hi;
		a.u.addr6.addr[2] = (uint32_t)(p.lo >> 32);
		a.u.addr6.addr[3] = (uint32_t)p.lo;
	} else {
		a.u.addr4.addr = (uint32_t)(p.hi >> 32);
	}
	return a;
}

static void librtr(const struct vrps *v, const struct query *q, size_t n, size_t count[3],
		   double *build, double *look)
{
	struct pfx_table t;
	double start = cpu();

	pfx_table_init(&t, NULL);
	for (size_t i = 0; i < vrps_count(v); i++) {
		struct vrp vrp = vrps_at(v, i);
		struct pfx_record r = {.asn = vrp.asn,
				       .prefix = address(vrp.prefix),
				       .min_len = vrp.prefix.len,
				       .max_len = vrp.max_len};

		if (pfx_table_add(&t, &r) != PFX_SUCCESS)
			die("librtr does not take a VRP");
	}
	*build = cpu() - start;
	start = cpu();
	for (size_t i = 0; i < n; i++) {
		struct lrtr_ip_addr a = address(q[i].prefix);
		enum pfxv_state state;

		pfx_table_validate(&t, q[i].origin, &a, q[i].prefix.len, &state);
		count[state == BGP_PFXV_STATE_VALID	  ? 0
		      : state == BGP_PFXV_STATE_NOT_FOUND ? 1
							  : 2]++;
	}
	*look = cpu() - start;
	pfx_table_free(&t);
}
#endif

int main(int argc, char **argv)
{
	size_t n, count[3] = {0};
	struct vrps *v;
	struct query *q;
	double start, look = 0, build;

	if (argc < 4)
		die("usage: rov ours|librtr VRPS.json ROUTES [random]");
	q = queries(argv[3], &n, argc > 4);
	start = cpu();
	v = load(argv[2]);
	build = cpu() - start;
	if (!strcmp(argv[1], "ours")) {
		start = cpu();
		for (size_t i = 0; i < n; i++) {
			enum rov_reason why;
			enum rov_state s = vrps_validate(v, q[i].prefix, q[i].origin, &why);

			count[s == ROV_VALID ? 0 : s == ROV_NOT_FOUND ? 1 : 2]++;
		}
		look = cpu() - start;
	} else {
#ifdef HAVE_RTRLIB
		librtr(v, q, n, count, &build, &look);
#else
		die("built without librtr");
#endif
	}
	printf("%.6f %.6f %zu %zu %zu %zu %zu %zu\n", look, build, n, count[0], count[1], count[2],
	       vrps_count(v), vrps_size(v));
	vrps_free(v);
	free(q);
	return 0;
}
