/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The route detector on constructed facts. A scenario is a few lines of text; what comes of it is
 * compared with the findings that a person expects. The property tests print their seed.
 *
 *	T sec peer prefix path…    a route of a table        A …   an announcement
 *	W sec peer prefix          a withdrawal
 *
 * In a path, "otc=N", "blackhole" and "fault=N" set attributes.
 */

#include "test.h"

#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "finding/json.h"
#include "finding/routes.h"

#define BASE (INT64_C(1767225600) * SECOND) /* 2026-01-01 */
#define PATH_MAX_N 16
#define STEPS 4096

/* One record with one route, owning what it points at. */
struct step {
	int64_t time;
	uint32_t source;
	uint64_t offset;
	char bytes[96];
	struct route route;
	struct attrs attrs;
	uint32_t asn[PATH_MAX_N];
	uint8_t community[4];
};

struct world {
	struct step *step;
	size_t n;
	struct peers *peers;
	struct vrps *vrps;
	struct aspas *aspas;
	struct asgraph *graph;
	struct names *names;
	struct geo *geo;
	struct knowledge k;
	struct findings out;
};

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng >> 33) % n;
}

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

static void add_step(struct world *w, const char *line, uint32_t source)
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

static struct world world_new(void)
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

static void world_know(struct world *w)
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

static void world_free(struct world *w)
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

static struct vrps *vrps_text(const char *rows)
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
static struct asgraph *graph_text(const char *rows)
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

static struct aspas *aspas_text(const char *rows)
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

static void feed_step(void *state, const struct step *s)
{
	struct facts f = {
	    .time = s->time,
	    .slice = {s->source, (uint32_t)strlen(s->bytes), s->offset, (const uint8_t *)s->bytes},
	    .route = &s->route,
	    .nroute = 1};

	detector_routes.feed(state, &f);
}

static void run(struct world *w)
{
	void *state;

	world_know(w);
	state = detector_routes.new(&w->k);
	for (size_t i = 0; i < w->n; i++) {
		feed_step(state, &w->step[i]);
		detector_routes.advance(state, w->step[i].time, &w->out);
	}
	detector_routes.end(state, &w->out);
	detector_routes.free(state);
	findings_sort(&w->out);
}

static char *line_of(const struct world *w, const struct finding *f)
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
	struct knowledge k = {.peers = w->peers, .names = w->names};
	struct findings out = {0};
	char *was = line_of(w, f), *is = NULL;
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
			feed_step(state, &w->step[i]);
	}
	detector_routes.end(state, &out);
	for (size_t i = 0; i < out.n && !is; i++)
		if (!memcmp(out.at[i]->id, f->id, sizeof(f->id)))
			is = line_of(w, out.at[i]);
	if (!is && getenv("TELL"))
		for (size_t i = 0; i < out.n; i++)
			fprintf(stderr, "%s\n\n", line_of(w, out.at[i]));
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
	free(was);
	free(is);
}

static void again(struct world *w)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (strncmp(w->out.at[i]->kind, "outage.", 7)) /* docs/detectors.md tells why */
			judge_again(w, w->out.at[i]);
}

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
		add_step(w, v->steps[i], 0);
}

static void test_vectors(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct world w;
		char *got;

		world_of(&w, &vectors[i]);
		run(&w);
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
		again(&w);
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
		add_step(&w, line, 0);
	}
	/* 03:00:01 to 03:00:12, twelve peers; eleven let go at 05:00; at 08:00 three come again. */
	for (int p = 1; p <= 12; p++) {
		snprintf(line, sizeof(line), "A %d %d 193.0.1.0/24 %d 6939 5555", 10800 + p, p,
			 1000 + p);
		add_step(&w, line, 0);
	}
	for (int p = 2; p <= 12; p++) {
		snprintf(line, sizeof(line), "W %d %d 193.0.1.0/24", 18000 + p, p);
		add_step(&w, line, 0);
	}
	for (int p = 2; p <= 4; p++) {
		snprintf(line, sizeof(line), "A %d %d 193.0.2.0/24 %d 6939 5555", 28800 + p, p,
			 1000 + p);
		add_step(&w, line, 0);
	}
	for (int p = 2; p <= 4; p++) {
		snprintf(line, sizeof(line), "W %d %d 193.0.2.0/24", 32400 + p, p);
		add_step(&w, line, 0);
	}
	add_step(&w, "A 43200 12 193.0.0.0/20 1012 3356 3333", 0);
	run(&w);
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
	again(&w);
	world_free(&w);
}

/* ---- outages ---- */

