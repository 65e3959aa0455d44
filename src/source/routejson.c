/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes as JSON objects, one route each, as the field's tools print them: monocle and bgpkit
 * ("peer_ip", "as_path"), pybgpstream scripts ("peer_address", "as-path"), and short forms of
 * these ("pfx", "path", "ts"). One a line, or in an array.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "source/attrs.h"
#include "source/attrs_text.h"
#include "source/jsonlines.h"
#include "source/rows.h"
#include "source/source.h"

struct routejson {
	struct jsonlines lines;
	struct attrs_table *attrs;
	struct path_text path;
	struct community_text community;
	struct buf wire;
	struct route route;
	struct fact fact;

	/* The object in hand. */
	char kind; /* A, W, R (a table's entry), S (a state), 0 not told */
	int64_t time;
	struct peer peer;
	struct prefix prefix;
	struct addr next_hop;
	char collector[48], state[16];
	bool has_peer, has_prefix, bad_prefix, has_next_hop, has_path, has_med, has_pref;
	uint32_t med, pref;
	int origin; /* -1 not told */
};

static int recognise(const uint8_t *at, size_t n)
{
	if (!json_opens(at, n))
		return 0;
	if (!rows_has(at, n, "\"prefix\"") && !rows_has(at, n, "\"pfx\""))
		return 0;
	if (!rows_has(at, n, "\"as_path\"") && !rows_has(at, n, "\"as-path\"") &&
	    !rows_has(at, n, "\"path\""))
		return 0;
	return rows_has(at, n, "\"peer_ip\"") || rows_has(at, n, "\"peer_address\"") ? 75 : 0;
}

static bool routejson_open(struct reader *r, struct err *err)
{
	struct routejson *s = mem_zero(1, sizeof(*s));

	(void)err;
	jsonlines_open(&s->lines, r->in);
	s->attrs = attrs_new(0);
	r->state = s;
	return true;
}

static void routejson_close(struct reader *r)
{
	struct routejson *s = r->state;

	jsonlines_close(&s->lines);
	attrs_free(s->attrs);
	path_text_free(&s->path);
	community_text_free(&s->community);
	buf_free(&s->wire);
	free(s);
}

/* A number or a text that is one. */
static bool number(struct json *j, uint32_t *v)
{
	uint64_t u;

	if (!rows_json_u64(j, UINT32_MAX, &u))
		return false;
	*v = (uint32_t)u;
	return true;
}

static void when(struct routejson *s, struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT || t == JSON_ARRAY)
		json_leave(j);
	if ((t != JSON_NUMBER && t != JSON_STRING) || !text_to_time(j->text, j->ntext, &s->time))
		s->time = TIME_NONE;
}

static void what(struct routejson *s, struct json *j)
{
	char word[16];

	json_text_into(j, word, sizeof(word));
	if (!strcasecmp(word, "A") || !strcasecmp(word, "announce") ||
	    !strcasecmp(word, "announcement"))
		s->kind = 'A';
	else if (!strcasecmp(word, "W") || !strcasecmp(word, "withdraw") ||
		 !strcasecmp(word, "withdrawal"))
		s->kind = 'W';
	else if (!strcasecmp(word, "R") || !strcasecmp(word, "rib"))
		s->kind = 'R';
	else if (!strcasecmp(word, "S") || !strcasecmp(word, "state"))
		s->kind = 'S';
}

static void member(struct routejson *s, struct json *j)
{
	if (json_is(j, "type") || json_is(j, "elem_type")) {
		what(s, j);
	} else if (json_is(j, "W")) {
		if (json_bool(j, false))
			s->kind = 'W';
	} else if (json_is(j, "timestamp") || json_is(j, "time") || json_is(j, "ts")) {
		when(s, j);
	} else if (json_is(j, "collector")) {
		json_text_into(j, s->collector, sizeof(s->collector));
	} else if (json_is(j, "peer_ip") || json_is(j, "peer_address")) {
		s->has_peer = json_text(j) && addr_parse(j->text, j->ntext, &s->peer.addr);
	} else if (json_is(j, "peer_asn")) {
		if (!number(j, &s->peer.asn))
			s->peer.asn = 0;
	} else if (json_is(j, "prefix") || json_is(j, "pfx")) {
		s->has_prefix = json_text(j) && prefix_parse(j->text, j->ntext, &s->prefix);
		s->bad_prefix = !s->has_prefix && j->token == JSON_STRING;
	} else if (json_is(j, "as_path") || json_is(j, "as-path") || json_is(j, "path")) {
		path_text_reset(&s->path);
		path_text_json(&s->path, j);
		s->has_path = true;
	} else if (json_is(j, "communities") || json_is(j, "comm")) {
		community_text_json(&s->community, j);
	} else if (json_is(j, "next_hop") || json_is(j, "next-hop")) {
		s->has_next_hop = json_text(j) && addr_parse(j->text, j->ntext, &s->next_hop);
	} else if (json_is(j, "med")) {
		s->has_med = number(j, &s->med);
	} else if (json_is(j, "local_pref")) {
		s->has_pref = number(j, &s->pref);
	} else if (json_is(j, "origin")) {
		char word[16];

		json_text_into(j, word, sizeof(word));
		s->origin = !strcasecmp(word, "igp")	      ? 0
			    : !strcasecmp(word, "egp")	      ? 1
			    : !strcasecmp(word, "incomplete") ? 2
							      : -1;
	} else if (json_is(j, "new-state") || json_is(j, "new_state")) {
		json_text_into(j, s->state, sizeof(s->state));
	} else {
		json_skip(j);
	}
}

