/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The judge's rules one by one: what was seen, a line a reply, and what must be said of it. Where a
 * vector comes from stands before it; "lab" is the case of that name in tests/lab, with the
 * addresses of the real Internet instead of the lab's.
 *
 *	dns VIA ADDR[,ADDR]|FAILURE [again] [nobody] [neutral] [as=ASN]	the name, or a neutral one
 *	tcp ADDR FAILURE|ok
 *	tls|quic HELLO ADDR FAILURE|ok [TAG…]
 *	http URL ADDR CODE|FAILURE BYTES [location=URL] [trigger=HELLO] [body=WORDS]
 *	ttl LAYER name|neutral HOP ANSWER [both] [from=ADDR] [as=ASN] [ip=TTL] [udp]
 *	series name|neutral MS:BYTES … [insert=HOP]
 *	target PROTOCOL ADDR:PORT FAILURE|ok	of a tool, whose test is the input
 *	helper ADDR:PORT FAILURE|ok		what a control saw of it
 *	control ADDR[,ADDR]|FAILURE [tcp|tls|http|quic=FAILURE] [quic] [bytes=N]
 */
#include "test.h"

#include "base/text.h"
#include "fact/names.h"
#include "finding/verdict.h"

#define NAME "blocked.example"
#define NEUTRAL "neutral.example"
#define SITE "93.184.216.34"
#define ELSEWHERE "93.184.216.99"
#define LIE "45.60.1.1"
#define MOST 64

struct world {
	struct arena a;
	struct measurement m;
	struct dns_reply dns[MOST];
	struct connect connect[MOST];
	struct handshake handshake[MOST];
	struct transaction transaction[MOST];
	struct ttl_probe ttl[MOST];
	struct series series[MOST];
	struct control control[MOST];
	struct tool_target target[MOST];
};

static struct addr ip(const char *s)
{
	struct addr a;

	if (!addr_parse(s, strlen(s), &a))
		fail_msg("no address: %s", s);
	return a;
}

static const char *failure(const char *s)
{
	return strcmp(s, "ok") ? s : NULL;
}

static size_t addresses(struct world *w, const char *list, struct addr *out)
{
	size_t n = 0;

	for (char *save, *s = strtok_r(arena_text(&w->a, list), ",", &save); s;
	     s = strtok_r(NULL, ",", &save))
		out[n++] = ip(s);
	return n;
}

static bool is_address(const char *s)
{
	return *s >= '0' && *s <= '9';
}

static const char *const hellos[] = {
    "normal", "neutral-name", "neutral-address", "no-name", "later", "ech", "split"};

static void add_dns(struct world *w, char **f, size_t n)
{
	static const char *const vias[] = {"system", "udp", "tcp", "dot", "doh"};
	struct dns_reply *q = &w->dns[w->m.ndns++];
	struct dns_answer *a = arena_zero(&w->a, 8, sizeof(*a));
	struct addr addr[8];

	*q = (struct dns_reply){.name = NAME, .type = "A", .rcode = 0, .ip_ttl = -1};
	while (strcmp(vias[q->via], f[1]) != 0)
		q->via++;
	q->resolver = q->via == DNS_SYSTEM ? "" : q->via == DNS_UDP ? "9.9.9.9:53" : "https://dns/";
	if (is_address(f[2])) {
		q->nanswer = addresses(w, f[2], addr);
		for (size_t i = 0; i < q->nanswer; i++)
			a[i] = (struct dns_answer){
			    .type = "A", .addr = addr[i], .has_addr = true, .ttl = 60};
		q->answer = a;
	} else {
		q->seen.failure = f[2];
	}
	for (size_t i = 3; i < n; i++) {
		for (size_t k = 0; k < q->nanswer && !strncmp(f[i], "as=", 3); k++)
			a[k].asn = (uint32_t)atoi(f[i] + 3);
		q->again |= !strcmp(f[i], "again");
		q->nobody |= !strcmp(f[i], "nobody");
		if (!strcmp(f[i], "neutral")) {
			q->name = NEUTRAL;
			q->seen.group = "trigger";
		}
	}
	if (q->nobody)
		q->resolver = "192.175.48.99:53";
}

static void add_tls(struct world *w, char **f, size_t n)
{
	struct handshake *h = &w->handshake[w->m.nhandshake++];

	*h = (struct handshake){.quic = !strcmp(f[0], "quic"),
				.addr = ip(f[2]),
				.port = 443,
				.server_name = NAME,
				.seen = {.failure = failure(f[3])}};
	while (strcmp(hellos[h->hello], f[1]) != 0)
		h->hello++;
	if (h->hello == HELLO_NEUTRAL_NAME)
		h->server_name = NEUTRAL;
	else if (h->hello == HELLO_NO_NAME)
		h->server_name = "";
	h->unverified = h->hello != HELLO_NORMAL;
	h->seen.tag = (const char *const *)arena_copy(&w->a, f + 4, (n - 4) * sizeof(*f));
	h->seen.ntag = (uint16_t)(n - 4);
}

