/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ooni.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "source/base64.h"
#include "source/grow.h"

#define NEST 6 /* how deep replies are looked for within test_keys */

struct list {
	void *at;
	size_t n;
};

/* The measurement while it grows. */
struct work {
	struct arena *a;
	struct measurement *m;
	struct list dns, connect, handshake, transaction, event, target, key, extra;
	const char *group;
	unsigned nest;
};

#define push(w, list, type) ((type *)grow_push((w)->a, &(w)->list.at, &(w)->list.n, sizeof(type)))

static const char *keep(struct work *w, const struct json *j)
{
	return arena_textn(w->a, j->text, j->ntext);
}

/* The value's first token, when that opens an object; anything else is passed over. */
static bool enter_object(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY)
		json_leave(j);
	return t == JSON_OBJECT;
}

static bool enter_array(struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT)
		json_leave(j);
	return t == JSON_ARRAY;
}

/* The value after a name as a text, NULL when it is something else. */
static const char *text(struct work *w, struct json *j)
{
	return json_text(j) ? keep(w, j) : NULL;
}

/* The value's own bytes; j reads from memory. */
static struct member raw(struct work *w, struct json *j, const char *prefix)
{
	struct member m = {0};
	const char *start;

	m.key = arena_printf(w->a, "%s%.*s", prefix, (int)j->nkey, j->key);
	start = j->at;
	while (start < j->stop && (unsigned char)*start <= ' ')
		start++;
	json_skip(j);
	m.json = start;
	m.njson = j->why ? 0 : (size_t)(j->at - start);
	return m;
}

static void spare(struct work *w, struct list *l, struct json *j, const char *prefix)
{
	struct member m = raw(w, j, prefix);
	struct member *slot = grow_push(w->a, &l->at, &l->n, sizeof(m));

	*slot = m;
}

static int64_t microseconds(struct json *j)
{
	double v = json_real(j, NAN);

	return isnan(v) || fabs(v) > 1e9 ? TIME_NONE : (int64_t)llround(v * 1e6);
}

static int64_t integer(struct json *j, int64_t otherwise)
{
	double v = json_real(j, NAN);

	return isnan(v) || fabs(v) > 9e15 ? otherwise : (int64_t)v;
}

/* "AS123" or 123. */
static uint32_t asn(struct json *j)
{
	enum json_token t = json_next(j);
	const char *s = j->text;
	size_t n = j->ntext;
	uint64_t v;

	if (t == JSON_OBJECT || t == JSON_ARRAY) {
		json_leave(j);
		return 0;
	}
	if (t != JSON_STRING && t != JSON_NUMBER)
		return 0;
	if (n > 2 && s[0] == 'A' && s[1] == 'S') {
		s += 2;
		n -= 2;
	}
	return text_to_u64(s, n, UINT32_MAX, &v) ? (uint32_t)v : 0;
}

static int64_t moment(struct json *j)
{
	int64_t t;

	return json_text(j) && text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
}

static struct seen seen_new(struct work *w)
{
	return (struct seen){.t0 = TIME_NONE, .t = TIME_NONE, .group = w->group};
}

/* The members that every reply may have; true when it was one of them. */
static bool seen_member(struct work *w, struct json *j, struct seen *s)
{
	if (json_is(j, "failure")) {
		s->failure = text(w, j);
	} else if (json_is(j, "t")) {
		s->t = microseconds(j);
	} else if (json_is(j, "t0")) {
		s->t0 = microseconds(j);
	} else if (json_is(j, "transaction_id")) {
		s->transaction = integer(j, 0);
	} else if (json_is(j, "tags")) {
		struct list l = {0};

		if (enter_array(j)) {
			while (json_item(j)) {
				const char **slot;

				if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token != JSON_STRING || l.n == 64)
					continue;
				slot = grow_push(w->a, &l.at, &l.n, sizeof(*slot));
				*slot = keep(w, j);
				if (!strncmp(*slot, "depth=", 6) && (*slot)[6] >= '0' &&
				    (*slot)[6] <= '9')
					s->depth = (uint8_t)strtoul(*slot + 6, NULL, 10);
			}
		}
		s->tag = l.at;
		s->ntag = (uint16_t)l.n;
	} else {
		return false;
	}
	return true;
}

static void seen_done(struct seen *s, const struct list *extra)
{
	s->extra = extra->at;
	s->nextra = (uint16_t)(extra->n > UINT16_MAX ? UINT16_MAX : extra->n);
}

/* df-002: an answer. */
static void read_answer(struct work *w, struct json *j, struct dns_answer *a)
{
	struct list extra = {0};

	*a = (struct dns_answer){.ttl = -1};
	while (json_key(j)) {
		if (json_is(j, "answer_type")) {
			a->type = text(w, j);
		} else if (json_is(j, "ipv4") || json_is(j, "ipv6")) {
			if (json_text(j) && addr_parse(j->text, j->ntext, &a->addr))
				a->has_addr = true;
		} else if (json_is(j, "hostname")) {
			a->name = text(w, j);
		} else if (json_is(j, "ttl")) {
			a->ttl = integer(j, -1);
		} else if (json_is(j, "asn")) {
			a->asn = asn(j);
		} else if (json_is(j, "as_org_name")) {
			a->as_name = text(w, j);
		} else {
			spare(w, &extra, j, "");
		}
	}
	a->extra = extra.at;
	a->nextra = (uint16_t)extra.n;
}