static const struct attrs *attrs_of(struct routejson *s)
{
	struct buf *w = &s->wire;

	buf_reset(w);
	if (s->origin >= 0)
		attrs_put_u8(w, ATTR_ORIGIN, (uint8_t)s->origin);
	attrs_put(w, ATTR_AS_PATH, s->path.value.at, s->path.value.len);
	if (s->has_next_hop)
		attrs_put_next_hop(w, s->next_hop);
	if (s->has_med)
		attrs_put_u32(w, ATTR_MED, s->med);
	if (s->has_pref)
		attrs_put_u32(w, ATTR_LOCAL_PREF, s->pref);
	if (s->community.plain.len)
		attrs_put(w, ATTR_COMMUNITIES, s->community.plain.at, s->community.plain.len);
	if (s->community.large.len)
		attrs_put(w, ATTR_LARGE_COMMUNITIES, s->community.large.at, s->community.large.len);
	return attrs_intern(s->attrs, (const uint8_t *)w->at, w->len, ATTRS_ASN4);
}

static bool routejson_next(struct reader *r, struct facts *out)
{
	struct routejson *s = r->state;
	struct json *j = &s->lines.json;
	const char *why = NULL;

	attrs_turn(s->attrs);
	switch (jsonlines_next(&s->lines, r, out)) {
	case JSONLINES_END:
		return false;
	case JSONLINES_GARBLED:
		return true;
	case JSONLINES_OBJECT:
		break;
	}
	s->kind = 0;
	s->time = TIME_NONE;
	s->peer = (struct peer){0};
	s->collector[0] = s->state[0] = '\0';
	s->has_peer = s->has_prefix = s->bad_prefix = s->has_next_hop = s->has_path = false;
	s->has_med = s->has_pref = false;
	s->origin = -1;
	path_text_reset(&s->path);
	community_text_reset(&s->community);
	while (json_key(j))
		member(s, j);
	if (!jsonlines_whole(&s->lines, r, out))
		return true;
	path_text_done(&s->path);
	/* Without a type: what has no time stands in a table, what has no path is withdrawn. */
	if (!s->kind)
		s->kind = s->time == TIME_NONE ? 'R' : s->path.n ? 'A' : 'W';
	if (!s->has_peer)
		why = "a route without the address of its peer";
	else if (s->kind != 'S' && !s->has_prefix)
		why = s->bad_prefix ? "a prefix that is none" : "a route without a prefix";
	else if (s->path.bad)
		why = "an AS path with something in it that is no ASN";
	else if (s->time == TIME_NONE && s->kind != 'R')
		why = "an update without a time";
	else if ((s->kind == 'A' || s->kind == 'R') && !s->has_path)
		why = "a route without an AS path";
	if (why) {
		jsonlines_refuse(&s->lines, r, out, why, false);
		return true;
	}
	s->peer.collector = s->collector;
	if (s->peer.asn) {
		s->route.peer = peers_intern(r->peers, &s->peer);
	} else {
		s->peer.asn = s->kind == 'W' ? 0 : s->path.first;
		s->route.peer = peers_place(r->peers, &s->peer);
	}
	out->time = s->time;
	r->tally.records++;
	r->tally.decoded++;
	if (s->kind == 'S') {
		s->fact =
		    (struct fact){.kind = FACT_SESSION,
				  .session = {.peer = s->route.peer,
					      .to = !strcasecmp(s->state, "established") ? 6 : 1}};
		out->fact = &s->fact;
		out->nfact = 1;
		r->tally.facts++;
		return true;
	}
	s->route = (struct route){
	    .prefix = s->prefix,
	    .peer = s->route.peer,
	    .kind = s->kind == 'A'   ? ROUTE_ANNOUNCE
		    : s->kind == 'W' ? ROUTE_WITHDRAW
				     : ROUTE_TABLE,
	    .attrs = s->kind == 'W' ? NULL : attrs_of(s),
	    .safi = 1,
	};
	out->route = &s->route;
	out->nroute = 1;
	r->tally.routes++;
	return true;
}

extern const struct source source_routejson;
const struct source source_routejson = {
    .name = "routejson",
    .about = "routes as JSON objects, as monocle, bgpkit and pybgpstream scripts print them",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = recognise,
    .open = routejson_open,
    .next = routejson_next,
    .close = routejson_close,
};
