/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* The parts of `meridian whatif`: what was asked, and who computes and tells it. */
#ifndef CMD_WHATIF_H
#define CMD_WHATIF_H

#include "base/mem.h"
#include "cmd/graph.h"
#include "finding/trial.h"
#include "finding/whatif.h"

/* What one step's words say; reset between the lines of a scenario file. */
struct words {
	const char *country, *except, *through, *between, *as, *ixp, *link, *in, *attacker, *victim;
	const char *kind, *origin;
	bool transit;
	double adoption;
};

struct mandate {
	const char *text; /* "rov in RU, 50 %" */
	const char *what; /* "rov", "aspa", "otc" */
	uint16_t policy;
	uint8_t *among; /* by id */
	uint32_t networks;
	double adoption; /* percent */
};

#define STEPS 32

struct scenario {
	struct arena arena;
	struct graph graph;
	struct change change[STEPS];
	size_t nchange;
	struct mandate mandate[STEPS];
	size_t nmandate;
	bool hijack;
	enum attack_kind kind;
	uint32_t attacker, victim; /* ids */
	double rov, aspa;	   /* percent of all networks, drawn */
	uint64_t trials, seed;
	uint16_t
	    view; /* the country whose eyes it is seen with; 0: side 1 of a de-peering, or all */
	uint8_t *domestic, *foreign; /* by id */
	const char *title, *verb;
	/* Of whom the brief speaks: "a network in Kenya", "a network abroad", "other countries",
	 * "in Kenya". */
	const char *home_one, *far_one, *far, *at_home;
	const char *file; /* NULL: of the command line; else in which lines its steps stand */
	size_t change_line[STEPS], hijack_line;
	bool brief;
};

/* One step's words become a change, a mandate or the hijack; argv[0] is the verb. */
bool whatif_step(struct scenario *s, const struct words *words, int argc, char **argv,
		 struct err *err);
/* A scenario that contradicts itself computes nothing. */
bool whatif_consistent(const struct scenario *s, struct err *err);

/* Who loses reach, the worst first: domestic networks, and countries. */
struct loser {
	uint32_t id; /* or a country */
	double lost, share, weight;
};

struct losses {
	struct loser *network, *country;
	uint32_t n, ncountry;
};

/* Reach before and after the changes. */
bool whatif_tell_reach(struct scenario *s, struct jsonw *w, struct sheet *sheet, struct err *err);
/* The brief: its figures into the answer, and, where it is wanted, its page. */
void whatif_brief(const struct scenario *s, const struct whatif *r, const struct losses *l,
		  struct jsonw *w, struct sheet *sheet);
/* Attacks before and after the mandates, and the hijack that was asked for. */
bool whatif_tell_attacks(struct scenario *s, struct jsonw *w, struct sheet *sheet, struct err *err);

/* "What if … ?": the step of the command line in words; what: of a mandate. */
void whatif_question(const struct scenario *s, const struct words *words, const char *what,
		     struct buf *out);

/* "the United States", or "AS3356 …": a side of a de-peering. */
void whatif_side(const struct scenario *s, const char *word, size_t n, struct buf *out);

/* One prefix's routes as TSV: a line for every network of the graph. */
int whatif_routes(const char *origin);
/* A case of another simulator: the routes and outcomes that its file expects. */
int whatif_case(int argc, char **argv);
/* The graph as the memory that --graph maps. */
int whatif_compile(void);
/* Relationships from the paths that the arguments after the first name. */
int whatif_relate(int argc, char **argv);
/* Hegemony (global; of an origin, "all" of them) or transit influence (of a country) as TSV. */
int whatif_hegemony(int n, char **path, const char *origin, const char *country, bool ipv6);

/* "99.24 %" and "(98.10 to 99.30)"; buffers of their own, eight at a time. */
const char *percent(double share);
const char *range(struct figure f);

#endif
