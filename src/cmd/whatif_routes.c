/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* What routes that were seen say of dependence: hegemony and transit influence, as TSV. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/taken.h"
#include "cmd/whatif.h"
#include "fact/names.h"
#include "fact/prefix.h"
#include "finding/hegemony.h"

/* Sessions by (address as text, ASN). */
struct sessions {
	bool v6; /* the family that is wanted */
	uint64_t taken, passed;
	struct hegemony *h;
	struct {
		uint64_t key;
		uint16_t number;
		bool used;
	} at[1 << 17];
};

static uint16_t session(struct sessions *s, struct hegemony *h, const char *ip, size_t n,
			uint32_t asn)
{
	uint64_t key = hash_bytes(ip, n, asn);
	size_t i = key & ((1 << 17) - 1);

	while (s->at[i].used && s->at[i].key != key)
		i = (i + 1) & ((1 << 17) - 1);
	if (!s->at[i].used) {
		s->at[i].used = true;
		s->at[i].key = key;
		s->at[i].number = hegemony_peer(h, asn);
	}
	return s->at[i].number;
}

static void add(struct hegemony *h, uint16_t peer, const struct prefix *p, const uint32_t *path,
		size_t n)
{
	if (p->v6)
		hegemony_add6(h, peer, p, path, n);
	else
		hegemony_add(h, peer, (uint32_t)(p->hi >> 32), p->len, path, n);
}

/* TABLE_DUMP…|time|B|peer|asn|prefix|path|…; other lines are counted and passed over. */
static bool line(struct hegemony *h, struct sessions *s, const char *p, size_t n)
{
	const char *field[7], *end = p + n;
	size_t width[7], k = 0;
	uint32_t path[256];
	struct prefix prefix;
	uint64_t asn;
	size_t len = 0;

	for (const char *q = p; k < 7; k++) {
		const char *bar = memchr(q, '|', (size_t)(end - q));

		field[k] = q;
		width[k] = (size_t)((bar ? bar : end) - q);
		if (!bar)
			break;
		q = bar + 1;
	}
	if (k < 6 || width[0] < 10 || memcmp(field[0], "TABLE_DUMP", 10) ||
	    !text_to_u64(field[4], width[4], UINT32_MAX, &asn) ||
	    !prefix_parse(field[5], width[5], &prefix) || prefix.v6 != s->v6 || prefix.len < 1)
		return false;
	for (const char *q = field[6], *stop = field[6] + width[6]; q < stop;) {
		uint64_t v = 0;

		if (*q == ' ') {
			q++;
			continue;
		}
		if (*q < '0' || *q > '9')
			return false; /* AS_SETs have no single origin */
		for (; q < stop && *q >= '0' && *q <= '9'; q++)
			v = 10 * v + (uint64_t)(*q - '0');
		if (v > UINT32_MAX || len == 256)
			return false;
		if (!len || path[len - 1] != (uint32_t)v)
			path[len++] = (uint32_t)v;
	}
	if (!len)
		return false;
	add(h, session(s, h, field[3], width[3], (uint32_t)asn), &prefix, path, len);
	return true;
}

static uint16_t country_of(uint32_t asn, void *arg)
{
	const struct graph *g = arg;
	uint32_t id = asgraph_id(g->as, asn);
	struct name name;

	if (id != ASGRAPH_NONE)
		return g->nets->country[id];
	return g->names && names_find(g->names, asn, &name) && name.country[0]
		   ? COUNTRY(name.country)
		   : 0;
}

struct print {
	struct buf *out;
};

static void each(uint32_t origin, const struct hegemony_score *s, size_t n, void *arg)
{
	struct print *p = arg;

	for (size_t i = 0; i < n && s[i].score >= .0001; i++)
		buf_printf(p->out, "%u\t%u\t%.6f\n", origin, s[i].asn, s[i].score);
}

/* One route of a source. Peers are told apart by address, ASN and collector. */
static void take(void *arg, const struct route *r, const struct peer *p)
{
	struct sessions *s = arg;
	char who[96];
	int n;

	if (r->prefix.v6 != s->v6 || r->kind != ROUTE_TABLE || !r->attrs->path.origin) {
		s->passed++;
		return;
	}
	n = snprintf(who, sizeof(who), "%016llx%016llx %s", (unsigned long long)p->addr.hi,
		     (unsigned long long)p->addr.lo, p->collector ? p->collector : "");
	s->taken++;
	add(s->h,
	    session(s, s->h, who, (size_t)n < sizeof(who) ? (size_t)n : sizeof(who) - 1, p->asn),
	    &r->prefix, r->attrs->path.flat, r->attrs->path.nflat);
}

