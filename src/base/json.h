/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A pull reader of JSON (RFC 8259) that builds no tree: one token after another, from memory or
 * from a stream of any length, at the speed of a scan. It never reads past its input, nests to
 * 64 levels at most, and after a fault yields JSON_BAD for ever; json_why() tells what and where.
 *
 *	json_of(&j, p, n);
 *	if (json_next(&j) == JSON_OBJECT)
 *		while (json_key(&j)) {
 *			if (json_is(&j, "asn"))
 *				asn = json_u64(&j, UINT32_MAX, 0);
 *			else
 *				json_skip(&j);
 *		}
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

struct stream;

enum json_token {
	JSON_END, /* nothing but white space is left */
	JSON_BAD,
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

#define JSON_DEPTH 64

struct json {
	/* The present token. */
	enum json_token token;
	const char *text; /* a string's or number's text, not NUL-terminated; good until the next
			     call. Strings are unescaped; a lone surrogate becomes U+FFFD. */
	size_t ntext;
	const char *key; /* of the member that json_key() stopped at; good until the next call */
	size_t nkey;
	uint64_t offset; /* of the token's first byte */
	uint64_t end;	 /* just after its last byte */

	/* The reader's own. */
	const char *at, *stop; /* visible input */
	const char *start;     /* what `base` is the offset of */
	uint64_t base;
	struct stream *in; /* NULL: memory only */
	struct buf unescaped, keybuf;
	const char *why;
	uint64_t why_at;
	uint64_t pinned; /* keep visible from here, see json_pin() */
	uint8_t depth;
	uint8_t expect; /* what the grammar wants next, json.c */
	bool array[JSON_DEPTH];
};

/* Over memory, or over a stream from its present place. json_free() releases the scratch. */
void json_of(struct json *j, const void *p, size_t n);
void json_stream(struct json *j, struct stream *s);
void json_free(struct json *j);

/* The next token. Several values one after another are read as they come (JSON lines). In an
 * object, names come through json_key(), never as JSON_STRING. */
enum json_token json_next(struct json *j);

/* Within an object: the next name stands in key/nkey and the next token is its value. False at
 * the object's end (which is consumed) or when bad. */
bool json_key(struct json *j);

/* Within an array: reads the next element's first token into j->token; false at the end (which
 * is consumed) or when bad. */
bool json_item(struct json *j);

/* After json_key(): reads and forgets the value. After json_next() or json_item() returned an
 * object or array: json_leave() forgets the rest of it. Both are a scan, no unescaping. */
void json_skip(struct json *j);
void json_leave(struct json *j);

/* After json_key(): the value, or the default when it is of another kind or out of range (it is
 * consumed all the same). */
uint64_t json_u64(struct json *j, uint64_t max, uint64_t otherwise);
double json_real(struct json *j, double otherwise);
bool json_bool(struct json *j, bool otherwise);
bool json_text(struct json *j); /* true: a string, in text/ntext */
/* The string into out as a C string, cut off where it does not fit; "" when it is none. */
void json_text_into(struct json *j, char *out, size_t cap);

/* For whoever recognises a source by its start: does an object or an array begin there? */
bool json_opens(const uint8_t *at, size_t n);

static inline bool json_is(const struct json *j, const char *name)
{
	size_t n = strlen(name);

	return j->nkey == n && !memcmp(j->key, name, n);
}

/* Keeps the bytes from the present token's start visible until json_unpin(), so that a whole
 * value can be cut out as evidence: json_pinned() is a pointer to them. */
void json_pin(struct json *j);
const uint8_t *json_pinned(const struct json *j);
void json_unpin(struct json *j);

/* What was wrong and at which byte; NULL when nothing was. */
const char *json_why(const struct json *j, uint64_t *at);

/* JSON lines: forgets the fault and everything up to and with the next line feed, and starts
 * afresh at the top level. False at the end of the input. */
bool json_recover(struct json *j);

#endif
