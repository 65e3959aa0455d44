/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What networks registered in an Internet Routing Registry, from the registries' own dumps (RPSL,
 * RFC 2622; route6 and mp- attributes RFC 4012): objects of lines "attribute: value" with an empty
 * line between them; a line that begins with a space, a tab or + goes on, # and % begin comments.
 * Of route and route6 objects the prefix and the origin count, of aut-num whether they tell a
 * policy; all others are passed over. An object that cannot be read is counted, with its line.
 */
#ifndef FACT_IRR_H
#define FACT_IRR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"

enum irr_match {
	IRR_NONE,    /* no route object of this origin */
	IRR_COVERED, /* one of this origin for a less specific prefix */
	IRR_EXACT
};

struct irr_count {
	uint64_t routes, routes6, policies; /* objects that were read, of whomever */
	uint64_t bad;			    /* objects without a readable prefix, origin or ASN */
	uint64_t first_bad;		    /* line of the first of them in its file, from 1 */
	uint64_t kept;			    /* route objects of origins that are wanted */
};

struct irr;

/* wanted(): whose objects are kept; the others are counted and forgotten. */
struct irr *irr_new(bool (*wanted)(uint32_t asn, void *arg), void *arg);
void irr_free(struct irr *i);

/* The next line of a file, without its end. irr_end() ends a file: what was open is an object. */
void irr_line(struct irr *i, const char *line, size_t n);
void irr_end(struct irr *i);
/* Before the first question: sorts. */
void irr_ready(struct irr *i);

const struct irr_count *irr_counted(const struct irr *i);
enum irr_match irr_match(const struct irr *i, struct prefix p, uint32_t origin);
/* Its aut-num has an import, export or default line. */
bool irr_policy(const struct irr *i, uint32_t asn);

/* "none", "covered", "exact". */
const char *irr_match_text(enum irr_match m);

#endif