static enum dns_via via_of(const char *engine, const char *resolver)
{
	static const struct {
		const char *engine;
		enum dns_via via;
	} known[] = {{"udp", DNS_UDP}, {"tcp", DNS_TCP}, {"dot", DNS_DOT},
		     {"doh", DNS_DOH}, {"doq", DNS_DOQ}, {"dns_over_https", DNS_DOH},
		     {"doh3", DNS_DOH}};

	for (size_t i = 0; engine && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(engine, known[i].engine))
			return known[i].via;
	if (resolver && !strncmp(resolver, "https://", 8))
		return DNS_DOH;
	/* OONI calls the system's resolver "system", "getaddrinfo", "golang_net_resolver" … */
	if (!engine && resolver && *resolver &&
	    addr_parse(resolver, strcspn(resolver, ":"), &(struct addr){0}))
		return DNS_UDP;
	return DNS_SYSTEM;
}

/* df-002: a lookup. */
static void read_query(struct work *w, struct json *j)
{
	struct dns_reply *q = push(w, dns, struct dns_reply);
	struct list answers = {0}, extra = {0};
	const char *host = NULL;
	int64_t port = 0;

	*q = (struct dns_reply){.seen = seen_new(w), .rcode = -1, .ip_ttl = -1};
	while (json_key(j)) {
		if (seen_member(w, j, &q->seen))
			continue;
		if (json_is(j, "answers")) {
			if (enter_array(j)) {
				while (json_item(j)) {
					if (j->token == JSON_OBJECT)
						read_answer(w, j,
							    grow_push(w->a, &answers.at, &answers.n,
								      sizeof(struct dns_answer)));
					else if (j->token == JSON_ARRAY)
						json_leave(j);
				}
			}
		} else if (json_is(j, "engine")) {
			q->engine = text(w, j);
		} else if (json_is(j, "hostname")) {
			q->name = text(w, j);
		} else if (json_is(j, "query_type")) {
			q->type = text(w, j);
		} else if (json_is(j, "resolver_address")) {
			q->resolver = text(w, j);
		} else if (json_is(j, "raw_response")) {
			if (json_text(j))
				q->raw = base64_decode(w->a, j->text, j->ntext, &q->nraw);
		} else if (json_is(j, "rcode")) {
			q->rcode = (int16_t)integer(j, -1);
		} else if (json_is(j, "x_meridian_again")) {
			q->again = json_bool(j, false);
		} else if (json_is(j, "x_meridian_nobody")) {
			q->nobody = json_bool(j, false);
		} else if (json_is(j, "x_meridian_ip_ttl")) {
			q->ip_ttl = (int16_t)json_u64(j, 255, 0);
		} else if (json_is(j, "resolver_hostname")) {
			struct json peek = *j;

			spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			if (json_text(&peek))
				host = keep(w, &peek);
			buf_free(&peek.unescaped);
		} else if (json_is(j, "resolver_port")) {
			struct json peek = *j;

			spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			port = integer(&peek, 0);
			buf_free(&peek.unescaped);
		} else {
			spare(w, &extra, j, "");
		}
	}
	q->answer = answers.at;
	q->nanswer = answers.n;
	if (!q->resolver && host)
		q->resolver = arena_printf(w->a, "%s:%d", host, (int)(port ? port : 53));
	if (q->raw && q->nraw >= 4 && q->rcode < 0)
		q->rcode = q->raw[3] & 15;
	q->via = via_of(q->engine, q->resolver);
	seen_done(&q->seen, &extra);
}

/* df-005. */
static void read_connect(struct work *w, struct json *j)
{
	struct connect *c = push(w, connect, struct connect);
	struct list extra = {0};

	*c = (struct connect){.seen = seen_new(w)};
	while (json_key(j)) {
		if (json_is(j, "status")) {
			bool success = true;

			if (!enter_object(j))
				continue;
			while (json_key(j)) {
				if (json_is(j, "failure")) {
					/* Old probes wrote false for null. */
					c->seen.failure = text(w, j);
				} else if (json_is(j, "success")) {
					success = json_bool(j, true);
				} else {
					spare(w, &extra, j, "status.");
				}
			}
			if (!success && !c->seen.failure)
				c->seen.failure = "unknown_failure";
		} else if (json_is(j, "ip")) {
			if (!json_text(j) || !addr_parse(j->text, j->ntext, &c->addr))
				c->addr = (struct addr){0};
		} else if (json_is(j, "port")) {
			c->port = (uint16_t)json_u64(j, UINT16_MAX, 0);
		} else if (json_is(j, "x_meridian_quiet")) {
			c->quiet = json_bool(j, false);
		} else if (!seen_member(w, j, &c->seen)) {
			spare(w, &extra, j, "");
		}
	}
	seen_done(&c->seen, &extra);
}

/* {"format": "base64", "data": "…"} or a plain string, after a name or as an item. */
static struct blob read_blob(struct work *w, struct json *j, enum json_token t, bool *is_null)
{
	struct blob b = {0};

	*is_null = t == JSON_NULL;
	if (t == JSON_STRING) {
		b.n = j->ntext;
		/* What needed no unescaping lies in the text itself, which outlives us. */
		b.at = j->text == j->unescaped.at ? arena_copy(w->a, j->text, j->ntext)
						  : (const uint8_t *)j->text;
	} else if (t == JSON_OBJECT) {
		while (json_key(j)) {
			if (json_is(j, "data")) {
				if (json_text(j))
					b.at = base64_decode(w->a, j->text, j->ntext, &b.n);
			}
		}
	} else if (t == JSON_ARRAY) {
		json_leave(j);
	}
	return b;
}

