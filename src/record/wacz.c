/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/wacz.h"

#include <inttypes.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/wacz_parts.h"
#include "record/warc.h"
#include "record/zip.h"

#define TIME14 16 /* "20260616070857" */

struct wacz {
	char *software;
	int64_t created;
	struct buf archive, pages;
	char **index; /* lines of index.cdxj */
	size_t nindex, cap;
	size_t exchanges, npages;
};

struct wacz *wacz_new(const char *software, int64_t created)
{
	struct wacz *w = mem_zero(1, sizeof(*w));
	struct buf text = {0};
	char t[TEXT_TIME];
	struct warc_field field[] = {
	    {"WARC-Date", t},
	    {"Content-Type", "application/warc-fields"},
	};
	uint8_t id[SHA256_SIZE];

	w->software = mem_text(software);
	w->created = created;
	text_time(t, created);
	buf_printf(&text,
		   "software: %s\r\nformat: WARC File Format 1.1\r\nconformsTo: "
		   "http://iipc.github.io/warc-specifications/specifications/warc-format/"
		   "warc-1.1/\r\ndescription: HTTP exchanges written from measurements. A probe "
		   "keeps status, header fields and the body after its codings were undone; each "
		   "metadata record names the evidence.\r\n",
		   software);
	sha256(text.at, text.len, id);
	warc_put(&w->archive, "warcinfo", id, field, 2, text.at, text.len);
	buf_free(&text);
	return w;
}

void wacz_free(struct wacz *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->nindex; i++)
		free(w->index[i]);
	free(w->index);
	free(w->software);
	buf_free(&w->archive);
	buf_free(&w->pages);
	free(w);
}

size_t wacz_exchanges(const struct wacz *w)
{
	return w->exchanges;
}

const struct buf *wacz_archive(const struct wacz *w)
{
	return &w->archive;
}

/* What stands in a header line may not end it. */
static void one_line(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_char(out, *s == '\r' || *s == '\n' ? ' ' : *s);
}

/* A URL without bytes that may not stand in one. */
static void uri(struct buf *out, const char *s)
{
	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;

		if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"')
			buf_printf(out, "%%%02X", c);
		else
			buf_char(out, *s);
	}
}

static const char *path_of(const char *url)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	p += strcspn(p, "/?#");
	return p;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The key that archives sort URLs by: "org,example)/path?a=1&b=2" (SURT). The host turned round
 * and without www., a port that is not the scheme's, the path in lower case, arguments sorted. */
void wacz_surt(struct buf *out, const char *url)
{
	char host[256], *dot, *label, *query, *save = NULL, **arg = NULL;
	struct buf path = {0};
	uint16_t port;
	size_t n = 0, cap = 0, skip;

	url_host(host, sizeof(host), url, &port);
	skip = !strncasecmp(host, "www", 3) ? 3 + strspn(host + 3, "0123456789") : 0;
	label = skip && host[skip] == '.' ? host + skip + 1 : host;
	if (strchr(label, ':')) {
		buf_printf(out, "[%s]", label); /* IPv6 */
	} else if (label[strspn(label, "0123456789.")] == 0) {
		buf_text(out, label);
	} else {
		while ((dot = strrchr(label, '.'))) {
			buf_printf(out, "%s,", dot + 1);
			*dot = 0;
		}
		buf_text(out, label);
	}
	if (port && !(port == 80 && !strncasecmp(url, "http:", 5)) &&
	    !(port == 443 && !strncasecmp(url, "https:", 6)))
		buf_printf(out, ":%u", port);
	buf_text(out, ")/");
	uri(&path, path_of(url) + (*path_of(url) == '/'));
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] == '#')
			path.at[path.len = i] = 0;
		else if (path.at[i] >= 'A' && path.at[i] <= 'Z')
			path.at[i] = (char)(path.at[i] + 32);
	}
	query = path.len ? strchr(path.at, '?') : NULL;
	if (query)
		*query++ = 0;
	if (path.len)
		buf_text(out, path.at);
	for (char *a = query ? strtok_r(query, "&", &save) : NULL; a;
	     a = strtok_r(NULL, "&", &save)) {
		mem_room(&arg, &cap, n + 1);
		arg[n++] = a;
	}
	if (n)
		qsort(arg, n, sizeof(*arg), by_text);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%c%s", i ? '&' : '?', arg[i]);
	free(arg);
	buf_free(&path);
}

