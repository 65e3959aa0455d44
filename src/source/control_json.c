/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/jsonw.h"
#include "source/control.h"

#define URL_MAX 8192
#define HEADER_MAX 1024

static bool addr_same(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

static bool clean(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

/* http://HOST[:PORT][/…], no userinfo. */
static bool read_url(struct arena *a, const char *s, size_t n, struct control_request *out)
{
	char host[512];
	const char *authority, *end, *colon;

	if (n > URL_MAX || !clean(s, n) || memchr(s, ' ', n))
		return false;
	out->url = arena_textn(a, s, n);
	out->https = !strncasecmp(out->url, "https://", 8);
	if (!out->https && strncasecmp(out->url, "http://", 7) != 0)
		return false;
	authority = out->url + (out->https ? 8 : 7);
	end = authority + strcspn(authority, "/?#");
	if (memchr(authority, '@', (size_t)(end - authority)) ||
	    (size_t)(end - authority) >= sizeof(host))
		return false;
	url_host(host, sizeof(host), out->url, &out->port);
	colon = memrchr(authority, ':', (size_t)(end - authority));
	out->has_port = colon && !memchr(colon, ']', (size_t)(end - colon));
	out->host = arena_text(a, host);
	return *host && out->port;
}

static void read_headers(struct arena *a, struct json *j, struct control_request *out)
{
	static const char *const known[] = {"Accept", "Accept-Language", "User-Agent"};
	struct header *h = arena_zero(a, 3, sizeof(*h));

	out->header = h;
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		const char *name = NULL;

		for (size_t i = 0; i < 3; i++)
			if (j->nkey == strlen(known[i]) && !strncasecmp(j->key, known[i], j->nkey))
				name = known[i];
		for (size_t i = 0; i < out->nheader; i++)
			if (out->header[i].name == name)
				name = NULL;
		if (!name) {
			json_skip(j);
			continue;
		}
		/* A list of values, or one by itself. */
		if (json_next(j) == JSON_STRING) {
			if (j->ntext <= HEADER_MAX && clean(j->text, j->ntext))
				h[out->nheader++] =
				    (struct header){name, arena_textn(a, j->text, j->ntext)};
			continue;
		}
		if (j->token == JSON_OBJECT) {
			json_leave(j);
			continue;
		}
		if (j->token != JSON_ARRAY)
			continue;
		for (bool first = true; json_item(j);) {
			if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
				json_leave(j);
			else if (first && j->token == JSON_STRING && j->ntext <= HEADER_MAX &&
				 clean(j->text, j->ntext)) {
				h[out->nheader++] =
				    (struct header){name, arena_textn(a, j->text, j->ntext)};
				first = false;
			}
		}
	}
}

static bool read_endpoints(struct arena *a, struct json *j, struct control_request *out)
{
	struct addr *list = arena_zero(a, CONTROL_ADDRS, sizeof(*list));
	bool few = true;

	out->addr = list;
	if (json_next(j) != JSON_ARRAY)
		return j->token == JSON_NULL;
	while (json_item(j)) {
		struct addr addr;
		uint16_t port;
		bool known = false;

		if (j->token == JSON_OBJECT || j->token == JSON_ARRAY) {
			json_leave(j);
			continue;
		}
		if (j->token != JSON_STRING || j->ntext > 64 ||
		    !endpoint_parse(arena_textn(a, j->text, j->ntext), &addr, &port))
			continue;
		for (size_t i = 0; i < out->naddr; i++)
			known = known || addr_same(list[i], addr);
		if (known)
			continue;
		if (out->naddr == CONTROL_ADDRS)
			few = false;
		else
			list[out->naddr++] = addr;
	}
	return few;
}

bool control_request_read(struct arena *a, const void *p, size_t n, struct control_request *out,
			  const char **why)
{
	struct json j;
	bool url = false, few = true, ok = true;

	*out = (struct control_request){0};
	*why = NULL;
	json_of(&j, p, n);
	if (json_next(&j) != JSON_OBJECT) {
		*why = "the request is no JSON object";
		json_free(&j);
		return false;
	}
	while (json_key(&j)) {
		if (json_is(&j, "http_request"))
			url = json_text(&j) && read_url(a, j.text, j.ntext, out);
		else if (json_is(&j, "x_quic_enabled"))
			out->quic = json_bool(&j, false);
		else if (json_is(&j, "http_request_headers") && !out->header)
			read_headers(a, &j, out);
		else if (json_is(&j, "tcp_connect") && !out->addr)
			few = read_endpoints(a, &j, out);
		else
			json_skip(&j);
	}
	if (j.token == JSON_BAD || json_next(&j) != JSON_END) {
		*why = "the request is malformed JSON";
		ok = false;
	} else if (!url) {
		*why = "http_request is no URL of http or https";
		ok = false;
	} else if (!few) {
		*why = "tcp_connect names too many addresses";
		ok = false;
	}
	json_free(&j);
	return ok;
}

static void endpoint_name(struct jsonw *w, const struct control_endpoint *e)
{
	char text[PREFIX_TEXT + 8];

	jsonw_name(w, endpoint_text(text, e->addr, e->port));
}

void control_answer(struct buf *out, const struct control_request *request, const struct control *c)
{
	struct jsonw w = JSONW(out);
	char text[PREFIX_TEXT];

	jsonw_object(&w);
	jsonw_name(&w, "tcp_connect");
	jsonw_object(&w);
	for (size_t i = 0; i < c->nendpoint; i++) {
		const struct control_endpoint *e = &c->endpoint[i];

		endpoint_name(&w, e);
		jsonw_object(&w);
		jsonw_name(&w, "status");
		jsonw_bool(&w, !e->tcp_failure);
		jsonw_name(&w, "failure");
		jsonw_text(&w, e->tcp_failure);
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_name(&w, "tls_handshake");
	jsonw_object(&w);
	for (size_t i = 0; i < c->nendpoint; i++) {
		const struct control_endpoint *e = &c->endpoint[i];

		if (!e->tls)
			continue;
		endpoint_name(&w, e);
		jsonw_object(&w);
		jsonw_name(&w, "server_name");
		jsonw_text(&w, request->host);
		jsonw_name(&w, "status");
		jsonw_bool(&w, !e->tls_failure);
		jsonw_name(&w, "failure");
		jsonw_text(&w, e->tls_failure);
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_name(&w, "quic_handshake");
	jsonw_object(&w);
	for (size_t i = 0; i < c->nendpoint; i++) {
		const struct control_endpoint *e = &c->endpoint[i];

		if (!e->quic)
			continue;
		endpoint_name(&w, e);
		jsonw_object(&w);
		jsonw_name(&w, "server_name");
		jsonw_text(&w, request->host);
		jsonw_name(&w, "status");
		jsonw_bool(&w, !e->quic_failure);
		jsonw_name(&w, "failure");
		jsonw_text(&w, e->quic_failure);
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_name(&w, "http_request");
	jsonw_object(&w);
	jsonw_name(&w, "body_length");
	jsonw_int(&w, c->body_length);
	jsonw_name(&w, "discovered_h3_endpoint");
	jsonw_text(&w, "");
	jsonw_name(&w, "failure");
	jsonw_text(&w, c->http_failure);
	jsonw_name(&w, "title");
	jsonw_text(&w, c->title ? c->title : "");
	jsonw_name(&w, "headers");
	jsonw_object(&w);
	for (size_t i = 0; i < c->nheader; i++) {
		bool known = false; /* an object has each name once */

		for (size_t k = 0; k < i; k++)
			known = known || !strcasecmp(c->header[k].name, c->header[i].name);
		if (known)
			continue;
		jsonw_name(&w, c->header[i].name);
		jsonw_text(&w, c->header[i].value);
	}
	jsonw_object_end(&w);
	jsonw_name(&w, "status_code");
	jsonw_int(&w, c->http_failure ? -1 : c->code);
	jsonw_object_end(&w);
	jsonw_name(&w, "http3_request");
	jsonw_null(&w);
	jsonw_name(&w, "dns");
	jsonw_object(&w);
	jsonw_name(&w, "failure");
	jsonw_text(&w, c->dns_failure);
	jsonw_name(&w, "addrs");
	jsonw_array(&w);
	for (size_t i = 0; i < c->naddr; i++)
		if (c->addr[i].answered)
			jsonw_text(&w, addr_text(text, c->addr[i].addr));
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	jsonw_name(&w, "ip_info");
	jsonw_object(&w);
	for (size_t i = 0; i < c->naddr; i++) {
		jsonw_name(&w, addr_text(text, c->addr[i].addr));
		jsonw_object(&w);
		jsonw_name(&w, "asn");
		jsonw_uint(&w, c->addr[i].asn);
		jsonw_name(&w, "flags");
		jsonw_int(&w, c->addr[i].flags);
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_object_end(&w);
}
