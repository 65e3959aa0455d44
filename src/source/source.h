/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Sources: bytes of one format or one wire become facts. A source judges nothing.
 *
 * sources[] lists what can be read; adding a format is one file and one line. The kind is told
 * from the first bytes, never from the name: recognise() looks at what stream_peek() shows and
 * says how sure it is. A reader is pulled, record by record, so that many sources can be merged
 * by time; bad bytes become a FACT_GARBLED and the reader goes on.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stream.h"
#include "fact/facts.h"

/* A table is loaded before anything is judged; events come in the order of their time. */
enum source_class { SOURCE_EVENTS, SOURCE_TABLE };

struct reader;

struct source {
	const char *name;  /* "mrt"; stands in the JSON as the source's kind */
	const char *about; /* one line for the manual */
	enum source_class class;
	size_t head; /* how many first bytes recognise() wants to see */
	/* 0: not mine … 100: cannot be anything else. n may be less than head in a short file. */
	int (*recognise)(const uint8_t *at, size_t n);
	/* Sets r->state; false when the source cannot be read at all. */
	bool (*open)(struct reader *r, struct err *err);
	/* The next record's facts; false at the end. */
	bool (*next)(struct reader *r, struct facts *out);
	void (*close)(struct reader *r);
};

/* What became of the records: records == decoded + skipped. */
struct tally {
	uint64_t records, decoded, skipped, routes, facts;
	bool cut; /* ended within a record, or the compressed stream did */
};

struct reader {
	const struct source *source;
	struct stream *in;
	const char *name;    /* as the user gave it */
	uint32_t id;	     /* slice.source of its facts */
	struct peers *peers; /* shared by the run's readers */
	struct tally tally;
	int64_t since;	      /* of pieces: when the whole input begins, 0 unknown */
	bool keep_addresses;  /* --keep-my-address: do not replace what names a probe */
	struct arena scratch; /* reset before each next() by the source itself */
	void *state;
};

extern const struct source *const sources[]; /* ends with NULL */

/* The source that recognises these first bytes best, NULL when none does. */
const struct source *source_of(const uint8_t *at, size_t n);

#endif
