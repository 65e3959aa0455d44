/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/quic.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "base/bytes.h"

/* RFC 9001 5.2 and RFC 9369 3.3.1. */
static const uint8_t salt_v1[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
				  0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_v2[] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
				  0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};

static bool hkdf(int mode, const void *salt, size_t nsalt, const void *key, size_t nkey,
		 const void *info, size_t ninfo, uint8_t *out, size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM p[6], *at = p;
	char digest[] = "SHA256";
	bool ok;

	*at++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*at++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, nkey);
	if (salt)
		*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
							  (void *)(uintptr_t)salt, nsalt);
	if (info)
		*at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
							  (void *)(uintptr_t)info, ninfo);
	*at = OSSL_PARAM_construct_end();
	ok = ctx && EVP_KDF_derive(ctx, out, n, p) > 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/* HKDF-Expand-Label without context, RFC 8446 7.1. */
static bool expand(const uint8_t secret[32], const char *label, uint8_t *out, size_t n)
{
	uint8_t info[64];
	size_t len = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = (uint8_t)n;
	info[at++] = (uint8_t)(6 + len);
	memcpy(info + at, "tls13 ", 6);
	at += 6;
	memcpy(info + at, label, len);
	at += len;
	info[at++] = 0;
	return hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, NULL, 0, secret, 32, info, at, out, n);
}

bool quic_initial_keys(uint32_t version, const struct quic_cid *dcid, bool server,
		       struct quic_keys *out)
{
	bool v2 = version == QUIC_V2;
	uint8_t initial[32], secret[32];

	return hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, v2 ? salt_v2 : salt_v1, sizeof(salt_v1),
		    dcid->at, dcid->n, NULL, 0, initial, 32) &&
	       expand(initial, server ? "server in" : "client in", secret, 32) &&
	       expand(secret, v2 ? "quicv2 key" : "quic key", out->key, 16) &&
	       expand(secret, v2 ? "quicv2 iv" : "quic iv", out->iv, 12) &&
	       expand(secret, v2 ? "quicv2 hp" : "quic hp", out->hp, 16);
}

