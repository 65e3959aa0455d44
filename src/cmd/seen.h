/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What routes and VRPs that the user gives say of networks: the sources of country and network.
 */
#ifndef CMD_SEEN_H
#define CMD_SEEN_H

#include "cmd/graph.h"
#include "cmd/kept.h"
#include "cmd/run.h"
#include "fact/irr.h"
#include "finding/hygiene.h"

struct seen_options {
	struct opt_list vrps, slurm, routes, findings, irr;
};
extern struct seen_options seen_options;

#define SEEN_OPTS                                                                                 \
	{                                                                                         \
	    "vrps",                                                                               \
	    0,                                                                                    \
	    OPT_LIST,                                                                             \
	    &seen_options.vrps,                                                                   \
	    "FILE",                                                                               \
	    "Validate origins against these VRPs (rpki-client or Routinator, JSON or CSV).",      \
	    NULL},                                                                                \
	    {"slurm",  0,                                                                         \
	     OPT_LIST, &seen_options.slurm,                                                       \
	     "FILE",   "Apply these local exceptions (SLURM, RFC 8416) to the VRPs.",             \
	     NULL},                                                                               \
	    {"irr",                                                                               \
	     0,                                                                                   \
	     OPT_LIST,                                                                            \
	     &seen_options.irr,                                                                   \
	     "FILE",                                                                              \
	     "Take route, route6 and aut-num objects from this dump of a routing registry "       \
	     "(RPSL, compressed or not). May be given more than once.",                           \
	     NULL},                                                                               \
	    {"findings",                                                                          \
	     0,                                                                                   \
	     OPT_LIST,                                                                            \
	     &seen_options.findings,                                                              \
	     "RECORD",                                                                            \
	     "Take incidents from what --record or --store of any command kept: a record's "      \
	     "folder "                                                                            \
	     "or clickhouse://HOST:PORT/DATABASE. May be given more than once.",                  \
	     NULL},                                                                               \
	{                                                                                         \
		"routes", 0, OPT_LIST, &seen_options.routes, "SOURCE",                            \
		    "Take what is announced, and incidents, from these routes: a file, a folder " \
		    "or a URL of any kind that observe reads. May be given more than once; "      \
		    "arguments after the first count too.",                                       \
		    NULL                                                                          \
	}

struct seen_routes {
	struct kept kept;	 /* of --findings; nplace 0: none were given */
	struct run *run;	 /* NULL: neither routes nor VRPs were given */
	struct hygiene *hygiene; /* NULL: no routes */
	const struct vrps *vrps; /* NULL: none */
	struct irr *irr;	 /* NULL: no dump of a registry was given */
	bool irr_cut;		 /* of which a part could not be read */
	const struct graph *graph;
	bool everyone;	  /* the routes of all networks count; else */
	uint32_t asn;	  /* whose routes count … */
	uint16_t country; /* … or those of this country's networks (0: of asn alone) */
};

/* Reads what the options and these arguments name. False: why. seen_free() either way. */
bool seen_load(struct seen_routes *s, int argc, char **argv, struct err *err);
void seen_free(struct seen_routes *s);
/* Exit status: EXIT_PARTLY when a source was damaged. */
int seen_status(const struct seen_routes *s);

/* Is it the network, or one of the country, that s is about? */
bool seen_is(const struct seen_routes *s, uint32_t asn);
/* Does this network act in it? A bogon finding of many networks names them all. */
bool seen_acts(const struct finding *f, uint32_t asn);
/* What a finding is to whom s is about: "actor", "victim", "place" (an outage or a site that is
 * blocked there); NULL: nothing. */
const char *seen_role(const struct seen_routes *s, const struct finding *f);

/* The country that a network counts to: of the graph, else of the table of names; 0 unknown. */
uint16_t seen_country_of(const struct graph *g, uint32_t asn);

/* When the routes begin, else the kept findings; TIME_NONE: neither is dated. */
int64_t seen_time(const struct seen_routes *s);

/* "from", "span" and "vrps" of what was read, and the same as text. */
void seen_json(const struct seen_routes *s, struct jsonw *w);
void seen_sheet(const struct seen_routes *s, struct sheet *sheet);
/* "invalid (origin)". */
const char *seen_state(const struct origination *o);

#endif
