/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/finding_json.h"

#include <string.h>

#include "base/text.h"

static const char *const states[] = {
    [STATE_ONGOING] = "ongoing",
    [STATE_ENDED] = "ended",
    [STATE_OPEN_AT_END] = "open-at-end-of-data",
};

static const char *const rovs[] = {
    [ROV_UNKNOWN] = "unknown",
    [ROV_NOT_FOUND] = "not-found",
    [ROV_VALID] = "valid",
    [ROV_INVALID] = "invalid",
};

const char *finding_state_text(enum finding_state s)
{
	return s <= STATE_OPEN_AT_END ? states[s] : "site";
}

const char *rov_state_text(enum rov_state s)
{
	return s <= ROV_INVALID ? rovs[s] : rovs[0];
}

static void text(struct jsonw *w, const char *name, const char *s)
{
	jsonw_name(w, name);
	jsonw_text(w, s);
}

static void number(struct jsonw *w, const char *name, uint64_t v)
{
	jsonw_name(w, name);
	jsonw_uint(w, v);
}

static void when(struct jsonw *w, const char *name, int64_t t)
{
	jsonw_name(w, name);
	jsonw_time(w, t);
}

static void real(struct jsonw *w, const char *name, double v)
{
	jsonw_name(w, name);
	jsonw_real(w, v, 4);
}

static void network_members(struct jsonw *w, const struct network *n)
{
	number(w, "asn", n->asn);
	text(w, "name", n->name);
	text(w, "country", n->country[0] ? n->country : NULL);
}

