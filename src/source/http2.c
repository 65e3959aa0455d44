/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/http2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http2 {
	nghttp2_session *session;
	struct arena *arena;
	const struct transaction *ask;
	int32_t stream;
	size_t sent;	       /* of the request's body */
	size_t body_max, head; /* bytes of headers so far */
	int code;
	struct header *header;
	size_t nheader, cap;
	struct buf body;
	bool truncated, over;
	const char *why;
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t nname, const uint8_t *value, size_t nvalue, uint8_t flags, void *arg)
{
	struct http2 *h = arg;
	char *text;

	(void)session;
	(void)flags;
	if (frame->hd.stream_id != h->stream)
		return 0;
	h->head += nname + nvalue + 32;
	if (h->head > HTTP_HEAD || h->nheader >= HTTP_HEADERS) {
		h->why = "headers without end";
		h->over = true;
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	if (nname == 7 && !memcmp(name, ":status", 7)) {
		h->code = 0;
		for (size_t i = 0; i < nvalue && i < 3; i++)
			h->code = h->code * 10 + (value[i] - '0');
		/* An informational response's headers give way to the real ones. */
		h->nheader = 0;
		return 0;
	}
	text = arena_textn(h->arena, (const char *)value, nvalue);
	for (size_t i = 0; i < nvalue; i++)
		if (!text[i])
			text[i] = ' ';
	mem_room(&h->header, &h->cap, h->nheader + 1);
	h->header[h->nheader++] = (struct header){
	    .name = arena_textn(h->arena, (const char *)name, nname), .value = text};
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *p,
		   size_t n, void *arg)
{
	struct http2 *h = arg;
	size_t room = h->body_max - h->body.len;

	(void)session;
	(void)flags;
	if (stream != h->stream || h->over)
		return 0;
	if (n > room) {
		n = room;
		h->truncated = h->over = true;
	}
	buf_add(&h->body, p, n);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *arg)
{
	struct http2 *h = arg;

	(void)session;
	if (stream != h->stream || h->over)
		return 0;
	h->over = true;
	if (error && error != NGHTTP2_NO_ERROR)
		h->why = arena_printf(h->arena, "http2: stream error: %s",
				      nghttp2_http2_strerror(error));
	else if (!h->code)
		h->why = "http2: no response";
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct http2 *h = arg;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY && !h->over &&
	    (frame->goaway.last_stream_id < h->stream || frame->goaway.error_code)) {
		h->over = true;
		h->why = arena_printf(h->arena, "http2: server said goodbye: %s",
				      nghttp2_http2_strerror(frame->goaway.error_code));
	}
	return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *p, size_t n,
			 uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct http2 *h = arg;
	size_t left = h->ask->nask_body - h->sent;

	(void)session;
	(void)stream;
	(void)source;
	if (n > left)
		n = left;
	memcpy(p, h->ask->ask_body + h->sent, n);
	h->sent += n;
	if (h->sent == h->ask->nask_body)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
			    .value = (uint8_t *)(uintptr_t)value,
			    .namelen = strlen(name),
			    .valuelen = strlen(value)};
}

static void submit(struct http2 *h, const char *target, bool secure)
{
	const struct transaction *t = h->ask;
	nghttp2_nv *nv = mem_zero(t->nask + 4, sizeof(*nv));
	nghttp2_data_provider body = {.read_callback = read_body};
	size_t n = 0;
	const char *authority = "";

	for (size_t i = 0; i < t->nask; i++)
		if (!strcasecmp(t->ask[i].name, "host"))
			authority = t->ask[i].value;
	nv[n++] = field(":method", t->method);
	nv[n++] = field(":scheme", secure ? "https" : "http");
	nv[n++] = field(":authority", authority);
	nv[n++] = field(":path", target);
	for (size_t i = 0; i < t->nask; i++) {
		char *name;

		if (!strcasecmp(t->ask[i].name, "host"))
			continue;
		name = arena_text(h->arena, t->ask[i].name);
		for (char *c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c + 32);
		nv[n++] = field(name, t->ask[i].value);
	}
	h->stream = nghttp2_submit_request(h->session, NULL, nv, n, t->nask_body ? &body : NULL, h);
	free(nv);
}

struct http2 *http2_new(struct arena *a, const struct transaction *t, const char *target,
			bool secure, size_t body_max)
{
	static const nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD},
	};
	struct http2 *h = mem_zero(1, sizeof(*h));
	nghttp2_session_callbacks *callbacks;

	h->arena = a;
	h->ask = t;
	h->body_max = body_max;
	if (nghttp2_session_callbacks_new(&callbacks))
		abort();
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	if (nghttp2_session_client_new(&h->session, callbacks, h))
		abort();
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
				sizeof(settings) / sizeof(*settings));
	submit(h, target, secure);
	return h;
}

void http2_free(struct http2 *h)
{
	if (!h)
		return;
	nghttp2_session_del(h->session);
	buf_free(&h->body);
	free(h->header);
	free(h);
}

void http2_out(struct http2 *h, struct buf *out)
{
	const uint8_t *p;
	ssize_t n;

	while (out->len < 1 << 20 && (n = nghttp2_session_mem_send(h->session, &p)) > 0)
		buf_add(out, p, (size_t)n);
}

bool http2_feed(struct http2 *h, const void *p, size_t n)
{
	ssize_t used = nghttp2_session_mem_recv(h->session, p, n);

	if (used < 0 && !h->over) {
		h->over = true;
		h->why = arena_printf(h->arena, "http2: %s", nghttp2_strerror((int)used));
	}
	if (!h->over && !nghttp2_session_want_read(h->session) &&
	    !nghttp2_session_want_write(h->session)) {
		h->over = true;
		h->why = "http2: connection ended";
	}
	return !h->over;
}

const char *http2_why(const struct http2 *h)
{
	return h->why;
}

void http2_response(struct http2 *h, struct http1 *out)
{
	out->code = h->code;
	out->truncated |= h->truncated;
	free(out->header);
	out->header = h->header;
	out->nheader = h->nheader;
	out->header_cap = h->cap;
	h->header = NULL;
	h->nheader = h->cap = 0;
	buf_free(&out->body);
	out->body = h->body;
	h->body = (struct buf){0};
}
