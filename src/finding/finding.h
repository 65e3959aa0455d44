/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding: what facts mean. One shape for routing and for the edge (docs/formats.md).
 *
 * A finding explains itself: the rule that fired in one sentence, the evidence by byte range, a
 * confidence that comes from a documented count, and what else could explain it. Findings and
 * all that they point at live in the arena of their struct findings.
 */
#ifndef FINDING_FINDING_H
#define FINDING_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "fact/facts.h"
#include "fact/vrps.h"

/* A rule, from the one table of its detector; a change of meaning is a new version. */
struct rule {
	const char *id; /* "hijack.exact.origin" */
	uint16_t version;
	const char *text; /* one sentence, present tense */
};

/* Network and its names; strings may be NULL. */
struct network {
	uint32_t asn; /* 0 unknown */
	const char *name;
	char country[3]; /* ISO 3166-1 alpha-2, "" unknown */
};

/* The intermediary that acts. */
struct actor {
	struct network net;
	const char *role;  /* "origin", "leaker", "resolver", "access network", "transit", … */
	double confidence; /* that it is this one */
	const char *why;   /* by what evidence, one sentence */
};

/* One prefix of an event. */
struct finding_prefix {
	struct prefix prefix;
	const char *kind;     /* "exact", "sub", "super", "forged-origin", … */
	enum rov_state rpki;  /* of the route by the actor, by the VRPs of the run */
	const char *rpki_why; /* "origin", "length", "as0"; NULL unless invalid */
	uint32_t victim;      /* ASN, 0 unknown */
	int64_t first, last;  /* announcements */
	int64_t withdrawn;    /* when most peers had let go, TIME_NONE unknown or never */
	uint32_t peers;	      /* that believed it, at most at once */
};

/* A burst of activity within an event. */
struct wave {
	int64_t first, last;
	uint32_t prefixes, announcements, withdrawals, peers;
};

/* A vantage point that believed it. */
struct believer {
	uint16_t peer;	     /* peers_at() of the run */
	struct network net;  /* of the peer */
	int64_t first, last; /* last: withdrawn or replaced; TIME_NONE: never */
	bool stale;	     /* never let go while (nearly) all others did */
};

/* How many peers believed it, over time: a step function. */
struct level {
	int64_t time;
	uint32_t peers;
};

/* What a piece of evidence is to its finding. */
enum evidence_as {
	EVIDENCE_SHOWS,	   /* it shows what the finding says */
	EVIDENCE_CONTRARY, /* from the same place, weighed with the others: it does not show it */
	EVIDENCE_CONTROL,  /* from another place or of another target: what it was held against */
};

/* A piece of evidence. */
struct evidence {
	uint32_t source;
	uint32_t length;
	uint64_t offset;
	uint8_t sha256[SHA256_SIZE];
	enum evidence_as as;
};

/* "contrary", …; NULL of those that show it. And back; EVIDENCE_SHOWS for what is not known. */
const char *evidence_as_text(enum evidence_as as);
enum evidence_as evidence_as_of(const char *text);

/* A row of a table that the judgment rests on. */
struct context {
	const char *kind; /* "vrp", "aspa", "relation", "name", "route", … */
	const char *text; /* the row as text that its own reader reads again */
	uint32_t source;  /* whose digest vouches for it; UINT32_MAX: built in */
};

/* Evidence for or against, with its documented weight: what the confidence is the sum of. */
struct tag {
	const char *id;	  /* "rpki-invalid", "victim-announces-too", … */
	const char *text; /* with the counted figures */
	double weight;
};

/* An AS path before and after, for the page. */
struct detour {
	struct prefix prefix;
	uint16_t peer;
	const uint32_t *before, *after;
	size_t nbefore, nafter;
};

enum finding_state { STATE_ONGOING, STATE_ENDED, STATE_OPEN_AT_END, STATE_SITE };

struct finding {
	uint8_t id[16];
	const char *kind;  /* dotted word, see product.md */
	const char *title; /* one line that a person understands */
	enum finding_state state;
	const char *site_state; /* OPEN, BLOCKED, … with STATE_SITE, else NULL */
	int64_t first, last;
	double confidence;
	const struct rule *rule;
	const char *layer;     /* "bgp", "dns", "tcp", "tls", "http", "quic", "ip" */
	const char *mechanism; /* "dns.lie", …; NULL for routes */
	struct actor actor;

	struct finding_prefix *prefix;
	size_t nprefix;
	struct network *asn; /* subject.asns */
	size_t nasn;
	const char **url; /* subject.urls */
	size_t nurl;
	struct network *victim;
	size_t nvictim;
	struct network
	    *carrier; /* networks that passed it on, by how many peers saw it through them */
	size_t ncarrier;
	const char **country; /* where.countries */
	size_t ncountry;
	struct network *where; /* where.asns */
	size_t nwhere;
	const char *hop; /* where.hop, NULL unknown */
	struct wave *wave;
	size_t nwave;
	struct believer *believer;
	size_t nbeliever;
	struct level *level;
	size_t nlevel;
	struct detour *detour;
	size_t ndetour;
	uint32_t peers, of_peers; /* seen_by */
	const char **harm;	  /* critical properties that it touches, by finding/harm.c */
	size_t nharm;
	struct tag *tag;
	size_t ntag;
	const char **caveat;
	size_t ncaveat;
	struct context *context;
	size_t ncontext;
	struct evidence *evidence;
	size_t nevidence;
};

struct findings {
	struct arena arena;
	struct finding **at;
	size_t n, cap;
	struct {
		const struct finding *of;
		uint32_t *at; /* index + 1 by hash, 0 free */
		uint32_t n, cap;
	} rows; /* the context of the one that is being made: event_context() */
};

/* A zeroed finding in the list's arena. */
struct finding *findings_add(struct findings *fs);
/* Takes the last one back, and all that the arena has handed out since it was added. */
void findings_drop(struct findings *fs);

/* Sets the id from kind, actor, victims and first evidence: the first 16 bytes of SHA-256 over
 * "kind\nASN\nvictim,victim\noffset:length:sha256\n" (victims ascending). */
void finding_identify(struct finding *f);

/* Is this a kind of finding, or what kinds begin with ("route.hijack", "site")? If not, *near is
 * the one that is spelled most alike, or NULL; it points to a static buffer. */
bool finding_kind(const char *word, const char **near);

/* The order of every output: gravest kind, then first, then id. */
void findings_sort(struct findings *fs);
void findings_free(struct findings *fs);

#endif
