/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * table names|countries DATE ABOUT OUT IN…: reads tables of names or countries in any form that
 * Meridian reads and writes the binary form that it embeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/text.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "source/source.h"

static int fail(const char *why)
{
	fprintf(stderr, "table: %s\n", why);
	return 1;
}

int main(int argc, char **argv)
{
	struct names *names = names_new();
	struct geo *geo = geo_new();
	struct buf out = {0};
	struct err err;
	int64_t time;
	bool want_names;

	if (argc < 6 || !text_to_time(argv[2], strlen(argv[2]), &time))
		return fail("usage: table names|countries DATE ABOUT OUT IN…");
	want_names = !strcmp(argv[1], "names");
	for (int i = 5; i < argc; i++) {
		struct stream *in = stream_open(argv[i], 0, &err);
		struct reader r = {.name = argv[i], .in = in};
		struct facts f;
		size_t got;
		const uint8_t *head;

		if (!in)
			return fail(err.text);
		head = stream_peek(in, 65536, &got);
		r.source = source_of(head, got);
		if (!r.source || r.source->class != SOURCE_TABLE || !r.source->open(&r, &err))
			return fail("that is not a table that I know");
		while (r.source->next(&r, &f)) {
			names_feed(names, &f);
			geo_feed(geo, &f);
		}
		r.source->close(&r);
		stream_close(in);
		if (r.tally.skipped)
			return fail("some rows were not understood");
	}
	names_ready(names);
	geo_ready(geo);
	if (want_names)
		names_binary(names, time, argv[3], &out);
	else
		geo_binary(geo, time, argv[3], &out);
	printf("%zu rows, %zu bytes\n", want_names ? names_count(names) : geo_count(geo), out.len);
	if (!file_put(argv[4], out.at, out.len, 0644, &err))
		return fail(err.text);
	buf_free(&out);
	names_free(names);
	geo_free(geo);
	return 0;
}
