/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(struct buf *out, const void *p, size_t n)
{
	const uint8_t *s = p;
	char *to = buf_room(out, (n + 2) / 3 * 4);

	for (; n >= 3; n -= 3, s += 3) {
		*to++ = digits[s[0] >> 2];
		*to++ = digits[(s[0] & 3) << 4 | s[1] >> 4];
		*to++ = digits[(s[1] & 15) << 2 | s[2] >> 6];
		*to++ = digits[s[2] & 63];
	}
	if (n) {
		*to++ = digits[s[0] >> 2];
		*to++ = digits[(s[0] & 3) << 4 | (n == 2 ? s[1] >> 4 : 0)];
		*to++ = n == 2 ? digits[(s[1] & 15) << 2] : '=';
		*to++ = '=';
	}
	out->len = (size_t)(to - out->at);
	out->at[out->len] = 0;
}

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_get(struct buf *out, const char *s, size_t n)
{
	size_t before = out->len;

	if (n % 4)
		return false;
	buf_room(out, n / 4 * 3);
	for (size_t i = 0; i < n; i += 4) {
		int a = value(s[i]), b = value(s[i + 1]), c = value(s[i + 2]), d = value(s[i + 3]);
		bool last = i + 4 == n;
		unsigned pad = last && s[i + 3] == '=' ? s[i + 2] == '=' ? 2 : 1 : 0;

		if (a < 0 || b < 0 || (pad < 2 && c < 0) || (!pad && d < 0) ||
		    (pad == 2 && (b & 15)) || (pad == 1 && (c & 3))) {
			out->len = before;
			return false;
		}
		buf_u8(out, (uint8_t)(a << 2 | b >> 4));
		if (pad < 2)
			buf_u8(out, (uint8_t)((b & 15) << 4 | c >> 2));
		if (!pad)
			buf_u8(out, (uint8_t)((c & 3) << 6 | d));
	}
	return true;
}

bool base64_exact(void *out, size_t want, const char *s, size_t n)
{
	struct buf b = {0};
	bool ok = base64_get(&b, s, n) && b.len == want;

	if (ok && want)
		memcpy(out, b.at, want);
	buf_free(&b);
	return ok;
}

/* Values of the alphabet; 255 is none of it. */
static uint8_t values[256];

__attribute__((constructor)) static void fill(void)
{
	for (unsigned c = 0; c < 256; c++) {
		int d = value((char)c);

		values[c] = d < 0 ? 255 : (uint8_t)d;
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
		uint8_t a0 = values[u[0]], a1 = values[u[1]], a2 = values[u[2]], a3 = values[u[3]];

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
		int d = value(s[i]);

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
