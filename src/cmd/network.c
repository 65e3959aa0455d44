/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* meridian network ASN: relationships, dependencies, redundancy, hygiene. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/whatif.h"
#include "finding/resilience.h"

static const struct opt opts[] = {GRAPH_OPTS, COMMON_OPTS};

/* Its neighbours of a kind, the largest cones first are not known here: by ASN, some of them. */
static void neighbours(const struct graph *g, uint32_t id, enum relation_kind kind,
		       const char *name, struct jsonw *w, struct sheet *s)
{
	const struct asgraph *as = g->as;
	struct buf list = {0};
	uint32_t n = 0;

	jsonw_name(w, name);
	jsonw_array(w);
	for (uint32_t i = asgraph_first(as, id, kind); i < asgraph_last(as, id, kind); i++, n++) {
		const struct asgraph_link *l = &as->link[as->via[i]];

		jsonw_object(w);
		jsonw_name(w, "asn");
		jsonw_uint(w, as->asn[as->nbr[i]]);
		if (l->seen) {
			jsonw_name(w, "seen_by");
			jsonw_uint(w, l->seen);
		}
		if (l->sure != LINK_SURE_UNKNOWN) {
			jsonw_name(w, "sure_percent");
			jsonw_uint(w, l->sure);
		}
		jsonw_object_end(w);
		if (n < 12)
			buf_printf(&list, "%s%s", n ? "; " : "", graph_name(g, as->nbr[i]));
	}
	jsonw_array_end(w);
	if (n)
		sheet_point(s, "%u %s: %s%s", n, name, list.at, n > 12 ? "; …" : "");
	buf_free(&list);
}

/* The actions of MANRS for network operators, with what is known here of each. */
static void manrs(struct jsonw *w, struct sheet *s)
{
	static const struct {
		const char *action, *known;
	} item[] = {
	    {"1 Filtering: no hijacks, leaks or bogons of it or its customers",
	     "not measured here: meridian observe finds them in route archives"},
	    {"2 Anti-spoofing", "not measurable from routes (CAIDA Spoofer measures it)"},
	    {"3 Coordination: contacts in registries", "not measured"},
	    {"4 Validation: ROAs and IRR objects for what it announces",
	     "not measured here: meridian observe --vrps FILE shows the state of its routes"},
	};

	jsonw_name(w, "manrs");
	jsonw_array(w);
	sheet_heading(s, "MANRS readiness");
	for (size_t i = 0; i < sizeof(item) / sizeof(*item); i++) {
		sheet_point(s, "Action %s: %s.", item[i].action, item[i].known);
		jsonw_object(w);
		jsonw_name(w, "action");
		jsonw_text(w, item[i].action);
		jsonw_name(w, "state");
		jsonw_text(w, item[i].known);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static int network(int argc, char **argv)
{
	struct network_profile p;
	struct resilience_room *room;
	struct buf json = {0}, title = {0};
	struct jsonw w = {.out = &json, .pretty = true};
	struct sheet *s;
	struct graph g;
	struct err err;
	uint32_t id;
	char a[32];
	int status;

	if (argc != 1)
		return complain(EXIT_USAGE, "network wants one AS number");
	if (!graph_load(&g, &err))
		return complain(EXIT_COULD_NOT, "%s", err.text);
	if (!graph_as(&g, argv[0], strlen(argv[0]), &id, &err)) {
		graph_free(&g);
		return complain(EXIT_COULD_NOT, "%s", err.text);
	}
	room = resilience_room_new(g.nets, g.v6);
	resilience_network(room, id, &p);
	buf_printf(&title, "%s: on whom it depends", graph_name(&g, id));
	s = sheet_new(title.at);
	jsonw_object(&w);
	jsonw_name(&w, "asn");
	jsonw_uint(&w, g.as->asn[id]);
	jsonw_name(&w, "name");
	jsonw_text(&w, g.nets->name[id]);
	jsonw_name(&w, "country");
	jsonw_text(&w, g.nets->country[id] ? nets_code(a, g.nets->country[id]) : NULL);
	jsonw_name(&w, "addresses");
	jsonw_uint(&w, g.nets->addresses[id]);
	jsonw_name(&w, "ipv6");
	jsonw_bool(&w, g.v6 && g.v6[id]);
	jsonw_name(&w, "customer_cone_recursive");
	jsonw_uint(&w, p.cone);
	jsonw_name(&w, "clique");
	jsonw_bool(&w, p.clique);
	jsonw_name(&w, "must_fail_before_dark");
	if (p.clique)
		jsonw_null(&w);
	else
		jsonw_uint(&w, p.cut);
	jsonw_name(&w, "reached_by");
	jsonw_real(&w, p.reach, 6);
	jsonw_name(&w, "mean_path_length");
	jsonw_real(&w, p.mean_len, 4);
	jsonw_name(&w, "dependency_hhi");
	jsonw_real(&w, p.hhi, 6);
	sheet_text(
	    s,
	    "It announces %s IPv4 addresses%s; %u networks are in its customer cone (recursive, "
	    "itself included). %s of all networks have a route to it, of %.2f networks on average.",
	    text_count(a, g.nets->addresses[id]), g.v6 && g.v6[id] ? " and IPv6" : ", no IPv6",
	    p.cone, percent(p.reach), p.mean_len);
	if (p.clique)
		sheet_text(s,
			   "It is one of the networks at the top, which need nobody above them.");
	else if (p.cut)
		sheet_text(s, "%u network%s must fail before it has no way up any more%s.", p.cut,
			   p.cut == 1 ? "" : "s", p.cut == 1 ? ": it hangs on one" : "");
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
		jsonw_name(&w, "asn");
		jsonw_uint(&w, g.as->asn[d]);
		jsonw_name(&w, "name");
		jsonw_text(&w, g.nets->name[d]);
		jsonw_name(&w, "share");
		jsonw_real(&w, p.dependency[i].share, 6);
		jsonw_name(&w, "reach_without");
		jsonw_real(&w, p.without[i], 6);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	manrs(&w, s);
	sheet_heading(s, "How sure this is");
	sheet_point(
	    s,
	    "Shares are of modelled routes of all networks, each counted once. Peer links, above "
	    "all of networks without customers, are the least certain (docs/resilience.md).");
	graph_sheet(&g, s);
	graph_json(&g, &w);
	jsonw_object_end(&w);
	buf_char(&json, '\n');
	status = graph_answer(&json, s);
	sheet_free(s);
	buf_free(&json);
	buf_free(&title);
	resilience_room_free(room);
	graph_free(&g);
	return status;
}

const struct cmd cmd_network = {
    .name = "network",
    .args = "ASN",
    .about = "On whom does this network depend, and how much is left without them?",
    .help =
	"Its neighbours and customer cone, the networks that its paths depend on with their shares "
	"and what is left when one fails, and how many must fail before it is dark.",
    .opts = opts,
    .run = network,
};
