/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A saved HTTP response (RFC 9112: status line, header fields, body, as `curl -i` writes it), or
 * a saved HTML page alone: a measurement with one transaction and nothing else. Chunked and
 * gzip-coded bodies are decoded, within bounds; one that is cut or damaged gives what came before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fact/measurement.h"
#include "source/grow.h"
#include "source/source.h"

#define RESPONSE_MAX ((size_t)32 << 20)
#define BODY_MAX ((size_t)16 << 20) /* decoded: what is longer is cut, and said to be */
#define HEADERS_MAX 512

static size_t blank(const uint8_t *at, size_t n)
{
	size_t i = 0;

	while (i < n && (at[i] == ' ' || at[i] == '\n' || at[i] == '\r' || at[i] == '\t'))
		i++;
	return i;
}

static int recognise(const uint8_t *at, size_t n)
{
	size_t i = blank(at, n);

	at += i;
	n -= i;
	if (n >= 12 && !memcmp(at, "HTTP/", 5) && at[5] >= '0' && at[5] <= '9')
		return 95;
	/* A byte order mark, a comment (saved pages start with one), markup. */
	if (n >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) {
		at += 3;
		n -= 3;
	}
	if (n >= 9 && !strncasecmp((const char *)at, "<!doctype", 9) &&
	    (memmem(at, n < 64 ? n : 64, "tml", 3) || memmem(at, n < 64 ? n : 64, "TML", 3)))
		return 80;
	if (n >= 5 && (!strncasecmp((const char *)at, "<html", 5) ||
		       !strncasecmp((const char *)at, "<head", 5)))
		return 80;
	return n >= 4 && !memcmp(at, "<!--", 4) && memmem(at, n, "<html", 5) ? 60 : 0;
}

struct state {
	bool done;
	struct measurement m;
	struct transaction x;
	struct fact fact[2];
};

static bool open_file(struct reader *r, struct err *err)
{
	(void)err;
	r->state = mem_zero(1, sizeof(struct state));
	return true;
}

static void close_file(struct reader *r)
{
	free(r->state);
}

static const char *header(const struct transaction *x, const char *name)
{
	for (size_t i = 0; i < x->nheader; i++)
		if (!strcasecmp(x->header[i].name, name))
			return x->header[i].value;
	return NULL;
}

/* RFC 9112 section 7.1; NULL when it does not look like chunks at all. */
static uint8_t *dechunk(struct arena *a, const uint8_t *at, size_t n, size_t *len)
{
	uint8_t *out = arena_alloc(a, n + 1);
	const uint8_t *end = at + n;
	size_t used = 0;

	while (at < end) {
		size_t size = 0, digits = 0;

		for (; at < end && digits < 8; at++, digits++) {
			int c = *at;

			if (c >= '0' && c <= '9')
				size = size << 4 | (size_t)(c - '0');
			else if ((c | 32) >= 'a' && (c | 32) <= 'f')
				size = size << 4 | (size_t)((c | 32) - 'a' + 10);
			else
				break;
		}
		if (!digits && !used)
			return NULL;
		if (!digits)
			break;
		while (at < end && *at != '\n')
			at++;
		if (at < end)
			at++;
		if (!size)
			break;
		if (size > (size_t)(end - at))
			size = (size_t)(end - at);
		memcpy(out + used, at, size);
		used += size;
		at += size;
		if (at < end && *at == '\r')
			at++;
		if (at < end && *at == '\n')
			at++;
	}
	*len = used;
	return out;
}

