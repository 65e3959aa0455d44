/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * --record: a run and what it found goes into a record, with the raw bytes under it. And --store:
 * the same into ClickHouse.
 */
#ifndef CMD_KEEP_H
#define CMD_KEEP_H

#include "base/err.h"
#include "cmd/run.h"
#include "record/log.h"

/* The entry of a command's table of options; var is a const char *. */
#define KEEP_OPT(var)                                                                            \
	{                                                                                        \
		"record", 0, OPT_MAYBE, &(var), "[DIR]",                                         \
		    "Keep what was found, the raw bytes under it and this run in the record in " \
		    "DIR, which is "                                                             \
		    "made when it is not there; $XDG_STATE_HOME/meridian/record "                \
		    "(~/.local/state/meridian/record) when no DIR follows. Nothing is kept "     \
		    "without it.",                                                               \
		    NULL                                                                         \
	}

/* The same for --store and where its blocks wait; var and spool are const char *. */
#define STORE_OPTS(var, spool)                                                                    \
	{"store",                                                                                 \
	 0,                                                                                       \
	 OPT_TEXT,                                                                                \
	 &(var),                                                                                  \
	 "URL",                                                                                   \
	 "Send what was found and this run to ClickHouse: "                                       \
	 "clickhouse://HOST:PORT[,HOST:PORT…]/DATABASE[?cluster=NAME].",                          \
	 NULL},                                                                                   \
	{                                                                                         \
		"spool", 0, OPT_TEXT, &(spool), "DIR",                                            \
		    "With --store: where blocks wait while the server is away; "                  \
		    "$XDG_STATE_HOME/meridian/spool (~/.local/state/meridian/spool) without it.", \
		    NULL                                                                          \
	}

/* The folder of --record ("record") or --spool ("spool"): the one given, else ("" or NULL) the
 * default; it is made, for its owner only. The text lives as long as the program. */
bool keep_folder(const char **dir, const char *what, struct err *err);
/* The same without making it. */
bool keep_path(const char **dir, const char *what, struct err *err);

/*
 * A run of run.h. keep_begin() before anything is fed: what may become evidence is kept while its
 * bytes are at hand, 80 MiB of it at most. keep_run() takes what was not kept out of the sources
 * again and compares it with its digests; what can be read only once (standard input) is said to
 * be missing.
 */
struct keep;
struct keep *keep_begin(struct run *r);
bool keep_run(struct keep *k, const char *dir, const struct run *r, const struct run_report *report,
	      struct err *err);
/* The country that it was measured from, "" unknown: part of the run's vantage. */
void keep_country(struct keep *k, const char country[3]);
void keep_free(struct keep *k);

/* What a command has found that is no such run. Everything is borrowed; zeros: there is none. */
struct keep_piece {
	enum media media;
	const void *at;
	size_t n;
};
struct keep_found {
	const struct finding *const *finding;
	size_t nfinding;
	const struct peers *peers;
	/* The facts under it and the raw bytes of its evidence: findings name them by digest. */
	const struct keep_piece *piece;
	size_t npiece;
	const char *vantage; /* a JSON object: from where it was measured; without addresses */
	const char *end;     /* JSON: what came of the run, as --json shows it */
	size_t nend;
	int64_t time; /* of the data that it rests on; TIME_NONE or 0: they have none */
};
/* Adds a run with all of it to the record in dir, durably when it returns true. */
bool keep_found(const char *dir, const struct keep_found *what, struct err *err);

/* What --store and --spool say: is that a store? Makes the spool (keep_folder()). */
bool keep_store_ready(const char *url, const char **spool, struct err *err);
/* --store: keep_found() into ClickHouse; the same findings and end are the same run, stored once.
 * Raw bytes are not sent. */
bool keep_found_store(const char *url, const char *spool, const struct keep_found *what,
		      struct err *err);

/* --store: a run of run.h into ClickHouse. seed: what tells it from other runs, NULL: its sources.
 * Begin before judging (with routes: every route is sent as it
 * is fed), end after; what a server that is away did not take waits in the spool. */
struct keep_store;
struct keep_store *keep_store_begin(const char *url, const char *spool, const char *seed,
				    bool routes, struct run *r, struct err *err);
bool keep_store_end(struct keep_store *k, const struct run *r, const struct run_report *report,
		    struct err *err);

#endif