/* The lines of one file. */
static bool read_lines(struct sessions *sessions, const char *path, struct err *err)
{
	struct stream *s = stream_open(path, 0, err);
	bool ok = s != NULL;
	size_t got;

	while (ok) {
		const char *p = (const char *)stream_peek(s, 65536, &got), *q = p;

		if (!got)
			break;
		for (const char *end = p + got; q < end;) {
			const char *nl = memchr(q, '\n', (size_t)(end - q));

			if (!nl && q > p)
				break; /* the rest with the next window */
			if (line(sessions->h, sessions, q, (size_t)((nl ? nl : end) - q)))
				sessions->taken++;
			else
				sessions->passed++;
			q = nl ? nl + 1 : end;
		}
		stream_skip(s, (size_t)(q - p));
	}
	if (ok && stream_fault(s))
		ok = err_set(err, "%s: %s", path, stream_fault(s));
	if (s)
		stream_close(s);
	return ok;
}

/* Of transit influence these collectors are left out, whose sessions come from far away; as the
 * authors' program names them, and by their names today. */
static const char *const far[] = {"routeviews2",
				  "routeviews3",
				  "routeviews4",
				  "route-views2",
				  "route-views3",
				  "route-views4",
				  "route-views.nwax",
				  "nwax",
				  "rrc18",
				  "route-views.sg",
				  "sg"};

int whatif_hegemony(int nfile, char **file, const char *origin, const char *country, bool ipv6)
{
	struct hegemony *h = hegemony_new();
	struct sessions *sessions = mem_zero(1, sizeof(*sessions));
	const struct hegemony_score *score = NULL;
	struct taken taken = {.each = take, .arg = sessions};
	struct buf out = {0};
	struct graph g = {0};
	struct err err = {0};
	uint32_t asn = 0;
	uint16_t cc = 0;
	size_t n = 0;
	char code[3];
	unsigned full;
	bool ok = true;

	sessions->v6 = ipv6;
	sessions->h = h;
	if (country && ipv6)
		ok = err_misuse(&err, "transit influence counts IPv4 addresses: --ipv6 is for "
				      "hegemony");
	if (ok && country)
		ok = cc_of(country, strlen(country), code, &err);
	if (ok && origin && strcmp(origin, "all") && !asn_of(origin, strlen(origin), &asn))
		ok = err_misuse(&err, "\"%s\" is not an AS number or \"all\"", origin);
	if (country) {
		taken.without = far;
		taken.nwithout = sizeof(far) / sizeof(*far);
	}
	if (ok && taken_is(file[0]))
		ok = taken_read(&taken, nfile, file, &err);
	else
		for (int i = 0; i < nfile && ok; i++)
			ok = read_lines(sessions, file[i], &err);
	if (ok && !sessions->taken)
		ok = err_set(&err,
			     "%s: has no %s routes of tables, nor lines as 'meridian observe --as "
			     "bgpdump' prints them",
			     file[0], ipv6 ? "IPv6" : "IPv4");
	if (ok && country)
		ok = graph_load(&g, &err) && graph_country(&g, country, strlen(country), &cc, &err);
	if (ok) {
		struct print print = {&out};

		full = hegemony_ready(h, .75);
		talk("%s routes, %s passed over (the other family, AS_SETs, no tables)%s; %s "
		     "full-feed sessions",
		     text_number(sessions->taken), text_number(sessions->passed),
		     taken.left_out ? ", multi-hop collectors left out" : "", text_number(full));
		if (country)
			score = hegemony_cti(h, g.as, country_of, &g, cc, &n);
		else if (origin && !strcmp(origin, "all"))
			hegemony_all(h, each, &print);
		else if (origin)
			score = hegemony_local(h, asn, &n);
		else
			score = hegemony_global(h, &n);
		for (size_t i = 0; score && i < n; i++)
			if (score[i].score > 0)
				buf_printf(&out, "%u\t%.6f\n", score[i].asn, score[i].score);
		ok = put_result(&out, &err);
	}
	hegemony_free(h);
	free(sessions);
	buf_free(&out);
	if (g.as)
		graph_free(&g);
	return ok ? EXIT_RAN : complain_of(&err);
}
