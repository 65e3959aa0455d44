/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes of many origins at once: 512 of them a batch, one bit each ("lane"), level by level, so
 * that all pairs of the whole Internet are a matter of seconds. It is the model of
 * finding/propagate.h without policies: class and length of every route, which do not depend on
 * how ties are broken; and, of a row that wants them, the next hops, with ties broken for the
 * lowest ASN: the neighbours of the right kind whose route is one shorter, the first of them.
 *
 * A batch is never kept: it is handed out in tiles of rows, one row a network, while it is in
 * the cache. A row is eight planes of 512 bits: the path's length in binary (planes 0 to 5) and
 * the class (6 and 7; 3 is a route from a customer, or with length 1 the origin's own). So one
 * byte a route would say it all, and lanes_bytes() makes them.
 *
 * The instructions are chosen when the program runs: AVX-512, AVX2, or what every machine has.
 */
#ifndef FINDING_LANES_H
#define FINDING_LANES_H

#include "finding/topo.h"

#define LANES 512
#define LANE_WORDS 8
#define LANE_PLANES 8
#define LANE_LEN_MAX 63 /* longer paths: lanes_all() returns false, use propagate.h */

struct batch;

struct lanes_tile {
	const struct topo *topo;
	const uint32_t *index; /* n: which network of the topology each row is of */
	uint32_t n;
	const uint8_t *same;	/* n: non-zero: the row is that of the one before it */
	const uint64_t *row;	/* n × LANE_PLANES × LANE_WORDS, little end first */
	const uint32_t *origin; /* id of the origin of each lane */
	unsigned norigin;
	unsigned thread; /* 0 … threads-1: whose sums to add to */
	const struct batch *batch;
};

typedef void lanes_use(void *arg, const struct lanes_tile *tile);

enum lanes_simd { SIMD_BEST, SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512 };

/* What this machine would use, or what was asked for if it can: "avx512", "avx2", "portable". */
const char *lanes_simd_name(enum lanes_simd simd);
bool lanes_simd_can(enum lanes_simd simd);

struct lanes_job {
	const struct topo *topo;
	const uint32_t *origin; /* ids; NULL: every network */
	uint32_t norigin;
	/* By id, NULL without: networks of group 1 refuse routes to networks of group 2, and the
	 * other way round (a sanction that also forbids transit); 0 belongs to neither. */
	const uint8_t *group;
	const uint8_t *rows;  /* by id, NULL: all; the networks whose rows are wanted */
	const uint8_t *apart; /* by id, NULL; origins of the lower number are in batches before */
	unsigned threads;     /* 0: as many as the machine has, at most 16 */
	enum lanes_simd simd;
	lanes_use *use; /* called from several threads */
	void *arg;
};

/* Runs all batches. Which batch a thread gets is not determined; sums are. False: a path is
 * longer than LANE_LEN_MAX; what was handed out is then not all. */
bool lanes_all(const struct lanes_job *job);
unsigned lanes_threads(unsigned wanted);

/* Of one row, in the lanes of mask (LANE_WORDS words): how many have a route, and the sum of
 * their lengths. */
void lanes_sum(const uint64_t *row, const uint64_t *mask, uint64_t *routes, uint64_t *len);

/* The next hops of the tile's row i, an id a lane as in propagate.h: the origin's own id at the
 * origin, ASGRAPH_NONE without a route. Only while use() has the tile. */
void lanes_next(const struct lanes_tile *t, uint32_t i, uint32_t out[LANES]);

/* One byte a lane: class << 6 | length; 0 without a route. */
void lanes_bytes(const uint64_t *row, uint8_t out[LANES]);

#endif
