/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/simcase.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "fact/asgraph.h"
#include "finding/attack.h"
#include "finding/propagate.h"

#define PREFIXES 3

/* The three prefixes of every case, the longest first; packets go to 1.2.3.4. */
static const char *const prefix_text[PREFIXES] = {"1.2.3.0/24", "1.2.0.0/16", "1.0.0.0/8"};

enum { SUB, EXACT, SUPER };

static const char *const rel_text[] = {"NONE", "PROVIDERS", "PEERS", "CUSTOMERS", "ORIGIN"};
static const char *const outcome_text[] = {"DISCONNECTED", "LEGITIMATE_ORIGIN_SUCCESS",
					   "ATTACKER_SUCCESS", "DATA_PLANE_LOOP"};

struct rib {
	uint32_t asn;
	uint8_t prefix;
	const char *rel;
	uint32_t *path;
	size_t npath;
	bool met;
};

struct setting {
	uint32_t asn;
	const char *name;
};

struct simcase {
	struct arena arena;
	const char *name, *scenario;
	uint32_t *attacker, *victim;
	size_t nattacker, nvictim;
	uint64_t rounds;
	struct asgraph_build *build;
	struct asgraph *graph;
	struct setting *setting;
	size_t nsetting, settingcap;
	struct rib *rib;
	size_t nrib, ribcap;
	struct {
		uint32_t asn;
		const char *text;
	} * outcome;
	size_t noutcome, outcomecap;
	uint32_t *rows; /* ASNs that the file has rows of */
	size_t nrows, rowscap;
	const char *strange; /* something that is not modelled */
};

static bool key_asn(struct json *j, uint32_t *asn)
{
	uint64_t v;

	if (!text_to_u64(j->key, j->nkey, UINT32_MAX, &v))
		return false;
	*asn = (uint32_t)v;
	return true;
}

static uint32_t *read_asns(struct simcase *c, struct json *j, size_t *n)
{
	uint32_t *at = NULL, *kept;
	size_t cap = 0;
	uint64_t v;

	*n = 0;
	if (json_next(j) != JSON_ARRAY)
		return NULL;
	while (json_item(j)) {
		if (j->token != JSON_NUMBER || !text_to_u64(j->text, j->ntext, UINT32_MAX, &v)) {
			if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
				json_leave(j);
			c->strange = "a list of AS numbers has something else in it";
			continue;
		}
		mem_room(&at, &cap, *n + 1);
		at[(*n)++] = (uint32_t)v;
	}
	kept = arena_zero(&c->arena, *n + 1, sizeof(*at));
	if (*n)
		memcpy(kept, at, *n * sizeof(*at));
	free(at);
	return kept;
}

static void read_links(struct simcase *c, struct json *j, int kind)
{
	if (json_next(j) != JSON_ARRAY)
		return;
	while (json_item(j)) {
		uint64_t pair[2] = {0};
		size_t n = 0;

		if (j->token != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
				json_leave(j);
			else if (n < 2 && j->token == JSON_NUMBER &&
				 text_to_u64(j->text, j->ntext, UINT32_MAX, &pair[n]))
				n++;
		}
		if (n == 2)
			asgraph_build_add(c->build, (uint32_t)pair[0], (uint32_t)pair[1], kind,
					  LINK_BGP, 0, LINK_SURE_UNKNOWN);
		else
			c->strange = "a link is not a pair of AS numbers";
	}
}

static void read_settings(struct simcase *c, struct json *j)
{
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		uint32_t asn = 0;

		if (!key_asn(j, &asn))
			c->strange = "a setting is of no AS number";
		if (json_next(j) != JSON_ARRAY)
			continue;
		while (json_item(j)) {
			if (j->token != JSON_STRING) {
				if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
					json_leave(j);
				continue;
			}
			mem_room(&c->setting, &c->settingcap, c->nsetting + 1);
			c->setting[c->nsetting++] =
			    (struct setting){asn, arena_textn(&c->arena, j->text, j->ntext)};
		}
	}
}

