/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Facts: what was seen, by whom, when, and in which bytes; never what it means.
 *
 * A reader (source/source.h) gives one `struct facts` after another: all that one record of a
 * source says. Routes come as an array, since there are a hundred million of them; everything
 * else comes as tagged facts. All pointers are good until the next call to the same reader.
 */
#ifndef FACT_FACTS_H
#define FACT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"
#include "fact/route.h"

/* Where in a source something stands: offsets count in its decompressed bytes. */
struct slice {
	uint32_t source; /* index of the run's sources */
	uint32_t length;
	uint64_t offset;
	const uint8_t *at; /* the bytes themselves, NULL when they are not at hand */
};

/* Bad bytes from outside. The run goes on; nothing is lost without one of these. */
struct garbled {
	uint64_t offset, length; /* what was skipped */
	const char *why;	 /* one short sentence */
	bool cut;		 /* the source ends within a record; of a table: it is not whole,
				    and a run that needs it must stop */
	bool skipped;		 /* well formed, but of a kind that is counted and not decoded */
};

/* A peer's session came up or went down (BGP4MP_STATE_CHANGE, BMP Peer Up and Down, RIS state). */
struct session {
	uint16_t peer;
	uint8_t from, to; /* RFC 6396 4.4.1: 1 Idle … 6 Established; 0 unknown */
};

/* RFC 6811 Validated ROA Payload. */
struct vrp {
	struct prefix prefix;
	uint32_t asn;
	uint8_t max_len;
	uint8_t tal;	  /* index of the trust anchor's name, vrps_tal() */
	uint32_t expires; /* seconds since 1970, 0 unknown */
};

/* ASPA, draft-ietf-sidrops-aspa-profile: these may be providers of this customer. */
struct aspa {
	uint32_t customer;
	uint32_t nprovider;
	const uint32_t *provider; /* ascending, each once, once it is in struct aspas */
	bool local;		  /* asserted by SLURM */
};

/* A relationship of two networks, CAIDA serial-1 and serial-2. */
struct relation {
	uint32_t a, b;
	int8_t kind; /* -1: a is provider of b; 0: peers */
};

/*
 * A local exception, RFC 8416 3.3 and draft-ietf-sidrops-aspa-slurm: what matches is taken out of
 * the table, whatever the order in which the sources come; what SLURM itself asserts stays.
 */
struct filter {
	bool aspa; /* of ASPAs (then asn is the customer), else of VRPs */
	bool has_prefix, has_asn;
	struct prefix prefix; /* VRPs for it or for a part of it */
	uint32_t asn;
};

/* What a network is called. Strings are "" where the row does not say. */
struct naming {
	uint32_t asn;
	const char *name;
	char country[3]; /* ISO 3166-1 alpha-2, "" unknown */
};

/* The country of the addresses from first to last. */
struct place {
	struct addr first, last;
	char country[3];
};

/* The network of the addresses from first to last, 0 nobody's. */
struct origin {
	struct addr first, last;
	uint32_t asn;
};

/* Where a table comes from, as it says itself; comes with its first or its last facts. */
struct provenance {
	int64_t time;	  /* of its data, TIME_NONE unknown */
	const char *text; /* "rpki-client on josephine", "" unknown */
};

/* A row of a test list: a URL that is worth looking at (Citizen Lab's categories). */
struct target {
	const char *url, *category, *category_name, *added, *source, *notes;
};

/* A public resolver, from a DNS stamp (dnscrypt.info/stamps-specifications). */
struct resolver {
	const char *name;
	uint8_t
	    protocol; /* 0 plain, 1 DNSCrypt, 2 DoH, 3 DoT, 4 DoQ, 5 and 0x85 ODoH, 0x81 relay */
	bool dnssec, nolog, nofilter;
	const char *addr, *host, *path; /* "" where the stamp has none */
};

/* A probe of a platform, and the network that it stands in. */
struct probe {
	const char *id;
	uint32_t asn;
	char country[3];
	const char *name;
};

struct fingerprint; /* fact/fingerprints.h */
struct measurement; /* fact/measurement.h: what one probe saw of one target */
struct trace;	    /* fact/trace.h: the hops towards one target */

enum fact_kind {
	FACT_GARBLED,
	FACT_SESSION,
	FACT_VRP,
	FACT_ASPA,
	FACT_RELATION,
	FACT_FILTER,
	FACT_PROVENANCE,
	FACT_NAMING,
	FACT_PLACE,
	FACT_MEASUREMENT,
	FACT_TRACE,
	FACT_FINGERPRINT,
	FACT_TARGET,
	FACT_RESOLVER,
	FACT_PROBE,
	FACT_ORIGIN,
};

struct fact {
	enum fact_kind kind;
	union {
		struct garbled garbled;
		struct session session;
		struct vrp vrp;
		struct aspa aspa;
		struct relation relation;
		struct filter filter;
		struct provenance provenance;
		struct naming naming;
		struct place place;
		const struct measurement *measurement;
		const struct trace *trace;
		const struct fingerprint *fingerprint;
		struct target target;
		struct resolver resolver;
		struct probe probe;
		struct origin origin;
	};
};

/* All that one record says. */
struct facts {
	int64_t time; /* microseconds since 1970, TIME_NONE for a table */
	struct slice slice;
	const struct route *route;
	size_t nroute;
	const struct fact *fact;
	size_t nfact;
};

/* The minute that a time lies in, as the time of its start: detectors look at their clocks once a
 * minute of the facts' time. */
static inline int64_t facts_minute(int64_t time)
{
	int64_t minute = 60000000, past = time % minute;

	return time - (past < 0 ? past + minute : past);
}

#endif
