/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tools that people rely on, greeted over loopback: the real programs where they are installed
 * (tor, obfs4proxy, openvpn, wireguard-go), servers made here for the rest, and dead and strange
 * ones, which are never called blocked by themselves.
 */
#include "test.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "finding/verdict.h"
#include "source/greet.h"
#include "source/loop.h"
#include "source/tool.h"
#include "source/torlink.h"

static struct arena arena;
static char folder[64];

__attribute__((format(printf, 1, 2))) static pid_t start(const char *fmt, ...)
{
	char command[1024];
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		if (chdir(folder) || !freopen("log", "a", stdout) || !freopen("log", "a", stderr))
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(1);
	}
	return pid;
}

static pid_t serve(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn();
		_exit(0);
	}
	usleep(100000);
	return pid;
}

static void stop(pid_t pid)
{
	if (pid > 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static bool installed(const char *program)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
	if (!system(command))
		return true;
	fprintf(stderr, "skipped: %s is not installed\n", program);
	return false;
}

/* Waits for a file to hold something; false: it never did. */
static char *wait_for(const char *name, const char *part)
{
	static char text[8192];
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (int i = 0; i < 600; i++) {
		FILE *f = fopen(path, "r");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

		if (f)
			fclose(f);
		text[n] = 0;
		if (n && strstr(text, part))
			return text;
		usleep(100000);
	}
	return NULL;
}

/* A port of this machine that nobody has now, for both protocols. */
static unsigned free_port(void)
{
	for (;;) {
		struct sockaddr_in a = {.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t n = sizeof(a);
		int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
		bool both = !bind(tcp, (struct sockaddr *)&a, n) &&
			    !getsockname(tcp, (struct sockaddr *)&a, &n) &&
			    !bind(udp, (struct sockaddr *)&a, n);

		close(tcp);
		close(udp);
		if (both)
			return ntohs(a.sin_port);
	}
}

static struct measurement *got_m;

static void got(void *arg, struct measurement *m)
{
	(void)arg;
	got_m = m;
}

static struct measurement *measure(const char *name, const struct tool_server *s, size_t n)
{
	static const struct loop_limits limits = {.time = 60 * SECOND};
	static const struct plan_options none;
	struct tool only = *tool_find(name);
	struct loop *l = loop_new(&limits, 1);
	struct tool_spec spec = {
	    .tool = &only, .server = s, .nserver = n, .opt = &none, .wall = time(NULL)};

	only.given = true; /* none of its own: a test stays on this machine */
	got_m = NULL;
	tool_begin(l, &arena, &spec, got, NULL);
	assert_true(loop_run(l));
	loop_free(l);
	assert_non_null(got_m);
	assert_int_equal(got_m->ntarget, n);
	return got_m;
}

static void read_servers(const char *tool, const char *text, struct tool_server **s, size_t *n)
{
	struct err err = {0};

	if (!tool_read(&arena, tool, text, strlen(text), s, n, &err))
		fail_msg("%s: %s", tool, err.text);
}

/* ---- real programs ---- */

static void tor_relay(void **state)
{
	char text[256], *line, *id;
	struct tool_server *s;
	struct measurement *m;
	unsigned port = free_port();
	size_t n;
	pid_t tor;

	(void)state;
	if (!installed("tor"))
		skip();
	tor = start("exec tor --quiet --DataDirectory tor --ORPort 127.0.0.1:%u --SocksPort 0 "
		    "--AssumeReachable 1 --PublishServerDescriptor 0 --ExitRelay 0 --Nickname lab "
		    "--ContactInfo lab --Address 127.0.0.1 --DirAuthority 'x orport=1 "
		    "v3ident=0000000000000000000000000000000000000000 127.0.0.1:1 "
		    "0000000000000000000000000000000000000000'",
		    port);
	line = wait_for("tor/fingerprint", "lab ");
	assert_non_null(line);
	id = strchr(line, ' ') + 1;
	id[40] = 0;
	sleep(1);
	snprintf(text, sizeof(text), "127.0.0.1:%u %s\n127.0.0.1:%u %040d", port, id, port, 0);
	read_servers("tor", text, &s, &n);
	assert_int_equal(n, 2);
	m = measure("tor", s, n);
	stop(tor);
	assert_null(m->target[0].failure);
	assert_string_equal(m->target[0].protocol, "or_port");
	/* Another identity than the one that was wanted. */
	assert_string_equal(m->target[1].failure, "unknown_failure: another relay answers");
	assert_int_equal(m->nhandshake, 2);
	assert_true(m->handshake[0].ncert > 0);
}

static void obfs4_bridge(void **state)
{
	struct tool_server *s;
	struct measurement *m;
	char text[512], *line, *cert;
	unsigned port = free_port();
	size_t n;
	pid_t tor;

	(void)state;
	if (!installed("tor") || !installed("obfs4proxy"))
		skip();
	tor = start("exec tor --quiet --DataDirectory bridge --BridgeRelay 1 --ORPort "
		    "127.0.0.1:%u --SocksPort 0 --AssumeReachable 1 --PublishServerDescriptor 0 "
		    "--ExitRelay 0 --Nickname lab --ExtORPort 127.0.0.1:%u --Address 127.0.0.1 "
		    "--ServerTransportPlugin 'obfs4 exec /usr/bin/obfs4proxy' "
		    "--ServerTransportListenAddr 'obfs4 127.0.0.1:%u' --DirAuthority 'x "
		    "orport=1 v3ident=0000000000000000000000000000000000000000 127.0.0.1:1 "
		    "0000000000000000000000000000000000000000'",
		    free_port(), free_port(), port);
	line = wait_for("bridge/pt_state/obfs4_bridgeline.txt", "cert=");
	assert_non_null(line);
	cert = strstr(line, "cert=");
	cert[strcspn(cert, " \n")] = 0;
	sleep(1);
	snprintf(text, sizeof(text),
		 "Bridge obfs4 127.0.0.1:%u %040d %s iat-mode=0\nobfs4 127.0.0.1:%u %040d "
		 "cert=%.70s iat-mode=0\n",
		 port, 0, cert, port, 0,
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	read_servers("tor", text, &s, &n);
	assert_int_equal(n, 2);
	m = measure("tor", s, n);
	stop(tor);
	assert_null(m->target[0].failure);
	assert_non_null(m->target[1].failure); /* a wrong key gets no answer */
}

static void openvpn_server(void **state)
{
	struct tool_server *s;
	struct measurement *m;
	unsigned udp_port = free_port(), tcp_port = free_port();
	char text[256];
	size_t n;
	pid_t udp, tcp;

	(void)state;
	if (!installed("openvpn"))
		skip();
	assert_int_equal(
	    system("cd $FOLDER && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert "
		   "-days 9 -subj /CN=lab >/dev/null 2>&1"),
	    0);
	udp = start("exec openvpn --dev null --proto udp --local 127.0.0.1 --port %u "
		    "--tls-server --ca cert --cert cert --key key --dh none",
		    udp_port);
	tcp = start("exec openvpn --dev null --proto tcp-server --local 127.0.0.1 --port %u "
		    "--tls-server --ca cert --cert cert --key key --dh none",
		    tcp_port);
	sleep(2);
	snprintf(text, sizeof(text),
		 "client\n<ca>\n192.0.2.1:1\n</ca>\nremote 127.0.0.1 %u udp\n"
		 "127.0.0.1:%u tcp\n127.0.0.1:%u\n",
		 udp_port, tcp_port, free_port());
	read_servers("openvpn", text, &s, &n);
	assert_int_equal(n, 3);
	m = measure("openvpn", s, n);
	stop(udp);
	stop(tcp);
	assert_null(m->target[0].failure);
	assert_null(m->target[1].failure);
	assert_string_equal(m->target[2].failure, "connection_refused");
}

static const uint8_t server_key[32] = {0x40, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
				       7,    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0x41};
static const uint8_t client_key[32] = {0x48, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
				       9,    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0x42};

static bool keys(const uint8_t private[32], uint8_t public[32])
{
	struct wireguard w = {0};
	uint8_t out[WIREGUARD_INITIATION], secret[36] = {1};

	memcpy(w.ours, private, 32);
	w.theirs[0] = 9;
	if (!wireguard_greet(&w, secret, 1, 0, out))
		return false;
	memcpy(public, w.our_public, 32);
	return true;
}

static void wireguard_server(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	unsigned port = free_port(), me = (unsigned)getpid();
	char up[64];
	uint8_t theirs[32], ours[32];
	struct buf set = {0};
	struct tool_server s = {.protocol = TOOL_WIREGUARD,
				.told = "wireguard",
				.address = "127.0.0.1",
				.port = (uint16_t)port};
	struct measurement *m;
	char answer[256] = "";
	int fd;
	pid_t pid;

	(void)state;
	if (geteuid() || access("/dev/net/tun", R_OK | W_OK) || !installed("wireguard-go"))
		skip();
	assert_true(keys(server_key, theirs) && keys(client_key, ours));
	/* Its own, beside another run of this test. */
	snprintf(at.sun_path, sizeof(at.sun_path), "/var/run/wireguard/ml%u.sock", me);
	snprintf(up, sizeof(up), "ip link set ml%u up", me);
	pid = start("exec wireguard-go -f ml%u", me);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	for (int i = 0; i < 50 && connect(fd, (void *)&at, sizeof(at)); i++)
		usleep(100000);
	buf_text(&set, "set=1\nprivate_key=");
	buf_hex(&set, server_key, 32);
	buf_printf(&set, "\nlisten_port=%u\npublic_key=", port);
	buf_hex(&set, ours, 32);
	buf_text(&set, "\nallowed_ip=10.99.0.2/32\n\n");
	assert_int_equal(write(fd, set.at, set.len), set.len);
	assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
	close(fd);
	buf_free(&set);
	assert_non_null(strstr(answer, "errno=0"));
	assert_int_equal(system(up), 0);
	memcpy(s.wg.ours, client_key, 32);
	memcpy(s.wg.theirs, theirs, 32);
	m = measure("wireguard", &s, 1);
	assert_null(m->target[0].failure);
	/* Who is not its peer gets no answer. */
	s.wg.ours[5] ^= 1;
	m = measure("wireguard", &s, 1);
	stop(pid);
	assert_string_equal(m->target[0].failure, "generic_timeout_error");
}

/* ---- servers made here ---- */

static int listen_on(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (void *)&at, sizeof(at)) || listen(s, 16))
		_exit(1);
	return s;
}

static void serve_mtproto(void)
{
	int s = listen_on(45931);

	for (;;) {
		int c = accept(s, NULL, NULL);
		uint8_t in[64], out[96] = {22};
		static const uint8_t res[] = {0x63, 0x24, 0x16, 0x05};

		if (recv(c, in, 42, MSG_WAITALL) == 42 && in[0] == 0xef && in[1] == 10) {
			memcpy(out + 21, res, 4);
			memcpy(out + 25, in + 26, 16);
			/* In two pieces. */
			send(c, out, 30, MSG_NOSIGNAL);
			usleep(50000);
			send(c, out + 30, 59, MSG_NOSIGNAL);
			usleep(50000);
		}
		close(c);
	}
}

static void serve_strange(void)
{
	int s = listen_on(45932);

	for (;;) {
		int c = accept(s, NULL, NULL);

		send(c, "HTTP/1.0 200 OK\r\n\r\nblocked", 26, MSG_NOSIGNAL);
		usleep(50000);
		close(c);
	}
}

static void telegram_centre(void **state)
{
	struct tool_server s[] = {
	    {.protocol = TOOL_MTPROTO, .told = "mtproto", .address = "127.0.0.1", .port = 45931},
	    {.protocol = TOOL_MTPROTO, .told = "mtproto", .address = "127.0.0.1", .port = 45932},
	    {.protocol = TOOL_MTPROTO, .told = "mtproto", .address = "127.0.0.1", .port = 45933},
	};
	pid_t good = serve(serve_mtproto), strange = serve(serve_strange);
	struct measurement *m = measure("telegram", s, 3);

	(void)state;
	stop(good);
	stop(strange);
	assert_null(m->target[0].failure);
	assert_string_equal(m->target[1].failure,
			    "unknown_failure: an answer that is not the tool's");
	assert_string_equal(m->target[2].failure, "connection_refused");
	assert_null(m->connect[1].seen.failure);
}

/* ---- what people give ---- */

static void reads(void **state)
{
	struct tool_server *s;
	struct err err;
	size_t n;

	(void)state;
	read_servers("tor",
		     "# mine\n\nobfs4 [2001:db8::1]:443 0123456789012345678901234567890123456789 "
		     "cert=abc iat-mode=0 # home\r\n192.0.2.1:9001\n",
		     &s, &n);
	assert_int_equal(n, 2);
	assert_string_equal(s[0].address, "2001:db8::1");
	assert_string_equal(s[0].cert, "abc");
	assert_int_equal(s[1].protocol, TOOL_TOR);
	assert_false(tool_read(&arena, "tor", "obfs4 192.0.2.1:443", 19, &s, &n, &err));
	assert_non_null(strstr(err.text, "line 1"));
	assert_false(tool_read(&arena, "tor", "", 0, &s, &n, &err));
	read_servers(
	    "wireguard",
	    "[Interface]\nPrivateKey = QAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB0E=\nAddress = "
	    "10.0.0.2/32\n[Peer]\nPublicKey=QAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB0E=\n"
	    "AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = vpn.example:51820\n",
	    &s, &n);
	assert_int_equal(n, 1);
	assert_string_equal(s[0].host, "vpn.example");
	assert_int_equal(s[0].port, 51820);
	assert_memory_equal(s[0].wg.ours, server_key, 32);
	assert_false(tool_read(&arena, "wireguard", "[Peer]\n", 7, &s, &n, &err));
	read_servers("resolvers", "tls:192.0.2.1#dns.example\nhttps://dns.example/q#192.0.2.2\n",
		     &s, &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].port, 853);
	assert_string_equal(s[1].cert, "/q");
}