static void decode(struct arena *a, struct transaction *x)
{
	const char *coding = header(x, "content-encoding"), *te = header(x, "transfer-encoding");

	if (te && strstr(te, "chunked")) {
		size_t n;
		uint8_t *plain = dechunk(a, x->body, x->nbody, &n);

		if (plain) {
			x->body = plain;
			x->nbody = n;
		}
	}
	if (coding && (strstr(coding, "gzip") || strstr(coding, "zstd")) && x->nbody > 4) {
		struct stream *s = stream_of(x->body, x->nbody, "body", 0);
		size_t got = 0;
		const uint8_t *p = s ? stream_peek(s, BODY_MAX, &got) : NULL;

		if (p && got) {
			size_t n = got < BODY_MAX ? got : BODY_MAX;

			x->body = arena_copy(a, p, n);
			x->nbody = n;
			x->truncated |= got > BODY_MAX || stream_fault(s);
		}
		if (s)
			stream_close(s);
	}
}

static const uint8_t *read_head(struct arena *a, const uint8_t *at, const uint8_t *end,
				struct transaction *x)
{
	void *headers = NULL;
	size_t nheader = 0;
	bool first = true;

	while (at < end) {
		const uint8_t *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end,
			      *colon;

		if (stop > at && stop[-1] == '\r')
			stop--;
		if (stop == at) {
			at = nl ? nl + 1 : end;
			break;
		}
		if (first) {
			const uint8_t *sp = memchr(at, ' ', (size_t)(stop - at));

			x->code =
			    sp ? atoi(arena_textn(a, (const char *)sp + 1, (size_t)(stop - sp - 1)))
			       : 0;
			first = false;
		} else if ((colon = memchr(at, ':', (size_t)(stop - at))) != NULL &&
			   nheader < HEADERS_MAX) {
			struct header *h = grow_push(a, &headers, &nheader, sizeof(*h));
			const uint8_t *v = colon + 1;

			while (v < stop && (*v == ' ' || *v == '\t'))
				v++;
			h->name = arena_textn(a, (const char *)at, (size_t)(colon - at));
			h->value = arena_textn(a, (const char *)v, (size_t)(stop - v));
		}
		at = nl ? nl + 1 : end;
	}
	x->header = headers;
	x->nheader = nheader;
	return at;
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;
	struct transaction *x = &s->x;
	const uint8_t *at, *end, *start;
	size_t got;

	if (s->done)
		return false;
	s->done = true;
	start = stream_peek(r->in, RESPONSE_MAX, &got);
	if (!got)
		return false;
	at = start + blank(start, got);
	end = start + got;
	*x = (struct transaction){.seen = {.t0 = TIME_NONE, .t = TIME_NONE}, .network = "tcp"};
	if (end - at >= 5 && !memcmp(at, "HTTP/", 5))
		at = read_head(&r->scratch, at, end, x);
	else
		x->code = 200;
	x->body = at;
	x->nbody = (size_t)(end - at);
	x->truncated = got >= RESPONSE_MAX;
	decode(&r->scratch, x);
	s->m = (struct measurement){.id = r->name,
				    .test = "saved_response",
				    .time = TIME_NONE,
				    .test_start = TIME_NONE,
				    .runtime = -1,
				    .scores = {.blocking = -1,
					       .endpoints_ok = -1,
					       .endpoints_bad = -1,
					       .http_ok = -1,
					       .http_bad = -1},
				    .transaction = x,
				    .ntransaction = 1};
	s->fact[0] = (struct fact){.kind = FACT_MEASUREMENT, .measurement = &s->m};
	*out = (struct facts){
	    .time = TIME_NONE,
	    .slice = {.source = r->id, .offset = 0, .length = (uint32_t)got, .at = start},
	    .fact = s->fact,
	    .nfact = 1};
	r->tally.records++;
	r->tally.decoded++;
	r->tally.facts++;
	if (x->truncated) {
		r->tally.cut = got >= RESPONSE_MAX;
	}
	return true;
}

const struct source source_httpfile = {
    .name = "http",
    .about = "a saved HTTP response or HTML page",
    .class = SOURCE_EVENTS,
    .head = 2048,
    .recognise = recognise,
    .open = open_file,
    .next = next,
    .close = close_file,
};
