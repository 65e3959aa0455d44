/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/stream.h"

/* What the grammar wants next. */
enum expect {
	WANT_VALUE, /* at the top level, or after a name's colon */
	WANT_FIRST, /* just inside an object or array */
	WANT_NEXT,  /* after a value inside one */
};

#define CHUNK ((size_t)64 << 10)
#define LONGEST ((size_t)64 << 20) /* of one string, and of what a pin keeps visible */
#define NO_PIN UINT64_MAX

static enum json_token fail(struct json *j, const char *at, const char *why)
{
	if (!j->why) {
		j->why = why;
		j->why_at = j->base + (uint64_t)(at - j->start);
	}
	j->text = NULL;
	j->ntext = 0;
	return j->token = JSON_BAD;
}

/* Makes more input visible, keeping what starts at *keep (and at the pin). False: there is none. */
static bool more(struct json *j, const char **keep)
{
	const char *from = keep ? *keep : j->at;
	size_t have, got, at, kept = 0;
	const char *p;

	if (!j->in || j->why)
		return false;
	if (j->pinned != NO_PIN && j->start + (j->pinned - j->base) < from)
		from = j->start + (j->pinned - j->base);
	have = (size_t)(j->stop - from);
	at = (size_t)(j->at - from);
	if (keep)
		kept = (size_t)(*keep - from);
	if (have > LONGEST) {
		fail(j, from, "a value is longer than 64 MiB");
		return false;
	}
	stream_skip(j->in, (size_t)(from - j->start));
	j->base = stream_offset(j->in); /* jumps where a stream of cuts does */
	p = (const char *)stream_peek(j->in, have + (have > CHUNK ? have : CHUNK), &got);
	j->start = p;
	j->at = p + at;
	j->stop = p + got;
	if (keep)
		*keep = p + kept;
	return got > have;
}

static bool visible(struct json *j)
{
	return j->at < j->stop || more(j, NULL);
}

/* Skips white space; false at the end of the input. */
static bool token_start(struct json *j)
{
	for (;;) {
		while (j->at < j->stop) {
			if ((unsigned char)*j->at > ' ')
				return true;
			if (*j->at != ' ' && *j->at != '\n' && *j->at != '\r' && *j->at != '\t')
				return true;
			j->at++;
#ifdef __SSE2__
			/* Pretty-printed input is half indentation. */
			while (j->stop - j->at >= 16) {
				__m128i v = _mm_loadu_si128((const __m128i *)(const void *)j->at);
				int not_space =
				    ~_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(' '))) &
				    0xffff;

				if (not_space) {
					j->at += __builtin_ctz((unsigned)not_space);
					break;
				}
				j->at += 16;
			}
#endif
		}
		if (!more(j, NULL))
			return false;
	}
}

/* The first of '"', '\\' or a control character at or after p, or stop. */
static const char *string_special(const char *p, const char *stop)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'),
		      low = _mm_set1_epi8(0x1f);

	for (; stop - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back));
		int mask;

		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, low), v));
		mask = _mm_movemask_epi8(hit);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
	}
