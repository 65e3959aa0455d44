/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/sha256.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX *ctx;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *h = mem_alloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL))
		abort();
	return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	int ok = EVP_DigestUpdate(h->ctx, p, n);

	assert(ok);
	(void)ok;
}

void sha256_done(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
	int ok = EVP_DigestFinal_ex(h->ctx, out, NULL);

	assert(ok);
	(void)ok;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void sha256(const void *p, size_t n, uint8_t out[SHA256_SIZE])
{
	struct sha256 *h = sha256_new();

	sha256_add(h, p, n);
	sha256_done(h, out);
}
