/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What was measured, judged as observe would judge the same file.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/keep.h"
#include "cmd/probe.h"
#include "cmd/run.h"
#include "finding/verdict.h"
#include "record/disk.h"
#include "report/states.h"

static bool copy_out(struct probe_run *r, struct err *err)
{
	struct buf out = {0};
	struct stat st;
	bool ok = !fstat(r->fd, &st);

	if (ok && st.st_size) {
		char *p = buf_room(&out, (size_t)st.st_size);
		ssize_t n;

		while (out.len < (size_t)st.st_size &&
		       (n = pread(r->fd, p + out.len, (size_t)st.st_size - out.len,
				  (off_t)out.len)) > 0)
			out.len += (size_t)n;
	}
	ok = ok ? put_result(&out, err) : err_sys(err, "the measurements");
	buf_free(&out);
	return ok;
}

struct shown {
	struct run *run;
	struct states states;
	void (*next)(void *arg, const struct facts *f); /* who taps as well */
	void *next_arg;
};

static void tap(void *arg, const struct facts *f)
{
	struct shown *s = arg;

	if (s->next)
		s->next(s->next_arg, f);
	for (size_t i = 0; i < f->nfact; i++) {
		struct arena a = {0};
		struct verdict v;

		if (f->fact[i].kind != FACT_MEASUREMENT)
			continue;
		verdict_judge(&a, &s->run->know, f->fact[i].measurement, &v);
		states_add(&s->states, &v);
		arena_free(&a);
	}
}

/* The same measurements are the same run, whenever they are sent. */
static struct keep_store *store_begin(struct run *run, const char *path, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	struct keep_store *k = NULL;
	struct buf text = {0};
	uint64_t bytes;

	if (disk_digest(path, digest, &bytes, err)) {
		buf_text(&text, "probe ");
		buf_hex(&text, digest, sizeof(digest));
		k = keep_store_begin(probe_asked.store, probe_asked.spool, text.at, false, run,
				     err);
	}
	buf_free(&text);
	return k;
}

int probe_judge(struct probe_run *r, struct err *err)
{
	char path[64];
	const char *form = probe_asked.verdicts ? "verdicts" : probe_asked.as;
	const char *why = loop_why(r->loop);
	struct run *run;
	struct run_report report;
	struct shown shown = {0};
	struct keep *keep;
	struct keep_store *kept = NULL;
	struct buf out = {0};
	struct err away = {0};
	int status = EXIT_COULD_NOT;
	bool ok, sent = true;

	if (form && !strcmp(form, "ooni"))
		return copy_out(r, err) ? (why || r->aims.skipped ? EXIT_PARTLY : EXIT_RAN)
					: EXIT_COULD_NOT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	lseek(r->fd, 0, SEEK_SET);
	run = run_new(form ? 0 : STREAM_DIGEST);
	keep = probe_asked.record && !form ? keep_begin(run) : NULL;
	if (keep)
		keep_country(keep, r->here.country);
	ok = run_add(run, probe_asked.resume ? probe_asked.resume : path, err) &&
	     run_know(run, &(struct run_tables){0}, err) &&
	     (!probe_asked.store || (kept = store_begin(run, path, err)));
	if (ok && form) {
		struct file_whole f;

		if (!common.output || !strcmp(common.output, "-")) {
			ok = run_lines(run, lines_of(form), STDOUT_FILENO, err);
		} else {
			ok = file_begin(&f, common.output, 0666, err);
			if (ok) {
				ok = run_lines(run, lines_of(form), f.fd, err);
				ok = file_end(&f, ok, err) && ok;
			}
		}
	} else if (ok) {
		shown.run = run;
		shown.states.style =
		    text_style_of(common.output ? -1 : STDOUT_FILENO, !common.color);
		shown.states.style.verbose = common.verbose;
		shown.next = run->tap;
		shown.next_arg = run->tap_arg;
		run->tap = tap;
		run->tap_arg = &shown;
		ok = run_judge(run, err);
		run->nnote = 0; /* they speak of routes, and there are none */
		if (!r->opt.nhelper)
			run_note(run,
				 "No helper was asked (--control URL), so what failed here may "
				 "fail everywhere.");
	}
	if (ok && !form) {
		run->partial = why != NULL;
		report = run_report(run, common.argc, common.argv);
		report.style = shown.states.style;
		ok = !probe_asked.record || keep_run(keep, probe_asked.record, run, &report, err);
		/* What was measured is shown even when the store is away. */
		sent = !kept || keep_store_end(kept, run, &report, &away);
		if (ok) {
			if (!common.json)
				states_put(&shown.states, &out);
			if (!common.json && run->findings.n)
				buf_char(&out, '\n');
			if (common.json || run->findings.n)
				output_all(output_find(common.json ? "json" : "text"), &out,
					   &report, &run->findings);
			else if (!r->opt.nhelper)
				buf_text(&out,
					 "No helper was asked (--control URL), so what failed "
					 "here may fail everywhere.\n");
			ok = put_result(&out, err);
		}
		if (ok && !sent) {
			ok = false;
			*err = away;
		}
		buf_free(&out);
	}
	if (ok) {
		status = run_status(run);
		if (status == EXIT_RAN && (why || r->aims.skipped))
			status = EXIT_PARTLY;
	}
	keep_free(keep);
	run_free(run);
	states_free(&shown.states);
	return status;
}
