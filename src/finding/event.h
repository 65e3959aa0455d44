/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Events: what belongs together is one finding. A judge (hijack.c, leak.c …) says which tracks of
 * the watch make an event and who did what to whom; event_build() replays their log and fills in
 * everything that follows from it: first and last, waves, prefixes, who believed it and when, who
 * carried it, the state, and the evidence.
 */
#ifndef FINDING_EVENT_H
#define FINDING_EVENT_H

#include <stdarg.h>

#include "finding/watch.h"

/* Networks with fewer prefixes than this, of a fault that does nobody much harm, are told together
 * in one finding. */
#define EVENT_FEW 3

/* A track's part in an event. */
struct member {
	const char *kind;	  /* finding_prefix.kind */
	const struct pair *usual; /* the victim's origin pair, NULL unknown */
	double score;		  /* the judge's own */
	int64_t first, last;	  /* of its log: announcements, then any entry */
	uint32_t normal[2];	  /* evidence of what is normal: ev indices, NONE */
	uint32_t track;
	uint32_t victim;
	uint32_t group;	  /* the judge's own */
	uint8_t rov, why; /* of the actor's route */
};

/* What the replay found and struct finding has no member for. */
struct replay {
	uint32_t announcements, withdrawals;
	uint32_t peak;	   /* peers that believed it at once */
	uint32_t believed; /* peers that ever did */
	uint32_t open;	   /* that still do at the end of the data */
	uint32_t stale;	   /* of these, stale ones */
	int64_t let_go;	   /* when nine of ten of the peak had let go for good, TIME_NONE never */
	bool undeclared;   /* some came with ADD-PATH that nobody had declared */
	bool blackhole;	   /* some carried a blackhole community */
	bool full;	   /* entries were left out */
	bool table;	   /* all of it stood in a table */
};

/* Sorts the log and finds the range of each track. To be called once before judging. */
struct ranges {
	uint32_t *first; /* ntrack + 1 */
};
void ranges_of(struct watch *w, struct ranges *r);
void ranges_free(struct ranges *r);

/* Is it to be judged: in a re-judgment, what the finding tells of. */
bool event_in_scope(const struct watch *w, const struct track *t);

/* The members' first and last from the log. */
void member_times(const struct watch *w, const struct ranges *r, struct member *m);

/*
 * Gathers what findings of a run have in common; all in the arena of out. `more` are tracks that
 * are no part of it but that decided that it is what it is: they are evidence only.
 */
struct finding *event_build(struct watch *w, const struct ranges *r, struct findings *out,
			    const struct member *m, size_t n, uint32_t actor,
			    const struct member *more, size_t nmore, struct replay *re);

/* Adds to the finding, in the list's arena. event_tag's text may be printf'd. */
void event_tag(struct findings *out, struct finding *f, const char *id, double weight,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void event_caveat(struct findings *out, struct finding *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void event_context(struct findings *out, struct finding *f, const char *kind, uint32_t source,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The same of a row that cannot be there yet. */
void event_row(struct findings *out, struct finding *f, const char *kind, const char *text);

/* The covering VRPs of a prefix as context (rpki-client's CSV rows), once each. */
void event_vrps(const struct watch *w, struct findings *out, struct finding *f, struct prefix p);
/* What is judged, by whom and what; and what is known of the run as a whole. */
void event_scope(const struct watch *w, struct findings *out, struct finding *f,
		 const struct member *m);
void event_run(const struct watch *w, struct findings *out, struct finding *f);
/* Peers that sent anything. */
uint32_t event_peers(const struct watch *w);
/* What the relationships say of two networks, as context ("a|b|-1"; "# …" when nothing). */
void event_relation(const struct watch *w, struct findings *out, struct finding *f, uint32_t a,
		    uint32_t b);
/* The ASPAs of all networks on the members' paths as context ("customer:provider,provider"). */
void event_aspas(const struct watch *w, const struct ranges *r, struct findings *out,
		 struct finding *f, const struct member *m, size_t n);

/* Grows an array in the arena by one: capacities are powers of two, so the length tells them. */
void *event_push(struct arena *a, void *array, size_t n, size_t size);
#define PUSH(out, array, count, value)                                                           \
	do {                                                                                     \
		(array) = event_push(&(out)->arena, (void *)(array), (count), sizeof(*(array))); \
		(array)[(count)++] = (value);                                                    \
	} while (0)

char *event_vtext(struct findings *out, const char *fmt, va_list ap);

struct network event_network(const struct watch *w, uint32_t asn);
/* "AS18101 (RELIANCE)" in the list's arena. */
const char *event_name(const struct watch *w, struct findings *out, uint32_t asn);

/* The sum of the tags' weights within 0 … 0.99, two digits. */
double event_confidence(const struct finding *f);

/* Common caveats and context, harms, the id. The last thing that a judge does. */
void event_done(const struct watch *w, struct findings *out, struct finding *f,
		const struct replay *re);

int64_t watch_now(const struct watch *w); /* end of the data */

#endif
