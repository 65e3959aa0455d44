/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Addresses to countries: the country that a prefix is registered or used in.
 */
#ifndef FACT_GEO_H
#define FACT_GEO_H

#include <stdbool.h>

#include "fact/prefix.h"

struct geo;
/* The country (ISO 3166-1 alpha-2) of the longest entry that has a; false: unknown. */
bool geo_find(const struct geo *g, struct addr a, char country[3]);

#endif
