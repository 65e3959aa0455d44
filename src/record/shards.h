/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The servers of a ClickHouse store, and the way of a block of rows to one of them. A thread for
 * each shard sorts, digests, spools and sends, so that every shard works while the next block is
 * filled; each has one block at a time, so memory is bounded.
 *
 * A block's digest is SHA-256 over the sender's seed, the block's number and its rows as they are
 * sent, cut to 16 bytes. It stands in each of its rows, in its file in the spool, and in the
 * ledger of the blocks that were acknowledged, which only makes looking them up fast.
 */
#ifndef RECORD_SHARDS_H
#define RECORD_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SHARDS_MAX 64
#define BLOCK_DIGEST 16

/* What a row is sorted by, most significant first, when its table is: a server that gets sorted
 * rows need not sort them itself, which costs it several times as much. */
struct block_key {
	uint64_t hi, lo;
	uint32_t time;
	uint8_t length;
};

struct block {
	const char *table; /* "routes" */
	const char *clock; /* the column whose month is the partition */
	int month;	   /* YYYYMM */
	uint32_t n;
	struct buf rows;
	uint32_t *at; /* where each row begins; its first 16 bytes are for the digest */
	struct block_key *key;
	size_t at_cap, key_cap;
	bool sorted; /* has keys */
};

struct shards;

/* "clickhouse://HOST:PORT[,HOST:PORT…]/DATABASE[?cluster=NAME]" */
struct shards *shards_open(const char *url, struct err *err);
/* Ends the threads; what was given is sent or spooled, false when something failed. */
bool shards_stop(struct shards *s, struct err *err);
void shards_free(struct shards *s);

size_t shards_count(const struct shards *s);
const char *shards_database(const struct shards *s);
const char *shards_cluster(const struct shards *s); /* NULL: none */

/* One query to one shard; its answer (may be NULL) onto out. *reached (may be NULL): it answered
 * at all. */
bool shards_ask(struct shards *s, size_t shard, const char *sql, struct buf *out, bool *reached,
		struct err *err);

/* Sending begins: the spool's folder is there, and the tables are unless `away`. resume: blocks
 * may be there already, so each is looked up. */
void shards_start(struct shards *s, const char *spool, const char *seed, bool resume, bool away);

/* Gives a block away; it comes back empty, with memory to be filled again. False: an earlier
 * block could not be sent and not be spooled. */
bool shards_give(struct shards *s, struct block *b, struct err *err);

/* Does anything lie in the spool? */
bool shards_spooled(const char *spool);

/* Sends what lies in the spool, each block after it was looked up; *waiting: what stays there.
 * Before shards_start() or after shards_stop(). */
bool shards_send_spool(struct shards *s, const char *spool, uint64_t *waiting, struct err *err);

#endif
