/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The edge's sources and what is written of them: OONI's measurements there and back, privacy,
 * many patterns in one pass, traces, lists, archives that are cut.
 */
#include "shared.h"

#include <dirent.h>
#include <time.h>

#include "base/json.h"
#include "base/match.h"
#include "base/text.h"
#include "fact/fingerprints.h"
#include "fact/scrub.h"
#include "finding/site.h"
#include "finding/verdict.h"
#include "record/ooni.h"
#include "source/ooni.h"

/* A measurement of ours, made by hand: a lying resolver, a reset by name, a series that freezes. */
static const char sample[] =
    "{\"annotations\":{\"x\":1},\"data_format_version\":\"0.2.0\",\"input\":\"https://"
    "blocked.example/\","
    "\"measurement_start_time\":\"2026-06-16 "
    "07:08:57\",\"probe_asn\":\"AS64500\",\"probe_cc\":\"XX\","
    "\"probe_ip\":\"198.51.100.7\",\"resolver_ip\":\"198.51.100.53\",\"report_id\":\"r1\","
    "\"software_name\":\"meridian\",\"software_version\":\"0.1.0\",\"test_name\":\"web_"
    "connectivity\","
    "\"test_version\":\"0.5.0\",\"test_runtime\":1.5,\"test_start_time\":\"2026-06-16 07:08:50\","
    "\"test_keys\":{\"client_resolver\":\"198.51.100.53\",\"queries\":[{\"answers\":[{\"answer_"
    "type\":\"A\","
    "\"ipv4\":\"10.10.34.35\",\"ttl\":60}],\"engine\":\"getaddrinfo\",\"failure\":null,"
    "\"hostname\":\"blocked.example\",\"query_type\":\"ANY\",\"resolver_address\":\"\",\"t\":0.1,"
    "\"t0\":0,"
    "\"tags\":[\"depth=0\"],\"transaction_id\":1},{\"answers\":[{\"answer_type\":\"A\",\"ipv4\":"
    "\"198.51.100.7\",\"ttl\":1}],\"engine\":\"udp\",\"failure\":null,\"hostname\":"
    "\"whoami.v4.powerdns.org\",\"query_type\":\"A\",\"raw_response\":\"AAAAAMYzZAc=\","
    "\"resolver_address\":\"8.8.8.8:53\",\"t\":0.2}],\"requests\":[{\"failure\":null,\"request\":{"
    "\"method\":"
    "\"GET\",\"url\":\"http://whoami.example/"
    "\",\"headers\":{},\"body\":\"\"},\"response\":{\"code\":200,"
    "\"body\":\"you are 198.51.100.7, or 7.100.51.198.in-addr.arpa, or "
    "host-198-51-100-7.isp.example; "
    "not "
    "198.51.100.71\",\"headers\":{\"X-Client\":\"198.51.100.7\"},\"body_is_truncated\":false}}],"
    "\"tls_handshakes\":[{\"address\":\"93.184.216.34:443\",\"server_name\":\"blocked.example\","
    "\"failure\":\"connection_reset\",\"tags\":[\"depth=0\"],\"no_tls_verify\":false},{\"address\":"
    "\"93.184.216.34:443\",\"server_name\":\"neutral.example\",\"failure\":\"ssl_invalid_"
    "hostname\","
    "\"x_meridian_hello\":\"neutral-name\"}],\"control\":{\"dns\":{\"failure\":null,\"addrs\":"
    "[\"93.184.216.34\"]},\"tls_handshake\":{\"93.184.216.34:443\":{\"status\":true,\"failure\":"
    "null}},"
    "\"tcp_connect\":{\"93.184.216.34:443\":{\"status\":true,\"failure\":null}},\"http_request\":{"
    "\"failure\":"
    "null,\"status_code\":200,\"body_length\":10,\"title\":\"x\",\"headers\":{}}},\"control_"
    "failure\":null,"
    "\"network_events\":[{\"operation\":\"connect\",\"address\":\"198.51.100.7:50000\",\"t\":0.3,"
    "\"failure\":null}],\"x_unknown\":{\"deep\":[1,\"198.51.100.7\",null]},\"meridian\":{"
    "\"version\":1,"
    "\"series\":[{\"address\":\"93.184.216.34:443\",\"name\":\"blocked.example\",\"control\":false,"
    "\"expected\":100000,\"samples\":[[0,0],[100000,16384],[8000000,16384]],\"failure\":null}],"
    "\"ttl_probes\":[{\"layer\":\"tls\",\"name\":\"blocked.example\",\"control\":false,\"ttl\":1,"
    "\"answer\":\"exceeded\",\"both\":false,\"from\":\"198.51.100.1\",\"failure\":null}],"
    "\"controls\":[]}}}";

