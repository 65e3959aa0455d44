/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian control: the test helper as a service. One thread; each connection carries one request,
 * has a deadline for saying it, and a place among those of its client's address and of all.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "source/control.h"
#include "version.h"

#define HEAD_MAX ((size_t)16 << 10)
#define CLIENTS 65536 /* whose requests are counted */
#define MINUTE (60 * SECOND)

static struct opt_list listens, resolvers;
static const char *ca;
static bool allow_private;
static uint64_t rate = 60, per_client = 8, concurrent = 64, connections = 512, seconds = 30,
		page_size = 2 << 20;

static const struct opt opts[] = {
    {"listen", 'l', OPT_LIST, &listens, "ADDRESS:PORT",
     "Where to be asked; may be given several times. 127.0.0.1:8080 without it.", NULL},
    {"resolver", 0, OPT_LIST, &resolvers, "RESOLVER",
     "Whom to ask for names: an address, tcp:ADDRESS, tls:ADDRESS#NAME or "
     "https://NAME/dns-query#ADDRESS; the next one when one is silent. The system's without it.",
     NULL},
    {"ca", 0, OPT_TEXT, &ca, "FILE",
     "Certificate authorities to believe instead of the system's (PEM).", NULL},
    {"rate", 0, OPT_UINT, &rate, "N",
     "Requests a minute of one client (an IPv4 address, an IPv6 /56); 60 without it.", NULL},
    {"per-client", 0, OPT_UINT, &per_client, "N",
     "Connections of one client at once; 8 without it.", NULL},
    {"concurrent", 0, OPT_UINT, &concurrent, "N",
     "Measurements at once; who comes then is told to come back. 64 without it.", NULL},
    {"connections", 0, OPT_UINT, &connections, "N", "Connections at once; 512 without it.", NULL},
    {"time", 0, OPT_UINT, &seconds, "SECONDS", "How long one measurement may take; 30 without it.",
     NULL},
    {"page-size", 0, OPT_UINT, &page_size, "BYTES",
     "How much of a page is read; 2,097,152 without it.", NULL},
    {"allow-private", 0, OPT_BOOL, &allow_private, NULL,
     "Dial private, loopback and reserved addresses and any port as well. For laboratories: "
     "whoever can ask can then reach into your network.",
     NULL},
    COMMON_OPTS};

/* Who asks: an address, or the /56 that a home has. */
struct client {
	struct addr who;
	int64_t since; /* of the count; 0: unused */
	uint32_t requests, open;
};

struct service {
	struct loop *loop;
	struct client *client; /* a table of CLIENTS */
	struct control_options helper;
	size_t running, open;
	uint64_t served, refused;
	uint32_t next;
	struct evconnlistener *listener[64];
	size_t nlistener;
	struct event again; /* accepting again, after a pause */
	struct asked *asked;
};

struct asked {
	struct asked *prev, *next;
	struct service *service;
	struct bufferevent *io;
	struct client *client;
	struct event deadline;
	struct arena arena;
	struct control_request request;
	struct control_work *helper;
	bool answered;
};

/* ---- clients ---- */

/* A place in four; when all are taken by others that are active, the one whose count began first is
 * used again, so that the table cannot be filled up. */
static struct client *client_of(struct service *s, struct addr who)
{
	int64_t t = loop_now(s->loop) + 1;
	struct client *best = NULL;
	uint64_t h;

	if (who.v6) {
		who.hi &= ~UINT64_C(0xff);
		who.lo = 0;
	}
	h = hash_u64(who.hi ^ hash_u64(who.lo + who.v6));
	for (size_t i = 0; i < 4; i++) {
		struct client *c = &s->client[(h + i) % CLIENTS];

		if (c->since && c->who.hi == who.hi && c->who.lo == who.lo && c->who.v6 == who.v6) {
			best = c;
			break;
		}
		if (!c->open && (!best || c->since < best->since))
			best = c;
	}
	if (!best)
		return NULL;
	if (!best->since || best->who.hi != who.hi || best->who.lo != who.lo ||
	    best->who.v6 != who.v6)
		*best = (struct client){.who = who, .since = t};
	if (t - best->since > MINUTE) {
		best->since = t;
		best->requests = 0;
	}
	return best;
}

/* ---- answers ---- */

