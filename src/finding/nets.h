/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What is known of the networks of an AS graph, by id: country, name, size. A scenario and a
 * profile speak of countries and of users; the graph alone knows neither.
 */
#ifndef FINDING_NETS_H
#define FINDING_NETS_H

#include <stdbool.h>

#include "fact/asgraph.h"

/* A country code as a number: "KE" is 'K' << 8 | 'E'; 0 unknown. */
#define COUNTRY(s) ((uint16_t)((uint8_t)(s)[0] << 8 | (uint8_t)(s)[1]))

struct nets {
	const struct asgraph *graph;
	uint16_t *country;	  /* n */
	uint64_t *addresses;	  /* n: IPv4 addresses announced, NULL when not known */
	const char **name;	  /* n, entries may be NULL; NULL when not known */
	const char *country_from; /* where the countries come from, for provenance */
	const char *address_from;
	const char *graph_from;
};

struct nets *nets_new(const struct asgraph *g);
void nets_free(struct nets *n);

/* Lines "asn,cc" (or ";" or tab between), a header is skipped; of several countries ("KE;TZ")
 * the first counts. False: which line. Networks that are not in the graph are passed over. */
bool nets_countries(struct nets *n, const char *text, size_t len, const char *name,
		    struct err *err);

/* How many networks of the graph are in the country. */
uint32_t nets_count(const struct nets *n, uint16_t country);

/* Two letters and a NUL; "??" unknown. */
char *nets_code(char out[3], uint16_t country);

/* Tier-1: the clique at the top, found in the graph itself: greedily by customer cone, networks
 * without providers that all peer with each other. Returns how many, ids ascending. */
size_t nets_clique(const struct asgraph *g, const uint32_t *cone, uint32_t *out, size_t max);

#endif
