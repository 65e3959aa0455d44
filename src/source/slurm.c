/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Local exceptions: SLURM, RFC 8416 (version 1) and draft-ietf-sidrops-aspa-slurm (version 2).
 * Filters become FACT_FILTER, assertions VRPs of TAL_SLURM and local ASPAs. What is about router
 * keys is counted as skipped: Meridian does not judge BGPsec.
 */
#include <stdlib.h>

#include "fact/vrps.h"
#include "source/vrps.h"

struct slurm {
	struct json j;
	struct rows rows;
	bool done;
};

static int recognise(const uint8_t *at, size_t n)
{
	return rows_has(at, n, "\"slurmVersion\"")		? 100
	       : rows_has(at, n, "\"validationOutputFilters\"") ? 90
	       : rows_has(at, n, "\"locallyAddedAssertions\"")	? 90
								: 0;
}

static bool open_slurm(struct reader *r, struct err *err)
{
	struct slurm *s = mem_zero(1, sizeof(*s));

	(void)err;
	json_stream(&s->j, r->in);
	r->state = s;
	return true;
}

static void close_slurm(struct reader *r)
{
	struct slurm *s = r->state;

	json_free(&s->j);
	rows_free(&s->rows);
	free(s);
}

static void filter_row(struct slurm *s, struct reader *r, bool aspa)
{
	struct json *j = &s->j;
	uint64_t offset = j->offset;
	struct filter f = {.aspa = aspa};
	bool bad = false;

	while (json_key(j)) {
		if (json_is(j, "prefix") && !aspa) {
			f.has_prefix = json_text(j) && prefix_parse(j->text, j->ntext, &f.prefix);
			bad |= !f.has_prefix;
		} else if ((!aspa && json_is(j, "asn")) ||
			   (aspa && (json_is(j, "customerAsid") || json_is(j, "customerAsn")))) {
			f.has_asn = rows_json_asn(j, &f.asn);
			bad |= !f.has_asn;
		} else {
			json_skip(j);
		}
	}
	if (j->token == JSON_BAD)
		return;
	/* RFC 8416 3.3.1: at least one of the two. */
	if (bad || (!f.has_prefix && !f.has_asn)) {
		rows_garbled(&s->rows, r, offset, j->end - offset,
			     bad ? "a filter whose prefix or ASN is none"
				 : "a filter that names neither prefix nor ASN",
			     false);
		return;
	}
	rows_add(&s->rows, FACT_FILTER)->filter = f;
	rows_decoded(r);
}

static void assertion_row(struct slurm *s, struct reader *r)
{
	struct json *j = &s->j;
	uint64_t offset = j->offset, max = UINT64_MAX;
	struct vrp vrp = {.tal = TAL_SLURM};
	bool asn = false, prefix = false;

	while (json_key(j)) {
		if (json_is(j, "asn"))
			asn = rows_json_asn(j, &vrp.asn);
		else if (json_is(j, "prefix"))
			prefix = json_text(j) && prefix_parse(j->text, j->ntext, &vrp.prefix);
		else if (json_is(j, "maxPrefixLength"))
			max = json_u64(j, 128, 255);
		else
			json_skip(j);
	}
	if (j->token == JSON_BAD)
		return;
	if (max == UINT64_MAX)
		max = vrp.prefix.len;
	if (!asn || !prefix || max < vrp.prefix.len || max > (vrp.prefix.v6 ? 128 : 32)) {
		rows_garbled(&s->rows, r, offset, j->end - offset,
			     !asn      ? "an assertion without an ASN"
			     : !prefix ? "an assertion without a prefix"
				       : "an assertion whose max length does not fit its prefix",
			     false);
		return;
	}
	vrp.max_len = (uint8_t)max;
	rows_add(&s->rows, FACT_VRP)->vrp = vrp;
	rows_decoded(r);
}

/* The arrays of "validationOutputFilters" or "locallyAddedAssertions". */
static void group(struct slurm *s, struct reader *r, bool filters)
{
	struct json *j = &s->j;

	if (json_next(j) != JSON_OBJECT) {
		if (j->token == JSON_ARRAY)
			json_leave(j);
		return;
	}
	while (json_key(j)) {
		bool prefixes = json_is(j, filters ? "prefixFilters" : "prefixAssertions");
		bool aspas = json_is(j, filters ? "aspaFilters" : "aspaAssertions");

		if (json_next(j) != JSON_ARRAY) {
			if (j->token == JSON_OBJECT)
				json_leave(j);
			continue;
		}
		while (json_item(j)) {
			if (j->token != JSON_OBJECT) {
				uint64_t at = j->offset;

				if (j->token == JSON_ARRAY)
					json_leave(j);
				rows_garbled(&s->rows, r, at, j->end - at,
					     "a row that is no object", false);
			} else if (filters && (prefixes || aspas)) {
				filter_row(s, r, aspas);
			} else if (prefixes) {
				assertion_row(s, r);
			} else if (aspas) {
				aspa_row(j, &s->rows, r, true);
			} else {
				uint64_t at = j->offset;

				json_leave(j);
				rows_garbled(&s->rows, r, at, j->end - at,
					     "a router key, which is not judged", false);
				s->rows.fact[s->rows.n - 1].garbled.skipped = true;
			}
		}
	}
}

/* Such files are short: one batch. */
static bool next_slurm(struct reader *r, struct facts *out)
{
	struct slurm *s = r->state;
	struct json *j = &s->j;
	uint64_t version = 0, at = 0;
	const char *why;

	if (s->done)
		return false;
	s->done = true;
	rows_start(&s->rows, r);
	if (json_next(j) == JSON_OBJECT) {
		while (json_key(j)) {
			if (json_is(j, "slurmVersion"))
				version = json_u64(j, 255, 0);
			else if (json_is(j, "validationOutputFilters"))
				group(s, r, true);
			else if (json_is(j, "locallyAddedAssertions"))
				group(s, r, false);
			else
				json_skip(j);
		}
		if (json_next(j) != JSON_END && !json_why(j, &at))
			rows_garbled(&s->rows, r, j->offset, 0,
				     "something stands after the document", true);
	}
	why = stream_fault(r->in) ? stream_fault(r->in) : json_why(j, &at);
	if (!why && version != 1 && version != 2)
		why = "a SLURM file of a version that is neither 1 nor 2";
	if (why)
		rows_garbled(&s->rows, r, at, 0, why, true);
	rows_give(&s->rows, r, out);
	return true;
}

const struct source source_slurm = {
    .name = "slurm",
    .about = "local exceptions to VRPs and ASPAs (SLURM, RFC 8416)",
    .class = SOURCE_TABLE,
    .head = 4096,
    .recognise = recognise,
    .open = open_slurm,
    .next = next_slurm,
    .close = close_slurm,
};
