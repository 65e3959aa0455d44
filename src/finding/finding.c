/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

struct finding *findings_add(struct findings *fs)
{
	struct finding *f = arena_zero(&fs->arena, 1, sizeof(*f));

	mem_room(&fs->at, &fs->cap, fs->n + 1);
	return fs->at[fs->n++] = f;
}

void findings_drop(struct findings *fs)
{
	arena_back(&fs->arena, fs->at[--fs->n]);
	fs->rows.of = NULL; /* the next one may stand in its place */
}

static int by_asn(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void finding_identify(struct finding *f)
{
	struct buf text = {0};
	uint8_t digest[SHA256_SIZE];
	uint32_t *asn = mem_zero(f->nvictim, sizeof(*asn));

	for (size_t i = 0; i < f->nvictim; i++)
		asn[i] = f->victim[i].asn;
	qsort(asn, f->nvictim, sizeof(*asn), by_asn);
	buf_printf(&text, "%s\n%u\n", f->kind, f->actor.net.asn);
	for (size_t i = 0; i < f->nvictim; i++)
		buf_printf(&text, "%s%u", i ? "," : "", asn[i]);
	buf_char(&text, '\n');
	if (f->nevidence) {
		const struct evidence *e = &f->evidence[0];

		buf_printf(&text, "%llu:%u:", (unsigned long long)e->offset, e->length);
		buf_hex(&text, e->sha256, sizeof(e->sha256));
		buf_char(&text, '\n');
	}
	sha256(text.at, text.len, digest);
	memcpy(f->id, digest, sizeof(f->id));
	buf_free(&text);
	free(asn);
}

/* Every kind of finding there is, the gravest first; hijacks are one gravity. */
static const struct {
	const char *kind;
	int gravity;
} kinds[] = {
    {"outage.country", 0},
    {"route.hijack.exact", 1},
    {"route.hijack.sub", 1},
    {"route.hijack.super", 1},
    {"route.hijack.forged-origin", 1},
    {"site.blocked", 2},
    {"site.rerouted", 3},
    {"site.throttled", 4},
    {"route.leak", 5},
    {"outage.network", 6},
    {"tool.unreachable", 7},
    {"site.geofenced", 8},
    {"name.insecure", 9},
    {"route.bogon", 10},
    {"route.invalid", 11},
    {"site.down", 12},
    {"route.malformed", 13},
};

enum { NKINDS = sizeof(kinds) / sizeof(*kinds) };

/* A kind that is not listed stands last. */
static int gravity(const char *kind)
{
	for (int i = 0; i < NKINDS; i++)
		if (!strncmp(kind, kinds[i].kind, strlen(kinds[i].kind)))
			return kinds[i].gravity;
	return NKINDS;
}

bool finding_kind(const char *word, const char **near)
{
	static char found[48];
	unsigned best = text_slips(word) + 1;
	size_t n = strlen(word);

	*near = NULL;
	for (int i = 0; i < NKINDS; i++) {
		const char *kind = kinds[i].kind;

		if (!strncmp(kind, word, n) && (!kind[n] || kind[n] == '.'))
			return true;
		/* The whole kind, and what it begins with. */
		for (const char *end = kind; *end; end++) {
			char part[48];
			unsigned d;

			if (end[1] && end[1] != '.')
				continue;
			snprintf(part, sizeof(part), "%.*s", (int)(end + 1 - kind), kind);
			d = text_distance(word, part);
			if (d < best) {
				best = d;
				memcpy(found, part, sizeof(found));
				*near = found;
			}
		}
	}
	return false;
}

static int by_gravity(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	int gx = gravity(x->kind), gy = gravity(y->kind);

	if (gx != gy)
		return gx < gy ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return memcmp(x->id, y->id, sizeof(x->id));
}

void findings_sort(struct findings *fs)
{
	if (fs->n)
		qsort(fs->at, fs->n, sizeof(*fs->at), by_gravity);
}

void findings_free(struct findings *fs)
{
	arena_free(&fs->arena);
	free(fs->at);
	free(fs->rows.at);
	*fs = (struct findings){0};
}
