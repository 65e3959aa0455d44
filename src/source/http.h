/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One HTTP transaction over an open connection: HTTP/1.1 (RFC 9112) by hand, or HTTP/2 (RFC 9113)
 * through libnghttp2 when TLS agreed on "h2". Redirects are for the caller: each is a transaction
 * of its own, maybe to another address.
 *
 * A hostile server cannot make it big or long: headers, body, decompressed body and time have
 * limits. What passes one is not an error of ours but said in the reply: `truncated`, or a failure.
 */
#ifndef SOURCE_HTTP_H
#define SOURCE_HTTP_H

#include "base/buf.h"
#include "base/bytes.h"
#include "source/dial.h"

#define HTTP_BODY ((size_t)512 << 10) /* as OONI's probes */
#define HTTP_HEAD ((size_t)64 << 10)
#define HTTP_HEADERS 256

struct http_spec {
	struct flow flow;   /* timeout without a byte, usually 10 s; four times that in all */
	struct conn *conn;  /* remains the caller's; may not be used for another transaction */
	const char *method; /* NULL: GET */
	const char *url;    /* https://host:port/path, as it is told; userinfo is not sent */
	const struct header *header; /* beside Host, which comes from the URL */
	size_t nheader;
	const uint8_t *body;
	size_t nbody;
	size_t body_max; /* 0: HTTP_BODY; of what is kept, after decompression */
};

typedef void http_done(void *arg, const struct transaction *reply);

struct task *http_begin(struct loop *l, struct arena *a, const struct http_spec *spec,
			http_done *done, void *arg);

/* The value of the first header of this name, whatever its case; NULL: there is none. */
const char *http_header(const struct transaction *t, const char *name);

/* Where a redirect leads: the absolute URL (RFC 3986 5) of Location in the arena, NULL when the
 * reply is none or its Location no URL of http or https. */
const char *http_location(struct arena *a, const struct transaction *t);

/*
 * The reader of HTTP/1.1 responses, by itself for the fuzzer: bytes go in as they come, the
 * response comes out in the arena.
 */
struct http1 {
	struct arena *arena;
	bool head_only; /* of HEAD: no body follows */
	size_t body_max;
	uint8_t state;
	bool chunked, until_end, over;
	uint64_t left; /* of the body, or of the chunk */
	struct buf head, body;
	struct header *header;
	size_t nheader, header_cap;
	int code;
	bool truncated;
	unsigned informational, folds;
	const char *why; /* "invalid response: …" once it is none */
};

void http1_init(struct http1 *h, struct arena *a, size_t body_max, bool head_only);
/* False: the response is over, good (why is NULL) or bad. */
bool http1_feed(struct http1 *h, const void *p, size_t n);
/* The connection ended: false when the response was not whole. */
bool http1_end(struct http1 *h);
void http1_free(struct http1 *h);

/* Undoes Content-Encoding gzip and deflate, to at most max bytes; *truncated when there was more
 * (or the stream is damaged: what could be read is kept). Other codings stay as they are. */
void http_decode(struct arena *a, const char *coding, const uint8_t *p, size_t n, size_t max,
		 const uint8_t **out, size_t *nout, bool *truncated);

#endif
