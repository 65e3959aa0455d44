/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct trust {
	SSL_CTX *ctx;
};

struct tls {
	struct task task;
	struct tls_spec spec;
	struct arena *arena;
	tls_done *done;
	void *arg;
	struct handshake reply;
	struct event io;
	bool io_set;
	SSL *ssl;
	const char *name;  /* that the certificate must be for, NULL: none was asked */
	const char *wrong; /* with the certificate */
	int64_t deadline;
};

/* ---- certificates ---- */

static void keep_chain(struct tls *t, X509_STORE_CTX *store)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(store);
	int n = chain ? sk_X509_num(chain) : 0;
	struct blob *cert;
	size_t bytes = 0, kept = 0;

	if (n > TLS_CHAIN_MAX)
		n = TLS_CHAIN_MAX;
	if (n <= 0)
		return;
	cert = arena_zero(t->arena, (size_t)n, sizeof(*cert));
	for (int i = 0; i < n; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(chain, i), &der);

		if (len <= 0)
			break;
		if (bytes + (size_t)len <= TLS_CHAIN_BYTES) {
			cert[kept].at = arena_copy(t->arena, der, (size_t)len);
			cert[kept++].n = (size_t)len;
			bytes += (size_t)len;
		}
		OPENSSL_free(der);
	}
	t->reply.cert = cert;
	t->reply.ncert = kept;
}

static bool is_for(X509 *leaf, const char *name)
{
	struct addr addr;

	if (addr_parse(name, strlen(name), &addr))
		return X509_check_ip_asc(leaf, name, 0) == 1;
	return X509_check_host(leaf, name, 0,
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
				   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
			       NULL) == 1;
}

/* In the order in which OONI's probes ask: dates of the leaf, the name, the chain. */
static const char *judge(X509 *leaf, const char *name, int error)
{
	if (!leaf)
		return "ssl_invalid_certificate";
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0 ||
	    X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
		return "ssl_invalid_certificate";
	if (name && !is_for(leaf, name))
		return "ssl_invalid_hostname";
	switch (error) {
	case X509_V_OK:
		return NULL;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return "ssl_unknown_authority";
	default:
		return "ssl_invalid_certificate";
	}
}

/* The handshake goes on whatever the certificate is, so that the chain is always seen; what is
 * wrong with it is told at the end. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	int error = X509_V_OK;

	(void)arg;
	if (X509_verify_cert(store) <= 0)
		error = X509_STORE_CTX_get_error(store);
	if (t) {
		keep_chain(t, store);
		if (!t->spec.unverified)
			t->wrong = judge(X509_STORE_CTX_get0_cert(store), t->name, error);
	}
	return 1;
}

struct trust *trust_new(const char *ca_file, struct err *err)
{
	struct trust *t = mem_zero(1, sizeof(*t));

	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx)
		abort();
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	/* One record at a time: a server that sends tickets for ever must not keep us. */
	SSL_CTX_clear_mode(t->ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				     SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t->ctx, verify, NULL);
	if (ca_file ? !SSL_CTX_load_verify_file(t->ctx, ca_file)
		    : !SSL_CTX_set_default_verify_paths(t->ctx)) {
		ERR_clear_error();
		trust_free(t);
		err_set(err,
			"%s: no certificate authorities could be read; a PEM file with "
			"them is wanted",
			ca_file ? ca_file : "the system's certificate authorities");
		return NULL;
	}
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* ---- the handshake ---- */

static void end(struct task *task)
{
	struct tls *t = (struct tls *)task;

	if (t->io_set)
		event_del(&t->io);
	SSL_free(t->ssl);
	free(t);
}

static void finish(struct tls *t, const char *failure)
{
	struct handshake reply = t->reply;
	tls_done *done = t->done;
	void *arg = t->arg;

	flow_done(&t->spec.flow, t->task.loop, &reply.seen, failure);
	if (!failure) {
		t->spec.conn->ssl = t->ssl;
		SSL_set_app_data(t->ssl, NULL);
		t->ssl = NULL;
	}
	task_cancel(&t->task);
	done(arg, &reply);
}

/* A failure on the wire, which may be somebody's doing. */
static void cut(struct tls *t, const char *failure)
{
	loop_failed(t->task.loop, t->spec.conn->addr, t->spec.flow.owner, true);
	/* Or the kernel would go on to send what triggered somebody. */
	t->spec.conn->abrupt = true;
	finish(t, failure);
}

static void timed_out(struct task *task)
{
	cut((struct tls *)task, "generic_timeout_error");
}

#define DEAF (4 * SECOND)

/* A slow server's kernel says at once that a hello arrived. One that was sent again and again and
 * of which nothing is heard at all is not on its way any more. */
static void look(struct task *task)
{
	struct tls *t = (struct tls *)task;
	int64_t left = t->deadline - loop_now(task->loop);

	if (left <= 0 || conn_deaf(t->spec.conn))
		timed_out(task);
	else
		task_after(task, left < SECOND / 2 ? left : SECOND / 2, look);
}

