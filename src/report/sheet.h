/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A sheet: headings, paragraphs, tables and maps, written once and shown on a terminal or as one
 * self-contained HTML page without script. What profiles and scenarios are told with; findings
 * have the report's own page (report/html.h).
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct sheet;
struct sheet *sheet_new(const char *title);
void sheet_free(struct sheet *s);

void sheet_heading(struct sheet *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sheet_text(struct sheet *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A paragraph that begins with a word or two that say what it is about. */
void sheet_lead(struct sheet *s, const char *lead, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What is between these is one page when it is printed, with the title; what follows begins on
 * the next one. */
void sheet_page(struct sheet *s);
void sheet_page_end(struct sheet *s);
/* Note n. A "[n]" in any text or cell of the sheet refers to it. */
void sheet_note(struct sheet *s, unsigned n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A point of a list. */
void sheet_point(struct sheet *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A table: columns separated by '|', '>' before a name aligns it right ("network|>lost"). Rows
 * have their cells separated by '|' too; a '|' within a cell is written as '/'. */
void sheet_table(struct sheet *s, const char *columns);
void sheet_row(struct sheet *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Two maps of the world beside each other ("before", "after"), or one: a value from 0 to 1 for
 * countries; those without one stay grey. On a terminal only the caption stands. */
struct sheet_country {
	uint16_t code;	      /* 'K' << 8 | 'E' */
	double before, after; /* after < 0: one map only */
};
void sheet_map(struct sheet *s, const char *caption, const struct sheet_country *c, uint32_t n);

void sheet_terminal(const struct sheet *s, struct buf *out, int width, bool color);
void sheet_html(const struct sheet *s, struct buf *out);
/* The same without maps as a part of another page that folds: its title is a heading of level
 * `level`, those of its sections are one lower. */
void sheet_html_part(const struct sheet *s, int level, struct buf *out);

#endif
