/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/filters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum { ASN, STATUS, RATIO, COLUMNS };

#define CELLS 64

struct cell {
	const char *at;
	size_t n;
};

/* The cells of a line; a cell in double quotes may hold commas. */
static size_t cells(const char *p, const char *stop, struct cell out[CELLS])
{
	size_t n = 0;

	for (const char *q = p; n < CELLS; q++) {
		const char *from = q;
		bool quoted = q < stop && *q == '"';

		if (quoted) {
			from = ++q;
			while (q < stop && *q != '"')
				q++;
			out[n++] = (struct cell){from, (size_t)(q - from)};
			while (q < stop && *q != ',')
				q++;
		} else {
			while (q < stop && *q != ',')
				q++;
			while (from < q && *from == ' ')
				from++;
			out[n++] = (struct cell){from, (size_t)(q - from)};
			while (out[n - 1].n && from[out[n - 1].n - 1] == ' ')
				out[n - 1].n--;
		}
		if (q >= stop)
			break;
	}
	return n;
}

static bool is(const struct cell *c, const char *word)
{
	return c->n == strlen(word) && !strncasecmp(c->at, word, c->n);
}

static bool header(const struct cell *c, size_t n, int column[COLUMNS])
{
	for (size_t i = 0; i < n; i++) {
		if (is(&c[i], "asn"))
			column[ASN] = (int)i;
		else if (is(&c[i], "status"))
			column[STATUS] = (int)i;
		else if (is(&c[i], "ratio") || is(&c[i], "score") || is(&c[i], "filtering"))
			column[RATIO] = (int)i;
	}
	return column[ASN] >= 0;
}

/* 0 … 100; -1: no such word. */
static int status_of(const struct cell *c)
{
	if (is(c, "safe") || is(c, "yes") || is(c, "true"))
		return 100;
	if (is(c, "partially safe"))
		return 50;
	if (is(c, "unsafe") || is(c, "no") || is(c, "false"))
		return 0;
	return -1;
}

static int ratio_of(const struct cell *c)
{
	char text[32] = {0}, *end;
	double v;

	if (!c->n || c->n >= sizeof(text))
		return -1;
	memcpy(text, c->at, c->n);
	v = strtod(text, &end);
	if (*end == '%')
		end++;
	return *end || !(v >= 0 && v <= 100) ? -1 : (int)(v + .5);
}

bool filters_read(uint8_t *percent, uint32_t *known, const struct asgraph *g, const char *text,
		  size_t n, const char *name, struct err *err)
{
	int column[COLUMNS] = {-1, -1, -1};
	uint8_t *seen = mem_zero((size_t)g->n + 1, 1);
	bool first = true, ok = true, rows = false;
	size_t line = 0;

	*known = 0;
	for (const char *p = text, *end = text + n; ok && p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		const char *next = nl ? nl + 1 : end;
		struct cell c[CELLS], *asn;
		uint64_t number;
		uint32_t id;
		size_t count;
		int value = 100;

		line++;
		if (stop > p && stop[-1] == '\r')
			stop--;
		if (stop == p || *p == '#') {
			p = next;
			continue;
		}
		count = cells(p, stop, c);
		p = next;
		if (first) {
			first = false;
			if (header(c, count, column))
				continue;
			column[ASN] = 0;
		}
		if ((size_t)column[ASN] >= count || !c[column[ASN]].n)
			continue;
		asn = &c[column[ASN]];
		if (asn->n > 2 && (asn->at[0] | 32) == 'a' && (asn->at[1] | 32) == 's') {
			asn->at += 2;
			asn->n -= 2;
		}
		if (!text_to_u64(asn->at, asn->n, UINT32_MAX, &number)) {
			ok = err_set(err, "%s: line %zu: \"%.*s\" is no AS number", name, line,
				     (int)(asn->n < 40 ? asn->n : 40), asn->at);
			break;
		}
		for (int k = STATUS; k <= RATIO && ok; k++) {
			const struct cell *x =
			    column[k] >= 0 && (size_t)column[k] < count ? &c[column[k]] : NULL;

			if (!x)
				continue;
			value = k == STATUS ? status_of(x) : ratio_of(x);
			if (value < 0)
				ok = err_set(err, "%s: line %zu: \"%.*s\" is no %s", name, line,
					     (int)(x->n < 40 ? x->n : 40), x->at,
					     k == STATUS ? "status (safe, partially safe, unsafe)"
							 : "percentage");
		}
		rows = true;
		id = asgraph_id(g, (uint32_t)number);
		if (!ok || id == ASGRAPH_NONE || seen[id])
			continue;
		seen[id] = 1;
		percent[id] = (uint8_t)value;
		++*known;
	}
	free(seen);
	if (ok && !rows)
		ok = err_set(err, "%s: names no network", name);
	return ok;
}