static struct measurement parse(struct arena *a, const char *json, size_t n)
{
	struct measurement m;
	struct blob inner;
	const char *why;
	enum ooni_value v = ooni_measurement(a, json, n, &m, &inner, &why);

	assert_true(v == OONI_MEASUREMENT || v == OONI_SCORES);
	return m;
}

static void write_out(struct buf *out, const struct measurement *m)
{
	struct jsonw w = JSONW(out);

	buf_reset(out);
	ooni_write(&w, m);
}

/* ---- JSON as paths and values, to hold what was read against what is written ---- */

struct paths {
	char **at;
	size_t n, cap;
};

static void flatten(struct json *j, const char *path, struct paths *out)
{
	char *line = NULL, next[4096];

	switch (j->token) {
	case JSON_OBJECT:
		while (json_key(j)) {
			snprintf(next, sizeof(next), "%s.%.*s", path, (int)j->nkey, j->key);
			json_next(j);
			flatten(j, next, out);
		}
		return;
	case JSON_ARRAY:
		for (int i = 0; json_item(j); i++) {
			snprintf(next, sizeof(next), "%s[%d]", path, i);
			flatten(j, next, out);
		}
		return;
	case JSON_NUMBER:
		line = mem_alloc(strlen(path) + 64);
		sprintf(line, "%s=%.12g", path, strtod(j->text, NULL));
		break;
	case JSON_STRING:
		/* "" and null and absent are the same nothing. */
		if (!j->ntext)
			return;
		line = mem_alloc(strlen(path) + j->ntext + 4);
		sprintf(line, "%s=\"%.*s\"", path, (int)j->ntext, j->text);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		line = mem_alloc(strlen(path) + 16);
		sprintf(line, "%s=%s", path, j->token == JSON_TRUE ? "true" : "false");
		break;
	default:
		return;
	}
	mem_room(&out->at, &out->cap, out->n + 1);
	out->at[out->n++] = line;
}

static struct paths paths_of(const char *json, size_t n)
{
	struct paths p = {0};
	struct json j;

	json_of(&j, json, n);
	json_next(&j);
	flatten(&j, "", &p);
	json_free(&j);
	return p;
}

/* Times are kept to the microsecond. */
static bool has_path(const struct paths *p, const char *line)
{
	const char *eq = strchr(line, '=');
	size_t n = (size_t)(eq - line) + 1;

	for (size_t i = 0; i < p->n; i++) {
		double d;

		if (!strcmp(p->at[i], line))
			return true;
		if (strncmp(p->at[i], line, n) || eq[1] == '"' || p->at[i][n] == '"')
			continue;
		d = strtod(p->at[i] + n, NULL) - strtod(line + n, NULL);
		if (d < 1e-6 && d > -1e-6)
			return true;
	}
	return false;
}

static void paths_free(struct paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i]);
	free(p->at);
}

/* Everything that stood in `was` stands in what we write, and writing that again changes nothing.
 */
