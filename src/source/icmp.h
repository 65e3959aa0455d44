/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What routers say of packets that died with them: ICMP time exceeded and destination unreachable
 * (RFC 792, RFC 4443). For UDP the kernel tells a socket; for TCP it keeps the router's address to
 * itself, so a raw socket listens, which needs CAP_NET_RAW. Without that right the hop's number is
 * known all the same, its address is not. Another raw socket hears TCP's resets, for the TTL that
 * they come with: it tells how far away they were made, and an injector that copies it betrays
 * itself.
 */
#ifndef SOURCE_ICMP_H
#define SOURCE_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fact/prefix.h"

struct event_base;
struct icmp;

/* A message, and the packet that it quotes; or a reset, which comes from `to`. */
struct icmp_message {
	bool reset;
	int16_t ttl; /* of a reset's packet, -1 unknown */
	bool exceeded, unreachable, port_unreachable;
	uint8_t type, code;
	uint8_t protocol; /* of the quoted packet: 6, 17 */
	struct addr to;	  /* where it was going */
	uint16_t from_port, to_port;
};

/* Reads an ICMP message without its own IP header; false: none that quotes TCP or UDP. */
bool icmp_read(const void *p, size_t n, bool v6, struct icmp_message *out);

/* Reads an IPv4 packet, or a TCP segment of IPv6, as a raw socket gives it; false: no reset. */
bool icmp_read_reset(const void *p, size_t n, bool v6, struct icmp_message *out);

/* NULL (and why) without the right to listen. */
struct icmp *icmp_new(struct event_base *base, struct err *err);
void icmp_free(struct icmp *i);

typedef void icmp_heard(void *arg, const struct icmp_message *m, struct addr from);

/* Calls heard for each message that quotes a packet of this flow. Returns a handle. */
struct icmp_watch *icmp_watch(struct icmp *i, uint8_t protocol, struct addr to, uint16_t to_port,
			      uint16_t from_port, icmp_heard *heard, void *arg);
void icmp_forget(struct icmp *i, struct icmp_watch *w);

#endif
