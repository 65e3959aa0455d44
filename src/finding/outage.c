/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/outage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fact/geo.h"
#include "finding/harm.h"

#define BIN (300 * SECOND)
#define PEERS 65536
#define PEERS_MIN 3 /* counted peers of a family, fewer say nothing */
#define REBASE (86400 * SECOND)
#define REPORT 0.60

/* A network has lost sight when half of its prefixes or addresses are gone, and at least three
 * prefixes; a country at a fifth, of twenty at least. It is over at nine tenths. */
#define NETWORK_MIN 4
#define NETWORK_LOST 3
#define COUNTRY_MIN 20

/* A network (key: ASN) or a country (key: its letters, with bit 63). */
struct group {
	uint64_t key;
	uint64_t base_addr, now_addr, low_addr;
	uint32_t base, now, low;
	uint8_t open, dirty, pending;
	uint8_t pad;
	int64_t began, low_at, ended;
};

struct change {
	int64_t time;
	uint32_t ev, prefix;
	uint16_t peer;
	uint8_t up, pad;
	uint32_t pad2;
};

struct series {
	int64_t time;
	uint32_t group, visible;
};

/* An outage that is over, or still open at the end: to be told. */
struct episode {
	struct group g;
	uint32_t index, counted;
};

enum peer_state { PEER_NONE, PEER_COUNTED, PEER_AWAY };

/* By family: 0 IPv4, 1 IPv6. */
struct feed {
	uint32_t held, high;
	uint8_t state;
};

struct outage {
	bool started;
	int64_t bin, based;
	uint64_t *bits; /* words a prefix; bit a peer */
	uint32_t words, rows, cap_rows;
	struct feed *feed[2];
	uint32_t nfull[2];
	uint16_t *count;	      /* by prefix: counted peers that have it */
	uint32_t *as_of, *cc_of;      /* by prefix: group, NONE not counted */
	int64_t *gone;		      /* by prefix: since when it is not visible, 0 it is */
	uint32_t cap_prefix, nprefix; /* of these arrays */
	struct group *group;
	uint32_t ngroup, cap_group;
	struct slots slots;
	struct change *log;
	uint32_t nlog, cap_log;
	struct series *series;
	uint32_t nseries, cap_series;
	struct episode *episode;
	uint32_t nepisode, cap_episode;
};

struct outage *outage_new(void)
{
	struct outage *o = mem_zero(1, sizeof(*o));

	o->bin = o->based = TIME_NONE;
	o->words = 1;
	for (int f = 0; f < 2; f++)
		o->feed[f] = mem_zero(PEERS, sizeof(*o->feed[f]));
	return o;
}

void outage_free(struct outage *o)
{
	if (!o)
		return;
	free(o->bits);
	free(o->feed[0]);
	free(o->feed[1]);
	free(o->count);
	free(o->as_of);
	free(o->cc_of);
	free(o->gone);
	free(o->group);
	slots_free(&o->slots);
	free(o->log);
	free(o->series);
	free(o->episode);
	free(o);
}

/* The word that has the bit of a peer; the table grows when it must. */
static uint64_t *bits_at(struct outage *o, uint32_t prefix, uint16_t peer)
{
	if (peer >= o->words * 64) {
		uint32_t words = o->words;
		uint64_t *wide;

		while (peer >= words * 64)
			words *= 2;
		wide = mem_zero((size_t)o->cap_rows * words + 1, sizeof(*wide));
		for (uint32_t i = 0; i < o->rows; i++)
			memcpy(wide + (size_t)i * words, o->bits + (size_t)i * o->words,
			       o->words * sizeof(*wide));
		free(o->bits);
		o->bits = wide;
		o->words = words;
	}
	if (prefix >= o->rows) {
		if (prefix >= o->cap_rows) {
			uint32_t cap = prefix + prefix / 4 + 256;

			o->bits = mem_grow(o->bits, (size_t)cap * o->words, sizeof(*o->bits));
			o->cap_rows = cap;
		}
		memset(o->bits + (size_t)o->rows * o->words, 0,
		       (size_t)(prefix + 1 - o->rows) * o->words * sizeof(*o->bits));
		o->rows = prefix + 1;
	}
	return &o->bits[(size_t)prefix * o->words + peer / 64];
}

