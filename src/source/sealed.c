/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/sealed.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define KEPT 65536
#define CHAIN 16
#define CHAIN_BYTES 131072

static void believe_only(SSL_CTX *ctx, const char *pins)
{
	BIO *b = BIO_new_mem_buf(pins, -1);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509 *c;

	while (b && (c = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
		X509_STORE_add_cert(store, c);
		X509_free(c);
	}
	BIO_free(b);
	ERR_clear_error();
}

void sealed_begin(struct sealed *s, const char *server_name, const char *pins, const char *alpn)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	*s = (struct sealed){.state = SEALED_GREETING};
	/* Old servers are to be seen too; nothing secret is said to them. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_verify(ctx, pins ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (pins)
		believe_only(ctx, pins);
	s->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(s->in, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_connect_state(s->ssl);
	if (server_name)
		SSL_set_tlsext_host_name(s->ssl, server_name);
	if (pins && server_name)
		SSL_set1_host(s->ssl, server_name);
	if (alpn)
		SSL_set_alpn_protos(s->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
}

void sealed_end(struct sealed *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	buf_free(&s->heard);
}

static const char *why(const struct sealed *s)
{
	switch (SSL_get_verify_result(s->ssl)) {
	case X509_V_OK:
		return "ssl_failed_handshake";
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return "ssl_invalid_hostname";
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "ssl_invalid_certificate";
	default:
		return "ssl_unknown_authority";
	}
}

static void flush(struct sealed *s, struct buf *say)
{
	char *p;
	long n = BIO_get_mem_data(s->out, &p);

	if (n > 0)
		buf_add(say, p, (size_t)n);
	(void)BIO_reset(s->out);
}

enum sealed_state sealed_hear(struct sealed *s, const void *p, size_t n, struct buf *say)
{
	char opened[16384];
	int r;

	ERR_clear_error();
	if (n)
		BIO_write(s->in, p, (int)n);
	if (s->state == SEALED_GREETING) {
		r = SSL_do_handshake(s->ssl);
		if (r == 1) {
			s->state = SEALED_OPEN;
		} else if (SSL_get_error(s->ssl, r) != SSL_ERROR_WANT_READ) {
			s->state = SEALED_FAILED;
			s->failure = why(s);
		}
	}
	while (s->state == SEALED_OPEN) {
		r = SSL_read(s->ssl, opened, sizeof(opened));
		if (r > 0) {
			s->opened += (uint64_t)r;
			if (s->heard.len < KEPT)
				buf_add(&s->heard, opened, (size_t)r);
			continue;
		}
		switch (SSL_get_error(s->ssl, r)) {
		case SSL_ERROR_WANT_READ:
		case SSL_ERROR_WANT_WRITE:
			flush(s, say);
			return s->state;
		case SSL_ERROR_ZERO_RETURN:
			s->state = SEALED_CLOSED;
			break;
		default:
			s->state = SEALED_FAILED;
			s->failure = "ssl_failed_handshake";
		}
	}
	flush(s, say);
	return s->state;
}

void sealed_say(struct sealed *s, const void *p, size_t n, struct buf *say)
{
	if (s->state != SEALED_OPEN || !n)
		return;
	SSL_write(s->ssl, p, (int)n);
	flush(s, say);
}

void sealed_tell(const struct sealed *s, struct arena *a, struct handshake *out)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s->ssl);
	int n = chain ? sk_X509_num(chain) : 0;
	const unsigned char *alpn;
	struct blob *cert;
	unsigned len = 0;
	size_t total = 0;

	if (SSL_is_init_finished(s->ssl)) {
		out->version = arena_text(a, SSL_get_version(s->ssl));
		out->cipher = SSL_get_cipher_name(s->ssl);
		out->cipher = out->cipher ? arena_text(a, out->cipher) : NULL;
		SSL_get0_alpn_selected(s->ssl, &alpn, &len);
		if (len)
			out->alpn = arena_textn(a, (const char *)alpn, len);
	}
	cert = arena_zero(a, CHAIN, sizeof(*cert));
	out->cert = cert;
	for (int i = 0; i < n && out->ncert < CHAIN; i++) {
		unsigned char *der = NULL;
		int size = i2d_X509(sk_X509_value(chain, i), &der);

		if (size > 0 && (total += (size_t)size) < CHAIN_BYTES) {
			cert[out->ncert].at = arena_copy(a, der, (size_t)size);
			cert[out->ncert++].n = (size_t)size;
		}
		OPENSSL_free(der);
	}
}