static void add_line(struct world *w, const char *fmt, ...)
{
	char line[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	add_step(w, line, 0);
}

/* Six full-feed peers and one that has little; 40 prefixes of AS3320 in DE and 10 of AS3333 in NL.
 */
static void outage_world(struct world *w)
{
	*w = world_new();
	w->geo = geo_new();
	struct place de = {{UINT64_C(80) << 56, 0, 0}, {(UINT64_C(81) << 56) - 1, 0, 0}, "DE"};
	struct place nl = {{UINT64_C(193) << 56, 0, 0}, {(UINT64_C(194) << 56) - 1, 0, 0}, "NL"};

	geo_add(w->geo, &de);
	geo_add(w->geo, &nl);
	geo_ready(w->geo);
	for (int i = 0; i < 50; i++)
		for (int p = 1; p <= 7; p++)
			if (p < 7 || i < 5)
				add_line(w, "T 0 %d %d.0.%d.0/24 %d 3356 %d", p, i < 40 ? 80 : 193,
					 i, 1000 + p, i < 40 ? 3320 : 3333);
}

static void lose(struct world *w, int sec, int peer, int from, int to, bool back)
{
	for (int i = from; i < to; i++)
		if (back)
			add_line(w, "A %d %d %d.0.%d.0/24 %d 3356 %d", sec, peer, i < 40 ? 80 : 193,
				 i, 1000 + peer, i < 40 ? 3320 : 3333);
		else
			add_line(w, "W %d %d %d.0.%d.0/24", sec, peer, i < 40 ? 80 : 193, i);
}

static void test_outage(void **state)
{
	struct world w;
	const struct finding *f;

	(void)state;
	/* AS3333 loses eight of ten prefixes for an hour; they are visible again. */
	outage_world(&w);
	add_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3600 + p, p, 40, 48, false);
	add_step(&w, "A 5400 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 7200 + p, p, 40, 48, true);
	add_step(&w, "A 9000 1 80.0.0.0/24 1001 3356 3320", 0);
	run(&w);
	assert_int_equal(w.out.n, 1);
	f = w.out.at[0];
	assert_string_equal(f->kind, "outage.network");
	assert_int_equal(f->victim[0].asn, 3333);
	assert_int_equal(f->state, STATE_ENDED);
	/* Half of six had lost it when the fourth peer withdrew. */
	assert_int_equal(f->first, BASE + 3604 * SECOND);
	assert_int_equal(f->last, BASE + 7500 * SECOND);
	assert_int_equal(f->nprefix, 8);
	assert_int_equal(f->of_peers, 6);
	assert_int_equal(f->level[0].peers, 2);
	assert_true(strstr(f->title, "8 of 10 prefixes (2048 of 2560 IPv4 addresses)") != NULL);
	assert_true(strstr(f->title, "visible again") != NULL);
	assert_true(f->nevidence >= 8 * 6);
	world_free(&w);

	/* A fifth of a country's prefixes: the country, and not its network as well. */
	outage_world(&w);
	add_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3600 + p, p, 0, 30, false);
	add_step(&w, "A 5400 1 80.0.39.0/24 1001 3356 3320", 0);
	run(&w);
	assert_int_equal(w.out.n, 1);
	assert_string_equal(w.out.at[0]->kind, "outage.country");
	assert_string_equal(w.out.at[0]->country[0], "DE");
	assert_int_equal(w.out.at[0]->state, STATE_OPEN_AT_END);
	world_free(&w);

	/* A peer that loses its table is the collector's matter; so is a session that ends. */
	outage_world(&w);
	add_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 3; p++)
		lose(&w, 3600 + 400 * p, p, 0, 50, false);
	add_step(&w, "A 9000 6 80.0.0.0/24 1006 3356 3320", 0);
	run(&w);
	assert_int_equal(w.out.n, 0);
	world_free(&w);

	/* Gone for less than it takes to be seen at the end of five minutes. */
	outage_world(&w);
	add_step(&w, "A 60 1 80.0.0.0/24 1001 3356 3320", 0);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3601, p, 40, 48, false);
	for (int p = 1; p <= 6; p++)
		lose(&w, 3631, p, 40, 48, true);
	add_step(&w, "A 9000 6 80.0.0.0/24 1006 3356 3320", 0);
	run(&w);
	assert_int_equal(w.out.n, 0);
	world_free(&w);
}

/* ---- properties ---- */

/* Five origins, some prefixes within one another, twelve peers, an hour of learning. */
static void random_world(struct world *w)
{
	static const char *const prefixes[] = {"193.0.0.0/20",	  "193.0.1.0/24", "193.0.2.0/24",
					       "194.0.0.0/16",	  "194.0.0.0/24", "2001:67c::/32",
					       "2001:67c:1::/48", "10.0.0.0/8"};
	static const char *const origins[] = {"3333", "3333", "3333", "5555", "6666", "64512"};
	char line[128];
	int time = 0;

	*w = world_new();
	w->vrps = vrps_text("AS3333,193.0.0.0/20,24 AS3333,2001:67c::/32,32");
	w->graph = graph_text("3356|3333|-1 100|10|-1 200|10|-1");
	w->aspas = aspas_text("3333:3356 6939:0");
	for (int i = 0; i < 300; i++) {
		const char *prefix = prefixes[rnd(8)];
		int peer = 1 + (int)rnd(12);

		/* The table comes first; then several things in one second are common. */
		time += i < 20 ? 0 : i == 20 ? 60 : rnd(4) ? (int)rnd(400) : 0;
		if (i >= 20 && !rnd(4))
			snprintf(line, sizeof(line), "W %d %d %s", time, peer, prefix);
		else
			snprintf(line, sizeof(line), "%c %d %d %s %d %s %s%s", i < 20 ? 'T' : 'A',
				 time, peer, prefix, 1000 + peer,
				 rnd(3)	  ? "6939"
				 : rnd(2) ? "3356"
					  : "200 10 100",
				 origins[rnd(6)], rnd(40) ? "" : " fault=4");
		add_step(w, line, (uint32_t)(peer - 1) % 3);
	}
}

