/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * On whom paths depend, from routes that were seen.
 *
 * AS hegemony (Fontugne, Shah, Aben: "The (thin) Bridges of AS Connectivity", PAM 2018, as the
 * Internet Health Report computes it): for each full-feed peer the share of the addresses whose
 * paths go through a network; averaged over the sessions of a peer network; then the mean over
 * peer networks without the lowest and highest tenth. An address counts for the most specific
 * prefix that the same peer has. Global: over all origins; local: over the prefixes of one.
 *
 * Country transit influence (Gamero-Garrido et al., PAM 2022): over monitors outside a country,
 * the share of its addresses that a network carries, each divided by the number of hops from the
 * origin, only below the first provider-to-customer hop as seen from the monitor. Of the hosts that
 * see a network on the way at all, the tenth with the lowest and the tenth with the highest shares
 * are left out, as the authors' program does.
 */
#ifndef FINDING_HEGEMONY_H
#define FINDING_HEGEMONY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/asgraph.h"
#include "fact/prefix.h"

struct hegemony;
struct hegemony *hegemony_new(void);
void hegemony_free(struct hegemony *h);

/* One session; returns its number (at most 65,535 of them). */
uint16_t hegemony_peer(struct hegemony *h, uint32_t asn);

/* A route of an IPv4 prefix: the path with the peer's own ASN first, no prepending, no AS_SET. */
void hegemony_add(struct hegemony *h, uint16_t peer, uint32_t addr, uint8_t len,
		  const uint32_t *path, size_t n);

/* The same of an IPv6 prefix: each counts 1, whatever its length, and more specific ones take
 * nothing away (as the Internet Health Report weighs IPv6). One family a table. */
void hegemony_add6(struct hegemony *h, uint16_t peer, const struct prefix *prefix,
		   const uint32_t *path, size_t n);

/* Ends the adding: sessions with less than `share` of the largest one's prefixes are no full feed
 * and left out (IHR asks for 600,000 in 2023; .75 fits all dates). Returns how many are left. */
unsigned hegemony_ready(struct hegemony *h, double share);

struct hegemony_score {
	uint32_t asn;
	double score;
};

/* The highest first (then by ASN), in memory of h until the next call. */
const struct hegemony_score *hegemony_global(struct hegemony *h, size_t *n);
const struct hegemony_score *hegemony_local(struct hegemony *h, uint32_t origin, size_t *n);

/* Every origin in turn: each() gets its scores, the highest first. */
void hegemony_all(struct hegemony *h,
		  void (*each)(uint32_t origin, const struct hegemony_score *s, size_t n,
			       void *arg),
		  void *arg);

/* country_of() gives the country of an ASN as a number, 0 unknown; origins and peers are placed by
 * it, paths are cut by the relationships of g. */
const struct hegemony_score *hegemony_cti(struct hegemony *h, const struct asgraph *g,
					  uint16_t (*country_of)(uint32_t asn, void *arg),
					  void *arg, uint16_t country, size_t *n);

#endif
