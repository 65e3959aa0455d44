/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Routes of one prefix to every network: Gao and Rexford's model ("Stable Internet routing
 * without global coordination", 2001), three phases (Gill, Schapira, Goldberg 2011).
 *
 * A network prefers its own route, then one from a customer, a peer, a provider; then the shorter
 * path; then the neighbour with the lowest ASN. Routes from customers and its own it tells
 * everybody, others only its customers. A path that has its own ASN it refuses. Any number of
 * networks may announce (anycast, hijack), with any path (forged origin, leak), and each network
 * may have policies that refuse or prefer routes. Cycles of providers are no obstacle.
 *
 * Class and length of every route do not depend on how ties are broken; who wins a tie does. So
 * ties can be broken for or against one announcement, which gives the range of what it attracts.
 */
#ifndef FINDING_PROPAGATE_H
#define FINDING_PROPAGATE_H

#include "finding/topo.h"

enum route_class { CLASS_NONE, CLASS_PROVIDER, CLASS_PEER, CLASS_CUSTOMER, CLASS_ORIGIN };

enum policy {
	POLICY_ROV = 1,		     /* drops what a VRP makes invalid (RFC 6811) */
	POLICY_PEER_ROV = 2,	     /* … only from peers */
	POLICY_ASPA = 4,	     /* verifies paths and drops invalid ones (ASPAS_DRAFT) */
	POLICY_ASPA_RECORD = 8,	     /* publishes an ASPA with its providers of the graph */
	POLICY_OTC = 16,	     /* RFC 9234 roles and Only-To-Customer, both directions */
	POLICY_PATH_END = 32,	     /* verifies the last hop (Cohen et al. 2016) … */
	POLICY_PATH_END_RECORD = 64, /* … and publishes its neighbours */
	POLICY_BGPSEC = 128,	  /* signs (RFC 8205); secure routes win ties ("security third") */
	POLICY_FIRST_AS = 256,	  /* the path must start with the neighbour (RFC 4271 6.3) */
	POLICY_PEERLOCK = 512,	  /* no tier-1 behind a customer, nor behind another peer */
	POLICY_REFUSE = 1024,	  /* drops announcements that are marked `refused` with 1 … */
	POLICY_REFUSE_TWO = 4096, /* … and with 2 */
	POLICY_ROVPP = 2048,	  /* ROV++ v1 lite: ROV, and a blackhole for a sub-prefix hijack
				     that its own next hop also told it (NDSS 2021) */
};

enum ties { TIES_LOWEST_ASN, TIES_FOR, TIES_AGAINST };

enum seed_to { TO_PROVIDERS = 1, TO_PEERS = 2, TO_CUSTOMERS = 4, TO_ALL = 7 };

/* One announcement. */
struct seed {
	uint32_t id; /* who announces */
	const uint32_t
	    *path; /* ASNs as its neighbours receive them, nearest first; NULL: its own */
	uint16_t npath;
	uint16_t policy_skip; /* policies that do not look at it */
	bool invalid;	      /* by the VRPs */
	uint8_t refused;      /* 1 for POLICY_REFUSE, 2 for POLICY_REFUSE_TWO, both by their sum */
	uint8_t to;	      /* enum seed_to, 0 is TO_ALL; two seeds of one network may share */
	uint32_t otc;	      /* the OTC attribute that it carries already, 0 none */
};

#define SEEDS_MAX 65535

struct propagation {
	const struct topo *topo;
	/* The result, by id. */
	uint8_t *class;	  /* enum route_class */
	uint16_t *len;	  /* ASNs on the path with its own, 0 without a route */
	uint32_t *next;	  /* id of the neighbour it came from; itself for CLASS_ORIGIN */
	uint16_t *seed;	  /* which announcement; of a network without a route 0 */
	uint32_t *otc;	  /* ASN in OTC as stored; only where policies were looked at */
	uint32_t reached; /* networks with a route */

	struct propagation_own *own;
};

struct propagation *propagation_new(const struct topo *t);
void propagation_free(struct propagation *p);

/* Policies by id (enum policy), copied; NULL: none. tier1 are the ids that POLICY_PEERLOCK
 * protects. */
void propagation_policies(struct propagation *p, const uint16_t *policy, const uint32_t *tier1,
			  size_t ntier1);

/* Runs. With TIES_FOR or TIES_AGAINST, ties are broken for or against the seed `about`. */
void propagation_run(struct propagation *p, const struct seed *seed, unsigned nseed, enum ties ties,
		     unsigned about);

/* The path of v as ASNs, nearest (v itself) first; at most max are written. Returns how many
 * there are, 0 without a route. The seeds of the run must still be there. */
size_t propagation_path(const struct propagation *p, uint32_t v, uint32_t *out, size_t max);

/*
 * Where packets of each network end: longest match, hop by hop. `more` (NULL without) holds the
 * routes of a more specific prefix, `less` of a covering one; each uses what it has. black, by
 * id, marks networks that drop the packets on purpose (ROV++).
 */
enum outcome { OUTCOME_NOWHERE, OUTCOME_LEGITIMATE, OUTCOME_ATTACKER, OUTCOME_LOOP };
void propagation_packets(const struct propagation *const *by_length, unsigned n,
			 const uint8_t *black, const uint8_t *attacker, const uint8_t *legitimate,
			 uint8_t *out);

#endif
