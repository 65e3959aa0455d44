/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Context: the rows of tables, and the facts of the run, that a finding rests on besides the bytes
 * of its evidence. Written here, and read again by a re-judgment.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/vrps.h"
#include "finding/event.h"

static uint64_t row_hash(const char *kind, const char *text)
{
	return hash_bytes(text, strlen(text), hash_bytes(kind, strlen(kind), 3));
}

static void row_put(struct findings *out, const struct finding *f, uint32_t i)
{
	uint32_t mask = out->rows.cap - 1;
	uint32_t at = (uint32_t)row_hash(f->context[i].kind, f->context[i].text) & mask;

	while (out->rows.at[at])
		at = (at + 1) & mask;
	out->rows.at[at] = i + 1;
}

/* Has this finding such a row? One with many prefixes has many rows. */
static bool row_known(struct findings *out, const struct finding *f, const char *kind,
		      const char *text)
{
	uint32_t at;

	if (out->rows.of != f || 2 * (f->ncontext + 1) > out->rows.cap) {
		if (out->rows.of != f)
			out->rows.cap = 16;
		while (2 * (f->ncontext + 1) > out->rows.cap)
			out->rows.cap *= 2;
		free(out->rows.at);
		out->rows.at = mem_zero(out->rows.cap, sizeof(*out->rows.at));
		out->rows.of = f;
		out->rows.n = 0;
	}
	while (out->rows.n < f->ncontext)
		row_put(out, f, out->rows.n++);
	for (at = (uint32_t)row_hash(kind, text) & (out->rows.cap - 1); out->rows.at[at];
	     at = (at + 1) & (out->rows.cap - 1)) {
		const struct context *c = &f->context[out->rows.at[at] - 1];

		if (!strcmp(c->kind, kind) && !strcmp(c->text, text))
			return true;
	}
	return false;
}

void event_context(struct findings *out, struct finding *f, const char *kind, uint32_t source,
		   const char *fmt, ...)
{
	va_list ap;
	struct context c = {.kind = kind, .source = source};
	char line[1024];

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* A row that is there already takes no memory: many prefixes have one VRP. */
	if (row_known(out, f, kind, line))
		return;
	c.text = arena_text(&out->arena, line);
	PUSH(out, f->context, f->ncontext, c);
}

void event_row(struct findings *out, struct finding *f, const char *kind, const char *text)
{
	struct context c = {.kind = kind, .source = NONE, .text = arena_text(&out->arena, text)};

	PUSH(out, f->context, f->ncontext, c);
}

struct vrp_rows {
	const struct watch *w;
	struct findings *out;
	struct finding *f;
};

static bool vrp_row(const struct vrp *v, void *arg)
{
	struct vrp_rows *x = arg;
	char p[PREFIX_TEXT];

	event_context(x->out, x->f, "vrp", x->w->k->vrps_source, "AS%u,%s,%u,%s,%u", v->asn,
		      prefix_text(p, v->prefix), v->max_len, vrps_tal(v->tal), v->expires);
	return true;
}

void event_vrps(const struct watch *w, struct findings *out, struct finding *f, struct prefix p)
{
	struct vrp_rows x = {w, out, f};

	if (w->k->vrps)
		vrps_covering(w->k->vrps, p, vrp_row, &x);
}

void event_relation(const struct watch *w, struct findings *out, struct finding *f, uint32_t a,
		    uint32_t b)
{
	uint32_t src = w->k->relations_source;

	if (!w->k->relations)
		return;
	switch (asgraph_relation(w->k->relations, a, b)) {
	case RELATION_CUSTOMER:
		event_context(out, f, "relation", src, "%u|%u|-1", a, b);
		break;
	case RELATION_PROVIDER:
		event_context(out, f, "relation", src, "%u|%u|-1", b, a);
		break;
	case RELATION_PEER:
		event_context(out, f, "relation", src, "%u|%u|0", a < b ? a : b, a < b ? b : a);
		break;
	case RELATION_NONE:
		event_context(out, f, "relation", src, "# none of %u and %u", a, b);
		break;
	}
}

