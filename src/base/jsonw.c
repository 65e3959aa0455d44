/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/jsonw.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What stands before a value or a name: a comma, a new line, the indent. */
static void before(struct jsonw *w)
{
	if (w->named) {
		w->named = false;
		return;
	}
	if (w->filled >> w->depth & 1)
		buf_char(w->out, ',');
	w->filled |= UINT32_C(1) << w->depth;
	if (!w->depth)
		return;
	if (w->pretty) {
		buf_char(w->out, '\n');
		for (int i = 0; i < w->depth; i++)
			buf_add(w->out, "  ", 2);
	}
}

static void open(struct jsonw *w, char c)
{
	before(w);
	buf_char(w->out, c);
	if (w->depth < 31)
		w->depth++;
	w->filled &= ~(UINT32_C(1) << w->depth);
}

static void close(struct jsonw *w, char c)
{
	bool filled = w->filled >> w->depth & 1;

	w->depth--;
	if (w->pretty && filled) {
		buf_char(w->out, '\n');
		for (int i = 0; i < w->depth; i++)
			buf_add(w->out, "  ", 2);
	}
	buf_char(w->out, c);
}

void jsonw_object(struct jsonw *w)
{
	open(w, '{');
}

void jsonw_object_end(struct jsonw *w)
{
	close(w, '}');
}

void jsonw_array(struct jsonw *w)
{
	open(w, '[');
}

void jsonw_array_end(struct jsonw *w)
{
	close(w, ']');
}

/* The length of the UTF-8 sequence at s (RFC 3629), 0 when it is none. */
static size_t utf8(const unsigned char *s, size_t n)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return n >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if ((s[0] & 0xf0) == 0xe0)
		return n >= 3 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
			       !(s[0] == 0xe0 && s[1] < 0xa0) && !(s[0] == 0xed && s[1] > 0x9f)
			   ? 3
			   : 0;
	if (s[0] >= 0xf0 && s[0] <= 0xf4)
		return n >= 4 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
			       (s[3] & 0xc0) == 0x80 && !(s[0] == 0xf0 && s[1] < 0x90) &&
			       !(s[0] == 0xf4 && s[1] > 0x8f)
			   ? 4
			   : 0;
	return 0;
}

/* Does a byte stand for itself in a text? Bits of 0x20 to 0x7e, but not the quote and the
 * backslash. */
static inline bool ordinary(unsigned char c)
{
	static const uint64_t set[4] = {0xfffffffb00000000, 0x7fffffffefffffff, 0, 0};

	return set[c >> 6] >> (c & 63) & 1;
}

static void quoted(struct buf *out, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;

	buf_char(out, '"');
	for (size_t i = 0; i < n;) {
		size_t run = i, u;

		while (run < n && ordinary(s[run]))
			run++;
		if (run > i) {
			buf_add(out, s + i, run - i);
			i = run;
			continue;
		}
		switch (s[i]) {
		case '"':
			buf_add(out, "\\\"", 2);
			i++;
			break;
		case '\\':
			buf_add(out, "\\\\", 2);
			i++;
			break;
		case '\n':
			buf_add(out, "\\n", 2);
			i++;
			break;
		case '\t':
			buf_add(out, "\\t", 2);
			i++;
			break;
		default:
			if (s[i] < 0x20 || s[i] == 0x7f) {
				buf_printf(out, "\\u%04x", s[i]);
				i++;
			} else if ((u = utf8(s + i, n - i)) != 0) {
				buf_add(out, s + i, u);
				i += u;
			} else {
				buf_add(out, "\xef\xbf\xbd", 3);
				i++;
			}
		}
	}
	buf_char(out, '"');
}

void jsonw_name(struct jsonw *w, const char *name)
{
	before(w);
	quoted(w->out, name, strlen(name));
	buf_add(w->out, ": ", w->pretty ? 2 : 1);
	w->named = true;
}

void jsonw_textn(struct jsonw *w, const char *s, size_t n)
{
	before(w);
	quoted(w->out, s, n);
}

