/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/irr.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum object { NOTHING, OTHER, ROUTE, AUT_NUM };

/* What of an object's attribute is still to come on the next line. */
enum open { CLOSED, OPEN_PREFIX, OPEN_ORIGIN, OPEN_POLICY };

struct registered {
	struct prefix prefix;
	uint32_t origin;
};

struct irr {
	bool (*wanted)(uint32_t asn, void *arg);
	void *arg;
	struct registered *at;
	uint32_t *policy; /* ASNs */
	size_t n, cap, npolicy, policy_cap;
	struct irr_count count;
	/* The object that is being read. */
	uint64_t line, first;
	enum object object;
	enum open open;
	struct prefix prefix;
	uint32_t asn;
	bool v6, has_prefix, has_asn, has_policy, bad;
};

struct irr *irr_new(bool (*wanted)(uint32_t asn, void *arg), void *arg)
{
	struct irr *i = mem_zero(1, sizeof(*i));

	i->wanted = wanted;
	i->arg = arg;
	return i;
}

void irr_free(struct irr *i)
{
	if (!i)
		return;
	free(i->at);
	free(i->policy);
	free(i);
}

static void object_end(struct irr *i)
{
	bool route = i->object == ROUTE, ok = i->has_asn && !i->bad && (!route || i->has_prefix);

	if ((route || i->object == AUT_NUM) && !ok) {
		if (!i->count.bad++)
			i->count.first_bad = i->first;
	} else if (route) {
		++*(i->v6 ? &i->count.routes6 : &i->count.routes);
		if (i->wanted(i->asn, i->arg)) {
			mem_room(&i->at, &i->cap, i->n + 1);
			i->at[i->n++] = (struct registered){i->prefix, i->asn};
			i->count.kept++;
		}
	} else if (i->object == AUT_NUM) {
		i->count.policies++;
		if (i->has_policy && i->wanted(i->asn, i->arg)) {
			mem_room(&i->policy, &i->policy_cap, i->npolicy + 1);
			i->policy[i->npolicy++] = i->asn;
		}
	}
	i->object = NOTHING;
	i->open = CLOSED;
	i->has_prefix = i->has_asn = i->has_policy = i->bad = i->v6 = false;
}

void irr_end(struct irr *i)
{
	object_end(i);
	i->line = 0;
}

static bool is(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && !strncasecmp(p, word, n);
}

static void take(struct irr *i, const char *p, size_t n)
{
	uint64_t asn;

	switch (i->open) {
	case CLOSED:
		return;
	case OPEN_PREFIX:
		i->has_prefix = prefix_parse(p, n, &i->prefix) && i->prefix.v6 == i->v6;
		i->bad |= !i->has_prefix;
		break;
	case OPEN_ORIGIN:
		if (n > 2 && (p[0] | 32) == 'a' && (p[1] | 32) == 's' &&
		    text_to_u64(p + 2, n - 2, UINT32_MAX, &asn)) {
			/* An object has one origin. */
			i->bad |= i->has_asn && i->asn != (uint32_t)asn;
			i->asn = (uint32_t)asn;
			i->has_asn = true;
		} else {
			i->bad = true;
		}
		break;
	case OPEN_POLICY:
		i->has_policy = true;
		break;
	}
	i->open = CLOSED;
}

static void attribute(struct irr *i, const char *p, size_t n)
{
	i->open = CLOSED;
	if (i->object == NOTHING) {
		i->first = i->line;
		i->object = OTHER;
		if (is(p, n, "route") || is(p, n, "route6")) {
			i->object = ROUTE;
			i->v6 = n == 6;
			i->open = OPEN_PREFIX;
		} else if (is(p, n, "aut-num")) {
			i->object = AUT_NUM;
			i->open = OPEN_ORIGIN;
		}
	} else if (i->object == ROUTE && is(p, n, "origin")) {
		i->open = OPEN_ORIGIN;
	} else if (i->object == AUT_NUM &&
		   (is(p, n, "import") || is(p, n, "export") || is(p, n, "default") ||
		    is(p, n, "mp-import") || is(p, n, "mp-export") || is(p, n, "mp-default"))) {
		i->open = OPEN_POLICY;
	}
}

void irr_line(struct irr *i, const char *p, size_t n)
{
	const char *hash = memchr(p, '#', n), *colon;
	size_t name;

	i->line++;
	while (n && (p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (!n) {
		object_end(i);
		return;
	}
	if (*p == '%' || *p == '#')
		return;
	if (hash && hash < p + n)
		n = (size_t)(hash - p);
	if (*p == ' ' || *p == '\t' || *p == '+') {
		p++;
		n--;
	} else {
		colon = memchr(p, ':', n);
		if (!colon) {
			/* Not RPSL: whatever it is, it has no part in an object. */
			i->bad |= i->object == ROUTE || i->object == AUT_NUM;
			i->object = i->object == NOTHING ? OTHER : i->object;
			return;
		}
		name = (size_t)(colon - p);
		attribute(i, p, name);
		p += name + 1;
		n -= name + 1;
	}
	while (n && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n)
		take(i, p, n);
}

static int by_origin(const void *a, const void *b)
{
	const struct registered *x = a, *y = b;

	if (x->origin != y->origin)
		return x->origin < y->origin ? -1 : 1;
	return prefix_cmp(x->prefix, y->prefix);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void irr_ready(struct irr *i)
{
	if (i->n)
		qsort(i->at, i->n, sizeof(*i->at), by_origin);
	if (i->npolicy)
		qsort(i->policy, i->npolicy, sizeof(*i->policy), by_number);
}

const struct irr_count *irr_counted(const struct irr *i)
{
	return &i->count;
}

enum irr_match irr_match(const struct irr *i, struct prefix p, uint32_t origin)
{
	struct registered key = {p, origin};

	if (!i->n)
		return IRR_NONE;
	for (int len = p.len; len >= 0; len--) {
		key.prefix.len = (uint8_t)len;
		key.prefix = prefix_masked(key.prefix);
		if (bsearch(&key, i->at, i->n, sizeof(*i->at), by_origin))
			return len == p.len ? IRR_EXACT : IRR_COVERED;
	}
	return IRR_NONE;
}

bool irr_policy(const struct irr *i, uint32_t asn)
{
	return i->npolicy && bsearch(&asn, i->policy, i->npolicy, sizeof(*i->policy), by_number);
}

const char *irr_match_text(enum irr_match m)
{
	static const char *const text[] = {"none", "covered", "exact"};

	return text[m];
}
