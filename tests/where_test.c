/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The follow-ups of a failure, against censors in a net of namespaces: what triggers it, where it
 * stands, how QUIC fares, how fast it comes.
 */
#include "test.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "finding/verdict.h"
#include "netlab.h"
#include "source/dns.h"
#include "source/loop.h"
#include "source/sealed.h"
#include "source/speed.h"
#include "source/tool.h"
#include "source/trigger.h"
#include "source/ttl.h"

#define BLOCKED "blocked.example"
#define NEUTRAL "neutral.example"

static bool lab;
static pid_t tls_server, http_server, dns_server;

static struct addr ip(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, strlen(s), &a));
	return a;
}

/* Answers every query with 10.91.3.2. */
static void serve_dns(const void *arg)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	if (bind(s, (void *)&at, sizeof(at)))
		_exit(1);
	for (;;) {
		static const uint8_t answer[] = {0xc0, 12, 0, 1, 0,  1,	 0, 0,
						 0,    60, 0, 4, 10, 91, 3, 2};
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		uint8_t q[1024];
		ssize_t n = recvfrom(s, q, 900, 0, (void *)&from, &len);
		size_t end = 12;

		if (n < 17)
			continue;
		while (end < (size_t)n && q[end])
			end += 1u + q[end];
		end += 5;
		if (end > (size_t)n)
			continue;
		memcpy(q + 2, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 10);
		memcpy(q + end, answer, sizeof(answer));
		sendto(s, q, end + sizeof(answer), 0, (void *)&from, len);
	}
}

/* One process a connection; any path is a page of 600,000 bytes. */
static void serve_tls(const void *arg)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(443)};
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = X509_new();

	(void)arg;
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)NEUTRAL, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	signal(SIGCHLD, SIG_IGN);
	if (bind(s, (void *)&at, sizeof(at)) || listen(s, 64))
		_exit(1);
	for (;;) {
		int c = accept(s, NULL, NULL);
		static char page[600000];
		char in[4096];
		SSL *ssl;

		if (c < 0 || fork()) {
			close(c);
			continue;
		}
		alarm(30);
		ssl = SSL_new(ctx);
		SSL_set_fd(ssl, c);
		if (SSL_accept(ssl) == 1 && SSL_read(ssl, in, sizeof(in)) > 0) {
			int n = snprintf(page, 200,
					 "HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n"
					 "\r\n");

			SSL_write(ssl, page, n);
			SSL_write(ssl, page, sizeof(page));
			SSL_shutdown(ssl);
		}
		_exit(0);
	}
}

static int no_rules(void **state)
{
	(void)state;
	if (lab)
		netlab_rules("");
	return 0;
}

/* A server is up when it accepts. */
static bool up(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, "10.91.3.2", &at.sin_addr);
	for (int i = 0; i < 300; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0);
		bool ok = !connect(s, (void *)&at, sizeof(at));

		close(s);
		if (ok)
			return true;
		usleep(100000);
	}
	return false;
}

static int setup(void **state)
{
	(void)state;
	lab = netlab_new();
	if (!lab)
		return 0;
	tls_server = netlab_fork("s", serve_tls, NULL);
	http_server = netlab_spawn("s", "cd /var/empty 2>/dev/null || cd /; exec python3 -m "
					"http.server 80 >/dev/null 2>&1");
	dns_server = netlab_fork("s", serve_dns, NULL);
	return up(443) && up(80) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	if (!lab)
		return 0;
	netlab_stop(tls_server);
	netlab_stop(http_server);
	netlab_stop(dns_server);
	netlab_free();
	return 0;
}

/* ---- what was seen, kept for the asserts ---- */

static struct arena arena;
static const struct handshake *hs;
static const struct transaction *xs;
static const struct ttl_probe *ps;
static const struct series *ss;
static size_t nhs, nxs, nps, nss;
static int calls;

static void got_trigger(void *arg, const struct handshake *h, size_t nh,
			const struct transaction *x, size_t nx)
{
	(void)arg;
	hs = h;
	nhs = nh;
	xs = x;
	nxs = nx;
	calls++;
}

static void got_ttl(void *arg, const struct ttl_probe *p, size_t n)
{
	(void)arg;
	ps = p;
	nps = n;
	calls++;
}