/* df-006. */
static void read_handshake(struct work *w, struct json *j, bool quic)
{
	struct handshake *h = push(w, handshake, struct handshake);
	struct list extra = {0}, certs = {0};

	*h = (struct handshake){.seen = seen_new(w), .quic = quic};
	while (json_key(j)) {
		if (seen_member(w, j, &h->seen))
			continue;
		if (json_is(j, "address")) {
			const char *s = text(w, j);

			if (s && !endpoint_parse(s, &h->addr, &h->port))
				addr_parse(s, strlen(s), &h->addr);
		} else if (json_is(j, "server_name")) {
			h->server_name = text(w, j);
		} else if (json_is(j, "tls_version")) {
			h->version = text(w, j);
		} else if (json_is(j, "cipher_suite")) {
			h->cipher = text(w, j);
		} else if (json_is(j, "negotiated_protocol")) {
			h->alpn = text(w, j);
		} else if (json_is(j, "x_meridian_hello")) {
			static const char *const hellos[] = {
			    "normal", "neutral-name", "neutral-address", "no-name", "later",
			    "ech",    "split"};

			if (!json_text(j))
				continue;
			for (int i = 0; i < 7; i++)
				if (j->ntext == strlen(hellos[i]) &&
				    !memcmp(j->text, hellos[i], j->ntext))
					h->hello = (enum hello)i;
		} else if (json_is(j, "no_tls_verify")) {
			h->unverified = json_bool(j, false);
		} else if (json_is(j, "peer_certificates")) {
			if (enter_array(j)) {
				while (json_item(j)) {
					bool null;
					struct blob b = read_blob(w, j, j->token, &null), *slot;

					if (!b.n || certs.n == 32)
						continue;
					slot = grow_push(w->a, &certs.at, &certs.n, sizeof(b));
					*slot = b;
				}
			}
		} else if (json_is(j, "network")) {
			struct json peek = *j;

			spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			if (json_text(&peek) &&
			    (!strncmp(peek.text, "udp", 3) || !strncmp(peek.text, "quic", 4)))
				h->quic = true;
			buf_free(&peek.unescaped);
		} else {
			spare(w, &extra, j, "");
		}
	}
	h->cert = certs.at;
	h->ncert = certs.n;
	seen_done(&h->seen, &extra);
}

static void add_header(struct work *w, struct list *l, const char *name, struct blob value)
{
	struct header *h;

	if (l->n == 1024)
		return;
	h = grow_push(w->a, &l->at, &l->n, sizeof(*h));
	h->name = name;
	h->value = arena_textn(w->a, value.at ? (const char *)value.at : "", value.n);
}

/* {"Name": "value", …} */
static void read_headers(struct work *w, struct json *j, struct list *l)
{
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY)
		json_leave(j);
	if (t != JSON_OBJECT)
		return;
	while (json_key(j)) {
		const char *name = arena_textn(w->a, j->key, j->nkey);
		bool null;

		t = json_next(j);
		if (t == JSON_ARRAY) {
			/* Several values of one name. */
			while (json_item(j)) {
				struct blob b = read_blob(w, j, j->token, &null);

				add_header(w, l, name, b);
			}
			continue;
		}
		add_header(w, l, name, read_blob(w, j, t, &null));
	}
}

/* [["Name", "value"], …] */
static void read_header_list(struct work *w, struct json *j, struct list *l)
{
	if (!enter_array(j))
		return;
	while (json_item(j)) {
		const char *name = NULL;
		struct blob value = {0};
		bool null;

		if (j->token == JSON_OBJECT)
			json_leave(j);
		if (j->token != JSON_ARRAY)
			continue;
		for (unsigned i = 0; json_item(j); i++) {
			struct blob b = read_blob(w, j, j->token, &null);

			if (i == 0)
				name = arena_textn(w->a, b.at ? (const char *)b.at : "", b.n);
			else if (i == 1)
				value = b;
		}
		if (name)
			add_header(w, l, name, value);
	}
}

static void read_request_part(struct work *w, struct json *j, struct transaction *x,
			      struct list *extra)
{
	struct list map = {0}, listed = {0};
	bool null;

	if (!enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		if (json_is(j, "url")) {
			x->url = text(w, j);
		} else if (json_is(j, "method")) {
			x->method = text(w, j);
		} else if (json_is(j, "headers")) {
			read_headers(w, j, &map);
		} else if (json_is(j, "headers_list")) {
			read_header_list(w, j, &listed);
		} else if (json_is(j, "body")) {
			struct blob b = read_blob(w, j, json_next(j), &null);

			x->ask_body = b.at;
			x->nask_body = b.n;
		} else if (json_is(j, "tor")) {
			struct json peek = *j;

			spare(w, extra, j, "request.");
			peek.unescaped = peek.keybuf = (struct buf){0};
			if (enter_object(&peek))
				while (json_key(&peek)) {
					if (json_is(&peek, "is_tor"))
						x->tor = json_bool(&peek, false);
				}
			json_free(&peek);
		} else {
			spare(w, extra, j, "request.");
		}
	}
	x->ask = listed.n ? listed.at : map.at;
	x->nask = listed.n ? listed.n : map.n;
}

static void read_response_part(struct work *w, struct json *j, struct transaction *x,
			       struct list *extra)
{
	struct list map = {0}, listed = {0};
	bool null;

