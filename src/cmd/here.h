/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where a probe stands: its own addresses (so that they can be replaced), the country, whether
 * IPv6 works here, and where the neutral name lives. Asked once, before anything is measured.
 */
#ifndef CMD_HERE_H
#define CMD_HERE_H

#include "fact/scrub.h"
#include "source/plan.h"

/* Who tells a probe its address: the only thing asked that no target needs. */
#define HERE_WHOAMI "myip.opendns.com"
#define HERE_WHOAMI_AT "208.67.222.222"

struct here {
	struct scrub scrub;
	bool has_public;
	struct addr public;
	char country[3]; /* "" unknown */
	bool ipv6_works;
	bool ipv6_broken; /* there is a way out, and it leads nowhere */
	size_t nneutral;
	struct addr neutral[4];
	bool portal;	     /* a captive portal stands in between */
	char portal_at[256]; /* where it leads to, "" unknown */
};

/* This machine's addresses, without a single packet. */
void here_local(struct here *h);

/* The rest, with the resolvers of o: the public address (with whoami), the neutral name's
 * addresses, a connection to one of its IPv6 addresses, its page in the clear and a handshake, to
 * see a captive portal. At most twenty seconds. */
void here_find(struct here *h, struct loop *l, struct arena *a, const struct plan_options *o,
	       bool whoami);

/* Is that a captive portal's doing? plain: what came for http://NEUTRAL/; tls: how its handshake
 * failed, NULL: it did not. One whose certificate holds reaches the Internet. Else it is one when
 * the page says so (511, RFC 6585), leads to another site, or comes from an address that nobody
 * routes. where: the other site's name, or "". */
bool here_is_portal(struct arena *a, const char *neutral, const struct transaction *plain,
		    const char *tls, char where[256]);

/* Why measuring may be dangerous in this country, or NULL: no source that we know says so.
 * "" is an unknown country. */
const char *here_risk(const char *country);

#endif
