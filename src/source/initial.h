/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Is QUIC let through? Initials made by hand (quic.h) with the name and with a neutral one to the
 * same address, and a packet of a version that nobody speaks, which every QUIC server answers
 * with the list of those that it does (RFC 9000 6): so it is known to live without any name.
 * A censor of QUIC has to open the Initial to see the name; then only the first is dropped.
 */
#ifndef SOURCE_INITIAL_H
#define SOURCE_INITIAL_H

#include "source/loop.h"

struct initial_spec {
	struct flow flow;
	struct addr addr;
	uint16_t port;
	const char *name, *neutral; /* neutral: NULL asks with no name at all */
	uint32_t version;	    /* 0: QUIC_V1 */
	int64_t again_after;	    /* 0: 1 s; an Initial is sent three times */
};

/* Handshakes with `quic`: HELLO_NORMAL (the name), HELLO_NEUTRAL_NAME or HELLO_NO_NAME, and one
 * that is tagged "version-negotiation". One that was answered by a refusal or a Retry is tagged
 * "answered". */
typedef void initial_done(void *arg, const struct handshake *h, size_t n);

struct task *initial_begin(struct loop *l, struct arena *a, const struct initial_spec *spec,
			   initial_done *done, void *arg);

#endif
