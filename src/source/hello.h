/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * TLS ClientHellos (RFC 8446 4.1.2) made by hand, so that every part that a censor may look at
 * can be varied: the server name, its absence, ECH, ALPN; and what comes back, as far as it can
 * be read without keys: a ServerHello or an alert.
 */
#ifndef SOURCE_HELLO_H
#define SOURCE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct hello_spec {
	const char *server_name; /* NULL: none */
	const char *const *alpn; /* ends with NULL; NULL: none */
	const uint8_t *random;	 /* 32 bytes */
	const uint8_t *key;	 /* X25519 public key, 32 bytes */
	const uint8_t *session;	 /* legacy session id, 32 bytes; NULL: empty, as QUIC wants it */
	const uint8_t *quic;	 /* quic_transport_parameters (RFC 9001 8.2), NULL: none */
	size_t nquic;
	bool ech_grease; /* an encrypted_client_hello extension that nobody can open (RFC 9849 6.2)
			  */
};

/* The handshake message: type 1, its length, its body. */
void hello_write(struct buf *out, const struct hello_spec *spec);

/* The same within TLS records (RFC 8446 5.1), at most `split` bytes of it in each; 0: one. */
void hello_records(struct buf *out, const struct hello_spec *spec, size_t split);

enum hello_answer {
	ANSWER_NOTHING,	     /* too little to tell */
	ANSWER_SERVER_HELLO, /* the other end speaks TLS and goes on */
	ANSWER_ALERT,	     /* it refuses; see alert */
	ANSWER_OTHER,	     /* no TLS at all */
};

/* What the first bytes of an answer over TCP are. *alert is the description (RFC 8446 6). */
enum hello_answer hello_answer(const void *p, size_t n, uint8_t *alert);

/* Reads the server name of a ClientHello handshake message into out (n bytes); false: there is
 * none, or it is malformed. */
bool hello_server_name(struct bytes message, char *out, size_t n);

#endif
