/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <inttypes.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/stream.h"
#include "base/text.h"
#include "record/tsa.h"
#include "record/wacz.h"
#include "record/wacz_parts.h"
#include "record/warc.h"
#include "record/zip.h"

#define SMALL ((size_t)64 << 20) /* an index, a list of pages, the package */
#define LARGE ((size_t)4 << 30)	 /* an archive */
#define PACKAGE "datapackage.json"
#define DIGEST "datapackage-digest.json"

/* A record that an index may point at. */
struct place {
	const char *file; /* "data.warc.gz" */
	uint64_t offset, length;
};

struct work {
	const struct wacz_verify *v;
	struct proved *out;
	struct arena arena;
	struct zip zip;
	struct place *place;
	size_t nplace, place_cap;
	const char **listed; /* paths of the resources */
	size_t nlisted, listed_cap;
	int64_t created; /* of the package, TIME_NONE unknown */
	const char *software;
};

#define say(w, what, ...) proved_say((w)->out, what, __VA_ARGS__)

static const char *keep(struct work *w, struct json *j)
{
	return arena_textn(&w->arena, j->text, j->ntext);
}

static bool content(struct work *w, const char *name, size_t max, struct buf *out, struct err *err)
{
	const struct zip_member *m = zip_find(&w->zip, name);

	return m ? zip_content(m, out, max, err) : err_set(err, "%s: is not in it", name);
}

/* "sha256:HEX", or HEX of the algorithm that `hashing` names (WACZ 1.0.0). */
static bool hash_is(const char *said, const char *hashing, const struct buf *b)
{
	const char *colon = strchr(said, ':'), *hex = colon ? colon + 1 : said;
	char name[16];
	uint8_t d[EVP_MAX_MD_SIZE];
	unsigned n = sizeof(d);
	struct buf text = {0};
	const EVP_MD *md;
	bool ok;

	snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - said) : 15,
		 colon	   ? said
		 : hashing ? hashing
			   : "sha256");
	/* What the format allows and is not broken. */
	md = !strcmp(name, "sha256")   ? EVP_sha256()
	     : !strcmp(name, "sha384") ? EVP_sha384()
	     : !strcmp(name, "sha512") ? EVP_sha512()
				       : NULL;
	if (!md || EVP_Digest(b->len ? b->at : "", b->len, d, &n, md, NULL) != 1)
		return false;
	buf_hex(&text, d, n);
	ok = !strcmp(text.at, hex);
	buf_free(&text);
	return ok;
}

/* ---- datapackage.json ---- */

static bool resource(struct work *w, struct json *j, struct err *err)
{
	const char *path = NULL, *hash = NULL, *hashing = NULL;
	uint64_t bytes = UINT64_MAX;
	struct buf b = {0};
	bool ok;

	while (json_key(j)) {
		if (json_is(j, "path") && json_text(j))
			path = keep(w, j);
		else if (json_is(j, "hash") && json_text(j))
			hash = keep(w, j);
		else if (json_is(j, "hashing") && json_text(j))
			hashing = keep(w, j);
		else if (json_is(j, "bytes"))
			bytes = json_u64(j, INT64_MAX, UINT64_MAX);
		else if (json_is(j, "stats") && json_next(j) == JSON_OBJECT) {
			/* WACZ 1.0.0 */
			while (json_key(j)) {
				if (json_is(j, "hash") && json_text(j))
					hash = keep(w, j);
				else if (json_is(j, "bytes"))
					bytes = json_u64(j, INT64_MAX, UINT64_MAX);
				else
					json_skip(j);
			}
		} else
			json_skip(j);
	}
	if (json_why(j, NULL))
		return true; /* said by the caller */
	if (!path || !hash || bytes == UINT64_MAX)
		return err_set(err, "a resource without path, hash or bytes");
	if (!strcmp(path, PACKAGE) || !strcmp(path, DIGEST))
		return err_set(err, "%s: is a resource of itself", path);
	for (size_t i = 0; i < w->nlisted; i++)
		if (!strcmp(w->listed[i], path))
			return err_set(err, "%s: is listed twice", path);
	mem_room(&w->listed, &w->listed_cap, w->nlisted + 1);
	w->listed[w->nlisted++] = path;
	ok = content(w, path, LARGE, &b, err);
	if (ok && (b.len != bytes || !hash_is(hash, hashing, &b)))
		ok = err_set(err, "%s: was changed: it has another size or digest", path);
	buf_free(&b);
	return ok;
}