static bool has(const struct outage *o, uint32_t prefix, uint16_t peer)
{
	return prefix < o->rows && peer < o->words * 64 &&
	       o->bits[(size_t)prefix * o->words + peer / 64] >> (peer % 64) & 1;
}

static uint64_t addresses(const struct watch *w, uint32_t prefix)
{
	struct prefix p = watch_prefix(w, prefix);

	return p.v6 ? 0 : UINT64_C(1) << (32 - p.len);
}

static void slots_fill(struct outage *o)
{
	for (uint32_t i = 0; i < o->ngroup; i++) {
		uint64_t h = hash_u64(o->group[i].key);
		uint32_t at = (uint32_t)h & o->slots.mask;

		while (o->slots.at[at])
			at = (at + 1) & o->slots.mask;
		o->slots.at[at] = h >> 32 << 32 | (i + 1);
		o->slots.n++;
	}
}

static uint32_t group_of(struct outage *o, uint64_t key)
{
	uint64_t h = hash_u64(key);
	uint32_t i = (uint32_t)h & o->slots.mask, at, before = o->slots.mask;

	while (o->slots.mask && (at = slots_next(&o->slots, h, &i)) != NONE)
		if (o->group[at].key == key)
			return at;
	mem_room(&o->group, &o->cap_group, o->ngroup + 1);
	o->group[o->ngroup] = (struct group){.key = key};
	slots_grow(&o->slots, o->slots.n + 1);
	if (o->slots.mask != before) {
		o->ngroup++;
		slots_fill(o);
		return o->ngroup - 1;
	}
	i = (uint32_t)h & o->slots.mask;
	while (o->slots.at[i])
		i = (i + 1) & o->slots.mask;
	o->slots.at[i] = h >> 32 << 32 | (o->ngroup + 1);
	o->slots.n++;
	return o->ngroup++;
}

static bool visible(const struct outage *o, const struct watch *w, uint32_t prefix)
{
	return o->count[prefix] * 2u >= o->nfull[w->prefix[prefix].v6];
}

static void group_add(struct outage *o, const struct watch *w, uint32_t prefix, int by)
{
	uint32_t g[2] = {o->as_of[prefix], o->cc_of[prefix]};

	for (int i = 0; i < 2; i++)
		if (g[i] != NONE) {
			struct group *x = &o->group[g[i]];

			x->now += (uint32_t)by;
			x->now_addr += by > 0 ? addresses(w, prefix) : -addresses(w, prefix);
			x->dirty = 1;
		}
}

static uint64_t country_key(const char cc[3])
{
	return UINT64_C(1) << 63 | (uint64_t)(uint8_t)cc[0] << 8 | (uint8_t)cc[1];
}

/* Arrays by prefix follow the watch's; what is new belongs to no group yet. */
static void grow(struct outage *o, uint32_t n)
{
	if (n > o->cap_prefix) {
		o->cap_prefix = n + n / 4 + 256;
		o->count = mem_grow(o->count, o->cap_prefix, sizeof(*o->count));
		o->as_of = mem_grow(o->as_of, o->cap_prefix, sizeof(*o->as_of));
		o->cc_of = mem_grow(o->cc_of, o->cap_prefix, sizeof(*o->cc_of));
		o->gone = mem_grow(o->gone, o->cap_prefix, sizeof(*o->gone));
	}
	for (; o->nprefix < n; o->nprefix++) {
		o->count[o->nprefix] = 0;
		o->as_of[o->nprefix] = o->cc_of[o->nprefix] = NONE;
		o->gone[o->nprefix] = 0;
	}
}

/* Whose a prefix is: of several origins the RPKI-valid, the first, the lowest one. */
static const struct pair *owner(const struct watch *w, uint32_t prefix)
{
	const struct pair *best = NULL;

	for (const struct pair *p = watch_pair(w, prefix, NULL); p; p = watch_pair(w, prefix, p)) {
		bool valid = p->rov == ROV_VALID, was = best && best->rov == ROV_VALID;

		if (p->origin &&
		    (!best || (valid && !was) ||
		     (valid == was && (p->first < best->first ||
				       (p->first == best->first && p->origin < best->origin)))))
			best = p;
	}
	return best;
}

