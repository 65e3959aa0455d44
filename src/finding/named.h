/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The pieces of evidence of one finding that measurements gave, each once: those that show it,
 * then those that it was weighed against, so that judging all of them again gives it again.
 *
 * A finding names at most NAMED_MAX pieces. What rests on more names NAMED_FEW of those that show
 * it and says so in a caveat; and so does every finding once a run has named NAMED_RUN of them,
 * for a run over a year of measurements could not keep a list of all for each of its findings.
 */
#ifndef FINDING_NAMED_H
#define FINDING_NAMED_H

#include "finding/finding.h"

#define NAMED_MAX 4096
#define NAMED_FEW 64
#define NAMED_RUN ((size_t)1 << 20)

struct named {
	struct arena *arena;
	struct finding *f;
	size_t cap;	/* of f->evidence */
	uint32_t *slot; /* number + 1, open addressing */
	size_t nslot;
};

/* Begins the evidence of a finding; room for n pieces, whose list lives in the arena. */
void named_begin(struct named *n, struct arena *a, struct finding *f, size_t room);
/* A piece that is there already keeps its place. Beyond the room nothing is added. */
void named_add(struct named *n, const struct evidence *e, enum evidence_as as);
void named_end(struct named *n);

/* May this many pieces be named, after `before` of the run? */
bool named_fits(size_t pieces, size_t before);
/* The caveat of a finding whose evidence is a part only; all: the pieces that it rests on. */
const char *named_caveat(struct arena *a, size_t all);

#endif
