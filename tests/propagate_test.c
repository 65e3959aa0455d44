/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Propagation against two oracles: the plain breadth-first program (bench/plain.c), and, where
 * there are policies, a path-vector machine that passes whole paths about until nothing changes.
 */

#include "test.h"

#include "../bench/plain.c"
#include "finding/propagate.h"
#include "graphs.h"

static void same_as_plain(const struct asgraph *g, struct propagation *p, struct plain *o,
			  const uint32_t *origin, unsigned n)
{
	struct seed seeds[8] = {0};

	for (unsigned i = 0; i < n; i++)
		seeds[i].id = origin[i];
	propagation_run(p, seeds, n, TIES_LOWEST_ASN, 0);
	plain_run(o, origin, n);
	for (uint32_t v = 0; v < g->n; v++) {
		assert_int_equal(p->class[v], o -> class[v]);
		if (!o->class[v]) {
			assert_int_equal(p->len[v], 0);
			assert_int_equal(p->next[v], ASGRAPH_NONE);
			continue;
		}
		assert_int_equal(p->len[v], o->len[v]);
		assert_int_equal(p->next[v], o->next[v]);
		assert_int_equal(seeds[p->seed[v]].id, o->origin[v]);
	}
}

static void random_graphs(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint32_t size = 2 + graphs_random(60);
		struct asgraph *g = graphs_make(size, graphs_random(4 * size) + 1, round & 1);
		struct topo *t = topo_new(g, NULL);
		struct propagation *p = propagation_new(t);
		struct plain *o = plain_new(g);

		for (int k = 0; k < 4; k++) {
			uint32_t origin[8];
			unsigned n = 0, want = 1 + graphs_random(k + 1);

			while (n < want) {
				uint32_t v = graphs_random(g->n);
				bool twice = false;

				for (unsigned i = 0; i < n; i++)
					twice = twice || origin[i] == v;
				if (twice)
					break;
				origin[n++] = v;
			}
			same_as_plain(g, p, o, origin, n);
		}
		plain_free(o);
		propagation_free(p);
		topo_free(t);
		asgraph_free(g);
	}
}

/*
 * The path-vector machine: each network keeps what every neighbour tells it, with the path as it
 * was told; policies are looked up on whole paths as their documents say it.
 */
struct told {
	bool is, secure;
	uint32_t n, path[96]; /* nearest first, ASNs */
	uint32_t otc;
	unsigned seed;
};

struct machine {
	const struct asgraph *g;
	const uint16_t *policy;
	const uint8_t *tier1; /* by id: whom peerlock protects */
	const struct seed *seed;
	unsigned nseed;
	struct told *best; /* by id */
	uint8_t *class;
	uint32_t *from;
};

static bool is_provider(const struct asgraph *g, uint32_t x, uint32_t y) /* y provider of x */
{
	return asgraph_relation(g, x, y) == RELATION_PROVIDER;
}

static bool not_provider_plus(const struct machine *m, uint32_t x, uint32_t y)
{
	uint32_t id = asgraph_id(m->g, x);

	return id != ASGRAPH_NONE && m->policy[id] & POLICY_ASPA_RECORD && !is_provider(m->g, x, y);
}

static bool aspa_valid(const struct machine *m, const struct told *t, enum relation_kind rel)
{
	uint32_t n = t->n, up = n, down = n;
#define A(i) t->path[n - (i)]
	for (uint32_t i = 1; i < n; i++)
		if (not_provider_plus(m, A(i), A(i + 1))) {
			up = i;
			break;
		}
	for (uint32_t j = n; j > 1; j--)
		if (not_provider_plus(m, A(j), A(j - 1))) {
			down = n - j + 1;
			break;
		}
#undef A
	return rel == RELATION_PROVIDER ? up + down >= n : up >= n;
}

/* What v gets of u's route, after v's import policy; rel: what u is to v. */
static bool import(const struct machine *m, uint32_t v, uint32_t u, enum relation_kind rel,
		   struct told *out)
{
	const struct asgraph *g = m->g;
	const struct told *b = &m->best[u];
	const struct seed *seed;
	uint16_t pol = m->policy[v], sender = m->policy[u];

