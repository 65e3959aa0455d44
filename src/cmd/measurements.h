/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#ifndef CMD_MEASUREMENTS_H
#define CMD_MEASUREMENTS_H

#include <stddef.h>

struct measurement;

/* Calls each() for every measurement in a piece of raw evidence; for none when it holds none. */
void measurements_of(const void *p, size_t n, void (*each)(void *arg, const struct measurement *m),
		     void *arg);

#endif