/* An alert or bytes that are no TLS: one word for all, as the data format has it, and the reason
 * beside it. */
static const char *protocol_word(struct tls *t, unsigned long error)
{
	const char *text = ERR_reason_error_string(error);
	struct member *m;

	if (text && !strpbrk(text, "\"\\")) {
		m = arena_zero(t->arena, 1, sizeof(*m));
		m->key = "x_meridian_reason";
		m->json = arena_printf(t->arena, "\"%s\"", text);
		m->njson = strlen(m->json);
		t->reply.seen.extra = m;
		t->reply.seen.nextra = 1;
	}
	return "ssl_failed_handshake";
}

static void succeed(struct tls *t)
{
	const unsigned char *alpn = NULL;
	unsigned n = 0;
	const char *cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(t->ssl));

	t->reply.version = arena_text(t->arena, SSL_get_version(t->ssl));
	t->reply.cipher = arena_text(t->arena, cipher ? cipher : "");
	SSL_get0_alpn_selected(t->ssl, &alpn, &n);
	t->reply.alpn = arena_textn(t->arena, (const char *)alpn, n);
	if (n >= sizeof(t->spec.conn->alpn))
		n = 0;
	if (n)
		memcpy(t->spec.conn->alpn, alpn, n);
	t->spec.conn->alpn[n] = 0;
	finish(t, t->wrong);
}

static void step(evutil_socket_t fd, short what, void *arg)
{
	struct tls *t = arg;
	struct conn *c = t->spec.conn;
	uint64_t arrived;
	short want = EV_READ;
	int ret, error;

	(void)fd;
	(void)what;
	ERR_clear_error();
	errno = 0;
	ret = SSL_connect(t->ssl);
	error = errno;
	arrived = BIO_number_read(SSL_get_rbio(t->ssl));
	if (arrived > c->arrived) {
		loop_count(t->task.loop, (size_t)(arrived - c->arrived));
		c->arrived = arrived;
		if (c->heard)
			c->heard(c->heard_arg, loop_now(t->task.loop), arrived);
	}
	if (ret == 1) {
		succeed(t);
		return;
	}
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_WRITE:
		want = EV_WRITE;
		break;
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		cut(t, error ? flow_errno(t->arena, error) : "eof_error");
		return;
	default: {
		unsigned long e = ERR_peek_error();

		ERR_clear_error();
		if (ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			cut(t, "eof_error");
		else
			cut(t, protocol_word(t, e));
		return;
	}
	}
	event_assign(&t->io, loop_base(t->task.loop), c->fd, want, step, t);
	event_add(&t->io, NULL);
}

static void set_alpn(SSL *ssl, const char *const *alpn)
{
	struct buf b = {0};

	for (; alpn && *alpn; alpn++) {
		buf_u8(&b, (uint8_t)strlen(*alpn));
		buf_text(&b, *alpn);
	}
	if (b.len)
		SSL_set_alpn_protos(ssl, (const unsigned char *)b.at, (unsigned)b.len);
	buf_free(&b);
}

struct task *tls_begin(struct loop *l, struct arena *a, const struct tls_spec *spec, tls_done *done,
		       void *arg)
{
	struct tls *t = mem_zero(1, sizeof(*t));
	struct addr addr;
	const char *name = spec->server_name;

	t->spec = *spec;
	t->arena = a;
	t->done = done;
	t->arg = arg;
	t->name = spec->verify_name ? spec->verify_name : name;
	/* An address is no server name (RFC 6066 3), but a certificate may be for one. */
	if (name && (!*name || addr_parse(name, strlen(name), &addr)))
		name = NULL;
	t->reply.addr = spec->conn->addr;
	t->reply.port = spec->conn->port;
	t->reply.hello = spec->hello;
	t->reply.server_name = name ? name : "";
	t->reply.unverified = spec->unverified;
	task_begin(&t->task, l, end);
	loop_said(l, spec->conn->addr, spec->flow.owner);
	flow_seen(&spec->flow, l, &t->reply.seen);
	t->ssl = SSL_new(spec->trust->ctx);
	if (!t->ssl || !SSL_set_fd(t->ssl, spec->conn->fd))
		abort();
	SSL_set_app_data(t->ssl, t);
	if (name)
		SSL_set_tlsext_host_name(t->ssl, name);
	set_alpn(t->ssl, spec->alpn);
	t->deadline = loop_now(l) + (spec->flow.timeout ? spec->flow.timeout : 10 * SECOND);
	task_after(&t->task, t->deadline - loop_now(l) < DEAF ? t->deadline - loop_now(l) : DEAF,
		   look);
	event_assign(&t->io, loop_base(l), spec->conn->fd, EV_WRITE, step, t);
	event_add(&t->io, NULL);
	t->io_set = true;
	return &t->task;
}
