/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Censored Planet's raw rows (docs.censoredplanet.org): Hyperquack (echo, discard, HTTP, HTTPS;
 * versions 1 and 2) and Satellite (DNS, versions 1 and 2), one JSON object a line. The vantage is
 * a server in the network that is looked at, so a row is a measurement from there; its own
 * controls come in the same row. The tables that go with the results are counted only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fact/measurement.h"
#include "source/grow.h"
#include "source/jsonlines.h"
#include "source/rows.h"

static int recognise(const uint8_t *at, size_t n)
{
	static const char *const pairs[][2] = {
	    {"\"Server\":", "\"Keyword\":"},	  {"\"vp\":", "\"test_url\":"},
	    {"\"resolver\":", "\"query\":"},	  {"\"asname\":", "\"asnum\":"},
	    {"\"passed_liveness\":", "\"vp\":"},  {"\"keyword\":", "\"fetched\":"},
	    {"\"vp\":", "\"country_code\":"},	  {"\"resolver\":", "\"country\":"},
	    {"\"name\":", "\"resolver\":"},	  {"\"resolver\":", "\"non_zero_rcode\":"},
	    {"\"keyword\":", "\"status_line\":"},
	};

	if (!n || at[0] != '{')
		return 0;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (rows_has(at, n, pairs[i][0]) && rows_has(at, n, pairs[i][1]))
			return 55;
	return 0;
}

struct list {
	void *at;
	size_t n;
};

struct state {
	struct jsonlines lines;
	struct measurement m;
	struct fact fact;
	/* The row that is being read. */
	const char *vantage, *keyword, *service;
	struct list transaction, dns, key;
	bool hyperquack, satellite, judged;
};

static bool open_rows(struct reader *r, struct err *err)
{
	struct state *s = mem_zero(1, sizeof(*s));

	(void)err;
	jsonlines_open(&s->lines, r->in);
	r->state = s;
	return true;
}

static void close_rows(struct reader *r)
{
	struct state *s = r->state;

	jsonlines_close(&s->lines);
	free(s);
}

static const char *text(struct arena *a, struct json *j)
{
	return json_text(j) && j->ntext ? arena_textn(a, j->text, j->ntext) : NULL;
}

/* "2021-04-25 15:37:16.850234875 -0400 EDT m=+13035.1" and RFC 3339. */
static int64_t moment(struct json *j)
{
	char t[80];
	int64_t v;
	size_t n;
	int y, mo, d, h, mi, zone;
	double sec;

	if (!json_text(j) || j->ntext >= sizeof(t))
		return TIME_NONE;
	n = j->ntext;
	memcpy(t, j->text, n);
	t[n] = 0;
	if (text_to_time(t, n, &v))
		return v;
	if (sscanf(t, "%d-%d-%d %d:%d:%lf %d", &y, &mo, &d, &h, &mi, &sec, &zone) != 7)
		return TIME_NONE;
	snprintf(t, sizeof(t), "%04d-%02d-%02dT%02d:%02d:%02d%+03d:%02d", y, mo, d, h, mi, (int)sec,
		 zone / 100, abs(zone % 100));
	return text_to_time(t, strlen(t), &v) ? v : TIME_NONE;
}

/* Go's words for what went wrong as OONI's. */
static const char *failure_of(struct arena *a, const char *error)
{
	if (!error || !*error || !strcmp(error, "null"))
		return NULL;
	if (strstr(error, "reset by peer"))
		return "connection_reset";
	if (strstr(error, "timeout") || strstr(error, "deadline"))
		return "generic_timeout_error";
	if (strstr(error, "refused"))
		return "connection_refused";
	if (strstr(error, "no route") || strstr(error, "unreachable"))
		return "host_unreachable";
	if (strstr(error, "EOF"))
		return "eof_error";
	if (strstr(error, "Incorrect") || strstr(error, "Received response") ||
	    strstr(error, "match"))
		return NULL; /* an answer came, another one than the server gives for itself */
	return arena_printf(a, "unknown_failure: %s", error);
}

