/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Websteps archives (github.com/bassosimone/websteps-illustrated): YAML with what a probe and a
 * test helper cached while they looked at one URL: lookups, repeated DNS queries with every reply
 * that came, and endpoints. Probe's become replies, the helper's one control a host. An archive is
 * one measurement.
 *
 * The YAML (no aliases, bounded depth) is turned into JSON, so that there is one reader.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/text.h"
#include "fact/measurement.h"
#include "source/grow.h"
#include "source/rows.h"
#include "source/source.h"

#define ARCHIVE_MAX ((size_t)64 << 20)
#define YAML_DEPTH 24
#define HOSTS 16

static int recognise(const uint8_t *at, size_t n)
{
	bool yaml = n >= 3 && (!memcmp(at, "---", 3) || !memcmp(at, "%YA", 3));

	if (!yaml)
		return 0;
	return memmem(at, n, "websteps", 8) || memmem(at, n, "cache/probe/", 12) ? 95 : 0;
}

struct state {
	bool done;
	struct measurement m;
	struct fact fact;
};

static bool open_archive(struct reader *r, struct err *err)
{
	(void)err;
	r->state = mem_zero(1, sizeof(struct state));
	return true;
}

static void close_archive(struct reader *r)
{
	free(r->state);
}

/* Plain scalars: null, booleans and numbers stay what they are. */
static void put_scalar(struct jsonw *w, const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;
	size_t n = e->data.scalar.length;
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, number = n > 0 && n < 18;

	for (size_t i = 0; i < n; i++)
		number &= s[i] >= '0' && s[i] <= '9' && !(i == 0 && s[0] == '0' && n > 1);
	if (plain && (!n || !strcmp(s, "null") || !strcmp(s, "~")))
		jsonw_null(w);
	else if (plain && (!strcmp(s, "true") || !strcmp(s, "false")))
		jsonw_bool(w, *s == 't');
	else if (plain && number)
		jsonw_raw(w, s, n);
	else
		jsonw_textn(w, s, n);
}

/* All documents of the stream as one JSON array. NULL: it worked; else why not. */
static const char *to_json(const uint8_t *at, size_t n, struct buf *out)
{
	struct jsonw w = JSONW(out);
	bool mapping[YAML_DEPTH], key[YAML_DEPTH];
	int depth = -1;
	const char *why = NULL;
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;

	if (!yaml_parser_initialize(&p))
		return "no YAML parser";
	yaml_parser_set_input_string(&p, at, n);
	jsonw_array(&w);
	while (!end && !why) {
		bool is_key;

		if (!yaml_parser_parse(&p, &e)) {
			why = "not YAML";
			break;
		}
		is_key = depth >= 0 && mapping[depth] && key[depth];
		switch (e.type) {
		case YAML_STREAM_END_EVENT:
			end = true;
			break;
		case YAML_ALIAS_EVENT:
			why = "a YAML alias, which an archive does not have";
			break;
		case YAML_SCALAR_EVENT:
			if (is_key) {
				jsonw_name(&w, (const char *)e.data.scalar.value);
				key[depth] = false;
				break;
			}
			put_scalar(&w, &e);
			if (depth >= 0 && mapping[depth])
				key[depth] = true;
			break;
		case YAML_MAPPING_START_EVENT:
		case YAML_SEQUENCE_START_EVENT:
			if (is_key || depth + 1 >= YAML_DEPTH) {
				why =
				    is_key ? "a YAML key that is no word" : "YAML nested too deep";
				break;
			}
			depth++;
			mapping[depth] = e.type == YAML_MAPPING_START_EVENT;
			key[depth] = mapping[depth];
			if (mapping[depth])
				jsonw_object(&w);
			else
				jsonw_array(&w);
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
			if (mapping[depth])
				jsonw_object_end(&w);
			else
				jsonw_array_end(&w);
			depth--;
			if (depth >= 0 && mapping[depth])
				key[depth] = true;
			break;
		default:
			break;
		}
		yaml_event_delete(&e);
		if (out->len > 2 * ARCHIVE_MAX)
			why = "too large";
	}
	yaml_parser_delete(&p);
	if (!why)
		jsonw_array_end(&w);
	return why;
}

struct list {
	void *at;
	size_t n;
};

/* A control while it grows. */
struct helper {
	char host[256];
	struct list addr, endpoint, header;
	bool dns, http;
	const char *dns_failure, *title;
	int code;
	bool https;
	int64_t length;
};

