/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/attrs_text.h"

#include <string.h>

#include "base/text.h"
#include "source/attrs.h"

void path_text_reset(struct path_text *p)
{
	buf_reset(&p->value);
	p->first = p->last = 0;
	p->n = p->nrun = 0;
	p->bad = false;
}

void path_text_free(struct path_text *p)
{
	buf_free(&p->value);
}

static void flush(struct path_text *p, enum segment_kind kind)
{
	if (p->nrun)
		attrs_put_segment(&p->value, kind, p->run, p->nrun);
	p->nrun = 0;
}

static void add(struct path_text *p, uint32_t asn, enum segment_kind kind)
{
	if (p->nrun == sizeof(p->run) / sizeof(*p->run))
		flush(p, kind);
	p->run[p->nrun++] = asn;
	p->n++;
	if (kind == SEGMENT_SET) {
		p->last = 0;
		return;
	}
	if (p->n == 1)
		p->first = asn;
	p->last = asn;
}

/* Decimal, or the two halves of RFC 5396's asdot. */
static bool asn_of(const char *s, size_t n, uint32_t *asn)
{
	const char *dot = memchr(s, '.', n);
	uint64_t high = 0, low;

	if (n > 2 && (s[0] == 'A' || s[0] == 'a') && (s[1] == 'S' || s[1] == 's')) {
		s += 2;
		n -= 2;
	}
	if (dot) {
		if (dot < s || !text_to_u64(s, (size_t)(dot - s), 65535, &high) ||
		    !text_to_u64(dot + 1, n - (size_t)(dot + 1 - s), 65535, &low))
			return false;
	} else if (!text_to_u64(s, n, UINT32_MAX, &low)) {
		return false;
	}
	*asn = (uint32_t)(high << 16 | low);
	return true;
}

static bool separator(char c)
{
	return c == ' ' || c == ',' || c == '\t';
}

/* Words up to the end or a closing brace; returns where it stopped. */
static const char *words(struct path_text *p, const char *s, const char *end,
			 enum segment_kind kind)
{
	while (s < end) {
		const char *word = s;
		uint32_t asn;

		if (separator(*s)) {
			s++;
			continue;
		}
		if (*s == '}' || *s == ']' || *s == ')')
			return s + 1;
		if (*s == '{' || *s == '[' || *s == '(') {
			enum segment_kind inner = *s == '{'   ? SEGMENT_SET
						  : *s == '(' ? SEGMENT_CONFED_SEQUENCE
							      : SEGMENT_CONFED_SET;

			if (kind != SEGMENT_SEQUENCE) {
				p->bad = true;
				return end;
			}
			flush(p, kind);
			s = words(p, s + 1, end, inner);
			flush(p, inner);
			continue;
		}
		while (s < end && !separator(*s) && !strchr("{}[]()", *s))
			s++;
		if (s == word) { /* a NUL, which strchr() finds */
			p->bad = true;
			s++;
		} else if (asn_of(word, (size_t)(s - word), &asn)) {
			add(p, asn, kind);
		} else {
			p->bad = true;
		}
	}
	return s;
}

void path_text_words(struct path_text *p, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end)
		s = words(p, s, end, SEGMENT_SEQUENCE);
}

void path_text_json(struct path_text *p, struct json *j)
{
	uint32_t asn;

	switch (json_next(j)) {
	case JSON_STRING:
		path_text_words(p, j->text, j->ntext);
		return;
	case JSON_ARRAY:
		break;
	case JSON_OBJECT:
		json_leave(j);
		p->bad = true;
		return;
	case JSON_NULL:
		return;
	default:
		p->bad = true;
		return;
	}
	while (json_item(j)) {
		switch (j->token) {
		case JSON_NUMBER:
			if (asn_of(j->text, j->ntext, &asn))
				add(p, asn, SEGMENT_SEQUENCE);
			else
				p->bad = true;
			break;
		case JSON_STRING:
			path_text_words(p, j->text, j->ntext);
			break;
		case JSON_ARRAY:
			flush(p, SEGMENT_SEQUENCE);
			while (json_item(j)) {
				if (j->token == JSON_ARRAY || j->token == JSON_OBJECT) {
					json_leave(j);
					p->bad = true;
				} else if ((j->token == JSON_NUMBER || j->token == JSON_STRING) &&
					   asn_of(j->text, j->ntext, &asn)) {
					add(p, asn, SEGMENT_SET);
				} else {
					p->bad = true;
				}
			}
			flush(p, SEGMENT_SET);
			break;
		case JSON_OBJECT:
			json_leave(j);
			p->bad = true;
			break;
		default:
			p->bad = true;
		}
	}
}

