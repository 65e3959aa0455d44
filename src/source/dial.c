/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

unsigned addr_socket(struct addr addr, uint16_t port, void *out)
{
	uint8_t wire[16];

	addr_to_wire(addr, wire);
	if (addr.v6) {
		struct sockaddr_in6 s = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

		memcpy(&s.sin6_addr, wire, 16);
		memcpy(out, &s, sizeof(s));
		return sizeof(s);
	}
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&s.sin_addr, wire, 4);
	memcpy(out, &s, sizeof(s));
	return sizeof(s);
}

bool socket_addr(const void *sockaddr, struct addr *addr, uint16_t *port)
{
	sa_family_t family;

	memcpy(&family, (const char *)sockaddr + offsetof(struct sockaddr, sa_family),
	       sizeof(family));
	if (family == AF_INET) {
		struct sockaddr_in s;

		memcpy(&s, sockaddr, sizeof(s));
		*addr = addr_wire((const uint8_t *)&s.sin_addr, false);
		*port = ntohs(s.sin_port);
		return true;
	}
	if (family == AF_INET6) {
		struct sockaddr_in6 s;

		memcpy(&s, sockaddr, sizeof(s));
		*addr = addr_wire((const uint8_t *)&s.sin6_addr, true);
		*port = ntohs(s.sin6_port);
		return true;
	}
	return false;
}

/* ---- connections ---- */

static long failed(struct conn *c, const char *failure, const char **out)
{
	*out = failure;
	loop_failed(c->loop, c->addr, c->owner, true);
	return -2;
}

/* Texts that last: the few errnos that reads and writes end with. */
static const char *word(int error)
{
	static struct arena forever;

	return flow_errno(&forever, error ? error : ECONNRESET);
}

static void heard(struct conn *c, uint64_t arrived)
{
	if (arrived <= c->arrived)
		return;
	loop_count(c->loop, (size_t)(arrived - c->arrived));
	c->arrived = arrived;
	if (c->heard)
		c->heard(c->heard_arg, loop_now(c->loop), arrived);
}

static long tls_result(struct conn *c, int ret, short *want, const char **failure)
{
	int error = errno;

	switch (SSL_get_error(c->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		*want = EV_READ;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*want = EV_WRITE;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return error ? failed(c, word(error), failure) : 0;
	default:
		break;
	}
	/* Many servers close without close_notify: an end like any other. */
	if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		ERR_clear_error();
		return 0;
	}
	ERR_clear_error();
	*failure = "ssl_failed_handshake";
	return -2;
}

long conn_read(struct conn *c, void *p, size_t n, short *want, const char **failure)
{
	ssize_t got;

	if (n > 1 << 20)
		n = 1 << 20;
	if (c->ssl) {
		int ret;

		ERR_clear_error();
		errno = 0;
		ret = SSL_read(c->ssl, p, (int)n);
		heard(c, BIO_number_read(SSL_get_rbio(c->ssl)));
		return ret > 0 ? ret : tls_result(c, ret, want, failure);
	}
	do
		got = read(c->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		heard(c, c->arrived + (uint64_t)got);
	if (got >= 0)
		return got;
	if (errno == EAGAIN) {
		*want = EV_READ;
		return -1;
	}
	return failed(c, word(errno), failure);
}

long conn_write(struct conn *c, const void *p, size_t n, short *want, const char **failure)
{
	ssize_t put;

	if (n > 1 << 20)
		n = 1 << 20;
	if (c->ssl) {
		int ret;

		ERR_clear_error();
		errno = 0;
		ret = SSL_write(c->ssl, p, (int)n);
		return ret > 0 ? ret : tls_result(c, ret, want, failure);
	}
	do
		put = send(c->fd, p, n, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return put;
	if (errno == EAGAIN) {
		*want = EV_WRITE;
		return -1;
	}
	return failed(c, word(errno), failure);
}

bool conn_deaf(const struct conn *c)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	return !c->arrived && !getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) &&
	       info.tcpi_unacked && info.tcpi_retransmits >= 3;
}

