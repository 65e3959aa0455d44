/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The judge of one measurement: what state the site (or tool) is in for that network at that
 * time, by which mechanism, at which layer, by whom, and how sure that is. It is pure: the same
 * measurement and knowledge give the same verdict. docs/edge.md says each rule in a sentence and
 * where the other judges fail.
 *
 * Confidence is a count, not a feeling: each rule has a base; each independent piece of evidence
 * that agrees takes a share of what is left to one, as verdict_more() says.
 */
#ifndef FINDING_VERDICT_H
#define FINDING_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fact/measurement.h"
#include "finding/detector.h"
#include "finding/finding.h"

enum site_state {
	SITE_UNDETERMINED,
	SITE_OPEN,
	SITE_DOWN,
	SITE_GEOFENCED,
	SITE_THROTTLED,
	SITE_REROUTED,
	SITE_BLOCKED,
};

/* Who stands between, by role. */
enum intermediary {
	WHO_UNKNOWN,
	WHO_RESOLVER, /* the resolver that the network gave */
	WHO_ACCESS,   /* the access network, or what it must install */
	WHO_TRANSIT,
	WHO_EXCHANGE,
	WHO_HOST, /* the destination's host */
	WHO_CDN,
	WHO_SITE, /* the site itself */
};

/* A device sees a copy of the traffic, or all of it goes through it. */
enum path_side { SIDE_UNKNOWN, SIDE_ON_PATH, SIDE_IN_PATH };

/* One thing that was done to the traffic. */
struct mechanism {
	const char *id;	   /* "tls.sni-reset" */
	const char *layer; /* "dns", "ip", "tcp", "tls", "http", "quic", "app" */
	double confidence;
};

#define VERDICT_MECHANISMS 8
#define VERDICT_ADDRS 8

struct verdict {
	const char *id, *test, *input; /* borrowed from the measurement */
	const char *given;	       /* the input in its own letters, NULL: it has no others */
	int64_t time;
	uint32_t asn;
	char country[3];
	const char *network; /* its name, NULL unknown */

	enum site_state state;
	bool rerouted; /* OPEN, though traffic is led through somebody else's hands */
	bool tool;     /* a tool rather than a site: its input is the tool's name */
	const struct rule *rule;
	const char *why; /* the figures behind the rule, NULL none */
	double confidence;
	struct mechanism mechanism[VERDICT_MECHANISMS]; /* the gravest first */
	size_t nmechanism;
	enum intermediary who;
	double who_sure;
	const char *hop;	     /* where on the path, in words; NULL unknown */
	uint8_t hop_first, hop_last; /* between these two, 0 unknown */
	enum path_side side;
	bool ttl_copied;      /* an injector whose answers' TTL says nothing of its place */
	struct addr hop_addr; /* of the router there, with has_hop_addr */
	bool has_hop_addr;
	uint32_t hop_asn;     /* whose it is, 0 unknown */
	const char *hop_name; /* of that network, NULL unknown */
	char hop_country[3];
	const char *trigger;	 /* "name", "address", "protocol"; NULL unknown */
	const char *trigger_why; /* in words */

	/* It rests on positive evidence of interference, so that no other network is needed. */
	bool proven;
	/* A bare failure, which another network may share. */
	bool bare;
	unsigned controls;		 /* how many it rests on */
	bool control_reached;		 /* a control got the page */
	const char *fingerprint;	 /* that matched, NULL none */
	struct addr addr[VERDICT_ADDRS]; /* that failed or that were lied */
	size_t naddr;
};

extern const struct rule verdict_rules[]; /* ends with a NULL id */

/* Judges one measurement. What the verdict points at lies in the arena or in the measurement. */
void verdict_judge(struct arena *a, const struct knowledge *k, const struct measurement *m,
		   struct verdict *v);

/* One line of JSON for `observe --verdicts`, with its newline: id, input, test, time, network,
 * state, layer, mechanism (and all `mechanisms`), trigger, hop, intermediary, confidence, rule … */
void verdict_line(struct buf *out, const struct verdict *v);

const char *site_state_text(enum site_state s);
const char *intermediary_text(enum intermediary w);

/* What the parts of the judge use. */
const struct rule *verdict_rule(const char *id); /* of the table; it must be there */
void verdict_set(struct verdict *v, enum site_state s, const char *rule, double confidence);
void verdict_add(struct verdict *v, const char *mechanism, double confidence);
void verdict_who(struct verdict *v, enum intermediary who, double sure);
void verdict_addr(struct verdict *v, struct addr a);
/* share of what is left to one: 0.5 and a share of 0.4 make 0.7; never above 0.99. */
double verdict_more(double confidence, double share);

#endif
