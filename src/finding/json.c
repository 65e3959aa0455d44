/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/json.h"

const char *finding_state_text(const struct finding *f)
{
	switch (f->state) {
	case STATE_ONGOING:
		return "ongoing";
	case STATE_ENDED:
		return "ended";
	case STATE_OPEN_AT_END:
		return "open-at-end-of-data";
	case STATE_SITE:
		break;
	}
	return f->site_state;
}

const char *finding_rov_text(enum rov_state state)
{
	static const char *const text[] = {
	    [ROV_NOT_FOUND] = "not-found", [ROV_VALID] = "valid", [ROV_INVALID] = "invalid"};

	return text[state];
}

static void real(struct jsonw *w, const char *name, double v)
{
	jsonw_name(w, name);
	jsonw_real(w, v, 3);
}

/* 0 is no network. */
static void asn(struct jsonw *w, const char *name, uint32_t v)
{
	jsonw_name(w, name);
	if (v)
		jsonw_uint(w, v);
	else
		jsonw_null(w);
}

static void network_fields(struct jsonw *w, const struct network *n)
{
	asn(w, "asn", n->asn);
	jsonw_put_text(w, "name", n->name);
	jsonw_put_text(w, "country", n->country[0] ? n->country : NULL);
}

static void networks(struct jsonw *w, const char *name, const struct network *at, size_t n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_object(w);
		network_fields(w, &at[i]);
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

static void prefix(struct jsonw *w, struct prefix p)
{
	char t[PREFIX_TEXT];

	jsonw_put_text(w, "prefix", prefix_text(t, p));
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
		prefix(w, p->prefix);
		jsonw_put_text(w, "kind", p->kind);
		jsonw_put_text(w, "rpki", finding_rov_text(p->rpki));
		if (p->rpki_why)
			jsonw_put_text(w, "rpki_why", p->rpki_why);
		asn(w, "victim", p->victim);
		jsonw_put_time(w, "first", p->first);
		jsonw_put_time(w, "last", p->last);
		jsonw_put_time(w, "withdrawn", p->withdrawn);
		jsonw_put_uint(w, "peers", p->peers);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	networks(w, "asns", f->asn, f->nasn);
	texts(w, "urls", f->url, f->nurl);
	jsonw_object_end(w);
}

static void waves(struct jsonw *w, const struct finding *f)
{
	jsonw_name(w, "waves");
	jsonw_array(w);
	for (size_t i = 0; i < f->nwave; i++) {
		const struct wave *v = &f->wave[i];

		jsonw_object(w);
		jsonw_put_time(w, "first", v->first);
		jsonw_put_time(w, "last", v->last);
		jsonw_put_uint(w, "prefixes", v->prefixes);
		jsonw_put_uint(w, "announcements", v->announcements);
		jsonw_put_uint(w, "withdrawals", v->withdrawals);
		jsonw_put_uint(w, "peers", v->peers);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A vantage point's address and collector; 0 is "no peer known". */
static void peer(struct jsonw *w, uint16_t id, const struct peers *peers)
{
	const struct peer *p = peers && id && id < peers_count(peers) ? peers_at(peers, id) : NULL;
	char t[PREFIX_TEXT];

	jsonw_put_text(w, "address", p ? addr_text(t, p->addr) : NULL);
	jsonw_put_text(w, "collector", p ? p->collector : NULL);
}

static void believers(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_name(w, "believers");
	jsonw_array(w);
	for (size_t i = 0; i < f->nbeliever; i++) {
		const struct believer *b = &f->believer[i];

		jsonw_object(w);
		peer(w, b->peer, peers);
		network_fields(w, &b->net);
		jsonw_put_time(w, "first", b->first);
		jsonw_put_time(w, "last", b->last);
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
}

static void hops(struct jsonw *w, const char *name, const uint32_t *at, size_t n)
{
	jsonw_name(w, name);
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_uint(w, at[i]);
	jsonw_array_end(w);
}

static void paths(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_name(w, "paths");
	jsonw_array(w);
	for (size_t i = 0; i < f->ndetour; i++) {
		const struct detour *d = &f->detour[i];

		jsonw_object(w);
		prefix(w, d->prefix);
		peer(w, d->peer, peers);
		hops(w, "before", d->before, d->nbefore);
		hops(w, "after", d->after, d->nafter);
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
		jsonw_put_text(w, "id", f->tag[i].id);
		jsonw_put_text(w, "text", f->tag[i].text);
		real(w, "weight", f->tag[i].weight);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	texts(w, "harms", f->harm, f->nharm);
	texts(w, "caveats", f->caveat, f->ncaveat);
	jsonw_name(w, "context");
	jsonw_array(w);
	for (size_t i = 0; i < f->ncontext; i++) {
		jsonw_object(w);
		jsonw_put_text(w, "kind", f->context[i].kind);
		jsonw_put_text(w, "text", f->context[i].text);
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
		jsonw_put_uint(w, "source", e->source);
		jsonw_put_uint(w, "offset", e->offset);
		jsonw_put_uint(w, "length", e->length);
		jsonw_name(w, "sha256");
		jsonw_hex(w, e->sha256, sizeof(e->sha256));
		if (e->as != EVIDENCE_SHOWS)
			jsonw_put_text(w, "as", evidence_as_text(e->as));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void finding_json(struct jsonw *w, const struct finding *f, const struct peers *peers)
{
	jsonw_object(w);
	jsonw_name(w, "id");
	jsonw_hex(w, f->id, sizeof(f->id));
	jsonw_put_text(w, "kind", f->kind);
	jsonw_put_text(w, "title", f->title);
	jsonw_put_text(w, "state", finding_state_text(f));
	jsonw_put_time(w, "first", f->first);
	jsonw_put_time(w, "last", f->last);
	real(w, "confidence", f->confidence);
	jsonw_name(w, "rule");
	if (f->rule) {
		jsonw_object(w);
		jsonw_put_text(w, "id", f->rule->id);
		jsonw_put_uint(w, "version", f->rule->version);
		jsonw_put_text(w, "text", f->rule->text);
		jsonw_object_end(w);
	} else {
		jsonw_null(w);
	}
	jsonw_put_text(w, "layer", f->layer);
	jsonw_put_text(w, "mechanism", f->mechanism);
	subject(w, f);
	jsonw_name(w, "actor");
	if (f->actor.role || f->actor.net.asn || f->actor.net.name) {
		jsonw_object(w);
		network_fields(w, &f->actor.net);
		jsonw_put_text(w, "role", f->actor.role);
		real(w, "confidence", f->actor.confidence);
		jsonw_put_text(w, "why", f->actor.why);
		jsonw_object_end(w);
	} else {
		jsonw_null(w);
	}
	networks(w, "victims", f->victim, f->nvictim);
	jsonw_name(w, "where");
	jsonw_object(w);
	texts(w, "countries", f->country, f->ncountry);
	networks(w, "asns", f->where, f->nwhere);
	jsonw_put_text(w, "hop", f->hop);
	jsonw_object_end(w);
	waves(w, f);
	jsonw_name(w, "seen_by");
	jsonw_object(w);
	jsonw_put_uint(w, "peers", f->peers);
	jsonw_put_uint(w, "of", f->of_peers);
	jsonw_object_end(w);
	networks(w, "carriers", f->carrier, f->ncarrier);
	paths(w, f, peers);
	believers(w, f, peers);
	grounds(w, f);
	jsonw_object_end(w);
}
