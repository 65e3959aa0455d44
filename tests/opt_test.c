/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include <unistd.h>

#include "base/opt.h"

static bool flag, color;
static const char *text;
static struct opt_list list;
static uint64_t number;
static int64_t when;
static double real;
static const char *maybe;

static const struct opt opts[] = {
    {"flag", 'f', OPT_BOOL, &flag, NULL, "A flag.", NULL},
    {"color", 0, OPT_BOOL, &color, NULL, "Colours. They help.", NULL},
    {"text", 't', OPT_TEXT, &text, "TEXT", "Some text.", NULL},
    {"vrps", 0, OPT_LIST, &list, "FILE", "A list.", NULL},
    {"number", 'n', OPT_UINT, &number, "N", "A number.", NULL},
    {"at", 0, OPT_TIME, &when, "TIME", "A time.", NULL},
    {"share", 0, OPT_REAL, &real, "X", "A share.", NULL},
    {"record", 0, OPT_MAYBE, &maybe, "[DIR]", "A folder, or the usual one.", NULL},
    {"as", 0, OPT_TEXT, &text, "FORM", "A form.", "bgpdump|routes|csv"},
    {NULL, 0, OPT_BOOL, NULL, NULL, NULL, NULL},
};

static int parse(struct err *err, const char *line, char **argv)
{
	static char copy[512];
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *s = strtok(copy, " "); s; s = strtok(NULL, " "))
		argv[argc++] = s;
	err->text[0] = '\0';
	return opt_parse(opts, argc, argv, err);
}

static void right(void **state)
{
	char *argv[32];
	struct err err;

	(void)state;
	color = true;
	assert_int_equal(parse(&err,
			       "a -ft x --number=7 b --vrps p --vrps q --no-color --at 2026-06-16 "
			       "--sha 0.5 -- --flag",
			       argv),
			 3);
	assert_string_equal(argv[0], "a");
	assert_string_equal(argv[1], "b");
	assert_string_equal(argv[2], "--flag");
	assert_true(flag && !color && number == 7 && list.n == 2 && real == 0.5);
	assert_string_equal(list.at[1], "q");
	assert_int_equal(when, INT64_C(1781568000000000));
	assert_int_equal(parse(&err, "-", argv), 1);
}

/* What an option takes may be left out; and what was set is known afterwards. */
static void left_out(void **state)
{
	char *argv[32];
	struct err err;
	const struct opt_said *said;
	size_t before, n;

	(void)state;
	opt_said(&before);
	maybe = NULL;
	assert_int_equal(parse(&err, "a --record", argv), 1);
	assert_string_equal(maybe, "");
	assert_int_equal(parse(&err, "--record here b", argv), 1);
	assert_string_equal(maybe, "here");
	assert_string_equal(argv[0], "b");
	assert_int_equal(parse(&err, "--record --flag c", argv), 1);
	assert_string_equal(maybe, "");
	assert_int_equal(parse(&err, "--record=there --no-color", argv), 0);
	assert_string_equal(maybe, "there");
	assert_int_equal(parse(&err, "--record - d", argv), 1);
	assert_string_equal(maybe, "-");
	said = opt_said(&n);
	assert_int_equal(n - before, 7);
	said += before;
	assert_string_equal(said[0].name, "record");
	assert_string_equal(said[0].value, "");
	assert_string_equal(said[3].name, "flag");
	assert_string_equal(said[3].value, "yes");
	assert_string_equal(said[5].name, "color");
	assert_string_equal(said[5].value, "no");
	assert_null(said[5].file);
}

static void wrong(void **state)
{
	static const struct {
		const char *in, *says;
	} cases[] = {
	    {"--nubmer 7", "there is no option --nubmer; did you mean --number?"},
	    {"--number x", "--number takes a whole number, not 'x'"},
	    {"--number", "--number wants N after it"},
	    {"-z", "there is no option -z; --help lists them"},
	    {"--as json", "--as takes bgpdump, routes or csv, not 'json'"},
	    {"--at noon", "--at takes a time such as 2026-06-16T07:00Z, not 'noon'"},
	    {"--flag=maybe", "--flag is yes or no, not 'maybe'"},
	};
	char *argv[32];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(&err, cases[i].in, argv), -1);
		assert_string_equal(err.text, cases[i].says);
	}
}

static void config(void **state)
{
	char path[] = "/tmp/meridian-opt-XXXXXX";
	int fd = mkstemp(path);
	static const char good[] =
	    "# mine\nnumber = 41\n[watch]\nnumber = 1\n[observe]\n flag = yes \n";
	static const char bad[] = "number = 41\nnumbr = 4\n";
	struct err err = {0};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, good, sizeof(good) - 1), sizeof(good) - 1);
	flag = false;
	assert_true(opt_config(opts, "observe", path, &err));
	assert_true(flag && number == 41);
	assert_int_equal(pwrite(fd, bad, sizeof(bad) - 1, 0), sizeof(bad) - 1);
	assert_int_equal(ftruncate(fd, sizeof(bad) - 1), 0);
	assert_false(opt_config(opts, "observe", path, &err));
	assert_non_null(strstr(err.text, ":2: there is no option --numbr; did you mean --number?"));
	close(fd);
	unlink(path);
	assert_true(opt_config(opts, "observe", path, &err));
}

/* Lines that begin farther in stay there, and what does not fit goes on under them. */
static void helped(void **state)
{
	static const struct cmd cmd = {
	    .name = "whatif",
	    .args = "X",
	    .about = "What if?",
	    .help = "X is one of\n\n  cut A\n  hijack with far more words than one line of a "
		    "terminal has room for beside it\n\nand no more.",
	    .opts = opts};
	char out[4096] = "";
	FILE *f = fmemopen(out, sizeof(out), "w");

	(void)state;
	assert_non_null(f);
	opt_help(&cmd, f);
	fclose(f);
	assert_non_null(
	    strstr(out, "X is one of\n\n  cut A\n  hijack with far more words than one line of a "
			"terminal has room for beside\n      it\n\nand no more.\n"));
	assert_non_null(strstr(out, "  -f, --flag          A flag.\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(right), cmocka_unit_test(left_out),
					   cmocka_unit_test(wrong), cmocka_unit_test(config),
					   cmocka_unit_test(helped)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
