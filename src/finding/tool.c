/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tools that people rely on: many servers of one tool, tried at once. One dead server is no
 * blocking; all of them at once, or one part while the rest answers, is. Where a test only tells
 * its own conclusion, that is what is judged, and less surely.
 */
#include <string.h>

#include "finding/view.h"

struct count {
	unsigned ok, bad;
	const char *failure;
};

static bool key_is(const struct measurement *m, const char *key, const char *json)
{
	const struct member *k = measurement_key(m, key);

	return k && k->njson == strlen(json) && !memcmp(k->json, json, k->njson);
}

static struct count connects(const struct measurement *m, struct verdict *out)
{
	struct count c = {0};

	for (size_t i = 0; i < m->nconnect; i++) {
		const struct connect *x = &m->connect[i];

		if (failure_is_local(x->seen.failure) || x->addr.v6)
			continue;
		if (x->seen.failure) {
			c.bad++;
			c.failure = x->seen.failure;
			if (out)
				verdict_addr(out, x->addr);
		} else {
			c.ok++;
		}
	}
	return c;
}

static void open_tool(struct verdict *out)
{
	out->naddr = 0;
	verdict_set(out, SITE_OPEN, "tool.open", 0.9);
}

static void blocked(struct verdict *out, const char *rule, const char *mechanism, double confidence)
{
	verdict_set(out, SITE_BLOCKED, rule, confidence);
	if (mechanism)
		verdict_add(out, mechanism, confidence);
	verdict_who(out, WHO_ACCESS, 0.4);
	out->bare = true;
}

static void nothing(struct verdict *out, const char *rule)
{
	out->naddr = 0;
	verdict_set(out, SITE_UNDETERMINED, rule, 0.5);
}

/* The failure of a transaction to a host that holds `part`, NULL when it worked; *there: such a
 * transaction was made. */
static const char *web_failure(const struct measurement *m, const char *part, bool *there)
{
	const char *f = NULL;

	*there = false;
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (!x->url || !strstr(x->url, part))
			continue;
		*there = true;
		if (!x->seen.failure)
			return NULL;
		f = x->seen.failure;
	}
	return f;
}

/* The layer that a web part fails at: the handshake's failure says more than the transaction's. */
static const char *web_mechanism(const struct measurement *m, const char *part, const char *failure)
{
	if (strstr(failure, "dns"))
		return mechanism_of("dns", failure);
	for (size_t i = 0; i < m->nhandshake; i++)
		if (m->handshake[i].seen.failure && m->handshake[i].server_name &&
		    strstr(m->handshake[i].server_name, part))
			return mechanism_of("tls", m->handshake[i].seen.failure);
	return mechanism_of("tcp", failure);
}

/* What a control saw of an endpoint: 0 it accepts, 1 it does not, -1 not known. */
static int elsewhere(const struct measurement *m, const char *address)
{
	struct addr a;
	uint16_t port;
	int r = -1;

	if (!address || !endpoint_parse(address, &a, &port))
		return -1;
	for (size_t c = 0; c < m->ncontrol; c++)
		for (size_t i = 0; i < m->control[c].nendpoint; i++) {
			const struct control_endpoint *e = &m->control[c].endpoint[i];

			if (e->tcp && e->port == port && addr_same(e->addr, a) && r != 0)
				r = e->tcp_failure != NULL;
		}
	return r;
}

/* Targets of a protocol (NULL: of any): an answer in the tool's own words is all that counts. What
 * a control cannot reach either, and what says itself that it is not there, is dead. */
struct targets {
	unsigned ok, bad, alive; /* alive: of the bad, those that a control reached */
	const char *failure;
	bool words; /* the failures come after the connection stood */
};

static struct targets count_targets(const struct measurement *m, const char *protocol)
{
	struct targets c = {0};

	for (size_t i = 0; i < m->ntarget; i++) {
		const struct tool_target *t = &m->target[i];
		int there;
		struct addr a;
		uint16_t port;

		if (!t->protocol || (protocol && strcmp(t->protocol, protocol)) ||
		    failure_is_local(t->failure))
			continue;
		if (!t->failure) {
			c.ok++;
			continue;
		}
		there = elsewhere(m, t->address);
		if (there == 1 || (there < 0 && !strcmp(t->failure, "connection_refused")))
			continue;
		c.bad++;
		c.alive += there == 0;
		c.failure = t->failure;
		if (t->address && endpoint_parse(t->address, &a, &port))
			for (size_t k = 0; k < m->nconnect; k++)
				if (addr_same(m->connect[k].addr, a) && m->connect[k].port == port)
					c.words |= !m->connect[k].seen.failure;
	}
	return c;
}

