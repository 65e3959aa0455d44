/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian observe: the main job. Options and what is printed; the run itself is in run.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sandbox.h"
#include "base/stream.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/keep.h"
#include "cmd/part.h"
#include "cmd/profile.h"
#include "cmd/run.h"
#include "record/clickhouse.h"
#include "report/html.h"

static struct opt_list vrps, slurm, fail_on;
static const char *relations, *as, *html, *map, *record, *store, *spool;
static const char *part;
static bool jsonl, csv, verdicts, store_routes, merge;

static const struct opt opts[] = {
    {"vrps", 0, OPT_LIST, &vrps, "FILE",
     "Validate origins against these VRPs (rpki-client or Routinator, JSON or CSV). May be given "
     "more than once, and VRPs among the sources count as well.",
     NULL},
    {"slurm", 0, OPT_LIST, &slurm, "FILE",
     "Apply these local exceptions (SLURM, RFC 8416) to the VRPs and ASPAs.", NULL},
    {"relationships", 0, OPT_TEXT, &relations, "FILE",
     "AS relationships in CAIDA's serial-1 or serial-2 form. Without it the embedded ones of June "
     "2018 are used, and dated wherever they matter.",
     NULL},
    {"as", 0, OPT_TEXT, &as, "FORM",
     "Print every route, a line each, and judge nothing. bgpdump: exactly what 'bgpdump -m' "
     "prints. routes: with its RPKI and ASPA state. verdicts: one JSON line a measurement, before "
     "measurements of a network are joined.",
     "bgpdump|routes|verdicts"},
    {"verdicts", 0, OPT_BOOL, &verdicts, NULL, "The same as --as verdicts.", NULL},
    {"jsonl", 0, OPT_BOOL, &jsonl, NULL, "Print JSON lines, one finding a line.", NULL},
    {"csv", 0, OPT_BOOL, &csv, NULL, "Print CSV, one finding a row.", NULL},
    {"html", 0, OPT_TEXT, &html, "FILE", "Write the report as one self-contained page too.", NULL},
    {"map", 0, OPT_TEXT, &map, "FILE",
     "Use the country shapes of this TopoJSON file on the page's map.", NULL},
    KEEP_OPT(record),
    STORE_OPTS(store, spool),
    {"store-routes", 0, OPT_BOOL, &store_routes, NULL, "With --store: every route as well.", NULL},
    {"part", 0, OPT_TEXT, &part, "I/N",
     "Read only the Ith of N shares of the sources and write the detectors' state to --output, for "
     "--merge. Every part wants the same list of sources in the same order; the file number k, "
     "from 1, is in share (k - 1) mod N + 1, and tables are read by all.",
     NULL},
    {"merge", 0, OPT_BOOL, &merge, NULL,
     "The sources are the states of all parts, in any order: judge them once, as one run would "
     "have. Tables are read again from where they were; --vrps, --slurm and --relationships say "
     "where they lie now.",
     NULL},
    {"fail-on", 0, OPT_LIST, &fail_on, "KIND",
     "Exit with 10 when a finding of this kind was made. 'route.hijack' means every kind that "
     "starts so; 'any' means all.",
     NULL},
    COMMON_OPTS};

static bool failing(const struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		for (size_t k = 0; k < fail_on.n; k++) {
			const char *want = fail_on.at[k], *kind = fs->at[i]->kind;
			size_t n = strlen(want);

			if (!strcmp(want, "any") ||
			    (!strncmp(kind, want, n) && (!kind[n] || kind[n] == '.')))
				return true;
		}
	return false;
}

/* What can be known to fail is told before hours of judging. */
static bool outputs_ready(struct err *err)
{
	if ((common.output && !file_possible(common.output, err)) ||
	    (html && !file_possible(html, err)))
		return false;
	return !map || !access(map, R_OK) || err_sys(err, "%s", map);
}

/* Lines go out as they come; with -o into a file that appears when it is whole. */
static bool lines_out(struct run *r, const struct lines *lines, struct err *err)
{
	struct file_whole f;
	bool ok;

	if (!common.output || !strcmp(common.output, "-"))
		return run_lines(r, lines, STDOUT_FILENO, err);
	if (!file_begin(&f, common.output, 0666, err))
		return false;
	ok = run_lines(r, lines, f.fd, err);
	return file_end(&f, ok, err) && ok;
}

