/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/insert.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COPIES 2 /* packets get lost */
#define MOST 1400

static uint32_t sum(const void *p, size_t n, uint32_t s)
{
	const uint8_t *b = p;

	for (; n > 1; n -= 2, b += 2)
		s += (uint32_t)b[0] << 8 | b[1];
	return n ? s + ((uint32_t)b[0] << 8) : s;
}

/* The next number of ours and of theirs. */
static bool numbers(int fd, uint32_t *ours, uint32_t *theirs)
{
	int on = 1, off = -1 /* without a probe of the window */,
	    queue[] = {TCP_SEND_QUEUE, TCP_RECV_QUEUE};
	uint32_t *to[] = {ours, theirs};
	bool ok = true;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		return false;
	for (int i = 0; i < 2; i++) {
		socklen_t n = sizeof(**to);

		ok = ok &&
		     !setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue[i], sizeof(*queue)) &&
		     !getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, to[i], &n);
	}
	return !setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)) && ok;
}

bool insert_segment(int fd, const void *p, size_t n, uint8_t ttl)
{
	struct sockaddr_in us, them;
	socklen_t nus = sizeof(us), nthem = sizeof(them);
	struct tcphdr tcp = {.doff = 5, .ack = 1, .psh = 1, .window = htons(64240)};
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = ttl,
			   .protocol = IPPROTO_TCP,
			   .tot_len = htons((uint16_t)(sizeof(ip) + sizeof(tcp) + n))};
	uint8_t out[sizeof(ip) + sizeof(tcp) + MOST];
	uint32_t ours, theirs, s;
	bool sent = false;
	int raw;

	if (n > MOST || getsockname(fd, (struct sockaddr *)&us, &nus) ||
	    getpeername(fd, (struct sockaddr *)&them, &nthem) || them.sin_family != AF_INET ||
	    !numbers(fd, &ours, &theirs))
		return false;
	raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (raw < 0)
		return false;
	ip.saddr = us.sin_addr.s_addr;
	ip.daddr = them.sin_addr.s_addr;
	tcp.source = us.sin_port;
	tcp.dest = them.sin_port;
	tcp.seq = htonl(ours);
	tcp.ack_seq = htonl(theirs);
	s = sum(&ip.saddr, 8, IPPROTO_TCP + (uint32_t)(sizeof(tcp) + n));
	s = sum(p, n, sum(&tcp, sizeof(tcp), s));
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	tcp.check = htons((uint16_t)~s);
	memcpy(out, &ip, sizeof(ip));
	memcpy(out + sizeof(ip), &tcp, sizeof(tcp));
	memcpy(out + sizeof(ip) + sizeof(tcp), p, n);
	for (int i = 0; i < COPIES; i++)
		sent |= sendto(raw, out, sizeof(ip) + sizeof(tcp) + n, 0, (struct sockaddr *)&them,
			       sizeof(them)) > 0;
	close(raw);
	return sent;
}