static void bad_targets(const struct measurement *m, const char *protocol, struct verdict *out)
{
	for (size_t i = 0; i < m->ntarget; i++) {
		struct addr a;
		uint16_t port;

		if (m->target[i].failure && m->target[i].address &&
		    (!protocol || text_same(m->target[i].protocol, protocol)) &&
		    endpoint_parse(m->target[i].address, &a, &port))
			verdict_addr(out, a);
	}
}

/* How many helpers tried the same servers: each is asked once a port. */
static unsigned helpers(const struct measurement *m)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->ncontrol; i++) {
		bool known = m->control[i].failure != NULL;

		for (size_t k = 0; k < i; k++)
			known |= !m->control[k].failure &&
				 text_same(m->control[k].name, m->control[i].name);
		n += !known;
	}
	return n;
}

/* Not even a neutral address could be reached: it is the network that is down. */
static bool network_fails(const struct measurement *m)
{
	const struct member *k = measurement_key(m, "x_network_failure");

	return k && k->njson && *k->json == '"';
}

/* Packets that die on the way: routers answer noise from farther than the tool's own words. */
static bool filtered_words(struct arena *a, const struct knowledge *k, const struct measurement *m,
			   struct verdict *out)
{
	unsigned words = 0, noise = 0;
	struct view v;

	for (size_t i = 0; i < m->nttl_probe; i++) {
		const struct ttl_probe *p = &m->ttl_probe[i];

		if (!text_same(p->layer, "udp") || p->answer == TTL_SILENCE)
			continue;
		if (p->control && p->ttl > noise)
			noise = p->ttl;
		else if (!p->control && p->ttl > words)
			words = p->ttl;
	}
	/* One hop may be a lost packet. */
	if (!words || noise < words + 2)
		return false;
	verdict_set(out, SITE_BLOCKED, "tool.words", 0.9);
	verdict_add(out, "app.drop", 0.9);
	out->trigger = "words";
	out->trigger_why = "noise of the same length to the same server goes on";
	out->proven = true;
	bad_targets(m, NULL, out);
	view_of(&v, a, k, m, "", true);
	judge_where(&v, out);
	return true;
}

/* Servers that were greeted in the tool's words (openvpn, wireguard, resolvers). */
static void tunnel(const struct measurement *m, struct verdict *out);

static void servers(const struct measurement *m, struct verdict *out)
{
	struct targets all = count_targets(m, NULL), dot = count_targets(m, "dot"),
		       doh = count_targets(m, "doh");

	if (!m->ntarget) {
		tunnel(m, out);
		return;
	}
	out->controls = m->ncontrol ? 1 : 0;
	if (dot.bad >= 3 && !dot.ok && doh.ok >= 2) {
		/* The same servers, another port. */
		blocked(out, "tool.part", mechanism_of("tcp", dot.failure), 0.7);
		bad_targets(m, "dot", out);
	} else if (doh.bad >= 3 && !doh.ok && dot.ok >= 2) {
		blocked(out, "tool.part", mechanism_of("tls", doh.failure), 0.7);
		bad_targets(m, "doh", out);
	} else if (all.ok) {
		open_tool(out);
	} else if (all.alive || all.bad >= 4) {
		blocked(out, "tool.endpoints", mechanism_of(all.words ? "app" : "tcp", all.failure),
			all.alive ? 0.8 : 0.7);
		bad_targets(m, NULL, out);
	} else {
		nothing(out, all.bad ? "tool.start" : "site.undetermined.no-data");
	}
}

