/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What people write, as the net wants it: names in their own letters become A-labels (RFC 5891,
 * mapped as browsers do, UTS 46), other letters in a URL become %XX (RFC 3987, 3.1).
 */
#include <idn2.h>
#include <string.h>
#include <strings.h>

#include "fact/measurement.h"
#include "source/dns.h"
#include "source/plan.h"

#define HOST_ROOM 1024 /* in its own letters; 253 characters at most as A-labels */

bool plan_is_host(const char *host)
{
	struct addr addr;
	struct buf scratch = {0};
	bool ok;

	if (addr_parse(host, strlen(host), &addr))
		return true;
	ok = *host && dns_query(&scratch, 0, host, DNS_A, 0, 0) &&
	     !host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_")];
	buf_free(&scratch);
	return ok;
}

static bool is_ascii(const char *s)
{
	while (*s && !(*s & 0x80))
		s++;
	return !*s;
}

static const char *host_ascii(struct arena *a, const char *host, const char **why)
{
	char *out = NULL;
	const char *kept = NULL;
	int e;

	if (is_ascii(host))
		return host;
	e = idn2_to_ascii_8z(host, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (e == IDN2_OK)
		kept = arena_text(a, out);
	else if (why)
		*why = idn2_strerror(e);
	idn2_free(out);
	return kept;
}

/* The part of a URL before or behind its host. */
static const char *rest_ascii(struct arena *a, const char *rest)
{
	size_t n = strlen(rest), at = 0;
	char *out = arena_alloc(a, n * 3 + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)rest[i];

		if (c & 0x80) {
			out[at++] = '%';
			out[at++] = "0123456789ABCDEF"[c >> 4];
			out[at++] = "0123456789ABCDEF"[c & 15];
		} else {
			out[at++] = (char)c;
		}
	}
	out[at] = 0;
	return out;
}

const char *plan_ascii(struct arena *a, const char *url, const char **why)
{
	const char *at = strstr(url, "://"), *user, *end, *port, *host;

	if (is_ascii(url))
		return url;
	at = at ? at + 3 : url;
	end = at + strcspn(at, "/?#");
	for (user = at; user < end; user++)
		if (*user == '@')
			at = user + 1;
	port = memchr(at, ':', (size_t)(end - at));
	if (!port)
		port = end;
	if (port - at > HOST_ROOM) {
		if (why)
			*why = "the name is too long";
		return NULL;
	}
	host = host_ascii(a, arena_textn(a, at, (size_t)(port - at)), why);
	if (!host)
		return NULL;
	return arena_printf(a, "%s%s%s", rest_ascii(a, arena_textn(a, url, (size_t)(at - url))),
			    host, rest_ascii(a, port));
}

const char *plan_url(struct arena *a, const char *input, const char **why)
{
	const char *url, *p;
	char host[256];

	if (why)
		*why = NULL;
	if (strlen(input) > 8192)
		return NULL;
	url = plan_ascii(a, strstr(input, "://") ? input : arena_printf(a, "https://%s/", input),
			 why);
	if (!url || (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8)))
		return NULL;
	for (p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return NULL;
	return strlen(url) < 8192 && plan_is_host(url_host(host, sizeof(host), url, NULL))
		   ? arena_text(a, url)
		   : NULL;
}