	if (!b->is || (m->class[u] < CLASS_CUSTOMER && rel != RELATION_PROVIDER))
		return false;
	*out = *b;
	seed = &m->seed[b->seed];
	if (sender & POLICY_OTC) {
		if (out->otc && rel != RELATION_PROVIDER)
			return false;
		if (!out->otc && rel != RELATION_CUSTOMER)
			out->otc = g->asn[u];
	}
	for (uint32_t i = 0; i < out->n; i++)
		if (out->path[i] == g->asn[v])
			return false;
	if (pol & POLICY_ROV && seed->invalid)
		return false;
	if (pol & POLICY_PEER_ROV && seed->invalid && rel == RELATION_PEER)
		return false;
	if (pol & POLICY_REFUSE && seed->refused)
		return false;
	if (pol & (POLICY_FIRST_AS | POLICY_ASPA) && out->path[0] != g->asn[u])
		return false;
	if (pol & POLICY_ASPA && !aspa_valid(m, out, rel))
		return false;
	if (pol & POLICY_OTC) {
		if (out->otc &&
		    (rel == RELATION_CUSTOMER || (rel == RELATION_PEER && out->otc != g->asn[u])))
			return false;
		if (!out->otc && rel != RELATION_CUSTOMER)
			out->otc = g->asn[u];
	}
	if (pol & POLICY_PATH_END && out->n > 1) {
		uint32_t origin = asgraph_id(g, out->path[out->n - 1]);

		if (origin != ASGRAPH_NONE && m->policy[origin] & POLICY_PATH_END_RECORD &&
		    asgraph_relation(g, g->asn[origin], out->path[out->n - 2]) == RELATION_NONE)
			return false;
	}
	/* No protected network behind a customer, nor behind another peer. */
	for (uint32_t i = 0; i < out->n && pol & POLICY_PEERLOCK; i++) {
		uint32_t x = asgraph_id(g, out->path[i]);

		if (x != ASGRAPH_NONE && m->tier1[x] &&
		    (rel == RELATION_CUSTOMER || (rel == RELATION_PEER && i > 0)))
			return false;
	}
	out->secure = out->secure && out->path[0] == g->asn[u] && pol & POLICY_BGPSEC;
	return true;
}

static void machine_run(struct machine *m)
{
	const struct asgraph *g = m->g;
	bool changed = true;

	memset(m->best, 0, g->n * sizeof(*m->best));
	memset(m->class, 0, g->n);
	for (unsigned s = 0; s < m->nseed; s++) {
		const struct seed *seed = &m->seed[s];
		struct told *b = &m->best[seed->id];

		b->is = true;
		b->seed = s;
		b->n = seed->path ? seed->npath : 1;
		b->path[0] = g->asn[seed->id];
		for (uint32_t i = 0; seed->path && i < seed->npath; i++)
			b->path[i] = seed->path[i];
		b->otc = seed->otc;
		b->secure = b->n == 1 && b->path[0] == g->asn[seed->id] &&
			    m->policy[seed->id] & POLICY_BGPSEC;
		m->class[seed->id] = CLASS_ORIGIN;
		m->from[seed->id] = seed->id;
	}
	for (int round = 0; changed && round < 400; round++) {
		changed = false;
		for (uint32_t v = 0; v < g->n; v++) {
			struct told best = {0}, got;
			uint8_t class = CLASS_NONE;
			uint32_t from = ASGRAPH_NONE;

			if (m->class[v] == CLASS_ORIGIN)
				continue;
			for (int k = 0; k < 3; k++)
				for (uint32_t i = g->off[3 * v + k]; i < g->off[3 * v + k + 1];
				     i++) {
					static const enum relation_kind kinds[] = {
					    RELATION_PROVIDER, RELATION_PEER, RELATION_CUSTOMER};
					uint32_t u = g->nbr[i];
					uint8_t c = (uint8_t)(k + 1);
					bool sec = m->policy[v] & POLICY_BGPSEC, better;

					if (!import(m, v, u, kinds[k], &got))
						continue;
					better =
					    !best.is || c > class ||
					    (c == class &&
					     (got.n < best.n ||
					      (got.n == best.n &&
					       (sec && got.secure != best.secure ? got.secure
										 : u < from))));
					if (better) {
						best = got;
						class = c;
						from = u;
					}
				}
			if (best.is && best.n < 90) {
				memmove(best.path + 1, best.path, best.n * sizeof(*best.path));
				best.path[0] = g->asn[v];
				best.n++;
			} else {
				best = (struct told){0};
				class = CLASS_NONE;
			}
			if (best.is != m->best[v].is || best.n != m->best[v].n ||
			    best.otc != m->best[v].otc || best.secure != m->best[v].secure ||
			    best.seed != m->best[v].seed || class != m->class[v] ||
			    memcmp(best.path, m->best[v].path, best.n * sizeof(*best.path))) {
				changed = true;
				m->best[v] = best;
			}
			m->class[v] = class;
			m->from[v] = from;
		}
	}
	assert_false(changed);
}

