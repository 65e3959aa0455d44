/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The judge against truth that others established: OONI's netem scenarios, websteps cases, block
 * pages by class, two weeks of runs in Iraq and Ireland (see the shared data's own README for
 * where each comes from).
 */
#include "shared.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/text.h"
#include "finding/site.h"
#include "finding/verdict.h"

struct seen_verdict {
	char state[32], mechanism[64], rule[64], kind[32];
	bool rerouted;
	int n;
};

static void judge_facts(const struct facts *f, void *arg)
{
	struct seen_verdict *out = arg;

	for (size_t i = 0; i < f->nfact; i++) {
		struct arena a = {0};
		struct verdict v;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		verdict_judge(&a, NULL, f->fact[i].measurement, &v);
		snprintf(out->state, sizeof(out->state), "%s", site_state_text(v.state));
		snprintf(out->rule, sizeof(out->rule), "%s", v.rule->id);
		snprintf(out->mechanism, sizeof(out->mechanism), "%s",
			 v.nmechanism ? v.mechanism[0].id : "");
		out->rerouted = v.rerouted;
		out->n++;
		arena_free(&a);
	}
}

static char *load(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = NULL;
	size_t n = 0, got;

	assert_non_null(f);
	do {
		s = realloc(s, n + 65536 + 1);
		got = fread(s + n, 1, 65536, f);
		n += got;
	} while (got);
	s[n] = 0;
	fclose(f);
	return s;
}

/* Splits a line of tab-separated values in place. */
static size_t fields(char *line, char **field, size_t max)
{
	size_t n = 0;
	char *tab;

	for (;;) {
		if (n < max)
			field[n++] = line;
		tab = strchr(line, '\t');
		if (!tab)
			return n;
		*tab = 0;
		line = tab + 1;
	}
}

/* The 25 scenarios with a truth, also where OONI's own verdict is wrong. */
static void scenarios(void **state)
{
	char path[1024], file[2048], *text, *line, *save;
	int judged = 0;

	(void)state;
	text = load(shared_path(path, sizeof(path), "ooni/measurements/labels.tsv"));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *f[20] = {0};
		struct seen_verdict v = {0};
		const char *want;

		if (fields(line, f, 20) < 15 || !*f[13] || !strcmp(f[13], "truth"))
			continue;
		snprintf(file, sizeof(file), "%.*s/%s", (int)(strlen(path) - 23), path, f[1]);
		read_facts(file, judge_facts, &v, NULL);
		want = f[13];
		if (!strcmp(want, "OPEN-REROUTED"))
			want = "OPEN";
		else if (!strcmp(want, "OPEN-UNPROVEN"))
			want = "UNDETERMINED";
		else if (!strcmp(f[14], "throttle"))
			want = "THROTTLED";
		if (strcmp(v.state, want))
			fail_msg("%s: %s by %s, but it is %s", f[1], v.state, v.rule, want);
		assert_int_equal(v.rerouted, !strcmp(f[13], "OPEN-REROUTED"));
		judged++;
	}
	free(text);
	assert_int_equal(judged, 25);
}

/* The archive's real ones: the state that we stand by, where it differs from OONI's with the
 * reason (docs/edge.md tells them). */
