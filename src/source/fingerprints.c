/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Lists of fingerprints that the user brings: OONI's blocking-fingerprints (DNS and HTTP), Citizen
 * Lab's filtering annotations (CSV), Censored Planet's signatures (JSON lines of regular
 * expressions; who they belong to stands in their names: a_prod_…, b_nat_ir_…, x_…).
 */
#include "fact/fingerprints.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "source/jsonlines.h"
#include "source/places.h"

enum { LAYOUT_NONE = -1, LAYOUT_OONI, LAYOUT_CITIZENLAB };

static int layout(struct row_text line)
{
	static const char ooni[] = "name,scope,other_names,location_found,pattern_type,pattern",
			  lab[] = "name,common_name,pattern,location_found";

	if (line.n >= sizeof(ooni) - 1 && !memcmp(line.at, ooni, sizeof(ooni) - 1))
		return LAYOUT_OONI;
	if (line.n >= sizeof(lab) - 1 && !memcmp(line.at, lab, sizeof(lab) - 1))
		return LAYOUT_CITIZENLAB;
	return LAYOUT_NONE;
}

static int recognise(const uint8_t *at, size_t n)
{
	return layout((struct row_text){(const char *)at, n}) == LAYOUT_NONE ? 0 : 95;
}

static bool scope_of(struct row_text t, enum fingerprint_scope *out)
{
	static const struct {
		const char *word;
		enum fingerprint_scope scope;
	} known[] = {
	    {"nat", SCOPE_NATIONAL},
	    {"isp", SCOPE_ISP},
	    {"prod", SCOPE_PRODUCT},
	    {"inst", SCOPE_INSTITUTION},
	    {"vbw", SCOPE_VAGUE},
	    {"fp", SCOPE_FALSE},
	    /* Injected for another purpose than blocking: a bill, an update. */
	    {"injb", SCOPE_FALSE},
	    {"prov", SCOPE_ISP},
	    {"gen", SCOPE_VAGUE},
	    {"unk", SCOPE_VAGUE},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (rows_is(t, known[i].word)) {
			*out = known[i].scope;
			return true;
		}
	return false;
}

static bool place_of(struct arena *a, struct row_text t, struct fingerprint *p)
{
	if (rows_is(t, "body")) {
		p->place = PLACE_BODY;
	} else if (rows_is(t, "dns")) {
		p->place = PLACE_DNS;
	} else if (rows_is(t, "header")) {
		p->place = PLACE_HEADER;
		p->header = "location";
	} else if (t.n > 7 && !strncasecmp(t.at, "header.", 7)) {
		p->place = PLACE_HEADER;
		p->header = arena_textn(a, t.at + 7, t.n - 7);
	} else {
		return false;
	}
	return true;
}

static bool kind_of(struct row_text t, enum fingerprint_kind *out)
{
	static const char *const word[] = {"contains", "full", "prefix", "regexp"};

	for (int i = 0; i < 4; i++)
		if (rows_is(t, word[i])) {
			*out = (enum fingerprint_kind)i;
			return true;
		}
	return false;
}

/* "AE,SA" or "['AE', 'SA']": the codes with commas. */
static const char *countries(struct arena *a, struct row_text t)
{
	char *out = arena_alloc(a, t.n + 2);
	size_t n = 0;

	for (size_t i = 0; i + 1 < t.n; i++) {
		if (t.at[i] < 'A' || t.at[i] > 'Z' || t.at[i + 1] < 'A' || t.at[i + 1] > 'Z')
			continue;
		if (n)
			out[n++] = ',';
		out[n++] = t.at[i];
		out[n++] = t.at[i + 1];
		i++;
	}
	out[n] = 0;
	return out;
}

static const char *row(struct line_table *t, struct row_text line)
{
	static const unsigned char at[2][6] = {
	    /* name scope place kind pattern countries */
	    {0, 1, 3, 4, 5, 7},
	    {0, 7, 3, 255, 2, 8},
	};
	struct fingerprint *p;
	struct row_text f[24];
	size_t n;
	const unsigned char *col;

	if (t->column[0] == LAYOUT_NONE) {
		t->column[0] = layout(line);
		return t->column[0] == LAYOUT_NONE ? "the first line names no columns that I know"
						   : ROW_NONE;
	}
	col = at[t->column[0]];
	n = rows_csv(line, t->room, f, 24);
	if (n <= col[5])
		return "a row with too few fields";
	p = arena_zero(&t->rows.text, 1, sizeof(*p));
	p->name = arena_textn(&t->rows.text, f[col[0]].at, f[col[0]].n);
	if (!scope_of(rows_trim(f[col[1]]), &p->scope))
		return "a scope that I do not know";
	if (!place_of(&t->rows.text, rows_trim(f[col[2]]), p))
		return "a place that I do not know";
	if (col[3] == 255)
		p->kind = p->place == PLACE_DNS ? PATTERN_FULL : PATTERN_CONTAINS;
	else if (!kind_of(rows_trim(f[col[3]]), &p->kind))
		return "a kind of pattern that I do not know";
	p->pattern = arena_textn(&t->rows.text, f[col[4]].at, f[col[4]].n);
	p->npattern = f[col[4]].n;
	if (!p->npattern)
		return "an empty pattern";
	p->countries = countries(&t->rows.text, f[col[5]]);
	rows_add(&t->rows, FACT_FINGERPRINT)->fingerprint = p;
	return NULL;
}

static bool open_csv(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_fingerprints = {
    .name = "fingerprints",
    .about = "fingerprints of block pages: OONI's and Citizen Lab's CSV",
    .class = SOURCE_TABLE,
    .head = 512,
    .recognise = recognise,
    .open = open_csv,
    .next = line_table_next,
    .close = line_table_close,
};

static int recognise_json(const uint8_t *at, size_t n)
{
	static const char start[] = "{\"fingerprint\":";

	return n >= sizeof(start) - 1 && !memcmp(at, start, sizeof(start) - 1) ? 95 : 0;
}

/* "b_nat_ir_national_2": whose it is, and where. */
static void from_name(struct arena *a, struct fingerprint *p)
{
	const char *s = p->name;
	size_t n = strlen(s);

	p->scope = SCOPE_VAGUE;
	p->countries = "";
	if (!strncmp(s, "x_", 2) || !strncmp(s, "r_fp", 4) || strstr(s, "_fp")) {
		p->scope = SCOPE_FALSE;
		return;
	}
	if (n < 6 || s[1] != '_')
		return;
	(void)scope_of((struct row_text){s + 2, strcspn(s + 2, "_")}, &p->scope);
	if ((p->scope == SCOPE_NATIONAL || p->scope == SCOPE_ISP) && n > 8 && s[5] == '_' &&
	    (s[8] == '_' || !s[8])) {
		char *cc = arena_textn(a, s + 6, 2);

		for (int i = 0; i < 2; i++)
			if (cc[i] >= 'a' && cc[i] <= 'z')
				cc[i] ^= 32;
		p->countries = cc;
	}
}

struct json_state {
	struct jsonlines lines;
	struct fact fact;
};

static bool open_json(struct reader *r, struct err *err)
{
	struct json_state *s = mem_zero(1, sizeof(*s));

	(void)err;
	jsonlines_open(&s->lines, r->in);
	r->state = s;
	return true;
}

static bool next_json(struct reader *r, struct facts *out)
{
	struct json_state *s = r->state;
	struct json *j = &s->lines.json;
	struct fingerprint *p;

	arena_reset(&r->scratch);
	switch (jsonlines_next(&s->lines, r, out)) {
	case JSONLINES_END:
		return false;
	case JSONLINES_GARBLED:
		return true;
	default:
		break;
	}
	p = arena_zero(&r->scratch, 1, sizeof(*p));
	p->kind = PATTERN_REGEXP;
	while (json_key(j)) {
		if (json_is(j, "fingerprint")) {
			if (json_text(j))
				p->name = arena_textn(&r->scratch, j->text, j->ntext);
		} else if (json_is(j, "pattern")) {
			if (json_text(j)) {
				p->pattern = arena_textn(&r->scratch, j->text, j->ntext);
				p->npattern = j->ntext;
			}
		}
	}
	if (!jsonlines_whole(&s->lines, r, out))
		return true;
	if (!p->name || !p->npattern) {
		jsonlines_refuse(&s->lines, r, out, "no fingerprint and pattern", false);
		return true;
	}
	from_name(&r->scratch, p);
	s->fact = (struct fact){.kind = FACT_FINGERPRINT, .fingerprint = p};
	out->time = TIME_NONE;
	out->fact = &s->fact;
	out->nfact = 1;
	r->tally.records++;
	r->tally.decoded++;
	return true;
}

static void close_json(struct reader *r)
{
	struct json_state *s = r->state;

	jsonlines_close(&s->lines);
	free(s);
}

const struct source source_signatures = {
    .name = "signatures",
    .about = "Censored Planet's signatures of block pages and of false positives",
    .class = SOURCE_TABLE,
    .head = 64,
    .recognise = recognise_json,
    .open = open_json,
    .next = next_json,
    .close = close_json,
};
