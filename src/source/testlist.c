/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Test lists: Citizen Lab's CSV "url,category_code,category_description,date_added,source,notes".
 */
#include <string.h>

#include "source/places.h"

static const char head[] = "url,category_code,";

static int recognise(const uint8_t *at, size_t n)
{
	if (n >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) {
		at += 3;
		n -= 3;
	}
	return n >= sizeof(head) - 1 && !memcmp(at, head, sizeof(head) - 1) ? 95 : 0;
}

static const char *keep(struct line_table *t, const struct row_text *f, size_t n, size_t i)
{
	return i < n ? arena_textn(&t->rows.text, f[i].at, f[i].n) : "";
}

static const char *row(struct line_table *t, struct row_text line)
{
	struct row_text f[8];
	size_t n;
	struct target x = {0};

	if (!t->rows_seen && t->column[0] < 0) {
		t->column[0] = 0;
		return ROW_NONE;
	}
	n = rows_csv(line, t->room, f, 8);
	if (n < 2 || !f[0].n)
		return "a row without a URL and a category";
	if (!memmem(f[0].at, f[0].n, "://", 3))
		return "the first field is no URL";
	x.url = keep(t, f, n, 0);
	x.category = keep(t, f, n, 1);
	x.category_name = keep(t, f, n, 2);
	x.added = keep(t, f, n, 3);
	x.source = keep(t, f, n, 4);
	x.notes = keep(t, f, n, 5);
	rows_add(&t->rows, FACT_TARGET)->target = x;
	return NULL;
}

static bool open_list(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_testlist = {
    .name = "test-list",
    .about = "Citizen Lab's test lists: URLs with their categories",
    .class = SOURCE_TABLE,
    .head = 64,
    .recognise = recognise,
    .open = open_list,
    .next = line_table_next,
    .close = line_table_close,
};
