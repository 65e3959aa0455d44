/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/site.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "finding/site_state.h"

#define NEAR (72 * 3600 * SECOND)   /* another network's verdict speaks of the same days */
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
		if (f->slice.at && (v.state > SITE_OPEN || v.rerouted)) {
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

static bool fails(const struct site_row *r)
{
	return r->state == SITE_DOWN || r->state == SITE_GEOFENCED || r->state == SITE_THROTTLED ||
	       (r->state == SITE_BLOCKED && r->bare) || (r->state == SITE_REROUTED && r->bare);
}

static bool within(int64_t a, int64_t b, int64_t span)
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

/* Settles one bare failure among all rows of its input. What the others said at first counts, so
 * that the order of settling does not matter. */
static void settle_row(const struct sites *s, const struct site_row *all, size_t n,
		       struct site_row *r)
{
	unsigned here = 0, here_bad = 0, bad = 0, good = 0;

	(void)s;
	for (size_t i = 0; i < n;) {
		const struct site_row *o = &all[i];
		unsigned ok = 0, not_ok = 0;
		size_t k = i;

		/* One country at a time: its networks may share a censor. */
		for (; k < n && !strcmp(all[k].country, o->country); k++) {
			bool open = all[k].state == SITE_OPEN;

			if (sites_same_network(&all[k], r) &&
			    within(all[k].time, r->time, NEARBY)) {
				here++;
				here_bad += fails(&all[k]);
			}
			if (within(all[k].time, r->time, NEAR)) {
				ok += open;
				not_ok += fails(&all[k]);
			}
		}
		i = k;
		if (!o->country[0] || !r->country[0] || !strcmp(o->country, r->country))
			continue;
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
		for (size_t x = i; x < k; x++) {
			/* A huge group is looked at around its place only. */
			size_t from = i, to = k;

			if (k - i > 4096) {
				from = x > i + 2048 ? x - 2048 : i;
				to = x + 2048 < k ? x + 2048 : k;
			}
			if (s->row[x].bare &&
			    (s->row[x].state == SITE_BLOCKED || s->row[x].state == SITE_REROUTED ||
			     s->row[x].state == SITE_THROTTLED))
				settle_row(s, s->row + from, to - from, &out[x]);
		}
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
		down.tried = fence.tried = (unsigned)(k - i);
		if (down.n)
			sites_add_finding(s, out, &down, false);
		if (fence.n)
			sites_add_finding(s, out, &fence, false);
		free(down.row);
		free(fence.row);
		while (from < k) {
			size_t to = from;

			while (to < k && !strcmp(row[to].country, row[from].country))
				to++;
			sites_find_in_country(s, out, row + from, to - from);
			from = to;
		}
		i = k;
	}
	free(row);
	s->n = 0;
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
