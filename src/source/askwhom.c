/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whom to ask: resolvers as people write them, and as resolv.conf does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fact/measurement.h"
#include "source/ask.h"

static const uint16_t ports[] = {53, 53, 53, 853, 443, 853};

/* "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53", "2001:db8::1". */
static bool where(const char *s, struct resolver_spec *r)
{
	uint16_t port;

	if (addr_parse(s, strlen(s), &r->addr)) {
		r->has_addr = true;
		return true;
	}
	if (!endpoint_parse(s, &r->addr, &port) || !port)
		return false;
	r->port = port;
	r->has_addr = true;
	return true;
}

static bool is_name(const char *s)
{
	return *s && strlen(s) < 254 &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")];
}

bool resolver_parse(struct arena *a, const char *s, struct resolver_spec *out, struct err *err)
{
	static const struct {
		const char *prefix;
		enum dns_via via;
	} kinds[] = {{"udp:", DNS_UDP}, {"tcp:", DNS_TCP}, {"tls:", DNS_DOT}, {"https:", DNS_DOH}};
	const char *rest = s, *hash;
	char *host;
	char t[PREFIX_TEXT + 8];

	*out = (struct resolver_spec){.via = DNS_UDP, .text = arena_text(a, s)};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i].prefix);

		if (!strncmp(s, kinds[i].prefix, n)) {
			out->via = kinds[i].via;
			rest = s + n;
		}
	}
	if (!strncmp(rest, "//", 2))
		rest += 2;
	out->port = ports[out->via];
	hash = strchr(rest, '#');
	host = arena_textn(a, rest, hash ? (size_t)(hash - rest) : strlen(rest));
	if (out->via == DNS_DOH) {
		char *slash = strchr(host, '/'), *colon;

		out->path = slash ? arena_text(a, slash) : "/dns-query";
		if (slash)
			*slash = 0;
		out->text = arena_textn(a, s, hash ? (size_t)(hash - s) : strlen(s));
		if (hash && !where(hash + 1, out))
			return err_set(err, "%s: what follows # is no address", s);
		if (where(host, out))
			return true;
		colon = strchr(host, ':');
		if (colon) {
			unsigned long port = strtoul(colon + 1, NULL, 10);

			if (!port || port > 65535)
				return err_set(err, "%s: there is no such port", s);
			*colon = 0;
			out->port = (uint16_t)port;
		}
		out->host = host;
		return is_name(host) || err_set(err, "%s: this is no URL of a resolver", s);
	}
	if (where(host, out)) {
		if (hash)
			out->host = arena_text(a, hash + 1);
		if (out->via == DNS_UDP)
			out->text = arena_text(a, endpoint_text(t, out->addr, out->port));
		return true;
	}
	if (out->via == DNS_DOT && is_name(host)) {
		out->host = host;
		return true;
	}
	return err_set(err,
		       "%s: this is no resolver; wanted is an address, tcp:ADDRESS, "
		       "tls:ADDRESS#NAME or https://NAME/PATH",
		       s);
}

size_t resolver_system(struct arena *a, const char *path, struct resolver_spec *out, size_t max)
{
	struct buf text = {0};
	struct err err;
	size_t n = 0;

	if (!file_get(path ? path : "/etc/resolv.conf", &text, 65536, &err)) {
		buf_free(&text);
		return 0;
	}
	for (char *line = text.at, *next; line && *line && n < max; line = next) {
		char t[PREFIX_TEXT + 8];

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		line += strspn(line, " \t");
		if (strncmp(line, "nameserver", 10) || !strchr(" \t", line[10]))
			continue;
		line += 10 + strspn(line + 10, " \t");
		line[strcspn(line, " \t\r%")] = 0; /* a zone (fe80::1%eth0) is of this machine */
		out[n] = (struct resolver_spec){.via = DNS_SYSTEM, .port = 53};
		if (!where(line, &out[n]))
			continue;
		out[n].text = arena_text(a, endpoint_text(t, out[n].addr, out[n].port));
		if (n)
			out[n - 1].next = &out[n];
		n++;
	}
	buf_free(&text);
	return n;
}
