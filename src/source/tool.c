/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/tool_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "source/dns.h"
#include "source/grow.h"
#include "source/hello.h"
#include "source/sealed.h"
#include "source/talk.h"
#include "source/torlink.h"
#include "source/ttl.h"

#define MOST 256 /* servers */
#define ANSWER (8 * SECOND)

static void unseal(struct ask_of *k)
{
	if (k->sealed)
		sealed_end(k->sealed);
	free(k->sealed);
	k->sealed = NULL;
}

static void release(struct task *task)
{
	struct tooling *t = (struct tooling *)task;

	for (size_t i = 0; i < t->nask; i++) {
		if (t->ask[i].task)
			task_cancel(t->ask[i].task);
		unseal(&t->ask[i]);
		buf_free(&t->ask[i].heard);
	}
	if (t->network.task)
		task_cancel(t->network.task);
	for (size_t i = 0; i < t->nhelp; i++)
		if (t->helper[i])
			task_cancel(t->helper[i]);
	if (t->proof)
		task_cancel(t->proof);
	free(t->ask);
	free(t);
}

static struct flow flow_of(const struct tooling *t, int64_t timeout)
{
	return (struct flow){.start = 0, .timeout = timeout, .owner = t->spec.id};
}

static bool over_udp(const struct tool_server *s)
{
	return s->protocol == TOOL_WIREGUARD || s->protocol == TOOL_OPENVPN;
}

/* ---- where it ends ---- */

static void prove(struct tooling *t);

static void proven(void *arg, const struct ttl_probe *p, size_t n)
{
	struct tooling *t = arg;

	t->proof = NULL;
	for (size_t i = 0; i < n; i++)
		*PUSH(t->probes, struct ttl_probe) = p[i];
	prove(t);
}

/* A control reached what did not even accept here. */
static bool alive_elsewhere(const struct tooling *t, const struct ask_of *k)
{
	const struct control *c = t->controls.at;

	for (size_t i = 0; i < t->controls.n; i++)
		for (size_t n = 0; n < c[i].nendpoint; n++) {
			const struct control_endpoint *e = &c[i].endpoint[n];

			if (e->tcp && !e->tcp_failure && e->port == k->server->port &&
			    e->addr.hi == k->addr.hi && e->addr.lo == k->addr.lo &&
			    e->addr.v6 == k->addr.v6)
				return true;
		}
	return false;
}

/* At the first server that was silent, the tool's words against noise of the same length; or
 * connecting to it against connecting to the neutral address. */
static void prove(struct tooling *t)
{
	const struct plan_options *o = t->spec.opt;

	while (t->proving < t->nask && !t->probes.n) {
		struct ask_of *k = &t->ask[t->proving++];
		uint8_t *noise;
		struct ttl_spec s;

		if (k->has_connect && k->connect.seen.failure && !over_udp(k->server) &&
		    o->has_neutral_addr && k->addr.v6 == o->neutral_addr.v6 &&
		    alive_elsewhere(t, k)) {
			s = (struct ttl_spec){.flow = flow_of(t, 0),
					      .addr = k->addr,
					      .port = k->server->port,
					      .layer = "tcp",
					      .name = t->spec.tool->name,
					      .neutral = o->neutral,
					      .addr_else = o->neutral_addr,
					      .port_else = 443,
					      .icmp = o->icmp};
			t->proof = ttl_begin(t->task.loop, t->a, &s, proven, t);
			return;
		}
		if (!over_udp(k->server) || !k->failure || !k->silent || !k->spec.npart)
			continue;
		noise = arena_alloc(t->a, k->spec.part[0].n);
		loop_secret(noise, k->spec.part[0].n);
		noise[0] |= 0x80; /* no type of WireGuard's or of a reset */
		s = (struct ttl_spec){.flow = flow_of(t, 0),
				      .addr = k->addr,
				      .port = k->server->port,
				      .layer = "udp",
				      .name = t->spec.tool->name,
				      .neutral = "noise",
				      .ask = k->spec.part[0],
				      .ask_else = {noise, k->spec.part[0].n},
				      .icmp = t->spec.opt->icmp};
		t->proof = ttl_begin(t->task.loop, t->a, &s, proven, t);
		return;
	}
	tool_report(t);
}

