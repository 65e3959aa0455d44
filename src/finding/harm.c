/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/harm.h"

#include <string.h>

const struct harm harms[] = {
    {"route.hijack", "decentralised",
     "a network takes traffic that the routing system, by agreement of all, sends to another"},
    {"route.hijack", "unique", "one address leads to two places, depending on where one asks"},
    {"route.invalid", "decentralised", "a route contradicts what the holder of the addresses says"},
    {"route.leak", "decentralised", "a route goes where its sender did not mean it to go"},
    {"route.bogon", "unique", "addresses or numbers are used that name nobody, or many"},
    {"route.malformed", "layered", "a message breaks the protocol that all networks share"},
    {"outage.", "accessible", "networks and the people in them are cut off"},
    {"site.blocked", "general", "an intermediary decides what the network may be used for"},
    {"site.blocked", "accessible", "people cannot reach what is there"},
    {"site.rerouted", "unique", "a name or an address leads to somewhere else"},
    {"site.rerouted", "layered", "a network answers in the place of the other end"},
    {"site.throttled", "general", "an intermediary decides what the network is good for"},
    {"site.geofenced", "accessible", "what is there depends on where one asks from"},
    {"site.down", "accessible", "nobody can reach what was there"},
    {"tool.unreachable", "general", "an intermediary decides which tools may be used"},
    {"name.insecure", "layered", "a building block that others rely on is missing or broken"},
    {NULL, NULL, NULL},
};

void harm_add(struct findings *out, struct finding *f)
{
	size_t n = 0;

	for (const struct harm *h = harms; h->kind; h++)
		n += !strncmp(f->kind, h->kind, strlen(h->kind));
	f->harm = arena_zero(&out->arena, n ? n : 1, sizeof(*f->harm));
	f->nharm = 0;
	for (const struct harm *h = harms; h->kind; h++)
		if (!strncmp(f->kind, h->kind, strlen(h->kind)))
			f->harm[f->nharm++] = h->harm;
}