static void archive(void **state)
{
	static const struct {
		const char *file, *state;
	} real[] = {
	    {"explorer/01202003039e13e3e38be1918d3a64c2ec27ea22.json", "BLOCKED"},
	    {"explorer/01202003026e2b60ffaa8e1b2bc7865d0bc26659.json", "OPEN"},
	    {"explorer/20210415084230.511612_IR_signal_ed269d082953bf2e.json", "BLOCKED"},
	    {"explorer/20221110103854.762862_US_whatsapp_cb48f652956e71e0.json", "OPEN"},
	    {"explorer/20230121235805.670038_RU_tor_e8fd37f3f4f1085f.json", "BLOCKED"},
	    /* OONI: blocked; web.telegram.org answered over TLS in the same measurement. */
	    {"explorer/20221109225810.435617_RU_telegram_ecbc73cacd8ea566.json", "OPEN"},
	    /* OONI: anomaly; no control tells a dead Psiphon from a blocked one. */
	    {"explorer/20220121234007.821843_DE_psiphon_f90aefe2132c91d0.json", "UNDETERMINED"},
	    {"fastpath/bug_352.json", "BLOCKED"},
	    {"fastpath/signal_2627.json", "UNDETERMINED"},
	    /* OONI: dns; the control found no such name either. */
	    {"fastpath/requests_none.json", "DOWN"},
	    {"fastpath/web_connectivity_b64_hdr.json", "BLOCKED"},
	    {"fastpath/report1blocked.json", "OPEN"},
	    {"fastpath/report2.json", "OPEN"},
	    {"probe-cli-manual/youtube.json", "OPEN"},
	    {"probe-cli-manual/issue-2456.json", "OPEN"},
	    {"probe-cli-manual/firefoxcom.json", "OPEN"},
	    {"spec-examples/ts-017-web-connectivity_28855.json", "OPEN"},
	    {"spec-examples/ts-023-tor_8926.json", "OPEN"},
	    {"spec-examples/measurement.js_55.json", "BLOCKED"},
	};
	char path[1024], file[2048];

	(void)state;
	shared_path(path, sizeof(path), "ooni/measurements");
	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
		struct seen_verdict v = {0};

		snprintf(file, sizeof(file), "%s/%s", path, real[i].file);
		read_facts(file, judge_facts, &v, NULL);
		if (strcmp(v.state, real[i].state))
			fail_msg("%s: %s by %s, want %s", real[i].file, v.state, v.rule,
				 real[i].state);
	}
}

static void websteps(void **state)
{
	char path[1024], file[2048], *text, *line, *save;
	int judged = 0;

	(void)state;
	text = load(shared_path(path, sizeof(path), "ooni/websteps/labels.tsv"));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *f[8] = {0};
		struct seen_verdict v = {0};

		if (fields(line, f, 8) < 6 || !strcmp(f[0], "case"))
			continue;
		snprintf(file, sizeof(file), "%.*s/testcase/%s-testcase.yaml",
			 (int)(strlen(path) - 11), path, f[0]);
		read_facts(file, judge_facts, &v, NULL);
		if (strcmp(v.state, f[4]))
			fail_msg("%s %s: %s by %s, but it is %s", f[0], f[3], v.state, v.rule,
				 f[4]);
		judged++;
	}
	free(text);
	assert_int_equal(judged, 11);
}

struct pages {
	unsigned blocked, other;
};

static void each_page(const char *folder, struct pages *out, bool strict)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[4096];
		struct stat st;
		struct seen_verdict v = {0};

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			each_page(path, out, strict);
			continue;
		}
		read_facts(path, judge_facts, &v, NULL);
		if (!strcmp(v.state, "BLOCKED"))
			out->blocked++;
		else
			out->other++;
		if (strict && !strcmp(v.state, "BLOCKED"))
			fail_msg("%s is no censor's page, but was called one (%s)", path, v.rule);
	}
	closedir(d);
}

