/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/event.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "finding/harm.h"

#define WAVE_GAP (3600 * SECOND)    /* so long without a new believer, then a new wave */
#define STALE_AFTER (3600 * SECOND) /* the data go on for so long after the last update */
#define CARRIERS_MAX 50
#define LEVELS_MAX 1024

int64_t watch_now(const struct watch *w)
{
	return w->k->given ? w->k->given_end : w->end;
}

/* ---- the sorted log ---- */

static int by_place(const struct watch *w, const struct entry *x, const struct entry *y)
{
	const struct ev *a = ev_at(w, x->ev), *b = ev_at(w, y->ev);

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (ev_offset(a) != ev_offset(b))
		return ev_offset(a) < ev_offset(b) ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_entry(const void *p, const void *q, void *arg)
{
	const struct entry *x = p, *y = q;
	int c = by_place(arg, x, y);

	return c ? c : (x->ev > y->ev) - (x->ev < y->ev);
}

/* In its place: the log is the largest thing that there is when it is judged. First every entry
 * goes to the range of its track, then each range is put in order. */
void ranges_of(struct watch *w, struct ranges *r)
{
	uint32_t *next = mem_zero((size_t)w->ntrack + 1, sizeof(*next));

	r->first = mem_zero((size_t)w->ntrack + 2, sizeof(*r->first));
	for (uint32_t i = 0; i < w->nlog; i++)
		r->first[w->log[i].track + 1]++;
	for (uint32_t i = 0; i < w->ntrack; i++)
		r->first[i + 1] += r->first[i];
	memcpy(next, r->first, w->ntrack * sizeof(*next));
	for (uint32_t i = 0; i < w->ntrack; i++)
		while (next[i] < r->first[i + 1]) {
			struct entry *at = &w->log[next[i]], e = *at;

			if (e.track == i) {
				next[i]++;
			} else {
				*at = w->log[next[e.track]];
				w->log[next[e.track]++] = e;
			}
		}
	for (uint32_t i = 0; i < w->ntrack; i++)
		if (r->first[i + 1] - r->first[i] > 1)
			qsort_r(w->log + r->first[i], r->first[i + 1] - r->first[i],
				sizeof(*w->log), by_entry, w);
	free(next);
}

void ranges_free(struct ranges *r)
{
	free(r->first);
	r->first = NULL;
}

void member_times(const struct watch *w, const struct ranges *r, struct member *m)
{
	uint32_t a = r->first[m->track], b = r->first[m->track + 1];

	m->first = m->last = 0;
	for (uint32_t i = a; i < b; i++) {
		if (i == a)
			m->first = w->log[i].time;
		m->last = w->log[i].time;
	}
}

/* ---- small things ---- */

struct network event_network(const struct watch *w, uint32_t asn)
{
	struct network n = {.asn = asn};
	struct name name;

	if (w->k->names && names_find(w->k->names, asn, &name)) {
		n.name = name.name;
		memcpy(n.country, name.country, sizeof(n.country));
	}
	return n;
}

const char *event_name(const struct watch *w, struct findings *out, uint32_t asn)
{
	struct network n = event_network(w, asn);

	if (n.name && *n.name)
		return arena_printf(&out->arena, "AS%u (%s)", asn, n.name);
	return arena_printf(&out->arena, "AS%u", asn);
}

void *event_push(struct arena *a, void *array, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1) || (n && n < 4))
		return array;
	grown = arena_alloc(a, (n ? n * 2 : 4) * size);
	if (n)
		memcpy(grown, array, n * size);
	return grown;
}

char *event_vtext(struct findings *out, const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	return arena_text(&out->arena, line);
}

void event_tag(struct findings *out, struct finding *f, const char *id, double weight,
	       const char *fmt, ...)
{
	va_list ap;
	struct tag t = {.id = id, .weight = weight};

	va_start(ap, fmt);
	t.text = event_vtext(out, fmt, ap);
	va_end(ap);
	PUSH(out, f->tag, f->ntag, t);
}

void event_caveat(struct findings *out, struct finding *f, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = event_vtext(out, fmt, ap);
	va_end(ap);
	PUSH(out, f->caveat, f->ncaveat, text);
}

double event_confidence(const struct finding *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->ntag; i++)
		sum += f->tag[i].weight;
	if (sum < 0)
		sum = 0;
	if (sum > 0.99)
		sum = 0.99;
	return round(sum * 100) / 100;
}

