/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The first words of Tor's protocols, enough to know a relay or a bridge when it answers:
 *
 * The link handshake, version 3 and later (tor-spec, "Negotiating and initializing channels"),
 * spoken within TLS: VERSIONS, then the relay's VERSIONS, CERTS, AUTH_CHALLENGE and NETINFO. The
 * identity is read from CERTS; that its holder is who ended the TLS connection is not proven.
 *
 * obfs4 (obfs4-spec): a hello that is noise but for a mark that only who knows the bridge's key
 * can find, and an answer of the same kind. Any 32 bytes are some key's Elligator form, and the
 * answer's mark does not need the shared secret; so whether a bridge lives is known without
 * finishing the key exchange.
 */
#ifndef SOURCE_TORLINK_H
#define SOURCE_TORLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct tor_link {
	bool versions, certs, netinfo; /* came */
	uint16_t version;	       /* the highest that both speak; 0 none */
	uint8_t identity[20];	       /* SHA-1 of the relay's RSA key, with has_identity */
	bool has_identity;
	const char *why; /* what is malformed, NULL nothing */
};

void tor_versions(struct buf *out);
/* Reads whole cells from the front of p and takes them off; what is not whole stays. Returns the
 * bytes taken. A cell is at most 64 KiB. */
size_t tor_read(struct tor_link *l, const void *p, size_t n);

struct obfs4 {
	uint8_t key[52]; /* the bridge's public key and identity: of both MACs */
	uint8_t ours[32];
	long hour; /* hours since 1970 when the hello was made: within the MAC */
};

/* cert is that of a bridge line (base64 without padding of identity and key); false: it is none. */
bool obfs4_of(struct obfs4 *o, const char *cert);
/* noise: random bytes, nnoise at least 32 + 85 and at most 8000. now: seconds since 1970. */
bool obfs4_hello(struct obfs4 *o, const uint8_t *noise, size_t nnoise, int64_t now,
		 struct buf *out);
/* Does an answer stand in these bytes? 1 yes, 0 not yet, -1 there are too many. */
int obfs4_answer(const struct obfs4 *o, const uint8_t *p, size_t n);

#endif
