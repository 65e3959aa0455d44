/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * record_bench write DIR N: N findings of an everyday size into a durable record; prints findings
 * a second. record_bench query DIR: the first 100 rows by each index, the slowest in
 * milliseconds. record_bench raw DIR N BYTES: N findings with raw bytes of that size each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/text.h"
#include "record/record.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int could_not(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
	return 1;
}

/* One hijack of one prefix, as most are. */
static void make(struct finding *f, uint64_t i)
{
	static const struct rule rule = {"hijack.exact", 1, "Somebody else announces it."};
	static struct finding_prefix prefix;
	static struct network victim;
	static struct evidence evidence;
	static const char *country[2] = {"IN", "US"};
	static const char *const kinds[] = {"route.hijack.exact", "route.leak", "route.invalid",
					    "site.blocked"};
	static char title[128];
	uint8_t digest[SHA256_SIZE];

	memset(f, 0, sizeof(*f));
	snprintf(title, sizeof(title), "AS%llu announced a prefix of AS%llu",
		 (unsigned long long)(i * 7919 % 80000), (unsigned long long)(i * 104729 % 80000));
	f->kind = kinds[i % 4];
	f->title = title;
	f->state = STATE_ENDED;
	f->first = INT64_C(1500000000) * SECOND + (int64_t)(i * 2654435761u % 300000000) * SECOND;
	f->last = f->first + 600 * SECOND;
	f->confidence = 0.7;
	f->rule = &rule;
	f->layer = "bgp";
	f->actor.net.asn = (uint32_t)(i * 7919 % 80000);
	f->actor.role = "origin";
	f->actor.confidence = 0.9;
	f->actor.why = "it is the last AS of the path";
	prefix.prefix = prefix_masked((struct prefix){.hi = i * 0x9e3779b97f4a7c15u, .len = 24});
	prefix.kind = "exact";
	prefix.rpki = ROV_INVALID;
	prefix.first = f->first;
	prefix.last = f->last;
	prefix.withdrawn = TIME_NONE;
	f->prefix = &prefix;
	f->nprefix = 1;
	victim.asn = (uint32_t)(i * 104729 % 80000);
	f->victim = &victim;
	f->nvictim = 1;
	f->country = country;
	f->ncountry = 1 + i % 2;
	evidence.offset = i;
	evidence.length = 200;
	f->evidence = &evidence;
	f->nevidence = 1;
	f->peers = 12;
	f->of_peers = 600;
	sha256(&i, sizeof(i), digest);
	memcpy(f->id, digest, sizeof(f->id));
}

static int fill(const char *dir, uint64_t n, size_t raw)
{
	struct err err;
	struct record *r = record_open(dir, RECORD_CREATE, "bench.example/log", &err);
	uint64_t *bytes = raw ? mem_alloc(raw) : NULL;
	double start, c;

	if (!r)
		return could_not(&err);
	start = now();
	c = cpu();
	if (!record_run(r, "{}", 2, &err))
		return could_not(&err);
	for (uint64_t i = 0; i < n; i++) {
		struct finding f;
		struct evidence e = {.offset = i, .length = (uint32_t)raw};

		make(&f, i);
		if (raw) {
			/* Incompressible by half. */
			for (size_t k = 0; k < raw / 8; k++)
				bytes[k] = k & 1 ? i : (i * 1000003 + k) * 0x9e3779b97f4a7c15u;
			if (!record_raw(r, MEDIA_MRT, bytes, raw, e.sha256, &err))
				return could_not(&err);
			f.evidence = &e;
		}
		if (!record_finding(r, &f, NULL, &err))
			return could_not(&err);
	}
	if (!record_run_end(r, "{}", 2, &err) || !record_close(r, &err))
		return could_not(&err);
	printf("%.0f %.0f\n", (double)n / (now() - start), (double)n / (cpu() - c));
	free(bytes);
	return 0;
}

static int query(const char *dir)
{
	static const char *const name[] = {"kind",    "actor", "victim", "network",
					   "country", "time",  "newest"};
	struct err err;
	struct record *r = record_open(dir, 0, NULL, &err);
	double worst = 0;

	if (!r)
		return could_not(&err);
	for (int i = 0; i < 7; i++) {
		struct index_query q = {
		    .from = TIME_NONE, .to = TIME_NONE, .run = UINT64_MAX, .limit = 100};
		struct index_hit *hit = NULL;
		struct buf text = {0};
		size_t n = 0;
		double start;

		q.kind = i == 0 ? "route" : NULL;
		q.actor = i == 1 ? 7919 : 0;
		q.victim = i == 2 ? 104729 % 80000 : 0;
		q.network = i == 3 ? 7919 : 0;
		q.country = i == 4 ? "US" : NULL;
		q.from = i == 5 ? INT64_C(1600000000) * SECOND : TIME_NONE;
		q.newest = i == 6;
		start = now();
		if (!record_search(r, &q, &hit, &n, &err))
			return could_not(&err);
		for (size_t k = 0; k < n; k++) {
			struct leaf l;

			buf_reset(&text);
			if (!record_leaf(r, hit[k].leaf, &l, &text, &err))
				return could_not(&err);
		}
		start = (now() - start) * 1000;
		fprintf(stderr, "%-8s %3zu rows %.2f ms\n", name[i], n, start);
		if (start > worst)
			worst = start;
		free(hit);
		buf_free(&text);
	}
	record_drop(r);
	printf("%.2f\n", worst);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "write"))
		return fill(argv[2], strtoull(argv[3], NULL, 10), 0);
	if (argc == 5 && !strcmp(argv[1], "raw"))
		return fill(argv[2], strtoull(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "query"))
		return query(argv[2]);
	return 2;
}
