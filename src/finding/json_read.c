/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "finding/json.h"

struct in {
	struct json j;
	struct arena *a;
	struct peers *peers;
	const char *why; /* what is no part of a finding; NULL while all is well */
};

/* Elements are gathered here, then copied into the arena. */
#define GATHER(in, at, n, type, body)                                               \
	do {                                                                        \
		type *list_ = NULL;                                                 \
		size_t n_ = 0, cap_ = 0;                                            \
		if (json_next(&(in)->j) == JSON_ARRAY) {                            \
			while (json_item(&(in)->j)) {                               \
				mem_room(&list_, &cap_, n_ + 1);                    \
				memset(&list_[n_], 0, sizeof(*list_));              \
				type *x = &list_[n_++];                             \
				body;                                               \
			}                                                           \
		}                                                                   \
		(at) = n_ ? arena_copy((in)->a, list_, n_ * sizeof(*list_)) : NULL; \
		(n) = n_;                                                           \
		free(list_);                                                        \
	} while (0)

static const char *text(struct in *in)
{
	return json_text(&in->j) ? arena_textn(in->a, in->j.text, in->j.ntext) : NULL;
}

static const char *item_text(struct in *in)
{
	if (in->j.token == JSON_STRING)
		return arena_textn(in->a, in->j.text, in->j.ntext);
	if (in->j.token == JSON_OBJECT || in->j.token == JSON_ARRAY)
		json_leave(&in->j);
	in->why = "a list of texts has something else in it";
	return "";
}

static int64_t when(struct in *in)
{
	int64_t t;

	if (!json_text(&in->j))
		return TIME_NONE;
	if (!text_to_time(in->j.text, in->j.ntext, &t)) {
		in->why = "a time that is none";
		return TIME_NONE;
	}
	return t;
}

static uint32_t u32(struct in *in)
{
	return (uint32_t)json_u64(&in->j, UINT32_MAX, 0);
}

static void digest(struct in *in, uint8_t *out, size_t n)
{
	if (!json_text(&in->j) || !text_unhex(in->j.text, in->j.ntext, out, n))
		in->why = "a digest that is none";
}

/* One member of a network; false: it is another's. */
static bool network_member(struct in *in, struct network *net)
{
	if (json_is(&in->j, "asn")) {
		net->asn = u32(in);
	} else if (json_is(&in->j, "name")) {
		net->name = text(in);
	} else if (json_is(&in->j, "country")) {
		if (json_text(&in->j) && in->j.ntext == 2) {
			memcpy(net->country, in->j.text, 2);
			net->country[2] = 0;
		}
	} else {
		return false;
	}
	return true;
}

/* An element of an array must be an object. */
static bool object(struct in *in)
{
	if (in->j.token == JSON_OBJECT)
		return true;
	if (in->j.token == JSON_ARRAY)
		json_leave(&in->j);
	in->why = "a list of objects has something else in it";
	return false;
}

static void network(struct in *in, struct network *net)
{
	if (object(in))
		while (json_key(&in->j))
			if (!network_member(in, net))
				json_skip(&in->j);
}

static void networks(struct in *in, struct network **at, size_t *n)
{
	GATHER(in, *at, *n, struct network, network(in, x));
}

static void texts(struct in *in, const char ***at, size_t *n)
{
	GATHER(in, *at, *n, const char *, *x = item_text(in));
}

static struct prefix prefix(struct in *in)
{
	struct prefix p = {0};

	if (!json_text(&in->j) || !prefix_parse(in->j.text, in->j.ntext, &p))
		in->why = "a prefix that is none";
	return p;
}

