/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What routes that were seen say of how carefully networks announce: each prefix with each origin
 * once, its origin validation (RFC 6811), its family, whether it is a bogon; and the scores that
 * MANRS makes of incidents (docs/resilience.md).
 */
#ifndef FINDING_HYGIENE_H
#define FINDING_HYGIENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/facts.h"
#include "fact/vrps.h"

/* A prefix and a network that announced it. */
struct origination {
	struct prefix prefix;
	uint32_t origin;
	uint8_t state; /* enum rov_state; ROV_UNKNOWN without VRPs */
	uint8_t why;   /* enum rov_reason */
	uint8_t bogon; /* enum bogon_kind of the prefix */
	uint8_t reserved;
};

/* A prefix or an ASN that must not be seen, which a network told on. */
struct told_bogon {
	uint32_t by;
	uint32_t asn; /* the bogon ASN that stands behind it, or the origin of a bogon prefix */
	struct prefix prefix;
	bool prefix_is; /* the prefix is the bogon, and `by` is the first after its origin */
};

struct hygiene;

/* wanted(): whose routes count; the others are forgotten at once. */
struct hygiene *hygiene_new(bool (*wanted)(uint32_t asn, void *arg), void *arg);
void hygiene_free(struct hygiene *h);

/* From here on also what this network passes on for others, and which routes v makes invalid
 * (NULL: that cannot be told), whoever passes them on. */
void hygiene_watch(struct hygiene *h, uint32_t asn, const struct vrps *v);

/* The announcements and table entries among these facts; withdrawals, other than unicast, and
 * what RFC 7606 treats as withdrawn are none. A path that ends in an AS_SET has no origin. */
void hygiene_feed(struct hygiene *h, const struct facts *f);

/* Ends the feeding: sorts by origin and prefix, validates by v (NULL: unknown). */
void hygiene_ready(struct hygiene *h, const struct vrps *v);

const struct origination *hygiene_at(const struct hygiene *h, size_t *n);
const struct told_bogon *hygiene_bogons(const struct hygiene *h, size_t *n);
/* Any IPv6 route at all was fed, of whomever: whether it can be told who announces IPv6. */
bool hygiene_has_v6(const struct hygiene *h);
bool hygiene_has_v4(const struct hygiene *h);

/* Of all networks that are wanted, or of one origin. */
struct hygiene_sum {
	uint32_t networks, networks_v6; /* origins; those that announce IPv6 */
	uint32_t v4, v6;		/* prefixes with their origins */
	uint32_t valid, invalid, not_found, unknown;
	uint32_t wrong_origin, too_specific, as0; /* of the invalid */
	uint32_t bogons;			  /* full ones */
};
#define HYGIENE_ALL UINT32_MAX
void hygiene_add_up(const struct hygiene *h, uint32_t origin, struct hygiene_sum *out);

/* Prefixes, each with an origin once, on whose paths the watched network stands without being the
 * origin. That none of them is invalid says something only if it carries any, and if others carry
 * invalid ones in the same routes. */
struct hygiene_carried {
	uint32_t routes, valid, invalid;
	uint32_t elsewhere;	      /* invalid ones of other origins on no path with it */
	const struct origination *at; /* routes of them, by origin and prefix */
};
void hygiene_carried(const struct hygiene *h, struct hygiene_carried *out);

/* An incident, microseconds since 1970. */
struct hygiene_span {
	int64_t first, last;
};
/* MANRS: those that overlap are one; below 30 minutes .5, below a day 1, and 1 more for each
 * further day. Sorts s. */
double hygiene_incidents(struct hygiene_span *s, size_t n);
/* 100 for none, 60 for .5: 100 exp(-.7224 sqrt(raw)), fitted to what MANRS documents. */
double hygiene_score(double raw);

#endif
