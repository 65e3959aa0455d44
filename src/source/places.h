/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Tables of lines about networks and addresses:
 *
 *  as-relationships  CAIDA serial-1 and serial-2 and TopoScope: "a|b|kind", kind -1 (a provides
 *		      for b), 0 (peers), 1 or 2 (siblings: counted, not used); # comments, whose
 *		      "source:…|YYYYMMDD|…" dates the table.
 *  as-names	      the RIPE NCC's asn.txt "13335 CLOUDFLARENET - Cloudflare, Inc., US", or CSV
 *		      whose first line names the columns asn, name, country.
 *  delegations	      the RIRs' statistics (extended or not): networks' and addresses' countries.
 *  countries	      CSV "first,last,CC" (ip-location-db), addresses as text or as numbers.
 *  origins	      the same with an ASN in the place of the country (and a name after it).
 */
#ifndef SOURCE_PLACES_H
#define SOURCE_PLACES_H

#include "source/rows.h"

extern const struct source source_asrel, source_names, source_delegations, source_countries,
    source_origins;

/* The reader of a table of lines: each line is one call of `row`, which adds facts or returns
 * why the line is not understood, NULL when it is; ROW_NONE when it says nothing (a comment). */
struct line_table {
	struct rows rows;
	int64_t time;
	const char *by;
	int column[3];
	uint64_t rows_seen;
	const char *(*row)(struct line_table *t, struct row_text line);
	char room[ROWS_LINE];
};

extern const char ROW_NONE[];

bool line_table_open(struct reader *r, const char *(*row)(struct line_table *, struct row_text),
		     const char *by);
bool line_table_next(struct reader *r, struct facts *out);
void line_table_close(struct reader *r);

/* How many of the first lines (at most 20) say what `fits` wants; comments and empty lines
 * aside. A line that is cut by the end of the head does not count. *all: every one of them. */
unsigned line_table_like(const uint8_t *at, size_t n, bool (*fits)(struct row_text line),
			 bool *all);

/* An address as text, or IPv4 as a number. */
bool table_address(struct row_text t, struct addr *out);

/* Two capital letters (small ones are raised): an ISO 3166 code. ZZ, AP and EU are not countries
 * and give "". */
bool country_code(struct row_text t, char out[3]);

#endif
