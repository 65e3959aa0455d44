/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <string.h>

#include "base/text.h"
#include "source/places.h"

static bool parse(struct row_text line, struct relation *rel, bool *sibling)
{
	struct row_text field[4];
	size_t n = rows_split(line, '|', field, 4);

	if (n < 3 || !rows_asn(field[0].at, field[0].n, &rel->a) ||
	    !rows_asn(field[1].at, field[1].n, &rel->b))
		return false;
	*sibling = rows_is(field[2], "1") || rows_is(field[2], "2");
	rel->kind = rows_is(field[2], "-1") ? -1 : 0;
	return rel->kind || *sibling || rows_is(field[2], "0");
}

static bool fits(struct row_text line)
{
	struct relation rel;
	bool sibling;

	return parse(line, &rel, &sibling);
}

static int recognise(const uint8_t *at, size_t n)
{
	bool all, caida = n > 2 && at[0] == '#' &&
			  (rows_has(at, n, "# source:topology|") || rows_has(at, n, "# inferred") ||
			   rows_has(at, n, "# input clique") ||
			   rows_has(at, n, "<provider-as>|<customer-as>|-1"));
	unsigned like = line_table_like(at, n, fits, &all);

	return all ? like > 1 ? 85 : 60 : caida && !like ? 70 : 0;
}

/* "# source:topology|BGP|20180101|ripe|rrc00": the table is of the first of those days, as CAIDA
 * names its files. */
static void comment(struct line_table *t, struct row_text line)
{
	struct row_text field[6];
	size_t n = rows_split(line, '|', field, 6);
	char day[11];
	int64_t time;

	for (size_t i = 1; i < n; i++) {
		if (field[i].n != 8)
			continue;
		memcpy(day, field[i].at, 4);
		day[4] = day[7] = '-';
		memcpy(day + 5, field[i].at + 4, 2);
		memcpy(day + 8, field[i].at + 6, 2);
		if (text_to_time(day, 10, &time) && (t->time == TIME_NONE || time < t->time))
			t->time = time;
	}
}

static const char *row(struct line_table *t, struct row_text line)
{
	struct relation rel;
	bool sibling;

	if (*line.at == '#') {
		comment(t, line);
		return ROW_NONE;
	}
	if (!parse(line, &rel, &sibling))
		return "not \"network|network|relationship\"";
	if (rel.a == rel.b)
		return "a network related to itself";
	if (!sibling)
		rows_add(&t->rows, FACT_RELATION)->relation = rel;
	return NULL;
}

static bool open_asrel(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_asrel = {
    .name = "as-relationships",
    .about = "relationships of networks: CAIDA serial-1 and serial-2, TopoScope",
    .class = SOURCE_TABLE,
    .head = 4096,
    .recognise = recognise,
    .open = open_asrel,
    .next = line_table_next,
    .close = line_table_close,
};