struct work {
	struct arena *a;
	struct measurement *m;
	struct list dns, connect, handshake, transaction;
	struct helper *helper;
	size_t nhelper;
	int64_t flow, start;
	char main[256];
};

static struct helper *helper_of(struct work *w, const char *host)
{
	for (size_t i = 0; i < w->nhelper; i++)
		if (!strcmp(w->helper[i].host, host))
			return &w->helper[i];
	if (w->nhelper == HOSTS)
		return NULL;
	snprintf(w->helper[w->nhelper].host, sizeof(w->helper->host), "%s", host);
	return &w->helper[w->nhelper++];
}

static const char *text(struct work *w, struct json *j)
{
	return json_text(j) && j->ntext ? arena_textn(w->a, j->text, j->ntext) : NULL;
}

static bool enter(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY)
		json_leave(j);
	return t == JSON_OBJECT;
}

/* The addresses of a list of texts. */
static void addresses(struct work *w, struct json *j, struct list *l)
{
	if (json_next(j) != JSON_ARRAY) {
		if (j->token == JSON_OBJECT)
			json_leave(j);
		return;
	}
	while (json_item(j)) {
		struct dns_answer *a;
		struct addr addr;

		if (j->token == JSON_ARRAY || j->token == JSON_OBJECT)
			json_leave(j);
		if (j->token != JSON_STRING || !addr_parse(j->text, j->ntext, &addr))
			continue;
		a = grow_push(w->a, &l->at, &l->n, sizeof(*a));
		*a = (struct dns_answer){
		    .type = addr.v6 ? "AAAA" : "A", .addr = addr, .has_addr = true, .ttl = -1};
	}
}

static int64_t moment(struct json *j)
{
	int64_t t;

	return json_text(j) && text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
}

static void read_lookup(struct work *w, struct json *j, bool probe)
{
	struct list answers = {0};
	const char *domain = NULL, *failure = NULL, *resolver = NULL, *network = "system";
	int64_t t0 = TIME_NONE, t = TIME_NONE;

	if (!enter(j))
		return;
	while (json_key(j)) {
		if (json_is(j, "Addresses"))
			addresses(w, j, &answers);
		else if (json_is(j, "Domain"))
			domain = text(w, j);
		else if (json_is(j, "Failure"))
			failure = text(w, j);
		else if (json_is(j, "ResolverAddress"))
			resolver = text(w, j);
		else if (json_is(j, "ResolverNetwork"))
			network = text(w, j);
		else if (json_is(j, "Started"))
			t0 = moment(j);
		else if (json_is(j, "Finished"))
			t = moment(j);
	}
	if (!domain || strstr(domain, ".arpa"))
		return;
	if (probe) {
		struct dns_reply *q =
		    grow_push(w->a, &w->dns.at, &w->dns.n, sizeof(struct dns_reply));

		if (t0 != TIME_NONE && (w->start == TIME_NONE || t0 < w->start))
			w->start = t0;
		*q = (struct dns_reply){.seen = {.failure = failure, .t0 = t0, .t = t},
					.engine = network,
					.via = network && !strcmp(network, "udp")   ? DNS_UDP
					       : network && !strcmp(network, "doh") ? DNS_DOH
										    : DNS_SYSTEM,
					.name = domain,
					.type = "ANY",
					.resolver = resolver ? resolver : "",
					.answer = answers.at,
					.nanswer = answers.n,
					.rcode = -1,
					.ip_ttl = -1};
	} else {
		struct helper *h = helper_of(w, domain);

		if (!h)
			return;
		h->dns = true;
		h->dns_failure = failure;
		for (size_t i = 0; i < answers.n; i++) {
			struct control_addr *a =
			    grow_push(w->a, &h->addr.at, &h->addr.n, sizeof(*a));

			a->addr = ((struct dns_answer *)answers.at)[i].addr;
			a->answered = true;
		}
	}
}

