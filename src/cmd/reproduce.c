/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian evidence reproduce: the raw bytes of a bundle, put back to the places that they had in
 * their sources, are read by the same readers and judged by the same detectors with the table
 * rows that the finding names; what comes out must be the sealed finding, byte for byte.
 */
#include "cmd/reproduce.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/rejoin.h"
#include "fact/asgraph.h"
#include "fact/aspas.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/vrps.h"
#include "finding/detector.h"
#include "finding/json.h"
#include "record/disk.h"
#include "source/source.h"

/* What the run of a finding says: its sources' kinds and paths, and which tables it had. */
struct told {
	struct told_source {
		char *kind, *path; /* the collector may stand in the path only */
		int64_t first;	   /* of its facts, 0 unknown: a state's rows do not say theirs */
	} * source;
	size_t n, cap;
	uint32_t vrps, aspas, relations; /* sources, UINT32_MAX built in */
	bool has_vrps, has_aspas, has_relations;
};

static void told_free(struct told *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->source[i].kind);
		free(t->source[i].path);
	}
	free(t->source);
	*t = (struct told){0};
}

static void table(struct json *j, bool *has, uint32_t *source)
{
	*source = UINT32_MAX;
	*has = json_next(j) == JSON_OBJECT;
	if (*has)
		while (json_key(j)) {
			if (json_is(j, "source"))
				*source = (uint32_t)json_u64(j, UINT32_MAX, UINT32_MAX);
			else
				json_skip(j);
		}
}

static void tables(struct json *j, struct told *t)
{
	if (json_next(j) != JSON_OBJECT)
		return;
	while (json_key(j)) {
		if (json_is(j, "vrps"))
			table(j, &t->has_vrps, &t->vrps);
		else if (json_is(j, "aspas"))
			table(j, &t->has_aspas, &t->aspas);
		else if (json_is(j, "relations"))
			table(j, &t->has_relations, &t->relations);
		else
			json_skip(j);
	}
}

static void keep(struct json *j, char **to)
{
	if (!json_text(j))
		return;
	free(*to);
	*to = mem_zero(1, j->ntext + 1);
	memcpy(*to, j->text, j->ntext);
}

static void first(struct json *j, int64_t *time)
{
	if (json_next(j) != JSON_STRING || !text_to_time(j->text, j->ntext, time))
		*time = 0;
}

static void read_source(struct json *j, struct told *t)
{
	struct told_source *s;

	mem_room(&t->source, &t->cap, t->n + 1);
	s = &t->source[t->n++];
	*s = (struct told_source){0};
	while (json_key(j)) {
		if (json_is(j, "kind"))
			keep(j, &s->kind);
		else if (json_is(j, "path"))
			keep(j, &s->path);
		else if (json_is(j, "first"))
			first(j, &s->first);
		else
			json_skip(j);
	}
}

static bool read_run(const char *bundle, const char *leaf, struct told *t, struct err *err)
{
	struct buf path = {0}, text = {0};
	struct json j;
	bool ok;

	buf_printf(&path, "%s/runs/%s.end.json", bundle, leaf);
	ok = disk_read(path.at, &text, 256 << 20, err);
	json_of(&j, text.at, text.len);
	if (ok && json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "run") && json_next(&j) == JSON_OBJECT) {
				while (json_key(&j)) {
					if (json_is(&j, "tables"))
						tables(&j, t);
					else
						json_skip(&j);
				}
			} else if (json_is(&j, "sources") && json_next(&j) == JSON_ARRAY) {
				while (json_item(&j)) {
					read_source(&j, t);
				}
			} else {
				json_skip(&j);
			}
		}
	json_free(&j);
	buf_free(&path);
	buf_free(&text);
	return ok;
}

