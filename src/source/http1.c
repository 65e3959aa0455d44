/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * HTTP/1.1 responses (RFC 9112), byte by byte from whoever answers. Lenient where a block page is
 * made by careless hands (bare line feeds, odd header lines), strict about lengths.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/http.h"

enum { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_END, RAW };

#define LINE_MAX_CHUNK 4096
#define INFORMATIONAL_MAX 8
#define FOLDS_MAX 64
#define RAW_MAX 4096

void http1_init(struct http1 *h, struct arena *a, size_t body_max, bool head_only)
{
	*h = (struct http1){.arena = a, .body_max = body_max, .head_only = head_only};
}

void http1_free(struct http1 *h)
{
	buf_free(&h->head);
	buf_free(&h->body);
	free(h->header);
	h->header = NULL;
	h->nheader = h->header_cap = 0;
}

static bool bad(struct http1 *h, const char *why)
{
	h->why = why;
	h->over = true;
	return false;
}

static bool over(struct http1 *h)
{
	h->over = true;
	return false;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK"; the reason may be missing, and the minor version any digit. */
static bool status_line(struct http1 *h, const char *s, size_t n)
{
	if (n < 12 || strncasecmp(s, "HTTP/", 5) || !digit(s[5]) || s[6] != '.' || !digit(s[7]) ||
	    s[8] != ' ' || !digit(s[9]) || !digit(s[10]) || !digit(s[11]) ||
	    (n > 12 && digit(s[12])))
		return false;
	h->code = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
	return true;
}

static void header_line(struct http1 *h, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t name, value;
	char *text;

	if (h->nheader && n && (*s == ' ' || *s == '\t')) {
		/* A folded line (RFC 9112 5.2) goes on with the value before it. */
		struct header *last = &h->header[h->nheader - 1];

		while (n && (*s == ' ' || *s == '\t')) {
			s++;
			n--;
		}
		if (++h->folds > FOLDS_MAX)
			return;
		last->value = arena_printf(h->arena, "%s %.*s", last->value, (int)n, s);
		return;
	}
	if (!colon || colon == s || h->nheader >= HTTP_HEADERS)
		return;
	name = (size_t)(colon - s);
	while (name && (s[name - 1] == ' ' || s[name - 1] == '\t'))
		name--;
	colon++;
	value = n - (size_t)(colon - s);
	while (value && (*colon == ' ' || *colon == '\t')) {
		colon++;
		value--;
	}
	while (value && (colon[value - 1] == ' ' || colon[value - 1] == '\t'))
		value--;
	text = arena_textn(h->arena, colon, value);
	/* A text of ours ends at a NUL; what a server hides behind one is not lost. */
	for (size_t i = 0; i < value; i++)
		if (!text[i])
			text[i] = ' ';
	mem_room(&h->header, &h->header_cap, h->nheader + 1);
	h->header[h->nheader++] =
	    (struct header){.name = arena_textn(h->arena, s, name), .value = text};
}

/* The head stands whole in h->head; false: the response is over or bad. */
static bool head_done(struct http1 *h)
{
	const char *s = h->head.at, *end = s + h->head.len;
	bool first = true, has_length = false;

	h->nheader = 0;
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *next;
		size_t n;

		next = nl ? nl + 1 : end;
		n = (size_t)((nl ? nl : end) - s);
		if (n && s[n - 1] == '\r')
			n--;
		if (first && !status_line(h, s, n))
			return bad(h, "malformed HTTP response");
		if (!first)
			header_line(h, s, n);
		first = false;
		s = next;
	}
	buf_reset(&h->head);
	if (h->code >= 100 && h->code < 200 && h->code != 101) {
		if (++h->informational > INFORMATIONAL_MAX)
			return bad(h, "too many informational responses");
		return true;
	}
	if (h->head_only || h->code == 204 || h->code == 304 || h->code == 101)
		return over(h);
	h->state = UNTIL_END;
	for (size_t i = 0; i < h->nheader; i++) {
		const char *v = h->header[i].value;

		if (!strcasecmp(h->header[i].name, "transfer-encoding")) {
			size_t n = strlen(v);

			h->chunked = n >= 7 && !strcasecmp(v + n - 7, "chunked");
		} else if (!strcasecmp(h->header[i].name, "content-length")) {
			char *stop;
			unsigned long long n = strtoull(v, &stop, 10);

			if (!digit(*v) || *stop || (has_length && n != h->left))
				return bad(h, "malformed Content-Length");
			h->left = n;
			has_length = true;
		}
	}
	if (h->chunked)
		h->state = CHUNK_SIZE;
	else if (has_length)
		h->state = LENGTH;
	else
		h->until_end = true;
	if (h->state == LENGTH && !h->left)
		return over(h);
	return true;
}

