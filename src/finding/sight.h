/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Sight: who has what, and what each network and country should have. The state of outage.h, for
 * its own files: a bit for each prefix and peer, the peers that are counted, and the groups.
 */
#ifndef FINDING_SIGHT_H
#define FINDING_SIGHT_H

#include "finding/outage.h"

#define BIN (300 * SECOND)
#define PEERS 65536

/* A network (key: ASN) or a country (key: its letters, with bit 63). */
struct group {
	uint64_t key;
	uint64_t base_addr, now_addr, low_addr;
	uint32_t base, now, low;
	uint8_t open, dirty, pending;
	uint8_t pad;
	int64_t began, low_at, ended;
};

struct change {
	int64_t time;
	uint32_t ev, prefix;
	uint16_t peer;
	uint8_t up, pad;
	uint32_t order; /* while it is told: place in the log */
};

struct series {
	int64_t time;
	uint32_t group, visible;
};

/* An outage that is over, or still open at the end: to be told. */
struct episode {
	struct group g;
	uint32_t index, counted;
};

enum peer_state { PEER_NONE, PEER_COUNTED, PEER_AWAY };

/* By family: 0 IPv4, 1 IPv6. */
struct feed {
	uint32_t held, high;
	uint8_t state;
};

/* A path of a peer to a prefix, or how many there are (in path). */
struct way {
	uint32_t prefix, path;
	uint16_t peer, kind;
};

struct ways {
	struct way *at;
	uint32_t n, mask;
};

struct outage {
	bool started;
	int64_t bin, based;
	int64_t moved;			/* when a counted peer last came or went, TIME_NONE never */
	uint8_t *bits;			/* width bytes a prefix; bit a peer */
	uint32_t width, rows, cap_rows; /* width is a power of two */
	struct ways ways;		/* of sessions with ADD-PATH */
	struct feed *feed[2];
	uint32_t nfull[2];
	uint16_t *count;	      /* by prefix: counted peers that have it */
	uint32_t *as_of, *cc_of;      /* by prefix: group, NONE not counted */
	int64_t *gone;		      /* by prefix: since when it is not visible, 0 it is */
	uint32_t cap_prefix, nprefix; /* of these arrays */
	struct group *group;
	uint32_t ngroup, cap_group;
	struct slots slots;
	struct change *log;
	uint32_t nlog, cap_log;
	struct series *series;
	uint32_t nseries, cap_series;
	struct episode *episode;
	uint32_t nepisode, cap_episode;
};

/* The word that has the bit of a peer; the table grows when it must. */
uint8_t *sight_bits(struct outage *o, uint32_t prefix, uint16_t peer);
bool sight_has(const struct outage *o, uint32_t prefix, uint16_t peer);
/* Whose a prefix is: of several origins the RPKI-valid, the first, the lowest one. */
const struct pair *sight_owner(const struct watch *w, uint32_t prefix);
/* What there is now is what there should be: of groups that are not down. */
void sight_rebase(struct outage *o, struct watch *w, int64_t now);
/* Everything anew, after the counted peers have changed. */
void sight_recount(struct outage *o, struct watch *w);
/* The group of a key; a new one is empty. */
uint32_t sight_group(struct outage *o, uint64_t key);
/* IPv4 addresses of a prefix, 0 of IPv6. */
uint64_t sight_addresses(struct prefix p);
/* The groups' hash anew. */
void sight_index(struct outage *o);

/* ways.c. The peer has that path now, or has it no more: does it have one at all? */
bool ways_set(struct ways *s, uint32_t prefix, uint16_t peer, uint32_t path, bool up);
/* All paths of a peer are gone. */
void ways_forget(struct ways *s, uint16_t peer);
void ways_save(const struct ways *s, struct buf *out);
bool ways_load(struct ways *s, const struct watch *w, struct bytes *in);

/* basis.c: the rows that an episode rests on, from the changes of its prefixes in order of prefix;
 * and the start of a judgment from such rows. */
void basis_tell(const struct outage *o, const struct watch *w, struct findings *out,
		struct finding *f, const struct episode *e, const struct change *log, uint32_t n);
void basis_start(struct outage *o, struct watch *w, int64_t now);

#endif
