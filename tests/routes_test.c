/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The route detector on constructed facts (routes_world.h): what comes of them is compared with
 * the findings that a person expects.
 */

#include "routes_world.h"

#include "base/text.h"
#include "finding/routes.h"

static char *summary(const struct world *w)
{
	struct buf b = {0};

	buf_text(&b, "");
	for (size_t i = 0; i < w->out.n; i++) {
		const struct finding *f = w->out.at[i];

		buf_printf(&b, "%s%s AS%u", b.len ? "; " : "", f->rule->id, f->actor.net.asn);
		for (size_t j = 0; j < f->nvictim; j++)
			buf_printf(&b, "%s%u", j ? "," : " > ", f->victim[j].asn);
		buf_printf(&b, " %zu", f->nprefix);
	}
	return b.at;
}

struct vector {
	const char *name, *source;
	const char *vrps, *relations, *aspas; /* NULL: not given */
	const char *siblings;		      /* "10 20": these have one name */
	const char *steps[32];
	const char *expect; /* "rule AS victims prefixes; …" */
};

/* A table of four peers with a prefix; then what happens an hour later. */
#define TABLE(prefix, origin)                                                       \
	"T 0 1 " prefix " 1001 3356 " origin, "T 0 2 " prefix " 1002 1299 " origin, \
	    "T 0 3 " prefix " 1003 174 3356 " origin, "T 0 4 " prefix " 1004 1299 " origin
#define BAD(sec, prefix, origin)                                                                  \
	"A " sec "1 1 " prefix " 1001 6939 " origin, "A " sec "2 2 " prefix " 1002 6939 " origin, \
	    "A " sec "3 3 " prefix " 1003 174 6939 " origin
#define GONE(sec, prefix) "W " sec "1 1 " prefix, "W " sec "2 2 " prefix, "W " sec "3 3 " prefix

/* A route by a network that was never next to the origin; and the usual routes again. */
#define LINK(sec, prefix, path)                                                     \
	"A " sec "1 1 " prefix " 1001 " path, "A " sec "2 2 " prefix " 1002 " path, \
	    "A " sec "3 3 " prefix " 1003 174 " path
#define BACK(sec, prefix, origin)                                                                 \
	"A " sec "1 1 " prefix " 1001 3356 " origin, "A " sec "2 2 " prefix " 1002 1299 " origin, \
	    "A " sec "3 3 " prefix " 1003 174 3356 " origin
#define STAMINUS "3356|25761|-1 1299|25761|-1 203959|134830|-1"

#define LABELS "shared/data/labels hijacks.news_updated.csv"