static void one_less(struct tooling *t)
{
	if (!--t->left)
		prove(t);
}

/* ---- controls ---- */

static void network_came(void *arg, const struct talk *c)
{
	struct tooling *t = arg;
	struct handshake *h = PUSH(t->handshakes, struct handshake);
	static const char *const tag[] = {"control"};

	t->network.task = NULL;
	t->network.failure = c->failure;
	*h = (struct handshake){.addr = t->network.addr,
				.port = 443,
				.hello = HELLO_NEUTRAL_ADDR,
				.server_name = t->spec.opt->neutral,
				.unverified = true};
	talk_seen(&t->network.spec, c, &h->seen);
	h->seen.tag = tag;
	h->seen.ntag = 1;
	one_less(t);
}

static void ask_network(struct tooling *t)
{
	const struct plan_options *o = t->spec.opt;
	struct hello_spec h = {.server_name = o->neutral};
	struct ask_of *k = &t->network;
	struct blob *part;
	struct buf b = {0};
	uint8_t secret[96];

	if (!o->has_neutral_addr)
		return;
	loop_secret(secret, sizeof(secret));
	h.random = secret;
	h.key = secret + 32;
	h.session = secret + 64;
	hello_records(&b, &h, 0);
	part = arena_zero(t->a, 1, sizeof(*part));
	*part = (struct blob){arena_copy(t->a, b.at, b.len), b.len};
	buf_free(&b);
	k->addr = o->neutral_addr;
	k->asked = true;
	k->spec = (struct talk_spec){
	    .flow = flow_of(t, 0), .addr = k->addr, .port = 443, .part = part, .npart = 1};
	t->left++;
	k->task = talk_begin(t->task.loop, t->a, &k->spec, network_came, t);
}

static void helped(void *arg, const struct control *reply)
{
	struct helper_slot *s = arg;
	struct tooling *t = s->of;

	t->helper[s->i] = NULL;
	*PUSH(t->controls, struct control) = *reply;
	one_less(t);
}

/* The servers at one port from elsewhere. A helper speaks of a URL, the neutral name's, and tries
 * whatever address it is told of at that URL's port. */
static void ask_port(struct tooling *t, uint16_t port)
{
	const struct plan_options *o = t->spec.opt;
	struct endpoint *e = arena_zero(t->a, t->nask + 1, sizeof(*e));
	const char *url = port == 443 ? arena_printf(t->a, "https://%s/", o->neutral)
				      : arena_printf(t->a, "http://%s:%u/", o->neutral, port);
	size_t n = 0;

	for (size_t i = 0; i < t->nask && n < 32; i++)
		if (t->ask[i].has_addr && !over_udp(t->ask[i].server) &&
		    t->ask[i].server->port == port)
			e[n++] = (struct endpoint){t->ask[i].addr, port};
	for (size_t i = 0; i < o->nhelper && t->nhelp < TOOL_ASKS; i++) {
		struct helper_ask ask = {.flow = flow_of(t, 0),
					 .helper = &o->helper[i],
					 .trust = o->trust,
					 .url = url,
					 .endpoint = e,
					 .nendpoint = n};
		size_t k = t->nhelp++;

		t->helper_slot[k] = (struct helper_slot){t, k};
		t->left++;
		t->helper[k] = helper_begin(t->task.loop, t->a, &ask, helped, &t->helper_slot[k]);
	}
}

static void ask_helpers(struct tooling *t)
{
	for (size_t i = 0; i < t->nask && t->spec.opt->neutral; i++) {
		const struct ask_of *k = &t->ask[i];
		bool known = !k->has_addr || over_udp(k->server);

		for (size_t n = 0; n < i; n++)
			known |= t->ask[n].has_addr && !over_udp(t->ask[n].server) &&
				 t->ask[n].server->port == k->server->port;
		if (!known)
			ask_port(t, k->server->port);
	}
}

/* ---- what is said, and how an answer is known ---- */