/* Answers that are not. */
static void strange(void **state)
{
	uint8_t nonce[16] = {1}, session[8] = {2};
	struct tor_link link = {0};
	struct buf cells = {0};

	(void)state;
	assert_int_equal(mtproto_answer("", 0, nonce), GREET_MORE);
	assert_int_equal(mtproto_answer("\x01\x6c\xfe\xff\xff", 5, nonce), GREET_REFUSE);
	assert_int_equal(mtproto_answer("HTTP/1.1 400 Bad", 16, nonce), GREET_WRONG);
	assert_int_equal(openvpn_answer("\x40", 1, session, false), GREET_WRONG);
	assert_int_equal(openvpn_answer("\x00\x01\x38", 3, session, true), GREET_WRONG);
	tor_read(&link, "\0\0\x08", 3);
	assert_non_null(link.why);
	link = (struct tor_link){0};
	tor_versions(&cells);
	assert_int_equal(tor_read(&link, cells.at, cells.len), cells.len);
	assert_int_equal(link.version, 5);
	buf_free(&cells);
}

static int setup(void **state)
{
	char command[128];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(folder, sizeof(folder), "/tmp/tool_test.%d", getpid());
	setenv("FOLDER", folder, 1);
	snprintf(command, sizeof(command), "mkdir -p -m 700 %s", folder);
	return system(command);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return system("rm -rf $FOLDER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads),
	    cmocka_unit_test(strange),
	    cmocka_unit_test(telegram_centre),
	    cmocka_unit_test(tor_relay),
	    cmocka_unit_test(obfs4_bridge),
	    cmocka_unit_test(openvpn_server),
	    cmocka_unit_test(wireguard_server),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
