/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/json.h"

#include "base/text.h"
#include "finding/json.h"
#include "report/words.h"

/* A table that the judgment rested on: {source, time}; null when there was none. A source of
 * null is the table that is built in. */
static void table(struct jsonw *w, const char *name, const void *given, uint32_t source,
		  int64_t time)
{
	jsonw_name(w, name);
	if (!given) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	jsonw_name(w, "source");
	if (source == UINT32_MAX)
		jsonw_null(w);
	else
		jsonw_uint(w, source);
	jsonw_put_time(w, "time", time);
	jsonw_object_end(w);
}

void json_run(struct jsonw *w, const struct run_report *run)
{
	const struct knowledge *k = run->know;
	const char *thanks;

	jsonw_object(w);
	jsonw_name(w, "command");
	jsonw_array(w);
	for (int i = 0; i < run->argc; i++)
		jsonw_text(w, run->argv[i]);
	jsonw_array_end(w);
	jsonw_put_time(w, "first", run->first);
	jsonw_put_time(w, "last", run->last);
	jsonw_name(w, "partial");
	jsonw_bool(w, run->partial);
	jsonw_put_uint(w, "records", run->records);
	jsonw_put_uint(w, "routes", run->routes);
	jsonw_put_uint(w, "peers",
		       k && k->peers && peers_count(k->peers) ? peers_count(k->peers) - 1 : 0);
	jsonw_name(w, "tables");
	jsonw_object(w);
	table(w, "vrps", k ? k->vrps : NULL, k ? k->vrps_source : 0, k ? k->vrps_time : TIME_NONE);
	table(w, "aspas", k ? k->aspas : NULL, k ? k->aspas_source : 0, TIME_NONE);
	table(w, "relations", k ? k->relations : NULL, k ? k->relations_source : 0,
	      k ? k->relations_time : TIME_NONE);
	jsonw_object_end(w);
	jsonw_name(w, "notes");
	jsonw_array(w);
	for (size_t i = 0; i < run->nnote; i++)
		jsonw_text(w, run->note[i]);
	jsonw_array_end(w);
	jsonw_name(w, "thanks");
	jsonw_array(w);
	for (size_t i = 0; words_thanks(run, i, &thanks); i++)
		jsonw_text(w, thanks);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void garbled(struct jsonw *w, const struct source_report *s)
{
	jsonw_name(w, "garbled");
	jsonw_array(w);
	for (size_t i = 0; i < s->ngarbled; i++) {
		const struct garbled *g = &s->garbled[i];

		jsonw_object(w);
		jsonw_put_uint(w, "offset", g->offset);
		jsonw_put_uint(w, "length", g->length);
		jsonw_put_text(w, "why", g->why);
		jsonw_put_text(w, "what", g->cut ? "cut" : g->skipped ? "skipped" : "damaged");
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void json_sources(struct jsonw *w, const struct run_report *run)
{
	jsonw_array(w);
	for (size_t i = 0; i < run->nsource; i++) {
		const struct source_report *s = &run->source[i];

		jsonw_object(w);
		jsonw_put_text(w, "path", s->path);
		jsonw_put_text(w, "kind", s->kind);
		jsonw_put_text(w, "coding", s->coding);
		jsonw_put_uint(w, "bytes", s->bytes);
		jsonw_name(w, "sha256");
		jsonw_hex(w, s->sha256, sizeof(s->sha256));
		jsonw_name(w, "empty");
		jsonw_bool(w, s->empty);
		jsonw_put_uint(w, "records", s->records);
		jsonw_put_uint(w, "decoded", s->decoded);
		jsonw_put_uint(w, "skipped", s->skipped);
		jsonw_put_uint(w, "routes", s->routes);
		jsonw_put_time(w, "first", s->first);
		jsonw_put_time(w, "last", s->last);
		jsonw_put_text(w, "fault", s->fault);
		garbled(w, s);
		jsonw_put_text(w, "provenance", s->provenance);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* Findings stand on lines of their own, so that a text tool can cut the object up; the commas
 * are written by hand since nothing is kept between two calls. */
static void json_head(struct buf *out, const struct run_report *run)
{
	struct jsonw w = JSONW(out);

	buf_text(out, "{\"meridian\":");
	jsonw_text(&w, run->version);
	buf_text(out, ",\n\"run\":");
	w = JSONW(out);
	json_run(&w, run);
	buf_text(out, ",\n\"sources\":");
	w = JSONW(out);
	json_sources(&w, run);
	buf_text(out, ",\n\"findings\":[");
}

static void json_one(struct buf *out, const struct run_report *run, const struct finding *f,
		     size_t i)
{
	struct jsonw w = JSONW(out);

	buf_text(out, i ? ",\n" : "\n");
	finding_json(&w, f, run->know ? run->know->peers : NULL);
}

static void json_tail(struct buf *out, const struct run_report *run, const struct findings *all)
{
	(void)run;
	buf_text(out, all->n ? "\n]}\n" : "]}\n");
}

const struct output output_json = {
    .name = "json",
    .about = "one JSON object: the run, its sources, its findings",
    .head = json_head,
    .finding = json_one,
    .tail = json_tail,
};

static void line(struct buf *out, const struct run_report *run, const struct finding *f, size_t i)
{
	struct jsonw w = JSONW(out);

	(void)i;
	finding_json(&w, f, run->know ? run->know->peers : NULL);
	buf_char(out, '\n');
}

const struct output output_jsonl = {
    .name = "jsonl", .about = "JSON lines: a finding a line", .finding = line};