static void telegram(const struct measurement *m, struct verdict *out)
{
	struct targets centres = count_targets(m, "mtproto");
	struct count c = connects(m, out), http = {0};
	const char *web, *key;
	bool there;

	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (!x->url || strstr(x->url, "web.telegram.org") ||
		    failure_is_local(x->seen.failure))
			continue;
		if (x->seen.failure) {
			http.bad++;
			http.failure = x->seen.failure;
		} else {
			http.ok++;
		}
	}
	web = web_failure(m, "web.telegram.org", &there);
	key = key_is(m, "telegram_web_status", "\"blocked\"") ? "blocked" : NULL;
	if (!centres.ok && centres.bad >= 2) {
		/* Telegram itself was spoken to: that it accepts is not enough. */
		out->naddr = 0;
		bad_targets(m, "mtproto", out);
		blocked(out, "tool.endpoints",
			mechanism_of(centres.words ? "app" : "tcp", centres.failure),
			centres.alive || centres.bad >= 5 ? 0.85 : 0.7);
		if (web)
			verdict_add(out, web_mechanism(m, "web.telegram.org", web), 0.6);
	} else if (centres.ok && !web) {
		open_tool(out);
	} else if (!c.ok && !c.bad && !http.ok && !http.bad && !there) {
		nothing(out, "site.undetermined.no-data");
	} else if (!c.ok && c.bad >= 2 && !http.ok) {
		blocked(out, "tool.endpoints", mechanism_of("tcp", c.failure),
			c.bad >= 5 ? 0.85 : 0.7);
		if (web)
			verdict_add(out, web_mechanism(m, "web.telegram.org", web), 0.6);
	} else if (web && key) {
		blocked(out, "tool.part", web_mechanism(m, "web.telegram.org", web), 0.7);
	} else if (!there && !measurement_key(m, "telegram_web_failure") && c.ok) {
		/* Older tests that lost the web part. */
		if (m->ntransaction && http.ok)
			open_tool(out);
		else
			nothing(out, "site.undetermined.no-data");
	} else if (c.bad > c.ok && !http.ok) {
		blocked(out, "tool.part", mechanism_of("tcp", c.failure), 0.6);
	} else {
		open_tool(out);
	}
}

static void whatsapp(const struct measurement *m, struct verdict *out)
{
	struct count c = connects(m, out);
	bool there;
	const char *web = web_failure(m, "web.whatsapp.com", &there),
		   *reg = web_failure(m, "v.whatsapp.net", &there);

	if (key_is(m, "registration_server_status", "\"blocked\"") && reg)
		blocked(out, "tool.part", web_mechanism(m, "v.whatsapp.net", reg), 0.7);
	else if (key_is(m, "whatsapp_web_status", "\"blocked\"") && web)
		blocked(out, "tool.part", web_mechanism(m, "web.whatsapp.com", web), 0.7);
	else if (!c.ok && c.bad >= 2)
		blocked(out, "tool.endpoints", mechanism_of("tcp", c.failure), 0.8);
	else if (c.ok)
		open_tool(out);
	else
		nothing(out, "site.undetermined.no-data");
}

static void facebook(const struct measurement *m, struct verdict *out)
{
	struct count c = connects(m, out);

	if (!c.ok && c.bad >= 2)
		blocked(out, "tool.endpoints", mechanism_of("tcp", c.failure), 0.8);
	else if (key_is(m, "facebook_dns_blocking", "true"))
		blocked(out, "tool.part", "dns.lie", 0.6);
	else if (key_is(m, "facebook_tcp_blocking", "true"))
		blocked(out, "tool.part",
			c.failure ? mechanism_of("tcp", c.failure) : "tcp.failure", 0.6);
	else if (c.ok)
		open_tool(out);
	else
		nothing(out, "site.undetermined.no-data");
}

static void signal_app(const struct measurement *m, struct verdict *out)
{
	unsigned ok = 0, bad = 0, pins = 0, unreached = 0;
	const char *failure = NULL;

	for (size_t i = 0; i < m->ntransaction; i++) {
		const char *f = m->transaction[i].seen.failure;

		if (!f) {
			ok++;
			continue;
		}
		bad++;
		failure = f;
		pins += failure_is_certificate(f);
		unreached += failure_is_local(f);
	}
	if (!bad && ok) {
		open_tool(out);
	} else if (!ok && !bad) {
		if (key_is(m, "signal_backend_status", "\"ok\""))
			open_tool(out);
		else
			nothing(out, "site.undetermined.no-data");
	} else if (pins && pins + unreached == bad) {
		/* Signal changed its authority twice; old tests know only the old one. A
		 * different answer by other networks would show a man in the middle. */
		nothing(out, "tool.pins");
	} else if (unreached == bad) {
		nothing(out, "site.undetermined.probe");
	} else if (key_is(m, "signal_backend_status", "\"ok\"")) {
		open_tool(out);
	} else {
		blocked(out, ok ? "tool.part" : "tool.endpoints",
			strstr(failure, "dns") ? mechanism_of("dns", failure)
					       : mechanism_of("tls", failure),
			ok ? 0.6 : 0.75);
	}
}