static const struct vector vectors[] = {
    {"Pakistan Telecom and YouTube, 2008",
     LABELS " pakistan_1",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("208.65.152.0/22", "36561"), BAD("360", "208.65.153.0/24", "17557"),
      GONE("450", "208.65.153.0/24")},
     "hijack.sub AS17557 > 36561 1"},
    {"Iran and Telegram, 2018",
     LABELS " iran_3",
     "AS62014,91.108.56.0/22,22",
     "",
     NULL,
     NULL,
     {TABLE("91.108.56.0/22", "62014"), BAD("360", "91.108.58.0/24", "58224"),
      GONE("450", "91.108.58.0/24")},
     "hijack.sub AS58224 > 62014 1"},
    {"eNet and Amazon's DNS, 2018",
     LABELS " amazon_1",
     "AS16509,205.251.192.0/24,24",
     "",
     NULL,
     NULL,
     {TABLE("205.251.192.0/24", "16509"), BAD("360", "205.251.192.0/24", "10297"),
      "A 4001 1 205.251.192.0/24 1001 3356 16509", "A 4002 2 205.251.192.0/24 1002 1299 16509",
      "A 4003 3 205.251.192.0/24 1003 174 3356 16509"},
     "hijack.exact AS10297 > 16509 1"},
    {"BackConnect, same prefix, 2016",
     LABELS " backconnect_2",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("82.118.233.0/24", "201133"), BAD("360", "82.118.233.0/24", "203959"),
      "A 4001 1 82.118.233.0/24 1001 3356 201133", "A 4002 2 82.118.233.0/24 1002 1299 201133",
      "A 4003 3 82.118.233.0/24 1003 174 3356 201133"},
     "hijack.exact AS203959 > 201133 1"},
    {"H3S and a part of Comcast's /8, 2014",
     LABELS " h3s_1",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("73.0.0.0/8", "7922"), BAD("360", "73.41.0.0/16", "59790"),
      GONE("450", "73.41.0.0/16")},
     "hijack.sub AS59790 > 7922 1"},
    {"the same, with an IPv6 prefix and no table but an hour of learning",
     "made here",
     "AS3320,2003:1000::/32,48",
     "",
     NULL,
     NULL,
     {"A 0 1 2003:1000::/32 1001 3356 3320", "A 1 2 2003:1000::/32 1002 1299 3320",
      BAD("360", "2003:1000:1::/48", "65540"), GONE("450", "2003:1000:1::/48")},
     "hijack.sub AS65540 > 3320 1; bogon.asn AS6939 1"},
    {"no table, but VRPs of the time: new after the warm-up",
     "made here",
     "AS3320,2003:1000::/32,48",
     "",
     NULL,
     NULL,
     {"A 0 1 2003:1000::/32 1001 3356 3333", "A 1 2 2003:3000::/32 1002 1299 3333",
      BAD("360", "2003:1000:1::/48", "5555"), GONE("450", "2003:1000:1::/48")},
     "invalid.origin AS0 > 3320 2"},
    {"less specific than what the holder announces",
     "made here",
     "AS3333,193.0.0.0/20,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/24", "3333"), TABLE("193.0.1.0/24", "3333"),
      BAD("360", "193.0.0.0/20", "5555"), GONE("450", "193.0.0.0/20")},
     "hijack.super AS5555 > 3333 1"},
    {"the same, and another network announced those parts before the holder",
     "made here",
     "AS3333,193.0.0.0/20,24 AS4444,193.0.0.0/24,24",
     "",
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/24 1001 3356 4444", TABLE("193.0.0.0/24", "3333"),
      BAD("360", "193.0.0.0/20", "5555"), GONE("450", "193.0.0.0/20")},
     "hijack.super AS5555 > 3333 1"},
    {"three prefixes of two networks at once are one event",
     "made here",
     "AS3333,193.0.0.0/20,24 AS4444,194.0.0.0/16,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), TABLE("194.0.0.0/16", "4444"),
      BAD("360", "193.0.1.0/24", "5555"), BAD("361", "193.0.2.0/24", "5555"),
      BAD("362", "194.0.1.0/24", "5555")},
     "hijack.sub AS5555 > 3333,4444 3"},
    {"what the actor announces besides, and nobody is known to hold, is part of it",
     "made here",
     "AS3333,193.0.0.0/20,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "5555"),
      BAD("361", "195.0.1.0/24", "5555")},
     "hijack.sub AS5555 > 3333 2"},

    /* Not a hijack: the list of the issue. */
    {"the owner's own de-aggregation",
     "issue",
     "AS3333,193.0.0.0/20,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "3333")},
     ""},
    {"the same without a ROA",
     "issue",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "3333")},
     ""},
    {"a customer's origin that a ROA covers",
     "issue",
     "AS3333,193.0.0.0/20,20 AS5555,193.0.1.0/24,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "5555")},
     ""},
    {"a customer's origin, by relationship, without a ROA",
     "issue",
     NULL,
     "3333|5555|-1",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "5555")},
     ""},
    {"a customer's origin, by relationship, that the provider's ROA forgot",
     "issue",
     "AS3333,193.0.0.0/20,20",
     "3333|5555|-1",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "5555")},
     "invalid.origin AS5555 > 3333 1"},
    {"a customer's origin that comes through the provider",
     "issue",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), "A 3601 1 193.0.1.0/24 1001 3356 3333 5555",
      "A 3602 2 193.0.1.0/24 1002 1299 3333 5555", "A 3603 3 193.0.1.0/24 1003 174 3333 5555"},
     ""},
    {"a sibling",
     "issue",
     NULL,
     "",
     NULL,
     "3333 5555",
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "5555")},
     ""},
    {"anycast from several origins, each with a ROA",
     "issue",
     "AS3333,193.0.0.0/24,24 AS5555,193.0.0.0/24,24",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/24", "3333"), BAD("360", "193.0.0.0/24", "5555")},
     ""},
    {"a ROA with too short a max length",
     "issue",
     "AS3333,193.0.0.0/20,20",
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "3333")},
     "invalid.length AS3333 1"},
    {"a scrubber that announces what is under attack",
     "issue",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "32787")},
     ""},
    {"its upstream sends a network through a scrubber",
     "route-views, 2026-02-22 15:36 UTC, "
     "185.103.196.0/24",
     "AS201021,185.103.196.0/24,24",
     "",
     NULL,
     NULL,
     {"A 0 1 185.103.196.0/24 1001 9002 48678 201021",
      "A 1 2 185.103.196.0/24 1002 9002 48678 201021", "A 3601 1 185.103.196.0/24 1001 59796 48678",
      "A 3602 2 185.103.196.0/24 1002 59796 48678", "A 3603 3 185.103.196.0/24 1003 59796 48678"},
     "invalid.origin AS48678 > 201021 1"},
    {"a blackhole on request",
     "RFC 7999",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), "A 3601 1 193.0.1.1/32 1001 6939 5555 blackhole",
      "A 3602 2 193.0.1.1/32 1002 6939 5555 blackhole",
      "A 3603 3 193.0.1.1/32 1003 6939 5555 blackhole"},
     ""},
    {"two origins that were always there",
     "made here",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/24", "3333"), "T 0 5 193.0.0.0/24 1005 5555",
      "A 3600 1 193.0.0.0/24 1001 5555", "A 3601 2 193.0.0.0/24 1002 5555",
      "A 3602 3 193.0.0.0/24 1003 5555"},
     ""},
    {"one vantage point",
     "made here",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), "A 3601 1 193.0.1.0/24 1001 6939 5555"},
     ""},
    {"a private origin",
     "made here",
     NULL,
     "",
     NULL,
     NULL,
     {TABLE("193.0.0.0/20", "3333"), BAD("360", "193.0.1.0/24", "64512")},
     "bogon.asn AS6939 1"},

    /* RFC 6811, told apart. */
    {"AS0",
     "RFC 6483",
     "AS0,193.0.0.0/20,24",
     "",
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/20 1001 3333", "T 0 2 193.0.0.0/20 1002 3333"},
     "invalid.as0 AS3333 1"},
    {"wrong origin that was always there",
     "RFC 6811",
     "AS4444,193.0.0.0/20,24",
     "",
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/20 1001 3333", "T 0 2 193.0.0.0/20 1002 3333"},
     "invalid.origin AS3333 > 4444 1"},
    {"many networks with one prefix each are one finding",
     "RFC 6811",
     "AS4444,193.0.0.0/16,16 AS4444,194.0.0.0/16,16",
     "",
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/20 1001 3333", "T 0 2 193.0.0.0/20 1002 3333",
      "T 0 1 194.0.0.0/20 1001 3334", "T 0 2 194.0.0.0/20 1002 3334"},
     "invalid.origin AS0 > 4444 2"},

    /* Leaks. */
    {"type 1: from one provider to another",
     "RFC 7908",
     NULL,
     "100|10|-1 200|10|-1 100|1|-1 100|2|-1 100|3|-1 100|4|-1 100|5|-1 100|6|-1 100|7|-1 100|8|-1 "
     "100|9|-1 100|11|-1",
     NULL,
     NULL,
     {"T 0 1 198.18.0.0/16 1001 200 10", "A 3600 1 20.0.0.0/16 1001 200 10 100 1",
      "A 3600 2 20.1.0.0/16 1002 200 10 100 2", "A 3600 3 20.2.0.0/16 1003 200 10 100 3",
      "A 3600 1 20.3.0.0/16 1001 200 10 100 4", "A 3600 1 20.4.0.0/16 1001 200 10 100 5",
      "A 3600 1 20.5.0.0/16 1001 200 10 100 6", "A 3600 1 20.6.0.0/16 1001 200 10 100 7",
      "A 3600 1 20.7.0.0/16 1001 200 10 100 8", "A 3600 1 20.8.0.0/16 1001 200 10 100 9",
      "A 3600 1 20.9.0.0/16 1001 200 10 100 11"},
     "leak.type1 AS10 > 1,2,3,4,5,6,7,8,9,11 10; bogon.prefix AS10 1"},
    {"what always went that way is no leak",
     "made here",
     NULL,
     "100|10|-1 200|10|-1",
     NULL,
     NULL,
     {"T 0 1 20.0.0.0/16 1001 200 10 100 1", "A 3600 1 20.0.0.0/16 1001 200 10 100 1",
      "A 3600 2 20.0.0.0/16 1002 200 10 100 1", "A 3600 3 20.0.0.0/16 1003 200 10 100 1"},
     ""},
    {"a customer's routes may go up",
     "RFC 7908",
     NULL,
     "100|10|-1 200|10|-1 10|1|-1",
     NULL,
     NULL,
     {"A 0 1 20.0.0.0/16 1001 200 10 1", "A 3600 1 20.1.0.0/16 1001 200 10 1"},
     ""},
    {"only to customer, but it went on to a provider",
     "RFC 9234",
     NULL,
     "100|10|-1 200|10|-1",
     NULL,
     NULL,
     {"T 0 5 21.0.0.0/16 1005 3356 9", "A 3600 1 20.0.0.0/16 1001 200 10 100 1 otc=100",
      "A 3600 2 20.0.0.0/16 1002 200 10 100 1 otc=100",
      "A 3600 3 20.0.0.0/16 1003 200 10 100 1 otc=100"},
     "leak.otc AS10 > 1 1"},

    /* ASPA. */
    {"a network next to the origin that the origin's ASPA does not name",
     ASPAS_DRAFT,
     "AS3333,193.0.0.0/20,20",
     "3356|3333|-1 1299|3333|-1",
     "3333:3356,1299 5555:174 174:0",
     NULL,
     {TABLE("193.0.0.0/20", "3333"), "A 3601 1 193.0.0.0/20 1001 174 5555 3333",
      "A 3602 2 193.0.0.0/20 1002 174 5555 3333", "A 3603 3 193.0.0.0/20 1003 174 5555 3333"},
     "hijack.forged-origin AS5555 > 3333 1"},

    /* A forged origin without an ASPA: the link next to it is new. */
    {"BackConnect and Staminus, 2016: the origin is forged",
     LABELS " backconnect_3",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     "hijack.new-link AS134830 > 25761 1"},
    {"the same without a table",
     "made here of the one above",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {BACK("", "72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     "hijack.new-link AS134830 > 25761 1"},
    {"the same prefix, by a network that nobody is behind",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/19", "203959 134830 25761"),
      BACK("450", "72.20.0.0/19", "25761")},
     "hijack.new-link AS134830 > 25761 1"},
    {"the same, but it lasts: a new contract",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/19", "203959 134830 25761")},
     ""},
    {"the same by a network with customers",
     "made here",
     NULL,
     STAMINUS " 134830|7|-1",
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/19", "203959 134830 25761"),
      BACK("450", "72.20.0.0/19", "25761")},
     ""},
    {"two prefixes as they were: a new contract",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), TABLE("72.21.0.0/19", "25761"),
      LINK("360", "72.20.0.0/19", "203959 134830 25761"),
      LINK("360", "72.21.0.0/19", "203959 134830 25761"), BACK("450", "72.20.0.0/19", "25761"),
      BACK("450", "72.21.0.0/19", "25761")},
     ""},
    {"one organisation stands next to the origin",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     "134830 25761",
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"it stood next to the origin for another prefix",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), "T 0 4 72.30.0.0/16 1004 203959 134830 25761",
      LINK("360", "72.20.0.0/24", "203959 134830 25761"), GONE("450", "72.20.0.0/24")},
     ""},
    {"the relationships know the link",
     "made here",
     NULL,
     STAMINUS " 134830|25761|-1",
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"no relationships",
     "made here",
     NULL,
     NULL,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"relationships that do not know the network",
     "made here",
     NULL,
     "3356|25761|-1 1299|25761|-1",
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"the origin's ASPA names it",
     ASPAS_DRAFT,
     NULL,
     STAMINUS,
     "25761:3356,1299,134830",
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"the origin puts itself into the path",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "25761 134830 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"one vantage point only saw the link",
     "made here",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), "A 3601 1 72.20.0.0/24 1001 203959 134830 25761",
      "W 4501 1 72.20.0.0/24"},
     ""},
    {"a scrubber announces a part on behalf of the origin",
     "made here",
     NULL,
     "3356|25761|-1 1299|25761|-1 3356|19551|-1",
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "19551 25761"),
      GONE("450", "72.20.0.0/24")},
     ""},
    {"a blackhole on request by a new neighbour",
     "RFC 7999",
     NULL,
     STAMINUS,
     NULL,
     NULL,
     {TABLE("72.20.0.0/19", "25761"), LINK("360", "72.20.0.0/24", "203959 134830 25761 blackhole"),
      GONE("450", "72.20.0.0/24")},
     ""},

    /* Bogons and malformed attributes. */
    {"RFC 1918",
     "IANA",
     NULL,
     NULL,
     NULL,
     NULL,
     {"T 0 1 10.1.0.0/16 1001 3333", "T 0 1 10.2.0.0/16 1001 3333", "T 0 1 10.3.0.0/16 1001 3333"},
     "bogon.prefix AS3333 3"},
    {"a private ASN in the middle",
     "RFC 6996",
     NULL,
     NULL,
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/20 1001 3333 65001 4444"},
     "bogon.asn.middle AS3333 1"},
    {"AS_TRANS is none",
     "RFC 6793",
     NULL,
     NULL,
     NULL,
     NULL,
     {"T 0 1 193.0.0.0/20 1001 3333 23456"},
     ""},
    {"the default route is never judged",
     "made here",
     "AS3333,0.0.0.0/0,0",
     NULL,
     NULL,
     NULL,
     {"T 0 1 0.0.0.0/0 1001 4444"},
     ""},
    {"a malformed attribute",
     "RFC 7606",
     NULL,
     NULL,
     NULL,
     NULL,
     {"A 0 1 193.0.0.0/20 1001 3333 fault=4", "A 0 1 193.0.16.0/20 1001 3333 fault=4"},
     "malformed.withdraw AS0 2"},
};

