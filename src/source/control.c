/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/control.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fact/bogon.h"
#include "source/dns.h"
#include "source/http.h"
#include "source/initial.h"

#define LOOKUP_ADDRS 16

struct lookup {
	struct control_work *helper;
	const char *name;
	struct task *task[2]; /* A, AAAA */
	const char *failure[2];
	size_t resolver;
	struct addr addr[LOOKUP_ADDRS];
	size_t n;
	bool answered; /* a resolver said something, be it that there is nothing */
	void (*done)(struct control_work *h);
};

/* One endpoint: TCP, and TLS on port 443 and where the URL says https. */
struct point {
	struct control_work *helper;
	struct control_endpoint *e;
	struct task *task;
	struct conn *conn;
};

struct control_work {
	struct loop *loop;
	struct arena *arena;
	const struct control_request *request;
	struct control_options opt;
	uint32_t id;
	control_done *done;
	void *arg;
	struct event timer; /* the beginning, then the end */
	struct control seen;
	struct lookup names;
	struct control_addr *addr; /* CONTROL_ADDRS */
	struct control_endpoint *endpoint;
	struct point *point;
	size_t npoint, left; /* endpoints, and the page */

	/* The page, redirects followed. */
	struct lookup page_names;
	const char *url, *host;
	uint16_t port;
	bool https, fetched;
	size_t next; /* of page_names.addr */
	unsigned redirects;
	struct task *task;
	struct conn *conn;
};

/* ---- what may be dialled ---- */

/* Ports where a connection may do harm or tell of what is inside: "bad ports" of the Fetch
 * standard (fetch.spec.whatwg.org/#port-blocking), which browsers refuse as well. */
