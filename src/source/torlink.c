/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/torlink.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"

enum cell { CELL_NETINFO = 8, CELL_VERSIONS = 7, CELL_CERTS = 129 };

#define FIXED 509
#define CERT_RSA_IDENTITY 2

void tor_versions(struct buf *out)
{
	buf_u16(out, 0);
	buf_u8(out, CELL_VERSIONS);
	buf_u16(out, 6);
	for (uint16_t v = 3; v <= 5; v++)
		buf_u16(out, v);
}

/* The fingerprint of a relay is that of the key in its identity certificate. */
static bool identity_of(const uint8_t *p, size_t n, uint8_t out[20])
{
	X509 *c = d2i_X509(NULL, &p, (long)n);
	EVP_PKEY *key = c ? X509_get0_pubkey(c) : NULL;
	unsigned char *der = NULL;
	unsigned len = 20;
	int size = 0;
	bool ok = false;

	if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
		size = i2d_PublicKey(key, &der);
	if (size > 0)
		ok = EVP_Digest(der, (size_t)size, out, &len, EVP_sha1(), NULL);
	OPENSSL_free(der);
	X509_free(c);
	return ok;
}

static void read_certs(struct tor_link *l, struct bytes b)
{
	uint8_t n = bytes_u8(&b);

	for (unsigned i = 0; i < n && !b.bad; i++) {
		uint8_t type = bytes_u8(&b);
		struct bytes cert = bytes_sub(&b, bytes_u16(&b));

		if (type == CERT_RSA_IDENTITY && !cert.bad)
			l->has_identity |= identity_of(cert.at, bytes_left(&cert), l->identity);
	}
	if (b.bad)
		l->why = "a CERTS cell that ends too soon";
	l->certs = true;
}

size_t tor_read(struct tor_link *l, const void *p, size_t n)
{
	size_t taken = 0;

	while (n && !l->why && !l->netinfo) {
		struct bytes b = bytes_of((const uint8_t *)p + taken, n - taken), body;
		uint8_t command;

		/* Circuit numbers have four bytes from version 4 on. */
		bytes_skip(&b, l->version >= 4 ? 4 : 2);
		command = bytes_u8(&b);
		if (b.bad)
			return taken;
		if (!l->versions && command != CELL_VERSIONS) {
			l->why = "the first cell is no VERSIONS";
			return taken;
		}
		body = command == CELL_VERSIONS || command >= 128 ? bytes_sub(&b, bytes_u16(&b))
								  : bytes_sub(&b, FIXED);
		if (b.bad)
			return taken;
		taken = (size_t)(b.at - (const uint8_t *)p);
		if (command == CELL_VERSIONS) {
			uint16_t best = 0;

			while (bytes_left(&body) >= 2) {
				uint16_t v = bytes_u16(&body);

				if (v > best && v >= 3 && v <= 5)
					best = v;
			}
			if (l->versions || !best) {
				l->why = "no common version of the link protocol";
				return taken;
			}
			l->versions = true;
			l->version = best;
		} else if (command == CELL_CERTS) {
			read_certs(l, body);
		} else if (command == CELL_NETINFO) {
			l->netinfo = true;
		}
	}
	return taken;
}

/* ---- obfs4 ---- */

#define MARK 16
#define REPRESENTATIVE 32
#define AUTH 32
#define MOST 8192 /* bytes of a handshake */

bool obfs4_of(struct obfs4 *o, const char *cert)
{
	uint8_t raw[64];
	char padded[80];
	size_t n = strlen(cert);

	*o = (struct obfs4){0};
	if (n != 70)
		return false;
	snprintf(padded, sizeof(padded), "%s==", cert);
	if (EVP_DecodeBlock(raw, (const unsigned char *)padded, 72) != 54)
		return false;
	/* The line has the identity first, the MACs' key has it last. */
	memcpy(o->key, raw + 20, 32);
	memcpy(o->key + 32, raw, 20);
	return true;
}

static void mac(const struct obfs4 *o, const void *a, size_t na, const void *b, size_t nb,
		uint8_t out[MARK])
{
	uint8_t whole[32];
	unsigned len = sizeof(whole);
	uint8_t *both = malloc(na + nb + 1);

	if (!both)
		abort();
	memcpy(both, a, na);
	if (nb)
		memcpy(both + na, b, nb);
	HMAC(EVP_sha256(), o->key, sizeof(o->key), both, na + nb, whole, &len);
	memcpy(out, whole, MARK);
	free(both);
}

bool obfs4_hello(struct obfs4 *o, const uint8_t *noise, size_t nnoise, int64_t now, struct buf *out)
{
	uint8_t m[MARK];
	char hour[24];
	size_t start = out->len;

	if (nnoise < REPRESENTATIVE + 85 || nnoise > 8000)
		return false;
	memcpy(o->ours, noise, REPRESENTATIVE);
	o->hour = (long)(now / 3600);
	snprintf(hour, sizeof(hour), "%ld", o->hour);
	buf_add(out, noise, nnoise);
	mac(o, o->ours, REPRESENTATIVE, NULL, 0, m);
	buf_add(out, m, MARK);
	mac(o, out->at + start, out->len - start, hour, strlen(hour), m);
	buf_add(out, m, MARK);
	return true;
}

int obfs4_answer(const struct obfs4 *o, const uint8_t *p, size_t n)
{
	uint8_t mark[MARK], m[MARK];
	const uint8_t *at;
	char hour[24];

	if (n < REPRESENTATIVE + AUTH + 2 * MARK)
		return 0;
	mac(o, p, REPRESENTATIVE, NULL, 0, mark);
	at = memmem(p + REPRESENTATIVE + AUTH, n - REPRESENTATIVE - AUTH, mark, MARK);
	if (!at || (size_t)(at - p) + 2 * MARK > n)
		return n >= MOST ? -1 : 0;
	/* The bridge's clock may stand in the hour before or after. */
	for (long d = -1; d <= 1; d++) {
		snprintf(hour, sizeof(hour), "%ld", o->hour + d);
		mac(o, p, (size_t)(at - p) + MARK, hour, strlen(hour), m);
		if (!memcmp(m, at + MARK, MARK))
			return 1;
	}
	return -1;
}