	if (!enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		if (json_is(j, "code")) {
			x->code = (int)integer(j, 0);
		} else if (json_is(j, "headers")) {
			read_headers(w, j, &map);
		} else if (json_is(j, "headers_list")) {
			read_header_list(w, j, &listed);
		} else if (json_is(j, "body")) {
			struct blob b = read_blob(w, j, json_next(j), &null);

			x->body = b.at || null ? b.at : (const uint8_t *)"";
			x->nbody = b.n;
		} else if (json_is(j, "body_is_truncated")) {
			x->truncated = json_bool(j, false);
		} else {
			spare(w, extra, j, "response.");
		}
	}
	x->header = listed.n ? listed.at : map.at;
	x->nheader = listed.n ? listed.n : map.n;
}

/* df-001. */
static void read_transaction(struct work *w, struct json *j)
{
	struct transaction *x = push(w, transaction, struct transaction);
	struct list extra = {0};

	*x = (struct transaction){.seen = seen_new(w)};
	while (json_key(j)) {
		if (seen_member(w, j, &x->seen)) {
			continue;
		} else if (json_is(j, "request")) {
			read_request_part(w, j, x, &extra);
		} else if (json_is(j, "response")) {
			read_response_part(w, j, x, &extra);
		} else if (json_is(j, "address")) {
			const char *s = text(w, j);

			x->has_addr = s && endpoint_parse(s, &x->addr, &x->port);
		} else if (json_is(j, "network")) {
			x->network = text(w, j);
		} else if (json_is(j, "alpn")) {
			x->alpn = text(w, j);
		} else {
			spare(w, &extra, j, "");
		}
	}
	seen_done(&x->seen, &extra);
}

/* df-008. */
static void read_event(struct work *w, struct json *j)
{
	struct net_event *e = push(w, event, struct net_event);
	struct list extra = {0};

	*e = (struct net_event){.seen = seen_new(w), .bytes = -1};
	while (json_key(j)) {
		if (seen_member(w, j, &e->seen))
			continue;
		if (json_is(j, "operation"))
			e->operation = text(w, j);
		else if (json_is(j, "address"))
			e->address = text(w, j);
		else if (json_is(j, "proto"))
			e->proto = text(w, j);
		else if (json_is(j, "num_bytes"))
			e->bytes = integer(j, -1);
		else
			spare(w, &extra, j, "");
	}
	seen_done(&e->seen, &extra);
}

enum kind { KIND_NONE, KIND_DNS, KIND_CONNECT, KIND_TLS, KIND_QUIC, KIND_HTTP, KIND_EVENT };

static enum kind kind_of(const struct json *j)
{
	static const struct {
		const char *name;
		enum kind kind;
	} known[] = {
	    {"queries", KIND_DNS},	    {"query", KIND_DNS},
	    {"tcp_connect", KIND_CONNECT},  {"tls_handshakes", KIND_TLS},
	    {"tls_handshake", KIND_TLS},    {"quic_handshakes", KIND_QUIC},
	    {"quic_handshake", KIND_QUIC},  {"requests", KIND_HTTP},
	    {"network_events", KIND_EVENT},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (json_is(j, known[i].name))
			return known[i].kind;
	return KIND_NONE;
}

static void read_reply(struct work *w, struct json *j, enum kind kind)
{
	switch (kind) {
	case KIND_DNS:
		read_query(w, j);
		break;
	case KIND_CONNECT:
		read_connect(w, j);
		break;
	case KIND_TLS:
	case KIND_QUIC:
		read_handshake(w, j, kind == KIND_QUIC);
		break;
	case KIND_HTTP:
		read_transaction(w, j);
		break;
	case KIND_EVENT:
		read_event(w, j);
		break;
	default:
		json_leave(j);
	}
}

/* A list of replies, or a single one, after its name. */
static void read_replies(struct work *w, struct json *j, enum kind kind)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT) {
		read_reply(w, j, kind);
	} else if (t == JSON_ARRAY) {
		while (json_item(j)) {
			if (j->token == JSON_OBJECT)
				read_reply(w, j, kind);
			else if (j->token == JSON_ARRAY)
				json_leave(j);
		}
	}
}

static void look_deeper(struct work *w, struct json *j);

/* An object within test_keys: its replies, its targets, and what lies deeper. */
static void look_in_object(struct work *w, struct json *j)
{
	struct tool_target t = {.id = w->group};
	const char *failure = NULL;

	while (json_key(j)) {
		enum kind kind = kind_of(j);

		if (kind != KIND_NONE) {
			read_replies(w, j, kind);
		} else if (json_is(j, "target_address")) {
			t.address = text(w, j);
		} else if (json_is(j, "target_name")) {
			t.name = text(w, j);
		} else if (json_is(j, "target_protocol")) {
			t.protocol = text(w, j);
		} else if (json_is(j, "failure")) {
			failure = text(w, j);
		} else {
			const char *before = w->group;

			w->group = arena_printf(w->a, "%s/%.*s", before, (int)j->nkey, j->key);
			json_next(j);
			look_deeper(w, j);
			w->group = before;
		}
	}
	if (t.address) {
		t.failure = failure;
		*push(w, target, struct tool_target) = t;
	}
}

/* j stands on a value's first token. */
static void look_deeper(struct work *w, struct json *j)
{
	if (j->token != JSON_OBJECT && j->token != JSON_ARRAY)
		return;
	if (w->nest == NEST) {
		json_leave(j);
		return;
	}
	w->nest++;
	if (j->token == JSON_OBJECT)
		look_in_object(w, j);
	else
		while (json_item(j))
			look_deeper(w, j);
	w->nest--;
}