static bool port_may(uint16_t port)
{
	static const uint16_t bad[] = {
	    0,	  1,	7,    9,    11,	  13,	15,   17,   19,	  20,	21,   22,   23,	  25,
	    37,	  42,	43,   53,   69,	  77,	79,   87,   95,	  101,	102,  103,  104,  109,
	    110,  111,	113,  115,  117,  119,	123,  135,  137,  139,	143,  161,  179,  389,
	    427,  465,	512,  513,  514,  515,	526,  530,  531,  532,	540,  548,  554,  556,
	    563,  587,	601,  636,  989,  990,	993,  995,  1719, 1720, 1723, 2049, 3659, 4045,
	    4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (bad[i] == port)
			return false;
	return true;
}

static bool public(struct addr addr)
{
	struct prefix p = {addr.hi, addr.lo, addr.v6 ? 128 : 32, addr.v6};

	return bogon_prefix(p, NULL) != BOGON_FULL;
}

bool control_may_dial(struct addr addr, uint16_t port, bool allow_private)
{
	uint64_t inner = 0;
	bool has_inner = false;

	if (allow_private)
		return port != 0;
	if (!port_may(port) || !public(addr))
		return false;
	if (!addr.v6)
		return true;
	/* Translators and relays would go on to the IPv4 address within: ::ffff:0:0/96 and ::/96,
	 * 64:ff9b::/96 (RFC 6052), 2002::/16 (RFC 3056). */
	if (addr.hi == 0 || addr.hi == UINT64_C(0x0064ff9b00000000)) {
		inner = addr.lo & 0xffffffff;
		has_inner = true;
	} else if (addr.hi >> 48 == 0x2002) {
		inner = addr.hi >> 16 & 0xffffffff;
		has_inner = true;
	}
	return !has_inner || public((struct addr){.hi = inner << 32});
}

/* ---- the protocol's words, which differ from df-007's ---- */

static const char *dns_word(const char *failure)
{
	if (!failure || !strcmp(failure, "dns_no_answer"))
		return NULL;
	if (!strcmp(failure, "dns_nxdomain_error"))
		return "dns_name_error";
	if (!strncmp(failure, "dns_", 4))
		return "dns_server_failure";
	return "unknown_error";
}

static const char *tcp_word(const char *failure)
{
	if (!failure || !strcmp(failure, "generic_timeout_error"))
		return failure;
	return strcmp(failure, "connection_refused") ? "connect_error" : "connection_refused_error";
}

static const char *http_word(const char *failure)
{
	if (!failure || !strcmp(failure, "generic_timeout_error"))
		return failure;
	if (!strncmp(failure, "dns_", 4) && strcmp(failure, "dns_bogon_error") != 0)
		return "dns_lookup_error";
	return strcmp(failure, "connection_refused") ? "unknown_error" : "connection_refused_error";
}

/* ---- the end ---- */

static void done_one(struct control_work *h)
{
	if (--h->left)
		return;
	event_del(&h->timer);
	h->done(h->arg, &h->seen);
}

static struct flow flow_of(struct control_work *h, int64_t seconds)
{
	return (struct flow){.timeout = seconds * SECOND, .owner = h->id};
}

/* ---- names ---- */

static void lookup_begin(struct lookup *k);

static void lookup_over(struct lookup *k)
{
	if (!k->answered && ++k->resolver < k->helper->opt.nresolver) {
		lookup_begin(k);
		return;
	}
	k->done(k->helper);
}

static void heard(struct lookup *k, int which, const struct dns_reply *r)
{
	k->task[which] = NULL;
	k->failure[which] = r->seen.failure;
	if (r->rcode >= 0)
		k->answered = true;
	for (size_t i = 0; i < r->nanswer && !r->seen.failure; i++)
		if (r->answer[i].has_addr && k->n < LOOKUP_ADDRS)
			k->addr[k->n++] = r->answer[i].addr;
	if (!k->task[0] && !k->task[1])
		lookup_over(k);
}

static void heard_a(void *arg, const struct dns_reply *reply, size_t n)
{
	(void)n;
	heard(arg, 0, reply);
}

static void heard_aaaa(void *arg, const struct dns_reply *reply, size_t n)
{
	(void)n;
	heard(arg, 1, reply);
}

static void lookup_begin(struct lookup *k)
{
	struct control_work *h = k->helper;
	struct ask_spec spec = {.flow = flow_of(h, 4),
				.resolver = h->opt.resolver[k->resolver],
				.name = k->name,
				.type = DNS_A,
				.window =
				    1, /* a helper's network is trusted: the first one counts */
				.trust = h->opt.trust};

	k->n = 0;
	k->answered = false;
	k->task[0] = ask_begin(h->loop, h->arena, &spec, heard_a, k);
	spec.type = DNS_AAAA;
	k->task[1] = ask_begin(h->loop, h->arena, &spec, heard_aaaa, k);
}

/* What the lookup failed with, NULL when it gave an address. */
static const char *lookup_failure(const struct lookup *k)
{
	return k->n ? NULL : k->failure[0] ? k->failure[0] : k->failure[1];
}

/* ---- endpoints ---- */

static struct control_addr *known(struct control_work *h, struct addr addr)
{
	for (size_t i = 0; i < h->seen.naddr; i++)
		if (h->addr[i].addr.hi == addr.hi && h->addr[i].addr.lo == addr.lo &&
		    h->addr[i].addr.v6 == addr.v6)
			return &h->addr[i];
	if (h->seen.naddr == CONTROL_ADDRS)
		return NULL;
	h->addr[h->seen.naddr] = (struct control_addr){.addr = addr, .flags = public(addr) ? 0 : 4};
	return &h->addr[h->seen.naddr++];
}

static void point_over(struct point *p)
{
	conn_close(p->conn);
	p->conn = NULL;
	done_one(p->helper);
}

static void shook(void *arg, const struct handshake *reply)
{
	struct point *p = arg;

	p->task = NULL;
	p->e->tls = true;
	p->e->tls_failure = reply->seen.failure;
	if (!reply->seen.failure)
		known(p->helper, p->e->addr)->flags |= 8;
	point_over(p);
}

static void dialled(void *arg, const struct connect *reply, struct conn *conn)
{
	static const char *const alpn[] = {"h2", "http/1.1", NULL};
	struct point *p = arg;
	struct control_work *h = p->helper;
	struct tls_spec spec = {.flow = flow_of(h, 10),
				.conn = conn,
				.trust = h->opt.trust,
				.server_name = h->request->host,
				.verify_name = h->request->host,
				.alpn = alpn};

	p->task = NULL;
	p->conn = conn;
	p->e->tcp = true;
	p->e->tcp_failure = tcp_word(reply->seen.failure);
	if (!conn || (p->e->port != 443 && !h->request->https)) {
		point_over(p);
		return;
	}
	p->task = tls_begin(h->loop, h->arena, &spec, shook, p);
}

static void points(struct control_work *h)
{
	uint16_t port[2] = {h->request->port, 443};
	size_t nport = !h->request->has_port && !h->request->https ? 2 : 1;

	h->endpoint = arena_zero(h->arena, 2 * CONTROL_ADDRS, sizeof(*h->endpoint));
	h->point = arena_zero(h->arena, 2 * CONTROL_ADDRS, sizeof(*h->point));
	h->seen.endpoint = h->endpoint;
	for (size_t i = 0; i < h->seen.naddr; i++)
		for (size_t k = 0; k < nport; k++) {
			struct control_endpoint *e = &h->endpoint[h->seen.nendpoint];
			struct point *p = &h->point[h->npoint];
			struct dial_spec spec = {
			    .flow = flow_of(h, 15), .addr = h->addr[i].addr, .port = port[k]};

			if (!control_may_dial(spec.addr, spec.port, h->opt.allow_private))
				continue;
			*e = (struct control_endpoint){.addr = spec.addr,
						       .port = spec.port,
						       .tcp_failure = "generic_timeout_error"};
			h->seen.nendpoint++;
			h->npoint++;
			*p = (struct point){.helper = h, .e = e};
			h->left++;
			p->task = dial_begin(h->loop, h->arena, &spec, dialled, p);
		}
}

/* ---- the page ---- */

static void page_begin(struct control_work *h);
static void page_dial(struct control_work *h);

static void page_over(struct control_work *h, const char *failure)
{
	conn_close(h->conn);
	h->conn = NULL;
	h->fetched = true;
	h->seen.http_failure = http_word(failure);
	if (failure)
		h->seen.body_length = -1;
	done_one(h);
}

/* As OONI's: what stands between the tags, when it is short and holds no other tag. */
static const char *title_of(struct arena *a, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 7 < n; i++) {
		size_t at = i + 6, end;

		if (p[i] != '<' || strncasecmp((const char *)p + i, "<title", 6) != 0 ||
		    (p[at] != '>' && !isspace(p[at])))
			continue;
		while (at < n && p[at] != '>')
			at++;
		for (end = ++at; end < n && p[end] != '<' && end - at <= 512; end++)
			;
		if (end < n && p[end] == '<' && end > at)
			return arena_textn(a, (const char *)p + at, end - at);
		return NULL;
	}
	return NULL;
}

