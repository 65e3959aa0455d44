/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One run: sources are opened and told apart, tables loaded, events merged by time and fed to
 * the detectors, and what came of it put together for report/. This is where the rooms join.
 *
 *	run_new → run_add (each SOURCE) → run_know (tables) → run_judge → run_report → run_free
 *
 * Sources may be thousands of files: each is looked at once at the start (its kind, the time of
 * its first facts), and only a few are open at a time afterwards.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/mem.h"
#include "finding/detector.h"
#include "report/lines.h"
#include "report/output.h"
#include "source/source.h"

struct run_source {
	const char *path;
	const struct source *source; /* NULL: not recognised */
	struct reader reader;
	struct facts ahead; /* the next facts to be fed, while `open` */
	int64_t time;	    /* of what comes next from here; TIME_NONE before the first */
	bool open, done, stdin_or_url;
	bool elsewhere; /* events of another part of this run (--part) */
	uint64_t seen;	/* bytes on disk that were read, for progress */
	uint64_t size;	/* bytes on disk, 0 unknown */
	size_t ngarbled_cap;
	int64_t data_time; /* of a table's data, as it says */
	/* digests.c: the file, to know it again. */
	dev_t device;
	ino_t inode;
	uint64_t size_then;
	bool told;
};

struct run {
	struct arena arena;
	struct peers *peers;
	struct knowledge know;
	struct run_source **at;	      /* index: slice.source of its facts */
	struct source_report *report; /* beside `at` */
	size_t n, cap, report_cap, nopen;
	unsigned stream_options;
	struct findings findings;
	const char **note;
	size_t nnote, note_cap;
	const char **thanks;
	size_t nthanks, thanks_cap;
	int64_t first, last; /* of all facts */
	uint64_t records, routes;
	/* Sees all that is judged, in the same order; NULL: nobody does. */
	void (*tap)(void *arg, const struct facts *f);
	void *tap_arg;
	/* `observe --part`: of the events only every parts-th source is read, from the part-th
	 * (from 1) on; the others are told apart and no more. parts 0: everything is read. */
	uint32_t part, parts;
	/* Is told when a source's next facts were read, with the time that it had come to before;
	 * NULL: nobody is. */
	void (*pulled)(void *arg, uint32_t id, int64_t before);
	void *pulled_arg;
	bool partial;	 /* interrupted */
	bool progress;	 /* say how far it is, on stderr */
	int64_t started; /* monotonic, microseconds */
	/* Tables that the run frees; `know` points at them. */
	struct vrps *own_vrps;
	struct aspas *own_aspas;
	struct asgraph *own_relations;
	struct names *own_names;
	struct geo *own_geo;
	struct fingerprints *own_fingerprints;
};

/* options: enum stream_option of every source. */
struct run *run_new(unsigned options);
void run_free(struct run *r);

/* A file, a folder (all files in it, by name), a URL or "-". False: it cannot be read. What is
 * not recognised is kept and told in the report. */
bool run_add(struct run *r, const char *path, struct err *err);

/* A sentence that every output shows. */
void run_note(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whose data it rests on. */
void run_thank(struct run *r, const char *text);

/* The tables that a command line names; NULL fields were not given. */
struct run_tables {
	const struct opt_list *vrps, *slurm;
	const char *relations;
	bool plain; /* no embedded tables at all: what is printed needs none */
};

/* Loads the tables among the sources and those named, then the embedded ones for what is still
 * missing. A table that cannot be read whole stops the run: judging without it would be wrong. */
bool run_know(struct run *r, const struct run_tables *t, struct err *err);

/* digests.c: which sources can be read again (know.again), and the digests that were left for
 * that. False: a file is not what it was. */
void run_again(struct run *r);
bool run_digests(struct run *r, struct err *err);

/* The next facts of one source; false at its end. For tables, and for what reads one source. */
bool run_pull(struct run *r, uint32_t id, struct facts *out);

/* Frees the tables. */
void run_forget(struct run *r);

/* Feeds everything, in order of time, to every detector; r->findings is sorted after. */
bool run_judge(struct run *r, struct err *err);

/* The same with a say in the states of detectors[]: `begin` (or NULL) sees them before anything is
 * fed; `instead` (or NULL) gets them when everything was fed, and nothing is judged. */
struct run_states {
	bool (*begin)(void *arg, void *const *state, struct err *err);
	bool (*instead)(void *arg, void *const *state, struct err *err);
	void *arg;
};
bool run_judge_states(struct run *r, const struct run_states *s, struct err *err);

/* Notes which sources are the same bytes under other names; after judging, when digests are kept.
 */
void run_same(struct run *r);

/* Feeds every source in the order given to lines, and writes to fd as it goes. */
bool run_lines(struct run *r, const struct lines *lines, int fd, struct err *err);

/* Everything that outputs show; borrowed from the run. */
struct run_report run_report(const struct run *r, int argc, char **argv);

/* EXIT_RAN, EXIT_PARTLY when something was cut (also by Ctrl-C), garbled or not recognised among
 * others, or EXIT_COULD_NOT when nothing at all was recognised; says so on stderr. */
int run_status(const struct run *r);

#endif