static void page_request(const struct ask_of *k, struct buf *out)
{
	buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		   k->server->cert ? k->server->cert : "/", k->server->host);
}

static enum talk_next hear_tor(struct ask_of *k, const uint8_t *p, size_t n, struct buf *say)
{
	struct buf out = {0};
	size_t taken;

	switch (sealed_hear(k->sealed, p, n, say)) {
	case SEALED_GREETING:
		return TALK_MORE;
	case SEALED_FAILED:
		k->wrong = k->sealed->failure;
		return TALK_ENOUGH;
	case SEALED_CLOSED:
		k->wrong = "eof_error";
		return TALK_ENOUGH;
	default:
		break;
	}
	if (!k->asked) {
		k->asked = true;
		tor_versions(&out);
		sealed_say(k->sealed, out.at, out.len, say);
		buf_free(&out);
	}
	taken = tor_read(&k->link, k->sealed->heard.at, k->sealed->heard.len);
	if (taken) {
		memmove(k->sealed->heard.at, k->sealed->heard.at + taken,
			k->sealed->heard.len - taken);
		k->sealed->heard.len -= taken;
	}
	if (k->link.why) {
		k->wrong = k->link.why;
		return TALK_ENOUGH;
	}
	if (!k->link.certs || !k->link.netinfo)
		return TALK_MORE;
	k->right = true;
	if (k->server->fingerprint) {
		char hex[41];

		for (int i = 0; i < 20; i++)
			snprintf(hex + 2 * i, 3, "%02X", k->link.identity[i]);
		if (!k->link.has_identity || strcasecmp(hex, k->server->fingerprint)) {
			k->right = false;
			k->wrong = "another relay answers";
		}
	}
	return TALK_ENOUGH;
}

static enum talk_next hear_page(struct ask_of *k, const uint8_t *p, size_t n, struct buf *say)
{
	struct buf out = {0};

	switch (sealed_hear(k->sealed, p, n, say)) {
	case SEALED_GREETING:
		return TALK_MORE;
	case SEALED_FAILED:
		k->wrong = k->sealed->failure;
		return TALK_ENOUGH;
	default:
		break;
	}
	if (!k->asked && k->sealed->state == SEALED_OPEN) {
		k->asked = true;
		page_request(k, &out);
		sealed_say(k->sealed, out.at, out.len, say);
		buf_free(&out);
	}
	if (k->sealed->heard.len >= 12) {
		k->right = !memcmp(k->sealed->heard.at, "HTTP/1.", 7);
		return TALK_ENOUGH;
	}
	return k->sealed->state == SEALED_CLOSED ? TALK_ENOUGH : TALK_MORE;
}

static enum talk_next answered(struct ask_of *k, enum greet_answer a)
{
	k->right = a == GREET_RIGHT;
	k->refused = a == GREET_REFUSE;
	if (a == GREET_WRONG)
		k->wrong = "an answer that is not the tool's";
	return a == GREET_MORE ? TALK_MORE : TALK_ENOUGH;
}

static enum talk_next heard(void *arg, const uint8_t *p, size_t n, struct buf *say)
{
	struct ask_of *k = arg;

	if (!p)
		k->connected = true;
	switch (k->server->protocol) {
	case TOOL_TCP:
		k->right = true;
		return TALK_ENOUGH;
	case TOOL_TOR:
		return hear_tor(k, p, n, say);
	case TOOL_PINNED:
		return hear_page(k, p, n, say);
	default:
		break;
	}
	if (!p)
		return TALK_MORE;
	/* A datagram is a whole answer, of a stream it is what came so far. */
	if (over_udp(k->server))
		buf_reset(&k->heard);
	buf_add(&k->heard, p, n);
	p = (const uint8_t *)k->heard.at;
	n = k->heard.len;
	switch (k->server->protocol) {
	case TOOL_DIR:
		k->right = n >= 12 && !memcmp(p, "HTTP/1.", 7);
		if (n >= 12 && !k->right)
			k->wrong = "no HTTP";
		return n >= 12 ? TALK_ENOUGH : TALK_MORE;
	case TOOL_OBFS4: {
		int a = obfs4_answer(&k->obfs4, p, n);

		k->right = a > 0;
		if (a < 0)
			k->wrong = "an answer that is not the bridge's";
		return a ? TALK_ENOUGH : TALK_MORE;
	}
	case TOOL_MTPROTO:
		return answered(k, mtproto_answer(p, n, k->secret));
	case TOOL_OPENVPN:
	case TOOL_OPENVPN_TCP: {
		bool tcp = k->server->protocol == TOOL_OPENVPN_TCP;
		enum greet_answer a = openvpn_answer(p, n, k->secret, tcp);

		/* Whatever else comes over UDP is no answer. */
		if (!tcp && a == GREET_WRONG)
			return TALK_MORE;
		return answered(k, a);
	}
	case TOOL_WIREGUARD: {
		enum greet_answer a = wireguard_answer(&k->wg, p, n);

		return a == GREET_WRONG ? TALK_MORE : answered(k, a);
	}
	default:
		return TALK_ENOUGH;
	}
}

