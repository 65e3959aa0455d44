/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where on the path: the same words sent so that they die at the first hop, the second, …, with
 * the name in question and with a neutral one (as CenTrace does, Raman et al., CoNEXT 2022). The
 * connection is opened as usual; only then its packets' lives are shortened (IP_TTL,
 * IPV6_UNICAST_HOPS), which needs no rights. The neutral name comes first: it tells how far the
 * server is, and which routers answer. finding/where.c says what it means. Where connecting itself
 * fails ("tcp"), the SYN is what dies, and another address is the neutral one.
 *
 * Plain datagrams go the same way beside them (layer "path"): what ends connections sooner than
 * those is a proxy. The kernel names the routers for UDP; for TCP they are heard by icmp.h with
 * CAP_NET_RAW, and without it they are taken from the plain datagrams (tag "router=udp").
 */
#ifndef SOURCE_TTL_H
#define SOURCE_TTL_H

#include "source/icmp.h"
#include "source/loop.h"

struct ttl_spec {
	struct flow flow;
	struct addr addr;
	uint16_t port;
	const char *layer;	   /* "dns" (UDP), "tcp", "tls", "http", "quic", or "udp" */
	const char *name;	   /* in question */
	const char *neutral;	   /* that nobody minds; of "tcp" and "udp": how it is told */
	struct blob ask, ask_else; /* of "udp": what is sent, and what is sent instead */
	struct addr addr_else;	   /* of "tcp": where connecting is held against */
	uint16_t port_else;
	uint8_t most;	    /* hops at most; 0: 30 */
	int64_t answer_for; /* 0: 1 s */
	struct icmp *icmp;  /* NULL: without the right to listen */
};

/* In the order of the hops: the neutral name's, the name's, the plain datagrams'. */
typedef void ttl_done(void *arg, const struct ttl_probe *p, size_t n);

struct task *ttl_begin(struct loop *l, struct arena *a, const struct ttl_spec *spec, ttl_done *done,
		       void *arg);

#endif
