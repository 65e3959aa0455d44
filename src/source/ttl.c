/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ttl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/dns.h"
#include "source/hello.h"
#include "source/quic.h"
#include "source/talk.h"

#define BATCH 8 /* hops at once */
#define HOPS 64 /* at most */
#define TRIES 2 /* of a silent hop, since packets get lost */
#define CONNECT (3 * SECOND)
#define TRACE_PORT 33434 /* traceroute's: nobody listens there */

struct shot {
	struct ttl *of;
	bool control, path; /* path: only finds the router */
	uint8_t ttl, tries;
	uint16_t id; /* of a DNS query */
	struct talk_spec spec;
	struct task *task;
};

struct ttl {
	struct task task;
	struct arena *a;
	struct ttl_spec spec;
	ttl_done *done;
	void *arg;
	bool control, over;
	uint8_t at;	  /* the next hop */
	uint8_t until;	  /* the last hop of the name's turn */
	uint8_t heard;	  /* the last hop of which anything was heard */
	uint8_t end;	  /* where plain datagrams arrive, 0 unknown */
	uint8_t reached;  /* where the neutral name is answered, 0 nowhere */
	bool acted;	  /* something answers the name before the server does, or instead */
	bool true_answer; /* the server answers the name, at its own place */
	size_t left;
	struct shot shot[2 * BATCH];
	struct ttl_probe probe[3][HOPS + 1]; /* the neutral name's, the name's, the path's */
	bool have[3][HOPS + 1];
};

enum { NEUTRAL, NAME, PATH };

static void release(struct task *task)
{
	struct ttl *t = (struct ttl *)task;

	for (size_t i = 0; i < 2 * BATCH; i++)
		if (t->shot[i].task)
			task_cancel(t->shot[i].task);
	free(t);
}

static bool udp(const struct ttl *t)
{
	return !strcmp(t->spec.layer, "dns") || !strcmp(t->spec.layer, "udp") ||
	       !strcmp(t->spec.layer, "quic");
}

/* ---- what is said ---- */

/* An Initial of its own each time: a server joins packets by their connection id. */
static void say_initial(struct buf *out, const char *name, const uint8_t *secret)
{
	static const char *const alpn[] = {"h3", NULL};
	struct hello_spec h = {
	    .server_name = name, .alpn = alpn, .random = secret, .key = secret + 32};
	struct buf hello = {0}, params = {0};
	struct quic_cid to = {.n = 8}, from = {.n = 8};

	memcpy(to.at, secret + 64, 8);
	memcpy(from.at, secret + 72, 8);
	quic_parameters(&params, &from);
	h.quic = (const uint8_t *)params.at;
	h.nquic = params.len;
	hello_write(&hello, &h);
	quic_initial_write(out, QUIC_V1, &to, &from, 0, hello.at, hello.len);
	buf_free(&hello);
	buf_free(&params);
}

static void say(struct ttl *t, struct shot *s)
{
	const char *name = s->control ? t->spec.neutral : t->spec.name;
	struct blob *part = arena_zero(t->a, 1, sizeof(*part));
	uint8_t secret[96];
	struct buf b = {0};

	loop_secret(secret, sizeof(secret));
	if (s->path) {
		buf_add(&b, secret, 24);
	} else if (!strcmp(t->spec.layer, "dns")) {
		memcpy(&s->id, secret, 2);
		dns_query(&b, s->id, name, t->spec.addr.v6 ? DNS_AAAA : DNS_A, DNS_RD, 1232);
	} else if (!strcmp(t->spec.layer, "udp")) {
		struct blob ask = s->control ? t->spec.ask_else : t->spec.ask;

		buf_add(&b, ask.at, ask.n);
	} else if (!strcmp(t->spec.layer, "quic")) {
		say_initial(&b, name, secret);
	} else if (!strcmp(t->spec.layer, "tls")) {
		static const char *const alpn[] = {"h2", "http/1.1", NULL};
		struct hello_spec h = {.server_name = name,
				       .alpn = alpn,
				       .random = secret,
				       .key = secret + 32,
				       .session = secret + 64};

		hello_records(&b, &h, 0);
	} else {
		buf_printf(&b, "GET / HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n", name);
	}
	part->at = arena_copy(t->a, b.at ? b.at : "", b.len);
	part->n = b.len;
	s->spec.part = part;
	s->spec.npart = 1;
	buf_free(&b);
}

/* ---- what is heard ---- */

/* Two replies to one query that say different things. */
static bool differ(struct ttl *t, const struct talk *c, const struct shot *s, size_t *n)
{
	const struct dns_record *first = NULL;
	bool other = false;

	*n = 0;
	for (size_t i = 0; i < c->npiece; i++) {
		const struct dns_record *r = NULL;
		struct dns_message m;

		if (!dns_read(t->a, c->piece[i].at, c->piece[i].n, &m) || m.id != s->id ||
		    !(m.flags & DNS_QR))
			continue;
		for (size_t k = 0; k < m.nrecord && !r; k++)
			if (m.record[k].section == 1 && m.record[k].has_addr)
				r = &m.record[k];
		if (++*n == 1) {
			first = r;
			continue;
		}
		other |=
		    !first != !r ||
		    (first && r && (first->addr.hi != r->addr.hi || first->addr.lo != r->addr.lo));
	}
	return other;
}