static void subject_prefix(struct in *in, struct finding_prefix *p)
{
	p->first = p->last = p->withdrawn = TIME_NONE;
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "prefix")) {
			p->prefix = prefix(in);
		} else if (json_is(&in->j, "kind")) {
			p->kind = text(in);
		} else if (json_is(&in->j, "rpki")) {
			const char *s = text(in);

			for (int r = ROV_NOT_FOUND; s && r <= ROV_INVALID; r++)
				if (!strcmp(s, finding_rov_text((enum rov_state)r)))
					p->rpki = (enum rov_state)r;
		} else if (json_is(&in->j, "rpki_why")) {
			p->rpki_why = text(in);
		} else if (json_is(&in->j, "victim")) {
			p->victim = u32(in);
		} else if (json_is(&in->j, "first")) {
			p->first = when(in);
		} else if (json_is(&in->j, "last")) {
			p->last = when(in);
		} else if (json_is(&in->j, "withdrawn")) {
			p->withdrawn = when(in);
		} else if (json_is(&in->j, "peers")) {
			p->peers = u32(in);
		} else {
			json_skip(&in->j);
		}
	}
}

static void subject(struct in *in, struct finding *f)
{
	if (json_next(&in->j) != JSON_OBJECT)
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "prefixes"))
			GATHER(in, f->prefix, f->nprefix, struct finding_prefix,
			       subject_prefix(in, x));
		else if (json_is(&in->j, "asns"))
			networks(in, &f->asn, &f->nasn);
		else if (json_is(&in->j, "urls"))
			texts(in, &f->url, &f->nurl);
		else
			json_skip(&in->j);
	}
}

static void actor(struct in *in, struct finding *f)
{
	if (json_next(&in->j) != JSON_OBJECT)
		return;
	while (json_key(&in->j)) {
		if (network_member(in, &f->actor.net))
			continue;
		if (json_is(&in->j, "role"))
			f->actor.role = text(in);
		else if (json_is(&in->j, "confidence"))
			f->actor.confidence = json_real(&in->j, 0);
		else if (json_is(&in->j, "why"))
			f->actor.why = text(in);
		else
			json_skip(&in->j);
	}
}

static void where(struct in *in, struct finding *f)
{
	if (json_next(&in->j) != JSON_OBJECT)
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "countries"))
			texts(in, &f->country, &f->ncountry);
		else if (json_is(&in->j, "asns"))
			networks(in, &f->where, &f->nwhere);
		else if (json_is(&in->j, "hop"))
			f->hop = text(in);
		else
			json_skip(&in->j);
	}
}

static void wave(struct in *in, struct wave *v)
{
	v->first = v->last = TIME_NONE;
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "first"))
			v->first = when(in);
		else if (json_is(&in->j, "last"))
			v->last = when(in);
		else if (json_is(&in->j, "prefixes"))
			v->prefixes = u32(in);
		else if (json_is(&in->j, "announcements"))
			v->announcements = u32(in);
		else if (json_is(&in->j, "withdrawals"))
			v->withdrawals = u32(in);
		else if (json_is(&in->j, "peers"))
			v->peers = u32(in);
		else
			json_skip(&in->j);
	}
}

/* A vantage point while its members come. */
struct point {
	struct addr addr;
	const char *collector;
	bool known;
};

static bool point_member(struct in *in, struct point *p)
{
	if (json_is(&in->j, "address")) {
		if (json_text(&in->j))
			p->known = addr_parse(in->j.text, in->j.ntext, &p->addr);
	} else if (json_is(&in->j, "collector")) {
		p->collector = text(in);
	} else {
		return false;
	}
	return true;
}

static uint16_t point_peer(struct in *in, const struct point *p, uint32_t asn)
{
	struct peer peer = {.addr = p->addr, .asn = asn, .collector = p->collector};

	if (!p->known || !in->peers)
		return 0;
	if (!peer.collector)
		peer.collector = "";
	return peers_intern(in->peers, &peer);
}

static void believer(struct in *in, struct believer *b)
{
	struct point p = {0};

	b->first = b->last = TIME_NONE;
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (point_member(in, &p) || network_member(in, &b->net))
			continue;
		if (json_is(&in->j, "first"))
			b->first = when(in);
		else if (json_is(&in->j, "last"))
			b->last = when(in);
		else if (json_is(&in->j, "stale"))
			b->stale = json_bool(&in->j, false);
		else
			json_skip(&in->j);
	}
	b->peer = point_peer(in, &p, b->net.asn);
}