/* "AS62041,95.161.64.0/20,20,ripe,1753066839" */
static bool add_vrp(struct vrps *v, const char *row)
{
	struct vrp x = {.asn = 0};
	const char *p = row + 2, *c[4];
	uint64_t asn, max, expires;

	if (strncmp(row, "AS", 2) != 0)
		return false;
	for (int i = 0; i < 4; i++) {
		c[i] = strchr(i ? c[i - 1] + 1 : p, ',');
		if (!c[i])
			return false;
	}
	if (!text_to_u64(p, (size_t)(c[0] - p), UINT32_MAX, &asn) ||
	    !prefix_parse(c[0] + 1, (size_t)(c[1] - c[0] - 1), &x.prefix) ||
	    !text_to_u64(c[1] + 1, (size_t)(c[2] - c[1] - 1), 128, &max) ||
	    !text_to_u64(c[3] + 1, strlen(c[3] + 1), UINT32_MAX, &expires))
		return false;
	x.asn = (uint32_t)asn;
	x.max_len = (uint8_t)max;
	x.tal = vrps_tal_of(c[2] + 1, (size_t)(c[3] - c[2] - 1));
	x.expires = (uint32_t)expires;
	vrps_add(v, &x);
	return true;
}

/* "64500:64501,64502" */
static bool add_aspa(struct aspas *a, const char *row)
{
	struct aspa x = {.customer = 0};
	uint32_t *provider = NULL;
	const char *at = strchr(row, ':');
	size_t n = 0, cap = 0;
	uint64_t v;
	bool ok = at && text_to_u64(row, (size_t)(at - row), UINT32_MAX, &v);

	if (ok)
		x.customer = (uint32_t)v;
	while (ok && *at && at[1]) {
		size_t len = strcspn(at + 1, ",");

		ok = text_to_u64(at + 1, len, UINT32_MAX, &v);
		mem_room(&provider, &cap, n + 1);
		provider[n++] = (uint32_t)v;
		at += 1 + len;
	}
	x.provider = provider;
	x.nprovider = (uint32_t)n;
	if (ok)
		aspas_add(a, &x);
	free(provider);
	return ok;
}

/* "3356|15169|-1", or "# none of 3356 and 15169" */
static bool add_relation(struct asgraph_build *b, const char *row)
{
	unsigned long x, y;
	long kind;
	char end;

	if (*row == '#')
		return true;
	if (sscanf(row, "%lu|%lu|%ld%c", &x, &y, &kind, &end) != 3 || x > UINT32_MAX ||
	    y > UINT32_MAX || kind < -1 || kind > 0)
		return false;
	asgraph_build_add(b, (uint32_t)x, (uint32_t)y, (int)kind, LINK_BGP, 0, LINK_SURE_UNKNOWN);
	return true;
}

struct judged {
	struct knowledge k;
	struct vrps *vrps;
	struct aspas *aspas;
	struct asgraph *relations;
	struct names *names;
	struct geo *geo;
	struct peers *peers;
	struct findings out;
};

/* The table rows that the finding names, and what this program carries for names. */
static bool know(struct judged *g, const struct finding *f, const struct told *t, struct err *err)
{
	struct asgraph_build *relations = asgraph_build_new();
	uint32_t contradictions;
	const struct asset *a;
	bool run = false, ok = true;

	g->vrps = vrps_new();
	g->aspas = aspas_new();
	g->k = (struct knowledge){.peers = g->peers,
				  .vrps_source = t->vrps,
				  .aspas_source = t->aspas,
				  .relations_source = t->relations,
				  .vrps_time = TIME_NONE,
				  .relations_time = TIME_NONE};
	for (size_t i = 0; ok && i < f->ncontext; i++) {
		const struct context *c = &f->context[i];

		if (!strcmp(c->kind, "vrp"))
			ok = add_vrp(g->vrps, c->text);
		else if (!strcmp(c->kind, "aspa"))
			ok = add_aspa(g->aspas, c->text);
		else if (!strcmp(c->kind, "relation"))
			ok = add_relation(relations, c->text);
		else if (!strcmp(c->kind, "run"))
			ok = run = knowledge_run(&g->k, c->text);
		else if (!strcmp(c->kind, "scope"))
			ok = knowledge_scope(&g->k, c->text);
		else if (!strcmp(c->kind, "basis") || !strcmp(c->kind, "peer") ||
			 !strcmp(c->kind, "had"))
			ok = knowledge_basis(&g->k, g->peers, c->kind, c->text);
		if (!ok)
			err_set(err, "a table row that cannot be read: %s", c->text);
	}
	/* What a site or a tool did is in its measurements alone. */
	if (ok && !run && strncmp(f->kind, "site.", 5) != 0 && strncmp(f->kind, "tool.", 5) != 0)
		ok = err_set(err, "it was not judged from routes: its detector cannot judge its "
				  "evidence alone yet");
	vrps_ready(g->vrps);
	aspas_ready(g->aspas);
	if (t->has_vrps)
		g->k.vrps = g->vrps;
	if (t->has_aspas)
		g->k.aspas = g->aspas;
	/* "none" between two networks is what a graph without that link says. */
	g->relations = asgraph_build_done(relations, &contradictions);
	if (t->has_relations)
		g->k.relations = g->relations;
	if (ok && (a = asset_find("data/names.tab"))) {
		g->names = names_of(a->at, a->n, a->path, err);
		g->k.names = g->names;
	}
	if (ok && (a = asset_find("data/countries.tab"))) {
		g->geo = geo_of(a->at, a->n, a->path, err);
		g->k.geo = g->geo;
	}
	return ok;
}

