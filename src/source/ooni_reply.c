/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ooni_read.h"

#include <string.h>

#include "base/base64.h"
#include "base/text.h"

#define NEST 6 /* how deep replies are looked for within test_keys */

/* df-002: an answer. */
static void read_answer(struct ooni_work *w, struct json *j, struct dns_answer *a)
{
	struct ooni_list extra = {0};

	*a = (struct dns_answer){.ttl = -1};
	while (json_key(j)) {
		if (json_is(j, "answer_type")) {
			a->type = ooni_text(w, j);
		} else if (json_is(j, "ipv4") || json_is(j, "ipv6")) {
			if (json_text(j) && addr_parse(j->text, j->ntext, &a->addr))
				a->has_addr = true;
		} else if (json_is(j, "hostname")) {
			a->name = ooni_text(w, j);
		} else if (json_is(j, "ttl")) {
			a->ttl = ooni_integer(j, -1);
		} else if (json_is(j, "asn")) {
			a->asn = ooni_asn(j);
		} else if (json_is(j, "as_org_name")) {
			a->as_name = ooni_text(w, j);
		} else {
			ooni_spare(w, &extra, j, "");
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

/* What was asked in other words than the target's (trigger.h) is none of its own steps. */
static void trigger_group(struct seen *s)
{
	for (uint16_t i = 0; i < s->ntag && !s->group; i++)
		if (!strcmp(s->tag[i], "trigger"))
			s->group = "trigger";
}

void ooni_answers(struct ooni_work *w, struct json *j, struct ooni_list *l)
{
	if (!ooni_enter_array(j))
		return;
	while (json_item(j)) {
		if (j->token == JSON_OBJECT)
			read_answer(w, j,
				    grow_push(w->a, &l->at, &l->n, sizeof(struct dns_answer)));
		else if (j->token == JSON_ARRAY)
			json_leave(j);
	}
}

/* df-002: a lookup. */
static void read_query(struct ooni_work *w, struct json *j)
{
	struct dns_reply *q = push(w, dns, struct dns_reply);
	struct ooni_list answers = {0}, extra = {0};
	const char *host = NULL;
	int64_t port = 0;

	*q = (struct dns_reply){.seen = ooni_seen_new(w), .rcode = -1, .ip_ttl = -1};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &q->seen))
			continue;
		if (json_is(j, "answers")) {
			ooni_answers(w, j, &answers);
		} else if (json_is(j, "engine")) {
			q->engine = ooni_text(w, j);
		} else if (json_is(j, "hostname")) {
			q->name = ooni_text(w, j);
		} else if (json_is(j, "query_type")) {
			q->type = ooni_text(w, j);
		} else if (json_is(j, "resolver_address")) {
			q->resolver = ooni_text(w, j);
		} else if (json_is(j, "raw_response")) {
			if (json_text(j))
				q->raw = base64_decode(w->a, j->text, j->ntext, &q->nraw);
		} else if (json_is(j, "rcode")) {
			q->rcode = (int16_t)ooni_integer(j, -1);
		} else if (json_is(j, "x_meridian_again")) {
			q->again = json_bool(j, false);
		} else if (json_is(j, "x_meridian_nobody")) {
			q->nobody = json_bool(j, false);
		} else if (json_is(j, "x_meridian_nameserver")) {
			q->server = (uint8_t)json_u64(j, 255, 0);
		} else if (json_is(j, "x_meridian_ip_ttl")) {
			q->ip_ttl = (int16_t)json_u64(j, 255, 0);
		} else if (json_is(j, "resolver_hostname")) {
			struct json peek = *j;

			ooni_spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			if (json_text(&peek))
				host = ooni_keep(w, &peek);
			buf_free(&peek.unescaped);
		} else if (json_is(j, "resolver_port")) {
			struct json peek = *j;

			ooni_spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			port = ooni_integer(&peek, 0);
			buf_free(&peek.unescaped);
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	q->answer = answers.at;
	q->nanswer = answers.n;
	if (!q->resolver && host)
		q->resolver = arena_printf(w->a, "%s:%d", host, (int)(port ? port : 53));
	if (q->raw && q->nraw >= 4 && q->rcode < 0)
		q->rcode = q->raw[3] & 15;
	q->via = via_of(q->engine, q->resolver);
	ooni_seen_done(&q->seen, &extra);
	trigger_group(&q->seen);
}

/* df-005. */
static void read_connect(struct ooni_work *w, struct json *j)
{
	struct connect *c = push(w, connect, struct connect);
	struct ooni_list extra = {0};

	*c = (struct connect){.seen = ooni_seen_new(w)};
	while (json_key(j)) {
		if (json_is(j, "status")) {
			bool success = true;

			if (!ooni_enter_object(j))
				continue;
			while (json_key(j)) {
				if (json_is(j, "failure")) {
					/* Old probes wrote false for null. */
					c->seen.failure = ooni_text(w, j);
				} else if (json_is(j, "success")) {
					success = json_bool(j, true);
				} else {
					ooni_spare(w, &extra, j, "status.");
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
		} else if (!ooni_seen_member(w, j, &c->seen)) {
			ooni_spare(w, &extra, j, "");
		}
	}
	ooni_seen_done(&c->seen, &extra);
}

/* {"format": "base64", "data": "…"} or a plain string, after a name or as an item. */
static struct blob read_blob(struct ooni_work *w, struct json *j, enum json_token t, bool *is_null)
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
static void read_handshake(struct ooni_work *w, struct json *j, bool quic)
{
	struct handshake *h = push(w, handshake, struct handshake);
	struct ooni_list extra = {0}, certs = {0};

	*h = (struct handshake){.seen = ooni_seen_new(w), .quic = quic};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &h->seen))
			continue;
		if (json_is(j, "address")) {
			const char *s = ooni_text(w, j);

			if (s && !endpoint_parse(s, &h->addr, &h->port))
				addr_parse(s, strlen(s), &h->addr);
		} else if (json_is(j, "server_name")) {
			h->server_name = ooni_text(w, j);
		} else if (json_is(j, "tls_version")) {
			h->version = ooni_text(w, j);
		} else if (json_is(j, "cipher_suite")) {
			h->cipher = ooni_text(w, j);
		} else if (json_is(j, "negotiated_protocol")) {
			h->alpn = ooni_text(w, j);
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
			if (ooni_enter_array(j)) {
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

			ooni_spare(w, &extra, j, "");
			peek.unescaped = (struct buf){0};
			if (json_text(&peek) &&
			    (!strncmp(peek.text, "udp", 3) || !strncmp(peek.text, "quic", 4)))
				h->quic = true;
			buf_free(&peek.unescaped);
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	h->cert = certs.at;
	h->ncert = certs.n;
	ooni_seen_done(&h->seen, &extra);
}

static void add_header(struct ooni_work *w, struct ooni_list *l, const char *name,
		       struct blob value)
{
	struct header *h;

	if (l->n == 1024)
		return;
	h = grow_push(w->a, &l->at, &l->n, sizeof(*h));
	h->name = name;
	h->value = arena_textn(w->a, value.at ? (const char *)value.at : "", value.n);
}

/* {"Name": "value", …} */
void ooni_headers(struct ooni_work *w, struct json *j, struct ooni_list *l)
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
static void read_header_list(struct ooni_work *w, struct json *j, struct ooni_list *l)
{
	if (!ooni_enter_array(j))
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

static void read_request_part(struct ooni_work *w, struct json *j, struct transaction *x,
			      struct ooni_list *extra)
{
	struct ooni_list map = {0}, listed = {0};
	bool null;

	if (!ooni_enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		if (json_is(j, "url")) {
			x->url = ooni_text(w, j);
		} else if (json_is(j, "method")) {
			x->method = ooni_text(w, j);
		} else if (json_is(j, "headers")) {
			ooni_headers(w, j, &map);
		} else if (json_is(j, "headers_list")) {
			read_header_list(w, j, &listed);
		} else if (json_is(j, "body")) {
			struct blob b = read_blob(w, j, json_next(j), &null);

			x->ask_body = b.at;
			x->nask_body = b.n;
		} else if (json_is(j, "tor")) {
			struct json peek = *j;

			ooni_spare(w, extra, j, "request.");
			peek.unescaped = peek.keybuf = (struct buf){0};
			if (ooni_enter_object(&peek))
				while (json_key(&peek)) {
					if (json_is(&peek, "is_tor"))
						x->tor = json_bool(&peek, false);
				}
			json_free(&peek);
		} else {
			ooni_spare(w, extra, j, "request.");
		}
	}
	x->ask = listed.n ? listed.at : map.at;
	x->nask = listed.n ? listed.n : map.n;
}

static void read_response_part(struct ooni_work *w, struct json *j, struct transaction *x,
			       struct ooni_list *extra)
{
	struct ooni_list map = {0}, listed = {0};
	bool null;

	if (!ooni_enter_object(j)) {
		return;
	}
	while (json_key(j)) {
		if (json_is(j, "code")) {
			x->code = (int)ooni_integer(j, 0);
		} else if (json_is(j, "headers")) {
			ooni_headers(w, j, &map);
		} else if (json_is(j, "headers_list")) {
			read_header_list(w, j, &listed);
		} else if (json_is(j, "body")) {
			struct blob b = read_blob(w, j, json_next(j), &null);

			x->body = b.at || null ? b.at : (const uint8_t *)"";
			x->nbody = b.n;
		} else if (json_is(j, "body_is_truncated")) {
			x->truncated = json_bool(j, false);
		} else {
			ooni_spare(w, extra, j, "response.");
		}
	}
	x->header = listed.n ? listed.at : map.at;
	x->nheader = listed.n ? listed.n : map.n;
}

/* df-001. */
static void read_transaction(struct ooni_work *w, struct json *j)
{
	struct transaction *x = push(w, transaction, struct transaction);
	struct ooni_list extra = {0};

	*x = (struct transaction){.seen = ooni_seen_new(w)};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &x->seen)) {
			continue;
		} else if (json_is(j, "request")) {
			read_request_part(w, j, x, &extra);
		} else if (json_is(j, "response")) {
			read_response_part(w, j, x, &extra);
		} else if (json_is(j, "address")) {
			const char *s = ooni_text(w, j);

			x->has_addr = s && endpoint_parse(s, &x->addr, &x->port);
		} else if (json_is(j, "network")) {
			x->network = ooni_text(w, j);
		} else if (json_is(j, "alpn")) {
			x->alpn = ooni_text(w, j);
		} else {
			ooni_spare(w, &extra, j, "");
		}
	}
	ooni_seen_done(&x->seen, &extra);
	trigger_group(&x->seen);
}

/* df-008. */
static void read_event(struct ooni_work *w, struct json *j)
{
	struct net_event *e = push(w, event, struct net_event);
	struct ooni_list extra = {0};

	*e = (struct net_event){.seen = ooni_seen_new(w), .bytes = -1};
	while (json_key(j)) {
		if (ooni_seen_member(w, j, &e->seen))
			continue;
		if (json_is(j, "operation"))
			e->operation = ooni_text(w, j);
		else if (json_is(j, "address"))
			e->address = ooni_text(w, j);
		else if (json_is(j, "proto"))
			e->proto = ooni_text(w, j);
		else if (json_is(j, "num_bytes"))
			e->bytes = ooni_integer(j, -1);
		else
			ooni_spare(w, &extra, j, "");
	}
	ooni_seen_done(&e->seen, &extra);
}

enum ooni_kind ooni_kind_of(const struct json *j)
{
	static const struct {
		const char *name;
		enum ooni_kind kind;
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

static void read_reply(struct ooni_work *w, struct json *j, enum ooni_kind kind)
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
void ooni_replies(struct ooni_work *w, struct json *j, enum ooni_kind kind)
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

static void look_deeper(struct ooni_work *w, struct json *j);

/* An object within test_keys: its replies, its targets, and what lies deeper. */
static void look_in_object(struct ooni_work *w, struct json *j)
{
	struct tool_target t = {.id = w->group};
	const char *failure = NULL;

	while (json_key(j)) {
		enum ooni_kind kind = ooni_kind_of(j);

		if (kind != KIND_NONE) {
			ooni_replies(w, j, kind);
		} else if (json_is(j, "target_address")) {
			t.address = ooni_text(w, j);
		} else if (json_is(j, "target_name")) {
			t.name = ooni_text(w, j);
		} else if (json_is(j, "target_protocol")) {
			t.protocol = ooni_text(w, j);
		} else if (json_is(j, "failure")) {
			failure = ooni_text(w, j);
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
static void look_deeper(struct ooni_work *w, struct json *j)
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

void ooni_look_in(struct ooni_work *w, const struct member *m)
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