/* Long texts: tells where they differ. */
static void same(const char *a, const char *b, const char *what)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	if (a[i] != b[i]) {
		size_t from = i > 300 ? i - 300 : 0;

		fail_msg("%s: at %zu\n  %.450s\n  %.450s", what, i, a + from, b + from);
	}
}

static char *all_lines(struct world *w)
{
	struct buf b = {0};

	findings_sort(&w->out);
	buf_text(&b, "");
	for (size_t i = 0; i < w->out.n; i++) {
		char *l = line_of(w, w->out.at[i]);

		buf_text(&b, l);
		buf_char(&b, '\n');
		free(l);
	}
	return b.at;
}

/* The same facts, fed from step a on to before b. */
static void feed_some(const struct world *w, void *state, size_t a, size_t b)
{
	for (size_t i = a; i < b; i++)
		feed_step(state, &w->step[i]);
}

static void test_properties(void **state)
{
	uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL);
	size_t found = 0;

	(void)state;
	print_message("seed %llu (SEED=… repeats it)\n", (unsigned long long)seed);
	for (int round = 0; round < 60; round++) {
		struct world w;
		struct buf saved = {0};
		struct err err = {""};
		struct bytes in;
		struct knowledge part;
		char *whole, *other;
		void *a, *b;
		size_t cut;

		rng = seed + (uint64_t)round;
		random_world(&w);
		world_know(&w);
		a = detector_routes.new(&w.k);
		feed_some(&w, a, 0, w.n);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		whole = all_lines(&w);
		found += w.out.n;
		/* Each finding again from what it names. */
		again(&w);
		findings_free(&w.out);

		/* Stopped, saved, loaded, gone on. */
		cut = rnd((uint32_t)w.n);
		a = detector_routes.new(&w.k);
		feed_some(&w, a, 0, cut);
		detector_routes.save(a, &saved);
		detector_routes.free(a);
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (!detector_routes.load(a, &in, &err))
			fail_msg("%s", err.text);
		assert_int_equal(bytes_left(&in), 0);
		feed_some(&w, a, cut, w.n);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		other = all_lines(&w);
		same(whole, other, "saved and loaded");
		free(other);
		findings_free(&w.out);

		/* Any cut of what was saved is refused, and nothing breaks. */
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, rnd((uint32_t)saved.len));
		assert_false(detector_routes.load(a, &in, &err));
		detector_routes.free(a);
		for (int i = 0; i < 8; i++)
			saved.at[rnd((uint32_t)saved.len)] ^= (char)(1 << rnd(8));
		a = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (detector_routes.load(a, &in, &err))
			detector_routes.end(a, &w.out);
		detector_routes.free(a);
		findings_free(&w.out);
		buf_reset(&saved);

		/* Parts: by source, or by time, merged in either order. */
		part = w.k;
		part.part = true;
		a = detector_routes.new(&part);
		b = detector_routes.new(&part);
		if (round % 2) {
			feed_some(&w, a, cut, w.n);
			feed_some(&w, b, 0, cut);
		} else {
			for (size_t i = 0; i < w.n; i++)
				feed_step(w.step[i].source ? a : b, &w.step[i]);
		}
		detector_routes.save(b, &saved);
		detector_routes.free(b);
		b = detector_routes.new(&w.k);
		in = bytes_of(saved.at, saved.len);
		if (!detector_routes.load(b, &in, &err) || !detector_routes.merge(a, b, &err))
			fail_msg("%s", err.text);
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		detector_routes.free(b);
		other = all_lines(&w);
		/* Records of one time go by source in a whole: make the first run the same. */
		findings_free(&w.out);
		a = detector_routes.new(&w.k);
		for (size_t i = 0; i < w.n;) {
			size_t j = i;

			while (j < w.n && w.step[j].time == w.step[i].time)
				j++;
			for (uint32_t s = 0; s < 3; s++)
				for (size_t x = i; x < j; x++)
					if (w.step[x].source == s)
						feed_step(a, &w.step[x]);
			i = j;
		}
		detector_routes.end(a, &w.out);
		detector_routes.free(a);
		char *ordered = all_lines(&w);
		same(ordered, other, "merged");
		/* And the order within one time did not matter in the first place. */
		same(ordered, whole, "in another order");
		free(ordered);
		free(other);
		free(whole);
		buf_free(&saved);
		world_free(&w);
	}
	assert_true(found > 60);
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
	    cmocka_unit_test(test_outage),
	    cmocka_unit_test(test_properties),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
