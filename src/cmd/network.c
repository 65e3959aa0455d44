/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* meridian network ASN: relationships, dependencies, redundancy, hygiene. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/manrs.h"
#include "cmd/whatif.h"
#include "fact/bogon.h"
#include "finding/resilience.h"

static const struct opt opts[] = {SEEN_OPTS, GRAPH_OPTS, COMMON_OPTS};

/* Its neighbours of a kind, the largest cones first are not known here: by ASN, some of them. */
static void neighbours(const struct graph *g, uint32_t id, enum relation_kind kind,
		       const char *name, struct jsonw *w, struct sheet *s)
{
	const struct asgraph *as = g->as;
	struct buf list = {0};
	char more[48] = "";
	uint32_t n = 0;

	jsonw_name(w, name);
	jsonw_array(w);
	for (uint32_t i = asgraph_first(as, id, kind); i < asgraph_last(as, id, kind); i++, n++) {
		const struct asgraph_link *l = &as->link[as->via[i]];

		jsonw_object(w);
		jsonw_put_uint(w, "asn", as->asn[as->nbr[i]]);
		if (l->seen) {
			jsonw_put_uint(w, "seen_by", l->seen);
		}
		if (l->sure != LINK_SURE_UNKNOWN) {
			jsonw_put_uint(w, "sure_percent", l->sure);
		}
		jsonw_object_end(w);
		if (n < 12)
			buf_printf(&list, "%s%s", n ? "; " : "", graph_name(g, as->nbr[i]));
	}
	jsonw_array_end(w);
	if (n > 12)
		snprintf(more, sizeof(more), "; and %s more, which --json has",
			 text_number(n - 12));
	if (n)
		sheet_point(s, "%s %.*s: %s%s", text_number(n), (int)strlen(name) - (n == 1), name,
			    list.at, more);
	buf_free(&list);
}

static bool count_vrp(const struct vrps *v, uint32_t asn, uint32_t *v4, uint32_t *v6)
{
	*v4 = *v6 = 0;
	for (size_t i = 0; v && i < vrps_count(v); i++) {
		struct vrp x = vrps_at(v, i);

		if (x.asn == asn)
			++*(x.prefix.v6 ? v6 : v4);
	}
	return v != NULL;
}

#define SHOWN 30

/* Its prefixes one by one, the invalid first; without routes what VRPs there are for it. */
static void prefixes(const struct seen_routes *seen, struct jsonw *w, struct sheet *s)
{
	static const enum rov_state order[] = {ROV_INVALID, ROV_NOT_FOUND, ROV_VALID, ROV_UNKNOWN};
	struct hygiene_sum sum;
	const struct origination *o;
	size_t n, shown = 0;
	uint32_t v4, v6;

	if (seen->vrps || seen->hygiene)
		sheet_heading(s, "What it announces");
	if (count_vrp(seen->vrps, seen->asn, &v4, &v6)) {
		sheet_text(s, "VRPs name it as the origin of %s IPv4 and %s IPv6 prefixes.",
			   text_number(v4), text_number(v6));
		jsonw_put_uint(w, "vrps_v4", v4);
		jsonw_put_uint(w, "vrps_v6", v6);
	}
	jsonw_name(w, "prefixes");
	if (!seen->hygiene) {
		jsonw_null(w);
		return;
	}
	hygiene_add_up(seen->hygiene, HYGIENE_ALL, &sum);
	o = hygiene_at(seen->hygiene, &n);
	if (!n)
		sheet_text(s, "These routes have nothing that it is the origin of.");
	else if (seen->vrps)
		sheet_text(
		    s,
		    "%s IPv4 and %s IPv6 prefixes: %s valid, %s invalid (%s by origin, %s by "
		    "length, %s for AS0), %s without a ROA.",
		    text_number(sum.v4), text_number(sum.v6), text_number(sum.valid),
		    text_number(sum.invalid), text_number(sum.wrong_origin),
		    text_number(sum.too_specific), text_number(sum.as0),
		    text_number(sum.not_found));
	else
		sheet_text(s, "%s IPv4 and %s IPv6 prefixes; --vrps FILE tells their RPKI state.",
			   text_number(sum.v4), text_number(sum.v6));
	jsonw_array(w);
	if (n)
		sheet_table(s, seen->irr ? "prefix|RPKI|route object" : "prefix|RPKI");
	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
		for (size_t i = 0; i < n; i++) {
			const char *object = NULL;
			char text[PREFIX_TEXT];

			if (o[i].state != order[k])
				continue;
			prefix_text(text, o[i].prefix);
			if (seen->irr)
				object =
				    irr_match_text(irr_match(seen->irr, o[i].prefix, o[i].origin));
			if (shown++ < SHOWN)
				sheet_row(s, "%s|%s%s%s%s", text, seen_state(&o[i]),
					  o[i].bogon == BOGON_FULL ? ", a bogon" : "",
					  seen->irr ? "|" : "", seen->irr ? object : "");
			jsonw_object(w);
			jsonw_put_text(w, "prefix", text);
			jsonw_put_text(w, "rpki", rov_state_text(o[i].state));
			jsonw_put_text(w, "why", rov_reason_text(o[i].why));
			jsonw_put_bool(w, "bogon", o[i].bogon == BOGON_FULL);
			if (seen->irr)
				jsonw_put_text(w, "route_object", object);
			jsonw_object_end(w);
		}
	jsonw_array_end(w);
	if (n > SHOWN)
		sheet_text(s, "And %s more, which --json has.", text_number(n - SHOWN));
}