/* One query and every reply that came within the window. */
static void read_ping(struct work *w, struct json *j)
{
	const char *domain = NULL, *resolver = NULL;
	uint64_t type = 1;
	size_t first = w->dns.n;

	while (json_key(j)) {
		if (json_is(j, "Domain")) {
			domain = text(w, j);
		} else if (json_is(j, "ResolverAddress")) {
			resolver = text(w, j);
		} else if (json_is(j, "QueryType")) {
			type = json_u64(j, 65535, 1);
		} else if (json_is(j, "Replies")) {
			if (json_next(j) != JSON_ARRAY) {
				if (j->token == JSON_OBJECT)
					json_leave(j);
				continue;
			}
			while (json_item(j)) {
				struct list answers = {0};
				struct dns_reply *q;
				const char *failure = NULL;
				const uint8_t *raw = NULL;
				size_t nraw = 0;

				if (j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token != JSON_OBJECT)
					continue;
				while (json_key(j)) {
					if (json_is(j, "Addresses"))
						addresses(w, j, &answers);
					else if (json_is(j, "Error"))
						failure = text(w, j);
					else if (json_is(j, "Reply") && json_text(j))
						raw = base64_decode(w->a, j->text, j->ntext, &nraw);
				}
				q = grow_push(w->a, &w->dns.at, &w->dns.n, sizeof(*q));
				*q = (struct dns_reply){
				    .seen = {.failure = failure, .t0 = TIME_NONE, .t = TIME_NONE},
				    .via = DNS_UDP,
				    .engine = "udp",
				    .answer = answers.at,
				    .nanswer = answers.n,
				    .raw = raw,
				    .nraw = nraw,
				    .rcode = nraw >= 4 ? raw[3] & 15 : -1,
				    .ip_ttl = -1,
				    .again = w->dns.n - first > 1};
			}
		}
	}
	for (size_t i = first; i < w->dns.n; i++) {
		struct dns_reply *q = (struct dns_reply *)w->dns.at + i;

		q->name = domain;
		q->resolver = resolver ? resolver : "";
		q->type = type == 28 ? "AAAA" : "A";
	}
}

struct endpoint {
	const char *network, *address, *operation, *failure, *scheme, *host, *path, *title;
	const uint8_t *body;
	size_t nbody;
	int code;
	int64_t length;
	struct list header;
};

static void read_url(struct work *w, struct json *j, struct endpoint *e)
{
	if (!enter(j))
		return;
	while (json_key(j)) {
		if (json_is(j, "Scheme"))
			e->scheme = text(w, j);
		else if (json_is(j, "Host"))
			e->host = text(w, j);
		else if (json_is(j, "Path"))
			e->path = text(w, j);
	}
}

static void read_round_trip(struct work *w, struct json *j, struct endpoint *e)
{
	if (!enter(j))
		return;
	while (json_key(j)) {
		if (json_is(j, "StatusCode"))
			e->code = (int)json_u64(j, 999, 0);
		else if (json_is(j, "ResponseBodyLength"))
			e->length = (int64_t)json_u64(j, INT32_MAX, 0);
		else if (json_is(j, "ResponseHeaders"))
			rows_json_headers(w->a, j, &e->header.at, &e->header.n, 512);
		else if (json_is(j, "ResponseBody") && json_text(j))
			e->body = base64_decode(w->a, j->text, j->ntext, &e->nbody);
	}
}

static bool failed_at(const struct endpoint *e, const char *operation)
{
	return e->failure && e->operation && !strcmp(e->operation, operation);
}

static void probe_endpoint(struct work *w, const struct endpoint *e, struct addr addr,
			   uint16_t port)
{
	bool tls = e->scheme && !strcmp(e->scheme, "https"),
	     quic = e->network && !strcmp(e->network, "quic");
	bool connected = !failed_at(e, "connect"), shaken;
	struct seen seen = {.transaction = ++w->flow, .t0 = TIME_NONE, .t = TIME_NONE};

	seen.depth = strcmp(e->host, w->main) != 0;
	if (!quic) {
		struct connect *c = grow_push(w->a, &w->connect.at, &w->connect.n, sizeof(*c));

		*c = (struct connect){.seen = seen, .addr = addr, .port = port};
		c->seen.failure = connected ? NULL : e->failure;
		if (!connected)
			return;
	}
	shaken = !failed_at(e, "tls_handshake") && !failed_at(e, "quic_handshake");
	if (tls || quic) {
		struct handshake *h =
		    grow_push(w->a, &w->handshake.at, &w->handshake.n, sizeof(*h));

		*h = (struct handshake){
		    .seen = seen, .quic = quic, .addr = addr, .port = port, .server_name = e->host};
		h->seen.failure = shaken ? NULL : e->failure;
		if (!shaken)
			return;
	}
	if (e->code || e->failure) {
		struct transaction *x =
		    grow_push(w->a, &w->transaction.at, &w->transaction.n, sizeof(*x));

		*x = (struct transaction){.seen = seen,
					  .addr = addr,
					  .has_addr = true,
					  .port = port,
					  .network = quic ? "udp" : "tcp",
					  .method = "GET",
					  .url = arena_printf(w->a, "%s://%s%s", e->scheme, e->host,
							      e->path ? e->path : "/"),
					  .code = e->code,
					  .header = e->header.at,
					  .nheader = e->header.n,
					  .body = e->body,
					  .nbody = e->nbody};
		x->seen.failure = e->failure;
	}
}

