/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The lab's injector: a censor that sits beside the path. It sees what enters an interface and
 *sends forged packets; what it saw goes on undisturbed.
 *
 *	inject IF name=NAME [a=ADDRESS] [nxdomain] [rst] [page=FILE] [ttl=N|copy] [times=N]
 *
 * a, nxdomain: what queries for the name over UDP are answered with. rst: resets to both ends when
 *the name stands in a segment (a ClientHello, a Host header). page: FILE is sent as the server's
 *answer to a request that holds the name, and then the end. ttl: of the forged packets, 64; copy:
 *the one of the packet that triggered it. times: each forged packet, 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "source/dns.h"

static const char *name;
static struct in_addr lie;
static bool has_lie, nxdomain, reset;
static uint8_t page[1400];
static size_t npage;
static int ttl = 64, times = 1; /* ttl 0: copy */
static int out_fd;

static uint32_t sum(const void *p, size_t n, uint32_t s)
{
	const uint8_t *b = p;

	for (; n > 1; n -= 2, b += 2)
		s += (uint32_t)b[0] << 8 | b[1];
	return n ? s + ((uint32_t)b[0] << 8) : s;
}

static uint16_t checksum(const struct iphdr *ip, const void *p, size_t n)
{
	uint32_t s = sum(p, n, sum(&ip->saddr, 8, (uint32_t)ip->protocol + (uint32_t)n));

	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* Sends body (UDP or TCP with its checksum field at `at` still 0) as if from one end to the other.
 */
static void forge(uint32_t from, uint32_t to, uint8_t protocol, int copied, uint8_t *body, size_t n,
		  size_t at)
{
	uint8_t p[2048];
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = (uint8_t)(ttl ? ttl : copied),
			   .protocol = protocol,
			   .saddr = from,
			   .daddr = to,
			   .tot_len = htons((uint16_t)(20 + n))};
	struct sockaddr_in dst = {.sin_family = AF_INET, .sin_addr.s_addr = to};
	uint16_t c = checksum(&ip, body, n);

	memcpy(body + at, &c, 2);
	memcpy(p, &ip, sizeof(ip));
	memcpy(p + 20, body, n);
	for (int i = 0; i < times; i++)
		(void)!sendto(out_fd, p, 20 + n, 0, (struct sockaddr *)&dst, sizeof(dst));
}

static void forge_dns(struct arena *a, const struct iphdr *ip, const uint8_t *p, size_t n)
{
	struct dns_message m;
	struct buf b = {0};
	struct udphdr udp;
	size_t question;

	if (n < 8 + 12 || (p[2] << 8 | p[3]) != 53 || !dns_read(a, p + 8, n - 8, &m) ||
	    (m.flags & DNS_QR) || m.nquestion != 1 || !dns_same(m.qname, name))
		return;
	/* A real injector has one answer for whatever is asked; AAAA gets an empty one. */
	question = 0;
	for (const uint8_t *q = p + 20; q < p + n && *q; q += *q + 1)
		question += *q + 1u;
	question += 1 + 4;
	if (8 + 12 + question > n)
		return;
	udp = (struct udphdr){.source = htons(53)};
	memcpy(&udp.dest, p, 2);
	buf_add(&b, &udp, sizeof(udp));
	buf_u16(&b, m.id);
	buf_u16(&b, (uint16_t)(DNS_QR | DNS_RD | DNS_RA | (nxdomain ? DNS_NXDOMAIN : 0)));
	buf_u16(&b, 1);
	buf_u16(&b, has_lie && m.qtype == DNS_A);
	buf_u32(&b, 0);
	buf_add(&b, p + 20, question);
	if (has_lie && m.qtype == DNS_A) {
		buf_u16(&b, 0xc00c);
		buf_u16(&b, DNS_A);
		buf_u16(&b, 1);
		buf_u32(&b, 60);
		buf_u16(&b, 4);
		buf_add(&b, &lie, 4);
	}
	b.at[4] = (char)(b.len >> 8);
	b.at[5] = (char)b.len;
	forge(ip->daddr, ip->saddr, IPPROTO_UDP, ip->ttl, (uint8_t *)b.at, b.len, 6);
	buf_free(&b);
}

