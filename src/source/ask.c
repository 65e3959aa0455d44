/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ask.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "fact/measurement.h"
#include "source/dns.h"
#include "source/http.h"

#define ATTEMPTS 3
#define UDP_SIZE 1232 /* DNS flag day 2020 */
#define MESSAGE_MAX 65535

/* One query over UDP: asking again is another query, with another port and number, so that a
 * reply that comes late is not taken for a second one. */
struct attempt {
	struct ask *ask;
	int fd;
	struct event io;
	bool answered;
	uint16_t id;
	uint8_t server; /* which of the system's, from 1 */
	struct addr addr;
	uint16_t port;
	struct dns_reply first;
};

struct ask {
	struct task task;
	struct ask_spec spec;
	struct arena *arena;
	ask_done *done;
	void *arg;
	struct seat seat;
	struct dns_reply reply[ASK_REPLIES];
	size_t nreply;
	int64_t deadline;
	struct attempt attempt[ATTEMPTS];
	unsigned nattempt;
	bool window;	/* the first reply is there; listening on */
	uint8_t server; /* of the reply that is added next: which of the system's */
	/* Over a connection. */
	bool cut; /* asked again over TCP, since UDP's reply was truncated */
	struct task *part;
	struct conn *conn;
	struct event io;
	bool io_set;
	struct seen seen;
	uint16_t id;
	struct buf out, in;
	size_t sent;
};

static void turn(evutil_socket_t fd, short what, void *arg);
static void send_query(struct task *task);

/* ---- messages ---- */

static const char *rcode_word(uint16_t rcode)
{
	switch (rcode) {
	case DNS_NXDOMAIN:
		return "dns_nxdomain_error";
	case DNS_SERVFAIL:
		return "dns_servfail_error";
	case DNS_REFUSED:
		return "dns_refused_error";
	default:
		return "dns_server_misbehaving";
	}
}

void ask_reply(struct arena *a, const void *p, size_t n, const char *name, uint16_t type,
	       struct dns_reply *out)
{
	struct dns_message m;
	struct dns_answer *answer;
	char text[16];
	bool any = false;

	out->name = name;
	out->type = arena_text(a, dns_type_text(text, type));
	out->rcode = -1;
	out->answer = NULL;
	out->nanswer = 0;
	out->raw = arena_copy(a, p, n);
	out->nraw = n;
	if (!dns_read(a, out->raw, n, &m) || !(m.flags & DNS_QR)) {
		out->seen.failure = "dns_server_misbehaving";
		return;
	}
	out->rcode = (int16_t)m.rcode;
	answer = m.nrecord ? arena_zero(a, m.nrecord, sizeof(*answer)) : NULL;
	for (size_t i = 0; i < m.nrecord; i++) {
		const struct dns_record *r = &m.record[i];
		struct dns_answer *x = &answer[out->nanswer];

		if (r->section != 1 || (r->type != DNS_A && r->type != DNS_AAAA &&
					r->type != DNS_CNAME && r->type != DNS_PTR))
			continue;
		x->type = arena_text(a, dns_type_text(text, r->type));
		x->has_addr = r->has_addr;
		x->addr = r->addr;
		x->name = r->has_addr ? NULL : r->target;
		x->ttl = r->ttl;
		any |= r->type == type;
		out->nanswer++;
	}
	out->answer = answer;
	if (m.rcode != DNS_NOERROR)
		out->seen.failure = rcode_word(m.rcode);
	else if (!any)
		out->seen.failure = m.why ? "dns_server_misbehaving" : "dns_no_answer";
}

static const char *const engines[] = {"system", "udp", "tcp", "dot", "doh", "doq"};

/* The system's resolvers take turns: the n-th attempt's. */
static const struct resolver_spec *whose_turn(const struct ask *a, unsigned n, uint8_t *server)
{
	const struct resolver_spec *r = &a->spec.resolver;

	*server = r->via == DNS_SYSTEM;
	for (; n; n--) {
		r = r->next ? r->next : &a->spec.resolver;
		*server = r == &a->spec.resolver ? *server > 0 : (uint8_t)(*server + 1);
	}
	return r;
}

