/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/hello.h"
#include "source/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quic_cid original = {.n = 8, .at = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}};
	struct arena a = {0};
	struct quic_packet q;
	char name[256];
	uint8_t alert;

	quic_read(&a, data, size, &original, true, &q);
	quic_read(&a, data, size, &original, false, &q);
	hello_server_name(bytes_of(data, size), name, sizeof(name));
	hello_answer(data, size, &alert);
	arena_free(&a);
	return 0;
}