static void look_in(struct work *w, const struct member *m)
{
	struct json j;

	if (!m->njson || (m->json[0] != '{' && m->json[0] != '['))
		return;
	/* Only what can hold replies is worth a second look. */
	if (!memmem(m->json, m->njson, "\"failure\"", 9))
		return;
	json_of(&j, m->json, m->njson);
	json_next(&j);
	w->group = m->key;
	look_deeper(w, &j);
	w->group = NULL;
	json_free(&j);
}

static struct control_endpoint *endpoint_of(struct work *w, struct list *l, const char *s)
{
	struct control_endpoint *e;
	struct addr addr;
	uint16_t port;

	if (!endpoint_parse(s, &addr, &port))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		e = (struct control_endpoint *)l->at + i;
		if (e->port == port && e->addr.hi == addr.hi && e->addr.lo == addr.lo &&
		    e->addr.v6 == addr.v6)
			return e;
	}
	if (l->n == 4096)
		return NULL;
	e = grow_push(w->a, &l->at, &l->n, sizeof(*e));
	*e = (struct control_endpoint){.addr = addr, .port = port};
	return e;
}

/* {"192.0.2.1:443": {"status": true, "failure": null}, …} */
static void read_control_endpoints(struct work *w, struct json *j, struct list *l, enum kind kind)
{
	if (!enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		struct control_endpoint *e = endpoint_of(w, l, arena_textn(w->a, j->key, j->nkey));
		const char *failure = NULL;
		bool status = true;

		if (!enter_object(j))
			continue;
		while (json_key(j)) {
			if (json_is(j, "status"))
				status = json_bool(j, true);
			else if (json_is(j, "failure"))
				failure = text(w, j);
		}
		if (!status && !failure)
			failure = "unknown_failure";
		if (!e)
			continue;
		if (kind == KIND_CONNECT) {
			e->tcp = true;
			e->tcp_failure = failure;
		} else if (kind == KIND_TLS) {
			e->tls = true;
			e->tls_failure = failure;
		} else {
			e->quic = true;
			e->quic_failure = failure;
		}
	}
}

static struct control_addr *addr_of(struct work *w, struct list *l, const char *s, size_t n)
{
	struct control_addr *c;
	struct addr addr;

	if (!addr_parse(s, n, &addr))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		c = (struct control_addr *)l->at + i;
		if (c->addr.hi == addr.hi && c->addr.lo == addr.lo && c->addr.v6 == addr.v6)
			return c;
	}
	if (l->n == 4096)
		return NULL;
	c = grow_push(w->a, &l->at, &l->n, sizeof(*c));
	*c = (struct control_addr){.addr = addr};
	return c;
}

/* What OONI's test helper saw (ts-017). */
static void read_control(struct work *w, const struct member *m, struct control *c, bool *empty)
{
	struct list addrs = {0}, endpoints = {0};
	struct json j;

	*empty = true;
	json_of(&j, m->json, m->njson);
	if (!enter_object(&j)) {
		json_free(&j);
		return;
	}
	while (json_key(&j)) {
		*empty = false;
		if (json_is(&j, "tcp_connect")) {
			read_control_endpoints(w, &j, &endpoints, KIND_CONNECT);
		} else if (json_is(&j, "tls_handshake")) {
			read_control_endpoints(w, &j, &endpoints, KIND_TLS);
		} else if (json_is(&j, "quic_handshake")) {
			read_control_endpoints(w, &j, &endpoints, KIND_QUIC);
		} else if (json_is(&j, "http_request")) {
			struct list headers = {0};

			if (!enter_object(&j))
				continue;
			c->http = true;
			while (json_key(&j)) {
				if (json_is(&j, "failure"))
					c->http_failure = text(w, &j);
				else if (json_is(&j, "status_code"))
					c->code = (int)integer(&j, 0);
				else if (json_is(&j, "body_length"))
					c->body_length = integer(&j, -1);
				else if (json_is(&j, "title"))
					c->title = text(w, &j);
				else if (json_is(&j, "headers"))
					read_headers(w, &j, &headers);
			}
			c->header = headers.at;
			c->nheader = headers.n;
		} else if (json_is(&j, "dns")) {
			if (!enter_object(&j))
				continue;
			c->dns = true;
			while (json_key(&j)) {
				if (json_is(&j, "failure")) {
					c->dns_failure = text(w, &j);
				} else if (json_is(&j, "addrs")) {
					if (!enter_array(&j))
						continue;
					while (json_item(&j)) {
						struct control_addr *ca;

						if (j.token == JSON_OBJECT || j.token == JSON_ARRAY)
							json_leave(&j);
						if (j.token != JSON_STRING)
							continue;
						ca = addr_of(w, &addrs, j.text, j.ntext);
						if (ca)
							ca->answered = true;
					}
				}
			}
		} else if (json_is(&j, "ip_info")) {
			if (!enter_object(&j))
				continue;
			while (json_key(&j)) {
				struct control_addr *ca = addr_of(w, &addrs, j.key, j.nkey);
				uint32_t number = 0;
				int64_t flags = 0;

				if (!enter_object(&j))
					continue;
				while (json_key(&j)) {
					if (json_is(&j, "asn"))
						number = asn(&j);
					else if (json_is(&j, "flags"))
						flags = integer(&j, 0);
				}
				if (ca) {
					ca->asn = number;
					ca->flags = flags;
				}
			}
		}
	}
	c->addr = addrs.at;
	c->naddr = addrs.n;
	c->endpoint = endpoints.at;
	c->nendpoint = endpoints.n;
	json_free(&j);
}