#endif
	while (p < stop && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

static bool hex4(const char *p, unsigned *out)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | ((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static void put_utf8(struct buf *b, unsigned c)
{
	char t[4];
	size_t n;

	if (c < 0x80) {
		t[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		t[0] = (char)(0xc0 | c >> 6);
		t[1] = (char)(0x80 | (c & 63));
		n = 2;
	} else if (c < 0x10000) {
		t[0] = (char)(0xe0 | c >> 12);
		t[1] = (char)(0x80 | (c >> 6 & 63));
		t[2] = (char)(0x80 | (c & 63));
		n = 3;
	} else {
		t[0] = (char)(0xf0 | c >> 18);
		t[1] = (char)(0x80 | (c >> 12 & 63));
		t[2] = (char)(0x80 | (c >> 6 & 63));
		t[3] = (char)(0x80 | (c & 63));
		n = 4;
	}
	buf_add(b, t, n);
}

/* The escapes of s..s+n, which is the inside of a string that was scanned already. */
static bool unescape(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n;

	buf_reset(b);
	buf_room(b, n);
	while (s < end) {
		const char *back = memchr(s, '\\', (size_t)(end - s));
		unsigned c, low;

		if (!back)
			back = end;
		buf_add(b, s, (size_t)(back - s));
		if (back == end)
			break;
		s = back + 2;
		switch (back[1]) {
		case '"':
		case '\\':
		case '/':
			buf_char(b, back[1]);
			break;
		case 'b':
			buf_char(b, '\b');
			break;
		case 'f':
			buf_char(b, '\f');
			break;
		case 'n':
			buf_char(b, '\n');
			break;
		case 'r':
			buf_char(b, '\r');
			break;
		case 't':
			buf_char(b, '\t');
			break;
		case 'u':
			if (end - s < 4 || !hex4(s, &c))
				return false;
			s += 4;
			if (c >= 0xd800 && c < 0xdc00 && end - s >= 6 && s[0] == '\\' &&
			    s[1] == 'u' && hex4(s + 2, &low) && low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				s += 6;
			} else if (c >= 0xd800 && c < 0xe000) {
				c = 0xfffd;
			}
			put_utf8(b, c);
			break;
		default:
			return false;
		}
	}
	return true;
}

/* Reads a string whose opening quote is at j->at into j->text. With scratch, it lies there when
 * it had escapes; keep copies it there in any case. */
static bool string(struct json *j, struct buf *scratch, bool keep)
{
	const char *start = j->at;
	bool escaped = false;

	j->at++;
	for (;;) {
		j->at = string_special(j->at, j->stop);
		if (j->at == j->stop) {
			if (!more(j, &start)) {
				fail(j, start, "the input ends within a string");
				return false;
			}
			continue;
		}
		if (*j->at == '"')
			break;
		if (*j->at != '\\') {
			fail(j, j->at, "a control character stands within a string");
			return false;
		}
		escaped = true;
		while (j->stop - j->at < 2)
			if (!more(j, &start)) {
				fail(j, start, "the input ends within a string");
				return false;
			}
		j->at += 2;
	}
	j->text = start + 1;
	j->ntext = (size_t)(j->at - start - 1);
	j->at++;
	j->offset = j->base + (uint64_t)(start - j->start);
	j->end = j->base + (uint64_t)(j->at - j->start);
	if (escaped) {
		if (!unescape(scratch, j->text, j->ntext)) {
			fail(j, start, "a string has an escape that JSON does not know");
			return false;
		}
	} else if (keep) {
		buf_reset(scratch);
		buf_add(scratch, j->text, j->ntext);
	}
	if (escaped || keep) {
		j->text = scratch->at;
		j->ntext = scratch->len;
	}
	return true;
}

static bool digit(struct json *j)
{
	return j->at < j->stop && *j->at >= '0' && *j->at <= '9';
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static enum json_token number(struct json *j)
{
	const char *start = j->at;
	size_t n;

	/* A number ends where something else starts; all of it must be visible. */
	for (;;) {
		const char *p = j->at;

		while (p < j->stop && ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' ||
				       *p == '.' || *p == 'e' || *p == 'E'))
			p++;
		if (p < j->stop || !more(j, &start))
			break;
		j->at = start;
	}
	if (j->at < j->stop && *j->at == '-')
		j->at++;
	if (!digit(j))
		return fail(j, start, "not a number");
	if (*j->at == '0')
		j->at++;
	else
		while (digit(j))
			j->at++;
	if (j->at < j->stop && *j->at == '.') {
		j->at++;
		if (!digit(j))
			return fail(j, start, "not a number");
		while (digit(j))
			j->at++;
	}
	if (j->at < j->stop && (*j->at == 'e' || *j->at == 'E')) {
		j->at++;
		if (j->at < j->stop && (*j->at == '+' || *j->at == '-'))
			j->at++;
		if (!digit(j))
			return fail(j, start, "not a number");
		while (digit(j))
			j->at++;
	}
	n = (size_t)(j->at - start);
	j->text = start;
	j->ntext = n;
	j->offset = j->base + (uint64_t)(start - j->start);
	j->end = j->offset + n;
	return j->token = JSON_NUMBER;
}

static enum json_token word(struct json *j, const char *text, enum json_token token)
{
	size_t n = strlen(text);

	while ((size_t)(j->stop - j->at) < n)
		if (!more(j, NULL))
			return fail(j, j->at, "not a JSON value");
	if (memcmp(j->at, text, n))
		return fail(j, j->at, "not a JSON value");
	j->text = j->at;
	j->ntext = n;
	j->offset = j->base + (uint64_t)(j->at - j->start);
	j->end = j->offset + n;
	j->at += n;
	return j->token = token;
}

static enum json_token open_nest(struct json *j, bool array)
{
	if (j->depth == JSON_DEPTH)
		return fail(j, j->at, "nested more than 64 levels deep");
	j->array[j->depth++] = array;
	j->expect = WANT_FIRST;
	j->offset = j->base + (uint64_t)(j->at - j->start);
	j->at++;
	j->end = j->offset + 1;
	return j->token = array ? JSON_ARRAY : JSON_OBJECT;
}

static enum json_token close_nest(struct json *j)
{
	bool array = j->array[--j->depth];

	j->offset = j->base + (uint64_t)(j->at - j->start);
	j->at++;
	j->end = j->offset + 1;
	j->expect = j->depth ? WANT_NEXT : WANT_VALUE;
	return j->token = array ? JSON_ARRAY_END : JSON_OBJECT_END;
}

static enum json_token value(struct json *j)
{
	enum json_token t;

	if (!token_start(j)) {
		if (j->why)
			return j->token = JSON_BAD;
		if (j->depth)
			return fail(j, j->at, "the input ends within a value");
		j->text = NULL;
		j->ntext = 0;
		j->offset = j->end = j->base + (uint64_t)(j->at - j->start);
		return j->token = JSON_END;
	}
	switch (*j->at) {
	case '{':
		return open_nest(j, false);
	case '[':
		return open_nest(j, true);
	case '"':
		t = string(j, &j->unescaped, false) ? (j->token = JSON_STRING) : JSON_BAD;
		break;
	case 't':
		t = word(j, "true", JSON_TRUE);
		break;
	case 'f':
		t = word(j, "false", JSON_FALSE);
		break;
	case 'n':
		t = word(j, "null", JSON_NULL);
		break;
	default:
		t = number(j);
	}
	if (t != JSON_BAD)
		j->expect = j->depth ? WANT_NEXT : WANT_VALUE;
	return t;
}

bool json_key(struct json *j)
{
	if (j->why || !j->depth || j->array[j->depth - 1])
		return false;
	if (j->expect == WANT_VALUE)
		json_skip(j); /* a member whose value nobody read */
	if (j->why)
		return false;
	if (!token_start(j)) {
		fail(j, j->at, "the input ends within an object");
		return false;
	}
	if (*j->at == '}') {
		close_nest(j);
		return false;
	}
	if (j->expect == WANT_NEXT) {
		if (*j->at != ',') {
			fail(j, j->at, "a comma or } is missing in an object");
			return false;
		}
		j->at++;
		if (!token_start(j)) {
			fail(j, j->at, "the input ends within an object");
			return false;
		}
	}
	if (*j->at != '"') {
		fail(j, j->at, "an object's member has no name");
		return false;
	}
	/* A stream's window may move before the value is read, so the name is copied. */
	if (!string(j, &j->keybuf, j->in != NULL))
		return false;
	j->key = j->text;
	j->nkey = j->ntext;
	if (!token_start(j) || *j->at != ':') {
		fail(j, j->at, "a colon is missing after a name");
		return false;
	}
	j->at++;
	j->expect = WANT_VALUE;
	return true;
}

/* Inside an array, up to the next element; false at its end or when bad. */
static bool element(struct json *j)
{
	if (!token_start(j)) {
		fail(j, j->at, "the input ends within an array");
		return false;
	}
	if (*j->at == ']') {
		close_nest(j);
		return false;
	}
	if (j->expect == WANT_NEXT) {
		if (*j->at != ',') {
			fail(j, j->at, "a comma or ] is missing in an array");
			return false;
		}
		j->at++;
	}
	return true;
}

enum json_token json_next(struct json *j)
{
	if (j->why)
		return JSON_BAD;
	if (!j->depth || j->expect == WANT_VALUE)
		return value(j);
	if (j->array[j->depth - 1])
		return element(j) ? value(j) : j->token;
	return json_key(j) ? value(j) : j->token;
}

bool json_item(struct json *j)
{
	if (j->why || !j->depth || !j->array[j->depth - 1])
		return false;
	return element(j) && value(j) != JSON_BAD;
}

/* The first of '"' or a bracket of either kind at or after p, or stop. */
static const char *bracket(const char *p, const char *stop)
{
#ifdef __SSE2__
	/* '[' 5b ']' 5d '{' 7b '}' 7d: with bit 0x20 set they are 7b and 7d. */
	for (; stop - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
					   _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
		int mask;

		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
		mask = _mm_movemask_epi8(hit);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
	}
#endif
	while (p < stop && *p != '"' && *p != '{' && *p != '}' && *p != '[' && *p != ']')
		p++;
	return p;
}

/* Past the end of a string whose inside starts at j->at. */
static bool leave_string(struct json *j)
{
	for (;;) {
		j->at = string_special(j->at, j->stop);
		if (j->at == j->stop) {
			if (!more(j, NULL)) {
				fail(j, j->at, "the input ends within a string");
				return false;
			}
			continue;
		}
		if (*j->at == '"') {
			j->at++;
			return true;
		}
		if (*j->at != '\\') {
			fail(j, j->at, "a control character stands within a string");
			return false;
		}
		while (j->stop - j->at < 2)
			if (!more(j, NULL)) {
				fail(j, j->at, "the input ends within a string");
				return false;
			}
		j->at += 2;
	}
}

void json_leave(struct json *j)
{
	uint64_t open = 1;

	if (j->why || !j->depth)
		return;
	while (open) {
		j->at = bracket(j->at, j->stop);
		if (j->at == j->stop) {
			if (!more(j, NULL)) {
				fail(j, j->at, "the input ends within a value");
				return;
			}
			continue;
		}
		switch (*j->at++) {
		case '"':
			if (!leave_string(j))
				return;
			break;
		case '{':
		case '[':
			open++;
			break;
		default:
			open--;
		}
	}
	j->at--; /* the closing bracket itself */
	close_nest(j);
}

void json_skip(struct json *j)
{
	if (j->why || j->expect != WANT_VALUE)
		return;
	if (!token_start(j)) {
		fail(j, j->at, "the input ends within a value");
		return;
	}
	if (*j->at == '"') {
		/* No unescaping for what nobody reads. */
		j->at++;
		if (leave_string(j))
			j->expect = j->depth ? WANT_NEXT : WANT_VALUE;
		return;
	}
	switch (value(j)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		json_leave(j);
		break;
	default:
		break;
	}
}

/* Reads the value after a name and leaves it whole. */
static enum json_token scalar(struct json *j)
{
	enum json_token t;

	if (j->why)
		return JSON_BAD;
	t = value(j);
	if (t == JSON_OBJECT || t == JSON_ARRAY)
		json_leave(j);
	return t;
}

static bool token_u64(const struct json *j, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!j->ntext)
		return false;
	for (size_t i = 0; i < j->ntext; i++) {
		unsigned c = (unsigned char)j->text[i] - '0';

		if (c > 9 || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, c, &v) || v > max)
			return false;
	}
	*out = v;
	return true;
}

uint64_t json_u64(struct json *j, uint64_t max, uint64_t otherwise)
{
	uint64_t v;

	return scalar(j) == JSON_NUMBER && token_u64(j, max, &v) ? v : otherwise;
}

double json_real(struct json *j, double otherwise)
{
	char text[64], *end;
	double v;

	if (scalar(j) != JSON_NUMBER || j->ntext >= sizeof(text))
		return otherwise;
	memcpy(text, j->text, j->ntext);
	text[j->ntext] = '\0';
	v = strtod(text, &end);
	return *end || !isfinite(v) ? otherwise : v;
}

bool json_bool(struct json *j, bool otherwise)
{
	switch (scalar(j)) {
	case JSON_TRUE:
		return true;
	case JSON_FALSE:
		return false;
	default:
		return otherwise;
	}
}

bool json_text(struct json *j)
{
	return scalar(j) == JSON_STRING;
}

void json_text_into(struct json *j, char *out, size_t cap)
{
	size_t n = json_text(j) ? j->ntext : 0;

	n = n < cap - 1 ? n : cap - 1;
	if (n)
		memcpy(out, j->text, n);
	out[n] = '\0';
}

bool json_opens(const uint8_t *at, size_t n)
{
	size_t i = 0;

	while (i < n && (at[i] == ' ' || at[i] == '\n' || at[i] == '\r' || at[i] == '\t'))
		i++;
	return i < n && (at[i] == '{' || at[i] == '[');
}

void json_of(struct json *j, const void *p, size_t n)
{
	static const char nothing[1] = "";

	*j = (struct json){.at = n ? p : nothing, .pinned = NO_PIN};
	j->start = j->at;
	j->stop = j->at + n;
}

void json_stream(struct json *j, struct stream *s)
{
	size_t got;

	*j = (struct json){.in = s, .pinned = NO_PIN, .base = stream_offset(s)};
	j->start = j->at = (const char *)stream_peek(s, 1, &got);
	j->stop = j->start + got;
}

void json_free(struct json *j)
{
	buf_free(&j->unescaped);
	buf_free(&j->keybuf);
}

void json_pin(struct json *j)
{
	j->pinned = j->offset;
}

const uint8_t *json_pinned(const struct json *j)
{
	if (j->pinned == NO_PIN)
		return NULL;
	return (const uint8_t *)j->start + (j->pinned - j->base);
}

void json_unpin(struct json *j)
{
	j->pinned = NO_PIN;
}

const char *json_why(const struct json *j, uint64_t *at)
{
	if (at)
		*at = j->why_at;
	return j->why;
}

bool json_recover(struct json *j)
{
	j->why = NULL;
	j->pinned = NO_PIN;
	j->depth = 0;
	j->expect = WANT_VALUE;
	for (;;) {
		const char *lf =
		    j->at < j->stop ? memchr(j->at, '\n', (size_t)(j->stop - j->at)) : NULL;

		if (lf) {
			j->at = lf + 1;
			return visible(j);
		}
		j->at = j->stop;
		if (!more(j, NULL))
			return false;
	}
}
