/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * How fast it comes: the bytes of a socket over time while one page is fetched, first by the name
 * in question, then by a neutral one from the same address. Over TLS only the ClientHello's name
 * differs and the request within asks for the same page, so that both are as long; in the clear
 * the Host header differs. What a policer or a freeze does shows on the wire, not in the page,
 * since one TLS record can hide 16 KB. finding/throttled.c says what it means.
 */
#ifndef SOURCE_SPEED_H
#define SOURCE_SPEED_H

#include "source/loop.h"

struct speed_spec {
	struct flow flow;
	struct addr addr;
	uint16_t port;
	bool tls;
	const char *name, *neutral;
	const char *path; /* NULL: "/" */
	int64_t time;	  /* of each, at most; 0: 10 s */
	size_t bytes;	  /* of each, at most; 0: 2 MB */
	/* Not 0: only the neutral name is fetched, after a hello with the name that dies at this
	 * hop (insert.h): where it is slow, whoever slows it stands before that. */
	uint8_t insert_ttl;
};

/* With insert_ttl one series of the neutral name, tagged "insert=HOP". Else two series, the control's second; a series that has less than two samples failed (seen). */
typedef void speed_done(void *arg, const struct series *s, size_t n);

struct task *speed_begin(struct loop *l, struct arena *a, const struct speed_spec *spec,
			 speed_done *done, void *arg);

#endif