static void got_speed(void *arg, const struct series *s, size_t n)
{
	(void)arg;
	ss = s;
	nss = n;
	calls++;
}

static struct loop *start(void)
{
	static const struct loop_limits limits = {.time = 60 * SECOND};

	calls = 0;
	return loop_new(&limits, 1);
}

static void end(struct loop *l)
{
	assert_true(loop_run(l));
	loop_free(l);
	assert_int_equal(calls, 1);
}

static bool tagged(const struct seen *s, const char *tag)
{
	for (size_t i = 0; i < s->ntag; i++)
		if (!strcmp(s->tag[i], tag))
			return true;
	return false;
}

static void run_trigger(bool tls)
{
	struct trigger_spec spec = {.addr = ip("10.91.3.2"),
				    .port = tls ? 443 : 80,
				    .tls = tls,
				    .name = BLOCKED,
				    .neutral = NEUTRAL,
				    .neutral_addr = ip("10.91.3.3"),
				    .has_neutral_addr = true,
				    .answer_for = SECOND * 3 / 2,
				    .rest = 2 * SECOND};
	struct loop *l = start();

	trigger_begin(l, &arena, &spec, got_trigger, NULL);
	end(l);
}

static bool passes(enum hello hello, const char *tag)
{
	bool found = false, ok = false;

	for (size_t i = 0; i < nhs; i++)
		if (hs[i].hello == hello && (!tag || tagged(&hs[i].seen, tag))) {
			found = true;
			ok |= tagged(&hs[i].seen, "answered");
		}
	for (size_t i = 0; i < nxs; i++) {
		char t[64];
		static const char *const word[] = {"normal",  "neutral-name", "neutral-address",
						   "no-name", "later",	      "ech",
						   "split"};

		snprintf(t, sizeof(t), "hello=%s", word[hello]);
		if (tagged(&xs[i].seen, t)) {
			found = true;
			ok |= tagged(&xs[i].seen, "answered");
		}
	}
	assert_true(found);
	return ok;
}

/* The server name stands at byte 109 of our hellos: 8 bytes of it are looked for. */
#define SNI "tcp dport 443 @ih,872,64 0x626c6f636b65642e"

static void no_censor(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_trigger(true);
	assert_true(passes(HELLO_NEUTRAL_NAME, NULL));
	assert_true(passes(HELLO_NO_NAME, NULL));
	assert_true(passes(HELLO_NEUTRAL_ADDR, NULL));
	assert_true(passes(HELLO_ECH, NULL));
	assert_true(passes(HELLO_SPLIT, "cut=records"));
	assert_true(passes(HELLO_SPLIT, "cut=segments"));
	assert_true(passes(HELLO_LATER, NULL));
}

static void name_triggers(void **state)
{
	(void)state;
	if (!lab)
		skip();
	netlab_rules(SNI " drop");
	run_trigger(true);
	netlab_rules("");
	assert_true(passes(HELLO_NEUTRAL_NAME, NULL));
	assert_true(passes(HELLO_NO_NAME, NULL));
	assert_false(passes(HELLO_NEUTRAL_ADDR, NULL));
	assert_false(passes(HELLO_ECH, NULL));
	assert_false(passes(HELLO_LATER, NULL));
	assert_true(passes(HELLO_SPLIT, "cut=segments"));
	for (size_t i = 0; i < nhs; i++)
		if (hs[i].hello == HELLO_LATER)
			assert_string_equal(hs[i].seen.failure, "generic_timeout_error");
}

static void address_triggers(void **state)
{
	(void)state;
	if (!lab)
		skip();
	/* Every ClientHello to this address. */
	netlab_rules("ip daddr 10.91.3.2 tcp dport 443 @ih,0,8 0x16 drop");
	run_trigger(true);
	netlab_rules("");
	assert_false(passes(HELLO_NEUTRAL_NAME, NULL));
	assert_false(passes(HELLO_NEUTRAL_NAME, "after-rest"));
	assert_false(passes(HELLO_NO_NAME, NULL));
	assert_true(passes(HELLO_NEUTRAL_ADDR, NULL));
}