/* The one whose turn it is after those that were asked was not asked yet. */
static bool has_next(const struct ask *a)
{
	const struct resolver_spec *r = &a->spec.resolver;

	for (unsigned i = 0; i < a->nattempt && r; i++)
		r = r->next;
	return r && a->nattempt < ATTEMPTS;
}

static struct dns_reply *add(struct ask *a)
{
	struct dns_reply *r;

	if (a->nreply == ASK_REPLIES)
		return NULL;
	r = &a->reply[a->nreply++];
	*r = (struct dns_reply){
	    .via = a->cut && a->spec.resolver.via == DNS_UDP ? DNS_TCP : a->spec.resolver.via,
	    .name = a->spec.name,
	    .resolver = a->spec.resolver.via == DNS_SYSTEM ? "" : a->spec.resolver.text,
	    .rcode = -1,
	    .ip_ttl = -1,
	    .server = a->server,
	    .nobody = a->spec.nobody};
	r->engine = engines[r->via];
	return r;
}

static void type_of(struct ask *a, struct dns_reply *r)
{
	char text[16];

	r->type = arena_text(a->arena, dns_type_text(text, a->spec.type));
}

/* ---- the end ---- */

static void end(struct task *task)
{
	struct ask *a = (struct ask *)task;

	for (unsigned i = 0; i < a->nattempt; i++) {
		if (a->attempt[i].fd < 0)
			continue;
		event_del(&a->attempt[i].io);
		close(a->attempt[i].fd);
	}
	if (a->part)
		task_cancel(a->part);
	if (a->io_set)
		event_del(&a->io);
	conn_close(a->conn);
	loop_leave(&a->seat);
	buf_free(&a->out);
	buf_free(&a->in);
	free(a);
}

static void finish(struct ask *a)
{
	struct dns_reply *reply = arena_copy(a->arena, a->reply, a->nreply * sizeof(*reply));
	size_t n = a->nreply;
	ask_done *done = a->done;
	void *arg = a->arg;

	task_cancel(&a->task);
	done(arg, reply, n);
}

static void fail(struct ask *a, const struct seen *began, const char *failure)
{
	struct dns_reply *r = add(a);

	if (r) {
		r->seen = *began;
		type_of(a, r);
		flow_done(&a->spec.flow, a->task.loop, &r->seen, failure);
	}
	finish(a);
}

static void no_time(struct task *task)
{
	struct ask *a = (struct ask *)task;

	if (a->window) {
		finish(a);
		return;
	}
	a->server = a->nattempt ? a->attempt[a->nattempt - 1].server : 0;
	fail(a, &a->seen, "generic_timeout_error");
}

static bool query(struct ask *a, struct buf *out, uint16_t *id)
{
	loop_secret(id, sizeof(*id));
	return dns_query(out, *id, a->spec.name, a->spec.type, DNS_RD, UDP_SIZE);
}

/* Is this a reply to what was asked? Its number, its question. */
static bool is_ours(struct ask *a, const uint8_t *p, size_t n, uint16_t id, bool *cut)
{
	struct arena scratch = {0};
	struct dns_message m;
	bool ours = dns_read(&scratch, p, n, &m) && m.id == id && (m.flags & DNS_QR) &&
		    (!m.nquestion || (dns_same(m.qname, a->spec.name) && m.qtype == a->spec.type));

	*cut = ours && (m.flags & DNS_TC);
	arena_free(&scratch);
	return ours;
}

/* ---- over a connection ---- */

static void connected(void *arg, const struct connect *reply, struct conn *conn);

static void by_connection(struct ask *a)
{
	struct dial_spec dial = {
	    .flow = a->spec.flow, .addr = a->spec.resolver.addr, .port = a->spec.resolver.port};
	int64_t left = a->deadline - loop_now(a->task.loop);

	dial.flow.query = true;
	dial.flow.timeout = left > SECOND / 10 ? left : SECOND / 10;
	flow_seen(&a->spec.flow, a->task.loop, &a->seen);
	a->part = dial_begin(a->task.loop, a->arena, &dial, connected, a);
}

