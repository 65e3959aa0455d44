/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * stream_bench FILE: reads a file through base/stream.h, decompressed and checked, and looks at
 * none of it.
 */
#include <stdio.h>

#include "base/stream.h"

int main(int argc, char **argv)
{
	struct err err = {0};
	struct stream *s = argc > 1 ? stream_open(argv[1], 0, &err) : NULL;
	const char *fault;
	size_t got;

	if (!s) {
		fprintf(stderr, "stream_bench FILE: %s\n", err.text);
		return 2;
	}
	while (stream_peek(s, 1, &got), got)
		stream_skip(s, got);
	fault = stream_fault(s);
	fprintf(stderr, "%s: %llu bytes, %s\n", stream_coding(s),
		(unsigned long long)stream_offset(s), fault ? fault : "whole");
	stream_close(s);
	return fault ? 3 : 0;
}
