/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Attacks on one prefix, tried out: who believes them. One trial is one attacker, one victim and
 * who has which policy; a series draws attackers, victims and adopters by a seed.
 */
#ifndef FINDING_TRIAL_H
#define FINDING_TRIAL_H

#include "finding/dice.h"
#include "finding/propagate.h"

enum attack_kind {
	ATTACK_EXACT,  /* announces the victim's prefix as its own */
	ATTACK_SUB,    /* announces a more specific one; the ROA's length makes it invalid */
	ATTACK_FORGED, /* puts the victim behind itself: origin validation passes */
	ATTACK_LEAK,   /* tells everybody what it learned from a provider or peer */
};

/* "exact", "sub", "forged", "leak". */
extern const char *const attack_kind_text[4];

struct trial {
	uint32_t of;	      /* networks that could believe it: all there are but the two */
	uint32_t control;     /* that chose the attacker's route */
	uint32_t data;	      /* whose packets end there */
	uint32_t low, high;   /* data, with all ties against and for the attacker */
	double weight, heavy; /* addresses of all, and of those whose packets end there */
	bool unable;	      /* a leaker that has no route to leak */
};

struct trial_room;
struct trial_room *trial_room_new(const struct topo *t);
void trial_room_free(struct trial_room *r);

/* By id, as in lanes.h: networks of group 1 refuse routes to networks of group 2, and the other way
 * round. An origin is who a path says it is. NULL: nobody does. */
void trial_sides(struct trial_room *r, const uint8_t *group);

/* policy by id or NULL. addresses by id or NULL. range: also low and high, at three times the
 * cost; without, both are `data`. believed, by id, NULL or where to put whose packets end with
 * the attacker. */
struct trial trial_run(struct trial_room *r, const uint16_t *policy, enum attack_kind kind,
		       uint32_t attacker, uint32_t victim, const uint64_t *addresses, bool range,
		       uint8_t *believed);

/* Gives `bits` to percent of the networks that `among` has (by id, NULL: all), drawn by the dice:
 * as many as the share says, to the nearest. Returns how many got them. */
uint32_t trial_adopt(const struct topo *t, uint16_t *policy, uint16_t bits, double percent,
		     const uint8_t *among, struct dice *dice);

/* A series of trials with one setting, summed up. */
struct series {
	unsigned trials;
	double mean, low, high; /* share that believes it: mean, and the means of the tie ranges */
	double control;		/* share that chose its route */
	double error;		/* standard error of the mean */
	double least, most;	/* single trials */
	double weight;		/* mean share by addresses, -1 where they are not known */
};

void series_add(struct series *s, const struct trial *t);
/* Ends the summing up. */
void series_end(struct series *s);

#endif