/* A whole message came over TCP or TLS. */
static void stream_reply(struct ask *a, const uint8_t *p, size_t n)
{
	struct dns_reply *r;
	bool cut;

	if (!is_ours(a, p, n, a->id, &cut)) {
		fail(a, &a->seen, "dns_server_misbehaving");
		return;
	}
	r = add(a);
	if (r) {
		r->seen = a->seen;
		flow_done(&a->spec.flow, a->task.loop, &r->seen, NULL);
		ask_reply(a->arena, p, n, a->spec.name, a->spec.type, r);
	}
	finish(a);
}

static void wait(struct ask *a, short want)
{
	event_assign(&a->io, loop_base(a->task.loop), a->conn->fd, want, turn, a);
	event_add(&a->io, NULL);
	a->io_set = true;
}

static void turn(evutil_socket_t fd, short what, void *arg)
{
	struct ask *a = arg;
	const char *failure = NULL;
	short want = EV_READ;
	long n = 0;

	(void)fd;
	(void)what;
	while (a->sent < a->out.len) {
		n = conn_write(a->conn, a->out.at + a->sent, a->out.len - a->sent, &want, &failure);
		if (n == -1) {
			wait(a, want);
			return;
		}
		if (n <= 0) {
			fail(a, &a->seen, failure ? failure : "eof_error");
			return;
		}
		a->sent += (size_t)n;
	}
	for (;;) {
		size_t need = a->in.len < 2
				  ? 2
				  : 2 + ((size_t)(uint8_t)a->in.at[0] << 8 | (uint8_t)a->in.at[1]);

		if (a->in.len >= 2 && a->in.len == need) {
			stream_reply(a, (const uint8_t *)a->in.at + 2, need - 2);
			return;
		}
		n = conn_read(a->conn, buf_room(&a->in, need - a->in.len), need - a->in.len, &want,
			      &failure);
		if (n == -1) {
			wait(a, want);
			return;
		}
		if (n <= 0) {
			fail(a, &a->seen, n ? failure : "eof_error");
			return;
		}
		a->in.len += (size_t)n;
	}
}

static void by_stream(struct ask *a)
{
	struct buf q = {0};

	query(a, &q, &a->id);
	buf_u16(&a->out, (uint16_t)q.len);
	buf_add(&a->out, q.at, q.len);
	buf_free(&q);
	wait(a, EV_WRITE);
}

static void fetched(void *arg, const struct transaction *t)
{
	struct ask *a = arg;
	const char *type = http_header(t, "content-type");

	a->part = NULL;
	if (t->seen.failure)
		fail(a, &a->seen, t->seen.failure);
	else if (t->code != 200 || !type || strncmp(type, "application/dns-message", 23) ||
		 t->truncated)
		fail(a, &a->seen, "dns_server_misbehaving");
	else
		stream_reply(a, t->body, t->nbody);
}

/* RFC 8484: POST, so that no cache keeps the question; the number is 0. */
static void by_https(struct ask *a)
{
	static const struct header header[] = {{"Accept", "application/dns-message"},
					       {"Content-Type", "application/dns-message"}};
	const struct resolver_spec *r = &a->spec.resolver;
	struct http_spec http = {.flow = a->spec.flow,
				 .conn = a->conn,
				 .method = "POST",
				 .header = header,
				 .nheader = 2,
				 .body_max = MESSAGE_MAX};
	struct buf q = {0};
	char t[PREFIX_TEXT + 8];

	dns_query(&q, 0, a->spec.name, a->spec.type, DNS_RD, UDP_SIZE);
	a->id = 0;
	http.body = arena_copy(a->arena, q.at, q.len);
	http.nbody = q.len;
	buf_free(&q);
	http.url = arena_printf(a->arena, "https://%s%s",
				r->host ? r->host : endpoint_text(t, r->addr, r->port),
				r->path ? r->path : "/dns-query");
	http.flow.timeout = a->deadline - loop_now(a->task.loop);
	a->part = http_begin(a->task.loop, a->arena, &http, fetched, a);
}

static void shaken(void *arg, const struct handshake *reply)
{
	struct ask *a = arg;

	a->part = NULL;
	if (reply->seen.failure)
		fail(a, &a->seen, reply->seen.failure);
	else if (a->spec.resolver.via == DNS_DOH)
		by_https(a);
	else
		by_stream(a);
}

