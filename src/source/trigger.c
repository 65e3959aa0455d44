/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/trigger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/hello.h"
#include "source/sealed.h"
#include "source/talk.h"

#define SHOTS 12

enum cut { CUT_NOT, CUT_RECORDS, CUT_SEGMENTS };

struct shot {
	struct trigger *of;
	enum hello hello;
	enum cut cut;
	bool ech, later;
	const char *name; /* NULL: none */
	struct addr addr;
	uint16_t port;
	struct talk_spec spec;
	struct task *task;
	struct sealed *sealed; /* of whole handshakes */
	const struct talk *came;
};

struct trigger {
	struct task task;
	struct arena *a;
	struct trigger_spec spec;
	trigger_done *done;
	void *arg;
	struct shot shot[SHOTS];
	size_t nshot, begun, left;
	bool rested;
};

static void unseal(struct shot *s)
{
	if (s->sealed)
		sealed_end(s->sealed);
	free(s->sealed);
	s->sealed = NULL;
}

static void release(struct task *task)
{
	struct trigger *t = (struct trigger *)task;

	for (size_t i = 0; i < t->nshot; i++)
		unseal(&t->shot[i]);
	for (size_t i = 0; i < t->nshot; i++)
		if (t->shot[i].task)
			task_cancel(t->shot[i].task);
	free(t);
}

const char *trigger_alert(uint8_t alert)
{
	switch (alert) {
	case 112: /* unrecognized_name */
		return "ssl_invalid_hostname";
	case 42:
	case 43:
	case 44:
	case 45:
	case 46:
		return "ssl_invalid_certificate";
	case 48:
		return "ssl_unknown_authority";
	default:
		return "ssl_failed_handshake";
	}
}

/* ---- what is said ---- */

static void say_hello(struct trigger *t, struct shot *s)
{
	static const char *const alpn[] = {"h2", "http/1.1", NULL};
	struct hello_spec h = {.server_name = s->name, .alpn = alpn, .ech_grease = s->ech};
	struct blob *part = arena_zero(t->a, 3, sizeof(*part));
	uint8_t secret[96];
	struct buf b = {0};
	const char *at;
	size_t first, second;

	loop_secret(secret, sizeof(secret));
	h.random = secret;
	h.key = secret + 32;
	h.session = secret + 64;
	/* Two records, the cut within the server name: readers that look at one record see half. */
	hello_records(&b, &h, 0);
	at = s->name ? memmem(b.at, b.len, s->name, strlen(s->name)) : NULL;
	first = at ? (size_t)(at - b.at) + strlen(s->name) / 2 : b.len / 2;
	if (s->cut == CUT_RECORDS) {
		size_t body = first - 5;

		buf_reset(&b);
		hello_records(&b, &h, body > 16 ? body : 64);
	}
	s->spec.part = part;
	if (s->cut == CUT_SEGMENTS) {
		second = b.len - first;
		part[0] = (struct blob){arena_copy(t->a, b.at, first), first};
		part[1] = (struct blob){arena_copy(t->a, b.at + first, second), second};
		s->spec.npart = 2;
		s->spec.between = SECOND / 20;
	} else {
		part[0] = (struct blob){arena_copy(t->a, b.at, b.len), b.len};
		s->spec.npart = 1;
	}
	buf_free(&b);
}

static void say_request(struct trigger *t, struct shot *s)
{
	const char *path = t->spec.path ? t->spec.path : "/";
	struct blob *part = arena_zero(t->a, 2, sizeof(*part));
	struct buf b = {0};
	size_t cut;

	buf_printf(&b, "GET %s HTTP/1.1\r\n", path);
	cut = b.len;
	if (s->name) {
		buf_printf(&b, "Host: %s\r\n", s->name);
		cut += 6 + strlen(s->name) / 2;
	}
	buf_text(&b, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
		     "Firefox/128.0\r\nAccept: */*\r\nConnection: close\r\n\r\n");
	s->spec.part = part;
	if (s->cut == CUT_SEGMENTS) {
		part[0] = (struct blob){arena_copy(t->a, b.at, cut), cut};
		part[1] = (struct blob){arena_copy(t->a, b.at + cut, b.len - cut), b.len - cut};
		s->spec.npart = 2;
		s->spec.between = SECOND / 20;
	} else {
		part[0] = (struct blob){arena_copy(t->a, b.at, b.len), b.len};
		s->spec.npart = 1;
	}
	buf_free(&b);
}

/* ---- what is heard ---- */

/* Not the first bytes alone: a reset that was forged beside the path may come after them. */
static enum talk_next heard_tls(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	(void)arg;
	(void)p;
	(void)n;
	(void)say;
	return TALK_MORE;
}

static enum talk_next heard_chain(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	struct shot *s = arg;

	return sealed_hear(s->sealed, p, n, say) == SEALED_GREETING ? TALK_MORE : TALK_ENOUGH;
}

