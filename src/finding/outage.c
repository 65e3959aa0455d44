/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/outage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "finding/sight.h"

#define PEERS_MIN 3 /* counted peers of a family, fewer say nothing */
#define REBASE (86400 * SECOND)
#define REPORT 0.60

/* A network has lost sight when half of its prefixes or addresses are gone, and at least three
 * prefixes; a country at a fifth, of twenty at least. It is over at nine tenths. */
#define NETWORK_MIN 4
#define NETWORK_LOST 3
#define COUNTRY_MIN 20

static void start(struct outage *o, struct watch *w, int64_t now)
{
	if (w->k->basis) {
		basis_start(o, w, now);
		return;
	}
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
	sight_recount(o, w);
	sight_rebase(o, w, now);
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

		if (needed(o, a) || needed(o, c) ||
		    o->count[p] < o->nfull[wprefix_at(w, p)->pair.v6])
			o->log[n++] = o->log[i];
	}
	o->nlog = n;
}

static void close_bin(struct outage *o, struct watch *w, int64_t time)
{
	bool peers = false;

	/* Peers first: one that lost half of its table says nothing about the networks; but when
	 * half of the peers did, it is the networks. */
	for (int f = 0; f < 2 && !w->k->basis; f++) {
		uint32_t away = 0;

		for (uint32_t p = 1; p < o->width * 8 && p < PEERS; p++) {
			const struct feed *x = &o->feed[f][p];

			away += x->state == PEER_COUNTED && x->held * 2 < x->high;
		}
		for (uint32_t p = 1; p < o->width * 8 && p < PEERS; p++) {
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
	if (peers) {
		o->moved = w->end;
		sight_recount(o, w);
	}
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
		sight_rebase(o, w, time);
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

/* The numbers of prefixes differ from run to run. */
static int by_prefix_first(const void *p, const void *q, void *arg)
{
	const struct change *a = p, *b = q;

	if (a->prefix != b->prefix)
		return prefix_cmp(watch_prefix(arg, a->prefix), watch_prefix(arg, b->prefix));
	return (a->order > b->order) - (a->order < b->order);
}

static void outage_tell(struct outage *o, struct watch *w, struct findings *out,
			const struct episode *e)
{
	const struct group *g = &e->g;
	uint32_t index = e->index, counted = e->counted;
	int64_t until = g->ended ? g->ended : INT64_MAX;
	bool country = is_country(g), ended = g->ended != 0;
	char cc[3] = {(char)(g->key >> 8 & 0xff), (char)(g->key & 0xff), 0}, what[64];
	uint32_t lost = g->base - g->low, n = 0;
	struct finding *f;
	double share = g->base ? (double)lost / g->base : 0;
	struct replay re = {0};
	uint32_t kept = 0, nlog = 0;
	struct change *log;
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
					     .victim =
						 sight_owner(w, p) ? sight_owner(w, p)->origin : 0,
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
	/* Evidence: every change of what anything happened to, and the records of its owners. */
	log = mem_zero(o->nlog + 1, sizeof(*log));
	for (uint32_t i = 0; i < o->nlog; i++) {
		uint32_t p = o->log[i].prefix;

		if ((o->as_of[p] != index && o->cc_of[p] != index) ||
		    o->log[i].time < g->began - BIN || o->log[i].time > until)
			continue;
		log[nlog] = o->log[i];
		log[nlog++].order = i;
	}
	if (nlog)
		qsort_r(log, nlog, sizeof(*log), by_prefix_first, w);
	f->evidence = arena_zero(&out->arena, 2 * nlog + w->nindex + 1, sizeof(*f->evidence));
	for (uint32_t i = 0; i < nlog; i++) {
		uint32_t p = log[i].prefix;
		const struct pair *who = sight_owner(w, p);

		f->evidence[f->nevidence++] = watch_slice(w, log[i].ev);
		if (i && log[i - 1].prefix == p)
			continue;
		f->evidence[f->nevidence++] =
		    watch_slice(w, who ? who->ev : wprefix_at(w, p)->pair.ev);
		event_vrps(w, out, f, watch_prefix(w, p)); /* whose it is follows from them */
	}
	for (uint32_t i = 0; i < w->nindex; i++)
		f->evidence[f->nevidence++] = watch_slice(w, w->index[i]);
	basis_tell(o, w, out, f, e, log, nlog);
	free(log);
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
	    &out->arena, "%s lost sight of %s of %s prefixes (%s of %s IPv4 addresses)%s",
	    country ? arena_printf(&out->arena, "The world has of %s", what)
		    : arena_printf(&out->arena, "Of %s, the world",
				   event_name(w, out, (uint32_t)g->key)),
	    text_number(lost), text_number(g->base), text_number(g->base_addr - g->low_addr),
	    text_number(g->base_addr), ended ? "; they are visible again" : "");
	event_tag(out, f, "visible-before", 0.40,
		  "%s prefixes were visible to at least half of %s full-feed peers",
		  text_number(g->base), text_number(counted));
	event_tag(out, f, "lost",
		  share >= 0.9	 ? 0.35
		  : share >= 0.5 ? 0.25
				 : 0.15,
		  "%.0f %%", share * 100);
	if (counted >= 5)
		event_tag(out, f, "several-peers", 0.10, "%s full-feed peers",
			  text_number(counted));
	if (f->last - f->first >= 2 * BIN)
		event_tag(out, f, "lasting", 0.10, "longer than ten minutes");
	event_caveat(out, f,
		     "a network may be reachable by other prefixes, or unreachable "
		     "although its prefixes are announced");
	if (o->moved != TIME_NONE && o->moved >= f->first - BIN)
		event_caveat(out, f,
			     "peers of the collector came or went meanwhile; judging the evidence "
			     "alone again does not tell that");
	f->confidence = event_confidence(f);
	if (f->confidence < REPORT) {
		findings_drop(out);
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
