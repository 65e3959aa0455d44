/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Core and edge joined: what routes did and what sites and traces saw, where they speak of the
 * same addresses. Times decide: only what overlaps is joined; the rest stands beside it.
 */
#include <string.h>

#include "base/text.h"
#include "finding/site.h"

/* Networks and addresses of tools, from the routing registries; what an archive's row of scores
 * does not tell. */
static const struct tool {
	const char *name;
	uint32_t asn[6];
	const char *prefix[16];
} tools[] = {
    {"Telegram",
     {62041, 62014, 59930, 44907, 211157, 0},
     {"149.154.160.0/20", "91.108.4.0/22", "91.108.8.0/22", "91.108.12.0/22", "91.108.16.0/22",
      "91.108.20.0/22", "91.108.56.0/22", "95.161.64.0/20", "185.76.151.0/24", "91.105.192.0/23",
      "2001:67c:4e8::/48", "2001:b28:f23c::/47", "2001:b28:f23f::/48", "2a0a:f280::/32", NULL}},
    {"WhatsApp", {32934, 0}, {NULL}},
    {"Facebook Messenger", {32934, 0}, {NULL}},
};

static const struct tool *tool_of(const struct finding *f)
{
	for (size_t i = 0; i < f->nurl; i++)
		for (size_t k = 0; k < sizeof(tools) / sizeof(*tools); k++)
			if (!strcmp(f->url[i], tools[k].name))
				return &tools[k];
	return NULL;
}

static bool tool_has(const struct tool *t, struct prefix p)
{
	for (size_t i = 0; i < 16 && t->prefix[i]; i++) {
		struct prefix q;

		if (prefix_parse(t->prefix[i], strlen(t->prefix[i]), &q) &&
		    (prefix_covers(q, p) || prefix_covers(p, q)))
			return true;
	}
	return false;
}

static bool is(const struct finding *f, const char *kind)
{
	size_t n = strlen(kind);

	return !strncmp(f->kind, kind, n) && (!f->kind[n] || f->kind[n] == '.');
}

static bool is_site(const struct finding *f)
{
	return is(f, "site") || is(f, "tool");
}

static bool is_trace(const struct finding *f)
{
	return f->rule && !strncmp(f->rule->id, "trace.", 6);
}

static bool is_route(const struct finding *f)
{
	return is(f, "route.hijack") || is(f, "route.leak") || is(f, "route.invalid") ||
	       is(f, "outage");
}

/* The addresses that failed lie in what the route finding speaks of. */
static bool covered(const struct finding *s, const struct finding *r)
{
	for (size_t i = 0; i < s->nprefix; i++)
		for (size_t k = 0; k < r->nprefix; k++)
			if (prefix_covers(r->prefix[k].prefix, s->prefix[i].prefix))
				return true;
	if (is(r, "outage"))
		for (size_t i = 0; i < s->nwhere; i++)
			for (size_t k = 0; k < r->nasn; k++)
				if (s->where[i].asn && s->where[i].asn == r->asn[k].asn)
					return true;
	return false;
}

/* Both speak of one tool's networks or addresses. */
static bool about_tool(const struct finding *s, const struct finding *r)
{
	const struct tool *t = tool_of(s);

	if (!t)
		return false;
	for (size_t i = 0; i < r->nvictim; i++)
		for (size_t k = 0; t->asn[k]; k++)
			if (r->victim[i].asn == t->asn[k])
				return true;
	for (size_t i = 0; i < r->nprefix; i++)
		if (tool_has(t, r->prefix[i].prefix))
			return true;
	return false;
}

static bool overlap(const struct finding *a, const struct finding *b)
{
	return a->first != TIME_NONE && b->first != TIME_NONE && a->last != TIME_NONE &&
	       b->last != TIME_NONE && a->first <= b->last && b->first <= a->last;
}

static void add_context(struct arena *a, struct finding *f, const char *kind, const char *text)
{
	struct context *wider = arena_zero(a, f->ncontext + 1, sizeof(*wider));

	if (f->ncontext)
		memcpy(wider, f->context, f->ncontext * sizeof(*wider));
	wider[f->ncontext++] = (struct context){.kind = kind, .text = text, .source = UINT32_MAX};
	f->context = wider;
}

static void add_tag(struct arena *a, struct finding *f, const char *id, const char *text)
{
	struct tag *wider = arena_zero(a, f->ntag + 1, sizeof(*wider));

	if (f->ntag)
		memcpy(wider, f->tag, f->ntag * sizeof(*wider));
	wider[f->ntag++] = (struct tag){.id = id, .text = text};
	f->tag = wider;
}

static const char *span(struct arena *a, const struct finding *f)
{
	char from[TEXT_TIME], to[TEXT_TIME];

	if (f->first == TIME_NONE)
		return "at a time that is not known";
	return arena_printf(a, "%s to %s", text_time(from, f->first),
			    text_time(to, f->last == TIME_NONE ? f->first : f->last));
}

/* "86 minutes", "6 days". */
static const char *lasting(struct arena *a, int64_t t)
{
	int64_t minutes = t / (60 * SECOND);

	if (minutes < 1)
		return "less than a minute";
	if (minutes < 180)
		return arena_printf(a, "%lld minute%s", (long long)minutes,
				    minutes == 1 ? "" : "s");
	if (minutes < 72 * 60)
		return arena_printf(a, "%lld hours", (long long)(minutes / 60));
	return arena_printf(a, "%lld days", (long long)(minutes / 1440));
}

