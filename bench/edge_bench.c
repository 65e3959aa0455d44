/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * edge_bench MODE LISTS FILE…: reads OONI measurements (JSON, JSON lines) over and over for about
 * three CPU seconds in one thread, and prints MB of JSON a CPU second. MODE is
 *	read	facts only
 *	judge	facts, every fingerprint of LISTS (a CSV, or "-" for the built-in ones), verdict
 *	naive	facts, and each fingerprint looked for in each body by a search of its own, as the
 *		known pipeline does: the peer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fact/fingerprints.h"
#include "finding/verdict.h"
#include "source/source.h"

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) / 1e6;
}

struct plain {
	char **at;
	size_t *n, count, cap, ncap;
};

static struct fingerprints *load(const char *path, struct plain *plain)
{
	struct fingerprints *f = fingerprints_new();
	struct err err;
	struct stream *in = stream_open(path, 0, &err);
	struct reader r = {.in = in, .name = path};
	struct facts facts;
	const uint8_t *head;
	size_t got;

	if (!in)
		exit(fprintf(stderr, "%s\n", err.text));
	head = stream_peek(in, 4096, &got);
	r.source = source_of(head, got < 65536 ? got : 65536);
	if (!r.source || !r.source->open(&r, &err))
		exit(fprintf(stderr, "%s: no list\n", path));
	while (r.source->next(&r, &facts))
		for (size_t i = 0; i < facts.nfact; i++) {
			const struct fingerprint *p = facts.fact[i].fingerprint;

			if (facts.fact[i].kind != FACT_FINGERPRINT)
				continue;
			fingerprints_add(f, p);
			if (p->place != PLACE_BODY || p->kind == PATTERN_REGEXP)
				continue;
			mem_room(&plain->at, &plain->cap, plain->count + 1);
			mem_room(&plain->n, &plain->ncap, plain->count + 1);
			plain->at[plain->count] = mem_alloc(p->npattern);
			memcpy(plain->at[plain->count], p->pattern, p->npattern);
			plain->n[plain->count++] = p->npattern;
		}
	r.source->close(&r);
	arena_free(&r.scratch);
	stream_close(in);
	fingerprints_add_own(f);
	fingerprints_ready(f);
	return f;
}

int main(int argc, char **argv)
{
	struct plain plain = {0};
	struct knowledge k = {0};
	struct buf all = {0};
	struct arena a = {0};
	uint64_t bytes = 0, judged = 0, hits = 0;
	double start, spent;
	const char *mode;

	if (argc < 4)
		return fprintf(stderr, "usage: edge_bench read|judge|naive LISTS FILE…\n"), 2;
	mode = argv[1];
	if (strcmp(argv[2], "-"))
		k.fingerprints = load(argv[2], &plain);
	else
		k.fingerprints = fingerprints_own();
	for (int i = 3; i < argc; i++) {
		struct err err;
		struct stream *in = stream_open(argv[i], 0, &err);
		size_t got;
		const uint8_t *p = in ? stream_peek(in, (size_t)64 << 20, &got) : NULL;

		if (!p)
			return fprintf(stderr, "%s\n", err.text), 1;
		buf_add(&all, p, got);
		buf_char(&all, '\n');
		stream_close(in);
	}
	/* Long enough that opening the stream costs nothing. */
	for (size_t n = all.len; n && all.len < (size_t)32 << 20;) {
		buf_room(&all, n);
		buf_add(&all, all.at, n);
	}
	start = cpu();
	do {
		struct stream *in = stream_of(all.at, all.len, "memory", 0);
		struct reader r = {.in = in, .name = "memory"};
		struct facts f;
		struct err err;
		const uint8_t *head;
		size_t got;

		head = stream_peek(in, 65536, &got);
		r.source = source_of(head, got < 65536 ? got : 65536);
		if (!r.source || !r.source->open(&r, &err))
			return 1;
		while (r.source->next(&r, &f))
			for (size_t i = 0; i < f.nfact; i++) {
				const struct measurement *m = f.fact[i].measurement;
				struct verdict v;

				if (f.fact[i].kind != FACT_MEASUREMENT)
					continue;
				judged++;
				if (!strcmp(mode, "judge")) {
					arena_reset(&a);
					verdict_judge(&a, &k, m, &v);
					hits += v.fingerprint != NULL;
				} else if (!strcmp(mode, "naive")) {
					for (size_t x = 0; x < m->ntransaction; x++)
						for (size_t n = 0; n < plain.count; n++)
							hits += m->transaction[x].body &&
								memmem(m->transaction[x].body,
								       m->transaction[x].nbody,
								       plain.at[n], plain.n[n]);
				}
			}
		r.source->close(&r);
		arena_free(&r.scratch);
		stream_close(in);
		bytes += all.len;
		spent = cpu() - start;
	} while (spent < 3);
	printf("%.1f\n", (double)bytes / 1e6 / spent);
	fprintf(stderr, "%s: %.1f MB/s, %.0f measurements/s of %.1f kB, %zu patterns, %llu hits\n",
		mode, (double)bytes / 1e6 / spent, (double)judged / spent,
		(double)bytes / (double)judged / 1e3, fingerprints_count(k.fingerprints),
		(unsigned long long)hits);
	return 0;
}
