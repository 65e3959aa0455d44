/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Bundles: what a court's expert gets. A folder of findings, the raw bytes under them and the runs
 * that found them, sealed by formats that other people's tools check (docs/evidence.md):
 *
 *	findings/ID.json  raw/SHA256  runs/LEAF.json  custody.jsonl
 *	proofs/LEAF.tlog-proof   inclusion in the log, with the leaf's salt (c2sp.org/tlog-proof@v1)
 *	LEAVES.tsv               leaf, kind, salted digest, file
 *	checkpoint               signed note of the log's root, with its cosignatures
 *	keys/                    the public key in three forms, rotations, the time authority's root
 *	METHOD.md VERIFY.md CERTIFICATE-902.txt reproduce.sh verify.go
 *	joined/ID.json           findings that one of those names in its context, when not all are
 *sealed captures.wacz            HTTP exchanges as a signed web archive (record/wacz.h) SHA256SUMS
 *of all of these SHA256SUMS.sig .sshsig .tsr   its Ed25519, SSHSIG and RFC 3161 signatures
 *	SHA256SUMS.crl.pem       which certificates of the time authority were revoked then
 *	SEAL                     signed note with the digests of SHA256SUMS and of its signatures
 */
#ifndef RECORD_BUNDLE_H
#define RECORD_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/note.h"
#include "record/record.h"
#include "record/proved.h"

struct measurement;

struct seal {
	const char *out;   /* folder that does not exist yet */
	uint8_t (*id)[16]; /* findings; none: all of them */
	size_t nid;
	const struct note_signer *signer;
	const char *rotations; /* keys_rotations() */
	size_t nrotations;
	const char *tsa;       /* URL of a time stamping authority, NULL: no stamp */
	const char *tsa_roots; /* its root certificates, PEM */
	size_t ntsa_roots;
	const char *who; /* who seals, for custody.jsonl; NULL: not said */
	const char *version;
	int64_t now;
	const char *clock; /* clock_json() of record/run.h */
	/* HTTP exchanges go into captures.wacz too, signed by this P-384 key (PEM); NULL: no. */
	const char *web_key;
	size_t nweb_key;
	/* Reads the measurements of a piece of raw evidence, which record/ does not know how to. */
	void (*measurements)(const void *p, size_t n,
			     void (*each)(void *arg, const struct measurement *m), void *arg);
	uint8_t binary[SHA256_SIZE];
};

struct sealed {
	uint64_t findings, joined, raws, missing, leaves, bytes;
	uint64_t exchanges; /* in captures.wacz, 0: there is none */
	unsigned crls;	    /* lists of revoked certificates beside the stamp */
	bool stamped;
};

bool bundle_seal(struct record *r, const struct seal *s, struct sealed *done, struct err *err);

struct verify {
	const char *bundle;
	const uint8_t *trusted; /* the key that is known from elsewhere; NULL: not given */
	const char *roots;	/* PEM of the time authority's root known from elsewhere */
	size_t nroots;
	const struct note_key *witness; /* whose cosignatures are known */
	size_t nwitness;
	int64_t now; /* to say what expires */
	/* As in struct seal; NULL: captures.wacz is not compared with the raw evidence. */
	void (*measurements)(const void *p, size_t n,
			     void (*each)(void *arg, const struct measurement *m), void *arg);
};

/* False: the bundle could not be read at all. */
bool bundle_verify(const struct verify *v, struct proved *out, struct err *err);

/* A further stamp over SHA256SUMS and all stamps so far (RENEWAL-n, RENEWAL-n.tsr), and a new SEAL.
 */
bool bundle_renew(const char *bundle, const char *tsa, const char *roots, size_t nroots,
		  const struct note_signer *signer, struct err *err);

/* The SEAL note over the digests of these files of a bundle. */
bool bundle_write_seal(const char *bundle, const struct note_signer *signer, struct err *err);

/* A file of the bundle that SHA256SUMS does not name. */
bool bundle_put(const char *dir, const char *name, const struct buf *b, struct err *err);

/* A stamp over a digest as NAME.tsr, proved when the root is known; then which certificates of its
 * chain were revoked, as NAME.crl.pem (*crls of them). */
bool bundle_stamp(const char *dir, const char *name, const char *tsa, const char *roots,
		  size_t nroots, const uint8_t digest[SHA256_SIZE], unsigned *crls,
		  struct err *err);

/* Is this row of a finding's context about another finding (core and edge name each other), and is
 * it about that one? */
bool bundle_names_finding(const struct context *c);
bool bundle_is_named(const struct context *c, const struct finding *f);

/* The texts of a bundle, record/texts.c. */
struct bundle_text {
	const struct seal *seal;
	const char *origin, *vkey;
	uint64_t size, findings, raws, missing;
	bool stamped, crls, captures;
	int64_t stamp;
	const char *first_file; /* "findings/….json" and its proof, for the worked example */
	uint64_t first_leaf;
	const struct findings *all;
	const char *runs; /* JSON of the runs, a line each */
};
void bundle_method(struct buf *out, const struct bundle_text *t);
void bundle_verify_md(struct buf *out, const struct bundle_text *t);
void bundle_certificate(struct buf *out, const struct bundle_text *t);
void bundle_reproduce(struct buf *out, const struct bundle_text *t);
extern const char bundle_verify_go[];

#endif
