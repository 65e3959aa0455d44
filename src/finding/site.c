/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/site.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "finding/site_state.h"

#define NEARBY (36 * 3600 * SECOND) /* this network's other runs speak of the same fault */

uint32_t sites_intern(struct sites *s, const char *t)
{
	uint64_t h;

	if (!t || !*t)
		return 0;
	if (s->ntext * 2 >= s->nslot) {
		size_t n = s->nslot ? s->nslot * 2 : 1024;
		uint32_t *slot = mem_zero(n, sizeof(*slot));

		for (size_t i = 1; i < s->ntext; i++) {
			h = hash_bytes(s->text[i], strlen(s->text[i]), 1);
			while (slot[h & (n - 1)])
				h++;
			slot[h & (n - 1)] = (uint32_t)i;
		}
		free(s->slot);
		s->slot = slot;
		s->nslot = n;
	}
	h = hash_bytes(t, strlen(t), 1);
	for (; s->slot[h & (s->nslot - 1)]; h++)
		if (!strcmp(s->text[s->slot[h & (s->nslot - 1)]], t))
			return s->slot[h & (s->nslot - 1)];
	mem_room(&s->text, &s->text_cap, s->ntext + 1);
	s->text[s->ntext] = arena_text(&s->arena, t);
	s->slot[h & (s->nslot - 1)] = (uint32_t)s->ntext;
	return (uint32_t)s->ntext++;
}

static void *sites_new(const struct knowledge *k)
{
	struct sites *s = mem_zero(1, sizeof(*s));

	s->k = k;
	mem_room(&s->text, &s->text_cap, 1);
	s->text[s->ntext++] = "";
	return s;
}

static void sites_free(void *state)
{
	struct sites *s = state;

	arena_free(&s->arena);
	arena_free(&s->scratch);
	free(s->text);
	free(s->slot);
	free(s->row);
	free(s);
}

uint16_t sites_rule_index(const struct rule *r)
{
	return (uint16_t)(r - verdict_rules);
}

/* A verdict that says nothing of a site leaves no row. */
static bool idle(const struct verdict *v)
{
	return !v->input || !strcmp(v->rule->id, "net.speed") ||
	       !strcmp(v->rule->id, "net.clean") ||
	       (v->state == SITE_UNDETERMINED && !strcmp(v->rule->id, "site.undetermined.no-data"));
}

static void sites_feed(void *state, const struct facts *f)
{
	struct sites *s = state;

	for (size_t i = 0; i < f->nfact; i++) {
		struct verdict v;
		struct site_row *r;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		arena_reset(&s->scratch);
		verdict_judge(&s->scratch, s->k, f->fact[i].measurement, &v);
		if (idle(&v))
			continue;
		mem_room(&s->row, &s->cap, s->n + 1);
		r = &s->row[s->n++];
		*r = (struct site_row){.input = sites_intern(s, v.input),
				       .network = sites_intern(s, v.network),
				       .hop = sites_intern(s, v.hop),
				       .trigger = sites_intern(s, v.trigger_why),
				       .hop_asn = v.hop_asn,
				       .time = v.time,
				       .asn = v.asn,
				       .state = (uint8_t)v.state,
				       .who = (uint8_t)v.who,
				       .rerouted = v.rerouted,
				       .tool = v.tool,
				       .proven = v.proven,
				       .bare = v.bare,
				       .control_reached = v.control_reached,
				       .rule = sites_rule_index(v.rule),
				       .controls = (uint8_t)(v.controls > 255 ? 255 : v.controls),
				       .confidence = (float)v.confidence,
				       .who_sure = (float)v.who_sure,
				       .fingerprint = sites_intern(s, v.fingerprint)};
		memcpy(r->country, v.country, sizeof(r->country));
		for (size_t k = 0; k < v.nmechanism && k < 3; k++)
			r->mechanism[r->nmechanism++] = sites_intern(s, v.mechanism[k].id);
		for (size_t k = 0; k < v.naddr && k < SITE_ADDRS; k++)
			r->addr[r->naddr++] = v.addr[k];
		r->evidence.source = f->slice.source;
		r->evidence.offset = f->slice.offset;
		r->evidence.length = f->slice.length;
		/* What is open may be what a failure elsewhere is weighed against. */
		if (f->slice.at) {
			sha256(f->slice.at, f->slice.length, r->evidence.sha256);
			if (s->k && s->k->evidence)
				s->k->evidence(s->k->evidence_arg, &f->slice, false);
		}
	}
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct sites *s = arg;
	const struct site_row *x = a, *y = b;
	int c;

	if (x->input != y->input) {
		c = strcmp(s->text[x->input], s->text[y->input]);
		if (c)
			return c;
	}
	c = strcmp(x->country, y->country);
	if (c)
		return c;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	/* Vantages that are told apart by name only. */
	if (!x->asn && x->network != y->network) {
		c = strcmp(s->text[x->network], s->text[y->network]);
		if (c)
			return c;
	}
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->evidence.source != y->evidence.source)
		return x->evidence.source < y->evidence.source ? -1 : 1;
	if (x->evidence.offset != y->evidence.offset)
		return x->evidence.offset < y->evidence.offset ? -1 : 1;
	return 0;
}