static void connected(void *arg, const struct connect *reply, struct conn *conn)
{
	static const char *const dot[] = {"dot", NULL}, *const doh[] = {"h2", "http/1.1", NULL};
	struct ask *a = arg;
	const struct resolver_spec *r = &a->spec.resolver;
	struct tls_spec tls = {.flow = a->spec.flow, .trust = a->spec.trust};
	char t[PREFIX_TEXT];

	a->part = NULL;
	a->conn = conn;
	if (!conn) {
		fail(a, &a->seen, reply->seen.failure);
		return;
	}
	if (r->via != DNS_DOT && r->via != DNS_DOH) {
		by_stream(a);
		return;
	}
	tls.conn = conn;
	tls.server_name = r->host ? r->host : arena_text(a->arena, addr_text(t, r->addr));
	tls.alpn = r->via == DNS_DOT ? dot : doh;
	tls.flow.timeout = a->deadline - loop_now(a->task.loop);
	a->part = tls_begin(a->task.loop, a->arena, &tls, shaken, a);
}

/* ---- over UDP ---- */

static bool same_answers(const struct dns_reply *a, const struct dns_reply *b)
{
	size_t i, k, shared = 0, na = 0, nb = 0;

	if (a->rcode != b->rcode)
		return false;
	for (i = 0; i < b->nanswer; i++)
		nb += b->answer[i].has_addr;
	for (i = 0; i < a->nanswer; i++) {
		na += a->answer[i].has_addr;
		for (k = 0; k < b->nanswer; k++)
			if (a->answer[i].has_addr && b->answer[k].has_addr &&
			    a->answer[i].addr.hi == b->answer[k].addr.hi &&
			    a->answer[i].addr.lo == b->answer[k].addr.lo) {
				shared++;
				break;
			}
	}
	return na == nb && shared == na;
}

static void datagram(struct attempt *t, const uint8_t *p, size_t n, int ttl)
{
	struct ask *a = t->ask;
	struct dns_reply *r;
	bool cut;

	/* A reply to something else is noise, or a guess that went wrong. */
	if (!is_ours(a, p, n, t->id, &cut))
		return;
	a->server = t->server;
	r = add(a);
	if (!r)
		return;
	r->seen = t->first.seen;
	flow_done(&a->spec.flow, a->task.loop, &r->seen, NULL);
	ask_reply(a->arena, p, n, a->spec.name, a->spec.type, r);
	r->ip_ttl = (int16_t)ttl;
	r->again = t->answered;
	/* The network doubled a packet: no news. */
	if (t->answered && same_answers(r, &t->first) && r->ip_ttl == t->first.ip_ttl) {
		a->nreply--;
		return;
	}
	if (!t->answered) {
		struct seen began = t->first.seen;

		t->first = *r;
		t->first.seen = began;
		t->answered = true;
	}
	if (a->window)
		return;
	if (cut && !a->spec.nobody) {
		a->cut = true;
		a->nreply--;
		a->spec.resolver.addr = t->addr;
		a->spec.resolver.port = t->port;
		by_connection(a);
		task_after(&a->task, a->deadline - loop_now(a->task.loop), no_time);
		return;
	}
	/* As the system does: one that cannot answer is no answer while there is another. */
	if ((r->rcode == DNS_SERVFAIL || r->rcode == DNS_REFUSED || r->rcode == DNS_NOTIMP) &&
	    has_next(a)) {
		task_after(&a->task, 0, send_query);
		return;
	}
	a->window = true;
	task_after(&a->task, a->spec.window, no_time);
}

static void arrived(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *t = arg;
	struct ask *a = t->ask;
	uint8_t p[4096];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int)) * 2];
	} control;

	(void)what;
	for (unsigned i = 0; i < 32; i++) {
		struct iovec iov = {p, sizeof(p)};
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = &control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
		int ttl = -1;

		if (n < 0) {
			int error = errno;

			if (error == EAGAIN || error == EINTR)
				return;
			/* An ICMP error: nobody is there, or somebody wants us to think so. */
			if (a->window || a->cut || t->answered)
				return;
			event_del(&t->io);
			if (has_next(a)) {
				task_after(&a->task, 0, send_query);
				return;
			}
			a->seen = t->first.seen;
			a->server = t->server;
			fail(a, &a->seen, flow_errno(a->arena, error));
			return;
		}
		loop_count(a->task.loop, (size_t)n);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
				memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		if (!a->cut)
			datagram(t, p, (size_t)n, ttl);
	}
}

