/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "netlab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char tag[16];
static int home = -1;

static int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static bool enter(const char *where)
{
	char path[64];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "/run/netns/%s%s", tag, where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && !setns(fd, CLONE_NEWNET);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool netlab_new(void)
{
	static const char *const all[] = {"c", "r1", "r2", "s"};

	snprintf(tag, sizeof(tag), "ml%d", getpid() % 1000000);
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (geteuid() || shell("nft --version >/dev/null 2>&1") ||
	    shell("ip netns add %sc 2>/dev/null", tag)) {
		fprintf(stderr, "skipped: network namespaces need root, ip(8) and nft(8)\n");
		return false;
	}
	for (int i = 1; i < 4; i++)
		shell("ip netns add %s%s", tag, all[i]);
	for (int i = 0; i < 3; i++)
		shell("ip link add a0 netns %s%s type veth peer name b0 netns %s%s", tag, all[i],
		      tag, all[i + 1]);
	for (int i = 0; i < 4; i++)
		shell("ip -n %s%s link set lo up; ip netns exec %s%s sh -c 'sysctl -qw "
		      "net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 "
		      "net.ipv4.icmp_msgs_per_sec=100000 2>/dev/null || sysctl -qw "
		      "net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0'",
		      tag, all[i], tag, all[i]);
	/* a0 looks towards the server, b0 towards the client. */
	shell("ip -n %sc addr add 10.91.1.2/24 dev a0; ip -n %sr1 addr add 10.91.1.1/24 dev b0; "
	      "ip -n %sr1 addr add 10.91.2.1/24 dev a0; ip -n %sr2 addr add 10.91.2.2/24 dev b0; "
	      "ip -n %sr2 addr add 10.91.3.1/24 dev a0; ip -n %ss addr add 10.91.3.2/24 dev b0; "
	      "ip -n %ss addr add 10.91.3.3/24 dev b0",
	      tag, tag, tag, tag, tag, tag, tag);
	shell("ip -n %sc link set a0 up; ip -n %sr1 link set a0 up; ip -n %sr1 link set b0 up; "
	      "ip -n %sr2 link set a0 up; ip -n %sr2 link set b0 up; ip -n %ss link set b0 up",
	      tag, tag, tag, tag, tag, tag);
	shell("ip -n %sc route add default via 10.91.1.1; ip -n %ss route add default via "
	      "10.91.3.1; ip -n %sr1 route add 10.91.3.0/24 via 10.91.2.2; ip -n %sr2 route add "
	      "10.91.1.0/24 via 10.91.2.1",
	      tag, tag, tag, tag);
	if (!enter("c")) {
		fprintf(stderr, "skipped: the namespaces cannot be entered\n");
		netlab_free();
		return false;
	}
	return true;
}

void netlab_free(void)
{
	if (home >= 0 && !setns(home, CLONE_NEWNET)) {
		close(home);
		home = -1;
	}
	shell("for n in c r1 r2 s; do ip netns del %s$n 2>/dev/null; done", tag);
}

int netlab_run(const char *where, const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return shell("ip netns exec %s%s sh -c '%s'", tag, where, command);
}

pid_t netlab_fork(const char *where, void (*fn)(const void *arg), const void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		if (enter(where))
			fn(arg);
		_exit(1);
	}
	return pid;
}

static void run_shell(const void *command)
{
	execl("/bin/sh", "sh", "-c", (const char *)command, (char *)NULL);
}

pid_t netlab_spawn(const char *where, const char *command)
{
	return netlab_fork(where, run_shell, command);
}

void netlab_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void netlab_rules(const char *rules)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/%s.nft", tag);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "flush ruleset\n");
	if (*rules)
		fprintf(f,
			"table ip censor {\n chain forward {\n  type filter hook forward priority "
			"0;\n%s\n }\n}\n",
			rules);
	fclose(f);
	shell("ip netns exec %sr2 nft -f %s", tag, path);
	unlink(path);
}

/* ---- the sniffer on the path ---- */

static uint32_t sum(const void *p, size_t n, uint32_t s)
{
	const uint8_t *b = p;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)b[i] << 8 | b[i + 1];
	if (n & 1)
		s += (uint32_t)b[n - 1] << 8;
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

