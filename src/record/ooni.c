/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/ooni.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"

/* ---- small things ---- */

static void base64(struct jsonw *w, const uint8_t *p, size_t n)
{
	struct buf out = {0};

	base64_put(&out, p, n);
	jsonw_textn(w, out.at, out.len);
	buf_free(&out);
}

/* RFC 3629. */
static bool utf8(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c = p[i];
		size_t more = c < 0x80	       ? 0
			      : (c >> 5) == 6  ? 1
			      : (c >> 4) == 14 ? 2
			      : (c >> 3) == 30 ? 3
					       : 9;
		static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

		if (more == 9 || n - i <= more)
			return false;
		c = more ? c & (0x3fu >> more) : c;
		for (size_t k = 1; k <= more; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (p[i + k] & 63u);
		}
		if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		i += more + 1;
	}
	return true;
}

/* A text when it is one, else {"format": "base64", "data": …}. */
static void maybe_binary(struct jsonw *w, const void *p, size_t n)
{
	if (utf8(p, n)) {
		jsonw_textn(w, p, n);
		return;
	}
	jsonw_object(w);
	jsonw_name(w, "data");
	base64(w, p, n);
	jsonw_name(w, "format");
	jsonw_text(w, "base64");
	jsonw_object_end(w);
}

static void seconds(struct jsonw *w, const char *name, int64_t t)
{
	if (t == TIME_NONE)
		return;
	jsonw_name(w, name);
	jsonw_real(w, (double)t / 1e6, 6);
}

/* "2026-06-16 07:08:57" */
static void moment(struct jsonw *w, const char *name, int64_t t)
{
	char out[TEXT_TIME];

	if (t == TIME_NONE)
		return;
	text_time(out, t - (t % SECOND + SECOND) % SECOND);
	out[10] = ' ';
	out[19] = 0;
	jsonw_put_text(w, name, out);
}

static void network(struct jsonw *w, const char *name, uint32_t asn)
{
	jsonw_name(w, name);
	jsonw_printf(w, "AS%u", asn);
}

static void endpoint(struct jsonw *w, const char *name, struct addr a, uint16_t port)
{
	char t[PREFIX_TEXT + 8];

	jsonw_put_text(w, name, endpoint_text(t, a, port));
}

static void address(struct jsonw *w, const char *name, struct addr a)
{
	char t[PREFIX_TEXT];

	jsonw_put_text(w, name, addr_text(t, a));
}

/* Those whose key starts with prefix ("request."), or that have none of the known prefixes. */
static void members(struct jsonw *w, const struct member *m, size_t n, const char *prefix)
{
	static const char *const prefixes[] = {"request.", "response.", "status."};

	for (size_t i = 0; i < n; i++) {
		const char *key = m[i].key;
		bool nested = false;

		for (size_t k = 0; k < sizeof(prefixes) / sizeof(*prefixes); k++)
			nested |= !strncmp(key, prefixes[k], strlen(prefixes[k]));
		if (prefix ? strncmp(key, prefix, strlen(prefix)) : nested)
			continue;
		jsonw_name(w, prefix ? key + strlen(prefix) : key);
		jsonw_raw(w, m[i].json, m[i].njson);
	}
}

static void seen(struct jsonw *w, const struct seen *s, bool failure)
{
	if (failure)
		jsonw_put_text(w, "failure", s->failure);
	seconds(w, "t0", s->t0);
	seconds(w, "t", s->t);
	if (s->ntag || s->depth) {
		jsonw_name(w, "tags");
		jsonw_array(w);
		for (size_t i = 0; i < s->ntag; i++)
			jsonw_text(w, s->tag[i]);
		if (!s->ntag)
			jsonw_printf(w, "depth=%u", s->depth);
		jsonw_array_end(w);
	}
	if (s->transaction) {
		jsonw_name(w, "transaction_id");
		jsonw_int(w, s->transaction);
	}
	members(w, s->extra, s->nextra, NULL);
}

/* Replies that a member of test_keys holds as it came are not told again. */
static bool told(const struct measurement *m, const struct seen *s)
{
	char top[128];
	size_t n;

	if (!s->group)
		return false;
	n = strcspn(s->group, "/");
	if (n >= sizeof(top))
		return true;
	memcpy(top, s->group, n);
	top[n] = 0;
	/* dns_consistency's control is among its queries. */
	if (!strcmp(top, "control") && !measurement_key(m, "control"))
		return false;
	return measurement_key(m, top) != NULL;
}

