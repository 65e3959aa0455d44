/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Addresses to countries: the country that an address is registered in, by the table's word.
 * Filled once (add, then geo_ready) or taken from its binary form, then only read, by any number
 * of threads. IPv6 is told apart to /64. Where ranges overlap, the narrower one counts.
 */
#ifndef FACT_GEO_H
#define FACT_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fact/facts.h"
#include "fact/prefix.h"

struct geo;

struct geo *geo_new(void);
void geo_free(struct geo *g);
void geo_add(struct geo *g, const struct place *p);
size_t geo_feed(struct geo *g, const struct facts *f);
void geo_ready(struct geo *g);

/* The binary form (docs/formats.md, "Countries"); as names_binary() and names_of(). */
void geo_binary(const struct geo *g, int64_t time, const char *about, struct buf *out);
bool geo_is_binary(const uint8_t *p, size_t n);
struct geo *geo_of(const void *p, size_t n, const char *what, struct err *err);

/* Ranges of one country each. */
size_t geo_count(const struct geo *g);
int64_t geo_time(const struct geo *g);
const char *geo_about(const struct geo *g);

/* The country (ISO 3166-1 alpha-2); false: unknown, or g is NULL, and country is "". */
bool geo_find(const struct geo *g, struct addr a, char country[3]);

#endif