static void asked_free(struct asked *a)
{
	struct service *s = a->service;

	if (a->helper) {
		control_end(a->helper);
		s->running--;
	}
	if (a->prev)
		a->prev->next = a->next;
	else
		s->asked = a->next;
	if (a->next)
		a->next->prev = a->prev;
	event_del(&a->deadline);
	bufferevent_free(a->io);
	a->client->open--;
	s->open--;
	arena_free(&a->arena);
	free(a);
}

static void answer(struct asked *a, int code, const char *reason, const void *body, size_t n)
{
	struct evbuffer *out = bufferevent_get_output(a->io);
	struct timeval tv = {.tv_sec = 15};

	a->answered = true;
	bufferevent_disable(a->io, EV_READ);
	evbuffer_add_printf(out,
			    "HTTP/1.1 %d %s\r\nServer: meridian/" MERIDIAN_VERSION "\r\n"
			    "Content-Type: application/json\r\nContent-Length: %zu\r\n%s"
			    "Connection: close\r\n\r\n",
			    code, reason, n,
			    code == 405			 ? "Allow: POST\r\n"
			    : code == 429 || code == 503 ? "Retry-After: 30\r\n"
							 : "");
	evbuffer_add(out, body, n);
	event_add(&a->deadline, &tv);
}

static void refuse(struct asked *a, int code, const char *reason, const char *why)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "{\"error\": \"%s\"}\n", why);

	a->service->refused++;
	answer(a, code, reason, text, (size_t)n);
}

static void seen(void *arg, const struct control *c)
{
	struct asked *a = arg;
	struct buf out = {0};

	control_answer(&out, &a->request, c);
	buf_char(&out, '\n');
	a->service->served++;
	answer(a, 200, "OK", out.at, out.len);
	buf_free(&out);
	control_end(a->helper);
	a->helper = NULL;
	a->service->running--;
}

/* ---- requests ---- */

/* The value of a header, cut from the head; NULL: none. *twice: it stands there more than once. */
static const char *field(char *head, const char *name, bool *twice)
{
	const char *found = NULL;
	size_t n = strlen(name);

	*twice = false;
	for (char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		*twice = found != NULL;
		found = line + n + 1 + strspn(line + n + 1, " \t");
	}
	return found;
}

static void begin(struct asked *a, const void *body, size_t n)
{
	struct service *s = a->service;
	const char *why;

	if (!control_request_read(&a->arena, body, n, &a->request, &why)) {
		refuse(a, 400, "Bad Request", why);
		return;
	}
	if (a->client->requests >= rate) {
		refuse(a, 429, "Too Many Requests", "too many requests a minute from this address");
		return;
	}
	if (s->running >= concurrent) {
		refuse(a, 503, "Service Unavailable",
		       "as many measurements as may be are under way");
		return;
	}
	a->client->requests++;
	s->running++;
	event_del(&a->deadline);
	bufferevent_disable(a->io, EV_READ);
	a->helper = control_begin(s->loop, &a->arena, &a->request, &s->helper, ++s->next, seen, a);
}

static void readable(struct bufferevent *io, void *arg)
{
	struct asked *a = arg;
	struct evbuffer *in = bufferevent_get_input(io);
	struct evbuffer_ptr end;
	const char *length, *coding;
	uint64_t n = 0;
	char *head;
	bool twice;

	if (a->answered || a->helper)
		return;
	end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	if (end.pos < 0 || (size_t)end.pos > HEAD_MAX) {
		if (evbuffer_get_length(in) > HEAD_MAX)
			refuse(a, 431, "Request Header Fields Too Large", "the head is too long");
		return;
	}
	head = arena_alloc(&a->arena, (size_t)end.pos + 3);
	evbuffer_copyout(in, head, (size_t)end.pos + 2);
	head[end.pos + 2] = 0;
	if (strlen(head) != (size_t)end.pos + 2) {
		refuse(a, 400, "Bad Request", "a NUL stands in the head");
		return;
	}
	if (strncmp(head, "POST /", 6) != 0) {
		refuse(a, 405, "Method Not Allowed",
		       "this is a test helper; it answers POST of a JSON object with http_request, "
		       "http_request_headers and tcp_connect");
		return;
	}
	coding = field(head, "Transfer-Encoding", &twice);
	length = field(head, "Content-Length", &twice);
	if (coding || !length || twice ||
	    !text_to_u64(length, strcspn(length, " \t\r"), UINT32_MAX, &n)) {
		refuse(a, 411, "Length Required", "a request says its length, once");
		return;
	}
	if (n > CONTROL_REQUEST) {
		refuse(a, 413, "Content Too Large", "the request is too long");
		return;
	}
	length = field(head, "Expect", &twice);
	if (length && !strncasecmp(length, "100-continue", 12) &&
	    evbuffer_get_length(in) == (size_t)end.pos + 4)
		evbuffer_add_printf(bufferevent_get_output(io), "HTTP/1.1 100 Continue\r\n\r\n");
	if (evbuffer_get_length(in) < (size_t)end.pos + 4 + n) {
		arena_reset(&a->arena);
		return;
	}
	evbuffer_drain(in, (size_t)end.pos + 4);
	begin(a, evbuffer_pullup(in, (ev_ssize_t)n), (size_t)n);
}