static void world_of(struct world *w, const struct vector *v)
{
	*w = world_new();
	w->vrps = v->vrps ? vrps_text(v->vrps) : NULL;
	w->graph = v->relations ? graph_text(v->relations) : NULL;
	w->aspas = v->aspas ? aspas_text(v->aspas) : NULL;
	if (v->siblings) {
		unsigned a, b;

		w->names = names_new();
		assert_int_equal(sscanf(v->siblings, "%u %u", &a, &b), 2);
		names_add(w->names, &(struct naming){.asn = a, .name = "Example Networks Limited"});
		names_add(w->names, &(struct naming){.asn = b, .name = "EXAMPLE NETWORKS, LTD"});
		names_ready(w->names);
	}
	for (size_t i = 0; i < 32 && v->steps[i]; i++)
		world_step(w, v->steps[i], 0);
}

static void test_vectors(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct world w;
		char *got;

		world_of(&w, &vectors[i]);
		world_run(&w);
		got = summary(&w);
		if (strcmp(got, vectors[i].expect)) {
			print_error("%s (%s):\n  expected \"%s\"\n  found    \"%s\"\n",
				    vectors[i].name, vectors[i].source, vectors[i].expect, got);
			for (size_t j = 0; j < w.out.n; j++)
				for (size_t t = 0; t < w.out.at[j]->ntag; t++)
					print_error(
					    "    %zu %s %.2f %s\n", j, w.out.at[j]->tag[t].id,
					    w.out.at[j]->tag[t].weight, w.out.at[j]->tag[t].text);
			wrong++;
		}
		world_again(&w);
		free(got);
		world_free(&w);
	}
	assert_int_equal(wrong, 0);
}

