/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "test.h"

#include "base/text.h"
#include "report_case.h"

/* 2026-06-16, so many seconds after midnight UTC. */
static int64_t at(int hh, int mm, int ss)
{
	int64_t day;

	assert_true(text_to_time("2026-06-16", 10, &day));
	return day + (hh * 3600 + mm * 60 + ss) * SECOND;
}

static struct prefix pf(const char *s)
{
	struct prefix p;

	assert_true(prefix_parse(s, strlen(s), &p));
	return p;
}

static uint16_t peer(struct peers *ps, const char *addr, uint32_t asn, const char *collector)
{
	char host[64];
	struct prefix p;

	snprintf(host, sizeof(host), "%s/%d", addr, strchr(addr, ':') ? 128 : 32);
	p = pf(host);
	return peers_intern(ps, &(struct peer){{p.hi, p.lo, p.v6}, asn, 0, collector});
}

static const struct rule hijack_rule = {
    "hijack.exact", 1,
    "A network originates a prefix that another network originated before it, and no VRP and no "
    "relationship allows it."};
static const struct rule leak_rule = {
    "leak.type1", 1, "A network passes a route of one provider on to another provider."};
static const struct rule blocked_rule = {
    "blocked.dns", 1,
    "The resolver's answer is an address that serves no such site, and the control resolves."};

static const uint32_t path_before[] = {917, 60068, 5511, 62041};
static const uint32_t path_after[] = {917, 60068, 15412, 18101};

static void hijack(struct findings *all, struct peers *ps, const char *name)
{
	static const char *const caveat[] = {
	    "The VRPs are of 2025-07-20, eleven months older than the event.",
	    "A peer that never lets go may keep a stale route."};
	struct finding *f = findings_add(all);
	struct arena *a = &all->arena;

	f->kind = "route.hijack.exact";
	f->title = name ? name : "AS18101 announced prefixes of Telegram";
	f->state = STATE_ENDED;
	f->first = at(7, 8, 57);
	f->last = at(21, 13, 11);
	f->confidence = 0.97;
	f->rule = &hijack_rule;
	f->layer = "bgp";
	f->actor = (struct actor){{18101, name ? name : "RELIANCE", "IN"},
				  name ? name : "origin",
				  0.9,
				  name ? name : "the last network of all 989 announcements"};
	f->nvictim = 2;
	f->victim = arena_copy(a,
			       (struct network[]){{62041, name ? name : "TELEGRAM", "GB"},
						  {62014, name ? name : "TELEGRAM", "VG"}},
			       2 * sizeof(*f->victim));
	f->nprefix = 3;
	f->prefix = arena_copy(
	    a,
	    (struct finding_prefix[]){{pf("95.161.64.0/20"), "exact", ROV_INVALID, "origin", 62041,
				       at(7, 8, 57), at(20, 44, 31), at(21, 13, 11), 20},
				      {pf("185.76.151.0/24"), "exact", ROV_NOT_FOUND, NULL, 62041,
				       at(7, 18, 30), at(16, 44, 2), at(21, 12, 44), 16},
				      {pf("2a0a:f280::/32"), "exact", ROV_INVALID, "origin", 62014,
				       at(16, 46, 3), at(20, 39, 11), TIME_NONE, 198}},
	    3 * sizeof(*f->prefix));
	f->ncarrier = 3;
	f->carrier = arena_copy(
	    a,
	    (struct network[]){{15412, "FLAG", "GB"}, {4755, "TATACOMM", "IN"}, {9498, NULL, ""}},
	    3 * sizeof(*f->carrier));
	f->nwave = 2;
	f->wave = arena_copy(a,
			     (struct wave[]){{at(7, 8, 57), at(8, 10, 40), 11, 114, 20, 20},
					     {at(16, 13, 16), at(21, 12, 44), 25, 873, 812, 249}},
			     2 * sizeof(*f->wave));
	f->nbeliever = 3;
	f->believer =
	    arena_copy(a,
		       (struct believer[]){{peer(ps, "196.60.9.165", 917, name ? name : "rrc19"),
					    {917, name ? name : "GONET", "CA"},
					    at(7, 8, 57),
					    at(8, 48, 55),
					    false},
					   {peer(ps, "94.207.42.2", 57187, "rrc25"),
					    {57187, "DATAMENA", "AE"},
					    at(7, 8, 57),
					    at(21, 12, 42),
					    false},
					   {peer(ps, "2001:7f8::1", 6908, "rrc01"),
					    {6908, NULL, ""},
					    at(16, 46, 3),
					    TIME_NONE,
					    true}},
		       3 * sizeof(*f->believer));
	f->nlevel = 4;
	f->level = arena_copy(
	    a,
	    (struct level[]){
		{at(7, 8, 57), 2}, {at(8, 48, 55), 1}, {at(16, 46, 3), 202}, {at(21, 12, 42), 1}},
	    4 * sizeof(*f->level));
	f->ndetour = 1;
	f->detour = arena_zero(a, 1, sizeof(*f->detour));
	f->detour[0] = (struct detour){
	    pf("95.161.64.0/20"), f->believer[0].peer, path_before, path_after, 4, 4};
	f->peers = 202;
	f->of_peers = 602;
	f->nharm = 2;
	f->harm = arena_copy(a, (const char *[]){"decentralised", "unique"}, 2 * sizeof(*f->harm));
	f->ntag = 2;
	f->tag = arena_copy(
	    a,
	    (struct tag[]){
		{"rpki-invalid", name ? name : "2 of 3 prefixes are RPKI-invalid by origin", 0.7},
		{"moas-known", "another origin is known for one prefix", -0.03}},
	    2 * sizeof(*f->tag));
	f->ncaveat = 2;
	f->caveat = arena_copy(a, caveat, sizeof(caveat));
	if (name)
		f->caveat[0] = name;
	f->ncontext = 2;
	f->context =
	    arena_copy(a,
		       (struct context[]){{"vrp", name ? name : "95.161.64.0/20-24 AS62041", 1},
					  {"relation", "15412|18101|-1", UINT32_MAX}},
		       2 * sizeof(*f->context));
	f->nevidence = 2;
	f->evidence = arena_copy(a,
				 (struct evidence[]){{0, 412, 96, {1, 2, 3}, EVIDENCE_SHOWS},
						     {0, 388, 5012, {4, 5, 6}, EVIDENCE_CONTROL}},
				 2 * sizeof(*f->evidence));
	finding_identify(f);
}

