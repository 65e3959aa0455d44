/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Path attributes as JSON sources spell them, put into wire form (attrs_put(), ASNs of four
 * bytes): paths as arrays or as text, communities as "65000:1" or [65000, 1].
 */
#ifndef SOURCE_ATTRS_TEXT_H
#define SOURCE_ATTRS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

/* An AS_PATH's value in the making. */
struct path_text {
	struct buf value;     /* of the attribute, in wire form */
	uint32_t first, last; /* ASNs, 0 when there is none; an AS_SET's do not count */
	size_t n;	      /* ASNs in all */
	bool bad;	      /* something in it was no ASN; what was read stands */
	/* Its own. */
	uint32_t run[255];
	size_t nrun;
};

void path_text_reset(struct path_text *p);
void path_text_free(struct path_text *p);

/* The value after a json_key(): [64496, "64497", [64498, 64499]] (an inner array or a text in
 * braces is an AS_SET), or a text as path_text_words() reads it. */
void path_text_json(struct path_text *p, struct json *j);

/* "64496 64497 {64498,64499}"; ASNs also as 1.10 (RFC 5396). */
void path_text_words(struct path_text *p, const char *s, size_t n);

/* Closes the last segment; then value is whole. */
void path_text_done(struct path_text *p);

/* Communities in wire form. */
struct community_text {
	struct buf plain, large; /* 4 and 12 bytes each */
	uint32_t other;		 /* how many were of a kind that is not taken over */
};

void community_text_reset(struct community_text *c);
void community_text_free(struct community_text *c);

/* The value after a json_key(): an array of "65000:1", "65000:1:2", [65000, 1], [65000, 1, 2],
 * well-known names of RFC 1997, 7999 and 8326, or a text of such words. */
void community_text_json(struct community_text *c, struct json *j);
void community_text_words(struct community_text *c, const char *s, size_t n);

#endif