static void check_package(struct work *w, const struct buf *text)
{
	struct json j;
	struct err err = {0};
	const char *profile = NULL, *version = NULL;
	bool resources = false, ok = true, index = false, pages = false, archive = false;
	uint64_t at;

	json_of(&j, text->at, text->len);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "profile") && json_text(&j)) {
				profile = keep(w, &j);
			} else if (json_is(&j, "wacz_version") && json_text(&j)) {
				version = keep(w, &j);
			} else if (json_is(&j, "software") && json_text(&j)) {
				w->software = keep(w, &j);
			} else if (json_is(&j, "created") && json_text(&j)) {
				if (!text_to_time(j.text, j.ntext, &w->created))
					w->created = TIME_NONE;
			} else if (ok && json_is(&j, "resources") && json_next(&j) == JSON_ARRAY) {
				resources = true;
				while (json_item(&j)) {
					if (ok && j.token != JSON_OBJECT)
						ok = err_set(&err, "a resource that is no object");
					else if (ok)
						ok = resource(w, &j, &err);
					if (!ok)
						break;
				}
			} else {
				json_skip(&j);
			}
		}
	if (ok && (json_why(&j, &at) || json_next(&j) != JSON_END))
		ok = err_set(&err, "is no JSON object (%s)",
			     json_why(&j, &at) ? json_why(&j, &at) : "more follows");
	json_free(&j);
	if (ok && (!profile || !version || !resources))
		ok = err_set(&err, "has no %s, which WACZ asks for",
			     !profile	? "profile"
			     : !version ? "wacz_version"
					: "resources");
	if (ok && strcmp(profile, "data-package") && strcmp(profile, "wacz-package"))
		ok = err_set(&err, "has a profile that is not data-package");
	for (size_t i = 0; ok && i < w->zip.n; i++) {
		const char *name = w->zip.member[i].name;
		size_t n = strlen(name);
		bool known = !strcmp(name, PACKAGE) || !strcmp(name, DIGEST) || name[n - 1] == '/';

		archive |= !strncmp(name, "archive/", 8);
		index |= !strncmp(name, "indexes/", 8);
		pages |= !strcmp(name, "pages/pages.jsonl");
		for (size_t k = 0; !known && k < w->nlisted; k++)
			known = !strcmp(w->listed[k], name);
		if (!known)
			ok = err_set(&err, "%s: lies in the file and is not listed", name);
	}
	if (ok && (!archive || !index || !pages))
		ok = err_set(&err, "there is no %s",
			     !archive ? "archive/"
			     : !index ? "indexes/"
				      : "pages/pages.jsonl");
	if (ok)
		say(w, PROVED,
		    "%s (WACZ %s): the %zu files that it lists are as it says, and "
		    "there are no others",
		    PACKAGE, version, w->nlisted);
	else
		say(w, NOT_PROVED, "%s: %s", PACKAGE, err.text);
}

/* ---- the signature ---- */

/* wacz-auth's signedData. */
struct signed_data {
	const char *hash, *signature, *public_key, *domain, *domain_cert, *stamp, *stamp_cert,
	    *software, *created, *version, *cross;
	bool other; /* a member that no form has */
};

static bool read_digest(struct work *w, const struct buf *text, struct signed_data *s, bool *has,
			struct err *err)
{
	const struct {
		const char *name;
		const char **to;
	} known[] = {{"hash", &s->hash},
		     {"signature", &s->signature},
		     {"publicKey", &s->public_key},
		     {"domain", &s->domain},
		     {"domainCert", &s->domain_cert},
		     {"timeSignature", &s->stamp},
		     {"timestampCert", &s->stamp_cert},
		     {"crossSignedCert", &s->cross},
		     {"software", &s->software},
		     {"created", &s->created},
		     {"version", &s->version}};
	const char *path = NULL, *hash = NULL;
	struct buf package = {0};
	struct json j;
	bool ok;

