/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Addresses to networks: the ASN that announces an address, by tables of ranges and by routes, or,
 * where those say nothing, the one that may announce it by the RPKI (RFC 6811). Filled once (add,
 * feed, then origins_ready), then only read, by any number of threads. IPv6 is told apart to /64.
 * The narrowest range counts; where more than one network has it, the one that most rows name
 * (each peer's route is a row), and on a tie it is unknown.
 */
#ifndef FACT_ORIGINS_H
#define FACT_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/facts.h"

struct origins;

struct origins *origins_new(void);
void origins_free(struct origins *o);
/* Takes the ranges, the routes (withdrawn, faulty and default ones aside) and the VRPs (AS0 aside)
 * among these facts; how many. */
size_t origins_feed(struct origins *o, const struct facts *f);
void origins_ready(struct origins *o);

/* 0: unknown, or o is NULL. */
uint32_t origins_find(const struct origins *o, struct addr a);

#endif
