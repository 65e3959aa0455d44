/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * meridian report: records shown again, one or several together, whole or by what is asked for,
 * or what is in one and not in the other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/id.h"
#include "cmd/profile.h"
#include "fact/country.h"
#include "finding/json.h"
#include "record/clickhouse.h"
#include "record/record.h"
#include "report/output.h"
#include "report/words.h"
#include "version.h"

static struct opt_list id;
static const char *kind, *country, *html, *relations;
static const char *acts, *harmed, *involved;
static uint32_t actor, victim, network;
static uint64_t limit;
static int64_t from = TIME_NONE, to = TIME_NONE;
static bool jsonl, csv, diff, newest;

static const struct opt opts[] = {
    {"kind", 0, OPT_TEXT, &kind, "KIND",
     "Only findings of this kind; 'route.hijack' is every kind that begins so.", NULL},
    {"actor", 0, OPT_TEXT, &acts, "ASN", "Only those in which this network acts.", NULL},
    {"victim", 0, OPT_TEXT, &harmed, "ASN", "Only those that harm this network.", NULL},
    {"network", 0, OPT_TEXT, &involved, "ASN", "Only those that have to do with this network.",
     NULL},
    {"country", 0, OPT_TEXT, &country, "CC", "Only those that were seen in this country.", NULL},
    {"from", 0, OPT_TIME, &from, "TIME", "Only those that began at this time or later.", NULL},
    {"to", 0, OPT_TIME, &to, "TIME", "Only those that began before this time.", NULL},
    {"id", 0, OPT_LIST, &id, "ID", "Only this finding. May be given more than once.", NULL},
    {"newest", 0, OPT_BOOL, &newest, NULL, "With --limit: the latest rather than the first.", NULL},
    {"limit", 0, OPT_UINT, &limit, "N", "At most so many of each record.", NULL},
    {"diff", 0, OPT_BOOL, &diff, NULL,
     "Of two records: what is only in the first, only in the second, or is not the same in both.",
     NULL},
    {"jsonl", 0, OPT_BOOL, &jsonl, NULL, "Print JSON lines, one finding a line.", NULL},
    {"csv", 0, OPT_BOOL, &csv, NULL, "Print CSV, one finding a row.", NULL},
    {"html", 0, OPT_TEXT, &html, "FILE", "Write the report as one self-contained page too.", NULL},
    {"relationships", 0, OPT_TEXT, &relations, "FILE",
     "AS relationships for the page's profiles of countries, as observe takes them; without it the "
     "embedded ones of June 2018, and dated.",
     NULL},
    COMMON_OPTS};

/* Several records as one report: their sources stand one after another. */
struct shown {
	struct arena arena;
	struct findings all;
	struct peers *peers;
	struct source_report *source;
	size_t nsource, source_cap;
	const char **note, **thanks;
	size_t nnote, note_cap, nthanks, thanks_cap;
	int64_t first, last;
	uint64_t records, routes;
	bool partial, has_vrps, has_relations;
};

static const char *copied(struct shown *s, struct json *j)
{
	return json_text(j) ? arena_textn(&s->arena, j->text, j->ntext) : NULL;
}

static int64_t when(struct json *j)
{
	int64_t t;

	return json_text(j) && text_to_time(j->text, j->ntext, &t) ? t : TIME_NONE;
}

static void lines(struct shown *s, struct json *j, const char ***at, size_t *n, size_t *cap)
{
	if (json_next(j) != JSON_ARRAY)
		return;
	while (json_item(j)) {
		bool known = false;

		if (j->token != JSON_STRING)
			continue;
		for (size_t i = 0; i < *n && !known; i++)
			known =
			    strlen((*at)[i]) == j->ntext && !memcmp((*at)[i], j->text, j->ntext);
		if (known)
			continue;
		mem_room(at, cap, *n + 1);
		(*at)[(*n)++] = arena_textn(&s->arena, j->text, j->ntext);
	}
}

