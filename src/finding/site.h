/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Verdicts put together: every measurement's verdict is held against those of the same site from
 * other countries (a second control) and of the same network at other times, and what remains of
 * one network, or of several of one country, becomes one finding with its span of time.
 *
 * The traces of a run are put together in the same way: where packets towards an address die for
 * the probes of a network, while they reach other addresses, and other networks reach this one.
 */
#ifndef FINDING_SITE_H
#define FINDING_SITE_H

#include "finding/detector.h"
#include "finding/verdict.h"

extern const struct detector detector_sites;
extern const struct detector detector_traces;

/* What a verdict came to when all others were known. */
struct settled {
	const char *input;
	int64_t time;
	uint32_t asn;
	char country[3];
	enum site_state state;
	double confidence;
	const struct rule *rule;
};

/* Settles all that was fed to a state of detector_sites, in order of input, network, time. The
 * rows live in the arena. */
size_t sites_settle(void *state, struct arena *a, struct settled **out);

/*
 * Core and edge: findings about routes and findings about sites speak of each other where they
 * speak of the same addresses or networks. Where a failure began and ended within the time of a
 * hijack, an invalid route or an outage that covers its addresses, its layer is "bgp"; where it
 * began before or outlasted it, that is said instead; where their times do not meet, the one
 * stands beside the other as context. To be called once, when all detectors have ended.
 */
void findings_join(struct findings *fs, const struct knowledge *k);

#endif
