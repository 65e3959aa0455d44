/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * One address, all the way: TCP, then TLS, then HTTP, as far as it goes. One task, and one flow:
 * its replies share a transaction.
 */
#ifndef SOURCE_STEP_H
#define SOURCE_STEP_H

#include "source/http.h"
#include "source/tls.h"

struct step_spec {
	struct flow flow; /* its timeout, when there is one, is each part's */
	struct addr addr;
	uint16_t port;
	const char *host; /* server name; the certificate must be for it */
	bool tls;
	const struct trust *trust;
	const struct http_spec *http; /* what to ask (url, method, headers, body); NULL: nothing */
	/* Bytes as they come off the socket; NULL: nobody wants to know. */
	void (*heard)(void *arg, int64_t now, uint64_t arrived);
	void *heard_arg;
};

struct step_reply {
	struct connect connect;
	struct handshake handshake;
	struct transaction transaction;
	bool shook, asked;   /* it came to a handshake, to a transaction */
	const char *failure; /* of the last that was tried; NULL: all worked */
};

typedef void step_done(void *arg, const struct step_reply *reply);

struct task *step_begin(struct loop *l, struct arena *a, const struct step_spec *spec,
			step_done *done, void *arg);

#endif