static void add_http(struct world *w, char **f, size_t n)
{
	struct transaction *x = &w->transaction[w->m.ntransaction++];
	struct header *h = arena_zero(&w->a, 1, sizeof(*h));
	char *body;

	*x = (struct transaction){.method = "GET",
				  .url = f[1],
				  .addr = ip(f[2]),
				  .has_addr = true,
				  .port = strncmp(f[1], "https", 5) ? 80 : 443};
	if (is_address(f[3]))
		x->code = atoi(f[3]);
	else
		x->seen.failure = f[3];
	x->nbody = (size_t)atoi(f[4]);
	body = arena_alloc(&w->a, x->nbody + 1);
	memset(body, 'a' + (int)(x->nbody / 100 % 26), x->nbody);
	x->body = (const uint8_t *)body;
	for (size_t i = 5; i < n; i++) {
		if (!strncmp(f[i], "location=", 9)) {
			*h = (struct header){"Location", f[i] + 9};
			x->header = h;
			x->nheader = 1;
		} else if (!strncmp(f[i], "body=", 5)) {
			for (char *p = f[i]; *p; p++)
				*p = *p == '_' ? ' ' : *p;
			x->body = (const uint8_t *)f[i] + 5;
			x->nbody = strlen(f[i] + 5);
		} else if (!strncmp(f[i], "trigger=", 8)) {
			const char **tag = arena_zero(&w->a, 2, sizeof(*tag));

			tag[0] = "trigger";
			tag[1] = arena_printf(&w->a, "hello=%s", f[i] + 8);
			x->seen.group = "trigger";
			x->seen.tag = tag;
			x->seen.ntag = 2;
		} else if (!strncmp(f[i], "depth=", 6)) {
			x->seen.depth = (uint8_t)atoi(f[i] + 6);
		}
	}
}

static void add_ttl(struct world *w, char **f, size_t n)
{
	static const char *const answers[] = {"silence", "exceeded", "reset", "fin",
					      "data",	 "forged",   "other"};
	static const char *const by_udp[] = {"router=udp"};
	struct ttl_probe *p = &w->ttl[w->m.nttl_probe++];

	*p = (struct ttl_probe){.layer = f[1],
				.name = !strcmp(f[2], "name") ? NAME : NEUTRAL,
				.control = strcmp(f[2], "name") != 0,
				.ttl = (uint8_t)atoi(f[3]),
				.ip_ttl = -1};
	while (strcmp(answers[p->answer], f[4]) != 0)
		p->answer++;
	for (size_t i = 5; i < n; i++) {
		p->both |= !strcmp(f[i], "both");
		if (!strncmp(f[i], "from=", 5)) {
			p->from = ip(f[i] + 5);
			p->has_from = true;
		} else if (!strncmp(f[i], "as=", 3)) {
			p->asn = (uint32_t)atoi(f[i] + 3);
		} else if (!strncmp(f[i], "ip=", 3)) {
			p->ip_ttl = (int16_t)atoi(f[i] + 3);
		} else if (!strcmp(f[i], "udp")) {
			p->seen.tag = by_udp;
			p->seen.ntag = 1;
		}
	}
}

static void add_series(struct world *w, char **f, size_t n)
{
	struct series *s = &w->series[w->m.nseries++];
	struct sample *x = arena_zero(&w->a, n, sizeof(*x));

	*s = (struct series){.addr = ip(SITE),
			     .port = 443,
			     .name = !strcmp(f[1], "name") ? NAME : NEUTRAL,
			     .control = strcmp(f[1], "name") != 0,
			     .sample = x,
			     .expected = 1000000};
	for (size_t i = 2; i < n; i++) {
		if (!strncmp(f[i], "insert=", 7)) {
			s->seen.tag = (const char *const *)arena_copy(&w->a, &f[i], sizeof(*f));
			s->seen.ntag = 1;
			continue;
		}
		x[s->nsample].t = atoll(f[i]) * 1000;
		x[s->nsample++].bytes = strtoull(strchr(f[i], ':') + 1, NULL, 10);
	}
	s->seen.t = x[s->nsample - 1].t;
}

static void add_control(struct world *w, char **f, size_t n)
{
	struct control *c = &w->control[w->m.ncontrol++];
	struct control_addr *a = arena_zero(&w->a, 8, sizeof(*a));
	struct control_endpoint *e = arena_zero(&w->a, 16, sizeof(*e));
	struct addr addr[8];

	*c = (struct control){.name = "helper",
			      .dns = true,
			      .http = true,
			      .code = 200,
			      .body_length = 60000,
			      .addr = a,
			      .endpoint = e};
	if (!is_address(f[1])) {
		c->dns_failure = c->http_failure = f[1];
		return;
	}
	c->naddr = addresses(w, f[1], addr);
	for (size_t i = 0; i < c->naddr; i++) {
		a[i] = (struct control_addr){.addr = addr[i], .answered = true};
		for (int k = 0; k < 2; k++)
			e[c->nendpoint++] = (struct control_endpoint){
			    .addr = addr[i], .port = k ? 80 : 443, .tcp = true, .tls = !k};
	}
	for (size_t i = 2; i < n; i++)
		for (size_t k = 0; k < c->nendpoint; k++) {
			if (!strncmp(f[i], "tcp=", 4))
				e[k].tcp_failure = f[i] + 4;
			else if (!strncmp(f[i], "tls=", 4))
				e[k].tls_failure = f[i] + 4;
			else if (!strncmp(f[i], "http=", 5))
				c->http_failure = f[i] + 5;
			else if (!strncmp(f[i], "bytes=", 6))
				c->body_length = atoi(f[i] + 6);
			else if (!strncmp(f[i], "quic", 4)) {
				e[k].quic = e[k].port == 443;
				e[k].quic_failure = f[i][4] ? f[i] + 5 : NULL;
			}
		}
}