void conn_close(struct conn *c)
{
	struct linger now = {.l_onoff = 1};

	if (!c)
		return;
	SSL_free(c->ssl);
	if (c->abrupt)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd);
	loop_leave(&c->seat);
	free(c);
}

/* ---- dialling ---- */

struct dial {
	struct task task;
	struct dial_spec spec;
	struct arena *arena;
	dial_done *done;
	void *arg;
	struct connect reply;
	struct conn *conn;
	struct event io;
	bool io_set;
	int error; /* of connect() itself */
};

static void end(struct task *t)
{
	struct dial *d = (struct dial *)t;

	if (d->io_set)
		event_del(&d->io);
	if (d->conn) {
		if (d->conn->fd >= 0) {
			conn_close(d->conn);
		} else {
			loop_leave(&d->conn->seat);
			free(d->conn);
		}
	}
	free(d);
}

static void finish(struct dial *d, const char *failure)
{
	struct connect reply = d->reply;
	struct conn *conn = failure ? NULL : d->conn;
	dial_done *done = d->done;
	void *arg = d->arg;

	flow_done(&d->spec.flow, d->task.loop, &reply.seen, failure);
	if (failure) {
		/* That there is no way to it says nothing of who stands between. */
		if (d->error != ENETUNREACH && d->error != EADDRNOTAVAIL && d->error != EMFILE)
			loop_failed(d->task.loop, d->spec.addr, d->spec.flow.owner, false);
	} else {
		d->conn = NULL;
	}
	task_cancel(&d->task);
	done(arg, &reply, conn);
}

static void timed_out(struct task *t)
{
	struct dial *d = (struct dial *)t;

	d->error = ETIMEDOUT;
	d->reply.quiet = true;
	finish(d, "generic_timeout_error");
}

static void at_once(struct task *t)
{
	struct dial *d = (struct dial *)t;

	finish(d, d->error ? flow_errno(d->arena, d->error) : NULL);
}

static void writable(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	socklen_t n = sizeof(d->error);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &d->error, &n) < 0)
		d->error = errno;
	d->reply.quiet = d->error == ETIMEDOUT;
	finish(d, d->error ? flow_errno(d->arena, d->error) : NULL);
}

static void go(void *arg)
{
	struct dial *d = arg;
	struct sockaddr_storage to;
	unsigned n = addr_socket(d->spec.addr, d->spec.port, &to);
	int one = 1;

	/* Waiting for a seat is no part of the connect. */
	flow_seen(&d->spec.flow, d->task.loop, &d->reply.seen);
	d->conn->fd = socket(d->spec.addr.v6 ? AF_INET6 : AF_INET,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->conn->fd < 0) {
		d->error = errno;
		task_after(&d->task, 0, at_once);
		return;
	}
	setsockopt(d->conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(d->conn->fd, (struct sockaddr *)&to, n)) {
		task_after(&d->task, 0, at_once);
		return;
	}
	if (errno != EINPROGRESS) {
		d->error = errno;
		task_after(&d->task, 0, at_once);
		return;
	}
	task_after(&d->task, d->spec.flow.timeout ? d->spec.flow.timeout : 10 * SECOND, timed_out);
	event_assign(&d->io, loop_base(d->task.loop), d->conn->fd, EV_WRITE, writable, d);
	event_add(&d->io, NULL);
	d->io_set = true;
}

struct task *dial_begin(struct loop *l, struct arena *a, const struct dial_spec *spec,
			dial_done *done, void *arg)
{
	struct dial *d = mem_zero(1, sizeof(*d));

	d->spec = *spec;
	d->arena = a;
	d->done = done;
	d->arg = arg;
	d->reply.addr = spec->addr;
	d->reply.port = spec->port;
	d->conn = mem_zero(1, sizeof(*d->conn));
	d->conn->loop = l;
	d->conn->fd = -1;
	d->conn->addr = spec->addr;
	d->conn->port = spec->port;
	d->conn->owner = spec->flow.owner;
	task_begin(&d->task, l, end);
	loop_enter(l, &d->conn->seat, spec->addr,
		   spec->flow.alone   ? LOOP_ALONE
		   : spec->flow.query ? LOOP_QUERY
				      : LOOP_FLOW,
		   go, d);
	return &d->task;
}
