/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * tests/vectors/aspa-openbgpd.csv: 39 ASPAs, 49 hops, 84 paths, each with the state that another
 * implementation expects.
 */
#include "test.h"

#include "finding/aspa.h"

/* Numbers of a text, prepending collapsed when asked. */
static uint32_t numbers(char *text, uint32_t *out, bool collapse)
{
	uint32_t n = 0;

	for (char *s = strtok(text, " "); s; s = strtok(NULL, " ")) {
		uint32_t v = (uint32_t)strtoul(s, NULL, 10);

		if (!collapse || !n || out[n - 1] != v)
			out[n++] = v;
	}
	return n;
}

static void vectors(void **state)
{
	struct aspas *a = aspas_new();
	const char *root = getenv("SOURCE_ROOT");
	char path[4096], line[512];
	unsigned rows[3] = {0};
	bool ready = false;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/vectors/aspa-openbgpd.csv", root ? root : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		uint32_t n[128];
		char *field[4] = {line}, *s = line;

		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '#' || !*line)
			continue;
		for (int i = 1; i < 4; i++) {
			s = strchr(s, ',');
			if (!s)
				break;
			*s++ = '\0';
			field[i] = s;
		}
		if (!strcmp(field[0], "aspa")) {
			uint32_t count = numbers(field[2], n, false);

			assert_false(ready);
			aspas_add(a, &(struct aspa){(uint32_t)strtoul(field[1], NULL, 10), count, n,
						    false});
			rows[0]++;
			continue;
		}
		if (!ready)
			aspas_ready(a);
		ready = true;
		assert_non_null(field[3]);
		if (!strcmp(field[0], "hop")) {
			static const char *const text[] = {"UNKNOWN", "NOT_PROVIDER", "PROVIDER"};

			assert_string_equal(text[aspas_hop(a, (uint32_t)strtoul(field[1], NULL, 10),
							   (uint32_t)strtoul(field[2], NULL, 10))],
					    field[3]);
			rows[1]++;
		} else {
			char as_given[512];
			struct path p = {.flat = n};
			struct aspa_verdict v;

			snprintf(as_given, sizeof(as_given), "%s", field[2]);
			p.nflat = (uint16_t)numbers(field[2], n, true);
			v = aspa_verify(a, &p, 0,
					strcmp(field[1], "customer") ? ASPA_UP : ASPA_DOWN);
			if (strcmp(aspa_state_text(v.state), field[3]))
				fail_msg("\"%s\" as %s: %s, not %s", as_given, field[1],
					 aspa_state_text(v.state), field[3]);
			rows[2]++;
		}
	}
	fclose(f);
	aspas_free(a);
	assert_int_equal(rows[0], 39);
	assert_int_equal(rows[1], 49);
	assert_int_equal(rows[2], 84);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
