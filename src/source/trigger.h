/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What triggers a censor: the same thing asked in other words. After a handshake (or a request
 * in the clear) to one address failed, it is asked with a neutral name at the same address, with
 * the same name at a neutral address, with no name; then with the name hidden or cut: Encrypted
 * Client Hello, several TLS records, several segments. Where even the neutral name fails at once,
 * it is asked again after a rest, since a censor may kill for a while whatever passes between two
 * addresses (residual blocking). finding/trigger.c says what the answers mean.
 *
 * The hellos are made by hand and end with the server's first answer: a ServerHello is success, a
 * TLS alert is an answer too (the server refuses a name that it does not know) and is tagged
 * "answered".
 */
#ifndef SOURCE_TRIGGER_H
#define SOURCE_TRIGGER_H

#include "source/loop.h"

struct trigger_spec {
	struct flow flow;
	struct addr addr; /* where it failed */
	uint16_t port;
	bool tls;		  /* else requests in the clear */
	bool chain;		  /* whole handshakes: certificates are what is asked about */
	const char *name;	  /* server name or Host */
	const char *path;	  /* of requests; NULL: "/" */
	const char *neutral;	  /* a name that nobody blocks */
	struct addr neutral_addr; /* where nobody blocks anything, with has_neutral_addr */
	uint16_t neutral_port;
	bool has_neutral_addr;
	int64_t answer_for; /* 0: 4 s */
	int64_t rest;	    /* before asking again after a neutral name failed; 0: 10 s */
};

/* Handshakes or transactions (group "trigger", kind of hello in a tag "hello=…" too). */
typedef void trigger_done(void *arg, const struct handshake *h, size_t nh,
			  const struct transaction *x, size_t nx);

struct task *trigger_begin(struct loop *l, struct arena *a, const struct trigger_spec *spec,
			   trigger_done *done, void *arg);

/* OONI's word for a TLS alert (RFC 8446 6.2). */
const char *trigger_alert(uint8_t alert);

#endif