/* At least nine of ten classes of censors' pages are told; no page of a server is one. */
static void block_pages(void **state)
{
	static const char *const censors[] = {"200-BRITISHTELECOM", "200-EEEP", "200-TURKEY",
					      "403-IRAN"};
	/* A university's own filter: an institution blocks, neither a server nor a country. */
	static const char *const institutions[] = {"403-ABERDEEN"};
	char path[1024], folder[2048];
	unsigned classes = 0, told = 0;
	DIR *d;
	struct dirent *e;

	(void)state;
	shared_path(path, sizeof(path), "ooni/blockpages");
	snprintf(folder, sizeof(folder), "%s/tor-blocks-nonblocks", path);
	each_page(folder, &(struct pages){0}, true);
	snprintf(folder, sizeof(folder), "%s/tor-blocks-sample", path);
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		struct pages p = {0};
		bool censor = false, other = false;

		if (e->d_name[0] == '.')
			continue;
		for (size_t i = 0; i < sizeof(censors) / sizeof(*censors); i++)
			censor |= !strcmp(e->d_name, censors[i]);
		for (size_t i = 0; i < sizeof(institutions) / sizeof(*institutions); i++)
			other |= !strcmp(e->d_name, institutions[i]);
		snprintf(folder, sizeof(folder), "%s/tor-blocks-sample/%s", path, e->d_name);
		each_page(folder, &p, !censor && !other);
		if (censor) {
			classes++;
			told += p.blocked > p.other;
		}
	}
	closedir(d);
	/* Pages by country, which people of NullHypothesis gathered. */
	snprintf(folder, sizeof(folder), "%s/nullhypothesis", path);
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		struct pages p = {0};

		/* US: a registry's seizure and GitHub's own pages. */
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "US"))
			continue;
		snprintf(folder, sizeof(folder), "%s/nullhypothesis/%s", path, e->d_name);
		each_page(folder, &p, false);
		classes++;
		told += p.blocked > p.other;
	}
	closedir(d);
	print_message("%u of %u classes of block pages are told\n", told, classes);
	assert_true(told * 10 >= classes * 9);
	snprintf(folder, sizeof(folder), "%s/nullhypothesis/US/192.30.252.128", path);
	each_page(folder, &(struct pages){0}, true);
}

/* ---- the runs of Iraq and Ireland ---- */

struct run {
	char url[512], cc[8], dns[64], get[128], endpoints[32], consistency[32], blocking[32];
	char status[8], body[8], headers[8], title[8];
	bool control, fetched;
	int64_t time;
};

static void copy(char *out, size_t n, const struct json *j)
{
	size_t k = j->ntext < n - 1 ? j->ntext : n - 1;

	memcpy(out, j->text, k);
	out[k] = 0;
}

static void read_steps(struct json *j, struct run *r)
{
	json_next(j);
	while (json_item(j)) {
		char what[512] = "", outcome[128] = "";

		for (int i = 0; json_item(j); i++)
			copy(i ? outcome : what, i ? sizeof(outcome) : sizeof(what), j);
		if (!strncmp(what, "dnslookup", 9) && !*r->dns)
			snprintf(r->dns, sizeof(r->dns), "%.63s", outcome);
		if (!strncmp(what, "GET ", 4)) {
			snprintf(r->get, sizeof(r->get), "%s", outcome);
			r->fetched = true;
		}
	}
}

static void read_run(const char *line, struct run *r)
{
	struct json j;

	memset(r, 0, sizeof(*r));
	json_of(&j, line, strlen(line));
	json_next(&j);
	while (json_key(&j)) {
		if (json_is(&j, "steps")) {
			read_steps(&j, r);
		} else if (json_is(&j, "control")) {
			json_next(&j);
			while (json_item(&j))
				r->control |= j.ntext == 2 && !memcmp(j.text, "ok", 2);
		} else {
			static const struct {
				const char *name;
				size_t at, n;
			} texts[] = {
#define TEXT(name, member) {name, offsetof(struct run, member), sizeof(((struct run *)0)->member)}
			    TEXT("url", url),
			    TEXT("cc", cc),
			    TEXT("endpoints", endpoints),
			    TEXT("dns_consistency", consistency),
			    TEXT("blocking", blocking),
			    TEXT("status_code_match", status),
			    TEXT("body_length_match", body),
			    TEXT("headers_match", headers),
			    TEXT("title_match", title),
			};
			char uid[96];
			size_t i = 0;

			while (i < 9 && !json_is(&j, texts[i].name))
				i++;
			if (i < 9) {
				if (json_text(&j))
					copy((char *)r + texts[i].at, texts[i].n, &j);
			} else if (json_is(&j, "uid")) {
				char t[32];

				if (!json_text(&j))
					continue;
				copy(uid, sizeof(uid), &j);
				snprintf(t, sizeof(t), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", uid,
					 uid + 4, uid + 6, uid + 8, uid + 10, uid + 12);
				assert_true(text_to_time(t, strlen(t), &r->time));
			} else {
				json_skip(&j);
			}
		}
	}
	json_free(&j);
}

