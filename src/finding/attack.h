/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What an attacker announces: paths made up so that a defence does not see them.
 */
#ifndef FINDING_ATTACK_H
#define FINDING_ATTACK_H

#include "fact/asgraph.h"

#define ATTACK_PATH_MAX 62

struct attack_path {
	uint32_t asn[ATTACK_PATH_MAX + 2]; /* the attacker first */
	size_t n;
};

/* attacker, victim: passes origin validation. */
void attack_forged(const struct asgraph *g, uint32_t attacker, uint32_t victim,
		   struct attack_path *out);

/*
 * The shortest path that the strongest defence in use anywhere does not see: against ASPA one
 * that goes up from the victim to the nearest network without an ASPA; against Path-End a
 * provider of the victim between; against ROV the forged origin; otherwise just the attacker.
 * policy by id.
 */
void attack_shortest(const struct asgraph *g, const uint16_t *policy, uint32_t attacker,
		     uint32_t victim, struct attack_path *out);

#endif
