/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian record: is a record whole, and what goes out of it.
 */
#include "record/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/progress.h"
#include "cmd/keep.h"
#include "cmd/id.h"

static struct opt_list finding, leaf;

static const struct opt opts[] = {
    {"finding", 0, OPT_LIST, &finding, "ID",
     "With erase: this finding, in every run, and the raw bytes that no other finding needs. May "
     "be given more than once.",
     NULL},
    {"leaf", 0, OPT_LIST, &leaf, "N", "With erase: this leaf of the log.", NULL},
    COMMON_OPTS};

static void look(void *arg, uint64_t done, uint64_t total, uint64_t leaves)
{
	if (progress_due(arg))
		progress_show(arg, done, total, leaves);
}

static int check(const char *dir)
{
	struct progress p = progress_start("checking", "leaves", !common.quiet);
	const struct record_look looking = {look, &p};
	struct record_state s;
	struct err err;
	struct buf out = {0};
	struct jsonw w = JSONW(&out);
	char a[32], b[32], c[32];
	bool whole = record_check(dir, &looking, &s, &err), ok;

	progress_end(&p);
	if (common.json) {
		jsonw_object(&w);
		jsonw_name(&w, "whole");
		jsonw_bool(&w, whole);
		jsonw_name(&w, "fault");
		jsonw_text(&w, whole ? NULL : err.text);
#define NUMBER(name)           \
	jsonw_name(&w, #name); \
	jsonw_uint(&w, s.name)
		NUMBER(leaves);
		NUMBER(findings);
		NUMBER(runs);
		NUMBER(raws);
		NUMBER(erased);
		NUMBER(missing);
		NUMBER(commits);
		NUMBER(bytes);
		NUMBER(unfinished);
#undef NUMBER
		jsonw_name(&w, "checkpoint");
		jsonw_text(&w, s.checkpoint[0] ? s.checkpoint : NULL);
		jsonw_object_end(&w);
		buf_char(&out, '\n');
	} else if (whole) {
		buf_printf(
		    &out, "%s is whole: %s finding%s of %s run%s, %s piece%s of raw evidence", dir,
		    text_count(a, s.findings), s.findings == 1 ? "" : "s", text_count(b, s.runs),
		    s.runs == 1 ? "" : "s", text_count(c, s.raws), s.raws == 1 ? "" : "s");
		buf_printf(&out, "; %s lea%s in %s commit%s, %s.\n", text_count(a, s.leaves),
			   s.leaves == 1 ? "f" : "ves", text_count(b, s.commits),
			   s.commits == 1 ? "" : "s", text_size(c, s.bytes));
		if (s.erased)
			buf_printf(&out, "%s leaves were erased; their salted digests stand.\n",
				   text_count(a, s.erased));
		if (s.missing)
			buf_printf(&out,
				   "%s pieces of evidence that findings name are not in it.\n",
				   text_count(a, s.missing));
		if (s.unfinished)
			buf_printf(&out,
				   "%s bytes of a write that was not finished were cut off; nobody "
				   "was told that they are kept.\n",
				   text_count(a, s.unfinished));
		buf_printf(&out, "%s%s.\n",
			   s.checkpoint[0] ? "Its checkpoint holds: " : "It was not sealed yet",
			   s.checkpoint);
	}
	ok = put_result(&out, &err);
	if (!whole && !common.json)
		return complain_of(&err);
	buf_free(&out);
	return whole && ok ? EXIT_RAN : EXIT_COULD_NOT;
}

static int erase(const char *dir)
{
	struct record *r;
	struct err err;
	uint64_t *at = NULL;
	uint8_t id[16];
	size_t n = 0, cap = 0;
	bool ok = true;
	char t[32];

	if (!finding.n && !leaf.n)
		return complain(EXIT_USAGE, "record erase wants --finding ID or --leaf N");
	for (size_t i = 0; ok && i < finding.n; i++)
		ok = id_parse(finding.at[i], id, &err) || misread(&err, "--finding");
	for (size_t i = 0; ok && i < leaf.n; i++) {
		mem_room(&at, &cap, n + 1);
		if (!text_to_u64(leaf.at[i], strlen(leaf.at[i]), INT64_MAX, &at[n++]))
			ok = err_misuse(&err, "--leaf takes a number, not '%s'", leaf.at[i]);
	}
	r = ok ? record_open(dir, 0, NULL, &err) : NULL;
	if (!r) {
		free(at);
		return complain_of(&err);
	}
	for (size_t i = 0; ok && i < finding.n; i++) {
		uint64_t *some = NULL;
		size_t k = 0;

		ok = id_parse(finding.at[i], id, &err) && record_leaves_of(r, id, &some, &k, &err);
		if (ok && !k)
			ok = err_set(&err, "%s: has no finding %s", dir, finding.at[i]);
		mem_room(&at, &cap, n + k);
		if (ok && k)
			memcpy(at + n, some, k * sizeof(*at));
		n += ok ? k : 0;
		free(some);
	}
	ok = ok && record_erase(r, at, n, &err);
	if (ok)
		ok = record_close(r, &err);
	else
		record_drop(r);
	free(at);
	if (!ok)
		return complain_of(&err);
	talk("meridian: %s leaves were erased; their salted digests stand", text_count(t, n));
	return EXIT_RAN;
}

static int run(int argc, char **argv)
{
	const char *dir = argc == 2 ? argv[1] : NULL;
	struct err err;

	if (argc < 1 || argc > 2 || (strcmp(argv[0], "check") && strcmp(argv[0], "erase")))
		return complain(EXIT_USAGE, "usage: meridian record check|erase [DIR]");
	if (!keep_path(&dir, "record", &err))
		return complain_of(&err);
	return !strcmp(argv[0], "check") ? check(dir) : erase(dir);
}

const struct cmd cmd_record = {
    .name = "record",
    .args = "check|erase [DIR]",
    .about = "Prove a record whole, or erase parts of it.",
    .help = "A record is made by --record [DIR] of observe and of every command that finds "
	    "something. 'check' reads all of it and proves every digest, the hash tree, the index "
	    "and the checkpoint; exit status 1 says that it is not whole, and where. 'erase' "
	    "overwrites findings or leaves; what stays is a salted digest, from which nothing can "
	    "be guessed and with which the rest can still be proved.",
    .opts = opts,
    .run = run,
};
