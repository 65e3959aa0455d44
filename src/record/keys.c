/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/keys.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"
#include "record/disk.h"

#define ROTATION "meridian.key-rotation/v1\n"
#define ROTATION_NAME "meridian.key"

/* Nobody is asked on the terminal. */
static char no_password[] = "";

bool keys_folder(struct buf *out, struct err *err)
{
	const char *own = getenv("MERIDIAN_KEYS"), *data = getenv("XDG_DATA_HOME"),
		   *home = getenv("HOME");

	if (own && *own)
		buf_text(out, own);
	else if (data && *data)
		buf_printf(out, "%s/meridian/keys", data);
	else if (home && *home)
		buf_printf(out, "%s/.local/share/meridian/keys", home);
	else
		return err_set(err, "no place for the evidence key: neither MERIDIAN_KEYS nor "
				    "XDG_DATA_HOME nor HOME is set");
	return true;
}

static char *path_of(const char *folder, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%s/%s", folder, name);
	return b.at;
}

/* PKCS #8 PEM of a seed. */
static void private_pem(struct buf *out, const uint8_t seed[32])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	assert(key && bio);
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &p);
	buf_add(out, p, (size_t)n);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static bool read_seed(const char *path, uint8_t seed[32], struct err *err)
{
	struct buf pem = {0};
	EVP_PKEY *key = NULL;
	BIO *bio;
	size_t n = 32;
	bool ok;

	if (!disk_read(path, &pem, 65536, err))
		return false;
	bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password) : NULL;
	ok = key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
	     EVP_PKEY_get_raw_private_key(key, seed, &n) == 1 && n == 32;
	if (!ok)
		err_set(err, "%s: no Ed25519 private key", path);
	EVP_PKEY_free(key);
	BIO_free(bio);
	OPENSSL_cleanse(pem.at, pem.len);
	buf_free(&pem);
	return ok;
}

static bool make(const char *path, uint8_t seed[32], struct err *err)
{
	struct buf pem = {0};
	bool ok;

	if (RAND_bytes(seed, 32) != 1)
		return err_set(err, "OpenSSL has no random bytes for a key");
	private_pem(&pem, seed);
	ok = disk_put(path, pem.at, pem.len, err);
	OPENSSL_cleanse(pem.at, pem.len);
	buf_free(&pem);
	return ok;
}

bool keys_load(const char *folder, const char *name, struct note_signer *s, bool *made,
	       struct err *err)
{
	char *path = path_of(folder, "evidence.pem");
	uint8_t seed[32];
	bool ok;

	*made = !disk_exists(path);
	ok = (*made ? make(path, seed, err) : read_seed(path, seed, err)) &&
	     note_signer_make(s, name, seed, err);
	OPENSSL_cleanse(seed, sizeof(seed));
	free(path);
	return ok;
}

bool keys_web(const char *folder, struct buf *out, struct err *err)
{
	char *path = path_of(folder, "web.pem"), *p;
	EVP_PKEY *key;
	BIO *bio;
	long n;
	bool ok;

	if (disk_exists(path)) {
		ok = disk_read(path, out, 65536, err);
	} else {
		key = EVP_EC_gen("P-384");
		bio = BIO_new(BIO_s_mem());
		ok = key && bio &&
		     PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
		if (ok) {
			n = BIO_get_mem_data(bio, &p);
			buf_add(out, p, (size_t)n);
			ok = disk_put(path, out->at, out->len, err);
		} else {
			err_set(err, "OpenSSL could not make a P-384 key");
		}
		BIO_free(bio);
		EVP_PKEY_free(key);
	}
	free(path);
	return ok;
}

bool keys_rotations(const char *folder, struct buf *out, struct err *err)
{
	char *path = path_of(folder, "rotations");
	bool ok = !disk_exists(path) || disk_read(path, out, 1 << 20, err);

	free(path);
	return ok;
}