/* To the end of the headers and a piece of the page, which tells a block page. */
static enum talk_next heard_http(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	(void)arg;
	(void)p;
	(void)n;
	(void)say;
	return TALK_MORE;
}

static bool answered_tls(const struct talk *c)
{
	uint8_t alert;

	return c && c->nin && !c->reset &&
	       (hello_answer(c->in, c->nin, &alert) == ANSWER_SERVER_HELLO ||
		hello_answer(c->in, c->nin, &alert) == ANSWER_ALERT);
}

static const char *const words[] = {"normal", "neutral-name", "neutral-address", "no-name", "later",
				    "ech",    "split"};

static void tags(struct trigger *t, const struct shot *s, struct seen *out, bool answered)
{
	const char **tag = arena_zero(t->a, t->spec.flow.ntag + 5u, sizeof(*tag));
	uint16_t n = 0;

	for (uint16_t i = 0; i < t->spec.flow.ntag; i++)
		tag[n++] = t->spec.flow.tag[i];
	tag[n++] = "trigger";
	tag[n++] = arena_printf(t->a, "hello=%s", words[s->hello]);
	if (s->cut)
		tag[n++] = s->cut == CUT_RECORDS ? "cut=records" : "cut=segments";
	if (s->later)
		tag[n++] = "after-rest";
	if (answered)
		tag[n++] = "answered";
	out->tag = tag;
	out->ntag = n;
}

static void handshake_of(struct trigger *t, const struct shot *s, struct handshake *h)
{
	const struct talk *c = s->came;
	uint8_t alert;

	*h = (struct handshake){.addr = s->addr,
				.port = s->port,
				.hello = s->hello,
				.server_name = s->name ? s->name : "",
				.unverified = true};
	talk_seen(&s->spec, c, &h->seen);
	if (s->sealed) {
		sealed_tell(s->sealed, t->a, h);
		if (!c->failure && s->sealed->state != SEALED_OPEN)
			h->seen.failure =
			    s->sealed->failure ? s->sealed->failure : "ssl_failed_handshake";
	} else if (!c->failure && c->reset) {
		h->seen.failure = "connection_reset";
	} else if (!c->failure)
		switch (hello_answer(c->in, c->nin, &alert)) {
		case ANSWER_SERVER_HELLO:
			break;
		case ANSWER_ALERT:
			h->seen.failure = trigger_alert(alert);
			break;
		default:
			h->seen.failure = c->reset ? "connection_reset" : "ssl_failed_handshake";
		}
	tags(t, s, &h->seen, s->sealed ? s->sealed->state == SEALED_OPEN : answered_tls(c));
}

static void transaction_of(struct trigger *t, const struct shot *s, struct transaction *x)
{
	const struct talk *c = s->came;
	struct header *host = arena_zero(t->a, 1, sizeof(*host));
	const char *end;

	*x = (struct transaction){
	    .addr = s->addr, .has_addr = true, .port = s->port, .network = "tcp", .method = "GET"};
	talk_seen(&s->spec, c, &x->seen);
	x->seen.group = "trigger";
	x->url = arena_printf(t->a, "http://%s%s", s->name ? s->name : "",
			      t->spec.path ? t->spec.path : "/");
	if (s->name) {
		*host = (struct header){"Host", s->name};
		x->ask = host;
		x->nask = 1;
	}
	if (c->nin > 12 && !memcmp(c->in, "HTTP/1.", 7) && c->in[9] >= '1' && c->in[9] <= '5')
		x->code = (c->in[9] - '0') * 100 + (c->in[10] - '0') * 10 + (c->in[11] - '0');
	if (x->code < 100 || x->code > 599)
		x->code = 0;
	if (x->code)
		x->seen.failure = NULL;
	else if (!c->failure)
		x->seen.failure = "http_parse_failure";
	else if (c->nin && c->reset)
		x->seen.failure = "connection_reset";
	end = c->nin ? memmem(c->in, c->nin, "\r\n\r\n", 4) : NULL;
	if (x->code && end) {
		x->body = (const uint8_t *)end + 4;
		x->nbody = c->nin - (size_t)(x->body - c->in);
		x->truncated = !c->closed;
	}
	tags(t, s, &x->seen, x->code != 0);
}

/* ---- the order ---- */

static void shoot(struct trigger *t, enum hello hello, const char *name, struct addr addr,
		  uint16_t port, enum cut cut, bool ech)
{
	struct shot *s;

	if (t->nshot == SHOTS)
		return;
	s = &t->shot[t->nshot++];
	*s = (struct shot){.of = t,
			   .hello = hello,
			   .name = name,
			   .addr = addr,
			   .port = port,
			   .cut = cut,
			   .ech = ech,
			   .later = t->rested};
}

