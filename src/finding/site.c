/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "fact/names.h"

#define NEAR (72 * 3600 * SECOND)   /* another network's verdict speaks of the same days */
#define NEARBY (36 * 3600 * SECOND) /* this network's other runs speak of the same fault */
#define MANY_NETWORKS 3		    /* of one country: then they are one finding */
#define ADDRS 4
#define EVIDENCE_MAX 64

/* A verdict as it is kept: fixed size, its texts interned. */
struct row {
	uint32_t input, network, id, hop; /* texts */
	int64_t time;
	uint32_t asn;
	char country[3];
	uint8_t state, who, nmechanism, naddr;
	bool rerouted, tool, proven, bare, control_reached;
	uint16_t rule;
	uint8_t controls;
	float confidence, who_sure;
	uint32_t mechanism[3]; /* texts */
	uint32_t fingerprint;
	struct addr addr[ADDRS];
	struct evidence evidence;
};

struct sites {
	const struct knowledge *k;
	struct row *row;
	size_t n, cap;
	/* Texts: number 0 is "". */
	struct arena arena;
	const char **text;
	size_t ntext, text_cap;
	uint32_t *slot;
	size_t nslot;
	struct arena scratch;
};

static uint32_t intern(struct sites *s, const char *t)
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

static uint16_t rule_index(const struct rule *r)
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
		struct row *r;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		arena_reset(&s->scratch);
		verdict_judge(&s->scratch, s->k, f->fact[i].measurement, &v);
		if (idle(&v))
			continue;
		mem_room(&s->row, &s->cap, s->n + 1);
		r = &s->row[s->n++];
		*r = (struct row){.input = intern(s, v.input),
				  .network = intern(s, v.network),
				  .hop = intern(s, v.hop),
				  .time = v.time,
				  .asn = v.asn,
				  .state = (uint8_t)v.state,
				  .who = (uint8_t)v.who,
				  .rerouted = v.rerouted,
				  .tool = v.tool,
				  .proven = v.proven,
				  .bare = v.bare,
				  .control_reached = v.control_reached,
				  .rule = rule_index(v.rule),
				  .controls = (uint8_t)(v.controls > 255 ? 255 : v.controls),
				  .confidence = (float)v.confidence,
				  .who_sure = (float)v.who_sure,
				  .fingerprint = intern(s, v.fingerprint)};
		memcpy(r->country, v.country, sizeof(r->country));
		for (size_t k = 0; k < v.nmechanism && k < 3; k++)
			r->mechanism[r->nmechanism++] = intern(s, v.mechanism[k].id);
		for (size_t k = 0; k < v.naddr && k < ADDRS; k++)
			r->addr[r->naddr++] = v.addr[k];
		r->evidence.source = f->slice.source;
		r->evidence.offset = f->slice.offset;
		r->evidence.length = f->slice.length;
		if (f->slice.at && v.state > SITE_OPEN)
			sha256(f->slice.at, f->slice.length, r->evidence.sha256);
		else if (f->slice.at && v.rerouted)
			sha256(f->slice.at, f->slice.length, r->evidence.sha256);
	}
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct sites *s = arg;
	const struct row *x = a, *y = b;
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

static bool same_network(const struct row *a, const struct row *b)
{
	return a->asn == b->asn && !strcmp(a->country, b->country) &&
	       (a->asn || a->network == b->network);
}

static bool fails(const struct row *r)
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

static void set_rule(struct row *r, enum site_state state, const char *rule, double confidence)
{
	r->state = (uint8_t)state;
	r->rule = rule_index(verdict_rule(rule));
	r->confidence = (float)confidence;
}

/* Settles one bare failure among all rows of its input. What the others said at first counts, so
 * that the order of settling does not matter. */