/* False: the body has as much as is kept. */
static bool keep(struct http1 *h, const char *p, size_t n)
{
	size_t room = h->body_max - h->body.len;

	if (n > room) {
		buf_add(&h->body, p, room);
		h->truncated = true;
		return over(h);
	}
	buf_add(&h->body, p, n);
	return true;
}

/* One byte of a line that ends with a line feed, into h->head. */
static bool line_done(struct http1 *h, char c, size_t max)
{
	if (c == '\n')
		return true;
	if (h->head.len < max)
		buf_char(&h->head, c);
	else
		bad(h, "a line without end");
	return false;
}

static bool chunk_size(struct http1 *h)
{
	uint64_t n = 0;
	size_t i = 0;
	const char *s = h->head.at ? h->head.at : "";

	for (; i < h->head.len; i++) {
		char c = s[i];
		int v = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;

		if (v < 0)
			break;
		if (n >> 56)
			return bad(h, "malformed chunk");
		n = n << 4 | (unsigned)v;
	}
	if (!i || (i < h->head.len && !strchr("; \t\r", s[i])))
		return bad(h, "malformed chunk");
	buf_reset(&h->head);
	h->left = n;
	h->state = n ? CHUNK_DATA : TRAILER;
	return true;
}

/* The end of a head is an empty line, with or without carriage returns. */
static bool head_byte(struct http1 *h, char c)
{
	const char *s;
	size_t n;

	if (h->head.len >= HTTP_HEAD)
		return bad(h, "headers without end");
	/* Empty lines before the status line are passed over (RFC 9112 2.2). */
	if (!h->head.len && (c == '\r' || c == '\n'))
		return ++h->informational > 64 ? bad(h, "malformed HTTP response") : true;
	buf_char(&h->head, c);
	s = h->head.at;
	n = h->head.len;
	if (n == 5 && strncasecmp(s, "HTTP/", 5)) {
		/* Whoever answers does not speak HTTP; what it says is kept. */
		buf_add(&h->body, s, n);
		buf_reset(&h->head);
		h->state = RAW;
		return true;
	}
	if (c != '\n' || n < 2)
		return true;
	if (s[n - 2] == '\n' || (n >= 3 && s[n - 2] == '\r' && s[n - 3] == '\n'))
		return head_done(h);
	return true;
}

bool http1_feed(struct http1 *h, const void *p, size_t n)
{
	const char *s = p;

	while (!h->over && n) {
		size_t take = n;

		switch (h->state) {
		case HEAD:
			head_byte(h, *s);
			take = 1;
			break;
		case LENGTH:
		case CHUNK_DATA:
			if (take > h->left)
				take = (size_t)h->left;
			if (!keep(h, s, take))
				break;
			h->left -= take;
			if (!h->left && h->state == LENGTH)
				over(h);
			else if (!h->left)
				h->state = CHUNK_END;
			break;
		case CHUNK_END:
			take = 1;
			if (*s == '\n')
				h->state = CHUNK_SIZE;
			else if (*s != '\r')
				bad(h, "malformed chunk");
			break;
		case CHUNK_SIZE:
			take = 1;
			if (line_done(h, *s, LINE_MAX_CHUNK))
				chunk_size(h);
			break;
		case TRAILER:
			take = 1;
			if (line_done(h, *s, LINE_MAX_CHUNK)) {
				if (!h->head.len || (h->head.len == 1 && *h->head.at == '\r'))
					over(h);
				h->left += h->head.len + 1;
				buf_reset(&h->head);
				if (h->left > HTTP_HEAD)
					bad(h, "headers without end");
			}
			break;
		case RAW:
			if (take > RAW_MAX - h->body.len)
				take = RAW_MAX - h->body.len;
			buf_add(&h->body, s, take);
			if (h->body.len == RAW_MAX)
				bad(h, "malformed HTTP response");
			break;
		default:
			keep(h, s, take);
			break;
		}
		s += take;
		n -= take;
	}
	return !h->over;
}

bool http1_end(struct http1 *h)
{
	bool whole = h->over ? !h->why : h->state == UNTIL_END;

	if (!h->over && h->state == RAW)
		h->why = "malformed HTTP response";
	h->over = true;
	return whole;
}
