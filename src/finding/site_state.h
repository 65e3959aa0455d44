/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The parts of the detector of sites among themselves: site.c settles what the networks say of
 * each other, site_tell.c makes findings of it, site_state.c saves, loads and merges. Nobody else
 * needs this.
 */
#ifndef FINDING_SITE_STATE_H
#define FINDING_SITE_STATE_H

#include "base/text.h"
#include "finding/site.h"

#define SITE_ADDRS 4
#define SITES_NEAR (72 * 3600 * SECOND) /* another network's verdict speaks of the same days */

/* A verdict as it is kept: fixed size, its texts interned. */
struct site_row {
	uint32_t input, network, id, hop, trigger; /* texts */
	int64_t time;
	uint32_t asn, hop_asn; /* hop_asn: of the router where it is done, 0 unknown */
	char country[3];
	uint8_t state, who, nmechanism, naddr;
	bool rerouted, tool, proven, bare, control_reached;
	uint16_t rule;
	uint8_t controls;
	float confidence, who_sure;
	uint32_t mechanism[3]; /* texts */
	uint32_t fingerprint;
	struct addr addr[SITE_ADDRS];
	struct evidence evidence;
};

struct sites {
	const struct knowledge *k;
	struct site_row *row;
	size_t n, cap;
	/* Texts: number 0 is "". */
	struct arena arena;
	const char **text;
	size_t ntext, text_cap;
	uint32_t *slot;
	size_t nslot;
	struct arena scratch;
	size_t named; /* pieces of evidence of the findings of this run */
};

/* The parts of one finding: the rows of one input and kind, of one network or country. */
struct site_group {
	const struct site_row **row;
	size_t n, cap;
	const char *kind;
	unsigned networks, tried, tried_networks;
};

/* All rows of one input, in order, as they were before they were settled. */
struct site_others {
	const struct site_row *row;
	size_t n;
};

/* Whose finding it is. */
enum site_of { SITE_OF_NETWORK, SITE_OF_COUNTRY, SITE_OF_ALL };

/* The number of a text; the same text has the same one. */
uint32_t sites_intern(struct sites *s, const char *t);
uint16_t sites_rule_index(const struct rule *r);
bool sites_same_network(const struct site_row *a, const struct site_row *b);
/* Does it say that the site failed, as far as others may bear that out? */
bool sites_fails(const struct site_row *r);
/* Are two times, either of which may be unknown, no further apart? */
bool sites_within(int64_t a, int64_t b, int64_t span);

/* ---- site_tell.c ---- */

void sites_put(struct site_group *g, const struct site_row *r);
/* One finding of the rows of a group. */
void sites_add_finding(struct sites *s, struct findings *out, const struct site_group *g,
		       const struct site_others *all, enum site_of of);
/* The findings of one input in one country, whose n rows these are. */
void sites_find_in_country(struct sites *s, struct findings *out, const struct site_row *row,
			   size_t n, const struct site_others *all);

/* ---- site_named.c ---- */

/* The evidence of a finding whose clearest row is `best`: the rows of its group, and what decided
 * about them. How many pieces that is, if they are too many and only a part is named; else 0. */
size_t sites_name(struct sites *s, struct arena *a, struct finding *f, const struct site_group *g,
		  const struct site_row *best, const struct site_others *all, enum site_of of);

/* ---- site_state.c: the verbs of the detector ---- */

bool sites_merge(void *into, void *from, struct err *err);
void sites_save(const void *state, struct buf *out);
bool sites_load(void *state, struct bytes *in, struct err *err);

#endif
