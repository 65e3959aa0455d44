/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01 of a civil date (proleptic Gregorian; H. Hinnant's chrono algorithms). */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + (int64_t)doe - 719468;
}

/* n digits, zeros before them; the place after them. */
static char *padded(char *at, unsigned v, int n)
{
	for (int i = n; i--; v /= 10)
		at[i] = (char)('0' + v % 10);
	return at + n;
}

char *text_time(char out[TEXT_TIME], int64_t time)
{
	int64_t s = time / SECOND, us = time % SECOND, days, rest;

	if (time == TIME_NONE) {
		out[0] = '\0';
		return out;
	}
	if (us < 0) {
		us += SECOND;
		s--;
	}
	days = s / 86400;
	rest = s % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned)(days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned d = doy - (153 * mp + 2) / 5 + 1;
	unsigned m = mp < 10 ? mp + 3 : mp - 9;
	int year = (int)(yoe + era * 400) + (m <= 2);
	char *p = out;

	if (year >= 0 && year <= 9999)
		p = padded(p, (unsigned)year, 4);
	else
		p += snprintf(p, TEXT_TIME, "%04d", year);
	*p++ = '-';
	p = padded(p, m, 2);
	*p++ = '-';
	p = padded(p, d, 2);
	*p++ = 'T';
	p = padded(p, (unsigned)(rest / 3600), 2);
	*p++ = ':';
	p = padded(p, (unsigned)(rest / 60 % 60), 2);
	*p++ = ':';
	p = padded(p, (unsigned)(rest % 60), 2);
	if (us) {
		*p++ = '.';
		p = padded(p, (unsigned)us, 6);
	}
	*p++ = 'Z';
	*p = 0;
	return out;
}

/* Exactly n digits at *s. */
static bool digits(const char **s, const char *end, int n, unsigned *out)
{
	unsigned v = 0;

	if (end - *s < n)
		return false;
	for (int i = 0; i < n; i++) {
		unsigned c = (unsigned char)(*s)[i] - '0';

		if (c > 9)
			return false;
		v = v * 10 + c;
	}
	*s += n;
	*out = v;
	return true;
}

static bool one(const char **s, const char *end, char c)
{
	if (*s == end || **s != c)
		return false;
	++*s;
	return true;
}

bool text_to_time(const char *s, size_t n, int64_t *time)
{
	static const unsigned char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const char *end = s + n, *at = s;
	unsigned y, m, d, hh = 0, mm = 0, ss = 0, zh, zm;
	int64_t us = 0, zone = 0;
	uint64_t epoch;

	if (!digits(&at, end, 4, &y) || !one(&at, end, '-')) {
		const char *dot = memchr(s, '.', n);
		size_t whole = dot ? (size_t)(dot - s) : n;

		if (!text_to_u64(s, whole, 253402300799u, &epoch))
			return false;
		if (dot) {
			int64_t unit = SECOND / 10;

			if (dot + 1 == end)
				return false;
			for (at = dot + 1; at < end; at++, unit /= 10) {
				if (*at < '0' || *at > '9')
					return false;
				us += (*at - '0') * unit;
			}
		}
		*time = (int64_t)epoch * SECOND + us;
		return true;
	}
	if (!digits(&at, end, 2, &m) || !one(&at, end, '-') || !digits(&at, end, 2, &d) || m < 1 ||
	    m > 12 || d < 1 || d > month_days[m - 1])
		return false;
	if (at < end && (*at == 'T' || *at == 't' || *at == ' ')) {
		at++;
		if (!digits(&at, end, 2, &hh) || !one(&at, end, ':') || !digits(&at, end, 2, &mm))
			return false;
		if (one(&at, end, ':') && !digits(&at, end, 2, &ss))
			return false;
		if (hh > 23 || mm > 59 || ss > 60)
			return false;
		if (one(&at, end, '.')) {
			int64_t unit = SECOND / 10;

			if (at == end || *at < '0' || *at > '9')
				return false;
			for (; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10)
				us += (*at - '0') * unit;
		}
		if (at < end && (*at == '+' || *at == '-')) {
			int sign = *at++ == '+' ? 1 : -1;

			if (!digits(&at, end, 2, &zh))
				return false;
			one(&at, end, ':');
			if (!digits(&at, end, 2, &zm) || zh > 23 || zm > 59)
				return false;
			zone = sign * (int64_t)(zh * 3600 + zm * 60);
		} else if (!one(&at, end, 'Z')) {
			one(&at, end, 'z');
		}
	}
	if (at != end)
		return false;
	*time = (days_of(y, m, d) * 86400 + hh * 3600 + mm * 60 + ss - zone) * SECOND + us;
	return true;
}

bool text_to_u64(const char *s, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned c = (unsigned char)s[i] - '0';

		if (c > 9 || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, c, &v) || v > max)
			return false;
	}
	*out = v;
	return true;
}

bool text_unhex(const char *s, size_t n, void *out, size_t want)
{
	uint8_t *to = out;

	if (n != want * 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		int v = s[i] >= '0' && s[i] <= '9'   ? s[i] - '0'
			: s[i] >= 'a' && s[i] <= 'f' ? s[i] - 'a' + 10
						     : -1;

		if (v < 0)
			return false;
		to[i / 2] = (uint8_t)(to[i / 2] << 4 | v);
	}
	return true;
}

char *text_count(char *out, uint64_t n)
{
	char plain[24];
	int len = snprintf(plain, sizeof(plain), "%llu", (unsigned long long)n), j = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[j++] = ',';
		out[j++] = plain[i];
	}
	out[j] = '\0';
	return out;
}

const char *text_number(uint64_t n)
{
	static _Thread_local char text[16][32];
	static _Thread_local unsigned next;

	return text_count(text[next++ & 15], n);
}

char *text_size(char *out, uint64_t bytes)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)bytes;
	int i = 0;

	for (; v >= 999.5 && i < 6; i++)
		v /= 1000;
	snprintf(out, 16, i && v < 9.95 ? "%.1f %s" : "%.0f %s", v, unit[i]);
	return out;
}

unsigned text_distance(const char *a, const char *b)
{
	enum { MAX = 48 };
	unsigned d[3][MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX || m > MAX)
		return MAX;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = d[i % 3], *last = d[(i + 2) % 3], *before = d[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned v = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < v)
				v = last[j] + 1;
			if (now[j - 1] + 1 < v)
				v = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < v)
				v = before[j - 2] + 1;
			now[j] = v;
		}
	}
	return d[n % 3][m];
}

unsigned text_slips(const char *word)
{
	size_t n = strlen(word) / 3;

	return n < 1 ? 1 : n > 3 ? 3 : (unsigned)n;
}