static void add_target(struct world *w, char **f, size_t n)
{
	struct tool_target *t = &w->target[w->m.ntarget++];

	(void)n;
	*t = (struct tool_target){
	    .id = f[2], .address = f[2], .protocol = f[1], .failure = failure(f[3])};
}

static void add_helper(struct world *w, char **f, size_t n)
{
	struct control *c = &w->control[w->m.ncontrol++];
	struct control_endpoint *e = arena_zero(&w->a, 1, sizeof(*e));

	(void)n;
	*c = (struct control){.name = "helper", .endpoint = e, .nendpoint = 1};
	*e = (struct control_endpoint){.tcp = true, .tcp_failure = failure(f[2])};
	assert_true(endpoint_parse(f[1], &e->addr, &e->port));
}

static void build(struct world *w, const char *input, const char *facts)
{
	static const struct {
		const char *word;
		void (*add)(struct world *w, char **f, size_t n);
	} words[] = {{"dns", add_dns},	       {"tls", add_tls},       {"quic", add_tls},
		     {"http", add_http},       {"ttl", add_ttl},       {"series", add_series},
		     {"control", add_control}, {"target", add_target}, {"helper", add_helper}};

	memset(w, 0, sizeof(*w));
	w->m = (struct measurement){.test = strstr(input, "//") ? "web_connectivity" : input,
				    .input = input,
				    .time = 0,
				    .test_start = TIME_NONE,
				    .asn = 64500,
				    .dns = w->dns,
				    .connect = w->connect,
				    .handshake = w->handshake,
				    .transaction = w->transaction,
				    .ttl_probe = w->ttl,
				    .series = w->series,
				    .target = w->target,
				    .control = w->control};
	for (char *lines, *line = strtok_r(arena_text(&w->a, facts), "\n", &lines); line;
	     line = strtok_r(NULL, "\n", &lines)) {
		char **f = arena_zero(&w->a, 32, sizeof(*f)), *rest;
		size_t n = 0, k = 0;

		for (char *s = strtok_r(line, " ", &rest); s; s = strtok_r(NULL, " ", &rest))
			f[n++] = s;
		if (!strcmp(f[0], "tcp")) {
			w->connect[w->m.nconnect++] =
			    (struct connect){.addr = ip(f[1]),
					     .port = strncmp(input, "https", 5) ? 80 : 443,
					     .seen = {.failure = failure(f[2])}};
			continue;
		}
		while (strcmp(words[k].word, f[0]) != 0)
			k++;
		words[k].add(w, f, n);
	}
}

#define HTTPS "https://" NAME "/"
#define HTTP "http://" NAME "/"
#define FINE "dns system " SITE "\ndns doh " SITE "\n"
#define SEEN "control " SITE "\ncontrol " SITE "\n"
#define HONEST \
	"ttl path neutral 1 exceeded\nttl path neutral 2 exceeded\nttl path neutral 3 exceeded\n"
#define FAR(layer)                                                   \
	"ttl " layer " neutral 1 exceeded from=10.0.0.1\nttl " layer \
	" neutral 2 exceeded from=12.0.0.2\nttl " layer              \
	" neutral 3 exceeded from=12.0.0.3\nttl " layer " neutral 4 data ip=61\n" HONEST
/* The name fails, a neutral one and none pass, the name fails elsewhere too. */
#define BY_NAME(failure)                                                             \
	"tcp " SITE " ok\ntls normal " SITE " " failure "\ntls neutral-name " SITE   \
	" ssl_invalid_hostname answered\ntls no-name " SITE                          \
	" ssl_invalid_hostname answered\ntls neutral-address " ELSEWHERE " " failure \
	"\ntls later " SITE " " failure "\n"

