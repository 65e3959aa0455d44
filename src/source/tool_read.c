/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Servers that people have: bridge lines as Tor's bridge database gives them, client files of
 * OpenVPN, files of wg-quick(8), resolvers.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/text.h"
#include "source/grow.h"
#include "source/tool.h"

#define LINES 4096

struct reading {
	struct arena *a;
	struct tool_server *at;
	size_t n;
	/* Of a WireGuard or OpenVPN file: what was read so far. */
	struct tool_server one;
	bool have_private, have_public, have_endpoint, tcp;
};

static struct tool_server *add(struct reading *r)
{
	void *list = r->at;
	struct tool_server *s = grow_push(r->a, &list, &r->n, sizeof(*s));

	r->at = list;
	return s;
}

/* The next word of a line, NULL at its end. */
static char *word(char **at)
{
	char *p = *at + strspn(*at, " \t\r"), *end;

	if (!*p)
		return NULL;
	end = p + strcspn(p, " \t\r");
	*at = *end ? end + 1 : end;
	*end = 0;
	return p;
}

/* "192.0.2.1:443", "[2001:db8::1]:443" → a server with an address. */
static bool endpoint(struct reading *r, const char *s, struct tool_server *out)
{
	struct addr a;
	char t[PREFIX_TEXT];

	if (!s || !endpoint_parse(s, &a, &out->port) || !out->port)
		return false;
	out->address = arena_text(r->a, addr_text(t, a));
	return true;
}

static bool fingerprint(const char *s)
{
	return s && strlen(s) == 40 && strspn(s, "0123456789abcdefABCDEF") == 40;
}

static bool bridge(struct reading *r, char *line)
{
	struct tool_server s = {.protocol = TOOL_TOR, .told = "or_port"};
	char *w = word(&line);

	if (w && !strcasecmp(w, "bridge"))
		w = word(&line);
	if (w && !strcmp(w, "obfs4")) {
		s.protocol = TOOL_OBFS4;
		s.told = "obfs4";
		w = word(&line);
	}
	if (!endpoint(r, w, &s))
		return false;
	while ((w = word(&line)) != NULL) {
		if (!strncmp(w, "cert=", 5))
			s.cert = arena_text(r->a, w + 5);
		else if (fingerprint(w))
			s.fingerprint = arena_text(r->a, w);
		else if (!strchr(w, '='))
			return false;
	}
	if (s.protocol == TOOL_OBFS4 && !s.cert)
		return false;
	*add(r) = s;
	return true;
}

/* A line of ours, or of a client file, whose other directives say nothing of servers. */
static bool openvpn(struct reading *r, char *line)
{
	struct tool_server s = {.protocol = TOOL_OPENVPN, .told = "openvpn"};
	char *w = word(&line), *x;
	uint64_t port = 1194;
	struct addr a;

	if (!w)
		return true;
	if (!strcasecmp(w, "proto")) {
		x = word(&line);
		r->tcp = x && !strncmp(x, "tcp", 3);
		for (size_t i = 0; i < r->n; i++)
			if (r->tcp && !r->at[i].name) {
				r->at[i].protocol = TOOL_OPENVPN_TCP;
				r->at[i].told = "openvpn-tcp";
			}
		return true;
	}
	if (!strcasecmp(w, "remote")) {
		w = word(&line);
		x = word(&line);
		if (!w || (x && !text_to_u64(x, strlen(x), 65535, &port)) || !port)
			return false;
		s.port = (uint16_t)port;
		if (addr_parse(w, strlen(w), &a))
			s.address = arena_text(r->a, w);
		else
			s.host = arena_text(r->a, w);
	} else if (!endpoint(r, w, &s)) {
		/* Any other directive begins with a letter, <ca> and the like with a bracket. */
		return isalpha((unsigned char)*w) || *w == '<' || *w == '-' || *w == ';' ||
		       !strchr(w, ':');
	}
	x = word(&line);
	if ((x && !strncmp(x, "tcp", 3)) || (!x && r->tcp)) {
		s.protocol = TOOL_OPENVPN_TCP;
		s.told = "openvpn-tcp";
	}
	*add(r) = s;
	return true;
}

