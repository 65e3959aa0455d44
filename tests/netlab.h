/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A small net for a test, made by the test itself out of namespaces and gone with it:
 *
 *	client 10.91.1.2 ── r1 10.91.1.1 ── r2 10.91.2.2 ── server 10.91.3.2 and 10.91.3.3
 *
 * The server is three hops away; r2 (hop 2) is where censors sit: rules of nftables in the path,
 * or a sniffer on the path that forges resets and DNS answers, whose TTL may be copied from the
 * packet that triggered it. It needs root; netlab_new() says why when it cannot be had.
 */
#ifndef TESTS_NETLAB_H
#define TESTS_NETLAB_H

#include <stdbool.h>
#include <sys/types.h>

/* False: it could not be made; a sentence was printed. The caller is then within the client. */
bool netlab_new(void);
void netlab_free(void);

/* Runs a shell command in "c", "r1", "r2" or "s"; its status. */
int netlab_run(const char *where, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Forks: fn runs in the namespace until it is killed by netlab_stop(). */
pid_t netlab_fork(const char *where, void (*fn)(const void *arg), const void *arg);
pid_t netlab_spawn(const char *where, const char *command);
void netlab_stop(pid_t pid);

/* Rules for r2's forward chain, one a line; "" takes them away. */
void netlab_rules(const char *rules);

struct netlab_injector {
	const char *name; /* looked for in payloads */
	bool dns;	  /* forges A 10.91.66.66 */
	bool reset;	  /* forges resets to both ends */
	bool copy_ttl;	  /* what is forged has the TTL that the trigger had */
};
void netlab_injector(const void *spec);

#endif
