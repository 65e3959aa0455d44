/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The plain propagation: three breadth-first phases over adjacency lists, one origin at a time,
 * one thread, nothing clever. It is the baseline of the benchmark and the oracle of the tests.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include "fact/asgraph.h"

struct plain {
	const struct asgraph *g;
	uint8_t *class; /* 4 origin, 3 customer, 2 peer, 1 provider, 0 none */
	uint32_t *len, *next, *origin;
	uint32_t **bucket, *nbucket, *cap;
	uint32_t levels;
};

struct plain *plain_new(const struct asgraph *g);
void plain_free(struct plain *p);
void plain_run(struct plain *p, const uint32_t *origin, unsigned n);

#endif
