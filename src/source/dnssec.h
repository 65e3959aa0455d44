/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Validated answers (DNSSEC, RFC 4033 to 4035), by libunbound: a name is looked up with its
 * signatures, and these are checked from a trust anchor down. Each resolver has a validator of
 * its own, with its own cache, so that an answer tells what comes by *that* way. libunbound works
 * in a thread of its own and is heard through the loop; a lookup is a task as loop.h describes.
 *
 * A resolver that drops signatures makes every signed name look forged. dnssec_try() asks it for
 * the trust anchor's own keys first; one that cannot bring them is asked no more, and what it says
 * is SECURITY_INDETERMINATE.
 */
#ifndef SOURCE_DNSSEC_H
#define SOURCE_DNSSEC_H

#include "source/ask.h"

#define DNSSEC_ROOT "/usr/share/dns/root.key" /* Debian's dns-root-data */

struct trust_anchor {
	const char *path; /* DS or DNSKEY records, as in a zone's file; NULL: built in */
	const char *text; /* as it is told */
	const char *name; /* as it is kept: without the folders, which may tell who measures */
	const char *zone; /* whose keys they are: "." */
};

/* The file given (NULL: Debian's dns-root-data, else IANA's root keys of 2017 and 2024 as they
 * are built in), read by libunbound without asking anybody. False: it is no trust anchor. */
bool trust_anchor_find(struct arena *a, const char *path, struct trust_anchor *out,
		       struct err *err);

struct dnssec;

struct dnssec_options {
	const struct resolver_spec *resolver; /* NULL: the zones' own servers, from the root on */
	struct trust_anchor anchor;
	const char *ca; /* of DoT: PEM file; NULL: the system's */
	bool loopback;	/* name servers on this machine itself are asked too */
};

/* libunbound speaks UDP, TCP and TLS, and no HTTPS. */
bool dnssec_can(const struct resolver_spec *r);

/* NULL: who, why. What opt points at must outlive it. */
struct dnssec *dnssec_new(struct loop *l, const struct dnssec_options *opt, struct err *err);
/* After its lookups are gone, and before the loop. */
void dnssec_free(struct dnssec *d);

/* Begins to ask for the trust anchor's keys; when the loop has run, dnssec_why() is NULL or why
 * no validated answer can come by this way. */
void dnssec_try(struct dnssec *d, struct arena *a);
const char *dnssec_why(const struct dnssec *d);
/* "" the system's resolver, "name servers" without one, else as the resolver is told. */
const char *dnssec_resolver(const struct dnssec *d);

struct dnssec_spec {
	struct flow flow; /* usual timeout: 10 s */
	struct dnssec *dnssec;
	const char *name;
	uint16_t type; /* enum dns_type */
};

typedef void dnssec_done(void *arg, const struct dns_validated *v);

struct task *dnssec_begin(struct loop *l, struct arena *a, const struct dnssec_spec *spec,
			  dnssec_done *done, void *arg);

#endif
