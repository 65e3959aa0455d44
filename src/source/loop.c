/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/loop.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/text.h"

#define BUCKETS 1024

/* One address (or one network) and who is there. */
struct loop_host {
	struct loop_host *next; /* of the same bucket */
	struct prefix key;
	unsigned flows, queries;
	bool alone;   /* one has it for itself */
	bool awaited; /* somebody waits for a seat; set while sweeping only */
	bool failed, triggered, other_triggered;
	int64_t failed_at;
	/* The last that may have triggered something, and the last of another owner than that. */
	uint32_t owner;
	int64_t triggered_at, other_at;
	/* The last that said something, and the last of another than that. */
	bool said, other_said;
	uint32_t speaker;
	int64_t said_at, other_said_at;
	int64_t trigger_at; /* when the owner of the last trigger last said something */
};

struct loop {
	struct event_base *base;
	struct loop_limits limits;
	uint64_t seed, bytes;
	int64_t origin;
	struct task *task;
	struct seat *first, *last; /* who waits, in the order of arrival */
	struct event scan, over;
	bool scanning;
	struct loop_host *host[BUCKETS];
	size_t nhost, sweep_at;
	const char *why;
};

static int64_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static struct timeval timeval(int64_t us)
{
	if (us < 0)
		us = 0;
	return (struct timeval){.tv_sec = us / SECOND, .tv_usec = us % SECOND};
}

static void scan(evutil_socket_t fd, short what, void *arg);

static void out_of_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg, "the time for the whole run is over");
}

struct loop *loop_new(const struct loop_limits *limits, uint64_t seed)
{
	struct loop *l = mem_zero(1, sizeof(*l));
	struct loop_limits *m = &l->limits;
	struct timeval tv;

	if (limits)
		*m = *limits;
	m->targets = m->targets ? m->targets : 128;
	m->per_host = m->per_host ? m->per_host : 8;
	m->per_net = m->per_net ? m->per_net : 64;
	m->queries = m->queries ? m->queries : 128;
	m->bytes = m->bytes ? m->bytes : UINT64_C(4) << 30;
	m->time = m->time ? m->time : INT64_C(86400) * SECOND;
	m->rest = m->rest ? m->rest : 30 * SECOND;
	m->jitter = m->jitter ? m->jitter : SECOND / 20;
	l->sweep_at = 4096;
	l->seed = seed;
	l->origin = monotonic();
	l->base = event_base_new();
	if (!l->base)
		abort();
	event_assign(&l->scan, l->base, -1, 0, scan, l);
	event_assign(&l->over, l->base, -1, 0, out_of_time, l);
	tv = timeval(m->time);
	event_add(&l->over, &tv);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	while (l->task)
		task_cancel(l->task);
	event_del(&l->scan);
	event_del(&l->over);
	event_base_free(l->base);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct loop_host *h = l->host[i], *next; h; h = next) {
			next = h->next;
			free(h);
		}
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

const struct loop_limits *loop_limits(const struct loop *l)
{
	return &l->limits;
}

int64_t loop_now(const struct loop *l)
{
	return monotonic() - l->origin;
}

uint64_t loop_random(struct loop *l)
{
	l->seed += 0x9e3779b97f4a7c15u;
	return hash_u64(l->seed);
}

int64_t loop_jitter(struct loop *l)
{
	return (int64_t)(loop_random(l) % (uint64_t)(l->limits.jitter + 1));
}

void loop_shuffle(struct loop *l, void *array, size_t n, size_t size)
{
	char *p = array, *swap = mem_alloc(size);

	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)(loop_random(l) % i);

		memcpy(swap, p + (i - 1) * size, size);
		memmove(p + (i - 1) * size, p + k * size, size);
		memcpy(p + k * size, swap, size);
	}
	free(swap);
}

void loop_secret(void *out, size_t n)
{
	if (RAND_bytes(out, (int)n) != 1)
		abort();
}

bool loop_run(struct loop *l)
{
	/* The limit of the whole run must not keep an idle loop alive: it is told when the last
	 * task, and the last who waits, is gone. */
	while (!l->why && (l->task || l->first)) {
		if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
			loop_stop(l, "the event loop failed");
	}
	return !l->why;
}

void loop_stop(struct loop *l, const char *why)
{
	if (!l->why)
		l->why = why;
	event_base_loopbreak(l->base);
}

const char *loop_why(const struct loop *l)
{
	return l->why;
}

void loop_count(struct loop *l, size_t n)
{
	l->bytes += n;
	if (l->bytes > l->limits.bytes)
		loop_stop(l, "the limit of received bytes is reached");
}

