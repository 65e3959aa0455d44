/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/initial.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/hello.h"
#include "source/quic.h"
#include "source/talk.h"
#include "source/trigger.h"

#define TIMES 3			    /* as often as a datagram may get lost */
#define NOBODYS_VERSION 0x1a2a3a4au /* reserved for negotiation, RFC 9000 15 */

struct shot {
	struct initial *of;
	enum hello hello;
	const char *name;
	bool versions;
	struct quic_cid dcid, scid;
	struct talk_spec spec;
	struct task *task;
	struct quic_packet packet; /* the one that counted */
	const struct talk *came;
};

struct initial {
	struct task task;
	struct arena *a;
	struct initial_spec spec;
	initial_done *done;
	void *arg;
	struct shot shot[3];
	size_t left;
};

static void release(struct task *task)
{
	struct initial *q = (struct initial *)task;

	for (size_t i = 0; i < 3; i++)
		if (q->shot[i].task)
			task_cancel(q->shot[i].task);
	free(q);
}

static void report(struct initial *q)
{
	struct handshake *h = arena_zero(q->a, 3, sizeof(*h));
	initial_done *done = q->done;
	void *arg = q->arg;

	for (size_t i = 0; i < 3; i++) {
		struct shot *s = &q->shot[i];
		const char **tag = arena_zero(q->a, q->spec.flow.ntag + 2u, sizeof(*tag));
		enum quic_kind k = s->packet.kind;

		h[i] = (struct handshake){.quic = true,
					  .addr = q->spec.addr,
					  .port = q->spec.port,
					  .hello = s->hello,
					  .server_name = s->name ? s->name : "",
					  .unverified = true};
		talk_seen(&s->spec, s->came, &h[i].seen);
		if (!s->came->enough && !s->came->failure)
			h[i].seen.failure = "generic_timeout_error"; /* nothing that counts came */
		if (s->packet.closed)
			h[i].seen.failure =
			    s->packet.close_why >= 0x100 && s->packet.close_why < 0x200
				? trigger_alert((uint8_t)s->packet.close_why)
				: "quic_handshake_failed";
		for (uint16_t k2 = 0; k2 < q->spec.flow.ntag; k2++)
			tag[h[i].seen.ntag = k2] = q->spec.flow.tag[k2];
		h[i].seen.ntag = q->spec.flow.ntag;
		h[i].seen.tag = tag;
		if (s->versions)
			tag[h[i].seen.ntag++] = "version-negotiation";
		if (k != QUIC_NOTHING)
			tag[h[i].seen.ntag++] = "answered";
	}
	task_cancel(&q->task);
	done(arg, h, 3);
}

static void came(void *arg, const struct talk *c)
{
	struct shot *s = arg;
	struct initial *q = s->of;

	s->task = NULL;
	s->came = c;
	if (!--q->left)
		report(q);
}

/* An answer counts when it opens with the keys of this connection, or names it. */
static enum talk_next heard(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	struct shot *s = arg;
	struct quic_packet k;
	bool ours;

	(void)say;
	if (!p)
		return TALK_MORE;
	quic_read(s->of->a, p, n, &s->dcid, true, &k);
	ours = k.dcid.n == s->scid.n && !memcmp(k.dcid.at, s->scid.at, s->scid.n);
	if (!ours || k.kind == QUIC_NOTHING || k.kind == QUIC_SEALED || k.kind == QUIC_OTHER)
		return TALK_MORE;
	if (!s->versions && k.kind == QUIC_INITIAL && !k.ncrypto && !k.closed)
		return TALK_MORE; /* a bare acknowledgement: the hello's answer follows */
	s->packet = k;
	return TALK_ENOUGH;
}

static void shoot(struct initial *q, struct shot *s)
{
	static const char *const alpn[] = {"h3", NULL};
	struct blob *part = arena_zero(q->a, TIMES, sizeof(*part));
	uint8_t secret[64 + 8 + 8];
	struct buf out = {0}, hello = {0}, params = {0};

	loop_secret(secret, sizeof(secret));
	s->dcid.n = s->scid.n = 8;
	memcpy(s->dcid.at, secret + 64, 8);
	memcpy(s->scid.at, secret + 72, 8);
	if (s->versions) {
		buf_u8(&out, 0xc0 | (secret[0] & 15));
		buf_u32(&out, NOBODYS_VERSION);
		buf_u8(&out, 8);
		buf_add(&out, s->dcid.at, 8);
		buf_u8(&out, 8);
		buf_add(&out, s->scid.at, 8);
		while (out.len < 1200)
			buf_u8(&out, secret[out.len % 64]);
	} else {
		struct hello_spec h = {.server_name = s->name, .alpn = alpn};

		quic_parameters(&params, &s->scid);
		h.random = secret;
		h.key = secret + 32;
		h.quic = (const uint8_t *)params.at;
		h.nquic = params.len;
		hello_write(&hello, &h);
		quic_initial_write(&out, q->spec.version, &s->dcid, &s->scid, 0, hello.at,
				   hello.len);
	}
	for (int i = 0; i < TIMES; i++)
		part[i] =
		    (struct blob){i ? part[0].at : arena_copy(q->a, out.at, out.len), out.len};
	s->spec = (struct talk_spec){.flow = q->spec.flow,
				     .addr = q->spec.addr,
				     .port = q->spec.port,
				     .udp = true,
				     .part = part,
				     .npart = TIMES,
				     .between = q->spec.again_after,
				     .answer_for = 2 * q->spec.again_after,
				     .heard = heard,
				     .arg = s};
	buf_free(&out);
	buf_free(&hello);
	buf_free(&params);
	s->task = talk_begin(q->task.loop, q->a, &s->spec, came, s);
}

struct task *initial_begin(struct loop *l, struct arena *a, const struct initial_spec *spec,
			   initial_done *done, void *arg)
{
	struct initial *q = mem_zero(1, sizeof(*q));

	task_begin(&q->task, l, release);
	q->a = a;
	q->spec = *spec;
	q->done = done;
	q->arg = arg;
	if (!q->spec.version)
		q->spec.version = QUIC_V1;
	if (!q->spec.again_after)
		q->spec.again_after = SECOND;
	q->shot[0] = (struct shot){.of = q, .hello = HELLO_NORMAL, .name = spec->name};
	q->shot[1] = (struct shot){.of = q,
				   .hello = spec->neutral ? HELLO_NEUTRAL_NAME : HELLO_NO_NAME,
				   .name = spec->neutral};
	q->shot[2] = (struct shot){.of = q, .hello = HELLO_NO_NAME, .versions = true};
	q->left = 3;
	for (size_t i = 0; i < 3; i++)
		shoot(q, &q->shot[i]);
	return &q->task;
}