static void level(struct in *in, struct level *l)
{
	uint64_t peers;

	l->time = TIME_NONE;
	if (in->j.token != JSON_ARRAY) {
		if (in->j.token == JSON_OBJECT)
			json_leave(&in->j);
		in->why = "a level that is no pair";
		return;
	}
	for (int i = 0; json_item(&in->j); i++) {
		if (!i && in->j.token == JSON_STRING) {
			if (!text_to_time(in->j.text, in->j.ntext, &l->time))
				in->why = "a time that is none";
		} else if (i == 1 && in->j.token == JSON_NUMBER &&
			   text_to_u64(in->j.text, in->j.ntext, UINT32_MAX, &peers)) {
			l->peers = (uint32_t)peers;
		} else {
			if (in->j.token == JSON_OBJECT || in->j.token == JSON_ARRAY)
				json_leave(&in->j);
			in->why = "a level that is no pair";
		}
	}
}

static void hop(struct in *in, uint32_t *asn)
{
	uint64_t v;

	if (in->j.token == JSON_OBJECT || in->j.token == JSON_ARRAY)
		json_leave(&in->j);
	if (in->j.token == JSON_NUMBER && text_to_u64(in->j.text, in->j.ntext, UINT32_MAX, &v))
		*asn = (uint32_t)v;
	else
		in->why = "a path with something else than ASNs";
}

/* The asn of a detour's peer is the first network of its path, as a BGP speaker sends it. */
static void detour(struct in *in, struct detour *d)
{
	struct point p = {0};

	if (!object(in))
		return;
	while (json_key(&in->j)) {
		uint32_t *hops;

		if (point_member(in, &p))
			continue;
		if (json_is(&in->j, "prefix")) {
			d->prefix = prefix(in);
		} else if (json_is(&in->j, "before")) {
			GATHER(in, hops, d->nbefore, uint32_t, hop(in, x));
			d->before = hops;
		} else if (json_is(&in->j, "after")) {
			GATHER(in, hops, d->nafter, uint32_t, hop(in, x));
			d->after = hops;
		} else {
			json_skip(&in->j);
		}
	}
	d->peer = point_peer(in, &p, d->nafter ? d->after[0] : d->nbefore ? d->before[0] : 0);
}

static void tag(struct in *in, struct tag *t)
{
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "id"))
			t->id = text(in);
		else if (json_is(&in->j, "text"))
			t->text = text(in);
		else if (json_is(&in->j, "weight"))
			t->weight = json_real(&in->j, 0);
		else
			json_skip(&in->j);
	}
}

static void context(struct in *in, struct context *c)
{
	c->source = UINT32_MAX;
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "kind"))
			c->kind = text(in);
		else if (json_is(&in->j, "text"))
			c->text = text(in);
		else if (json_is(&in->j, "source"))
			c->source = (uint32_t)json_u64(&in->j, UINT32_MAX, UINT32_MAX);
		else
			json_skip(&in->j);
	}
}

static void evidence(struct in *in, struct evidence *e)
{
	if (!object(in))
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "source"))
			e->source = u32(in);
		else if (json_is(&in->j, "offset"))
			e->offset = json_u64(&in->j, UINT64_MAX, 0);
		else if (json_is(&in->j, "length"))
			e->length = u32(in);
		else if (json_is(&in->j, "sha256"))
			digest(in, e->sha256, sizeof(e->sha256));
		else if (json_is(&in->j, "as"))
			e->as = evidence_as_of(text(in));
		else
			json_skip(&in->j);
	}
}

static void rule(struct in *in, struct finding *f)
{
	struct rule *r;

	if (json_next(&in->j) != JSON_OBJECT)
		return;
	r = arena_zero(in->a, 1, sizeof(*r));
	while (json_key(&in->j)) {
		if (json_is(&in->j, "id"))
			r->id = text(in);
		else if (json_is(&in->j, "version"))
			r->version = (uint16_t)json_u64(&in->j, UINT16_MAX, 0);
		else if (json_is(&in->j, "text"))
			r->text = text(in);
		else
			json_skip(&in->j);
	}
	f->rule = r;
}

