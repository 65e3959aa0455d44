/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Countries and territories: the codes of ISO 3166-1 and short English names, in the form in
 * common use (Unicode CLDR 46, a few as ISO writes them). XK, a code that ISO leaves to its
 * users, is Kosovo as CLDR has it. A name here takes no position on anybody's status.
 */
#ifndef FACT_COUNTRY_H
#define FACT_COUNTRY_H

#include <stddef.h>

struct country {
	char code[3];
	const char *name; /* UTF-8 */
};

extern const struct country countries[]; /* by code */
extern const size_t countries_count;

/* The name of a two-letter code in capitals; NULL: no such code. */
const char *country_name(const char *code);

/* "the " where a sentence has it before the name ("the United States"), else "". */
const char *country_article(const char *code);

#endif