static void written(struct bufferevent *io, void *arg)
{
	struct asked *a = arg;

	if (a->answered && !evbuffer_get_length(bufferevent_get_output(io)))
		asked_free(a);
}

static void broken(struct bufferevent *io, short what, void *arg)
{
	(void)io;
	(void)what;
	asked_free(arg);
}

static void too_slow(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	asked_free(arg);
}

static void accepted(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int n,
		     void *arg)
{
	struct service *s = arg;
	struct timeval tv = {.tv_sec = 15};
	struct client *c = NULL;
	struct addr who;
	struct asked *a;
	uint16_t port;

	(void)l;
	(void)n;
	if (s->open < connections && socket_addr(from, &who, &port))
		c = client_of(s, who);
	if (!c || c->open >= per_client) {
		s->refused++;
		evutil_closesocket(fd);
		return;
	}
	a = mem_zero(1, sizeof(*a));
	a->service = s;
	a->client = c;
	a->io = bufferevent_socket_new(loop_base(s->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!a->io) {
		evutil_closesocket(fd);
		free(a);
		return;
	}
	a->next = s->asked;
	if (a->next)
		a->next->prev = a;
	s->asked = a;
	c->open++;
	s->open++;
	event_assign(&a->deadline, loop_base(s->loop), -1, 0, too_slow, a);
	event_add(&a->deadline, &tv);
	bufferevent_setwatermark(a->io, EV_READ, 0, HEAD_MAX + CONTROL_REQUEST + 8);
	bufferevent_setcb(a->io, readable, written, broken, a);
	bufferevent_enable(a->io, EV_READ | EV_WRITE);
}

/* No descriptors are left: those that are open end first. */
static void pause_accepting(struct evconnlistener *l, void *arg)
{
	struct service *s = arg;
	struct timeval tv = {.tv_usec = 200000};

	(void)l;
	for (size_t i = 0; i < s->nlistener; i++)
		evconnlistener_disable(s->listener[i]);
	event_add(&s->again, &tv);
}

static void accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < s->nlistener; i++)
		evconnlistener_enable(s->listener[i]);
}

