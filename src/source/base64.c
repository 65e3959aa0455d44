/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/base64.h"

static int digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

const uint8_t *base64_decode(struct arena *a, const char *s, size_t n, size_t *len)
{
	uint8_t *out = arena_alloc(a, n / 4 * 3 + 4);
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i, used = 0;

	for (i = 0; i < n && s[i] != '='; i++) {
		int d = digit((unsigned char)s[i]);

		if (d < 0) {
			if (s[i] == '\n' || s[i] == '\r' || s[i] == ' ')
				continue;
			return NULL;
		}
		acc = acc << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[used++] = (uint8_t)(acc >> bits);
		}
	}
	for (; i < n; i++)
		if (s[i] != '=' && s[i] != '\n' && s[i] != '\r' && s[i] != ' ')
			return NULL;
	*len = used;
	return out;
}
