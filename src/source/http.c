/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/text.h"
#include "fact/measurement.h"
#include "source/http2.h"

#define READ_SIZE 16384
#define READS_A_TURN 8
#define SLOW                                                                                 \
	4 /* a transfer that goes on may take so many times as long as one that stands still \
	   */

struct http {
	struct task task;
	struct http_spec spec;
	struct arena *arena;
	http_done *done;
	void *arg;
	struct transaction reply;
	struct event io;
	struct http1 h1;
	struct http2 *h2; /* NULL: HTTP/1.1 */
	struct buf out;
	size_t sent;
	uint64_t arrived_before, arrived_max;
	int64_t last; /* when it may go on at most */
};

/* ---- URLs ---- */

/* What stands between "://" and the path, without userinfo. */
static struct bytes authority(const char *url)
{
	const char *p = strstr(url, "://"), *at;
	size_t n;

	p = p ? p + 3 : url;
	n = strcspn(p, "/?#");
	at = memrchr(p, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	return bytes_of(p, n);
}

/* Path and query, as they go on the wire: never empty, nothing in it that could end the line. */
static void put_target(struct buf *out, const char *url)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	p += strcspn(p, "/?#");
	if (*p != '/')
		buf_char(out, '/');
	for (; *p && *p != '#'; p++) {
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			buf_printf(out, "%%%02X", (unsigned char)*p);
		else
			buf_char(out, *p);
	}
}

static void put_authority(struct buf *out, const char *url)
{
	struct bytes a = authority(url);
	const char *s = (const char *)a.at;
	size_t n = bytes_left(&a);
	const char *usual = !strncasecmp(url, "https:", 6) ? ":443" : ":80";
	size_t k = strlen(usual);

	if (n > k && !memcmp(s + n - k, usual, k))
		n -= k;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] > 0x20 && (unsigned char)s[i] < 0x7f)
			buf_char(out, (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]));
}

/* RFC 3986 5.2.4, in place. */
static void remove_dots(char *path)
{
	char *query = path + strcspn(path, "?"), *out = path, *in = path;

	while (in < query) {
		char *end = memchr(in + 1, '/', (size_t)(query - in) - 1);
		size_t n = (size_t)((end ? end : query) - in);

		if (n == 2 && in[1] == '.') {
			if (!end)
				*out++ = '/';
		} else if (n == 3 && in[1] == '.' && in[2] == '.') {
			while (out > path && *--out != '/')
				;
			if (!end)
				*out++ = '/';
		} else {
			memmove(out, in, n);
			out += n;
		}
		in += n;
	}
	memmove(out, query, strlen(query) + 1);
}

static bool is_web(const char *url)
{
	return !strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8);
}

const char *http_header(const struct transaction *t, const char *name)
{
	for (size_t i = 0; i < t->nheader; i++)
		if (!strcasecmp(t->header[i].name, name))
			return t->header[i].value;
	return NULL;
}

static bool has_scheme(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n && s[n] == ':';
}

const char *http_location(struct arena *a, const struct transaction *t)
{
	const char *to = http_header(t, "location"), *base = t->url, *path;
	size_t scheme, head;
	char *url, *dots;

	if (!to || t->code < 300 || t->code > 399 || t->code == 304 || strlen(to) > 8192 ||
	    !is_web(base))
		return NULL;
	scheme = (size_t)(strstr(base, "://") - base);
	head = scheme + 3 + strcspn(base + scheme + 3, "/?#");
	path = base + head;
	if (is_web(to))
		url = arena_text(a, to);
	else if (to[0] == '/' && to[1] == '/')
		url = arena_printf(a, "%.*s:%s", (int)scheme, base, to);
	else if (has_scheme(to))
		return NULL;
	else if (to[0] == '/')
		url = arena_printf(a, "%.*s%s", (int)head, base, to);
	else if (to[0] == '?')
		url = arena_printf(a, "%.*s%s", (int)(head + strcspn(path, "?#")), base, to);
	else if (to[0] == '#' || !to[0])
		url = arena_text(a, base);
	else {
		size_t n = strcspn(path, "?#");

		while (n && path[n - 1] != '/')
			n--;
		url = arena_printf(a, "%.*s%.*s%s%s", (int)head, base, (int)n, path, n ? "" : "/",
				   to);
	}
	url[strcspn(url, "#")] = 0;
	dots = strstr(url, "://") + 3;
	if (!*dots || strchr("/?:", *dots))
		return NULL; /* no host */
	dots += strcspn(dots, "/?");
	if (*dots == '/')
		remove_dots(dots);
	return url;
}

/* ---- bodies ---- */