static bool has_field(const struct header *h, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (h[i].name && !strcasecmp(h[i].name, name))
			return true;
	return false;
}

static const char *field_of(const struct header *h, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (h[i].name && h[i].value && !strcasecmp(h[i].name, name))
			return h[i].value;
	return NULL;
}

/* Fields of a body that is not as it was on the wire keep their word under another name, as
 * other archives of decoded traffic have it. */
static void fields(struct buf *out, const struct header *h, size_t n, size_t nbody)
{
	for (size_t i = 0; i < n; i++) {
		bool other = false;

		if (!h[i].name || !*h[i].name)
			continue;
		if (!strcasecmp(h[i].name, "transfer-encoding"))
			other = true;
		if (!strcasecmp(h[i].name, "content-length") && h[i].value) {
			uint64_t v;

			other = !text_to_u64(h[i].value, strlen(h[i].value), UINT64_MAX, &v) ||
				v != nbody;
		}
		buf_text(out, other ? "X-Orig-" : "");
		one_line(out, h[i].name);
		buf_text(out, ": ");
		one_line(out, h[i].value ? h[i].value : "");
		buf_text(out, "\r\n");
	}
}

static void make_id(uint8_t out[SHA256_SIZE], const uint8_t raw[SHA256_SIZE],
		    const struct measurement *m, size_t i, const char *what)
{
	struct buf b = {0};

	buf_add(&b, raw, SHA256_SIZE);
	buf_printf(&b, "%s %zu %s", m->id ? m->id : "", i, what);
	sha256(b.at, b.len, out);
	buf_free(&b);
}

static void metadata(struct buf *out, const struct measurement *m, const struct transaction *x,
		     const uint8_t raw[SHA256_SIZE])
{
	struct jsonw w = JSONW(out);

	jsonw_object(&w);
	jsonw_name(&w, "evidence_sha256");
	jsonw_hex(&w, raw, SHA256_SIZE);
	jsonw_name(&w, "measurement");
	jsonw_text(&w, m->id);
	jsonw_name(&w, "test");
	jsonw_text(&w, m->test);
	jsonw_name(&w, "software");
	jsonw_text(&w, m->software);
	jsonw_name(&w, "software_version");
	jsonw_text(&w, m->software_version);
	jsonw_name(&w, "probe_asn");
	jsonw_uint(&w, m->asn);
	jsonw_name(&w, "probe_country");
	jsonw_text(&w, m->country[0] ? m->country : NULL);
	jsonw_name(&w, "failure");
	jsonw_text(&w, x->seen.failure);
	jsonw_name(&w, "truncated");
	jsonw_bool(&w, x->truncated);
	jsonw_name(&w, "body_kept");
	jsonw_bool(&w, x->body != NULL);
	jsonw_name(&w, "written_from");
	jsonw_text(&w, "status, header fields and decoded body as the probe kept them, not the "
		       "bytes of the wire");
	jsonw_object_end(&w);
	buf_char(out, '\n');
}

static char *time14(char out[TIME14], const char *t)
{
	size_t n = 0;

	for (; *t && *t != '.' && n < 14; t++)
		if (*t >= '0' && *t <= '9')
			out[n++] = *t;
	out[n] = 0;
	return out;
}

