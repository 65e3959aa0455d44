/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/tsa.h"

#include <curl/curl.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static bool fail(struct err *err, const char *what)
{
	const char *more = NULL;
	int flags = 0;
	unsigned long e = ERR_peek_last_error_data(&more, &flags);
	const char *why = e ? ERR_reason_error_string(e) : NULL;

	/* "Verify error:certificate revoked" */
	more = more && (flags & ERR_TXT_STRING) ? more : "";
	err_set(err, "%s: %s%s%s", what, why ? why : "it is malformed", *more ? ": " : "", more);
	ERR_clear_error();
	return false;
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

/* Every certificate of a PEM text, into a store (trusted) or a list (owned). */
static int read_certs(const char *pem, size_t n, X509_STORE *store, STACK_OF(X509) * list)
{
	BIO *bio = pem ? BIO_new_mem_buf(pem, (int)n) : NULL;
	X509 *x;
	int found = 0;

	while (bio && found < 64 && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (store)
			X509_STORE_add_cert(store, x);
		if (list)
			sk_X509_push(list, x);
		else
			X509_free(x);
		found++;
	}
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

static int read_crls(const char *pem, size_t n, X509_STORE *store)
{
	BIO *bio = pem ? BIO_new_mem_buf(pem, (int)n) : NULL;
	X509_CRL *x;
	int found = 0;

	while (bio && found < 64 && (x = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
		X509_STORE_add_crl(store, x);
		X509_CRL_free(x);
		found++;
	}
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

bool tsa_verify(const void *resp, size_t n, const uint8_t digest[SHA256_SIZE],
		const struct tsa_trust *trust, struct tsa_token *t, struct err *err)
{
	const unsigned char *p = resp;
	TS_RESP *r = d2i_TS_RESP(NULL, &p, (long)n);
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool ok = r && ctx && store && certs && p == (const unsigned char *)resp + n;

	if (!ok)
		fail(err, "no time stamp response");
	ok = ok && told(r, t, err);
	if (ok && !read_certs(trust->roots, trust->nroots, store, NULL))
		ok = err_set(err, "no certificate of a time stamping authority to trust");
	if (ok) {
		X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

		X509_VERIFY_PARAM_set_time(param, (time_t)(t->time / SECOND));
		if (read_crls(trust->crls, trust->ncrls, store))
			X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK |
							       X509_V_FLAG_CRL_CHECK_ALL);
		TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
		TS_VERIFY_CTX_set_imprint(ctx, OPENSSL_memdup(digest, SHA256_SIZE), SHA256_SIZE);
		TS_VERIFY_CTX_set_store(ctx, store);
		store = NULL;
		if (read_certs(trust->certs, trust->ncerts, NULL, certs)) {
			TS_VERIFY_CTX_set_certs(ctx, certs);
			certs = NULL;
		}
		ok = TS_RESP_verify_response(ctx, r) == 1 || fail(err, "the time stamp");
	}
	sk_X509_pop_free(certs, X509_free);
	X509_STORE_free(store);
	TS_VERIFY_CTX_free(ctx);
	TS_RESP_free(r);
	return ok;
}

static bool fetch_crl(const char *url, struct buf *out, struct err *err)
{
	struct buf der = {0};
	CURL *c = curl_easy_init();
	X509_CRL *crl = NULL;
	BIO *bio;
	CURLcode rc;
	long status = 0;
	const unsigned char *p;

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &der);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	rc = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	if (rc != CURLE_OK)
		err_set(err, "%s: %s", url, curl_easy_strerror(rc));
	else if (status != 200)
		err_set(err, "%s: answered %ld", url, status);
	else {
		p = (const unsigned char *)der.at;
		crl = d2i_X509_CRL(NULL, &p, (long)der.len);
		if (!crl && (bio = BIO_new_mem_buf(der.at ? der.at : "", (int)der.len))) {
			crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
			BIO_free(bio);
		}
		if (!crl)
			err_set(err, "%s: is no list of revoked certificates", url);
	}
	if (crl && (bio = BIO_new(BIO_s_mem()))) {
		char *text;
		long n;

		PEM_write_bio_X509_CRL(bio, crl);
		n = BIO_get_mem_data(bio, &text);
		buf_add(out, text, (size_t)n);
		BIO_free(bio);
	}
	ERR_clear_error();
	buf_free(&der);
	X509_CRL_free(crl);
	return crl != NULL;
}

/* The first URL of a certificate's distribution points that is for HTTP; the caller frees. */
static char *crl_url(X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	char *url = NULL;

	for (int i = 0; !url && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *d = sk_DIST_POINT_value(points, i);

		if (!d->distpoint || d->distpoint->type)
			continue;
		for (int k = 0; !url && k < sk_GENERAL_NAME_num(d->distpoint->name.fullname); k++) {
			int type;
			const ASN1_STRING *s = GENERAL_NAME_get0_value(
			    sk_GENERAL_NAME_value(d->distpoint->name.fullname, k), &type);
			const char *t =
			    type == GEN_URI ? (const char *)ASN1_STRING_get0_data(s) : "";

			if (!strncmp(t, "http://", 7) || !strncmp(t, "https://", 8))
				url = OPENSSL_strndup(t, (size_t)ASN1_STRING_length(s));
		}
	}
	CRL_DIST_POINTS_free(points);
	return url;
}

bool tsa_crls(const void *resp, size_t n, const struct tsa_trust *trust, struct buf *out,
	      unsigned *found, struct err *err)
{
	const unsigned char *p = resp;
	TS_RESP *r = d2i_TS_RESP(NULL, &p, (long)n);
	PKCS7 *token = r ? TS_RESP_get_token(r) : NULL;
	STACK_OF(X509) *all = sk_X509_new_null();
	char *seen[16];
	int nseen = 0;
	size_t before = out->len;
	bool ok = true;

	*found = 0;
	err->text[0] = 0;
	if (token && PKCS7_type_is_signed(token)) {
		STACK_OF(X509) *own = token->d.sign->cert;

		for (int i = 0; i < sk_X509_num(own); i++)
			if (X509_up_ref(sk_X509_value(own, i)))
				sk_X509_push(all, sk_X509_value(own, i));
	}
	read_certs(trust->roots, trust->nroots, NULL, all);
	read_certs(trust->certs, trust->ncerts, NULL, all);
	for (int i = 0; ok && i < sk_X509_num(all) && nseen < 16; i++) {
		X509 *x = sk_X509_value(all, i);
		char *url = crl_url(x);
		bool again = false;

		for (int k = 0; url && k < nseen; k++)
			again = again || !strcmp(seen[k], url);
		if (!url && X509_check_issued(x, x) != X509_V_OK) {
			/* Without a list for each there is no answer for the chain. */
			ok = false;
			err->text[0] = 0;
			break;
		}
		if (!url || again) {
			OPENSSL_free(url);
			continue;
		}
		seen[nseen++] = url;
		ok = fetch_crl(url, out, err);
		*found += ok;
	}
	for (int k = 0; k < nseen; k++)
		OPENSSL_free(seen[k]);
	if (!ok && !err->text[0]) {
		*found = 0;
		out->len = before;
		ok = true;
	}
	sk_X509_pop_free(all, X509_free);
	TS_RESP_free(r);
	ERR_clear_error();
	return ok;
}