static unsigned there_and_back(const char *name, const char *was, size_t n)
{
	struct arena a = {0};
	struct buf once = {0}, twice = {0};
	struct measurement m = parse(&a, was, n), again;
	struct paths before, after;
	unsigned lost = 0;

	write_out(&once, &m);
	again = parse(&a, once.at, once.len);
	write_out(&twice, &again);
	for (size_t i = 0; i < once.len || i < twice.len; i++)
		if (i >= once.len || i >= twice.len || once.at[i] != twice.at[i]) {
			size_t from = i < 60 ? 0 : i - 60;

			fail_msg("%s: written twice is not the same: %.120s | %.120s", name,
				 once.at + from, twice.at + from);
		}
	assert_int_equal(m.ndns, again.ndns);
	assert_int_equal(m.nconnect, again.nconnect);
	assert_int_equal(m.nhandshake, again.nhandshake);
	assert_int_equal(m.ntransaction, again.ntransaction);
	assert_int_equal(m.nevent, again.nevent);
	assert_int_equal(m.ntarget, again.ntarget);
	assert_int_equal(m.ncontrol, again.ncontrol);
	before = paths_of(was, n);
	after = paths_of(once.at, once.len);
	for (size_t i = 0; i < before.n; i++) {
		const char *line = before.at[i];

		/* Names of one thing in older formats; the packet's own bytes tell the rcode. */
		if (has_path(&after, line) || !strncmp(line, ".id=", 4))
			continue;
		/* Old probes wrote false where nothing failed. */
		if (strstr(line, ".status.failure=false") || strstr(line, ".transaction_id=0") ||
		    !strcmp(line, ".probe_asn=\"AS0001\""))
			continue;
		print_message("%s: lost %.200s\n", name, line);
		lost++;
	}
	paths_free(&before);
	paths_free(&after);
	buf_free(&once);
	buf_free(&twice);
	arena_free(&a);
	return lost;
}

static void round_trip(void **state)
{
	(void)state;
	assert_int_equal(there_and_back("sample", sample, sizeof(sample) - 1), 0);
}

static void round_trip_examples(void **state)
{
	char path[1024], file[2048];
	DIR *d;
	struct dirent *e;
	unsigned n = 0;

	(void)state;
	shared_path(path, sizeof(path), "ooni/measurements/spec-examples");
	d = opendir(path);
	while ((e = readdir(d)) != NULL) {
		struct stream *in;
		struct err err;
		const uint8_t *p;
		size_t got;

		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		in = stream_open(file, 0, &err);
		p = stream_peek(in, (size_t)1 << 24, &got);
		assert_int_equal(there_and_back(e->d_name, (const char *)p, got), 0);
		stream_close(in);
		n++;
	}
	closedir(d);
	assert_true(n >= 35);
}

/* ---- privacy ---- */

static const char *const secrets[] = {
    "198.51.100.7\"", "198.51.100.7,", "198.51.100.7:", "7.100.51.198",
    "198-51-100-7",   "198.51.100.53", "AAAAAMYzZAc=",	"198.51.100.1\""};

static void keeps(const struct facts *f, void *arg)
{
	struct buf *out = arg;

	for (size_t i = 0; i < f->nfact; i++)
		if (f->fact[i].kind == FACT_MEASUREMENT) {
			struct jsonw w = JSONW(out);
			struct arena a = {0};
			struct verdict v;

			ooni_write(&w, f->fact[i].measurement);
			verdict_judge(&a, NULL, f->fact[i].measurement, &v);
			verdict_line(out, &v);
			arena_free(&a);
		}
}

/* No output names the probe's address, in any form, unless that was asked for. */
static void privacy(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		struct stream *in = stream_of(sample, sizeof(sample) - 1, "sample", 0);
		struct reader r = {.in = in, .name = "sample", .keep_addresses = keep};
		struct buf out = {0};
		struct facts f;
		struct err err;
		unsigned told = 0;

		(void)state;
		r.source = source_of((const uint8_t *)sample, sizeof(sample) - 1);
		assert_non_null(r.source);
		assert_true(r.source->open(&r, &err));
		while (r.source->next(&r, &f))
			keeps(&f, &out);
		for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
			if (strstr(out.at, secrets[i])) {
				told++;
				if (!keep)
					fail_msg("an output tells %s", secrets[i]);
			}
		if (keep)
			assert_true(told >= 5);
		else
			assert_non_null(strstr(out.at, "198.51.100.71"));
		r.source->close(&r);
		arena_free(&r.scratch);
		stream_close(in);
		buf_free(&out);
	}
}

/* ---- the sample's verdict, and the layers' own evidence ---- */

