/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <string.h>

#include "source/places.h"

/* "13335 CLOUDFLARENET - Cloudflare, Inc., US" */
static bool parse(struct row_text line, struct naming *n, struct row_text *name)
{
	const char *space = memchr(line.at, ' ', line.n), *comma;

	if (!space || !rows_asn(line.at, (size_t)(space - line.at), &n->asn))
		return false;
	*name = rows_trim((struct row_text){space, line.n - (size_t)(space - line.at)});
	comma = name->n ? memrchr(name->at, ',', name->n) : NULL;
	if (!comma)
		return false;
	if (!country_code((struct row_text){comma + 1, name->n - (size_t)(comma - name->at) - 1},
			  n->country))
		return false;
	name->n = (size_t)(comma - name->at);
	return true;
}

static bool fits(struct row_text line)
{
	struct naming n;
	struct row_text name;

	return parse(line, &n, &name);
}

/* The first line of a CSV that names its columns. */
static bool columns(struct row_text line, int column[3])
{
	struct row_text field[16];
	size_t n = rows_split(line, ',', field, 16);

	column[0] = column[1] = column[2] = -1;
	for (size_t i = 0; i < n; i++) {
		struct row_text f = rows_trim(field[i]);

		if (rows_is(f, "asn") || rows_is(f, "aut"))
			column[0] = (int)i;
		else if (rows_is(f, "name") || rows_is(f, "aut_name"))
			column[1] = (int)i;
		else if (rows_is(f, "country") || rows_is(f, "cc"))
			column[2] = (int)i;
	}
	return column[0] >= 0 && column[1] >= 0;
}

static int recognise(const uint8_t *at, size_t n)
{
	const uint8_t *end = memchr(at, '\n', n);
	struct row_text first = {(const char *)at, end ? (size_t)(end - at) : n};
	bool all;
	int column[3];
	unsigned like;

	if (first.n && first.at[first.n - 1] == '\r')
		first.n--;
	if (columns(first, column))
		return 80;
	like = line_table_like(at, n, fits, &all);
	return all ? like > 1 ? 75 : 40 : 0;
}

static const char *row(struct line_table *t, struct row_text line)
{
	struct naming n = {0};
	struct row_text name, field[16];

	if (!t->rows_seen && t->column[0] < 0 && columns(line, t->column))
		return ROW_NONE;
	if (*line.at == '#')
		return ROW_NONE;
	if (t->column[0] >= 0) {
		size_t nf = rows_csv(line, t->room, field, 16);

		if ((size_t)t->column[0] >= nf || (size_t)t->column[1] >= nf ||
		    !rows_asn(field[t->column[0]].at, field[t->column[0]].n, &n.asn))
			return "a row without an ASN and a name";
		name = rows_trim(field[t->column[1]]);
		if (t->column[2] >= 0 && (size_t)t->column[2] < nf)
			(void)country_code(field[t->column[2]], n.country);
	} else if (!parse(line, &n, &name)) {
		return "not \"ASN NAME, CC\"";
	}
	n.name = arena_textn(&t->rows.text, name.at, name.n);
	rows_add(&t->rows, FACT_NAMING)->naming = n;
	return NULL;
}

static bool open_names(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_names = {
    .name = "as-names",
    .about = "names of networks: the RIPE NCC's asn.txt, or CSV with asn, name, country",
    .class = SOURCE_TABLE,
    .head = 2048,
    .recognise = recognise,
    .open = open_names,
    .next = line_table_next,
    .close = line_table_close,
};
