/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * HTTP servers of a record: one loop, one callback, ended by SIGINT or SIGTERM. tiles_answer()
 * gives what c2sp.org/tlog-tiles has of a log: /checkpoint and /tile/…, as static files. They hold
 * salted digests only, never what was found.
 */
#ifndef RECORD_SERVE_H
#define RECORD_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct serve_request {
	bool post;	  /* else GET (HEAD is answered by it as well) */
	const char *path; /* decoded, without its query */
	const void *body;
	size_t nbody;
};

struct serve_reply {
	int status;
	const char *type, *cache; /* Content-Type; Cache-Control, NULL: none */
	struct buf body;
};

/* Serves at ADDRESS:PORT until a signal; bodies of more than max bytes are refused. */
bool serve(const char *address, size_t max,
	   void (*answer)(void *arg, const struct serve_request *q, struct serve_reply *r),
	   void *arg, struct err *err);

/* arg: the record's folder (char *). */
void tiles_answer(void *arg, const struct serve_request *q, struct serve_reply *r);

#endif