static void host_triggers(void **state)
{
	static const struct netlab_injector spec = {.name = BLOCKED, .reset = true};
	pid_t censor;

	(void)state;
	if (!lab)
		skip();
	censor = netlab_fork("r2", netlab_injector, &spec);
	usleep(200000);
	run_trigger(false);
	netlab_stop(censor);
	assert_true(passes(HELLO_NEUTRAL_NAME, NULL));
	assert_true(passes(HELLO_NO_NAME, NULL));
	assert_false(passes(HELLO_NEUTRAL_ADDR, NULL));
	assert_false(passes(HELLO_LATER, NULL));
	assert_true(passes(HELLO_SPLIT, NULL));
}

/* ---- what the judge makes of it ---- */

/* A site whose plain handshake to 10.91.3.2 failed so, and all that the follow-ups saw. */
static struct verdict judged(const char *url, const char *failure)
{
	struct handshake *h = arena_zero(&arena, nhs + 1, sizeof(*h));
	struct transaction *x = arena_zero(&arena, nxs + 1, sizeof(*x));
	struct connect c = {.addr = ip("10.91.3.2"), .port = 443};
	struct control_endpoint e = {
	    .addr = ip("10.91.3.2"), .port = 443, .tcp = true, .tls = true};
	struct control_addr ca = {.addr = ip("10.91.3.2"), .answered = true};
	struct control helper = {.name = "helper",
				 .dns = true,
				 .addr = &ca,
				 .naddr = 1,
				 .endpoint = &e,
				 .nendpoint = 1,
				 .http = true,
				 .code = 200,
				 .body_length = 600000};
	bool https = !strncmp(url, "https", 5), tcp = !strcmp(failure, "tcp");
	struct measurement m = {
	    .test = "web_connectivity",
	    .input = url,
	    .connect = &c,
	    .nconnect = 1,
	    .handshake = h,
	    .transaction = x,
	    .ttl_probe = ps,
	    .nttl_probe = nps,
	    .series = ss,
	    .nseries = nss,
	    .control = &helper,
	    .ncontrol = 1,
	    .scores = {.blocking = -1, .endpoints_ok = -1, .endpoints_bad = -1}};
	struct knowledge k = {0};
	struct verdict v;

	m.control = arena_copy(&arena, &helper, sizeof(helper));
	if (tcp) {
		c.seen.failure = "generic_timeout_error";
	} else if (https) {
		h[m.nhandshake++] = (struct handshake){.addr = ip("10.91.3.2"),
						       .port = 443,
						       .server_name = BLOCKED,
						       .seen.failure = failure};
	} else {
		x[m.ntransaction++] = (struct transaction){.addr = ip("10.91.3.2"),
							   .has_addr = true,
							   .port = 80,
							   .url = url,
							   .seen.failure = failure};
	}
	for (size_t i = 0; i < nhs && !tcp; i++)
		h[m.nhandshake++] = hs[i];
	for (size_t i = 0; i < nxs; i++)
		x[m.ntransaction++] = xs[i];
	verdict_judge(&arena, &k, &m, &v);
	return v;
}

static void assert_verdict(const struct verdict *v, const char *mechanism, const char *trigger,
			   unsigned first, unsigned last, enum path_side side)
{
	assert_int_equal(v->state, SITE_BLOCKED);
	assert_true(v->nmechanism > 0);
	assert_string_equal(v->mechanism[0].id, mechanism);
	if (trigger)
		assert_string_equal(v->trigger, trigger);
	assert_int_equal(v->hop_first, first);
	assert_int_equal(v->hop_last, last);
	assert_int_equal(v->side, side);
}

/* ---- where ---- */

static void run_ttl(const char *layer, bool rights)
{
	struct loop *l = start();
	struct err err;
	struct icmp *icmp = rights ? icmp_new(loop_base(l), &err) : NULL;
	struct ttl_spec spec = {.addr = ip("10.91.3.2"),
				.port = !strcmp(layer, "dns")	 ? 53
					: !strcmp(layer, "http") ? 80
								 : 443,
				.layer = layer,
				.name = BLOCKED,
				.neutral = NEUTRAL,
				.addr_else = ip("10.91.3.3"),
				.port_else = 443,
				.answer_for = SECOND / 2,
				.most = 8,
				.icmp = icmp};

	assert_true(!rights || icmp);
	ttl_begin(l, &arena, &spec, got_ttl, NULL);
	assert_true(loop_run(l));
	icmp_free(icmp);
	loop_free(l);
	assert_int_equal(calls, 1);
}