/* A page as an object, or the bytes that came as a text. */
static void read_received(struct arena *a, struct json *j, struct transaction *x)
{
	struct list headers = {0};
	enum json_token t = json_next(j);

	if (t == JSON_ARRAY)
		json_leave(j);
	if (t == JSON_STRING && j->ntext) {
		const char *sp;

		x->body = arena_copy(a, j->text, j->ntext);
		x->nbody = j->ntext;
		sp = memchr(j->text, ' ', j->ntext);
		x->code = j->ntext > 12 && !memcmp(j->text, "HTTP/", 5) && sp
			      ? atoi(arena_textn(a, sp + 1, 3))
			      : 200;
	}
	if (t != JSON_OBJECT)
		return;
	while (json_key(j)) {
		if (json_is(j, "status_line")) {
			const char *s = text(a, j);

			x->code = s ? atoi(s) : 0;
		} else if (json_is(j, "headers")) {
			rows_json_headers(a, j, &headers.at, &headers.n, 256);
		} else if (json_is(j, "body")) {
			if (json_text(j)) {
				x->body = arena_copy(a, j->text, j->ntext);
				x->nbody = j->ntext;
			}
		}
	}
	x->header = headers.at;
	x->nheader = headers.n;
}

/* Hyperquack: one try. */
static void read_try(struct arena *a, struct json *j, struct state *s)
{
	struct transaction *x, one = {.seen = {.t0 = TIME_NONE, .t = TIME_NONE}, .method = "GET"};
	const char *error = NULL;
	bool control = false, matches = false;

	while (json_key(j)) {
		if (json_is(j, "Received") || json_is(j, "response"))
			read_received(a, j, &one);
		else if (json_is(j, "Error") || json_is(j, "error"))
			error = text(a, j);
		else if (json_is(j, "control_url"))
			control = text(a, j) != NULL;
		else if (json_is(j, "matches_template") || json_is(j, "Success"))
			matches = json_bool(j, false);
		else if (json_is(j, "StartTime") || json_is(j, "start_time")) {
			int64_t t = moment(j);

			if (s->m.time == TIME_NONE)
				s->m.time = t;
		}
	}
	if (control || s->transaction.n == 64)
		return;
	x = grow_push(a, &s->transaction.at, &s->transaction.n, sizeof(*x));
	*x = one;
	x->seen.failure = failure_of(a, error);
	/* What matches the server's own answer is not told again. */
	if (matches && !x->code)
		x->code = 200;
}

static void add_answer(struct arena *a, struct list *l, const char *s, size_t n, uint32_t asn)
{
	struct dns_answer *x;
	struct addr addr;

	if (!addr_parse(s, n, &addr) || l->n == 256)
		return;
	x = grow_push(a, &l->at, &l->n, sizeof(*x));
	*x = (struct dns_answer){
	    .type = addr.v6 ? "AAAA" : "A", .addr = addr, .has_addr = true, .asn = asn, .ttl = -1};
}

static const char *const rcodes[] = {NULL,
				     "dns_format_error",
				     "dns_servfail_error",
				     "dns_nxdomain_error",
				     "dns_notimp_error",
				     "dns_refused_error"};

