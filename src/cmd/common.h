/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What every command shares: the options that mean the same everywhere, talk on stderr, and
 * output that appears whole or not at all.
 */
#ifndef CMD_COMMON_H
#define CMD_COMMON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"

struct common {
	const char *output; /* -o FILE, NULL: stdout */
	bool json, quiet, verbose;
	int argc; /* the command line as it was given, "meridian" first */
	char **argv;
	bool color; /* --no-color and NO_COLOR clear it; only a terminal gets colours */
};

extern struct common common;

/* The last entries of every command's table. */
#define COMMON_OPTS                                                                                 \
	{"json", 0, OPT_BOOL, &common.json, NULL, "Print JSON (docs/formats.md).", NULL},           \
	    {"output",                                                                              \
	     'o',                                                                                   \
	     OPT_TEXT,                                                                              \
	     &common.output,                                                                        \
	     "FILE",                                                                                \
	     "Write the result to FILE instead of standard output. FILE appears whole or not at "   \
	     "all.",                                                                                \
	     NULL},                                                                                 \
	    {"quiet",	    'q',  OPT_BOOL,                                                         \
	     &common.quiet, NULL, "Say nothing on standard error but failures.",                    \
	     NULL},                                                                                 \
	    {"verbose", 'v', OPT_BOOL, &common.verbose, NULL, "Say more on standard error.", NULL}, \
	    {"color",                                                                               \
	     0,                                                                                     \
	     OPT_BOOL,                                                                              \
	     &common.color,                                                                         \
	     NULL,                                                                                  \
	     "Colour what a terminal shows; --no-color and the environment variable NO_COLOR "      \
	     "turn "                                                                                \
	     "it off.",                                                                             \
	     NULL},                                                                                 \
	{                                                                                           \
		NULL, 0, OPT_BOOL, NULL, NULL, NULL, NULL                                           \
	}

/* Prints "meridian: TEXT" on stderr and returns EXIT_COULD_NOT or the status given. */
int complain(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same of a failure: EXIT_USAGE when the command line is at fault, else EXIT_COULD_NOT. */
int complain_of(const struct err *err);

/* Puts the option before why its value cannot be read, which is misuse; returns false. */
bool misread(struct err *err, const char *option);

/* Talk on stderr unless --quiet. */
void talk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An AS number as people write it: 64500 or AS64500. False: it is none. */
bool asn_of(const char *word, size_t n, uint32_t *asn);

/* A country as people write it: two letters, small or capital, that ISO 3166-1 knows. */
bool cc_of(const char *word, size_t n, char code[3], struct err *err);

/* Is word a kind of finding, or what kinds begin with? Complains when it is not. */
bool kind_known(const char *option, const char *word);

/* True when colours belong on that file. */
bool colored(FILE *f);

/* Columns of the terminal, 80 when it is none. */
int terminal_width(FILE *f);

/* Writes everything to --output (or stdout); false: who, why. */
bool put_result(const struct buf *b, struct err *err);

/* Whole or not at all: a temporary file beside it, fsync, rename. "-" is stdout. */
bool put_file(const char *path, const void *p, size_t n, struct err *err);

#endif
