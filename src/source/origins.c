/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whose addresses: CSV "first,last,ASN[,name]" (ip-location-db), or the same with tabs
 * (iptoasn.com). ASN 0 is nobody's.
 */
#include <string.h>

#include "base/text.h"
#include "source/places.h"

static bool parse(struct row_text line, char *room, struct origin *o)
{
	struct row_text f[4];
	size_t n = memchr(line.at, '\t', line.n) ? rows_split(line, '\t', f, 4)
						 : rows_csv(line, room, f, 4);

	return n >= 3 && table_address(f[0], &o->first) && table_address(f[1], &o->last) &&
	       o->first.v6 == o->last.v6 && rows_asn(f[2].at, f[2].n, &o->asn) &&
	       (o->first.hi < o->last.hi ||
		(o->first.hi == o->last.hi && o->first.lo <= o->last.lo));
}

static bool fits(struct row_text line)
{
	char room[1024];
	struct origin o;

	return line.n < sizeof(room) && parse(line, room, &o);
}

static int recognise(const uint8_t *at, size_t n)
{
	bool all;
	unsigned like = line_table_like(at, n, fits, &all);

	return all && like ? 80 : 0;
}

static const char *row(struct line_table *t, struct row_text line)
{
	struct origin o = {0};

	if (*line.at == '#')
		return ROW_NONE;
	if (!parse(line, t->room, &o))
		return "not \"first,last,ASN\"";
	if (o.asn)
		rows_add(&t->rows, FACT_ORIGIN)->origin = o;
	return NULL;
}

static bool open_origins(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_origins = {
    .name = "origins",
    .about = "networks of addresses: CSV with first and last address and ASN",
    .class = SOURCE_TABLE,
    .head = 2048,
    .recognise = recognise,
    .open = open_origins,
    .next = line_table_next,
    .close = line_table_close,
};