static void row(struct simcase *c, uint32_t asn)
{
	asgraph_build_add(c->build, asn, asn, 0, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	mem_room(&c->rows, &c->rowscap, c->nrows + 1);
	c->rows[c->nrows++] = asn;
}

static void read_ribs(struct simcase *c, struct json *j)
{
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		uint32_t asn = 0;

		if (key_asn(j, &asn))
			row(c, asn);
		if (json_next(j) != JSON_OBJECT)
			continue;
		while (json_key(j)) {
			struct rib r = {.asn = asn, .prefix = PREFIXES, .rel = "?"};

			for (uint8_t i = 0; i < PREFIXES; i++)
				if (json_is(j, prefix_text[i]))
					r.prefix = i;
			if (r.prefix == PREFIXES)
				c->strange =
				    "a prefix other than 1.2.3.0/24, 1.2.0.0/16, 1.0.0.0/8";
			if (json_next(j) != JSON_OBJECT)
				continue;
			while (json_key(j)) {
				if (json_is(j, "path"))
					r.path = read_asns(c, j, &r.npath);
				else if (json_is(j, "rel") && json_text(j))
					r.rel = arena_textn(&c->arena, j->text, j->ntext);
				else if (!json_is(j, "rel"))
					json_skip(j);
			}
			mem_room(&c->rib, &c->ribcap, c->nrib + 1);
			c->rib[c->nrib++] = r;
		}
	}
}

static void read_outcomes(struct simcase *c, struct json *j)
{
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		uint32_t asn;
		bool known = key_asn(j, &asn);

		if (!json_text(j) || !known)
			continue;
		row(c, asn);
		mem_room(&c->outcome, &c->outcomecap, c->noutcome + 1);
		c->outcome[c->noutcome].asn = asn;
		c->outcome[c->noutcome++].text = arena_textn(&c->arena, j->text, j->ntext);
	}
}

/* An array or object that must be empty, or it says something that is not modelled. */
static void read_empty(struct simcase *c, struct json *j, const char *why)
{
	enum json_token t = json_next(j);
	bool any = false;

	if (t == JSON_ARRAY)
		while (json_item(j)) {
			any = true;
			if (j->token == JSON_OBJECT || j->token == JSON_ARRAY)
				json_leave(j);
		}
	else if (t == JSON_OBJECT)
		while (json_key(j)) {
			any = true;
			json_skip(j);
		}
	if (any)
		c->strange = why;
}

static bool read_case(struct simcase *c, const char *text, size_t n, struct err *err)
{
	struct json j;
	uint64_t at = 0;
	const char *why;

	json_of(&j, text, n);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "name") && json_text(&j))
				c->name = arena_textn(&c->arena, j.text, j.ntext);
			else if (json_is(&j, "scenario") && json_text(&j))
				c->scenario = arena_textn(&c->arena, j.text, j.ntext);
			else if (json_is(&j, "attackers"))
				c->attacker = read_asns(c, &j, &c->nattacker);
			else if (json_is(&j, "victims"))
				c->victim = read_asns(c, &j, &c->nvictim);
			else if (json_is(&j, "rounds"))
				c->rounds = json_u64(&j, 1000, 1);
			else if (json_is(&j, "links_p2c"))
				read_links(c, &j, -1);
			else if (json_is(&j, "links_p2p"))
				read_links(c, &j, 0);
			else if (json_is(&j, "settings"))
				read_settings(c, &j);
			else if (json_is(&j, "ribs"))
				read_ribs(c, &j);
			else if (json_is(&j, "outcomes"))
				read_outcomes(c, &j);
			else if (json_is(&j, "seeds"))
				read_empty(c, &j, "seeds of its own");
			else if (json_is(&j, "roas"))
				read_empty(c, &j, "ROAs of its own");
			else if (json_is(&j, "override_seed_asn_ann_dict")) {
				json_skip(&j);
				c->strange = "announcements that change over rounds";
			} else if (!json_is(&j, "name") && !json_is(&j, "scenario")) {
				json_skip(&j);
			}
		}
	why = json_why(&j, &at);
	if (why)
		err_set(err, "byte %llu: %s", (unsigned long long)at, why);
	else if (!c->scenario || !c->nvictim)
		err_set(err, "is no simulator case: it wants \"scenario\" and \"victims\"");
	json_free(&j);
	return !why && c->scenario && c->nvictim;
}

static const struct {
	const char *name;
	uint16_t policy;
} settings[] = {
    {"BGP", 0},
    {"BGP_FULL", 0},
    {"ROV", POLICY_ROV},
    {"PEER_ROV", POLICY_PEER_ROV},
    {"ASPA", POLICY_ASPA | POLICY_ASPA_RECORD},
    {"ONLY_TO_CUSTOMERS", POLICY_OTC},
    {"PATH_END", POLICY_PATH_END | POLICY_PATH_END_RECORD},
    {"BGPSEC", POLICY_BGPSEC},
    {"ROVPP_V1_LITE", POLICY_ROVPP},
    {"ENFORCE_FIRST_AS", POLICY_FIRST_AS},
    {"PEERLOCK_LITE", POLICY_PEERLOCK},
    {"ORIGIN_PREFIX_HIJACK_CUSTOMERS", 0},
};

