/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The store for many machines: ClickHouse over HTTP in RowBinary, from Debian's 18.16 to current
 * servers, by what all of them know. Append-only.
 *
 * Rows go in blocks of 200,000, each to one shard and one partition, so that the server takes a
 * block whole or not at all (record/shards.h). Every row carries its block's digest. A block is on
 * disk (the spool) before it is sent and until it is acknowledged; one that may have been sent
 * before is looked up first.
 * So a sender that is killed and started again with the same input stores every row once.
 *
 *	clickhouse://HOST:PORT[,HOST:PORT…]/DATABASE[?cluster=NAME]
 *
 * The hosts are the shards, in the order of the cluster; PORT is that of HTTP. With cluster= the
 * Distributed tables of that name are made and read; a shard that is missing is an error.
 */
#ifndef RECORD_CLICKHOUSE_H
#define RECORD_CLICKHOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fact/measurement.h"
#include "fact/route.h"
#include "fact/vrps.h"
#include "finding/finding.h"
#include "record/index.h"

struct clickhouse;

bool clickhouse_is(const char *url);

/* spool: a folder that senders may share (made when it is not there; record/spool.h). seed: what
 * makes its blocks others than those of another sender; the same input has the same seed, and two
 * senders of it wait for each other. What earlier senders to this store left in the spool is sent
 * first. spool NULL: only for reading. */
struct clickhouse *clickhouse_open(const char *url, const char *spool, const char *seed,
				   struct err *err);

/* Sends what is left; false: something is still in the spool, and why. Frees in any case. */
bool clickhouse_close(struct clickhouse *c, struct err *err);

/* A row of `routes`, of `findings`, of `runs`, of `measurements` (written as OONI's). False: it
 * could not be sent and not be spooled. */
bool clickhouse_route(struct clickhouse *c, int64_t time, const struct route *r,
		      const struct peer *peer, enum rov_state rov, struct err *err);
bool clickhouse_finding(struct clickhouse *c, const struct finding *f, const struct peers *peers,
			struct err *err);
bool clickhouse_run(struct clickhouse *c, int64_t time, const char *json, size_t n,
		    struct err *err);

bool clickhouse_measurement(struct clickhouse *c, const struct measurement *m, struct err *err);

/* Blocks that wait on disk because a server was away. */
uint64_t clickhouse_waiting(const struct clickhouse *c);

/* A JSON of a run; run: 16 bytes that name it. */
typedef bool clickhouse_each(void *arg, const uint8_t *run, const char *json, size_t n,
			     struct err *err);

/* The findings that a query asks for, as finding_json() wrote them, one after another. A shard
 * that is missing is an error. */
bool clickhouse_search(struct clickhouse *c, const struct index_query *q, clickhouse_each *each,
		       void *arg, struct err *err);

/* Each run, as clickhouse_run() was given it, in order of time. */
bool clickhouse_runs(struct clickhouse *c, clickhouse_each *each, void *arg, struct err *err);

/* Any SELECT; the answer's text onto out. */
bool clickhouse_query(struct clickhouse *c, const char *sql, struct buf *out, struct err *err);

#endif