static bool mask(const uint8_t hp[16], const uint8_t sample[16], uint8_t out[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, hp, NULL) &&
		  EVP_CIPHER_CTX_set_padding(ctx, 0) && EVP_EncryptUpdate(ctx, out, &n, sample, 16);

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* AES-128-GCM of n bytes in place; the tag stands at at + n. */
static bool aead(const struct quic_keys *k, uint32_t number, const uint8_t *head, size_t nhead,
		 uint8_t *at, size_t n, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];
	int len = 0;
	bool ok;

	memcpy(nonce, k->iv, 12);
	for (int i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t)(number >> (8 * i));
	ok = ctx && EVP_CipherInit_ex(ctx, EVP_aes_128_gcm(), NULL, k->key, nonce, seal) &&
	     EVP_CipherUpdate(ctx, NULL, &len, head, (int)nhead) &&
	     EVP_CipherUpdate(ctx, at, &len, at, (int)n);
	if (ok && !seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, at + n) > 0;
	ok = ok && EVP_CipherFinal_ex(ctx, at + n, &len) > 0;
	if (ok && seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, at + n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* A variable-length integer, RFC 9000 16. */
static uint64_t varint(struct bytes *b)
{
	uint8_t first = bytes_u8(b);
	uint64_t v = first & 63;

	for (int n = 1 << (first >> 6); n > 1; n--)
		v = v << 8 | bytes_u8(b);
	return v;
}

static void put_varint(struct buf *b, uint64_t v)
{
	if (v < 64)
		buf_u8(b, (uint8_t)v);
	else if (v < 16384)
		buf_u16(b, (uint16_t)(0x4000 | v));
	else if (v < (UINT64_C(1) << 30))
		buf_u32(b, (uint32_t)(0x80000000u | v));
	else
		buf_u64(b, UINT64_C(3) << 62 | v);
}

void quic_parameters(struct buf *out, const struct quic_cid *scid)
{
	static const struct {
		uint8_t id;
		uint64_t value;
	} numbers[] = {{0x01, 30000},  {0x04, 1048576}, {0x05, 262144}, {0x06, 262144},
		       {0x07, 262144}, {0x08, 100},	{0x09, 100}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		uint64_t v = numbers[i].value;

		put_varint(out, numbers[i].id);
		put_varint(out, v < 64 ? 1 : v < 16384 ? 2 : 4);
		put_varint(out, v);
	}
	put_varint(out, 0x0f); /* initial_source_connection_id */
	put_varint(out, scid->n);
	buf_add(out, scid->at, scid->n);
}

bool quic_initial_write(struct buf *out, uint32_t version, const struct quic_cid *dcid,
			const struct quic_cid *scid, uint32_t number, const void *crypto, size_t n)
{
	struct quic_keys k;
	size_t start = out->len, pn, body, length;
	uint8_t m[16], *p;

	if (!quic_initial_keys(version, dcid, false, &k))
		return false;
	/* Long header, Initial (type 0; 1 in version 2), packet number of four bytes. */
	buf_u8(out, version == QUIC_V2 ? 0xd3 : 0xc3);
	buf_u32(out, version);
	buf_u8(out, dcid->n);
	buf_add(out, dcid->at, dcid->n);
	buf_u8(out, scid->n);
	buf_add(out, scid->at, scid->n);
	buf_u8(out, 0); /* no token */
	length = out->len;
	buf_u16(out, 0);
	pn = out->len;
	buf_u32(out, number);
	body = out->len;
	buf_u8(out, 6); /* CRYPTO */
	buf_u8(out, 0);
	put_varint(out, n);
	buf_add(out, crypto, n);
	while (out->len - start < 1200 - 16)
		buf_u8(out, 0);
	buf_room(out, 16);
	p = (uint8_t *)out->at;
	length = out->len + 16 - pn;
	if (length > 16383)
		return false;
	p[pn - 2] = (uint8_t)(0x40 | length >> 8);
	p[pn - 1] = (uint8_t)length;
	if (!aead(&k, number, p + start, body - start, p + body, out->len - body, true))
		return false;
	out->len += 16;
	if (!mask(k.hp, p + pn + 4, m))
		return false;
	p[start] ^= m[0] & 15;
	for (size_t i = 0; i < 4; i++)
		p[pn + i] ^= m[1 + i];
	return true;
}

static struct quic_cid read_cid(struct bytes *b)
{
	struct quic_cid c = {.n = bytes_u8(b)};

	if (c.n > QUIC_CID) {
		b->bad = true;
		c.n = 0;
	}
	bytes_copy(b, c.at, c.n);
	return c;
}

/* The frames that an Initial may carry (RFC 9000 12.4): PADDING, PING, ACK, CRYPTO, CLOSE. */
static void frames(struct arena *a, struct bytes b, struct quic_packet *out)
{
	uint8_t *crypto = arena_alloc(a, bytes_left(&b) + 1);

	out->crypto = crypto;
	while (bytes_left(&b) && !b.bad) {
		uint64_t type = varint(&b);

		switch (type) {
		case 0:
		case 1:
			break;
		case 2:
		case 3: {
			uint64_t ranges;

			varint(&b);
			varint(&b);
			ranges = varint(&b);
			varint(&b);
			for (uint64_t i = 0; i < ranges && !b.bad; i++) {
				varint(&b);
				varint(&b);
			}
			for (int i = 0; type == 3 && i < 3; i++)
				varint(&b);
			break;
		}
		case 6: {
			uint64_t offset = varint(&b), n = varint(&b);
			const uint8_t *p = n <= bytes_left(&b) ? bytes_take(&b, n) : NULL;

			if (!p)
				return;
			/* In order is all that a first flight needs; what is not stays out. */
			if (offset == out->ncrypto) {
				memcpy(crypto + out->ncrypto, p, n);
				out->ncrypto += n;
			}
			break;
		}
		case 0x1c:
		case 0x1d:
			out->closed = true;
			out->close_why = varint(&b);
			return;
		default:
			return;
		}
	}
}

void quic_read(struct arena *a, const void *p, size_t n, const struct quic_cid *original,
	       bool server, struct quic_packet *out)
{
	struct bytes b = bytes_of(p, n);
	uint8_t first = bytes_u8(&b), m[16], *copy;
	struct quic_keys k;
	uint64_t length;
	size_t pn, npn, nbody;
	unsigned type;

	*out = (struct quic_packet){.used = n};
	out->version = bytes_u32(&b);
	out->dcid = read_cid(&b);
	out->scid = read_cid(&b);
	if (b.bad || !(first & 0x80))
		return;
	if (!out->version) {
		out->kind = QUIC_VERSIONS;
		return;
	}
	out->kind = QUIC_OTHER;
	type = first >> 4 & 3;
	if (out->version == QUIC_V2)
		type = (type + 3) & 3; /* RFC 9369 3.2: each type moved up by one */
	else if (out->version != QUIC_V1)
		return;
	if (type == 3) {
		out->kind = QUIC_RETRY;
		return;
	}
	if (type)
		return;
	out->kind = QUIC_SEALED;
	length = varint(&b); /* of the token */
	if (length > bytes_left(&b))
		return;
	bytes_skip(&b, length);
	length = varint(&b);
	if (b.bad || length > bytes_left(&b) || length < 4 + 16)
		return;
	pn = (size_t)(b.at - (const uint8_t *)p);
	out->used = pn + length;
	if (!quic_initial_keys(out->version, original, server, &k) || !mask(k.hp, b.at + 4, m))
		return;
	copy = arena_copy(a, p, out->used);
	copy[0] ^= m[0] & 15;
	npn = (copy[0] & 3) + 1u;
	for (size_t i = 0; i < npn; i++) {
		copy[pn + i] ^= m[1 + i];
		out->number = out->number << 8 | copy[pn + i];
	}
	nbody = length - npn - 16;
	if (!aead(&k, out->number, copy, pn + npn, copy + pn + npn, nbody, false))
		return;
	out->kind = QUIC_INITIAL;
	frames(a, bytes_of(copy + pn + npn, nbody), out);
}
