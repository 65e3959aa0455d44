/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Time stamps of an authority: RFC 3161 with SHA-256, by OpenSSL and libcurl.
 */
#ifndef RECORD_TSA_H
#define RECORD_TSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

/* A TimeStampReq (DER) for a digest, with a nonce and the wish for certificates. */
bool tsa_request(struct buf *out, const uint8_t digest[SHA256_SIZE], struct err *err);

/* Asks the authority at url; *out becomes its TimeStampResp, which answers the request and is
 * for this digest (its signature is for tsa_verify()). */
bool tsa_stamp(const char *url, const uint8_t digest[SHA256_SIZE], struct buf *out,
	       struct err *err);

struct tsa_token {
	int64_t time;		     /* of the stamp, microseconds */
	int64_t expires;	     /* of the signer's certificate, TIME_NONE unknown */
	char who[256];		     /* the signer's subject */
	uint8_t digest[SHA256_SIZE]; /* that it is over */
};

/* What a response says, unproved. */
bool tsa_read(const void *resp, size_t n, struct tsa_token *t, struct err *err);

/* What a token is checked with, all PEM; what is NULL is not there. */
struct tsa_trust {
	const char *roots; /* of authorities that are trusted */
	size_t nroots;
	const char *certs; /* other certificates, when the token has not brought its own */
	size_t ncerts;
	const char *crls; /* lists of revoked certificates: with these the whole chain is looked up
			     in them, as they stood at the stamp's time */
	size_t ncrls;
};

/* Proves it: over this digest, signed under one of these root certificates, at the time that it
 * names. */
bool tsa_verify(const void *resp, size_t n, const uint8_t digest[SHA256_SIZE],
		const struct tsa_trust *trust, struct tsa_token *t, struct err *err);

/* Fetches the lists of revoked certificates that the token's certificates and the roots name
 * (CRL distribution points, http or https) and adds them to out as PEM. *found: how many; 0 with
 * true when one of them names none, since a chain is looked up whole or not at all. */
bool tsa_crls(const void *resp, size_t n, const struct tsa_trust *trust, struct buf *out,
	      unsigned *found, struct err *err);

#endif
