/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a response is: the page of a censor, of the site's own gatekeepers, or just a page.
 */
#include <string.h>
#include <strings.h>

#include "finding/view.h"

#define HITS 64
#define SMALL_PAGE 40000 /* block pages are short; what is longer is about blocking, or not */

struct weights {
	double national, isp, product, vague, against;
	unsigned nvague;
	const struct fingerprint *best, *server, *geo, *vague_hit;
	bool foreign;
};

static void weigh(const struct view *v, const struct fingerprint *p, struct weights *w)
{
	bool here = fingerprint_of_country(p, v->m->country);
	double x;

	switch (p->scope) {
	case SCOPE_FALSE:
		w->against += 0.5;
		return;
	case SCOPE_SERVER:
		w->server = p;
		return;
	case SCOPE_GEO:
		w->geo = p;
		return;
	case SCOPE_VAGUE:
		w->vague_hit = p;
		w->nvague++;
		return;
	case SCOPE_NATIONAL:
		x = here ? 1 : 0.7;
		w->national = x > w->national ? x : w->national;
		break;
	case SCOPE_ISP:
		x = here ? 1 : 0.7;
		w->isp = x > w->isp ? x : w->isp;
		break;
	default:
		x = 0.7;
		w->product = x > w->product ? x : w->product;
		break;
	}
	if (!w->best || (here && w->foreign)) {
		w->best = p;
		w->foreign = !here;
	}
}

static const char *header(const struct transaction *x, const char *name)
{
	for (size_t i = 0; i < x->nheader; i++)
		if (!strcasecmp(x->header[i].name, name))
			return x->header[i].value;
	return NULL;
}

/* Does the response itself carry the mark of the site's own gatekeeper? */
static bool gatekeeper(const struct transaction *x)
{
	const char *server = header(x, "server");

	if (header(x, "cf-ray") || header(x, "cf-mitigated"))
		return true;
	return server && (strstr(server, "cloudflare") || strstr(server, "AkamaiGHost") ||
			  strstr(server, "Sucuri") || strstr(server, "Incapsula") ||
			  strstr(server, "ddos-guard") || strstr(server, "Varnish"));
}

static struct page look(const struct view *v, const struct transaction *x)
{
	const struct fingerprint *hit[HITS];
	struct weights w = {0};
	struct page page = {.kind = PAGE_OTHER};
	size_t n = 0;
	double sum;

	if (x->body)
		n = fingerprints_body(v->fps, x->body, x->nbody, hit, HITS);
	for (size_t i = 0; i < n; i++)
		weigh(v, hit[i], &w);
	for (size_t i = 0; i < x->nheader; i++) {
		/* Only these are ever listed, and few responses have them all. */
		if (!strchr("lLsSvVxXcC", x->header[i].name[0]))
			continue;
		n = fingerprints_header(v->fps, x->header[i].name, x->header[i].value, hit, HITS);
		for (size_t k = 0; k < n; k++)
			weigh(v, hit[k], &w);
	}
	sum = w.national > w.isp ? w.national : w.isp;
	sum = w.product > sum ? w.product : sum;
	if (x->nbody > SMALL_PAGE)
		sum -= 0.4;
	if (w.server || gatekeeper(x))
		sum -= 0.5;
	sum -= w.against > 0.5 ? 0.5 : w.against;
	if (w.best && sum >= 0.5) {
		page.kind = PAGE_BLOCK;
		page.fingerprint = w.best->name;
		page.scope = w.best->scope;
		page.foreign = w.foreign;
		return page;
	}
	if (w.geo &&
	    (x->code == 403 || x->code == 404 || x->code == 451 || x->nbody < SMALL_PAGE)) {
		page.kind = PAGE_GEO;
		page.fingerprint = w.geo->name;
		page.scope = SCOPE_GEO;
		return page;
	}
	if (x->code == 451 && !w.best) {
		page.kind = PAGE_GEO;
		return page;
	}
	if (w.server || (gatekeeper(x) && x->code >= 400)) {
		page.kind = PAGE_SERVER;
		page.fingerprint = w.server ? w.server->name : NULL;
		page.scope = SCOPE_SERVER;
		return page;
	}
	if (w.vague_hit && !w.against && x->nbody < 16384) {
		page.kind = PAGE_WORDS;
		page.fingerprint = w.vague_hit->name;
		page.scope = SCOPE_VAGUE;
	}
	return page;
}