struct piece_source {
	struct reader reader;
	struct facts ahead;
	int64_t time;
	int fd;
	bool open;
};

static const struct source *source_named(const char *name)
{
	for (size_t i = 0; sources[i]; i++)
		if (!strcmp(sources[i]->name, name))
			return sources[i];
	return NULL;
}

static int by_offset(const void *a, const void *b)
{
	const struct stream_cut *x = a, *y = b;

	return x->offset != y->offset ? x->offset < y->offset ? -1 : 1 : 0;
}

/* The pieces of one source at their places in a file that has nothing else. */
static bool lay_out(struct piece_source *s, const char *bundle, const struct finding *f,
		    uint32_t id, struct err *err)
{
	struct stream_cut *cut = mem_zero(f->nevidence, sizeof(*cut));
	struct stream *in = NULL;
	struct buf path = {0}, bytes = {0};
	size_t n = 0;
	bool ok;
	char name[64];

	s->fd = memfd_create("evidence", MFD_CLOEXEC);
	ok = s->fd >= 0 || err_sys(err, "memory for the evidence");
	for (size_t i = 0; ok && i < f->nevidence; i++) {
		const struct evidence *e = &f->evidence[i];
		uint8_t digest[SHA256_SIZE];

		if (e->source != id)
			continue;
		buf_reset(&path);
		buf_reset(&bytes);
		buf_printf(&path, "%s/raw/", bundle);
		buf_hex(&path, e->sha256, SHA256_SIZE);
		ok = disk_read(path.at, &bytes, 256 << 20, err);
		sha256(bytes.at, bytes.len, digest);
		if (ok && (bytes.len != e->length || memcmp(digest, e->sha256, sizeof(digest))))
			ok = err_set(err, "%s: was changed", path.at);
		for (size_t w = 0; ok && w < bytes.len;) {
			ssize_t k =
			    pwrite(s->fd, bytes.at + w, bytes.len - w, (off_t)(e->offset + w));

			ok = k > 0 || err_sys(err, "memory for the evidence");
			w += ok ? (size_t)k : 0;
		}
		cut[n++] = (struct stream_cut){e->offset, e->length};
	}
	qsort(cut, n, sizeof(*cut), by_offset);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", s->fd);
	if (ok) {
		in = stream_open(name, 0, err);
		ok = in != NULL;
	}
	if (ok)
		s->reader.in = stream_cuts(in, cut, n);
	free(cut);
	buf_free(&path);
	buf_free(&bytes);
	return ok;
}

static bool pull(struct piece_source *s)
{
	if (!s->reader.source->next(&s->reader, &s->ahead))
		return false;
	if (s->ahead.time != TIME_NONE && (s->time == TIME_NONE || s->ahead.time > s->time))
		s->time = s->ahead.time;
	return true;
}

/* In which networks the probes stand, from rows as "2501 55836". */
static void feed_probes(const struct finding *f, void *const *state, size_t nd)
{
	char id[32];
	unsigned long asn;

	for (size_t i = 0; i < f->ncontext; i++) {
		const struct context *c = &f->context[i];
		struct fact fact = {.kind = FACT_PROBE};
		struct facts facts = {.time = TIME_NONE, .fact = &fact, .nfact = 1};

		if (strcmp(c->kind, "probe") != 0 || sscanf(c->text, "%31s %lu", id, &asn) != 2 ||
		    asn > UINT32_MAX)
			continue;
		fact.probe.id = id;
		fact.probe.asn = (uint32_t)asn;
		fact.probe.name = "";
		facts.slice.source = c->source;
		for (size_t k = 0; k < nd; k++)
			detectors[k]->feed(state[k], &facts);
	}
}