static void tor(const struct measurement *m, struct verdict *out)
{
	struct targets all = count_targets(m, NULL);
	unsigned dir_ok = 0, dir_bad = 0;

	for (size_t i = 0; i < m->ntarget; i++) {
		const struct tool_target *t = &m->target[i];

		if (!t->protocol || !strstr(t->protocol, "dirauth") ||
		    failure_is_local(t->failure) || (t->failure && elsewhere(m, t->address) == 1))
			continue;
		dir_ok += !t->failure;
		dir_bad += t->failure != NULL;
	}
	/* Where nothing tells the dead from the blocked there must be some. */
	if (all.ok + all.bad < 4 && !all.alive && !(m->ncontrol && all.ok && !all.bad)) {
		nothing(out, "site.undetermined.no-data");
		return;
	}
	/* Some of the bridges and authorities are always dead; most of them never are. */
	if (!all.ok)
		blocked(out, "tool.endpoints", mechanism_of(all.words ? "app" : "tcp", all.failure),
			0.9);
	else if (all.bad > all.ok)
		blocked(out, "tool.part", mechanism_of(all.words ? "app" : "tcp", all.failure),
			all.alive ? 0.85 : 0.75);
	else if (dir_bad > dir_ok && dir_bad > 3)
		blocked(out, "tool.part", mechanism_of("tcp", all.failure), 0.65);
	else
		open_tool(out);
	if (out->state == SITE_BLOCKED)
		bad_targets(m, NULL, out);
}

/* Tests of a tunnel that only say whether it started. */
static void tunnel(const struct measurement *m, struct verdict *out)
{
	const struct member *f = measurement_key(m, "failure");
	bool success = key_is(m, "success", "true") && (!f || key_is(m, "failure", "null"));

	if (success || (f && key_is(m, "failure", "null") && !measurement_key(m, "success"))) {
		open_tool(out);
		return;
	}
	if (!f && !measurement_key(m, "success")) {
		nothing(out, "site.undetermined.no-data");
		return;
	}
	/* No control tells a dead tunnel from a blocked one. */
	nothing(out, "tool.start");
}

static void tampering(const struct measurement *m, struct verdict *out)
{
	const struct member *t = measurement_key(m, "tampering");
	bool yes = t && memmem(t->json, t->njson, "true", 4),
	     no = t && memmem(t->json, t->njson, "false", 5);

	out->tool = false;
	if (!t || (!yes && !no)) {
		nothing(out, "site.undetermined.no-data");
		return;
	}
	if (!yes) {
		verdict_set(out, SITE_OPEN, "net.clean", 0.9);
		return;
	}
	verdict_set(out, SITE_REROUTED, "net.tampered", 0.8);
	verdict_add(out, "http.tampering", 0.8);
	verdict_who(out, WHO_ACCESS, 0.5);
	out->proven = true;
}

static void scores(const struct measurement *m, struct verdict *out)
{
	const struct scores *s = &m->scores;

	out->why = NULL;
	if (s->endpoints_ok < 0 && s->blocking < 0) {
		nothing(out, "site.undetermined.no-data");
		return;
	}
	if (!s->anomaly && s->blocking < 0.5) {
		verdict_set(out, SITE_OPEN, "tool.scores.ok", 0.8);
		return;
	}
	if (s->endpoints_ok == 0 && s->endpoints_bad > 1)
		blocked(out, "tool.scores", "ip.drop", 0.8);
	else if (s->web_failure && *s->web_failure)
		blocked(out, "tool.scores",
			strstr(s->web_failure, "dns") ? mechanism_of("dns", s->web_failure)
			: failure_is_certificate(s->web_failure) || strstr(s->web_failure, "reset")
			    ? mechanism_of("tls", s->web_failure)
			    : mechanism_of("tcp", s->web_failure),
			0.7);
	else if (s->endpoints_bad > s->endpoints_ok || s->http_bad > s->http_ok)
		blocked(out, "tool.scores", "ip.drop", 0.65);
	else
		blocked(out, "tool.scores", NULL, 0.5);
}

