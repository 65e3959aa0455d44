/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "finding/propagate.h"

/* The route that v's packets take: of the longest prefix that it has one for. */
static const struct propagation *longest(const struct propagation *const *by_length, unsigned n,
					 uint32_t v)
{
	for (unsigned i = 0; i < n; i++)
		if (by_length[i]->class[v] != CLASS_NONE)
			return by_length[i];
	return NULL;
}

void propagation_packets(const struct propagation *const *by_length, unsigned n,
			 const uint8_t *black, const uint8_t *attacker, const uint8_t *legitimate,
			 uint8_t *out)
{
	enum { UNKNOWN = 255, UNDER_WAY = 254 };
	uint32_t all = by_length[0]->topo->n, ntrail;
	uint32_t *trail = mem_zero((size_t)all + 1, sizeof(*trail));

	memset(out, UNKNOWN, all);
	for (uint32_t start = 0; start < all; start++) {
		uint32_t v = start;
		uint8_t end = UNKNOWN;

		ntrail = 0;
		while (end == UNKNOWN) {
			const struct propagation *at;

			if (out[v] == UNDER_WAY) {
				end = OUTCOME_LOOP;
				break;
			}
			if (out[v] != UNKNOWN) {
				end = out[v];
				break;
			}
			out[v] = UNDER_WAY;
			trail[ntrail++] = v;
			at = longest(by_length, n, v);
			if (attacker && attacker[v])
				end = OUTCOME_ATTACKER;
			else if (legitimate && legitimate[v])
				end = OUTCOME_LEGITIMATE;
			else if (!at || (black && black[v]) || at->class[v] == CLASS_ORIGIN)
				end = OUTCOME_NOWHERE;
			else
				v = at->next[v];
		}
		while (ntrail)
			out[trail[--ntrail]] = end;
	}
	free(trail);
}
