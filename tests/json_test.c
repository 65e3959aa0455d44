/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/json.h"
#include "base/jsonw.h"

/* Walks everything and writes it again, so that what was understood can be seen. */
static void copy(struct json *j, struct jsonw *w, enum json_token t)
{
	switch (t) {
	case JSON_OBJECT:
		jsonw_object(w);
		while (json_key(j)) {
			char name[64];

			snprintf(name, sizeof(name), "%.*s", (int)j->nkey, j->key);
			jsonw_name(w, name);
			copy(j, w, json_next(j));
		}
		if (!j->why)
			jsonw_object_end(w);
		break;
	case JSON_ARRAY:
		jsonw_array(w);
		while (json_item(j))
			copy(j, w, j->token);
		if (!j->why)
			jsonw_array_end(w);
		break;
	case JSON_STRING:
		jsonw_textn(w, j->text, j->ntext);
		break;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		jsonw_raw(w, j->text, j->ntext);
		break;
	default:
		break;
	}
}

static void round_trip(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {" { \"a\" : [ 1 , -2.5e+3 , true,false , null ] , \"b\":{} , \"c\":[] } ",
	     "{\"a\":[1,-2.5e+3,true,false,null],\"b\":{},\"c\":[]}"},
	    {"\"\\u00e9\\ud83d\\ude00\\ud800\\n\\\"\\/\"", "\"é😀\xef\xbf\xbd\\n\\\"/\""},
	    {"[[[[]]],\"\"]", "[[[[]]],\"\"]"},
	    {"0", "0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = {0};
		struct jsonw w = JSONW(&out);
		struct json j;

		json_of(&j, cases[i].in, strlen(cases[i].in));
		copy(&j, &w, json_next(&j));
		assert_null(json_why(&j, NULL));
		assert_int_equal(json_next(&j), JSON_END);
		assert_string_equal(out.at, cases[i].out);
		json_free(&j);
		buf_free(&out);
	}
}

static void faults(void **state)
{
	static const struct {
		const char *in;
		uint64_t at;
	} cases[] = {
	    {"{\"a\" 1}", 5}, {"[1 2]", 3},    {"{\"a\":1,}", 7}, {"\"abc", 0}, {"01", 1},
	    {"tru", 0},	      {"[1,2", 4},     {"{\"a\":", 5},	  {"-", 0},	{"1.", 0},
	    {"\"\\x\"", 0},   {"\"a\nb\"", 2}, {"{1:2}", 1},	  {"]", 0},	{"[1,]", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = {0};
		struct jsonw w = JSONW(&out);
		struct json j;
		uint64_t at;

		json_of(&j, cases[i].in, strlen(cases[i].in));
		copy(&j, &w, json_next(&j));
		while (!j.why && json_next(&j) != JSON_END && j.token != JSON_BAD)
			;
		if (!strcmp(cases[i].in, "01")) /* two values, as JSON lines have them */
			assert_null(json_why(&j, &at));
		else {
			assert_non_null(json_why(&j, &at));
			if (at != cases[i].at)
				fail_msg("%s: fault at %u", cases[i].in, (unsigned)at);
		}
		json_free(&j);
		buf_free(&out);
	}
}

static void depth(void **state)
{
	char deep[200];
	struct json j;
	int n = 0;

	(void)state;
	memset(deep, '[', sizeof(deep));
	json_of(&j, deep, sizeof(deep));
	while (json_next(&j) == JSON_ARRAY)
		n++;
	assert_int_equal(n, JSON_DEPTH);
	assert_int_equal(j.token, JSON_BAD);
	json_free(&j);
}

static void skipping(void **state)
{
	static const char in[] =
	    "{\"x\":{\"]\":[\"}\\\"\",{}]},\"y\":\"s\\\\\",\"z\":7,\"big\":4294967296,"
	    "\"t\":true,\"o\":{\"k\":1}}\n{\"z\":8}\nbad\n{\"z\":9}";
	struct json j;
	unsigned z = 0, big = 0;

	(void)state;
	json_of(&j, in, sizeof(in) - 1);
	assert_int_equal(json_next(&j), JSON_OBJECT);
	while (json_key(&j))
		if (json_is(&j, "z"))
			z = (unsigned)json_u64(&j, UINT32_MAX, 0);
		else if (json_is(&j, "big"))
			big = (unsigned)json_u64(&j, UINT32_MAX, 5);
		else if (json_is(&j, "o")) {
			assert_int_equal(json_next(&j), JSON_OBJECT);
			json_pin(&j);
			json_leave(&j);
			assert_memory_equal(json_pinned(&j), "{\"k\":1}", 7);
			assert_int_equal(j.end - j.pinned, 7);
			json_unpin(&j);
		} else
			json_skip(&j);
	assert_int_equal(z, 7);
	assert_int_equal(big, 5);
	assert_int_equal(json_next(&j), JSON_OBJECT);
	while (json_key(&j))
		; /* unread values are skipped */
	assert_int_equal(json_next(&j), JSON_BAD);
	assert_true(json_recover(&j));
	assert_int_equal(json_next(&j), JSON_OBJECT);
	while (json_key(&j))
		z = (unsigned)json_u64(&j, UINT32_MAX, 0);
	assert_int_equal(z, 9);
	assert_int_equal(json_next(&j), JSON_END);
	json_free(&j);
}

/* Numbers are those of printf(), without the zeros at their end; every byte that may stand in a
 * text as it is does. */
static void written(void **state)
{
	static const double named[] = {0,	-0.0,	 0.5,	 1.5,	2.5,	0.125,
				       0.0625,	-0.0004, 0.1235, 0.145, 0.0005, 99999.5,
				       1e9 - 1, 1e9,	 1e17,	 -1e-9};
	struct buf out = {0};
	uint64_t x = 88172645463325252u;
	char want[64], byte;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		struct jsonw w = JSONW(&out);
		int digits = (int)(i % 4);
		double v;
		size_t n;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = i < 4 * sizeof(named) / sizeof(*named) ? named[i / 4]
		    : i & 4				   ? (double)(int64_t)x / 1e13
							   : (double)(x % 2000001) / 2000 - 500;
		buf_reset(&out);
		jsonw_real(&w, v, digits);
		n = (size_t)snprintf(want, sizeof(want), "%.*f", digits, v);
		while (strchr(want, '.') && (want[n - 1] == '0' || want[n - 1] == '.'))
			want[--n] = 0;
		assert_string_equal(out.at, !strcmp(want, "-0") ? "0" : want);
	}
	for (int c = 0; c < 128; c++) {
		struct jsonw w = JSONW(&out);
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		byte = (char)c;
		buf_reset(&out);
		jsonw_textn(&w, &byte, 1);
		assert_int_equal(plain, out.len == 3 && out.at[1] == byte);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(faults),
					   cmocka_unit_test(depth), cmocka_unit_test(skipping),
					   cmocka_unit_test(written)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