/* The page, with the map that the user wants. */
static bool put_html(const struct run_report *report, const struct findings *all, struct err *err)
{
	struct html_map shapes = {.name = map};
	struct buf text = {0};
	bool ok = true;

	if (map) {
		ok = file_get(map, &text, (size_t)64 << 20, err);
		shapes.at = text.at;
		shapes.n = text.len;
	}
	ok = ok && profiles_page(html, report, all, relations, map ? &shapes : NULL, err);
	buf_free(&text);
	return ok;
}

static bool show(const struct run *r, const struct run_report *report, struct err *err)
{
	const struct output *o = output_find(common.json ? "json"
					     : jsonl	 ? "jsonl"
					     : csv	 ? "csv"
							 : "text");
	struct buf out = {0};
	bool ok;

	output_all(o, &out, report, &r->findings);
	ok = put_result(&out, err);
	buf_free(&out);
	if (ok && html)
		ok = put_html(report, &r->findings, err);
	return ok;
}

/* From here on only the folders of the outputs can be written to. */
static void narrow(int argc, char **argv)
{
	struct arena a = {0};
	const char *folder[4], *why;
	struct sandbox s = {.write = folder};
	const char *const out[] = {common.output, html};

	for (size_t i = 0; i < 2; i++) {
		const char *slash = out[i] ? strrchr(out[i], '/') : NULL;

		if (!out[i])
			continue;
		folder[s.nwrite++] = !slash ? "."
				     : slash == out[i]
					 ? "/"
					 : arena_textn(&a, out[i], (size_t)(slash - out[i]));
	}
	if (record)
		folder[s.nwrite++] = record;
	if (store)
		folder[s.nwrite++] = spool;
	s.network |= store != NULL;
	for (int i = 0; i < argc; i++)
		s.network |= strstr(argv[i], "://") != NULL;
	why = sandbox_enter(&s);
	if (why && common.verbose)
		talk("meridian: %s", why);
	arena_free(&a);
}

/* --part: its share is read and its state written. */
static int observe_part(int argc, char **argv, const struct run_tables *tables)
{
	struct err err = {0};
	uint32_t i, n;
	struct run *r;
	struct part *p;
	bool ok = true;
	int status;

	if (!part_of(part, &i, &n))
		return complain(EXIT_USAGE, "--part wants I/N, such as 1/3, and not '%s'", part);
	if (merge || common.json || jsonl || csv || html || as || verdicts || record || store ||
	    fail_on.n)
		return complain(EXIT_USAGE, "a part judges nothing, so nothing can be shown or "
					    "kept of it; give that option to --merge");
	if (!common.output && isatty(STDOUT_FILENO))
		return complain(EXIT_USAGE, "--part writes a state: -o FILE says where to");
	narrow(argc, argv);
	r = run_new(STREAM_DIGEST);
	r->progress = true;
	p = part_begin(r, i, n);
	for (int k = 0; k < argc && ok; k++)
		ok = run_add(r, argv[k], &err);
	ok = ok && run_know(r, tables, &err) && part_write(p, &err);
	status = ok ? run_status(r) : complain_of(&err);
	part_free(p);
	run_free(r);
	return status;
}

