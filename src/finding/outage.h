/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outages: the prefixes of a network, or of a country, that full-feed peers no longer have.
 *
 * Needs a table before the updates: it tells which peers have a full feed (half of what the
 * largest one has, by family) and what each network and country has when all is well. A bit for
 * each prefix and peer says who has it; a prefix is visible while half of the counted peers
 * have it. Every five minutes of the facts' own clock the visible prefixes and addresses of each
 * network and country whose prefixes changed are compared with what there was. A peer whose
 * session goes down, or that has lost half of its table, is counted no more until it is back: it
 * is the collector that lost sight, not the networks that are gone.
 */
#ifndef FINDING_OUTAGE_H
#define FINDING_OUTAGE_H

#include "finding/event.h"

struct outage *outage_new(void);
void outage_free(struct outage *o);

/* Each route of the watch, with the index of its prefix. */
void outage_route(struct outage *o, struct watch *w, const struct route *r, uint32_t prefix);
/* Sessions of peers. */
void outage_sessions(struct outage *o, struct watch *w, const struct facts *f);
/* It is now so late: counts what a stretch of five minutes changed. */
void outage_clock(struct outage *o, struct watch *w, int64_t now);
/* What was found so far, and at the end what is still open. */
void outage_judge(struct outage *o, struct watch *w, struct findings *out, bool end);

/* Nothing more will be fed: without updates after a table there is nothing to judge either. */
void outage_rest(struct outage *o);

void outage_save(const struct outage *o, struct buf *out);
bool outage_load(struct outage *o, const struct watch *w, struct bytes *in);

#endif
