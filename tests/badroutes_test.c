/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Every damaged route file of the shared data, and every good one of its conformance folders,
 * through its reader in this process, so that a sanitizer sees them all: each byte is in one
 * record, each record is decoded or skipped, what is skipped says why. Files that nothing
 * recognises are read as the body of an UPDATE in every way that there is.
 */
#include "test.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "sources.h"

#include "source/bgp.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 20
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOWER 20
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

static unsigned files, bodies;

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_body(const uint8_t *at, size_t n)
{
	struct attrs_table *t = attrs_new(0);
	struct bgp_out out = {0};
	struct bgp_open open;
	uint8_t hidden = 0;

	for (unsigned way = 0; way < 16; way++) {
		struct bgp_session s = {.attrs = t,
					.asn4 = way & 1,
					.addpath = way & 2 ? BGP_ALL_FAMILIES : 0,
					.hidden = way & 4 ? &hidden : NULL};
		struct bytes b = bytes_of(at, n);

		b.bad = way & 8;
		attrs_turn(t);
		out.nroute = out.nfact = 0;
		if (!bgp_update(&s, b, 0, &out))
			assert_true(out.nfact > 0);
	}
	bgp_open(bytes_of(at, n), &open);
	bgp_out_free(&out);
	attrs_free(t);
}

static void read_routes(const char *path)
{
	struct err err = {0};
	struct stream *in = stream_open(path, 0, &err);
	uint64_t offset = 0;
	double start = cpu();
	struct facts f;
	const uint8_t *head;
	struct read *x;
	size_t n;
	const struct source *source;

	if (!in)
		fail_msg("%s", err.text);
	head = stream_peek(in, 4096, &n);
	source = source_of(head, n);
	if (!source || (strcmp(source->name, "mrt") && strcmp(source->name, "bgp"))) {
		if (!source && n < 4096) {
			uint8_t *copy = malloc(n + 1);

			memcpy(copy, head, n);
			read_body(copy, n);
			free(copy);
			bodies++;
		}
		stream_close(in);
		return;
	}
	x = read_stream(in);
	while (read_next(x, &f)) {
		if (f.slice.offset != offset)
			fail_msg("%s: a gap at %llu", path, (unsigned long long)offset);
		offset += f.slice.length;
		if (!f.slice.length)
			fail_msg("%s: an empty record at %llu", path, (unsigned long long)offset);
		for (size_t i = 0; i < f.nroute; i++) {
			const struct route *r = &f.route[i];
			const struct attrs *a = r->attrs;

			if (r->prefix.len > (r->prefix.v6 ? 128 : 32) ||
			    !prefix_eq(r->prefix, prefix_masked(r->prefix)))
				fail_msg("%s: a bad prefix at %llu", path,
					 (unsigned long long)f.slice.offset);
			if (!a && r->kind != ROUTE_WITHDRAW)
				fail_msg("%s: a route without attributes", path);
			if (a && a->fault >= FAULT_TREAT_AS_WITHDRAW && r->kind == ROUTE_ANNOUNCE)
				fail_msg("%s: a faulty route is announced", path);
		}
		for (size_t i = 0; i < f.nfact; i++) {
			const struct garbled *g = &f.fact[i].garbled;

			if (f.fact[i].kind != FACT_GARBLED)
				continue;
			if (!g->why || g->offset < f.slice.offset ||
			    g->offset + g->length > f.slice.offset + f.slice.length)
				fail_msg("%s: garbled outside of its record, at %llu", path,
					 (unsigned long long)g->offset);
		}
	}
	if (offset != stream_offset(in))
		fail_msg("%s: %llu of %llu bytes", path, (unsigned long long)offset,
			 (unsigned long long)stream_offset(in));
	read_close(x);
	files++;
	if (cpu() - start > 2.0 * SLOWER)
		fail_msg("%s: %.1f s", path, cpu() - start);
}

static void walk(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	struct stat st;
	char path[1024];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		assert_int_equal(stat(path, &st), 0);
		if (S_ISDIR(st.st_mode))
			walk(path);
		else
			read_routes(path);
	}
	closedir(d);
}

static void bad_input(void **state)
{
	static const char *const folders[] = {"badinput/mrt", "badinput/bgp", "badinput/mutated",
					      "conformance"};
	struct rusage use;

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char folder[1024];

		snprintf(folder, sizeof(folder), "%s", shared(folders[i]));
		walk(folder);
	}
	print_message("%u files, %u bodies of messages\n", files, bodies);
	assert_true(files > 3000);
	assert_true(bodies > 50);
	getrusage(RUSAGE_SELF, &use);
	if (SLOWER == 1)
		assert_true(use.ru_maxrss < 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(bad_input)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