/* {"192.0.2.1": ["ip", "asn"], "rcode": ["0"]}; matched tags prove an address. */
static void read_answers(struct arena *a, struct json *j, struct state *s, const char *failure)
{
	struct list answers = {0}, good = {0};
	struct dns_reply *q;
	enum json_token t = json_next(j);
	int rcode = -1;

	if (t == JSON_ARRAY) {
		/* Version 2: one object a query. */
		while (json_item(j)) {
			const char *error = NULL, *url = NULL;

			if (j->token == JSON_ARRAY)
				json_leave(j);
			if (j->token != JSON_OBJECT)
				continue;
			while (json_key(j)) {
				if (json_is(j, "url"))
					url = text(a, j);
				else if (json_is(j, "error"))
					error = text(a, j);
				else if (json_is(j, "rcode"))
					rcode = (int)json_u64(j, 255, 255);
				else if (json_is(j, "response")) {
					read_answers(a, j, s, error);
				}
			}
			if (s->dns.n && url) {
				q = (struct dns_reply *)s->dns.at + s->dns.n - 1;
				q->name = url;
				if (rcode > 0 && !q->seen.failure)
					q->seen.failure =
					    rcode < 6 ? rcodes[rcode] : "dns_other_error";
				if (error && strcmp(error, "null") && !q->seen.failure)
					q->seen.failure = failure_of(a, error);
			}
		}
		return;
	}
	if (t != JSON_OBJECT)
		return;
	while (json_key(j)) {
		char name[64];
		bool matched = false;
		uint32_t asn = 0;

		snprintf(name, sizeof(name), "%.*s", (int)(j->nkey < 60 ? j->nkey : 60), j->key);
		if (json_next(j) == JSON_ARRAY) {
			while (json_item(j)) {
				if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token != JSON_STRING)
					continue;
				if (!strcmp(name, "rcode"))
					rcode = atoi(arena_textn(a, j->text, j->ntext));
				else
					matched |= j->ntext != 7 || memcmp(j->text, "no_tags", 7);
			}
		} else if (j->token == JSON_OBJECT) {
			while (json_key(j)) {
				if (json_is(j, "asnum")) {
					asn = (uint32_t)json_u64(j, UINT32_MAX, 0);
				} else if (json_is(j, "matched")) {
					if (json_next(j) == JSON_ARRAY)
						while (json_item(j)) {
							if (j->token == JSON_OBJECT ||
							    j->token == JSON_ARRAY)
								json_leave(j);
							matched = true;
						}
					else if (j->token == JSON_OBJECT)
						json_leave(j);
				}
			}
		}
		add_answer(a, &answers, name, strlen(name), asn);
		if (matched)
			add_answer(a, &good, name, strlen(name), asn);
	}
	if (s->dns.n == 64)
		return;
	q = grow_push(a, &s->dns.at, &s->dns.n, sizeof(*q));
	*q = (struct dns_reply){.seen = {.t0 = TIME_NONE, .t = TIME_NONE},
				.via = DNS_SYSTEM,
				.engine = "udp",
				.type = "A",
				.answer = answers.at,
				.nanswer = answers.n,
				.rcode = (int16_t)rcode,
				.ip_ttl = -1};
	q->seen.failure = failure_of(a, failure);
	if (rcode > 0)
		q->seen.failure = rcode < 6 ? rcodes[rcode] : "dns_other_error";
	/* The answers that agree with the control resolvers' are what a control says. */
	if (good.n) {
		struct control *c = arena_zero(a, 1, sizeof(*c));
		struct control_addr *ca = arena_zero(a, good.n, sizeof(*ca));

		for (size_t i = 0; i < good.n; i++) {
			ca[i].addr = ((struct dns_answer *)good.at)[i].addr;
			ca[i].asn = ((struct dns_answer *)good.at)[i].asn;
			ca[i].answered = true;
		}
		c->name = "control resolvers";
		c->body_length = -1;
		c->dns = true;
		c->addr = ca;
		c->naddr = good.n;
		s->m.control = c;
		s->m.ncontrol = 1;
	}
}

static void keep_flag(struct arena *a, struct json *j, struct state *s, const char *name)
{
	struct member *m = grow_push(a, &s->key.at, &s->key.n, sizeof(*m));

	m->key = name;
	m->json = json_bool(j, false) ? "true" : "false";
	m->njson = strlen(m->json);
}