static void inject(int raw, uint32_t from, uint32_t to, uint8_t protocol, uint8_t ttl, void *l4,
		   size_t n, size_t check)
{
	uint8_t out[1024] = {0};
	struct iphdr *ip = (void *)out;
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = to};
	uint32_t s;

	*ip = (struct iphdr){.version = 4,
			     .ihl = 5,
			     .ttl = ttl,
			     .protocol = protocol,
			     .saddr = from,
			     .daddr = to,
			     .tot_len = htons((uint16_t)(20 + n))};
	memcpy(out + 20, l4, n);
	s = sum(&ip->saddr, 8, protocol + (uint32_t)n);
	s = sum(out + 20, n, s);
	memcpy(out + 20 + check, &(uint16_t){fold(s)}, 2);
	sendto(raw, out, 20 + n, 0, (void *)&sa, sizeof(sa));
}

static void forge_dns(int raw, const struct iphdr *ip, const struct udphdr *u, const uint8_t *q,
		      size_t nq, uint8_t ttl)
{
	static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 91, 66, 66};
	uint8_t out[600] = {0};
	struct udphdr h = {.source = u->dest, .dest = u->source};
	size_t end = 12;

	while (end < nq && q[end])
		end += 1u + q[end];
	end += 5;
	if (end > nq || end > 500)
		return;
	memcpy(out + 8, q, end);
	memcpy(out + 8 + 2, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 10);
	memcpy(out + 8 + end, answer, sizeof(answer));
	h.len = htons((uint16_t)(8 + end + sizeof(answer)));
	memcpy(out, &h, 8);
	inject(raw, ip->daddr, ip->saddr, 17, ttl, out, 8 + end + sizeof(answer), 6);
}

void netlab_injector(const void *arg)
{
	const struct netlab_injector *spec = arg;
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)if_nametoindex("b0")};
	int s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	uint8_t label[256];
	size_t nlabel = 0;

	/* The name as labels, as DNS has it. */
	for (const char *p = spec->name; *p;) {
		size_t n = strcspn(p, ".");

		label[nlabel++] = (uint8_t)n;
		memcpy(label + nlabel, p, n);
		nlabel += n;
		p += n + (p[n] == '.');
	}
	if (bind(s, (void *)&at, sizeof(at)))
		_exit(1);
	for (;;) {
		uint8_t in[4096];
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(s, in, sizeof(in), 0, (void *)&from, &len);
		const struct iphdr *ip = (void *)in;
		size_t head, total;
		uint8_t ttl;

		if (n < 40 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		head = ip->ihl * 4u;
		total = ntohs(ip->tot_len) < n ? ntohs(ip->tot_len) : (size_t)n;
		ttl = spec->copy_ttl ? ip->ttl : 64;
		if (ip->protocol == 17 && spec->dns && total > head + 20) {
			const struct udphdr *u = (void *)(in + head);
			const uint8_t *q = in + head + 8;
			size_t nq = total - head - 8;

			if (ntohs(u->dest) == 53 && memmem(q, nq, label, nlabel))
				forge_dns(raw, ip, u, q, nq, ttl);
		} else if (ip->protocol == 6 && spec->reset) {
			const struct tcphdr *t = (void *)(in + head);
			size_t data = head + t->doff * 4u, payload;
			struct tcphdr r = {.doff = 5, .rst = 1};

			if (total <= data)
				continue;
			payload = total - data;
			if (!memmem(in + data, payload, spec->name, strlen(spec->name)))
				continue;
			r.source = t->dest;
			r.dest = t->source;
			r.seq = t->ack_seq;
			r.ack = 1;
			r.ack_seq = htonl(ntohl(t->seq) + (uint32_t)payload);
			inject(raw, ip->daddr, ip->saddr, 6, ttl, &r, 20, 16);
			r = (struct tcphdr){.doff = 5, .rst = 1};
			r.source = t->source;
			r.dest = t->dest;
			r.seq = htonl(ntohl(t->seq) + (uint32_t)payload);
			inject(raw, ip->saddr, ip->daddr, 6, ttl, &r, 20, 16);
		}
	}
}