static void networks(struct jsonw *w, const char *name, const struct network *at, size_t n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_object(w);
		network_members(w, &at[i]);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void texts(struct jsonw *w, const char *name, const char **at, size_t n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_text(w, at[i]);
	jsonw_array_end(w);
}

static void prefix(struct jsonw *w, const char *name, struct prefix p)
{
	char t[PREFIX_TEXT];

	text(w, name, prefix_text(t, p));
}

static void subject(struct jsonw *w, const struct finding *f)
{
	jsonw_name(w, "subject");
	jsonw_object(w);
	jsonw_name(w, "prefixes");
	jsonw_array(w);
	for (size_t i = 0; i < f->nprefix; i++) {
		const struct finding_prefix *p = &f->prefix[i];

		jsonw_object(w);
		prefix(w, "prefix", p->prefix);
		text(w, "kind", p->kind);
		text(w, "rpki", rov_state_text(p->rpki));
		if (p->rpki_why)
			text(w, "rpki_why", p->rpki_why);
		number(w, "victim", p->victim);
		when(w, "first", p->first);
		when(w, "last", p->last);
		when(w, "withdrawn", p->withdrawn);
		number(w, "peers", p->peers);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	networks(w, "asns", f->asn, f->nasn);
	texts(w, "urls", f->url, f->nurl);
	jsonw_object_end(w);
}

/* A peer's address, session and collector, when the run's peers are known. */
static void peer(struct jsonw *w, uint16_t i, const struct peers *peers)
{
	const struct peer *p = i && peers && i < peers_count(peers) ? peers_at(peers, i) : NULL;
	char t[PREFIX_TEXT];

	jsonw_name(w, "peer");
	if (!p) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	text(w, "address", addr_text(t, p->addr));
	number(w, "asn", p->asn);
	number(w, "bgp_id", p->bgp_id);
	text(w, "collector", p->collector);
	jsonw_object_end(w);
}

static void seen_by(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_name(w, "seen_by");
	jsonw_object(w);
	number(w, "peers", f->peers);
	number(w, "of", f->of_peers);
	jsonw_name(w, "who");
	jsonw_array(w);
	for (size_t i = 0; i < f->nbeliever; i++) {
		const struct believer *b = &f->believer[i];

		jsonw_object(w);
		network_members(w, &b->net);
		peer(w, b->peer, peers);
		when(w, "first", b->first);
		when(w, "last", b->last);
		jsonw_name(w, "stale");
		jsonw_bool(w, b->stale);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "levels");
	jsonw_array(w);
	for (size_t i = 0; i < f->nlevel; i++) {
		jsonw_array(w);
		jsonw_time(w, f->level[i].time);
		jsonw_uint(w, f->level[i].peers);
		jsonw_array_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void path(struct jsonw *w, const char *name, const uint32_t *asn, size_t n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_uint(w, asn[i]);
	jsonw_array_end(w);
}

static void detours(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_name(w, "detours");
	jsonw_array(w);
	for (size_t i = 0; i < f->ndetour; i++) {
		const struct detour *d = &f->detour[i];

		jsonw_object(w);
		prefix(w, "prefix", d->prefix);
		peer(w, d->peer, peers);
		path(w, "before", d->before, d->nbefore);
		path(w, "after", d->after, d->nafter);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void grounds(struct jsonw *w, const struct finding *f)
{
	jsonw_name(w, "tags");
	jsonw_array(w);
	for (size_t i = 0; i < f->ntag; i++) {
		jsonw_object(w);
		text(w, "id", f->tag[i].id);
		text(w, "text", f->tag[i].text);
		real(w, "weight", f->tag[i].weight);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	texts(w, "caveats", f->caveat, f->ncaveat);
	jsonw_name(w, "context");
	jsonw_array(w);
	for (size_t i = 0; i < f->ncontext; i++) {
		jsonw_object(w);
		text(w, "kind", f->context[i].kind);
		text(w, "text", f->context[i].text);
		jsonw_name(w, "source");
		if (f->context[i].source == UINT32_MAX)
			jsonw_null(w);
		else
			jsonw_uint(w, f->context[i].source);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "evidence");
	jsonw_array(w);
	for (size_t i = 0; i < f->nevidence; i++) {
		const struct evidence *e = &f->evidence[i];

		jsonw_object(w);
		number(w, "source", e->source);
		number(w, "offset", e->offset);
		number(w, "length", e->length);
		jsonw_name(w, "sha256");
		jsonw_hex(w, e->sha256, sizeof(e->sha256));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void finding_json(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_object(w);
	jsonw_name(w, "id");
	jsonw_hex(w, f->id, sizeof(f->id));
	text(w, "kind", f->kind);
	text(w, "title", f->title);
	text(w, "state", f->state == STATE_SITE ? f->site_state : finding_state_text(f->state));
	when(w, "first", f->first);
	when(w, "last", f->last);
	real(w, "confidence", f->confidence);
	jsonw_name(w, "rule");
	if (f->rule) {
		jsonw_object(w);
		text(w, "id", f->rule->id);
		number(w, "version", f->rule->version);
		text(w, "text", f->rule->text);
		jsonw_object_end(w);
	} else {
		jsonw_null(w);
	}
	text(w, "layer", f->layer);
	if (f->mechanism)
		text(w, "mechanism", f->mechanism);
	subject(w, f);
	jsonw_name(w, "actor");
	jsonw_object(w);
	network_members(w, &f->actor.net);
	text(w, "role", f->actor.role);
	real(w, "confidence", f->actor.confidence);
	text(w, "why", f->actor.why);
	jsonw_object_end(w);
	networks(w, "victims", f->victim, f->nvictim);
	networks(w, "carriers", f->carrier, f->ncarrier);
	jsonw_name(w, "where");
	jsonw_object(w);
	texts(w, "countries", f->country, f->ncountry);
	networks(w, "asns", f->where, f->nwhere);
	text(w, "hop", f->hop);
	jsonw_object_end(w);
	jsonw_name(w, "waves");
	jsonw_array(w);
	for (size_t i = 0; i < f->nwave; i++) {
		jsonw_object(w);
		when(w, "first", f->wave[i].first);
		when(w, "last", f->wave[i].last);
		number(w, "prefixes", f->wave[i].prefixes);
		number(w, "announcements", f->wave[i].announcements);
		number(w, "withdrawals", f->wave[i].withdrawals);
		number(w, "peers", f->wave[i].peers);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	seen_by(w, f, peers);
	detours(w, f, peers);
	texts(w, "harms", f->harm, f->nharm);
	grounds(w, f);
	jsonw_object_end(w);
}

void finding_line(struct buf *out, const struct finding *f, const struct peers *peers)
{
	struct jsonw w = JSONW(out);

	finding_json(&w, f, peers);
}