static const char *plain(struct work *w, const struct member *m)
{
	struct json j;
	const char *s = NULL;

	json_of(&j, m->json, m->njson);
	if (json_next(&j) == JSON_STRING)
		s = keep(w, &j);
	json_free(&j);
	return s;
}

static void read_test_keys(struct work *w, struct json *j)
{
	size_t first;

	if (!enter_object(j)) {
		return;
	}
	first = w->key.n;
	while (json_key(j)) {
		enum kind kind = kind_of(j);
		const char *at = j->at;

		while (at < j->stop && (unsigned char)*at <= ' ')
			at++;
		if (kind != KIND_NONE && at < j->stop && *at == '[')
			read_replies(w, j, kind);
		else
			spare(w, &w->key, j, "");
	}
	for (size_t i = first; i < w->key.n; i++) {
		const struct member *m = (const struct member *)w->key.at + i;

		if (!strcmp(m->key, "control") || !strcmp(m->key, "control_failure") ||
		    !strcmp(m->key, "meridian"))
			continue;
		look_in(w, m);
	}
}

/* Tests from before the test helper brought a control of their own: the same request through
 * Tor (http_requests), the same query to a resolver that is held to be good (dns_consistency). */
static bool old_control(struct work *w, struct control *c)
{
	const struct member *good = measurement_key(w->m, "control_resolver");
	const char *resolver = good ? plain(w, good) : NULL;
	struct list addrs = {0};

	for (size_t i = 0; i < w->transaction.n; i++) {
		const struct transaction *x = (const struct transaction *)w->transaction.at + i;

		if (!x->tor)
			continue;
		*c = (struct control){.name = "tor",
				      .http = true,
				      .http_failure = x->seen.failure,
				      .code = x->code,
				      .body_length = x->body ? (int64_t)x->nbody : -1,
				      .header = x->header,
				      .nheader = x->nheader};
		return true;
	}
	for (size_t i = 0; resolver && i < w->dns.n; i++) {
		struct dns_reply *q = (struct dns_reply *)w->dns.at + i;

		if (!q->resolver || strcmp(q->resolver, resolver))
			continue;
		q->seen.group = "control";
		c->name = "control resolver";
		c->body_length = -1;
		c->host = q->name;
		c->dns = true;
		c->dns_failure = q->seen.failure;
		for (size_t k = 0; k < q->nanswer; k++) {
			struct control_addr *ca;

			if (!q->answer[k].has_addr)
				continue;
			ca = grow_push(w->a, &addrs.at, &addrs.n, sizeof(*ca));
			ca->addr = q->answer[k].addr;
			ca->asn = q->answer[k].asn;
			ca->answered = true;
		}
		c->addr = addrs.at;
		c->naddr = addrs.n;
		return true;
	}
	return false;
}

static void read_series(struct work *w, struct json *j, struct series *s)
{
	struct list samples = {0}, extra = {0};

	*s = (struct series){.seen = seen_new(w)};
	while (json_key(j)) {
		if (seen_member(w, j, &s->seen))
			continue;
		if (json_is(j, "address")) {
			const char *t = text(w, j);

			if (t && !endpoint_parse(t, &s->addr, &s->port))
				s->addr = (struct addr){0};
		} else if (json_is(j, "name")) {
			s->name = text(w, j);
		} else if (json_is(j, "control")) {
			s->control = json_bool(j, false);
		} else if (json_is(j, "expected")) {
			s->expected = json_u64(j, INT64_MAX, 0);
		} else if (json_is(j, "samples")) {
			if (!enter_array(j))
				continue;
			while (json_item(j)) {
				struct sample *x;
				double v[2] = {0, 0};

				if (j->token == JSON_OBJECT)
					json_leave(j);
				if (j->token != JSON_ARRAY)
					continue;
				for (unsigned i = 0; json_item(j); i++) {
					if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
						json_leave(j);
					else if (j->token == JSON_NUMBER && i < 2 &&
						 j->ntext < 40) {
						char t[40];

						memcpy(t, j->text, j->ntext);
						t[j->ntext] = 0;
						v[i] = strtod(t, NULL);
					}
				}
				if (samples.n == 65536 || v[0] < 0 || v[0] > 9e15 || v[1] < 0 ||
				    v[1] > 9e15)
					continue;
				x = grow_push(w->a, &samples.at, &samples.n, sizeof(*x));
				*x = (struct sample){(int64_t)v[0], (uint64_t)v[1]};
			}
		} else {
			spare(w, &extra, j, "");
		}
	}
	s->sample = samples.at;
	s->nsample = samples.n;
	seen_done(&s->seen, &extra);
}

static void read_ttl_probe(struct work *w, struct json *j, struct ttl_probe *p)
{
	static const char *const answers[] = {"silence", "exceeded", "reset", "fin",
					      "data",	 "forged",   "other"};
	struct list extra = {0};

	*p = (struct ttl_probe){.seen = seen_new(w), .ip_ttl = -1};
	while (json_key(j)) {
		if (seen_member(w, j, &p->seen)) {
			continue;
		} else if (json_is(j, "layer")) {
			p->layer = text(w, j);
		} else if (json_is(j, "name")) {
			p->name = text(w, j);
		} else if (json_is(j, "control")) {
			p->control = json_bool(j, false);
		} else if (json_is(j, "ttl")) {
			p->ttl = (uint8_t)json_u64(j, 255, 0);
		} else if (json_is(j, "both")) {
			p->both = json_bool(j, false);
		} else if (json_is(j, "ip_ttl")) {
			p->ip_ttl = (int16_t)json_u64(j, 255, 0);
		} else if (json_is(j, "from")) {
			p->has_from = json_text(j) && addr_parse(j->text, j->ntext, &p->from);
		} else if (json_is(j, "answer")) {
			if (!json_text(j))
				continue;
			for (int i = 0; i < 7; i++)
				if (j->ntext == strlen(answers[i]) &&
				    !memcmp(j->text, answers[i], j->ntext))
					p->answer = (enum ttl_answer)i;
		} else {
			spare(w, &extra, j, "");
		}
	}
	seen_done(&p->seen, &extra);
}

