/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tests that ask one thing many times or in several ways: pings of QUIC, TCP, TLS and DNS, checks
 * of a resolver, of Encrypted Client Hello, of middleboxes by their hop. Where a test brings its
 * own control (echcheck, tlsmiddlebox) that is what is judged by; where it has none, an answer
 * shows that the way is open, and its absence shows nothing, since the server may be dead.
 */
#include <string.h>

#include "base/json.h"
#include "finding/view.h"

static void unknown(struct verdict *out, const char *rule)
{
	out->naddr = 0;
	verdict_set(out, SITE_UNDETERMINED, rule, 0.5);
}

static bool in_group(const struct seen *s, const char *group)
{
	size_t n = strlen(group);

	return s->group && !strncmp(s->group, group, n) && (!s->group[n] || s->group[n] == '/');
}

static void answer_or_not(struct verdict *out, unsigned ok, unsigned bad)
{
	if (ok)
		verdict_set(out, SITE_OPEN, "net.answers", 0.85);
	else
		unknown(out, bad ? "site.undetermined.no-control" : "site.undetermined.no-data");
}

/* Version negotiation, as responses to each ping (ts-031). */
static void quic_ping(const struct measurement *m, struct verdict *out)
{
	const struct member *k = measurement_key(m, "pings");
	unsigned ok = 0, bad = 0;
	struct json j;

	if (k) {
		json_of(&j, k->json, k->njson);
		if (json_next(&j) == JSON_ARRAY)
			while (json_item(&j)) {
				bool answered = false;

				if (j.token == JSON_ARRAY)
					json_leave(&j);
				if (j.token != JSON_OBJECT)
					continue;
				while (json_key(&j)) {
					if (!json_is(&j, "responses")) {
						json_skip(&j);
						continue;
					}
					if (json_next(&j) != JSON_ARRAY)
						continue;
					while (json_item(&j)) {
						answered = true;
						if (j.token == JSON_OBJECT || j.token == JSON_ARRAY)
							json_leave(&j);
					}
				}
				ok += answered;
				bad += !answered;
			}
		json_free(&j);
	}
	answer_or_not(out, ok, bad);
}

static void pings(const struct measurement *m, struct verdict *out)
{
	unsigned ok = 0, bad = 0;

	for (size_t i = 0; i < m->nhandshake; i++)
		if (in_group(&m->handshake[i].seen, "pings")) {
			ok += !m->handshake[i].seen.failure;
			bad += m->handshake[i].seen.failure != NULL;
		}
	for (size_t i = 0; i < m->nconnect && strcmp(m->test, "tlsping"); i++)
		if (in_group(&m->connect[i].seen, "pings")) {
			ok += !m->connect[i].seen.failure;
			bad += m->connect[i].seen.failure != NULL;
		}
	for (size_t i = 0; i < m->ndns; i++)
		if (in_group(&m->dns[i].seen, "pings")) {
			ok += !m->dns[i].seen.failure;
			bad += m->dns[i].seen.failure != NULL;
		}
	answer_or_not(out, ok, bad);
}

/* A resolver at each of its addresses (ts-028). One that answers is open; all addresses that
 * fail are a failure like a site's, to be held against other networks. */
static void resolver_check(const struct measurement *m, struct verdict *out)
{
	unsigned ok = 0, bad = 0;
	const char *failure = NULL, *step = "dns";

	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (!in_group(&q->seen, "lookups") || failure_is_local(q->seen.failure))
			continue;
		ok += !q->seen.failure;
		bad += q->seen.failure != NULL;
		if (q->seen.failure)
			failure = q->seen.failure;
	}
	for (size_t i = 0; i < m->nconnect && !ok; i++)
		if (in_group(&m->connect[i].seen, "lookups") && m->connect[i].seen.failure &&
		    !failure_is_local(m->connect[i].seen.failure)) {
			step = "tcp";
			failure = m->connect[i].seen.failure;
			verdict_addr(out, m->connect[i].addr);
		}
	for (size_t i = 0; i < m->nhandshake && !ok; i++)
		if (in_group(&m->handshake[i].seen, "lookups") && m->handshake[i].seen.failure) {
			step = "tls";
			failure = m->handshake[i].seen.failure;
		}
	if (ok || bad < 2) {
		answer_or_not(out, ok, bad);
		return;
	}
	verdict_set(out, SITE_BLOCKED, "tool.endpoints", 0.6);
	verdict_add(out, mechanism_of(step, failure), 0.6);
	verdict_who(out, WHO_ACCESS, 0.4);
	out->bare = true;
}

