/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The lab's cable: carries Ethernet frames between two interfaces of its namespace, with a delay,
 * with loss, and without what it was told to cut. A kernel without netem has no other way to delay,
 * and none can look into QUIC.
 *
 *	wire IF IF [delay=MS] [loss=PERCENT] [seed=N] [quic=NAME]
 *
 * delay is per direction. quic: UDP to port 443 whose Initial names NAME (RFC 9001 5.2: anybody on
 * the way can open it) is dropped, and so is the rest of that flow for a minute.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "source/dns.h"
#include "source/hello.h"
#include "source/quic.h"

#define FRAME (65536 + 128)
#define HEAD sizeof(struct virtio_net_hdr)
#define FLOWS 256
#define RESIDUAL 60 /* seconds */

struct frame {
	struct frame *next;
	int64_t due;
	size_t n;
	uint8_t at[];
};

struct side {
	int fd;
	struct frame *first, **last; /* to be sent here */
	size_t queued;
};

static struct side side[2];
static int64_t delay; /* ns */
static double loss;
static uint64_t seed = 1;
static const char *quic_name;
static struct {
	uint8_t key[12]; /* addresses, ports of IPv4 */
	int64_t until;
} flow[FLOWS];

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double dice(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* The server name that a client's Initial tells everybody. */
static bool names(struct arena *a, const uint8_t *p, size_t n)
{
	struct quic_packet packet;
	struct quic_cid cid = {0};
	char name[DNS_NAME];

	if (n < 7 || (p[0] & 0x80) == 0 || p[5] > QUIC_CID || n < 6u + p[5])
		return false;
	cid.n = p[5];
	memcpy(cid.at, p + 6, cid.n);
	quic_read(a, p, n, &cid, false, &packet);
	return packet.kind == QUIC_INITIAL && packet.crypto &&
	       hello_server_name(bytes_of(packet.crypto, packet.ncrypto), name, sizeof(name)) &&
	       dns_same(name, quic_name);
}

static bool forbidden(struct arena *a, const uint8_t *ether, size_t n)
{
	struct bytes b = bytes_of(ether, n), udp;
	const uint8_t *ip, *ports;
	size_t head;
	int64_t t = now();
	unsigned free_one = 0;

	bytes_skip(&b, 12);
	if (bytes_u16(&b) != ETH_P_IP || bytes_left(&b) < 20)
		return false;
	ip = b.at;
	head = (ip[0] & 15) * 4u;
	bytes_skip(&b, head);
	udp = b;
	ports = bytes_take(&udp, 8);
	if (!ports || ip[9] != 17 || (ports[2] << 8 | ports[3]) != 443)
		return false;

	uint8_t key[12];

	memcpy(key, ip + 12, 8);
	memcpy(key + 8, ports, 4);
	for (unsigned i = 0; i < FLOWS; i++) {
		if (flow[i].until > t && !memcmp(flow[i].key, key, sizeof(key)))
			return true;
		if (flow[i].until <= t)
			free_one = i;
	}
	if (!names(a, udp.at, bytes_left(&udp)))
		return false;
	memcpy(flow[free_one].key, key, sizeof(key));
	flow[free_one].until = t + RESIDUAL * INT64_C(1000000000);
	return true;
}

static int open_on(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int one = 1, room = 16 << 20, fd = socket(AF_PACKET, SOCK_RAW, 0);

	at.sll_ifindex = (int)if_nametoindex(name);
	/* The virtio header keeps unfinished checksums and segmentation as they are. */
	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		fprintf(stderr, "wire: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return fd;
}

static void take(struct arena *a, int from)
{
	static uint8_t b[FRAME];
	struct side *to = &side[!from];

	for (int k = 0; k < 256; k++) {
		ssize_t n = recv(side[from].fd, b, sizeof(b), MSG_DONTWAIT);
		const uint8_t *ether = b + HEAD;
		struct frame *f;

		if (n < (ssize_t)HEAD + ETH_HLEN)
			return;
		/* Neighbours are always found, so that loss is loss of what is measured. */
		if (loss > 0 && (ether[12] << 8 | ether[13]) != ETH_P_ARP && dice() < loss)
			continue;
		arena_reset(a);
		if (quic_name && forbidden(a, ether, (size_t)n - HEAD))
			continue;
		if (!delay) {
			(void)!send(to->fd, b, (size_t)n, 0);
			continue;
		}
		if (to->queued > 100000)
			continue;
		f = mem_alloc(sizeof(*f) + (size_t)n);
		*f = (struct frame){.due = now() + delay, .n = (size_t)n};
		memcpy(f->at, b, (size_t)n);
		*to->last = f;
		to->last = &f->next;
		to->queued++;
	}
}

int main(int argc, char **argv)
{
	struct arena a = {0};

	if (argc < 3) {
		fputs("usage: wire IF IF [delay=MS] [loss=PERCENT] [seed=N] [quic=NAME]\n", stderr);
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		const char *v = strchr(argv[i], '=');

		if (!v)
			return 2;
		v++;
		if (!strncmp(argv[i], "delay=", 6))
			delay = (int64_t)(atof(v) * 1e6);
		else if (!strncmp(argv[i], "loss=", 5))
			loss = atof(v) / 100;
		else if (!strncmp(argv[i], "seed=", 5))
			seed = strtoull(v, NULL, 10) | 1;
		else if (!strncmp(argv[i], "quic=", 5))
			quic_name = v;
		else
			return 2;
	}
	for (int i = 0; i < 2; i++)
		side[i] = (struct side){.fd = open_on(argv[1 + i])};
	side[0].last = &side[0].first;
	side[1].last = &side[1].first;
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = {{side[0].fd, POLLIN, 0}, {side[1].fd, POLLIN, 0}};
		int64_t due = INT64_MAX, t = now();
		struct timespec wait;

		for (int i = 0; i < 2; i++) {
			struct side *s = &side[i];

			while (s->first && s->first->due <= t) {
				struct frame *f = s->first;

				(void)!send(s->fd, f->at, f->n, 0);
				s->first = f->next;
				if (!s->first)
					s->last = &s->first;
				s->queued--;
				free(f);
			}
			if (s->first && s->first->due < due)
				due = s->first->due;
		}
		t = due == INT64_MAX ? 0 : due - now() < 0 ? 0 : due - now();
		wait = (struct timespec){t / 1000000000, t % 1000000000};
		if (ppoll(p, 2, due == INT64_MAX ? NULL : &wait, NULL) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (p[i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
				int err = 0;
				socklen_t n = sizeof(err);

				getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &err, &n);
				if (err && err != ENETDOWN && err != ENOBUFS)
					return 1;
			} else if (p[i].revents) {
				take(&a, i);
			}
	}
}