static void verdict_of_sample(void **state)
{
	struct arena a = {0};
	struct measurement m = parse(&a, sample, sizeof(sample) - 1);
	struct buf line = {0};
	struct verdict v;

	(void)state;
	verdict_judge(&a, NULL, &m, &v);
	assert_int_equal(v.state, SITE_BLOCKED);
	assert_string_equal(v.mechanism[0].id, "dns.bogon");
	assert_string_equal(v.rule->id, "site.dns.bogon");
	assert_true(v.nmechanism >= 2);
	assert_string_equal(v.mechanism[1].id, "tls.sni-reset");
	verdict_line(&line, &v);
	assert_non_null(strstr(line.at, "\"state\":\"BLOCKED\""));
	assert_int_equal(line.at[line.len - 1], '\n');
	buf_free(&line);
	/* Without the lie: the name is what triggers the reset. */
	m.ndns = m.ntransaction = m.nseries = 0;
	verdict_judge(&a, NULL, &m, &v);
	assert_string_equal(v.rule->id, "site.tls.name");
	assert_true(v.proven);
	arena_free(&a);
}

static void freeze(void **state)
{
	const struct sample slow[] = {{0, 0}, {100000, 16384}, {9000000, 16384}},
			    fast[] = {{0, 0}, {500000, 800000}, {600000, 1000000}};
	struct series s[] = {{.name = "blocked.example",
			      .sample = slow,
			      .nsample = 3,
			      .expected = 1000000,
			      .seen = {.t0 = 0, .t = 9000000}},
			     {.name = "neutral.example",
			      .sample = fast,
			      .nsample = 3,
			      .control = true,
			      .seen = {.t0 = 0, .t = 600000}}};
	struct measurement m = {.test = "web_connectivity",
				.input = "https://blocked.example/",
				.series = s,
				.nseries = 2,
				.time = TIME_NONE};
	struct arena a = {0};
	struct verdict v;

	(void)state;
	verdict_judge(&a, NULL, &m, &v);
	assert_int_equal(v.state, SITE_THROTTLED);
	assert_string_equal(v.mechanism[0].id, "throttle.freeze");
	/* Slow for everybody is nobody's will. */
	s[1].sample = slow;
	verdict_judge(&a, NULL, &m, &v);
	assert_int_not_equal(v.state, SITE_THROTTLED);
	arena_free(&a);
}

/* ---- many patterns at once ---- */

struct hits {
	uint64_t sum;
	unsigned n;
};

static bool count(uint32_t pattern, size_t offset, void *arg)
{
	struct hits *h = arg;

	h->n++;
	h->sum += (uint64_t)(pattern + 1) * 1000003u * (offset + 1);
	return true;
}

static void many_patterns(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 60; round++) {
		struct match *m = match_new();
		size_t n = 1 + (size_t)rand() % 3000, np = 1 + (size_t)rand() % 200;
		int letters = 2 + rand() % 20;
		uint8_t *text = mem_alloc(n);
		uint8_t pattern[200][40];
		size_t len[200];
		struct hits all = {0}, plain = {0}, slow = {0};

		for (size_t i = 0; i < n; i++)
			text[i] = (uint8_t)('a' + rand() % letters);
		for (size_t i = 0; i < np; i++) {
			len[i] = 1 + (size_t)rand() % 39;
			if (len[i] < n && rand() % 2) {
				memcpy(pattern[i], text + (size_t)rand() % (n - len[i]), len[i]);
			} else {
				for (size_t k = 0; k < len[i]; k++)
					pattern[i][k] = (uint8_t)('a' + rand() % letters);
			}
			assert_int_equal(match_add(m, pattern[i], len[i]), i);
		}
		match_ready(m);
		match_find(m, text, n, count, &all);
		match_find_plain(m, text, n, count, &plain);
		for (size_t i = 0; i < np; i++)
			for (size_t at = 0; at + len[i] <= n; at++)
				if (!memcmp(text + at, pattern[i], len[i]))
					count((uint32_t)i, at, &slow);
		assert_int_equal(all.n, slow.n);
		assert_int_equal(plain.n, slow.n);
		assert_true(all.sum == slow.sum && plain.sum == slow.sum);
		match_free(m);
		free(text);
	}
}

