/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The state of one part of a run: what `observe --part I/N` writes and `observe --merge` judges.
 * docs/formats.md has the form. It holds the list of all files of the run (of its own ones: what
 * reading them brought), the peers in the order in which they were met, which tables were known,
 * and one blob per detector. It is read by the same version on the same kind of machine only, and
 * whatever is not as it was written is refused: a state ends with its SHA-256.
 */
#ifndef RECORD_STATE_H
#define RECORD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "fact/facts.h"

#define STATE_FORMAT 1
#define STATE_PARTS 65535

enum state_role {
	STATE_EVENTS, /* read by one part */
	STATE_TABLE,  /* read by all, and again when they are judged */
	STATE_OTHER,  /* not recognised, or empty */
};

/* A file of the run. Beyond path, kind and role only who read it knows: `read`. */
struct state_source {
	const char *path, *kind; /* kind "" unknown */
	uint8_t role;		 /* enum state_role */
	bool read, empty;
	const char *coding, *fault; /* fault "" none */
	uint64_t bytes, records, decoded, skipped, routes;
	int64_t first, last;
	uint8_t sha256[SHA256_SIZE]; /* of the file as it lies on disk */
	struct garbled *garbled;
	uint32_t ngarbled;
};

/*
 * A peer was met, or the ASN of one became known (`again`). In a whole run this happens in the
 * order of (feeding, before, source, place), and numbers are given in that order.
 */
struct state_peer {
	bool feeding;	/* not when the sources were first looked at */
	int64_t before; /* the time that its source had come to */
	uint32_t source;
	uint32_t place;	    /* in this part */
	uint16_t index;	    /* its number in this part */
	bool again, placed; /* placed: peers_place(), else peers_intern() */
	struct addr addr;
	uint32_t asn, bgp_id;
	const char *collector;
};

struct state_detector {
	const char *name;
	struct bytes blob; /* of the state's bytes: borrowed */
};

struct state {
	const char *name; /* of the file, for messages; not in it */
	const char *version;
	uint32_t part, parts;	     /* from 1 */
	uint8_t tables[SHA256_SIZE]; /* over the built-in tables */
	int64_t first, last;	     /* of the facts, TIME_NONE none */
	const char **command;	     /* of the run as one */
	const char **note, **thanks;
	struct state_source *source;
	struct state_peer *peer;
	struct state_detector *detector;
	uint32_t ncommand, nnote, nthanks, nsource, npeer, ndetector;
};

/*
 * Writing: all of it but the detectors; then for each one its blob, which the detector itself
 * adds to out between state_blob() and state_blob_end(); then the checksum.
 */
void state_begin(struct buf *out, const struct state *s);
size_t state_blob(struct buf *out, const char *name);
void state_blob_end(struct buf *out, size_t blob);
void state_end(struct buf *out);

/* name: of the file. Everything but the blobs is copied to a. False: which file, and why. */
bool state_read(struct arena *a, const void *p, size_t n, const char *name, const char *version,
		struct state *out, struct err *err);

/* Are these all parts of one run, each once? Sorts them. False: which file, and why. */
bool state_whole(struct state *at, size_t n, struct err *err);

/* All peers of all parts in the order of a whole run; part[i] tells whose at[i] is. a owns it. */
struct state_meeting {
	const struct state_peer *peer;
	uint32_t part; /* index of the states */
};
struct state_meeting *state_meetings(struct arena *a, const struct state *at, size_t n,
				     size_t *out);

#endif
