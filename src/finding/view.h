/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A measurement seen from one host of its chain of redirects: which addresses the name has by
 * whom, which controls speak of it, and what is known of each address. The parts of the judge
 * (rerouted.c, blocked.c, throttled.c, page.c, tool.c) look through it.
 */
#ifndef FINDING_VIEW_H
#define FINDING_VIEW_H

#include "fact/fingerprints.h"
#include "finding/verdict.h"

#define VIEW_CONTROLS 8
#define VIEW_HOSTS 16
#define HOST_MAX 256

/* What vouches for an address, the strongest first. */
enum voucher {
	VOUCH_NOTHING,
	VOUCH_AS,	 /* same network as an address that a control got */
	VOUCH_ENCRYPTED, /* an encrypted lookup from here gave it */
	VOUCH_CONTROL,	 /* a control's lookup gave it */
	VOUCH_SIGNED,	 /* an answer with it is secure: its zone has signed it */
	VOUCH_TLS,	 /* it has a valid certificate for the name */
};

struct view {
	struct arena *a;
	const struct knowledge *k;
	const struct fingerprints *fps;
	const struct measurement *m;
	const char *host; /* lower case */
	bool main;	  /* the input's own host, not one that it redirects to */
	const struct control *control[VIEW_CONTROLS];
	size_t ncontrol;
	struct page *page; /* of each transaction, so that a body is looked through once */
};

