/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The memory of the route detectors: what was normal, and what was not.
 *
 * Every route goes through watch_feed() once. It asks of each distinct path and of each distinct
 * (prefix, origin) one time what can be wrong with it (leak.c, bogon.c, malformed.c, invalid.c),
 * and for nearly all routes the answer is remembered: nothing. What is not right becomes an entry
 * in the log of a *track*: one fault of one prefix (struct track). A peer that has such a route
 * *holds* the track, until it announces another route for that prefix or withdraws it: that is an
 * entry too. Nothing is judged while reading: at the end the log is sorted by time and place, and
 * hijack.c, invalid.c, leak.c, bogon.c and malformed.c make events of the tracks (event.c). So the
 * order of facts of one time does not matter, and a finding depends only on what it names.
 *
 * Memory: 44 bytes and one piece of evidence (12 bytes; 44 where the bytes cannot be had again) a
 * distinct prefix; 36 bytes an entry of the log, WATCH_LOG entries at most.
 */
#ifndef FINDING_WATCH_H
#define FINDING_WATCH_H

#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/memo.h"
#include "finding/detector.h"

#define NONE UINT32_MAX

/* Limits; what they cut off is told as a caveat. */
#define WATCH_LOG (8u << 20)		 /* entries in all */
#define WATCH_TRACK_LOG 8192u		 /* announcements a track */
#define WATCH_FAULTS (1u << 17)		 /* different leaks by relationships that are remembered */
#define WATCH_EDGES (1u << 17)		 /* links that the relationships do not know */
#define WATCH_MILD_LOG 64u		 /* the same where nobody is harmed */
#define WATCH_QUIET (24 * 3600 * SECOND) /* an event that is silent for so long is over */
#define WATCH_WARM (900 * SECOND) /* without a table, so long every origin is learned as normal */

/* VRPs further from the route than this say little, or nothing. */
#define WATCH_VRPS_OLD (30 * 86400 * SECOND)
#define WATCH_VRPS_USELESS (400 * 86400 * SECOND)

enum pair_flag {
	PAIR_TABLE = 1,	 /* stood in a table */
	PAIR_LOGGED = 2, /* its routes are logged */
};

/* An origin of a prefix. */
struct pair {
	uint32_t origin;
	uint32_t first; /* seconds: first seen */
	uint32_t ev;	/* the record that first had it */
	uint32_t
	    path; /* the path of that first route; PAIR_TABLE: only the ASN before the origin */
	uint32_t next : 30;   /* index + 1 of the next origin in more[], 0 none */
	uint32_t watched : 1; /* of the prefix, in its first pair: a peer may hold a track of it */
	uint32_t bogon : 1;   /* and it is one */
	uint16_t peer;	      /* of that first route */
	uint8_t rov : 2;      /* enum rov_state */
	uint8_t why : 2;      /* enum rov_reason */
	uint8_t flags : 2;
	uint8_t used : 1;
	uint8_t v6 : 1; /* of the prefix, as is len */
	uint8_t len;
};

/* A prefix and its first origin: two in a line of the cache. */
struct wprefix {
	uint64_t hi;
	struct pair pair;
};

/* The lower half of what is longer than /64: few are. In order of prefix. */
struct wlong {
	uint64_t lo;
	uint32_t prefix, pad;
};

/*
 * A piece of evidence. Its digest stands beside it when the bytes cannot be had again
 * (knowledge.again); else whoever writes the finding works it out.
 */
struct ev {
	uint32_t low; /* of the offset, ev_offset() */
	uint32_t length;
	uint16_t source;
	uint16_t high : 14;  /* 64 TiB are enough */
	uint16_t table : 1;  /* a record of a table: needs its peer index */
	uint16_t digest : 1; /* it has one */
};

static inline uint64_t ev_offset(const struct ev *e)
{
	return (uint64_t)e->high << 32 | e->low;
}

