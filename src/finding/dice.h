/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Chance that can be repeated: the same seed gives the same draws everywhere (splitmix64, Steele
 * et al. 2014). For scenarios, never for secrets.
 */
#ifndef FINDING_DICE_H
#define FINDING_DICE_H

#include <stdint.h>

#include "base/hash.h"

struct dice {
	uint64_t state;
};

static inline uint64_t dice_draw(struct dice *d)
{
	d->state += UINT64_C(0x9e3779b97f4a7c15);
	return hash_u64(d->state);
}

/* 0 … below-1; below is at least 1. */
static inline uint32_t dice_below(struct dice *d, uint32_t below)
{
	return (uint32_t)(((dice_draw(d) >> 32) * below) >> 32);
}

#endif