static void order(struct arena *a, struct finding *s, const struct finding *r)
{
	bool before = s->first<r->first, after = s->last> r->last;
	const char *what = is(r, "outage") ? "the outage" : "the routes";

	if (before && after)
		add_tag(
		    a, s, "order",
		    arena_printf(a,
				 "It began %s before %s of \"%s\" and outlasted them by %s: they "
				 "did not cause it.",
				 lasting(a, r->first - s->first), what, r->title,
				 lasting(a, s->last - r->last)));
	else if (before)
		add_tag(a, s, "order",
			arena_printf(a, "It began %s before %s of \"%s\": they did not start it.",
				     lasting(a, r->first - s->first), what, r->title));
	else if (after)
		add_tag(a, s, "order",
			arena_printf(a, "It outlasted %s of \"%s\" by %s.", what, r->title,
				     lasting(a, s->last - r->last)));
}

static void join_route(struct arena *a, struct finding *s, struct finding *r)
{
	bool addresses = covered(s, r), meet = overlap(s, r);

	if (!addresses && !about_tool(s, r))
		return;
	if (meet && addresses && s->first >= r->first && s->last <= r->last) {
		/* Within the time of the routes that covered these addresses: theirs is the
		 * layer. */
		s->layer = "bgp";
		s->mechanism = is(r, "outage")	       ? "bgp.outage"
			       : is(r, "route.hijack") ? "bgp.hijack"
			       : is(r, "route.leak")   ? "bgp.leak"
						       : "bgp.invalid";
		add_tag(a, s, "routes",
			arena_printf(
			    a, "The addresses that failed were covered by \"%s\" at that time.",
			    r->title));
	} else if (meet) {
		order(a, s, r);
	}
	add_context(a, s, r->kind,
		    arena_printf(a, "%s: %s, %s", meet ? "at the same time" : "at another time",
				 r->title, span(a, r)));
	add_context(a, r, s->kind,
		    arena_printf(a, "%s: %s, %s", meet ? "at the same time" : "at another time",
				 s->title, span(a, s)));
	if (is_trace(s) && !meet)
		add_tag(a, s, "order",
			arena_printf(a,
				     "The traces were made %s \"%s\": they show a block, not those "
				     "routes.",
				     s->first > r->last ? "after" : "before", r->title));
}

/* Traces and measurements of one tool. */
static void join_trace(struct arena *a, struct finding *s, struct finding *t)
{
	const struct tool *tool = tool_of(s);
	unsigned shared = 0;
	bool meet = overlap(s, t), knows = false;

	for (size_t k = 0; k < t->nwhere; k++)
		knows |= t->where[k].asn != 0;
	if (!tool || !t->nprefix || !tool_has(tool, t->prefix[0].prefix))
		return;
	for (size_t i = 0; i < s->nwhere; i++)
		for (size_t k = 0; k < t->nwhere; k++)
			shared += s->where[i].asn && s->where[i].asn == t->where[k].asn;
	add_context(
	    a, s, "trace",
	    arena_printf(a, "%s: %s, %s; %s; %s", meet ? "at the same time" : "at another time",
			 t->title, span(a, t),
			 !knows ? "whose networks are not known"
				: arena_printf(a, "%u of its networks are among these", shared),
			 t->hop ? t->hop : "no hop answered"));
	add_context(a, t, s->kind,
		    arena_printf(a, "%s: %s, %s", meet ? "at the same time" : "at another time",
				 s->title, span(a, s)));
	if (meet && shared && !s->hop)
		s->hop = t->hop;
}

void findings_join(struct findings *fs, const struct knowledge *k)
{
	size_t n = fs->n;

	(void)k;
	for (size_t i = 0; i < n; i++) {
		struct finding *s = fs->at[i];

		if (!is_site(s))
			continue;
		for (size_t j = 0; j < n; j++) {
			struct finding *o = fs->at[j];

			if (is_route(o)) {
				if (is_trace(s)) {
					/* A trace knows its address, not its tool. */
					bool tool = false;

					for (size_t q = 0; q < sizeof(tools) / sizeof(*tools); q++)
						for (size_t v = 0; v < o->nvictim; v++)
							for (size_t z = 0; tools[q].asn[z]; z++)
								tool |=
								    tools[q].asn[z] ==
									o->victim[v].asn &&
								    tool_has(&tools[q],
									     s->prefix[0].prefix);
					if (tool && !covered(s, o)) {
						add_context(
						    &fs->arena, s, o->kind,
						    arena_printf(&fs->arena, "%s: %s, %s",
								 overlap(s, o) ? "at the same time"
									       : "at another time",
								 o->title, span(&fs->arena, o)));
						if (!overlap(s, o))
							add_tag(
							    &fs->arena, s, "order",
							    arena_printf(
								&fs->arena,
								"The traces were made %s \"%s\": "
								"they show a block, not those "
								"routes.",
								s->first > o->last ? "after"
										   : "before",
								o->title));
						continue;
					}
				}
				join_route(&fs->arena, s, o);
			} else if (is_trace(o) && o != s && is(s, "tool")) {
				join_trace(&fs->arena, s, o);
			}
		}
	}
}
