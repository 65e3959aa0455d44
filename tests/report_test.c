/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The outputs against what they shall be, in tests/data/report/. MERIDIAN_GOLDEN=write writes
 * the files anew: look at the difference before it is committed.
 */

#include "test.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "report/words.h"
#include "report_case.h"

static void golden(const char *name, const struct buf *got)
{
	const char *root = getenv("SOURCE_ROOT"), *write = getenv("MERIDIAN_GOLDEN");
	char path[512];
	struct buf want = {0};
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/data/report/%s", root ? root : ".", name);
	if (write && !strcmp(write, "write")) {
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(got->at, 1, got->len, f), got->len);
		fclose(f);
		return;
	}
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	while ((n = fread(buf_room(&want, 4096), 1, 4096, f)) > 0)
		want.len += n;
	fclose(f);
	buf_char(&want, '\0');
	assert_string_equal(got->at, want.at);
	buf_free(&want);
}

static void shown(struct buf *out, const char *output, bool hostile, struct text_style style)
{
	struct report_case c;

	report_case(&c, hostile);
	c.run.style = style;
	buf_reset(out);
	output_all(output_find(output), out, &c.run, &c.all);
	report_case_free(&c);
}

static void goldens(void **state)
{
	struct buf out = {0};

	(void)state;
	shown(&out, "text", false, (struct text_style){0});
	golden("text.ok", &out);
	shown(&out, "text", false,
	      (struct text_style){.colour = true, .width = 60, .verbose = true});
	golden("narrow-colour.ok", &out);
	shown(&out, "json", false, (struct text_style){0});
	golden("json.ok", &out);
	shown(&out, "jsonl", false, (struct text_style){0});
	golden("jsonl.ok", &out);
	shown(&out, "csv", false, (struct text_style){0});
	golden("csv.ok", &out);
	buf_free(&out);
}

/* No line is wider than the terminal, but one word that is. */
static void widths(void **state)
{
	static const uint16_t width[] = {48, 72, 80, 100};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t column = 0;

		shown(&out, "text", false, (struct text_style){.width = width[i], .verbose = true});
		for (const char *s = out.at; *s;) {
			if (words_code_point(&s) == '\n')
				column = 0;
			else
				assert_true(++column <= width[i]);
		}
	}
	buf_free(&out);
}

/* Nothing from outside moves the cursor or turns a line around: what is below a space is ours. */
static void hostile_terminal(void **state)
{
	struct buf out = {0};

	(void)state;
	shown(&out, "text", true, (struct text_style){.verbose = true});
	for (const char *s = out.at; *s;) {
		const char *from = s;
		int32_t c = words_code_point(&s);

		if (c < 0 || (c < 0x20 && c != '\n') || c == 0x7f || (c >= 0x202a && c <= 0x202e))
			fail_msg("byte %zu of the text is 0x%x", (size_t)(from - out.at),
				 (unsigned)c);
	}
	assert_non_null(strstr(out.at, "\\u{1b}[31m\\u{7}\\u{202e},\\x{ff}\\u{a}=1+1"));
	buf_free(&out);
}

/* Reads one value through; fails when it is no JSON. Gives the strings back as they were. */
static void hostile_json(void **state)
{
	static const char *const form[] = {"json", "jsonl"};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct json j;
		enum json_token t;
		size_t values = 0;

		shown(&out, form[i], true, (struct text_style){0});
		for (const char *s = out.at; *s; s++)
			assert_true((unsigned char)*s >= 0x20 || *s == '\n');
		json_of(&j, out.at, out.len);
		while ((t = json_next(&j)) == JSON_OBJECT) {
			json_leave(&j);
			values++;
		}
		assert_int_equal(t, JSON_END);
		assert_int_equal(values, i ? 3 : 1);
		json_free(&j);
	}
	buf_free(&out);
}

/* Every row has the header's columns whatever the strings hold, and no cell starts a formula. */
static void hostile_csv(void **state)
{
	struct buf out = {0};
	size_t cells = 1, want = 0, rows = 0;
	bool quoted = false;

	(void)state;
	shown(&out, "csv", true, (struct text_style){0});
	for (const char *s = out.at; *s; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted && *s == ',') {
			cells++;
			assert_null(strchr("=+@\t", s[1]));
		} else if (!quoted && *s == '\n') {
			if (!want)
				want = cells;
			assert_int_equal(cells, want);
			cells = 1;
			rows++;
		}
	}
	assert_false(quoted);
	assert_int_equal(rows, 4);
	buf_free(&out);
}

static void nothing_found(void **state)
{
	struct run_report run = {.version = "0.1.0", .first = TIME_NONE, .last = TIME_NONE};
	struct findings none = {0};
	struct buf out = {0};

	(void)state;
	words_verdict(&out, &run, &none);
	assert_string_equal(out.at, "Nothing was judged: there is no source.");
	buf_reset(&out);
	run.routes = run.records = 1200;
	words_verdict(&out, &run, &none);
	assert_string_equal(out.at, "Nothing was found: no rule fired on 1,200 routes.");
	buf_reset(&out);
	run.filter = "--country KE";
	words_verdict(&out, &run, &none);
	assert_string_equal(out.at, "Nothing that was kept fits --country KE.");
	run.filter = NULL;
	buf_reset(&out);
	output_all(output_find("json"), &out, &run, &none);
	assert_non_null(strstr(out.at, "\"findings\":[]}\n"));
	output_all(output_find("text"), &out, &run, &none);
	buf_free(&out);
}

static void spans(void **state)
{
	static const struct {
		const char *first, *last, *want;
	} row[] = {
	    {"2026-06-16T07:08:57Z", "2026-06-16T21:13:11Z",
	     "16 June 2026, 07:08:57 to 21:13:11 UTC"},
	    {"2026-06-16T07:08:57Z", "2026-06-17T06:00:00Z",
	     "16 June 2026, 07:08:57, to 17 June 2026, 06:00:00 UTC"},
	    {"1999-12-31T23:59:59Z", "1999-12-31T23:59:59.5Z", "31 December 1999, 23:59:59 UTC"},
	};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		int64_t first, last;

		assert_true(text_to_time(row[i].first, strlen(row[i].first), &first));
		assert_true(text_to_time(row[i].last, strlen(row[i].last), &last));
		buf_reset(&out);
		words_span(&out, first, last);
		assert_string_equal(out.at, row[i].want);
	}
	buf_reset(&out);
	words_span(&out, TIME_NONE, TIME_NONE);
	assert_string_equal(out.at, "at a time that the data does not say");
	buf_free(&out);
}

/* Terms of use: who is owed an acknowledgement gets it once. */
static void thanks(void **state)
{
	struct source_report s[] = {{.kind = "ripestat", .path = "a"},
				    {.kind = "ripestat", .path = "b"},
				    {.kind = "mrt", .path = "x/rrc00.bz2"},
				    {.kind = "rislive", .path = "c"}};
	struct run_report run = {.source = s, .nsource = 4};
	const char *text, *seen[8];
	size_t n = 0;

	(void)state;
	while (words_thanks(&run, n, &text)) {
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(seen[i], text);
		seen[n++] = text;
	}
	assert_int_equal(n, 2);
	assert_non_null(strstr(seen[0], "RIPEstat"));
	assert_non_null(strstr(seen[1], "Routing Information Service"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(goldens),
					   cmocka_unit_test(widths),
					   cmocka_unit_test(hostile_terminal),
					   cmocka_unit_test(hostile_json),
					   cmocka_unit_test(hostile_csv),
					   cmocka_unit_test(nothing_found),
					   cmocka_unit_test(spans),
					   cmocka_unit_test(thanks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
