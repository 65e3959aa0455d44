/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/note.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "base/text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

static bool name_ok(const char *s, size_t n)
{
	if (!n || n >= NOTE_NAME)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)s[i] <= 0x20 || s[i] == '+' || s[i] == 0x7f)
			return false;
	return true;
}

static uint32_t key_id(const char *name, uint8_t type, const uint8_t pub[32])
{
	struct sha256 *h = sha256_new();
	uint8_t d[SHA256_SIZE];

	sha256_add(h, name, strlen(name));
	sha256_add(h, "\n", 1);
	sha256_add(h, &type, 1);
	sha256_add(h, pub, 32);
	sha256_done(h, d);
	return (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
}

bool note_key_make(struct note_key *k, const char *name, enum note_type type, const uint8_t pub[32],
		   struct err *err)
{
	size_t n = strlen(name);

	if (!name_ok(name, n))
		return err_set(err, "a key's name may not be empty, nor have a space or a plus in "
				    "it, nor be longer than 255 bytes");
	memcpy(k->name, name, n + 1);
	k->type = (uint8_t)type;
	memcpy(k->pub, pub, 32);
	k->id = key_id(k->name, k->type, pub);
	return true;
}

bool note_key_parse(struct note_key *k, const char *vkey, size_t n, struct err *err)
{
	const char *plus = memchr(vkey, '+', n);
	size_t nname = plus ? (size_t)(plus - vkey) : 0;
	uint8_t key[33], hex[4];
	uint32_t id;

	if (!plus || !name_ok(vkey, nname) || n - nname < 10 || !text_unhex(plus + 1, 8, hex, 4) ||
	    plus[9] != '+' || !base64_exact(key, 33, plus + 10, n - nname - 10))
		return err_set(err, "not a verifier key (name+8 hex digits+base64 of a type and "
				    "an Ed25519 key)");
	if (key[0] != NOTE_ED25519 && key[0] != NOTE_COSIGNATURE)
		return err_set(err, "a verifier key of type 0x%02x, which is not known here",
			       key[0]);
	memcpy(k->name, vkey, nname);
	k->name[nname] = 0;
	k->type = key[0];
	memcpy(k->pub, key + 1, 32);
	k->id = key_id(k->name, k->type, k->pub);
	id = (uint32_t)hex[0] << 24 | (uint32_t)hex[1] << 16 | (uint32_t)hex[2] << 8 | hex[3];
	if (k->id != id)
		return err_set(err,
			       "a verifier key whose id %08" PRIx32 " is not that of its key, "
			       "%08" PRIx32,
			       id, k->id);
	return true;
}

void note_key_text(struct buf *out, const struct note_key *k)
{
	uint8_t key[33];

	key[0] = k->type;
	memcpy(key + 1, k->pub, 32);
	buf_printf(out, "%s+%08" PRIx32 "+", k->name, k->id);
	base64_put(out, key, sizeof(key));
}

/* RFC 3629, and no control characters but the newline. */
static bool clean_text(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned more;
		uint32_t c = s[i], least;

		if (c < 0x80) {
			if (c < 0x20 && c != '\n')
				return false;
			i++;
			continue;
		}
		if (c >= 0xc2 && c <= 0xdf) {
			more = 1;
			c &= 0x1f;
			least = 0x80;
		} else if ((c & 0xf0) == 0xe0) {
			more = 2;
			c &= 0x0f;
			least = 0x800;
		} else if (c >= 0xf0 && c <= 0xf4) {
			more = 3;
			c &= 0x07;
			least = 0x10000;
		} else {
			return false;
		}
		if (n - i <= more)
			return false;
		for (unsigned k = 1; k <= more; k++) {
			if ((s[i + k] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (s[i + k] & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
		i += more + 1;
	}
	return true;
}

static bool parse_sig(struct note_sig *sig, const char *p, size_t n)
{
	const char *space;
	struct buf raw = {0};
	bool ok;

	if (n < sizeof(DASH) || memcmp(p, DASH, sizeof(DASH) - 1) != 0)
		return false;
	p += sizeof(DASH) - 1;
	n -= sizeof(DASH) - 1;
	space = memchr(p, ' ', n);
	if (!space || !name_ok(p, (size_t)(space - p)))
		return false;
	sig->name = p;
	sig->nname = (size_t)(space - p);
	sig->b64 = space + 1;
	sig->nb64 = n - sig->nname - 1;
	ok = base64_get(&raw, sig->b64, sig->nb64) && raw.len >= 5;
	if (ok) {
		const uint8_t *r = (const uint8_t *)raw.at;

		sig->id = (uint32_t)r[0] << 24 | (uint32_t)r[1] << 16 | (uint32_t)r[2] << 8 | r[3];
	}
	buf_free(&raw);
	return ok;
}

bool note_parse(struct note *note, const char *p, size_t n, struct err *err)
{
	const char *split = NULL, *at, *end = p + n;

	*note = (struct note){0};
	if (n > NOTE_MAX)
		return err_set(err, "a signed note of more than 1 MiB");
	if (!clean_text((const uint8_t *)p, n))
		return err_set(err, "a signed note with control characters or bytes that are not "
				    "UTF-8");
	for (size_t i = n; i-- > 1 && !split;)
		if (p[i] == '\n' && p[i - 1] == '\n')
			split = p + i;
	if (!split || split + 1 == end || end[-1] != '\n')
		return err_set(err, "no signed note: no empty line with signatures after it");
	note->text = p;
	note->ntext = (size_t)(split - p);
	for (at = split + 1; at < end;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (note->nsig == NOTE_SIGS)
			return err_set(err, "a signed note with more than %d signatures",
				       NOTE_SIGS);
		if (!parse_sig(&note->sig[note->nsig++], at, (size_t)(nl - at)))
			return err_set(err, "signature line %zu of a note is malformed",
				       note->nsig);
		at = nl + 1;
	}
	return true;
}

void note_ed25519_sign(const struct note_signer *s, const void *p, size_t n, uint8_t sig[64])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 64;
	bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestSign(ctx, sig, &len, p, n) == 1 && len == 64;

	assert(ok);
	(void)ok;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

bool note_ed25519_ok(const uint8_t pub[32], const void *p, size_t n, const uint8_t sig[64])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, sig, 64, p, n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

static void cosigned(struct buf *m, const char *text, size_t n, uint64_t time)
{
	buf_printf(m, "cosignature/v1\ntime %" PRIu64 "\n", time);
	buf_add(m, text, n);
}

enum note_verdict note_check(const struct note *note, const struct note_key *k, uint64_t *time)
{
	enum note_verdict verdict = NOTE_ABSENT;

	for (size_t i = 0; i < note->nsig; i++) {
		const struct note_sig *s = &note->sig[i];
		struct buf raw = {0}, m = {0};
		const uint8_t *r;
		bool ok = false;
		uint64_t t = 0;

		if (s->id != k->id || s->nname != strlen(k->name) ||
		    memcmp(s->name, k->name, s->nname) != 0)
			continue;
		base64_get(&raw, s->b64, s->nb64);
		r = (const uint8_t *)raw.at + 4;
		if (k->type == NOTE_ED25519 && raw.len == 68) {
			ok = note_ed25519_ok(k->pub, note->text, note->ntext, r);
		} else if (k->type == NOTE_COSIGNATURE && raw.len == 76) {
			for (int b = 0; b < 8; b++)
				t = t << 8 | r[b];
			cosigned(&m, note->text, note->ntext, t);
			ok = note_ed25519_ok(k->pub, m.at, m.len, r + 8);
		}
		buf_free(&m);
		buf_free(&raw);
		if (!ok)
			return NOTE_BAD;
		verdict = NOTE_GOOD;
		if (time)
			*time = t;
	}
	return verdict;
}

bool note_signer_make(struct note_signer *s, const char *name, const uint8_t seed[32],
		      struct err *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	uint8_t pub[32];
	size_t n = 32;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, pub, &n) == 1 && n == 32;

	EVP_PKEY_free(key);
	if (!ok)
		return err_set(err, "OpenSSL makes no Ed25519 key of this seed");
	memcpy(s->seed, seed, 32);
	return note_key_make(&s->key, name, NOTE_ED25519, pub, err);
}

static void sig_line(struct buf *out, const struct note_key *k, const void *sig, size_t n)
{
	struct buf raw = {0};

	buf_u32(&raw, k->id);
	buf_add(&raw, sig, n);
	buf_printf(out, DASH "%s ", k->name);
	base64_put(out, raw.at, raw.len);
	buf_char(out, '\n');
	buf_free(&raw);
}

void note_sign(struct buf *out, const char *text, size_t n, const struct note_signer *s)
{
	uint8_t sig[64];

	assert(n && text[n - 1] == '\n');
	note_ed25519_sign(s, text, n, sig);
	buf_add(out, text, n);
	buf_char(out, '\n');
	sig_line(out, &s->key, sig, sizeof(sig));
}

void note_cosign(struct buf *out, const char *text, size_t n, uint64_t time,
		 const struct note_signer *s)
{
	struct note_key k = s->key;
	struct buf m = {0};
	uint8_t sig[72];

	k.type = NOTE_COSIGNATURE;
	k.id = key_id(k.name, k.type, k.pub);
	cosigned(&m, text, n, time);
	for (int b = 0; b < 8; b++)
		sig[b] = (uint8_t)(time >> (56 - 8 * b));
	note_ed25519_sign(s, m.at, m.len, sig + 8);
	buf_free(&m);
	sig_line(out, &k, sig, sizeof(sig));
}

void checkpoint_text(struct buf *out, const struct checkpoint *c)
{
	buf_printf(out, "%s\n%" PRIu64 "\n", c->origin, c->size);
	base64_put(out, c->root.at, TREE_HASH);
	buf_char(out, '\n');
}

/* The next line without its newline; false when there is none. */
static bool line(const char **at, const char *end, const char **p, size_t *n)
{
	const char *nl = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

	if (!nl)
		return false;
	*p = *at;
	*n = (size_t)(nl - *at);
	*at = nl + 1;
	return true;
}

/* Decimal without leading zeros. */
static bool decimal(const char *p, size_t n, uint64_t *out)
{
	return n && (n == 1 || p[0] != '0') && text_to_u64(p, n, INT64_MAX, out);
}

bool checkpoint_parse(struct checkpoint *c, const char *text, size_t n, struct err *err)
{
	const char *at = text, *end = text + n, *p;
	size_t k;

	if (!line(&at, end, &p, &k) || !k || k >= sizeof(c->origin))
		return err_set(err, "a checkpoint without an origin line");
	memcpy(c->origin, p, k);
	c->origin[k] = 0;
	if (!line(&at, end, &p, &k) || !decimal(p, k, &c->size))
		return err_set(err, "a checkpoint whose size is no decimal number");
	if (!line(&at, end, &p, &k) || !base64_exact(c->root.at, TREE_HASH, p, k))
		return err_set(err, "a checkpoint whose root is not base64 of 32 bytes");
	return true;
}

void tlog_proof_text(struct buf *out, const struct tlog_proof *p)
{
	buf_text(out, "c2sp.org/tlog-proof@v1\n");
	if (p->extra.len) {
		buf_text(out, "extra ");
		base64_put(out, p->extra.at, p->extra.len);
		buf_char(out, '\n');
	}
	buf_printf(out, "index %" PRIu64 "\n", p->index);
	for (size_t i = 0; i < p->nhash; i++) {
		base64_put(out, p->hash[i].at, TREE_HASH);
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	buf_add(out, p->checkpoint, p->ncheckpoint);
}

bool tlog_proof_parse(struct tlog_proof *p, const char *text, size_t n, struct err *err)
{
	const char *at = text, *end = text + n, *s;
	size_t k;

	*p = (struct tlog_proof){0};
	if (!line(&at, end, &s, &k) || k != 22 || memcmp(s, "c2sp.org/tlog-proof@v1", 22) != 0)
		return err_set(err, "no tlog-proof: its first line is not c2sp.org/tlog-proof@v1");
	if (!line(&at, end, &s, &k))
		return err_set(err, "a tlog-proof that is cut");
	if (k > 6 && !memcmp(s, "extra ", 6)) {
		if (!base64_get(&p->extra, s + 6, k - 6))
			return err_set(err, "a tlog-proof whose extra line is not base64");
		if (!line(&at, end, &s, &k))
			return err_set(err, "a tlog-proof that is cut");
	}
	if (k < 7 || memcmp(s, "index ", 6) != 0 || !decimal(s + 6, k - 6, &p->index))
		return err_set(err, "a tlog-proof without an index");
	for (;;) {
		if (!line(&at, end, &s, &k))
			return err_set(err, "a tlog-proof that is cut");
		if (!k)
			break;
		if (p->nhash == 63)
			return err_set(err, "a tlog-proof of more than 63 hashes");
		if (!base64_exact(p->hash[p->nhash++].at, TREE_HASH, s, k))
			return err_set(err, "hash %zu of a tlog-proof is not base64 of 32 bytes",
				       p->nhash);
	}
	p->checkpoint = at;
	p->ncheckpoint = (size_t)(end - at);
	if (!p->ncheckpoint)
		return err_set(err, "a tlog-proof without its checkpoint");
	return true;
}

void tlog_proof_free(struct tlog_proof *p)
{
	buf_free(&p->extra);
}
