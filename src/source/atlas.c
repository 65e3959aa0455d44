/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * RIPE Atlas (https://atlas.ripe.net/docs/apis/): traceroute results as an array, as JSON lines,
 * or as one object keyed by measurement with lists of results; and lists of probes keyed by
 * network ({"9498": {"name": …, "probes": [{"id": 385}]}}), which tell where a probe stands. A
 * probe's own addresses are not kept.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fact/bogon.h"
#include "fact/trace.h"
#include "source/grow.h"
#include "source/rows.h"
#include "source/source.h"

#define HOPS_MAX 300

static int recognise(const uint8_t *at, size_t n)
{
	if (!json_opens(at, n))
		return 0;
	if (rows_has(at, n, "\"dst_addr\"") &&
	    (rows_has(at, n, "\"prb_id\"") || rows_has(at, n, "\"hop\"") ||
	     rows_has(at, n, "\"paris_id\"")))
		return 92;
	if (rows_has(at, n, "\"probes\"") && rows_has(at, n, "\"ipv4\"") &&
	    rows_has(at, n, "\"desc\""))
		return 70;
	return 0;
}

struct state {
	struct json j;
	bool probes;	 /* a list of probes by network */
	unsigned levels; /* of lists and objects that we went into */
	uint32_t asn;	 /* of the member that stands open in a list of probes */
	const char *name;
	struct trace trace;
	struct fact fact;
	bool done;
};

static bool open_atlas(struct reader *r, struct err *err)
{
	struct state *s = mem_zero(1, sizeof(*s));
	const uint8_t *at;
	size_t got;

	(void)err;
	at = stream_peek(r->in, 4096, &got);
	s->probes = rows_has(at, got, "\"probes\"") && !rows_has(at, got, "\"dst_addr\"");
	json_stream(&s->j, r->in);
	r->state = s;
	return true;
}

static void close_atlas(struct reader *r)
{
	struct state *s = r->state;

	json_free(&s->j);
	free(s);
}

static const char *text(struct arena *a, struct json *j)
{
	return json_text(j) ? arena_textn(a, j->text, j->ntext) : NULL;
}

static void read_replies(struct json *j, struct trace_hop *h)
{
	while (json_item(j)) {
		struct addr from = {0};
		bool has = false, error = false;
		double rtt = -1;
		char icmp = 0;

		if (j->token == JSON_ARRAY)
			json_leave(j);
		if (j->token != JSON_OBJECT)
			continue;
		while (json_key(j)) {
			if (json_is(j, "from")) {
				has = json_text(j) && addr_parse(j->text, j->ntext, &from);
			} else if (json_is(j, "rtt")) {
				rtt = json_real(j, -1);
			} else if (json_is(j, "err")) {
				/* A letter (RFC 792 codes) or a number. */
				enum json_token t = json_next(j);

				if (t == JSON_OBJECT || t == JSON_ARRAY)
					json_leave(j);
				if (t == JSON_STRING && j->ntext)
					icmp = j->text[0];
				error = true;
			} else if (json_is(j, "late")) {
				json_skip(j);
				has = false;
			}
		}
		(void)error;
		if (icmp && !h->icmp)
			h->icmp = icmp;
		if (!has)
			continue;
		if (!h->answered)
			h->from = from;
		h->answered = true;
		if (rtt >= 0 && rtt < 1e6 && (h->rtt < 0 || rtt * 1000 < (double)h->rtt))
			h->rtt = llround(rtt * 1000);
	}
}

static void read_hops(struct arena *a, struct json *j, struct trace *t)
{
	void *hops = NULL;
	size_t n = 0;

	if (json_next(j) != JSON_ARRAY) {
		if (j->token == JSON_OBJECT)
			json_leave(j);
		return;
	}
	while (json_item(j)) {
		struct trace_hop h = {.rtt = -1}, *slot;

		if (j->token == JSON_ARRAY)
			json_leave(j);
		if (j->token != JSON_OBJECT)
			continue;
		while (json_key(j)) {
			if (json_is(j, "hop")) {
				h.n = (uint8_t)json_u64(j, 255, 0);
			} else if (json_is(j, "result")) {
				if (json_next(j) == JSON_ARRAY)
					read_replies(j, &h);
				else if (j->token == JSON_OBJECT)
					json_leave(j);
			}
		}
		if (!h.n || n == HOPS_MAX)
			continue;
		slot = grow_push(a, &hops, &n, sizeof(h));
		*slot = h;
	}
	t->hop = hops;
	t->nhop = n;
}

/* One result; false: it is none of a traceroute. */
static bool read_trace(struct arena *a, struct json *j, struct trace *t)
{
	uint64_t msm = 0, probe = 0;
	bool responded = false, said = false, traceroute = false;

	*t = (struct trace){.time = TIME_NONE};
	while (json_key(j)) {
		if (json_is(j, "type")) {
			traceroute =
			    json_text(j) && j->ntext == 10 && !memcmp(j->text, "traceroute", 10);
		} else if (json_is(j, "msm_id")) {
			msm = json_u64(j, UINT64_MAX, 0);
		} else if (json_is(j, "prb_id")) {
			probe = json_u64(j, UINT64_MAX, 0);
		} else if (json_is(j, "timestamp")) {
			uint64_t v = json_u64(j, UINT32_MAX, 0);

			t->time = v ? (int64_t)v * SECOND : TIME_NONE;
		} else if (json_is(j, "from")) {
			t->has_from = json_text(j) && addr_parse(j->text, j->ntext, &t->from);
		} else if (json_is(j, "dst_name")) {
			t->target = text(a, j);
		} else if (json_is(j, "dst_addr")) {
			t->has_to = json_text(j) && addr_parse(j->text, j->ntext, &t->to);
		} else if (json_is(j, "proto")) {
			t->protocol = text(a, j);
		} else if (json_is(j, "destination_ip_responded")) {
			said = true;
			responded = json_bool(j, false);
		} else if (json_is(j, "result")) {
			read_hops(a, j, t);
		}
	}
	if (!traceroute || !t->has_to)
		return false;
	for (size_t i = 0; i < t->nhop; i++)
		if (t->hop[i].answered && t->hop[i].from.hi == t->to.hi &&
		    t->hop[i].from.lo == t->to.lo && t->hop[i].from.v6 == t->to.v6)
			t->reached = true;
	if (said && responded)
		t->reached = true;
	t->id = arena_printf(a, "%llu/%llu", (unsigned long long)msm, (unsigned long long)probe);
	t->probe = arena_printf(a, "%llu", (unsigned long long)probe);
	return true;
}

static bool tell(struct reader *r, struct state *s, struct facts *out, uint64_t offset,
		 uint64_t length, const uint8_t *at)
{
	rows_fact(r, out, &s->fact, offset, length, at);
	r->tally.records++;
	if (s->fact.kind == FACT_GARBLED) {
		r->tally.skipped++;
	} else {
		r->tally.decoded++;
		r->tally.facts++;
	}
	return true;
}

static bool refuse(struct reader *r, struct state *s, struct facts *out, uint64_t offset,
		   uint64_t length, const char *why, bool skipped, bool cut)
{
	s->fact = (struct fact){.kind = FACT_GARBLED,
				.garbled = {.offset = offset,
					    .length = length,
					    .why = arena_text(&r->scratch, why),
					    .skipped = skipped,
					    .cut = cut}};
	if (cut)
		r->tally.cut = true;
	return tell(r, s, out, offset, length, NULL);
}

static bool bad(struct reader *r, struct state *s, struct facts *out)
{
	uint64_t at = 0;
	const char *why = json_why(&s->j, &at);

	s->done = true;
	why = why ? why : "not JSON";
	return refuse(r, s, out, at, 0, why, false, strstr(why, "ends within") != NULL);
}

/* A probe of a list of probes by network. */
static bool probe(struct reader *r, struct state *s, struct facts *out, uint64_t offset)
{
	struct json *j = &s->j;
	uint64_t id = 0;

	while (json_key(j))
		if (json_is(j, "id"))
			id = json_u64(j, UINT64_MAX, 0);
	if (j->why)
		return bad(r, s, out);
	s->fact =
	    (struct fact){.kind = FACT_PROBE,
			  .probe = {.id = arena_printf(&r->scratch, "%llu", (unsigned long long)id),
				    .asn = s->asn,
				    .name = s->name ? s->name : ""}};
	return tell(r, s, out, offset, j->end - offset, NULL);
}

static bool next_probe(struct reader *r, struct state *s, struct facts *out)
{
	struct json *j = &s->j;

	/* {"ASN": {"name": …, "probes": [ {…}, … ]}, …} */
	for (;;) {
		enum json_token t;

		if (s->levels == 3) {
			if (json_item(j)) {
				if (j->token == JSON_OBJECT)
					return probe(r, s, out, j->offset);
				if (j->token == JSON_ARRAY)
					json_leave(j);
				continue;
			}
			if (j->why)
				return bad(r, s, out);
			s->levels = 2;
			continue;
		}
		if (s->levels == 2) {
			if (!json_key(j)) {
				if (j->why)
					return bad(r, s, out);
				s->levels = 1;
				continue;
			}
			if (!json_is(j, "probes"))
				continue;
			t = json_next(j);
			if (t == JSON_ARRAY)
				s->levels = 3;
			else if (t == JSON_OBJECT)
				json_leave(j);
			continue;
		}
		if (s->levels == 1) {
			uint32_t asn = 0;

			if (!json_key(j)) {
				if (j->why)
					return bad(r, s, out);
				s->levels = 0;
				continue;
			}
			(void)rows_asn(j->key, j->nkey, &asn);
			s->asn = asn;
			t = json_next(j);
			if (t == JSON_OBJECT)
				s->levels = 2;
			else if (t == JSON_ARRAY)
				json_leave(j);
			continue;
		}
		t = json_next(j);
		if (t == JSON_END)
			return false;
		if (t == JSON_BAD)
			return bad(r, s, out);
		if (t == JSON_OBJECT)
			s->levels = 1;
		else if (t == JSON_ARRAY)
			json_leave(j);
	}
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;
	struct json *j = &s->j;

	arena_reset(&r->scratch);
	if (s->done)
		return false;
	if (s->probes)
		return next_probe(r, s, out);
	for (;;) {
		enum json_token t = json_next(j);
		uint64_t offset = j->offset;
		struct json in;
		const uint8_t *at;
		uint64_t length;
		bool whole;

		if (t == JSON_END)
			return false;
		if (t == JSON_BAD)
			return bad(r, s, out);
		/* Lists, and an object keyed by measurement, are gone into. */
		if (t == JSON_ARRAY || t == JSON_ARRAY_END || t == JSON_OBJECT_END)
			continue;
		if (t != JSON_OBJECT)
			continue;
		if (j->depth == 1 && !j->key) {
			struct json peek;
			size_t got = (size_t)(j->stop - j->start);
			size_t from = (size_t)(offset - j->base);
			bool keyed = false;

			/* {"181670986": [ … ]}: its first name is a number. */
			json_of(&peek, j->start + from, got - from);
			json_next(&peek);
			if (json_key(&peek) && peek.nkey && peek.key[0] >= '0' &&
			    peek.key[0] <= '9')
				keyed = true;
			json_free(&peek);
			if (keyed)
				continue;
		}
		json_pin(j);
		json_leave(j);
		if (j->token == JSON_BAD)
			return bad(r, s, out);
		at = json_pinned(j);
		length = j->end - offset;
		json_unpin(j);
		json_of(&in, at, length);
		json_next(&in);
		whole = read_trace(&r->scratch, &in, &s->trace);
		json_free(&in);
		if (!whole)
			return refuse(r, s, out, offset, length, "a result that is no traceroute",
				      true, false);
		s->fact = (struct fact){.kind = FACT_TRACE, .trace = &s->trace};
		tell(r, s, out, offset, length, at);
		out->time = s->trace.time;
		return true;
	}
}

const struct source source_atlas = {
    .name = "atlas",
    .about = "RIPE Atlas traceroutes, and lists of its probes by network",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = recognise,
    .open = open_atlas,
    .next = next,
    .close = close_atlas,
};