static void helper_endpoint(struct work *w, const struct endpoint *e, struct addr addr,
			    uint16_t port)
{
	struct helper *h = helper_of(w, e->host);
	struct control_endpoint *c = NULL;
	bool tls = e->scheme && !strcmp(e->scheme, "https"),
	     quic = e->network && !strcmp(e->network, "quic"), own = false;

	if (!h)
		return;
	for (size_t i = 0; i < h->endpoint.n; i++) {
		struct control_endpoint *x = (struct control_endpoint *)h->endpoint.at + i;

		if (x->port == port && x->addr.hi == addr.hi && x->addr.lo == addr.lo &&
		    x->addr.v6 == addr.v6)
			c = x;
	}
	if (!c) {
		c = grow_push(w->a, &h->endpoint.at, &h->endpoint.n, sizeof(*c));
		*c = (struct control_endpoint){.addr = addr, .port = port};
	}
	if (quic) {
		c->quic = true;
		c->quic_failure = e->failure;
		return;
	}
	c->tcp = true;
	c->tcp_failure = failed_at(e, "connect") ? e->failure : NULL;
	if (tls && !c->tcp_failure) {
		c->tls = true;
		c->tls_failure = failed_at(e, "tls_handshake") ? e->failure : NULL;
	}
	/* A page counts when it comes from an address that the helper found itself. */
	for (size_t i = 0; i < h->addr.n; i++) {
		const struct control_addr *x = (const struct control_addr *)h->addr.at + i;

		own |= x->addr.hi == addr.hi && x->addr.lo == addr.lo && x->addr.v6 == addr.v6;
	}
	if (!own || !e->code || e->failure)
		return;
	if (h->http && (h->code / 100 == 2) >= (e->code / 100 == 2) && h->https >= tls)
		return;
	h->http = true;
	h->https = tls;
	h->code = e->code;
	h->length = e->length;
	h->title = e->title;
	h->header = e->header;
}

static void read_endpoint(struct work *w, struct json *j, bool probe)
{
	struct endpoint e = {0};
	struct addr addr;
	uint16_t port;

	while (json_key(j)) {
		if (json_is(j, "Address"))
			e.address = text(w, j);
		else if (json_is(j, "Network"))
			e.network = text(w, j);
		else if (json_is(j, "FailedOperation"))
			e.operation = text(w, j);
		else if (json_is(j, "Failure"))
			e.failure = text(w, j);
		else if (json_is(j, "HTTPTitle"))
			e.title = text(w, j);
		else if (json_is(j, "URL"))
			read_url(w, j, &e);
		else if (json_is(j, "HTTPRoundTrip"))
			read_round_trip(w, j, &e);
	}
	if (!e.address || !e.host || !e.scheme || !endpoint_parse(e.address, &addr, &port))
		return;
	if (probe)
		probe_endpoint(w, &e, addr, port);
	else
		helper_endpoint(w, &e, addr, port);
}

/* "…/cache/probe/endpoint/1a/…-d": [ … ]. The helper's lookups must be read before its
 * endpoints, so that each pass reads one kind. */
static void read_cache(struct work *w, struct json *j, const char *want)
{
	char key[512];
	bool probe;

	snprintf(key, sizeof(key), "%.*s", (int)(j->nkey < 500 ? j->nkey : 500), j->key);
	probe = strstr(key, "cache/probe/") != NULL;
	if (!strstr(key, want)) {
		json_skip(j);
		return;
	}
	if (json_next(j) != JSON_ARRAY) {
		if (j->token == JSON_OBJECT)
			json_leave(j);
		return;
	}
	while (json_item(j)) {
		if (j->token == JSON_ARRAY)
			json_leave(j);
		if (j->token != JSON_OBJECT)
			continue;
		if (!strcmp(want, "/dnsping/")) {
			read_ping(w, j);
			continue;
		}
		while (json_key(j)) {
			if (!json_is(j, "M") || !enter(j))
				continue;
			if (!strcmp(want, "/endpoint/")) {
				read_endpoint(w, j, probe);
				continue;
			}
			while (json_key(j))
				if (json_is(j, "Lookup"))
					read_lookup(w, j, probe);
		}
	}
}

