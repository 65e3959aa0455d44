/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/aspa.h"

/*
 * The draft numbers a path from the origin: AS(1) is the origin, AS(N) the neighbour. flat stands
 * the other way round, so AS(i) is flat[n - i].
 *
 * An up-ramp is how many networks from the origin on may lie on the way up: max ends before the
 * first hop that is "not a provider", min before the first hop that is not "a provider". A
 * down-ramp is the same from the neighbour's end.
 */
struct ramp {
	unsigned max, min;
	struct aspa_link excluded, unattested; /* the hop that ends max, min */
};

static struct ramp climb(const struct aspas *aspas, const struct path *p, bool from_origin)
{
	struct ramp r = {0};
	unsigned n = p->nflat;

	for (unsigned i = 1; i < n && !r.max; i++) {
		unsigned at = from_origin ? n - i : i - 1;
		unsigned next = from_origin ? at - 1 : at + 1;
		struct aspa_link link = {p->flat[at], p->flat[next]};
		enum aspa_hop hop = aspas_hop(aspas, link.customer, link.provider);

		if (hop == HOP_PROVIDER)
			continue;
		if (!r.min) {
			r.min = i;
			r.unattested = link;
		}
		if (hop == HOP_NOT_PROVIDER) {
			r.max = i;
			r.excluded = link;
		}
	}
	if (!r.max)
		r.max = n;
	if (!r.min)
		r.min = n;
	return r;
}

static struct aspa_verdict invalid(enum aspa_fault fault)
{
	return (struct aspa_verdict){.state = ASPA_INVALID, .fault = fault};
}

struct aspa_verdict aspa_verify(const struct aspas *aspas, const struct path *path,
				uint32_t neighbour, enum aspa_direction direction)
{
	struct aspa_verdict v = {.state = ASPA_VALID};
	struct ramp up, down = {0};
	unsigned n = path->nflat;

	if (path->flags & PATH_SET)
		return invalid(ASPA_SET);
	if (!n)
		return invalid(ASPA_EMPTY);
	if (neighbour && path->flat[0] != neighbour)
		return invalid(ASPA_NOT_PEER);
	up = climb(aspas, path, true);
	if (direction != ASPA_UP)
		down = climb(aspas, path, false);
	if (up.max + down.max < n) {
		v = invalid(ASPA_VALLEY);
		v.up = up.excluded;
		v.down = down.excluded;
	} else if (up.min + down.min < n) {
		v.state = ASPA_UNKNOWN;
		v.up = up.unattested;
		v.down = down.unattested;
	}
	return v;
}

const char *aspa_state_text(enum aspa_state s)
{
	static const char *const text[] = {"unknown", "valid", "invalid"};

	return text[s];
}

const char *aspa_fault_text(enum aspa_fault f)
{
	static const char *const text[] = {NULL, "the path is empty", "the path has an AS_SET",
					   "the path does not begin with the neighbour",
					   "a hop is not attested by its customer"};

	return text[f];
}