static bool with_ech(const struct handshake *h)
{
	for (size_t i = 0; i < h->seen.nextra; i++)
		if (!strcmp(h->seen.extra[i].key, "echconfig") &&
		    strncmp(h->seen.extra[i].json, "\"\"", 2) &&
		    strncmp(h->seen.extra[i].json, "null", 4))
			return true;
	return h->hello == HELLO_ECH;
}

/* The same name at the same address, with and without ECH (ts-039). */
static void ech(const struct measurement *m, struct verdict *out)
{
	unsigned plain_ok = 0, plain_bad = 0, ech_ok = 0, ech_bad = 0;
	const char *failure = NULL;

	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];
		bool bad = h->seen.failure && !failure_is_certificate(h->seen.failure);

		if (failure_is_local(h->seen.failure))
			continue;
		if (!with_ech(h)) {
			plain_ok += !bad;
			plain_bad += bad;
			continue;
		}
		ech_ok += !bad;
		ech_bad += bad;
		if (bad) {
			failure = h->seen.failure;
			verdict_addr(out, h->addr);
		}
	}
	if (ech_bad && !ech_ok && plain_ok) {
		const char *what = mechanism_of("tls", failure);

		verdict_set(out, SITE_BLOCKED, "site.tls.ech", ech_bad > 1 ? 0.9 : 0.8);
		verdict_add(out,
			    !strcmp(what, "tls.reset")	? "tls.ech-reset"
			    : !strcmp(what, "tls.drop") ? "tls.ech-drop"
							: what,
			    out->confidence);
		verdict_who(out, WHO_ACCESS, 0.4);
		out->trigger = "ech";
		out->trigger_why = "the same hello without an ECH extension passes at the same "
				   "address";
		out->proven = ech_bad > 1;
		out->bare = !out->proven;
	} else {
		answer_or_not(out, ech_ok, ech_bad + plain_bad);
	}
}

/* ---- ts-037: hellos that die on the way ---- */

struct trace_of {
	struct ttl_probe probe[64];
	size_t n;
	char name[256];
};

static void read_handshake(struct json *j, struct ttl_probe *p)
{
	char failure[64] = "", error[64] = "";

	while (json_key(j)) {
		char *to = json_is(j, "failure") ? failure : json_is(j, "so_error") ? error : NULL;

		if (!to) {
			json_skip(j);
			continue;
		}
		if (!json_text(j))
			continue;
		if (j->ntext < 64) {
			memcpy(to, j->text, j->ntext);
			to[j->ntext] = 0;
		}
	}
	p->answer = !strcmp(failure, "connection_reset")	? TTL_RESET
		    : strstr(failure, "eof")			? TTL_FIN
		    : !*failure || !strncmp(failure, "ssl_", 4) ? TTL_DATA
		    : strstr(error, "host_unreachable")		? TTL_EXCEEDED
								: TTL_SILENCE;
}

static void read_trace(struct json *j, bool control, struct trace_of *out)
{
	while (json_key(j)) {
		if (json_is(j, "server_name")) {
			if (json_text(j) && j->ntext < sizeof(out->name)) {
				memcpy(out->name, j->text, j->ntext);
				out->name[j->ntext] = 0;
			}
			continue;
		}
		if (!json_is(j, "iterations")) {
			json_skip(j);
			continue;
		}
		if (json_next(j) != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			struct ttl_probe p = {.layer = "tls", .control = control, .ip_ttl = -1};

			if (j->token == JSON_ARRAY)
				json_leave(j);
			if (j->token != JSON_OBJECT)
				continue;
			while (json_key(j)) {
				if (json_is(j, "ttl"))
					p.ttl = (uint8_t)json_u64(j, 255, 0);
				else if (!json_is(j, "handshake"))
					json_skip(j);
				else if (json_next(j) == JSON_OBJECT)
					read_handshake(j, &p);
			}
			if (p.ttl && out->n < 64)
				out->probe[out->n++] = p;
		}
	}
}

