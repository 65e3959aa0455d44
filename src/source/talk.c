/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/talk.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "source/insert.h"

struct talking {
	struct task task;
	struct seat seat;
	struct arena *a;
	struct talk_spec spec;
	talk_done *done;
	void *arg;
	struct talk out;
	int fd;
	struct event io, limit, next;
	struct icmp_watch *watch;
	struct buf in, say;
	size_t part; /* the next to go out */
	bool standing, over;
};

static int64_t now(const struct talking *t)
{
	return loop_now(t->task.loop) - t->spec.flow.start;
}

static void release(struct task *task)
{
	static const struct linger at_once = {1, 0};
	struct talking *t = (struct talking *)task;

	if (t->watch)
		icmp_forget(t->spec.icmp, t->watch);
	/* Also of one that is cut short: its last words may be on the way. */
	if (t->standing && !t->spec.udp)
		loop_said(t->task.loop, t->spec.addr, t->spec.flow.owner);
	if (t->fd >= 0) {
		event_del(&t->io);
		/* What was sent to die on the way must not be sent again and again. */
		if (!t->spec.udp)
			setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(t->fd);
	}
	event_del(&t->limit);
	event_del(&t->next);
	loop_leave(&t->seat);
	buf_free(&t->in);
	buf_free(&t->say);
	free(t);
}

static void finish(struct talking *t)
{
	struct talk *out = arena_copy(t->a, &t->out, sizeof(t->out));
	struct loop *l = t->task.loop;
	talk_done *done = t->done;
	void *arg = t->arg;

	out->t = now(t);
	if (t->in.len) {
		out->in = arena_copy(t->a, t->in.at, t->in.len);
		out->nin = t->in.len;
	}
	loop_count(l, t->out.bytes);
	if (out->failure && !t->spec.udp)
		loop_failed(l, t->spec.addr, t->spec.flow.owner, t->standing);
	task_cancel(&t->task);
	done(arg, out);
}

static void within(struct event *e, int64_t us)
{
	struct timeval tv = {us / SECOND, us % SECOND};

	event_add(e, &tv);
}

static void heard_router(void *arg, const struct icmp_message *m, struct addr from)
{
	struct talking *t = arg;

	if (m->reset) {
		if (t->out.reset_ttl < 0)
			t->out.reset_ttl = m->ttl;
		return;
	}
	t->out.exceeded |= m->exceeded;
	t->out.unreachable |= m->unreachable;
	t->out.port_unreachable |= m->port_unreachable;
	if (!t->out.has_router && (m->exceeded || !m->port_unreachable)) {
		t->out.router = from;
		t->out.has_router = true;
	}
}

