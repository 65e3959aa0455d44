/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/tsa.h"

#include <curl/curl.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static bool fail(struct err *err, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *why = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return err_set(err, "%s: %s", what, why ? why : "it is malformed");
}

bool tsa_request(struct buf *out, const uint8_t digest[SHA256_SIZE], struct err *err)
{
	TS_REQ *req = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algo = X509_ALGOR_new();
	ASN1_INTEGER *nonce = ASN1_INTEGER_new();
	unsigned char *der = NULL;
	uint64_t random;
	int n = -1;

	if (req && imprint && algo && nonce &&
	    RAND_bytes((unsigned char *)&random, sizeof(random)) == 1 &&
	    X509_ALGOR_set0(algo, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
	    TS_MSG_IMPRINT_set_algo(imprint, algo) &&
	    TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)(uintptr_t)digest, SHA256_SIZE) &&
	    ASN1_INTEGER_set_uint64(nonce, random >> 1) && TS_REQ_set_version(req, 1) &&
	    TS_REQ_set_msg_imprint(req, imprint) && TS_REQ_set_nonce(req, nonce) &&
	    TS_REQ_set_cert_req(req, 1))
		n = i2d_TS_REQ(req, &der);
	if (n > 0)
		buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	TS_REQ_free(req);
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(algo);
	ASN1_INTEGER_free(nonce);
	return n > 0 || fail(err, "a time stamp request");
}

static size_t receive(char *p, size_t size, size_t n, void *arg)
{
	struct buf *out = arg;

	if (out->len + size * n > 1 << 20)
		return 0;
	buf_add(out, p, size * n);
	return size * n;
}

/* Does the answer belong to the request? */
static bool answers(const struct buf *req, const struct buf *resp, struct err *err)
{
	const unsigned char *p = (const unsigned char *)req->at,
			    *q = (const unsigned char *)resp->at;
	TS_REQ *r = d2i_TS_REQ(NULL, &p, (long)req->len);
	TS_RESP *a = d2i_TS_RESP(NULL, &q, (long)resp->len);
	TS_TST_INFO *info = a ? TS_RESP_get_tst_info(a) : NULL;
	const ASN1_INTEGER *asked = r ? TS_REQ_get_nonce(r) : NULL,
			   *got = info ? TS_TST_INFO_get_nonce(info) : NULL;
	bool ok = true;

	if (!a || !info)
		ok = fail(err, "the authority gave no time stamp");
	else if (!asked || !got || ASN1_INTEGER_cmp(asked, got) != 0)
		ok = err_set(err, "the authority's answer is not to our request (another nonce)");
	TS_RESP_free(a);
	TS_REQ_free(r);
	return ok;
}

bool tsa_stamp(const char *url, const uint8_t digest[SHA256_SIZE], struct buf *out, struct err *err)
{
	struct buf req = {0};
	struct curl_slist *head = NULL;
	struct tsa_token t;
	CURL *c = curl_easy_init();
	CURLcode rc;
	long status = 0;
	bool ok = c && tsa_request(&req, digest, err);

	if (ok) {
		head = curl_slist_append(head, "Content-Type: application/timestamp-query");
		head = curl_slist_append(head, "Accept: application/timestamp-reply");
		curl_easy_setopt(c, CURLOPT_URL, url);
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, head);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, req.at);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)req.len);
		curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
		curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
		curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
		curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
		rc = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
		if (rc != CURLE_OK)
			ok = err_set(err, "%s: %s", url, curl_easy_strerror(rc));
		else if (status != 200)
			ok = err_set(err, "%s: the time stamping authority answered %ld", url,
				     status);
		else if (!answers(&req, out, err) || !tsa_read(out->at, out->len, &t, err))
			ok = err_in(err, "%s", url);
		else if (memcmp(t.digest, digest, SHA256_SIZE) != 0)
			ok = err_set(err, "%s: stamped another digest", url);
	}
	curl_slist_free_all(head);
	curl_easy_cleanup(c);
	buf_free(&req);
	return ok;
}

static int64_t asn1_time(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) * SECOND : TIME_NONE;
}

static bool told(TS_RESP *r, struct tsa_token *t, struct err *err)
{
	TS_TST_INFO *info = TS_RESP_get_tst_info(r);
	PKCS7 *token = TS_RESP_get_token(r);
	TS_MSG_IMPRINT *imprint = info ? TS_TST_INFO_get_msg_imprint(info) : NULL;
	ASN1_OCTET_STRING *msg = imprint ? TS_MSG_IMPRINT_get_msg(imprint) : NULL;
	STACK_OF(X509) * signers;

	*t = (struct tsa_token){.expires = TIME_NONE};
	if (!info || !token || !msg || ASN1_STRING_length(msg) != SHA256_SIZE)
		return fail(err, "a time stamp response without a SHA-256 token");
	memcpy(t->digest, ASN1_STRING_get0_data(msg), SHA256_SIZE);
	t->time = asn1_time((const ASN1_TIME *)TS_TST_INFO_get_time(info));
	if (t->time == TIME_NONE)
		return err_set(err, "a time stamp whose time is none");
	signers = PKCS7_get0_signers(token, NULL, 0);
	if (signers && sk_X509_num(signers)) {
		X509 *x = sk_X509_value(signers, 0);

		X509_NAME_oneline(X509_get_subject_name(x), t->who, sizeof(t->who));
		t->expires = asn1_time(X509_get0_notAfter(x));
	}
	sk_X509_free(signers);
	ERR_clear_error();
	return true;
}

bool tsa_read(const void *resp, size_t n, struct tsa_token *t, struct err *err)
{
	const unsigned char *p = resp;
	TS_RESP *r = d2i_TS_RESP(NULL, &p, (long)n);
	bool ok = r && p == (const unsigned char *)resp + n ? told(r, t, err)
							    : fail(err, "no time stamp response");

	TS_RESP_free(r);
	return ok;
}

bool tsa_verify(const void *resp, size_t n, const uint8_t digest[SHA256_SIZE], const char *roots,
		size_t nroots, struct tsa_token *t, struct err *err)
{
	const unsigned char *p = resp;
	TS_RESP *r = d2i_TS_RESP(NULL, &p, (long)n);
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	X509_STORE *store = X509_STORE_new();
	BIO *bio = BIO_new_mem_buf(roots, (int)nroots);
	X509 *x;
	int found = 0;
	bool ok = r && ctx && store && bio && p == (const unsigned char *)resp + n;

	if (!ok)
		fail(err, "no time stamp response");
	ok = ok && told(r, t, err);
	while (ok && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		X509_STORE_add_cert(store, x);
		X509_free(x);
		found++;
	}
	ERR_clear_error();
	if (ok && !found)
		ok = err_set(err, "no certificate of a time stamping authority to trust");
	if (ok) {
		X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store),
					   (time_t)(t->time / SECOND));
		TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
		TS_VERIFY_CTX_set_imprint(ctx, OPENSSL_memdup(digest, SHA256_SIZE), SHA256_SIZE);
		TS_VERIFY_CTX_set_store(ctx, store);
		store = NULL;
		ok = TS_RESP_verify_response(ctx, r) == 1 || fail(err, "the time stamp");
	}
	X509_STORE_free(store);
	TS_VERIFY_CTX_free(ctx);
	TS_RESP_free(r);
	BIO_free(bio);
	return ok;
}