void http_decode(struct arena *a, const char *coding, const uint8_t *p, size_t n, size_t max,
		 const uint8_t **out, size_t *nout, bool *truncated)
{
	bool gzip = coding && (!strcasecmp(coding, "gzip") || !strcasecmp(coding, "x-gzip"));
	bool deflate = coding && !strcasecmp(coding, "deflate");
	struct buf b = {0};
	int ret = Z_OK;

	*out = p;
	*nout = n;
	if ((!gzip && !deflate) || !n)
		return;
	/* "deflate" is meant to be zlib's form, and often is the bare one. */
	for (int bare = 0; bare <= deflate; bare++) {
		z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};

		buf_reset(&b);
		if (inflateInit2(&z, bare ? -MAX_WBITS : MAX_WBITS + 32) != Z_OK)
			abort();
		do {
			z.next_out = (Bytef *)buf_room(&b, READ_SIZE);
			z.avail_out = READ_SIZE;
			ret = inflate(&z, Z_NO_FLUSH);
			b.len += READ_SIZE - z.avail_out;
		} while (ret == Z_OK && b.len <= max && (z.avail_in || !z.avail_out));
		inflateEnd(&z);
		if (ret != Z_DATA_ERROR || b.len)
			break;
	}
	if (!b.len && ret != Z_STREAM_END) {
		buf_free(&b);
		return; /* not what it says it is */
	}
	*truncated |= ret != Z_STREAM_END || b.len > max;
	*nout = b.len < max ? b.len : max;
	*out = arena_copy(a, b.at ? b.at : "", *nout);
	buf_free(&b);
}

/* ---- the transaction ---- */

static void end(struct task *task)
{
	struct http *h = (struct http *)task;

	event_del(&h->io);
	http1_free(&h->h1);
	http2_free(h->h2);
	buf_free(&h->out);
	free(h);
}

static void finish(struct http *h, const char *failure)
{
	struct http_spec *spec = &h->spec;
	struct transaction *r = &h->reply;
	struct transaction reply;
	struct buf *body;
	http_done *done = h->done;
	void *arg = h->arg;
	const uint8_t *p;

	if (h->h2)
		http2_response(h->h2, &h->h1);
	body = &h->h1.body;
	r->code = h->h1.code;
	r->nheader = h->h1.nheader;
	r->header = h->h1.nheader
			? arena_copy(h->arena, h->h1.header, h->h1.nheader * sizeof(*h->h1.header))
			: NULL;
	r->truncated = h->h1.truncated || (failure && body->len);
	if (r->code || body->len) {
		p = arena_copy(h->arena, body->at ? body->at : "", body->len);
		http_decode(h->arena, http_header(r, "content-encoding"), p, body->len,
			    spec->body_max, &r->body, &r->nbody, &r->truncated);
	}
	flow_done(&spec->flow, h->task.loop, &r->seen, failure);
	reply = *r;
	task_cancel(&h->task);
	done(arg, &reply);
}

static void timed_out(struct task *task)
{
	struct http *h = (struct http *)task;

	loop_failed(task->loop, h->spec.conn->addr, h->spec.flow.owner, true);
	h->spec.conn->abrupt = true;
	finish(h, "generic_timeout_error");
}

/* Bytes came: a slow line is no dead one, but nobody may keep us for ever. */
static void more_time(struct http *h)
{
	int64_t now = loop_now(h->task.loop), until = now + h->spec.flow.timeout;

	task_after(&h->task, (until < h->last ? until : h->last) - now, timed_out);
}

/* The response is over or bad, by the reader's word. */
static void read_over(struct http *h, bool whole, const char *why)
{
	if (whole)
		finish(h, NULL);
	else if (why)
		finish(h, arena_printf(h->arena, "unknown_failure: %s", why));
	else
		finish(h, "eof_error");
}

static bool feed(struct http *h, const uint8_t *p, size_t n)
{
	const char *why;

	if (!h->h2) {
		if (http1_feed(&h->h1, p, n))
			return true;
		why = h->h1.why;
	} else {
		if (http2_feed(h->h2, p, n))
			return true;
		why = http2_why(h->h2);
	}
	read_over(h, !why, why);
	return false;
}

static void ended(struct http *h)
{
	const char *why;

	if (h->h2) {
		why = http2_why(h->h2);
		read_over(h, false, why);
		return;
	}
	/* Nothing at all came: many a censor closes so. */
	if (!h->h1.code && !h->h1.body.len) {
		loop_failed(h->task.loop, h->spec.conn->addr, h->spec.flow.owner, true);
		read_over(h, false, NULL);
		return;
	}
	if (http1_end(&h->h1))
		read_over(h, true, NULL);
	else
		read_over(h, false, h->h1.why);
}

static void wait(struct http *h, short want);