static void note(struct ttl *t, struct shot *s, const struct talk *c)
{
	struct ttl_probe *p = &t->probe[!s->control][s->ttl];
	bool answer = c->bytes > 0, tcp = !strcmp(t->spec.layer, "tcp");
	size_t replies = 0;

	*p = (struct ttl_probe){.layer = t->spec.layer,
				.name = s->control ? t->spec.neutral : t->spec.name,
				.control = s->control,
				.ttl = s->ttl,
				.ip_ttl = -1,
				.from = c->router,
				.has_from = c->has_router && c->exceeded};
	talk_seen(&s->spec, c, &p->seen);
	if (udp(t)) {
		bool forged = false;

		if (!strcmp(t->spec.layer, "dns")) {
			forged = differ(t, c, s, &replies);
			answer = replies > 0;
		}
		if (answer && c->npiece)
			p->ip_ttl = c->piece[0].ip_ttl;
		/* Of two, the one that did not come as far as the neutral name's. */
		if (forged && t->reached && p->ip_ttl == t->probe[0][t->reached].ip_ttl)
			p->ip_ttl = c->piece[c->npiece - 1].ip_ttl;
		p->both = answer && c->exceeded;
		p->answer = forged || (p->both && !s->control) ? TTL_FORGED
			    : answer			       ? TTL_DATA
			    : c->exceeded		       ? TTL_EXCEEDED
			    : c->port_unreachable	       ? TTL_OTHER
							       : TTL_SILENCE;
	} else if (tcp) {
		p->both = c->exceeded && c->reset;
		p->answer = c->connected != TIME_NONE ? TTL_DATA
			    : c->reset		      ? TTL_RESET
			    : c->exceeded	      ? TTL_EXCEEDED
			    : c->unreachable	      ? TTL_OTHER
						      : TTL_SILENCE;
		p->has_from |= c->has_router;
	} else {
		/* A server that answers does not reset what it answers. */
		bool reset = c->reset && (!answer || !s->control);

		p->both = c->exceeded && (answer || c->reset || c->closed);
		p->answer = reset	     ? TTL_RESET
			    : answer	     ? TTL_DATA
			    : c->closed	     ? TTL_FIN
			    : c->exceeded    ? TTL_EXCEEDED
			    : c->unreachable ? TTL_OTHER
					     : TTL_SILENCE;
	}
	if (p->answer == TTL_RESET)
		p->ip_ttl = c->reset_ttl;
	/* A failure here is what was meant to happen. */
	p->seen.failure = NULL;
	t->have[!s->control][s->ttl] = true;
}

/* ---- the order ---- */

static void batch(struct ttl *t);
static void begin(struct ttl *t, struct shot *s);

static void came(void *arg, const struct talk *c)
{
	struct shot *s = arg;
	struct ttl *t = s->of;

	s->task = NULL;
	if (s->path) {
		struct ttl_probe *p = &t->probe[PATH][s->ttl];

		*p = (struct ttl_probe){.layer = "path",
					.name = "",
					.control = true,
					.ttl = s->ttl,
					.ip_ttl = -1,
					.answer = c->exceeded	   ? TTL_EXCEEDED
						  : c->unreachable ? TTL_OTHER
						  : c->bytes	   ? TTL_DATA
								   : TTL_SILENCE,
					.from = c->router,
					.has_from = c->has_router};
		talk_seen(&s->spec, c, &p->seen);
		p->seen.failure = NULL;
		t->have[PATH][s->ttl] = true;
	} else {
		note(t, s, c);
		if (t->probe[!s->control][s->ttl].answer == TTL_SILENCE && s->tries < TRIES) {
			begin(t, s);
			return;
		}
	}
	if (!--t->left)
		batch(t);
}

/* That the connection stands says it all. */
static enum talk_next enough(void *arg, const uint8_t *p, size_t n, struct buf *to_say)
{
	(void)arg;
	(void)p;
	(void)n;
	(void)to_say;
	return TALK_ENOUGH;
}

static void begin(struct ttl *t, struct shot *s)
{
	bool tcp = !s->path && !strcmp(t->spec.layer, "tcp"), other = tcp && s->control;

	s->tries++;
	s->spec = (struct talk_spec){.flow = t->spec.flow,
				     .addr = other ? t->spec.addr_else : t->spec.addr,
				     .port = s->path ? (uint16_t)(TRACE_PORT + s->ttl)
					     : other ? t->spec.port_else
						     : t->spec.port,
				     .udp = udp(t) || s->path,
				     .ttl = s->ttl,
				     .early = tcp,
				     .listen_on = true,
				     .answer_for = t->spec.answer_for,
				     .most = 16384,
				     .icmp = udp(t) || s->path ? NULL : t->spec.icmp};
	if (tcp)
		s->spec.flow.timeout = t->spec.answer_for;
	else if (!s->spec.flow.timeout)
		s->spec.flow.timeout = CONNECT;
	if (tcp)
		s->spec.heard = enough;
	else
		say(t, s);
	s->task = talk_begin(t->task.loop, t->a, &s->spec, came, s);
}

