/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * QUIC Initials against a real server (caddy), through a relay that opens them as a censor does
 * and drops those with one name. Skipped, loudly, where there is no caddy.
 */
#include "test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "source/hello.h"
#include "source/initial.h"
#include "source/quic.h"

#define BLOCKED "blocked.example"
#define SERVER 45443
#define RELAY 45444
#define DEAD 45445

static pid_t caddy, relay;
static bool drop_all, drop_name;

/* One client at a time, by its port: enough for a test, which has three. */
static void serve_relay(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(RELAY),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in client[16];
	struct pollfd fd[17];
	int n = 1;

	fd[0] = (struct pollfd){socket(AF_INET, SOCK_DGRAM, 0), POLLIN, 0};
	if (bind(fd[0].fd, (void *)&at, sizeof(at)))
		_exit(1);
	for (;;) {
		uint8_t in[2048];
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t got;

		poll(fd, (nfds_t)n, -1);
		for (int i = 1; i < n; i++)
			while ((got = recv(fd[i].fd, in, sizeof(in), MSG_DONTWAIT)) > 0)
				sendto(fd[0].fd, in, (size_t)got, 0, (void *)&client[i],
				       sizeof(client[i]));
		while ((got = recvfrom(fd[0].fd, in, sizeof(in), MSG_DONTWAIT, (void *)&from,
				       &len)) > 0) {
			struct arena a = {0};
			struct quic_packet p;
			struct quic_cid dcid = {0};
			char name[256] = "";
			int k;

			if (got > 6 && in[5] <= 20) {
				dcid.n = in[5];
				memcpy(dcid.at, in + 6, dcid.n);
			}
			quic_read(&a, in, (size_t)got, &dcid, false, &p);
			hello_server_name(bytes_of(p.crypto, p.ncrypto), name, sizeof(name));
			arena_free(&a);
			if ((drop_name && !strcmp(name, BLOCKED)) ||
			    (drop_all && p.kind == QUIC_INITIAL))
				continue;
			for (k = 1; k < n && client[k].sin_port != from.sin_port; k++)
				;
			if (k == n) {
				struct sockaddr_in to = at;

				if (n == 16)
					continue;
				to.sin_port = htons(SERVER);
				fd[n] = (struct pollfd){socket(AF_INET, SOCK_DGRAM, 0), POLLIN, 0};
				connect(fd[n].fd, (void *)&to, sizeof(to));
				client[n++] = from;
			}
			send(fd[k].fd, in, (size_t)got, 0);
		}
	}
}

static struct arena arena;
static const struct handshake *hs;
static size_t nhs;

static void got(void *arg, const struct handshake *h, size_t n)
{
	(void)arg;
	hs = h;
	nhs = n;
}

static void ask(uint16_t port, uint32_t version)
{
	static const struct loop_limits limits = {.time = 60 * SECOND};
	struct loop *l = loop_new(&limits, 1);
	struct initial_spec spec = {.addr = {UINT64_C(0x7f000001) << 32, 0, 0},
				    .port = port,
				    .name = BLOCKED,
				    .neutral = "neutral.example",
				    .version = version,
				    .again_after = SECOND / 4};

	nhs = 0;
	initial_begin(l, &arena, &spec, got, NULL);
	assert_true(loop_run(l));
	loop_free(l);
	assert_int_equal(nhs, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(hs[i].quic && hs[i].port == port);
	assert_int_equal(hs[0].hello, HELLO_NORMAL);
	assert_string_equal(hs[0].server_name, BLOCKED);
	assert_int_equal(hs[1].hello, HELLO_NEUTRAL_NAME);
	assert_string_equal(hs[2].seen.tag[0], "version-negotiation");
}

static void again(void)
{
	if (relay > 0) {
		kill(relay, SIGKILL);
		waitpid(relay, NULL, 0);
	}
	relay = fork();
	if (!relay) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_relay();
	}
	usleep(100000);
}

static char folder[64];

static int setup(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	if (system("caddy version >/dev/null 2>&1")) {
		fprintf(stderr, "skipped: there is no caddy, the QUIC server of this test\n");
		return 0;
	}
	snprintf(folder, sizeof(folder), "/tmp/initial_test.%d", getpid());
	snprintf(path, sizeof(path), "mkdir -p %s", folder);
	if (system(path))
		return 1;
	snprintf(path, sizeof(path), "%s/Caddyfile", folder);
	f = fopen(path, "w");
	if (!f)
		return 1;
	fprintf(f,
		"{\n admin off\n auto_https disable_redirects\n skip_install_trust\n storage "
		"file_system %s\n}\nhttps://blocked.example:%d, https://neutral.example:%d {\n tls "
		"internal\n respond \"hello\"\n}\n",
		folder, SERVER, SERVER);
	fclose(f);
	caddy = fork();
	if (!caddy) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("HOME", folder, 1);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(1);
		execlp("caddy", "caddy", "run", "--adapter", "caddyfile", "--config", path,
		       (char *)NULL);
		_exit(1);
	}
	sleep(3);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	if (relay > 0)
		kill(relay, SIGKILL);
	if (caddy > 0) {
		kill(caddy, SIGKILL);
		waitpid(caddy, NULL, 0);
		snprintf(command, sizeof(command), "rm -rf %s", folder);
		return system(command);
	}
	return 0;
}

static void open_quic(void **state)
{
	(void)state;
	if (!caddy)
		skip();
	again();
	ask(RELAY, QUIC_V1);
	for (size_t i = 0; i < 3; i++)
		assert_null(hs[i].seen.failure);
	ask(SERVER, QUIC_V1);
	for (size_t i = 0; i < 3; i++)
		assert_null(hs[i].seen.failure);
}

static void by_name(void **state)
{
	(void)state;
	if (!caddy)
		skip();
	drop_name = true;
	again();
	ask(RELAY, QUIC_V1);
	drop_name = false;
	assert_string_equal(hs[0].seen.failure, "generic_timeout_error");
	assert_null(hs[1].seen.failure);
	assert_null(hs[2].seen.failure);
	drop_all = true;
	again();
	ask(RELAY, QUIC_V1);
	drop_all = false;
	assert_string_equal(hs[0].seen.failure, "generic_timeout_error");
	assert_string_equal(hs[1].seen.failure, "generic_timeout_error");
	assert_null(hs[2].seen.failure);
}

/* Nobody listens: refused, by ICMP, at once. */
static void nobody(void **state)
{
	(void)state;
	ask(DEAD, QUIC_V1);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(hs[i].seen.failure, "connection_refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(open_quic),
	    cmocka_unit_test(by_name),
	    cmocka_unit_test(nobody),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	arena_free(&arena);
	return failed;
}
