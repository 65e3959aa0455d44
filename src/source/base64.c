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

/* Values of the alphabet; 255 is none of it. */
static uint8_t value[256];

__attribute__((constructor)) static void fill(void)
{
	for (unsigned c = 0; c < 256; c++) {
		int d = digit((unsigned char)c);

		value[c] = d < 0 ? 255 : (uint8_t)d;
	}
}

const uint8_t *base64_decode(struct arena *a, const char *s, size_t n, size_t *len)
{
	uint8_t *out = arena_alloc(a, n / 4 * 3 + 4);
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i, used = 0;

	/* Four digits at once, as long as they are digits. */
	for (i = 0; i + 4 <= n; i += 4) {
		const uint8_t *u = (const uint8_t *)s + i;
		uint8_t a0 = value[u[0]], a1 = value[u[1]], a2 = value[u[2]], a3 = value[u[3]];

		if ((a0 | a1 | a2 | a3) == 255 || a0 > 63 || a1 > 63 || a2 > 63 || a3 > 63)
			break;
		acc = (uint32_t)a0 << 18 | (uint32_t)a1 << 12 | (uint32_t)a2 << 6 | a3;
		out[used] = (uint8_t)(acc >> 16);
		out[used + 1] = (uint8_t)(acc >> 8);
		out[used + 2] = (uint8_t)acc;
		used += 3;
	}
	acc = 0;
	for (; i < n && s[i] != '='; i++) {
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
