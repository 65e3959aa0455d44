/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdio.h>
#include <string.h>

#include "base/opt.h"
#include "version.h"

/* The commands, in the order in which one reads about them. */
static const struct cmd *const commands[] = {
    NULL,
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("meridian " MERIDIAN_VERSION);
		return EXIT_RAN;
	}
	for (size_t i = 0; commands[i] && argc > 1; i++)
		if (!strcmp(commands[i]->name, argv[1]))
			return commands[i]->run(argc - 1, argv + 1);
	fputs("meridian: no such command\n", stderr);
	return EXIT_USAGE;
}