/* An answer of whatever kind says that QUIC is spoken there. */
static void quic_over(void *arg, const struct handshake *r, size_t n)
{
	struct point *p = arg;

	p->task = NULL;
	p->e->quic = true;
	p->e->quic_failure = "generic_timeout_error";
	for (size_t i = 0; i < n; i++)
		for (uint16_t k = 0; k < r[i].seen.ntag; k++)
			if (!strcmp(r[i].seen.tag[k], "answered"))
				p->e->quic_failure = NULL;
	done_one(p->helper);
}

/* The site itself offers HTTP/3 (Alt-Svc, RFC 7838): does it answer, where TLS does? */
static void quic_points(struct control_work *h, const struct transaction *t)
{
	const char *offer = http_header(t, "alt-svc");

	if (!h->request->quic || !h->https || !offer || !strstr(offer, "h3") ||
	    strcmp(h->host, h->request->host) != 0)
		return;
	for (size_t i = 0; i < h->npoint; i++) {
		struct point *p = &h->point[i];
		struct initial_spec spec = {.flow = flow_of(h, 10),
					    .addr = p->e->addr,
					    .port = p->e->port,
					    .name = h->request->host};

		/* While its TLS is under way nothing is known of it. */
		if (p->task || !p->e->tls || p->e->tls_failure)
			continue;
		h->left++;
		p->task = initial_begin(h->loop, h->arena, &spec, quic_over, p);
	}
}