static bool wireguard(struct reading *r, char *line)
{
	struct wireguard *wg = &r->one.wg;
	char *eq = strchr(line, '='), *name, *value;

	if (!eq) /* [Interface], [Peer] */
		return line[strspn(line, " \t")] == '[';
	*eq = 0;
	value = eq + 1;
	name = word(&line);
	value = word(&value);
	if (!name || !value)
		return false;
	if (!strcasecmp(name, "privatekey"))
		return r->have_private = base64_exact(wg->ours, 32, value, strlen(value));
	if (!strcasecmp(name, "publickey"))
		return r->have_public = base64_exact(wg->theirs, 32, value, strlen(value));
	if (!strcasecmp(name, "presharedkey"))
		return base64_exact(wg->shared, 32, value, strlen(value));
	if (!strcasecmp(name, "endpoint")) {
		char *colon = strrchr(value, ':');
		uint64_t port;

		r->have_endpoint = true;
		if (endpoint(r, value, &r->one))
			return true;
		if (!colon || !text_to_u64(colon + 1, strlen(colon + 1), 65535, &port))
			return false;
		r->one.port = (uint16_t)port;
		r->one.host = arena_textn(r->a, value, (size_t)(colon - value));
	}
	return true;
}

static bool resolver(struct reading *r, char *line, struct err *err)
{
	struct tool_server *s;
	struct resolver_spec spec;
	char *w = word(&line), t[PREFIX_TEXT];

	if (!w)
		return true;
	if (!resolver_parse(r->a, w, &spec, err))
		return false;
	if (spec.via != DNS_DOT && spec.via != DNS_DOH)
		return err_set(err, "%s is no encrypted resolver", w);
	s = add(r);
	*s = (struct tool_server){.protocol = spec.via == DNS_DOT ? TOOL_DOT : TOOL_DOH,
				  .told = spec.via == DNS_DOT ? "dot" : "doh",
				  .host = spec.has_addr ? NULL : spec.host,
				  .port = spec.port		? spec.port
					  : spec.via == DNS_DOT ? 853
								: 443,
				  .fingerprint = spec.host,
				  .cert = spec.path ? spec.path : "/dns-query"};
	if (spec.has_addr)
		s->address = arena_text(r->a, addr_text(t, spec.addr));
	if (!s->fingerprint)
		s->fingerprint = s->address;
	return true;
}

bool tool_read(struct arena *a, const char *tool, const char *text, size_t n,
	       struct tool_server **out, size_t *nout, struct err *err)
{
	struct reading r = {.a = a,
			    .one = {.protocol = TOOL_WIREGUARD, .told = "wireguard", .name = NULL}};
	bool wg = !strcmp(tool, "wireguard"), inside = false;
	unsigned number = 0;

	for (const char *at = text, *end = text + n; at < end && number < LINES;) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((eol ? eol : end) - at);
		char line[1024], *hash;
		bool ok;

		number++;
		if (len >= sizeof(line) || memchr(at, 0, len))
			return err_set(err, "line %u: longer than any server's, or no text",
				       number);
		memcpy(line, at, len);
		line[len] = 0;
		at += len + 1;
		hash = strchr(line, '#');
		if (hash && (hash == line || isspace((unsigned char)hash[-1])))
			*hash = 0;
		if (!line[strspn(line, " \t\r")])
			continue;
		/* Keys and certificates within an OpenVPN file. */
		if (!strcmp(tool, "openvpn") && (line[0] == '<' || inside)) {
			inside = line[0] == '<' ? line[1] != '/' : inside;
			continue;
		}
		err->text[0] = 0;
		ok = !strcmp(tool, "tor")	  ? bridge(&r, line)
		     : !strcmp(tool, "openvpn")	  ? openvpn(&r, line)
		     : wg			  ? wireguard(&r, line)
		     : !strcmp(tool, "resolvers") ? resolver(&r, line, err)
						  : false;
		if (!ok)
			return err->text[0]
				   ? err_in(err, "line %u", number)
				   : err_set(err, "line %u is no server of %s", number, tool);
	}
	if (wg) {
		if (!r.have_private || !r.have_public || !r.have_endpoint)
			return err_set(err, "a WireGuard file wants PrivateKey, PublicKey and "
					    "Endpoint");
		*add(&r) = r.one;
	}
	*out = r.at;
	*nout = r.n;
	return r.n || err_set(err, "no server of %s is in it", tool);
}