static void feed_all(struct judged *g, const struct finding *f, struct piece_source *at, size_t n)
{
	void *state[64];
	size_t nd = 0;
	int64_t advanced = TIME_NONE;

	for (; detectors[nd] && nd < 64; nd++)
		state[nd] = detectors[nd]->new (&g->k);
	feed_probes(f, state, nd);
	for (size_t i = 0; i < n; i++)
		at[i].open = at[i].open && pull(&at[i]);
	for (;;) {
		struct piece_source *s = NULL;
		int64_t t;

		for (size_t i = 0; i < n; i++)
			if (at[i].open && (!s || at[i].time < s->time))
				s = &at[i];
		if (!s)
			break;
		t = s->ahead.time;
		if (t != TIME_NONE && (advanced == TIME_NONE || t >= advanced + 60 * SECOND)) {
			for (size_t i = 0; i < nd && advanced != TIME_NONE; i++)
				detectors[i]->advance(state[i], t, &g->out);
			advanced = t;
		}
		for (size_t i = 0; i < nd; i++)
			detectors[i]->feed(state[i], &s->ahead);
		s->open = pull(s);
	}
	for (size_t i = 0; i < nd; i++) {
		detectors[i]->end(state[i], &g->out);
		detectors[i]->free(state[i]);
	}
}

static bool judge(struct judged *g, const char *bundle, const struct finding *f,
		  const struct told *t, struct err *err)
{
	uint32_t *id = mem_zero(f->nevidence + 1, sizeof(*id));
	struct piece_source *at;
	size_t n = 0;
	bool ok = f->nevidence || err_set(err, "it names no evidence");

	for (size_t i = 0; i < f->nevidence; i++) {
		size_t k = 0;

		while (k < n && id[k] != f->evidence[i].source)
			k++;
		if (k == n)
			id[n++] = f->evidence[i].source;
	}
	/* In the order of the run's sources, as the run merged them. */
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k && id[k - 1] > id[k]; k--) {
			uint32_t swap = id[k];

			id[k] = id[k - 1];
			id[k - 1] = swap;
		}
	at = mem_zero(n + 1, sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[i].fd = -1;
	for (size_t i = 0; ok && i < n; i++) {
		const struct source *s = id[i] < t->n && t->source[id[i]].kind
					     ? source_named(t->source[id[i]].kind)
					     : NULL;

		at[i].time = TIME_NONE;
		ok = (s || err_set(err, "source %u is of a kind that this version does not know",
				   id[i])) &&
		     (strcmp(s->name, "pcap") ||
		      err_set(err, "it rests on a capture, whose messages say nothing without the "
				   "connections that they stood in")) &&
		     lay_out(&at[i], bundle, f, id[i], err);
		if (!ok)
			break;
		at[i].reader.source = s;
		at[i].reader.name = t->source[id[i]].path ? t->source[id[i]].path : "evidence";
		at[i].reader.id = id[i];
		at[i].reader.since = t->source[id[i]].first;
		at[i].reader.peers = g->peers;
		ok = at[i].open = s->open(&at[i].reader, err);
	}
	if (ok)
		feed_all(g, f, at, n);
	for (size_t i = 0; i < n; i++) {
		if (at[i].reader.state || at[i].open)
			at[i].reader.source->close(&at[i].reader);
		arena_free(&at[i].reader.scratch);
		if (at[i].reader.in)
			stream_close(at[i].reader.in);
		if (at[i].fd >= 0)
			close(at[i].fd);
	}
	free(at);
	free(id);
	return ok;
}

/* Where two texts part. */
static size_t same(const struct buf *a, const struct buf *b)
{
	size_t i = 0;

	while (i < a->len && i < b->len && a->at[i] == b->at[i])
		i++;
	return i;
}