/* The facts that a log's lines tell; what they do not tell is made up so that it says the same. */
static void feed_run(void *sites, const struct run *r)
{
	struct arena a = {0};
	struct measurement m = {.test = "web_connectivity",
				.input = r->url,
				.time = r->time,
				.id = r->url,
				.test_start = TIME_NONE,
				.runtime = -1};
	struct fact fact = {.kind = FACT_MEASUREMENT, .measurement = &m};
	struct facts facts = {.time = r->time, .fact = &fact, .nfact = 1};
	struct dns_reply dns = {.via = DNS_SYSTEM, .type = "ANY", .rcode = -1, .ip_ttl = -1};
	struct control control = {.name = "test helper", .body_length = 1000, .code = 200};
	struct transaction x = {.url = r->url, .method = "GET"};
	static const struct header page_header = {"X-Site", "it"};
	struct dns_answer *answer;
	struct connect *connect;
	struct control_addr *ca;
	struct control_endpoint *ce;
	struct handshake *shake;
	char host[256], *body;
	unsigned ok = 0, all = 0, n;
	uint16_t port;
	bool https = !strncmp(r->url, "https", 5);

	memcpy(m.country, r->cc, 2);
	m.asn = !strcmp(r->cc, "IQ") ? 64500 : 64501;
	sscanf(r->endpoints, "%u/%u", &ok, &all);
	n = all ? all : 1;
	answer = arena_zero(&a, n, sizeof(*answer));
	connect = arena_zero(&a, n, sizeof(*connect));
	ca = arena_zero(&a, n, sizeof(*ca));
	ce = arena_zero(&a, n, sizeof(*ce));
	shake = arena_zero(&a, n, sizeof(*shake));
	url_host(host, sizeof(host), r->url, &port);
	dns.name = host;
	for (unsigned i = 0; i < n; i++) {
		struct addr at = {(uint64_t)(0x5db80000u + i) << 32, 0, false};
		bool alive = i < ok;

		answer[i] =
		    (struct dns_answer){.type = "A", .addr = at, .has_addr = true, .ttl = -1};
		connect[i] = (struct connect){.addr = at, .port = port};
		connect[i].seen.failure = alive ? NULL : *r->get ? r->get : "generic_timeout_error";
		if (!alive && !strcmp(r->get, "ok"))
			connect[i].seen.failure = "generic_timeout_error";
		ca[i] = (struct control_addr){.addr = at, .answered = true};
		ce[i] =
		    (struct control_endpoint){.addr = at, .port = port, .tcp = true, .tls = https};
		if (https && strstr(r->get, "ssl_"))
			ce[i].tls_failure =
			    r->blocking[0] == 'n' ? "ssl_invalid_certificate" : NULL;
		shake[i] = (struct handshake){.addr = at, .port = port, .server_name = host};
		shake[i].seen.failure = strstr(r->get, "ssl_") ? r->get : NULL;
	}
	/* An inconsistent answer that works is another address than the control's. */
	if (!strcmp(r->consistency, "inconsistent"))
		for (unsigned i = 0; i < n; i++)
			ca[i].addr.hi += UINT64_C(0x01000000) << 32;
	if (!strcmp(r->dns, "ok")) {
		dns.answer = answer;
		dns.nanswer = n;
	} else {
		dns.seen.failure = r->dns;
	}
	m.dns = &dns;
	m.ndns = 1;
	if (r->fetched) {
		m.connect = connect;
		m.nconnect = all;
		if (https && ok) {
			m.handshake = shake;
			m.nhandshake = ok;
		}
		if (strcmp(r->get, "ok")) {
			x.seen.failure = r->get;
		} else {
			size_t size = !strcmp(r->body, "false") ? 10 : 1000;

			x.code = !strcmp(r->status, "false") ? 403 : 200;
			x.header = !strcmp(r->headers, "true") ? &page_header : NULL;
			x.nheader = x.header ? 1 : 0;
			body = arena_alloc(&a, size);
			memset(body, 'x', size);
			x.body = (const uint8_t *)body;
			x.nbody = size;
		}
		m.transaction = &x;
		m.ntransaction = 1;
	}
	control.dns = control.http = r->control;
	control.failure = r->control ? NULL : "unknown_failure";
	control.addr = ca;
	control.naddr = n;
	control.endpoint = ce;
	control.nendpoint = n;
	control.header = &page_header;
	control.nheader = 1;
	if (!strcmp(r->blocking, "nil") && strstr(r->get, "ssl_"))
		control.http_failure = "unknown_error";
	m.control = &control;
	m.ncontrol = 1;
	detector_sites.feed(sites, &facts);
	arena_free(&a);
}