static const struct ttl_probe *at(bool control, unsigned ttl)
{
	for (size_t i = 0; i < nps; i++)
		if (ps[i].control == control && ps[i].ttl == ttl && strcmp(ps[i].layer, "path"))
			return &ps[i];
	fail_msg("no probe of %s at hop %u", control ? "the neutral name" : "the name", ttl);
	return NULL;
}

static void assert_router(const struct ttl_probe *p, const char *router)
{
	char t[PREFIX_TEXT];

	assert_true(p->has_from);
	assert_string_equal(addr_text(t, p->from), router);
}

static void ttl_plain(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_ttl("tls", true);
	for (int control = 0; control < 2; control++) {
		assert_int_equal(at(control, 1)->answer, TTL_EXCEEDED);
		assert_router(at(control, 1), "10.91.1.1");
		assert_int_equal(at(control, 2)->answer, TTL_EXCEEDED);
		assert_router(at(control, 2), "10.91.2.2");
		assert_int_equal(at(control, 3)->answer, TTL_DATA);
	}
	/* Plain datagrams are as long on the way. */
	for (size_t i = 0; i < nps; i++)
		if (!strcmp(ps[i].layer, "path"))
			assert_int_equal(ps[i].answer, ps[i].ttl < 3 ? TTL_EXCEEDED : TTL_OTHER);
	/* Without the right to listen, a datagram finds the router. */
	run_ttl("tls", false);
	assert_int_equal(at(true, 2)->answer, TTL_EXCEEDED);
	assert_router(at(true, 2), "10.91.2.2");
	assert_true(tagged(&at(true, 2)->seen, "router=udp"));
}

