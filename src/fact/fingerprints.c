/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/fingerprints.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/match.h"
#include "base/mem.h"

/* A regular expression that is literals, "." and ".*": pieces that follow one another in a line. */
struct piece {
	const uint8_t *at; /* with any[i] set, byte i stands for any byte */
	const bool *any;
	size_t n;
	bool literal; /* no byte of it stands for any */
};

struct regexp {
	struct piece *piece;
	size_t npiece;
};

struct entry {
	struct fingerprint p;
	struct regexp re;
	uint32_t nre;	  /* its number among the regular expressions */
	struct addr addr; /* PLACE_DNS */
	uint32_t literal; /* its number in `body`, UINT32_MAX none */
};

struct fingerprints {
	struct arena arena;
	struct entry *entry;
	size_t n, cap;
	uint32_t nregexp;
	/* Entries of headers, by header's name; of addresses, by address. */
	uint32_t *by_header, *by_addr;
	size_t nheader, naddr;
	struct match *body;
	uint32_t *of_literal; /* literal's number to entry */
	bool ready;
};

struct fingerprints *fingerprints_new(void)
{
	struct fingerprints *f = mem_zero(1, sizeof(*f));

	f->body = match_new();
	return f;
}

void fingerprints_free(struct fingerprints *f)
{
	if (!f)
		return;
	match_free(f->body);
	free(f->entry);
	free(f->of_literal);
	free(f->by_header);
	free(f->by_addr);
	arena_free(&f->arena);
	free(f);
}

static bool regexp_parse(struct arena *a, const char *s, size_t n, struct regexp *out)
{
	uint8_t *text = arena_alloc(a, n + 1);
	bool *any = arena_zero(a, n + 1, sizeof(*any));
	size_t used = 0, start = 0;

	out->piece = arena_zero(a, n + 1, sizeof(*out->piece));
	out->npiece = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.' && i + 1 < n && s[i + 1] == '*') {
			out->piece[out->npiece++] =
			    (struct piece){text + start, any + start, used - start, false};
			start = used;
			i++;
		} else if (s[i] == '.') {
			any[used] = true;
			text[used++] = 0;
		} else if (s[i] == '\\') {
			if (++i == n || (s[i] >= 'a' && s[i] <= 'z') ||
			    (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9'))
				return false;
			text[used++] = (uint8_t)s[i];
		} else if (strchr("[]()+?|^$*", s[i]) ||
			   (s[i] == '{' && i + 1 < n && s[i + 1] >= '0' && s[i + 1] <= '9')) {
			return false;
		} else {
			text[used++] = (uint8_t)s[i];
		}
	}
	out->piece[out->npiece++] = (struct piece){text + start, any + start, used - start, false};
	return true;
}

/* The longest run of literals: what must stand in the text for the rest to be looked at. */
static struct piece regexp_literal(const struct regexp *re)
{
	struct piece best = {0};

	for (size_t i = 0; i < re->npiece; i++) {
		const struct piece *p = &re->piece[i];

		for (size_t from = 0, k = 0; k <= p->n; k++) {
			if (k < p->n && !p->any[k])
				continue;
			if (k - from > best.n)
				best = (struct piece){p->at + from, NULL, k - from, true};
			from = k + 1;
		}
	}
	return best;
}

static const uint8_t *piece_find(const struct piece *p, const uint8_t *at, const uint8_t *end)
{
	if (p->literal)
		return p->n ? memmem(at, (size_t)(end - at), p->at, p->n) : at;
	for (; (size_t)(end - at) >= p->n; at++) {
		size_t k = 0;

		while (k < p->n && (p->any[k] || p->at[k] == at[k]))
			k++;
		if (k == p->n)
			return at;
	}
	return NULL;
}

/* "." does not stand for a line's end, so each line is looked at by itself; within one the first
 * place for each piece in turn is enough. */
static bool line_find(const struct regexp *re, const uint8_t *at, const uint8_t *stop)
{
	for (size_t i = 0; i < re->npiece; i++) {
		at = piece_find(&re->piece[i], at, stop);
		if (!at)
			return false;
		at += re->piece[i].n;
	}
	return true;
}

