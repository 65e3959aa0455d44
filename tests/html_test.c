/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The page as bytes: its policy matches its script and style, its data are those of --json, and
 * nothing from outside starts markup. What a browser makes of it: tests/web.sh.
 */

#include "test.h"

#include "base/base64.h"
#include "base/sha256.h"
#include "report/html.h"
#include "report_case.h"

static void page_of(struct buf *out, struct buf *json, bool hostile)
{
	struct report_case c;
	struct err err;

	report_case(&c, hostile);
	buf_reset(out);
	assert_true(html_write(out, &c.run, &c.all, NULL, &err));
	if (json)
		output_all(output_find("json"), json, &c.run, &c.all);
	report_case_free(&c);
}

/* What stands between two texts, from `from` on. */
static const char *between(const char *from, const char *a, const char *b, size_t *n)
{
	const char *s = strstr(from, a), *e;

	assert_non_null(s);
	s += strlen(a);
	e = strstr(s, b);
	assert_non_null(e);
	*n = (size_t)(e - s);
	return s;
}

static void policy(void **state)
{
	static const struct {
		const char *open, *close, *directive;
	} row[] = {{"<style>", "</style>", "style-src 'sha256-"},
		   {"<script>", "</script>", "script-src 'sha256-"}};
	struct buf page = {0}, want = {0};
	const char *csp, *s;
	size_t n;

	(void)state;
	page_of(&page, NULL, false);
	csp = between(page.at, "Content-Security-Policy\" content=\"", "\"", &n);
	assert_int_equal(strncmp(csp, "default-src 'none'; ", 20), 0);
	assert_null(memmem(csp, n, "unsafe", 6));
	assert_null(memmem(csp, n, "http", 4));
	for (size_t i = 0; i < 2; i++) {
		uint8_t digest[SHA256_SIZE];

		s = between(page.at, row[i].open, row[i].close, &n);
		sha256(s, n, digest);
		buf_reset(&want);
		buf_text(&want, row[i].directive);
		base64_put(&want, digest, sizeof(digest));
		buf_char(&want, '\'');
		assert_non_null(strstr(csp, want.at));
	}
	buf_free(&page);
	buf_free(&want);
}

/* The data of the page, unescaped, are the bytes of --json. */
static void same_json(void **state)
{
	struct buf page = {0}, json = {0}, got = {0};

	(void)state;
	for (int hostile = 0; hostile < 2; hostile++) {
		const char *s;
		size_t n;

		buf_reset(&json);
		buf_reset(&got);
		page_of(&page, &json, hostile);
		s = between(page.at, "id=\"data-json\">", "</script>", &n);
		for (size_t i = 0; i < n; i++) {
			static const char *const esc[] = {"\\u003c<", "\\u003e>", "\\u0026&"};
			size_t e = 0;

			while (e < 3 && strncmp(s + i, esc[e], 6) != 0)
				e++;
			buf_char(&got, e < 3 ? esc[e][6] : s[i]);
			i += e < 3 ? 5 : 0;
		}
		assert_string_equal(got.at, json.at);
	}
	buf_free(&page);
	buf_free(&json);
	buf_free(&got);
}

/* The elements are ours whatever the strings say. */
static void hostile(void **state)
{
	struct buf plain = {0}, bad = {0};
	static const char *const tag[] = {"<script", "</script", "<b>", "<style", "</pre", "<!--"};

	(void)state;
	page_of(&plain, NULL, false);
	page_of(&bad, NULL, true);
	for (size_t i = 0; i < sizeof(tag) / sizeof(*tag); i++) {
		size_t n[2] = {0};

		for (const char *s = plain.at; (s = strstr(s, tag[i])); s++)
			n[0]++;
		for (const char *s = bad.at; (s = strstr(s, tag[i])); s++)
			n[1]++;
		assert_int_equal(n[0], n[1]);
	}
	for (size_t i = 0; i < bad.len; i++)
		if ((unsigned char)bad.at[i] < 0x20 && bad.at[i] != '\n' && bad.at[i] != '\t')
			fail_msg("byte %zu of the page is 0x%x", i, (unsigned char)bad.at[i]);
	buf_free(&plain);
	buf_free(&bad);
}

static void maps(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{} {}", "\x1f\x8b", "12"};
	struct report_case c;
	struct buf out = {0};
	struct err err = {0};
	const char *json = "{\"type\":\"FeatureCollection\",\"features\":[],\"x\":\"</script>\"}";
	struct html_map map = {"m.json", json, strlen(json)};

	(void)state;
	report_case(&c, false);
	assert_true(html_write(&out, &c.run, &c.all, &map, &err));
	assert_non_null(strstr(out.at, "\"x\":\"\\u003c/script\\u003e\""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		map = (struct html_map){"m.json", bad[i], strlen(bad[i])};
		assert_false(html_write(&out, &c.run, &c.all, &map, &err));
		assert_non_null(strstr(err.text, "m.json: "));
	}
	buf_free(&out);
	report_case_free(&c);
}

/* Two runs, the same bytes. */
static void again(void **state)
{
	struct buf a = {0}, b = {0};

	(void)state;
	page_of(&a, NULL, false);
	page_of(&b, NULL, false);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.at, b.at, a.len);
	buf_free(&a);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(policy), cmocka_unit_test(same_json),
					   cmocka_unit_test(hostile), cmocka_unit_test(maps),
					   cmocka_unit_test(again)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
