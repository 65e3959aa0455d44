/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char ROW_NONE[] = "";

bool line_table_open(struct reader *r, const char *(*row)(struct line_table *, struct row_text),
		     const char *by)
{
	struct line_table *t = mem_zero(1, sizeof(*t));

	t->row = row;
	t->by = by;
	t->time = TIME_NONE;
	t->column[0] = -1;
	r->state = t;
	return true;
}

void line_table_close(struct reader *r)
{
	struct line_table *t = r->state;

	rows_free(&t->rows);
	free(t);
}

bool line_table_next(struct reader *r, struct facts *out)
{
	struct line_table *t = r->state;
	struct row_text line;
	uint64_t offset;

	if (t->rows.ended)
		return false;
	rows_start(&t->rows, r);
	while (t->rows.n < ROWS_BATCH) {
		const char *why;

		if (!rows_line(&t->rows, r, &line, &offset)) {
			t->rows.ended = true;
			break;
		}
		if (!rows_trim(line).n)
			continue;
		why = t->row(t, line);
		if (why == ROW_NONE)
			continue;
		if (why) {
			rows_garbled(&t->rows, r, offset, line.n, why, false);
		} else {
			t->rows_seen++;
			rows_decoded(r);
		}
	}
	if (t->rows.ended) {
		if (stream_fault(r->in))
			rows_garbled(&t->rows, r, offset, 0, stream_fault(r->in), true);
		else if (!t->rows_seen)
			rows_garbled(&t->rows, r, offset, 0, "no row in the whole table", true);
		rows_add(&t->rows, FACT_PROVENANCE)->provenance =
		    (struct provenance){.time = t->time, .text = t->by};
	}
	rows_give(&t->rows, r, out);
	return true;
}

unsigned line_table_like(const uint8_t *at, size_t n, bool (*fits)(struct row_text line), bool *all)
{
	const char *p = (const char *)at, *stop = p + n;
	unsigned like = 0, lines = 0;

	while (p < stop && lines < 20) {
		const char *end = memchr(p, '\n', (size_t)(stop - p));
		struct row_text line = {p, (size_t)((end ? end : stop) - p)};

		/* Without an end it is the last of a short file, or cut by the head. */
		if (!end && lines)
			break;
		p = end ? end + 1 : stop;
		if (line.n && line.at[line.n - 1] == '\r')
			line.n--;
		if (!line.n || *line.at == '#')
			continue;
		lines++;
		like += fits(line);
	}
	*all = lines && like == lines;
	return like;
}

bool country_code(struct row_text t, char out[3])
{
	t = rows_trim(t);
	if (t.n != 2 || (t.at[0] & 0xdf) < 'A' || (t.at[0] & 0xdf) > 'Z' ||
	    (t.at[1] & 0xdf) < 'A' || (t.at[1] & 0xdf) > 'Z')
		return false;
	out[0] = (char)(t.at[0] & 0xdf);
	out[1] = (char)(t.at[1] & 0xdf);
	out[2] = '\0';
	if (!strcmp(out, "ZZ") || !strcmp(out, "AP") || !strcmp(out, "EU"))
		out[0] = '\0';
	return true;
}