static void source(struct shown *s, struct json *j)
{
	struct source_report *r;

	mem_room(&s->source, &s->source_cap, s->nsource + 1);
	r = &s->source[s->nsource++];
	*r = (struct source_report){.first = TIME_NONE, .last = TIME_NONE};
	while (json_key(j)) {
		if (json_is(j, "path"))
			r->path = copied(s, j);
		else if (json_is(j, "kind"))
			r->kind = copied(s, j);
		else if (json_is(j, "coding"))
			r->coding = copied(s, j);
		else if (json_is(j, "fault"))
			r->fault = copied(s, j);
		else if (json_is(j, "provenance"))
			r->provenance = copied(s, j);
		else if (json_is(j, "bytes"))
			r->bytes = json_u64(j, UINT64_MAX, 0);
		else if (json_is(j, "records"))
			r->records = json_u64(j, UINT64_MAX, 0);
		else if (json_is(j, "decoded"))
			r->decoded = json_u64(j, UINT64_MAX, 0);
		else if (json_is(j, "skipped"))
			r->skipped = json_u64(j, UINT64_MAX, 0);
		else if (json_is(j, "routes"))
			r->routes = json_u64(j, UINT64_MAX, 0);
		else if (json_is(j, "first"))
			r->first = when(j);
		else if (json_is(j, "last"))
			r->last = when(j);
		else if (json_is(j, "empty"))
			r->empty = json_bool(j, false);
		else if (json_is(j, "sha256") && json_text(j))
			text_unhex(j->text, j->ntext, r->sha256, sizeof(r->sha256));
		else
			json_skip(j);
	}
	if (!r->path)
		r->path = "?";
}

/* How a run ended: its sources and notes join. */
static void run_end(struct shown *s, const struct buf *text)
{
	struct json j;
	int64_t t;

	json_of(&j, text->at, text->len);
	if (json_next(&j) == JSON_OBJECT)
		while (json_key(&j)) {
			if (json_is(&j, "sources") && json_next(&j) == JSON_ARRAY) {
				while (json_item(&j))
					source(s, &j);
			} else if (json_is(&j, "run") && json_next(&j) == JSON_OBJECT) {
				while (json_key(&j)) {
					if (json_is(&j, "first")) {
						t = when(&j);
						if (t != TIME_NONE &&
						    (s->first == TIME_NONE || t < s->first))
							s->first = t;
					} else if (json_is(&j, "last")) {
						t = when(&j);
						if (t != TIME_NONE &&
						    (s->last == TIME_NONE || t > s->last))
							s->last = t;
					} else if (json_is(&j, "partial")) {
						s->partial |= json_bool(&j, false);
					} else if (json_is(&j, "records")) {
						s->records += json_u64(&j, UINT64_MAX, 0);
					} else if (json_is(&j, "routes")) {
						s->routes += json_u64(&j, UINT64_MAX, 0);
					} else if (json_is(&j, "notes")) {
						lines(s, &j, &s->note, &s->nnote, &s->note_cap);
					} else if (json_is(&j, "thanks")) {
						lines(s, &j, &s->thanks, &s->nthanks,
						      &s->thanks_cap);
					} else {
						json_skip(&j);
					}
				}
			} else {
				json_skip(&j);
			}
		}
	json_free(&j);
}

/* Where the sources of each run begin in the report. */
struct base {
	uint32_t run;
	uint8_t name[16]; /* in a store */
	size_t first;
};

struct one {
	struct record *r;
	struct base *base;
	size_t nbase, cap;
};

static bool ends(struct shown *s, struct one *o, struct err *err)
{
	uint64_t *leaf = NULL;
	struct buf text = {0};
	size_t n = 0, nrun = 0;
	bool ok = record_leaves(o->r, FRAME_RUN, &leaf, &nrun, err);

	free(leaf);
	leaf = NULL;
	ok = ok && record_leaves(o->r, FRAME_RUN_END, &leaf, &n, err);
	if (ok && nrun > n) {
		/* A run that has no end was interrupted. */
		s->partial = true;
		mem_room(&s->note, &s->note_cap, s->nnote + 1);
		s->note[s->nnote++] =
		    arena_printf(&s->arena, "%s run%s of %s did not come to an end.",
				 text_number(nrun - n), nrun - n == 1 ? "" : "s", record_dir(o->r));
	}
	for (size_t i = 0; ok && i < n; i++) {
		struct leaf l;

		buf_reset(&text);
		ok = record_leaf(o->r, leaf[i], &l, &text, err);
		if (!ok || l.erased)
			continue;
		mem_room(&o->base, &o->cap, o->nbase + 1);
		o->base[o->nbase++] = (struct base){.run = l.run, .first = s->nsource};
		run_end(s, &text);
	}
	free(leaf);
	buf_free(&text);
	return ok;
}

/* Sources of a finding get the numbers that they have in this report. */
static void renumber(struct finding *f, const struct one *o, uint32_t run, size_t nsource)
{
	for (size_t b = 0; b < o->nbase; b++) {
		if (o->base[b].run != run)
			continue;
		for (size_t i = 0; i < f->nevidence; i++)
			f->evidence[i].source += (uint32_t)o->base[b].first;
		for (size_t i = 0; i < f->ncontext; i++)
			if (f->context[i].source != UINT32_MAX &&
			    f->context[i].source + o->base[b].first < nsource)
				f->context[i].source += (uint32_t)o->base[b].first;
		return;
	}
}

