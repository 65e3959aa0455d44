/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a probe's tables know of the addresses that it was told. What is added goes to the arena.
 */
#ifndef SOURCE_ANNOTATE_H
#define SOURCE_ANNOTATE_H

#include "source/plan.h"

/* The network (ASN, name) and the country of each answer, where they are known. */
void annotate_reply(struct arena *a, const struct plan_options *o, struct dns_reply *r);
const struct dns_answer *annotate_answers(struct arena *a, const struct plan_options *o,
					  const struct dns_answer *answer, size_t n);

/* The networks of what a helper found that it does not know itself: the judge holds them against
 * the answers'. */
void annotate_control(struct arena *a, const struct plan_options *o, struct control *c);

#endif
