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
