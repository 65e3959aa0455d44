/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A real TLS handshake (OpenSSL) over an open connection. The chain is kept whether it verifies
 * or not; a certificate that is wrong ends the handshake as a failure after it was read, as a
 * browser would. ClientHellos whose every byte matters are hello.h's.
 */
#ifndef SOURCE_TLS_H
#define SOURCE_TLS_H

#include "base/err.h"
#include "source/dial.h"

/* Whom to believe, read once: the system's certificate authorities, or those of one PEM file. */
struct trust;
struct trust *trust_new(const char *ca_file, struct err *err); /* NULL file: the system's */
void trust_free(struct trust *t);

#define TLS_CHAIN_MAX 16		    /* certificates kept of a chain … */
#define TLS_CHAIN_BYTES ((size_t)128 << 10) /* … and bytes in all */

struct tls_spec {
	struct flow flow;  /* usual timeout: 10 s */
	struct conn *conn; /* remains the caller's; on success TLS is over it */
	const struct trust *trust;
	const char *server_name; /* in the ClientHello; NULL: none, nor when it is an address */
	const char *verify_name; /* what the certificate must be for; NULL: server_name */
	const char *const *alpn; /* ends with NULL; NULL: none. "h2", "http/1.1" */
	enum hello hello;	 /* what is told of it in the reply */
	bool unverified;	 /* any certificate will do */
};

typedef void tls_done(void *arg, const struct handshake *reply);

struct task *tls_begin(struct loop *l, struct arena *a, const struct tls_spec *spec, tls_done *done,
		       void *arg);

#endif