/* ---- the replay ---- */

struct line {
	const struct entry *e;
	uint32_t member;
	/* What its peer believes of its track, in the first line that there is of the two. */
	uint8_t believed, holds;
};

struct set {
	uint32_t *at; /* index of that line + 1 */
	uint32_t mask;
};

static struct line *belief_of(struct set *s, struct line *line, uint32_t at)
{
	struct line *x = &line[at];
	uint32_t i = (uint32_t)hash_u64(((uint64_t)x->member << 32 | x->e->path_id) ^
					(uint64_t)x->e->peer << 16);

	for (i &= s->mask; s->at[i]; i = (i + 1) & s->mask) {
		struct line *y = &line[s->at[i] - 1];

		if (y->member == x->member && y->e->peer == x->e->peer &&
		    y->e->path_id == x->e->path_id)
			return y;
	}
	s->at[i] = at + 1;
	return x;
}

static int by_line(const void *p, const void *q, void *arg)
{
	const struct line *x = p, *y = q;
	int c = by_place(arg, x->e, y->e);

	return c ? c : (x->member > y->member) - (x->member < y->member);
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int by_carried(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b; /* asn, peers */

	if (x[1] != y[1])
		return x[1] > y[1] ? -1 : 1;
	return (x[0] > y[0]) - (x[0] < y[0]);
}

static int by_code(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_prefix(const void *a, const void *b)
{
	const struct finding_prefix *x = a, *y = b;
	int c = prefix_cmp(x->prefix, y->prefix);

	return c ? c : (x->first > y->first) - (x->first < y->first);
}

/* By time, then by who it is: the numbers of peers differ from run to run. */
static int by_first(const void *a, const void *b, void *arg)
{
	const struct believer *x = a, *y = b;
	const struct peers *peers = ((const struct watch *)arg)->k->peers;
	const struct peer *p, *q;
	int c;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (!peers || x->peer >= peers_count(peers) || y->peer >= peers_count(peers))
		return (x->peer > y->peer) - (x->peer < y->peer);
	p = peers_at(peers, x->peer);
	q = peers_at(peers, y->peer);
	if (p->collector && q->collector && (c = strcmp(p->collector, q->collector)))
		return c;
	if (p->addr.v6 != q->addr.v6)
		return p->addr.v6 < q->addr.v6 ? -1 : 1;
	if (p->addr.hi != q->addr.hi)
		return p->addr.hi < q->addr.hi ? -1 : 1;
	if (p->addr.lo != q->addr.lo)
		return p->addr.lo < q->addr.lo ? -1 : 1;
	return (p->asn > q->asn) - (p->asn < q->asn);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_source(const void *p, const void *q, void *arg)
{
	const struct watch *w = arg;
	const struct ev *a = ev_at(w, *(const uint32_t *)p), *b = ev_at(w, *(const uint32_t *)q);

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (ev_offset(a) != ev_offset(b))
		return ev_offset(a) < ev_offset(b) ? -1 : 1;
	return 0;
}

/* Evidence: the first announcement first (it stands in the id), then by place, each once. */
static void build_evidence(struct watch *w, struct findings *out, struct finding *f, uint32_t *used,
			   uint32_t n)
{
	uint32_t first = used[0], kept = 0, ntable = n;

	for (uint32_t i = 0; i < ntable; i++) {
		const struct ev *e = ev_at(w, used[i]);
		uint32_t best = NONE;

		if (!e->table)
			continue;
		for (uint32_t j = 0; j < w->nindex; j++) {
			const struct ev *x = ev_at(w, w->index[j]);

			if (x->source == e->source && ev_offset(x) < ev_offset(e) &&
			    (best == NONE || ev_offset(x) > ev_offset(ev_at(w, best))))
				best = w->index[j];
		}
		if (best != NONE && (n == ntable || used[n - 1] != best))
			used[n++] = best;
	}
	qsort_r(used, n, sizeof(*used), by_source, w);
	/* A record of a table has the routes of many peers: it is there once, so is its row. */
	for (uint32_t i = 0; i < n; i++)
		if ((!kept || by_source(&used[kept - 1], &used[i], w)) &&
		    by_source(&used[i], &first, w))
			used[kept++] = used[i];
	f->evidence = arena_zero(&out->arena, (size_t)kept + 1, sizeof(*f->evidence));
	f->evidence[0] = watch_slice(w, first);
	for (uint32_t i = 0; i < kept; i++)
		f->evidence[i + 1] = watch_slice(w, used[i]);
	f->nevidence = (size_t)kept + 1;
}

static void build_carriers(struct watch *w, struct findings *out, struct finding *f,
			   const struct line *line, uint32_t nline, const uint16_t *local,
			   uint32_t actor)
{
	uint64_t *pair = NULL;
	uint32_t n = 0, cap = 0, ncount = 0;
	uint32_t(*count)[2];

	for (uint32_t i = 0; i < nline; i++) {
		const struct entry *e = line[i].e;
		const struct wpath *p;

		if (e->kind != ENTRY_TABLE && e->kind != ENTRY_ANNOUNCE)
			continue;
		/* The same path by the same peer as in the line before says nothing new. */
		if (i && line[i - 1].e->path == e->path && line[i - 1].e->peer == e->peer)
			continue;
		p = &w->path[e->path];
		for (uint32_t j = 0; j < p->n && w->asn[p->at + j] != actor; j++) {
			mem_room(&pair, &cap, n + 1);
			pair[n++] = (uint64_t)w->asn[p->at + j] << 16 | local[e->peer];
		}
	}
	if (!n)
		return;
	qsort(pair, n, sizeof(*pair), by_u64);
	count = mem_zero(n, sizeof(*count));
	for (uint32_t i = 0; i < n; i++) {
		if (i && pair[i] == pair[i - 1])
			continue;
		if (!ncount || count[ncount - 1][0] != (uint32_t)(pair[i] >> 16))
			count[ncount++][0] = (uint32_t)(pair[i] >> 16);
		count[ncount - 1][1]++;
	}
	qsort(count, ncount, sizeof(*count), by_carried);
	if (ncount > CARRIERS_MAX)
		ncount = CARRIERS_MAX;
	f->carrier = arena_zero(&out->arena, ncount, sizeof(*f->carrier));
	for (uint32_t i = 0; i < ncount; i++)
		f->carrier[i] = event_network(w, count[i][0]);
	f->ncarrier = ncount;
	free(count);
	free(pair);
}

/* Levels: at most LEVELS_MAX steps; more are thinned to one in each equal stretch of time. */
static void build_levels(struct findings *out, struct finding *f, const struct level *level,
			 uint32_t n)
{
	f->level = arena_zero(&out->arena, n < LEVELS_MAX ? n : LEVELS_MAX, sizeof(*level));
	if (n <= LEVELS_MAX) {
		memcpy(f->level, level, n * sizeof(*level));
		f->nlevel = n;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		int64_t span = level[n - 1].time - level[0].time;
		int64_t slot =
		    span ? (level[i].time - level[0].time) / (span / (LEVELS_MAX - 1) + 1) : 0;
		int64_t prev = f->nlevel ? (f->level[f->nlevel - 1].time - level[0].time) /
					       (span / (LEVELS_MAX - 1) + 1)
					 : -1;

		if (slot == prev)
			f->level[f->nlevel - 1] = level[i];
		else
			f->level[f->nlevel++] = level[i];
	}
}

/* "Before" of a peer is known when the victim's first route came from it. */
static void build_detours(struct watch *w, struct findings *out, struct finding *f,
			  const struct member *m, size_t n, const struct line *line, uint32_t nline)
{
	enum { DETOURS_MAX = 12 };

	for (uint32_t i = 0; i < nline && f->ndetour < DETOURS_MAX; i++) {
		const struct entry *e = line[i].e;
		const struct member *x = &m[line[i].member];
		const struct wpath *was, *is;
		struct detour d = {0};
		bool known = false;

		if (e->kind != ENTRY_ANNOUNCE || !x->usual || x->usual->flags & PAIR_TABLE ||
		    x->usual->peer != e->peer || (int64_t)x->usual->first * SECOND > e->time)
			continue;
		d.prefix = watch_prefix(w, w->track[x->track].prefix);
		d.peer = e->peer;
		for (size_t j = 0; j < f->ndetour; j++)
			known |=
			    prefix_eq(f->detour[j].prefix, d.prefix) && f->detour[j].peer == d.peer;
		if (known)
			continue;
		was = &w->path[x->usual->path];
		is = &w->path[e->path];
		d.before = arena_copy(&out->arena, w->asn + was->at, was->n * sizeof(uint32_t));
		d.nbefore = was->n;
		d.after = arena_copy(&out->arena, w->asn + is->at, is->n * sizeof(uint32_t));
		d.nafter = is->n;
		PUSH(out, f->detour, f->ndetour, d);
	}
	(void)n;
}

static void build_places(struct findings *out, struct finding *f)
{
	for (size_t i = 0; i < f->nbeliever; i++) {
		const char *cc = f->believer[i].net.country;
		bool known = !*cc;

		for (size_t j = 0; j < f->ncountry && !known; j++)
			known = !strcmp(f->country[j], cc);
		if (!known)
			PUSH(out, f->country, f->ncountry, cc);
	}
	if (f->ncountry)
		qsort(f->country, f->ncountry, sizeof(*f->country), by_code);
}

uint32_t event_peers(const struct watch *w)
{
	uint32_t n = 0;

	if (w->k->given)
		return w->k->given_peers;
	for (size_t i = 0; i < 65536 / 64; i++)
		n += (uint32_t)__builtin_popcountll(w->seen[i]);
	return n;
}

/* The state of the replay of one event. */
struct play {
	uint16_t *local; /* peer to local number + 1 */
	uint16_t *peer;	 /* and back */
	uint32_t npeer, cap_peer;
	uint32_t *held; /* by local peer: how many routes of the event it holds */
	int64_t *first, *last;
	uint32_t now;		 /* peers that hold something */
	uint32_t *mheld, *mpeak; /* by member */
	int64_t *mgo;
};

static uint16_t play_peer(struct play *p, uint16_t peer, int64_t time)
{
	if (!p->local[peer]) {
		uint32_t cap = p->cap_peer;

		mem_room(&p->peer, &cap, p->npeer + 1);
		if (cap != p->cap_peer) {
			p->held = mem_grow(p->held, cap, sizeof(*p->held));
			p->first = mem_grow(p->first, cap, sizeof(*p->first));
			p->last = mem_grow(p->last, cap, sizeof(*p->last));
			p->cap_peer = cap;
		}
		p->peer[p->npeer] = peer;
		p->held[p->npeer] = 0;
		p->first[p->npeer] = time;
		p->last[p->npeer] = TIME_NONE;
		p->local[peer] = (uint16_t)++p->npeer;
	}
	return (uint16_t)(p->local[peer] - 1);
}

static void build_victims(struct watch *w, struct findings *out, struct finding *f,
			  const struct member *m, size_t n)
{
	uint32_t *asn = mem_zero(n + 1, sizeof(*asn));
	size_t nasn = 0;

	for (size_t i = 0; i < n; i++)
		if (m[i].victim)
			asn[nasn++] = m[i].victim;
	qsort(asn, nasn, sizeof(*asn), by_number);
	for (size_t i = 0; i < nasn; i++)
		if (!i || asn[i] != asn[i - 1])
			PUSH(out, f->victim, f->nvictim, event_network(w, asn[i]));
	free(asn);
}

struct finding *event_build(struct watch *w, const struct ranges *r, struct findings *out,
			    const struct member *m, size_t n, uint32_t actor,
			    const struct member *more, size_t nmore, struct replay *re)
{
	struct finding *f = findings_add(out);
	struct play p = {.local = mem_zero(65536, sizeof(*p.local))};
	uint32_t nline = 0, at = 0, nused = 0, cap = 64, nlevel = 0;
	struct line *line;
	struct set set;
	uint32_t *used;
	size_t nextra = 0;
	struct level *level;
	struct wave wave = {0};
	int64_t gain = TIME_NONE; /* the last time that somebody believed for the first time */
	uint32_t *wpeer;	  /* by local peer: number of the wave that counted it */
	uint32_t *wmember;

	memset(re, 0, sizeof(*re));
	re->table = true;
	for (size_t i = 0; i < n; i++)
		nline += r->first[m[i].track + 1] - r->first[m[i].track];
	assert(nline);
	line = mem_zero(nline, sizeof(*line));
	for (size_t i = 0; i < n; i++) {
		for (uint32_t j = r->first[m[i].track]; j < r->first[m[i].track + 1]; j++)
			line[at++] = (struct line){&w->log[j], (uint32_t)i, 0, 0};
		re->full |= w->track[m[i].track].n >= watch_cap(w, &w->track[m[i].track]);
	}
	qsort_r(line, nline, sizeof(*line), by_line, w);
	while (cap < 2 * nline)
		cap *= 2;
	set = (struct set){mem_zero(cap, sizeof(*set.at)), cap - 1};
	for (size_t i = 0; i < nmore; i++)
		nextra += r->first[more[i].track + 1] - r->first[more[i].track] + 2;
	used = mem_zero(2 * ((size_t)nline + nextra + 2 * n + 2), sizeof(*used));
	level = mem_zero(nline, sizeof(*level));
	p.mheld = mem_zero(n, sizeof(*p.mheld));
	p.mpeak = mem_zero(n, sizeof(*p.mpeak));
	p.mgo = mem_zero(n, sizeof(*p.mgo));
	wpeer = mem_zero(65536, sizeof(*wpeer));
	wmember = mem_zero(n, sizeof(*wmember));
	f->prefix = arena_zero(&out->arena, n, sizeof(*f->prefix));
	f->nprefix = n;
	for (size_t i = 0; i < n; i++) {
		f->prefix[i] = (struct finding_prefix){
		    .prefix = watch_prefix(w, w->track[m[i].track].prefix),
		    .kind = m[i].kind,
		    .rpki = m[i].rov,
		    .rpki_why = m[i].rov == ROV_INVALID ? rov_reason_text(m[i].why) : NULL,
		    .victim = m[i].victim,
		    .first = TIME_NONE,
		    .last = TIME_NONE,
		    .withdrawn = TIME_NONE,
		};
		p.mgo[i] = TIME_NONE;
	}

	for (uint32_t i = 0; i < nline; i++) {
		const struct entry *e = line[i].e;
		uint32_t k = line[i].member;
		struct finding_prefix *fp = &f->prefix[k];
		uint16_t peer = play_peer(&p, e->peer, e->time);
		bool fresh = false;
		struct line *b = belief_of(&set, line, i);

		if (e->kind == ENTRY_TABLE || e->kind == ENTRY_ANNOUNCE) {
			used[nused++] = e->ev;
			re->table &= e->kind == ENTRY_TABLE;
			re->announcements++;
			re->blackhole |= (e->flags & ENTRY_BLACKHOLE) != 0;
			re->undeclared |= (e->flags & ENTRY_UNDECLARED) != 0;
			if (fp->first == TIME_NONE)
				fp->first = e->time;
			fp->last = e->time;
			if (!b->holds) {
				fresh = !b->believed;
				b->believed = 1;
				b->holds = 1;
				if (!p.held[peer]++)
					p.now++;
				if (++p.mheld[k] > p.mpeak[k])
					p.mpeak[k] = p.mheld[k];
				if (p.mgo[k] != TIME_NONE && p.mheld[k] * 10 > p.mpeak[k])
					p.mgo[k] = TIME_NONE;
			}
			p.last[peer] = TIME_NONE;
			if (p.now > re->peak)
				re->peak = p.now;
			if (re->let_go && p.now * 10 > re->peak)
				re->let_go = 0;
		} else if (b->holds) {
			used[nused++] = e->ev;
			re->withdrawals++;
			b->holds = 0;
			if (!--p.held[peer]) {
				p.now--;
				p.last[peer] = e->time;
			}
			p.mheld[k]--;
			if (p.mgo[k] == TIME_NONE && p.mheld[k] * 10 <= p.mpeak[k])
				p.mgo[k] = e->time;
			if (!re->let_go && p.now * 10 <= re->peak)
				re->let_go = e->time;
		} else {
			continue; /* it held nothing of this event */
		}
		if (f->first == 0)
			f->first = e->time;
		f->last = e->time;
		if (nlevel && level[nlevel - 1].time == e->time)
			level[nlevel - 1].peers = p.now;
		else if (!nlevel || level[nlevel - 1].peers != p.now)
			level[nlevel++] = (struct level){e->time, p.now};
		/* Waves. */
		if (fresh && (gain == TIME_NONE || e->time - gain > WAVE_GAP)) {
			if (gain != TIME_NONE)
				PUSH(out, f->wave, f->nwave, wave);
			wave = (struct wave){.first = e->time};
		}
		if (fresh)
			wave.last = gain = e->time;
		if (e->kind == ENTRY_TABLE || e->kind == ENTRY_ANNOUNCE) {
			uint32_t number = (uint32_t)f->nwave + 1;

			wave.announcements++;
			if (wpeer[peer] != number) {
				wpeer[peer] = number;
				wave.peers++;
			}
			if (wmember[k] != number) {
				wmember[k] = number;
				wave.prefixes++;
			}
		} else {
			wave.withdrawals++;
		}
	}
	PUSH(out, f->wave, f->nwave, wave);
	free(set.at);
	free(wpeer);
	free(wmember);
	for (size_t i = 0; i < n; i++) {
		f->prefix[i].peers = p.mpeak[i];
		f->prefix[i].withdrawn = p.mgo[i];
		for (int j = 0; j < 2; j++)
			if (m[i].normal[j] != NONE)
				used[nused++] = m[i].normal[j];
	}
	for (size_t i = 0; i < n; i++)
		event_scope(w, out, f, &m[i]);
	for (size_t i = 0; i < nmore; i++) {
		event_scope(w, out, f, &more[i]);
		for (uint32_t j = r->first[more[i].track]; j < r->first[more[i].track + 1]; j++)
			used[nused++] = w->log[j].ev;
		for (int j = 0; j < 2; j++)
			if (more[i].normal[j] != NONE)
				used[nused++] = more[i].normal[j];
	}
	if (!re->let_go)
		re->let_go = TIME_NONE;
	re->believed = p.npeer;
	re->open = p.now;
	/* Stale: nearly all others let go, and the data go on without a word of these. */
	if (re->open && re->peak >= 5 && re->open * 20 <= re->peak &&
	    watch_now(w) - f->last >= STALE_AFTER)
		re->stale = re->open;
	f->state = !re->open || re->stale ? STATE_ENDED : STATE_OPEN_AT_END;
	f->believer = arena_zero(&out->arena, p.npeer, sizeof(*f->believer));
	f->nbeliever = p.npeer;
	for (uint32_t i = 0; i < p.npeer; i++) {
		const struct peer *peer = w->k->peers && p.peer[i] < peers_count(w->k->peers)
					      ? peers_at(w->k->peers, p.peer[i])
					      : NULL;

		f->believer[i] = (struct believer){
		    .peer = p.peer[i],
		    .net = event_network(w, peer ? peer->asn : 0),
		    .first = p.first[i],
		    .last = p.last[i],
		    .stale = p.held[i] && re->stale,
		};
	}
	qsort_r(f->believer, f->nbeliever, sizeof(*f->believer), by_first, w);
	f->peers = p.npeer;
	f->of_peers = event_peers(w);
	if (f->of_peers < f->peers)
		f->of_peers = f->peers;
	f->layer = "bgp";
	f->actor.net = event_network(w, actor);
	build_victims(w, out, f, m, n);
	build_carriers(w, out, f, line, nline, p.local, actor);
	build_levels(out, f, level, nlevel);
	free(level);
	build_detours(w, out, f, m, n, line, nline);
	free(line);
	build_places(out, f);
	build_evidence(w, out, f, used, nused);
	free(used);
	qsort(f->prefix, f->nprefix, sizeof(*f->prefix), by_prefix);
	free(p.local);
	free(p.peer);
	free(p.held);
	free(p.first);
	free(p.last);
	free(p.mheld);
	free(p.mpeak);
	free(p.mgo);
	return f;
}

/* ---- what all have in common ---- */

void event_done(const struct watch *w, struct findings *out, struct finding *f,
		const struct replay *re)
{
	if (re->stale)
		event_caveat(out, f,
			     "%s peer%s never withdrew it while all others did: stale, not a sign "
			     "that it goes on",
			     text_number(re->stale), re->stale == 1 ? "" : "s");
	if (re->undeclared)
		event_caveat(out, f,
			     "a session sent path identifiers (ADD-PATH) that it had not declared; "
			     "they were told from the bytes, and a prefix may have been misread");
	if (re->full || w->left_out)
		event_caveat(out, f,
			     "only the first updates of each prefix are kept; the counts of "
			     "peers and updates are at least these");
	if (f->believer && f->nbeliever == 1)
		event_caveat(out, f,
			     "one vantage point only: it may be a local matter of that "
			     "network or of its session with the collector");
	event_run(w, out, f);
	harm_add(out, f);
	finding_identify(f);
}