	*has = false;
	json_of(&j, text->at, text->len);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "path") && json_text(&j))
				path = keep(w, &j);
			else if (json_is(&j, "hash") && json_text(&j))
				hash = keep(w, &j);
			else if (json_is(&j, "signedData") && json_next(&j) == JSON_OBJECT) {
				*has = true;
				while (json_key(&j)) {
					size_t i, n = sizeof(known) / sizeof(*known);

					for (i = 0; i < n && !json_is(&j, known[i].name); i++)
						;
					if (i < n && json_text(&j)) {
						*known[i].to = keep(w, &j);
						continue;
					}
					s->other = true;
					if (i == n)
						json_skip(&j);
				}
			} else
				json_skip(&j);
		}
	ok = !json_why(&j, NULL) || err_set(err, "is no JSON: %s", json_why(&j, NULL));
	json_free(&j);
	if (ok && (!path || strcmp(path, PACKAGE) || !hash))
		ok = err_set(err, "is not of " PACKAGE);
	ok = ok && content(w, PACKAGE, SMALL, &package, err);
	if (ok && (strncmp(hash, "sha256:", 7) || !hash_is(hash, NULL, &package)))
		ok = err_set(err, PACKAGE " was changed: it has another digest");
	if (ok && *has && (!s->hash || strcmp(s->hash, hash)))
		ok = err_set(err, "what is signed is not the digest of " PACKAGE);
	buf_free(&package);
	return ok;
}

/* ECDSA with SHA-256 over a text: DER, or the two numbers one after another. */
static bool signature_ok(EVP_PKEY *key, const char *text, const char *b64)
{
	struct buf raw = {0};
	unsigned char *der = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t half = key ? ((size_t)EVP_PKEY_get_bits(key) + 7) / 8 : 0;
	bool ok = key && ctx && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
		  base64_get(&raw, b64, strlen(b64)) && raw.len;
	const unsigned char *sig = (const unsigned char *)raw.at;
	size_t n = raw.len;

	if (ok && raw.len == 2 * half) {
		ECDSA_SIG *two = ECDSA_SIG_new();
		BIGNUM *r = BN_bin2bn(sig, (int)half, NULL),
		       *s = BN_bin2bn(sig + half, (int)half, NULL);
		int len;

		ECDSA_SIG_set0(two, r, s);
		len = i2d_ECDSA_SIG(two, &der);
		ECDSA_SIG_free(two);
		ok = len > 0;
		sig = der;
		n = ok ? (size_t)len : 0;
	}
	ok = ok && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, sig, n, (const unsigned char *)text, strlen(text)) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	buf_free(&raw);
	return ok;
}

static char no_password[] = "";

/* Is it the key that the file was to be signed with? */
static bool expected(const struct wacz_verify *v, EVP_PKEY *key)
{
	BIO *bio = BIO_new_mem_buf(v->pub, (int)v->npub);
	EVP_PKEY *want = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password) : NULL;
	bool ok = want && EVP_PKEY_eq(want, key) == 1;

	EVP_PKEY_free(want);
	BIO_free(bio);
	return ok;
}

static void check_anonymous(struct work *w, const struct signed_data *s)
{
	struct buf der = {0};
	EVP_PKEY *key = NULL;
	const unsigned char *p;

	if (base64_get(&der, s->public_key, strlen(s->public_key)) && der.len) {
		p = (const unsigned char *)der.at;
		key = d2i_PUBKEY(NULL, &p, (long)der.len);
	}
	if (!signature_ok(key, s->hash, s->signature))
		say(w, NOT_PROVED, DIGEST ": the signature does not verify");
	else if (w->v->pub && !expected(w->v, key))
		say(w, NOT_PROVED, DIGEST ": was signed by another key than the bundle names");
	else
		say(w, PROVED, DIGEST ": signed by %s",
		    w->v->pub ? "the bundle's key for web archives"
			      : "the key in it (who holds that, it does not say)");
	EVP_PKEY_free(key);
	buf_free(&der);
}

