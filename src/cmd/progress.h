/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * How far long work is: one line with rate and time left that is written over on a terminal, a
 * line every ten seconds elsewhere, nothing for work that ends within the first second.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what, *unit;
	int64_t start, next;
	bool on, terminal, shown;
};

int64_t progress_clock(void); /* monotonic, microseconds */
struct progress progress_start(const char *what, const char *unit, bool on);
/* Cheap: true when it is time for another line. */
bool progress_due(struct progress *p);
/* done of total bytes (0: unknown) and how many units; where these are the same number, it is units
 * that are counted and nothing that is read. */
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t units);
void progress_end(struct progress *p);

#endif
