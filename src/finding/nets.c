/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/nets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct nets *nets_new(const struct asgraph *g)
{
	struct nets *n = mem_zero(1, sizeof(*n));

	n->graph = g;
	n->country = mem_zero((size_t)g->n + 1, sizeof(*n->country));
	return n;
}

void nets_free(struct nets *n)
{
	if (!n)
		return;
	free(n->country);
	free(n->addresses);
	free(n->name);
	free(n);
}

char *nets_code(char out[3], uint16_t country)
{
	out[0] = country ? (char)(country >> 8) : '?';
	out[1] = country ? (char)(country & 0xff) : '?';
	out[2] = 0;
	return out;
}

static bool capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool nets_countries(struct nets *n, const char *text, size_t len, const char *name, struct err *err)
{
	const char *end = text + len;
	size_t line = 0;

	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t width = (size_t)((nl ? nl : end) - p), i = 0;
		uint64_t asn;

		line++;
		while (i < width && p[i] != ',' && p[i] != ';' && p[i] != '\t' && p[i] != '|')
			i++;
		if (i < width && text_to_u64(p, i, UINT32_MAX, &asn)) {
			const char *cc = p + i + 1;
			uint32_t id = asgraph_id(n->graph, (uint32_t)asn);

			if (width - i > 2 && capital(cc[0]) && capital(cc[1])) {
				if (id != ASGRAPH_NONE)
					n->country[id] = COUNTRY(cc);
			} else if (width - i > 1 && cc[0] != '\r' && cc[0] != '-' && cc[0] != '?') {
				return err_set(err, "%s: line %zu: \"%.*s\" is not a country code",
					       name, line,
					       (int)(width - i - 1 > 20 ? 20 : width - i - 1), cc);
			}
		} else if (line > 1 && width && *p != '#' && *p != '\r') {
			return err_set(err, "%s: line %zu: \"%.*s\" is not \"asn,country\"", name,
				       line, (int)(width > 40 ? 40 : width), p);
		}
		p = nl ? nl + 1 : end;
	}
	return true;
}

uint32_t nets_count(const struct nets *n, uint16_t country)
{
	uint32_t count = 0;

	for (uint32_t v = 0; v < n->graph->n; v++)
		count += n->country[v] == country;
	return count;
}

size_t nets_clique(const struct asgraph *g, const uint32_t *cone, uint32_t *out, size_t max)
{
	uint32_t *top = mem_zero((size_t)g->n + 1, sizeof(*top)), n = 0;
	size_t found = 0;

	for (uint32_t v = 0; v < g->n; v++)
		if (!asgraph_count(g, v, RELATION_PROVIDER) && cone[v] > 1)
			top[n++] = v;
	/* By cone, the largest first; there are few. */
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t j = i; j && cone[top[j]] > cone[top[j - 1]]; j--) {
			uint32_t t = top[j];

			top[j] = top[j - 1];
			top[j - 1] = t;
		}
	for (uint32_t i = 0; i < n && found < max; i++) {
		bool all = true;

		for (size_t k = 0; k < found && all; k++)
			all = asgraph_between(g, top[i], out[k], NULL) == RELATION_PEER;
		if (all)
			out[found++] = top[i];
	}
	for (size_t i = 1; i < found; i++)
		for (size_t j = i; j && out[j] < out[j - 1]; j--) {
			uint32_t t = out[j];

			out[j] = out[j - 1];
			out[j - 1] = t;
		}
	free(top);
	return found;
}
