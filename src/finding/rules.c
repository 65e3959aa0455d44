/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <assert.h>
#include <string.h>

#include "fact/aspas.h"
#include "finding/routes.h"
#include "finding/watch.h"

/* A change of what a rule means is a new version of it. */
const struct rule routes_rules[] = {
    {"hijack.exact", 1,
     "A network originates a prefix that another network holds, by ROA or by "
     "having announced it before, and nothing shows that the two belong together."},
    {"hijack.sub", 1,
     "A network originates a more specific prefix of what another network holds, "
     "and nothing shows that the two belong together."},
    {"hijack.super", 1,
     "A network originates a less specific prefix that a ROA gives to another "
     "network, which announces only parts of it."},
    {"hijack.forged-origin", 1,
     "A path ends in the rightful origin, but the origin's ASPA does "
     "not name the network next to it, which is not known to be its "
     "neighbour and came there only now."},
    {"hijack.new-link", 1,
     "A path ends in the rightful origin, but the network next to it was never there before and is "
     "not known to be its neighbour, and several independent signs speak against a new contract."},
    {"invalid.origin", 1, "A ROA covers the prefix, but none for this origin (RFC 6811)."},
    {"invalid.length", 1, "The prefix is more specific than its origin's ROA allows (RFC 6811)."},
    {"invalid.as0", 1, "A ROA for AS0 says that nobody is to announce the prefix (RFC 6483)."},
    {"invalid.aspa", 1,
     "The path goes where an ASPA says that it cannot come from "
     "(" ASPAS_DRAFT ")."},
    {"leak.type1", 1,
     "A network passes what it learned from one provider to another provider "
     "(RFC 7908 type 1)."},
    {"leak.type2", 1,
     "A network passes what it learned from one peer to another peer "
     "(RFC 7908 type 2)."},
    {"leak.type3", 1,
     "A network passes what it learned from a provider to a peer "
     "(RFC 7908 type 3)."},
    {"leak.type4", 1,
     "A network passes what it learned from a peer to a provider "
     "(RFC 7908 type 4)."},
    {"leak.otc", 1,
     "A route that is marked only-to-customer goes on to a provider or a peer "
     "(RFC 9234)."},
    {"bogon.prefix", 1, "A prefix of a block that a standard keeps out of the global table."},
    {"bogon.prefix.unassigned", 1, "A prefix of a block that IANA had not given to a registry."},
    {"bogon.asn", 1, "A path with an ASN that a standard keeps out of the global table."},
    {"bogon.asn.middle", 1, "A path with a private or reserved ASN between public ones."},
    {"bogon.asn.unassigned", 1, "A path with an ASN that IANA had not given to a registry."},
    {"malformed.discard", 1, "An attribute is malformed and to be left out (RFC 7606)."},
    {"malformed.withdraw", 1,
     "An attribute is malformed and the route to be treated as withdrawn "
     "(RFC 7606)."},
    {"malformed.family", 1,
     "An attribute is malformed so that the address family is to be given "
     "up (RFC 7606)."},
    {"malformed.reset", 1, "An attribute is malformed so that the session has to end (RFC 7606)."},
    {"outage.network", 1,
     "Half of the prefixes or addresses of a network, three prefixes at least, are no longer "
     "visible to half of the full-feed peers."},
    {"outage.country", 1,
     "A fifth of the prefixes or addresses of a country are no longer visible to half of the "
     "full-feed peers."},
    {NULL, 0, NULL},
};

const struct rule *rule_of(const char *id)
{
	const struct rule *r = routes_rules;

	while (r->id && strcmp(r->id, id))
		r++;
	assert(r->id);
	return r;
}
