/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Names of networks: ASN to name, organisation and country, from public tables that the binary
 * embeds or the user gives. Strings live as long as the table.
 */
#ifndef FACT_NAMES_H
#define FACT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct name {
	const char *name; /* "TELEGRAM" */
	const char *org;  /* a key that networks of one organisation share, NULL unknown */
	char country[3];  /* ISO 3166-1 alpha-2, "" unknown */
};

struct names;
bool names_find(const struct names *n, uint32_t asn, struct name *out);
/* Two networks of one organisation (same org key). */
bool names_siblings(const struct names *n, uint32_t a, uint32_t b);

#endif
