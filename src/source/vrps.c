/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/vrps.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/vrps.h"

/* Where the reader stands in the document. */
enum place_in { IN_DOCUMENT, IN_ROAS, IN_ASPAS, IN_ASPAS_FAMILY, AT_END };

struct vrps_json {
	struct json j;
	struct rows rows;
	enum place_in in;
	bool opened, has_roas, has_aspas;
	int64_t time;
	struct buf by;
};

static int recognise_json(const uint8_t *at, size_t n)
{
	size_t i = 0;

	while (i < n && (at[i] == ' ' || at[i] == '\n' || at[i] == '\r' || at[i] == '\t'))
		i++;
	if (i == n || at[i] != '{' || rows_has(at, n, "\"slurmVersion\""))
		return 0;
	if (rows_has(at, n, "\"roas\"") &&
	    (rows_has(at, n, "\"metadata\"") || rows_has(at, n, "\"maxLength\"")))
		return 95;
	if (rows_has(at, n, "\"roas\""))
		return 80;
	return rows_has(at, n, "\"aspas\"") && rows_has(at, n, "\"providers\"") ? 90 : 0;
}

static bool open_json(struct reader *r, struct err *err)
{
	struct vrps_json *s = mem_zero(1, sizeof(*s));

	(void)err;
	s->time = TIME_NONE;
	json_stream(&s->j, r->in);
	r->state = s;
	return true;
}

static void close_json(struct reader *r)
{
	struct vrps_json *s = r->state;

	json_free(&s->j);
	rows_free(&s->rows);
	buf_free(&s->by);
	free(s);
}

static void metadata(struct vrps_json *s)
{
	struct json *j = &s->j;

	if (json_next(j) != JSON_OBJECT) {
		if (j->token == JSON_ARRAY)
			json_leave(j);
		return;
	}
	while (json_key(j)) {
		if (json_is(j, "buildtime") || json_is(j, "generatedTime") ||
		    json_is(j, "generated")) {
			enum json_token t = json_next(j);

			if (t == JSON_NUMBER || t == JSON_STRING)
				(void)text_to_time(j->text, j->ntext, &s->time);
			else if (t == JSON_OBJECT || t == JSON_ARRAY)
				json_leave(j);
		} else if (json_is(j, "buildmachine")) {
			if (json_text(j) && j->ntext < 256) {
				buf_text(&s->by, "rpki-client on ");
				buf_add(&s->by, j->text, j->ntext);
			}
		} else {
			json_skip(j);
		}
	}
}

static void roa_row(struct vrps_json *s, struct reader *r)
{
	struct json *j = &s->j;
	uint64_t offset = j->offset, max = UINT64_MAX;
	struct vrp vrp = {0};
	bool asn = false, prefix = false;
	const char *why = NULL;

	while (json_key(j)) {
		if (json_is(j, "asn")) {
			asn = rows_json_asn(j, &vrp.asn);
		} else if (json_is(j, "prefix")) {
			prefix = json_text(j) && prefix_parse(j->text, j->ntext, &vrp.prefix);
		} else if (json_is(j, "maxLength")) {
			max = json_u64(j, 128, 255);
		} else if (json_is(j, "expires")) {
			vrp.expires = (uint32_t)json_u64(j, UINT32_MAX, 0);
		} else if (json_is(j, "ta")) {
			if (json_text(j))
				vrp.tal = vrps_tal_of(j->text, j->ntext);
		} else {
			json_skip(j);
		}
	}
	if (j->token == JSON_BAD)
		return;
	if (!asn)
		why = "a VRP without an ASN";
	else if (!prefix)
		why = "a VRP without a prefix";
	else if (max == UINT64_MAX)
		max = vrp.prefix.len;
	if (!why && (max < vrp.prefix.len || max > (vrp.prefix.v6 ? 128 : 32)))
		why = "a VRP whose max length does not fit its prefix";
	if (why) {
		rows_garbled(&s->rows, r, offset, j->end - offset, why, false);
		return;
	}
	vrp.max_len = (uint8_t)max;
	rows_add(&s->rows, FACT_VRP)->vrp = vrp;
	rows_decoded(r);
}