static void got_page(void *arg, const struct transaction *t)
{
	struct control_work *h = arg;
	const char *to;

	h->task = NULL;
	if (t->seen.failure) {
		page_over(h, t->seen.failure);
		return;
	}
	to = http_location(h->arena, t);
	if (to && strlen(to) < 8192) {
		if (h->redirects++ == h->opt.redirects) {
			page_over(h, "unknown_failure: too many redirects");
			return;
		}
		conn_close(h->conn);
		h->conn = NULL;
		h->url = to;
		page_begin(h);
		return;
	}
	h->seen.code = t->code;
	h->seen.body_length = (int64_t)t->nbody;
	h->seen.header = t->header;
	h->seen.nheader = t->nheader;
	h->seen.title = title_of(h->arena, t->body, t->nbody);
	quic_points(h, t);
	page_over(h, NULL);
}

static void page_ask(struct control_work *h)
{
	struct http_spec spec = {.flow = flow_of(h, 15),
				 .conn = h->conn,
				 .url = h->url,
				 .header = h->request->header,
				 .nheader = h->request->nheader,
				 .body_max = h->opt.body_max};

	h->task = http_begin(h->loop, h->arena, &spec, got_page, h);
}

static void page_shook(void *arg, const struct handshake *reply)
{
	struct control_work *h = arg;

	h->task = NULL;
	if (reply->seen.failure)
		page_over(h, reply->seen.failure);
	else
		page_ask(h);
}

static void page_dialled(void *arg, const struct connect *reply, struct conn *conn)
{
	static const char *const alpn[] = {"h2", "http/1.1", NULL};
	struct control_work *h = arg;
	struct tls_spec spec = {.flow = flow_of(h, 10),
				.conn = conn,
				.trust = h->opt.trust,
				.server_name = h->host,
				.verify_name = h->host,
				.alpn = alpn};

	h->task = NULL;
	h->conn = conn;
	if (!conn) {
		h->page_names.failure[0] = reply->seen.failure;
		page_dial(h);
	} else if (h->https) {
		h->task = tls_begin(h->loop, h->arena, &spec, page_shook, h);
	} else {
		page_ask(h);
	}
}

/* The next address that may be dialled; none: what the last one failed with. */
static void page_dial(struct control_work *h)
{
	struct lookup *k = &h->page_names;

	while (h->next < k->n) {
		struct dial_spec spec = {
		    .flow = flow_of(h, 10), .addr = k->addr[h->next++], .port = h->port};

		if (!control_may_dial(spec.addr, spec.port, h->opt.allow_private)) {
			k->failure[0] = "dns_bogon_error";
			continue;
		}
		h->task = dial_begin(h->loop, h->arena, &spec, page_dialled, h);
		return;
	}
	page_over(h, k->failure[0] ? k->failure[0] : "dns_no_answer");
}

static void page_named(struct control_work *h)
{
	const char *failure = lookup_failure(&h->page_names);

	if (failure) {
		page_over(h, failure);
		return;
	}
	h->page_names.failure[0] = NULL;
	page_dial(h);
}

static void page_begin(struct control_work *h)
{
	struct lookup *k = &h->page_names;
	char host[512];

	*k = (struct lookup){.helper = h, .done = page_named};
	h->https = !strncasecmp(h->url, "https://", 8);
	h->host = arena_text(h->arena, url_host(host, sizeof(host), h->url, &h->port));
	h->next = 0;
	k->name = h->host;
	if (addr_parse(h->host, strlen(h->host), &k->addr[0])) {
		k->n = 1;
		page_dial(h);
	} else if (h->names.name && !strcmp(h->host, h->names.name)) {
		memcpy(k->addr, h->names.addr, sizeof(k->addr));
		k->n = h->names.n;
		memcpy(k->failure, h->names.failure, sizeof(k->failure));
		page_named(h);
	} else {
		lookup_begin(k);
	}
}