static void report(struct trigger *t)
{
	struct handshake *h = NULL;
	struct transaction *x = NULL;
	trigger_done *done = t->done;
	void *arg = t->arg;
	size_t n = t->nshot;

	if (t->spec.tls) {
		h = arena_zero(t->a, n, sizeof(*h));
		for (size_t i = 0; i < n; i++)
			handshake_of(t, &t->shot[i], &h[i]);
	} else {
		x = arena_zero(t->a, n, sizeof(*x));
		for (size_t i = 0; i < n; i++)
			transaction_of(t, &t->shot[i], &x[i]);
	}
	task_cancel(&t->task);
	done(arg, h, h ? n : 0, x, x ? n : 0);
}

static void next_round(struct trigger *t);

static void came(void *arg, const struct talk *c)
{
	struct shot *s = arg;
	struct trigger *t = s->of;

	s->task = NULL;
	s->came = c;
	t->left--;
	/* What is asked at a neutral address kills nothing here: nobody waits for it. */
	for (size_t i = 0; i < t->nshot; i++)
		if (t->shot[i].task && t->shot[i].hello != HELLO_NEUTRAL_ADDR)
			return;
	next_round(t);
}

static void fire(struct trigger *t)
{
	for (; t->begun < t->nshot; t->begun++) {
		struct shot *s = &t->shot[t->begun];

		s->spec = (struct talk_spec){.flow = t->spec.flow,
					     .addr = s->addr,
					     .port = s->port,
					     .answer_for = t->spec.answer_for,
					     .most = t->spec.chain ? 131072
						     : t->spec.tls ? 4096
								   : 32768,
					     .heard = t->spec.tls ? heard_tls : heard_http,
					     .silence_for = t->spec.chain ? 0
							    : t->spec.tls ? SECOND * 3 / 10
									  : SECOND,
					     .arg = s};
		if (!s->spec.flow.timeout)
			s->spec.flow.timeout = t->spec.answer_for;
		if (t->spec.chain) {
			s->sealed = mem_zero(1, sizeof(*s->sealed));
			sealed_begin(s->sealed, s->name, NULL, "\x08http/1.1");
			s->spec.heard = heard_chain;
		} else if (t->spec.tls)
			say_hello(t, s);
		else
			say_request(t, s);
		t->left++;
		s->task = talk_begin(t->task.loop, t->a, &s->spec, came, s);
	}
}

static bool good(const struct trigger *t, const struct shot *s)
{
	return s->sealed     ? s->sealed->state == SEALED_OPEN
	       : t->spec.tls ? answered_tls(s->came)
			     : s->came && s->came->nin > 0;
}

static void rested(struct task *task)
{
	struct trigger *t = (struct trigger *)task;

	t->rested = true;
	shoot(t, HELLO_NEUTRAL_NAME, t->spec.neutral, t->spec.addr, t->spec.port, CUT_NOT, false);
	fire(t);
}

static void next_round(struct trigger *t)
{
	bool neutral = false, ech = false;

	for (size_t i = 0; i < t->nshot; i++) {
		const struct shot *s = &t->shot[i];

		neutral |=
		    (s->hello == HELLO_NEUTRAL_NAME || s->hello == HELLO_NO_NAME) && good(t, s);
		ech |= s->hello == HELLO_SPLIT;
	}
	if (neutral && !ech && !t->spec.chain) {
		/* Only now those that hold the name: they may trigger what kills the others. */
		if (t->spec.tls) {
			shoot(t, HELLO_ECH, t->spec.name, t->spec.addr, t->spec.port, CUT_NOT,
			      true);
			shoot(t, HELLO_SPLIT, t->spec.name, t->spec.addr, t->spec.port, CUT_RECORDS,
			      false);
		}
		shoot(t, HELLO_SPLIT, t->spec.name, t->spec.addr, t->spec.port, CUT_SEGMENTS,
		      false);
		shoot(t, HELLO_LATER, t->spec.name, t->spec.addr, t->spec.port, CUT_NOT, false);
		fire(t);
		return;
	}
	if (t->left)
		return;
	if (!neutral && !t->rested) {
		task_after(&t->task, t->spec.rest, rested);
		return;
	}
	report(t);
}

struct task *trigger_begin(struct loop *l, struct arena *a, const struct trigger_spec *spec,
			   trigger_done *done, void *arg)
{
	struct trigger *t = mem_zero(1, sizeof(*t));

	task_begin(&t->task, l, release);
	t->a = a;
	t->spec = *spec;
	t->done = done;
	t->arg = arg;
	if (!t->spec.answer_for)
		t->spec.answer_for = 4 * SECOND;
	if (!t->spec.rest)
		t->spec.rest = 10 * SECOND;
	if (spec->neutral)
		shoot(t, HELLO_NEUTRAL_NAME, spec->neutral, spec->addr, spec->port, CUT_NOT, false);
	shoot(t, HELLO_NO_NAME, NULL, spec->addr, spec->port, CUT_NOT, false);
	if (spec->has_neutral_addr)
		shoot(t, HELLO_NEUTRAL_ADDR, spec->name, spec->neutral_addr,
		      spec->neutral_port ? spec->neutral_port : spec->port, CUT_NOT, false);
	fire(t);
	return &t->task;
}
