/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/attack.h"

#include <stdlib.h>

#include "base/mem.h"
#include "finding/propagate.h"

void attack_forged(const struct asgraph *g, uint32_t attacker, uint32_t victim,
		   struct attack_path *out)
{
	out->asn[0] = g->asn[attacker];
	out->asn[1] = g->asn[victim];
	out->n = 2;
}

/* attacker, then from `top` along `below` down to the victim; the attacker only once. */
static void write_path(const struct asgraph *g, uint32_t attacker, uint32_t victim, uint32_t top,
		       const uint32_t *below, struct attack_path *out)
{
	out->n = 0;
	out->asn[out->n++] = g->asn[attacker];
	for (uint32_t v = top; out->n < ATTACK_PATH_MAX; v = below[v]) {
		if (v != attacker)
			out->asn[out->n++] = g->asn[v];
		if (v == victim)
			break;
	}
}

/*
 * Breadth first from the victim up to providers; the first network without an ASPA ends it. When
 * all of them have one, a peer of one of them, in the same order. Otherwise the forged origin.
 */
static void past_aspa(const struct asgraph *g, const uint16_t *policy, uint32_t attacker,
		      uint32_t victim, struct attack_path *out)
{
	uint32_t *queue = mem_zero((size_t)g->n + 1, sizeof(*queue)), n = 0;
	uint32_t *below = mem_zero((size_t)g->n + 1, sizeof(*below));
	uint8_t *seen = mem_zero((size_t)g->n + 1, 1);
	uint32_t top = ASGRAPH_NONE;

	queue[n++] = victim;
	seen[victim] = 1;
	for (uint32_t at = 0; at < n && top == ASGRAPH_NONE; at++) {
		uint32_t u = queue[at];

		if (!(policy[u] & POLICY_ASPA_RECORD))
			top = u;
		for (uint32_t i = asgraph_first(g, u, RELATION_PROVIDER);
		     i < asgraph_last(g, u, RELATION_PROVIDER); i++) {
			uint32_t v = g->nbr[i];

			if (!seen[v]) {
				seen[v] = 1;
				below[v] = u;
				queue[n++] = v;
			}
		}
	}
	for (uint32_t at = 0; at < n && top == ASGRAPH_NONE; at++) {
		uint32_t u = queue[at];

		for (uint32_t i = asgraph_first(g, u, RELATION_PEER);
		     i < asgraph_last(g, u, RELATION_PEER) && top == ASGRAPH_NONE; i++) {
			uint32_t v = g->nbr[i];

			if (!(policy[v] & POLICY_ASPA_RECORD) && !seen[v]) {
				below[v] = u;
				top = v;
			}
		}
	}
	if (top == ASGRAPH_NONE)
		attack_forged(g, attacker, victim, out);
	else
		write_path(g, attacker, victim, top, below, out);
	free(queue);
	free(below);
	free(seen);
}

void attack_shortest(const struct asgraph *g, const uint16_t *policy, uint32_t attacker,
		     uint32_t victim, struct attack_path *out)
{
	uint16_t all = 0;

	for (uint32_t v = 0; v < g->n; v++)
		all |= policy[v];
	if (all & POLICY_ASPA_RECORD) {
		past_aspa(g, policy, attacker, victim, out);
	} else if (all & POLICY_PATH_END_RECORD) {
		uint32_t i = asgraph_first(g, victim, RELATION_PROVIDER);

		attack_forged(g, attacker, victim, out);
		if (i < asgraph_last(g, victim, RELATION_PROVIDER)) {
			if (g->nbr[i] == attacker)
				return;
			out->asn[1] = g->asn[g->nbr[i]];
			out->asn[out->n++] = g->asn[victim];
		}
	} else if (all & (POLICY_ROV | POLICY_PEER_ROV | POLICY_ROVPP)) {
		attack_forged(g, attacker, victim, out);
	} else {
		out->asn[0] = g->asn[attacker];
		out->n = 1;
	}
}
