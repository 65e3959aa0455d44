/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Replies: each single thing that a probe asked of the net and what came of it. A lookup, a
 * connect, a handshake, a transaction; the words are those of OONI's data formats (df-001 HTTP,
 * df-002 DNS, df-005 TCP, df-006 TLS, df-007 failures, df-008 network events), so that a reply
 * read from an archive and one seen by our own probe are the same fact.
 *
 * Strings and bytes live as long as the measurement that holds them. A text that was not there is
 * NULL; a text that is not known may also be "". Times are microseconds since the measurement's
 * start, TIME_NONE when unknown.
 */
#ifndef FACT_REPLY_H
#define FACT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/prefix.h"

/* A member of a JSON object that we have no room for: kept word for word. */
struct member {
	const char *key;
	const char *json; /* njson bytes of JSON text, not NUL-terminated */
	size_t njson;
};

/* What every reply has. */
struct seen {
	int64_t t0, t;		/* began and ended */
	int64_t transaction;	/* joins the replies of one flow; 0 unknown */
	const char *failure;	/* OONI's word (df-007), NULL: it worked */
	const char *group;	/* which part of a test it belongs to ("targets/ab12"), NULL none */
	const char *const *tag; /* as they came: "depth=0", "classic", … */
	const struct member *extra;
	uint16_t ntag, nextra;
	uint8_t depth; /* 0: the input itself; each redirect adds one */
};

/* How a name was looked up. */
enum dns_via { DNS_SYSTEM, DNS_UDP, DNS_TCP, DNS_DOT, DNS_DOH, DNS_DOQ };

struct dns_answer {
	const char *type; /* "A", "AAAA", "CNAME", … as it came */
	const char *name; /* of a CNAME, PTR or the like; NULL for an address */
	struct addr addr; /* with has_addr */
	bool has_addr;
	uint32_t asn; /* of the address, 0 unknown */
	int64_t ttl;  /* seconds, -1 unknown */
	const char *as_name;
	const struct member *extra;
	uint16_t nextra;
};

struct dns_reply {
	struct seen seen;
	enum dns_via via;
	const char *engine;   /* as it came: "getaddrinfo", "udp", "doh", … */
	const char *name;     /* that was asked for */
	const char *type;     /* "A", "AAAA", "ANY" */
	const char *resolver; /* "8.8.8.8:53", "https://dns.google/dns-query", "" the system's */
	const struct dns_answer *answer;
	size_t nanswer;
	const uint8_t *raw; /* the message as it came, NULL unknown */
	size_t nraw;
	int16_t rcode;	/* -1 unknown */
	int16_t ip_ttl; /* of the packet when it arrived, -1 unknown */
	uint8_t server; /* of the system's, which one in their order, from 1; 0 unknown */
	bool again;	/* a further reply to a query that another reply answered before */
	bool nobody;	/* the query went to an address where nobody listens */
};

/* What the signatures of an answer came to (RFC 4033, 5). */
enum dns_security {
	SECURITY_INDETERMINATE, /* no answer, or the way brings no signatures */
	SECURITY_SECURE,
	SECURITY_INSECURE, /* the name is not signed, and that is proven */
	SECURITY_BOGUS,	   /* it has to be signed, and what came is not, or wrongly */
};

/* A lookup whose answer was checked from a trust anchor down. A secure one may also say that there
 * is no such name; what it says is then its failure, as of every lookup. */
struct dns_validated {
	struct seen seen;
	const char *name, *type; /* that were asked for */
	const char *resolver;	 /* by which way: "" the system's, "name servers" without one */
	enum dns_security security;
	const char *why; /* it is bogus or indeterminate, in libunbound's words; NULL unknown */
	const struct dns_answer *answer; /* of a bogus one: the forged ones, where known */
	size_t nanswer;
	int16_t rcode; /* -1 unknown */
};

struct connect {
	struct seen seen;
	struct addr addr;
	uint16_t port;
	bool quiet; /* failed without a single packet back */
};

/* What a ClientHello said, to find out what triggers a censor. */
enum hello {
	HELLO_NORMAL,	    /* the name, the address */
	HELLO_NEUTRAL_NAME, /* another name to the same address */
	HELLO_NEUTRAL_ADDR, /* the same name to another address */
	HELLO_NO_NAME,	    /* no server name to the same address */
	HELLO_LATER,	    /* the same again after waiting */
	HELLO_ECH,	    /* with Encrypted Client Hello */
	HELLO_SPLIT,	    /* cut into several segments */
};

struct blob {
	const uint8_t *at;
	size_t n;
};

struct handshake {
	struct seen seen;
	bool quic;
	struct addr addr;
	uint16_t port;
	enum hello hello;
	const char *server_name; /* in the ClientHello; NULL or "" none */
	const char *version;	 /* "TLSv1.3", NULL */
	const char *cipher, *alpn;
	const struct blob *cert; /* DER, leaf first */
	size_t ncert;
	bool unverified; /* the probe was told not to check the certificate */
};

struct header {
	const char *name;
	const char *value; /* may hold any byte but NUL */
};

struct transaction {
	struct seen seen;
	struct addr addr; /* with has_addr: older formats do not say */
	bool has_addr;
	uint16_t port;
	const char *network; /* "tcp", "udp" (HTTP/3) */
	const char *alpn;
	const char *method, *url;
	const struct header *ask;
	size_t nask;
	const uint8_t *ask_body;
	size_t nask_body;
	int code; /* 0: no response came */
	const struct header *header;
	size_t nheader;
	const uint8_t *body; /* NULL: not kept */
	size_t nbody;
	bool truncated;
	bool tor; /* went through Tor: a control of old tests */
};

/* Bytes that arrived on a socket over time, target or control. */
struct sample {
	int64_t t;
	uint64_t bytes; /* in all, so far */
};

struct series {
	struct seen seen;
	struct addr addr;
	uint16_t port;
	const char *name; /* server name or host that was asked for */
	bool control;	  /* a neutral name to the same address */
	const struct sample *sample;
	size_t nsample;
	uint64_t expected; /* bytes that were to come, 0 unknown */
};

/* df-008. */
struct net_event {
	struct seen seen;
	const char *operation; /* "connect", "read", "write", "tls_handshake_done", … */
	const char *address;   /* "192.0.2.1:443", NULL */
	const char *proto;
	int64_t bytes; /* -1 unknown */
};

/* A packet that was sent to die on the way (CenTrace, tlsmiddlebox, our own probe). */
enum ttl_answer { TTL_SILENCE, TTL_EXCEEDED, TTL_RESET, TTL_FIN, TTL_DATA, TTL_FORGED, TTL_OTHER };

struct ttl_probe {
	struct seen seen;
	const char *layer; /* "dns", "tls", "http", "tcp" */
	const char *name;  /* that it asked for */
	bool control;	   /* a neutral name */
	uint8_t ttl;
	enum ttl_answer answer;
	bool both; /* time exceeded and an answer as well: the censor is on the path, not in it */
	struct addr from; /* the router, with has_from */
	bool has_from;
	uint32_t asn;	 /* of the router's network, 0 unknown */
	char country[3]; /* that its address is registered in, "" unknown */
	int16_t ip_ttl;	 /* of the answer when it arrived, -1 unknown */
};

#endif
