/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * OONI measurements as they are stored and served: one JSON object, JSON lines, an array, a
 * collector's envelope, the API's lists with scores. One value after another is framed from the
 * stream and read in memory.
 */
#include "source/ooni.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fact/scrub.h"
#include "source/rows.h"
#include "source/source.h"

struct state {
	struct json j;
	bool array; /* within a top-level array */
	bool done;
	uint64_t start, length; /* of the value at hand */
	const uint8_t *at;
	/* A list within the value at hand. */
	struct json inner;
	const char *inner_start;
	bool listing;
	uint32_t list_asn; /* of a member "AS123" that the list stands in */
	unsigned depth;	   /* of the list's nesting */
	struct measurement m;
	struct fact fact;
};

static int recognise(const uint8_t *at, size_t n)
{
	static const char *const words[] = {
	    "\"test_keys\"",	    "\"probe_asn\"",
	    "\"probe_cc\"",	    "\"measurement_start_time\"",
	    "\"test_name\"",	    "\"data_format_version\"",
	    "\"report_id\"",	    "\"software_name\"",
	    "\"annotations\"",	    "\"measurement_uid\"",
	    "\"blocking_general\"", "\"anomaly_count\"",
	};
	size_t i = 0;
	int score = 0;

	while (i < n && (at[i] == ' ' || at[i] == '\n' || at[i] == '\r' || at[i] == '\t' ||
			 at[i] == 0xef || at[i] == 0xbb || at[i] == 0xbf))
		i++;
	if (i == n || (at[i] != '{' && at[i] != '['))
		return 0;
	for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
		if (rows_has(at, n, words[w]))
			score++;
	return score >= 2 ? 90 : score == 1 ? 45 : 0;
}

