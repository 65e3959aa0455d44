/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "routes_world.h"

#include "base/json.h"
#include "base/text.h"
#include "finding/json.h"
#include "finding/routes.h"

/* Equal attributes have equal ids, as from a reader. */
static uint32_t id_of(struct world *w, size_t upto)
{
	const struct step *s = &w->step[upto];

	for (size_t i = 0; i < upto; i++)
		if (w->step[i].route.attrs && w->step[i].attrs.path.nflat == s->attrs.path.nflat &&
		    !memcmp(w->step[i].asn, s->asn, sizeof(s->asn)) &&
		    w->step[i].attrs.has == s->attrs.has && w->step[i].attrs.otc == s->attrs.otc &&
		    w->step[i].attrs.fault == s->attrs.fault)
			return w->step[i].attrs.id;
	return (uint32_t)upto + 1;
}

void world_step(struct world *w, const char *line, uint32_t source)
{
	struct step *s = &w->step[w->n];
	char text[256], *save = NULL, *word;
	struct path *p = &s->attrs.path;
	char kind;

	assert_true(w->n < STEPS);
	memset(s, 0, sizeof(*s));
	snprintf(text, sizeof(text), "%s", line);
	snprintf(s->bytes, sizeof(s->bytes), "%zu:%s", w->n, line);
	s->source = source;
	s->offset = 100 * w->n;
	kind = *strtok_r(text, " ", &save);
	s->time = BASE + atoll(strtok_r(NULL, " ", &save)) * SECOND;
	s->route.peer = (uint16_t)atoi(strtok_r(NULL, " ", &save));
	s->route.safi = 1;
	word = strtok_r(NULL, " ", &save);
	assert_true(prefix_parse(word, strlen(word), &s->route.prefix));
	if (kind == 'W') {
		s->route.kind = ROUTE_WITHDRAW;
		w->n++;
		return;
	}
	s->route.kind = kind == 'T' ? ROUTE_TABLE : ROUTE_ANNOUNCE;
	s->attrs.has = HAS_ORIGIN | HAS_PATH;
	while ((word = strtok_r(NULL, " ", &save))) {
		if (!strncmp(word, "otc=", 4)) {
			s->attrs.otc = (uint32_t)atoll(word + 4);
			s->attrs.has |= HAS_OTC;
		} else if (!strcmp(word, "blackhole")) {
			memcpy(s->community, "\xff\xff\x02\x9a", 4);
			s->attrs.community = (struct communities){s->community, 1};
		} else if (!strncmp(word, "fault=", 6)) {
			s->attrs.fault = FAULT_TREAT_AS_WITHDRAW;
			s->attrs.fault_attr = (uint8_t)atoi(word + 6);
			s->attrs.fault_why = "it is not 4 bytes long";
		} else {
			s->asn[p->nflat++] = (uint32_t)atoll(word);
		}
	}
	p->nasn = p->nflat;
	p->asn = p->flat = s->asn;
	p->origin = p->nflat ? s->asn[p->nflat - 1] : 0;
	s->attrs.id = p->id = id_of(w, w->n);
	s->route.attrs = &s->attrs;
	w->n++;
}

struct world world_new(void)
{
	struct world w = {.step = mem_zero(STEPS, sizeof(*w.step)), .peers = peers_new()};

	for (uint32_t i = 1; i <= 12; i++) {
		struct peer p = {
		    .asn = 1000 + i, .bgp_id = i, .collector = i < 7 ? "rrc00" : "rv2"};

		p.addr.hi = (UINT64_C(0xc6336400) + i) << 32;
		assert_int_equal(peers_intern(w.peers, &p), i);
	}
	return w;
}

void world_know(struct world *w)
{
	w->k = (struct knowledge){.vrps = w->vrps,
				  .aspas = w->aspas,
				  .relations = w->graph,
				  .names = w->names,
				  .geo = w->geo,
				  .peers = w->peers,
				  .vrps_source = 7,
				  .aspas_source = 7,
				  .relations_source = UINT32_MAX,
				  .vrps_time = w->vrps ? BASE - 3600 * SECOND : TIME_NONE,
				  .relations_time = w->graph ? BASE - 86400 * SECOND : TIME_NONE};
}

void world_free(struct world *w)
{
	findings_free(&w->out);
	free(w->step);
	peers_free(w->peers);
	vrps_free(w->vrps);
	aspas_free(w->aspas);
	asgraph_free(w->graph);
	names_free(w->names);
	geo_free(w->geo);
}

struct vrps *vrps_text(const char *rows)
{
	struct vrps *v = vrps_new();

	/* "AS10,192.0.2.0/24,24[,…]" separated by spaces. */
	for (const char *p = rows; *p;) {
		size_t n = strcspn(p, " ");
		char row[128], prefix[64];
		unsigned asn, len;
		struct vrp x = {0};

		snprintf(row, sizeof(row), "%.*s", (int)n, p);
		assert_int_equal(sscanf(row, "AS%u,%63[^,],%u", &asn, prefix, &len), 3);
		assert_true(prefix_parse(prefix, strlen(prefix), &x.prefix));
		x.asn = asn;
		x.max_len = (uint8_t)len;
		vrps_add(v, &x);
		p += n + strspn(p + n, " ");
	}
	vrps_ready(v);
	return v;
}

/* "100|10|-1" separated by spaces; none is a table too. */
struct asgraph *graph_text(const char *rows)
{
	struct asgraph_build *b = asgraph_build_new();

	for (const char *p = rows; *p;) {
		unsigned x, y;
		int kind, used;

		assert_int_equal(sscanf(p, "%u|%u|%d%n", &x, &y, &kind, &used), 3);
		asgraph_build_add(b, x, y, kind, LINK_BGP, 0, LINK_SURE_UNKNOWN);
		p += used + (int)strspn(p + used, " ");
	}
	return asgraph_build_done(b, NULL);
}

