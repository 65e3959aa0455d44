/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * SHA-256 (FIPS 180-4) by OpenSSL, for evidence: digests of sources, of slices, of findings.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

/* One piece of memory. */
void sha256(const void *p, size_t n, uint8_t out[SHA256_SIZE]);
/* Two pieces, one after the other. */
void sha256_pair(const void *p, size_t n, const void *q, size_t m, uint8_t out[SHA256_SIZE]);

/* A stream of pieces. sha256_done() gives the digest and frees. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_done(struct sha256 *h, uint8_t out[SHA256_SIZE]);

#endif
