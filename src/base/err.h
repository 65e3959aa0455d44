/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The world's failures: who failed, on what, why, and what to do about it.
 * A struct err lives on the caller's stack and owns nothing. A function that can fail
 * because of the world returns bool and takes one as its last argument; only cmd/ prints it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	char text[512]; /* one sentence without a final stop; "" when nothing failed */
	bool misuse;	/* what was asked for is wrong as it stands, whatever the world says */
};

/* Sets the text and returns false, so that "return err_set(err, …)" reads as one thought. */
bool err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, of a command line that cannot be read: not the world failed, but who asked. */
bool err_misuse(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "WHAT: strerror(errno)"; returns false. */
bool err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "WHO: " before what is there already; returns false. */
bool err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
