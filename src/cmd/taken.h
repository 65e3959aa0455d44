/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes for those who only count them: every announcement and table entry of sources of any kind
 * that observe reads, one after another, unjudged.
 */
#ifndef CMD_TAKEN_H
#define CMD_TAKEN_H

#include "cmd/run.h"

struct taken {
	void (*each)(void *arg, const struct route *r, const struct peer *p);
	void *arg;
	/* Collectors whose sessions are left out, by name ("route-views2", "rrc18"); NULL: none. */
	const char *const *without;
	size_t nwithout;
	uint64_t routes, left_out;
};

/* Whether the file is a source of routes by its first bytes; standard input is never looked at. */
bool taken_is(const char *path);

/* Unicast routes with attributes, in the order of the sources. False: why. */
bool taken_read(struct taken *t, int n, char **path, struct err *err);

#endif