/* What there is now is what there should be: of groups that are not down. */
static void rebase(struct outage *o, struct watch *w, int64_t now)
{
	grow(o, w->nprefix);
	for (uint32_t i = 0; i < o->nprefix && i < o->rows; i++) {
		char cc[3];
		struct prefix p = watch_prefix(w, i);

		if (o->as_of[i] != NONE || !owner(w, i) || !visible(o, w, i) || !o->count[i])
			continue;
		o->as_of[i] = group_of(o, owner(w, i)->origin);
		if (w->k->geo && geo_find(w->k->geo, (struct addr){p.hi, p.lo, p.v6}, cc))
			o->cc_of[i] = group_of(o, country_key(cc));
		o->gone[i] = 0;
		group_add(o, w, i, 1);
	}
	for (uint32_t i = 0; i < o->ngroup; i++) {
		struct group *g = &o->group[i];

		g->dirty = 0;
		if (g->open)
			continue;
		g->base = g->now;
		g->base_addr = g->now_addr;
	}
	o->based = now;
}

/* Everything anew, after the counted peers have changed. */
static void recount(struct outage *o, struct watch *w)
{
	uint64_t *mask[2];

	for (int f = 0; f < 2; f++) {
		mask[f] = mem_zero(o->words, sizeof(*mask[f]));
		o->nfull[f] = 0;
		for (uint32_t p = 0; p < o->words * 64 && p < PEERS; p++)
			if (o->feed[f][p].state == PEER_COUNTED) {
				mask[f][p / 64] |= UINT64_C(1) << (p % 64);
				o->nfull[f]++;
			}
	}
	grow(o, w->nprefix);
	for (uint32_t i = 0; i < o->nprefix && i < o->rows; i++) {
		const uint64_t *row = o->bits + (size_t)i * o->words, *m = mask[w->prefix[i].v6];
		bool was = !o->gone[i], is;
		uint16_t n = 0;

		for (uint32_t x = 0; x < o->words; x++)
			n += (uint16_t)__builtin_popcountll(row[x] & m[x]);
		o->count[i] = n;
		is = visible(o, w, i);
		if (o->as_of[i] != NONE && was != is) {
			o->gone[i] = is ? 0 : w->end;
			group_add(o, w, i, is ? 1 : -1);
		}
	}
	free(mask[0]);
	free(mask[1]);
}

static void start(struct outage *o, struct watch *w, int64_t now)
{
	for (int f = 0; f < 2; f++) {
		uint32_t most = 0;

		for (uint32_t p = 0; p < PEERS; p++)
			most = o->feed[f][p].held > most ? o->feed[f][p].held : most;
		for (uint32_t p = 1; p < PEERS; p++) {
			o->feed[f][p].high = o->feed[f][p].held;
			if (most && o->feed[f][p].held * 2 >= most)
				o->feed[f][p].state = PEER_COUNTED;
		}
	}
	o->started = true;
	o->bin = now - now % BIN + BIN;
	recount(o, w);
	rebase(o, w, now);
}

static void change(struct outage *o, struct watch *w, uint32_t prefix, uint16_t peer, bool up)
{
	struct feed *f = &o->feed[w->prefix[prefix].v6][peer];
	bool was;

	f->held += up ? 1 : (uint32_t)-1;
	if (f->held > f->high)
		f->high = f->held;
	if (!o->started || f->state != PEER_COUNTED)
		return;
	grow(o, prefix + 1);
	was = visible(o, w, prefix);
	o->count[prefix] += up ? 1 : (uint16_t)-1;
	if (o->as_of[prefix] == NONE)
		return;
	if (o->nlog < WATCH_LOG) {
		mem_room(&o->log, &o->cap_log, o->nlog + 1);
		o->log[o->nlog++] = (struct change){.time = w->facts->time,
						    .ev = watch_evidence(w),
						    .prefix = prefix,
						    .peer = peer,
						    .up = up};
	}
	if (was != visible(o, w, prefix)) {
		o->gone[prefix] = was ? w->facts->time : 0;
		group_add(o, w, prefix, was ? -1 : 1);
	}
}