/* ---- all of it ---- */

static void named(struct control_work *h)
{
	for (size_t i = 0; i < h->request->naddr; i++)
		known(h, h->request->addr[i])->flags |= 1;
	for (size_t i = 0; i < h->names.n; i++) {
		struct control_addr *a = known(h, h->names.addr[i]);

		if (!a)
			break;
		a->flags |= 2;
		a->answered = true;
	}
	h->seen.dns_failure = h->names.name ? dns_word(lookup_failure(&h->names)) : NULL;
	h->left = 1; /* so that nothing is over before all has begun */
	points(h);
	h->left++;
	page_begin(h);
	done_one(h);
}

static void lookup_stop(struct lookup *k)
{
	for (int i = 0; i < 2; i++)
		if (k->task[i])
			task_cancel(k->task[i]);
	k->task[0] = k->task[1] = NULL;
}

static void stop(struct control_work *h)
{
	lookup_stop(&h->names);
	lookup_stop(&h->page_names);
	for (size_t i = 0; i < h->npoint; i++) {
		struct point *p = &h->point[i];

		if (p->task)
			task_cancel(p->task);
		conn_close(p->conn);
		/* Its step was not over; what it is said to have failed with is the time. */
		if (p->task && p->e->tcp && !p->e->tcp_failure && !p->e->tls) {
			p->e->tls = true;
			p->e->tls_failure = "generic_timeout_error";
		}
		p->e->tcp = true;
		p->task = NULL;
		p->conn = NULL;
	}
	if (h->task)
		task_cancel(h->task);
	h->task = NULL;
	conn_close(h->conn);
	h->conn = NULL;
}

static void too_late(evutil_socket_t fd, short what, void *arg)
{
	struct control_work *h = arg;

	(void)fd;
	(void)what;
	if (!h->fetched) {
		h->seen.http_failure = "generic_timeout_error";
		h->seen.body_length = -1;
	}
	if (!h->left)
		h->seen.dns_failure = "dns_server_failure";
	stop(h);
	h->done(h->arg, &h->seen);
}

static void start(evutil_socket_t fd, short what, void *arg)
{
	struct control_work *h = arg;
	struct timeval tv = {.tv_sec = h->opt.timeout / SECOND, .tv_usec = h->opt.timeout % SECOND};
	struct addr literal;

	(void)fd;
	(void)what;
	event_assign(&h->timer, loop_base(h->loop), -1, 0, too_late, h);
	event_add(&h->timer, &tv);
	if (addr_parse(h->request->host, strlen(h->request->host), &literal)) {
		named(h);
		return;
	}
	h->names.name = h->request->host;
	lookup_begin(&h->names);
}

struct control_work *control_begin(struct loop *l, struct arena *a,
				   const struct control_request *request,
				   const struct control_options *opt, uint32_t id,
				   control_done *done, void *arg)
{
	struct control_work *h = mem_zero(1, sizeof(*h));
	struct timeval now = {0};

	*h = (struct control_work){.loop = l,
				   .arena = a,
				   .request = request,
				   .opt = *opt,
				   .id = id,
				   .done = done,
				   .arg = arg,
				   .url = request->url};
	h->opt.timeout = opt->timeout ? opt->timeout : 30 * SECOND;
	h->opt.redirects = opt->redirects ? opt->redirects : 10;
	h->names = (struct lookup){.helper = h, .done = named};
	h->addr = arena_zero(a, CONTROL_ADDRS, sizeof(*h->addr));
	h->seen = (struct control){.dns = true, .http = true, .addr = h->addr};
	event_assign(&h->timer, loop_base(l), -1, 0, start, h);
	event_add(&h->timer, &now);
	return h;
}

void control_end(struct control_work *h)
{
	if (!h)
		return;
	stop(h);
	event_del(&h->timer);
	free(h);
}