static void iraq_and_ireland(void **state)
{
	struct knowledge k = {0};
	void *sites = detector_sites.new(&k);
	struct findings found = {0};
	struct arena a = {0};
	struct settled *s;
	char path[1024];
	struct err err;
	struct stream *in;
	const uint8_t *p;
	size_t got, n;
	unsigned runs = 0, open_runs = 0, open_blocked = 0, undetermined = 0, known = 0;
	unsigned known_blocked = 0;

	(void)state;
	in = stream_open(shared_path(path, sizeof(path), "ooni/logs/runs_iq_ie.jsonl.gz"), 0, &err);
	assert_non_null(in);
	p = stream_peek(in, (size_t)64 << 20, &got);
	while (got) {
		const uint8_t *nl = memchr(p, '\n', got);
		size_t len = nl ? (size_t)(nl - p) : got;
		char *line = arena_textn(&a, (const char *)p, len);
		struct run r;

		read_run(line, &r);
		feed_run(sites, &r);
		runs++;
		p += len + (nl != NULL);
		got -= len + (nl != NULL);
	}
	stream_close(in);
	assert_int_equal(runs, 1188);
	n = sites_settle(sites, &a, &s);
	for (size_t i = 0; i < n; i++) {
		bool iq = !strcmp(s[i].country, "IQ");

		undetermined += s[i].state == SITE_UNDETERMINED;
		if (!iq) {
			open_runs++;
			if (s[i].state == SITE_BLOCKED) {
				open_blocked++;
				print_message("IE blocked: %s %s\n", s[i].input, s[i].rule->id);
			}
		}
		if (iq && (strstr(s[i].input, "literotica.com") || strstr(s[i].input, "jsf.mil"))) {
			known++;
			known_blocked += s[i].state == SITE_BLOCKED;
		}
	}
	/* Runs that say nothing leave no row: they are undetermined too. */
	undetermined += runs - (unsigned)n;
	print_message(
	    "of %u runs in the open network %u are called blocked; %u of %u undetermined\n",
	    open_runs, open_blocked, undetermined, runs);
	assert_int_equal(known, 18);
	assert_int_equal(known_blocked, 18);
	assert_true(open_blocked * 100 <= open_runs * 3);
	assert_true(undetermined * 5 <= runs);
	/* And joined: one finding a network and site, with its span of nine days. */
	detector_sites.end(sites, &found);
	known = 0;
	for (size_t i = 0; i < found.n; i++)
		if (!strcmp(found.at[i]->kind, "site.blocked") &&
		    (strstr(found.at[i]->url[0], "literotica.com") ||
		     strstr(found.at[i]->url[0], "jsf.mil"))) {
			known++;
			assert_true(found.at[i]->last - found.at[i]->first >
				    7 * 24 * 3600 * SECOND);
		}
	assert_int_equal(known, 2);
	findings_free(&found);
	detector_sites.free(sites);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scenarios),	cmocka_unit_test(archive),
	    cmocka_unit_test(websteps),		cmocka_unit_test(block_pages),
	    cmocka_unit_test(iraq_and_ireland),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
