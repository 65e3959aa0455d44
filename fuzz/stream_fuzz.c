/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/stream.h"

/* Packed bytes of any coding, read in windows whose size the first byte sets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *s;
	size_t got, total = 0;

	if (!size)
		return 0;
	s = stream_of(data + 1, size - 1, "fuzz", STREAM_DIGEST);
	while (stream_peek(s, 1 + (size_t)data[0] * 37, &got), got && total < (size_t)8 << 20) {
		stream_skip(s, got > 3 ? got - got / 3 : got);
		total += got;
	}
	stream_fault(s);
	stream_close(s);
	return 0;
}
