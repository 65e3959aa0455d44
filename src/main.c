/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The table of commands, and what is the same for all of them: options, help, manual,
 * completion, the nearest right word.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/opt.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "version.h"

/* In the order in which one reads about them. */
/* clang-format off */
static const struct cmd *const commands[] = {
    &cmd_observe,
    &cmd_probe,
    &cmd_validate,
    &cmd_report,
    &cmd_evidence,
    &cmd_record,
    &cmd_control,
    &cmd_fetch,
    &cmd_country,
    &cmd_network,
    &cmd_whatif,
    NULL,
};
/* clang-format on */

static void usage(FILE *out)
{
	fputs("usage: meridian COMMAND [options] …\n\n"
	      "An observatory for one Internet: is it whole here, is its routing safe, would it\n"
	      "survive, can people speak on it in private?\n\n",
	      out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->about);
	fputs("\n'meridian COMMAND --help' tells more; 'meridian --version', '--completion "
	      "bash|zsh'.\n",
	      out);
}

static int unknown(const char *word)
{
	const struct cmd *near = NULL;
	unsigned best = text_slips(word) + 1;

	for (size_t i = 0; commands[i]; i++) {
		unsigned d = text_distance(word, commands[i]->name);

		if (d < best && d < strlen(commands[i]->name)) {
			best = d;
			near = commands[i];
		}
	}
	if (near)
		return complain(EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", word,
				near->name);
	return complain(EXIT_USAGE, "there is no command '%s'; 'meridian --help' lists them", word);
}

/* $XDG_CONFIG_HOME/meridian/config, else ~/.config/meridian/config. */
static bool configured(const struct cmd *cmd, struct err *err)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct arena a = {0};
	char *path = NULL;
	bool ok;

	if (xdg && *xdg)
		path = arena_printf(&a, "%s/meridian/config", xdg);
	else if (home && *home)
		path = arena_printf(&a, "%s/.config/meridian/config", home);
	ok = !path || opt_config(cmd->opts, cmd->name, path, err);
	arena_free(&a);
	return ok;
}

/* What was printed has arrived, or it is said that it has not. */
static int flushed(void)
{
	return fflush(stdout) || ferror(stdout)
		   ? complain(EXIT_COULD_NOT, "standard output: %s", strerror(errno))
		   : EXIT_RAN;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct err err = {0};
	int left;

	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			opt_help(cmd, stdout);
			return flushed();
		}
	if (!configured(cmd, &err))
		return complain(EXIT_USAGE, "%s", err.text);
	left = opt_parse(cmd->opts, argc, argv, &err);
	if (left < 0)
		return complain(EXIT_USAGE, "%s: %s", cmd->name, err.text);
	return cmd->run(left, argv);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";

	static char name[] = "meridian";

	/* glibc learns from the first large block that is freed to cut such ones from the heap, up
	 * to 32 MiB; blocks that live for a while and blocks that stay lie side by side there then,
	 * and the heap grows to twice what is used. Large ones are pages of their own here. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	/* Parsing moves argv's entries about; what was typed is kept for the record. */
	common.argc = argc;
	common.argv = mem_zero((size_t)argc + 1, sizeof(*argv));
	memcpy(common.argv, argv, (size_t)argc * sizeof(*argv));
	common.argv[0] = name;
	signal(SIGPIPE, SIG_DFL);
	if (!strcmp(word, "help") && argc > 2) {
		for (size_t i = 0; commands[i]; i++)
			if (!strcmp(commands[i]->name, argv[2])) {
				opt_help(commands[i], stdout);
				return flushed();
			}
		return unknown(argv[2]);
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		usage(argc > 1 ? stdout : stderr);
		return argc > 1 ? flushed() : EXIT_USAGE;
	}
	if (!strcmp(word, "--version")) {
		puts("meridian " MERIDIAN_VERSION);
		return flushed();
	}
	if (!strcmp(word, "--completion")) {
		if (argc != 3 || (strcmp(argv[2], "bash") && strcmp(argv[2], "zsh")))
			return complain(EXIT_USAGE, "--completion takes bash or zsh");
		opt_completion(commands, argv[2], stdout);
		return flushed();
	}
	/* The part of the manual that comes from the tables; man/meridian.1.in has the rest. */
	if (!strcmp(word, "--man-commands")) {
		for (size_t i = 0; commands[i]; i++)
			opt_man(commands[i], stdout);
		return flushed();
	}
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, word))
			return run(commands[i], argc - 2, argv + 2);
	return unknown(word);
}
