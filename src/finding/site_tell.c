/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/site_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/country.h"
#include "fact/names.h"
#include "finding/named.h"

#define MANY_NETWORKS 3 /* of one country: then they are one finding */

static const char *kind_of(const struct site_row *r)
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

static const char *network_text(struct arena *a, const struct knowledge *k,
				const struct site_row *r, const char *name)
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

static struct network network_of(struct sites *s, struct arena *a, const struct site_row *r)
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

static const char *verb(const struct site_row *r)
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

static const char *site_state_of(const struct site_row *r)
{
	return site_state_text((enum site_state)r->state);
}

/* How many rows of the group have that text among their mechanisms. */
static unsigned having(const struct site_group *g, uint32_t mechanism)
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
/* The router where it is done stands in a network: that one acts. */
static void at_hop(struct sites *s, struct finding *f, struct arena *a, const struct site_row *best)
{
	struct site_row there = *best;
	bool known = false;

	there.asn = best->hop_asn;
	if (best->hop_asn != best->asn) {
		there.network = 0;
		memset(there.country, 0, sizeof(there.country));
	}
	f->actor.net = network_of(s, a, &there);
	for (size_t i = 0; i < f->nwhere; i++)
		known |= f->where[i].asn == there.asn;
	if (!known)
		f->where[f->nwhere++] = f->actor.net;
}

static void network_tags(struct sites *s, struct findings *out, struct finding *f,
			 const struct site_group *g)
{
	struct arena *a = &out->arena;
	size_t nmax = g->networks;

	f->tag = arena_zero(a, nmax + VERDICT_MECHANISMS + 3, sizeof(*f->tag));
	f->where = arena_zero(a, nmax + 1, sizeof(*f->where));
	for (size_t i = 0; i < g->n;) {
		const struct site_row *r = g->row[i];
		char from[TEXT_TIME], to[TEXT_TIME];
		size_t k = i;
		int64_t first = r->time, last = r->time;

		for (; k < g->n && sites_same_network(g->row[k], r); k++)
			last = g->row[k]->time;
		f->where[f->nwhere++] = network_of(s, a, r);
		if (f->ntag < nmax)
			f->tag[f->ntag++] = (struct tag){
			    .id = "network",
			    .text = arena_printf(a, "%s: %s measurement%s, %s, %s to %s",
						 network_text(a, s->k, r, s->text[r->network]),
						 text_number(k - i), k - i == 1 ? "" : "s",
						 r->nmechanism ? s->text[r->mechanism[0]]
							       : "no mechanism",
						 first == TIME_NONE ? "?" : text_time(from, first),
						 last == TIME_NONE ? "?" : text_time(to, last)),
			    .weight = 0};
		i = k;
	}
}

/* Runs of failures without a success between them, each a wave. */
static void waves(struct findings *out, struct finding *f, const struct site_group *g)
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

void sites_add_finding(struct sites *s, struct findings *out, const struct site_group *g,
		       const struct site_others *all, enum site_of of)
{
	const bool country = of == SITE_OF_COUNTRY;
	struct arena *a = &out->arena;
	struct finding *f = findings_add(out);
	const struct site_row *best = g->row[0];
	const char *input = arena_text(a, s->text[best->input]);
	unsigned most = 0, proven = 0;
	uint32_t mechanism = 0;
	size_t too_many;
	struct buf title = {0};
	char n1[32], n2[32];

	f->kind = g->kind;
	f->state = STATE_SITE;
	f->first = f->last = TIME_NONE;
	for (size_t i = 0; i < g->n; i++) {
		const struct site_row *r = g->row[i];

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
	if (best->hop_asn && !country)
		at_hop(s, f, a, best);
	if (best->trigger)
		f->tag[f->ntag++] =
		    (struct tag){.id = "trigger", .text = arena_text(a, s->text[best->trigger])};
	if (best->fingerprint)
		f->tag[f->ntag++] =
		    (struct tag){.id = "fingerprint",
				 .text = arena_printf(a, "matches the fingerprint %s",
						      s->text[best->fingerprint])};
	if (proven)
		f->tag[f->ntag++] =
		    (struct tag){.id = "proof",
				 .text = arena_printf(a,
						      "%s of %s measurements show interference "
						      "itself, not only a failure",
						      text_number(proven), text_number(g->n))};

	buf_printf(&title, "%s %s", input, verb(best));
	if (country)
		buf_printf(&title, " in %s networks of %s%s", text_number(g->networks),
			   country_name(best->country) ? country_article(best->country) : "",
			   country_name(best->country) ? country_name(best->country)
						       : best->country);
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
	too_many = sites_name(s, a, f, g, best, all, of);
	f->caveat = arena_zero(a, 4, sizeof(*f->caveat));
	if (!proven && strcmp(f->kind, "site.down"))
		f->caveat[f->ncaveat++] =
		    "It rests on failures, which a fault of the network itself can cause as well.";
	if (best->controls < 2 && !proven)
		f->caveat[f->ncaveat++] =
		    "At most one control saw the same target; another one could differ.";
	if (too_many)
		f->caveat[f->ncaveat++] = named_caveat(a, too_many);
	finding_identify(f);
}

void sites_put(struct site_group *g, const struct site_row *r)
{
	mem_room(&g->row, &g->cap, g->n + 1);
	g->row[g->n++] = r;
}

/* The findings of one input in one country (rows from i to k). */
void sites_find_in_country(struct sites *s, struct findings *out, const struct site_row *row,
			   size_t n, const struct site_others *others)
{
	static const char *const kinds[] = {"site.blocked", "site.rerouted", "site.throttled",
					    "tool.unreachable"};

	for (size_t q = 0; q < sizeof(kinds) / sizeof(*kinds); q++) {
		struct site_group all = {.kind = kinds[q]};

		for (size_t i = 0; i < n; i++) {
			const char *kind = kind_of(&row[i]);

			if (!kind || strcmp(kind, kinds[q]))
				continue;
			all.networks += !all.n || !sites_same_network(all.row[all.n - 1], &row[i]);
			sites_put(&all, &row[i]);
		}
		if (all.networks >= MANY_NETWORKS && row[0].country[0]) {
			all.tried = (unsigned)n;
			sites_add_finding(s, out, &all, others, SITE_OF_COUNTRY);
		} else {
			for (size_t i = 0; i < all.n;) {
				struct site_group one = {.kind = kinds[q], .networks = 1};

				for (size_t k = 0; k < n; k++)
					one.tried += sites_same_network(&row[k], all.row[i]);
				for (size_t k = i;
				     k < all.n && sites_same_network(all.row[k], all.row[i]); k++)
					sites_put(&one, all.row[k]);
				sites_add_finding(s, out, &one, others, SITE_OF_NETWORK);
				i += one.n;
				free(one.row);
			}
		}
		free(all.row);
	}
}
