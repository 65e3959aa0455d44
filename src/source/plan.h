/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The plan of one target, a small state machine over the tasks of loop.h:
 *
 *	names at every resolver → TCP to every address → TLS → HTTP, redirects as new rounds
 *	→ what a test helper sees → repeats of suspects → follow-ups → the measurement
 *
 * What it sees goes into one struct measurement. Nothing here judges: whether a follow-up is
 * wanted is asked of the bare facts (a step failed, a certificate was wrong).
 */
#ifndef SOURCE_PLAN_H
#define SOURCE_PLAN_H

#include "fact/geo.h"
#include "fact/measurement.h"
#include "fact/names.h"
#include "fact/origins.h"
#include "source/ask.h"
#include "source/dnssec.h"
#include "source/helper.h"
#include "source/icmp.h"
#include "source/step.h"

/* The same for all targets of a run. */
struct plan_options {
	const struct resolver_spec *resolver;
	size_t nresolver;
	struct dnssec *const *dnssec; /* validated answers are asked of each */
	size_t ndnssec;
	const char *trust_anchor; /* with dnssec */
	const struct helper_spec *helper;
	size_t nhelper;
	const struct trust *trust;
	const struct geo *geo;	       /* countries of addresses; NULL: unknown */
	const struct origins *origins; /* their networks; NULL: unknown */
	const struct names *names;     /* of networks; NULL: unknown */
	const char *neutral;	       /* a name that nobody blocks; NULL: none, so no triggers */
	struct addr neutral_addr;      /* where it lives, with has_neutral_addr */
	bool has_neutral_addr;
	struct addr nobody; /* where nobody listens, with has_nobody */
	bool has_nobody;
	bool ipv6;	    /* it works here; else IPv6 addresses are looked up and left */
	bool follow;	    /* follow-ups are wanted */
	struct icmp *icmp;  /* hears routers; NULL: without the right to (icmp.h) */
	bool loopback;	    /* addresses of this machine itself are connected to as well */
	unsigned addrs;	    /* connected to at most, a target; 0: 8 */
	unsigned redirects; /* followed at most; 0: 10 */
	int64_t timeout;    /* of one step, microseconds; 0: each step's usual one */
	size_t body_max;
};

struct plan {
	struct loop *loop;
	struct arena *arena; /* the measurement's */
	const struct plan_options *opt;
	uint32_t id; /* flow.owner of its tasks */
	const char *input, *host;
	uint16_t port;
	int64_t start;
	bool https;
	struct measurement m;	  /* its arrays grow through plan_add_… */
	struct plan_state *state; /* plan_own.h */
};

typedef void plan_done(void *arg, struct plan *p);

/* What is measured for what people write: a URL of http or https, or a bare host (https); in the
 * arena, in ASCII (plan_ascii()). NULL: it is none, and why, where libidn2 knows (why may be
 * NULL). */
const char *plan_url(struct arena *a, const char *input, const char **why);
/* The same URL with the host as A-labels (IDNA 2008) and other letters as %XX; the same pointer
 * when it is ASCII. NULL: the host cannot be one. */
const char *plan_ascii(struct arena *a, const char *url, const char **why);
/* An address, or a name in ASCII and lower case. */
bool plan_is_host(const char *host);

/* Begins to measure one URL of plan_url(). done is called once, when p->m is whole;
 * plan_free() lets go of everything but the arena, before that too. */
struct plan *plan_begin(struct loop *l, struct arena *a, const struct plan_options *opt,
			uint32_t id, const char *input, plan_done *done, void *arg);
void plan_free(struct plan *p);

/* For follow-ups: what they see becomes part of the measurement (what replies point at lies in
 * p->arena). */
void plan_add_dns(struct plan *p, const struct dns_reply *r);
void plan_add_validated(struct plan *p, const struct dns_validated *r);
void plan_add_connect(struct plan *p, const struct connect *r);
void plan_add_handshake(struct plan *p, const struct handshake *r);
void plan_add_transaction(struct plan *p, const struct transaction *r);
void plan_add_series(struct plan *p, const struct series *r);
void plan_add_ttl_probe(struct plan *p, const struct ttl_probe *r);

/* The beginnings of a spec for this target; each call is a new transaction. */
struct flow plan_flow(struct plan *p, int64_t timeout, const char *tag);

/*
 * A follow-up: more is asked when the plain steps are over. One after another in the order of
 * the table, since each may trigger what the next one measures. `begin` calls plan_follow_done()
 * exactly once, from the loop, and never after its `end` was called (with what begin returned)
 * because the plan is let go of.
 */
struct followup {
	const char *name;
	bool (*wants)(const struct plan *p);
	/* Not NULL: what it keeps while it is under way. */
	void *(*begin)(struct plan *p);
	void (*end)(struct plan *p, void *state); /* early: cancels its tasks */
};

extern const struct followup followups[]; /* followups.c; a NULL name ends it */

void plan_follow_done(struct plan *p);

#endif