static void next_attempt(struct ask *a)
{
	int64_t now = loop_now(a->task.loop), left = a->deadline - now;
	int64_t wait_for = a->nattempt == 1 ? SECOND : 2 * SECOND;

	/* All of them within the time that there is, the last one heard out, too. */
	if (wait_for > left / (ATTEMPTS - a->nattempt + 2))
		wait_for = left / (ATTEMPTS - a->nattempt + 2);

	if (a->nattempt == ATTEMPTS)
		task_after(&a->task, left, no_time);
	else
		task_after(&a->task, wait_for, send_query);
}

static void send_query(struct task *task)
{
	struct ask *a = (struct ask *)task;
	unsigned turns = a->nattempt;
	struct attempt *t = &a->attempt[a->nattempt++];
	const struct resolver_spec *r = whose_turn(a, turns, &t->server);
	struct sockaddr_storage to;
	unsigned n = addr_socket(r->addr, r->port, &to);
	struct buf q = {0};
	int one = 1;
	bool v6 = r->addr.v6;

	t->ask = a;
	t->addr = r->addr;
	t->port = r->port;
	flow_seen(&a->spec.flow, task->loop, &t->first.seen);
	if (a->nattempt == 1)
		a->seen = t->first.seen;
	t->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0) {
		a->nattempt--;
		a->server = t->server;
		fail(a, &a->seen, flow_errno(a->arena, errno));
		return;
	}
	setsockopt(t->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &one,
		   sizeof(one));
	event_assign(&t->io, loop_base(task->loop), t->fd, EV_READ | EV_PERSIST, arrived, t);
	query(a, &q, &t->id);
	if (connect(t->fd, (struct sockaddr *)&to, n) || send(t->fd, q.at, q.len, 0) < 0) {
		int error = errno;

		buf_free(&q);
		if (has_next(a)) {
			task_after(task, 0, send_query);
			return;
		}
		a->server = t->server;
		fail(a, &a->seen, flow_errno(a->arena, error));
		return;
	}
	buf_free(&q);
	event_add(&t->io, NULL);
	next_attempt(a);
}

static void no_name(struct task *task)
{
	struct ask *a = (struct ask *)task;

	flow_seen(&a->spec.flow, task->loop, &a->seen);
	fail(a, &a->seen, "dns_nxdomain_error");
}

static void go(void *arg)
{
	struct ask *a = arg;
	struct loop *l = a->task.loop;

	a->deadline = loop_now(l) + a->spec.flow.timeout;
	switch (a->spec.resolver.via) {
	case DNS_SYSTEM:
	case DNS_UDP:
		/* From the loop, since done may not be called from within begin. */
		task_after(&a->task, 0, send_query);
		break;
	default:
		flow_seen(&a->spec.flow, l, &a->seen);
		task_after(&a->task, a->spec.flow.timeout, no_time);
		by_connection(a);
	}
}

struct task *ask_begin(struct loop *l, struct arena *arena, const struct ask_spec *spec,
		       ask_done *done, void *arg)
{
	struct ask *a = mem_zero(1, sizeof(*a));
	struct buf q = {0};
	enum dns_via via = spec->resolver.via;

	a->spec = *spec;
	a->arena = arena;
	a->done = done;
	a->arg = arg;
	if (!a->spec.flow.timeout)
		a->spec.flow.timeout = 4 * SECOND;
	if (!a->spec.window)
		a->spec.window = SECOND;
	task_begin(&a->task, l, end);
	if (!dns_query(&q, 0, spec->name, spec->type, DNS_RD, 0))
		task_after(&a->task, 0, no_name);
	else if (via == DNS_SYSTEM || via == DNS_UDP)
		loop_enter(l, &a->seat, spec->resolver.addr, LOOP_QUERY, go, a);
	else
		go(a); /* the connection takes its own seat */
	buf_free(&q);
	return &a->task;
}
