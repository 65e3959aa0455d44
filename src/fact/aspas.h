/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ASPAs: which networks each customer attests as its providers. Merged per customer (the union
 * of its ASPAs). Filled once, then only read.
 */
#ifndef FACT_ASPAS_H
#define FACT_ASPAS_H

#include <stddef.h>
#include <stdint.h>

#include "fact/facts.h"

/* draft-ietf-sidrops-aspa-verification section 5 (ASPAS_DRAFT tells the number). */
#define ASPAS_DRAFT "draft-ietf-sidrops-aspa-verification-27"

enum aspa_hop { HOP_NO_ATTESTATION, HOP_NOT_PROVIDER, HOP_PROVIDER };

struct aspas;
struct aspas *aspas_new(void);
void aspas_free(struct aspas *a);
void aspas_add(struct aspas *a, const struct aspa *aspa);
void aspas_ready(struct aspas *a);
size_t aspas_count(const struct aspas *a);
enum aspa_hop aspas_hop(const struct aspas *a, uint32_t customer, uint32_t provider);
/* The merged ASPA of a customer, NULL when there is none. */
const struct aspa *aspas_of(const struct aspas *a, uint32_t customer);

#endif