/* Is it the sealed one, as it is or joined with those that the sealed one names? */
static bool again_is(const struct judged *g, struct finding *f, struct findings *partners,
		     const struct buf *json, struct buf *again)
{
	const struct finding alone = *f;

	for (size_t at = 0; at <= partners->n; at++) {
		struct jsonw w = JSONW(again);

		*f = alone;
		if (partners->n)
			rejoin(partners, at, f);
		buf_reset(again);
		finding_json(&w, f, g->peers);
		if (again->len == json->len && !memcmp(again->at, json->at, json->len))
			return true;
	}
	return false;
}

static bool one(const char *bundle, const char *path, const char *run, struct err *err)
{
	struct judged g = {.peers = peers_new()};
	struct findings sealed = {0}, partners = {0};
	struct told t = {0};
	struct buf file = {0}, json = {0}, again = {0};
	size_t rows = 0, missing = 0;
	bool ok, found = false;

	buf_printf(&file, "%s/%s", bundle, path);
	ok = disk_read(file.at, &json, 64 << 20, err) &&
	     finding_read(&sealed, json.at, json.len, NULL, err) &&
	     read_run(bundle, run, &t, err) && know(&g, sealed.at[0], &t, err) &&
	     judge(&g, bundle, sealed.at[0], &t, err);
	if (ok)
		rejoin_partners(bundle, sealed.at[0], &partners, &rows, &missing);
	/* What it names may show a part of another finding, which then begins as this one does and
	 * has its id: the sealed one must be among them. */
	for (size_t i = 0; ok && !found && i < g.out.n; i++) {
		if (!memcmp(g.out.at[i]->id, sealed.at[0]->id, 16))
			found = again_is(&g, g.out.at[i], &partners, &json, &again);
	}
	if (ok && !found && missing)
		ok = err_set(err, "%zu of the findings that it names are not in the bundle",
			     missing);
	if (ok && !found && again.len) {
		size_t at = same(&again, &json), from = at < 40 ? 0 : at - 40;

		ok = err_set(err, "it differs at byte %zu: sealed «%.*s», judged again «%.*s»", at,
			     (int)(json.len - from < 100 ? json.len - from : 100), json.at + from,
			     (int)(again.len - from < 100 ? again.len - from : 100),
			     again.at + from);
	}
	if (ok && !found)
		ok =
		    err_set(err, "its evidence alone does not give this finding again (%zu others)",
			    g.out.n);
	vrps_free(g.vrps);
	aspas_free(g.aspas);
	knowledge_basis_free(&g.k);
	asgraph_free(g.relations);
	names_free(g.names);
	geo_free(g.geo);
	findings_free(&g.out);
	findings_free(&sealed);
	findings_free(&partners);
	peers_free(g.peers);
	free(g.k.scope);
	told_free(&t);
	buf_free(&file);
	buf_free(&json);
	buf_free(&again);
	return ok;
}

int reproduce(const char *bundle)
{
	struct buf path = {0}, leaves = {0}, out = {0};
	struct err err;
	unsigned good = 0, bad = 0;
	char *at;
	bool ok;

	buf_printf(&path, "%s/LEAVES.tsv", bundle);
	ok = disk_read(path.at, &leaves, 1 << 30, &err);
	for (at = ok ? leaves.at : NULL; at && *at;) {
		char *nl = strchr(at, '\n'), *f[5] = {at}, *p = at;

		if (nl)
			*nl = 0;
		for (int i = 1; i < 5; i++) {
			p = p ? strchr(p, '\t') : NULL;
			if (p)
				*p++ = 0;
			f[i] = p;
		}
		at = nl ? nl + 1 : NULL;
		if (!f[4] || strcmp(f[1], "finding") != 0 || !strncmp(f[3], "joined/", 7))
			continue;
		if (one(bundle, f[3], f[4], &err)) {
			good++;
			buf_printf(&out, "the same    %s\n", f[3]);
		} else {
			bad++;
			buf_printf(&out, "NOT AGAIN   %s: %s\n", f[3], err.text);
		}
	}
	if (ok)
		ok = put_result(&out, &err);
	buf_free(&path);
	buf_free(&leaves);
	buf_free(&out);
	if (!ok)
		return complain_of(&err);
	if (!good && !bad)
		return complain(EXIT_COULD_NOT, "%s: has no findings", bundle);
	return bad ? EXIT_COULD_NOT : EXIT_RAN;
}