static struct index_query asked(void)
{
	return (struct index_query){.kind = kind,
				    .country = country,
				    .actor = actor,
				    .victim = victim,
				    .network = network,
				    .from = from,
				    .to = to,
				    .run = UINT64_MAX,
				    .newest = newest,
				    .limit = limit};
}

static bool take(struct shown *s, struct one *o, struct findings *into, struct err *err)
{
	struct index_query q = asked();
	struct buf text = {0};
	bool ok = true;

	for (size_t k = 0; ok && k < (id.n ? id.n : 1); k++) {
		struct index_hit *hit = NULL;
		size_t n = 0;

		if (id.n) {
			q.has_id = true;
			ok = id_parse(id.at[k], q.id, err);
		}
		ok = ok && record_search(o->r, &q, &hit, &n, err);
		for (size_t i = 0; ok && i < n; i++) {
			struct leaf l;

			buf_reset(&text);
			ok = record_leaf(o->r, hit[i].leaf, &l, &text, err);
			if (!ok || l.erased)
				continue;
			ok = finding_read(into, text.at, text.len, s->peers, err);
			if (ok && q.has_id && memcmp(into->at[into->n - 1]->id, q.id, 16) != 0)
				into->n--;
			else if (ok)
				renumber(into->at[into->n - 1], o, l.run, s->nsource);
		}
		free(hit);
	}
	buf_free(&text);
	return ok;
}

static int by_id(const void *a, const void *b)
{
	return memcmp((*(struct finding *const *)a)->id, (*(struct finding *const *)b)->id, 16);
}

struct nth {
	const uint8_t *id;
	size_t i;
};

static int by_id_then_place(const void *a, const void *b)
{
	const struct nth *x = a, *y = b;
	int c = memcmp(x->id, y->id, 16);

	return c ? c : (x->i > y->i) - (x->i < y->i);
}

/* The same finding of several runs once: the last one that was recorded. */
static void once(struct findings *fs)
{
	struct nth *all = mem_zero(fs->n + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < fs->n; i++)
		all[i] = (struct nth){fs->at[i]->id, i};
	qsort(all, fs->n, sizeof(*all), by_id_then_place);
	for (size_t i = 1; i < fs->n; i++)
		if (!memcmp(all[i - 1].id, all[i].id, 16))
			fs->at[all[i - 1].i] = NULL;
	for (size_t i = 0; i < fs->n; i++)
		if (fs->at[i])
			fs->at[n++] = fs->at[i];
	fs->n = n;
	free(all);
}

static bool read_record(struct shown *s, const char *dir, struct findings *into, struct err *err)
{
	struct one o = {.r = record_open(dir, 0, NULL, err)};
	bool ok = o.r && ends(s, &o, err) && take(s, &o, into, err);

	record_drop(o.r);
	free(o.base);
	return ok;
}

struct reading {
	struct shown *s;
	struct findings *into;
	struct one one; /* its runs */
};

static bool add_run(void *arg, const uint8_t *run, const char *json, size_t n, struct err *err)
{
	struct reading *g = arg;
	struct buf text = {0};
	struct base *b;

	(void)err;
	mem_room(&g->one.base, &g->one.cap, g->one.nbase + 1);
	b = &g->one.base[g->one.nbase];
	*b = (struct base){.run = (uint32_t)g->one.nbase++, .first = g->s->nsource};
	memcpy(b->name, run, sizeof(b->name));
	buf_add(&text, json, n);
	run_end(g->s, &text);
	buf_free(&text);
	return true;
}

static bool add_json(void *arg, const uint8_t *run, const char *json, size_t n, struct err *err)
{
	struct reading *g = arg;

	if (!finding_read(g->into, json, n, g->s->peers, err))
		return false;
	for (size_t i = 0; i < g->one.nbase; i++)
		if (!memcmp(g->one.base[i].name, run, 16))
			renumber(g->into->at[g->into->n - 1], &g->one, (uint32_t)i, g->s->nsource);
	return true;
}

