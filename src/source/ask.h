/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Looking names up, over UDP, TCP, TLS (RFC 7858) and HTTPS (RFC 8484), at resolvers that are
 * chosen. Over UDP the socket stays open for a while after the first reply, and every further one
 * is kept as well (`again`): two different answers to one query are an injection. A query may go
 * to an address where nobody listens (`nobody`): an answer from there is one, too.
 */
#ifndef SOURCE_ASK_H
#define SOURCE_ASK_H

#include "source/tls.h"

struct resolver_spec {
	enum dns_via via; /* DNS_SYSTEM: asked over UDP, over TCP when cut; told as the system's */
	struct addr addr; /* with has_addr: where to ask */
	bool has_addr;
	uint16_t port;	  /* 53, 853, 443 */
	const char *host; /* of DoT and DoH: the name in its certificate; NULL: its address */
	const char *path; /* of DoH: "/dns-query" when NULL */
	const char *text; /* as it is told: "8.8.8.8:53", "https://dns.google/dns-query" */
	/* Of the system's: who is asked in its place when it is silent or cannot answer. */
	const struct resolver_spec *next;
};

/* "192.0.2.1", "udp:…", "tcp:192.0.2.1:53", "tls:192.0.2.1[:853][#name]", "tls:name",
 * "https://name/path[#192.0.2.1]", "[2001:db8::1]:53". Strings go to the arena. A name without an
 * address has no has_addr: who may block has to look it up. */
bool resolver_parse(struct arena *a, const char *s, struct resolver_spec *out, struct err *err);

#define RESOLVERS_SYSTEM 3 /* nameserver lines that count, as in resolv.conf(5) */

/* The system's, from resolv.conf (NULL: /etc/resolv.conf), in their order, each the next of the one
 * before; how many, at most max. */
size_t resolver_system(struct arena *a, const char *path, struct resolver_spec *out, size_t max);

struct ask_spec {
	struct flow flow; /* usual timeout: 4 s for the first reply */
	struct resolver_spec resolver;
	const char *name;
	uint16_t type;		   /* enum dns_type */
	int64_t window;		   /* how long UDP listens on after the first reply, usually 1 s */
	bool nobody;		   /* nobody listens there: silence is what should come */
	const struct trust *trust; /* of DoT and DoH */
};

#define ASK_REPLIES 16 /* kept of one query */

/* At least one reply: what came, or one that failed. The first one is not `again`. Answers have
 * neither network nor country yet. */
typedef void ask_done(void *arg, const struct dns_reply *reply, size_t n);

struct task *ask_begin(struct loop *l, struct arena *a, const struct ask_spec *spec, ask_done *done,
		       void *arg);

/* One DNS message as a reply: its answers, its rcode, OONI's word for what failed (RFC 1035
 * rcodes, no answer of that type, or malformed). */
void ask_reply(struct arena *a, const void *p, size_t n, const char *name, uint16_t type,
	       struct dns_reply *out);

#endif
