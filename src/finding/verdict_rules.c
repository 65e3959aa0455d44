/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/verdict.h"

#include <assert.h>
#include <string.h>

#include "finding/view.h"

const struct rule verdict_rules[] = {
    {"site.open.certificate", 1,
     "A certificate that is valid for the name came from where we were sent, so the site itself "
     "answered, whatever its address."},
    {"site.open.same", 1,
     "What came is what a control elsewhere got: the same status, and alike in length, title or "
     "headers."},
    {"site.open.refused", 1,
     "The site itself, its host or its CDN refuses this visitor (captcha, firewall, rate limit), "
     "which is not censorship."},
    {"site.open.control-failed", 1,
     "The page came, although a control elsewhere could not get it."},
    {"site.open.proxy", 1,
     "Plain lookups lead into the access network and encrypted ones do not, yet the true page "
     "came: the way is bent, the site open."},
    {"site.geofenced.said", 1,
     "The site itself says that it does not serve this country or network."},
    {"site.geofenced.networks", 1,
     "A control reached the site, and unrelated networks fail as this one does: the site keeps "
     "them out."},
    {"site.down.control", 1, "A control elsewhere failed at the same step."},
    {"site.down.no-name", 1, "Controls elsewhere find no such name either."},
    {"site.down.signed", 1,
     "The name's own zone proves by its signatures (DNSSEC) that there is no such name."},
    {"site.down.redirect", 1, "The site's own redirect leads to an address that is none."},
    {"site.down.own-address", 1,
     "The site itself publishes an address that nobody routes, here and elsewhere."},
    {"site.down.networks", 1, "Unrelated networks fail as this one does."},
    {"site.dns.bogon", 1,
     "The name was answered with an address that nobody routes, where a control got a public "
     "one."},
    {"site.dns.known", 1,
     "The name was answered with an address that is known to show block pages or to be made up "
     "by an injector."},
    {"site.dns.lie", 1,
     "The name was answered with an address that no control got, and what lives there is not the "
     "site."},
    {"site.dns.strange", 1,
     "The name was answered with an address that no control got, and nothing answers there."},
    {"site.dns.ghost", 1,
     "Controls find no such name, and here it is answered with an address of somebody in "
     "between."},
    {"site.dns.denied", 1,
     "The name does not resolve here, while a control elsewhere got addresses."},
    {"site.dns.injection", 1,
     "Two different answers came to one query, or an answer from where nobody listens."},
    {"site.dns.bogus", 1,
     "The name is signed (DNSSEC), and what was answered is not what its zone has signed."},
    {"site.dns.detour", 1,
     "Plain lookups lead into the access network, encrypted ones and the controls elsewhere."},
    {"site.tcp", 1, "Connecting failed to addresses that a control reached at the same port."},
    {"site.tls", 1,
     "Connecting worked and the TLS handshake failed, where a control's at the same address "
     "succeeded."},
    {"site.tls.name", 1,
     "The TLS handshake fails with the site's name and works with a neutral one at the same "
     "address: the name triggers it."},
    {"site.tls.ech", 1,
     "A hello with Encrypted Client Hello fails, and the same without it passes at the same "
     "address."},
    {"site.tls.mitm", 1,
     "The certificate shown is not valid for the name, where a control got one that is at the "
     "same address."},
    {"site.http", 1,
     "The connection was made and the request failed, where a control got the page."},
    {"site.http.blockpage", 1, "A known block page came instead of the site's."},
    {"site.http.words", 1,
     "A short page that speaks of blocking came in the clear, where a control got another."},
    {"site.http.redirect", 1,
     "A request in the clear was sent to another site, where a control was not."},
    {"site.http.name", 1,
     "The same other answer comes for the name from an unrelated address too, or not when the "
     "request is cut in two, and not for a neutral name: the name triggers it."},
    {"site.quic", 1, "QUIC fails to addresses that a control reached by QUIC; TCP works."},
    {"site.quic.name", 1,
     "QUIC Initials with the site's name get no answer, and with a neutral one to the same address "
     "they do: the name triggers it."},
    {"site.redirect.hop", 1,
     "A step of the site's own redirects failed, while a control reached their end."},
    {"site.throttled.policing", 1,
     "Bytes come far more slowly than for a neutral name from the same address."},
    {"site.throttled.freeze", 1,
     "Bytes stop after the first ones and the connection stays, which a neutral name from the "
     "same address does not see."},
    {"site.open.slow", 1,
     "The page did not end in time, but bytes kept coming, and as slowly for a neutral name from "
     "the "
     "same address: the line is slow."},
    {"site.throttled.stall", 1,
     "The response began and did not end in time, where a control got all of it."},
    {"site.undetermined.no-control", 1,
     "Nothing vouches for what came or why it failed: no control could be asked."},
    {"site.undetermined.differs", 1,
     "What came in the clear differs from what a control got, and nothing says who changed it."},
    {"site.undetermined.strange", 1,
     "The lookups agree with no control, and nothing shows whether that is normal."},
    {"site.undetermined.no-data", 1, "The measurement has too little in it to judge."},
    {"site.undetermined.once", 1,
     "The failure did not repeat in this network, so it may have been a passing fault."},
    {"site.undetermined.squatted", 1,
     "The address is used inside many routers and access networks for their own purposes, so that "
     "it fails there without anybody's will."},
    {"site.undetermined.portal", 1,
     "A captive portal stood in between, so that nothing is known of the site."},
    {"site.undetermined.probe", 1, "The probe itself or its network failed."},
    {"tool.open", 1, "The tool's servers answered as they should."},
    {"tool.endpoints", 1,
     "All of the tool's servers were out of reach at once, which no single dead server explains."},
    {"tool.part", 1,
     "One part of the tool is out of reach while others answer from the same network."},
    {"tool.words", 1,
     "The tool's first words die on the way, where noise of the same length to the same server "
     "goes "
     "on: they are filtered, whether or not the server lives."},
    {"tool.scores", 1,
     "A scoring service counted the tool's servers as out of reach; the raw facts are not at "
     "hand."},
    {"tool.scores.ok", 1, "A scoring service counted the tool's servers as reachable."},
    {"tool.start", 1,
     "The tool could not start its tunnel; nothing tells whether its servers live."},
    {"tool.pins", 1,
     "The handshake failed on a certificate that this version of the test cannot know: its list "
     "of authorities is out of date."},
    {"net.answers", 1, "The server answered what the test asked."},
    {"net.tampered", 1,
     "What arrived at the other end is not what was sent: something in between rewrites requests."},
    {"net.clean", 1, "What arrived at the other end is what was sent."},
    {"net.speed", 1, "The test measures the network's speed or ports and judges no site."},
    {NULL, 0, NULL},
};