uint64_t loop_counted(const struct loop *l)
{
	return l->bytes;
}

/* ---- tasks ---- */

static void fire(evutil_socket_t fd, short what, void *arg)
{
	struct task *t = arg;

	(void)fd;
	(void)what;
	t->after(t);
}

void task_begin(struct task *t, struct loop *l, void (*end)(struct task *))
{
	t->loop = l;
	t->end = end;
	t->prev = NULL;
	t->next = l->task;
	if (t->next)
		t->next->prev = t;
	l->task = t;
	event_assign(&t->timer, l->base, -1, 0, fire, t);
}

void task_cancel(struct task *t)
{
	event_del(&t->timer);
	if (t->prev)
		t->prev->next = t->next;
	else
		t->loop->task = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->end(t);
}

void task_after(struct task *t, int64_t us, void (*fn)(struct task *))
{
	struct timeval tv = timeval(us);

	t->after = fn;
	event_add(&t->timer, &tv);
}

void flow_seen(const struct flow *f, const struct loop *l, struct seen *out)
{
	*out = (struct seen){.t0 = loop_now(l) - f->start,
			     .t = TIME_NONE,
			     .transaction = f->transaction,
			     .tag = f->tag,
			     .ntag = f->ntag,
			     .depth = f->depth};
}

void flow_done(const struct flow *f, const struct loop *l, struct seen *out, const char *failure)
{
	out->t = loop_now(l) - f->start;
	out->failure = failure;
}

const char *flow_errno(struct arena *a, int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection_refused";
	case ECONNRESET:
	case EPIPE:
		return "connection_reset";
	case ECONNABORTED:
		return "connection_aborted";
	case ETIMEDOUT:
		return "generic_timeout_error";
	case EHOSTUNREACH:
		return "host_unreachable";
	case ENETUNREACH:
		return "network_unreachable";
	case ENETDOWN:
		return "network_down";
	case ENETRESET:
		return "network_reset";
	case EADDRNOTAVAIL:
		return "address_not_available";
	case EADDRINUSE:
		return "address_in_use";
	case EAFNOSUPPORT:
		return "address_family_not_supported";
	case EINTR:
	case ECANCELED:
		return "operation_canceled";
	case EACCES:
	case EPERM:
		return "permission_denied";
	default:
		return arena_printf(a, "unknown_failure: %s", strerror(error));
	}
}

/* ---- seats ---- */

static struct prefix host_key(struct addr a)
{
	return (struct prefix){a.hi, a.lo, a.v6 ? 128 : 32, a.v6};
}

static struct prefix net_key(struct addr a)
{
	return prefix_masked((struct prefix){a.hi, a.lo, a.v6 ? 48 : 24, a.v6});
}

static struct loop_host *find(const struct loop *l, struct prefix key)
{
	struct loop_host *h = l->host[prefix_hash(key) % BUCKETS];

	while (h && !prefix_eq(h->key, key))
		h = h->next;
	return h;
}

/* Forgets addresses where nobody is and nothing failed of late: a helper runs for years. */
static void sweep(struct loop *l)
{
	int64_t since = loop_now(l) - l->limits.rest;

	for (struct seat *p = l->first; p; p = p->next)
		p->host->awaited = p->net->awaited = true;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct loop_host **at = &l->host[i], *h = *at; h; h = *at) {
			if (h->flows || h->queries || h->alone || h->awaited ||
			    (h->failed && h->failed_at >= since) ||
			    (h->said && h->said_at >= since)) {
				h->awaited = false;
				at = &h->next;
				continue;
			}
			*at = h->next;
			free(h);
			l->nhost--;
		}
	l->sweep_at = 2 * l->nhost + 4096;
}

static struct loop_host *host(struct loop *l, struct prefix key)
{
	struct loop_host **at = &l->host[prefix_hash(key) % BUCKETS], *h = find(l, key);

	if (!h) {
		if (l->nhost >= l->sweep_at)
			sweep(l);
		h = mem_zero(1, sizeof(*h));
		h->key = key;
		h->next = *at;
		*at = h;
		l->nhost++;
	}
	return h;
}

/* When it may enter: 0 now, a time, or INT64_MAX when somebody has to leave first. */
static int64_t may_enter(const struct loop *l, const struct seat *p, int64_t now)
{
	const struct loop_host *h = p->host;
	int64_t last;

	switch (p->class) {
	case LOOP_QUERY:
		return h->queries < l->limits.queries ? 0 : INT64_MAX;
	case LOOP_ALONE:
		if (h->flows || h->alone)
			return INT64_MAX;
		if (!h->failed)
			return 0;
		/* What names a blocked site need not fail to begin a residual blocking anew. */
		last = h->triggered && h->trigger_at > h->failed_at ? h->trigger_at : h->failed_at;
		return last + l->limits.rest > now ? last + l->limits.rest : 0;
	default:
		return !h->alone && h->flows < l->limits.per_host &&
			       p->net->flows < l->limits.per_net
			   ? 0
			   : INT64_MAX;
	}
}