/* ---- an event in full ---- */

static void test_event(void **state)
{
	static const struct vector v = {"two waves and a stale peer",
					"made here",
					"AS3333,193.0.0.0/20,24",
					"",
					NULL,
					NULL,
					{NULL},
					""};
	struct world w;
	char line[128];
	const struct finding *f;

	(void)state;
	world_of(&w, &v);
	for (int p = 1; p <= 12; p++) {
		snprintf(line, sizeof(line), "T 0 %d 193.0.0.0/20 %d 3356 3333", p, 1000 + p);
		world_step(&w, line, 0);
	}
	/* 03:00:01 to 03:00:12, twelve peers; eleven let go at 05:00; at 08:00 three come again. */
	for (int p = 1; p <= 12; p++) {
		snprintf(line, sizeof(line), "A %d %d 193.0.1.0/24 %d 6939 5555", 10800 + p, p,
			 1000 + p);
		world_step(&w, line, 0);
	}
	for (int p = 2; p <= 12; p++) {
		snprintf(line, sizeof(line), "W %d %d 193.0.1.0/24", 18000 + p, p);
		world_step(&w, line, 0);
	}
	for (int p = 2; p <= 4; p++) {
		snprintf(line, sizeof(line), "A %d %d 193.0.2.0/24 %d 6939 5555", 28800 + p, p,
			 1000 + p);
		world_step(&w, line, 0);
	}
	for (int p = 2; p <= 4; p++) {
		snprintf(line, sizeof(line), "W %d %d 193.0.2.0/24", 32400 + p, p);
		world_step(&w, line, 0);
	}
	world_step(&w, "A 43200 12 193.0.0.0/20 1012 3356 3333", 0);
	world_run(&w);
	assert_int_equal(w.out.n, 1);
	f = w.out.at[0];
	assert_string_equal(f->kind, "route.hijack.sub");
	assert_int_equal(f->first, BASE + 10801 * SECOND);
	assert_int_equal(f->last, BASE + 32404 * SECOND);
	assert_int_equal(f->state, STATE_OPEN_AT_END); /* 1 of 12 is more than one in twenty */
	assert_int_equal(f->nprefix, 2);
	assert_int_equal(f->prefix[0].peers, 12);
	assert_int_equal(f->prefix[0].withdrawn, BASE + 18012 * SECOND);
	assert_int_equal(f->prefix[1].first, BASE + 28802 * SECOND);
	assert_int_equal(f->prefix[1].last, BASE + 28804 * SECOND);
	assert_int_equal(f->prefix[1].withdrawn, BASE + 32404 * SECOND);
	assert_int_equal(f->prefix[0].rpki, ROV_INVALID);
	assert_string_equal(f->prefix[0].rpki_why, "origin");
	assert_int_equal(f->nwave, 2);
	assert_int_equal(f->wave[0].announcements, 12);
	assert_int_equal(f->wave[0].withdrawals, 11);
	assert_int_equal(f->wave[0].peers, 12);
	assert_int_equal(f->wave[1].first, BASE + 28802 * SECOND);
	assert_int_equal(f->wave[1].prefixes, 1);
	assert_int_equal(f->wave[1].peers, 3);
	assert_int_equal(f->nbeliever, 12);
	assert_int_equal(f->believer[0].peer, 1);
	assert_int_equal(f->believer[0].last, TIME_NONE);
	assert_int_equal(f->peers, 12);
	assert_int_equal(f->of_peers, 12);
	assert_int_equal(f->level[0].peers, 1);
	assert_int_equal(f->level[11].peers, 12);
	assert_int_equal(f->level[f->nlevel - 1].peers, 1);
	assert_int_equal(f->carrier[0].asn, 6939);
	/* 12 + 11 + 3 + 3 updates and the table's first route. */
	assert_int_equal(f->nevidence, 30);
	world_again(&w);
	world_free(&w);
}

static void test_table(void **state)
{
	(void)state;
	assert_string_equal(detectors[0]->name, "routes");
	for (const struct rule *r = detector_routes.rules; r->id; r++) {
		assert_true(r->version >= 1);
		assert_true(r->text[strlen(r->text) - 1] == '.');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_event),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
