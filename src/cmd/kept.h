/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Findings of a country or a network out of what --record and --store kept, for their profiles.
 */
#ifndef CMD_KEPT_H
#define CMD_KEPT_H

#include "base/err.h"
#include "base/opt.h"
#include "finding/finding.h"

struct kept_one {
	const struct finding *finding;
	uint32_t place; /* index in kept.place */
	bool told;	/* for whoever shows it */
};

/* A record's folder or a clickhouse:// URL, and what of it was wanted; first and last TIME_NONE:
 * nothing was. */
struct kept_place {
	const char *path;
	size_t findings;
	int64_t first, last;
};

struct kept {
	struct findings all;
	struct peers *peers;
	struct kept_one *one; /* by id, each finding once, as it was kept last; kept_find() */
	size_t n, cap;
	struct kept_place *place;
	size_t nplace;
};

typedef bool kept_wants(const struct finding *f, void *arg);

/* By the index of countries (country is a code) or of networks (country NULL); of a country also
 * the route findings that its index has elsewhere, for it has where they were seen, and not who
 * acted. Of them what wants() says yes to. False: who, why; kept_free() either way. */
bool kept_read(struct kept *k, const struct opt_list *where, const char *country, uint32_t asn,
	       kept_wants *wants, void *arg, struct err *err);
/* NULL: it is not there. */
struct kept_one *kept_find(const struct kept *k, const uint8_t id[16]);
/* In order of time from here on; kept_find() does not work any more. */
void kept_by_time(struct kept *k);
void kept_free(struct kept *k);

#endif