static int observe(int argc, char **argv)
{
	const struct lines *lines = lines_of(verdicts && !as ? "verdicts" : as ? as : "");
	struct run_tables tables = {.vrps = &vrps,
				    .slurm = &slurm,
				    .relations = relations,
				    .plain = as && !strcmp(as, "bgpdump")};
	struct run_report report;
	struct err err = {0};
	struct keep_store *kept = NULL;
	struct keep *keep;
	const struct opt_list named = {&relations, relations != NULL, 0};
	const struct opt_list *const lists[] = {&vrps, &slurm, &named};
	char **command = common.argv;
	int ncommand = common.argc;
	struct run *r;
	int status = EXIT_COULD_NOT;
	bool ok = true;

	if (!argc)
		return complain(EXIT_USAGE, "observe wants a SOURCE: a file, a folder, a URL or -");
	if (part)
		return observe_part(argc, argv, &tables);
	if (merge && (lines || store_routes))
		return complain(EXIT_USAGE, "states have no routes in them: %s wants the sources",
				lines ? "--as" : "--store-routes");
	if (merge && store)
		talk("meridian: states have no measurements in them: only the findings and the run "
		     "go to the store");
	if (common.json + jsonl + csv + (lines != NULL) > 1)
		return complain(EXIT_USAGE, "--json, --jsonl, --csv and --as exclude one another");
	if ((store || record) && lines)
		return complain(EXIT_USAGE, "--as judges nothing, so there is nothing to --%s",
				store ? "store" : "record");
	if (store && !clickhouse_is(store))
		return complain(EXIT_USAGE, "--store wants clickhouse://HOST:PORT/DATABASE");
	for (size_t i = 0; i < fail_on.n; i++)
		if (strcmp(fail_on.at[i], "any") != 0 && !kind_known("--fail-on", fail_on.at[i]))
			return EXIT_USAGE;
	if (!outputs_ready(&err))
		return complain_of(&err);
	/* They must be there before the sandbox closes. */
	if ((store && !keep_store_ready(store, &spool, &err)) ||
	    (record && !keep_folder(&record, "record", &err)))
		return complain_of(&err);
	narrow(argc, argv);
	/* Lines name no sources, so nobody needs the digests that cost time. */
	r = run_new(lines ? 0 : STREAM_DIGEST);
	keep = record ? keep_begin(r) : NULL;
	r->progress = !lines || common.output || !isatty(STDOUT_FILENO);
	for (int i = 0; i < argc && ok && !merge; i++)
		ok = run_add(r, argv[i], &err);
	ok = ok && (merge || run_know(r, &tables, &err));
	if (ok && merge)
		ok = part_merge(r, argv, (size_t)argc, lists, &ncommand, &command, &err) &&
		     (!store || (kept = keep_store_begin(store, spool, NULL, false, r, &err)));
	else if (ok && lines)
		ok = lines_out(r, lines, &err);
	else if (ok)
		ok = (!store ||
		      (kept = keep_store_begin(store, spool, NULL, store_routes, r, &err))) &&
		     run_judge(r, &err);
	if (ok && !lines) {
		run_same(r);
		report = run_report(r, ncommand, command);
		report.style = text_style_of(common.output ? -1 : STDOUT_FILENO, !common.color);
		report.style.verbose = common.verbose;
		/* What is kept is kept even when nobody can be shown it. */
		ok = (!record || keep_run(keep, record, r, &report, &err)) &&
		     (!kept || keep_store_end(kept, r, &report, &err)) && show(r, &report, &err);
	}
	if (!ok) {
		complain_of(&err);
	} else {
		status = run_status(r);
		if (status != EXIT_COULD_NOT && failing(&r->findings))
			status = EXIT_FOUND;
	}
	keep_free(keep);
	run_free(r);
	return status;
}

const struct cmd cmd_observe = {
    .name = "observe",
    .args = "SOURCE…",
    .about = "Read recorded sources of any kind, judge them, show what was found.",
    .help =
	"A SOURCE is a file, a folder, a URL or - for standard input; its kind is told from "
	"its first bytes, never from its name, whether it is compressed or not. Any mix goes "
	"into one run: route archives (MRT, BMP, RIS Live, RIPEstat), VRPs and ASPAs, AS "
	"relationships, OONI measurements, RIPE Atlas traceroutes.\n\n"
	"Nothing is kept without --record, and nothing leaves the machine without --store. Every "
	"record is decoded, or counted "
	"as skipped with its reason and byte offset. Ctrl-C ends at once with what was found "
	"so far, says so, and counts as an input that was cut.\n\n"
	"Exit status: 0 it ran, whatever it found; 1 it could not; 2 wrong usage; 3 it ran but "
	"some input was garbled or cut; 10 with --fail-on.",
    .opts = opts,
    .run = observe,
};
