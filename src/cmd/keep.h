/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * --record: a run and what it found goes into a record, with the raw bytes under it.
 */
#ifndef CMD_KEEP_H
#define CMD_KEEP_H

#include "base/err.h"
#include "cmd/run.h"

/* Into the record in dir, which is made when it is not there. The evidence is cut out of the
 * sources again and compared with its digests; what can be read only once (standard input) is
 * said to be missing. */
bool keep_run(const char *dir, const struct run *r, const struct run_report *report,
	      struct err *err);

/* --store: the same into ClickHouse. Begin before judging (every measurement is sent as it is fed,
 * with routes every route too), end after; what a server that is away did not take waits in the
 * spool. */
struct keep_store;
struct keep_store *keep_store_begin(const char *url, const char *spool, bool routes, struct run *r,
				    struct err *err);
bool keep_store_end(struct keep_store *k, const struct run *r, const struct run_report *report,
		    struct err *err);

#endif