/* The value of a name of the document: opens what holds rows, reads over the rest. */
static void member(struct vrps_json *s)
{
	struct json *j = &s->j;
	bool roas = json_is(j, "roas");

	if (json_is(j, "metadata")) {
		metadata(s);
	} else if (roas || json_is(j, "aspas") || json_is(j, "provider_authorizations")) {
		enum json_token t = json_next(j);

		/* rpki-client of 2022 had the ASPAs of each family apart. */
		if (t == JSON_ARRAY)
			s->in = roas ? IN_ROAS : IN_ASPAS;
		else if (t == JSON_OBJECT && !roas)
			s->in = IN_ASPAS_FAMILY;
		else if (t == JSON_OBJECT)
			json_leave(j);
		s->has_roas |= s->in == IN_ROAS;
		s->has_aspas |= s->in == IN_ASPAS || s->in == IN_ASPAS_FAMILY;
	} else {
		json_skip(j);
	}
}

static void finish(struct vrps_json *s, struct reader *r)
{
	struct json *j = &s->j;
	uint64_t at = 0;
	const char *why = json_why(j, &at), *fault = stream_fault(r->in);

	s->in = AT_END;
	if (!fault && !why && json_next(j) != JSON_END) {
		why = json_why(j, &at);
		if (!why)
			why = "something stands after the document";
	}
	if (fault || why)
		rows_garbled(&s->rows, r, at, 0, fault ? fault : why, true);
	else if (!s->has_roas && !s->has_aspas)
		rows_garbled(&s->rows, r, 0, stream_offset(r->in),
			     "neither \"roas\" nor \"aspas\" is in it", true);
	if (s->time != TIME_NONE || s->by.len) {
		struct provenance *p = &rows_add(&s->rows, FACT_PROVENANCE)->provenance;

		p->time = s->time;
		p->text = s->by.len ? s->by.at : "";
	}
}

static bool next_json(struct reader *r, struct facts *out)
{
	struct vrps_json *s = r->state;
	struct json *j = &s->j;

	if (s->in == AT_END)
		return false;
	rows_start(&s->rows, r);
	if (!s->opened) {
		s->opened = true;
		if (json_next(j) != JSON_OBJECT)
			finish(s, r);
	}
	while (s->in != AT_END && s->rows.n < ROWS_BATCH) {
		switch (s->in) {
		case IN_DOCUMENT:
			if (json_key(j))
				member(s);
			else
				finish(s, r);
			break;
		case IN_ASPAS_FAMILY:
			if (!json_key(j)) {
				s->in = IN_DOCUMENT;
			} else if (json_next(j) == JSON_ARRAY) {
				while (json_item(j))
					if (j->token == JSON_OBJECT)
						aspa_row(j, &s->rows, r, false);
			} else if (j->token == JSON_OBJECT) {
				json_leave(j);
			}
			break;
		default:
			if (!json_item(j))
				s->in = IN_DOCUMENT;
			else if (j->token != JSON_OBJECT)
				rows_garbled(&s->rows, r, j->offset, j->end - j->offset,
					     "a row that is no object", false);
			else if (s->in == IN_ROAS)
				roa_row(s, r);
			else
				aspa_row(j, &s->rows, r, false);
			if (j->token == JSON_ARRAY)
				json_leave(j);
			break;
		}
		if (j->token == JSON_BAD && s->in != AT_END)
			finish(s, r);
	}
	rows_give(&s->rows, r, out);
	return true;
}

const struct source source_vrps_json = {
    .name = "vrps-json",
    .about = "VRPs and ASPAs as JSON by rpki-client, Routinator, StayRTR",
    .class = SOURCE_TABLE,
    .head = 4096,
    .recognise = recognise_json,
    .open = open_json,
    .next = next_json,
    .close = close_json,
};

/* Columns of the CSV; the first line says where they are. */
enum column { COLUMN_ASN, COLUMN_PREFIX, COLUMN_MAX, COLUMN_TA, COLUMN_EXPIRES, COLUMNS };

#define CSV_FIELDS 16

struct vrps_csv {
	struct rows rows;
	int column[COLUMNS]; /* -1: there is none */
	char room[ROWS_LINE];
};

static bool header(struct row_text line, int column[COLUMNS], char *room)
{
	static const char *const names[COLUMNS][3] = {{"ASN", "AS", NULL},
						      {"IP Prefix", "Prefix", NULL},
						      {"Max Length", "maxLength", NULL},
						      {"Trust Anchor", "TA", NULL},
						      {"Expires", NULL, NULL}};
	struct row_text field[CSV_FIELDS];
	size_t n = rows_csv(line, room, field, CSV_FIELDS);

	for (int c = 0; c < COLUMNS; c++) {
		column[c] = -1;
		for (size_t i = 0; i < n; i++)
			for (int k = 0; k < 3 && names[c][k]; k++)
				if (rows_is(rows_trim(field[i]), names[c][k]))
					column[c] = (int)i;
	}
	return column[COLUMN_ASN] >= 0 && column[COLUMN_PREFIX] >= 0 && column[COLUMN_MAX] >= 0;
}

