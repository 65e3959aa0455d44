/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * QUIC Initial packets, versions 1 and 2, written and read by hand (RFC 9000, RFC 9001, RFC 9369).
 * The keys of Initials follow from the client's connection id, so both a probe and a censor can
 * read them: that is how a censor finds the server name, and how a probe finds out that it did.
 */
#ifndef SOURCE_QUIC_H
#define SOURCE_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

#define QUIC_V1 0x00000001u
#define QUIC_V2 0x6b3343cfu
#define QUIC_CID 20 /* the longest connection id */

struct quic_cid {
	uint8_t n, at[QUIC_CID];
};

struct quic_keys {
	uint8_t key[16], iv[12], hp[16]; /* AES-128-GCM and header protection, RFC 9001 5 */
};

/* The keys of the Initials that the client (or the server) of this connection id sends. */
bool quic_initial_keys(uint32_t version, const struct quic_cid *dcid, bool server,
		       struct quic_keys *out);

/* A client's Initial datagram with one CRYPTO frame, padded to 1,200 bytes (RFC 9000 14.1). */
bool quic_initial_write(struct buf *out, uint32_t version, const struct quic_cid *dcid,
			const struct quic_cid *scid, uint32_t number, const void *crypto, size_t n);

/* A minimal set of transport parameters (RFC 9000 18.2) for a ClientHello. */
void quic_parameters(struct buf *out, const struct quic_cid *scid);

enum quic_kind {
	QUIC_NOTHING,  /* no long header of QUIC */
	QUIC_INITIAL,  /* opened with its keys */
	QUIC_SEALED,   /* an Initial that does not open: damaged, or not for this connection */
	QUIC_RETRY,    /* RFC 9000 17.2.5 */
	QUIC_VERSIONS, /* version negotiation, RFC 9000 17.2.1 */
	QUIC_OTHER,    /* another long header packet */
};

struct quic_packet {
	enum quic_kind kind;
	uint32_t version, number;
	struct quic_cid dcid, scid;
	const uint8_t *crypto; /* what the CRYPTO frames carry, in order, in the arena */
	size_t ncrypto;
	bool closed;	    /* a CONNECTION_CLOSE came */
	uint64_t close_why; /* its error code; 0x100 + alert for a TLS alert (RFC 9001 4.8) */
	size_t used;	    /* bytes of the datagram that this packet took */
};

/* Reads the first packet of a datagram. original is the destination connection id of the client's
 * first Initial; server tells whose packets these are. */
void quic_read(struct arena *a, const void *p, size_t n, const struct quic_cid *original,
	       bool server, struct quic_packet *out);

#endif
