/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Signed notes and what is written in them: c2sp.org/signed-note, c2sp.org/tlog-checkpoint,
 * c2sp.org/tlog-cosignature, c2sp.org/tlog-proof. Pure: keys are given, nothing is read or kept.
 *
 * Ed25519 (types 0x01 and 0x04) is made and verified; lines of other types, ML-DSA-44 (0x06)
 * among them, are parsed and passed over, since OpenSSL 3.0 cannot verify them.
 */
#ifndef RECORD_NOTE_H
#define RECORD_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/tree.h"

#define NOTE_NAME 256 /* room for a key's name */
#define NOTE_SIGS 64  /* signature lines that a note may have here */
#define NOTE_MAX (1 << 20)

enum note_type { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4, NOTE_MLDSA44 = 6 };

/* A public key with its name: the vkey "name+hex(id)+base64(type || key)". */
struct note_key {
	char name[NOTE_NAME];
	uint32_t id;
	uint8_t type;
	uint8_t pub[32];
};

/* False: the name is empty, too long, or has a space or a plus in it. */
bool note_key_make(struct note_key *k, const char *name, enum note_type type, const uint8_t pub[32],
		   struct err *err);
bool note_key_parse(struct note_key *k, const char *vkey, size_t n, struct err *err);
void note_key_text(struct buf *out, const struct note_key *k);

/* One "— name base64" line; all borrowed from the note. */
struct note_sig {
	const char *name;
	size_t nname;
	uint32_t id;
	const char *b64; /* of id and signature */
	size_t nb64;
};

struct note {
	const char *text; /* with its last newline */
	size_t ntext;
	struct note_sig sig[NOTE_SIGS];
	size_t nsig;
};

/* Borrows p. False: it is no signed note, and why. */
bool note_parse(struct note *note, const char *p, size_t n, struct err *err);

enum note_verdict {
	NOTE_ABSENT, /* this key has not signed it */
	NOTE_GOOD,
	NOTE_BAD, /* a line of this key does not verify: the note is to be refused */
};

/* *time (seconds since 1970, may be NULL) is set for a good cosignature. */
enum note_verdict note_check(const struct note *note, const struct note_key *k, uint64_t *time);

/* An Ed25519 private key (RFC 8032 seed) with its name. */
struct note_signer {
	struct note_key key; /* type NOTE_ED25519 */
	uint8_t seed[32];
};

/* Derives the public key. */
bool note_signer_make(struct note_signer *s, const char *name, const uint8_t seed[32],
		      struct err *err);

/* text (ending in a newline), an empty line, and the signature line. */
void note_sign(struct buf *out, const char *text, size_t n, const struct note_signer *s);

/* The cosignature/v1 line over a checkpoint's text. */
void note_cosign(struct buf *out, const char *text, size_t n, uint64_t time,
		 const struct note_signer *s);

/* Raw Ed25519 over any bytes. */
void note_ed25519_sign(const struct note_signer *s, const void *p, size_t n, uint8_t sig[64]);
bool note_ed25519_ok(const uint8_t pub[32], const void *p, size_t n, const uint8_t sig[64]);

/* A checkpoint: which log, how many leaves, which root. Extension lines are kept in the text. */
struct checkpoint {
	char origin[NOTE_NAME];
	uint64_t size;
	struct tree_hash root;
};

void checkpoint_text(struct buf *out, const struct checkpoint *c);
bool checkpoint_parse(struct checkpoint *c, const char *text, size_t n, struct err *err);

/* c2sp.org/tlog-proof@v1. `checkpoint` is borrowed from what was parsed. */
struct tlog_proof {
	struct buf extra; /* owned; empty: none */
	uint64_t index;
	struct tree_hash hash[TREE_PROOF_MAX];
	size_t nhash;
	const char *checkpoint;
	size_t ncheckpoint;
};

void tlog_proof_text(struct buf *out, const struct tlog_proof *p);
bool tlog_proof_parse(struct tlog_proof *p, const char *text, size_t n, struct err *err);
void tlog_proof_free(struct tlog_proof *p);

#endif