/* What we write where OONI's format has no room (record/ooni.h). */
static void read_meridian(struct work *w, const struct member *m)
{
	struct list series = {0}, probes = {0}, ctl = {0};
	struct meridian_notes *n = &w->m->notes;
	struct json j;

	w->m->own_keys = true;
	json_of(&j, m->json, m->njson);
	if (enter_object(&j))
		while (json_key(&j)) {
			if (json_is(&j, "ipv6_works")) {
				n->present = true;
				n->ipv6_works = json_bool(&j, false);
			} else if (json_is(&j, "ipv6_broken")) {
				n->ipv6_broken = json_bool(&j, false);
			} else if (json_is(&j, "captive_portal")) {
				n->captive_portal = json_bool(&j, false);
			} else if (json_is(&j, "vpn")) {
				n->vpn = json_bool(&j, false);
			} else if (json_is(&j, "seed")) {
				uint64_t v;

				if (json_text(&j) && text_to_u64(j.text, j.ntext, UINT64_MAX, &v))
					n->seed = v;
			} else if (json_is(&j, "series") || json_is(&j, "ttl_probes") ||
				   json_is(&j, "controls")) {
				char what = j.key[0];

				if (!enter_array(&j))
					continue;
				while (json_item(&j)) {
					if (j.token == JSON_ARRAY)
						json_leave(&j);
					if (j.token != JSON_OBJECT)
						continue;
					if (what == 's') {
						read_series(w, &j,
							    grow_push(w->a, &series.at, &series.n,
								      sizeof(struct series)));
					} else if (what == 't') {
						read_ttl_probe(w, &j,
							       grow_push(w->a, &probes.at,
									 &probes.n,
									 sizeof(struct ttl_probe)));
					} else {
						struct control *c =
						    grow_push(w->a, &ctl.at, &ctl.n, sizeof(*c));
						bool empty;

						c->body_length = -1;
						while (json_key(&j)) {
							struct member saw;

							if (json_is(&j, "name")) {
								c->name = text(w, &j);
							} else if (json_is(&j, "host")) {
								c->host = text(w, &j);
							} else if (json_is(&j, "failure")) {
								c->failure = text(w, &j);
							} else if (json_is(&j, "saw")) {
								saw = raw(w, &j, "");
								if (saw.njson)
									read_control(w, &saw, c,
										     &empty);
							}
						}
					}
				}
			}
		}
	json_free(&j);
	w->m->series = series.at;
	w->m->nseries = series.n;
	w->m->ttl_probe = probes.at;
	w->m->nttl_probe = probes.n;
	if (ctl.n) {
		w->m->control = ctl.at;
		w->m->ncontrol = ctl.n;
	}
}

static void controls(struct work *w)
{
	const struct member *m = measurement_key(w->m, "control"),
			    *f = measurement_key(w->m, "control_failure");
	struct control *c = arena_zero(w->a, 1, sizeof(*c));
	bool empty = true;

	c->name = "test helper";
	c->body_length = -1;
	/* sni_blocking has a `control` of another kind: replies, found by look_in(). */
	if (m && memmem(m->json, m->njson, "\"th_address\"", 12)) {
		look_in(w, m);
		return;
	}
	if (m)
		read_control(w, m, c, &empty);
	if (f)
		c->failure = plain(w, f);
	if (empty && !c->failure && !old_control(w, c))
		return;
	w->m->control = c;
	w->m->ncontrol = 1;
}

static void read_scores(struct work *w, const struct member *m)
{
	struct scores *s = &w->m->scores;
	struct json j;

	s->given = true;
	json_of(&j, m->json, m->njson);
	if (enter_object(&j))
		while (json_key(&j)) {
			if (json_is(&j, "blocking_general"))
				s->blocking = json_real(&j, -1);
			else if (json_is(&j, "accessible_endpoints"))
				s->endpoints_ok = (int32_t)integer(&j, -1);
			else if (json_is(&j, "unreachable_endpoints"))
				s->endpoints_bad = (int32_t)integer(&j, -1);
			else if (json_is(&j, "http_success_cnt"))
				s->http_ok = (int32_t)integer(&j, -1);
			else if (json_is(&j, "http_failure_cnt"))
				s->http_bad = (int32_t)integer(&j, -1);
			else if (json_is(&j, "web_failure"))
				s->web_failure = text(w, &j);
		}
	json_free(&j);
}

static bool is_true(const struct member *m)
{
	return m->njson == 4 && !memcmp(m->json, "true", 4);
}

