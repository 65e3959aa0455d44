/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The evidence key: Ed25519, made on first use, kept apart from the records that it signs
 * ($MERIDIAN_KEYS, else $XDG_DATA_HOME/meridian/keys, else ~/.local/share/meridian/keys; files of
 * mode 0600). When it is rotated the old key signs the new one in a note, so that who trusts the
 * first can follow the chain.
 */
#ifndef RECORD_KEYS_H
#define RECORD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/note.h"

/* The folder; false: there is no home. */
bool keys_folder(struct buf *out, struct err *err);

/* The present key with a name for its notes; makes one when there is none (*made). */
bool keys_load(const char *folder, const char *name, struct note_signer *s, bool *made,
	       struct err *err);

/* The key that signs web archives (ECDSA on P-384: wacz-auth knows no Ed25519), PEM; made when
 * there is none. Who holds it is said by the bundles that name it, which the evidence key signs. */
bool keys_web(const char *folder, struct buf *pem, struct err *err);

/* A new key takes over; the next web archive gets a new one of its own too. */
bool keys_rotate(const char *folder, int64_t time, struct err *err);

/* The rotation notes, oldest first, each ending where the next begins (an empty line between is
 * part of none); "" when there were none. */
bool keys_rotations(const char *folder, struct buf *out, struct err *err);

/* Does a chain of rotation notes lead from the key `from` to `to`? Equal keys need none. */
bool keys_follow(const char *notes, size_t n, const uint8_t from[32], const uint8_t to[32]);

/* A public key for people and tools: SubjectPublicKeyInfo PEM, and ssh-keygen's allowed_signers. */
void keys_pem(struct buf *out, const uint8_t pub[32]);
bool keys_from_pem(const char *pem, size_t n, uint8_t pub[32]);

/* What a user gives as a key to trust: a vkey, or 64 hex digits, or the path of a PEM. */
bool keys_trusted(const char *given, uint8_t pub[32], struct err *err);

/* SSHSIG (PROTOCOL.sshsig of OpenSSH), armoured, SHA-512. */
#define KEYS_NAMESPACE "meridian@v1"
void sshsig_sign(struct buf *out, const struct note_signer *s, const void *p, size_t n);
/* Only the one text that sshsig_sign() would have made of this signature is taken. */
bool sshsig_ok(const char *text, size_t len, const uint8_t pub[32], const void *p, size_t n);
void sshsig_allowed(struct buf *out, const char *who, const uint8_t pub[32]);

#endif
