/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fact/measurement.h"
#include "source/grow.h"

void rows_free(struct rows *rows)
{
	free(rows->fact);
	arena_free(&rows->text);
}

void rows_start(struct rows *rows, struct reader *r)
{
	rows->n = 0;
	arena_reset(&rows->text);
	rows->first = stream_offset(r->in);
}

struct fact *rows_add(struct rows *rows, enum fact_kind kind)
{
	mem_room(&rows->fact, &rows->cap, rows->n + 1);
	rows->fact[rows->n] = (struct fact){.kind = kind};
	return &rows->fact[rows->n++];
}

void rows_garbled(struct rows *rows, struct reader *r, uint64_t offset, uint64_t length,
		  const char *why, bool cut)
{
	struct garbled *g = &rows_add(rows, FACT_GARBLED)->garbled;

	g->offset = offset;
	g->length = length;
	g->why = arena_text(&rows->text, why);
	g->cut = cut;
	r->tally.records++;
	r->tally.skipped++;
	r->tally.cut |= cut;
}

void rows_give(struct rows *rows, struct reader *r, struct facts *out)
{
	uint64_t end = stream_offset(r->in);

	*out = (struct facts){.time = TIME_NONE, .fact = rows->fact, .nfact = rows->n};
	out->slice.source = r->id;
	out->slice.offset = rows->first;
	out->slice.length =
	    end - rows->first > UINT32_MAX ? UINT32_MAX : (uint32_t)(end - rows->first);
	r->tally.facts += rows->n;
}

bool rows_line(struct rows *rows, struct reader *r, struct row_text *line, uint64_t *offset)
{
	size_t got, n;
	const uint8_t *p, *end;

	for (;;) {
		/* Mostly what is visible already holds the line. */
		p = stream_peek(r->in, 1, &got);
		*offset = stream_offset(r->in);
		if (!got)
			return false;
		end = memchr(p, '\n', got);
		if (!end) {
			p = stream_peek(r->in, ROWS_LINE, &got);
			end = memchr(p, '\n', got);
		}
		rows->line++;
		n = end ? (size_t)(end - p) : got;
		/* Longer ones may well be visible, but nobody has room for them. */
		if (n < ROWS_LINE && (end || got < ROWS_LINE)) {
			line->at = (const char *)p;
			line->n = n && p[n - 1] == '\r' ? n - 1 : n;
			stream_skip(r->in, n + (end != NULL));
			return true;
		}
		/* No line at all: go on behind its end. */
		while (!end && got) {
			stream_skip(r->in, got);
			p = stream_peek(r->in, 1, &got);
			end = got ? memchr(p, '\n', got) : NULL;
		}
		if (end)
			stream_skip(r->in, (size_t)(end - p) + 1);
		rows_garbled(rows, r, *offset, stream_offset(r->in) - *offset,
			     "a line of more than 64 KiB", false);
	}
}

size_t rows_split(struct row_text line, char separator, struct row_text *field, size_t max)
{
	const char *at = line.at, *stop = line.at + line.n;
	size_t n = 0;

	for (;;) {
		const char *end = at < stop ? memchr(at, separator, (size_t)(stop - at)) : NULL;

		if (n < max)
			field[n] = (struct row_text){at, (size_t)((end ? end : stop) - at)};
		n++;
		if (!end)
			return n < max ? n : max;
		at = end + 1;
	}
}

size_t rows_csv(struct row_text line, char *room, struct row_text *field, size_t max)
{
	const char *at = line.at, *stop = line.at + line.n;
	size_t n = 0;

	if (!line.n || !memchr(line.at, '"', line.n))
		return rows_split(line, ',', field, max);
	while (n < max) {
		struct row_text *f = &field[n++];

		f->at = room;
		f->n = 0;
		if (at < stop && *at == '"') {
			for (at++; at < stop; at++) {
				if (*at == '"' && (at + 1 == stop || at[1] != '"'))
					break;
				at += *at == '"';
				*room++ = *at;
				f->n++;
			}
			at += at < stop;
		}
		while (at < stop && *at != ',') {
			*room++ = *at++;
			f->n++;
		}
		if (at == stop)
			break;
		at++;
	}
	return n;
}

struct row_text rows_trim(struct row_text t)
{
	while (t.n && (*t.at == ' ' || *t.at == '\t')) {
		t.at++;
		t.n--;
	}
	while (t.n && (t.at[t.n - 1] == ' ' || t.at[t.n - 1] == '\t'))
		t.n--;
	return t;
}

bool rows_is(struct row_text t, const char *s)
{
	return strlen(s) == t.n && !strncasecmp(t.at, s, t.n);
}

bool rows_asn(const char *s, size_t n, uint32_t *asn)
{
	uint64_t v;

	if (n > 2 && (s[0] | 32) == 'a' && (s[1] | 32) == 's') {
		s += 2;
		n -= 2;
	}
	if (!text_to_u64(s, n, UINT32_MAX, &v))
		return false;
	*asn = (uint32_t)v;
	return true;
}

bool rows_json_asn(struct json *j, uint32_t *asn)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT || t == JSON_ARRAY)
		json_leave(j);
	return (t == JSON_NUMBER || t == JSON_STRING) && rows_asn(j->text, j->ntext, asn);
}

bool rows_json_u64(struct json *j, uint64_t max, uint64_t *v)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT || t == JSON_ARRAY)
		json_leave(j);
	return (t == JSON_NUMBER || t == JSON_STRING) && text_to_u64(j->text, j->ntext, max, v);
}

void rows_json_headers(struct arena *a, struct json *j, void **list, size_t *n, size_t most)
{
	if (json_next(j) != JSON_OBJECT) {
		if (j->token == JSON_ARRAY)
			json_leave(j);
		return;
	}
	while (json_key(j)) {
		const char *name = arena_textn(a, j->key, j->nkey);

		if (json_next(j) == JSON_OBJECT)
			json_leave(j);
		if (j->token != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			struct header *h;

			if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
				json_leave(j);
			if (j->token != JSON_STRING || *n >= most)
				continue;
			h = grow_push(a, list, n, sizeof(*h));
			h->name = name;
			h->value = arena_textn(a, j->text, j->ntext);
		}
	}
}

void rows_fact(struct reader *r, struct facts *out, const struct fact *f, uint64_t offset,
	       uint64_t length, const uint8_t *at)
{
	*out =
	    (struct facts){.time = TIME_NONE,
			   .slice = {.source = r->id,
				     .offset = offset,
				     .length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length,
				     .at = at},
			   .fact = f,
			   .nfact = 1};
}

bool rows_has(const uint8_t *at, size_t n, const char *text)
{
	return memmem(at, n, text, strlen(text)) != NULL;
}
