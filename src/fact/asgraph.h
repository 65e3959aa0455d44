/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The AS graph: networks and their relationships, customer to provider or peer to peer.
 */
#ifndef FACT_ASGRAPH_H
#define FACT_ASGRAPH_H

#include <stdint.h>

struct asgraph;

/* What b is to a. */
enum relation_kind { RELATION_NONE, RELATION_CUSTOMER, RELATION_PEER, RELATION_PROVIDER };

enum relation_kind asgraph_relation(const struct asgraph *g, uint32_t a, uint32_t b);

#endif
