/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * TLS between two buffers (OpenSSL): what comes off a socket goes in, what is to be sent comes
 * out. So a talk (talk.h) can speak TLS and its bytes are counted on the wire, not after they
 * were opened, where one 16 KB record hides a freeze.
 */
#ifndef SOURCE_SEALED_H
#define SOURCE_SEALED_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fact/reply.h"

enum sealed_state { SEALED_GREETING, SEALED_OPEN, SEALED_CLOSED, SEALED_FAILED };

struct sealed {
	SSL *ssl;
	BIO *in, *out;
	enum sealed_state state;
	const char *failure; /* OONI's word, with SEALED_FAILED */
	struct buf heard;    /* what was opened and not taken yet; at most 64 KiB */
	uint64_t opened;     /* bytes in all */
};

/* server_name NULL: none. pins: PEM of the only authorities that are believed; NULL: any
 * certificate will do. alpn as in RFC 7301 ("\x08http/1.1"), NULL: none. */
void sealed_begin(struct sealed *s, const char *server_name, const char *pins, const char *alpn);
void sealed_end(struct sealed *s);

/* Bytes off the socket (n may be 0: to begin); what is to be sent is put onto say. */
enum sealed_state sealed_hear(struct sealed *s, const void *p, size_t n, struct buf *say);
/* Seals and puts onto say; nothing unless SEALED_OPEN. */
void sealed_say(struct sealed *s, const void *p, size_t n, struct buf *say);

/* What the handshake agreed on, and the peer's chain, as a fact's. */
void sealed_tell(const struct sealed *s, struct arena *a, struct handshake *out);

#endif
