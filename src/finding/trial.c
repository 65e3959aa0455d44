/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const attack_kind_text[4] = {"exact", "sub", "forged", "leak"};

#define LEAK_MAX 64

struct trial_room {
	const struct topo *topo;
	struct propagation *exact, *sub;
	uint8_t *attacker, *legitimate, *end;
	const uint8_t *group;
	uint16_t *policy; /* with what the groups refuse */
	uint32_t there;	  /* networks that are not gone */
	uint32_t path[LEAK_MAX];
	struct seed seed[2];
};

struct trial_room *trial_room_new(const struct topo *t)
{
	struct trial_room *r = mem_zero(1, sizeof(*r));

	r->topo = t;
	for (uint32_t v = 0; v < t->n; v++)
		r->there += !t->gone[v];
	r->exact = propagation_new(t);
	r->sub = propagation_new(t);
	r->attacker = mem_zero((size_t)t->n + 1, 1);
	r->legitimate = mem_zero((size_t)t->n + 1, 1);
	r->end = mem_zero((size_t)t->n + 1, 1);
	return r;
}

void trial_room_free(struct trial_room *r)
{
	if (!r)
		return;
	propagation_free(r->exact);
	propagation_free(r->sub);
	free(r->attacker);
	free(r->legitimate);
	free(r->end);
	free(r->policy);
	free(r);
}

void trial_sides(struct trial_room *r, const uint8_t *group)
{
	r->group = group;
	if (group && !r->policy)
		r->policy = mem_zero((size_t)r->topo->n + 1, sizeof(*r->policy));
}

/* The policies of a trial with what the groups refuse: 1 is the mark of routes to group 1, which
 * group 2 refuses. */
static const uint16_t *refusing(struct trial_room *r, const uint16_t *policy)
{
	if (!r->group)
		return policy;
	for (uint32_t v = 0; v < r->topo->n; v++)
		r->policy[v] =
		    (uint16_t)((policy ? policy[v] : 0) | (r->group[v] == 2   ? POLICY_REFUSE
							   : r->group[v] == 1 ? POLICY_REFUSE_TWO
									      : 0));
	return r->policy;
}

/* The announcements; false: a leaker without a route. */
static bool announce(struct trial_room *r, const uint16_t *policy, enum attack_kind kind,
		     uint32_t attacker, uint32_t victim)
{
	const struct asgraph *g = r->topo->graph;
	size_t n;

	r->seed[0] = (struct seed){.id = victim};
	r->seed[1] = (struct seed){.id = attacker};
	if (r->group) {
		r->seed[0].refused = r->group[victim];
		r->seed[1].refused = r->group[kind <= ATTACK_SUB ? attacker : victim];
	}
	switch (kind) {
	case ATTACK_EXACT:
	case ATTACK_SUB:
		r->seed[1].invalid = true;
		return true;
	case ATTACK_FORGED:
		r->path[0] = g->asn[attacker];
		r->path[1] = g->asn[victim];
		r->seed[1].path = r->path;
		r->seed[1].npath = 2;
		return true;
	case ATTACK_LEAK:
		propagation_run(r->exact, r->seed, 1, TIES_LOWEST_ASN, 0);
		n = propagation_path(r->exact, attacker, r->path, LEAK_MAX);
		if (!n || n > LEAK_MAX || r->exact->class[attacker] >= CLASS_CUSTOMER)
			return false;
		r->seed[1].path = r->path;
		r->seed[1].npath = (uint16_t)n;
		r->seed[1].otc = policy ? r->exact->otc[attacker] : 0;
		return true;
	}
	return false;
}

