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

/* Proves it: over this digest, signed under one of these root certificates (PEM), at the time
 * that it names. */
bool tsa_verify(const void *resp, size_t n, const uint8_t digest[SHA256_SIZE], const char *roots,
		size_t nroots, struct tsa_token *t, struct err *err);

#endif