static void segment(uint32_t from, uint32_t to, const struct tcphdr *head, int copied,
		    const uint8_t *p, size_t n)
{
	uint8_t b[2048];

	memcpy(b, head, sizeof(*head));
	if (n)
		memcpy(b + sizeof(*head), p, n);
	forge(from, to, IPPROTO_TCP, copied, b, sizeof(*head) + n, 16);
}

static void forge_tcp(const struct iphdr *ip, const uint8_t *p, size_t n)
{
	struct tcphdr t, back = {.doff = 5}, on = {.doff = 5, .rst = 1};
	size_t head;

	if (n < sizeof(t))
		return;
	memcpy(&t, p, sizeof(t));
	head = t.doff * 4u;
	if (head > n || head == n || !memmem(p + head, n - head, name, strlen(name)))
		return;
	/* The server's own bytes (certificates) name it too, and so does who asks a test helper. */
	if (ntohs(t.dest) != 80 && (npage || ntohs(t.dest) != 443))
		return;
	back.source = t.dest;
	back.dest = t.source;
	back.seq = t.ack_seq;
	back.ack_seq = htonl(ntohl(t.seq) + (uint32_t)(n - head));
	back.ack = 1;
	on.source = t.source;
	on.dest = t.dest;
	on.seq = back.ack_seq;
	if (npage) {
		back.psh = back.fin = 1;
		back.window = htons(65000);
		segment(ip->daddr, ip->saddr, &back, ip->ttl, page, npage);
	} else {
		back.rst = 1;
		segment(ip->daddr, ip->saddr, &back, ip->ttl, NULL, 0);
	}
	segment(ip->saddr, ip->daddr, &on, ip->ttl, NULL, 0);
}

static bool options(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		const char *v = strchr(argv[i], '=');

		v = v ? v + 1 : argv[i];
		if (!strncmp(argv[i], "name=", 5)) {
			name = v;
		} else if (!strncmp(argv[i], "a=", 2)) {
			has_lie = inet_aton(v, &lie);
		} else if (!strcmp(argv[i], "nxdomain")) {
			nxdomain = true;
		} else if (!strcmp(argv[i], "rst")) {
			reset = true;
		} else if (!strncmp(argv[i], "ttl=", 4)) {
			ttl = strcmp(v, "copy") ? atoi(v) : 0;
		} else if (!strncmp(argv[i], "times=", 6)) {
			times = atoi(v);
		} else if (!strncmp(argv[i], "page=", 5)) {
			FILE *f = fopen(v, "rb");

			npage = f ? fread(page, 1, sizeof(page), f) : 0;
			if (f)
				fclose(f);
			if (!npage)
				return false;
		} else {
			return false;
		}
	}
	return argc > 2 && name;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	static uint8_t b[65536];
	struct arena a = {0};
	int one = 1, fd;

	if (!options(argc, argv)) {
		fputs("usage: inject IF name=NAME [a=ADDRESS] [nxdomain] [rst] [page=FILE] "
		      "[ttl=N|copy] [times=N]\n",
		      stderr);
		return 2;
	}
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	out_fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0 || out_fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		fprintf(stderr, "inject: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = recv(fd, b, sizeof(b), 0);
		struct iphdr ip;
		size_t head;

		if (n < 20)
			continue;
		memcpy(&ip, b, sizeof(ip));
		head = ip.ihl * 4u;
		if (ip.version != 4 || head < 20 || (size_t)n < ntohs(ip.tot_len) ||
		    ntohs(ip.tot_len) < head)
			continue;
		arena_reset(&a);
		if (ip.protocol == IPPROTO_UDP && (has_lie || nxdomain))
			forge_dns(&a, &ip, b + head, ntohs(ip.tot_len) - head);
		else if (ip.protocol == IPPROTO_TCP && (reset || npage))
			forge_tcp(&ip, b + head, ntohs(ip.tot_len) - head);
	}
}
