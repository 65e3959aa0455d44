/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Records that are JSON objects: one a line, one after another, or in one array. A record's
 * bytes stay visible until the next one is asked for; after a fault the next line begins anew.
 */
#ifndef SOURCE_JSONLINES_H
#define SOURCE_JSONLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "source/source.h"

struct jsonlines {
	struct json json;
	uint64_t offset;	/* of the record's { */
	struct fact garbled;	/* the last fault */
	bool in_array, faulted; /* faulted: the stream's own fault was told */
	bool torn;
};

enum jsonlines_kind {
	JSONLINES_END,
	JSONLINES_OBJECT,  /* json stands after its {: read it with json_key() */
	JSONLINES_GARBLED, /* `garbled` tells; *out is filled with it, and the tally is kept */
};

void jsonlines_open(struct jsonlines *l, struct stream *in);
void jsonlines_close(struct jsonlines *l);
enum jsonlines_kind jsonlines_next(struct jsonlines *l, struct reader *r, struct facts *out);

/* The object was read up to its }: its slice in *out, with the reader's id. False: it was torn;
 * *out tells, as in JSONLINES_GARBLED. */
bool jsonlines_whole(struct jsonlines *l, struct reader *r, struct facts *out);

/* A record that is JSON but not what it should be: *out tells, and the tally is kept. skipped:
 * it is well formed and of a kind that is only counted. */
void jsonlines_refuse(struct jsonlines *l, struct reader *r, struct facts *out, const char *why,
		      bool skipped);

#endif
