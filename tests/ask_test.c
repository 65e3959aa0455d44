/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The system's resolvers: read from resolv.conf in their order, and asked in it, the next one when
 * one is silent, cannot answer or is not there. Servers are sockets of loopback in the same loop.
 */
#include "test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "source/ask.h"
#include "source/dns.h"

struct server {
	int fd;
	struct event io;
	uint8_t rcode;
	bool silent;
	unsigned asked;
	struct resolver_spec spec;
	char text[32];
};

static void heard(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint8_t q[1500];
	ssize_t n = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from, &len);
	/* A at a pointer to the question: 192.0.2.1. */
	static const uint8_t a[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
	size_t at = 12;

	(void)what;
	s->asked++;
	if (s->silent || n < 17)
		return;
	while (at < (size_t)n && q[at])
		at += q[at] + 1u;
	at += 5;
	q[2] = 0x81;
	q[3] = 0x80 | s->rcode;
	q[7] = s->rcode == 0;
	q[11] = 0;
	if (!s->rcode) {
		memcpy(q + at, a, sizeof(a));
		at += sizeof(a);
	}
	assert_int_equal(sendto(fd, q, at, 0, (struct sockaddr *)&from, len), at);
}

static void serve(struct server *s, struct loop *l)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(in);

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&in, &n), 0);
	event_assign(&s->io, loop_base(l), s->fd, EV_READ | EV_PERSIST, heard, s);
	event_add(&s->io, NULL);
	snprintf(s->text, sizeof(s->text), "127.0.0.1:%u", ntohs(in.sin_port));
	s->spec = (struct resolver_spec){
	    .via = DNS_SYSTEM, .has_addr = true, .port = ntohs(in.sin_port), .text = s->text};
	assert_true(addr_parse("127.0.0.1", 9, &s->spec.addr));
}

struct got {
	struct dns_reply reply[ASK_REPLIES];
	size_t n;
};

static void done(void *arg, const struct dns_reply *reply, size_t n)
{
	struct got *g = arg;

	memcpy(g->reply, reply, n * sizeof(*reply));
	g->n = n;
}

/* Three servers; how the first two are: 0 silent, 'g' gone, else an rcode. */
static struct got ask(char first, char second, struct arena *a, unsigned asked[3])
{
	struct loop_limits limits = {0};
	struct loop *l = loop_new(&limits, 1);
	struct server s[3] = {0};
	const char how[3] = {first, second, DNS_NOERROR};
	struct ask_spec spec = {.name = "a.test", .type = DNS_A, .window = SECOND / 20};
	struct got g = {0};

	for (int i = 0; i < 3; i++) {
		serve(&s[i], l);
		s[i].silent = how[i] == 's';
		s[i].rcode = how[i] == 's' || how[i] == 'g' ? 0 : (uint8_t)how[i];
		if (how[i] == 'g') {
			event_del(&s[i].io);
			close(s[i].fd);
		}
		if (i)
			s[i - 1].spec.next = &s[i].spec;
	}
	spec.resolver = s[0].spec;
	ask_begin(l, a, &spec, done, &g);
	loop_run(l);
	for (int i = 0; i < 3; i++) {
		asked[i] = s[i].asked;
		if (how[i] != 'g') {
			event_del(&s[i].io);
			close(s[i].fd);
		}
	}
	loop_free(l);
	return g;
}

static void turns(void **state)
{
	struct arena a = {0};
	unsigned asked[3];
	struct got g;

	(void)state;
	/* The first answers: nobody else is asked, whatever it says of the name. */
	g = ask(DNS_NXDOMAIN, 's', &a, asked);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.reply[0].server, 1);
	assert_string_equal(g.reply[0].seen.failure, "dns_nxdomain_error");
	assert_int_equal(asked[1], 0);
	/* It cannot: what it said is kept, and the second one is asked at once. */
	g = ask(DNS_SERVFAIL, 0, &a, asked);
	assert_int_equal(g.n, 2);
	assert_string_equal(g.reply[0].seen.failure, "dns_servfail_error");
	assert_int_equal(g.reply[1].server, 2);
	assert_null(g.reply[1].seen.failure);
	assert_false(g.reply[1].again);
	assert_int_equal(asked[2], 0);
	/* Nobody is there; the second one refuses. */
	g = ask('g', DNS_REFUSED, &a, asked);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.reply[0].server, 2);
	assert_int_equal(g.reply[1].server, 3);
	assert_null(g.reply[1].seen.failure);
	/* Silence. */
	g = ask('s', 0, &a, asked);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.reply[0].server, 2);
	assert_int_equal(asked[0], 1);
	assert_string_equal(g.reply[0].resolver, "");
	arena_free(&a);
}

static void conf(void **state)
{
	char path[] = "/tmp/resolv.XXXXXX";
	static const char text[] = "# of a test\nsearch example.org\nnameserver 192.0.2.1\n"
				   "nameserver fe80::1%eth0\nnameserver rubbish\n"
				   "  nameserver\t2001:db8::1 \noptions timeout:1\n"
				   "nameserver 192.0.2.3\n";
	struct resolver_spec r[RESOLVERS_SYSTEM];
	struct arena a = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(resolver_system(&a, path, r, RESOLVERS_SYSTEM), 3);
	assert_string_equal(r[0].text, "192.0.2.1:53");
	assert_ptr_equal(r[0].next, &r[1]);
	assert_string_equal(r[2].text, "[2001:db8::1]:53");
	assert_null(r[2].next);
	unlink(path);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns),
	    cmocka_unit_test(conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