static bool open_ooni(struct reader *r, struct err *err)
{
	struct state *s = mem_zero(1, sizeof(*s));
	const uint8_t *at;
	size_t got;

	(void)err;
	at = stream_peek(r->in, 3, &got);
	if (got >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		stream_skip(r->in, 3);
	json_stream(&s->j, r->in);
	r->state = s;
	return true;
}

static void close_ooni(struct reader *r)
{
	struct state *s = r->state;

	if (!s)
		return;
	json_free(&s->j);
	if (s->listing)
		json_free(&s->inner);
	free(s);
	r->state = NULL;
}

static bool garbled(struct reader *r, struct state *s, struct facts *out, uint64_t offset,
		    uint64_t length, const char *why, bool skipped, bool cut)
{
	s->fact = (struct fact){.kind = FACT_GARBLED,
				.garbled = {.offset = offset,
					    .length = length,
					    .why = arena_text(&r->scratch, why),
					    .skipped = skipped,
					    .cut = cut}};
	rows_fact(r, out, &s->fact, offset, length, NULL);
	r->tally.records++;
	r->tally.skipped++;
	if (cut)
		r->tally.cut = true;
	return true;
}

/* After bad JSON: on from the next line that opens an object, or to the end. */
static void resync(struct reader *r, struct state *s, uint64_t bad)
{
	uint64_t at = stream_offset(r->in);
	size_t got;
	const uint8_t *p;

	json_free(&s->j);
	s->array = false;
	for (;;) {
		const uint8_t *nl;
		size_t from = bad > at ? (size_t)(bad - at) : 0;

		p = stream_peek(r->in, from + 65536, &got);
		if (got <= from) {
			stream_skip(r->in, got);
			break;
		}
		nl = memmem(p + from, got - from, "\n{", 2);
		if (nl) {
			stream_skip(r->in, (size_t)(nl - p) + 1);
			break;
		}
		if (got < from + 65536) {
			stream_skip(r->in, got);
			break;
		}
		stream_skip(r->in, got - 1);
		at = stream_offset(r->in);
	}
	json_stream(&s->j, r->in);
}

/* Frames the next value of the file. False at the end; *why is set when it is bad. */
static bool frame(struct reader *r, struct state *s, const char **why)
{
	enum json_token t;

	*why = NULL;
	for (;;) {
		if (s->array) {
			if (!json_item(&s->j)) {
				s->array = false;
				if (s->j.token != JSON_BAD)
					continue;
			}
			t = s->j.token;
		} else {
			t = json_next(&s->j);
		}
		if (t == JSON_END)
			return false;
		if (t == JSON_BAD) {
			uint64_t bad = 0;

			*why = arena_text(&r->scratch, json_why(&s->j, &bad));
			s->start = bad;
			s->length = 0;
			resync(r, s, bad);
			return true;
		}
		if (t == JSON_ARRAY && !s->array) {
			s->array = true;
			continue;
		}
		break;
	}
	s->start = s->j.offset;
	json_pin(&s->j);
	if (t == JSON_OBJECT || t == JSON_ARRAY)
		json_leave(&s->j);
	if (s->j.token == JSON_BAD) {
		uint64_t bad = 0;

		*why = arena_text(&r->scratch, json_why(&s->j, &bad));
		/* A value that is never closed would swallow all lines after it. */
		resync(r, s, s->start + 1);
		s->length = stream_offset(r->in) - s->start;
		return true;
	}
	s->at = json_pinned(&s->j);
	s->length = s->j.end - s->start;
	json_unpin(&s->j);
	return true;
}

static bool give(struct reader *r, struct state *s, struct facts *out, uint64_t offset,
		 uint64_t length, const uint8_t *at)
{
	struct scrub own = {0};

	/* Most archives replace it; one that did not must not be told on. */
	if (!r->keep_addresses && scrub_own(&own, &s->m))
		scrub_measurement(&r->scratch, &own, &s->m);
	s->fact = (struct fact){.kind = FACT_MEASUREMENT, .measurement = &s->m};
	rows_fact(r, out, &s->fact, offset, length, at);
	out->time = s->m.time;
	r->tally.records++;
	r->tally.decoded++;
	r->tally.facts++;
	return true;
}

/* "20260623T062401Z_telegram_IN_55836_n4_…" names the test and the network of a row of scores. */
static void name_from_report(struct reader *r, struct measurement *m)
{
	char test[64], cc[8];
	unsigned asn;

	if (!m->report_id || sscanf(m->report_id, "%*[^_]_%63[^_]_%7[^_]_%u_", test, cc, &asn) != 3)
		return;
	if (!m->test)
		m->test = arena_text(&r->scratch, test);
	if (!m->country[0] && strlen(cc) == 2)
		memcpy(m->country, cc, 2);
	if (!m->asn)
		m->asn = asn;
}

/* The next row of the list within the value at hand; false when it is through. */
static bool list_next(struct reader *r, struct state *s, struct facts *out)
{
	struct json *j = &s->inner;

	for (;;) {
		enum json_token t = json_next(j);
		const char *start, *why;
		struct blob inner;
		size_t n;
		uint64_t offset;

		if (t == JSON_END || t == JSON_BAD)
			break;
		if (t == JSON_ARRAY || t == JSON_ARRAY_END || t == JSON_OBJECT_END)
			continue;
		if (t != JSON_OBJECT)
			continue;
		start = s->inner_start + j->offset;
		if (j->depth == 1) {
			/* {"AS123": [rows], …}: go in by its names. */
			struct json probe;
			bool rows = false;

			json_of(&probe, start, (size_t)(j->stop - start));
			json_next(&probe);
			if (json_key(&probe) && probe.nkey > 2 && probe.key[0] == 'A' &&
			    probe.key[1] == 'S')
				rows = true;
			json_free(&probe);
			if (rows)
				continue;
		}
		json_leave(j);
		if (j->token == JSON_BAD)
			break;
		n = (size_t)(s->inner_start + j->end - start);
		offset = s->start;
		if ((const uint8_t *)start >= s->at && (const uint8_t *)start < s->at + s->length)
			offset += (uint64_t)((const uint8_t *)start - s->at);
		switch (ooni_measurement(&r->scratch, start, n, &s->m, &inner, &why)) {
		case OONI_MEASUREMENT:
		case OONI_SCORES:
			name_from_report(r, &s->m);
			return give(r, s, out, offset, n, (const uint8_t *)start);
		case OONI_COUNTS:
			return garbled(r, s, out, offset, n,
				       "counts of measurements, which say nothing of a single one",
				       true, false);
		case OONI_BAD:
			return garbled(r, s, out, offset, n, why, false, false);
		default:
			return garbled(r, s, out, offset, n, "a JSON object that is no measurement",
				       true, false);
		}
	}
	json_free(&s->inner);
	s->listing = false;
	return false;
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;

	arena_reset(&r->scratch);
	for (;;) {
		struct blob inner = {0};
		const char *why;

		if (s->listing) {
			if (list_next(r, s, out))
				return true;
			continue;
		}
		if (!frame(r, s, &why))
			return false;
		if (why) {
			bool cut = strstr(why, "ends within") != NULL;

			return garbled(r, s, out, s->start, s->length, why, false, cut);
		}
		switch (ooni_measurement(&r->scratch, (const char *)s->at, s->length, &s->m, &inner,
					 &why)) {
		case OONI_MEASUREMENT:
		case OONI_SCORES:
			name_from_report(r, &s->m);
			return give(r, s, out, s->start, s->length, s->at);
		case OONI_ENVELOPE:
			s->listing = true;
			s->inner_start = (const char *)inner.at;
			json_of(&s->inner, inner.at, inner.n);
			break;
		case OONI_BAD:
			return garbled(r, s, out, s->start, s->length, why, false, false);
		default:
			return garbled(r, s, out, s->start, s->length,
				       "a JSON object that is no measurement", true, false);
		}
	}
}

const struct source source_ooni = {
    .name = "ooni",
    .about = "OONI measurements: JSON, JSON lines, report envelopes, lists of scores",
    .class = SOURCE_EVENTS,
    .head = 8192,
    .recognise = recognise,
    .open = open_ooni,
    .next = next,
    .close = close_ooni,
};