bool keys_rotate(const char *folder, int64_t time, struct err *err)
{
	char *path = path_of(folder, "evidence.pem"), *notes_path = path_of(folder, "rotations"),
	     *next = path_of(folder, "evidence.next.pem"), *web = path_of(folder, "web.pem"),
	     *old_path = NULL;
	struct buf notes = {0}, text = {0}, old_name = {0};
	struct note_signer old, new;
	uint8_t seed[32];
	char t[TEXT_TIME];
	bool made, ok;

	ok = keys_load(folder, ROTATION_NAME, &old, &made, err);
	/* A rotation that was cut after its note was written is finished with the same new key. */
	ok = ok && (disk_exists(next) ? read_seed(next, seed, err) : make(next, seed, err)) &&
	     note_signer_make(&new, ROTATION_NAME, seed, err) &&
	     keys_rotations(folder, &notes, err);
	if (ok && !keys_follow(notes.at ? notes.at : "", notes.len, old.key.pub, new.key.pub)) {
		buf_text(&text, ROTATION "old ");
		buf_hex(&text, old.key.pub, 32);
		buf_text(&text, "\nnew ");
		buf_hex(&text, new.key.pub, 32);
		buf_printf(&text, "\ntime %s\n", text_time(t, time));
		note_sign(&notes, text.at, text.len, &old);
		ok = disk_put(notes_path, notes.at, notes.len, err);
	}
	if (ok) {
		struct buf pem = {0};

		buf_text(&old_name, "evidence.");
		buf_hex(&old_name, old.key.pub, 4);
		buf_text(&old_name, ".pem");
		old_path = path_of(folder, old_name.at);
		private_pem(&pem, old.seed);
		ok = disk_put(old_path, pem.at, pem.len, err) &&
		     (!rename(next, path) || err_sys(err, "%s", path));
		OPENSSL_cleanse(pem.at, pem.len);
		buf_free(&pem);
	}
	if (ok && disk_exists(web)) {
		char *kept;

		buf_reset(&old_name);
		buf_text(&old_name, "web.");
		buf_hex(&old_name, old.key.pub, 4);
		buf_text(&old_name, ".pem");
		kept = path_of(folder, old_name.at);
		ok = !rename(web, kept) || err_sys(err, "%s", kept);
		free(kept);
	}
	OPENSSL_cleanse(seed, sizeof(seed));
	buf_free(&notes);
	buf_free(&text);
	buf_free(&old_name);
	free(path);
	free(notes_path);
	free(next);
	free(web);
	free(old_path);
	return ok;
}

bool keys_follow(const char *notes, size_t n, const uint8_t from[32], const uint8_t to[32])
{
	const char *at = notes, *end = notes + n;
	uint8_t have[32];

	memcpy(have, from, 32);
	while (memcmp(have, to, 32) != 0) {
		uint8_t old[32], new[32];
		const char *sig, *stop;
		struct note_key k;
		struct note note;
		struct err err;

		/* "text\n\n— sig\n": a note ends with the line after its empty line. */
		sig = at < end ? memmem(at, (size_t)(end - at), "\n\n", 2) : NULL;
		stop = sig ? memchr(sig + 2, '\n', (size_t)(end - sig - 2)) : NULL;
		if (!stop || !note_parse(&note, at, (size_t)(stop + 1 - at), &err) ||
		    note.ntext < sizeof(ROTATION) - 1 + 4 + 64 + 5 + 64 ||
		    memcmp(note.text, ROTATION "old ", sizeof(ROTATION) + 3) != 0 ||
		    !text_unhex(note.text + sizeof(ROTATION) + 3, 64, old, 32) ||
		    memcmp(note.text + sizeof(ROTATION) + 67, "\nnew ", 5) != 0 ||
		    !text_unhex(note.text + sizeof(ROTATION) + 72, 64, new, 32))
			return false;
		at = stop + 1;
		if (memcmp(old, have, 32) != 0)
			continue;
		if (!note_key_make(&k, ROTATION_NAME, NOTE_ED25519, old, &err) ||
		    note_check(&note, &k, NULL) != NOTE_GOOD)
			return false;
		memcpy(have, new, 32);
	}
	return true;
}

void keys_pem(struct buf *out, const uint8_t pub[32])
{
	/* SubjectPublicKeyInfo of Ed25519, RFC 8410 4. */
	static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	uint8_t der[sizeof(head) + 32];

	memcpy(der, head, sizeof(head));
	memcpy(der + sizeof(head), pub, 32);
	buf_text(out, "-----BEGIN PUBLIC KEY-----\n");
	base64_put(out, der, sizeof(der));
	buf_text(out, "\n-----END PUBLIC KEY-----\n");
}

bool keys_from_pem(const char *pem, size_t n, uint8_t pub[32])
{
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password) : NULL;
	size_t len = 32;
	bool ok = key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
		  EVP_PKEY_get_raw_public_key(key, pub, &len) == 1 && len == 32;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