/* All certificates of a PEM text; the first one is the leaf. */
static STACK_OF(X509) * certificates(const char *pem)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x;

	while (all && bio && sk_X509_num(all) < 16 &&
	       (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		sk_X509_push(all, x);
	BIO_free(bio);
	return all;
}

/* Was the domain's certificate good at that time, under roots that are trusted here? */
static bool chain_ok(struct work *w, STACK_OF(X509) * certs, const char *domain, int64_t time,
		     struct err *err)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool ok = store && ctx &&
		  (w->v->ca ? X509_STORE_load_file(store, w->v->ca)
			    : X509_STORE_set_default_paths(store)) == 1 &&
		  X509_STORE_CTX_init(ctx, store, sk_X509_value(certs, 0), certs) == 1;

	if (!ok) {
		err_set(err, "the roots for domain certificates cannot be read");
	} else {
		param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(param, (time_t)(time / SECOND));
		X509_VERIFY_PARAM_set1_host(param, domain, 0);
		X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
		ok = X509_verify_cert(ctx) == 1 ||
		     err_set(err, "%s",
			     X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok;
}

static void check_domain(struct work *w, const struct signed_data *s)
{
	STACK_OF(X509) *certs = certificates(s->domain_cert);
	X509 *leaf = certs && sk_X509_num(certs) ? sk_X509_value(certs, 0) : NULL;
	EVP_PKEY *key = leaf ? X509_get_pubkey(leaf) : NULL;
	struct buf token = {0};
	uint8_t d[SHA256_SIZE];
	struct tsa_token t = {0};
	struct tsa_trust trust = {.roots = w->v->roots ? w->v->roots : s->stamp_cert,
				  .nroots = w->v->roots ? w->v->nroots : strlen(s->stamp_cert),
				  .certs = s->stamp_cert,
				  .ncerts = strlen(s->stamp_cert)};
	struct err err;
	char when[TEXT_TIME];
	bool stamped;

	if (!signature_ok(key, s->hash, s->signature))
		say(w, NOT_PROVED,
		    DIGEST ": the signature does not verify by the certificate of %s", s->domain);
	else
		say(w, PROVED, DIGEST ": signed by the key of the certificate for %s", s->domain);
	/* The stamp is over the signature as it is written. */
	sha256(s->signature, strlen(s->signature), d);
	stamped = base64_get(&token, s->stamp, strlen(s->stamp)) &&
		  tsa_verify(token.at ? token.at : "", token.len, d, &trust, &t, &err);
	if (stamped)
		say(w, PROVED, "the signature existed at %s, by the time stamp of %s%s",
		    text_time(when, t.time), t.who[0] ? t.who : "an authority",
		    w->v->roots ? ""
				: " under the root that is in the file (trust in it is yours)");
	else
		say(w, NOT_PROVED, DIGEST ": its time stamp: %s",
		    token.len ? err.text : "is no base64");
	if (leaf && stamped) {
		if (chain_ok(w, certs, s->domain, t.time, &err))
			say(w, PROVED, "%s: its certificate was good at that time", s->domain);
		else
			say(w, NOT_PROVED,
			    "%s: its certificate was not good at that time, or leads to no root "
			    "that is trusted here: %s",
			    s->domain, err.text);
	}
	EVP_PKEY_free(key);
	sk_X509_pop_free(certs, X509_free);
	buf_free(&token);
}

static void check_signature(struct work *w)
{
	struct buf text = {0};
	struct signed_data s = {0};
	struct err err = {0};
	bool has;

	if (!zip_find(&w->zip, DIGEST)) {
		say(w, w->v->pub ? NOT_PROVED : NOT_CLAIMED,
		    "there is no " DIGEST ": nobody signed it");
		return;
	}
	if (!content(w, DIGEST, SMALL, &text, &err) || !read_digest(w, &text, &s, &has, &err))
		say(w, NOT_PROVED, DIGEST ": %s", err.text);
	else if (!has)
		say(w, w->v->pub ? NOT_PROVED : NOT_CLAIMED, DIGEST ": has no signature");
	else if (!s.other && s.signature && s.public_key && !s.domain && !s.domain_cert &&
		 !s.stamp && !s.stamp_cert && !s.cross)
		check_anonymous(w, &s);
	else if (!s.other && s.signature && !s.public_key && s.domain && s.domain_cert && s.stamp &&
		 s.stamp_cert)
		check_domain(w, &s);
	else
		say(w, NOT_PROVED,
		    DIGEST ": its signedData is neither of the two forms of wacz-auth");
	buf_free(&text);
}

/* ---- the archive, its index and its pages ---- */

static void check_archive(struct work *w, const struct zip_member *m)
{
	struct buf file = {0};
	struct err err;
	struct warc *warc;
	struct warc_record r;
	uint64_t records = 0, good = 0, bad = 0, unknown = 0;
	const char *fault, *name = m->name + 8;

	if (!zip_content(m, &file, LARGE, &err)) {
		say(w, NOT_PROVED, "%s", err.text);
		buf_free(&file);
		return;
	}
	warc = warc_open(file.at ? file.at : "", file.len);
	while (warc_next(warc, &r)) {
		const enum warc_digest d[2] = {r.block_digest, r.payload_digest};

		records++;
		for (int i = 0; i < 2; i++) {
			good += d[i] == DIGEST_GOOD;
			bad += d[i] == DIGEST_BAD;
			unknown += d[i] == DIGEST_UNKNOWN;
		}
		mem_room(&w->place, &w->place_cap, w->nplace + 1);
		w->place[w->nplace++] = (struct place){name, r.offset, r.length};
	}
	fault = warc_fault(warc, NULL);
	if (fault)
		say(w, NOT_PROVED, "%s: %s", m->name, fault);
	else if (bad)
		say(w, NOT_PROVED, "%s: %" PRIu64 " digests of its records are not theirs", m->name,
		    bad);
	else
		say(w, PROVED, "%s: %" PRIu64 " records, %" PRIu64 " digests in them hold%s",
		    m->name, records, good,
		    unknown ? " (others are of kinds that are not known here)" : "");
	warc_close(warc);
	if (w->v->again && !strcmp(m->name, "archive/data.warc.gz")) {
		struct wacz *own = wacz_new(w->software ? w->software : "",
					    w->created == TIME_NONE ? 0 : w->created);
		const struct buf *again = wacz_archive(own);

		w->v->again(w->v->arg, own);
		if (again->len == file.len && !memcmp(again->at, file.at, file.len))
			say(w, PROVED,
			    "%s: is what the raw measurements of the bundle give, byte "
			    "for byte",
			    m->name);
		else
			say(w, NOT_CLAIMED,
			    "%s: this version writes it otherwise from the raw measurements; that "
			    "it is from them rests on the seal",
			    m->name);
		wacz_free(own);
	}
	buf_free(&file);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	return c ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

static uint64_t number(struct json *j)
{
	uint64_t v;

	/* Numbers are written as texts there. */
	if (json_text(j))
		return text_to_u64(j->text, j->ntext, INT64_MAX, &v) ? v : UINT64_MAX;
	if (j->token == JSON_NUMBER)
		return text_to_u64(j->text, j->ntext, INT64_MAX, &v) ? v : UINT64_MAX;
	return UINT64_MAX;
}

/* "KEY TIME14 {JSON}": a record must lie where it says. */
static bool index_line(struct work *w, const char *p, size_t n, struct err *err)
{
	const char *brace = memchr(p, '{', n);
	struct place want = {.offset = UINT64_MAX, .length = UINT64_MAX}, *got;
	struct json j;

	if (!brace)
		return err_set(err, "a line without JSON");
	json_of(&j, brace, (size_t)(p + n - brace));
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "offset"))
				want.offset = number(&j);
			else if (json_is(&j, "length"))
				want.length = number(&j);
			else if (json_is(&j, "filename") && json_text(&j))
				want.file = keep(w, &j);
			else
				json_skip(&j);
		}
	if (json_why(&j, NULL)) {
		json_free(&j);
		return err_set(err, "a line whose JSON is malformed");
	}
	json_free(&j);
	if (!want.file || want.offset == UINT64_MAX || want.length == UINT64_MAX)
		return err_set(err, "a line without filename, offset or length");
	got = w->nplace ? bsearch(&want, w->place, w->nplace, sizeof(*w->place), by_place) : NULL;
	/* Plain records are counted with or without the empty lines after them. */
	if (!got || (got->length != want.length && got->length != want.length + 4))
		return err_set(err, "no record lies at byte %" PRIu64 " of %s", want.offset,
			       want.file);
	return true;
}

