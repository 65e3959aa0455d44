/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One request and its response in HTTP/2 (RFC 9113), by libnghttp2, without any socket: bytes go
 * in, bytes come out. The limits are those of http.h.
 */
#ifndef SOURCE_HTTP2_H
#define SOURCE_HTTP2_H

#include "source/http.h"

struct http2;

/* What to ask stands in t: method, url, ask (Host becomes :authority), ask_body. It must outlive
 * it, as must the arena. */
struct http2 *http2_new(struct arena *a, const struct transaction *t, const char *target,
			bool secure, size_t body_max);
void http2_free(struct http2 *h);

/* What is to be sent now, onto the end of out. */
void http2_out(struct http2 *h, struct buf *out);

/* False: the response is over; http2_why() tells whether good (NULL). */
bool http2_feed(struct http2 *h, const void *p, size_t n);
const char *http2_why(const struct http2 *h);

/* What came, into code, headers, body and truncated of an http1 that was initialised. */
void http2_response(struct http2 *h, struct http1 *out);

#endif