static void shoot(struct ttl *t, uint8_t ttl, bool path)
{
	struct shot *s = &t->shot[t->left++];

	*s = (struct shot){.of = t, .control = t->control, .path = path, .ttl = ttl};
}

static void report(struct ttl *t)
{
	static const char *const by_udp[] = {"router=udp"};
	struct ttl_probe *p = arena_zero(t->a, 3 * HOPS + 3, sizeof(*p));
	ttl_done *done = t->done;
	void *arg = t->arg;
	size_t n = 0;

	for (int k = 0; k < 3; k++)
		for (size_t i = 1; i <= HOPS; i++) {
			const struct ttl_probe *path = &t->probe[PATH][i];

			if (!t->have[k][i])
				continue;
			p[n] = t->probe[k][i];
			if (!p[n].has_from && p[n].answer == TTL_EXCEEDED && path->has_from &&
			    path->answer == TTL_EXCEEDED) {
				p[n].from = path->from;
				p[n].has_from = true;
				p[n].seen.tag = by_udp;
				p[n].seen.ntag = 1;
			}
			n++;
		}
	task_cancel(&t->task);
	done(arg, p, n);
}

/* What the last batch showed. */
static void look(struct ttl *t)
{
	for (uint8_t i = 1; t->control && i < t->at; i++) {
		const struct ttl_probe *p = &t->probe[PATH][i];

		if (!t->have[PATH][i] || p->answer == TTL_SILENCE)
			continue;
		if (i > t->heard)
			t->heard = i;
		/* Nobody listens on that port, which the address itself says. */
		if (!t->end && (p->answer == TTL_DATA || (p->answer == TTL_OTHER && !p->has_from)))
			t->end = i;
	}
	for (uint8_t i = 1; i < t->at; i++) {
		const struct ttl_probe *p = &t->probe[!t->control][i];
		bool answers = p->answer == TTL_DATA || p->answer == TTL_RESET ||
			       p->answer == TTL_FIN || p->answer == TTL_OTHER;

		if (!t->have[!t->control][i])
			continue;
		if (p->answer != TTL_SILENCE && i > t->heard)
			t->heard = i;
		if (t->control) {
			if (answers && !t->reached)
				t->reached = i;
			continue;
		}
		if (p->answer == TTL_DATA && t->reached && i >= t->reached)
			t->true_answer = true;
		else if (answers || p->answer == TTL_FORGED)
			t->acted = true;
	}
}

static void batch(struct ttl *t)
{
	uint8_t most = t->spec.most, last;

	look(t);
	/* No neutral name is answered, and it goes no farther: plain datagrams arrived, or nothing
	 * is heard of any more. */
	if (t->control && !t->reached && (t->end || t->at > t->heard + BATCH))
		most = t->end ? t->end : t->heard ? t->heard : 1;
	if (t->control && (t->reached || t->at > most)) {
		uint8_t far = t->reached ? t->reached : most;

		t->control = false;
		t->at = 1;
		/* One past the server, to tell silence there from a lost packet. */
		t->until = far < t->spec.most ? far + 1 : t->spec.most;
	} else if (!t->control && t->at > t->until) {
		/* An injector that copies the TTL is heard only past the server. */
		uint8_t far = t->reached < most / 2 ? (uint8_t)(2 * t->reached + 2) : most;

		if (t->acted || !t->true_answer || t->until >= far) {
			report(t);
			return;
		}
		t->until = far;
	} else if (!t->control && t->acted) {
		report(t);
		return;
	}
	last = t->control ? most : t->until;
	for (int i = 0; i < BATCH && t->at <= last; i++, t->at++) {
		shoot(t, t->at, false);
		/* Plain datagrams: is it as far for them? */
		if (t->control)
			shoot(t, t->at, true);
	}
	if (!t->left) {
		report(t);
		return;
	}
	for (size_t i = 0, n = t->left; i < n; i++)
		begin(t, &t->shot[i]);
}

struct task *ttl_begin(struct loop *l, struct arena *a, const struct ttl_spec *spec, ttl_done *done,
		       void *arg)
{
	struct ttl *t = mem_zero(1, sizeof(*t));

	task_begin(&t->task, l, release);
	t->a = a;
	t->spec = *spec;
	t->done = done;
	t->arg = arg;
	t->control = true;
	t->at = 1;
	if (!t->spec.most || t->spec.most > HOPS)
		t->spec.most = t->spec.most ? HOPS : 30;
	if (!t->spec.answer_for)
		t->spec.answer_for = SECOND;
	batch(t);
	return &t->task;
}