void outage_route(struct outage *o, struct watch *w, const struct route *r, uint32_t prefix)
{
	uint64_t *word, bit = UINT64_C(1) << (r->peer % 64);

	if (!r->peer || r->path_id)
		return; /* no peer known; ADD-PATH: one path less is no prefix less */
	word = bits_at(o, prefix, r->peer);
	if (((*word & bit) != 0) == (r->attrs != NULL))
		return;
	*word ^= bit;
	change(o, w, prefix, r->peer, r->attrs != NULL);
}

void outage_sessions(struct outage *o, struct watch *w, const struct facts *f)
{
	bool any = false;

	for (size_t i = 0; i < f->nfact; i++) {
		const struct session *s = &f->fact[i].session;

		if (f->fact[i].kind != FACT_SESSION || s->to == 6 || !s->peer ||
		    s->peer >= o->words * 64)
			continue;
		/* Down: nothing that it had is known any more. */
		for (uint32_t p = 0; p < o->rows; p++)
			o->bits[(size_t)p * o->words + s->peer / 64] &=
			    ~(UINT64_C(1) << (s->peer % 64));
		for (int v = 0; v < 2; v++) {
			struct feed *x = &o->feed[v][s->peer];

			any |= x->state == PEER_COUNTED;
			x->held = 0;
			if (x->state == PEER_COUNTED)
				x->state = PEER_AWAY;
		}
	}
	if (any && o->started)
		recount(o, w);
}

static bool is_country(const struct group *g)
{
	return g->key >> 63;
}

static bool is_down(const struct group *g)
{
	uint32_t lost = g->base > g->now ? g->base - g->now : 0;

	if (is_country(g))
		return g->base >= COUNTRY_MIN &&
		       (lost * 5 >= g->base || g->now_addr * 5 <= g->base_addr * 4);
	return g->base >= NETWORK_MIN && lost >= NETWORK_LOST &&
	       (lost * 2 >= g->base || g->now_addr * 2 <= g->base_addr);
}

static void episode_add(struct outage *o, uint32_t index)
{
	mem_room(&o->episode, &o->cap_episode, o->nepisode + 1);
	o->episode[o->nepisode++] = (struct episode){
	    o->group[index], index, o->nfull[0] > o->nfull[1] ? o->nfull[0] : o->nfull[1]};
	o->group[index].pending = 1;
}

static bool needed(const struct outage *o, uint32_t g)
{
	return g != NONE && (o->group[g].open || o->group[g].pending);
}

/* Changes of prefixes that everybody has again, of groups that are not down, are forgotten. */
static void forget(struct outage *o, const struct watch *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->nlog; i++) {
		uint32_t p = o->log[i].prefix, a = o->as_of[p], c = o->cc_of[p];

		if (needed(o, a) || needed(o, c) || o->count[p] < o->nfull[w->prefix[p].v6])
			o->log[n++] = o->log[i];
	}
	o->nlog = n;
}

static void close_bin(struct outage *o, struct watch *w, int64_t time)
{
	bool peers = false;

	/* Peers first: one that lost half of its table says nothing about the networks; but when
	 * half of the peers did, it is the networks. */
	for (int f = 0; f < 2; f++) {
		uint32_t away = 0;

		for (uint32_t p = 1; p < o->words * 64 && p < PEERS; p++) {
			const struct feed *x = &o->feed[f][p];

			away += x->state == PEER_COUNTED && x->held * 2 < x->high;
		}
		for (uint32_t p = 1; p < o->words * 64 && p < PEERS; p++) {
			struct feed *x = &o->feed[f][p];

			if (x->state == PEER_COUNTED && x->held * 2 < x->high &&
			    away * 2 < o->nfull[f]) {
				x->state = PEER_AWAY;
				peers = true;
			} else if (x->state == PEER_AWAY && x->held * 10 >= x->high * 9) {
				x->state = PEER_COUNTED;
				peers = true;
			}
		}
	}
	if (peers)
		recount(o, w);
	for (uint32_t i = 0; i < o->ngroup; i++) {
		struct group *g = &o->group[i];

		if (!g->dirty)
			continue;
		g->dirty = 0;
		if (!g->open && is_down(g)) {
			g->open = 1;
			g->began = time;
			g->low = g->base;
			g->low_addr = g->base_addr;
			for (uint32_t p = 0; p < o->nprefix; p++)
				if ((o->as_of[p] == i || o->cc_of[p] == i) && o->gone[p] &&
				    o->gone[p] < g->began)
					g->began = o->gone[p];
		}
		if (!g->open)
			continue;
		mem_room(&o->series, &o->cap_series, o->nseries + 1);
		o->series[o->nseries++] = (struct series){time, i, g->now};
		if (g->now < g->low || (g->now == g->low && g->now_addr < g->low_addr)) {
			g->low = g->now;
			g->low_addr = g->now_addr;
			g->low_at = time;
		}
		if (g->now * 10 >= g->base * 9 && g->now_addr * 10 >= g->base_addr * 9) {
			g->ended = time;
			episode_add(o, i);
			g->open = 0;
			g->ended = 0;
		}
	}
	forget(o, w);
	if (o->based != TIME_NONE && time >= o->based + REBASE)
		rebase(o, w, time);
}