static void check_index(struct work *w, const struct zip_member *m)
{
	struct buf file = {0};
	struct err err = {0};
	struct stream *s = NULL;
	uint64_t lines = 0;
	size_t got;
	const uint8_t *p;
	bool ok = zip_content(m, &file, SMALL, &err);

	/* Compressed ones (ZipNum) are gzip members one after another. */
	s = ok ? stream_of(file.at ? file.at : "", file.len, m->name, 0) : NULL;
	while (ok && s) {
		const uint8_t *nl;

		p = stream_peek(s, 1 << 16, &got);
		if (!got)
			break;
		nl = memchr(p, '\n', got);
		if (!nl && got >= 1 << 16)
			ok = err_set(&err, "a line of more than 64 KiB");
		else if (nl != p && *p != '!') {
			ok = index_line(w, (const char *)p, nl ? (size_t)(nl - p) : got, &err);
			lines++;
		}
		stream_skip(s, nl ? (size_t)(nl - p) + 1 : got);
		if (stream_size(s) && stream_offset(s) > 1024 * SMALL)
			ok = err_set(&err, "unpacks to too much");
	}
	if (ok && s && stream_fault(s))
		ok = err_set(&err, "%s", stream_fault(s));
	if (ok)
		say(w, PROVED, "%s: its %" PRIu64 " lines lead to records", m->name, lines);
	else
		say(w, NOT_PROVED, "%s: %s", m->name, err.text);
	if (s)
		stream_close(s);
	buf_free(&file);
}

