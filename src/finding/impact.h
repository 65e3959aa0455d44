/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * From numbers to statements: the Internet way of networking (Internet Society, "The Internet Way
 * of Networking: Defining the Critical Properties of the Internet", 2020; enablers of "Enablers of
 * an Open, Globally Connected, Secure and Trustworthy Internet", 2021). The mapping is a table
 * that docs/whatif.md prints; it says what a figure means, never what somebody should do.
 */
#ifndef FINDING_IMPACT_H
#define FINDING_IMPACT_H

#include <stdbool.h>
#include <stddef.h>

/* What a scenario did, in the figures that the mapping asks for; NAN: not known. */
struct impact_figures {
	double reach_in;   /* lost share of foreign to domestic reach */
	double reach_home; /* lost share of domestic reach */
	double longer;	   /* mean path from abroad: by what share it is longer */
	double links_lost; /* share of links across the border */
	double doors;	   /* networks that still have a link across the border */
	double doors_before;
	double fragmentation; /* after minus before */
	double attack;	      /* share that believes an attack, after minus before */
};

struct impact_line {
	const char *name; /* "An accessible infrastructure with a common protocol" */
	bool property;	  /* a critical property; else an enabler */
	int grade;	  /* 0 none, 1 slight, 2 noticeable, 3 serious, 4 severe, -1 not measured */
	const char *why;  /* what the grade rests on */
	const char *rule; /* which figures the grade is of, in words; NULL: none */
	const char *field; /* the JSON member that the number stands in */
	double number;
};

/* The lines, in the order of the documents: five properties, then the enablers. */
enum {
	IMPACT_ACCESSIBLE,
	IMPACT_BLOCKS,
	IMPACT_DECENTRAL,
	IMPACT_IDENTIFIERS,
	IMPACT_NEUTRAL,
	IMPACT_ACCESS,
	IMPACT_DEPLOYMENT,
	IMPACT_COLLABORATION,
	IMPACT_REACHABILITY,
	IMPACT_CAPACITY,
	IMPACT_CONFIDENTIALITY,
	IMPACT_INTEGRITY,
	IMPACT_RELIABILITY,
	IMPACT_ACCOUNTABILITY,
	IMPACT_PRIVACY,
	IMPACT_LINES
};

/* Fills all lines in the order of the documents. */
void impact_judge(const struct impact_figures *f, struct impact_line out[IMPACT_LINES]);

/* "no effect", "slight", … */
const char *impact_grade(int grade);

#endif
