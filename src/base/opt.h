/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Options, written once. A command has one table of them, from which come the parser, --help,
 * the man page's list, the shell completion and the names in the configuration file, so that
 * they cannot disagree.
 *
 * Long options only need to be unique; "--name VALUE" and "--name=VALUE" are the same; a bool
 * takes no value and "--no-NAME" clears it; "--" ends the options. Precedence: command line over
 * environment over the configuration file ($XDG_CONFIG_HOME/meridian/config: `name = value`
 * lines, `[command]` sections, # comments).
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum opt_kind {
	OPT_BOOL,  /* bool * */
	OPT_TEXT,  /* const char **: the last one wins */
	OPT_MAYBE, /* the same, and what it takes may be left out ("" then): it is the next word,
		      unless that is an option too or there is none */
	OPT_LIST,  /* struct opt_list *: each one is kept, in order */
	OPT_UINT,  /* uint64_t * */
	OPT_TIME,  /* int64_t *: microseconds since 1970, see text_to_time() */
	OPT_REAL,  /* double * */
};

struct opt_list {
	const char **at;
	size_t n, cap;
};

struct opt {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;	  /* short form, 0 none */
	enum opt_kind kind;
	void *value;
	const char *arg;     /* what the value is called in the help, NULL for a bool */
	const char *help;    /* one or more sentences; the first stands in --help */
	const char *choices; /* "a|b|c": nothing else is taken; NULL: anything */
};

/* One command, as main.c lists them and as the help, the man page and the completion show it. */
struct cmd {
	const char *name;
	const char *args;  /* "SOURCE…" */
	const char *about; /* one line */
	const char *help;  /* what one should know, plain text in paragraphs, for --help and man */
	const struct opt *opts;
	int (*run)(int argc, char **argv); /* what is left after the options; exit status */
};

/* Exit statuses of every command (man/meridian.1.in). */
enum { EXIT_RAN = 0, EXIT_COULD_NOT = 1, EXIT_USAGE = 2, EXIT_PARTLY = 3, EXIT_FOUND = 10 };

/*
 * Reads options from argv into the table's variables and moves what is not an option to the
 * front. Returns how many are left, or -1 with the reason, naming the nearest right option.
 */
int opt_parse(const struct opt *opts, int argc, char **argv, struct err *err);

/* What was set so far, in that order: by a configuration file, or (file NULL) the command line. */
struct opt_said {
	const char *name, *value, *file;
};
const struct opt_said *opt_said(size_t *n);

/* The configuration file's lines for one command; a file that is not there is no failure. */
bool opt_config(const struct opt *opts, const char *cmd, const char *path, struct err *err);

void opt_help(const struct cmd *cmd, FILE *out);
/* mdoc(7) .It lines of the table. */
void opt_man(const struct cmd *cmd, FILE *out);
/* shell is "bash" or "zsh"; cmds ends with a NULL. */
void opt_completion(const struct cmd *const *cmds, const char *shell, FILE *out);

#endif