static bool reaches(const struct trace_of *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->probe[i].answer == TTL_DATA)
			return true;
	return false;
}

static void middlebox(struct arena *a, const struct knowledge *k, const struct measurement *m,
		      struct verdict *out)
{
	const struct member *key = measurement_key(m, "iterative_trace");
	struct trace_of *t = arena_zero(a, 2, sizeof(*t));
	struct json j;
	bool seen = false;

	if (key) {
		json_of(&j, key->json, key->njson);
		if (json_next(&j) == JSON_ARRAY)
			while (json_item(&j)) {
				if (j.token == JSON_ARRAY)
					json_leave(&j);
				if (j.token != JSON_OBJECT)
					continue;
				/* The first address that has both traces is enough. */
				while (json_key(&j)) {
					bool control = json_is(&j, "control_trace");

					if ((!control && !json_is(&j, "target_trace")) || seen)
						json_skip(&j);
					else if (json_next(&j) == JSON_OBJECT)
						read_trace(&j, control, &t[control]);
				}
				seen = t[0].n && t[1].n;
				if (!seen)
					t[0].n = t[1].n = 0;
			}
		json_free(&j);
	}
	out->controls = 1;
	if (!seen || !reaches(&t[1])) {
		unknown(out, seen ? "site.undetermined.no-control" : "site.undetermined.no-data");
	} else if (reaches(&t[0])) {
		verdict_set(out, SITE_OPEN, "net.answers", 0.8);
	} else {
		struct measurement copy = *m;
		struct ttl_probe *all = arena_zero(a, t[0].n + t[1].n, sizeof(*all));
		struct view v;
		bool reset = false;

		memcpy(all, t[1].probe, t[1].n * sizeof(*all));
		memcpy(all + t[1].n, t[0].probe, t[0].n * sizeof(*all));
		copy.ttl_probe = all;
		copy.nttl_probe = t[0].n + t[1].n;
		for (size_t i = 0; i < t[0].n; i++)
			reset |= t[0].probe[i].answer == TTL_RESET;
		verdict_set(out, SITE_BLOCKED, "site.tls.name", 0.85);
		verdict_add(out, reset ? "tls.sni-reset" : "tls.sni-drop", 0.85);
		out->trigger = "name";
		out->trigger_why = "a neutral name to the same address gets through";
		out->proven = true;
		view_of(&v, a, k, &copy, t[0].name, true);
		judge_where(&v, out);
	}
}

/* ts-026: its verdicts were given up by OONI for its false alarms; only the gateways count. */
static void riseup(const struct measurement *m, struct verdict *out)
{
	const struct member *state = measurement_key(m, "transport_status");
	unsigned ok = 0, bad = 0, pins = 0;

	for (size_t i = 0; i < m->nconnect; i++) {
		if (failure_is_local(m->connect[i].seen.failure) || m->connect[i].port == 443)
			continue;
		ok += !m->connect[i].seen.failure;
		bad += m->connect[i].seen.failure != NULL;
	}
	for (size_t i = 0; i < m->ntransaction; i++)
		pins += failure_is_certificate(m->transaction[i].seen.failure);
	if (ok || (state && memmem(state->json, state->njson, "\"ok\"", 4)))
		verdict_set(out, SITE_OPEN, "tool.open", 0.8);
	else if (pins)
		unknown(out, "tool.pins");
	else
		unknown(out, bad ? "tool.start" : "site.undetermined.no-data");
}

bool judge_ping(struct arena *a, const struct knowledge *k, const struct measurement *m,
		struct verdict *out)
{
	static const struct {
		const char *test;
		void (*judge)(const struct measurement *m, struct verdict *out);
	} tests[] = {
	    {"quicping", quic_ping}, {"simplequicping", pings}, {"tcpping", pings},
	    {"tlsping", pings},	     {"dnsping", pings},	{"dnscheck", resolver_check},
	    {"echcheck", ech},	     {"riseupvpn", riseup},
	};

	if (!strcmp(m->test, "tlsmiddlebox")) {
		middlebox(a, k, m, out);
		return true;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (strcmp(m->test, tests[i].test))
			continue;
		if (!strcmp(m->test, "riseupvpn")) {
			out->tool = true;
			if (!out->input)
				out->input = "Riseup VPN";
		}
		tests[i].judge(m, out);
		return true;
	}
	return false;
}
