/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * DNS messages (RFC 1035, EDNS RFC 6891): written and read by hand, since a probe must see every
 * answer as it came, doubled, forged and malformed ones too, where a resolver library keeps one.
 */
#ifndef SOURCE_DNS_H
#define SOURCE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "fact/prefix.h"

#define DNS_NAME 256 /* room for a name as text: 253 characters at most, RFC 1035 3.1 */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
	DNS_CAA = 257,
};

enum dns_rcode { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED };

enum dns_flag {
	DNS_QR = 0x8000,
	DNS_AA = 0x0400,
	DNS_TC = 0x0200,
	DNS_RD = 0x0100,
	DNS_RA = 0x0080,
	DNS_AD = 0x0020,
	DNS_CD = 0x0010,
};

/* A query for one name; udp_size > 0 adds an EDNS OPT record that allows answers of that size.
 * False: the name is none (a label of 0 or more than 63 bytes, more than 255 in all). */
bool dns_query(struct buf *out, uint16_t id, const char *name, uint16_t type, uint16_t flags,
	       uint16_t udp_size);

/* A record of a message. */
struct dns_record {
	const char *name; /* lower case, without the final dot; "" the root */
	uint16_t type, class;
	uint32_t ttl;	  /* seconds */
	struct addr addr; /* of A and AAAA, with has_addr */
	bool has_addr;
	const char *target;  /* of CNAME, NS, PTR, and the target name of SVCB and HTTPS */
	const uint8_t *data; /* the RDATA as it came */
	uint16_t ndata;
	uint8_t section; /* 1 answer, 2 authority, 3 additional */
};

struct dns_message {
	uint16_t id, flags; /* enum dns_flag, the rcode in the low four bits */
	uint16_t rcode;	    /* with the bits that EDNS adds */
	const char *qname;  /* of the first question, "" without one */
	uint16_t qtype, nquestion;
	struct dns_record *record; /* in the order of the message */
	size_t nrecord;
	const char *why; /* NULL, or what is malformed; what stood before it was read */
};

/* Reads a message; what it points at lives in the arena and in the message's own bytes. False
 * only when there is not even a header. Compression pointers may only point backwards, so that
 * every name ends. */
bool dns_read(struct arena *a, const void *p, size_t n, struct dns_message *out);

/* Names are equal whatever their case and final dot (RFC 4343). */
bool dns_same(const char *a, const char *b);

/* "A", "AAAA", …, "TYPE123" (RFC 3597). out has at least 16 bytes. */
const char *dns_type_text(char *out, uint16_t type);

#endif
