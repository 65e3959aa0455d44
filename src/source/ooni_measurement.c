/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/ooni.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "source/ooni_read.h"

static int64_t moment(struct json *j)
{
	int64_t t;

	return json_text(j) && text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
}

static void read_test_keys(struct ooni_work *w, struct json *j)
{
	size_t first;

	if (!ooni_enter_object(j)) {
		return;
	}
	first = w->key.n;
	while (json_key(j)) {
		enum ooni_kind kind = ooni_kind_of(j);
		const char *at = j->at;

		while (at < j->stop && (unsigned char)*at <= ' ')
			at++;
		if (kind != KIND_NONE && at < j->stop && *at == '[')
			ooni_replies(w, j, kind);
		else
			ooni_spare(w, &w->key, j, "");
	}
	for (size_t i = first; i < w->key.n; i++) {
		const struct member *m = (const struct member *)w->key.at + i;

		if (!strcmp(m->key, "control") || !strcmp(m->key, "control_failure") ||
		    !strcmp(m->key, "meridian"))
			continue;
		ooni_look_in(w, m);
	}
}

static void read_scores(struct ooni_work *w, const struct member *m)
{
	struct scores *s = &w->m->scores;
	struct json j;

	s->given = true;
	json_of(&j, m->json, m->njson);
	if (ooni_enter_object(&j))
		while (json_key(&j)) {
			if (json_is(&j, "blocking_general"))
				s->blocking = json_real(&j, -1);
			else if (json_is(&j, "accessible_endpoints"))
				s->endpoints_ok = (int32_t)ooni_integer(&j, -1);
			else if (json_is(&j, "unreachable_endpoints"))
				s->endpoints_bad = (int32_t)ooni_integer(&j, -1);
			else if (json_is(&j, "http_success_cnt"))
				s->http_ok = (int32_t)ooni_integer(&j, -1);
			else if (json_is(&j, "http_failure_cnt"))
				s->http_bad = (int32_t)ooni_integer(&j, -1);
			else if (json_is(&j, "web_failure"))
				s->web_failure = ooni_text(w, &j);
		}
	json_free(&j);
}

static bool is_true(const struct member *m)
{
	return m->njson == 4 && !memcmp(m->json, "true", 4);
}

static void read_member(struct ooni_work *w, struct json *j, bool *keys, bool *list)
{
	struct measurement *m = w->m;
	const char *s;

	if (json_is(j, "test_keys")) {
		*keys = true;
		read_test_keys(w, j);
	} else if (json_is(j, "measurement_uid") || json_is(j, "id")) {
		s = ooni_text(w, j);
		if (s && *s)
			m->id = s;
	} else if (json_is(j, "report_id")) {
		m->report_id = ooni_text(w, j);
	} else if (json_is(j, "test_name")) {
		m->test = ooni_text(w, j);
	} else if (json_is(j, "test_version")) {
		m->test_version = ooni_text(w, j);
	} else if (json_is(j, "software_name")) {
		m->software = ooni_text(w, j);
	} else if (json_is(j, "software_version")) {
		m->software_version = ooni_text(w, j);
	} else if (json_is(j, "data_format_version")) {
		m->format_version = ooni_text(w, j);
	} else if (json_is(j, "measurement_start_time")) {
		m->time = moment(j);
	} else if (json_is(j, "test_start_time")) {
		m->test_start = moment(j);
	} else if (json_is(j, "test_runtime")) {
		m->runtime = json_real(j, -1);
	} else if (json_is(j, "probe_asn")) {
		m->asn = ooni_asn(j);
	} else if (json_is(j, "probe_cc")) {
		if (json_text(j) && j->ntext == 2 && memcmp(j->text, "ZZ", 2))
			memcpy(m->country, j->text, 2);
	} else if (json_is(j, "probe_network_name")) {
		m->network = ooni_text(w, j);
	} else if (json_is(j, "probe_ip")) {
		m->ip = ooni_text(w, j);
	} else if (json_is(j, "resolver_asn")) {
		m->resolver_asn = ooni_asn(j);
	} else if (json_is(j, "resolver_ip")) {
		m->resolver_ip = ooni_text(w, j);
	} else if (json_is(j, "resolver_network_name")) {
		m->resolver_network = ooni_text(w, j);
	} else if (json_is(j, "input")) {
		const char *at = j->at;

		while (at < j->stop && (unsigned char)*at <= ' ')
			at++;
		if (at < j->stop && *at == '"')
			m->input = ooni_text(w, j);
		else
			ooni_spare(w, &w->extra, j, "");
	} else {
		if (json_is(j, "results") || json_is(j, "result") || json_is(j, "measurements") ||
		    json_is(j, "content") || json_is(j, "raw_measurement"))
			*list = true;
		ooni_spare(w, &w->extra, j, "");
	}
}