static void read_pass(struct work *w, const struct buf *json, const char *want)
{
	struct json j;

	json_of(&j, json->at, json->len);
	json_next(&j);
	while (json_item(&j)) {
		if (j.token == JSON_ARRAY)
			json_leave(&j);
		if (j.token != JSON_OBJECT)
			continue;
		while (json_key(&j)) {
			if (!want && json_is(&j, "url"))
				w->m->input = text(w, &j);
			else if (!want && json_is(&j, "probe_cc") && json_text(&j) && j.ntext == 2)
				memcpy(w->m->country, j.text, 2);
			else if (!want && json_is(&j, "probe_asn") && json_text(&j) && j.ntext > 2)
				w->m->asn = (uint32_t)strtoul(
				    arena_textn(w->a, j.text + 2, j.ntext - 2), NULL, 10);
			else if (want && memmem(j.key, j.nkey, "/cache/", 7))
				read_cache(w, &j, want);
		}
	}
	json_free(&j);
}

static void finish(struct work *w)
{
	struct control *c = arena_zero(w->a, w->nhelper + 1, sizeof(*c));

	for (size_t i = 0; i < w->nhelper; i++) {
		const struct helper *h = &w->helper[i];

		c[i] = (struct control){.name = "test helper",
					.host = h->host,
					.dns = h->dns,
					.dns_failure = h->dns_failure,
					.addr = h->addr.at,
					.naddr = h->addr.n,
					.endpoint = h->endpoint.at,
					.nendpoint = h->endpoint.n,
					.http = h->http,
					.code = h->code,
					.body_length = h->http ? h->length : -1,
					.title = h->title,
					.header = h->header.at,
					.nheader = h->header.n};
	}
	w->m->control = c;
	w->m->ncontrol = w->nhelper;
	w->m->dns = w->dns.at;
	w->m->ndns = w->dns.n;
	w->m->connect = w->connect.at;
	w->m->nconnect = w->connect.n;
	w->m->handshake = w->handshake.at;
	w->m->nhandshake = w->handshake.n;
	w->m->transaction = w->transaction.at;
	w->m->ntransaction = w->transaction.n;
	w->m->time = w->start;
	for (size_t i = 0; i < w->dns.n; i++) {
		struct seen *s = &((struct dns_reply *)w->dns.at)[i].seen;

		if (s->t0 != TIME_NONE)
			s->t0 -= w->start;
		if (s->t != TIME_NONE)
			s->t -= w->start;
	}
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;
	struct work w = {.a = &r->scratch, .m = &s->m, .start = TIME_NONE};
	struct buf json = {0};
	const char *why;
	const uint8_t *at;
	size_t got;

	if (s->done)
		return false;
	s->done = true;
	arena_reset(&r->scratch);
	at = stream_peek(r->in, ARCHIVE_MAX, &got);
	why = got >= ARCHIVE_MAX ? "an archive of more than 64 MiB" : to_json(at, got, &json);
	*out = (struct facts){.time = TIME_NONE,
			      .slice = {.source = r->id, .length = (uint32_t)got, .at = at},
			      .fact = &s->fact,
			      .nfact = 1};
	r->tally.records++;
	if (!why) {
		s->m = (struct measurement){.id = r->name,
					    .test = "websteps",
					    .time = TIME_NONE,
					    .test_start = TIME_NONE,
					    .runtime = -1,
					    .scores = {.blocking = -1,
						       .endpoints_ok = -1,
						       .endpoints_bad = -1,
						       .http_ok = -1,
						       .http_bad = -1}};
		w.helper = arena_zero(w.a, HOSTS, sizeof(*w.helper));
		read_pass(&w, &json, NULL);
		if (s->m.input) {
			url_host(w.main, sizeof(w.main), s->m.input, NULL);
			read_pass(&w, &json, "/dns/");
			read_pass(&w, &json, "/dnsping/");
			read_pass(&w, &json, "/endpoint/");
			finish(&w);
		} else {
			why = "an archive that names no URL";
		}
	}
	buf_free(&json);
	if (why) {
		s->fact = (struct fact){.kind = FACT_GARBLED,
					.garbled = {.offset = 0, .length = got, .why = why}};
		r->tally.skipped++;
	} else {
		s->fact = (struct fact){.kind = FACT_MEASUREMENT, .measurement = &s->m};
		out->time = s->m.time;
		r->tally.decoded++;
		r->tally.facts++;
	}
	stream_skip(r->in, got);
	return true;
}

const struct source source_websteps = {
    .name = "websteps",
    .about = "websteps archives: what a probe and its test helper saw of one URL",
    .class = SOURCE_EVENTS,
    .head = 2048,
    .recognise = recognise,
    .open = open_archive,
    .next = next,
    .close = close_archive,
};