static void take(struct seat *p)
{
	p->state = 2;
	if (p->class == LOOP_QUERY) {
		p->host->queries++;
	} else {
		p->host->flows++;
		p->net->flows++;
		p->host->alone = p->class == LOOP_ALONE;
	}
}

static void unlink_seat(struct seat *p)
{
	struct loop *l = p->loop;

	if (p->prev)
		p->prev->next = p->next;
	else
		l->first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	else
		l->last = p->prev;
	p->prev = p->next = NULL;
}

static void scan_after(struct loop *l, int64_t us)
{
	struct timeval tv = timeval(us);

	event_add(&l->scan, &tv);
}

/* Lets in whoever may, in the order of arrival; go() may enter and leave others meanwhile, so
 * after each the walk begins anew. */
static void scan(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	int64_t soonest = INT64_MAX, now = loop_now(l);
	struct seat *p = l->first;

	(void)fd;
	(void)what;
	if (l->scanning)
		return;
	l->scanning = true;
	while (p) {
		int64_t when = may_enter(l, p, now);

		if (!when) {
			unlink_seat(p);
			take(p);
			p->go(p->arg);
			p = l->first;
			soonest = INT64_MAX;
			continue;
		}
		if (when < soonest)
			soonest = when;
		p = p->next;
	}
	l->scanning = false;
	if (soonest != INT64_MAX)
		scan_after(l, soonest - now + 1);
}

void loop_enter(struct loop *l, struct seat *p, struct addr addr, enum loop_class class,
		void (*go)(void *arg), void *arg)
{
	*p = (struct seat){.loop = l, .class = class, .go = go, .arg = arg};
	p->host = host(l, host_key(addr));
	p->host->awaited = true; /* so that making the other one does not forget it */
	p->net = host(l, net_key(addr));
	p->host->awaited = false;
	if (!may_enter(l, p, loop_now(l))) {
		take(p);
		go(arg);
		return;
	}
	p->state = 1;
	p->prev = l->last;
	if (l->last)
		l->last->next = p;
	else
		l->first = p;
	l->last = p;
	if (class == LOOP_ALONE)
		scan_after(l, 0);
}

void loop_leave(struct seat *p)
{
	if (p->state == 1) {
		unlink_seat(p);
	} else if (p->state == 2) {
		if (p->class == LOOP_QUERY) {
			p->host->queries--;
		} else {
			p->host->flows--;
			p->net->flows--;
			if (p->class == LOOP_ALONE)
				p->host->alone = false;
		}
		if (p->loop->first)
			scan_after(p->loop, 0);
	}
	p->state = 0;
}

void loop_failed(struct loop *l, struct addr addr, uint32_t owner, bool said)
{
	struct loop_host *h = host(l, host_key(addr));

	h->failed = true;
	h->failed_at = loop_now(l);
	if (!said)
		return;
	if (h->triggered && h->owner != owner) {
		h->other_triggered = true;
		h->other_at = h->triggered_at;
	}
	h->triggered = true;
	h->triggered_at = h->failed_at;
	h->owner = owner;
}

void loop_said(struct loop *l, struct addr addr, uint32_t owner)
{
	struct loop_host *h = host(l, host_key(addr));

	if (h->said && h->speaker != owner) {
		h->other_said = true;
		h->other_said_at = h->said_at;
	}
	h->said = true;
	h->said_at = loop_now(l);
	h->speaker = owner;
	if (h->triggered && h->owner == owner)
		h->trigger_at = h->said_at;
}

bool loop_crossed(const struct loop *l, struct addr addr, uint32_t owner, int64_t since)
{
	const struct loop_host *h = find(l, host_key(addr));

	if (!h || !h->said)
		return false;
	return (h->speaker != owner && h->said_at >= since) ||
	       (h->other_said && h->other_said_at >= since);
}

bool loop_suspect(const struct loop *l, struct addr addr, uint32_t owner)
{
	const struct loop_host *h = find(l, host_key(addr));
	int64_t since = loop_now(l) - l->limits.rest;

	if (!h || !h->triggered)
		return false;
	if (h->owner != owner)
		return h->triggered_at > since;
	return h->other_triggered && h->other_at > since;
}
