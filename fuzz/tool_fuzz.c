/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* What servers of tools answer, and what people write about their servers. The first byte says
 * which. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "source/greet.h"
#include "source/tool.h"
#include "source/torlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const tools_of[] = {"tor", "openvpn", "wireguard", "resolvers"};
	static const uint8_t nonce[16];
	struct wireguard wg = {0};
	struct tor_link link = {0};
	struct obfs4 o = {0};
	struct arena a = {0};
	struct tool_server *s;
	struct err err = {0};
	uint8_t kind = size ? *data : 0;
	size_t n;

	if (!size)
		return 0;
	data++;
	size--;
	switch (kind & 7) {
	case 0:
		tor_read(&link, data, size);
		break;
	case 1:
		obfs4_answer(&o, data, size);
		break;
	case 2:
		mtproto_answer(data, size, nonce);
		break;
	case 3:
		openvpn_answer(data, size, nonce, kind & 8);
		break;
	case 4:
		wireguard_answer(&wg, data, size);
		break;
	default:
		tool_read(&a, tools_of[kind >> 3 & 3], (const char *)data, size, &s, &n, &err);
	}
	arena_free(&a);
	return 0;
}
