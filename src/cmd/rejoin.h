/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
#ifndef CMD_REJOIN_H
#define CMD_REJOIN_H

#include "finding/finding.h"

/* The findings of a bundle that `sealed` names in its context (what core and edge say of each
 * other), in that order, onto into; how many of these rows there are, and how many were not
 * found. */
void rejoin_partners(const char *bundle, const struct finding *sealed, struct findings *into,
		     size_t *rows, size_t *missing);

/* Joins f, judged from its evidence alone, with these at place `at` of the list: the order in which
 * the run had them is not known. f gets its tags, context and layer as the run gave them. */
void rejoin(struct findings *partners, size_t at, struct finding *f);

#endif
