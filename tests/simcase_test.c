/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The cases of another simulator (jfuruness/bgpsimulator, topology/simcases of the shared data):
 * expected routes and data-plane outcomes.
 */

#include "test.h"

#include <glob.h>

#include "finding/simcase.h"
#include "graphs.h"

static void cases(void **state)
{
	glob_t found;
	char pattern[1024];
	const char *root = getenv("SOURCE_ROOT");
	unsigned same = 0, not_modelled = 0;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/../shared/data/topology/simcases/*.json",
		 root ? root : ".");
	if (glob(pattern, 0, NULL, &found)) {
		printf("skipped: ../shared/data/topology/simcases is not here\n");
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = strstr(found.gl_pathv[i], "data/topology");
		struct buf out = {0}, talk = {0};
		struct err err = {0};
		size_t n;
		char *text = graphs_text(path, &n);
		enum simcase_end end = simcase_run(text, n, &out, &talk, &err);

		if (talk.len || (end != SIMCASE_SAME && !strstr(path, "ex_034")))
			printf("%s: %d %s\n%s", path, (int)end, err.text, talk.at ? talk.at : "");
		if (end == SIMCASE_NOT_MODELLED) {
			assert_non_null(strstr(path, "ex_034"));
			not_modelled++;
		} else {
			assert_int_equal(end, SIMCASE_SAME);
			same++;
		}
		buf_free(&out);
		buf_free(&talk);
		free(text);
	}
	globfree(&found);
	assert_int_equal(same, 26);
	assert_int_equal(not_modelled, 1);
}

static void bad(void **state)
{
	static const struct {
		const char *text;
		enum simcase_end end;
		const char *why;
	} t[] = {
	    {"{", SIMCASE_BAD, NULL},
	    {"[]", SIMCASE_BAD, "is no simulator case: it wants \"scenario\" and \"victims\""},
	    {"{\"scenario\":\"PrefixHijack\",\"victims\":[1],\"attackers\":[2],\"links_p2c\":[[1,2]"
	     ",[2,"
	     "1]]}",
	     SIMCASE_BAD, "two links say different things of the same pair"},
	    {"{\"scenario\":\"Sorcery\",\"victims\":[1],\"attackers\":[2],\"links_p2c\":[[1,2]]}",
	     SIMCASE_NOT_MODELLED, "the scenario Sorcery"},
	    {"{\"scenario\":\"PrefixHijack\",\"victims\":[1],\"attackers\":[2],\"links_p2c\":[[1,2]"
	     "],"
	     "\"settings\":{\"1\":[\"MAGIC\"]}}",
	     SIMCASE_NOT_MODELLED, "the setting MAGIC of AS1"},
	    {"{\"scenario\":\"PrefixHijack\",\"victims\":[1],\"attackers\":[2],\"links_p2c\":[[1,2]"
	     "],"
	     "\"outcomes\":{\"1\":\"ATTACKER_SUCCESS\"}}",
	     SIMCASE_DIFFERS, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf out = {0}, talk = {0};
		struct err err = {0};

		assert_int_equal(simcase_run(t[i].text, strlen(t[i].text), &out, &talk, &err),
				 t[i].end);
		if (t[i].why)
			assert_string_equal(err.text, t[i].why);
		buf_free(&out);
		buf_free(&talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(bad)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
