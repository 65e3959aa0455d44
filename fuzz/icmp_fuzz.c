/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* ICMP messages of both families, and what they quote. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "source/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct icmp_message m;

	if (icmp_read(data, size, false, &m) && !m.exceeded && !m.unreachable)
		abort();
	if (icmp_read(data, size, true, &m) && m.protocol != 6 && m.protocol != 17)
		abort();
	icmp_read_reset(data, size, false, &m);
	icmp_read_reset(data, size, true, &m);
	return 0;
}