/* Runs and findings from ClickHouse, as from a record. */
static bool read_store(struct shown *s, const char *url, struct findings *into, struct err *err)
{
	struct clickhouse *c = clickhouse_open(url, NULL, NULL, err);
	struct reading g = {.s = s, .into = into};
	struct err later;
	bool ok = c != NULL && clickhouse_runs(c, add_run, &g, err);

	for (size_t k = 0; ok && k < (id.n ? id.n : 1); k++) {
		struct index_query q = asked();

		if (id.n) {
			q.has_id = true;
			ok = id_parse(id.at[k], q.id, err);
		}
		ok = ok && clickhouse_search(c, &q, add_json, &g, err);
	}
	if (c)
		clickhouse_close(c, &later);
	free(g.one.base);
	return ok;
}

static bool read_one(struct shown *s, const char *dir, struct findings *into, struct err *err)
{
	if (clickhouse_is(dir))
		return read_store(s, dir, into, err);
	return read_record(s, dir, into, err);
}

/* Everything but the numbers of sources, which are those of the report. */
static bool equal(struct finding *a, struct finding *b, const struct peers *peers)
{
	struct buf x = {0}, y = {0};
	struct jsonw w = JSONW(&x);
	bool same;

	for (size_t i = 0; i < a->nevidence && i < b->nevidence; i++)
		a->evidence[i].source = b->evidence[i].source;
	for (size_t i = 0; i < a->ncontext && i < b->ncontext; i++)
		a->context[i].source = b->context[i].source;
	finding_json(&w, a, peers);
	w = JSONW(&y);
	finding_json(&w, b, peers);
	same = x.len == y.len && !memcmp(x.at, y.at, x.len);
	buf_free(&x);
	buf_free(&y);
	return same;
}

static int differ(struct shown *s, char **dir)
{
	struct findings a = {0}, b = {0};
	struct buf out = {0};
	struct jsonw w = JSONW(&out);
	struct err err;
	size_t i = 0, k = 0, only_a = 0, only_b = 0, changed = 0;
	bool ok = read_one(s, dir[0], &a, &err) && read_one(s, dir[1], &b, &err);

	if (ok) {
		once(&a);
		once(&b);
		if (a.n)
			qsort(a.at, a.n, sizeof(*a.at), by_id);
		if (b.n)
			qsort(b.at, b.n, sizeof(*b.at), by_id);
		if (common.json)
			jsonw_array(&w);
	}
	while (ok && (i < a.n || k < b.n)) {
		int c = i == a.n ? 1 : k == b.n ? -1 : by_id(&a.at[i], &b.at[k]);
		struct finding *f = c <= 0 ? a.at[i] : b.at[k];
		char t[33];
		const char *what;

		if (!c && equal(a.at[i], b.at[k], s->peers)) {
			i++;
			k++;
			continue;
		}
		what = c < 0 ? "only in the first" : c > 0 ? "only in the second" : "not the same";
		only_a += c < 0;
		only_b += c > 0;
		changed += !c;
		for (int n = 0; n < 16; n++)
			snprintf(t + 2 * n, 3, "%02x", f->id[n]);
		if (common.json) {
			jsonw_object(&w);
			jsonw_name(&w, "what");
			jsonw_text(&w, what);
			jsonw_name(&w, "id");
			jsonw_text(&w, t);
			jsonw_name(&w, "kind");
			jsonw_text(&w, f->kind);
			jsonw_name(&w, "title");
			jsonw_text(&w, f->title);
			jsonw_object_end(&w);
		} else {
			buf_printf(&out, "%-18s  %s  %s: %s\n", what, t, f->kind, f->title);
		}
		i += c <= 0;
		k += c >= 0;
	}
	if (ok && common.json) {
		jsonw_array_end(&w);
		buf_char(&out, '\n');
	} else if (ok) {
		buf_printf(&out, "%s only in %s, %s only in %s, %s not the same.\n",
			   text_number(only_a), dir[0], text_number(only_b), dir[1],
			   text_number(changed));
	}
	ok = ok && put_result(&out, &err);
	buf_free(&out);
	findings_free(&a);
	findings_free(&b);
	return ok ? EXIT_RAN : complain_of(&err);
}

/* What was asked for, as it was said; NULL: everything. */
static const char *filter_of(struct arena *a)
{
	static const char *const filters[] = {"kind", "actor", "victim", "network", "country",
					      "from", "to",    "id",	 "limit",   NULL};
	const struct opt_said *said;
	struct buf text = {0};
	const char *all = NULL;
	size_t n;

	said = opt_said(&n);
	for (size_t i = 0; i < n; i++)
		for (const char *const *f = filters; *f; f++)
			if (!strcmp(said[i].name, *f)) {
				buf_printf(&text, "--%s ", *f);
				words_safe(&text, said[i].value);
				buf_char(&text, ' ');
			}
	if (text.len)
		all = arena_textn(a, text.at, text.len - 1);
	buf_free(&text);
	return all;
}