const struct rule *verdict_rule(const char *id)
{
	for (size_t i = 0; verdict_rules[i].id; i++)
		if (!strcmp(verdict_rules[i].id, id))
			return &verdict_rules[i];
	assert(!"a rule that is in no table");
	return NULL;
}

const char *site_state_text(enum site_state s)
{
	static const char *const text[] = {
	    [SITE_UNDETERMINED] = "UNDETERMINED",
	    [SITE_OPEN] = "OPEN",
	    [SITE_DOWN] = "DOWN",
	    [SITE_GEOFENCED] = "GEOFENCED",
	    [SITE_THROTTLED] = "THROTTLED",
	    [SITE_REROUTED] = "REROUTED",
	    [SITE_BLOCKED] = "BLOCKED",
	};

	return text[s];
}

const char *intermediary_text(enum intermediary w)
{
	static const char *const text[] = {
	    [WHO_UNKNOWN] = "unknown",
	    [WHO_RESOLVER] = "resolver",
	    [WHO_ACCESS] = "access network",
	    [WHO_TRANSIT] = "transit",
	    [WHO_EXCHANGE] = "exchange",
	    [WHO_HOST] = "destination's host",
	    [WHO_CDN] = "CDN",
	    [WHO_SITE] = "site",
	};

	return text[w];
}

double verdict_more(double confidence, double share)
{
	double c = confidence + (1 - confidence) * share;

	return c > 0.99 ? 0.99 : c;
}

void verdict_set(struct verdict *v, enum site_state s, const char *rule, double confidence)
{
	v->state = s;
	v->rule = verdict_rule(rule);
	v->confidence = confidence;
}

void verdict_add(struct verdict *v, const char *mechanism, double confidence)
{
	static const char *const layers[] = {"dns", "ip", "tcp", "tls", "http", "quic", "app"};
	const char *layer = "http";

	for (size_t i = 0; i < v->nmechanism; i++)
		if (!strcmp(v->mechanism[i].id, mechanism))
			return;
	if (v->nmechanism == VERDICT_MECHANISMS)
		return;
	for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++)
		if (!strncmp(mechanism, layers[i], strlen(layers[i])))
			layer = layers[i];
	if (!strncmp(mechanism, "throttle", 8))
		layer = "tcp";
	v->mechanism[v->nmechanism++] =
	    (struct mechanism){.id = mechanism, .layer = layer, .confidence = confidence};
}

void verdict_who(struct verdict *v, enum intermediary who, double sure)
{
	if (sure <= v->who_sure)
		return;
	v->who = who;
	v->who_sure = sure;
}

void verdict_addr(struct verdict *v, struct addr a)
{
	for (size_t i = 0; i < v->naddr; i++)
		if (addr_same(v->addr[i], a))
			return;
	if (v->naddr < VERDICT_ADDRS)
		v->addr[v->naddr++] = a;
}