static void aspa_row(const struct watch *w, struct findings *out, struct finding *f,
		     uint32_t customer)
{
	const struct aspa *a = w->k->aspas ? aspas_of(w->k->aspas, customer) : NULL;
	struct buf b = {0};

	if (!a)
		return;
	buf_printf(&b, "%u:", a->customer);
	for (uint32_t i = 0; i < a->nprovider; i++)
		buf_printf(&b, "%s%u", i ? "," : "", a->provider[i]);
	event_context(out, f, "aspa", w->k->aspas_source, "%s", b.at);
	buf_free(&b);
}

void event_aspas(const struct watch *w, const struct ranges *r, struct findings *out,
		 struct finding *f, const struct member *m, size_t n)
{
	uint32_t last = NONE;

	for (size_t i = 0; i < n; i++)
		for (uint32_t j = r->first[m[i].track]; j < r->first[m[i].track + 1]; j++) {
			const struct wpath *p;

			if (w->log[j].kind > ENTRY_ANNOUNCE || w->log[j].path == last)
				continue;
			last = w->log[j].path;
			p = &w->path[last];
			for (uint32_t x = p->n; x-- > 0;)
				aspa_row(w, out, f, w->asn[p->at + x]);
		}
}

void event_scope(const struct watch *w, struct findings *out, struct finding *f,
		 const struct member *m)
{
	const struct track *t = &w->track[m->track];
	char p[PREFIX_TEXT];

	event_context(out, f, "scope", NONE, "%u %s", t->a,
		      prefix_text(p, watch_prefix(w, t->prefix)));
}

bool event_in_scope(const struct watch *w, const struct track *t)
{
	const struct knowledge *k = w->k;

	for (size_t i = 0; i < k->nscope; i++)
		if (k->scope[i].asn == t->a &&
		    prefix_eq(k->scope[i].prefix, watch_prefix(w, t->prefix)))
			return true;
	return !k->nscope;
}

void event_run(const struct watch *w, struct findings *out, struct finding *f)
{
	char a[TEXT_TIME], b[TEXT_TIME], c[TEXT_TIME], d[TEXT_TIME];
	const struct knowledge *k = w->k;
	int64_t start = watch_since(w);
	bool table = watch_after_table(w);

	event_context(
	    out, f, "run", NONE, "start=%s;end=%s;table=%d;peers=%u;vrps=%s;relations=%s",
	    start == TIME_NONE ? "" : text_time(a, start),
	    watch_now(w) == TIME_NONE ? "" : text_time(b, watch_now(w)), table, event_peers(w),
	    k->vrps_time == TIME_NONE || !k->vrps_time ? "" : text_time(c, k->vrps_time),
	    k->relations_time == TIME_NONE || !k->relations_time ? ""
								 : text_time(d, k->relations_time));
}

static bool run_time(const char *s, size_t n, int64_t *time)
{
	*time = TIME_NONE;
	return !n || text_to_time(s, n, time);
}

bool knowledge_run(struct knowledge *k, const char *text)
{
	static const char *const names[] = {
	    "start=", "end=", "table=", "peers=", "vrps=", "relations="};
	int64_t times[6] = {0};
	uint64_t number[6] = {0};

	for (int i = 0; i < 6; i++) {
		size_t n = strlen(names[i]), len;
		bool is_number = i == 2 || i == 3;

		if (strncmp(text, names[i], n))
			return false;
		text += n;
		len = strcspn(text, ";");
		if (is_number ? !text_to_u64(text, len, UINT32_MAX, &number[i])
			      : !run_time(text, len, &times[i]))
			return false;
		text += len;
		if (*text == ';')
			text++;
	}
	k->given = true;
	k->given_start = times[0];
	k->given_end = times[1];
	k->given_table = number[2] != 0;
	k->given_peers = (uint32_t)number[3];
	k->vrps_time = times[4];
	k->relations_time = times[5];
	return true;
}

bool knowledge_scope(struct knowledge *k, const char *text)
{
	size_t n = strcspn(text, " ");
	uint64_t asn;
	struct prefix p;

	if (!text_to_u64(text, n, UINT32_MAX, &asn) || text[n] != ' ' ||
	    !prefix_parse(text + n + 1, strlen(text + n + 1), &p))
		return false;
	mem_room(&k->scope, &k->cap_scope, k->nscope + 1);
	k->scope[k->nscope].asn = (uint32_t)asn;
	k->scope[k->nscope++].prefix = p;
	return true;
}
