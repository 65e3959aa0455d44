/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/icmp.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
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
	struct event *event[4];
	int fd[4]; /* ICMP and TCP of IPv4, of IPv6 */
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

	*out = (struct icmp_message){.type = bytes_u8(&b), .code = bytes_u8(&b), .ttl = -1};
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

bool icmp_read_reset(const void *p, size_t n, bool v6, struct icmp_message *out)
{
	struct bytes b = bytes_of(p, n);
	uint8_t flags;

	*out = (struct icmp_message){.reset = true, .ttl = -1, .protocol = IPPROTO_TCP};
	if (!v6) {
		uint8_t first = bytes_u8(&b);
		const uint8_t *from;

		bytes_skip(&b, 7);
		out->ttl = bytes_u8(&b);
		if (bytes_u8(&b) != IPPROTO_TCP || first >> 4 != 4 || (first & 15) < 5)
			return false;
		bytes_skip(&b, 2);
		from = bytes_take(&b, 4);
		if (!from)
			return false;
		out->to = addr_wire(from, false);
		bytes_skip(&b, 4 + ((first & 15) - 5u) * 4);
	}
	out->to_port = bytes_u16(&b);
	out->from_port = bytes_u16(&b);
	bytes_skip(&b, 9);
	flags = bytes_u8(&b);
	return !b.bad && flags & 4;
}

static void tell(struct icmp *i, const struct icmp_message *m, struct addr who)
{
	for (struct icmp_watch *w = i->watch; w; w = w->next)
		if (w->protocol == m->protocol && w->to_port == m->to_port &&
		    w->from_port == m->from_port && w->to.v6 == m->to.v6 && w->to.hi == m->to.hi &&
		    w->to.lo == m->to.lo) {
			w->heard(w->arg, m, who);
			return;
		}
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct icmp *i = arg;
	bool v6 = fd == i->fd[2] || fd == i->fd[3], tcp = fd == i->fd[1] || fd == i->fd[3];
	uint8_t in[2048];

	(void)what;
	for (int k = 0; k < 256; k++) {
		struct sockaddr_storage from;
		char control[128];
		struct iovec io = {in, sizeof(in)};
		struct msghdr h = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT);
		struct icmp_message m;
		size_t skip = 0;
		struct addr who;

		if (n <= 0)
			return;
		who = v6 ? addr_wire((void *)&((struct sockaddr_in6 *)&from)->sin6_addr, true)
			 : addr_wire((void *)&((struct sockaddr_in *)&from)->sin_addr, false);
		if (tcp) {
			if (!icmp_read_reset(in, (size_t)n, v6, &m))
				continue;
			m.to = who;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c && v6; c = CMSG_NXTHDR(&h, c))
				if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
					int hops;

					memcpy(&hops, CMSG_DATA(c), sizeof(hops));
					m.ttl = (int16_t)hops;
				}
			tell(i, &m, who);
			continue;
		}
		/* A raw IPv4 socket shows the IP header, an IPv6 one does not. */
		if (!v6)
			skip = (in[0] & 15u) * 4;
		if ((size_t)n > skip && icmp_read(in + skip, (size_t)n - skip, v6, &m))
			tell(i, &m, who);
	}
}

/* The kernel hands over resets only. */
static void only_resets(int fd, bool v6)
{
	static struct sock_filter v4[] = {
	    {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0}, /* x: the IP header's length */
	    {BPF_LD | BPF_B | BPF_IND, 0, 0, 13}, /* TCP's flags */
	    {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 4},
	    {BPF_RET | BPF_K, 0, 0, 256},
	    {BPF_RET | BPF_K, 0, 0, 0},
	};
	static struct sock_filter six[] = {
	    {BPF_LD | BPF_B | BPF_ABS, 0, 0, 13},
	    {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 4},
	    {BPF_RET | BPF_K, 0, 0, 256},
	    {BPF_RET | BPF_K, 0, 0, 0},
	};
	struct sock_fprog p = {v6 ? 4 : 5, v6 ? six : v4};
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p));
	if (v6)
		setsockopt(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof(one));
}

struct icmp *icmp_new(struct event_base *base, struct err *err)
{
	static const int family[] = {AF_INET, AF_INET, AF_INET6, AF_INET6};
	static const int protocol[] = {IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_ICMPV6, IPPROTO_TCP};
	struct icmp *i = mem_zero(1, sizeof(*i));

	for (int k = 0; k < 4; k++) {
		i->fd[k] = socket(family[k], SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol[k]);
		if (i->fd[k] < 0)
			continue;
		if (protocol[k] == IPPROTO_TCP)
			only_resets(i->fd[k], family[k] == AF_INET6);
		i->event[k] = event_new(base, i->fd[k], EV_READ | EV_PERSIST, readable, i);
		event_add(i->event[k], NULL);
	}
	if (i->fd[0] < 0 && i->fd[2] < 0) {
		err_sys(err, "listening for routers' answers (it needs CAP_NET_RAW)");
		icmp_free(i);
		return NULL;
	}
	return i;
}

void icmp_free(struct icmp *i)
{
	if (!i)
		return;
	for (int k = 0; k < 4; k++) {
		if (i->event[k])
			event_free(i->event[k]);
		if (i->fd[k] >= 0)
			close(i->fd[k]);
	}
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