static void interrupted(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static bool listen_at(struct service *s, const char *where, struct err *err)
{
	struct sockaddr_storage at = {0};
	struct addr addr;
	uint16_t port;
	unsigned n;

	if (s->nlistener == sizeof(s->listener) / sizeof(*s->listener))
		return err_misuse(err, "--listen %s: at most 64 of them", where);
	if (!endpoint_parse(where, &addr, &port))
		return err_misuse(err,
				  "--listen %s: write ADDRESS:PORT, such as 192.0.2.1:8080 or "
				  "[2001:db8::1]:8080",
				  where);
	n = addr_socket(addr, port, &at);
	s->listener[s->nlistener] = evconnlistener_new_bind(
	    loop_base(s->loop), accepted, s,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 128,
	    (struct sockaddr *)&at, (int)n);
	if (!s->listener[s->nlistener])
		return err_sys(err, "cannot listen on %s", where);
	evconnlistener_set_error_cb(s->listener[s->nlistener++], pause_accepting);
	return true;
}

static bool know_resolvers(struct service *s, struct arena *a, struct err *err)
{
	struct resolver_spec *list = arena_zero(a, 16, sizeof(*list));
	size_t n = resolvers.n;

	if (n > 16)
		return err_misuse(err, "--resolver: at most 16 of them");
	for (size_t i = 0; i < n; i++)
		if (!resolver_parse(a, resolvers.at[i], &list[i], err))
			return misread(err, "--resolver");
	if (!n)
		n = resolver_system(a, NULL, list, 16);
	if (!n)
		return err_set(
		    err, "there is no resolver: /etc/resolv.conf names none; give --resolver");
	s->helper.resolver = list;
	s->helper.nresolver = n;
	return true;
}

static int run(int argc, char **argv)
{
	static const char *const usual[] = {"127.0.0.1:8080"};
	struct loop_limits limits = {
	    .bytes = UINT64_MAX, .time = INT64_C(36500) * 86400 * SECOND, .per_host = 16};
	struct service s = {0};
	struct event term, intr;
	struct arena a = {0};
	struct err err = {0};
	struct trust *trust = NULL;
	struct rlimit files;
	const char *weak;
	uint64_t seed;
	int status = EXIT_COULD_NOT;

	if (argc)
		return complain(EXIT_USAGE,
				"control: '%s' is not expected; --listen says where to "
				"be asked",
				argv[0]);
	if (!rate || !per_client || !concurrent || !connections || !seconds || !page_size)
		return complain(EXIT_USAGE, "control: a limit of 0 would let nobody in");
	if (seconds > 86400)
		return complain(EXIT_USAGE, "control: --time is a day (86,400) at most");
	signal(SIGPIPE, SIG_IGN);
	/* A measurement may have dozens of connections. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	loop_secret(&seed, sizeof(seed));
	s.loop = loop_new(&limits, seed);
	s.client = mem_zero(CLIENTS, sizeof(*s.client));
	event_assign(&s.again, loop_base(s.loop), -1, 0, accept_again, &s);
	trust = trust_new(ca, &err);
	s.helper.trust = trust;
	s.helper.allow_private = allow_private;
	s.helper.timeout = (int64_t)seconds * SECOND;
	s.helper.body_max = page_size;
	if (!trust || !know_resolvers(&s, &a, &err))
		goto out;
	for (size_t i = 0; i < (listens.n ? listens.n : 1); i++)
		if (!listen_at(&s, listens.n ? listens.at[i] : usual[i], &err))
			goto out;
	weak = sandbox_enter(&(struct sandbox){.network = true});
	if (weak)
		talk("%s", weak);
	for (size_t i = 0; i < (listens.n ? listens.n : 1); i++)
		talk("a test helper listens on http://%s/", listens.n ? listens.at[i] : usual[i]);
	if (allow_private)
		talk("it dials private addresses too: let nobody in who may not see your network");
	event_assign(&term, loop_base(s.loop), SIGTERM, EV_SIGNAL | EV_PERSIST, interrupted,
		     loop_base(s.loop));
	event_assign(&intr, loop_base(s.loop), SIGINT, EV_SIGNAL | EV_PERSIST, interrupted,
		     loop_base(s.loop));
	event_add(&term, NULL);
	event_add(&intr, NULL);
	event_base_dispatch(loop_base(s.loop));
	event_del(&term);
	event_del(&intr);
	talk("%s requests were answered, %s refused", text_number(s.served),
	     text_number(s.refused));
	status = EXIT_RAN;
out:
	if (status != EXIT_RAN) {
		err_in(&err, "control");
		status = complain_of(&err);
	}
	event_del(&s.again);
	for (size_t i = 0; i < s.nlistener; i++)
		evconnlistener_free(s.listener[i]);
	while (s.asked)
		asked_free(s.asked);
	loop_free(s.loop);
	free(s.client);
	trust_free(trust);
	arena_free(&a);
	return status;
}

const struct cmd cmd_control = {
    .name = "control",
    .args = "",
    .about = "See a probe's targets from here too: a test helper for others.",
    .help =
	"A measurement from one network says little by itself: a site that fails there may fail "
	"everywhere. A test helper looks at the same site from another network. This one speaks "
	"the protocol of OONI's test helper, so that their probes can ask it as well as "
	"'meridian probe --control http://HOST:PORT/'.\n\n"
	"It keeps nothing and logs nobody. It never dials private, loopback, link-local, multicast "
	"or reserved addresses, nor ports of mail, shells and the like, wherever a name or a "
	"redirect "
	"leads, and has limits for each client and in all; so it can stand in the open. Give it "
	"the "
	"TLS of a web server in front (which must then limit clients itself, since all requests "
	"come "
	"from one address), and a resolver that you trust.",
    .opts = opts,
    .run = run,
};