bool wacz_pages(const char *text, size_t n, size_t *pages, struct err *err)
{
	const char *at = text, *end = text + n;
	size_t line = 0;

	for (*pages = 0; at < end; line++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end;
		bool format = false, id = false, url = false, object, good;
		struct json j;

		json_of(&j, at, (size_t)(stop - at));
		object = json_next(&j) == JSON_OBJECT;
		while (object && json_key(&j)) {
			if (json_is(&j, "format") && json_text(&j))
				format = j.ntext == 14 && !memcmp(j.text, "json-pages-1.0", 14);
			else if (json_is(&j, "id") && json_text(&j))
				id = true;
			else if (json_is(&j, "url") && json_text(&j))
				url = j.ntext > 0;
			else
				json_skip(&j);
		}
		good = object && !json_why(&j, NULL) && json_next(&j) == JSON_END;
		json_free(&j);
		if (!good)
			return err_set(err, "line %zu is no JSON object", line + 1);
		if (!line && (!format || !id))
			return err_set(err, "its first line does not say json-pages-1.0 and an id");
		if (line && !url)
			return err_set(err, "line %zu is a page without a URL", line + 1);
		*pages += line > 0;
		at = nl ? nl + 1 : end;
	}
	return line || err_set(err, "is empty");
}

static void check_pages(struct work *w, const struct zip_member *m)
{
	struct buf b = {0};
	struct err err;
	size_t pages;

	if (!zip_content(m, &b, SMALL, &err) || !wacz_pages(b.at ? b.at : "", b.len, &pages, &err))
		say(w, NOT_PROVED, "%s: %s", m->name, err.text);
	buf_free(&b);
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && !strcmp(s + n - k, with);
}

bool wacz_verify(const struct wacz_verify *v, struct proved *out)
{
	struct work w = {.v = v, .out = out, .created = TIME_NONE};
	struct buf package = {0};
	bool before = out->ok;
	struct err err;

	out->ok = true;
	if (!zip_read(&w.zip, v->at, v->n, &err)) {
		say(&w, NOT_PROVED, "WACZ: %s", err.text);
	} else if (!content(&w, PACKAGE, SMALL, &package, &err)) {
		say(&w, NOT_PROVED, "WACZ: %s", err.text);
	} else {
		if (w.zip.loose)
			say(&w, v->pub ? NOT_PROVED : NOT_CLAIMED,
			    "%zu bytes of the ZIP file belong to no member", w.zip.loose);
		check_package(&w, &package);
		check_signature(&w);
		for (size_t i = 0; i < w.zip.n; i++)
			if (!strncmp(w.zip.member[i].name, "archive/", 8) &&
			    (ends(w.zip.member[i].name, ".warc") ||
			     ends(w.zip.member[i].name, ".warc.gz")))
				check_archive(&w, &w.zip.member[i]);
		if (w.nplace)
			qsort(w.place, w.nplace, sizeof(*w.place), by_place);
		for (size_t i = 0; i < w.zip.n; i++) {
			const char *name = w.zip.member[i].name;

			if (!strncmp(name, "indexes/", 8) &&
			    (ends(name, ".cdxj") || ends(name, ".cdx") || ends(name, ".cdx.gz") ||
			     ends(name, ".cdxj.gz")))
				check_index(&w, &w.zip.member[i]);
			else if (!strncmp(name, "pages/", 6) && ends(name, ".jsonl"))
				check_pages(&w, &w.zip.member[i]);
		}
	}
	zip_free(&w.zip);
	arena_free(&w.arena);
	free(w.place);
	free(w.listed);
	buf_free(&package);
	out->ok = before && out->ok;
	return out->ok;
}