struct aspas *aspas_text(const char *rows)
{
	struct aspas *a = aspas_new();

	/* "10:20,30" separated by spaces. */
	for (const char *p = rows; *p;) {
		uint32_t provider[16], n = 0;
		char *end;
		struct aspa x = {.customer = (uint32_t)strtoul(p, &end, 10), .provider = provider};

		while (*end == ':' || *end == ',')
			provider[n++] = (uint32_t)strtoul(end + 1, &end, 10);
		x.nprovider = n;
		aspas_add(a, &x);
		p = end + strspn(end, " ");
	}
	aspas_ready(a);
	return a;
}

void world_feed(void *state, const struct step *s)
{
	struct facts f = {
	    .time = s->time,
	    .slice = {s->source, (uint32_t)strlen(s->bytes), s->offset, (const uint8_t *)s->bytes},
	    .route = &s->route,
	    .nroute = 1};

	detector_routes.feed(state, &f);
}

void world_run(struct world *w)
{
	void *state;

	world_know(w);
	state = detector_routes.new(&w->k);
	for (size_t i = 0; i < w->n; i++) {
		world_feed(state, &w->step[i]);
		detector_routes.advance(state, w->step[i].time, &w->out);
	}
	detector_routes.end(state, &w->out);
	detector_routes.free(state);
	findings_sort(&w->out);
}

char *world_line(const struct world *w, const struct finding *f)
{
	struct buf b = {0};
	struct jsonw j = JSONW(&b);

	finding_json(&j, f, w->peers);
	return b.at;
}

/* Judges nothing but what a finding names, and finds the same. */
static void judge_again(const struct world *w, const struct finding *f)
{
	struct buf vrps = {0}, graph = {0}, aspas = {0};
	struct knowledge k = {.peers = w->peers, .names = w->names, .geo = w->geo};
	struct findings out = {0};
	char *was = world_line(w, f), *is = NULL;
	void *state;

	k.vrps_source = k.aspas_source = 7;
	k.relations_source = UINT32_MAX;
	buf_text(&vrps, "");
	buf_text(&graph, "");
	buf_text(&aspas, "");
	for (size_t i = 0; i < f->ncontext; i++) {
		const struct context *c = &f->context[i];
		struct buf *b = !strcmp(c->kind, "vrp")	       ? &vrps
				: !strcmp(c->kind, "aspa")     ? &aspas
				: !strcmp(c->kind, "relation") ? &graph
							       : NULL;

		if (!strcmp(c->kind, "run"))
			assert_true(knowledge_run(&k, c->text));
		if (!strcmp(c->kind, "scope"))
			assert_true(knowledge_scope(&k, c->text));
		if (!strcmp(c->kind, "basis") || !strcmp(c->kind, "peer") ||
		    !strcmp(c->kind, "had"))
			assert_true(knowledge_basis(&k, w->peers, c->kind, c->text));
		if (b && c->text[0] != '#')
			buf_printf(b, "%s%s", b->len ? " " : "", c->text);
	}
	assert_true(k.given);
	struct vrps *v = w->vrps ? vrps_text(vrps.at) : NULL;
	struct asgraph *g = w->graph ? graph_text(graph.at) : NULL;
	struct aspas *a = w->aspas ? aspas_text(aspas.at) : NULL;

	k.vrps = v;
	k.relations = g;
	k.aspas = a;
	state = detector_routes.new(&k);
	for (size_t i = 0; i < w->n; i++) {
		bool named = false;

		for (size_t j = 0; j < f->nevidence && !named; j++) {
			uint8_t sha[SHA256_SIZE];

			named = f->evidence[j].source == w->step[i].source &&
				f->evidence[j].offset == w->step[i].offset;
			if (!named)
				continue;
			sha256(w->step[i].bytes, strlen(w->step[i].bytes), sha);
			assert_memory_equal(sha, f->evidence[j].sha256, SHA256_SIZE);
		}
		if (named)
			world_feed(state, &w->step[i]);
	}
	detector_routes.end(state, &out);
	for (size_t i = 0; i < out.n && !is; i++)
		if (!memcmp(out.at[i]->id, f->id, sizeof(f->id)))
			is = world_line(w, out.at[i]);
	if (!is && getenv("TELL"))
		for (size_t i = 0; i < out.n; i++)
			fprintf(stderr, "%s\n\n", world_line(w, out.at[i]));
	if (!is) {
		fprintf(stderr, "%s\n", was);
		fail_msg("judged again, it is gone: %.200s", was);
	}
	if (strcmp(was, is))
		fprintf(stderr, "%s\n%s\n", was, is);
	assert_int_equal(strcmp(was, is), 0);
	detector_routes.free(state);
	findings_free(&out);
	vrps_free(v);
	asgraph_free(g);
	aspas_free(a);
	buf_free(&vrps);
	buf_free(&graph);
	buf_free(&aspas);
	free(k.scope);
	knowledge_basis_free(&k);
	free(was);
	free(is);
}

/* Peers that come and go during an outage are told by a caveat, not by its rows. */
static bool steady(const struct finding *f)
{
	for (size_t i = 0; i < f->ncontext; i++)
		if (!strcmp(f->context[i].kind, "basis") && strstr(f->context[i].text, "steady=0"))
			return false;
	return true;
}

void world_again(struct world *w)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (steady(w->out.at[i]))
			judge_again(w, w->out.at[i]);
}

void world_stepf(struct world *w, const char *fmt, ...)
{
	char line[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	world_step(w, line, 0);
}
