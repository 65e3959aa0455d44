/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/impact.h"

#include <math.h>

const char *impact_grade(int grade)
{
	static const char *const text[] = {"no effect", "slight", "noticeable", "serious",
					   "severe"};

	return grade < 0 ? "not measured" : text[grade > 4 ? 4 : grade];
}

/* A loss as a share: a thousandth, a hundredth, a twentieth, a quarter are the steps. */
static int by_share(double x)
{
	if (isnan(x))
		return -1;
	return x < .001 ? 0 : x < .01 ? 1 : x < .05 ? 2 : x < .25 ? 3 : 4;
}

/* Paths that get longer: 1, 5, 15, 40 per cent. */
static int by_length(double x)
{
	if (isnan(x))
		return -1;
	return x < .01 ? 0 : x < .05 ? 1 : x < .15 ? 2 : x < .4 ? 3 : 4;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

void impact_judge(const struct impact_figures *f, struct impact_line out[IMPACT_LINES])
{
	double doors = f->doors_before > 0 ? 1 - f->doors / f->doors_before : NAN;
	int in = by_share(f->reach_in), home = by_share(f->reach_home), far = by_length(f->longer);
	/* Where nothing crosses the border nothing can be watched there. */
	int watched = f->doors > 0 ? by_share(doors) : -1;
	int central = by_share(doors), links = by_share(f->links_lost),
	    attack = by_share(f->attack);
	const struct impact_line lines[IMPACT_LINES] = {
	    {"An accessible infrastructure with a common protocol", true, worse(in, home),
	     "Share of network pairs that could exchange packets and no longer can.",
	     "the larger of the losses of ways in and of ways within", "lost.inward", f->reach_in},
	    {"An open architecture of interoperable and reusable building blocks", true, links,
	     "Share of interconnections across the border that may not be used as their owners "
	     "chose.",
	     "the loss of links across the border", "lost.border_links", f->links_lost},
	    {"Decentralised management and a single distributed routing system", true,
	     worse(central, in),
	     "Share of the networks with a link across the border that lose their own choice of "
	     "route.",
	     "the larger of the losses of ways in and of networks with links across the border",
	     "lost.doors", doors},
	    {"Common global identifiers", true, by_share(f->fragmentation),
	     "How much more often the same address cannot be reached from two networks drawn by "
	     "size.",
	     "the change of fragmentation", "fragmentation.change", f->fragmentation},
	    {"A technology-neutral, general-purpose network", true, -1,
	     "Routes say nothing of what may be sent over them.", NULL, "", NAN},
	    {"Easy and unrestricted access", false, home,
	     "Share of domestic pairs that lose reach.", "the loss of ways within", "lost.inside",
	     f->reach_home},
	    {"Unrestricted use and deployment of Internet technologies", false, links,
	     "Share of border links that may no longer be used.",
	     "the loss of links across the border", "lost.border_links", f->links_lost},
	    {"Collaborative development, management and governance", false, -1,
	     "Not a matter of routes.", NULL, "", NAN},
	    {"Unrestricted reachability", false, in,
	     "Share of pairs of a foreign and a domestic network that lose reach.",
	     "the loss of ways in", "lost.inward", f->reach_in},
	    {"Available capacity", false, worse(far, links),
	     "Longer paths and fewer links carry the same traffic; capacities themselves are not "
	     "known.",
	     "the worse of how much longer ways are and of the loss of links", "longer.inward",
	     f->longer},
	    {"Data confidentiality", false, watched,
	     "All foreign traffic passes the networks that keep a link across the border: the "
	     "fewer, the easier it is to watch.",
	     "the loss of networks with links across the border; not judged where none is left",
	     "lost.doors", doors},
	    {"Integrity of information, applications and services", false, attack,
	     "Share of networks more (or fewer) that believe an attack on a route.",
	     "the share of networks more that believe an attack", "attack.change", f->attack},
	    {"Reliability, resilience and availability", false, worse(worse(in, home), central),
	     "Fewer ways out leave fewer networks that must fail before the country is dark.",
	     "the largest of the losses of ways in, of ways within, and of networks with links "
	     "across the border",
	     "lost.doors", doors},
	    {"Accountability", false, -1, "Not a matter of routes.", NULL, "", NAN},
	    {"Privacy", false, watched, "As for confidentiality.", "as confidentiality",
	     "lost.doors", doors},
	};

	for (int i = 0; i < IMPACT_LINES; i++)
		out[i] = lines[i];
}
