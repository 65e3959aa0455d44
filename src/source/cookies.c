/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/cookies.h"

#include <string.h>
#include <strings.h>

#define PAIR_MAX 4096

static bool is_for(const struct cookie *c, const char *host)
{
	size_t n = strlen(host), k = strlen(c->host);

	if (!strcmp(c->host, host))
		return true;
	return c->below && n > k && host[n - k - 1] == '.' && !strcmp(host + n - k, c->host);
}

/* "a=b; Domain=.example.org; Path=/" */
static bool read_cookie(struct arena *a, const char *host, const char *v, struct cookie *out)
{
	size_t n = strcspn(v, ";");
	const char *domain;
	struct cookie wide = {.below = true};
	char *d;

	if (!memchr(v, '=', n) || n > PAIR_MAX)
		return false;
	*out = (struct cookie){.host = host, .pair = arena_textn(a, v, n)};
	domain = strcasestr(v + n, "domain=");
	if (!domain)
		return true;
	domain += 7 + strspn(domain + 7, ".");
	d = arena_textn(a, domain, strcspn(domain, "; "));
	for (char *x = d; *x; x++)
		*x = (char)(*x >= 'A' && *x <= 'Z' ? *x + 32 : *x);
	wide.host = d;
	/* Only for a name that the host itself lies below. */
	if (is_for(&wide, host) && strchr(d, '.')) {
		out->host = d;
		out->below = true;
	}
	return true;
}

void cookies_keep(struct arena *a, struct cookies *c, const char *host, const struct transaction *t)
{
	for (size_t i = 0; i < t->nheader; i++) {
		struct cookie x;
		size_t k = 0;

		if (strcasecmp(t->header[i].name, "set-cookie") ||
		    !read_cookie(a, host, t->header[i].value, &x))
			continue;
		/* The same name again replaces the old one. */
		while (k < c->n && (strcmp(c->at[k].host, x.host) ||
				    strncmp(c->at[k].pair, x.pair, strcspn(x.pair, "=") + 1)))
			k++;
		if (k == COOKIES_MAX)
			return;
		c->at[k] = x;
		c->n += k == c->n;
	}
}

const char *cookies_for(struct arena *a, const struct cookies *c, const char *host)
{
	struct buf b = {0};
	const char *text = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (is_for(&c->at[i], host))
			buf_printf(&b, "%s%s", b.len ? "; " : "", c->at[i].pair);
	if (b.len)
		text = arena_textn(a, b.at, b.len);
	buf_free(&b);
	return text;
}