static void turn(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;
	struct conn *c = h->spec.conn;
	const char *failure;
	uint8_t in[READ_SIZE];
	short want = EV_READ, for_write = 0;
	uint64_t arrived = c->arrived;
	long n;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < READS_A_TURN || (c->ssl && SSL_pending(c->ssl) > 0); i++) {
		if (h->h2)
			http2_out(h->h2, &h->out);
		for_write = 0;
		while (h->sent < h->out.len) {
			n = conn_write(c, h->out.at + h->sent, h->out.len - h->sent, &for_write,
				       &failure);
			if (n == -1)
				break;
			/* Who answers before all was sent may close at once: what it said counts.
			 */
			if (n <= 0) {
				finish(h, n == 0 ? "eof_error" : failure);
				return;
			}
			h->sent += (size_t)n;
		}
		if (h->sent && h->sent == h->out.len) {
			buf_reset(&h->out);
			h->sent = 0;
		}
		n = conn_read(c, in, sizeof(in), &want, &failure);
		if (n == -1)
			break;
		if (n == -2) {
			finish(h, failure);
			return;
		}
		if (n == 0) {
			ended(h);
			return;
		}
		if (c->arrived - h->arrived_before > h->arrived_max) {
			h->h1.truncated = true;
			finish(h, "unknown_failure: more bytes than the limit");
			return;
		}
		if (!feed(h, in, (size_t)n))
			return;
	}
	if (h->h2) {
		http2_out(h->h2, &h->out);
		if (h->out.len > h->sent && !for_write)
			for_write = EV_WRITE;
	}
	if (c->arrived > arrived)
		more_time(h);
	wait(h, want | for_write);
}

static void wait(struct http *h, short want)
{
	event_assign(&h->io, loop_base(h->task.loop), h->spec.conn->fd, want, turn, h);
	event_add(&h->io, NULL);
}

static void request(struct http *h)
{
	const struct http_spec *s = &h->spec;
	struct buf host = {0}, target = {0};
	size_t n = 0;
	struct header *ask = arena_zero(h->arena, s->nheader + 2, sizeof(*ask));

	put_authority(&host, s->url);
	put_target(&target, s->url);
	ask[n++] = (struct header){"Host", arena_textn(h->arena, host.at ? host.at : "", host.len)};
	for (size_t i = 0; i < s->nheader; i++)
		if (!strpbrk(s->header[i].value, "\r\n") && !strpbrk(s->header[i].name, "\r\n: "))
			ask[n++] = s->header[i];
	if (s->nbody)
		ask[n++] =
		    (struct header){"Content-Length", arena_printf(h->arena, "%zu", s->nbody)};
	h->reply.ask = ask;
	h->reply.nask = n;
	h->reply.ask_body = s->body;
	h->reply.nask_body = s->nbody;
	if (!strcmp(s->conn->alpn, "h2")) {
		h->h2 =
		    http2_new(h->arena, &h->reply, target.at, s->conn->ssl != NULL, s->body_max);
	} else {
		buf_printf(&h->out, "%s %s HTTP/1.1\r\n", h->reply.method, target.at);
		for (size_t i = 0; i < n; i++)
			buf_printf(&h->out, "%s: %s\r\n", ask[i].name, ask[i].value);
		buf_text(&h->out, "Connection: close\r\n\r\n");
		if (s->nbody)
			buf_add(&h->out, s->body, s->nbody);
	}
	buf_free(&host);
	buf_free(&target);
}

struct task *http_begin(struct loop *l, struct arena *a, const struct http_spec *spec,
			http_done *done, void *arg)
{
	struct http *h = mem_zero(1, sizeof(*h));
	struct transaction *r = &h->reply;

	h->spec = *spec;
	h->spec.body_max = spec->body_max ? spec->body_max : HTTP_BODY;
	h->arena = a;
	h->done = done;
	h->arg = arg;
	r->addr = spec->conn->addr;
	r->has_addr = true;
	r->port = spec->conn->port;
	r->network = "tcp";
	r->alpn = arena_text(a, spec->conn->alpn);
	r->method = spec->method ? spec->method : "GET";
	r->url = spec->url;
	h->arrived_before = spec->conn->arrived;
	h->arrived_max = 2 * h->spec.body_max + 4 * HTTP_HEAD + (256 << 10);
	task_begin(&h->task, l, end);
	loop_said(l, spec->conn->addr, spec->flow.owner);
	flow_seen(&spec->flow, l, &r->seen);
	http1_init(&h->h1, a, h->spec.body_max, !strcmp(r->method, "HEAD"));
	request(h);
	if (!h->spec.flow.timeout)
		h->spec.flow.timeout = 10 * SECOND;
	h->last = loop_now(l) + SLOW * h->spec.flow.timeout;
	task_after(&h->task, h->spec.flow.timeout, timed_out);
	wait(h, EV_WRITE);
	return &h->task;
}