bool sites_same_network(const struct site_row *a, const struct site_row *b)
{
	return a->asn == b->asn && !strcmp(a->country, b->country) &&
	       (a->asn || a->network == b->network);
}

bool sites_fails(const struct site_row *r)
{
	return r->state == SITE_DOWN || r->state == SITE_GEOFENCED || r->state == SITE_THROTTLED ||
	       (r->state == SITE_BLOCKED && r->bare) || (r->state == SITE_REROUTED && r->bare);
}

bool sites_within(int64_t a, int64_t b, int64_t span)
{
	if (a == TIME_NONE || b == TIME_NONE)
		return a == b;
	return a < b ? b - a <= span : a - b <= span;
}

static void set_rule(struct site_row *r, enum site_state state, const char *rule, double confidence)
{
	r->state = (uint8_t)state;
	r->rule = sites_rule_index(verdict_rule(rule));
	r->confidence = (float)confidence;
}

/* When something was seen, ascending, in an array of its input. */
struct times {
	const int64_t *at;
	size_t n;
	unsigned undated;
};

static void times_add(struct times *x, int64_t *at, int64_t t)
{
	if (t == TIME_NONE) {
		x->undated++;
		return;
	}
	at[x->n++] = t;
	x->at = at;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* How many of them are before t, or at it. */
static size_t times_until(const struct times *x, int64_t t)
{
	size_t from = 0, to = x->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (x->at[mid] <= t)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static unsigned times_near(const struct times *x, int64_t t, int64_t span)
{
	if (t == TIME_NONE)
		return x->undated;
	return (unsigned)(times_until(x, t > INT64_MAX - span ? INT64_MAX : t + span) -
			  (t < INT64_MIN + span + 1 ? 0 : times_until(x, t - span - 1)));
}

/* What the rows of one place, from `from` to `to`, say: of a country open and failed ones, of a
 * network all and failed ones. */
struct region {
	size_t from, to;
	bool known; /* its country */
	struct times other, bad;
};

struct regions {
	struct region *at;
	size_t n, cap;
	int64_t *time; /* of all: two for each row */
};

/* The rows of one input, taken apart by country, or by network. */
static void regions_of(struct regions *p, const struct site_row *row, size_t n, bool networks)
{
	mem_room(&p->time, &p->cap, 2 * n);
	p->at = mem_zero(n, sizeof(*p->at));
	p->n = 0;
	for (size_t i = 0; i < n;) {
		struct region *x = &p->at[p->n++];
		int64_t *other = p->time + 2 * i, *bad;

		x->from = x->to = i;
		x->known = row[i].country[0];
		while (x->to < n && (networks ? sites_same_network(&row[x->to], &row[i])
					      : !strcmp(row[x->to].country, row[i].country)))
			x->to++;
		bad = p->time + i + x->to;
		for (; i < x->to; i++) {
			if (networks || row[i].state == SITE_OPEN)
				times_add(&x->other, other, row[i].time);
			if (sites_fails(&row[i]))
				times_add(&x->bad, bad, row[i].time);
		}
		qsort(other, x->other.n, sizeof(*other), by_time);
		qsort(bad, x->bad.n, sizeof(*bad), by_time);
	}
}

static void regions_free(struct regions *p)
{
	free(p->at);
	free(p->time);
	*p = (struct regions){0};
}

/* Settles one bare failure of a network. What the others said at first counts, so that the order
 * of settling does not matter. */
static void settle_row(const struct regions *countries, const struct region *country,
		       const struct region *network, struct site_row *r)
{
	const unsigned here = times_near(&network->other, r->time, NEARBY);
	const unsigned here_bad = times_near(&network->bad, r->time, NEARBY);
	unsigned bad = 0, good = 0;

	/* One country at a time: its networks may share a censor. */
	for (size_t i = 0; i < countries->n && r->country[0]; i++) {
		const struct region *o = &countries->at[i];
		unsigned ok, not_ok;

		if (o == country || !o->known)
			continue;
		ok = times_near(&o->other, r->time, SITES_NEAR);
		not_ok = times_near(&o->bad, r->time, SITES_NEAR);
		if (ok > not_ok)
			good++;
		else if (not_ok > ok)
			bad++;
	}
	if (bad && bad >= good) {
		if (r->control_reached)
			set_rule(r, SITE_GEOFENCED, "site.geofenced.networks",
				 verdict_more(0.65, bad > 1 ? 0.4 : 0));
		else
			set_rule(r, SITE_DOWN, "site.down.networks",
				 verdict_more(0.65, bad > 1 ? 0.4 : 0));
		r->nmechanism = 0;
		r->who = WHO_SITE;
		r->who_sure = 0.5f;
	} else if (here >= 3 && here_bad * 3 < here) {
		set_rule(r, SITE_UNDETERMINED, "site.undetermined.once", 0.5);
		r->nmechanism = 0;
	} else {
		if (good)
			r->confidence = (float)verdict_more(r->confidence, 0.3);
		if (here_bad >= 3)
			r->confidence = (float)verdict_more(r->confidence, 0.3);
		r->controls = (uint8_t)(r->controls + good > 255 ? 255 : r->controls + good);
	}
}

static bool to_settle(const struct site_row *r)
{
	return r->bare && (r->state == SITE_BLOCKED || r->state == SITE_REROUTED ||
			   r->state == SITE_THROTTLED);
}

/* All rows of one input: as they were, and as they come out. */
static void settle_input(const struct site_row *row, struct site_row *out, size_t n)
{
	struct regions countries = {0}, networks = {0};
	const struct region *country, *network;
	size_t x = 0;

	while (x < n && !to_settle(&row[x]))
		x++;
	if (x == n)
		return;
	regions_of(&countries, row, n, false);
	regions_of(&networks, row, n, true);
	country = countries.at;
	network = networks.at;
	for (; x < n; x++) {
		while (country->to <= x)
			country++;
		while (network->to <= x)
			network++;
		if (to_settle(&row[x]))
			settle_row(&countries, country, network, &out[x]);
	}
	regions_free(&countries);
	regions_free(&networks);
}

/* A copy of the rows in order, settled. */
static struct site_row *settle(struct sites *s)
{
	struct site_row *out = mem_zero(s->n ? s->n : 1, sizeof(*out));

	if (s->n) {
		qsort_r(s->row, s->n, sizeof(*s->row), by_place, s);
		memcpy(out, s->row, s->n * sizeof(*out));
	}
	for (size_t i = 0; i < s->n;) {
		size_t k = i;

		while (k < s->n && s->row[k].input == s->row[i].input)
			k++;
		settle_input(s->row + i, out + i, k - i);
		i = k;
	}
	return out;
}

size_t sites_settle(void *state, struct arena *a, struct settled **out)
{
	struct sites *s = state;
	struct site_row *row = settle(s);
	struct settled *list = arena_zero(a, s->n + 1, sizeof(*list));

	for (size_t i = 0; i < s->n; i++) {
		list[i] = (struct settled){.input = arena_text(a, s->text[row[i].input]),
					   .time = row[i].time,
					   .asn = row[i].asn,
					   .state = (enum site_state)row[i].state,
					   .confidence = row[i].confidence,
					   .rule = &verdict_rules[row[i].rule]};
		memcpy(list[i].country, row[i].country, 3);
	}
	free(row);
	*out = list;
	return s->n;
}

static void sites_end(void *state, struct findings *out)
{
	struct sites *s = state;
	struct site_row *row = settle(s);

	for (size_t i = 0; i < s->n;) {
		struct site_group down = {.kind = "site.down"}, fence = {.kind = "site.geofenced"};
		struct site_others all = {s->row + i, 0};
		size_t k = i, from = i;

		for (; k < s->n && row[k].input == row[i].input; k++) {
			struct site_group *g = row[k].state == SITE_DOWN	? &down
					       : row[k].state == SITE_GEOFENCED ? &fence
										: NULL;

			if (!g)
				continue;
			g->networks += !g->n || !sites_same_network(g->row[g->n - 1], &row[k]);
			sites_put(g, &row[k]);
		}
		all.n = k - i;
		down.tried = fence.tried = (unsigned)(k - i);
		if (down.n)
			sites_add_finding(s, out, &down, &all, SITE_OF_ALL);
		if (fence.n)
			sites_add_finding(s, out, &fence, &all, SITE_OF_ALL);
		free(down.row);
		free(fence.row);
		while (from < k) {
			size_t to = from;

			while (to < k && !strcmp(row[to].country, row[from].country))
				to++;
			sites_find_in_country(s, out, row + from, to - from, &all);
			from = to;
		}
		i = k;
	}
	free(row);
	s->n = s->named = 0;
}

static void sites_advance(void *state, int64_t now, struct findings *out)
{
	/* A site's story may go on at any time, so nothing is closed before the end. */
	(void)state;
	(void)now;
	(void)out;
}

const struct detector detector_sites = {
    .name = "sites",
    .about = "sites and tools that are blocked, rerouted, throttled, down or closed to a country",
    .rules = verdict_rules,
    .new = sites_new,
    .feed = sites_feed,
    .advance = sites_advance,
    .end = sites_end,
    .merge = sites_merge,
    .save = sites_save,
    .load = sites_load,
    .free = sites_free,
};
