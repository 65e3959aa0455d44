/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A measurement: what one probe, in one network, at one time, saw of one target, with what one or
 * more controls saw of the same target from elsewhere. It says what was seen; finding/verdict.h
 * says what that means. OONI's format df-000 is its model; what that format has and we have no
 * room for is kept in `extra`, so that nothing is lost when it is written again
 * (record/ooni.h).
 */
#ifndef FACT_MEASUREMENT_H
#define FACT_MEASUREMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fact/reply.h"

/* What a control saw of one address and port. */
struct control_endpoint {
	struct addr addr;
	uint16_t port;
	bool tcp, tls, quic;				      /* asked for */
	const char *tcp_failure, *tls_failure, *quic_failure; /* NULL: it worked */
};

/* What a control says of one address. */
struct control_addr {
	struct addr addr;
	uint32_t asn;  /* 0 unknown */
	int64_t flags; /* OONI: 1 the probe had it, 2 the control had it, 4 bogon, 8 TLS valid */
	bool answered; /* the control's own lookup gave it */
};

/* One view of the target from elsewhere. */
struct control {
	const char *name;    /* who saw it: a test helper's address, "archive", "tor", … */
	const char *host;    /* the name that it speaks of; NULL: the input's */
	const char *failure; /* it could not be asked; what follows is then unknown */
	bool dns;	     /* looked the name up */
	const char *dns_failure;
	const struct control_addr *addr;
	size_t naddr;
	const struct control_endpoint *endpoint;
	size_t nendpoint;
	bool http; /* fetched the page, redirects followed */
	const char *http_failure;
	int code;
	int64_t body_length; /* -1 unknown */
	const char *title;
	const struct header *header;
	size_t nheader;
	const struct member *extra;
	size_t nextra;
};

/* One of many targets of a test of a tool (Tor's bridges, Telegram's data centres …). */
struct tool_target {
	const char *id, *name, *address, *protocol;
	const char *failure;
};

/* Counts of what a scoring service kept of a measurement whose raw form we do not have. */
struct scores {
	bool given;
	bool anomaly, confirmed, failed;
	double blocking;					/* 0 to 1, -1 unknown */
	int32_t endpoints_ok, endpoints_bad, http_ok, http_bad; /* -1 unknown */
	const char *web_failure;
};

/* How the facts of one measurement came about, beyond what OONI's formats know. */
struct meridian_notes {
	bool present;
	bool ipv6_works, ipv6_broken; /* calibrated with hosts that are known to be good */
	bool captive_portal;
	bool vpn;
	uint64_t seed;
	const char *given;	  /* the input in its own letters, where it has others */
	const char *trust_anchor; /* that answers were validated by; NULL: none were */
};

struct measurement {
	const char *id;	       /* the archive's measurement_uid, else report id and input */
	const char *report_id; /* NULL unknown */
	const char *test, *test_version, *software, *software_version, *format_version;
	const char *input; /* NULL: the test has none */
	int64_t time;	   /* microseconds since 1970, TIME_NONE unknown */
	int64_t test_start;
	double runtime; /* seconds, < 0 unknown */

	uint32_t asn;	     /* of the network that it was made in, 0 unknown */
	char country[3];     /* "" unknown */
	const char *network; /* its name, NULL unknown */
	const char *ip;	     /* of the probe: "127.0.0.1" when replaced */
	uint32_t resolver_asn;
	const char *resolver_ip, *resolver_network;

	const struct dns_reply *dns;
	const struct dns_validated *validated;
	const struct connect *connect;
	const struct handshake *handshake;
	const struct transaction *transaction;
	const struct net_event *event;
	const struct series *series;
	const struct ttl_probe *ttl_probe;
	const struct control *control;
	const struct tool_target *target;
	size_t ndns, nvalidated, nconnect, nhandshake, ntransaction, nevent, nseries, nttl_probe,
	    ncontrol, ntarget;
	struct scores scores;
	struct meridian_notes notes;

	/* The probe's own conclusions and everything else in test_keys, then at the top. */
	const struct member *key;
	const struct member *extra;
	size_t nkey, nextra;
	bool own_keys; /* it has a `meridian` object of ours */
};

/* The member of test_keys with this name, NULL when there is none. */
const struct member *measurement_key(const struct measurement *m, const char *name);

/* The host of a URL ("https://user@EXAMPLE.org:444/x" → "example.org", 444), port 0 when the
 * scheme has none that is known; for "example.org" and "192.0.2.1:53" as well. A host of more
 * than n - 1 bytes is cut. Returns out. */
char *url_host(char *out, size_t n, const char *url, uint16_t *port);

/* "192.0.2.1:443" or "[2001:db8::1]:443". */
bool endpoint_parse(const char *s, struct addr *addr, uint16_t *port);
char *endpoint_text(char out[PREFIX_TEXT + 8], struct addr addr, uint16_t port);

#endif
