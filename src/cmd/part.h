/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One archive, many workers: `observe --part I/N` reads its share of a list of files and writes
 * the detectors' state (record/state.h); `observe --merge` puts the states of all parts together
 * and judges once. What comes out is byte for byte what one run over the whole list gives.
 *
 * Of the list (folders are taken apart, files given twice count once) the file number k, from 0,
 * belongs to part k mod N + 1. Every part looks at the first bytes of every file, reads its own
 * events, and reads all tables.
 */
#ifndef CMD_PART_H
#define CMD_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "cmd/run.h"

/* "2/5": false when it is none. */
bool part_of(const char *text, uint32_t *part, uint32_t *parts);

/* The part of a run. Begin before the first run_add(); write after run_know(): reads, and writes
 * the state to --output. */
struct part;
struct part *part_begin(struct run *r, uint32_t part, uint32_t parts);
bool part_write(struct part *p, struct err *err);
void part_free(struct part *p);

/*
 * Judges these states in a new run, which then stands as if it had read the sources itself.
 * tables: where the tables of the parts lie now, if not where they were; told by their digests.
 * *argc, *argv: the command line of the one run that this is; memory of the run.
 */
bool part_merge(struct run *r, char **path, size_t n, const struct opt_list *const *tables,
		int *argc, char ***argv, struct err *err);

#endif
