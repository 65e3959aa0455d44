/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the readers of tables share: lines of a stream, fields of a line, and the facts of one
 * batch. A table reader gives its rows in batches of a thousand, so that nothing is ever held
 * as a whole.
 */
#ifndef SOURCE_ROWS_H
#define SOURCE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "source/source.h"

#define ROWS_BATCH 1024
#define ROWS_LINE 65536 /* a longer line is garbled */

struct row_text {
	const char *at;
	size_t n;
};

/* A batch that is being filled; lives in a reader's state. */
struct rows {
	struct fact *fact;
	size_t n, cap;
	struct arena text;    /* what the facts point at; reset with each batch */
	uint64_t first, line; /* offset of the batch's first byte; number of the last line */
	bool ended;
};

void rows_free(struct rows *rows);

/* Empties it; the batch starts at the stream's present offset. */
void rows_start(struct rows *rows, struct reader *r);
/* A zeroed fact of that kind at its end. */
struct fact *rows_add(struct rows *rows, enum fact_kind kind);
/* Notes a row that was not understood: counted, told with its offset. `cut`: not whole. */
void rows_garbled(struct rows *rows, struct reader *r, uint64_t offset, uint64_t length,
		  const char *why, bool cut);
/* Counts a row that was. */
static inline void rows_decoded(struct reader *r)
{
	r->tally.records++;
	r->tally.decoded++;
}

/* Hands the batch out. */
void rows_give(struct rows *rows, struct reader *r, struct facts *out);

/* The next line without its end (LF or CRLF) and its offset; false at the stream's end. Longer
 * ones than ROWS_LINE are skipped and noted. The text is good until the next call. */
bool rows_line(struct rows *rows, struct reader *r, struct row_text *line, uint64_t *offset);

/* Splits at a separator into at most max fields; commas respect double quotes (RFC 4180), which
 * are taken off in `room` (as large as the line). How many fields there are. */
size_t rows_split(struct row_text line, char separator, struct row_text *field, size_t max);
size_t rows_csv(struct row_text line, char *room, struct row_text *field, size_t max);

struct row_text rows_trim(struct row_text t);
/* Case is ignored. */
bool rows_is(struct row_text t, const char *s);

/* "AS64500" or "64500". */
bool rows_asn(const char *s, size_t n, uint32_t *asn);
/* The same where JSON has a number or a string; after json_key(). */
bool rows_json_asn(struct json *j, uint32_t *asn);
/* A number of at most max, or a string that is one; after json_key(). */
bool rows_json_u64(struct json *j, uint64_t max, uint64_t *v);
/* Headers as {"Name": ["value", …], …}, at most `most`, onto a list of source/grow.h. */
void rows_json_headers(struct arena *a, struct json *j, void **list, size_t *n, size_t most);

/* *out: one fact in these bytes, of no time of its own. */
void rows_fact(struct reader *r, struct facts *out, const struct fact *f, uint64_t offset,
	       uint64_t length, const uint8_t *at);

/* For recognise(): does the text stand in the first n bytes? */
bool rows_has(const uint8_t *at, size_t n, const char *text);

#endif