/* What goes out first; false: it cannot be made. */
static bool greet(struct tooling *t, struct ask_of *k, struct buf *out)
{
	uint8_t noise[1024];
	uint8_t initiation[WIREGUARD_INITIATION];

	loop_secret(k->secret, sizeof(k->secret));
	switch (k->server->protocol) {
	case TOOL_DIR:
		buf_printf(out,
			   "GET /tor/status-vote/current/consensus/diff HTTP/1.0\r\nHost: %s\r\n"
			   "\r\n",
			   k->server->address);
		return true;
	case TOOL_OBFS4:
		loop_secret(noise, sizeof(noise));
		return k->server->cert && obfs4_of(&k->obfs4, k->server->cert) &&
		       obfs4_hello(&k->obfs4, noise, 200 + noise[0] * 3u, t->spec.wall, out);
	case TOOL_MTPROTO:
		mtproto_greet(out, k->secret, t->spec.wall);
		return true;
	case TOOL_OPENVPN:
	case TOOL_OPENVPN_TCP:
		openvpn_greet(out, k->secret, k->server->protocol == TOOL_OPENVPN_TCP);
		return true;
	case TOOL_WIREGUARD:
		k->wg = k->server->wg;
		if (!wireguard_greet(&k->wg, k->secret, t->spec.wall, 0, initiation))
			return false;
		buf_add(out, initiation, sizeof(initiation));
		return true;
	default:
		return true;
	}
}

static void came(void *arg, const struct talk *c)
{
	struct ask_of *k = arg;
	struct tooling *t = k->of;
	const struct tool_server *s = k->server;

	k->task = NULL;
	k->failure = k->right || k->refused			 ? NULL
		     : k->wrong && !strncmp(k->wrong, "ssl_", 4) ? k->wrong
		     : c->failure				 ? c->failure
		     : c->reset					 ? "connection_reset"
		     : c->closed || c->enough			 ? "eof_error"
								 : "generic_timeout_error";
	k->silent = !c->bytes && !c->port_unreachable && !c->reset;
	if (k->wrong && k->failure && c->bytes && strncmp(k->wrong, "ssl_", 4) &&
	    strcmp(k->wrong, "eof_error"))
		k->failure = arena_printf(t->a, "unknown_failure: %s", k->wrong);
	if (!over_udp(s)) {
		k->connect = (struct connect){.addr = k->addr, .port = s->port, .quiet = c->quiet};
		talk_seen(&k->spec, c, &k->connect.seen);
		if (k->connected)
			k->connect.seen.failure = NULL;
		k->has_connect = true;
	}
	if (k->sealed && k->connected) {
		struct handshake *h = PUSH(t->handshakes, struct handshake);

		*h = (struct handshake){.addr = k->addr,
					.port = s->port,
					.server_name = s->host ? s->host : "",
					.unverified = s->protocol != TOOL_PINNED};
		talk_seen(&k->spec, c, &h->seen);
		sealed_tell(k->sealed, t->a, h);
		if (k->asked)
			h->seen.failure = NULL;
		else if (k->failure)
			h->seen.failure = k->failure;
	}
	if (s->protocol == TOOL_PINNED) {
		struct transaction *x = PUSH(t->transactions, struct transaction);

		*x = (struct transaction){
		    .addr = k->addr,
		    .has_addr = true,
		    .port = s->port,
		    .network = "tcp",
		    .method = "GET",
		    .url = arena_printf(t->a, "https://%s%s", s->host, s->cert ? s->cert : "/")};
		talk_seen(&k->spec, c, &x->seen);
		x->seen.failure = k->failure;
		if (k->right)
			x->code = atoi(k->sealed->heard.at + 9);
	}
	unseal(k);
	one_less(t);
}