static void others(struct findings *all, const char *name)
{
	struct finding *f = findings_add(all);
	struct arena *a = &all->arena;

	f->kind = "route.leak.type1";
	f->title = name ? name : "AS45820 passed 12 routes of AS6453 on to AS4755";
	f->state = STATE_OPEN_AT_END;
	f->first = at(9, 10, 0);
	f->last = at(23, 0, 0);
	f->confidence = 0.55;
	f->rule = &leak_rule;
	f->layer = "bgp";
	f->actor = (struct actor){{45820, "TTSL", "IN"}, "leaker", 0.6, NULL};
	f->peers = 7;
	f->of_peers = 602;
	finding_identify(f);

	f = findings_add(all);
	f->kind = "site.blocked";
	f->title = name ? name : "web.telegram.org is blocked in India";
	f->state = STATE_SITE;
	f->site_state = "BLOCKED";
	f->first = at(8, 0, 0);
	f->last = TIME_NONE;
	f->confidence = 0.91;
	f->rule = &blocked_rule;
	f->layer = "dns";
	f->mechanism = name ? name : "dns.lie";
	f->actor = (struct actor){{45609, "AIRTEL", "IN"}, "resolver", 0.8, NULL};
	f->nurl = 1;
	f->url = arena_copy(a, (const char *[]){name ? name : "https://web.telegram.org/"},
			    sizeof(*f->url));
	f->ncountry = 1;
	f->country = arena_copy(a, (const char *[]){"IN"}, sizeof(*f->country));
	f->nwhere = 1;
	f->where = arena_copy(a, (struct network[]){{45609, "AIRTEL", "IN"}}, sizeof(*f->where));
	f->hop = name ? name : "10.1.2.3";
	finding_identify(f);
}

void report_case(struct report_case *c, bool hostile)
{
	static const char *const argv[] = {"meridian", "observe", "updates.json", "vrps.json"};
	static const char *const hostile_argv[] = {"meridian", "observe", HOSTILE};
	static const char *const notes[] = {"No ASPAs were given: paths are not judged by ASPA."};
	static const char *const hostile_notes[] = {HOSTILE};
	static const char *const thanks[] = {"Names of networks: DB-IP.com, CC BY 4.0."};
	static struct garbled bad[] = {
	    {1234, 88, "the prefix has bits beyond its length", false, false}};
	static struct garbled hostile_bad[] = {{1234, 88, HOSTILE, true, false}};
	static struct source_report source[3];
	const char *name = hostile ? HOSTILE : NULL;

	memset(c, 0, sizeof(*c));
	c->peers = peers_new();
	hijack(&c->all, c->peers, name);
	others(&c->all, name);
	findings_sort(&c->all);
	source[0] = (struct source_report){.path = name ? name : "updates.json",
					   .kind = "ripestat",
					   .coding = "gzip",
					   .bytes = 71036,
					   .sha256 = {0xab, 0xcd},
					   .records = 23288,
					   .decoded = 23288,
					   .routes = 23288,
					   .first = at(7, 0, 0),
					   .last = at(30, 0, 0),
					   .provenance = name ? name : "RIPEstat bgp-updates"};
	source[1] = (struct source_report){.path = "vrps.json",
					   .kind = "vrps",
					   .bytes = 81234567,
					   .records = 723521,
					   .decoded = 723520,
					   .skipped = 1,
					   .first = TIME_NONE,
					   .last = TIME_NONE,
					   .garbled = name ? hostile_bad : bad,
					   .ngarbled = 1,
					   .provenance = "VRPs of 2025-07-20 by rpki-client"};
	source[2] = (struct source_report){
	    .path = "notes.txt", .bytes = 12, .first = TIME_NONE, .last = TIME_NONE, .fault = name};
	c->know = (struct knowledge){
	    .peers = c->peers, .vrps_time = TIME_NONE, .relations_time = TIME_NONE};
	c->run = (struct run_report){.version = "0.1.0",
				     .argv = hostile ? hostile_argv : argv,
				     .argc = hostile ? 3 : 4,
				     .first = at(7, 0, 0),
				     .last = at(30, 0, 0),
				     .source = source,
				     .nsource = 3,
				     .know = &c->know,
				     .records = 23288,
				     .routes = 23288,
				     .seconds = 1.5,
				     .note = hostile ? hostile_notes : notes,
				     .nnote = 1,
				     .thanks = hostile ? hostile_notes : thanks,
				     .nthanks = 1};
}

void report_case_free(struct report_case *c)
{
	findings_free(&c->all);
	peers_free(c->peers);
}