enum track_class {
	TRACK_ORIGIN,	    /* a: origin. RPKI-invalid, or new */
	TRACK_LEAK,	    /* a: leaker, b: learned from, c: passed to */
	TRACK_ASPA,	    /* a: customer, b: the network that it does not attest */
	TRACK_BOGON_PREFIX, /* a: origin */
	TRACK_BOGON_ASN,    /* a: who passed it on, b: the bogon */
	TRACK_MALFORMED,    /* a: attribute, b: enum fault_class, c: text */
	TRACK_EDGE,	    /* a: who stands next to the origin, b: origin; a link that is new */
};

/* How TRACK_LEAK was told: RFC 7908 types by relationships, or the OTC attribute (RFC 9234). */
enum leak_kind { LEAK_TYPE1 = 1, LEAK_TYPE2, LEAK_TYPE3, LEAK_TYPE4, LEAK_OTC };

/* How TRACK_BOGON_ASN was told; the first two are of prefixes. */
enum bogon_how { PREFIX_FULL, PREFIX_ADMINISTRATIVE, ASN_FULL, ASN_MIDDLE, ASN_ADMINISTRATIVE };

struct track {
	uint8_t class;
	uint8_t how; /* class's own: enum leak_kind, bogon_kind … */
	uint16_t pad;
	uint32_t a, b, c;
	uint32_t prefix; /* index of wprefix */
	uint32_t n;	 /* announcements logged */
};

enum entry_kind { ENTRY_TABLE, ENTRY_ANNOUNCE, ENTRY_REPLACED, ENTRY_WITHDRAWN };

enum entry_flag {
	ENTRY_BLACKHOLE = 1, /* carries the blackhole community, RFC 7999 */
	ENTRY_OTC = 2,
	ENTRY_UNDECLARED = 4, /* its ADD-PATH was told from the NLRI, ROUTE_UNDECLARED */
};

struct entry {
	int64_t time;
	uint32_t track;
	uint32_t ev;
	uint32_t path; /* of the new route; NONE withdrawn */
	uint32_t seq;  /* place of the route within its record */
	uint32_t path_id;
	uint16_t peer;
	uint8_t kind, flags;
};

/* A flat path, as it was logged: index into paths.asn. */
struct wpath {
	uint32_t at;
	uint32_t n;
};

/* What is wrong with a path, whatever it leads to; remembered by path.id. */
struct fault_path {
	uint8_t class, how;
	uint8_t more;	/* the next one belongs to the same path */
	uint8_t normal; /* a leak by relationships, or a link, that stood there from the start */
	uint32_t a, b, c;
};

#define FAULTS_MAX 4	      /* told of one path, and the link at its end */
#define FAULT_EDGE (1u << 31) /* beside the place of a list: that link, too */

/* What networks are to one another, asked before: direct-mapped. */
#define RELATIONS_BITS 15

struct watch;

struct relations {
	struct {
		uint32_t a, b, kind;
	} at[1 << RELATIONS_BITS];
};

enum relation_kind relation_of(struct watch *w, uint32_t a, uint32_t b);

/* An open hash of indices. */
struct slots {
	uint64_t *at; /* upper half of the hash, index + 1; 0 empty */
	uint32_t n, mask;
};

/* The next index from slot *i on whose hash may be this one, NONE when there is none. */
static inline uint32_t slots_next(const struct slots *s, uint64_t hash, uint32_t *i)
{
	for (;; *i = (*i + 1) & s->mask) {
		uint64_t v = s->at[*i];

		if (!v)
			return NONE;
		if (v >> 32 == hash >> 32) {
			*i = (*i + 1) & s->mask;
			return (uint32_t)v - 1;
		}
	}
}

/* Inner hash set: room for so many; a caller that gets an emptied one puts all in again. */
void slots_grow(struct slots *s, uint32_t need);
void slots_free(struct slots *s);

static inline void slots_put(struct slots *s, uint64_t hash, uint32_t index)
{
	uint32_t i = (uint32_t)hash & s->mask;

	while (s->at[i])
		i = (i + 1) & s->mask;
	s->at[i] = hash >> 32 << 32 | (index + 1);
	s->n++;
}