/* The kernel's queue of errors: for UDP it names the router. */
static void read_errors(struct talking *t)
{
	for (int i = 0; i < 32; i++) {
		char control[512], data[512];
		struct iovec io = {data, sizeof(data)};
		struct msghdr m = {.msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};

		if (recvmsg(t->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			struct sock_extended_err e;
			struct icmp_message said = {0};
			struct addr from;

			if (!(c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) &&
			    !(c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
				continue;
			memcpy(&e, CMSG_DATA(c), sizeof(e));
			if (e.ee_origin == SO_EE_ORIGIN_ICMP) {
				struct sockaddr_in in;

				memcpy(&in, CMSG_DATA(c) + sizeof(e), sizeof(in));
				said.exceeded = e.ee_type == ICMP_TIME_EXCEEDED;
				said.unreachable = e.ee_type == ICMP_DEST_UNREACH;
				said.port_unreachable =
				    said.unreachable && e.ee_code == ICMP_PORT_UNREACH;
				from = addr_wire((void *)&in.sin_addr, false);
			} else if (e.ee_origin == SO_EE_ORIGIN_ICMP6) {
				struct sockaddr_in6 in;

				memcpy(&in, CMSG_DATA(c) + sizeof(e), sizeof(in));
				said.exceeded = e.ee_type == ICMP6_TIME_EXCEEDED;
				said.unreachable = e.ee_type == ICMP6_DST_UNREACH;
				said.port_unreachable =
				    said.unreachable && e.ee_code == ICMP6_DST_UNREACH_NOPORT;
				from = addr_wire((void *)&in.sin6_addr, true);
			} else {
				continue;
			}
			heard_router(t, &said, from);
		}
	}
}

static void writable(struct talking *t);
static void ready(evutil_socket_t fd, short what, void *arg);

static void count(struct talking *t, int64_t when)
{
	struct talk *o = &t->out;

	if (!o->sample)
		o->sample = arena_alloc(t->a, TALK_SAMPLES * sizeof(*o->sample));
	/* The last place is for the last one. */
	if (o->nsample > 1 &&
	    (o->nsample == TALK_SAMPLES || when - o->sample[o->nsample - 1].t < 2000))
		o->sample[o->nsample - 1] = (struct sample){when, o->bytes};
	else
		o->sample[o->nsample++] = (struct sample){when, o->bytes};
}

/* True: it is over. */
static bool hear(struct talking *t, const uint8_t *p, size_t n, int16_t ip_ttl)
{
	enum talk_next next = t->spec.listen_on ? TALK_MORE : TALK_ENOUGH;
	int64_t when = now(t);
	struct talk *o = &t->out;

	o->bytes += n;
	o->failure = NULL;
	if (t->spec.count) {
		count(t, when);
	} else {
		size_t left = t->spec.most > t->in.len ? t->spec.most - t->in.len : 0;
		size_t keep = n < left ? n : left;

		if (!t->spec.udp)
			buf_add(&t->in, p, keep);
		if (!o->piece)
			o->piece = arena_alloc(t->a, TALK_PIECES * sizeof(*o->piece));
		if (o->npiece < TALK_PIECES)
			o->piece[o->npiece++] = (struct talk_piece){
			    t->spec.udp ? arena_copy(t->a, p, n) : NULL, n, when, ip_ttl};
	}
	if (t->spec.heard)
		next = t->spec.heard(t->spec.arg, p, n, &t->say);
	if (t->say.len)
		writable(t);
	if (t->over)
		return true;
	if (o->bytes >= t->spec.most)
		next = TALK_ENOUGH;
	if (next == TALK_ENOUGH) {
		o->enough = true;
		return true;
	}
	if (t->spec.silence_for)
		within(&t->limit, t->spec.silence_for);
	return false;
}

/* A stream ended; true: it is over. */
static bool ended(struct talking *t, bool reset)
{
	if (reset)
		t->out.reset = true;
	else
		t->out.closed = true;
	if (!t->out.bytes)
		t->out.failure = reset ? "connection_reset" : "eof_error";
	event_del(&t->io);
	return !t->spec.listen_on;
}

static int16_t ttl_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			int v;

			memcpy(&v, CMSG_DATA(c), sizeof(v));
			return (int16_t)v;
		}
	return -1;
}

/* True: it is over. */
static bool readable(struct talking *t)
{
	uint8_t in[16384];

	if (t->spec.udp)
		read_errors(t);
	for (int i = 0; i < 64; i++) {
		char control[128];
		struct iovec io = {in, sizeof(in)};
		struct msghdr m = {.msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(t->fd, &m, MSG_DONTWAIT);

		if (n > 0 || (n == 0 && t->spec.udp)) {
			if (hear(t, in, (size_t)n, ttl_of(&m)))
				return true;
			continue;
		}
		if (n == 0)
			return ended(t, false);
		switch (errno) {
		case EAGAIN:
			/* The kernel tells it once, and reading its queue was that. */
			if (t->spec.udp && t->out.port_unreachable && !t->out.bytes) {
				t->out.failure = "connection_refused";
				return !t->spec.listen_on;
			}
			return false;
		case EINTR:
			continue;
		case EHOSTUNREACH:
		case ENETUNREACH:
		case EACCES:
			/* What a router said, which is no end of a connection. */
			if (!t->spec.udp && t->spec.ttl && errno == EHOSTUNREACH)
				t->out.exceeded = true;
			else if (!t->spec.udp)
				t->out.unreachable = true;
			if (t->spec.udp)
				read_errors(t);
			continue;
		case ECONNREFUSED:
			if (t->spec.udp) {
				t->out.port_unreachable = true;
				continue;
			}
			return ended(t, true);
		case ECONNRESET:
		case EPIPE:
			return ended(t, true);
		default:
			if (t->spec.udp)
				continue;
			t->out.failure = flow_errno(t->a, errno);
			event_del(&t->io);
			return !t->spec.listen_on;
		}
	}
	return false;
}

static void listen_to(struct talking *t)
{
	event_del(&t->io);
	event_assign(&t->io, loop_base(t->task.loop), t->fd,
		     (short)(EV_READ | EV_PERSIST | (t->say.len ? EV_WRITE : 0)), ready, t);
	event_add(&t->io, NULL);
}

static void writable(struct talking *t)
{
	size_t before = t->say.len;

	while (t->say.len) {
		ssize_t n = send(t->fd, t->say.at, t->say.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EHOSTUNREACH)
			continue; /* a pending word of a router, told once */
		if (n < 0 && errno != EAGAIN) {
			/* Reading tells why. */
			buf_reset(&t->say);
			return;
		}
		if (n < 0)
			break;
		memmove(t->say.at, t->say.at + n, t->say.len - (size_t)n);
		t->say.len -= (size_t)n;
	}
	if (t->say.len || before > t->say.len)
		listen_to(t);
}

static void say_next(evutil_socket_t fd, short what, void *arg)
{
	struct talking *t = arg;

	(void)fd;
	(void)what;
	if (t->part < t->spec.npart) {
		const struct blob *b = &t->spec.part[t->part++];

		if (t->spec.udp) {
			for (int i = 0; i < 3; i++)
				if (send(t->fd, b->at, b->n, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
				    (errno != EHOSTUNREACH && errno != ECONNREFUSED))
					break;
		} else {
			buf_add(&t->say, b->at, b->n);
			writable(t);
		}
	}
	if (t->part < t->spec.npart) {
		within(&t->next, t->spec.between);
		return;
	}
	t->out.said = now(t);
	within(&t->limit, t->spec.answer_for);
}

static void shorten(struct talking *t)
{
	int ttl = t->spec.ttl;

	if (ttl && t->spec.addr.v6)
		setsockopt(t->fd, SOL_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl));
	else if (ttl)
		setsockopt(t->fd, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
}

/* The own port is known as soon as connecting began. */
static void watch(struct talking *t)
{
	struct sockaddr_storage me;
	socklen_t len = sizeof(me);

	if (t->watch || getsockname(t->fd, (void *)&me, &len))
		return;
	t->out.own_port = ntohs(me.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&me)->sin6_port
							 : ((struct sockaddr_in *)&me)->sin_port);
	if (t->spec.icmp)
		t->watch = icmp_watch(t->spec.icmp, t->spec.udp ? IPPROTO_UDP : IPPROTO_TCP,
				      t->spec.addr, t->spec.port, t->out.own_port, heard_router, t);
}

static void stand(struct talking *t)
{
	int one = 1;

	t->standing = true;
	t->out.connected = now(t);
	t->out.failure = "generic_timeout_error";
	if (!t->spec.udp)
		setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (t->spec.insert_ttl &&
	    !insert_segment(t->fd, t->spec.insert.at, t->spec.insert.n, t->spec.insert_ttl)) {
		t->out.failure = "unknown_failure: no segment can be inserted";
		t->over = true;
		return;
	}
	shorten(t);
	watch(t);
	if (t->spec.heard && t->spec.heard(t->spec.arg, NULL, 0, &t->say) == TALK_ENOUGH) {
		t->out.failure = NULL;
		t->out.enough = true;
		t->over = true;
		return;
	}
	listen_to(t);
	if (t->say.len && !t->spec.udp)
		loop_said(t->task.loop, t->spec.addr, t->spec.flow.owner);
	if (t->say.len)
		writable(t);
	say_next(-1, 0, t);
}

static void ready(evutil_socket_t fd, short what, void *arg)
{
	struct talking *t = arg;

	(void)fd;
	if (!t->standing) {
		int error = 0;
		socklen_t len = sizeof(error);

		getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			t->out.failure = flow_errno(t->a, error);
			t->out.reset = error == ECONNREFUSED || error == ECONNRESET;
			if (error == EHOSTUNREACH && t->spec.early && !t->out.unreachable)
				t->out.exceeded = true;
			else if (error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES)
				t->out.unreachable = true;
			/* The router's word may be heard a moment after its error. */
			if (t->spec.early && t->spec.icmp && !t->out.has_router &&
			    (t->out.exceeded || t->out.unreachable)) {
				event_del(&t->io);
				within(&t->limit, SECOND / 20);
				return;
			}
			finish(t);
			return;
		}
		event_del(&t->limit);
		stand(t);
		if (t->over)
			finish(t);
		return;
	}
	if (what & EV_WRITE)
		writable(t);
	if (what & EV_READ && readable(t))
		finish(t);
}

static void time_over(evutil_socket_t fd, short what, void *arg)
{
	struct talking *t = arg;

	(void)fd;
	(void)what;
	if (!t->standing) {
		if (!t->out.failure) {
			t->out.failure = "generic_timeout_error";
			t->out.quiet = true;
		}
	} else if (!t->out.bytes && t->out.unreachable && !t->out.failure) {
		t->out.failure = "host_unreachable";
	}
	/* A silence within a series lasted until now. */
	if (t->spec.count && t->out.nsample)
		count(t, now(t));
	finish(t);
}

static bool reach(struct talking *t)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = {0};
	struct addr a = t->spec.addr;
	int one = 1;

	t->fd = socket(a.v6 ? AF_INET6 : AF_INET,
		       (t->spec.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return false;
	if (a.v6) {
		to.v6.sin6_family = AF_INET6;
		to.v6.sin6_port = htons(t->spec.port);
		addr_to_wire(a, (void *)&to.v6.sin6_addr);
		if (t->spec.udp || t->spec.ttl)
			setsockopt(t->fd, SOL_IPV6, IPV6_RECVERR, &one, sizeof(one));
		setsockopt(t->fd, SOL_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof(one));
	} else {
		uint8_t wire[16];

		to.v4.sin_family = AF_INET;
		to.v4.sin_port = htons(t->spec.port);
		addr_to_wire(a, wire);
		memcpy(&to.v4.sin_addr, wire, 4);
		if (t->spec.udp || t->spec.ttl)
			setsockopt(t->fd, SOL_IP, IP_RECVERR, &one, sizeof(one));
		setsockopt(t->fd, SOL_IP, IP_RECVTTL, &one, sizeof(one));
	}
	if (t->spec.early)
		shorten(t);
	return !connect(t->fd, &to.sa, a.v6 ? sizeof(to.v6) : sizeof(to.v4)) ||
	       errno == EINPROGRESS;
}

static void go(void *arg)
{
	struct talking *t = arg;

	t->out.t0 = now(t);
	if (!reach(t)) {
		/* Told from the loop like everything else. */
		t->out.failure = flow_errno(t->a, errno);
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		within(&t->limit, 0);
		return;
	}
	if (t->spec.early)
		watch(t);
	event_assign(&t->io, loop_base(t->task.loop), t->fd, EV_WRITE, ready, t);
	event_add(&t->io, NULL);
	within(&t->limit, t->spec.flow.timeout);
}

struct task *talk_begin(struct loop *l, struct arena *a, const struct talk_spec *spec,
			talk_done *done, void *arg)
{
	struct talking *t = mem_zero(1, sizeof(*t));

	task_begin(&t->task, l, release);
	t->a = a;
	t->spec = *spec;
	t->done = done;
	t->arg = arg;
	t->fd = -1;
	if (!t->spec.flow.timeout)
		t->spec.flow.timeout = 10 * SECOND;
	if (!t->spec.answer_for)
		t->spec.answer_for = 5 * SECOND;
	if (!t->spec.most)
		t->spec.most = 65536;
	t->out = (struct talk){
	    .connected = TIME_NONE, .said = TIME_NONE, .t = TIME_NONE, .reset_ttl = -1};
	t->out.t0 = now(t);
	event_assign(&t->limit, loop_base(l), -1, 0, time_over, t);
	event_assign(&t->next, loop_base(l), -1, 0, say_next, t);
	loop_enter(l, &t->seat, spec->addr,
		   spec->flow.alone ? LOOP_ALONE
		   : spec->udp	    ? LOOP_QUERY
				    : LOOP_FLOW,
		   go, t);
	return &t->task;
}

void talk_seen(const struct talk_spec *spec, const struct talk *t, struct seen *out)
{
	*out = (struct seen){.t0 = t->t0,
			     .t = t->t,
			     .transaction = spec->flow.transaction,
			     .failure = t->failure,
			     .tag = spec->flow.tag,
			     .ntag = spec->flow.ntag,
			     .depth = spec->flow.depth};
}
