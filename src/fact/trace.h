/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A trace: the hops from one probe towards one target, as traceroute sees them (RIPE Atlas and
 * our own). It says which routers answered and whether the target did.
 */
#ifndef FACT_TRACE_H
#define FACT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"

struct trace_hop {
	uint8_t n;	  /* 1 the first; 255 is Atlas's last try */
	bool answered;	  /* with from */
	struct addr from; /* of the first answer */
	int64_t rtt;	  /* microseconds, the least; -1 unknown */
	char icmp;	  /* traceroute's letter for an ICMP error: 'H', 'N', 'A', 'P'; 0 none */
	uint32_t asn;	  /* when the source says, else 0 */
};

struct trace {
	const char *id;	   /* "181670986/24916": measurement and probe */
	const char *probe; /* the probe's number */
	int64_t time;	   /* microseconds since 1970 */
	uint32_t asn;	   /* of the probe's network, 0 unknown */
	char country[3];
	struct addr from; /* as the net sees the probe; a replaced one is all zero */
	bool has_from;
	const char *target; /* as it was asked for */
	struct addr to;
	bool has_to;
	const char *protocol; /* "ICMP", "TCP", "UDP" */
	uint16_t port;
	bool reached; /* the target itself answered */
	const struct trace_hop *hop;
	size_t nhop;
};

#endif
