/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * First words of tools that people rely on, and how to know their answers: Telegram's MTProto
 * (an unauthenticated req_pq_multi over the abridged transport), OpenVPN (a hard reset, over UDP
 * and TCP), WireGuard (a handshake initiation; whitepaper, 5.4). No session is set up.
 */
#ifndef SOURCE_GREET_H
#define SOURCE_GREET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What an answer is. */
enum greet_answer {
	GREET_MORE,   /* too little to tell */
	GREET_RIGHT,  /* the tool's own, to our own words */
	GREET_REFUSE, /* the tool's, and it refuses (so it lives) */
	GREET_WRONG,  /* not the tool's */
};

/* nonce: 16 random bytes; now: seconds since 1970. */
void mtproto_greet(struct buf *out, const uint8_t nonce[16], int64_t now);
enum greet_answer mtproto_answer(const void *p, size_t n, const uint8_t nonce[16]);

/* session: 8 random bytes. tcp: each packet has its length before it. */
void openvpn_greet(struct buf *out, const uint8_t session[8], bool tcp);
enum greet_answer openvpn_answer(const void *p, size_t n, const uint8_t session[8], bool tcp);

struct wireguard {
	uint8_t ours[32], theirs[32]; /* our private key, their public key */
	uint8_t shared[32];	      /* preshared key, zero without */
	uint8_t our_public[32];
	uint32_t index;
};

#define WIREGUARD_INITIATION 148

/* secret: 36 random bytes (an ephemeral key and our index); now as above, in nanoseconds of
 * nsec. False: a key is none. */
bool wireguard_greet(struct wireguard *w, const uint8_t secret[36], int64_t now, uint32_t nsec,
		     uint8_t out[WIREGUARD_INITIATION]);
enum greet_answer wireguard_answer(const struct wireguard *w, const void *p, size_t n);

#endif