void jsonw_text(struct jsonw *w, const char *s)
{
	if (s)
		jsonw_textn(w, s, strlen(s));
	else
		jsonw_null(w);
}

void jsonw_printf(struct jsonw *w, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	char small[256];
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		jsonw_textn(w, small, (size_t)n);
		return;
	}
	buf_room(&text, n < 0 ? 0 : (size_t)n);
	va_start(ap, fmt);
	vsnprintf(text.at, text.cap, fmt, ap);
	va_end(ap);
	jsonw_textn(w, text.at, n < 0 ? 0 : (size_t)n);
	buf_free(&text);
}

void jsonw_uint(struct jsonw *w, uint64_t v)
{
	before(w);
	buf_dec(w->out, v);
}

void jsonw_int(struct jsonw *w, int64_t v)
{
	before(w);
	if (v < 0)
		buf_char(w->out, '-');
	buf_dec(w->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Everyday numbers without printf(), which takes ten times as long. 0: that has to do it, since v
 * is large, or lies so near the middle of two that its last bits decide. */
static int plain(char *t, double v, int digits)
{
	static const double power[] = {1, 10, 100, 1000};
	double x, whole, rest;
	uint64_t n;
	char r[24];
	int len = 0, k = 0;

	if (digits < 0 || digits > 3 || !(fabs(v) < 1e9))
		return 0;
	x = fabs(v) * power[digits];
	whole = floor(x);
	rest = x - whole;
	if (fabs(rest - 0.5) < 1e-3)
		return 0;
	n = (uint64_t)whole + (rest > 0.5);
	if (signbit(v))
		t[len++] = '-';
	do {
		r[k++] = (char)('0' + n % 10);
		n /= 10;
	} while (n || k <= digits);
	while (k) {
		if (k == digits)
			t[len++] = '.';
		t[len++] = r[--k];
	}
	t[len] = 0;
	return len;
}

void jsonw_real(struct jsonw *w, double v, int digits)
{
	char t[64];
	int n;

	if (!isfinite(v) || fabs(v) > 1e18) {
		jsonw_null(w);
		return;
	}
	n = plain(t, v, digits);
	if (!n)
		n = snprintf(t, sizeof(t), "%.*f", digits, v);
	if (strchr(t, '.')) {
		while (n && t[n - 1] == '0')
			n--;
		if (n && t[n - 1] == '.')
			n--;
	}
	if (n == 2 && t[0] == '-' && t[1] == '0') {
		t[0] = '0';
		n = 1;
	}
	before(w);
	buf_add(w->out, t, (size_t)n);
}

void jsonw_bool(struct jsonw *w, bool v)
{
	before(w);
	buf_text(w->out, v ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	before(w);
	buf_text(w->out, "null");
}

void jsonw_time(struct jsonw *w, int64_t time)
{
	char t[TEXT_TIME];

	if (time == TIME_NONE)
		jsonw_null(w);
	else
		jsonw_text(w, text_time(t, time));
}

void jsonw_hex(struct jsonw *w, const void *p, size_t n)
{
	before(w);
	buf_char(w->out, '"');
	buf_hex(w->out, p, n);
	buf_char(w->out, '"');
}

void jsonw_raw(struct jsonw *w, const char *json, size_t n)
{
	before(w);
	buf_add(w->out, json, n);
}

void jsonw_put_text(struct jsonw *w, const char *name, const char *s)
{
	jsonw_name(w, name);
	jsonw_text(w, s);
}

void jsonw_put_uint(struct jsonw *w, const char *name, uint64_t v)
{
	jsonw_name(w, name);
	jsonw_uint(w, v);
}

void jsonw_put_real(struct jsonw *w, const char *name, double v, int digits)
{
	jsonw_name(w, name);
	jsonw_real(w, v, digits);
}

void jsonw_put_bool(struct jsonw *w, const char *name, bool v)
{
	jsonw_name(w, name);
	jsonw_bool(w, v);
}

void jsonw_put_time(struct jsonw *w, const char *name, int64_t time)
{
	jsonw_name(w, name);
	jsonw_time(w, time);
}
