/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * decode_bench FILE [LINES]: reads every record and every attribute of a routing source, and
 * either only counts, or writes the lines of that output (bgpdump, routes) to standard output.
 * The counts go to standard error.
 */
#include <stdio.h>
#include <string.h>

#include "report/lines.h"
#include "source/source.h"

int main(int argc, char **argv)
{
	struct err err = {0};
	struct stream *in = argc > 1 ? stream_open(argv[1], 0, &err) : NULL;
	const struct lines *lines = argc > 2 ? lines_of(argv[2]) : NULL;
	struct reader r = {.in = in, .name = argc > 1 ? argv[1] : "", .peers = peers_new()};
	struct knowledge know = {.peers = r.peers};
	struct facts f;
	struct buf out = {0};
	uint64_t sum = 0, garbled = 0, faults = 0;
	const uint8_t *at;
	void *state = NULL;
	size_t n;

	if (!in || (argc > 2 && !lines)) {
		fprintf(stderr, "decode_bench FILE [bgpdump|routes]: %s\n", err.text);
		return 2;
	}
	at = stream_peek(in, 4096, &n);
	r.source = source_of(at, n);
	if (!r.source || !r.source->open(&r, &err)) {
		fprintf(stderr, "%s: not a kind that I know\n", argv[1]);
		return 1;
	}
	if (lines)
		state = lines->new (&know);
	while (r.source->next(&r, &f)) {
		/* As a judge would: look at the path of every route. */
		for (size_t i = 0; i < f.nroute; i++)
			if (f.route[i].attrs) {
				sum += f.route[i].attrs->path.origin;
				if (f.route[i].attrs->fault && faults++ < 5)
					fprintf(stderr, "%d %s\n", f.route[i].attrs->fault,
						f.route[i].attrs->fault_why);
			}
		for (size_t i = 0; i < f.nfact; i++)
			if (f.fact[i].kind == FACT_GARBLED) {
				const struct garbled *g = &f.fact[i].garbled;

				if (garbled++ < 10)
					fprintf(stderr, "%llu+%llu%s%s: %s\n",
						(unsigned long long)g->offset,
						(unsigned long long)g->length, g->cut ? " cut" : "",
						g->skipped ? " skipped" : "", g->why);
			}
		if (lines) {
			lines->feed(state, &f, r.source->name, &out);
			if (out.len > 1 << 16) {
				fwrite(out.at, 1, out.len, stdout);
				buf_reset(&out);
			}
		}
	}
	fwrite(out.at, 1, out.len, stdout);
	fprintf(stderr,
		"%s: %llu records, %llu decoded, %llu skipped, %llu routes, %llu garbled, %llu "
		"faulty (%llx)\n",
		r.source->name, (unsigned long long)r.tally.records,
		(unsigned long long)r.tally.decoded, (unsigned long long)r.tally.skipped,
		(unsigned long long)r.tally.routes, (unsigned long long)garbled,
		(unsigned long long)faults, (unsigned long long)sum);
	if (lines)
		lines->free(state);
	r.source->close(&r);
	buf_free(&out);
	peers_free(r.peers);
	stream_close(in);
	return 0;
}