static void state(struct in *in, struct finding *f)
{
	const char *s = text(in);
	struct finding like = {0};

	f->state = STATE_SITE;
	f->site_state = s;
	for (int i = 0; s && i < STATE_SITE; i++) {
		like.state = (enum finding_state)i;
		if (!strcmp(s, finding_state_text(&like))) {
			f->state = like.state;
			f->site_state = NULL;
		}
	}
}

static void seen_by(struct in *in, struct finding *f)
{
	if (json_next(&in->j) != JSON_OBJECT)
		return;
	while (json_key(&in->j)) {
		if (json_is(&in->j, "peers"))
			f->peers = u32(in);
		else if (json_is(&in->j, "of"))
			f->of_peers = u32(in);
		else
			json_skip(&in->j);
	}
}

static bool lists(struct in *in, struct finding *f)
{
	struct json *j = &in->j;

	if (json_is(j, "victims"))
		networks(in, &f->victim, &f->nvictim);
	else if (json_is(j, "carriers"))
		networks(in, &f->carrier, &f->ncarrier);
	else if (json_is(j, "waves"))
		GATHER(in, f->wave, f->nwave, struct wave, wave(in, x));
	else if (json_is(j, "paths"))
		GATHER(in, f->detour, f->ndetour, struct detour, detour(in, x));
	else if (json_is(j, "believers"))
		GATHER(in, f->believer, f->nbeliever, struct believer, believer(in, x));
	else if (json_is(j, "levels"))
		GATHER(in, f->level, f->nlevel, struct level, level(in, x));
	else if (json_is(j, "tags"))
		GATHER(in, f->tag, f->ntag, struct tag, tag(in, x));
	else if (json_is(j, "harms"))
		texts(in, &f->harm, &f->nharm);
	else if (json_is(j, "caveats"))
		texts(in, &f->caveat, &f->ncaveat);
	else if (json_is(j, "context"))
		GATHER(in, f->context, f->ncontext, struct context, context(in, x));
	else if (json_is(j, "evidence"))
		GATHER(in, f->evidence, f->nevidence, struct evidence, evidence(in, x));
	else
		return false;
	return true;
}

static void member(struct in *in, struct finding *f)
{
	struct json *j = &in->j;

	if (lists(in, f))
		return;
	if (json_is(j, "id"))
		digest(in, f->id, sizeof(f->id));
	else if (json_is(j, "kind"))
		f->kind = text(in);
	else if (json_is(j, "title"))
		f->title = text(in);
	else if (json_is(j, "state"))
		state(in, f);
	else if (json_is(j, "first"))
		f->first = when(in);
	else if (json_is(j, "last"))
		f->last = when(in);
	else if (json_is(j, "confidence"))
		f->confidence = json_real(j, 0);
	else if (json_is(j, "rule"))
		rule(in, f);
	else if (json_is(j, "layer"))
		f->layer = text(in);
	else if (json_is(j, "mechanism"))
		f->mechanism = text(in);
	else if (json_is(j, "subject"))
		subject(in, f);
	else if (json_is(j, "actor"))
		actor(in, f);
	else if (json_is(j, "where"))
		where(in, f);
	else if (json_is(j, "seen_by"))
		seen_by(in, f);
	else
		json_skip(j);
}

bool finding_read(struct findings *fs, const char *json, size_t n, struct peers *peers,
		  struct err *err)
{
	struct in in = {.a = &fs->arena, .peers = peers};
	struct finding *f = findings_add(fs);
	uint64_t at;
	const char *why;

	f->first = f->last = TIME_NONE;
	json_of(&in.j, json, n);
	if (json_next(&in.j) == JSON_OBJECT)
		while (json_key(&in.j))
			member(&in, f);
	else
		in.why = "it is no JSON object";
	if (!in.why && !json_why(&in.j, &at) && json_next(&in.j) != JSON_END)
		in.why = "something stands after it";
	why = json_why(&in.j, &at);
	if (!why && !in.why && (!f->kind || !f->title))
		in.why = "it has no kind or no title";
	json_free(&in.j);
	if (!why && !in.why)
		return true;
	fs->n--;
	return why ? err_set(err, "no finding: %s at byte %llu", why, (unsigned long long)at)
		   : err_set(err, "no finding: %s", in.why);
}