static void patterns_of_lists(void **state)
{
	struct fingerprints *f = fingerprints_new();
	const struct fingerprint *hit[4];
	static const char re[] = "If you believe.*http://www\\.internet\\.gov\\.sa";
	struct addr a;

	(void)state;
	assert_true(fingerprints_add(f, &(struct fingerprint){"re", SCOPE_NATIONAL, PLACE_BODY,
							      PATTERN_REGEXP, NULL, re,
							      sizeof(re) - 1, "SA"}));
	assert_false(
	    fingerprints_add(f, &(struct fingerprint){"class", SCOPE_NATIONAL, PLACE_BODY,
						      PATTERN_REGEXP, NULL, "[ab]+", 5, "SA"}));
	assert_true(
	    fingerprints_add(f, &(struct fingerprint){"dns", SCOPE_ISP, PLACE_DNS, PATTERN_FULL,
						      NULL, "192.0.2.9", 9, "IT"}));
	assert_true(
	    fingerprints_add(f, &(struct fingerprint){"h", SCOPE_ISP, PLACE_HEADER, PATTERN_PREFIX,
						      "Location", "http://b.", 9, ""}));
	fingerprints_ready(f);
	assert_int_equal(
	    fingerprints_body(f, "If you believe x http://www.internet.gov.sa", 43, hit, 4), 1);
	assert_int_equal(
	    fingerprints_body(f, "If you believe\nhttp://www.internet.gov.sa", 41, hit, 4), 0);
	assert_true(addr_parse("192.0.2.9", 9, &a));
	assert_int_equal(fingerprints_dns(f, a, hit, 4), 1);
	assert_true(fingerprint_of_country(hit[0], "IT"));
	assert_false(fingerprint_of_country(hit[0], "FR"));
	assert_int_equal(fingerprints_header(f, "location", "http://b.example/", hit, 4), 1);
	assert_int_equal(fingerprints_header(f, "Server", "http://b.example/", hit, 4), 0);
	fingerprints_free(f);
}

/* ---- input that is cut or torn ---- */

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(sample) - 1; n += 7) {
		char *copy = mem_alloc(n ? n : 1);
		struct arena a = {0};
		struct measurement m;
		struct blob inner;
		const char *why = NULL;

		memcpy(copy, sample, n);
		assert_int_equal(ooni_measurement(&a, copy, n, &m, &inner, &why), OONI_BAD);
		assert_non_null(why);
		arena_free(&a);
		free(copy);
	}
}

static void lines(void **state)
{
	struct buf text = {0};
	struct stream *in;
	struct reader r = {.name = "lines"};
	struct facts f;
	struct err err;
	unsigned good = 0, bad = 0;

	(void)state;
	buf_text(&text, sample);
	buf_text(&text, "\n{\"test_keys\": torn\n");
	buf_text(&text, sample);
	buf_text(&text, "\n");
	in = stream_of(text.at, text.len, "lines", 0);
	r.in = in;
	r.source = source_of((const uint8_t *)text.at, text.len);
	assert_string_equal(r.source->name, "ooni");
	assert_true(r.source->open(&r, &err));
	while (r.source->next(&r, &f)) {
		good += f.fact[0].kind == FACT_MEASUREMENT;
		bad += f.fact[0].kind == FACT_GARBLED;
		if (f.fact[0].kind == FACT_MEASUREMENT)
			assert_memory_equal(text.at + f.slice.offset, sample, f.slice.length);
	}
	assert_int_equal(good, 2);
	assert_int_equal(bad, 1);
	assert_int_equal(r.tally.records, r.tally.decoded + r.tally.skipped);
	r.source->close(&r);
	arena_free(&r.scratch);
	stream_close(in);
	buf_free(&text);
}

/* ---- core and edge ---- */