static bool set_policies(struct simcase *c, uint16_t *policy, bool *plain_down, struct err *err)
{
	size_t known = sizeof(settings) / sizeof(*settings);

	for (size_t i = 0; i < c->nsetting; i++) {
		uint32_t id = asgraph_id(c->graph, c->setting[i].asn);
		size_t k = 0;

		while (k < known && strcmp(settings[k].name, c->setting[i].name))
			k++;
		if (k == known)
			return err_set(err, "the setting %s of AS%u", c->setting[i].name,
				       c->setting[i].asn);
		if (id == ASGRAPH_NONE)
			return err_set(err, "a setting of AS%u, which has no links",
				       c->setting[i].asn);
		policy[id] |= settings[k].policy;
		*plain_down |= k + 1 == known;
	}
	return true;
}

/* What runs: for each prefix its announcements. */
struct plan {
	struct seed seed[PREFIXES][8];
	unsigned n[PREFIXES];
	bool leak, unrouted;
};

static void announce(struct plan *p, int prefix, struct seed s)
{
	if (p->n[prefix] < 8)
		p->seed[prefix][p->n[prefix]++] = s;
}

static bool make_plan(struct simcase *c, const uint16_t *policy, bool plain_down, struct plan *p,
		      struct err *err)
{
	const struct asgraph *g = c->graph;
	const char *s = c->scenario;
	uint32_t victim = asgraph_id(g, c->victim[0]);
	uint32_t attacker = c->nattacker ? asgraph_id(g, c->attacker[0]) : victim;
	struct attack_path path = {0};
	struct seed a = {.id = attacker};

	if (c->nvictim > 1 || c->nattacker > 1)
		return err_set(err, "several victims or attackers");
	if (victim == ASGRAPH_NONE || attacker == ASGRAPH_NONE)
		return err_set(err, "a victim or attacker that is not in the graph");
	p->unrouted = !strncmp(s, "NonRouted", 9);
	p->leak = !strcmp(s, "AccidentalRouteLeak");
	if (c->rounds > 1 && !p->leak)
		return err_set(err, "%llu rounds: a steady state has none",
			       (unsigned long long)c->rounds);
	if (!p->unrouted)
		announce(p, EXACT, (struct seed){.id = victim});
	if (!strcmp(s, "LegitimatePrefixOnly") || p->leak)
		return true;
	if (!c->nattacker)
		return err_set(err, "the scenario %s without an attacker", s);
	if (!strcmp(s, "PrefixHijack") || !strcmp(s, "NonRoutedPrefixHijack")) {
		a.invalid = true;
		announce(p, EXACT, a);
	} else if (!strcmp(s, "SubprefixHijack")) {
		a.invalid = true;
		announce(p, SUB, a);
	} else if (!strcmp(s, "NonRoutedSuperprefixHijack")) {
		announce(p, SUPER, a);
	} else if (!strcmp(s, "NonRoutedSuperprefixPrefixHijack") ||
		   !strcmp(s, "SuperprefixPrefixHijack")) {
		announce(p, SUPER, a);
		a.invalid = true;
		announce(p, EXACT, a);
	} else if (!strcmp(s, "ForgedOriginPrefixHijack") ||
		   !strcmp(s, "ShortestPathPrefixHijack") ||
		   !strcmp(s, "FirstASNStrippingPrefixHijack")) {
		uint32_t *at;

		if (*s == 'F' && s[1] == 'o')
			attack_forged(g, attacker, victim, &path);
		else
			attack_shortest(g, policy, attacker, victim, &path);
		at = arena_copy(&c->arena, path.asn, path.n * sizeof(*at));
		a.path = at;
		a.npath = (uint16_t)path.n;
		if (s[1] == 'i' && path.n > 1) {
			a.path++;
			a.npath--;
		}
		a.invalid = a.path[a.npath - 1] != c->victim[0];
		if (plain_down) {
			struct seed down = {.id = attacker, .to = TO_CUSTOMERS, .npath = 2};

			attack_forged(g, attacker, victim, &path);
			down.path = arena_copy(&c->arena, path.asn, 2 * sizeof(*at));
			a.to = TO_PROVIDERS | TO_PEERS;
			announce(p, EXACT, a);
			announce(p, EXACT, down);
		} else {
			announce(p, EXACT, a);
		}
	} else {
		return err_set(err, "the scenario %s", s);
	}
	return true;
}

static void write_path(struct jsonw *w, const uint32_t *path, size_t n, const char *rel)
{
	jsonw_object(w);
	jsonw_name(w, "path");
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_uint(w, path[i]);
	jsonw_array_end(w);
	jsonw_name(w, "rel");
	jsonw_text(w, rel);
	jsonw_object_end(w);
}