struct page page_of(const struct view *v, const struct transaction *x)
{
	size_t i = (size_t)(x - v->m->transaction);

	if (v->page[i].kind == PAGE_NOT_SEEN)
		v->page[i] = look(v, x);
	return v->page[i];
}

/* Headers that any server sends say nothing (as in OONI's web_connectivity, ts-017). */
static bool common_header(const char *name)
{
	static const char *const common[] = {
	    "date",
	    "content-type",
	    "server",
	    "cache-control",
	    "vary",
	    "set-cookie",
	    "location",
	    "expires",
	    "x-powered-by",
	    "content-encoding",
	    "last-modified",
	    "accept-ranges",
	    "pragma",
	    "x-frame-options",
	    "etag",
	    "x-content-type-options",
	    "age",
	    "via",
	    "p3p",
	    "x-xss-protection",
	    "content-language",
	    "cf-ray",
	    "strict-transport-security",
	    "link",
	    "x-varnish",
	    "content-length",
	    "connection",
	    "transfer-encoding",
	    "keep-alive",
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (!strcasecmp(name, common[i]))
			return true;
	return false;
}

static bool find_title(const struct transaction *x, const char **at, size_t *n)
{
	const char *p = (const char *)x->body, *end, *from, *to;

	if (!p)
		return false;
	end = p + (x->nbody < 65536 ? x->nbody : 65536);
	for (from = p; from + 7 < end; from++) {
		from = memchr(from, '<', (size_t)(end - from));
		if (!from || end - from < 8)
			return false;
		if (strncasecmp(from, "<title", 6))
			continue;
		from = memchr(from, '>', (size_t)(end - from));
		if (!from)
			return false;
		from++;
		to = memchr(from, '<', (size_t)(end - from));
		if (!to)
			return false;
		*at = from;
		*n = (size_t)(to - from);
		return true;
	}
	return false;
}

/* Have two titles a long word in common? With none that is long, are they equal? */
static bool titles_match(const char *a, size_t na, const char *b)
{
	size_t nb = strlen(b);
	bool words = false;

	if (na == nb && !memcmp(a, b, na))
		return true;
	while (na) {
		size_t n = 0;

		while (na && (unsigned char)*a <= ' ') {
			a++;
			na--;
		}
		while (n < na && (unsigned char)a[n] > ' ')
			n++;
		if (n >= 5) {
			words = true;
			for (size_t i = 0; i + n <= nb; i++)
				if (!strncasecmp(a, b + i, n))
					return true;
		}
		a += n;
		na -= n;
	}
	(void)words;
	return false;
}

int page_matches(const struct view *v, const struct transaction *x)
{
	int verdict = -1;

	for (size_t i = 0; i < v->m->ncontrol; i++) {
		const struct control *c = &v->m->control[i];
		const char *title;
		size_t ntitle;
		bool body, headers = false, titles;

		if (!c->http || c->failure || c->http_failure || c->code <= 0)
			continue;
		if (c->host) {
			char host[HOST_MAX];

			if (!x->url ||
			    strcasecmp(url_host(host, sizeof(host), x->url, NULL), c->host))
				continue;
		}
		body = c->body_length > 0 && x->nbody && !x->truncated &&
		       (c->body_length < (int64_t)x->nbody
			    ? (double)c->body_length / (double)x->nbody
			    : (double)x->nbody / (double)c->body_length) > 0.7;
		/* Both empty is the same, too. */
		body |= c->body_length == 0 && !x->nbody;
		for (size_t k = 0; k < c->nheader && !headers; k++)
			headers = !common_header(c->header[k].name) &&
				  header(x, c->header[k].name) != NULL;
		titles = c->title && *c->title && find_title(x, &title, &ntitle) &&
			 titles_match(title, ntitle, c->title);
		if (c->code == x->code && (body || headers || titles))
			return 1;
		/* The control itself was refused: nothing to compare with. */
		if (c->code / 100 != 2 && c->code != x->code)
			continue;
		verdict = 0;
	}
	return verdict;
}