static void policies(void **state)
{
	static const uint16_t kinds[] = {
	    POLICY_ROV,		POLICY_PEER_ROV, POLICY_ASPA | POLICY_ASPA_RECORD,
	    POLICY_ASPA_RECORD, POLICY_OTC,	 POLICY_PATH_END | POLICY_PATH_END_RECORD,
	    POLICY_BGPSEC,	POLICY_FIRST_AS, POLICY_REFUSE,
	    POLICY_PEERLOCK};
	unsigned differ = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		uint32_t size = 3 + graphs_random(30);
		struct asgraph *g = graphs_make(size, size + graphs_random(3 * size), round & 1);
		struct topo *t = topo_new(g, NULL);
		struct propagation *p = propagation_new(t);
		uint16_t *policy = mem_zero(g->n + 1u, sizeof(*policy));
		struct machine m = {.g = g, .policy = policy};
		struct seed seeds[2] = {0};
		uint8_t *tier1 = mem_zero(g->n + 1u, 1);
		uint32_t locked[3];
		uint32_t path[4], victim = graphs_random(g->n), attacker = graphs_random(g->n);
		unsigned kind = graphs_random(5), share = graphs_random(100);

		for (uint32_t v = 0; v < g->n; v++)
			for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
				if (graphs_random(100) < share && graphs_random(3) == 0 &&
				    (round % 4 || k < 2 || kinds[k] == POLICY_REFUSE))
					policy[v] |= kinds[k];
		seeds[0].id = victim;
		seeds[1].id = attacker;
		seeds[1].refused = graphs_random(2);
		path[0] = g->asn[attacker];
		if (kind == 0) { /* exact */
			seeds[1].invalid = true;
		} else if (kind == 1) { /* forged origin */
			path[1] = g->asn[victim];
			seeds[1].path = path;
			seeds[1].npath = 2;
		} else if (kind == 2) { /* one between */
			path[1] = g->asn[graphs_random(g->n)];
			path[2] = g->asn[victim];
			seeds[1].path = path;
			seeds[1].npath = 3;
		} else if (kind == 3) { /* first ASN stripped */
			path[0] = g->asn[victim];
			seeds[1].path = path;
			seeds[1].npath = 1;
		} else { /* stripped and one between, with an OTC */
			path[0] = g->asn[graphs_random(g->n)];
			path[1] = g->asn[victim];
			seeds[1].path = path;
			seeds[1].npath = 2;
			seeds[1].otc = g->asn[graphs_random(g->n)];
		}
		for (int i = 0; i < 3; i++) {
			locked[i] = graphs_random(g->n);
			tier1[locked[i]] = 1;
		}
		m.tier1 = tier1;
		m.seed = seeds;
		m.nseed = victim == attacker ? 1 : 2;
		m.best = mem_zero(g->n + 1u, sizeof(*m.best));
		m.class = mem_zero(g->n + 1u, 1);
		m.from = mem_zero(g->n + 1u, 4);
		propagation_policies(p, policy, locked, 3);
		propagation_run(p, seeds, m.nseed, TIES_LOWEST_ASN, 0);
		machine_run(&m);
		for (uint32_t v = 0; v < g->n; v++) {
			uint32_t got[96];
			size_t n = propagation_path(p, v, got, 96);

			assert_int_equal(p->class[v], m.class[v]);
			if (m.class[v] == CLASS_NONE)
				continue;
			assert_int_equal(n, m.best[v].n);
			assert_int_equal(p->len[v], m.best[v].n);
			assert_memory_equal(got, m.best[v].path, n * sizeof(*got));
			assert_int_equal(p->next[v], m.from[v]);
			assert_int_equal(p->seed[v], m.best[v].seed);
			assert_int_equal(p->otc[v], m.best[v].otc);
			differ += p->seed[v];
		}
		free(tier1);
		free(m.best);
		free(m.class);
		free(m.from);
		free(policy);
		propagation_free(p);
		topo_free(t);
		asgraph_free(g);
	}
	printf("%u routes led to the second announcement\n", differ);
	assert_true(differ > 1000);
}

/* topology/expected: one origin in a graph of 52,838 networks, those without a route included. */
static void expected(void **state)
{
	static const char *const names[] = {"none", "provider", "peer", "customer", "origin"};
	struct asgraph *g = graphs_shared("data/as/20160101.as-rel.txt.gz");
	char *text, *line;
	struct topo *t;
	struct propagation *p;
	struct seed seed = {0};
	uint32_t rows = 0;

	(void)state;
	if (!g)
		skip();
	text = graphs_text("data/topology/expected/caida20160101_origin_15169.tsv.gz", NULL);
	assert_non_null(text);
	t = topo_new(g, NULL);
	p = propagation_new(t);
	seed.id = asgraph_id(g, 15169);
	propagation_run(p, &seed, 1, TIES_LOWEST_ASN, 0);
	strtok_r(text, "\n", &line);
	for (char *row; (row = strtok_r(NULL, "\n", &line));) {
		unsigned asn, len, next, label;
		char class[16];
		uint32_t v;

		assert_int_equal(sscanf(row, "%u %15s %u %u %u", &asn, class, &len, &next, &label),
				 5);
		v = asgraph_id(g, asn);
		assert_int_not_equal(v, ASGRAPH_NONE);
		assert_string_equal(names[p->class[v]], class);
		assert_int_equal(p->len[v], len);
		if (p->class[v] && p->class[v] != CLASS_ORIGIN)
			assert_int_equal(g->asn[p->next[v]], next);
		rows++;
	}
	assert_int_equal(rows, g->n);
	free(text);
	propagation_free(p);
	topo_free(t);
	asgraph_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_graphs),
					   cmocka_unit_test(policies), cmocka_unit_test(expected)};

	graphs_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
