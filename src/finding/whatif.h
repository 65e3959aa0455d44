/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a cut, a gateway law, a sanction or a failure does to reach: scenarios as masks on links
 * and networks, each computed before and after, and again on graphs that differ in what is
 * uncertain, so that every figure has a range (docs/whatif.md).
 */
#ifndef FINDING_WHATIF_H
#define FINDING_WHATIF_H

#include "fact/exchanges.h"
#include "finding/nets.h"
#include "finding/reach.h"

enum change_kind {
	CHANGE_CUT,	/* links between the country and all others, but those of `keep` */
	CHANGE_DEPEER,	/* links between side 1 and side 2; `transit`: and routes between them */
	CHANGE_NETWORK, /* networks fail */
	CHANGE_LINK,	/* one link fails */
	CHANGE_EXCHANGE /* an exchange fails: peer links that only it can carry */
};

struct change {
	enum change_kind kind;
	uint16_t country;
	const uint32_t *id; /* CUT: networks that keep their links; NETWORK: which; LINK: two */
	size_t nid;
	const uint8_t *side; /* DEPEER: 0, 1, 2 by id */
	bool transit;
	uint32_t exchange; /* EXCHANGE: number in the exchanges */
};

struct sums {
	struct reach_sum inside, inward, outward;
};

/* What crosses the border: links between a domestic network and one that is not (of `foreign`,
 * where that is given), and domestic networks with such a link. Where every network is domestic
 * there is no border: then all links are counted, and no doors. */
struct border {
	uint32_t links, doors;
};

struct variant {
	const char *name; /* "as given", "without uncertain peer links", … */
	uint64_t links;	  /* that it differs by */
	struct sums before, after;
	struct border border_before, border_after;
};

#define VARIANTS 3

struct whatif {
	uint32_t domestic, foreign;	 /* networks */
	uint32_t links_lost, links_left; /* links that the changes take; border links that stay */
	uint32_t networks_lost;
	struct reach before, after; /* the graph as given */
	struct variant variant[VARIANTS];
	unsigned nvariant;
};

struct whatif_job {
	const struct nets *nets;
	const struct change *change;
	size_t nchange;
	const uint8_t *domestic;	   /* by id; all 1: the whole Internet */
	const uint8_t *foreign;		   /* by id, NULL: all others */
	const struct exchanges *exchanges; /* NULL: not known */
	unsigned threads;
};

/* A peer link that few could have seen: told so (sure < 60), or, where nothing is told, one with a
 * network at an end that has no customers. */
bool whatif_uncertain(const struct asgraph *g, uint32_t link);

/* What the changes take away, by id and by index of the link: 1 is set, nothing is cleared. Routes
 * that are refused with `transit` are no links: returns the groups that refuse each other
 * (lanes.h), free() them, or NULL. */
uint8_t *whatif_mask(const struct whatif_job *job, uint8_t *node, uint8_t *link);

/* False: a path is too long. */
bool whatif_run(const struct whatif_job *job, struct whatif *out);
void whatif_free(struct whatif *w);

/* A share or length of all variants: value of the graph as given, and the range. */
struct figure {
	double value, low, high;
};
enum whatif_part { PART_INSIDE, PART_INWARD, PART_OUTWARD };
struct figure whatif_share(const struct whatif *w, enum whatif_part part, bool after);
struct figure whatif_len(const struct whatif *w, enum whatif_part part, bool after);
/* By addresses; value -1: not known. */
struct figure whatif_weighted(const struct whatif *w, enum whatif_part part, bool after);
/* The share that is lost of what was there before: of reach, of reach by addresses; of links and of
 * doors of the border. NAN: there was nothing to lose. */
struct figure whatif_lost(const struct whatif *w, enum whatif_part part);
struct figure whatif_lost_weighted(const struct whatif *w, enum whatif_part part);
struct figure whatif_lost_links(const struct whatif *w);
struct figure whatif_lost_doors(const struct whatif *w);
/* How much longer the mean path is, as a share of before; NAN: no path is left. */
struct figure whatif_longer(const struct whatif *w, enum whatif_part part);
/* Fragmentation after minus before. */
struct figure whatif_torn(const struct whatif *w);
/* 1 − weighted share of all pairs with a domestic end (addresses, else networks). */
struct figure whatif_fragmentation(const struct whatif *w, bool after);

#endif