/* One name with the suspected server name, one with a neutral one, to the same helper (ts-024). */
static void sni_blocking(struct arena *a, const struct measurement *m, struct verdict *out)
{
	const struct handshake *target = NULL, *control = NULL;

	(void)a;
	out->tool = false;
	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (text_same(h->seen.group, "target"))
			target = h;
		else if (text_same(h->seen.group, "control"))
			control = h;
	}
	if (!target || !control) {
		nothing(out, "site.undetermined.no-data");
		return;
	}
	/* The helper has no certificate for either name: an answer is all that counts. */
	if (!target->seen.failure || failure_is_certificate(target->seen.failure)) {
		verdict_set(out, SITE_OPEN, "tool.open", 0.8);
	} else if (!control->seen.failure || failure_is_certificate(control->seen.failure)) {
		const char *what = mechanism_of("tls", target->seen.failure);

		verdict_set(out, SITE_BLOCKED, "site.tls.name", 0.9);
		verdict_add(out, !strcmp(what, "tls.drop") ? "tls.sni-drop" : "tls.sni-reset", 0.9);
		verdict_who(out, WHO_ACCESS, 0.4);
		verdict_addr(out, target->addr);
		out->proven = true;
	} else {
		nothing(out, "site.undetermined.no-control");
	}
}

/* Hyperquack: a server elsewhere is made to say or hear a name; its own controls come along. */
static void hyperquack(struct arena *a, const struct knowledge *k, const struct measurement *m,
		       struct verdict *out)
{
	bool https = m->input && !strncmp(m->input, "https", 5);
	const char *failure = NULL;
	unsigned bad = 0;
	struct view v;

	view_of(&v, a, k, m, "", true);
	out->controls = 1;
	if (key_is(m, "controls_failed", "true")) {
		nothing(out, "site.undetermined.probe");
		return;
	}
	if (key_is(m, "anomaly", "false")) {
		verdict_set(out, SITE_OPEN, "site.open.same", 0.8);
		return;
	}
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];
		struct page page;

		if (x->seen.failure) {
			bad++;
			failure = x->seen.failure;
			continue;
		}
		page = page_of(&v, x);
		if (page.kind == PAGE_BLOCK || page.kind == PAGE_WORDS) {
			verdict_set(out, SITE_BLOCKED,
				    page.kind == PAGE_BLOCK ? "site.http.blockpage"
							    : "site.http.words",
				    page.kind == PAGE_BLOCK ? 0.95 : 0.7);
			verdict_add(out, "http.blockpage", out->confidence);
			verdict_who(out, WHO_ACCESS, 0.5);
			out->fingerprint = page.fingerprint;
			out->proven = page.kind == PAGE_BLOCK;
			return;
		}
		if (page.kind == PAGE_SERVER || page.kind == PAGE_GEO) {
			verdict_set(out, SITE_OPEN, "site.open.refused", 0.7);
			verdict_who(out, WHO_CDN, 0.7);
			out->fingerprint = page.fingerprint;
			return;
		}
	}
	if (!bad) {
		nothing(out, "site.undetermined.differs");
		return;
	}
	verdict_set(out, SITE_BLOCKED, https ? "site.tls" : "site.http", 0.75);
	verdict_add(out, mechanism_of(https ? "tls" : "http", failure), 0.75);
	verdict_who(out, WHO_ACCESS, 0.4);
	out->bare = true;
}

/* Satellite: an open resolver's answers, tagged by what they have in common with the controls'. */
static void satellite(struct arena *a, const struct knowledge *k, const struct measurement *m,
		      struct verdict *out)
{
	const char *failure = NULL;
	struct view v;