static int recognise_csv(const uint8_t *at, size_t n)
{
	const uint8_t *end = memchr(at, '\n', n);
	struct row_text line = {(const char *)at, end ? (size_t)(end - at) : n};
	int column[COLUMNS];
	char room[512];

	if (line.n && line.at[line.n - 1] == '\r')
		line.n--;
	return line.n < sizeof(room) && header(line, column, room) ? 95 : 0;
}

static bool open_csv(struct reader *r, struct err *err)
{
	struct vrps_csv *s = mem_zero(1, sizeof(*s));
	struct row_text line;
	uint64_t offset;

	(void)err;
	r->state = s;
	if (rows_line(&s->rows, r, &line, &offset) && header(line, s->column, s->room))
		return true;
	rows_free(&s->rows);
	free(s);
	return err_set(err,
		       "%s: the first line does not name the columns ASN, IP Prefix and "
		       "Max Length",
		       r->name);
}

static void close_csv(struct reader *r)
{
	struct vrps_csv *s = r->state;

	rows_free(&s->rows);
	free(s);
}

static const char *csv_row(const struct vrps_csv *s, const struct row_text *field, size_t n,
			   struct vrp *vrp)
{
	struct row_text f[COLUMNS] = {0};
	uint64_t v;

	for (int c = 0; c < COLUMNS; c++)
		if (s->column[c] >= 0 && (size_t)s->column[c] < n)
			f[c] = rows_trim(field[s->column[c]]);
	if (!rows_asn(f[COLUMN_ASN].at, f[COLUMN_ASN].n, &vrp->asn))
		return "no ASN in the row";
	if (!prefix_parse(f[COLUMN_PREFIX].at, f[COLUMN_PREFIX].n, &vrp->prefix))
		return "no prefix in the row";
	v = vrp->prefix.len;
	if (f[COLUMN_MAX].n && !text_to_u64(f[COLUMN_MAX].at, f[COLUMN_MAX].n, 128, &v))
		return "no max length in the row";
	if (v < vrp->prefix.len || v > (vrp->prefix.v6 ? 128 : 32))
		return "a max length that does not fit its prefix";
	vrp->max_len = (uint8_t)v;
	vrp->tal = vrps_tal_of(f[COLUMN_TA].at ? f[COLUMN_TA].at : "", f[COLUMN_TA].n);
	if (text_to_u64(f[COLUMN_EXPIRES].at, f[COLUMN_EXPIRES].n, UINT32_MAX, &v) &&
	    f[COLUMN_EXPIRES].n)
		vrp->expires = (uint32_t)v;
	return NULL;
}

static bool next_csv(struct reader *r, struct facts *out)
{
	struct vrps_csv *s = r->state;
	struct row_text line, field[CSV_FIELDS];
	uint64_t offset;

	if (s->rows.ended)
		return false;
	rows_start(&s->rows, r);
	while (s->rows.n < ROWS_BATCH) {
		struct vrp vrp = {0};
		const char *why;

		if (!rows_line(&s->rows, r, &line, &offset)) {
			s->rows.ended = true;
			if (stream_fault(r->in))
				rows_garbled(&s->rows, r, offset, 0, stream_fault(r->in), true);
			break;
		}
		if (!rows_trim(line).n)
			continue;
		why = csv_row(s, field, rows_csv(line, s->room, field, CSV_FIELDS), &vrp);
		if (why) {
			rows_garbled(&s->rows, r, offset, line.n, why, false);
		} else {
			rows_add(&s->rows, FACT_VRP)->vrp = vrp;
			rows_decoded(r);
		}
	}
	rows_give(&s->rows, r, out);
	return true;
}

const struct source source_vrps_csv = {
    .name = "vrps-csv",
    .about = "VRPs as CSV by rpki-client, Routinator, the RIPE NCC's archive",
    .class = SOURCE_TABLE,
    .head = 512,
    .recognise = recognise_csv,
    .open = open_csv,
    .next = next_csv,
    .close = close_csv,
};