static struct finding *make(struct findings *fs, const char *kind, int64_t first, int64_t last,
			    const char *prefix)
{
	struct finding *f = findings_add(fs);

	f->kind = kind;
	f->title = kind;
	f->first = first * SECOND;
	f->last = last * SECOND;
	f->layer = !strncmp(kind, "route", 5) ? "bgp" : "tcp";
	f->url = arena_zero(&fs->arena, 1, sizeof(*f->url));
	f->url[0] = "https://site.example/";
	f->nurl = 1;
	f->prefix = arena_zero(&fs->arena, 1, sizeof(*f->prefix));
	assert_true(prefix_parse(prefix, strlen(prefix), &f->prefix[0].prefix));
	f->nprefix = 1;
	return f;
}

static void joined(void **state)
{
	struct findings fs = {0};
	struct finding *within, *outlasts, *other, *later, *r;

	(void)state;
	r = make(&fs, "route.hijack.sub", 1000, 2000, "93.184.216.0/24");
	within = make(&fs, "site.blocked", 1100, 1900, "93.184.216.34");
	outlasts = make(&fs, "site.blocked", 500, 3000, "93.184.216.34");
	other = make(&fs, "site.blocked", 1100, 1900, "8.8.8.8");
	later = make(&fs, "site.blocked", 5000, 6000, "93.184.216.34");
	findings_join(&fs, NULL);
	assert_string_equal(within->layer, "bgp");
	assert_string_equal(within->mechanism, "bgp.hijack");
	assert_string_equal(outlasts->layer, "tcp");
	assert_int_equal(outlasts->ntag, 1);
	assert_string_equal(outlasts->tag[0].id, "order");
	assert_non_null(strstr(outlasts->tag[0].text, "did not cause"));
	assert_int_equal(other->ncontext, 0);
	assert_string_equal(later->layer, "tcp");
	assert_int_equal(later->ncontext, 1);
	assert_non_null(strstr(later->context[0].text, "at another time"));
	assert_int_equal(r->ncontext, 3);
	findings_free(&fs);
}

/* Merging two halves, and saving and loading, is as if all had been fed to one. */
static void halves(void **state)
{
	struct knowledge k = {0};
	void *one = detector_sites.new(&k), *a = detector_sites.new(&k),
	     *b = detector_sites.new(&k), *c = detector_sites.new(&k);
	struct arena arena = {0};
	struct measurement m = parse(&arena, sample, sizeof(sample) - 1);
	struct fact fact = {.kind = FACT_MEASUREMENT, .measurement = &m};
	struct facts f = {.time = m.time, .fact = &fact, .nfact = 1};
	struct findings x = {0}, y = {0};
	struct buf saved = {0};
	struct bytes in;
	struct err err;

	(void)state;
	for (int i = 0; i < 4; i++) {
		m.time += 3600 * SECOND;
		detector_sites.feed(one, &f);
		detector_sites.feed(i < 2 ? a : b, &f);
	}
	assert_true(detector_sites.merge(a, b, &err));
	detector_sites.save(a, &saved);
	in = bytes_of(saved.at, saved.len);
	assert_true(detector_sites.load(c, &in, &err));
	detector_sites.end(one, &x);
	detector_sites.end(c, &y);
	assert_int_equal(x.n, 1);
	assert_int_equal(y.n, 1);
	assert_string_equal(x.at[0]->title, y.at[0]->title);
	assert_memory_equal(x.at[0]->id, y.at[0]->id, 16);
	assert_true(x.at[0]->last - x.at[0]->first == 3 * 3600 * SECOND);
	/* Damaged states are refused. */
	for (size_t n = 0; n < saved.len; n += 13) {
		void *d = detector_sites.new(&k);

		in = bytes_of(saved.at, n);
		assert_false(detector_sites.load(d, &in, &err));
		detector_sites.free(d);
	}
	buf_free(&saved);
	findings_free(&x);
	findings_free(&y);
	detector_sites.free(one);
	detector_sites.free(a);
	detector_sites.free(b);
	detector_sites.free(c);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(round_trip_examples),
	    cmocka_unit_test(privacy),
	    cmocka_unit_test(verdict_of_sample),
	    cmocka_unit_test(freeze),
	    cmocka_unit_test(many_patterns),
	    cmocka_unit_test(patterns_of_lists),
	    cmocka_unit_test(cut_anywhere),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(joined),
	    cmocka_unit_test(halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