void outage_clock(struct outage *o, struct watch *w, int64_t now)
{
	if (!o->started) {
		if (w->table && w->start != TIME_NONE)
			start(o, w, now);
		return;
	}
	if (now < o->bin)
		return;
	close_bin(o, w, o->bin);
	/* Nothing happened in the stretches that were jumped over. */
	o->bin = now - now % BIN + BIN;
}

static int by_prefix(const void *a, const void *b)
{
	const struct finding_prefix *x = a, *y = b;

	return prefix_cmp(x->prefix, y->prefix);
}

static int by_place(const void *p, const void *q, void *arg)
{
	const struct watch *w = arg;
	const struct evidence *a = p, *b = q;

	(void)w;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static void outage_tell(struct outage *o, struct watch *w, struct findings *out,
			const struct episode *e)
{
	const struct group *g = &e->g;
	uint32_t index = e->index, counted = e->counted;
	int64_t until = g->ended ? g->ended : INT64_MAX;
	bool country = is_country(g), ended = g->ended != 0;
	char cc[3] = {(char)(g->key >> 8 & 0xff), (char)(g->key & 0xff), 0}, what[64];
	uint32_t lost = g->base - g->low, n = 0, changes = 0;
	struct finding *f;
	double share = g->base ? (double)lost / g->base : 0;
	struct replay re = {0};
	uint32_t kept = 0;
	uint8_t *down;

	if (counted < PEERS_MIN)
		return;
	f = findings_add(out);
	f->kind = country ? "outage.country" : "outage.network";
	f->rule = rule_of(country ? "outage.country" : "outage.network");
	f->layer = "bgp";
	f->state = ended ? STATE_ENDED : STATE_OPEN_AT_END;
	f->first = g->began;
	f->last = ended ? g->ended : watch_now(w);
	f->peers = f->of_peers = counted;
	f->actor.role = "unknown";
	f->actor.why = "who or what did it cannot be seen from outside";
	/* What went: each prefix that a counted peer lost since then. */
	down = mem_zero(o->nprefix + 1, 1);
	for (uint32_t i = 0; i < o->nlog; i++) {
		uint32_t p = o->log[i].prefix;

		if ((o->as_of[p] == index || o->cc_of[p] == index) &&
		    o->log[i].time >= g->began - BIN && o->log[i].time <= until) {
			changes++;
			if (!o->log[i].up)
				down[p] = 1;
		}
	}
	for (uint32_t p = 0; p < o->nprefix; p++)
		n += down[p];
	f->prefix = arena_zero(&out->arena, n + 1, sizeof(*f->prefix));
	for (uint32_t p = 0; p < o->nprefix; p++) {
		struct finding_prefix *x;

		if (!down[p])
			continue;
		x = &f->prefix[f->nprefix++];
		*x = (struct finding_prefix){.prefix = watch_prefix(w, p),
					     .kind = "lost",
					     .rpki = ROV_UNKNOWN,
					     .victim = owner(w, p) ? owner(w, p)->origin : 0,
					     .first = TIME_NONE,
					     .last = TIME_NONE,
					     .withdrawn = TIME_NONE};
		for (uint32_t i = 0; i < o->nlog; i++) {
			if (o->log[i].prefix != p || o->log[i].up ||
			    o->log[i].time < g->began - BIN || o->log[i].time > until)
				continue;
			if (x->first == TIME_NONE)
				x->first = o->log[i].time;
			x->last = o->log[i].time;
			x->peers++;
		}
		x->withdrawn = x->last;
	}
	qsort(f->prefix, f->nprefix, sizeof(*f->prefix), by_prefix);
	/* Evidence: the changes, and the table's records of what was lost. */
	f->evidence = arena_zero(&out->arena, changes + n + w->nindex + 1, sizeof(*f->evidence));
	for (uint32_t i = 0; i < o->nlog; i++) {
		uint32_t p = o->log[i].prefix;

		if ((o->as_of[p] == index || o->cc_of[p] == index) &&
		    o->log[i].time >= g->began - BIN && o->log[i].time <= until)
			f->evidence[f->nevidence++] = watch_slice(w, o->log[i].ev);
	}
	for (uint32_t p = 0; p < o->nprefix; p++)
		if (down[p])
			f->evidence[f->nevidence++] =
			    watch_slice(w, owner(w, p) ? owner(w, p)->ev : w->prefix[p].pair.ev);
	for (uint32_t i = 0; i < w->nindex; i++)
		f->evidence[f->nevidence++] = watch_slice(w, w->index[i]);
	free(down);
	qsort_r(f->evidence, f->nevidence, sizeof(*f->evidence), by_place, w);
	for (size_t i = 0; i < f->nevidence; i++)
		if (!kept || by_place(&f->evidence[kept - 1], &f->evidence[i], w))
			f->evidence[kept++] = f->evidence[i];
	f->nevidence = kept;
	/* Visible prefixes over time: in the place of peers. */
	n = 0;
	for (uint32_t i = 0; i < o->nseries; i++)
		n += o->series[i].group == index && o->series[i].time >= g->began &&
		     o->series[i].time <= until;
	f->level = arena_zero(&out->arena, n + 1, sizeof(*f->level));
	for (uint32_t i = 0; i < o->nseries; i++)
		if (o->series[i].group == index && o->series[i].time >= g->began &&
		    o->series[i].time <= until &&
		    (!f->nlevel || f->level[f->nlevel - 1].peers != o->series[i].visible))
			f->level[f->nlevel++] =
			    (struct level){o->series[i].time, o->series[i].visible};
	if (country) {
		f->country = arena_zero(&out->arena, 1, sizeof(*f->country));
		f->country[f->ncountry++] = arena_text(&out->arena, cc);
		snprintf(what, sizeof(what), "%s", cc);
	} else {
		struct network net = event_network(w, (uint32_t)g->key);

		f->victim = arena_zero(&out->arena, 1, sizeof(*f->victim));
		f->victim[f->nvictim++] = net;
		f->asn = arena_copy(&out->arena, &net, sizeof(net));
		f->nasn = 1;
		if (net.country[0]) {
			f->country = arena_zero(&out->arena, 1, sizeof(*f->country));
			f->country[f->ncountry++] = arena_text(&out->arena, net.country);
		}
	}
	f->title = arena_printf(
	    &out->arena, "%s lost sight of %u of %u prefixes (%llu of %llu IPv4 addresses)%s",
	    country ? arena_printf(&out->arena, "The world has of %s", what)
		    : arena_printf(&out->arena, "Of %s, the world",
				   event_name(w, out, (uint32_t)g->key)),
	    lost, g->base, (unsigned long long)(g->base_addr - g->low_addr),
	    (unsigned long long)g->base_addr, ended ? "; they are visible again" : "");
	event_tag(out, f, "visible-before", 0.40,
		  "%u prefixes were visible to at least half of %u full-feed peers", g->base,
		  counted);
	event_tag(out, f, "lost",
		  share >= 0.9	 ? 0.35
		  : share >= 0.5 ? 0.25
				 : 0.15,
		  "%.0f %%", share * 100);
	if (counted >= 5)
		event_tag(out, f, "several-peers", 0.10, "%u full-feed peers", counted);
	if (f->last - f->first >= 2 * BIN)
		event_tag(out, f, "lasting", 0.10, "longer than ten minutes");
	event_caveat(out, f,
		     "a network may be reachable by other prefixes, or unreachable "
		     "although its prefixes are announced");
	f->confidence = event_confidence(f);
	if (f->confidence < REPORT) {
		out->n--;
		return;
	}
	event_done(w, out, f, &re);
}

/* A country's outage tells of its networks' too. */
static bool within_country(const struct outage *o, const struct watch *w, const struct episode *e)
{
	uint32_t cc = NONE;

	for (uint32_t p = 0; p < o->nprefix && cc == NONE; p++)
		if (o->as_of[p] == e->index)
			cc = o->cc_of[p];
	(void)w;
	for (uint32_t i = 0; i < o->nepisode && cc != NONE; i++)
		if (o->episode[i].index == cc && o->episode[i].g.began <= e->g.began + 2 * BIN &&
		    (!o->episode[i].g.ended || !e->g.ended ||
		     e->g.ended <= o->episode[i].g.ended + 2 * BIN))
			return true;
	return false;
}

void outage_judge(struct outage *o, struct watch *w, struct findings *out, bool end)
{
	bool country = false;

	if (!o->started)
		return;
	if (end) {
		close_bin(o, w, o->bin);
		for (uint32_t i = 0; i < o->ngroup; i++)
			if (o->group[i].open)
				episode_add(o, i);
	}
	if (!o->nepisode)
		return;
	/* While a country is down, what its networks do waits for it. */
	for (uint32_t i = 0; i < o->ngroup && !end; i++)
		country |= is_country(&o->group[i]) && o->group[i].open;
	if (country)
		return;
	for (uint32_t i = 0; i < o->nepisode; i++)
		if (is_country(&o->episode[i].g) || !within_country(o, w, &o->episode[i]))
			outage_tell(o, w, out, &o->episode[i]);
	for (uint32_t i = 0; i < o->nepisode; i++)
		o->group[o->episode[i].index].pending = 0;
	o->nepisode = 0;
	for (uint32_t i = 0; i < o->ngroup; i++)
		country |= o->group[i].open;
	if (!country)
		o->nseries = 0;
}

#define SAVE(n, at) buf_u32(out, o->n), buf_add(out, o->at, (size_t)o->n * sizeof(*o->at))

void outage_save(const struct outage *o, struct buf *out)
{
	buf_u8(out, o->started);
	buf_u64(out, (uint64_t)o->bin);
	buf_u64(out, (uint64_t)o->based);
	buf_u32(out, o->nfull[0]);
	buf_u32(out, o->nfull[1]);
	buf_u32(out, o->words);
	buf_u32(out, o->rows);
	buf_add(out, o->bits, (size_t)o->rows * o->words * sizeof(*o->bits));
	for (int f = 0; f < 2; f++)
		buf_add(out, o->feed[f], (size_t)o->words * 64 * sizeof(*o->feed[f]));
	buf_u32(out, o->nprefix);
	buf_add(out, o->count, o->nprefix * sizeof(*o->count));
	buf_add(out, o->as_of, o->nprefix * sizeof(*o->as_of));
	buf_add(out, o->cc_of, o->nprefix * sizeof(*o->cc_of));
	buf_add(out, o->gone, o->nprefix * sizeof(*o->gone));
	SAVE(ngroup, group);
	SAVE(nlog, log);
	SAVE(nseries, series);
	SAVE(nepisode, episode);
}

/* n things of that size from what was saved; NULL (and bad) when they are not all there. */
static void *take(struct bytes *in, size_t n, size_t size)
{
	const uint8_t *p;
	void *at;

	if (n > bytes_left(in) / size) {
		in->bad = true;
		n = 0;
	}
	p = bytes_take(in, n * size);
	at = mem_zero(n + 1, size);
	if (n && p)
		memcpy(at, p, n * size);
	return at;
}

static bool sound(struct outage *o, const struct watch *w)
{
	if (o->nprefix > w->nprefix || o->rows > w->nprefix)
		return false;
	for (uint32_t i = 0; i < o->nprefix; i++)
		if ((o->as_of[i] != NONE && o->as_of[i] >= o->ngroup) ||
		    (o->cc_of[i] != NONE && o->cc_of[i] >= o->ngroup))
			return false;
	for (uint32_t i = 0; i < o->nlog; i++)
		if (o->log[i].prefix >= o->nprefix || o->log[i].ev >= w->nev)
			return false;
	for (uint32_t i = 0; i < o->nseries; i++)
		if (o->series[i].group >= o->ngroup)
			return false;
	for (uint32_t i = 0; i < o->nepisode; i++)
		if (o->episode[i].index >= o->ngroup)
			return false;
	return true;
}

/* Peers get their numbers of this run. */
static bool renumber(struct outage *o, const struct knowledge *k)
{
	struct outage *to;
	uint32_t old = o->words * 64;

	if (!k->peer_map)
		return true;
	to = outage_new();
	for (uint32_t p = 0; p < old; p++) {
		uint16_t peer;
		bool any = o->feed[0][p].high || o->feed[1][p].high;

		for (uint32_t i = 0; i < o->rows && !any; i++)
			any = has(o, i, (uint16_t)p);
		if (!any)
			continue;
		if (p >= k->npeer_map) {
			outage_free(to);
			return false;
		}
		peer = k->peer_map[p];
		to->feed[0][peer] = o->feed[0][p];
		to->feed[1][peer] = o->feed[1][p];
		for (uint32_t i = 0; i < o->rows; i++)
			if (has(o, i, (uint16_t)p))
				*bits_at(to, i, peer) |= UINT64_C(1) << (peer % 64);
	}
	for (uint32_t i = 0; i < o->nlog; i++)
		if (o->log[i].peer < k->npeer_map)
			o->log[i].peer = k->peer_map[o->log[i].peer];
	free(o->bits);
	free(o->feed[0]);
	free(o->feed[1]);
	o->bits = to->bits;
	o->words = to->words;
	o->rows = to->rows;
	o->cap_rows = to->cap_rows;
	o->feed[0] = to->feed[0];
	o->feed[1] = to->feed[1];
	to->bits = NULL;
	to->feed[0] = to->feed[1] = NULL;
	outage_free(to);
	return true;
}

bool outage_load(struct outage *o, const struct watch *w, struct bytes *in)
{
	o->started = bytes_u8(in) != 0;
	o->bin = (int64_t)bytes_u64(in);
	o->based = (int64_t)bytes_u64(in);
	o->nfull[0] = bytes_u32(in);
	o->nfull[1] = bytes_u32(in);
	o->words = bytes_u32(in);
	o->rows = bytes_u32(in);
	if (in->bad || !o->words || o->words > PEERS / 64 || o->words & (o->words - 1)) {
		o->words = 1;
		o->rows = 0;
		in->bad = true;
		return false;
	}
	free(o->bits);
	o->bits = take(in, (size_t)o->rows * o->words, sizeof(*o->bits));
	o->cap_rows = o->rows;
	for (int f = 0; f < 2; f++)
		for (uint32_t p = 0; p < o->words * 64; p++)
			bytes_copy(in, &o->feed[f][p], sizeof(*o->feed[f]));
	o->nprefix = o->cap_prefix = bytes_u32(in);
	o->count = take(in, o->nprefix, sizeof(*o->count));
	o->as_of = take(in, o->nprefix, sizeof(*o->as_of));
	o->cc_of = take(in, o->nprefix, sizeof(*o->cc_of));
	o->gone = take(in, o->nprefix, sizeof(*o->gone));
	o->ngroup = o->cap_group = bytes_u32(in);
	o->group = take(in, o->ngroup, sizeof(*o->group));
	o->nlog = o->cap_log = bytes_u32(in);
	o->log = take(in, o->nlog, sizeof(*o->log));
	o->nseries = o->cap_series = bytes_u32(in);
	o->series = take(in, o->nseries, sizeof(*o->series));
	o->nepisode = o->cap_episode = bytes_u32(in);
	o->episode = take(in, o->nepisode, sizeof(*o->episode));
	if (in->bad || !sound(o, w) || !renumber(o, w->k))
		return false;
	while (o->slots.mask < 2 * (o->ngroup + 64))
		slots_grow(&o->slots, o->slots.mask + 1);
	slots_fill(o);
	return true;
}