/* Room for one more; true when the caller has to put everything in again. */
static inline bool slots_full(struct slots *s)
{
	uint32_t before = s->mask;

	slots_grow(s, s->n + 1);
	return s->mask != before;
}

struct watch {
	const struct knowledge *k;
	int64_t start;	/* first fact that is no table, TIME_NONE not yet */
	int64_t end;	/* last fact */
	int64_t swept;	/* when watch_advance() last looked */
	bool table;	/* there was a table before it */
	bool rested;	/* nothing more is fed */
	uint64_t *seen; /* bit a peer: sent a route */

	/* In blocks, which never move: there is no time at which there are two of a large array. */
	struct wprefix **prefix;
	struct wlong *wide;
	uint32_t nprefix, cap_prefix, nwide, cap_wide;
	struct slots prefixes;
	struct pair *more;
	uint32_t nmore, cap_more;
	uint64_t lengths[2][3]; /* bit a length that some prefix has, by family */

	struct ev **ev;
	uint8_t (**digest)[SHA256_SIZE]; /* by block of ev, NULL where there is none */
	uint32_t nev, cap_ev;
	uint32_t *index; /* evs of the peer index tables, in order */
	uint32_t nindex, cap_index;

	uint32_t *asn;
	uint32_t nasn, cap_asn;
	struct wpath *path;
	uint32_t npath, cap_path;
	struct slots paths;

	struct track *track;
	uint32_t ntrack, cap_track;
	struct slots tracks;
	struct entry *log;
	uint32_t nlog, cap_log;
	uint32_t left_out; /* routes that found the log full */

	/* Holds: the entry of the log with which one began, in lists by (prefix, peer, path_id). */
	uint32_t *hold; /* by entry: index + 1 of the next one in its list */
	uint32_t cap_hold;
	uint32_t *bucket; /* index + 1 of the first */
	uint32_t nbucket, used_hold;

	char **text; /* interned texts (why an attribute is malformed) */
	uint32_t ntext, cap_text;

	struct outage *outage;
	struct memo by_path, by_attrs;
	struct relations *relations; /* NULL without relationships */
	struct fault_path *bad;	     /* what memos point at, index + 1; [0] is unused */
	uint32_t nbad, cap_bad;
	uint32_t nedge; /* of them, links alone */
	struct slots bads;

	/* The record at hand. */
	const struct facts *facts;
	const uint8_t *sha; /* its digest when it is known already */
	uint32_t cur_ev;    /* NONE until somebody needs it */
	uint32_t last;	    /* prefix of the route before */
	uint32_t peer;	    /* its peer */
	uint32_t source;    /* its source */
	uint32_t sources;   /* changes of it: 1 as long as there is only one */
	uint32_t second;    /* its time */
};

/* Blocks of so many: a block of prefixes is one large page. */
#define WATCH_BLOCK_BITS 16
#define WATCH_BLOCK (1u << WATCH_BLOCK_BITS)

static inline struct wprefix *wprefix_at(const struct watch *w, uint32_t i)
{
	return &w->prefix[i >> WATCH_BLOCK_BITS][i & (WATCH_BLOCK - 1)];
}

static inline struct ev *ev_at(const struct watch *w, uint32_t i)
{
	return &w->ev[i >> WATCH_BLOCK_BITS][i & (WATCH_BLOCK - 1)];
}

/* One more, with room for it: the caller fills it. */
struct wprefix *wprefix_more(struct watch *w);
struct ev *ev_more(struct watch *w);
uint8_t *ev_digest(struct watch *w, uint32_t i);

/* The five verbs, of all route detectors at once. */
struct watch *watch_new(const struct knowledge *k);
void watch_feed(struct watch *w, const struct facts *f, const uint8_t *sha);
void watch_free(struct watch *w);
/* Nothing more will be fed: what only feeding needs goes, since judging needs memory of its own. */
void watch_rest(struct watch *w);

/* watch_state.c. Actors that have been silent for WATCH_QUIET and whose routes nobody holds any
 * more are judged, and their log is forgotten. */
void watch_advance(struct watch *w, int64_t now,
		   void (*judge)(struct watch *w, struct findings *out), struct findings *out);