static void index_line(struct wacz *w, const struct transaction *x, const char *url, const char *t,
		       const char *digest, uint64_t offset)
{
	struct buf line = {0};
	struct jsonw j = JSONW(&line);
	const char *type = field_of(x->header, x->nheader, "content-type");
	char stamp[TIME14];

	wacz_surt(&line, x->url);
	buf_printf(&line, " %s ", time14(stamp, t));
	jsonw_object(&j);
	jsonw_name(&j, "url");
	jsonw_text(&j, url);
	jsonw_name(&j, "mime");
	if (type)
		jsonw_textn(&j, type, strcspn(type, "; \t"));
	else
		jsonw_text(&j, "unk");
	jsonw_name(&j, "status");
	jsonw_printf(&j, "%d", x->code);
	jsonw_name(&j, "digest");
	jsonw_text(&j, digest);
	jsonw_name(&j, "length");
	jsonw_printf(&j, "%zu", w->archive.len - (size_t)offset);
	jsonw_name(&j, "offset");
	jsonw_printf(&j, "%" PRIu64, offset);
	jsonw_name(&j, "filename");
	jsonw_text(&j, "data.warc.gz");
	jsonw_object_end(&j);
	mem_room(&w->index, &w->cap, w->nindex + 1);
	w->index[w->nindex++] = line.at;
}

static void page_line(struct wacz *w, const char *url, const char *t, const uint8_t id[SHA256_SIZE])
{
	struct jsonw j = JSONW(&w->pages);
	char hex[33];

	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	jsonw_object(&j);
	jsonw_name(&j, "id");
	jsonw_text(&j, hex);
	jsonw_name(&j, "url");
	jsonw_text(&j, url);
	jsonw_name(&j, "ts");
	jsonw_text(&j, t);
	jsonw_object_end(&j);
	buf_char(&w->pages, '\n');
	w->npages++;
}

static void exchange(struct wacz *w, const struct measurement *m, size_t i,
		     const uint8_t raw[SHA256_SIZE])
{
	const struct transaction *x = &m->transaction[i];
	struct buf block = {0}, url = {0}, payload = {0};
	char t[TEXT_TIME], ip[PREFIX_TEXT], request[48], response[48];
	uint8_t id[SHA256_SIZE], request_id[SHA256_SIZE], response_id[SHA256_SIZE];
	struct warc_field f[8] = {0};
	size_t n = 0;
	int64_t time = m->time != TIME_NONE	    ? m->time
		       : m->test_start != TIME_NONE ? m->test_start
						    : w->created;
	const char *path = path_of(x->url), *proto = x->alpn;
	char host[256];
	uint16_t port;

	if (m->test_start != TIME_NONE && x->seen.t0 != TIME_NONE)
		time = (m->time != TIME_NONE ? m->time : m->test_start) + x->seen.t0;
	text_time(t, time);
	uri(&url, x->url);
	make_id(request_id, raw, m, i, "request");
	make_id(response_id, raw, m, i, "response");
	make_id(id, raw, m, i, "metadata");
	warc_id_text(request, request_id);
	warc_id_text(response, response_id);
	f[n++] = (struct warc_field){"WARC-Target-URI", url.at};
	f[n++] = (struct warc_field){"WARC-Date", t};
	if (x->has_addr) {
		struct addr a = x->addr;

		addr_text(ip, a);
		f[n++] = (struct warc_field){"WARC-IP-Address", ip};
	}
	if (proto && (!strcmp(proto, "h2") || !strcmp(proto, "h3")))
		f[n++] = (struct warc_field){"WARC-Protocol", proto};
	if (x->code) {
		struct warc_field r[8];
		size_t nr = n;
		uint64_t at = w->archive.len;

		memcpy(r, f, sizeof(r));
		buf_printf(&block, "HTTP/1.1 %d \r\n", x->code);
		fields(&block, x->header, x->nheader, x->nbody);
		buf_text(&block, "\r\n");
		if (x->nbody)
			buf_add(&block, x->body, x->nbody);
		warc_digest_text(&payload, x->body, x->nbody);
		r[nr++] = (struct warc_field){"Content-Type", "application/http;msgtype=response"};
		r[nr++] = (struct warc_field){"WARC-Payload-Digest", payload.at};
		if (x->truncated)
			r[nr++] = (struct warc_field){"WARC-Truncated", "length"};
		warc_put(&w->archive, "response", response_id, r, nr, block.at, block.len);
		index_line(w, x, url.at, t, payload.at, at);
		if (x->code < 300 || x->code >= 400)
			page_line(w, url.at, t, response_id);
	}
	buf_reset(&block);
	one_line(&block, x->method ? x->method : "GET");
	buf_char(&block, ' ');
	if (*path != '/')
		buf_char(&block, '/');
	{
		struct buf p = {0};

		uri(&p, path);
		if (p.len)
			buf_add(&block, p.at, strcspn(p.at, "#"));
		buf_free(&p);
	}
	buf_text(&block, " HTTP/1.1\r\n");
	if (!has_field(x->ask, x->nask, "host"))
		buf_printf(&block, "Host: %s\r\n", url_host(host, sizeof(host), x->url, &port));
	fields(&block, x->ask, x->nask, x->nask_body);
	buf_text(&block, "\r\n");
	if (x->nask_body)
		buf_add(&block, x->ask_body, x->nask_body);
	{
		struct warc_field r[8];
		size_t nr = n;

		memcpy(r, f, sizeof(r));
		r[nr++] = (struct warc_field){"Content-Type", "application/http;msgtype=request"};
		if (x->code)
			r[nr++] = (struct warc_field){"WARC-Concurrent-To", response};
		warc_put(&w->archive, "request", request_id, r, nr, block.at, block.len);
	}
	buf_reset(&block);
	metadata(&block, m, x, raw);
	n = 2;
	f[n++] = (struct warc_field){"Content-Type", "application/json"};
	f[n++] = (struct warc_field){"WARC-Concurrent-To", x->code ? response : request};
	warc_put(&w->archive, "metadata", id, f, n, block.at, block.len);
	w->exchanges++;
	buf_free(&block);
	buf_free(&url);
	buf_free(&payload);
}

