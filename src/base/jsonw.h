/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A streaming JSON writer into a struct buf (RFC 8259). It keeps commas and nesting; a caller
 * opens, names and closes. Strings are written as UTF-8: control characters are escaped, bytes
 * that are not UTF-8 become U+FFFD, so that what hostile input says is always valid JSON.
 * Without indent everything stands on one line.
 */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct jsonw {
	struct buf *out;
	bool pretty;	 /* two spaces a level */
	uint8_t depth;	 /* at most 32 */
	bool named;	 /* a key was just written */
	uint32_t filled; /* bit per level: something stands there already */
};

#define JSONW(buf) ((struct jsonw){.out = (buf)})

void jsonw_object(struct jsonw *w);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);

/* Inside an object every value is preceded by its name. */
void jsonw_name(struct jsonw *w, const char *name);

void jsonw_text(struct jsonw *w, const char *s); /* NULL writes null */
void jsonw_textn(struct jsonw *w, const char *s, size_t n);
void jsonw_printf(struct jsonw *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void jsonw_uint(struct jsonw *w, uint64_t v);
void jsonw_int(struct jsonw *w, int64_t v);
void jsonw_real(struct jsonw *w, double v, int digits); /* fixed, no trailing zeros; NaN is null */
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
void jsonw_time(struct jsonw *w, int64_t time); /* RFC 3339; TIME_NONE is null */
void jsonw_hex(struct jsonw *w, const void *p, size_t n);

/* A member: its name and its value. */
void jsonw_put_text(struct jsonw *w, const char *name, const char *s);
void jsonw_put_uint(struct jsonw *w, const char *name, uint64_t v);
void jsonw_put_real(struct jsonw *w, const char *name, double v, int digits);
void jsonw_put_bool(struct jsonw *w, const char *name, bool v);
void jsonw_put_time(struct jsonw *w, const char *name, int64_t time);

/* A value that is JSON already. */
void jsonw_raw(struct jsonw *w, const char *json, size_t n);

#endif