static const struct vector {
	const char *from, *input, *facts;
	enum site_state state;
	const char *rule, *mechanism, *trigger;
	int hop, hop_last; /* 0: none */
	enum path_side side;
	enum intermediary who; /* WHO_UNKNOWN: whoever */
} vectors[] = {
    /* ---- names ---- */
    {"lab dns-liar: the ISP's resolver lies, others do not", HTTPS,
     "dns system " LIE "\ndns udp " SITE "\ndns doh " SITE "\ntcp " LIE
     " connection_refused\ndns udp " ELSEWHERE " neutral\nttl dns neutral 1 data\nttl dns name 1 "
     "data\nttl path neutral 1 other\n" SEEN,
     SITE_BLOCKED, "site.dns.strange", "dns.lie", "name", 1, 1, SIDE_UNKNOWN, WHO_RESOLVER},
    {"edge.md A5.5: what lives at the lie has another's certificate", HTTPS,
     "dns system " LIE "\ndns udp " LIE "\ndns doh " SITE "\ntcp " LIE " ok\ntls normal " LIE
     " ssl_unknown_authority\n" SEEN,
     SITE_BLOCKED, "site.dns.lie", "dns.lie", NULL, 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab dns-bogon", HTTPS,
     "dns system 10.10.34.34\ndns udp " SITE "\ndns doh " SITE "\ndns udp " ELSEWHERE
     " neutral\nttl dns neutral 1 data\nttl dns name 1 data\n" SEEN,
     SITE_BLOCKED, "site.dns.bogon", "dns.bogon", "name", 1, 1, SIDE_UNKNOWN, WHO_RESOLVER},
    {"lab dns-nxdomain", HTTPS,
     "dns system dns_nxdomain_error\ndns udp " SITE "\ndns doh " SITE "\ndns udp " ELSEWHERE
     " neutral\n" SEEN,
     SITE_BLOCKED, "site.dns.denied", "dns.nxdomain", "name", 0, 0, SIDE_UNKNOWN, WHO_RESOLVER},
    {"a resolver that is dead for every name: nothing says that this one triggers it", HTTPS,
     "dns system generic_timeout_error\ndns udp " SITE
     "\ndns udp generic_timeout_error neutral\n" SEEN,
     SITE_BLOCKED, "site.dns.denied", "dns.timeout", NULL, 0, 0, SIDE_UNKNOWN, WHO_RESOLVER},
    {"lab honest-dead: no control finds the name either", HTTPS,
     "dns system dns_nxdomain_error\ndns udp dns_nxdomain_error\ncontrol "
     "dns_name_error\ncontrol dns_name_error\n",
     SITE_DOWN, "site.down.no-name", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},
    {"lab dns-inject: where nobody listens the name is answered and a neutral one is not", HTTPS,
     "dns system " LIE "\ndns udp " LIE "\ndns udp " SITE " again\ndns udp " LIE
     " nobody\ndns udp generic_timeout_error nobody neutral\nttl dns neutral 1 exceeded\nttl dns "
     "neutral 2 exceeded from=12.0.0.2\nttl dns name 1 exceeded\nttl dns name 2 forged both "
     "from=12.0.0.2 ip=63\n" SEEN,
     SITE_BLOCKED, "site.dns.injection", "dns.injection", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"lab dns-inject-nxdomain: two answers to one query", HTTPS,
     "dns udp dns_nxdomain_error\ndns udp " SITE " again\ndns udp " ELSEWHERE " neutral\n" FAR(
	 "dns") "ttl dns name 1 exceeded\nttl dns name 2 forged both from=12.0.0.2\n" SEEN,
     SITE_BLOCKED, "site.dns.injection", "dns.injection", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"lab dns-inject-nxdomain, the true answer lost: where nobody listens there is no such name",
     HTTPS,
     "dns system dns_nxdomain_error\ndns udp dns_nxdomain_error\ndns udp dns_nxdomain_error "
     "nobody\n"
     "dns udp " ELSEWHERE " neutral\n" FAR(
	 "dns") "ttl dns name 1 exceeded\nttl dns name 2 forged both from=12.0.0.2\n" SEEN,
     SITE_BLOCKED, "site.dns.injection", "dns.injection", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"lab dns-hijack: a neutral name is answered there too, and truly: a proxy", HTTPS,
     "dns system " LIE "\ndns udp " LIE "\ndns udp " LIE " nobody\ndns udp " ELSEWHERE
     " nobody neutral\nttl dns neutral 1 data\nttl dns name 1 data\n" HONEST SEEN,
     SITE_BLOCKED, "site.dns.injection", "dns.injection", "name", 1, 1, SIDE_IN_PATH, WHO_ACCESS},
    {"lab dns-hijack's other sites: a network that answers all lookups itself, and truly", HTTPS,
     "dns system " SITE "\ndns udp " SITE "\ndns udp " SITE " nobody\ntcp " SITE
     " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE " 200 60000\n" SEEN,
     SITE_OPEN, "site.open.certificate", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},
    {"lab honest-cdn: another address than the controls', with the site's certificate", HTTPS,
     "dns system " LIE "\ndns doh " SITE "\ntcp " LIE " ok\ntls normal " LIE " ok\nhttp " HTTPS
     " " LIE " 200 60000\n" SEEN,
     SITE_OPEN, "site.open.certificate", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},

    /* ---- addresses ---- */
    {"lab ip-drop: silence past the first router, another address is reached", HTTPS,
     FINE "tcp " SITE " generic_timeout_error\nttl tcp neutral 1 exceeded\nttl tcp neutral 2 "
	  "exceeded from=12.0.0.2\nttl tcp neutral 3 data\nttl tcp name 1 exceeded\nttl tcp name "
	  "2 silence\nttl tcp name 3 silence\n" SEEN,
     SITE_BLOCKED, "site.tcp", "ip.drop", "address", 1, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab ip-prohibited: a router says so", HTTPS,
     FINE "tcp " SITE " host_unreachable\nttl tcp neutral 4 data\nttl tcp name 1 exceeded\nttl "
	  "tcp name 2 exceeded from=12.0.0.2\nttl tcp name 3 other from=12.0.0.2\n" SEEN,
     SITE_BLOCKED, "site.tcp", "ip.unreachable", "address", 2, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab ip-reset: the SYN is refused on the site's behalf", HTTPS,
     FINE "tcp " SITE " connection_refused\nttl tcp neutral 1 exceeded\nttl tcp neutral 2 "
	  "exceeded from=12.0.0.2\nttl tcp neutral 3 exceeded from=12.0.0.3\nttl tcp neutral 4 "
	  "data\nttl tcp name 1 exceeded\nttl tcp name 2 exceeded from=12.0.0.2\nttl tcp name 3 "
	  "reset\n" SEEN,
     SITE_BLOCKED, "site.tcp", "tcp.refused", "address", 2, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab tcp-reset: whatever is said to the address is reset", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " connection_reset\ntls neutral-name " SITE
	  " connection_reset\ntls no-name " SITE " connection_reset\ntls neutral-address " ELSEWHERE
	  " ssl_invalid_hostname answered\nttl tls neutral 1 exceeded\nttl tls neutral 2 "
	  "exceeded from=12.0.0.2\nttl tls neutral 3 reset\nttl tls name 1 exceeded\nttl tls name "
	  "2 exceeded from=12.0.0.2\nttl tls name 3 reset\n" HONEST SEEN,
     SITE_BLOCKED, "site.tls", "tcp.reset", "address", 2, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab honest-dead: the controls fail as well", HTTPS,
     FINE "tcp " SITE " generic_timeout_error\ncontrol " SITE
	  " tcp=generic_timeout_error http=generic_timeout_error\n",
     SITE_DOWN, "site.down.control", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_HOST},
    {"lab honest-portal: no control could be asked", HTTPS, FINE "tcp " SITE " host_unreachable\n",
     SITE_UNDETERMINED, "site.undetermined.no-control", NULL, NULL, 0, 0, SIDE_UNKNOWN,
     WHO_UNKNOWN},

    /* ---- TLS ---- */
    {"lab sni-reset: in the path, so the router before it is the one", HTTPS,
     FINE BY_NAME("connection_reset") FAR("tls") "ttl tls name 1 exceeded\nttl tls name 2 exceeded "
						 "from=12.0.0.2\nttl tls name 3 reset\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab sni-reset without the right to hear routers: one of two hops", HTTPS,
     FINE BY_NAME("connection_reset") "ttl tls neutral 1 exceeded\nttl tls neutral 2 exceeded "
				      "from=12.0.0.2 udp\nttl tls neutral 3 "
				      "exceeded from=12.0.0.3 udp\nttl tls neutral 4 data\nttl tls "
				      "name 1 exceeded\nttl tls name 2 "
				      "exceeded from=12.0.0.2 udp\nttl tls name 3 reset\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 3, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab sni-drop: silence, where the neutral name is heard", HTTPS,
     FINE BY_NAME("generic_timeout_error")
	 FAR("tls") "ttl tls name 1 exceeded\nttl tls name 2 exceeded from=12.0.0.2\nttl tls name "
		    "3 silence\nttl "
		    "tls name 4 silence\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-drop", "name", 2, 3, SIDE_IN_PATH, WHO_ACCESS},
    {"lab tls-inject: the router's word and a forged answer at one hop", HTTPS,
     FINE BY_NAME("connection_reset")
	 FAR("tls") "ttl tls name 1 exceeded\nttl tls name 2 reset both from=12.0.0.2 ip=63\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"lab tls-inject-ttl-copy: sent with 5 and received with 1, so from the third hop", HTTPS,
     FINE BY_NAME("connection_reset")
	 FAR("tls") "ttl tls name 1 exceeded\nttl tls name 2 exceeded\nttl tls name 3 "
		    "exceeded\nttl tls name 4 "
		    "data\nttl tls name 5 reset ip=1\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 3, 3, SIDE_ON_PATH, WHO_ACCESS},
    {"answers that come too early prove a trigger that lost its other races", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " connection_reset\n" FAR(
	 "tls") "ttl tls name 1 exceeded\nttl tls name 2 reset both from=12.0.0.2\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"lab residual: the neutral name passes after a rest", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " generic_timeout_error\ntls neutral-name " SITE
	  " generic_timeout_error\ntls no-name " SITE
	  " generic_timeout_error\ntls neutral-address " ELSEWHERE
	  " generic_timeout_error\ntls neutral-name " SITE
	  " ssl_invalid_hostname answered after-rest\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-drop", "name", 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab tls-drop-all: nothing passes, whatever it names and wherever it goes", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " generic_timeout_error\ntls neutral-name " SITE
	  " generic_timeout_error\ntls no-name " SITE
	  " generic_timeout_error\ntls neutral-address " ELSEWHERE " generic_timeout_error\n" SEEN,
     SITE_BLOCKED, "site.tls", "tls.drop", "protocol", 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"a fault that passes when it is asked again is no trigger", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " connection_reset\ntls neutral-name " SITE
	  " ok answered\ntls neutral-address " ELSEWHERE " ok answered\ntls later " SITE
	  " ok answered\n" SEEN,
     SITE_BLOCKED, "site.tls", "tls.reset", NULL, 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab tls-mitm: another certificate than the control's, from a proxy at the first hop", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ssl_unknown_authority\nttl tls neutral 1 "
	  "data\nttl tls name 1 data\n" HONEST SEEN,
     SITE_REROUTED, "site.tls.mitm", "tls.mitm", NULL, 1, 1, SIDE_IN_PATH, WHO_ACCESS},

    /* ---- whose the router is (AS64500 is the probe's network) ---- */
    {"the access network's", HTTPS,
     "dns system " SITE " as=64503\ntcp " SITE " ok\ntls normal " SITE " connection_reset\ntls "
     "neutral-name " SITE " ok answered\ntls neutral-address " ELSEWHERE
     " connection_reset\nttl tls neutral 4 data\nttl tls name 1 exceeded\nttl tls name 2 reset "
     "both from=12.0.0.2 as=64500\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_ACCESS},
    {"another network's on the way", HTTPS,
     "dns system " SITE " as=64503\ntcp " SITE " ok\ntls normal " SITE " connection_reset\ntls "
     "neutral-name " SITE " ok answered\ntls neutral-address " ELSEWHERE
     " connection_reset\nttl tls neutral 4 data\nttl tls name 1 exceeded\nttl tls name 2 reset "
     "both from=12.0.0.2 as=64501\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_TRANSIT},
    {"an exchange's, by its name", HTTPS,
     "dns system " SITE " as=64503\ntcp " SITE " ok\ntls normal " SITE " connection_reset\ntls "
     "neutral-name " SITE " ok answered\ntls neutral-address " ELSEWHERE
     " connection_reset\nttl tls neutral 4 data\nttl tls name 1 exceeded\nttl tls name 2 reset "
     "both from=12.0.0.2 as=64502\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_EXCHANGE},
    {"that of the destination's host", HTTPS,
     "dns system " SITE " as=64503\ntcp " SITE " ok\ntls normal " SITE " connection_reset\ntls "
     "neutral-name " SITE " ok answered\ntls neutral-address " ELSEWHERE
     " connection_reset\nttl tls neutral 4 data\nttl tls name 1 exceeded\nttl tls name 2 reset "
     "both from=12.0.0.2 as=64503\n" SEEN,
     SITE_BLOCKED, "site.tls.name", "tls.sni-reset", "name", 2, 2, SIDE_ON_PATH, WHO_HOST},

    /* ---- HTTP ---- */
    {"lab http-blockpage: the name gets the page at an unrelated address too", HTTP,
     FINE "tcp " SITE " ok\nhttp " HTTP " " SITE " 200 900\nhttp " HTTP " " SITE
	  " 200 5000 trigger=neutral-name\nhttp " HTTP " " ELSEWHERE
	  " 200 900 trigger=neutral-address\nhttp " HTTP " " SITE
	  " 200 900 trigger=later\nttl http "
	  "neutral 1 data\nttl http name 1 data\n" HONEST SEEN,
     SITE_BLOCKED, "site.http.name", "http.blockpage", "name", 1, 1, SIDE_IN_PATH, WHO_ACCESS},
    {"edge.md A5.7: short words of blocking in the clear, where a control got another page", HTTP,
     FINE
     "tcp " SITE " ok\nhttp " HTTP " " SITE
     " 200 0 body=<title>Access_denied</title>This_site_is_blocked_by_order_of_the_ministry\n" SEEN,
     SITE_BLOCKED, "site.http.words", "http.blockpage", NULL, 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab http-redirect: in the clear to another site that speaks of blocking", HTTP,
     FINE "tcp " SITE " ok\nhttp " HTTP " " SITE
	  " 302 0 location=http://warning.test/\nhttp http://warning.test/ " LIE
	  " 200 0 body=<title>Access_denied</title>This_site_is_blocked_by_order_of_the_ministry "
	  "depth=1\n" SEEN,
     SITE_BLOCKED, "site.http.redirect", "http.redirect", NULL, 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"a redirect in the clear to an address inside", HTTP,
     FINE "tcp " SITE " ok\nhttp " HTTP " " SITE " 302 0 location=http://10.1.2.3/\n" SEEN,
     SITE_BLOCKED, "site.http.redirect", "http.redirect", NULL, 0, 0, SIDE_UNKNOWN, WHO_ACCESS},
    {"lab http-reset", HTTP,
     FINE "tcp " SITE " ok\nhttp " HTTP " " SITE " connection_reset 0\nhttp " HTTP " " SITE
	  " 200 5000 trigger=neutral-name\nhttp " HTTP " " ELSEWHERE
	  " connection_reset 0 trigger=neutral-address\n" FAR(
	      "http") "ttl http name 1 exceeded\nttl http name 2 exceeded from=12.0.0.2\nttl http "
		      "name 3 reset\n" SEEN,
     SITE_BLOCKED, "site.http", "http.reset", "name", 2, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"edge.md A5.6: over TLS a refusal is the site's own", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE " 403 900\n" SEEN,
     SITE_OPEN, "site.open.refused", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_SITE},
    {"lab honest-geofenced: the site says so itself, over TLS", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 403 0 body=This_content_is_not_available_in_your_country.\n" SEEN,
     SITE_GEOFENCED, "site.geofenced.said", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_SITE},

    /* ---- QUIC ---- */
    {"lab quic-sni: a neutral name's Initial is answered", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 60000\nquic normal " SITE " generic_timeout_error\nquic neutral-name " SITE
	  " ok answered\nquic no-name " SITE
	  " ok version-negotiation answered\nttl quic neutral 1 exceeded\nttl quic neutral 2 "
	  "data\nttl quic name 1 exceeded\nttl quic name 2 silence\n" SEEN,
     SITE_BLOCKED, "site.quic.name", "quic.drop", "name", 1, 2, SIDE_IN_PATH, WHO_ACCESS},
    {"lab quic-drop: no Initial is answered, a control's is", HTTPS,
     FINE
     "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE " 200 60000\nquic normal " SITE
     " generic_timeout_error\nquic neutral-name " SITE " generic_timeout_error\nquic no-name " SITE
     " generic_timeout_error version-negotiation\nttl quic neutral 1 exceeded\nttl quic neutral "
     "3 silence\nttl quic name 1 exceeded\nttl quic name 2 exceeded from=12.0.0.2\nttl quic name "
     "3 silence\n" HONEST "control " SITE " quic\n",
     SITE_BLOCKED, "site.quic", "quic.drop", "protocol", 2, 3, SIDE_IN_PATH, WHO_ACCESS},
    {"IMC 2021 (Elmenhorst et al.): a server that has no QUIC is nobody's doing", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 60000\nquic normal " SITE " generic_timeout_error\nquic neutral-name " SITE
	  " generic_timeout_error\ncontrol " SITE " quic=generic_timeout_error\n",
     SITE_OPEN, "site.open.certificate", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},

    /* ---- speed ---- */
    {"lab throttle-name: far slower than a neutral name over as many bytes", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 60000\nseries name 0:4000 2000:44000 4000:84000 6000:124000\nseries neutral "
	  "0:4000 100:500000 200:1000000\n" SEEN,
     SITE_THROTTLED, "site.throttled.policing", "throttle.policing", "name", 0, 0, SIDE_UNKNOWN,
     WHO_ACCESS},
    {"lab throttle-freeze: 16 KB and then none (net4people/bbs 490)", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 0\nseries name 0:4000 100:16384 9000:16384\nseries neutral 0:4000 100:500000 "
	  "200:1000000\n" SEEN,
     SITE_THROTTLED, "site.throttled.freeze", "throttle.freeze", "name", 0, 0, SIDE_UNKNOWN,
     WHO_ACCESS},
    {"lab throttle-name: slow for a neutral name too after a hello that died at 3", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 60000\nseries name 0:4000 2000:44000 4000:84000 6000:124000\nseries neutral 0:4000 "
	  "100:500000\nseries neutral 0:4000 100:500000 insert=1\nseries neutral 0:4000 100:500000 "
	  "insert=2\nseries neutral 0:4000 6000:104000 insert=3\nseries neutral 0:4000 6000:104000 "
	  "insert=4\n" SEEN,
     SITE_THROTTLED, "site.throttled.policing", "throttle.policing", "name", 2, 3, SIDE_UNKNOWN,
     WHO_ACCESS},
    {"slow after a hello that died near, and fast after one that died farther on: no place", HTTPS,
     FINE
     "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
     " 200 60000\nseries name 0:4000 2000:44000 4000:84000 6000:124000\nseries neutral 0:4000 "
     "100:500000\nseries neutral 0:4000 6000:104000 insert=1\nseries neutral 0:4000 100:500000 "
     "insert=2\n" SEEN,
     SITE_THROTTLED, "site.throttled.policing", "throttle.policing", "name", 0, 0, SIDE_UNKNOWN,
     WHO_ACCESS},
    {"lab honest-slow: as slow for a neutral name", HTTPS,
     FINE "tcp " SITE " ok\ntls normal " SITE " ok\nhttp " HTTPS " " SITE
	  " 200 60000\nseries name 0:4000 2000:104000 4000:204000\nseries neutral 0:4000 "
	  "2000:104000 4000:204000\n" SEEN,
     SITE_OPEN, "site.open.certificate", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},

    /* ---- tools ---- */
    {"lab honest-tor: what the controls do not reach either is dead", "tor",
     "target or_port 1.2.3.4:9001 ok\ntarget obfs4 1.2.3.4:9443 ok\ntarget or_port_dirauth "
     "1.2.3.5:443 generic_timeout_error\ntarget dir_port 1.2.3.5:80 "
     "generic_timeout_error\ntarget or_port_dirauth 1.2.3.6:443 generic_timeout_error\nhelper "
     "1.2.3.4:9001 ok\nhelper 1.2.3.5:443 connect_error\nhelper 1.2.3.5:80 "
     "connect_error\nhelper 1.2.3.6:443 connect_error\n",
     SITE_OPEN, "tool.open", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},
    {"lab tor: what the controls reach is not", "tor",
     "target or_port 1.2.3.4:9001 generic_timeout_error\ntarget obfs4 1.2.3.4:9443 "
     "generic_timeout_error\ntarget or_port_dirauth 1.2.3.5:443 generic_timeout_error\nhelper "
     "1.2.3.4:9001 ok\nhelper 1.2.3.4:9443 ok\nhelper 1.2.3.5:443 connect_error\nttl tcp "
     "neutral 4 data\nttl tcp name 1 exceeded\nttl tcp name 2 exceeded from=12.0.0.2\nttl tcp "
     "name 3 silence\n" HONEST,
     SITE_BLOCKED, "tool.endpoints", "ip.drop", "address", 2, 3, SIDE_IN_PATH, WHO_ACCESS},
    {"two bridges that nobody tried from elsewhere may be dead", "tor",
     "target or_port 1.2.3.4:9001 generic_timeout_error\ntarget obfs4 1.2.3.4:9443 "
     "generic_timeout_error\n",
     SITE_UNDETERMINED, "site.undetermined.no-data", NULL, NULL, 0, 0, SIDE_UNKNOWN, WHO_UNKNOWN},
    {"lab wireguard: routers answer noise from farther than the tool's words", "wireguard",
     "target wireguard 1.2.3.4:51820 generic_timeout_error\nttl udp noise 1 exceeded\nttl udp "
     "noise 2 exceeded from=12.0.0.2\nttl udp noise 3 exceeded from=12.0.0.3\nttl udp name 1 "
     "exceeded\nttl udp name 2 silence\nttl udp name 3 silence\n",
     SITE_BLOCKED, "tool.words", "app.drop", "words", 1, 2, SIDE_IN_PATH, WHO_ACCESS},
};

static void rules(void **state)
{
	struct knowledge k = {.names = names_new()};
	unsigned bad = 0;

	(void)state;
	names_add((struct names *)k.names,
		  &(struct naming){.asn = 64501, .name = "Phoenix Transit Mixer", .country = "DE"});
	names_add(
	    (struct names *)k.names,
	    &(struct naming){.asn = 64502, .name = "TEST-CIX Management GmbH", .country = "DE"});
	names_ready((struct names *)k.names);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *x = &vectors[i];
		static struct world w;
		struct verdict v;
		const char *m;
		bool ok;

		build(&w, x->input, x->facts);
		verdict_judge(&w.a, &k, &w.m, &v);
		m = v.nmechanism ? v.mechanism[0].id : NULL;
		ok = v.state == x->state && !strcmp(v.rule->id, x->rule) && !m == !x->mechanism &&
		     (!m || !strcmp(m, x->mechanism)) && !v.trigger == !x->trigger &&
		     (!v.trigger || !strcmp(v.trigger, x->trigger)) && v.hop_first == x->hop &&
		     v.hop_last == x->hop_last && v.side == x->side && (!x->who || v.who == x->who);
		if (!ok)
			print_error("%s:\n  %s by %s, %s, trigger %s, hop %d to %d, side %d, %s\n",
				    x->from, site_state_text(v.state), v.rule->id, m ? m : "-",
				    v.trigger ? v.trigger : "-", v.hop_first, v.hop_last, v.side,
				    intermediary_text(v.who));
		bad += !ok;
		if (v.nmechanism) {
			assert_in_range(v.confidence * 100, 50, 99);
			assert_true(v.hop_first == 0 || v.hop);
		}
		arena_free(&w.a);
	}
	names_free((struct names *)k.names);
	assert_int_equal(bad, 0);
}

/* What docs/edge.md names has its vector. */
static void mechanisms(void **state)
{
	static const char *const known[] = {"dns.lie",		 "dns.injection",  "dns.nxdomain",
					    "ip.drop",		 "tcp.reset",	   "tls.sni-reset",
					    "tls.sni-drop",	 "tls.mitm",	   "http.blockpage",
					    "http.redirect",	 "quic.drop",	   "dns.bogon",
					    "throttle.policing", "throttle.freeze"};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		bool has = false;

		for (size_t k = 0; k < sizeof(vectors) / sizeof(*vectors); k++)
			has |= vectors[k].mechanism && !strcmp(vectors[k].mechanism, known[i]);
		if (!has)
			fail_msg("%s has no vector", known[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(mechanisms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