size_t wacz_add(struct wacz *w, const struct measurement *m, const uint8_t raw[SHA256_SIZE])
{
	size_t before = w->exchanges;

	for (size_t i = 0; i < m->ntransaction; i++)
		if (!m->transaction[i].tor && m->transaction[i].url && *m->transaction[i].url)
			exchange(w, m, i, raw);
	return w->exchanges - before;
}

/* ---- the package ---- */

struct resource {
	const char *name, *path;
	const struct buf *content;
};

static void package(struct buf *out, const struct wacz *w, const struct resource *r, size_t n)
{
	struct jsonw j = JSONW(out);
	uint8_t d[SHA256_SIZE];

	j.pretty = true;
	jsonw_object(&j);
	jsonw_name(&j, "profile");
	jsonw_text(&j, "data-package");
	jsonw_name(&j, "title");
	jsonw_printf(&j, "%zu HTTP exchanges of sealed measurements", w->exchanges);
	jsonw_name(&j, "wacz_version");
	jsonw_text(&j, "1.1.1");
	jsonw_name(&j, "software");
	jsonw_text(&j, w->software);
	jsonw_name(&j, "created");
	jsonw_time(&j, w->created);
	jsonw_name(&j, "resources");
	jsonw_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct buf *b = r[i].content;
		struct buf hash = {0};

		sha256(b->len ? b->at : "", b->len, d);
		buf_text(&hash, "sha256:");
		buf_hex(&hash, d, sizeof(d));
		jsonw_object(&j);
		jsonw_name(&j, "name");
		jsonw_text(&j, r[i].name);
		jsonw_name(&j, "path");
		jsonw_text(&j, r[i].path);
		jsonw_name(&j, "hash");
		jsonw_text(&j, hash.at);
		jsonw_name(&j, "bytes");
		jsonw_uint(&j, b->len);
		jsonw_object_end(&j);
		buf_free(&hash);
	}
	jsonw_array_end(&j);
	jsonw_object_end(&j);
	buf_char(out, '\n');
}