bool keys_trusted(const char *given, uint8_t pub[32], struct err *err)
{
	struct note_key k;
	struct buf pem = {0};
	bool ok;

	if (strlen(given) == 64 && text_unhex(given, 64, pub, 32))
		return true;
	if (note_key_parse(&k, given, strlen(given), err)) {
		memcpy(pub, k.pub, 32);
		return true;
	}
	ok = disk_read(given, &pem, 65536, err);
	if (ok && !keys_from_pem(pem.at, pem.len, pub))
		ok = err_set(err, "%s: no Ed25519 public key in PEM", given);
	else if (!ok)
		err_in(err, "no verifier key, no 64 hex digits, and no file of a key");
	buf_free(&pem);
	return ok;
}

static void ssh_string(struct buf *b, const void *p, size_t n)
{
	buf_u32(b, (uint32_t)n);
	buf_add(b, p, n);
}

static void ssh_key(struct buf *b, const uint8_t pub[32])
{
	ssh_string(b, "ssh-ed25519", 11);
	ssh_string(b, pub, 32);
}

/* What is signed: PROTOCOL.sshsig section 3. */
static void ssh_signed(struct buf *b, const void *p, size_t n)
{
	uint8_t digest[64];
	unsigned len = sizeof(digest);

	if (EVP_Digest(p, n, digest, &len, EVP_sha512(), NULL) != 1)
		abort();
	buf_text(b, "SSHSIG");
	ssh_string(b, KEYS_NAMESPACE, strlen(KEYS_NAMESPACE));
	ssh_string(b, "", 0);
	ssh_string(b, "sha512", 6);
	ssh_string(b, digest, sizeof(digest));
}

static void ssh_armour(struct buf *out, const uint8_t pub[32], const uint8_t sig[64])
{
	struct buf b = {0}, part = {0}, text = {0};

	buf_text(&b, "SSHSIG");
	buf_u32(&b, 1);
	ssh_key(&part, pub);
	ssh_string(&b, part.at, part.len);
	ssh_string(&b, KEYS_NAMESPACE, strlen(KEYS_NAMESPACE));
	ssh_string(&b, "", 0);
	ssh_string(&b, "sha512", 6);
	buf_reset(&part);
	ssh_string(&part, "ssh-ed25519", 11);
	ssh_string(&part, sig, 64);
	ssh_string(&b, part.at, part.len);
	base64_put(&text, b.at, b.len);
	buf_text(out, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t i = 0; i < text.len; i += 70) {
		buf_add(out, text.at + i, text.len - i < 70 ? text.len - i : 70);
		buf_char(out, '\n');
	}
	buf_text(out, "-----END SSH SIGNATURE-----\n");
	buf_free(&b);
	buf_free(&part);
	buf_free(&text);
}

void sshsig_sign(struct buf *out, const struct note_signer *s, const void *p, size_t n)
{
	struct buf m = {0};
	uint8_t sig[64];

	ssh_signed(&m, p, n);
	note_ed25519_sign(s, m.at, m.len, sig);
	ssh_armour(out, s->key.pub, sig);
	buf_free(&m);
}

bool sshsig_ok(const char *text, size_t len, const uint8_t pub[32], const void *p, size_t n)
{
	struct buf b64 = {0}, raw = {0}, again = {0}, m = {0};
	const char *at = memchr(text, '\n', len), *end = text + len;
	bool ok = false;

	/* The signature is the last 64 bytes; everything else has only one way to be. */
	while (at && ++at < end && *at != '-') {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (!nl)
			break;
		buf_add(&b64, at, (size_t)(nl - at));
		at = nl;
	}
	if (base64_get(&raw, b64.at ? b64.at : "", b64.len) && raw.len > 64) {
		const uint8_t *sig = (const uint8_t *)raw.at + raw.len - 64;

		ssh_armour(&again, pub, sig);
		ssh_signed(&m, p, n);
		ok = again.len == len && !memcmp(again.at, text, len) &&
		     note_ed25519_ok(pub, m.at, m.len, sig);
	}
	buf_free(&b64);
	buf_free(&raw);
	buf_free(&again);
	buf_free(&m);
	return ok;
}

void sshsig_allowed(struct buf *out, const char *who, const uint8_t pub[32])
{
	struct buf key = {0};

	ssh_key(&key, pub);
	buf_printf(out, "%s namespaces=\"" KEYS_NAMESPACE "\" ssh-ed25519 ", who);
	base64_put(out, key.at, key.len);
	buf_char(out, '\n');
	buf_free(&key);
}
