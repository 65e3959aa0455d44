/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>

#include "cmd/fetch.h"

#define RIPE "RIPE NCC, RIS: terms at ripe.net/about-us/legal"
#define ROUTE_VIEWS "Route Views, CC BY 4.0"
#define RIR "the registry that publishes it; free to use, name it"
#define IANA "IANA, public domain (CC0)"

#define PEERINGDB \
	"PeeringDB: its acceptable use policy (peeringdb.com/aup) binds whoever fetches it"

#define RV "https://archive.routeviews.org/"
#define DAY "{year}{month}{day}"

#define DELEGATED(host, rir)                                                           \
	{                                                                              \
		.what = "countries", .url = host "/delegated-" rir "-extended-latest", \
		.name = "countries/delegated-" rir "-extended-latest", .fresh = 1440,  \
		.kind = "delegations", .md5 = ".md5", .terms = RIR                     \
	}
#define ROAS(tal)                                                                                \
	{                                                                                        \
		.what = "vrps", .at = "then",                                                    \
		.url = "https://ftp.ripe.net/rpki/" tal ".tal/{year}/{month}/{day}/roas.csv.xz", \
		.name = "vrps/" DAY "/" tal ".roas.csv.xz", .step = 1440, .late = 1440,          \
		.kind = "vrps-csv", .terms = "RPKI repositories, archived by the RIPE NCC"       \
	}
#define REGISTRY(folder, file, begins)                                                            \
	{                                                                                         \
		.what = "registries", .url = "https://www.iana.org/assignments/" folder "/" file, \
		.name = "registries/" file, .fresh = 10080, .head = begins, .terms = IANA         \
	}

const struct fetch_source fetch_sources[] = {
    /* Updates: every 5 minutes at RIS, every 15 at Route Views, by their starting time. */
    {.what = "routes",
     .collector = "rrc",
     .url =
	 "https://data.ris.ripe.net/{collector}/{year}.{month}/updates." DAY ".{hour}{minute}.gz",
     .name = "routes/{collector}/updates." DAY ".{hour}{minute}.gz",
     .step = 5,
     .late = 10,
     .kind = "mrt",
     .terms = RIPE},
    {.what = "routes",
     .collector = "route-views2/", /* the first collector has no folder */
     .url = RV "bgpdata/{year}.{month}/UPDATES/updates." DAY ".{hour}{minute}.bz2",
     .name = "routes/{collector}/updates." DAY ".{hour}{minute}.bz2",
     .step = 15,
     .late = 20,
     .kind = "mrt",
     .terms = ROUTE_VIEWS},
    {.what = "routes",
     .collector = "route-views",
     .url = RV "{collector}/bgpdata/{year}.{month}/UPDATES/updates." DAY ".{hour}{minute}.bz2",
     .name = "routes/{collector}/updates." DAY ".{hour}{minute}.bz2",
     .step = 15,
     .late = 20,
     .kind = "mrt",
     .terms = ROUTE_VIEWS},

    /* Whole tables: every 8 hours at RIS, every 2 at Route Views. */
    {.what = "tables",
     .collector = "rrc",
     .url = "https://data.ris.ripe.net/{collector}/{year}.{month}/bview." DAY ".{hour}{minute}.gz",
     .name = "tables/{collector}/bview." DAY ".{hour}{minute}.gz",
     .step = 480,
     .late = 90,
     .kind = "mrt",
     .terms = RIPE},
    {.what = "tables",
     .collector = "route-views2/",
     .url = RV "bgpdata/{year}.{month}/RIBS/rib." DAY ".{hour}{minute}.bz2",
     .name = "tables/{collector}/rib." DAY ".{hour}{minute}.bz2",
     .step = 120,
     .late = 60,
     .kind = "mrt",
     .terms = ROUTE_VIEWS},
    {.what = "tables",
     .collector = "route-views",
     .url = RV "{collector}/bgpdata/{year}.{month}/RIBS/rib." DAY ".{hour}{minute}.bz2",
     .name = "tables/{collector}/rib." DAY ".{hour}{minute}.bz2",
     .step = 120,
     .late = 60,
     .kind = "mrt",
     .terms = ROUTE_VIEWS},

    /* The RPKI: now from rpki-client's console, of an earlier day from the RIPE NCC's archive. */
    {.what = "vrps",
     .at = "now",
     .url = "https://console.rpki-client.org/rpki.json",
     .name = "vrps/rpki.json",
     .fresh = 60,
     .kind = "vrps-json",
     .terms = "RPKI repositories, validated by rpki-client"},
    ROAS("afrinic"),
    ROAS("apnic"),
    ROAS("arin"),
    ROAS("lacnic"),
    ROAS("ripencc"),

    /* Who has which addresses and numbers, in which country. */
    DELEGATED("https://ftp.afrinic.net/pub/stats/afrinic", "afrinic"),
    DELEGATED("https://ftp.apnic.net/stats/apnic", "apnic"),
    DELEGATED("https://ftp.arin.net/pub/stats/arin", "arin"),
    DELEGATED("https://ftp.lacnic.net/pub/stats/lacnic", "lacnic"),
    DELEGATED("https://ftp.ripe.net/pub/stats/ripencc", "ripencc"),

    {.what = "names",
     .url = "https://ftp.ripe.net/ripe/asnames/asn.txt",
     .name = "names/asn.txt",
     .fresh = 1440,
     .kind = "as-names",
     .terms = "RIPE NCC; free to use, name it"},

    {.what = "relationships",
     .url = "https://publicdata.caida.org/datasets/as-relationships/serial-2/"
	    "{year}{month}01.as-rel2.txt.bz2",
     .name = "relationships/{year}{month}01.as-rel2.txt.bz2",
     .step = MONTHLY,
     .late = 14400,
     .kind = "as-relationships",
     .terms = "CAIDA: its acceptable use agreement (caida.org/about/legal/aua) binds whoever "
	      "fetches it"},

    /* Who is a member of which exchange, for --ixps of country, network and whatif. */
    {.what = "exchanges",
     .url = "https://www.peeringdb.com/api/netixlan",
     .name = "exchanges/netixlan.json",
     .fresh = 10080,
     .head = "{",
     .terms = PEERINGDB},
    {.what = "exchanges",
     .url = "https://www.peeringdb.com/api/ix",
     .name = "exchanges/ix.json",
     .fresh = 10080,
     .head = "{",
     .terms = PEERINGDB},

    /* What may never be announced; Meridian's own list is src/fact/bogon.c. */
    REGISTRY("iana-ipv4-special-registry", "iana-ipv4-special-registry-1.csv", "Address Block,"),
    REGISTRY("iana-ipv6-special-registry", "iana-ipv6-special-registry-1.csv", "Address Block,"),
    REGISTRY("iana-as-numbers-special-registry", "special-purpose-as-numbers.csv", "AS Number,"),
    REGISTRY("ipv6-unicast-address-assignments", "ipv6-unicast-address-assignments.csv", "Prefix,"),
    REGISTRY("as-numbers", "as-numbers-1.csv", "Number,"),
    REGISTRY("as-numbers", "as-numbers-2.csv", "Number,"),
    {0},
};
