/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * TCP as it was captured, put in order: one direction of one connection (RFC 9293), with where
 * in the file each byte lies. Who reads gives a gap up (tcp_jump) when the capture ends, or when
 * more than TCP_HELD bytes wait for what is missing.
 */
#ifndef SOURCE_TCP_H
#define SOURCE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_HELD ((size_t)128 << 10)

struct tcp_segment;

/* A run of the ordered bytes: they begin at `pos` of `data` and at `offset` of the file. */
struct tcp_run {
	size_t pos;
	uint64_t offset;
};

struct tcp {
	uint8_t *data; /* in order, not taken yet: at … n */
	size_t at, n, cap;
	struct tcp_run *run; /* ascending */
	size_t irun, nrun, run_cap;
	uint32_t next; /* sequence number that is awaited */
	bool started, slack;
	struct tcp_segment *held; /* by sequence number */
	size_t nheld;		  /* bytes in them */
	uint64_t lost;		  /* bytes given up before data[at]; set to 0 when told */
};

/* A segment's payload. syn: the sequence number counts the SYN. */
void tcp_add(struct tcp *t, uint32_t seq, bool syn, const uint8_t *p, size_t n, uint64_t offset);

/* Gives up the first gap, and what is ordered before it; false: there is none. */
bool tcp_jump(struct tcp *t);

/* Takes n ordered bytes. */
void tcp_take(struct tcp *t, size_t n);

/* Where data[pos] lies in the file. */
uint64_t tcp_offset(const struct tcp *t, size_t pos);

/* The bytes of the file between which data[pos] to data[pos + n - 1] lie, n ≥ 1. */
void tcp_span(const struct tcp *t, size_t pos, size_t n, uint64_t *first, uint64_t *end);

void tcp_free(struct tcp *t);

#endif
