/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outputs of lines, on the small files of tests/data/routes; with an argument (the slow suite),
 * --as bgpdump against the bgpdump that is installed, and against the texts that bgpdump's own
 * tests expect, on every MRT file of the shared data.
 */
#include "test.h"

#include <dirent.h>

#include "sources.h"

#include "fact/aspas.h"
#include "fact/vrps.h"
#include "report/lines.h"

/* Lines of a file as they come; fn is called with pieces. */
static void print(const char *path, const char *as, const struct vrps *vrps,
		  const struct aspas *aspas, void (*fn)(struct buf *b, void *arg), void *arg)
{
	struct read *x = read_file(path);
	const struct lines *lines = lines_of(as);
	struct buf out = {0};
	struct knowledge know = {.vrps = vrps, .aspas = aspas};
	struct facts f;
	void *state;

	assert_non_null(x);
	assert_non_null(lines);
	know.peers = x->peers;
	state = lines->new (&know);
	while (read_next(x, &f)) {
		lines->feed(state, &f, x->r.source->name, &out);
		if (out.len > 65536)
			fn(&out, arg);
	}
	fn(&out, arg);
	lines->free(state);
	buf_free(&out);
	read_close(x);
}

/* Compares with a pipe or a file, from its beginning on. */
struct other {
	FILE *f;
	const char *name;
	unsigned long long at;
};

static void compare(struct buf *b, void *arg)
{
	static char text[1 << 20];
	struct other *o = arg;
	size_t n = 0;

	while (n < b->len) {
		size_t want = b->len - n < sizeof(text) ? b->len - n : sizeof(text);

		if (fread(text, 1, want, o->f) != want || memcmp(text, b->at + n, want))
			fail_msg("%s: differs from byte %llu of its lines on", o->name, o->at + n);
		n += want;
	}
	o->at += b->len;
	buf_reset(b);
}

static void same(const char *path, const char *as, FILE *f)
{
	struct other o = {f, path, 0};

	assert_non_null(f);
	print(path, as, NULL, NULL, compare, &o);
	if (fgetc(f) != EOF)
		fail_msg("%s: lines are missing from byte %llu on", path, o.at);
}

static void fixtures(void **state)
{
	static const char *const names[] = {
	    "made.bgpdump",
	    "made.routes",
	    "rib.20080501.bgpdump",
	    "rib.20140523.bgpdump",
	    "rrc00.updates.19991214.bgpdump",
	    "rrc15.updates.20100227.bgpdump",
	    "rrc15.updates.20100227.routes",
	    "updates.20260222.bgpdump",
	};
	char mrt[1024], text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *root = getenv("SOURCE_ROOT"), *as = strrchr(names[i], '.') + 1;
		FILE *f;

		snprintf(text, sizeof(text), "%s/tests/data/routes/%s", root ? root : ".",
			 names[i]);
		snprintf(mrt, sizeof(mrt), "%.*smrt", (int)(strlen(text) - strlen(as)), text);
		f = fopen(text, "r");
		same(mrt, as, f);
		fclose(f);
	}
}

static void keep(struct buf *b, void *arg)
{
	struct buf *all = arg;

	buf_add(all, b->at, b->len);
	buf_reset(b);
}

/* RPKI and ASPA states stand in the lines. */
static void states(void **state)
{
	const char *root = getenv("SOURCE_ROOT");
	struct vrps *vrps = vrps_new();
	struct aspas *aspas = aspas_new();
	struct vrp vrp = {.asn = 64496, .max_len = 24};
	uint32_t provider = 65551;
	struct buf all = {0};
	char mrt[1024];

	(void)state;
	prefix_parse("192.0.2.0/24", 12, &vrp.prefix);
	vrps_add(vrps, &vrp);
	prefix_parse("192.0.4.0/24", 12, &vrp.prefix);
	vrp.asn = 64511;
	vrps_add(vrps, &vrp);
	vrps_ready(vrps);
	aspas_add(aspas, &(struct aspa){.customer = 64496, .nprovider = 1, .provider = &provider});
	aspas_ready(aspas);
	snprintf(mrt, sizeof(mrt), "%s/tests/data/routes/made.mrt", root ? root : ".");
	print(mrt, "routes", vrps, aspas, keep, &all);
	assert_non_null(strstr(all.at, "2001-09-09T01:46:40Z|announce||192.0.2.3|64497|192.0.2.0/"
				       "24||64496|64496|valid||"));
	assert_non_null(strstr(all.at, "|192.0.4.0/24|7|64496|64496|invalid|origin|"));
	assert_non_null(strstr(all.at, "|192.0.6.0/24||64496|64496|not-found||"));
	assert_non_null(strstr(all.at, "|withdraw||192.0.2.3|64497|10.0.0.0/8||||||||\n"));
	buf_free(&all);
	vrps_free(vrps);
	aspas_free(aspas);
}

/* bgpdump fails on the first two, and reads the last one wrong: its own test expects more. */
static bool bgpdump_reads(const char *name)
{
	return !strstr(name, ".json") && strcmp(name, "mrtparse.openbgpd_rib_table-mp") &&
	       strcmp(name, "rrc00.bview.20000111.0032.gz") &&
	       strcmp(name, "updates.nlri_mask_trailing_bits.gz");
}

static void every_file(void **state)
{
	char folder[1024], path[2048], command[4096];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	(void)state;
	if (system("command -v bgpdump >/dev/null 2>&1")) {
		print_message("skipped: bgpdump is not installed\n");
		skip();
	}
	snprintf(folder, sizeof(folder), "%s", shared("mrt"));
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		FILE *f;

		if (e->d_name[0] == '.' || !bgpdump_reads(e->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		snprintf(command, sizeof(command), "exec bgpdump -m '%s' 2>/dev/null", path);
		f = popen(command, "r");
		same(path, "bgpdump", f);
		pclose(f);
		n++;
	}
	closedir(d);
	print_message("%u files\n", n);
	assert_true(n > 30);
}

static void expected_texts(void **state)
{
	char folder[1024], path[2048], command[4096];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	(void)state;
	snprintf(folder, sizeof(folder), "%s", shared("conformance/bgpdump/test_expect"));
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		const char *end = strstr(e->d_name, ".bgp.gz");
		FILE *f;

		if (!end)
			continue;
		snprintf(path, sizeof(path), "%s/../../../mrt/%.*s", folder, (int)(end - e->d_name),
			 e->d_name);
		if (access(path, R_OK))
			continue;
		snprintf(command, sizeof(command), "exec gzip -dc '%s/%s'", folder, e->d_name);
		f = popen(command, "r");
		same(path, "bgpdump", f);
		pclose(f);
		n++;
	}
	closedir(d);
	print_message("%u files\n", n);
	assert_true(n >= 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest quick[] = {cmocka_unit_test(fixtures), cmocka_unit_test(states)};
	const struct CMUnitTest slow[] = {cmocka_unit_test(every_file),
					  cmocka_unit_test(expected_texts)};

	(void)argv;
	return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL)
			: cmocka_run_group_tests(quick, NULL, NULL);
}
