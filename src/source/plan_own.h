/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What the files of a plan share: plan.c (the measurement, the rounds of redirects, the end),
 * plan_names.c (lookups) and plan_visits.c (the addresses, and the helpers beside them).
 */
#ifndef SOURCE_PLAN_OWN_H
#define SOURCE_PLAN_OWN_H

#include "source/cookies.h"
#include "source/plan.h"

#define ADDRS_MAX 16
#define LOOKUPS_MAX 32
#define HELPERS_MAX 8
#define VALIDATED_MAX 32

/* One address of the present round. */
struct visit {
	struct plan *plan;
	struct addr addr;
	uint16_t port;
	bool tls, fetch, done, lost;
	bool suspect, silent; /* to be repeated: alone and after a rest, at once */
	bool again, alone;
	struct task *task;
	struct task guard; /* of a repeat that waits for too long */
	bool guarded;
	struct flow flow;
	struct step_reply reply;
};

struct lookup {
	struct plan *plan;
	struct task *task;
	const struct resolver_spec *resolver;
	uint16_t type;
	bool silent; /* no datagram came back */
};

/* At a helper, or for a validated answer: what is not waited for before going on. */
struct asked {
	struct plan *plan;
	struct task *task;
};

struct plan_state {
	struct plan *plan;
	plan_done *done;
	void *arg;
	struct task begin;
	bool begun;
	/* The measurement's arrays. */
	struct dns_reply *dns;
	struct dns_validated *validated;
	struct connect *connect;
	struct handshake *handshake;
	struct transaction *transaction;
	struct series *series;
	struct ttl_probe *ttl_probe;
	struct control *control;
	size_t cdns, cvalidated, cconnect, chandshake, ctransaction, cseries, cttl_probe, ccontrol;
	int64_t ntransaction; /* given out */
	/* The round. */
	unsigned depth;
	const char *url, *host;
	uint16_t port;
	bool https;
	struct addr addr[ADDRS_MAX];
	size_t naddr;
	struct lookup lookup[LOOKUPS_MAX], nobody;
	size_t nlookup, lookups_left;
	bool asked_again;
	struct visit visit[ADDRS_MAX * 2];
	size_t nvisit, visits_left;
	struct http_spec http;
	struct asked helper[HELPERS_MAX];
	size_t nhelper, helpers_left;
	struct asked validating[VALIDATED_MAX];
	size_t nvalidating, validating_left;
	bool over; /* the redirects are at their end; what is asked elsewhere may still run */
	struct cookies cookies;
	struct buf residual; /* JSON of what was repeated, and what it was before */
	size_t nresidual;
	/* Follow-ups. */
	size_t follow;
	void *following;
};

/* The names of the round at every resolver, then plan_visit(). */
void plan_look_up(struct plan *p);
/* An address of this machine itself. */
bool plan_loopback(struct addr a);

/* Every address of the round, and what helpers see of them; then plan_round_done(). */
void plan_visit(struct plan *p);
/* Once more what was met by silence, or may be another target's doing; then plan_round_done()
 * again. False: there is nothing such. */
bool plan_visit_again(struct plan *p);
/* What the visits of the round saw becomes part of the measurement. */
void plan_visit_keep(struct plan *p);
/* Cancels those that are under way. */
void plan_visit_end(struct plan *p);

/* For the tasks: the round's addresses are done; something that was not waited for is. */
void plan_round_done(struct plan *p);
void plan_go_on(struct plan *p);

#endif
