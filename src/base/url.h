/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bytes of one http(s) URL, pulled: libcurl runs only within these calls, so that the reader's
 * pace is the server's. Redirects are followed (10 at most, to http and https only); an answer
 * that is not a success is a failure to open.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct url;

/* True for what starts with http:// or https://. */
bool url_is(const char *path);

/* Connects and waits for the answer's head; *size is what it says it will send, 0 unknown. */
struct url *url_open(const char *address, uint64_t *size, struct err *err);

/* At least one byte; 0 at the end, when err->text says why if it is not the true end, or soon
 * after *stop was set. */
size_t url_read(struct url *u, uint8_t *p, size_t n, const atomic_bool *stop, struct err *err);
/* Are there bytes, or the end, without waiting? */
bool url_ready(struct url *u);
void url_close(struct url *u);

#endif