static bool has_extra(const struct seen *s, const char *key)
{
	for (size_t i = 0; i < s->nextra; i++)
		if (!strcmp(s->extra[i].key, key))
			return true;
	return false;
}

/* ---- replies ---- */

static void answers(struct jsonw *w, const struct dns_answer *answer, size_t n)
{
	jsonw_name(w, "answers");
	jsonw_array(w);
	for (size_t k = 0; k < n; k++) {
		const struct dns_answer *a = &answer[k];

		jsonw_object(w);
		jsonw_put_text(w, "answer_type", a->type);
		if (a->has_addr)
			address(w, a->addr.v6 ? "ipv6" : "ipv4", a->addr);
		if (a->name)
			jsonw_put_text(w, "hostname", a->name);
		if (a->asn) {
			jsonw_name(w, "asn");
			jsonw_uint(w, a->asn);
		}
		if (a->as_name)
			jsonw_put_text(w, "as_org_name", a->as_name);
		if (a->ttl >= 0) {
			jsonw_name(w, "ttl");
			jsonw_int(w, a->ttl);
		}
		members(w, a->extra, a->nextra, NULL);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void queries(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "queries");
	jsonw_array(w);
	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (told(m, &q->seen))
			continue;
		jsonw_object(w);
		answers(w, q->answer, q->nanswer);
		if (q->engine)
			jsonw_put_text(w, "engine", q->engine);
		jsonw_put_text(w, "hostname", q->name);
		jsonw_put_text(w, "query_type", q->type);
		if (q->raw) {
			jsonw_name(w, "raw_response");
			base64(w, q->raw, q->nraw);
		}
		if (q->rcode >= 0) {
			jsonw_name(w, "rcode");
			jsonw_int(w, q->rcode);
		}
		jsonw_put_text(w, "resolver_address", q->resolver);
		if (q->again) {
			jsonw_name(w, "x_meridian_again");
			jsonw_bool(w, true);
		}
		if (q->nobody) {
			jsonw_name(w, "x_meridian_nobody");
			jsonw_bool(w, true);
		}
		if (q->server) {
			jsonw_name(w, "x_meridian_nameserver");
			jsonw_uint(w, q->server);
		}
		if (q->ip_ttl >= 0) {
			jsonw_name(w, "x_meridian_ip_ttl");
			jsonw_int(w, q->ip_ttl);
		}
		seen(w, &q->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void connects(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "tcp_connect");
	jsonw_array(w);
	for (size_t i = 0; i < m->nconnect; i++) {
		const struct connect *c = &m->connect[i];

		if (told(m, &c->seen))
			continue;
		jsonw_object(w);
		address(w, "ip", c->addr);
		jsonw_name(w, "port");
		jsonw_uint(w, c->port);
		jsonw_name(w, "status");
		jsonw_object(w);
		jsonw_put_text(w, "failure", c->seen.failure);
		jsonw_name(w, "success");
		jsonw_bool(w, !c->seen.failure);
		members(w, c->seen.extra, c->seen.nextra, "status.");
		jsonw_object_end(w);
		if (c->quiet) {
			jsonw_name(w, "x_meridian_quiet");
			jsonw_bool(w, true);
		}
		seen(w, &c->seen, false);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static const char *const hellos[] = {
    "normal", "neutral-name", "neutral-address", "no-name", "later", "ech", "split"};

static void handshakes(struct jsonw *w, const struct measurement *m, const char *name, bool quic)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (h->quic != quic || told(m, &h->seen))
			continue;
		jsonw_object(w);
		endpoint(w, "address", h->addr, h->port);
		jsonw_put_text(w, "cipher_suite", h->cipher);
		jsonw_put_text(w, "negotiated_protocol", h->alpn);
		jsonw_name(w, "no_tls_verify");
		jsonw_bool(w, h->unverified);
		jsonw_name(w, "peer_certificates");
		jsonw_array(w);
		for (size_t k = 0; k < h->ncert; k++) {
			jsonw_object(w);
			jsonw_name(w, "data");
			base64(w, h->cert[k].at, h->cert[k].n);
			jsonw_name(w, "format");
			jsonw_text(w, "base64");
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
		jsonw_put_text(w, "server_name", h->server_name);
		jsonw_put_text(w, "tls_version", h->version);
		if (h->hello != HELLO_NORMAL)
			jsonw_put_text(w, "x_meridian_hello", hellos[h->hello]);
		seen(w, &h->seen, true);
		if (!has_extra(&h->seen, "network"))
			jsonw_put_text(w, "network", quic ? "udp" : "tcp");
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void headers(struct jsonw *w, const struct header *h, size_t n)
{
	jsonw_name(w, "headers");
	jsonw_object(w);
	for (size_t i = 0; i < n; i++) {
		bool before = false;

		/* The map has each name once; the list has them all. */
		for (size_t k = 0; k < i && !before; k++)
			before = !strcmp(h[k].name, h[i].name);
		if (before)
			continue;
		jsonw_name(w, h[i].name);
		maybe_binary(w, h[i].value, strlen(h[i].value));
	}
	jsonw_object_end(w);
	jsonw_name(w, "headers_list");
	jsonw_array(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_array(w);
		jsonw_text(w, h[i].name);
		maybe_binary(w, h[i].value, strlen(h[i].value));
		jsonw_array_end(w);
	}
	jsonw_array_end(w);
}

static void body(struct jsonw *w, const uint8_t *p, size_t n)
{
	jsonw_name(w, "body");
	if (p)
		maybe_binary(w, p, n);
	else
		jsonw_null(w);
}

static void requests(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "requests");
	jsonw_array(w);
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (told(m, &x->seen))
			continue;
		jsonw_object(w);
		if (x->network)
			jsonw_put_text(w, "network", x->network);
		if (x->has_addr)
			endpoint(w, "address", x->addr, x->port);
		if (x->alpn)
			jsonw_put_text(w, "alpn", x->alpn);
		jsonw_name(w, "request");
		jsonw_object(w);
		jsonw_put_text(w, "method", x->method);
		jsonw_put_text(w, "url", x->url);
		body(w, x->ask_body, x->nask_body);
		headers(w, x->ask, x->nask);
		members(w, x->seen.extra, x->seen.nextra, "request.");
		jsonw_object_end(w);
		jsonw_name(w, "response");
		jsonw_object(w);
		jsonw_name(w, "code");
		jsonw_int(w, x->code);
		body(w, x->body, x->nbody);
		jsonw_name(w, "body_is_truncated");
		jsonw_bool(w, x->truncated);
		headers(w, x->header, x->nheader);
		members(w, x->seen.extra, x->seen.nextra, "response.");
		jsonw_object_end(w);
		seen(w, &x->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void events(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "network_events");
	jsonw_array(w);
	for (size_t i = 0; i < m->nevent; i++) {
		const struct net_event *e = &m->event[i];

		if (told(m, &e->seen))
			continue;
		jsonw_object(w);
		if (e->address)
			jsonw_put_text(w, "address", e->address);
		jsonw_put_text(w, "operation", e->operation);
		if (e->proto)
			jsonw_put_text(w, "proto", e->proto);
		if (e->bytes >= 0) {
			jsonw_name(w, "num_bytes");
			jsonw_int(w, e->bytes);
		}
		seen(w, &e->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* ---- controls ---- */

static void control_status(struct jsonw *w, const struct control_endpoint *e, const char *failure)
{
	char t[PREFIX_TEXT + 8];

	jsonw_name(w, endpoint_text(t, e->addr, e->port));
	jsonw_object(w);
	jsonw_name(w, "status");
	jsonw_bool(w, !failure);
	jsonw_put_text(w, "failure", failure);
	jsonw_object_end(w);
}

/* As the test helper answers (ts-017). */
static void control(struct jsonw *w, const struct control *c)
{
	jsonw_object(w);
	jsonw_name(w, "tcp_connect");
	jsonw_object(w);
	for (size_t i = 0; i < c->nendpoint; i++)
		if (c->endpoint[i].tcp)
			control_status(w, &c->endpoint[i], c->endpoint[i].tcp_failure);
	jsonw_object_end(w);
	jsonw_name(w, "tls_handshake");
	jsonw_object(w);
	for (size_t i = 0; i < c->nendpoint; i++)
		if (c->endpoint[i].tls)
			control_status(w, &c->endpoint[i], c->endpoint[i].tls_failure);
	jsonw_object_end(w);
	jsonw_name(w, "quic_handshake");
	jsonw_object(w);
	for (size_t i = 0; i < c->nendpoint; i++)
		if (c->endpoint[i].quic)
			control_status(w, &c->endpoint[i], c->endpoint[i].quic_failure);
	jsonw_object_end(w);
	if (c->http) {
		jsonw_name(w, "http_request");
		jsonw_object(w);
		jsonw_name(w, "body_length");
		jsonw_int(w, c->body_length);
		jsonw_put_text(w, "failure", c->http_failure);
		jsonw_put_text(w, "title", c->title ? c->title : "");
		jsonw_name(w, "headers");
		jsonw_object(w);
		for (size_t i = 0; i < c->nheader; i++) {
			bool before = false;

			for (size_t k = 0; k < i && !before; k++)
				before = !strcmp(c->header[k].name, c->header[i].name);
			if (!before) {
				jsonw_name(w, c->header[i].name);
				maybe_binary(w, c->header[i].value, strlen(c->header[i].value));
			}
		}
		jsonw_object_end(w);
		jsonw_name(w, "status_code");
		jsonw_int(w, c->code);
		jsonw_object_end(w);
	}
	if (c->dns) {
		char t[PREFIX_TEXT];

		jsonw_name(w, "dns");
		jsonw_object(w);
		jsonw_put_text(w, "failure", c->dns_failure);
		jsonw_name(w, "addrs");
		jsonw_array(w);
		for (size_t i = 0; i < c->naddr; i++)
			if (c->addr[i].answered)
				jsonw_text(w, addr_text(t, c->addr[i].addr));
		jsonw_array_end(w);
		jsonw_object_end(w);
	}
	jsonw_name(w, "ip_info");
	jsonw_object(w);
	for (size_t i = 0; i < c->naddr; i++) {
		char t[PREFIX_TEXT];

		jsonw_name(w, addr_text(t, c->addr[i].addr));
		jsonw_object(w);
		jsonw_name(w, "asn");
		jsonw_uint(w, c->addr[i].asn);
		jsonw_name(w, "flags");
		jsonw_int(w, c->addr[i].flags);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
	jsonw_object_end(w);
}

/* ---- what the format has no room for ---- */

static const char *const securities[] = {"indeterminate", "secure", "insecure", "bogus"};

static void validated(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "validated");
	jsonw_array(w);
	for (size_t i = 0; i < m->nvalidated; i++) {
		const struct dns_validated *v = &m->validated[i];

		jsonw_object(w);
		jsonw_put_text(w, "hostname", v->name);
		jsonw_put_text(w, "query_type", v->type);
		jsonw_put_text(w, "resolver", v->resolver);
		jsonw_put_text(w, "security", securities[v->security]);
		jsonw_put_text(w, "why", v->why);
		if (v->rcode >= 0) {
			jsonw_name(w, "rcode");
			jsonw_int(w, v->rcode);
		}
		answers(w, v->answer, v->nanswer);
		seen(w, &v->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static const char *const ttl_answers[] = {"silence", "exceeded", "reset", "fin",
					  "data",    "forged",	 "other"};

static void meridian(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "meridian");
	jsonw_object(w);
	jsonw_name(w, "version");
	jsonw_uint(w, 1);
	if (m->notes.present) {
		jsonw_name(w, "ipv6_works");
		jsonw_bool(w, m->notes.ipv6_works);
		jsonw_name(w, "ipv6_broken");
		jsonw_bool(w, m->notes.ipv6_broken);
		jsonw_name(w, "captive_portal");
		jsonw_bool(w, m->notes.captive_portal);
		jsonw_name(w, "vpn");
		jsonw_bool(w, m->notes.vpn);
		jsonw_name(w, "seed");
		jsonw_printf(w, "%llu", (unsigned long long)m->notes.seed);
		if (m->notes.given)
			jsonw_put_text(w, "given", m->notes.given);
		if (m->notes.trust_anchor)
			jsonw_put_text(w, "trust_anchor", m->notes.trust_anchor);
	}
	if (m->nvalidated)
		validated(w, m);
	jsonw_name(w, "controls");
	jsonw_array(w);
	for (size_t i = 0; i < m->ncontrol; i++) {
		jsonw_object(w);
		jsonw_put_text(w, "name", m->control[i].name);
		jsonw_put_text(w, "host", m->control[i].host);
		jsonw_put_text(w, "failure", m->control[i].failure);
		jsonw_name(w, "saw");
		control(w, &m->control[i]);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "series");
	jsonw_array(w);
	for (size_t i = 0; i < m->nseries; i++) {
		const struct series *s = &m->series[i];

		jsonw_object(w);
		endpoint(w, "address", s->addr, s->port);
		jsonw_put_text(w, "name", s->name);
		jsonw_name(w, "control");
		jsonw_bool(w, s->control);
		jsonw_name(w, "expected");
		jsonw_uint(w, s->expected);
		jsonw_name(w, "samples");
		jsonw_array(w);
		for (size_t k = 0; k < s->nsample; k++) {
			jsonw_array(w);
			jsonw_int(w, s->sample[k].t);
			jsonw_uint(w, s->sample[k].bytes);
			jsonw_array_end(w);
		}
		jsonw_array_end(w);
		seen(w, &s->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "ttl_probes");
	jsonw_array(w);
	for (size_t i = 0; i < m->nttl_probe; i++) {
		const struct ttl_probe *p = &m->ttl_probe[i];

		jsonw_object(w);
		jsonw_put_text(w, "layer", p->layer);
		jsonw_put_text(w, "name", p->name);
		jsonw_name(w, "control");
		jsonw_bool(w, p->control);
		jsonw_name(w, "ttl");
		jsonw_uint(w, p->ttl);
		jsonw_put_text(w, "answer", ttl_answers[p->answer]);
		jsonw_name(w, "both");
		jsonw_bool(w, p->both);
		if (p->has_from)
			address(w, "from", p->from);
		if (p->asn) {
			jsonw_name(w, "asn");
			jsonw_uint(w, p->asn);
		}
		if (p->country[0])
			jsonw_put_text(w, "country", p->country);
		if (p->ip_ttl >= 0) {
			jsonw_name(w, "ip_ttl");
			jsonw_int(w, p->ip_ttl);
		}
		seen(w, &p->seen, true);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void test_keys(struct jsonw *w, const struct measurement *m)
{
	jsonw_name(w, "test_keys");
	jsonw_object(w);
	if (m->ndns && !measurement_key(m, "queries"))
		queries(w, m);
	if (m->nconnect && !measurement_key(m, "tcp_connect"))
		connects(w, m);
	if (m->nhandshake && !measurement_key(m, "tls_handshakes"))
		handshakes(w, m, "tls_handshakes", false);
	if (m->nhandshake && !measurement_key(m, "quic_handshakes"))
		handshakes(w, m, "quic_handshakes", true);
	if (m->ntransaction && !measurement_key(m, "requests"))
		requests(w, m);
	if (m->nevent && !measurement_key(m, "network_events"))
		events(w, m);
	if (!measurement_key(m, "control") && m->ncontrol) {
		jsonw_name(w, "control");
		control(w, &m->control[0]);
		if (!measurement_key(m, "control_failure"))
			jsonw_put_text(w, "control_failure", m->control[0].failure);
	}
	for (size_t i = 0; i < m->nkey; i++) {
		if (!strcmp(m->key[i].key, "meridian"))
			continue;
		jsonw_name(w, m->key[i].key);
		jsonw_raw(w, m->key[i].json, m->key[i].njson);
	}
	if (m->notes.present || m->nvalidated || m->nseries || m->nttl_probe || m->ncontrol > 1)
		meridian(w, m);
	jsonw_object_end(w);
}

void ooni_write(struct jsonw *w, const struct measurement *m)
{
	jsonw_object(w);
	if (m->id && !strchr(m->id, '?'))
		jsonw_put_text(w, "measurement_uid", m->id);
	jsonw_put_text(w, "data_format_version", m->format_version ? m->format_version : "0.2.0");
	if (m->input)
		jsonw_put_text(w, "input", m->input);
	moment(w, "measurement_start_time", m->time);
	network(w, "probe_asn", m->asn);
	jsonw_put_text(w, "probe_cc", m->country[0] ? m->country : "ZZ");
	jsonw_put_text(w, "probe_ip", m->ip ? m->ip : "127.0.0.1");
	if (m->network)
		jsonw_put_text(w, "probe_network_name", m->network);
	if (m->report_id)
		jsonw_put_text(w, "report_id", m->report_id);
	if (m->resolver_asn)
		network(w, "resolver_asn", m->resolver_asn);
	if (m->resolver_ip)
		jsonw_put_text(w, "resolver_ip", m->resolver_ip);
	if (m->resolver_network)
		jsonw_put_text(w, "resolver_network_name", m->resolver_network);
	jsonw_put_text(w, "software_name", m->software);
	jsonw_put_text(w, "software_version", m->software_version);
	jsonw_put_text(w, "test_name", m->test);
	jsonw_put_text(w, "test_version", m->test_version);
	moment(w, "test_start_time", m->test_start != TIME_NONE ? m->test_start : m->time);
	if (m->runtime >= 0) {
		jsonw_name(w, "test_runtime");
		jsonw_real(w, m->runtime, 9);
	}
	test_keys(w, m);
	members(w, m->extra, m->nextra, NULL);
	jsonw_object_end(w);
}