/* Runs with ties in one way and counts: whose packets end with the attacker. */
static uint32_t run(struct trial_room *r, enum attack_kind kind, enum ties ties, uint32_t attacker,
		    uint32_t victim, uint32_t *control)
{
	const struct topo *t = r->topo;
	const struct propagation *by_length[2] = {r->sub, r->exact};
	uint32_t n = 0, chose = 0;

	if (kind != ATTACK_SUB) {
		/* One prefix: every network's packets follow the route that it chose. */
		propagation_run(r->exact, r->seed, 2, ties, 1);
		for (uint32_t v = 0; v < t->n; v++) /* without a route the seed is 0 */
			r->end[v] = r->exact->seed[v] == 1;
		r->end[attacker] = r->end[victim] = 0;
		for (uint32_t v = 0; v < t->n; v++)
			n += r->end[v];
		*control = n;
		return n;
	}
	propagation_run(r->exact, &r->seed[0], 1, TIES_LOWEST_ASN, 0);
	/* Alone, the more specific prefix has no ties between announcements. */
	propagation_run(r->sub, &r->seed[1], 1, TIES_LOWEST_ASN, 0);
	r->attacker[attacker] = 1;
	r->legitimate[victim] = 1;
	propagation_packets(by_length, 2, NULL, r->attacker, r->legitimate, r->end);
	r->attacker[attacker] = 0;
	r->legitimate[victim] = 0;
	for (uint32_t v = 0; v < t->n; v++) {
		chose += r->sub->class[v] != CLASS_NONE && v != attacker && v != victim;
		r->end[v] = r->end[v] == OUTCOME_ATTACKER && v != attacker && v != victim;
		n += r->end[v];
	}
	*control = chose;
	return n;
}

struct trial trial_run(struct trial_room *r, const uint16_t *policy, enum attack_kind kind,
		       uint32_t attacker, uint32_t victim, const uint64_t *addresses, bool range,
		       uint8_t *believed)
{
	const struct topo *t = r->topo;
	struct trial out = {0};
	uint32_t unused;

	policy = refusing(r, policy);
	propagation_policies(r->exact, policy, NULL, 0);
	if (kind == ATTACK_SUB)
		propagation_policies(r->sub, policy, NULL, 0);
	out.of = r->there > 2 ? r->there - 2 : 0;
	if (attacker == victim || !announce(r, policy, kind, attacker, victim)) {
		out.unable = true;
		if (believed)
			memset(believed, 0, t->n);
		return out;
	}
	if (range && kind != ATTACK_SUB) {
		out.low = run(r, kind, TIES_AGAINST, attacker, victim, &unused);
		out.high = run(r, kind, TIES_FOR, attacker, victim, &unused);
	}
	out.data = run(r, kind, TIES_LOWEST_ASN, attacker, victim, &out.control);
	if (!range || kind == ATTACK_SUB)
		out.low = out.high = out.data;
	for (uint32_t v = 0; addresses && v < t->n; v++) {
		if (v == attacker || v == victim)
			continue;
		out.weight += (double)addresses[v];
		out.heavy += r->end[v] ? (double)addresses[v] : 0;
	}
	if (believed)
		memcpy(believed, r->end, t->n);
	return out;
}

uint32_t trial_adopt(const struct topo *t, uint16_t *policy, uint16_t bits, double percent,
		     const uint8_t *among, struct dice *dice)
{
	uint32_t *id = mem_zero((size_t)t->n + 1, sizeof(*id)), n = 0, want;

	for (uint32_t v = 0; v < t->n; v++)
		if (!among || among[v])
			id[n++] = v;
	want = (uint32_t)(percent / 100 * n + .5);
	want = want > n ? n : want;
	/* The first `want` of a shuffle (Fisher and Yates). */
	for (uint32_t i = 0; i < want; i++) {
		uint32_t j = i + dice_below(dice, n - i), v = id[j];

		id[j] = id[i];
		policy[v] |= bits;
	}
	free(id);
	return want;
}

void series_add(struct series *s, const struct trial *t)
{
	double share = t->of ? (double)t->data / t->of : 0;

	if (!s->trials || share < s->least)
		s->least = share;
	if (!s->trials || share > s->most)
		s->most = share;
	s->trials++;
	s->mean += share;
	s->error += share * share;
	s->low += t->of ? (double)t->low / t->of : 0;
	s->high += t->of ? (double)t->high / t->of : 0;
	s->control += t->of ? (double)t->control / t->of : 0;
	if (t->weight > 0)
		s->weight += t->heavy / t->weight;
	else
		s->weight = -1e9;
}

void series_end(struct series *s)
{
	double n = s->trials;

	if (!s->trials)
		return;
	s->mean /= n;
	s->low /= n;
	s->high /= n;
	s->control /= n;
	s->weight = s->weight < 0 ? -1 : s->weight / n;
	s->error = n > 1 ? sqrt(fmax(0, (s->error - n * s->mean * s->mean) / (n - 1) / n)) : 0;
}