static enum ooni_value envelope(struct ooni_work *w, struct blob *inner)
{
	static const char *const names[] = {"content", "raw_measurement", "measurements", "results",
					    "result"};

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
		for (size_t i = 0; i < w->m->nextra; i++) {
			const struct member *m = &w->m->extra[i];

			if (strcmp(m->key, names[n]) || !m->njson)
				continue;
			*inner = (struct blob){(const uint8_t *)m->json, m->njson};
			if (*m->json == '"') {
				const char *s = ooni_plain(w, m);

				if (!s)
					return OONI_OTHER;
				*inner = (struct blob){(const uint8_t *)s, strlen(s)};
			}
			return OONI_ENVELOPE;
		}
	return OONI_OTHER;
}

enum ooni_value ooni_measurement(struct arena *a, const char *json, size_t n,
				 struct measurement *out, struct blob *inner, const char **why)
{
	struct ooni_work w = {.a = a, .m = out};
	bool keys = false, list = false, scores = false, anomaly = false, counts = false;
	struct json j;

	*out = (struct measurement){.time = TIME_NONE,
				    .test_start = TIME_NONE,
				    .runtime = -1,
				    .scores = {.blocking = -1,
					       .endpoints_ok = -1,
					       .endpoints_bad = -1,
					       .http_ok = -1,
					       .http_bad = -1}};
	json_of(&j, json, n);
	if (ooni_enter_object(&j))
		while (json_key(&j))
			read_member(&w, &j, &keys, &list);
	else if (!j.why)
		j.why = "not a JSON object";
	*why = json_why(&j, NULL);
	json_free(&j);
	if (*why)
		return OONI_BAD;
	out->dns = w.dns.at;
	out->ndns = w.dns.n;
	out->connect = w.connect.at;
	out->nconnect = w.connect.n;
	out->handshake = w.handshake.at;
	out->nhandshake = w.handshake.n;
	out->transaction = w.transaction.at;
	out->ntransaction = w.transaction.n;
	out->event = w.event.at;
	out->nevent = w.event.n;
	out->target = w.target.at;
	out->ntarget = w.target.n;
	out->key = w.key.at;
	out->nkey = w.key.n;
	out->extra = w.extra.at;
	out->nextra = w.extra.n;
	for (size_t i = 0; i < out->nextra; i++) {
		const struct member *m = &out->extra[i];

		if (!strcmp(m->key, "scores")) {
			scores = true;
			read_scores(&w, m);
		} else if (!strcmp(m->key, "anomaly")) {
			anomaly = true;
			out->scores.anomaly = is_true(m);
		} else if (!strcmp(m->key, "confirmed")) {
			out->scores.confirmed = is_true(m);
		} else if (!strcmp(m->key, "anomaly_count")) {
			counts = true;
		}
	}
	if (!keys && counts)
		return OONI_COUNTS;
	if (!keys && list)
		return envelope(&w, inner);
	if (!keys && !(out->test && out->time != TIME_NONE) &&
	    !(scores && anomaly && out->time != TIME_NONE))
		return OONI_OTHER;
	ooni_controls(&w);
	if (measurement_key(out, "meridian"))
		ooni_meridian(&w, measurement_key(out, "meridian"));
	out->dns = w.dns.at;
	out->ndns = w.dns.n;
	out->connect = w.connect.at;
	out->nconnect = w.connect.n;
	out->handshake = w.handshake.at;
	out->nhandshake = w.handshake.n;
	out->event = w.event.at;
	out->nevent = w.event.n;
	if (!out->id)
		out->id = arena_printf(a, "%s%s%s", out->report_id ? out->report_id : "",
				       out->input ? "?input=" : "", out->input ? out->input : "");
	return scores && !keys ? OONI_SCORES : OONI_MEASUREMENT;
}