static void read_row(struct reader *r, struct state *s)
{
	struct arena *a = &r->scratch;
	struct json *j = &s->lines.json;

	while (json_key(j)) {
		if (json_is(j, "vp") || json_is(j, "Server") || json_is(j, "resolver")) {
			s->vantage = text(a, j);
		} else if (json_is(j, "Keyword") || json_is(j, "test_url") || json_is(j, "query")) {
			s->keyword = text(a, j);
		} else if (json_is(j, "service")) {
			s->service = text(a, j);
		} else if (json_is(j, "location")) {
			if (json_next(j) != JSON_OBJECT) {
				if (j->token == JSON_ARRAY)
					json_leave(j);
				continue;
			}
			while (json_key(j))
				if (json_is(j, "country_code") && json_text(j) && j->ntext == 2)
					memcpy(s->m.country, j->text, 2);
		} else if (json_is(j, "start_time")) {
			s->m.time = moment(j);
		} else if (json_is(j, "Results")) {
			s->hyperquack = true;
			if (json_next(j) != JSON_ARRAY) {
				if (j->token == JSON_OBJECT)
					json_leave(j);
				continue;
			}
			while (json_item(j)) {
				if (j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token == JSON_OBJECT)
					read_try(a, j, s);
			}
		} else if (json_is(j, "response") && s->service) {
			s->hyperquack = true;
			if (json_next(j) != JSON_ARRAY) {
				if (j->token == JSON_OBJECT)
					json_leave(j);
				continue;
			}
			while (json_item(j)) {
				if (j->token == JSON_ARRAY)
					json_leave(j);
				if (j->token == JSON_OBJECT)
					read_try(a, j, s);
			}
		} else if (json_is(j, "response") || json_is(j, "answers")) {
			read_answers(a, j, s, NULL);
			s->satellite = true;
		} else if (json_is(j, "anomaly") || json_is(j, "Blocked")) {
			s->judged = true;
			keep_flag(a, j, s, "anomaly");
		} else if (json_is(j, "passed")) {
			bool passed = json_bool(j, true);
			s->judged = true;
			struct member *m = grow_push(a, &s->key.at, &s->key.n, sizeof(*m));

			m->key = "anomaly";
			m->json = passed ? "false" : "true";
			m->njson = strlen(m->json);
		} else if (json_is(j, "controls_failed") || json_is(j, "FailSanity")) {
			keep_flag(a, j, s, "controls_failed");
		} else if (json_is(j, "connect_error")) {
			keep_flag(a, j, s, "connect_error");
		} else if (json_is(j, "excluded")) {
			keep_flag(a, j, s, "excluded");
		} else if (json_is(j, "stateful_block") || json_is(j, "StatefulBlock")) {
			keep_flag(a, j, s, "stateful_block");
		}
	}
}

static bool next(struct reader *r, struct facts *out)
{
	struct state *s = r->state;
	bool https;

	arena_reset(&r->scratch);
	switch (jsonlines_next(&s->lines, r, out)) {
	case JSONLINES_END:
		return false;
	case JSONLINES_GARBLED:
		return true;
	default:
		break;
	}
	s->m = (struct measurement){.time = TIME_NONE,
				    .test_start = TIME_NONE,
				    .runtime = -1,
				    .scores = {.blocking = -1,
					       .endpoints_ok = -1,
					       .endpoints_bad = -1,
					       .http_ok = -1,
					       .http_bad = -1}};
	s->vantage = s->keyword = s->service = NULL;
	s->transaction = s->dns = s->key = (struct list){0};
	s->hyperquack = s->satellite = s->judged = false;
	read_row(r, s);
	if (!jsonlines_whole(&s->lines, r, out))
		return true;
	if (!s->vantage || !s->keyword || !(s->hyperquack || s->satellite) || !s->judged) {
		jsonlines_refuse(&s->lines, r, out, "a row of a table that goes with the results",
				 true);
		return true;
	}
	https = s->service ? !strcmp(s->service, "https") : false;
	s->m.test = s->hyperquack ? "hyperquack" : "satellite";
	s->m.input = strstr(s->keyword, "://") ? s->keyword
					       : arena_printf(&r->scratch, "%s://%s",
							      https ? "https" : "http", s->keyword);
	s->m.id = arena_printf(&r->scratch, "%s/%s", s->vantage, s->keyword);
	s->m.network = s->vantage;
	for (size_t i = 0; i < s->transaction.n; i++)
		((struct transaction *)s->transaction.at)[i].url = s->m.input;
	for (size_t i = 0; i < s->dns.n; i++)
		if (!((struct dns_reply *)s->dns.at)[i].name)
			((struct dns_reply *)s->dns.at)[i].name = s->keyword;
	s->m.transaction = s->transaction.at;
	s->m.ntransaction = s->transaction.n;
	s->m.dns = s->dns.at;
	s->m.ndns = s->dns.n;
	s->m.key = s->key.at;
	s->m.nkey = s->key.n;
	s->fact = (struct fact){.kind = FACT_MEASUREMENT, .measurement = &s->m};
	out->time = s->m.time;
	out->fact = &s->fact;
	out->nfact = 1;
	r->tally.records++;
	r->tally.decoded++;
	r->tally.facts++;
	return true;
}

const struct source source_censoredplanet = {
    .name = "censored-planet",
    .about = "Censored Planet's rows: Hyperquack and Satellite",
    .class = SOURCE_EVENTS,
    .head = 2048,
    .recognise = recognise,
    .open = open_rows,
    .next = next,
    .close = close_rows,
};
