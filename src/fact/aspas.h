/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ASPAs: which networks each customer attests as its providers. Merged per customer (the union
 * of its ASPAs). Filled once (add, then aspas_ready), then only read, by any number of threads.
 */
#ifndef FACT_ASPAS_H
#define FACT_ASPAS_H

#include <stddef.h>
#include <stdint.h>

#include "fact/facts.h"

/* What HOP_* and finding/aspa.h follow: sections 4 (hop check) and 5 (paths). */
#define ASPAS_DRAFT "draft-ietf-sidrops-aspa-verification-27"

/* Does the customer attest this provider? An ASPA of AS0 alone attests that there is none. */
enum aspa_hop { HOP_NO_ATTESTATION, HOP_NOT_PROVIDER, HOP_PROVIDER };

struct aspas;
struct aspas *aspas_new(void);
void aspas_free(struct aspas *a);
/* Copies it; aspa->local: no filter takes it out. */
void aspas_add(struct aspas *a, const struct aspa *aspa);
/* Takes out the ASPAs of a customer, but nothing that SLURM asserts. */
void aspas_filter(struct aspas *a, const struct filter *f);
/* Adds the ASPAs and filters among these facts; how many ASPAs there were. */
size_t aspas_feed(struct aspas *a, const struct facts *f);
void aspas_ready(struct aspas *a);
/* Customers that have one. */
size_t aspas_count(const struct aspas *a);
/* The i-th in the order of customers. */
const struct aspa *aspas_at(const struct aspas *a, size_t i);
enum aspa_hop aspas_hop(const struct aspas *a, uint32_t customer, uint32_t provider);
/* The merged ASPA of a customer, NULL when there is none. */
const struct aspa *aspas_of(const struct aspas *a, uint32_t customer);

#endif