static int show(struct shown *s, int argc, char **dir)
{
	const struct output *o = output_find(common.json ? "json"
					     : jsonl	 ? "jsonl"
					     : csv	 ? "csv"
							 : "text");
	struct knowledge know = {.peers = s->peers,
				 .vrps_source = UINT32_MAX,
				 .aspas_source = UINT32_MAX,
				 .relations_source = UINT32_MAX,
				 .vrps_time = TIME_NONE,
				 .relations_time = TIME_NONE};
	struct run_report run = {.version = MERIDIAN_VERSION,
				 .argv = (const char *const *)common.argv,
				 .argc = common.argc,
				 .know = &know};
	struct buf out = {0};
	struct err err;
	const char *text;
	bool ok = true;

	for (int i = 0; i < argc && ok; i++)
		ok = read_one(s, dir[i], &s->all, &err);
	if (ok) {
		once(&s->all);
		findings_sort(&s->all);
		run.first = s->first;
		run.last = s->last;
		run.partial = s->partial;
		run.filter = filter_of(&s->arena);
		if (run.filter && s->all.n) {
			mem_room(&s->note, &s->note_cap, s->nnote + 1);
			s->note[s->nnote++] =
			    arena_printf(&s->arena, "Only what fits %s is shown.", run.filter);
		}
		run.source = s->source;
		run.nsource = s->nsource;
		run.records = s->records;
		run.routes = s->routes;
		run.note = s->note;
		run.nnote = s->nnote;
		/* What the kinds of the sources bring by themselves is not said twice. */
		for (size_t i = 0; words_thanks(&run, i, &text); i++)
			for (size_t k = 0; k < s->nthanks; k++)
				if (!strcmp(s->thanks[k], text))
					s->thanks[k--] = s->thanks[--s->nthanks];
		run.thanks = s->thanks;
		run.nthanks = s->nthanks;
		run.style = text_style_of(common.output ? -1 : STDOUT_FILENO, !common.color);
		run.style.verbose = common.verbose;
		output_all(o, &out, &run, &s->all);
		ok = put_result(&out, &err);
		if (ok && html)
			ok = profiles_page(html, &run, &s->all, relations, NULL, &err);
	}
	buf_free(&out);
	return ok ? EXIT_RAN : complain_of(&err);
}

/* A filter by a network, when there is one. */
static bool number_of(const char *option, const char *word, uint32_t *asn)
{
	if (!word || asn_of(word, strlen(word), asn))
		return true;
	complain(0, "%s takes an AS number such as AS64500, not '%s'", option, word);
	return false;
}

static int report(int argc, char **argv)
{
	struct shown s = {.first = TIME_NONE, .last = TIME_NONE};
	struct err err;
	int status;

	if (!argc)
		return complain(EXIT_USAGE, "report wants a record: the DIR of --record");
	if (diff && argc != 2)
		return complain(EXIT_USAGE, "--diff wants two records");
	if (common.json + jsonl + csv > 1)
		return complain(EXIT_USAGE, "--json, --jsonl and --csv exclude one another");
	if (!number_of("--actor", acts, &actor) || !number_of("--victim", harmed, &victim) ||
	    !number_of("--network", involved, &network))
		return EXIT_USAGE;
	if (country) {
		static char code[3];

		if (!cc_of(country, strlen(country), code, &err)) {
			misread(&err, "--country");
			return complain_of(&err);
		}
		country = code;
	}
	if (kind && !kind_known("--kind", kind))
		return EXIT_USAGE;
	for (size_t i = 0; i < id.n; i++) {
		uint8_t raw[16];

		if (!id_parse(id.at[i], raw, &err)) {
			misread(&err, "--id");
			return complain_of(&err);
		}
	}
	s.peers = peers_new();
	status = diff ? differ(&s, argv) : show(&s, argc, argv);
	findings_free(&s.all);
	peers_free(s.peers);
	arena_free(&s.arena);
	free(s.source);
	free(s.note);
	free(s.thanks);
	return status;
}

const struct cmd cmd_report = {
    .name = "report",
    .args = "RECORD…",
    .about = "Show a record again: on the terminal, as JSON, CSV or a page.",
    .help =
	"A RECORD is the folder that --record of another command wrote. Several are shown "
	"together; a finding that several runs made is shown as the last one had it. Filters may "
	"be combined. --diff compares two records.",
    .opts = opts,
    .run = report,
};
