/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/measurement.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const struct member *measurement_key(const struct measurement *m, const char *name)
{
	for (size_t i = 0; i < m->nkey; i++)
		if (!strcmp(m->key[i].key, name))
			return &m->key[i];
	return NULL;
}

static uint16_t scheme_port(const char *s, size_t n)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} known[] = {{"http", 80}, {"https", 443}, {"dot", 853}, {"ws", 80}, {"wss", 443}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].scheme) == n && !memcmp(known[i].scheme, s, n))
			return known[i].port;
	return 0;
}

char *url_host(char *out, size_t n, const char *url, uint16_t *port)
{
	const char *at = strstr(url, "://"), *end, *user, *colon;
	uint16_t p = 0;
	uint64_t v;
	size_t len;

	if (at) {
		p = scheme_port(url, (size_t)(at - url));
		at += 3;
	} else {
		at = url;
	}
	end = at + strcspn(at, "/?#");
	for (user = at; user < end; user++)
		if (*user == '@')
			at = user + 1;
	if (*at == '[') {
		const char *close = memchr(at, ']', (size_t)(end - at));

		at++;
		colon = close ? close + 1 : end;
		len = (size_t)((close ? close : end) - at);
	} else {
		colon = memchr(at, ':', (size_t)(end - at));
		/* Two colons and no brackets: a bare IPv6 address. */
		if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
			colon = NULL;
		if (!colon)
			colon = end;
		len = (size_t)(colon - at);
	}
	if (colon < end && *colon == ':' &&
	    text_to_u64(colon + 1, (size_t)(end - colon - 1), UINT16_MAX, &v))
		p = (uint16_t)v;
	if (len && at[len - 1] == '.')
		len--;
	if (len > n - 1)
		len = n - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 32) : at[i];
	out[len] = 0;
	if (port)
		*port = p;
	return out;
}

bool endpoint_parse(const char *s, struct addr *addr, uint16_t *port)
{
	const char *colon = strrchr(s, ':');
	size_t n;
	uint64_t v;

	if (!colon || !text_to_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &v))
		return false;
	n = (size_t)(colon - s);
	if (n >= 2 && s[0] == '[' && s[n - 1] == ']') {
		s++;
		n -= 2;
	}
	*port = (uint16_t)v;
	return addr_parse(s, n, addr);
}

char *endpoint_text(char out[PREFIX_TEXT + 8], struct addr addr, uint16_t port)
{
	char t[PREFIX_TEXT];

	snprintf(out, PREFIX_TEXT + 8, addr.v6 ? "[%s]:%u" : "%s:%u", addr_text(t, addr), port);
	return out;
}
