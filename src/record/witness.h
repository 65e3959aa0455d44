/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * c2sp.org/tlog-witness, both sides: a log asks a witness to cosign its checkpoint, the witness
 * does so only for a continuation of what it cosigned before, and remembers it before it answers.
 */
#ifndef RECORD_WITNESS_H
#define RECORD_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/note.h"
#include "record/record.h"

/*
 * Answers the body of one POST /add-checkpoint. keys are the logs that are known (their names are
 * the origins); `state` is the folder where the newest checkpoint of each is kept. Returns the
 * HTTP status; out is the answer's body, *type its content type.
 */
int witness_answer(const char *state, const struct note_key *keys, size_t n,
		   const struct note_signer *signer, const char *body, size_t nbody, uint64_t now,
		   struct buf *out, const char **type);

/* Listens on ADDRESS:PORT until SIGINT or SIGTERM. */
bool witness_serve(const char *address, const char *state, const struct note_key *keys, size_t n,
		   const struct note_signer *signer, struct err *err);

/* Makes a checkpoint of the record and has the witness at url cosign it; *got is how many
 * cosignatures by these keys it has then. */
bool witness_ask(struct record *r, const struct note_signer *signer, const char *url,
		 const struct note_key *witness, size_t n, size_t *got, struct err *err);

#endif
