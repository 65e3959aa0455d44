/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Names of networks: ASN to name, country and organisation, from public tables that the binary
 * embeds or the user gives. Filled once (add, then names_ready) or taken from its binary form,
 * then only read, by any number of threads. Strings live as long as the table.
 *
 * Organisations: no table of them may be carried along, so the key is derived, and only where
 * that is safe: networks have one when their registered names are the same, letter by letter, once
 * case, punctuation and a legal form at the end ("Inc", "Ltd", "GmbH" …) are set aside, when that
 * name has at least six letters, is not one of the words that mean nobody ("private",
 * "reserved" …), and no more than 256 networks share it. It misses siblings of different names;
 * it is meant to be right when it says "the same".
 */
#ifndef FACT_NAMES_H
#define FACT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fact/facts.h"

struct name {
	const char *name; /* "Telegram Messenger Inc"; NULL unknown */
	const char *org;  /* a key that networks of one organisation share, NULL unknown */
	char country[3];  /* ISO 3166-1 alpha-2, "" unknown */
};

struct names;

struct names *names_new(void);
void names_free(struct names *n);
/* A network that comes again: what is not empty replaces what was there. */
void names_add(struct names *n, const struct naming *x);
/* Adds the names among these facts; how many. */
size_t names_feed(struct names *n, const struct facts *f);
void names_ready(struct names *n);

/* The binary form (docs/formats.md, "Names"): the memory itself, little-endian. names_of() reads
 * it where it lies (aligned to 8 bytes; the caller keeps it) and checks every offset first. */
void names_binary(const struct names *n, int64_t time, const char *about, struct buf *out);
bool names_is_binary(const uint8_t *p, size_t n);
struct names *names_of(const void *p, size_t n, const char *what, struct err *err);

size_t names_count(const struct names *n);
/* When its data is from (TIME_NONE unknown) and whose it is ("" unknown). */
int64_t names_time(const struct names *n);
const char *names_about(const struct names *n);

/* False: not in the table (or n is NULL); out is then emptied. */
bool names_find(const struct names *n, uint32_t asn, struct name *out);
/* Two networks of one organisation (same org key). */
bool names_siblings(const struct names *n, uint32_t a, uint32_t b);

#endif
