/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The graph that whatif, country and network speak of: the bundled one or the user's, with the
 * countries, names and sizes of its networks.
 */
#ifndef CMD_GRAPH_H
#define CMD_GRAPH_H

#include "base/err.h"
#include "base/jsonw.h"
#include "base/opt.h"
#include "cmd/keep.h"
#include "fact/exchanges.h"
#include "finding/nets.h"
#include "finding/resilience.h"
#include "report/sheet.h"

struct graph_options {
	const char *graph, *countries, *addresses, *filters, *html, *record, *store, *spool;
	struct opt_list exchanges;
	uint64_t threads;
};

extern struct graph_options graph_options;

#define GRAPH_OPTS                                                                                 \
	{"graph",                                                                                  \
	 0,                                                                                        \
	 OPT_TEXT,                                                                                 \
	 &graph_options.graph,                                                                     \
	 "FILE",                                                                                   \
	 "Use this AS graph: CAIDA serial-1 or serial-2 text, compressed or not, or Meridian's "   \
	 "own "                                                                                    \
	 "binary form. Without it the bundled one of June 2018 (TopoScope) is used.",              \
	 NULL},                                                                                    \
	    {"countries", 0,                                                                       \
	     OPT_TEXT,	  &graph_options.countries,                                                \
	     "FILE",	  "Take the countries of networks from this file (lines \"asn,CC\").",     \
	     NULL},                                                                                \
	    {"addresses", 0,                                                                       \
	     OPT_TEXT,	  &graph_options.addresses,                                                \
	     "FILE",	  "Weigh networks by this file (lines \"asn,addresses\").",                \
	     NULL},                                                                                \
	    {"filters",                                                                            \
	     0,                                                                                    \
	     OPT_TEXT,                                                                             \
	     &graph_options.filters,                                                               \
	     "FILE",                                                                               \
	     "Networks that refuse invalid routes (RFC 6811): CSV with a column asn, and perhaps " \
	     "status (safe, partially safe, unsafe) or ratio (percent); or an AS number a line.",  \
	     NULL},                                                                                \
	    {"ixps",                                                                               \
	     0,                                                                                    \
	     OPT_LIST,                                                                             \
	     &graph_options.exchanges,                                                             \
	     "FILE",                                                                               \
	     "Members of exchanges: PeeringDB's netixlan and ix (JSON), an IX-F member export, "   \
	     "or "                                                                                 \
	     "CSV with ix_id and peer_asn. May be given more than once. 'meridian fetch "          \
	     "exchanges' "                                                                         \
	     "brings PeeringDB's.",                                                                \
	     NULL},                                                                                \
	    KEEP_OPT(graph_options.record), STORE_OPTS(graph_options.store, graph_options.spool),  \
	    {"html",   0,                                                                          \
	     OPT_TEXT, &graph_options.html,                                                        \
	     "FILE",   "Write the answer as one self-contained page too.",                         \
	     NULL},                                                                                \
	{                                                                                          \
		"threads", 0, OPT_UINT, &graph_options.threads, "N",                               \
		    "Compute with N threads; as many as the machine has without it.", NULL         \
	}

struct graph {
	struct asgraph *as;
	struct nets *nets;
	struct names *names;
	struct exchanges exchanges; /* nothing in it: no file was given */
	uint8_t *filter;	    /* by id, percent; NULL: no file was given */
	uint32_t filters;	    /* networks that the file names and the graph has */
	uint8_t *v6;		    /* by id: it announces IPv6; NULL: not known */
	char about[512], date[16];
	bool bundled;
	uint32_t cycles, cyclic;
};

/* False: who, on what, why; nothing is left behind. */
bool graph_load(struct graph *g, struct err *err);
void graph_free(struct graph *g);

/* A whole (compressed) file; NULL: why. free() it. */
char *graph_text(const char *path, size_t *len, struct err *err);

/* "AS3356 Level 3 (US)", at most 63 bytes; several calls may stand in one printf (eight buffers).
 */
const char *graph_name(const struct graph *g, uint32_t id);

/* "graph": {…} of every answer: what it rests on. */
void graph_json(const struct graph *g, struct jsonw *w);
/* The same as the last section of a sheet. */
void graph_sheet(const struct graph *g, struct sheet *s);

/* What profiles rest on besides the graph. */
struct resilience_tables graph_tables(const struct graph *g);

/* The id of "3356" or "AS3356"; false says what is wrong with the word. */
bool graph_as(const struct graph *g, const char *word, size_t n, uint32_t *id, struct err *err);
/* "AS1,2,AS3": ids; free() them. */
bool graph_as_list(const struct graph *g, const char *list, uint32_t **ids, size_t *n,
		   struct err *err);
/* "KE": a country code with networks in the graph. */
bool graph_country(const struct graph *g, const char *word, size_t n, uint16_t *country,
		   struct err *err);

/* Prints the answer: JSON with --json, else the sheet; and the page with --html. With --record and
 * --store the JSON is kept, and the digests of the files that it rests on. time: of the data that
 * it rests on besides the graph, TIME_NONE: there are none. */
int graph_answer(const struct buf *json, const struct sheet *s, int64_t time);

#endif