	view_of(&v, a, k, m, "", true);
	out->controls = 1;
	if (key_is(m, "connect_error", "true")) {
		nothing(out, "site.undetermined.probe");
		return;
	}
	if (key_is(m, "anomaly", "false") || key_is(m, "excluded", "true") || m->ncontrol) {
		verdict_set(out, SITE_OPEN, "site.open.same", 0.7);
		return;
	}
	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (q->seen.failure)
			failure = q->seen.failure;
		for (size_t n = 0; n < q->nanswer; n++) {
			const struct fingerprint *hit;

			if (fingerprints_dns(v.fps, q->answer[n].addr, &hit, 1) &&
			    hit->scope != SCOPE_FALSE) {
				verdict_set(out, SITE_BLOCKED, "site.dns.known", 0.9);
				out->fingerprint = hit->name;
			} else if (addr_bogon(q->answer[n].addr)) {
				verdict_set(out, SITE_BLOCKED, "site.dns.bogon", 0.85);
			} else {
				continue;
			}
			verdict_add(out, addr_bogon(q->answer[n].addr) ? "dns.bogon" : "dns.lie",
				    out->confidence);
			verdict_addr(out, q->answer[n].addr);
			verdict_who(out, WHO_RESOLVER, 0.7);
			out->proven = true;
			return;
		}
	}
	if (failure) {
		verdict_set(out, SITE_BLOCKED, "site.dns.denied", 0.55);
		verdict_add(out, mechanism_of("dns", failure), 0.55);
		verdict_who(out, WHO_RESOLVER, 0.7);
		out->bare = true;
		return;
	}
	nothing(out, "site.undetermined.strange");
}

/* A single page fetched by a test with no control but its own word (browser_web, old
 * http_requests without Tor, urlgetter, echcheck …). */
static bool alone(const struct measurement *m, struct verdict *out)
{
	if (text_same(m->test, "browser_web")) {
		out->tool = false;
		if (key_is(m, "result", "\"ok\""))
			verdict_set(out, SITE_OPEN, "site.open.same", 0.6);
		else
			nothing(out, "site.undetermined.no-control");
		return true;
	}
	return false;
}

bool judge_tool(struct arena *a, const struct knowledge *k, const struct measurement *m,
		struct verdict *out)
{
	static const struct {
		const char *test, *tool;
		void (*judge)(const struct measurement *m, struct verdict *out);
	} tests[] = {
	    {"telegram", "Telegram", telegram},
	    {"whatsapp", "WhatsApp", whatsapp},
	    {"facebook_messenger", "Facebook Messenger", facebook},
	    {"signal", "Signal", signal_app},
	    {"tor", "Tor", tor},
	    {"vanilla_tor", "Tor", tunnel},
	    {"torsf", "Tor with Snowflake", tunnel},
	    {"psiphon", "Psiphon", tunnel},
	    {"openvpn", "OpenVPN", servers},
	    {"wireguard", "WireGuard", servers},
	    {"resolvers", "encrypted DNS", servers},
	    {"openvpn_client_test", "OpenVPN", tunnel},
	    {"http_invalid_request_line", NULL, tampering},
	    {"http_header_field_manipulation", NULL, tampering},
	};
	static const char *const speed[] = {
	    "ndt",
	    "dash",
	    "portfiltering",
	    "multi_protocol_traceroute",
	    "stun_reachability",
	    "meek_fronted_requests_test",
	    "http_host",
	};

	if (!m->test)
		return false;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (strcmp(m->test, tests[i].test))
			continue;
		out->tool = true;
		if (tests[i].tool && !out->input)
			out->input = tests[i].tool;
		if (m->scores.given && !m->nconnect && !m->nkey)
			scores(m, out);
		else if (network_fails(m))
			nothing(out, "site.undetermined.probe");
		else if (!filtered_words(a, k, m, out))
			tests[i].judge(m, out);
		if (m->ntarget)
			out->controls = helpers(m);
		if (out->state == SITE_BLOCKED && !out->hop_first && m->nttl_probe) {
			struct view v;

			view_of(&v, a, k, m, "", true);
			judge_trigger(&v, out);
			judge_where(&v, out);
		}
		return true;
	}
	if (!strcmp(m->test, "hyperquack")) {
		hyperquack(a, k, m, out);
		return true;
	}
	if (!strcmp(m->test, "satellite")) {
		satellite(a, k, m, out);
		return true;
	}
	if (!strcmp(m->test, "sni_blocking")) {
		sni_blocking(a, m, out);
		return true;
	}
	if (judge_ping(a, k, m, out))
		return true;
	for (size_t i = 0; i < sizeof(speed) / sizeof(*speed); i++)
		if (!strcmp(m->test, speed[i])) {
			verdict_set(out, SITE_UNDETERMINED, "net.speed", 0.5);
			return true;
		}
	if (m->scores.given && !m->nconnect && !m->nkey) {
		scores(m, out);
		return true;
	}
	return alone(m, out);
}