/* Compares with the file's row and writes ours. */
static bool one_route(struct simcase *c, struct jsonw *w, struct buf *talk, uint32_t asn,
		      int prefix, const uint32_t *path, size_t n, const char *rel)
{
	struct rib *want = NULL;
	bool same;

	for (size_t i = 0; i < c->nrib; i++)
		if (c->rib[i].asn == asn && c->rib[i].prefix == prefix)
			want = &c->rib[i];
	jsonw_name(w, prefix_text[prefix]);
	write_path(w, path, n, rel);
	same = want && want->npath == n && !memcmp(want->path, path, n * sizeof(*path)) &&
	       !strcmp(want->rel, rel);
	if (want)
		want->met = true;
	if (!same) {
		buf_printf(talk, "AS%u %s: we have", asn, prefix_text[prefix]);
		for (size_t i = 0; i < n; i++)
			buf_printf(talk, " %u", path[i]);
		buf_printf(talk, " from %s, the file has", rel);
		for (size_t i = 0; want && i < want->npath; i++)
			buf_printf(talk, " %u", want->path[i]);
		buf_printf(talk, " from %s\n", want ? want->rel : "nobody: no route");
	}
	return same;
}

static int by_asn(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Whether u tells v its route of that propagation, and what u is to v. */
static bool tells(const struct propagation *p, uint32_t u, uint32_t v, enum relation_kind *rel)
{
	*rel = asgraph_between(p->topo->graph, v, u, NULL);
	return p->class[u] >= CLASS_CUSTOMER ||
	       (p->class[u] != CLASS_NONE && *rel == RELATION_PROVIDER);
}

static bool write_all(struct simcase *c, const struct plan *plan, struct propagation **p,
		      const uint16_t *policy, struct buf *out, struct buf *talk)
{
	static const char *const rels[] = {"NONE", "CUSTOMERS", "PEERS", "PROVIDERS"};
	const struct asgraph *g = c->graph;
	struct jsonw w = {.out = out, .pretty = true};
	uint8_t *black = mem_zero(g->n, 1), *attacker = mem_zero(g->n, 1);
	uint8_t *legitimate = mem_zero(g->n, 1), *end = mem_zero(g->n, 1);
	uint32_t path[64], last = 0;
	const struct propagation *by_length[PREFIXES];
	unsigned nlength = 0;
	bool same = true;

	for (size_t i = 0; i < c->nattacker; i++)
		attacker[asgraph_id(g, c->attacker[i])] = 1;
	for (size_t i = 0; i < c->nvictim; i++)
		legitimate[asgraph_id(g, c->victim[i])] = 1;
	jsonw_object(&w);
	jsonw_name(&w, "name");
	jsonw_text(&w, c->name);
	jsonw_name(&w, "ribs");
	jsonw_object(&w);
	qsort(c->rows, c->nrows, sizeof(*c->rows), by_asn);
	for (size_t i = 0; i < c->nrows; i++) {
		uint32_t asn = c->rows[i], v = asgraph_id(g, asn);

		if (i && asn == last)
			continue;
		last = asn;
		jsonw_name(&w, (const char *)arena_printf(&c->arena, "%u", asn));
		jsonw_object(&w);
		for (int k = PREFIXES - 1; k >= 0; k--) {
			enum relation_kind rel;
			uint32_t u;

			if (p[k] && p[k]->class[v] != CLASS_NONE) {
				size_t n = propagation_path(p[k], v, path, 64);

				same &= one_route(c, &w, talk, asn, k, path, n < 64 ? n : 64,
						  rel_text[p[k]->class[v]]);
				continue;
			}
			if (!(policy[v] & POLICY_ROVPP))
				continue;
			/* A hole: its next hop for what covers the prefix told it the hijack too.
			 */
			for (int less = k + 1; less < PREFIXES && p[k]; less++) {
				size_t n;

				if (!p[less] || p[less]->class[v] == CLASS_NONE ||
				    p[less]->class[v] == CLASS_ORIGIN)
					continue;
				u = p[less]->next[v];
				if (!tells(p[k], u, v, &rel) ||
				    !plan->seed[k][p[k]->seed[u]].invalid)
					continue;
				path[0] = asn;
				n = propagation_path(p[k], u, path + 1, 63) + 1;
				same &= one_route(c, &w, talk, asn, k, path, n < 64 ? n : 64,
						  rels[rel]);
				black[v] = 1;
				break;
			}
			/* Space that its ROA says is not routed: a hole of its own. */
			if (k == EXACT && plan->unrouted) {
				same &= one_route(c, &w, talk, asn, k, &asn, 1, "ORIGIN");
				black[v] = 1;
			}
		}
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	for (size_t i = 0; i < c->nrib; i++)
		if (!c->rib[i].met) {
			buf_printf(talk, "AS%u %s: we have no route, the file has one\n",
				   c->rib[i].asn, prefix_text[c->rib[i].prefix % PREFIXES]);
			same = false;
		}
	for (int k = 0; k < PREFIXES; k++)
		if (p[k])
			by_length[nlength++] = p[k];
	propagation_packets(by_length, nlength, black, attacker, legitimate, end);
	jsonw_name(&w, "outcomes");
	jsonw_object(&w);
	for (size_t i = 0; i < c->nrows; i++) {
		uint32_t asn = c->rows[i];
		const char *ours = outcome_text[end[asgraph_id(g, asn)]];

		if (i && asn == c->rows[i - 1])
			continue;
		jsonw_name(&w, (const char *)arena_printf(&c->arena, "%u", asn));
		jsonw_text(&w, ours);
		for (size_t k = 0; k < c->noutcome; k++)
			if (c->outcome[k].asn == asn && strcmp(c->outcome[k].text, ours)) {
				buf_printf(talk, "AS%u: packets end as %s, in the file as %s\n",
					   asn, ours, c->outcome[k].text);
				same = false;
			}
	}
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	buf_char(out, '\n');
	free(black);
	free(attacker);
	free(legitimate);
	free(end);
	return same;
}

static enum simcase_end run(struct simcase *c, struct buf *out, struct buf *talk, struct err *err)
{
	const struct asgraph *g = c->graph;
	uint16_t *policy = mem_zero((size_t)g->n + 1, sizeof(*policy));
	struct propagation *p[PREFIXES] = {NULL};
	struct plan plan = {0};
	struct topo *t = topo_new(g, NULL);
	enum simcase_end end = SIMCASE_NOT_MODELLED;
	bool plain_down = false;

	if (!set_policies(c, policy, &plain_down, err) ||
	    !make_plan(c, policy, plain_down, &plan, err))
		goto out;
	for (int k = 0; k < PREFIXES; k++) {
		if (!plan.n[k])
			continue;
		p[k] = propagation_new(t);
		propagation_policies(p[k], policy, NULL, 0);
		propagation_run(p[k], plan.seed[k], plan.n[k], TIES_LOWEST_ASN, 0);
		if (plan.leak && c->nattacker) {
			uint32_t id = asgraph_id(g, c->attacker[0]), path[64];
			size_t n = propagation_path(p[k], id, path, 64);

			if (!n || n > 64 || p[k]->class[id] == CLASS_ORIGIN)
				continue;
			announce(
			    &plan, k,
			    (struct seed){.id = id,
					  .path = arena_copy(&c->arena, path, n * sizeof(*path)),
					  .npath = (uint16_t)n,
					  .otc = p[k]->otc[id]});
			propagation_run(p[k], plan.seed[k], plan.n[k], TIES_LOWEST_ASN, 0);
		}
	}
	end = write_all(c, &plan, p, policy, out, talk) ? SIMCASE_SAME : SIMCASE_DIFFERS;
out:
	for (int k = 0; k < PREFIXES; k++)
		propagation_free(p[k]);
	topo_free(t);
	free(policy);
	return end;
}

enum simcase_end simcase_run(const char *text, size_t n, struct buf *out, struct buf *talk,
			     struct err *err)
{
	struct simcase c = {.name = "?", .rounds = 1};
	enum simcase_end end = SIMCASE_BAD;
	uint32_t contradictions = 0;

	c.build = asgraph_build_new();
	if (read_case(&c, text, n, err)) {
		for (size_t i = 0; i < c.nvictim; i++)
			row(&c, c.victim[i]);
		for (size_t i = 0; i < c.nattacker; i++)
			row(&c, c.attacker[i]);
		c.graph = asgraph_build_done(c.build, &contradictions);
		c.build = NULL;
		if (contradictions) {
			err_set(err, "two links say different things of the same pair");
		} else if (c.strange) {
			err_set(err, "%s", c.strange);
			end = SIMCASE_NOT_MODELLED;
		} else {
			end = run(&c, out, talk, err);
		}
	}
	if (c.build)
		c.graph = asgraph_build_done(c.build, NULL);
	asgraph_free(c.graph);
	free(c.setting);
	free(c.rib);
	free(c.outcome);
	free(c.rows);
	arena_free(&c.arena);
	return end;
}