static void stepped(void *arg, const struct step_reply *r)
{
	struct ask_of *k = arg;
	struct tooling *t = k->of;

	k->task = NULL;
	k->failure = r->failure;
	k->connect = r->connect;
	k->has_connect = true;
	if (r->shook)
		*PUSH(t->handshakes, struct handshake) = r->handshake;
	*PUSH(t->transactions, struct transaction) = r->transaction;
	if (!r->asked) {
		struct transaction *x =
		    (struct transaction *)t->transactions.at + t->transactions.n - 1;

		*x = (struct transaction){
		    .seen = r->connect.seen,
		    .addr = k->addr,
		    .has_addr = true,
		    .port = k->server->port,
		    .method = "GET",
		    .url = arena_printf(t->a, "https://%s%s", k->server->host, k->server->cert)};
		x->seen.failure = r->failure;
	}
	one_less(t);
}

static void resolved(void *arg, const struct dns_reply *reply, size_t n)
{
	struct ask_of *k = arg;
	struct tooling *t = k->of;

	k->task = NULL;
	k->failure = reply[0].seen.failure;
	for (size_t i = 0; i < n; i++)
		*PUSH(t->dns, struct dns_reply) = reply[i];
	one_less(t);
}

static void ask_resolver(struct tooling *t, struct ask_of *k)
{
	const struct tool_server *s = k->server;
	struct ask_spec ask = {
	    .flow = flow_of(t, ANSWER),
	    .resolver = {.via = s->protocol == TOOL_DOT ? DNS_DOT : DNS_DOH,
			 .addr = k->addr,
			 .has_addr = true,
			 .port = s->port,
			 .host = s->fingerprint,
			 .path = s->cert,
			 .text = s->protocol == TOOL_DOT
				     ? arena_printf(t->a, "tls://%s", s->fingerprint)
				     : arena_printf(t->a, "https://%s%s", s->fingerprint, s->cert)},
	    .name = t->spec.opt->neutral ? t->spec.opt->neutral : "example.com",
	    .type = DNS_A,
	    .trust = t->spec.opt->trust};

	k->task = ask_begin(t->task.loop, t->a, &ask, resolved, k);
}

static void begin(struct tooling *t, struct ask_of *k)
{
	const struct tool_server *s = k->server;
	struct buf b = {0};

	if (s->protocol == TOOL_DOT || s->protocol == TOOL_DOH) {
		ask_resolver(t, k);
		return;
	}
	if (s->protocol == TOOL_WEB) {
		struct http_spec *http = arena_zero(t->a, 1, sizeof(*http));
		struct step_spec step = {.flow = flow_of(t, 0),
					 .addr = k->addr,
					 .port = s->port,
					 .host = s->host,
					 .tls = true,
					 .trust = t->spec.opt->trust,
					 .http = http};

		http->url = arena_printf(t->a, "https://%s%s", s->host, s->cert);
		http->body_max = 65536;
		k->task = step_begin(t->task.loop, t->a, &step, stepped, k);
		return;
	}
	k->spec = (struct talk_spec){.flow = flow_of(t, 0),
				     .addr = k->addr,
				     .port = s->port,
				     .udp = over_udp(s),
				     .answer_for = ANSWER,
				     .heard = heard,
				     .arg = k};
	if (s->protocol == TOOL_TOR || s->protocol == TOOL_PINNED) {
		k->sealed = mem_zero(1, sizeof(*k->sealed));
		sealed_begin(k->sealed, s->host, s->protocol == TOOL_PINNED ? tool_pins : NULL,
			     NULL);
	}
	if (!greet(t, k, &b)) {
		k->failure = "unknown_failure: the server's keys are none";
		unseal(k);
		buf_free(&b);
		one_less(t);
		return;
	}
	if (b.len) {
		size_t times = over_udp(s) ? 3 : 1;
		struct blob *part = arena_zero(t->a, times, sizeof(*part));

		for (size_t i = 0; i < times; i++)
			part[i] =
			    (struct blob){i ? part[0].at : arena_copy(t->a, b.at, b.len), b.len};
		k->spec.part = part;
		k->spec.npart = times;
		k->spec.between = SECOND;
		if (over_udp(s))
			k->spec.answer_for = 3 * SECOND;
	}
	buf_free(&b);
	k->task = talk_begin(t->task.loop, t->a, &k->spec, came, k);
}

