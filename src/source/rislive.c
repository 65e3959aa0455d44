/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * RIS Live (https://ris-live.ripe.net/manual/): one JSON object a line, with or without the
 * {"type": "ris_message", "data": …} around it.
 *
 * A message carries the BGP bytes ("raw", when they were asked for) and RIS's own reading of
 * them. The bytes say more (large communities, OTC), so they are read when they agree with the
 * text on how many routes there are; else the text is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/attrs.h"
#include "source/attrs_text.h"
#include "source/bgp.h"
#include "source/jsonlines.h"
#include "source/rows.h"
#include "source/source.h"

struct told {
	struct prefix prefix;
	struct addr next_hop;
	bool withdrawn, has_next_hop;
};

struct rislive {
	struct jsonlines lines;
	struct attrs_table *attrs;
	struct bgp_out out;
	uint8_t hidden;

	/* The message in hand. */
	char type[32]; /* of the data: "UPDATE"; of the line when there is no data */
	char outer[32];
	char host[48];
	char state[24];
	int64_t time;
	struct peer peer;
	bool has_peer, has_data, bad_prefix;
	struct path_text path;
	struct community_text community;
	int origin; /* -1: none */
	bool has_med, has_aggregator;
	uint32_t med, aggregator_asn;
	struct addr aggregator;
	struct told *told;
	size_t ntold, told_cap;
	struct buf raw; /* the hexadecimal text, then its bytes */
	struct buf wire;
};

static int recognise(const uint8_t *at, size_t n)
{
	static const char *const words[] = {"\"ris_message\"", "\"ris_error\"", "\"ris_pong\"",
					    "\"ris_subscribe_ok\"", "\"RIS_PEER_STATE\""};
	if (!json_opens(at, n))
		return 0;
	for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
		if (memmem(at, n, words[k], strlen(words[k])))
			return 95;
	if (memmem(at, n, "\"peer_asn\"", 10) && memmem(at, n, "\"peer\"", 6) &&
	    (memmem(at, n, "\"announcements\"", 15) || memmem(at, n, "\"withdrawals\"", 13) ||
	     memmem(at, n, "\"raw\"", 5)))
		return 90;
	return 0;
}

static bool rislive_open(struct reader *r, struct err *err)
{
	struct rislive *s = mem_zero(1, sizeof(*s));

	(void)err;
	jsonlines_open(&s->lines, r->in);
	s->attrs = attrs_new(0);
	r->state = s;
	return true;
}

static void rislive_close(struct reader *r)
{
	struct rislive *s = r->state;

	jsonlines_close(&s->lines);
	attrs_free(s->attrs);
	bgp_out_free(&s->out);
	path_text_free(&s->path);
	community_text_free(&s->community);
	buf_free(&s->raw);
	buf_free(&s->wire);
	free(s->told);
	free(s);
}

static void tell(struct rislive *s, struct json *j, const struct told *as)
{
	struct told t = *as;

	if (!prefix_parse(j->text, j->ntext, &t.prefix)) {
		s->bad_prefix = true;
		return;
	}
	mem_room(&s->told, &s->told_cap, s->ntold + 1);
	s->told[s->ntold++] = t;
}

static void prefixes(struct rislive *s, struct json *j, const struct told *as)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT)
		json_leave(j);
	if (t != JSON_ARRAY)
		return;
	while (json_item(j)) {
		if (j->token == JSON_STRING)
			tell(s, j, as);
		else if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
			json_leave(j);
	}
}

/* [{"next_hop": "192.0.2.1", "prefixes": […]}, …]; the next hop may come after the prefixes. */
static void announcements(struct rislive *s, struct json *j)
{
	enum json_token t = json_next(j);

	if (t == JSON_OBJECT)
		json_leave(j);
	if (t != JSON_ARRAY)
		return;
	while (json_item(j)) {
		struct told as = {0};
		size_t from = s->ntold;

		if (j->token == JSON_ARRAY)
			json_leave(j);
		if (j->token != JSON_OBJECT)
			continue;
		while (json_key(j)) {
			if (json_is(j, "next_hop")) {
				/* "2001:db8::1,fe80::1": the global one counts. */
				if (json_text(j)) {
					const char *comma = memchr(j->text, ',', j->ntext);
					size_t n = comma ? (size_t)(comma - j->text) : j->ntext;

					as.has_next_hop = addr_parse(j->text, n, &as.next_hop);
				}
			} else if (json_is(j, "prefixes")) {
				prefixes(s, j, &as);
			} else {
				json_skip(j);
			}
		}
		for (size_t i = from; i < s->ntold; i++) {
			s->told[i].next_hop = as.next_hop;
			s->told[i].has_next_hop = as.has_next_hop;
		}
	}
}

/* "64496:192.0.2.1" or "64496 192.0.2.1" */
static void aggregator(struct rislive *s, struct json *j)
{
	uint64_t asn;
	size_t k = 0;

	if (!json_text(j))
		return;
	while (k < j->ntext && j->text[k] != ':' && j->text[k] != ' ')
		k++;
	s->has_aggregator = k < j->ntext && text_to_u64(j->text, k, UINT32_MAX, &asn) &&
			    addr_parse(j->text + k + 1, j->ntext - k - 1, &s->aggregator) &&
			    !s->aggregator.v6;
	s->aggregator_asn = s->has_aggregator ? (uint32_t)asn : 0;
}

