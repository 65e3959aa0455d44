/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A tape keeps what the route detectors were fed, so that the parts of a run that were read apart
 * are judged as one whole: the same facts in the same order give the same findings. 32 bytes a
 * route and 88 a record with routes; attributes once per distinct value. Of records without
 * routes the first and the last of a minute are kept, since they move the clock (facts_minute()).
 */
#ifndef FINDING_TAPE_H
#define FINDING_TAPE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "finding/detector.h"

struct tape;
struct tape *tape_new(void);
void tape_free(struct tape *t);
void tape_add(struct tape *t, const struct facts *f);
/* from is emptied. False: more than a tape can hold. A source must be on one of them only. */
bool tape_merge(struct tape *into, struct tape *from, struct err *err);
void tape_save(const struct tape *t, struct buf *out);
/* Adds what was saved; sources and peers get their numbers of this run by k's maps. */
bool tape_load(struct tape *t, const struct knowledge *k, struct bytes *in, struct err *err);
/* All facts in order of time; sha is the digest of each record's bytes. */
void tape_play(struct tape *t, void (*each)(const struct facts *f, const uint8_t *sha, void *arg),
	       void *arg);

#endif
