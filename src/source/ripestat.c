/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * RIPEstat's answers about routes: bgp-updates, bgplay and bgp-state
 * (https://stat.ripe.net/docs/02.data-api/), and what is cut out of them: a bare sequence of
 * their update or route objects.
 *
 * One update or route object is one record; its slice are the bytes from its { to its }. A peer
 * is named by source_id ("19-196.60.9.165": collector rrc19); its ASN is not told, the first one
 * of a path stands in, which is wrong for a route server that does not put itself there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "source/attrs.h"
#include "source/attrs_text.h"
#include "source/rows.h"
#include "source/source.h"

/* Where in the document the reader stands between two records. */
enum standing {
	AT_TOP,	  /* before a value at the top level */
	IN_WRAP,  /* in the answer's outer object */
	IN_DATA,  /* in its "data" */
	IN_LIST,  /* in a list of records within "data" */
	IN_ARRAY, /* in a list of records at the top level */
};

struct seat {
	uint64_t hash; /* of the source_id's text, 0 empty */
	uint16_t peer;
	bool known; /* the ASN is there */
};

struct ripestat {
	struct json json;
	struct attrs_table *attrs;
	enum standing place;
	int64_t start;	 /* of the answer: the time of the routes in a state */
	int64_t last;	 /* of the records so far */
	uint64_t torn;	 /* a fault was met here, and nothing was readable since; or UINT64_MAX */
	bool resync;	 /* after a fault in a document: commas and closing brackets are nothing */
	bool faulted;	 /* the stream's own fault was told */
	const char *why; /* of torn */

	/* The record in hand. */
	bool has_type, has_prefix, has_source, withdrawn, bad_prefix;
	int64_t time;
	struct prefix prefix;
	struct path_text path;
	bool has_path;
	struct community_text community;
	char source[80];
	size_t nsource;
	struct buf wire;

	struct seat *seat;
	size_t nseat, used; /* nseat is a power of two */
	struct route route;
	struct fact fact;
};

static int recognise(const uint8_t *at, size_t n)
{
	if (!json_opens(at, n))
		return 0;
	if (rows_has(at, n, "\"source_id\"") && rows_has(at, n, "\"target_prefix\""))
		return 95;
	if (rows_has(at, n, "\"data_call_name\"") &&
	    (rows_has(at, n, "\"bgp-updates\"") || rows_has(at, n, "\"bgplay\"") ||
	     rows_has(at, n, "\"bgp-state\"")))
		return 95;
	if (rows_has(at, n, "\"query_starttime\"") && rows_has(at, n, "\"updates\""))
		return 90;
	return 0;
}

static bool ripestat_open(struct reader *r, struct err *err)
{
	struct ripestat *s = mem_zero(1, sizeof(*s));

	(void)err;
	json_stream(&s->json, r->in);
	s->attrs = attrs_new(0);
	s->last = TIME_NONE;
	s->start = r->since ? r->since : TIME_NONE;
	s->torn = UINT64_MAX;
	s->nseat = 256;
	s->seat = mem_zero(s->nseat, sizeof(*s->seat));
	r->state = s;
	return true;
}

static void ripestat_close(struct reader *r)
{
	struct ripestat *s = r->state;

	json_free(&s->json);
	attrs_free(s->attrs);
	path_text_free(&s->path);
	community_text_free(&s->community);
	buf_free(&s->wire);
	free(s->seat);
	free(s);
}

/* A time as text or as seconds since 1970. */
static int64_t json_time(struct json *j)
{
	int64_t t;

	switch (json_next(j)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		json_leave(j);
		return TIME_NONE;
	case JSON_STRING:
	case JSON_NUMBER:
		return text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
	default:
		return TIME_NONE;
	}
}

static void keep_source(struct ripestat *s, struct json *j)
{
	if (!json_text(j) || j->ntext >= sizeof(s->source))
		return;
	memcpy(s->source, j->text, j->ntext);
	s->nsource = j->ntext;
	s->has_source = true;
}

static void keep_prefix(struct ripestat *s, struct json *j)
{
	s->has_prefix = json_text(j) && prefix_parse(j->text, j->ntext, &s->prefix);
	s->bad_prefix = !s->has_prefix;
}

/* A member that an update's "attrs" and a state's route have both. */
static bool member(struct ripestat *s, struct json *j)
{
	if (json_is(j, "source_id")) {
		keep_source(s, j);
	} else if (json_is(j, "target_prefix")) {
		keep_prefix(s, j);
	} else if (json_is(j, "path")) {
		s->has_path = true;
		path_text_json(&s->path, j);
	} else if (json_is(j, "community")) {
		community_text_json(&s->community, j);
	} else {
		return false;
	}
	return true;
}

/* "19-196.60.9.165" */
static bool peer_of(struct ripestat *s, struct reader *r, uint16_t *out)
{
	const char *dash = memchr(s->source, '-', s->nsource);
	struct peer p = {.asn = s->withdrawn ? 0 : s->path.first};
	uint64_t h, rrc;
	char name[16];
	size_t i;

	if (!dash || !text_to_u64(s->source, (size_t)(dash - s->source), 999, &rrc))
		return false;
	h = hash_bytes(s->source, s->nsource, 0) | 1;
	for (i = h & (s->nseat - 1); s->seat[i].hash; i = (i + 1) & (s->nseat - 1))
		if (s->seat[i].hash == h && (s->seat[i].known || !p.asn)) {
			*out = s->seat[i].peer;
			return true;
		} else if (s->seat[i].hash == h) {
			break;
		}
	if (!addr_parse(dash + 1, s->nsource - (size_t)(dash + 1 - s->source), &p.addr))
		return false;
	snprintf(name, sizeof(name), "rrc%02u", (unsigned)rrc);
	p.collector = name;
	*out = peers_place(r->peers, &p);
	if (!s->seat[i].hash && ++s->used * 2 > s->nseat) {
		/* Past what any collector has: start the memory of names again. */
		s->nseat = s->nseat < 65536 ? s->nseat * 4 : s->nseat;
		free(s->seat);
		s->seat = mem_zero(s->nseat, sizeof(*s->seat));
		s->used = 1;
		i = h & (s->nseat - 1);
	}
	s->seat[i] = (struct seat){h, *out, p.asn != 0};
	return true;
}

static void garbled(struct ripestat *s, struct facts *out, uint64_t offset, uint64_t end,
		    const char *why, bool cut)
{
	s->fact = (struct fact){.kind = FACT_GARBLED,
				.garbled = {.offset = offset,
					    .length = end > offset ? end - offset : 0,
					    .why = why,
					    .cut = cut}};
	*out = (struct facts){.time = s->last, .fact = &s->fact, .nfact = 1};
	out->slice.offset = offset;
	out->slice.length =
	    s->fact.garbled.length > UINT32_MAX ? UINT32_MAX : (uint32_t)s->fact.garbled.length;
}

static void record_reset(struct ripestat *s)
{
	s->has_type = s->has_prefix = s->has_source = s->withdrawn = s->has_path = false;
	s->bad_prefix = false;
	s->time = TIME_NONE;
	path_text_reset(&s->path);
	community_text_reset(&s->community);
}

/* The record that was read, its bytes pinned, becomes facts. */
static void record_done(struct ripestat *s, struct reader *r, uint64_t offset, struct facts *out)
{
	struct json *j = &s->json;
	const char *why = NULL;
	uint64_t length = j->end - offset;

	path_text_done(&s->path);
	s->route = (struct route){.prefix = s->prefix, .safi = 1};
	r->tally.records++;
	if (!s->has_source || !peer_of(s, r, &s->route.peer))
		why = "an update without a source_id of the form NUMBER-ADDRESS";
	else if (s->bad_prefix)
		why = "an update whose target_prefix is none";
	else if (!s->has_prefix)
		why = "an update without a target_prefix";
	else if (s->has_type && s->time == TIME_NONE)
		why = "an update without a time";
	else if (s->path.bad)
		why = "an AS path with something in it that is no ASN";
	else if (length > UINT32_MAX)
		why = "a record of more than 4 GiB";
	if (why) {
		r->tally.skipped++;
		garbled(s, out, offset, j->end, why, false);
		out->slice.at = json_pinned(j);
		return;
	}
	if (s->withdrawn) {
		s->route.kind = ROUTE_WITHDRAW;
	} else {
		s->route.kind = s->has_type ? ROUTE_ANNOUNCE : ROUTE_TABLE;
		buf_reset(&s->wire);
		attrs_put(&s->wire, ATTR_AS_PATH, s->path.value.at, s->path.value.len);
		if (s->community.plain.len)
			attrs_put(&s->wire, ATTR_COMMUNITIES, s->community.plain.at,
				  s->community.plain.len);
		if (s->community.large.len)
			attrs_put(&s->wire, ATTR_LARGE_COMMUNITIES, s->community.large.at,
				  s->community.large.len);
		s->route.attrs = attrs_intern(s->attrs, (const uint8_t *)s->wire.at, s->wire.len,
					      ATTRS_ASN4 | ATTRS_PARTIAL);
	}
	if (!s->has_type)
		s->time = s->time == TIME_NONE ? s->start : s->time;
	if (s->time != TIME_NONE)
		s->last = s->time;
	r->tally.decoded++;
	r->tally.routes++;
	*out = (struct facts){
	    .time = s->time,
	    .slice = {.offset = offset, .length = (uint32_t)length, .at = json_pinned(j)},
	    .route = &s->route,
	    .nroute = 1,
	};
}

/*
 * The members of an object whose { was read: a record, or (with whole) perhaps the answer itself,
 * which is entered at its "data". Returns 1: a record, 0: entered or nothing of ours, -1: bad.
 */
static int object(struct ripestat *s, bool whole)
{
	struct json *j = &s->json;
	bool mine = false;

	record_reset(s);
	while (json_key(j)) {
		if (whole && json_is(j, "data")) {
			json_unpin(j);
			if (json_next(j) == JSON_OBJECT) {
				s->place = IN_DATA;
				return 0;
			}
			if (j->token == JSON_ARRAY)
				json_leave(j);
		} else if (json_is(j, "attrs")) {
			mine = true;
			if (json_next(j) == JSON_OBJECT) {
				while (json_key(j))
					if (!member(s, j))
						json_skip(j);
			} else if (j->token == JSON_ARRAY) {
				json_leave(j);
			}
		} else if (json_is(j, "type")) {
			s->has_type = json_text(j) && j->ntext == 1 &&
				      (j->text[0] == 'A' || j->text[0] == 'W');
			s->withdrawn = s->has_type && j->text[0] == 'W';
		} else if (json_is(j, "timestamp")) {
			s->time = json_time(j);
		} else if (member(s, j)) {
			mine = true;
		} else {
			json_skip(j);
		}
	}
	if (j->token == JSON_BAD)
		return -1;
	return mine || !whole;
}

/* After a fault: on to the next line that may begin a record. */
static bool recover(struct ripestat *s)
{
	s->resync = s->resync || s->place != AT_TOP;
	s->place = AT_TOP;
	return json_recover(&s->json);
}

static bool ripestat_next(struct reader *r, struct facts *out)
{
	struct ripestat *s = r->state;
	struct json *j = &s->json;
	uint64_t offset = 0, at;

	attrs_turn(s->attrs);
	json_unpin(j);
	for (;;) {
		const char *why;
		int kind = 0;

		switch (s->place) {
		case AT_TOP:
			switch (json_next(j)) {
			case JSON_END:
				goto end;
			case JSON_ARRAY:
				s->place = IN_ARRAY;
				continue;
			case JSON_OBJECT:
				json_pin(j);
				offset = j->offset;
				kind = object(s, true);
				if (!kind)
					json_unpin(j);
				break;
			default: /* a value that is none of ours */
				if (j->token == JSON_BAD)
					kind = -1;
				break;
			}
			break;
		case IN_ARRAY:
		case IN_LIST:
			if (!json_item(j)) {
				if (j->token == JSON_BAD) {
					kind = -1;
					break;
				}
				s->place = s->place == IN_LIST ? IN_DATA : AT_TOP;
				continue;
			}
			if (j->token != JSON_OBJECT) {
				if (j->token == JSON_ARRAY)
					json_leave(j);
				continue;
			}
			json_pin(j);
			offset = j->offset;
			kind = object(s, false);
			break;
		case IN_DATA:
			if (!json_key(j)) {
				if (j->token == JSON_BAD)
					kind = -1;
				else
					s->place = IN_WRAP;
				break;
			}
			if (json_is(j, "updates") || json_is(j, "events") ||
			    json_is(j, "bgp_state") || json_is(j, "initial_state")) {
				if (json_next(j) == JSON_ARRAY)
					s->place = IN_LIST;
				else if (j->token == JSON_OBJECT)
					json_leave(j);
			} else if (json_is(j, "query_starttime") || json_is(j, "timestamp")) {
				s->start = json_time(j);
			} else {
				json_skip(j);
			}
			break;
		case IN_WRAP:
			if (json_key(j))
				json_skip(j);
			else if (j->token == JSON_BAD)
				kind = -1;
			else
				s->place = AT_TOP;
			break;
		}
		if (kind == 1) {
			record_done(s, r, offset, out);
			break;
		}
		why = json_why(j, &at);
		if (!why)
			continue;
		/* Bad JSON. What lies between records of a torn document is nothing. */
		if (s->torn == UINT64_MAX && !(s->resync && s->place == AT_TOP && j->at < j->stop &&
					       strchr(",]}", *j->at))) {
			s->torn = at;
			s->why = why;
		}
		if (!recover(s))
			goto end;
	}
	out->slice.source = r->id;
	if (s->torn != UINT64_MAX && out->slice.offset > s->torn) {
		/* What was lost is told with the first record after it. */
		if (!out->nfact) {
			s->fact = (struct fact){
			    .kind = FACT_GARBLED,
			    .garbled = {.offset = s->torn,
					.length = out->slice.offset - s->torn,
					.why = s->why},
			};
			out->fact = &s->fact;
			out->nfact = 1;
			r->tally.records++;
			r->tally.skipped++;
		}
		s->torn = UINT64_MAX;
	}
	r->tally.facts += out->nfact;
	return true;
end:
	if (s->torn == UINT64_MAX && (s->faulted || !stream_fault(r->in)))
		return false;
	s->faulted = stream_fault(r->in) != NULL;
	at = stream_offset(r->in);
	if (s->torn == UINT64_MAX)
		garbled(s, out, at, at, "the compressed data end before their end", true);
	else
		garbled(s, out, s->torn, j->base + (uint64_t)(j->stop - j->start), s->why,
			s->faulted || !strncmp(s->why, "the input ends", 14));
	s->torn = UINT64_MAX;
	out->slice.source = r->id;
	r->tally.records++;
	r->tally.skipped++;
	r->tally.facts++;
	r->tally.cut |= s->fact.garbled.cut;
	return true;
}

extern const struct source source_ripestat;
const struct source source_ripestat = {
    .name = "ripestat",
    .about = "RIPEstat's bgp-updates, bgplay and bgp-state answers (JSON), whole or cut out of",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = recognise,
    .open = ripestat_open,
    .next = ripestat_next,
    .close = ripestat_close,
};
