/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * written FILE: reads each line of measurements and writes it again; fails when a byte differs.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "record/ooni.h"
#include "source/ooni.h"

int main(int argc, char **argv)
{
	struct buf text = {0}, again = {0};
	struct err err;
	size_t lines = 0, differ = 0;

	if (argc != 2 || !file_get(argv[1], &text, (size_t)1 << 30, &err))
		return 2;
	for (char *line = text.at, *nl; (nl = strchr(line, '\n')); line = nl + 1) {
		struct arena a = {0};
		struct measurement m;
		struct blob inner;
		struct jsonw w = JSONW(&again);
		const char *why = NULL;
		size_t n = (size_t)(nl - line), i = 0;

		buf_reset(&again);
		lines++;
		if (ooni_measurement(&a, line, n, &m, &inner, &why) == OONI_MEASUREMENT)
			ooni_write(&w, &m);
		while (i < n && i < again.len && line[i] == again.at[i])
			i++;
		if (i < n || i < again.len) {
			differ++;
			printf("line %zu differs at byte %zu:\n  %.80s\n  %.80s\n", lines, i,
			       line + (i > 40 ? i - 40 : 0),
			       again.at ? again.at + (i > 40 ? i - 40 : 0) : "");
		}
		arena_free(&a);
	}
	printf("%zu lines, %zu differ\n", lines, differ);
	buf_free(&text);
	buf_free(&again);
	return differ || !lines;
}
