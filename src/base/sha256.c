/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "base/sha256.h"

#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX *ctx;
};

/* Looking the algorithm up costs OpenSSL 3 more than hashing a record: it is done once. Each
 * thread keeps a context for what lies in one piece. */
static EVP_MD *algorithm;
static pthread_key_t own;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_context(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void look_up(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!algorithm || pthread_key_create(&own, free_context))
		abort();
}

static EVP_MD_CTX *new_context(void)
{
	EVP_MD_CTX *ctx;

	pthread_once(&once, look_up);
	ctx = EVP_MD_CTX_new();
	if (!ctx || !EVP_DigestInit_ex(ctx, algorithm, NULL))
		abort();
	return ctx;
}

struct sha256 *sha256_new(void)
{
	struct sha256 *h = mem_alloc(sizeof(*h));

	h->ctx = new_context();
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
	sha256_pair(p, n, NULL, 0, out);
}

void sha256_pair(const void *p, size_t n, const void *q, size_t m, uint8_t out[SHA256_SIZE])
{
	EVP_MD_CTX *ctx;
	int ok;

	pthread_once(&once, look_up);
	ctx = pthread_getspecific(own);
	if (!ctx) {
		ctx = new_context();
		if (pthread_setspecific(own, ctx))
			abort();
	} else if (!EVP_DigestInit_ex(ctx, NULL, NULL)) {
		abort();
	}
	ok = EVP_DigestUpdate(ctx, p, n) && (!m || EVP_DigestUpdate(ctx, q, m)) &&
	     EVP_DigestFinal_ex(ctx, out, NULL);
	assert(ok);
	(void)ok;
}