void path_text_done(struct path_text *p)
{
	flush(p, SEGMENT_SEQUENCE);
}

void community_text_reset(struct community_text *c)
{
	buf_reset(&c->plain);
	buf_reset(&c->large);
	c->other = 0;
}

void community_text_free(struct community_text *c)
{
	buf_free(&c->plain);
	buf_free(&c->large);
}

static void put(struct community_text *c, const uint64_t *v, size_t n)
{
	if (n == 2 && v[0] <= UINT16_MAX && v[1] <= UINT16_MAX) {
		buf_u32(&c->plain, (uint32_t)(v[0] << 16 | v[1]));
	} else if (n == 3) {
		for (size_t i = 0; i < 3; i++)
			buf_u32(&c->large, (uint32_t)v[i]);
	} else {
		c->other++;
	}
}

static void word(struct community_text *c, const char *s, size_t n)
{
	static const struct {
		const char *name;
		uint16_t low;
	} known[] = {
	    {"graceful-shutdown", 0},
	    {"GRACEFUL_SHUTDOWN", 0},
	    {"blackhole", 666},
	    {"BLACKHOLE", 666},
	    {"no-export", 0xff01},
	    {"NO_EXPORT", 0xff01},
	    {"no-advertise", 0xff02},
	    {"NO_ADVERTISE", 0xff02},
	    {"no-export-subconfed", 0xff03},
	    {"NO_EXPORT_SUBCONFED", 0xff03},
	    {"no-peer", 0xff04},
	    {"NOPEER", 0xff04},
	};
	uint64_t v[3];
	size_t k = 0;
	const char *end = s + n;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == n && !memcmp(known[i].name, s, n)) {
			buf_u32(&c->plain, UINT32_C(0xffff0000) | known[i].low);
			return;
		}
	if (n > 3 && !memcmp(s, "lg:", 3))
		s += 3;
	while (k < 3) {
		const char *colon = memchr(s, ':', (size_t)(end - s));
		const char *stop = colon ? colon : end;

		if (!text_to_u64(s, (size_t)(stop - s), UINT32_MAX, &v[k++])) {
			c->other++;
			return;
		}
		if (!colon) {
			put(c, v, k);
			return;
		}
		s = colon + 1;
	}
	c->other++;
}

void community_text_words(struct community_text *c, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *start = s;

		if (separator(*s)) {
			s++;
			continue;
		}
		while (s < end && !separator(*s))
			s++;
		word(c, start, (size_t)(s - start));
	}
}

void community_text_json(struct community_text *c, struct json *j)
{
	switch (json_next(j)) {
	case JSON_STRING:
		community_text_words(c, j->text, j->ntext);
		return;
	case JSON_ARRAY:
		break;
	case JSON_OBJECT:
		json_leave(j);
		return;
	default:
		return;
	}
	while (json_item(j)) {
		uint64_t v[3];
		size_t n = 0;

		if (j->token == JSON_STRING) {
			community_text_words(c, j->text, j->ntext);
		} else if (j->token == JSON_OBJECT) {
			json_leave(j);
			c->other++;
		} else if (j->token == JSON_ARRAY) {
			while (json_item(j)) {
				if (j->token == JSON_ARRAY || j->token == JSON_OBJECT) {
					json_leave(j);
					n = 4;
				} else if (n < 3 && j->token == JSON_NUMBER &&
					   text_to_u64(j->text, j->ntext, UINT32_MAX, &v[n])) {
					n++;
				} else {
					n = 4;
				}
			}
			if (n <= 3)
				put(c, v, n);
			else
				c->other++;
		}
	}
}
