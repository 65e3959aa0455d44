/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The probe's engine: one thread, one libevent loop, hundreds of things under way, each bounded
 * in time and bytes. It looks no names up and knows nothing of what is measured.
 *
 * Everything that the probe asks of the net is a task with the same shape:
 *
 *	struct task *noun_begin(struct loop *, struct arena *, const struct noun_spec *,
 *				noun_done *done, void *arg);
 *
 * It returns at once and never blocks. done is called exactly once, always from the loop and
 * never from within begin, with what was seen in the shapes of fact/reply.h: in the arena, which
 * must outlive the task. By then the task is gone. task_cancel() ends one that has not called
 * done yet: done will not be called. The spec is read within begin only, but what it points at
 * must outlive the task (it lies in the same arena).
 *
 * Fairness: who opens a connection or asks a resolver first takes a seat there (loop_enter()).
 * An address has so many seats, and its network (a /24, a /48) too; who finds none waits in
 * the order of arrival.
 *
 * Residual blocking: a censor that was triggered often goes on to kill whatever passes between
 * the same two addresses for a while. A connection that died after it said something is therefore
 * remembered with its owner (loop_failed()), and a later failure of another owner there is a
 * suspect, to be repeated alone and after a rest (loop_suspect(), LOOP_ALONE), before it is
 * believed.
 */
#ifndef SOURCE_LOOP_H
#define SOURCE_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "fact/reply.h"

struct loop;

/* Zero fields get the usual value, which stands behind them. */
struct loop_limits {
	unsigned targets;  /* in flight, 128; who feeds targets keeps to it */
	unsigned per_host; /* connections to one address at once, 8 */
	unsigned per_net;  /* connections to one /24 or /48 at once, 64 */
	unsigned queries;  /* lookups at one resolver's address at once, 128 */
	uint64_t bytes;	   /* received in the whole run, 4 GB */
	int64_t time;	   /* of the whole run, microseconds, a day */
	int64_t rest;	   /* how long residual blocking may last, microseconds, 30 s */
	int64_t jitter;	   /* a target starts up to this much later, microseconds, 50 ms */
};

/* The seed alone decides all that is random in what is measured: order and jitter. */
struct loop *loop_new(const struct loop_limits *limits, uint64_t seed);
/* Cancels what is under way. */
void loop_free(struct loop *l);

struct event_base *loop_base(struct loop *l);
const struct loop_limits *loop_limits(const struct loop *l);

/* Monotonic, microseconds since the loop was made. */
int64_t loop_now(const struct loop *l);

/* By the seed: for order and jitter, never for what must not be guessed. */
uint64_t loop_random(struct loop *l);
int64_t loop_jitter(struct loop *l); /* 0 … limits.jitter */
void loop_shuffle(struct loop *l, void *array, size_t n, size_t size);

/* What must not be guessed by who forges replies: ids, ports, keys. */
void loop_secret(void *out, size_t n);

/* Until nothing is under way, or loop_stop(). False: a limit of the whole run was reached, or it
 * was stopped; loop_why() says which. */
bool loop_run(struct loop *l);
void loop_stop(struct loop *l, const char *why);
const char *loop_why(const struct loop *l);

/* Bytes that were received; beyond limits.bytes the loop stops. */
void loop_count(struct loop *l, size_t n);
uint64_t loop_counted(const struct loop *l);

/* ---- tasks ---- */

/* The first member of what a primitive allocates with mem_zero(). */
struct task {
	struct task *prev, *next;
	struct loop *loop;
	void (*end)(struct task *); /* lets go of what it holds and frees it */
	struct event timer;	    /* task_after() */
	void (*after)(struct task *);
};

void task_begin(struct task *t, struct loop *l, void (*end)(struct task *));
/* Calls end. A primitive does so just before it calls done. */
void task_cancel(struct task *t);
/* Calls fn once after so many microseconds (0: from the loop, as soon as it can); again: anew. */
void task_after(struct task *t, int64_t us, void (*fn)(struct task *));

/* What every spec begins with: where the reply belongs, and how long it may take. */
struct flow {
	int64_t start;	     /* loop_now() when the measurement began: 0 of seen.t0 and seen.t */
	int64_t timeout;     /* microseconds; 0: the primitive's usual one */
	int64_t transaction; /* seen.transaction */
	uint32_t owner;	     /* the target, for loop_failed() */
	uint8_t depth;
	bool alone;		/* to be entered as LOOP_ALONE … */
	bool query;		/* … as LOOP_QUERY: a connection to a resolver */
	const char *const *tag; /* ntag of them */
	uint16_t ntag;
};

/* Begins a reply: its flow and t0. */
void flow_seen(const struct flow *f, const struct loop *l, struct seen *out);
/* Ends it: t, and the failure (NULL: it worked). */
void flow_done(const struct flow *f, const struct loop *l, struct seen *out, const char *failure);

/* OONI's word (df-007) for an errno; never NULL. "unknown_failure: …" for the rest. */
const char *flow_errno(struct arena *a, int error);

/* ---- seats ---- */

enum loop_class {
	LOOP_FLOW,  /* a connection */
	LOOP_QUERY, /* a lookup */
	LOOP_ALONE, /* a connection, with no other at that address, `rest` after its last failure */
};

struct loop_host;

struct seat {
	struct seat *prev, *next; /* among those who wait */
	struct loop *loop;
	struct loop_host *host, *net;
	enum loop_class class;
	uint8_t state; /* 0 none, 1 waits, 2 holds */
	void (*go)(void *arg);
	void *arg;
};

/* go is called when there is a seat: at once, from within, or from the loop later. */
void loop_enter(struct loop *l, struct seat *p, struct addr addr, enum loop_class class,
		void (*go)(void *arg), void *arg);
/* Gives it back, or waits no longer; nothing when it was not entered. */
void loop_leave(struct seat *p);

/* A connection to this address timed out or was reset: what may be interference; said: after it
 * had said something, so that it may be what triggered a censor. dial, tls and http call it by
 * themselves. */
void loop_failed(struct loop *l, struct addr addr, uint32_t owner, bool said);
/* Did another owner's connection to it fail so within `rest` before now? */
bool loop_suspect(const struct loop *l, struct addr addr, uint32_t owner);

/* A connection there says something: a ClientHello, a request. tls, http and talk call it; who is
 * to be alone waits for a rest after the words of whoever was cut there last, too. */
void loop_said(struct loop *l, struct addr addr, uint32_t owner);
/* Did another owner say something there since then? What was cut in its midst may have been
 * cut for that, before the other one has failed. */
bool loop_crossed(const struct loop *l, struct addr addr, uint32_t owner, int64_t since);

#endif