static void ttl_on_path(void **state)
{
	static const struct netlab_injector spec = {.name = BLOCKED, .reset = true, .dns = true};
	struct verdict v;
	pid_t censor;

	(void)state;
	if (!lab)
		skip();
	censor = netlab_fork("r2", netlab_injector, &spec);
	usleep(200000);
	run_ttl("tls", true);
	assert_int_equal(at(false, 1)->answer, TTL_EXCEEDED);
	assert_int_equal(at(false, 2)->answer, TTL_RESET);
	assert_true(at(false, 2)->both);
	assert_router(at(false, 2), "10.91.2.2");
	assert_int_equal(at(true, 2)->answer, TTL_EXCEEDED);
	assert_int_equal(at(true, 3)->answer, TTL_DATA);
	run_trigger(true);
	v = judged("https://" BLOCKED "/", "connection_reset");
	assert_verdict(&v, "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH);
	assert_string_equal(v.hop, "on the path at hop 2, 10.91.2.2");
	assert_true(v.proven);
	run_ttl("http", true);
	assert_int_equal(at(false, 2)->answer, TTL_RESET);
	run_trigger(false);
	v = judged("http://" BLOCKED "/", "connection_reset");
	assert_verdict(&v, "http.reset", "name", 2, 2, SIDE_ON_PATH);
	nhs = nxs = 0;
	run_ttl("dns", false);
	netlab_stop(censor);
	assert_int_equal(at(false, 1)->answer, TTL_EXCEEDED);
	assert_int_equal(at(false, 2)->answer, TTL_FORGED);
	assert_true(at(false, 2)->both);
	assert_router(at(false, 2), "10.91.2.2");
	assert_int_equal(at(false, 3)->answer, TTL_FORGED);
	assert_int_equal(at(false, 3)->ip_ttl, 63);
	assert_int_equal(at(true, 3)->answer, TTL_DATA);
	assert_int_equal(at(true, 3)->ip_ttl, 62);
}

static void ttl_copying(void **state)
{
	static const struct netlab_injector spec = {
	    .name = BLOCKED, .reset = true, .copy_ttl = true};
	pid_t censor;
	bool later = false;
	struct verdict v;

	(void)state;
	if (!lab)
		skip();
	censor = netlab_fork("r2", netlab_injector, &spec);
	usleep(200000);
	run_trigger(true);
	run_ttl("tls", true);
	netlab_stop(censor);
	assert_int_equal(at(false, 2)->answer, TTL_EXCEEDED);
	assert_int_equal(at(true, 3)->answer, TTL_DATA);
	for (size_t i = 0; i < nps; i++)
		later |= !ps[i].control && ps[i].ttl >= 3 && ps[i].answer == TTL_RESET;
	assert_true(later);
	v = judged("https://" BLOCKED "/", "connection_reset");
	assert_true(v.ttl_copied);
	assert_verdict(&v, "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH);
	assert_string_equal(v.hop, "an injector on the path that copies the TTL, at hop 2, "
				   "10.91.2.2");
}

static void ttl_in_path(void **state)
{
	struct verdict v;

	(void)state;
	if (!lab)
		skip();
	netlab_rules(SNI " drop");
	run_ttl("tls", true);
	assert_int_equal(at(false, 1)->answer, TTL_EXCEEDED);
	assert_int_equal(at(false, 2)->answer, TTL_EXCEEDED);
	assert_int_equal(at(false, 3)->answer, TTL_SILENCE);
	assert_int_equal(at(true, 3)->answer, TTL_DATA);
	run_trigger(true);
	v = judged("https://" BLOCKED "/", "generic_timeout_error");
	assert_verdict(&v, "tls.sni-drop", "name", 2, 3, SIDE_IN_PATH);
	assert_string_equal(v.hop, "in the path at hop 2 or 3, 10.91.2.2");
	netlab_rules(SNI " reject with tcp reset");
	run_ttl("tls", true);
	assert_int_equal(at(false, 2)->answer, TTL_EXCEEDED);
	assert_int_equal(at(false, 3)->answer, TTL_RESET);
	netlab_rules("ip daddr 10.91.3.2 tcp dport 443 drop");
	run_ttl("tcp", true);
	assert_int_equal(at(false, 1)->answer, TTL_EXCEEDED);
	assert_router(at(false, 1), "10.91.1.1");
	assert_int_equal(at(false, 3)->answer, TTL_SILENCE);
	assert_int_equal(at(true, 3)->answer, TTL_DATA);
	v = judged("https://" BLOCKED "/", "tcp");
	assert_verdict(&v, "ip.drop", "address", 2, 3, SIDE_IN_PATH);
	netlab_rules("ip daddr 10.91.3.2 tcp dport 443 reject with icmp type admin-prohibited");
	run_ttl("tcp", true);
	v = judged("https://" BLOCKED "/", "tcp");
	assert_int_equal(v.state, SITE_BLOCKED);
	assert_int_equal(v.hop_first, 2);
	assert_int_equal(v.hop_last, 2);
	netlab_rules("");
}

/* ---- how fast ---- */

static void run_speed(void)
{
	struct loop *l = start();
	struct speed_spec spec = {.addr = ip("10.91.3.2"),
				  .port = 443,
				  .tls = true,
				  .name = BLOCKED,
				  .neutral = NEUTRAL,
				  .path = "/page",
				  .time = 3 * SECOND};

	speed_begin(l, &arena, &spec, got_speed, NULL);
	end(l);
	assert_int_equal(nss, 2);
	assert_false(ss[0].control);
	assert_true(ss[1].control);
}

static uint64_t total(const struct series *s)
{
	return s->nsample ? s->sample[s->nsample - 1].bytes : 0;
}

/* Where OpenSSL's hello has the name. */
static void where_sni(char *out, size_t n)
{
	struct sealed s;
	struct buf hello = {0};
	const char *at;

	sealed_begin(&s, BLOCKED, NULL, "\x08http/1.1");
	sealed_hear(&s, NULL, 0, &hello);
	sealed_end(&s);
	at = memmem(hello.at, hello.len, BLOCKED, 8);
	assert_non_null(at);
	snprintf(out, n, "@ih,%zu,64 0x626c6f636b65642e", (size_t)(at - hello.at) * 8);
	buf_free(&hello);
}

static void speeds(void **state)
{
	char sni[64], rules[512];
	struct verdict v;

	(void)state;
	if (!lab)
		skip();
	run_speed();
	assert_true(total(&ss[0]) > 590000 && total(&ss[1]) > 590000);
	assert_true(ss[0].nsample >= 2);
	/* The name marks the connection; what is marked is policed. */
	where_sni(sni, sizeof(sni));
	snprintf(rules, sizeof(rules),
		 "tcp dport 443 %s ct mark set 7\nct mark 7 limit rate over 20 kbytes/second "
		 "burst 20 kbytes drop",
		 sni);
	netlab_rules(rules);
	run_speed();
	assert_true(total(&ss[0]) < 200000);
	assert_true(total(&ss[1]) > 590000);
	nhs = nxs = nps = 0;
	v = judged("https://" BLOCKED "/", "generic_timeout_error");
	assert_int_equal(v.state, SITE_THROTTLED);
	assert_string_equal(v.mechanism[0].id, "throttle.policing");
	assert_string_equal(v.trigger, "name");
	/* Nothing comes after 16 KB. */
	snprintf(rules, sizeof(rules),
		 "tcp dport 443 %s ct mark set 7\nct mark 7 ct reply bytes > 16384 drop", sni);
	netlab_rules(rules);
	run_speed();
	assert_true(total(&ss[0]) < 40000 && total(&ss[0]) > 1000);
	assert_true(ss[0].seen.t - ss[0].sample[0].t > 5 * SECOND);
	assert_true(total(&ss[1]) > 590000);
	v = judged("https://" BLOCKED "/", "generic_timeout_error");
	assert_string_equal(v.mechanism[0].id, "throttle.freeze");
}

/* ---- tools over UDP ---- */

static struct measurement *tool_m;

static void got_tool(void *arg, struct measurement *m)
{
	(void)arg;
	tool_m = m;
	calls++;
}

/* Nobody listens at the server. Where that can be heard it is dead; where the tool's words are
 * filtered at the first router, noise is heard from farther on. */
static void words(void **state)
{
	static const struct plan_options options;
	struct tool_server s = {.protocol = TOOL_WIREGUARD,
				.told = "wireguard",
				.address = "10.91.3.3",
				.port = 51820,
				.wg = {.ours = {0x40, 1}, .theirs = {9}}};
	struct tool_spec spec = {.tool = tool_find("wireguard"),
				 .server = &s,
				 .nserver = 1,
				 .opt = &options,
				 .wall = 1700000000};
	struct knowledge k = {0};
	struct verdict v;

	(void)state;
	if (!lab)
		skip();
	for (int filtered = 0; filtered < 2; filtered++) {
		struct loop *l = start();

		if (filtered)
			netlab_run("r1",
				   "nft add table ip t; nft add chain ip t f \"{ type filter "
				   "hook forward priority 0; }\"; nft add rule ip t f udp length "
				   "156 @th,64,32 0x01000000 drop");
		tool_begin(l, &arena, &spec, got_tool, NULL);
		end(l);
		netlab_run("r1", "nft flush ruleset");
		verdict_judge(&arena, &k, tool_m, &v);
		if (!filtered) {
			assert_string_equal(tool_m->target[0].failure, "connection_refused");
			assert_int_equal(v.state, SITE_UNDETERMINED);
		} else {
			assert_string_equal(tool_m->target[0].failure, "generic_timeout_error");
			assert_int_equal(v.state, SITE_BLOCKED);
			assert_string_equal(v.rule->id, "tool.words");
			assert_string_equal(v.mechanism[0].id, "app.drop");
			assert_int_equal(v.hop_first, 1);
			assert_int_equal(v.hop_last, 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(no_censor, no_rules),
	    cmocka_unit_test_setup(name_triggers, no_rules),
	    cmocka_unit_test_setup(address_triggers, no_rules),
	    cmocka_unit_test_setup(host_triggers, no_rules),
	    cmocka_unit_test_setup(ttl_plain, no_rules),
	    cmocka_unit_test_setup(ttl_on_path, no_rules),
	    cmocka_unit_test_setup(ttl_copying, no_rules),
	    cmocka_unit_test_setup(ttl_in_path, no_rules),
	    cmocka_unit_test_setup(speeds, no_rules),
	    cmocka_unit_test_setup(words, no_rules),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	arena_free(&arena);
	return failed;
}