/* The two numbers of an ECDSA signature, as many bytes each as the curve has. */
static bool sign(EVP_PKEY *key, const char *text, struct buf *b64)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256], raw[96];
	const uint8_t *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *sig = NULL;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(ctx, der, &n, (const uint8_t *)text, strlen(text)) == 1 &&
		  (sig = d2i_ECDSA_SIG(NULL, &p, (long)n)) != NULL &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 48) == 48 &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 48, 48) == 48;

	if (ok)
		base64_put(b64, raw, sizeof(raw));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool digest(struct buf *out, const struct wacz *w, const struct buf *package_json,
		   EVP_PKEY *key)
{
	struct jsonw j = JSONW(out);
	struct buf hash = {0}, sig = {0}, spki = {0};
	uint8_t d[SHA256_SIZE], *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	bool ok;

	sha256(package_json->at, package_json->len, d);
	buf_text(&hash, "sha256:");
	buf_hex(&hash, d, sizeof(d));
	ok = n > 0 && sign(key, hash.at, &sig);
	if (ok) {
		base64_put(&spki, der, (size_t)n);
		j.pretty = true;
		jsonw_object(&j);
		jsonw_name(&j, "path");
		jsonw_text(&j, "datapackage.json");
		jsonw_name(&j, "hash");
		jsonw_text(&j, hash.at);
		jsonw_name(&j, "signedData");
		jsonw_object(&j);
		jsonw_name(&j, "hash");
		jsonw_text(&j, hash.at);
		jsonw_name(&j, "created");
		jsonw_time(&j, w->created);
		jsonw_name(&j, "software");
		jsonw_text(&j, w->software);
		jsonw_name(&j, "version");
		jsonw_text(&j, "0.1.0");
		jsonw_name(&j, "signature");
		jsonw_text(&j, sig.at);
		jsonw_name(&j, "publicKey");
		jsonw_text(&j, spki.at);
		jsonw_object_end(&j);
		jsonw_object_end(&j);
		buf_char(out, '\n');
	}
	OPENSSL_free(der);
	buf_free(&hash);
	buf_free(&sig);
	buf_free(&spki);
	return ok;
}

static char no_password[] = "";

bool wacz_finish(struct wacz *w, const char *key_pem, size_t nkey, struct buf *out, struct buf *pub,
		 struct err *err)
{
	BIO *bio = BIO_new_mem_buf(key_pem, (int)nkey), *text;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password) : NULL;
	struct buf index = {0}, pages = {0}, json = {0}, signed_json = {0};
	const struct resource r[] = {
	    {"data.warc.gz", "archive/data.warc.gz", &w->archive},
	    {"index.cdxj", "indexes/index.cdxj", &index},
	    {"pages.jsonl", "pages/pages.jsonl", &pages},
	};
	struct zip_out zip = {.file = out};
	bool ok = key && EVP_PKEY_get_bits(key) == 384 && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;

	BIO_free(bio);
	if (!ok) {
		EVP_PKEY_free(key);
		return err_set(err, "the key for web archives is no P-384 private key in PEM");
	}
	if (w->nindex)
		qsort(w->index, w->nindex, sizeof(*w->index), by_text);
	for (size_t i = 0; i < w->nindex; i++)
		buf_printf(&index, "%s\n", w->index[i]);
	buf_text(&pages, "{\"format\":\"json-pages-1.0\",\"id\":\"pages\",\"title\":\"All "
			 "Pages\"}\n");
	if (w->pages.len)
		buf_add(&pages, w->pages.at, w->pages.len);
	package(&json, w, r, 3);
	ok = digest(&signed_json, w, &json, key) || err_set(err, "OpenSSL could not sign a WACZ");
	for (size_t i = 0; ok && i < 3; i++)
		zip_put(&zip, r[i].path, r[i].content->at, r[i].content->len);
	if (ok) {
		zip_put(&zip, "datapackage.json", json.at, json.len);
		zip_put(&zip, "datapackage-digest.json", signed_json.at, signed_json.len);
	}
	ok = ok && zip_end(&zip, err);
	if (ok && pub && (text = BIO_new(BIO_s_mem()))) {
		char *p;
		long n;

		PEM_write_bio_PUBKEY(text, key);
		n = BIO_get_mem_data(text, &p);
		buf_add(pub, p, (size_t)n);
		BIO_free(text);
	}
	EVP_PKEY_free(key);
	buf_free(&zip.directory);
	buf_free(&index);
	buf_free(&pages);
	buf_free(&json);
	buf_free(&signed_json);
	return ok;
}