#define SHOWN_CARRIED 10

/* Whether it passes invalid routes on: told only where these routes can tell. */
static void carried(const struct seen_routes *seen, struct jsonw *w, struct sheet *s)
{
	struct hygiene_carried c;
	const char *says;
	uint32_t shown = 0;
	char a[32], b[32];

	jsonw_name(w, "carried");
	if (!seen->hygiene) {
		jsonw_null(w);
		return;
	}
	hygiene_carried(seen->hygiene, &c);
	says = !c.routes      ? "no-routes"
	       : !seen->vrps  ? "no-vrps"
	       : c.invalid    ? "carries-invalid"
	       : !c.elsewhere ? "no-invalid-seen"
			      : "none-invalid";
	sheet_heading(s, "What it passes on for others");
	text_count(a, c.routes);
	text_count(b, c.elsewhere);
	if (!c.routes)
		sheet_text(s,
			   "No route of others in these sources goes through it, so nothing can be "
			   "told of what it refuses.");
	else if (!seen->vrps)
		sheet_text(s,
			   "%s prefixes of others; --vrps FILE tells whether invalid ones are "
			   "among them.",
			   a);
	else if (c.invalid)
		sheet_text(s,
			   "%s prefixes of others, %s of them RPKI-invalid by these VRPs: it does "
			   "not refuse all that is invalid.",
			   a, text_number(c.invalid));
	else if (!c.elsewhere)
		sheet_text(s,
			   "%s prefixes of others, none RPKI-invalid; but no other network passes "
			   "on an invalid one in these sources either, so that says nothing.",
			   a);
	else
		sheet_text(
		    s,
		    "%s prefixes of others, none RPKI-invalid, while %s invalid ones are seen "
		    "that do not go through it. It may refuse them, or they never came to it.",
		    a, b);
	jsonw_object(w);
	jsonw_put_text(w, "says", says);
	jsonw_put_uint(w, "prefixes", c.routes);
	if (seen->vrps) {
		jsonw_put_uint(w, "valid", c.valid);
		jsonw_put_uint(w, "invalid", c.invalid);
		jsonw_put_uint(w, "invalid_elsewhere", c.elsewhere);
		jsonw_name(w, "invalids");
		jsonw_array(w);
		if (c.invalid)
			sheet_table(s, "invalid|origin|why");
		for (uint32_t i = 0; i < c.routes; i++) {
			char text[PREFIX_TEXT];

			if (c.at[i].state != ROV_INVALID)
				continue;
			prefix_text(text, c.at[i].prefix);
			if (shown++ < SHOWN_CARRIED)
				sheet_row(s, "%s|AS%u|%s", text, c.at[i].origin,
					  rov_reason_text(c.at[i].why));
			jsonw_object(w);
			jsonw_put_text(w, "prefix", text);
			jsonw_put_uint(w, "origin", c.at[i].origin);
			jsonw_put_text(w, "why", rov_reason_text(c.at[i].why));
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
		if (shown > SHOWN_CARRIED)
			sheet_text(s, "And %s more, which --json has.",
				   text_number(shown - SHOWN_CARRIED));
	}
	jsonw_object_end(w);
}

static int network(int argc, char **argv)
{
	struct network_profile p;
	struct resilience_tables tables;
	struct resilience_room *room;
	struct buf json = {0}, title = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	struct sheet *s;
	struct seen_routes seen = {.graph = NULL};
	struct graph g;
	struct err err;
	uint32_t id;
	char a[32];
	int status;
	bool v6;

	if (!argc)
		return complain(EXIT_USAGE, "network wants an AS number");
	if (!asn_of(argv[0], strlen(argv[0]), &id))
		return complain(EXIT_USAGE, "\"%s\" is not an AS number", argv[0]);
	if (!graph_load(&g, &err))
		return complain_of(&err);
	if (!graph_as(&g, argv[0], strlen(argv[0]), &id, &err)) {
		graph_free(&g);
		return complain_of(&err);
	}
	seen.graph = &g;
	seen.asn = g.as->asn[id];
	if (!seen_load(&seen, argc - 1, argv + 1, &err)) {
		seen_free(&seen);
		graph_free(&g);
		return complain_of(&err);
	}
	v6 = g.v6 && g.v6[id];
	if (seen.hygiene && hygiene_has_v6(seen.hygiene)) {
		struct hygiene_sum sum;

		hygiene_add_up(seen.hygiene, HYGIENE_ALL, &sum);
		if (sum.v4 + sum.v6)
			v6 = sum.v6 > 0;
	}
	tables = graph_tables(&g);
	room = resilience_room_new(g.nets, &tables);
	resilience_network(room, id, &p);
	buf_printf(&title, "%s: on whom it depends", graph_name(&g, id));
	s = sheet_new(title.at);
	jsonw_object(&w);
	jsonw_put_uint(&w, "asn", g.as->asn[id]);
	jsonw_put_text(&w, "name", g.nets->name[id]);
	jsonw_put_text(&w, "country",
		       g.nets->country[id] ? nets_code(a, g.nets->country[id]) : NULL);
	jsonw_put_uint(&w, "addresses", g.nets->addresses[id]);
	jsonw_put_bool(&w, "ipv6", v6);
	jsonw_put_uint(&w, "customer_cone_recursive", p.cone);
	jsonw_put_bool(&w, "clique", p.clique);
	jsonw_name(&w, "must_fail_before_dark");
	if (p.clique)
		jsonw_null(&w);
	else
		jsonw_uint(&w, p.cut);
	jsonw_put_real(&w, "reached_by", p.reach, 6);
	jsonw_put_real(&w, "mean_path_length", p.mean_len, 4);
	jsonw_put_real(&w, "dependency_hhi", p.hhi, 6);
	sheet_text(
	    s,
	    "It announces %s IPv4 addresses%s; %s network%s in its customer cone (recursive, "
	    "itself included). %s of all networks have a route to it, of %.2f networks on average.",
	    text_count(a, g.nets->addresses[id]), v6 ? " and IPv6" : ", no IPv6",
	    text_number(p.cone), p.cone == 1 ? " is" : "s are", percent(p.reach), p.mean_len);
	if (p.clique)
		sheet_text(s,
			   "It is one of the networks at the top, which need nobody above them.");
	else if (p.cut)
		sheet_text(s, "%s network%s must fail before it has no way up any more%s.",
			   text_number(p.cut), p.cut == 1 ? "" : "s",
			   p.cut == 1 ? ": it hangs on one" : "");
	else
		sheet_text(
		    s,
		    "It has no way up to the top of the graph: it reaches others by peering or not "
		    "at all.");
	sheet_heading(s, "Neighbours");
	neighbours(&g, id, RELATION_PROVIDER, "providers", &w, s);
	neighbours(&g, id, RELATION_PEER, "peers", &w, s);
	neighbours(&g, id, RELATION_CUSTOMER, "customers", &w, s);
	sheet_heading(s, "Dependencies");
	sheet_table(s, "network|>share of all paths to it|>reach without that network");
	jsonw_name(&w, "dependencies");
	jsonw_array(&w);
	for (unsigned i = 0; i < p.ndependency; i++) {
		uint32_t d = p.dependency[i].id;

		sheet_row(s, "%s|%s|%s", graph_name(&g, d), percent(p.dependency[i].share),
			  percent(p.without[i]));
		jsonw_object(&w);
		jsonw_put_uint(&w, "asn", g.as->asn[d]);
		jsonw_put_text(&w, "name", g.nets->name[d]);
		jsonw_put_real(&w, "share", p.dependency[i].share, 6);
		jsonw_put_real(&w, "reach_without", p.without[i], 6);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	prefixes(&seen, &w, s);
	carried(&seen, &w, s);
	manrs_incidents(&seen, &w, s);
	manrs_tell(&seen, &w, s);
	sheet_heading(s, "How sure this is");
	sheet_point(
	    s,
	    "Shares are of modelled routes of all networks, each counted once. Peer links, above "
	    "all of networks without customers, are the least certain (docs/resilience.md).");
	seen_sheet(&seen, s);
	graph_sheet(&g, s);
	seen_json(&seen, &w);
	graph_json(&g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s, seen_time(&seen));
	if (status == EXIT_RAN)
		status = seen_status(&seen);
	sheet_free(s);
	buf_free(&json);
	buf_free(&title);
	resilience_room_free(room);
	seen_free(&seen);
	graph_free(&g);
	return status;
}

const struct cmd cmd_network = {
    .name = "network",
    .args = "ASN [SOURCE…]",
    .about = "On whom does this network depend, and how much is left without them?",
    .help =
	"Its neighbours and customer cone, the networks that its paths depend on with their shares "
	"and what is left when one fails, and how many must fail before it is dark. With "
	"routes (--routes or SOURCE, of any kind that observe reads) what it announces, with "
	"--vrps "
	"the RPKI state of each prefix, the incidents seen, and its readiness for MANRS item by "
	"item; an item without input says what it needs.",
    .opts = opts,
    .run = network,
};