/* ---- names ---- */

static void looked_up(void *arg, const struct dns_reply *reply, size_t n)
{
	struct ask_of *k = arg;
	struct tooling *t = k->of;

	k->task = NULL;
	for (size_t i = 0; i < n; i++)
		*PUSH(t->dns, struct dns_reply) = reply[i];
	for (size_t i = 0; i < reply[0].nanswer && !k->has_addr; i++)
		if (reply[0].answer[i].has_addr) {
			k->addr = reply[0].answer[i].addr;
			k->has_addr = true;
		}
	if (!--t->naming)
		ask_helpers(t);
	if (k->has_addr) {
		begin(t, k);
		return;
	}
	k->failure = reply[0].seen.failure ? reply[0].seen.failure : "dns_no_answer";
	/* A name that does not resolve is a page that did not come. */
	if (k->server->protocol == TOOL_WEB || k->server->protocol == TOOL_PINNED) {
		struct transaction *x = PUSH(t->transactions, struct transaction);

		*x = (struct transaction){
		    .seen = reply[0].seen,
		    .method = "GET",
		    .url = arena_printf(t->a, "https://%s%s", k->server->host,
					k->server->cert ? k->server->cert : "/")};
		x->seen.failure = k->failure;
	}
	one_less(t);
}

static void from_loop(struct task *task)
{
	struct tooling *t = (struct tooling *)task;
	const struct plan_options *o = t->spec.opt;

	t->left = 1;
	ask_network(t);
	for (size_t i = 0; i < t->nask; i++) {
		struct ask_of *k = &t->ask[i];

		t->left++;
		if (k->has_addr) {
			begin(t, k);
		} else if (o->nresolver) {
			struct ask_spec ask = {.flow = flow_of(t, 0),
					       .resolver = o->resolver[0],
					       .name = k->server->host,
					       .type = DNS_A,
					       .trust = o->trust};

			t->naming++;
			k->task = ask_begin(t->task.loop, t->a, &ask, looked_up, k);
		} else {
			k->failure = "unknown_failure: no resolver";
			t->left--;
		}
	}
	if (!t->naming)
		ask_helpers(t);
	one_less(t);
}

struct task *tool_begin(struct loop *l, struct arena *a, const struct tool_spec *spec,
			tool_done *done, void *arg)
{
	struct tooling *t = mem_zero(1, sizeof(*t));
	size_t own = spec->tool->given ? 0 : spec->tool->nserver;

	task_begin(&t->task, l, release);
	t->a = a;
	t->spec = *spec;
	t->done = done;
	t->arg = arg;
	t->m = arena_zero(a, 1, sizeof(*t->m));
	t->nask = own + spec->nserver < MOST ? own + spec->nserver : MOST;
	t->ask = mem_zero(t->nask + 1, sizeof(*t->ask));
	for (size_t i = 0; i < t->nask; i++) {
		struct ask_of *k = &t->ask[i];

		k->of = t;
		k->server = i < own ? &spec->tool->server[i] : &spec->server[i - own];
		if (k->server->address)
			k->has_addr =
			    addr_parse(k->server->address, strlen(k->server->address), &k->addr);
	}
	task_after(&t->task, 0, from_loop);
	return &t->task;
}
