/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/greet.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <string.h>

#include "base/bytes.h"

static void put_le(struct buf *b, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static uint64_t get_le(struct bytes *b, int n)
{
	const uint8_t *p = bytes_take(b, (size_t)n);
	uint64_t v = 0;

	for (int i = n; p && i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* ---- MTProto ---- */

#define REQ_PQ_MULTI 0xbe7e8ef1u
#define RES_PQ 0x05162463u

void mtproto_greet(struct buf *out, const uint8_t nonce[16], int64_t now)
{
	buf_u8(out, 0xef); /* the abridged transport */
	buf_u8(out, 40 / 4);
	put_le(out, 0, 8); /* no key yet */
	put_le(out, (uint64_t)now << 32 | (uint64_t)(nonce[0] & 0xfc), 8);
	put_le(out, 20, 4);
	put_le(out, REQ_PQ_MULTI, 4);
	buf_add(out, nonce, 16);
}

enum greet_answer mtproto_answer(const void *p, size_t n, const uint8_t nonce[16])
{
	struct bytes b = bytes_of(p, n), body;
	uint8_t first = bytes_u8(&b);
	size_t len = first == 0x7f ? (size_t)get_le(&b, 3) * 4 : first * 4u;
	const uint8_t *said;

	if (n && len > 4096)
		return GREET_WRONG;
	/* No key stands before an answer to who has none. */
	body = b;
	if (len > 4 && bytes_left(&body) >= 8 && get_le(&body, 8))
		return GREET_WRONG;
	body = bytes_sub(&b, len);
	if (b.bad)
		return GREET_MORE;
	/* An error of the transport is a negative number. */
	if (len == 4)
		return get_le(&body, 4) >= 0xfffff000u ? GREET_REFUSE : GREET_WRONG;
	bytes_skip(&body, 20);
	if (get_le(&body, 4) != RES_PQ)
		return GREET_WRONG;
	said = bytes_take(&body, 16);
	return said && !memcmp(said, nonce, 16) ? GREET_RIGHT : GREET_WRONG;
}

/* ---- OpenVPN ---- */

#define HARD_RESET_CLIENT_V2 7
#define HARD_RESET_SERVER_V2 8

void openvpn_greet(struct buf *out, const uint8_t session[8], bool tcp)
{
	if (tcp)
		buf_u16(out, 14);
	buf_u8(out, HARD_RESET_CLIENT_V2 << 3);
	buf_add(out, session, 8);
	buf_u8(out, 0);	 /* nothing is acknowledged */
	buf_u32(out, 0); /* the first packet */
}

enum greet_answer openvpn_answer(const void *p, size_t n, const uint8_t session[8], bool tcp)
{
	struct bytes b = bytes_of(p, n), body = b;
	const uint8_t *theirs;
	uint8_t acks;

	if (tcp) {
		size_t len = bytes_u16(&b);

		if (n >= 2 && len > 2048)
			return GREET_WRONG;
		body = bytes_sub(&b, len);
		if (b.bad)
			return GREET_MORE;
	}
	if (bytes_u8(&body) >> 3 != HARD_RESET_SERVER_V2)
		return GREET_WRONG;
	bytes_skip(&body, 8);
	acks = bytes_u8(&body);
	if (!acks)
		return body.bad ? GREET_WRONG : GREET_RIGHT;
	bytes_skip(&body, 4u * acks);
	theirs = bytes_take(&body, 8);
	return theirs && !memcmp(theirs, session, 8) ? GREET_RIGHT : GREET_WRONG;
}

/* ---- WireGuard ---- */

static bool hash(uint8_t out[32], const void *a, size_t na, const void *b, size_t nb)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, EVP_blake2s256(), NULL) && EVP_DigestUpdate(c, a, na) &&
		  (!nb || EVP_DigestUpdate(c, b, nb)) && EVP_DigestFinal_ex(c, out, NULL);

	EVP_MD_CTX_free(c);
	return ok;
}

/* Keyed BLAKE2s of 16 bytes. */
static bool mac16(const void *key, size_t nkey, const void *p, size_t n, uint8_t out[16])
{
	EVP_MAC *m = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
	EVP_MAC_CTX *c = m ? EVP_MAC_CTX_new(m) : NULL;
	size_t size = 16, len = 0;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
			       OSSL_PARAM_construct_end()};
	bool ok = c && EVP_MAC_init(c, key, nkey, params) && EVP_MAC_update(c, p, n) &&
		  EVP_MAC_final(c, out, &len, 16);

	EVP_MAC_CTX_free(c);
	EVP_MAC_free(m);
	return ok;
}

static void hmac(const uint8_t key[32], const void *p, size_t n, uint8_t out[32])
{
	unsigned len = 32;

	HMAC(EVP_blake2s256(), key, 32, p, n, out, &len);
}

