/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/speed.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "source/hello.h"
#include "source/sealed.h"
#include "source/talk.h"

#define STILL (6 * SECOND) /* a little more than what finding/throttled.c calls silence */
#define HEAD 16384

struct speed {
	struct task task;
	struct arena *a;
	struct speed_spec spec;
	speed_done *done;
	void *arg;
	struct talk_spec talk_spec;
	struct task *talk;
	struct sealed tls;
	bool sealed, asked;
	int64_t until;
	char head[HEAD]; /* of the response in the clear */
	size_t nhead;
	uint64_t heard, expected;
	struct series *series;
	unsigned turn;
};

static void release(struct task *task)
{
	struct speed *s = (struct speed *)task;

	if (s->talk)
		task_cancel(s->talk);
	if (s->sealed)
		sealed_end(&s->tls);
	free(s);
}

static void request(struct speed *s, struct buf *out)
{
	const char *host = s->turn && !s->spec.tls ? s->spec.neutral : s->spec.name;

	buf_printf(out,
		   "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; "
		   "rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: */*\r\n"
		   "Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
		   s->spec.path ? s->spec.path : "/", host);
}

/* Content-Length, once the head is whole. */
static void look(struct speed *s)
{
	const char *end = memmem(s->head, s->nhead, "\r\n\r\n", 4), *at = s->head;
	size_t n;

	if (!end || s->expected)
		return;
	while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
		uint64_t v;
		const char *stop;

		at += 2;
		if (end - at < 15 || strncasecmp(at, "content-length:", 15))
			continue;
		for (at += 15; at < end && *at == ' '; at++)
			;
		stop = memmem(at, (size_t)(end + 2 - at), "\r\n", 2);
		n = stop ? (size_t)(stop - at) : 0;
		if (text_to_u64(at, n, INT64_MAX / 2, &v))
			s->expected = v + (uint64_t)(end + 4 - s->head);
		return;
	}
}

static void keep_head(struct speed *s, const void *p, size_t n)
{
	size_t k = n < HEAD - s->nhead ? n : HEAD - s->nhead;

	if (k)
		memcpy(s->head + s->nhead, p, k);
	s->nhead += k;
}

static enum talk_next heard(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	struct speed *s = arg;
	int64_t now = loop_now(s->task.loop);

	if (!s->spec.tls) {
		s->heard += n;
		if (n)
			keep_head(s, p, n);
	} else {
		struct buf ask = {0};

		if (sealed_hear(&s->tls, p, n, say) == SEALED_FAILED)
			return TALK_ENOUGH;
		if (s->tls.state == SEALED_OPEN && !s->asked) {
			s->asked = true;
			request(s, &ask);
			sealed_say(&s->tls, ask.at, ask.len, say);
			buf_free(&ask);
		}
		keep_head(s, s->tls.heard.at, s->tls.heard.len);
		buf_reset(&s->tls.heard);
		s->heard = s->tls.opened;
		if (s->tls.state == SEALED_CLOSED)
			return TALK_ENOUGH;
	}
	look(s);
	if ((s->expected && s->heard >= s->expected) || now >= s->until)
		return TALK_ENOUGH;
	return TALK_MORE;
}

static void turn(struct speed *s);

static void came(void *arg, const struct talk *c)
{
	struct speed *s = arg;
	struct series *x = &s->series[s->turn];

	s->talk = NULL;
	*x = (struct series){.addr = s->spec.addr,
			     .port = s->spec.port,
			     .name = s->turn ? s->spec.neutral : s->spec.name,
			     .control = s->turn == 1,
			     .sample = c->sample,
			     .nsample = c->nsample,
			     .expected = s->expected};
	talk_seen(&s->talk_spec, c, &x->seen);
	if (s->spec.insert_ttl) {
		const char **tag = arena_zero(s->a, 1, sizeof(*tag));

		*tag = arena_printf(s->a, "insert=%u", s->spec.insert_ttl);
		x->seen.tag = tag;
		x->seen.ntag = 1;
	}
	if (s->sealed) {
		if (s->tls.state == SEALED_FAILED && !x->seen.failure)
			x->seen.failure = s->tls.failure;
		sealed_end(&s->tls);
		s->sealed = false;
	}
	/* A handshake that was cut off says nothing of speed. */
	if (c->reset && !s->heard)
		x->seen.failure = "connection_reset";
	if (++s->turn < 2) {
		turn(s);
	} else {
		speed_done *done = s->done;
		bool one = s->spec.insert_ttl != 0;
		struct series *all = s->series + one;
		void *who = s->arg;

		task_cancel(&s->task);
		done(who, all, one ? 1 : 2);
	}
}

/* What an observer takes for this connection's ClientHello. */
static void hello_with(struct speed *s, struct blob *out)
{
	static const char *const alpn[] = {"http/1.1", NULL};
	struct hello_spec h = {.server_name = s->spec.name, .alpn = alpn};
	uint8_t secret[96];
	struct buf b = {0};

	loop_secret(secret, sizeof(secret));
	h.random = secret;
	h.key = secret + 32;
	h.session = secret + 64;
	hello_records(&b, &h, 0);
	*out = (struct blob){arena_copy(s->a, b.at, b.len), b.len};
	buf_free(&b);
}

static void turn(struct speed *s)
{
	struct blob *part = arena_zero(s->a, 1, sizeof(*part));

	s->asked = false;
	s->nhead = 0;
	s->heard = s->expected = 0;
	s->until = loop_now(s->task.loop) + s->spec.time;
	s->talk_spec = (struct talk_spec){.flow = s->spec.flow,
					  .addr = s->spec.addr,
					  .port = s->spec.port,
					  .answer_for = STILL,
					  .silence_for = STILL,
					  .most = s->spec.bytes,
					  .count = true,
					  .heard = heard,
					  .insert_ttl = s->spec.insert_ttl,
					  .arg = s};
	if (s->spec.insert_ttl)
		hello_with(s, &s->talk_spec.insert);
	if (s->spec.tls) {
		sealed_begin(&s->tls, s->turn ? s->spec.neutral : s->spec.name, NULL,
			     "\x08http/1.1");
		s->sealed = true;
	} else {
		struct buf ask = {0};

		request(s, &ask);
		*part = (struct blob){arena_copy(s->a, ask.at, ask.len), ask.len};
		s->talk_spec.part = part;
		s->talk_spec.npart = 1;
		buf_free(&ask);
	}
	s->talk = talk_begin(s->task.loop, s->a, &s->talk_spec, came, s);
}

struct task *speed_begin(struct loop *l, struct arena *a, const struct speed_spec *spec,
			 speed_done *done, void *arg)
{
	struct speed *s = mem_zero(1, sizeof(*s));

	task_begin(&s->task, l, release);
	s->a = a;
	s->spec = *spec;
	s->done = done;
	s->arg = arg;
	s->series = arena_zero(a, 2, sizeof(*s->series));
	if (!s->spec.time)
		s->spec.time = 10 * SECOND;
	if (!s->spec.bytes)
		s->spec.bytes = 2000000;
	s->turn = s->spec.insert_ttl ? 1 : 0;
	turn(s);
	return &s->task;
}