void watch_save(const struct watch *w, struct buf *out);
bool watch_load(struct watch *w, struct bytes *in, struct err *err);

/* The index of a prefix, NONE when it was never seen. */
uint32_t watch_find(const struct watch *w, struct prefix p);
/* The same; one that was never seen is put in, without an origin. */
uint32_t watch_intern(struct watch *w, struct prefix p);
struct prefix watch_prefix(const struct watch *w, uint32_t i);
/* The origins of a prefix, one after another; start with NULL. */
const struct pair *watch_pair(const struct watch *w, uint32_t prefix, const struct pair *p);
/* The closest covering prefix (not p itself) that was seen, NONE when there is none. */
uint32_t watch_cover(const struct watch *w, struct prefix p);

/* Whether the run's VRPs say anything of a route at that time, and whether they are old. */
bool watch_vrps_useful(const struct watch *w, int64_t time);
bool watch_vrps_old(const struct watch *w, int64_t time);

/* Is an origin that was first seen then one that was learned as normal? */
bool watch_learned(const struct watch *w, const struct pair *p);

uint32_t watch_text(struct watch *w, const char *s);

/* Since when this run, or the one that is judged again, has other than tables; and was there a
 * table before that. */
int64_t watch_since(const struct watch *w);
bool watch_after_table(const struct watch *w);

/* For watch_load(): the peer of that entry of the log holds its track; all hashes anew. */
void watch_hold(struct watch *w, uint32_t entry);
void watch_index(struct watch *w);

/* How many announcements are logged of such a track; the counts of one that is full are "at
 * least". */
uint32_t watch_cap(const struct watch *w, const struct track *t);

/* The record at hand as evidence: its index; and how a finding tells it. */
uint32_t watch_evidence(struct watch *w);
struct evidence watch_slice(const struct watch *w, uint32_t ev);

/* track.c. The record at hand as evidence; `table`: a record of a table. A path's number. */
uint32_t watch_ev(struct watch *w, bool table);
uint32_t watch_path(struct watch *w, const struct path *p);
/* What is wrong with this path: index + 1 of a list in bad[], with FAULT_EDGE the link at its end
 * beside that; 0 nothing. */
uint32_t track_faults(struct watch *w, const struct attrs *a);
/* Logs a route in the tracks that it belongs to, and lets go of the others. */
void track_route(struct watch *w, const struct route *r, uint32_t prefix, uint32_t seq,
		 const struct pair *p, uint32_t faults);
/* The peer's route for this prefix is another one now: lets go of what is not in keep[]. */
void track_let_go(struct watch *w, uint32_t prefix, const struct route *r, uint32_t seq,
		  const uint32_t *keep, size_t nkeep);
void track_index(struct watch *w);

/* leak.c, bogon.c: what is wrong with a path. Fills at most max. */
size_t leak_path(struct watch *w, const struct attrs *a, struct fault_path *out, size_t max);
size_t bogon_path(const struct attrs *a, struct fault_path *out, size_t max);
/* forged.c: the same of the link next to the origin, of which there is one or none. */
bool forged_path(struct watch *w, const struct attrs *a, struct fault_path *out);
/* The learned route of the same origin, for the prefix or the closest that covers it; NULL: none.
 */
const struct pair *forged_usual(const struct watch *w, uint32_t prefix, const struct pair *p);

/* Each judges its tracks of the sorted log (finding/event.h). */
struct ranges;
void origin_judge(struct watch *w, const struct ranges *r, struct findings *out);
void leak_judge(struct watch *w, const struct ranges *r, struct findings *out);
void bogon_judge(struct watch *w, const struct ranges *r, struct findings *out);
void malformed_judge(struct watch *w, const struct ranges *r, struct findings *out);
void forged_judge(struct watch *w, const struct ranges *r, struct findings *out);

/* hijack.c: does it clean others' traffic of floods, by a public offer? */
bool watch_scrubber(uint32_t asn);

const struct rule *rule_of(const char *id); /* rules.c */

#endif
