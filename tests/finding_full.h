/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding that has something in every member, for tests; `i` makes each another one.
 */
#ifndef TESTS_FINDING_FULL_H
#define TESTS_FINDING_FULL_H

#include "base/text.h"
#include "finding/finding.h"

static inline struct finding *finding_full(struct findings *fs, struct peers *peers, uint32_t i)
{
	static const struct rule rule = {"hijack.exact", 1, "Somebody else announces it."};
	static const uint32_t before[] = {3356, 62041}, after[] = {3356, 15412, 18101};
	struct arena *a = &fs->arena;
	struct finding *f = findings_add(fs);
	int64_t t = INT64_C(1781593737) * SECOND + (int64_t)i * SECOND;
	struct peer p = {.asn = 3356, .collector = "rrc19"};
	uint16_t peer;

	addr_parse("2001:db8::1", 11, &p.addr);
	peer = peers_intern(peers, &p);
	f->kind = i % 3 ? "route.hijack.exact" : "site.blocked";
	f->title = arena_printf(a, "AS18101 announced \"%u\" prefixes of Tel\u00e9gram", i);
	f->state = i % 3 ? STATE_ENDED : STATE_SITE;
	f->site_state = i % 3 ? NULL : "BLOCKED";
	f->first = t;
	f->last = t + 3600 * SECOND + 123456;
	f->confidence = 0.97;
	f->rule = &rule;
	f->layer = "bgp";
	f->actor = (struct actor){
	    {18101 + i % 50, "Reliance", "IN"}, "origin", 0.9, "it is the last AS of the path"};
	f->prefix = arena_zero(a, 2, sizeof(*f->prefix));
	f->nprefix = 2;
	prefix_parse("95.161.64.0/20", 14, &f->prefix[0].prefix);
	prefix_parse("2001:67c:4e8::/48", 17, &f->prefix[1].prefix);
	f->prefix[0].kind = f->prefix[1].kind = "exact";
	f->prefix[0].rpki = ROV_INVALID;
	f->prefix[0].rpki_why = "origin";
	f->prefix[0].victim = 62041;
	f->prefix[0].first = t;
	f->prefix[0].last = t + SECOND;
	f->prefix[0].withdrawn = f->prefix[1].first = f->prefix[1].last = TIME_NONE;
	f->prefix[1].withdrawn = t;
	f->prefix[0].peers = 12;
	f->victim = arena_zero(a, 1, sizeof(*f->victim));
	f->victim[0] = (struct network){62041, "Telegram", "VG"};
	f->nvictim = 1;
	f->asn = f->carrier = f->where = f->victim;
	f->nasn = f->ncarrier = f->nwhere = 1;
	f->url = arena_zero(a, 1, sizeof(*f->url));
	f->url[0] = "https://telegram.org/";
	f->nurl = 1;
	f->country = arena_zero(a, 2, sizeof(*f->country));
	f->country[0] = "IN";
	f->country[1] = "PK";
	f->ncountry = 2;
	f->hop = "100.64.0.1";
	f->wave = arena_zero(a, 1, sizeof(*f->wave));
	f->wave[0] = (struct wave){t, t + SECOND, 1, 2, 3, 4};
	f->nwave = 1;
	f->believer = arena_zero(a, 2, sizeof(*f->believer));
	f->believer[0] = (struct believer){peer, {3356, "Lumen", "US"}, t, TIME_NONE, true};
	f->believer[1] = (struct believer){0, {0, NULL, ""}, t, t, false};
	f->nbeliever = 2;
	f->level = arena_zero(a, 2, sizeof(*f->level));
	f->level[0] = (struct level){t, 3};
	f->level[1] = (struct level){t + SECOND, 0};
	f->nlevel = 2;
	f->detour = arena_zero(a, 1, sizeof(*f->detour));
	f->detour[0] = (struct detour){f->prefix[0].prefix, peer, before, after, 2, 3};
	f->ndetour = 1;
	f->peers = 12;
	f->of_peers = 340;
	f->harm = arena_zero(a, 1, sizeof(*f->harm));
	f->harm[0] = "An accessible infrastructure with a common protocol";
	f->nharm = 1;
	f->tag = arena_zero(a, 2, sizeof(*f->tag));
	f->tag[0] = (struct tag){"rpki-invalid", "34 of 35", 0.4};
	f->tag[1] = (struct tag){"same-owner", "no", -0.125};
	f->ntag = 2;
	f->caveat = arena_zero(a, 1, sizeof(*f->caveat));
	f->caveat[0] = "It could be a route optimiser.";
	f->ncaveat = 1;
	f->context = arena_zero(a, 2, sizeof(*f->context));
	f->context[0] = (struct context){"vrp", "95.161.64.0/20-24 AS62041", 1};
	f->context[1] = (struct context){"name", "62041 Telegram", UINT32_MAX};
	f->ncontext = 2;
	f->evidence = arena_zero(a, 1, sizeof(*f->evidence));
	f->evidence[0] = (struct evidence){.source = 0, .length = 133, .offset = 1000 + i};
	sha256(&i, sizeof(i), f->evidence[0].sha256);
	f->nevidence = 1;
	finding_identify(f);
	return f;
}

#endif
