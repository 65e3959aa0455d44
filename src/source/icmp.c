/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/icmp.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"

struct icmp_watch {
	struct icmp_watch *next;
	uint8_t protocol;
	struct addr to;
	uint16_t to_port, from_port;
	icmp_heard *heard;
	void *arg;
};

struct icmp {
	struct event *v4, *v6;
	int fd4, fd6;
	struct icmp_watch *watch;
};

/* Walks over the extension headers that may stand before the transport, RFC 8200 4. */
static uint8_t transport_of(struct bytes *b, uint8_t next)
{
	for (int i = 0; i < 8 && (next == 0 || next == 43 || next == 44 || next == 60); i++) {
		bool fragment = next == 44;
		uint8_t len;

		next = bytes_u8(b);
		len = bytes_u8(b);
		bytes_skip(b, fragment ? 6 : 6 + (size_t)len * 8);
	}
	return next;
}

bool icmp_read(const void *p, size_t n, bool v6, struct icmp_message *out)
{
	struct bytes b = bytes_of(p, n);
	uint8_t first;

	*out = (struct icmp_message){.type = bytes_u8(&b), .code = bytes_u8(&b)};
	bytes_skip(&b, 6);
	if (v6) {
		const uint8_t *to;

		out->exceeded = out->type == 3;
		out->unreachable = out->type == 1;
		out->port_unreachable = out->unreachable && out->code == 4;
		first = bytes_u8(&b);
		bytes_skip(&b, 5);
		out->protocol = bytes_u8(&b);
		bytes_skip(&b, 1 + 16);
		to = bytes_take(&b, 16);
		if (!to || first >> 4 != 6)
			return false;
		out->to = addr_wire(to, true);
		out->protocol = transport_of(&b, out->protocol);
	} else {
		const uint8_t *to;

		out->exceeded = out->type == 11;
		out->unreachable = out->type == 3;
		out->port_unreachable = out->unreachable && out->code == 3;
		first = bytes_u8(&b);
		bytes_skip(&b, 8);
		out->protocol = bytes_u8(&b);
		bytes_skip(&b, 2 + 4);
		to = bytes_take(&b, 4);
		if (!to || first >> 4 != 4 || (first & 15) < 5)
			return false;
		out->to = addr_wire(to, false);
		bytes_skip(&b, ((first & 15) - 5u) * 4);
	}
	out->from_port = bytes_u16(&b);
	out->to_port = bytes_u16(&b);
	return !b.bad && (out->exceeded || out->unreachable) &&
	       (out->protocol == IPPROTO_TCP || out->protocol == IPPROTO_UDP);
}

static void readable(int fd, short what, void *arg)
{
	struct icmp *i = arg;
	bool v6 = fd == i->fd6;
	uint8_t in[2048];

	(void)what;
	for (int k = 0; k < 64; k++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, in, sizeof(in), MSG_DONTWAIT, (void *)&from, &len);
		struct icmp_message m;
		size_t skip = 0;
		struct addr who;

		if (n <= 0)
			return;
		/* A raw IPv4 socket shows the IP header, an IPv6 one does not. */
		if (!v6)
			skip = (in[0] & 15u) * 4;
		if ((size_t)n <= skip || !icmp_read(in + skip, (size_t)n - skip, v6, &m))
			continue;
		who = v6 ? addr_wire((void *)&((struct sockaddr_in6 *)&from)->sin6_addr, true)
			 : addr_wire((void *)&((struct sockaddr_in *)&from)->sin_addr, false);
		for (struct icmp_watch *w = i->watch, *next; w; w = next) {
			next = w->next;
			if (w->protocol == m.protocol && w->to_port == m.to_port &&
			    w->from_port == m.from_port && w->to.v6 == m.to.v6 &&
			    w->to.hi == m.to.hi && w->to.lo == m.to.lo) {
				w->heard(w->arg, &m, who);
				break;
			}
		}
	}
}

struct icmp *icmp_new(struct event_base *base, struct err *err)
{
	int fd4 = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	int fd6 = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	struct icmp *i;

	if (fd4 < 0 && fd6 < 0) {
		err_sys(err, "listening for routers' answers (it needs CAP_NET_RAW)");
		return NULL;
	}
	i = mem_zero(1, sizeof(*i));
	i->fd4 = fd4;
	i->fd6 = fd6;
	if (fd4 >= 0) {
		i->v4 = event_new(base, fd4, EV_READ | EV_PERSIST, readable, i);
		event_add(i->v4, NULL);
	}
	if (fd6 >= 0) {
		i->v6 = event_new(base, fd6, EV_READ | EV_PERSIST, readable, i);
		event_add(i->v6, NULL);
	}
	return i;
}

void icmp_free(struct icmp *i)
{
	if (!i)
		return;
	if (i->v4)
		event_free(i->v4);
	if (i->v6)
		event_free(i->v6);
	if (i->fd4 >= 0)
		close(i->fd4);
	if (i->fd6 >= 0)
		close(i->fd6);
	for (struct icmp_watch *w = i->watch, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	free(i);
}

struct icmp_watch *icmp_watch(struct icmp *i, uint8_t protocol, struct addr to, uint16_t to_port,
			      uint16_t from_port, icmp_heard *heard, void *arg)
{
	struct icmp_watch *w = mem_zero(1, sizeof(*w));

	*w = (struct icmp_watch){.next = i->watch,
				 .protocol = protocol,
				 .to = to,
				 .to_port = to_port,
				 .from_port = from_port,
				 .heard = heard,
				 .arg = arg};
	i->watch = w;
	return w;
}

void icmp_forget(struct icmp *i, struct icmp_watch *w)
{
	for (struct icmp_watch **at = &i->watch; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			free(w);
			return;
		}
}