static void read_member(struct work *w, struct json *j, bool *keys, bool *list)
{
	struct measurement *m = w->m;
	const char *s;

	if (json_is(j, "test_keys")) {
		*keys = true;
		read_test_keys(w, j);
	} else if (json_is(j, "measurement_uid") || json_is(j, "id")) {
		s = text(w, j);
		if (s && *s)
			m->id = s;
	} else if (json_is(j, "report_id")) {
		m->report_id = text(w, j);
	} else if (json_is(j, "test_name")) {
		m->test = text(w, j);
	} else if (json_is(j, "test_version")) {
		m->test_version = text(w, j);
	} else if (json_is(j, "software_name")) {
		m->software = text(w, j);
	} else if (json_is(j, "software_version")) {
		m->software_version = text(w, j);
	} else if (json_is(j, "data_format_version")) {
		m->format_version = text(w, j);
	} else if (json_is(j, "measurement_start_time")) {
		m->time = moment(j);
	} else if (json_is(j, "test_start_time")) {
		m->test_start = moment(j);
	} else if (json_is(j, "test_runtime")) {
		m->runtime = json_real(j, -1);
	} else if (json_is(j, "probe_asn")) {
		m->asn = asn(j);
	} else if (json_is(j, "probe_cc")) {
		if (json_text(j) && j->ntext == 2 && memcmp(j->text, "ZZ", 2))
			memcpy(m->country, j->text, 2);
	} else if (json_is(j, "probe_network_name")) {
		m->network = text(w, j);
	} else if (json_is(j, "probe_ip")) {
		m->ip = text(w, j);
	} else if (json_is(j, "resolver_asn")) {
		m->resolver_asn = asn(j);
	} else if (json_is(j, "resolver_ip")) {
		m->resolver_ip = text(w, j);
	} else if (json_is(j, "resolver_network_name")) {
		m->resolver_network = text(w, j);
	} else if (json_is(j, "input")) {
		const char *at = j->at;

		while (at < j->stop && (unsigned char)*at <= ' ')
			at++;
		if (at < j->stop && *at == '"')
			m->input = text(w, j);
		else
			spare(w, &w->extra, j, "");
	} else {
		if (json_is(j, "results") || json_is(j, "result") || json_is(j, "measurements") ||
		    json_is(j, "content") || json_is(j, "raw_measurement"))
			*list = true;
		spare(w, &w->extra, j, "");
	}
}

static enum ooni_value envelope(struct work *w, struct blob *inner)
{
	static const char *const names[] = {"content", "raw_measurement", "measurements", "results",
					    "result"};

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
		for (size_t i = 0; i < w->m->nextra; i++) {
			const struct member *m = &w->m->extra[i];

			if (strcmp(m->key, names[n]) || !m->njson)
				continue;
			*inner = (struct blob){(const uint8_t *)m->json, m->njson};
			if (*m->json == '"') {
				const char *s = plain(w, m);

				if (!s)
					return OONI_OTHER;
				*inner = (struct blob){(const uint8_t *)s, strlen(s)};
			}
			return OONI_ENVELOPE;
		}
	return OONI_OTHER;
}

enum ooni_value ooni_measurement(struct arena *a, const char *json, size_t n,
				 struct measurement *out, struct blob *inner, const char **why)
{
	struct work w = {.a = a, .m = out};
	bool keys = false, list = false, scores = false, anomaly = false, counts = false;
	struct json j;

	*out = (struct measurement){.time = TIME_NONE,
				    .test_start = TIME_NONE,
				    .runtime = -1,
				    .scores = {.blocking = -1,
					       .endpoints_ok = -1,
					       .endpoints_bad = -1,
					       .http_ok = -1,
					       .http_bad = -1}};
	json_of(&j, json, n);
	if (enter_object(&j))
		while (json_key(&j))
			read_member(&w, &j, &keys, &list);
	else if (!j.why)
		j.why = "not a JSON object";
	*why = json_why(&j, NULL);
	json_free(&j);
	if (*why)
		return OONI_BAD;
	out->dns = w.dns.at;
	out->ndns = w.dns.n;
	out->connect = w.connect.at;
	out->nconnect = w.connect.n;
	out->handshake = w.handshake.at;
	out->nhandshake = w.handshake.n;
	out->transaction = w.transaction.at;
	out->ntransaction = w.transaction.n;
	out->event = w.event.at;
	out->nevent = w.event.n;
	out->target = w.target.at;
	out->ntarget = w.target.n;
	out->key = w.key.at;
	out->nkey = w.key.n;
	out->extra = w.extra.at;
	out->nextra = w.extra.n;
	for (size_t i = 0; i < out->nextra; i++) {
		const struct member *m = &out->extra[i];

		if (!strcmp(m->key, "scores")) {
			scores = true;
			read_scores(&w, m);
		} else if (!strcmp(m->key, "anomaly")) {
			anomaly = true;
			out->scores.anomaly = is_true(m);
		} else if (!strcmp(m->key, "confirmed")) {
			out->scores.confirmed = is_true(m);
		} else if (!strcmp(m->key, "anomaly_count")) {
			counts = true;
		}
	}
	if (!keys && counts)
		return OONI_COUNTS;
	if (!keys && list)
		return envelope(&w, inner);
	if (!keys && !(out->test && out->time != TIME_NONE) &&
	    !(scores && anomaly && out->time != TIME_NONE))
		return OONI_OTHER;
	controls(&w);
	if (measurement_key(out, "meridian"))
		read_meridian(&w, measurement_key(out, "meridian"));
	out->dns = w.dns.at;
	out->ndns = w.dns.n;
	out->connect = w.connect.at;
	out->nconnect = w.connect.n;
	out->handshake = w.handshake.at;
	out->nhandshake = w.handshake.n;
	out->event = w.event.at;
	out->nevent = w.event.n;
	if (!out->id)
		out->id = arena_printf(a, "%s%s%s", out->report_id ? out->report_id : "",
				       out->input ? "?input=" : "", out->input ? out->input : "");
	return scores && !keys ? OONI_SCORES : OONI_MEASUREMENT;
}