static inline bool addr_same(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

static inline bool text_same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Not routed on the Internet: private, loopback, reserved (fact/bogon.h). */
bool addr_bogon(struct addr a);
bool addr_loopback(struct addr a);

void view_of(struct view *v, struct arena *a, const struct knowledge *k,
	     const struct measurement *m, const char *host, bool main);

/* The hosts of a measurement in the order of its redirects, the input's first; how many. */
size_t view_hosts(const struct measurement *m, char host[VIEW_HOSTS][HOST_MAX]);

bool host_of_dns(const struct view *v, const struct dns_reply *q);
bool host_of_handshake(const struct view *v, const struct handshake *h);
bool host_of_transaction(const struct view *v, const struct transaction *x);
bool host_of_connect(const struct view *v, const struct connect *c);

/* Is an address one that a control's lookup of the host gave? Any control at all with addresses?
 * Did a control find that the name does not exist? */
bool control_answered(const struct view *v, struct addr a);
bool control_has_addrs(const struct view *v);
bool control_has_public(const struct view *v);
bool control_no_name(const struct view *v);
/* The control's failure at an endpoint: 0 it worked, 1 it failed, -1 not known. */
int control_tcp(const struct view *v, struct addr a, uint16_t port);
int control_tls(const struct view *v, struct addr a, uint16_t port);
int control_quic(const struct view *v, struct addr a, uint16_t port);
/* The page: 0 a control got it, 1 it failed, -1 not known. */
int control_http(const struct view *v);
uint32_t addr_asn(const struct view *v, struct addr a);
enum voucher view_vouch(const struct view *v, struct addr a);

/* "dns.timeout", "tcp.reset" … for one of OONI's failures at a layer. */
const char *mechanism_of(const char *layer, const char *failure);
bool failure_is_certificate(const char *failure);
bool failure_is_local(const char *failure); /* our own side: cancelled, unreachable, unknown */

/* page.c: what a response is. */
enum page_kind { PAGE_NOT_SEEN, PAGE_OTHER, PAGE_BLOCK, PAGE_WORDS, PAGE_SERVER, PAGE_GEO };
struct page {
	enum page_kind kind;
	const char *fingerprint; /* what told, NULL none */
	enum fingerprint_scope scope;
	bool foreign; /* a block page of another country than the probe's */
};
struct page page_of(const struct view *v, const struct transaction *x);

/* Like the control's? 1 yes, 0 no, -1 not known. */
int page_matches(const struct view *v, const struct transaction *x);

/* rerouted.c: what the lookups of a host say. */
enum dns_state {
	DNS_UNKNOWN, /* no lookups, or nothing to compare them with */
	DNS_FINE,
	DNS_FAILS_EVERYWHERE,
	DNS_OWN_BOGON, /* the site itself publishes such addresses */
	DNS_NO_NAME,   /* a control finds no such name; we got an address all the same */
	DNS_DENIED,    /* the name does not resolve here, and does elsewhere */
	DNS_BOGUS,     /* answers that cannot be right */
	DNS_STRANGE,   /* answers that match nothing: right or wrong by what lives there */
	DNS_DETOUR,    /* valid, but only plain lookups lead there, into the access network */
};
struct dns_view {
	enum dns_state state;
	const char *mechanism;
	const char *rule;
	double confidence;
	bool system, open; /* whose answers are bad: the system's resolver, ones asked over UDP */
	bool proven;
	const char *fingerprint;
	const char *why;		 /* figures or words behind the rule, NULL none */
	struct addr addr[VERDICT_ADDRS]; /* the bad answers */
	size_t naddr;
};
void judge_dns(const struct view *v, struct dns_view *out);

/* signed.c: what signatures say (DNSSEC). Did a secure answer give that address; does one prove
 * that there is no such name? */
bool signed_gave(const struct view *v, struct addr a);
bool signed_no_name(const struct view *v);
/* The answers that have to be signed and are not, or wrongly, and that nothing vouches for. */
struct signed_view {
	bool bogus;
	bool system, open; /* by which way: the system's resolver, ones asked in the clear */
	bool proven;	   /* the truth is known, and is another */
	bool addressed;	   /* it has addresses; else denied is OONI's word for what came */
	const char *denied;
	const char *why; /* libunbound's words */
	double confidence;
	struct addr addr[VERDICT_ADDRS];
	size_t naddr;
};
void judge_signed(const struct view *v, struct signed_view *out);

/* blocked.c: what connecting, shaking hands and fetching came to, for one host. */
struct flow_view {
	unsigned tcp_ok, tcp_bad, tcp_down, tcp_unknown; /* by endpoint; bad: a control managed */
	unsigned tls_ok, tls_bad, tls_down, tls_unknown;
	unsigned http_ok, http_bad, http_down, http_unknown;
	unsigned quic_ok, quic_bad;
	unsigned ignored; /* local faults, broken IPv6 */
	const char *tcp_failure, *tls_failure, *http_failure, *quic_failure; /* of the bad ones */
	bool tls_mitm; /* a certificate that is wrong where the control's is right */
	bool https;    /* the http failure was within TLS */
	bool stalled;  /* a response began and did not end */
	bool name_proven, addr_proven; /* by other ClientHellos: the name, the address triggers */
	bool quic_name;		       /* the same of QUIC's Initials */
	struct addr addr[VERDICT_ADDRS];
	size_t naddr;
};
void judge_flow(const struct view *v, const struct dns_view *dns, struct flow_view *out);

/* throttled.c. True when the series or a stalled transfer say so; sets the verdict. */
bool judge_speed(const struct view *v, const struct flow_view *flow, struct verdict *out);

/* The hop of what slows a name; sets the verdict's. */
void where_slowed(const struct view *v, struct verdict *out);

/* tool.c. True when the test is one of a tool; sets the verdict. */
bool judge_tool(struct arena *a, const struct knowledge *k, const struct measurement *m,
		struct verdict *out);

/* ping.c: tests of one thing many times or in several ways; as judge_tool(). */
bool judge_ping(struct arena *a, const struct knowledge *k, const struct measurement *m,
		struct verdict *out);

/* trigger.c: what exactly triggers a failure, when it was asked in other words. */
struct trigger_view {
	const char *id; /* "name", "address", "protocol", NULL unknown */
	const char *why;
	bool sure;     /* it cannot be the server's own doing */
	bool residual; /* what passes between the two addresses fails for a while */
};
void trigger_tls(const struct view *v, bool quic, struct trigger_view *out);
void trigger_http(const struct view *v, struct trigger_view *out);
/* For the gravest mechanism; sets the verdict's trigger. */
void judge_trigger(const struct view *v, struct verdict *out);

/* where.c: the hop, from packets that were sent to die on the way. */
void judge_where(const struct view *v, struct verdict *out);

#endif
