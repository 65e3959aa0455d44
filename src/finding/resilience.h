/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * How a country or a network hangs on others, from the routes that the model gives (docs/
 * resilience.md): who carries its traffic, where it enters, how many must fail before a network is
 * dark, and a score whose parts all show their input.
 */
#ifndef FINDING_RESILIENCE_H
#define FINDING_RESILIENCE_H

#include "fact/exchanges.h"
#include "finding/nets.h"
#include "finding/topo.h"

struct carrier {
	uint32_t id;
	double share; /* of the paths, weighted by the addresses at their domestic end */
};

#define CARRIERS 12
#define PARTS_MAX 8

/* What a part's number comes from; who shows it knows the table's name and date. */
enum part_from {
	FROM_GRAPH,
	FROM_GRAPH_ADDRESSES, /* the graph, weighted by addresses */
	FROM_ADDRESSES,	      /* the table of addresses, which also knows IPv6 */
	FROM_ROUTES,	      /* routes that were seen … */
	FROM_ROUTES_VRPS,     /* … and validated */
	FROM_EXCHANGES,
	FROM_FILTERS,
};

/* A part of the score. value runs from 0 (worst) to 1. */
struct score_part {
	const char *name, *input, *raise; /* raise: what would lift the score by five */
	enum part_from from;
	double value, weight;
	bool known;
	double need; /* by how much value must grow for five points more; > 1 - value: cannot */
};

struct country_profile {
	uint16_t country;
	uint32_t networks, border, transit; /* networks; with a foreign neighbour; with customers */
	uint64_t addresses;
	uint32_t border_links, border_links_transit; /* across the border; of them to providers */
	uint32_t abroad;			     /* countries at the other ends */
	uint32_t origins;			     /* whose routes were computed */
	struct carrier carrier[CARRIERS];	     /* foreign and domestic, the most first */
	unsigned ncarrier;
	struct carrier entry[CARRIERS]; /* domestic networks where paths from abroad come in */
	unsigned nentry;
	double hhi;	   /* of carriers above 1 % (Internet Society Pulse, 2025) */
	double cp50, cp90; /* COMPASS 2019: 1 / smallest number of border networks whose shares
			      of the paths add up to more than that */
	uint32_t doors50, doors90;	/* that number */
	double reach_before, reach_cut; /* domestic pairs, today and with the border cut */
	double single;			/* share of addresses whose network has a cut of one */
	double dark;			/* share of addresses without a way up to the clique */
	double v6;			/* share of networks that announce IPv6, -1 not known */
	bool v6_seen;			/* … by routes that were seen */
	double valid;			/* share of routes that a VRP makes valid, -1 not known */
	double filtering;      /* share of the transit from abroad that is carried by networks that
				  validate origins, at least; -1 not known */
	uint32_t exchanges;    /* that are in the country, as far as files tell */
	uint32_t at_exchanges; /* its networks that are members of any */
	double exchanged;      /* share of its addresses in them, -1 not known */
	double mean_len;       /* of paths from abroad */
	struct score_part part[PARTS_MAX];
	unsigned nparts;
	double score, coverage; /* of 100; share of the weights whose input is known */
};

struct resilience_room; /* the topology, the clique and scratch, for many countries */
/* What is known besides the graph; NULL: not known. By id. */
struct resilience_tables {
	const uint8_t *v6;     /* it announces IPv6 */
	const uint8_t *filter; /* percent of invalid routes that it refuses: 0 also unknown */
	const struct exchanges *exchanges;
};
struct resilience_room *resilience_room_new(const struct nets *nets,
					    const struct resilience_tables *tables);
void resilience_room_free(struct resilience_room *r);

/* most: how many origins at most are computed, drawn by the seed when there are more. */
void resilience_country(struct resilience_room *r, uint16_t country, uint32_t most, uint64_t seed,
			struct country_profile *out);

/* What routes that were seen say, in place of what the tables do: shares as in v6 and valid,
 * negative: not known, and then what was there stays. The score is made anew. */
void resilience_seen(struct country_profile *c, double v6, double valid);

struct network_profile {
	uint32_t id, providers, peers, customers, cone;
	bool clique;
	uint32_t cut;			     /* networks that must fail before it is dark */
	struct carrier dependency[CARRIERS]; /* by the share of all networks' paths to it */
	unsigned ndependency;
	double hhi, reach, mean_len;
	uint32_t exchanges;	  /* that it is a member of */
	double without[CARRIERS]; /* share of networks that still reach it when that one fails */
};
void resilience_network(struct resilience_room *r, uint32_t id, struct network_profile *out);

/* The clique (ids) that the room found. */
const uint32_t *resilience_clique(const struct resilience_room *r, size_t *n);

#endif