static void settle_row(const struct sites *s, const struct row *all, size_t n, struct row *r)
{
	unsigned here = 0, here_bad = 0, bad = 0, good = 0;

	(void)s;
	for (size_t i = 0; i < n;) {
		const struct row *o = &all[i];
		unsigned ok = 0, not_ok = 0;
		size_t k = i;

		/* One country at a time: its networks may share a censor. */
		for (; k < n && !strcmp(all[k].country, o->country); k++) {
			bool open = all[k].state == SITE_OPEN;

			if (same_network(&all[k], r) && within(all[k].time, r->time, NEARBY)) {
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
static struct row *settle(struct sites *s)
{
	struct row *out = mem_zero(s->n ? s->n : 1, sizeof(*out));

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
	struct row *row = settle(s);
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

static const char *kind_of(const struct row *r)
{
	switch (r->state) {
	case SITE_BLOCKED:
		return r->tool ? "tool.unreachable" : "site.blocked";
	case SITE_REROUTED:
		return "site.rerouted";
	case SITE_THROTTLED:
		return r->tool ? "tool.unreachable" : "site.throttled";
	case SITE_DOWN:
		return "site.down";
	case SITE_GEOFENCED:
		return "site.geofenced";
	case SITE_OPEN:
		return r->rerouted ? "site.rerouted" : NULL;
	default:
		return NULL;
	}
}

/* The parts of one finding: the rows of one input and kind, of one network or country. */
struct group {
	const struct row **row;
	size_t n, cap;
	const char *kind;
	unsigned networks, tried, tried_networks;
};

static const char *network_text(struct arena *a, const struct knowledge *k, const struct row *r,
				const char *name)
{
	struct name found;

	if (r->asn && k && k->names && names_find(k->names, r->asn, &found))
		return arena_printf(a, "AS%u %s", r->asn, found.name);
	if (r->asn && *name)
		return arena_printf(a, "AS%u %s", r->asn, name);
	if (r->asn)
		return arena_printf(a, "AS%u", r->asn);
	return *name ? arena_text(a, name) : "an unnamed network";
}

static struct network network_of(struct sites *s, struct arena *a, const struct row *r)
{
	struct network n = {.asn = r->asn};
	struct name found;

	memcpy(n.country, r->country, 3);
	if (r->asn && s->k && s->k->names && names_find(s->k->names, r->asn, &found))
		n.name = arena_text(a, found.name);
	else if (r->network)
		n.name = arena_text(a, s->text[r->network]);
	return n;
}

static const char *verb(const struct row *r)
{
	switch (r->state) {
	case SITE_BLOCKED:
		return "is blocked";
	case SITE_REROUTED:
		return "is rerouted";
	case SITE_THROTTLED:
		return "is throttled";
	case SITE_DOWN:
		return "is down";
	case SITE_GEOFENCED:
		return "keeps visitors out";
	default:
		return "is open, but led through other hands";
	}
}

static const char *site_state_of(const struct row *r)
{
	return site_state_text((enum site_state)r->state);
}

/* How many rows of the group have that text among their mechanisms. */
static unsigned having(const struct group *g, uint32_t mechanism)
{
	unsigned n = 0;

	for (size_t i = 0; i < g->n; i++)
		for (unsigned k = 0; k < g->row[i]->nmechanism; k++)
			n += g->row[i]->mechanism[k] == mechanism;
	return n;
}

static const char *layer_of(const char *mechanism)
{
	static const char *const layers[] = {"dns", "ip", "tcp", "tls", "http", "quic"};

	for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++)
		if (!strncmp(mechanism, layers[i], strlen(layers[i])))
			return layers[i];
	return "tcp";
}

/* One tag a network: how many of its runs failed, how, and between when. */
static void network_tags(struct sites *s, struct findings *out, struct finding *f,
			 const struct group *g)
{
	struct arena *a = &out->arena;
	size_t nmax = g->networks;

	f->tag = arena_zero(a, nmax + VERDICT_MECHANISMS + 1, sizeof(*f->tag));
	f->where = arena_zero(a, nmax, sizeof(*f->where));
	for (size_t i = 0; i < g->n;) {
		const struct row *r = g->row[i];
		char from[TEXT_TIME], to[TEXT_TIME];
		size_t k = i;
		int64_t first = r->time, last = r->time;

		for (; k < g->n && same_network(g->row[k], r); k++)
			last = g->row[k]->time;
		f->where[f->nwhere++] = network_of(s, a, r);
		if (f->ntag < nmax)
			f->tag[f->ntag++] = (struct tag){
			    .id = "network",
			    .text = arena_printf(a, "%s: %zu measurement%s, %s, %s to %s",
						 network_text(a, s->k, r, s->text[r->network]),
						 k - i, k - i == 1 ? "" : "s",
						 r->nmechanism ? s->text[r->mechanism[0]]
							       : "no mechanism",
						 first == TIME_NONE ? "?" : text_time(from, first),
						 last == TIME_NONE ? "?" : text_time(to, last)),
			    .weight = 0};
		i = k;
	}
}

/* Runs of failures without a success between them, each a wave. */
static void waves(struct findings *out, struct finding *f, const struct group *g)
{
	const int64_t apart = 24 * 3600 * SECOND;
	int64_t *t = mem_zero(g->n, sizeof(*t));
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->time != TIME_NONE)
			t[n++] = g->row[i]->time;
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k && t[k - 1] > t[k]; k--) {
			int64_t x = t[k];

			t[k] = t[k - 1];
			t[k - 1] = x;
		}
	f->wave = arena_zero(&out->arena, n + 1, sizeof(*f->wave));
	for (size_t i = 0; i < n; i++) {
		struct wave *w = f->nwave ? &f->wave[f->nwave - 1] : NULL;

		if (!w || t[i] - w->last > apart) {
			w = &f->wave[f->nwave++];
			w->first = t[i];
		}
		w->last = t[i];
		w->announcements++;
	}
	free(t);
}

static void add_finding(struct sites *s, struct findings *out, const struct group *g, bool country)
{
	struct arena *a = &out->arena;
	struct finding *f = findings_add(out);
	const struct row *best = g->row[0];
	const char *input = arena_text(a, s->text[best->input]);
	unsigned most = 0, proven = 0;
	uint32_t mechanism = 0;
	struct buf title = {0};
	char n1[32], n2[32];

	f->kind = g->kind;
	f->state = STATE_SITE;
	f->first = f->last = TIME_NONE;
	for (size_t i = 0; i < g->n; i++) {
		const struct row *r = g->row[i];

		if (r->confidence > best->confidence || (r->proven && !best->proven))
			best = r;
		proven += r->proven;
		if (r->time != TIME_NONE) {
			if (f->first == TIME_NONE || r->time < f->first)
				f->first = r->time;
			if (f->last == TIME_NONE || r->time > f->last)
				f->last = r->time;
		}
	}
	/* The most frequent mechanism; of many rows a sample tells it. */
	for (size_t i = 0; i<g->n; i += g->n> 512 ? g->n / 64 : 1) {
		unsigned h;

		if (!g->row[i]->nmechanism)
			continue;
		h = having(g, g->row[i]->mechanism[0]);
		if (h > most) {
			most = h;
			mechanism = g->row[i]->mechanism[0];
		}
	}
	f->site_state = site_state_of(best);
	f->rule = &verdict_rules[best->rule];
	f->mechanism = mechanism ? arena_text(a, s->text[mechanism]) : NULL;
	f->layer = mechanism ? layer_of(f->mechanism) : NULL;
	f->confidence = best->confidence;
	if (g->n >= 3)
		f->confidence = verdict_more(f->confidence, 0.3);
	if (g->networks >= 3)
		f->confidence = verdict_more(f->confidence, 0.4);

	f->actor.net = country ? (struct network){0} : network_of(s, a, best);
	memcpy(f->actor.net.country, best->country, 3);
	if (!country && best->who != WHO_ACCESS && best->who != WHO_RESOLVER)
		f->actor.net = (struct network){0};
	f->actor.role = intermediary_text((enum intermediary)best->who);
	f->actor.confidence = best->who_sure;
	f->actor.why = best->hop		  ? arena_text(a, s->text[best->hop])
		       : best->who == WHO_UNKNOWN ? "nothing tells who acts"
						  : "by the layer that it acts at";
	f->url = arena_zero(a, 1, sizeof(*f->url));
	f->url[0] = input;
	f->nurl = 1;
	if (best->country[0]) {
		f->country = arena_zero(a, 1, sizeof(*f->country));
		f->country[0] = arena_text(a, best->country);
		f->ncountry = 1;
	}
	if (best->hop)
		f->hop = arena_text(a, s->text[best->hop]);
	network_tags(s, out, f, g);
	waves(out, f, g);
	if (best->fingerprint)
		f->tag[f->ntag++] =
		    (struct tag){.id = "fingerprint",
				 .text = arena_printf(a, "matches the fingerprint %s",
						      s->text[best->fingerprint])};
	if (proven)
		f->tag[f->ntag++] =
		    (struct tag){.id = "proof",
				 .text = arena_printf(a,
						      "%u of %zu measurements show interference "
						      "itself, not only a failure",
						      proven, g->n)};

	buf_printf(&title, "%s %s", input, verb(best));
	if (country)
		buf_printf(&title, " in %u networks of %s", g->networks, best->country);
	else if (f->kind != NULL && strcmp(f->kind, "site.down") &&
		 strcmp(f->kind, "site.geofenced"))
		buf_printf(&title, " in %s", network_text(a, s->k, best, s->text[best->network]));
	if (f->mechanism)
		buf_printf(&title, " (%s)", f->mechanism);
	buf_printf(&title, ": %s of %s measurements", text_count(n1, g->n),
		   text_count(n2, g->tried));
	f->title = arena_textn(a, title.at, title.len);
	buf_free(&title);

	/* The addresses that failed: what routes are asked about. */
	f->prefix = arena_zero(a, 16, sizeof(*f->prefix));
	for (size_t i = 0; i < g->n && f->nprefix < 16; i++)
		for (unsigned k = 0; k < g->row[i]->naddr && f->nprefix < 16; k++) {
			struct addr x = g->row[i]->addr[k];
			struct prefix p = {x.hi, x.lo, x.v6 ? 128 : 32, x.v6};
			bool known = false;

			for (size_t q = 0; q < f->nprefix; q++)
				known |= prefix_eq(f->prefix[q].prefix, p);
			if (known)
				continue;
			f->prefix[f->nprefix++] = (struct finding_prefix){.prefix = p,
									  .kind = "address",
									  .first = f->first,
									  .last = f->last,
									  .withdrawn = TIME_NONE};
		}
	f->evidence = arena_zero(a, EVIDENCE_MAX, sizeof(*f->evidence));
	f->evidence[f->nevidence++] = best->evidence;
	for (size_t i = 0; i < g->n && f->nevidence < EVIDENCE_MAX; i++)
		if (g->row[i] != best)
			f->evidence[f->nevidence++] = g->row[i]->evidence;
	f->caveat = arena_zero(a, 4, sizeof(*f->caveat));
	if (!proven && strcmp(f->kind, "site.down"))
		f->caveat[f->ncaveat++] =
		    "It rests on failures, which a fault of the network itself can cause as well.";
	if (best->controls < 2 && !proven)
		f->caveat[f->ncaveat++] =
		    "At most one control saw the same target; another one could differ.";
	finding_identify(f);
}

static void put(struct group *g, const struct row *r)
{
	mem_room(&g->row, &g->cap, g->n + 1);
	g->row[g->n++] = r;
}

/* The findings of one input in one country (rows from i to k). */
static void find_in_country(struct sites *s, struct findings *out, const struct row *row, size_t n)
{
	static const char *const kinds[] = {"site.blocked", "site.rerouted", "site.throttled",
					    "tool.unreachable"};

	for (size_t q = 0; q < sizeof(kinds) / sizeof(*kinds); q++) {
		struct group all = {.kind = kinds[q]};

		for (size_t i = 0; i < n; i++) {
			const char *kind = kind_of(&row[i]);

			if (!kind || strcmp(kind, kinds[q]))
				continue;
			all.networks += !all.n || !same_network(all.row[all.n - 1], &row[i]);
			put(&all, &row[i]);
		}
		if (all.networks >= MANY_NETWORKS && row[0].country[0]) {
			all.tried = (unsigned)n;
			add_finding(s, out, &all, true);
		} else {
			for (size_t i = 0; i < all.n;) {
				struct group one = {.kind = kinds[q], .networks = 1};

				for (size_t k = 0; k < n; k++)
					one.tried += same_network(&row[k], all.row[i]);
				for (size_t k = i;
				     k < all.n && same_network(all.row[k], all.row[i]); k++)
					put(&one, all.row[k]);
				add_finding(s, out, &one, false);
				i += one.n;
				free(one.row);
			}
		}
		free(all.row);
	}
}

static void sites_end(void *state, struct findings *out)
{
	struct sites *s = state;
	struct row *row = settle(s);

	for (size_t i = 0; i < s->n;) {
		struct group down = {.kind = "site.down"}, fence = {.kind = "site.geofenced"};
		size_t k = i, from = i;

		for (; k < s->n && row[k].input == row[i].input; k++) {
			struct group *g = row[k].state == SITE_DOWN	   ? &down
					  : row[k].state == SITE_GEOFENCED ? &fence
									   : NULL;

			if (!g)
				continue;
			g->networks += !g->n || !same_network(g->row[g->n - 1], &row[k]);
			put(g, &row[k]);
		}
		down.tried = fence.tried = (unsigned)(k - i);
		if (down.n)
			add_finding(s, out, &down, false);
		if (fence.n)
			add_finding(s, out, &fence, false);
		free(down.row);
		free(fence.row);
		while (from < k) {
			size_t to = from;

			while (to < k && !strcmp(row[to].country, row[from].country))
				to++;
			find_in_country(s, out, row + from, to - from);
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

static uint32_t adopt(struct sites *to, const struct sites *from, uint32_t t)
{
	return intern(to, from->text[t]);
}

static bool sites_merge(void *into, void *from, struct err *err)
{
	struct sites *a = into, *b = from;

	(void)err;
	for (size_t i = 0; i < b->n; i++) {
		struct row *r;

		mem_room(&a->row, &a->cap, a->n + 1);
		r = &a->row[a->n++];
		*r = b->row[i];
		r->input = adopt(a, b, r->input);
		r->network = adopt(a, b, r->network);
		r->hop = adopt(a, b, r->hop);
		r->fingerprint = adopt(a, b, r->fingerprint);
		for (unsigned k = 0; k < r->nmechanism; k++)
			r->mechanism[k] = adopt(a, b, r->mechanism[k]);
	}
	b->n = 0;
	return true;
}

#define SAVED 1 /* the form below */

static void put_addr(struct buf *out, struct addr a)
{
	buf_u8(out, a.v6);
	buf_u64(out, a.hi);
	buf_u64(out, a.lo);
}

static void sites_save(const void *state, struct buf *out)
{
	const struct sites *s = state;

	buf_u32(out, SAVED);
	buf_u32(out, (uint32_t)s->ntext);
	for (size_t i = 1; i < s->ntext; i++) {
		buf_u32(out, (uint32_t)strlen(s->text[i]));
		buf_text(out, s->text[i]);
	}
	buf_u64(out, s->n);
	for (size_t i = 0; i < s->n; i++) {
		const struct row *r = &s->row[i];

		buf_u32(out, r->input);
		buf_u32(out, r->network);
		buf_u32(out, r->hop);
		buf_u64(out, (uint64_t)r->time);
		buf_u32(out, r->asn);
		buf_add(out, r->country, 2);
		buf_u8(out, r->state);
		buf_u8(out, r->who);
		buf_u8(out, (uint8_t)(r->rerouted | r->tool << 1 | r->proven << 2 | r->bare << 3 |
				      r->control_reached << 4));
		buf_u8(out, r->controls);
		buf_u32(out, (uint32_t)(strlen(verdict_rules[r->rule].id)));
		buf_text(out, verdict_rules[r->rule].id);
		buf_u32(out, (uint32_t)(r->confidence * 1e6f + 0.5f));
		buf_u32(out, (uint32_t)(r->who_sure * 1e6f + 0.5f));
		buf_u8(out, r->nmechanism);
		for (unsigned k = 0; k < r->nmechanism; k++)
			buf_u32(out, r->mechanism[k]);
		buf_u32(out, r->fingerprint);
		buf_u8(out, r->naddr);
		for (unsigned k = 0; k < r->naddr; k++)
			put_addr(out, r->addr[k]);
		buf_u32(out, r->evidence.source);
		buf_u64(out, r->evidence.offset);
		buf_u32(out, r->evidence.length);
		buf_add(out, r->evidence.sha256, SHA256_SIZE);
	}
}

static bool load_row(struct sites *s, struct bytes *in, const uint32_t *text, uint32_t ntext)
{
	struct row r = {0};
	uint32_t n;
	uint8_t flags;
	const uint8_t *p;
	char id[64];
	uint32_t *const refs[] = {&r.input,	   &r.network,	    &r.hop,	    &r.fingerprint,
				  &r.mechanism[0], &r.mechanism[1], &r.mechanism[2]};

	r.input = bytes_u32(in);
	r.network = bytes_u32(in);
	r.hop = bytes_u32(in);
	r.time = (int64_t)bytes_u64(in);
	r.asn = bytes_u32(in);
	bytes_copy(in, r.country, 2);
	r.state = bytes_u8(in);
	r.who = bytes_u8(in);
	flags = bytes_u8(in);
	r.rerouted = flags & 1;
	r.tool = flags & 2;
	r.proven = flags & 4;
	r.bare = flags & 8;
	r.control_reached = flags & 16;
	r.controls = bytes_u8(in);
	n = bytes_u32(in);
	p = n < sizeof(id) ? bytes_take(in, n) : NULL;
	if (!p)
		return false;
	memcpy(id, p, n);
	id[n] = 0;
	for (r.rule = 0; verdict_rules[r.rule].id && strcmp(verdict_rules[r.rule].id, id);)
		r.rule++;
	r.confidence = (float)bytes_u32(in) / 1e6f;
	r.who_sure = (float)bytes_u32(in) / 1e6f;
	r.nmechanism = bytes_u8(in);
	if (r.nmechanism > 3)
		return false;
	for (unsigned k = 0; k < r.nmechanism; k++)
		r.mechanism[k] = bytes_u32(in);
	r.fingerprint = bytes_u32(in);
	r.naddr = bytes_u8(in);
	if (r.naddr > ADDRS)
		return false;
	for (unsigned k = 0; k < r.naddr; k++) {
		r.addr[k].v6 = bytes_u8(in) & 1;
		r.addr[k].hi = bytes_u64(in);
		r.addr[k].lo = bytes_u64(in);
	}
	r.evidence.source = bytes_u32(in);
	r.evidence.offset = bytes_u64(in);
	r.evidence.length = bytes_u32(in);
	bytes_copy(in, r.evidence.sha256, SHA256_SIZE);
	if (in->bad || !verdict_rules[r.rule].id || r.state > SITE_BLOCKED || r.who > WHO_SITE)
		return false;
	for (size_t i = 0; i < sizeof(refs) / sizeof(*refs); i++) {
		if (*refs[i] >= ntext)
			return false;
		*refs[i] = text[*refs[i]];
	}
	if (s->k && s->k->source_map && r.evidence.source < s->k->nsource_map)
		r.evidence.source = s->k->source_map[r.evidence.source];
	mem_room(&s->row, &s->cap, s->n + 1);
	s->row[s->n++] = r;
	return true;
}

static bool sites_load(void *state, struct bytes *in, struct err *err)
{
	struct sites *s = state;
	uint32_t version = bytes_u32(in), ntext = bytes_u32(in), *text;
	uint64_t n;
	bool ok = !in->bad;

	if (version != SAVED)
		return err_set(err, "verdicts of sites were saved in a form that I do not know");
	if (!ntext || ntext > bytes_left(in))
		return err_set(err, "saved verdicts of sites are damaged");
	text = mem_zero(ntext, sizeof(*text));
	for (uint32_t i = 1; i < ntext && ok; i++) {
		uint32_t len = bytes_u32(in);
		const uint8_t *p = bytes_take(in, len);

		ok = p != NULL;
		if (ok) {
			char *t = arena_textn(&s->arena, (const char *)p, len);

			text[i] = intern(s, t);
		}
	}
	n = bytes_u64(in);
	ok = ok && !in->bad;
	for (uint64_t i = 0; i < n && ok; i++)
		ok = load_row(s, in, text, ntext);
	free(text);
	return ok || err_set(err, "saved verdicts of sites are damaged");
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