static void member(struct rislive *s, struct json *j)
{
	uint64_t v;

	if (json_is(j, "timestamp")) {
		enum json_token t = json_next(j);

		if (t == JSON_OBJECT || t == JSON_ARRAY)
			json_leave(j);
		if ((t != JSON_NUMBER && t != JSON_STRING) ||
		    !text_to_time(j->text, j->ntext, &s->time))
			s->time = TIME_NONE;
	} else if (json_is(j, "peer")) {
		s->has_peer = json_text(j) && addr_parse(j->text, j->ntext, &s->peer.addr);
	} else if (json_is(j, "peer_asn")) {
		s->peer.asn = rows_json_u64(j, UINT32_MAX, &v) ? (uint32_t)v : 0;
	} else if (json_is(j, "host")) {
		json_text_into(j, s->host, sizeof(s->host));
		s->host[strcspn(s->host, ".")] = '\0';
	} else if (json_is(j, "state")) {
		json_text_into(j, s->state, sizeof(s->state));
	} else if (json_is(j, "path")) {
		path_text_reset(&s->path);
		path_text_json(&s->path, j);
	} else if (json_is(j, "community")) {
		community_text_json(&s->community, j);
	} else if (json_is(j, "origin")) {
		char word[16];

		json_text_into(j, word, sizeof(word));
		s->origin = !strcasecmp(word, "igp")	      ? 0
			    : !strcasecmp(word, "egp")	      ? 1
			    : !strcasecmp(word, "incomplete") ? 2
							      : -1;
	} else if (json_is(j, "med")) {
		s->has_med = rows_json_u64(j, UINT32_MAX, &v);
		s->med = s->has_med ? (uint32_t)v : 0;
	} else if (json_is(j, "aggregator")) {
		aggregator(s, j);
	} else if (json_is(j, "announcements")) {
		announcements(s, j);
	} else if (json_is(j, "withdrawals")) {
		prefixes(s, j, &(struct told){.withdrawn = true});
	} else if (json_is(j, "raw")) {
		buf_reset(&s->raw);
		if (json_text(j))
			buf_add(&s->raw, j->text, j->ntext);
	} else {
		json_skip(j);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The BGP message of `raw`, in place; false when it is none. */
static bool message(struct rislive *s, struct bytes *out)
{
	size_t n = s->raw.len / 2;

	if (s->raw.len % 2 || n < BGP_HEADER || n > 65535)
		return false;
	for (size_t i = 0; i < n; i++) {
		int a = hex_digit(s->raw.at[2 * i]), b = hex_digit(s->raw.at[2 * i + 1]);

		if (a < 0 || b < 0)
			return false;
		s->raw.at[i] = (char)(a << 4 | b);
	}
	*out = bytes_of(s->raw.at, n);
	bytes_skip(out, 16);
	return bytes_u16(out) == n;
}

/* Are the ASNs in this UPDATE's path four bytes long? */
static bool four_bytes(struct bytes body)
{
	size_t n;

	bytes_skip(&body, bytes_u16(&body));
	n = bytes_u16(&body);
	body = bytes_sub(&body, n);
	return body.bad || bgp_guess_asn4(body.at, n, true);
}

static bool from_raw(struct rislive *s, uint16_t peer, uint64_t offset)
{
	struct bgp_session session = {.attrs = s->attrs, .hidden = &s->hidden, .peer = peer};
	struct bytes b;

	s->hidden = 0;
	if (!s->raw.len || !message(s, &b) || bytes_u8(&b) != BGP_UPDATE)
		return false;
	session.asn4 = four_bytes(b);
	if (bgp_update(&session, b, offset, &s->out) && (!s->ntold || s->out.nroute == s->ntold))
		return true;
	/* With nothing else to go by, what the bytes say is what there is. */
	if (!s->ntold && s->out.nroute)
		return true;
	s->out.nroute = s->out.nfact = 0;
	return false;
}

static void from_text(struct rislive *s, uint16_t peer)
{
	const struct attrs *attrs = NULL;

	for (size_t i = 0; i < s->ntold; i++) {
		const struct told *t = &s->told[i];
		struct route route = {.prefix = t->prefix, .peer = peer, .safi = 1};

		route.kind = t->withdrawn ? ROUTE_WITHDRAW : ROUTE_ANNOUNCE;
		if (!t->withdrawn) {
			if (!attrs || !i || s->told[i - 1].withdrawn ||
			    memcmp(&t->next_hop, &s->told[i - 1].next_hop, sizeof(t->next_hop))) {
				buf_reset(&s->wire);
				if (s->origin >= 0)
					attrs_put_u8(&s->wire, ATTR_ORIGIN, (uint8_t)s->origin);
				attrs_put(&s->wire, ATTR_AS_PATH, s->path.value.at,
					  s->path.value.len);
				if (t->has_next_hop)
					attrs_put_next_hop(&s->wire, t->next_hop);
				if (s->has_med)
					attrs_put_u32(&s->wire, ATTR_MED, s->med);
				if (s->has_aggregator) {
					uint8_t v[20];

					for (int k = 0; k < 4; k++)
						v[k] = (uint8_t)(s->aggregator_asn >> (24 - 8 * k));
					addr_to_wire(s->aggregator, v + 4);
					attrs_put(&s->wire, ATTR_AGGREGATOR, v, 8);
				}
				if (s->community.plain.len)
					attrs_put(&s->wire, ATTR_COMMUNITIES, s->community.plain.at,
						  s->community.plain.len);
				if (s->community.large.len)
					attrs_put(&s->wire, ATTR_LARGE_COMMUNITIES,
						  s->community.large.at, s->community.large.len);
				attrs = attrs_intern(s->attrs, (const uint8_t *)s->wire.at,
						     s->wire.len, ATTRS_ASN4);
			}
			route.attrs = attrs;
		}
		mem_room(&s->out.route, &s->out.route_cap, s->out.nroute + 1);
		s->out.route[s->out.nroute++] = route;
	}
}

static void message_reset(struct rislive *s)
{
	s->type[0] = s->outer[0] = s->host[0] = s->state[0] = '\0';
	s->time = TIME_NONE;
	s->peer = (struct peer){0};
	s->has_peer = s->has_data = s->bad_prefix = s->has_med = s->has_aggregator = false;
	path_text_reset(&s->path);
	community_text_reset(&s->community);
	s->origin = -1;
	s->ntold = 0;
	buf_reset(&s->raw);
	s->out.nroute = s->out.nfact = 0;
}

static void add_fact(struct rislive *s, const struct fact *f)
{
	mem_room(&s->out.fact, &s->out.fact_cap, s->out.nfact + 1);
	s->out.fact[s->out.nfact++] = *f;
}

static bool rislive_next(struct reader *r, struct facts *out)
{
	struct rislive *s = r->state;
	struct json *j = &s->lines.json;
	const char *type;
	uint16_t peer;

	attrs_turn(s->attrs);
	switch (jsonlines_next(&s->lines, r, out)) {
	case JSONLINES_END:
		return false;
	case JSONLINES_GARBLED:
		return true;
	case JSONLINES_OBJECT:
		break;
	}
	message_reset(s);
	while (json_key(j)) {
		if (json_is(j, "data")) {
			enum json_token t = json_next(j);

			if (t == JSON_ARRAY)
				json_leave(j);
			s->has_data = t == JSON_OBJECT;
			while (s->has_data && json_key(j)) {
				if (json_is(j, "type"))
					json_text_into(j, s->type, sizeof(s->type));
				else
					member(s, j);
			}
		} else if (json_is(j, "type")) {
			json_text_into(j, s->outer, sizeof(s->outer));
		} else {
			member(s, j);
		}
	}
	if (!jsonlines_whole(&s->lines, r, out))
		return true;
	type = s->has_data && s->type[0] ? s->type : s->outer;
	if (!strncmp(s->outer, "ris_", 4) && strcmp(s->outer, "ris_message")) {
		jsonlines_refuse(&s->lines, r, out, "a message of RIS Live itself, not of a peer",
				 true);
		return true;
	}
	if (!s->has_peer || s->time == TIME_NONE) {
		jsonlines_refuse(&s->lines, r, out, "a message without its peer or its time",
				 false);
		return true;
	}
	s->peer.collector = s->host;
	peer = peers_intern(r->peers, &s->peer);
	if (!strcmp(type, "UPDATE")) {
		if (!from_raw(s, peer, s->lines.offset)) {
			path_text_done(&s->path);
			if (s->path.bad || s->bad_prefix) {
				jsonlines_refuse(&s->lines, r, out,
						 s->path.bad ? "an AS path with something in it "
							       "that is no ASN"
							     : "a prefix that is none",
						 false);
				return true;
			}
			from_text(s, peer);
		}
	} else if (!strcmp(type, "RIS_PEER_STATE")) {
		bool up = !strcmp(s->state, "connected") || !strcmp(s->state, "up") ||
			  !strcmp(s->state, "established");

		add_fact(s, &(struct fact){.kind = FACT_SESSION,
					   .session = {.peer = peer, .to = up ? 6 : 1}});
	} else if (strcmp(type, "OPEN") && strcmp(type, "KEEPALIVE") &&
		   strcmp(type, "NOTIFICATION") && strcmp(type, "STATE")) {
		jsonlines_refuse(&s->lines, r, out, "a message of a type that is not known", true);
		return true;
	}
	out->time = s->time;
	out->route = s->out.route;
	out->nroute = s->out.nroute;
	out->fact = s->out.fact;
	out->nfact = s->out.nfact;
	r->tally.records++;
	r->tally.decoded++;
	r->tally.routes += out->nroute;
	r->tally.facts += out->nfact;
	return true;
}

extern const struct source source_rislive;
const struct source source_rislive = {
    .name = "rislive",
    .about = "RIS Live messages (JSON, one a line)",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = recognise,
    .open = rislive_open,
    .next = rislive_next,
    .close = rislive_close,
};
