/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#ifndef CMD_ID_H
#define CMD_ID_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"

/* A finding's id as it is printed: 32 hex digits. */
static inline bool id_parse(const char *s, uint8_t id[16], struct err *err)
{
	size_t n = strlen(s);

	for (size_t i = 0; n == 32 && i < n; i++) {
		int v = s[i] >= '0' && s[i] <= '9'   ? s[i] - '0'
			: s[i] >= 'a' && s[i] <= 'f' ? s[i] - 'a' + 10
						     : -1;

		if (v < 0)
			n = 0;
		else
			id[i / 2] = (uint8_t)(id[i / 2] << 4 | v);
	}
	return n == 32 || err_set(err, "'%s' is no id of a finding (32 hex digits)", s);
}

#endif
