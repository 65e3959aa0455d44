/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * report_page KIND [MAP]: prints the page of the made-up run, for tests/web.sh to look at in a
 * browser. KIND is plain, hostile (report_case.h) or nothing (no finding).
 */

#include "test.h"

#include "report/html.h"
#include "report_case.h"

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "plain";
	struct html_map map = {.name = "a map"};
	struct report_case c;
	struct findings none = {0};
	struct buf page = {0};
	struct err err;
	bool ok;

	report_case(&c, !strcmp(kind, "hostile"));
	if (argc > 2) {
		map.at = argv[2];
		map.n = strlen(argv[2]);
	}
	ok = html_write(&page, &c.run, strcmp(kind, "nothing") ? &c.all : &none,
			argc > 2 ? &map : NULL, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	else
		fwrite(page.at, 1, page.len, stdout);
	buf_free(&page);
	report_case_free(&c);
	return !ok;
}