static bool regexp_find(const struct regexp *re, const uint8_t *text, size_t n)
{
	const uint8_t *end = text + n;

	while (text < end) {
		const uint8_t *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		if (line_find(re, text, stop))
			return true;
		text = stop + 1;
	}
	return false;
}

bool fingerprints_add(struct fingerprints *f, const struct fingerprint *p)
{
	struct entry e = {.p = *p, .literal = UINT32_MAX};

	if (!p->npattern)
		return false;
	if (p->place == PLACE_DNS && !addr_parse(p->pattern, p->npattern, &e.addr))
		return false;
	e.p.pattern = arena_textn(&f->arena, p->pattern, p->npattern);
	if (p->kind == PATTERN_REGEXP) {
		if (!regexp_parse(&f->arena, e.p.pattern, p->npattern, &e.re))
			return false;
		if (!regexp_literal(&e.re).n)
			return false;
		for (size_t i = 0; i < e.re.npiece; i++) {
			e.re.piece[i].literal = true;
			for (size_t k = 0; k < e.re.piece[i].n; k++)
				e.re.piece[i].literal &= !e.re.piece[i].any[k];
		}
		e.nre = f->nregexp++;
	}
	e.p.name = arena_text(&f->arena, p->name);
	e.p.countries = arena_text(&f->arena, p->countries ? p->countries : "");
	if (p->header) {
		char *h = arena_text(&f->arena, p->header);

		for (char *c = h; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c |= 32;
		e.p.header = h;
	}
	mem_room(&f->entry, &f->cap, f->n + 1);
	f->entry[f->n++] = e;
	return true;
}

static int addr_cmp(struct addr a, struct addr b)
{
	if (a.v6 != b.v6)
		return a.v6 < b.v6 ? -1 : 1;
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static int by_addr(const void *a, const void *b, void *arg)
{
	const struct fingerprints *f = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int c = addr_cmp(f->entry[x].addr, f->entry[y].addr);

	return c ? c : (x > y) - (x < y);
}

void fingerprints_ready(struct fingerprints *f)
{
	f->by_header = mem_zero(f->n ? f->n : 1, sizeof(*f->by_header));
	f->by_addr = mem_zero(f->n ? f->n : 1, sizeof(*f->by_addr));
	for (size_t i = 0; i < f->n; i++) {
		if (f->entry[i].p.place == PLACE_HEADER)
			f->by_header[f->nheader++] = (uint32_t)i;
		else if (f->entry[i].p.place == PLACE_DNS)
			f->by_addr[f->naddr++] = (uint32_t)i;
	}
	if (f->naddr)
		qsort_r(f->by_addr, f->naddr, sizeof(*f->by_addr), by_addr, f);
	f->of_literal = mem_zero(f->n ? f->n : 1, sizeof(*f->of_literal));
	for (size_t i = 0; i < f->n; i++) {
		struct entry *e = &f->entry[i];

		if (e->p.place != PLACE_BODY)
			continue;
		if (e->p.kind == PATTERN_REGEXP) {
			struct piece l = regexp_literal(&e->re);

			e->literal = match_add(f->body, l.at, l.n);
		} else {
			e->literal = match_add(f->body, e->p.pattern, e->p.npattern);
		}
		f->of_literal[e->literal] = (uint32_t)i;
	}
	match_ready(f->body);
	f->ready = true;
}

size_t fingerprints_count(const struct fingerprints *f)
{
	return f->n;
}

#define REGEXPS 256 /* whose lines are remembered; more are looked at again and again */

struct found {
	const struct fingerprints *f;
	uint32_t tested[REGEXPS]; /* by regular expression: up to where its lines were looked at */
	const uint8_t *text;
	size_t n;
	const struct fingerprint **hit;
	size_t nhit, max;
};

static bool found(uint32_t pattern, size_t offset, void *arg)
{
	struct found *w = arg;
	const struct entry *e = &w->f->entry[w->f->of_literal[pattern]];

	if ((e->p.kind == PATTERN_PREFIX && offset) ||
	    (e->p.kind == PATTERN_FULL && (offset || e->p.npattern != w->n)))
		return true;
	for (size_t i = 0; i < w->nhit; i++)
		if (w->hit[i] == &e->p)
			return true;
	if (e->p.kind == PATTERN_REGEXP) {
		const uint8_t *at = w->text + offset, *line, *stop;

		if (e->nre < REGEXPS && offset < w->tested[e->nre])
			return true;
		line = memrchr(w->text, '\n', offset);
		line = line ? line + 1 : w->text;
		stop = memchr(at, '\n', w->n - offset);
		stop = stop ? stop : w->text + w->n;
		if (e->nre < REGEXPS && stop - w->text <= UINT32_MAX)
			w->tested[e->nre] = (uint32_t)(stop - w->text);
		if (!line_find(&e->re, line, stop))
			return true;
	}
	w->hit[w->nhit++] = &e->p;
	return w->nhit < w->max;
}

size_t fingerprints_body(const struct fingerprints *f, const void *text, size_t n,
			 const struct fingerprint **hit, size_t max)
{
	struct found w;

	if (!max)
		return 0;
	w.f = f;
	w.text = text;
	w.n = n;
	w.hit = hit;
	w.nhit = 0;
	w.max = max;
	memset(w.tested, 0, (f->nregexp < REGEXPS ? f->nregexp : REGEXPS) * sizeof(*w.tested));
	match_find(f->body, text, n, found, &w);
	return w.nhit;
}

size_t fingerprints_header(const struct fingerprints *f, const char *name, const char *value,
			   const struct fingerprint **hit, size_t max)
{
	size_t n = strlen(value), nhit = 0, nname = strlen(name);
	char lower[32];

	/* The names that are listed are short. */
	if (nname >= sizeof(lower))
		return 0;
	for (size_t i = 0; i <= nname; i++)
		lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 32) : name[i];
	for (size_t i = 0; i < f->nheader && nhit < max; i++) {
		const struct entry *e = &f->entry[f->by_header[i]];
		bool is = false;

		if (e->p.header[0] != lower[0] || strcmp(e->p.header, lower))
			continue;
		switch (e->p.kind) {
		case PATTERN_CONTAINS:
			is = memmem(value, n, e->p.pattern, e->p.npattern) != NULL;
			break;
		case PATTERN_FULL:
			is = n == e->p.npattern && !memcmp(value, e->p.pattern, n);
			break;
		case PATTERN_PREFIX:
			is = n >= e->p.npattern && !memcmp(value, e->p.pattern, e->p.npattern);
			break;
		case PATTERN_REGEXP:
			is = regexp_find(&e->re, (const uint8_t *)value, n);
			break;
		}
		if (is)
			hit[nhit++] = &e->p;
	}
	return nhit;
}

size_t fingerprints_dns(const struct fingerprints *f, struct addr a, const struct fingerprint **hit,
			size_t max)
{
	size_t nhit = 0, low = 0, high = f->naddr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (addr_cmp(f->entry[f->by_addr[mid]].addr, a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < f->naddr && nhit < max; low++) {
		const struct entry *e = &f->entry[f->by_addr[low]];

		if (addr_cmp(e->addr, a))
			break;
		hit[nhit++] = &e->p;
	}
	return nhit;
}

bool fingerprint_of_country(const struct fingerprint *p, const char *country)
{
	const char *s = p->countries;

	if (!*s)
		return true;
	while (*s) {
		if (country[0] && !strncmp(s, country, 2))
			return true;
		s += strcspn(s, ",");
		s += strspn(s, ", ");
	}
	return false;
}

static struct fingerprints *own;

static void make_own(void)
{
	own = fingerprints_new();
	fingerprints_add_own(own);
	fingerprints_ready(own);
}

const struct fingerprints *fingerprints_own(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_own);
	return own;
}
