/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The BGP Monitoring Protocol (RFC 7854; Adj-RIB-Out RFC 8671, Loc-RIB RFC 9069), message by
 * message. bmp.c also reads a stream of them; pcap.c finds them in captured TCP.
 *
 * A router shows each of its peers up to four times: before and after its policy, and as what it
 * sends there, and besides all of them its own choice. Each such view is a peer of its own here:
 * its collector is the router's name and, unless it is the plain Adj-RIB-In, the view's:
 * "192.0.2.1 post-policy", "… adj-rib-out", "… adj-rib-out post-policy", "… loc-rib",
 * "… rd 0:64496:1".
 */
#ifndef SOURCE_BMP_H
#define SOURCE_BMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/bgp.h"
#include "source/source.h"

#define BMP_HEADER 6
#define BMP_LONGEST ((size_t)256 << 10) /* no real message is near that */

enum bmp_kind {
	BMP_ROUTE_MONITORING,
	BMP_STATISTICS,
	BMP_PEER_DOWN,
	BMP_PEER_UP,
	BMP_INITIATION,
	BMP_TERMINATION,
	BMP_ROUTE_MIRRORING,
};

/* Does a common header stand here? *length: of the whole message. */
bool bmp_head(const uint8_t *at, size_t n, size_t *length);

/* What is known of one router. */
struct bmp;

/* name: of the router, "" unknown (then the sysName of its Initiation is taken). */
struct bmp *bmp_new(struct peers *peers, struct attrs_table *attrs, const char *name);
void bmp_free(struct bmp *b);

/* One whole message; offset is where it begins in the source. Its routes and facts are added to
 * out; *time is that of its peer header, and left alone when there is none. True: decoded;
 * false: counted as skipped, with a fact that tells why. */
bool bmp_message(struct bmp *b, const uint8_t *at, size_t n, uint64_t offset, int64_t *time,
		 struct bgp_out *out);

#endif