/* KDF of the whitepaper: the chaining key moves on, and a key comes out (NULL: none). */
static void derive(uint8_t chain[32], const void *p, size_t n, uint8_t *key)
{
	uint8_t secret[32], next[33], more[32];

	hmac(chain, p, n, secret);
	next[0] = 1;
	hmac(secret, next, 1, chain);
	memcpy(next, chain, 32);
	next[32] = 2;
	hmac(secret, next, 33, more);
	if (key)
		memcpy(key, more, 32);
}

static bool public_of(const uint8_t private[32], uint8_t out[32])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private, 32);
	size_t len = 32;
	bool ok = k && EVP_PKEY_get_raw_public_key(k, out, &len);

	EVP_PKEY_free(k);
	return ok;
}

static bool agree(const uint8_t private[32], const uint8_t public[32], uint8_t out[32])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private, 32);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public, 32);
	EVP_PKEY_CTX *c = k ? EVP_PKEY_CTX_new(k, NULL) : NULL;
	size_t len = 32;
	bool ok = c && peer && EVP_PKEY_derive_init(c) > 0 &&
		  EVP_PKEY_derive_set_peer(c, peer) > 0 && EVP_PKEY_derive(c, out, &len) > 0;

	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(k);
	return ok;
}

/* ChaCha20-Poly1305 with nonce 0; out has n + 16 bytes. */
static bool seal(const uint8_t key[32], const void *p, size_t n, const uint8_t with[32],
		 uint8_t *out)
{
	static const uint8_t nonce[12];
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0;
	bool ok = c && EVP_EncryptInit_ex(c, EVP_chacha20_poly1305(), NULL, key, nonce) &&
		  EVP_EncryptUpdate(c, NULL, &len, with, 32) &&
		  EVP_EncryptUpdate(c, out, &len, p, (int)n) &&
		  EVP_EncryptFinal_ex(c, out + n, &len) &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + n) > 0;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

static bool mac1(const uint8_t to[32], const uint8_t *message, size_t n, uint8_t out[16])
{
	uint8_t key[32];

	return hash(key, "mac1----", 8, to, 32) && mac16(key, 32, message, n, out);
}

bool wireguard_greet(struct wireguard *w, const uint8_t secret[36], int64_t now, uint32_t nsec,
		     uint8_t out[WIREGUARD_INITIATION])
{
	static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
	static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";
	uint8_t chain[32], h[32], key[32], shared[32], stamp[12];
	uint64_t tai = UINT64_C(0x400000000000000a) + (uint64_t)now;
	uint8_t *ephemeral = out + 8, *fixed = out + 40, *time = out + 88;

	memset(out, 0, WIREGUARD_INITIATION);
	out[0] = 1;
	memcpy(out + 4, secret + 32, 4);
	memcpy(&w->index, secret + 32, 4);
	if (!public_of(w->ours, w->our_public) || !public_of(secret, ephemeral))
		return false;
	if (!hash(chain, construction, sizeof(construction) - 1, NULL, 0) ||
	    !hash(h, chain, 32, identifier, sizeof(identifier) - 1) ||
	    !hash(h, h, 32, w->theirs, 32))
		return false;
	derive(chain, ephemeral, 32, NULL);
	if (!hash(h, h, 32, ephemeral, 32) || !agree(secret, w->theirs, shared))
		return false;
	derive(chain, shared, 32, key);
	if (!seal(key, w->our_public, 32, h, fixed) || !hash(h, h, 32, fixed, 48) ||
	    !agree(w->ours, w->theirs, shared))
		return false;
	derive(chain, shared, 32, key);
	for (int i = 0; i < 8; i++)
		stamp[i] = (uint8_t)(tai >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		stamp[8 + i] = (uint8_t)(nsec >> (24 - 8 * i));
	return seal(key, stamp, 12, h, time) && mac1(w->theirs, out, 116, out + 116);
}

enum greet_answer wireguard_answer(const struct wireguard *w, const void *p, size_t n)
{
	struct bytes b = bytes_of(p, n);
	uint32_t type = (uint32_t)get_le(&b, 4);
	const uint8_t *index;
	uint8_t m[16];

	/* A response, or a cookie of a server under load: 5.4.3 and 5.4.7. */
	if (type == 2 && n == 92) {
		bytes_skip(&b, 4);
		index = bytes_take(&b, 4);
		if (memcmp(index, &w->index, 4) || !mac1(w->our_public, p, 60, m) ||
		    memcmp(m, (const uint8_t *)p + 60, 16))
			return GREET_WRONG;
		return GREET_RIGHT;
	}
	if (type == 3 && n == 64) {
		index = bytes_take(&b, 4);
		return memcmp(index, &w->index, 4) ? GREET_WRONG : GREET_REFUSE;
	}
	return GREET_WRONG;
}
