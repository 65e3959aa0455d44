/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a probe is to measure: URLs from the command line and from lists, and tools with their
 * servers, each once, and which of them an earlier run measured already.
 */
#ifndef CMD_AIMS_H
#define CMD_AIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/opt.h"
#include "source/tool.h"

struct aim {
	struct aim *next;  /* of the same bucket; void once they are shuffled */
	const char *given; /* as the user wrote it, where that is not ASCII; else NULL */
	const char *url;   /* of a tool "tool:tor", which nothing is fetched from */
	bool done;
	const struct tool *tool;
	struct tool_server *server; /* that the user gave */
	size_t nserver;
};

struct aims {
	struct arena arena;
	struct aim *at;
	size_t n, cap;
	size_t skipped; /* lines and words that are no target */
	size_t done;
	struct aim **bucket;
	size_t nbucket;
};

/* False, and said on stderr with where it came from (a file and its line, NULL): no target. */
bool aims_add(struct aims *a, const char *text, const char *from, size_t line);
/* One a line, # comments; or a CSV whose first column is url. */
bool aims_list(struct aims *a, const char *path, struct err *err);
/* Each once. Before aims_done() and before they are shuffled. */
void aims_once(struct aims *a);

/* Marks those whose measurement stands in this file of JSON lines. A last line that a kill cut is
 * taken off; what comes next is appended after it. */
bool aims_done(struct aims *a, int fd, const char *path, struct err *err);

void aims_free(struct aims *a);

/* ---- aims_tools.c ---- */

/* Adds the tools of --tool; the file of --servers goes to the last of them. */
bool aims_tools(struct aims *a, const struct opt_list *names, const struct opt_list *servers,
		struct err *err);

/* What will be contacted, a line each. */
void aims_tell(const struct aim *t, struct buf *out);

#endif
