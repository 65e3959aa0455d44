/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Fingerprints: pieces of known block pages and addresses of the servers that show them, and of
 * pages that merely look like it. Many are looked for at once (base/match.h). The columns and
 * their words are those of OONI's blocking-fingerprints; Censored Planet's signatures become the
 * same. A list of our own, written from public facts, is built in (fingerprints_own.c).
 *
 * Filled once (add, then fingerprints_ready), then only read, by any number of threads.
 */
#ifndef FACT_FINGERPRINTS_H
#define FACT_FINGERPRINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"

enum fingerprint_scope {
	SCOPE_NATIONAL,	   /* nat: a whole country's page */
	SCOPE_ISP,	   /* isp: one provider's */
	SCOPE_PRODUCT,	   /* prod: a filtering product's, anybody's */
	SCOPE_INSTITUTION, /* inst: a school's, company's … */
	SCOPE_VAGUE,	   /* vbw: words that block pages have, and others too */
	SCOPE_FALSE,	   /* fp: known to be no block page; counts against */
	SCOPE_SERVER,	   /* the site or its host itself refuses: captcha, firewall, CDN */
	SCOPE_GEO,	   /* the site itself refuses this country */
};

enum fingerprint_place { PLACE_BODY, PLACE_HEADER, PLACE_DNS };
enum fingerprint_kind { PATTERN_CONTAINS, PATTERN_FULL, PATTERN_PREFIX, PATTERN_REGEXP };

struct fingerprint {
	const char *name;
	enum fingerprint_scope scope;
	enum fingerprint_place place;
	enum fingerprint_kind kind;
	const char *header;  /* lower case, with PLACE_HEADER */
	const char *pattern; /* npattern bytes */
	size_t npattern;
	const char *countries; /* "AE,SA"; "" anywhere */
};

struct fingerprints;
struct fingerprints *fingerprints_new(void);
void fingerprints_free(struct fingerprints *f);

/* Copies it. False: the pattern cannot be used (empty, or a regular expression with more than
 * literals, "." and ".*"). */
bool fingerprints_add(struct fingerprints *f, const struct fingerprint *p);

/* Our own list. */
void fingerprints_add_own(struct fingerprints *f);
void fingerprints_ready(struct fingerprints *f);
size_t fingerprints_count(const struct fingerprints *f);

/* The list that is built in, ready; the same for everybody, never freed. */
const struct fingerprints *fingerprints_own(void);

/* Those that this text, header value or answer has, each once, at most max; how many. */
size_t fingerprints_body(const struct fingerprints *f, const void *text, size_t n,
			 const struct fingerprint **hit, size_t max);
size_t fingerprints_header(const struct fingerprints *f, const char *name, const char *value,
			   const struct fingerprint **hit, size_t max);
size_t fingerprints_dns(const struct fingerprints *f, struct addr a, const struct fingerprint **hit,
			size_t max);

/* Is it one of that country's? Those without a country are everybody's. */
bool fingerprint_of_country(const struct fingerprint *p, const char *country);

#endif
