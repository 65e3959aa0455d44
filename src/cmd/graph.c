/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/seen.h"
#include "fact/country.h"
#include "fact/filters.h"
#include "fact/names.h"
#include "record/disk.h"
#include "version.h"

struct graph_options graph_options;

#define BUNDLED "data/relationships-toposcope-201806.txt.zst"
#define ADDRESSES "data/addresses-20260617.csv.zst"
#define MOST ((size_t)1 << 30) /* no relationship file is larger than that */

static char *drain(struct stream *s, const char *name, size_t *len, struct err *err)
{
	struct buf out = {0};
	size_t got;

	for (;;) {
		const uint8_t *at = stream_peek(s, 65536, &got);

		if (!got)
			break;
		if (out.len + got > MOST) {
			err_set(err, "%s: is larger than a gigabyte", name);
			buf_free(&out);
			return NULL;
		}
		buf_add(&out, at, got);
		stream_skip(s, got);
	}
	if (stream_fault(s)) {
		err_set(err, "%s: %s", name, stream_fault(s));
		buf_free(&out);
		return NULL;
	}
	buf_char(&out, 0);
	*len = out.len - 1;
	return out.at;
}

char *graph_text(const char *path, size_t *len, struct err *err)
{
	struct stream *s = stream_open(path, 0, err);
	char *text;

	if (!s)
		return NULL;
	text = drain(s, path, len, err);
	stream_close(s);
	return text;
}

static char *asset_text(const char *path, size_t *len, struct err *err)
{
	const struct asset *a = asset_find(path);
	struct stream *s;
	char *text;

	if (!a) {
		err_set(err, "%s is not in this program", path);
		return NULL;
	}
	s = stream_of(a->at, a->n, path, 0);
	text = drain(s, path, len, err);
	stream_close(s);
	return text;
}

/* "asn,addresses[,v6]" lines; others are passed over if they are a header or a comment. */
static bool read_addresses(struct graph *g, const char *text, size_t n, const char *name,
			   struct err *err)
{
	const char *end = text + n;
	size_t line = 0;

	g->nets->addresses = mem_zero((size_t)g->as->n + 1, sizeof(uint64_t));
	g->v6 = mem_zero((size_t)g->as->n + 1, 1);
	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p), a = strcspn(p, ",\t;\n"), b;
		uint64_t asn, count, v6 = 0;

		line++;
		if (len && p[len - 1] == '\r')
			len--;
		if (a < len && text_to_u64(p, a, UINT32_MAX, &asn)) {
			const char *q = p + a + 1;
			uint32_t id = asgraph_id(g->as, (uint32_t)asn);

			b = strcspn(q, ",\t;\r\n");
			if (!text_to_u64(q, b, UINT64_C(1) << 32, &count))
				return err_set(
				    err, "%s: line %zu: \"%.*s\" is not a number of addresses",
				    name, line, (int)(b > 40 ? 40 : b), q);
			if (q + b < p + len)
				text_to_u64(q + b + 1, strcspn(q + b + 1, ",\r\n"), UINT64_MAX,
					    &v6);
			if (id != ASGRAPH_NONE) {
				g->nets->addresses[id] = count;
				g->v6[id] = v6 > 0;
			}
		} else if (line > 1 && len && *p != '#') {
			return err_set(err, "%s: line %zu: \"%.*s\" is not \"asn,addresses\"", name,
				       line, (int)(len > 40 ? 40 : len), p);
		}
		p = nl ? nl + 1 : end;
	}
	return true;
}

struct resilience_tables graph_tables(const struct graph *g)
{
	return (struct resilience_tables){g->v6, g->filter,
					  g->exchanges.nmember ? &g->exchanges : NULL};
}

/* The file's own comments tell its date, else nobody does. */
static void date_of(struct graph *g, const char *text, size_t n)
{
	const char *at = memmem(text, n > 4096 ? 4096 : n, "|BGP|", 5);

	if (at && (size_t)(text + n - at) > 13 && at[5] == '2' && strspn(at + 5, "0123456789") >= 8)
		snprintf(g->date, sizeof(g->date), "%.4s-%.2s", at + 5, at + 9);
}

static bool read_graph(struct graph *g, struct err *err)
{
	const char *path = graph_options.graph;
	size_t n;
	char *text;

	if (path && strcmp(path, "-")) {
		FILE *f = fopen(path, "rb");
		uint8_t head[8];
		bool binary = f && fread(head, 1, 8, f) == 8 && asgraph_is_binary(head, 8);

		if (f)
			fclose(f);
		if (binary) {
			g->as = asgraph_map(path, err);
			snprintf(g->about, sizeof(g->about), "%s", path);
			return g->as != NULL;
		}
	}
	g->bundled = !path;
	text = path ? graph_text(path, &n, err) : asset_text(BUNDLED, &n, err);
	if (!text)
		return false;
	g->as = asgraph_from_text(text, n, path ? path : BUNDLED, err);
	date_of(g, text, n);
	free(text);
	if (g->bundled) {
		snprintf(g->date, sizeof(g->date), "2018-06");
		snprintf(g->about, sizeof(g->about),
			 "relationships inferred by TopoScope (IMC 2020), June 2018, BSD-3-Clause");
	} else {
		snprintf(g->about, sizeof(g->about), "%s%s%s", path, *g->date ? ", " : "", g->date);
	}
	return g->as != NULL;
}

bool graph_load(struct graph *g, struct err *err)
{
	const struct asset *a = asset_find("data/names.tab");
	size_t n;
	char *text;
	bool ok = true;

	*g = (struct graph){0};
	/* Before rights are given up, and before anybody waits for an answer. */
	if (graph_options.record && !keep_folder(&graph_options.record, "record", err))
		return false;
	if (graph_options.store &&
	    !keep_store_ready(graph_options.store, &graph_options.spool, err))
		return false;
	if (!read_graph(g, err)) {
		graph_free(g);
		return false;
	}
	g->nets = nets_new(g->as);
	g->nets->graph_from = g->about;
	g->cycles = asgraph_cycles(g->as, NULL, &g->cyclic);
	if (a)
		g->names = names_of(a->at, a->n, a->path, err);
	g->nets->name = mem_zero((size_t)g->as->n + 1, sizeof(*g->nets->name));
	for (uint32_t v = 0; g->names && v < g->as->n; v++) {
		struct name name;

		if (!names_find(g->names, g->as->asn[v], &name))
			continue;
		g->nets->name[v] = name.name;
		if (name.country[0])
			g->nets->country[v] = COUNTRY(name.country);
	}
	g->nets->country_from =
	    "the country in which most of its announced addresses are registered, "
	    "17 June 2026 (@ip-location-db/asn, data/README.md)";
	if (graph_options.countries) {
		memset(g->nets->country, 0, g->as->n * sizeof(*g->nets->country));
		g->nets->country_from = graph_options.countries;
		text = graph_text(graph_options.countries, &n, err);
		ok = text && nets_countries(g->nets, text, n, graph_options.countries, err);
		free(text);
	}
	if (ok) {
		const char *path = graph_options.addresses;

		g->nets->address_from = path ? path
					     : "IPv4 addresses routed, 17 June 2026 "
					       "(@ip-location-db/asn, data/README.md)";
		text = path ? graph_text(path, &n, err) : asset_text(ADDRESSES, &n, err);
		ok = text && read_addresses(g, text, n, path ? path : ADDRESSES, err);
		free(text);
	}
	if (ok && graph_options.filters) {
		text = graph_text(graph_options.filters, &n, err);
		g->filter = mem_zero((size_t)g->as->n + 1, 1);
		ok = text && filters_read(g->filter, &g->filters, g->as, text, n,
					  graph_options.filters, err);
		free(text);
	}
	for (size_t i = 0; ok && i < graph_options.exchanges.n; i++) {
		const char *path = graph_options.exchanges.at[i];

		text = graph_text(path, &n, err);
		ok = text && exchanges_read(&g->exchanges, g->as, text, n, path, err);
		free(text);
	}
	if (ok && graph_options.exchanges.n && !g->exchanges.nmember)
		ok = err_set(err, "%s: names no member that is in the graph",
			     graph_options.exchanges.at[0]);
	if (!ok)
		graph_free(g);
	return ok;
}

void graph_free(struct graph *g)
{
	nets_free(g->nets);
	exchanges_free(&g->exchanges);
	asgraph_free(g->as);
	names_free(g->names);
	free(g->v6);
	free(g->filter);
	*g = (struct graph){0};
}

const char *graph_name(const struct graph *g, uint32_t id)
{
	static char text[8][96];
	static unsigned next;
	char *out = text[next++ & 7], cc[3];
	const char *name = g->nets->name ? g->nets->name[id] : NULL;
	int n = name ? (int)strlen(name) : 0;

	if (n > 40) {
		n = 40;
		while (n && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
	}
	if (g->nets->country[id])
		snprintf(out, 96, "AS%u%s%.*s (%s)", g->as->asn[id], name ? " " : "", n,
			 name ? name : "", nets_code(cc, g->nets->country[id]));
	else
		snprintf(out, 96, "AS%u%s%.*s", g->as->asn[id], name ? " " : "", n,
			 name ? name : "");
	for (char *p = out; *p; p++)
		if (*p == '|')
			*p = '/';
	return out;
}

void graph_json(const struct graph *g, struct jsonw *w)
{
	jsonw_name(w, "graph");
	jsonw_object(w);
	jsonw_put_text(w, "about", g->about);
	jsonw_put_text(w, "date", *g->date ? g->date : NULL);
	jsonw_put_uint(w, "networks", g->as->n);
	jsonw_put_uint(w, "links", g->as->nlink);
	jsonw_put_uint(w, "provider_cycles", g->cycles);
	jsonw_name(w, "digest");
	jsonw_printf(w, "%016llx", (unsigned long long)g->as->digest);
	jsonw_put_text(w, "countries_from", g->nets->country_from);
	jsonw_put_text(w, "addresses_from", g->nets->address_from);
	jsonw_name(w, "exchanges_from");
	jsonw_array(w);
	for (size_t i = 0; i < graph_options.exchanges.n; i++)
		jsonw_text(w, graph_options.exchanges.at[i]);
	jsonw_array_end(w);
	jsonw_put_text(w, "exchanges_date", *g->exchanges.date ? g->exchanges.date : NULL);
	jsonw_put_text(w, "filters_from", graph_options.filters);
	jsonw_object_end(w);
}

void graph_sheet(const struct graph *g, struct sheet *s)
{
	char n[32], l[32];

	sheet_heading(s, "What this rests on");
	sheet_point(s, "Graph: %s; %s networks, %s links, digest %016llx%s.", g->about,
		    text_count(n, g->as->n), text_count(l, g->as->nlink),
		    (unsigned long long)g->as->digest,
		    g->cycles ? "; it has cycles of providers, which are tolerated" : "");
	sheet_point(s, "Country of a network: %s.", g->nets->country_from);
	sheet_point(s, "Size of a network: %s.", g->nets->address_from);
	if (g->exchanges.nmember)
		sheet_point(s,
			    "Members of exchanges: %s%s%s; %s exchanges, %s memberships of "
			    "networks of the graph.",
			    graph_options.exchanges.at[0],
			    graph_options.exchanges.n > 1 ? " and others, " : ", ",
			    *g->exchanges.date ? g->exchanges.date : "undated",
			    text_number(g->exchanges.n), text_number(g->exchanges.nmember));
	if (g->filter)
		sheet_point(s, "Networks that refuse invalid routes: %s, %s of the graph.",
			    graph_options.filters, text_number(g->filters));
	if (g->bundled)
		sheet_point(
		    s, "The bundled graph is of June 2018: networks and links that came later are "
		       "not in it (docs/whatif.md says how to get a fresh one).");
}

bool graph_as(const struct graph *g, const char *word, size_t n, uint32_t *id, struct err *err)
{
	uint32_t asn;

	if (!asn_of(word, n, &asn))
		return err_misuse(err, "\"%.*s\" is not an AS number", (int)n, word);
	*id = asgraph_id(g->as, asn);
	if (*id == ASGRAPH_NONE)
		return err_set(err, "AS%u is not in the graph (%s)%s", asn, g->about,
			       g->bundled ? "; --graph FILE takes a newer one, docs/whatif.md "
					    "says how to get it"
					  : "");
	return true;
}

bool graph_as_list(const struct graph *g, const char *list, uint32_t **ids, size_t *n,
		   struct err *err)
{
	size_t cap = 0;

	*ids = NULL;
	*n = 0;
	for (;;) {
		size_t len = strcspn(list, ",");

		mem_room(ids, &cap, *n + 1);
		if (!graph_as(g, list, len, &(*ids)[*n], err)) {
			free(*ids);
			*ids = NULL;
			return false;
		}
		++*n;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

bool graph_country(const struct graph *g, const char *word, size_t n, uint16_t *country,
		   struct err *err)
{
	char code[3];

	if (!cc_of(word, n, code, err))
		return false;
	*country = COUNTRY(code);
	if (!nets_count(g->nets, *country))
		return err_set(err, "no network of the graph is in %s (%s)", country_name(code),
			       g->nets->country_from);
	return true;
}

/* A file that the answer rests on. */
static void input(struct jsonw *w, const char *path)
{
	struct err unused;
	uint8_t digest[SHA256_SIZE];
	uint64_t bytes;

	if (!path)
		return;
	/* What is no file (standard input, a URL, a folder) has no digest here. */
	if (!disk_exists(path) || !disk_digest(path, digest, &bytes, &unused))
		bytes = UINT64_MAX;
	jsonw_object(w);
	jsonw_name(w, "path");
	jsonw_text(w, path);
	jsonw_name(w, "bytes");
	if (bytes == UINT64_MAX)
		jsonw_null(w);
	else
		jsonw_uint(w, bytes);
	jsonw_name(w, "sha256");
	if (bytes == UINT64_MAX)
		jsonw_null(w);
	else
		jsonw_hex(w, digest, sizeof(digest));
	jsonw_object_end(w);
}

/* The answer, and what it rests on, as what came of a run. */
static bool keep_answer(const struct buf *json, int64_t time, struct err *err)
{
	const char *const files[] = {graph_options.graph, graph_options.countries,
				     graph_options.addresses, graph_options.filters};
	const struct opt_list *const lists[] = {&graph_options.exchanges, &seen_options.vrps,
						&seen_options.slurm,	  &seen_options.routes,
						&seen_options.findings,	  &seen_options.irr};
	struct buf end = {0};
	struct jsonw w = JSONW(&end);
	struct keep_found what = {.time = time};
	bool ok;

	jsonw_object(&w);
	jsonw_name(&w, "meridian");
	jsonw_text(&w, MERIDIAN_VERSION);
	/* A record's run leaf has it; a store has only this. */
	jsonw_name(&w, "command");
	jsonw_array(&w);
	for (int i = 0; i < common.argc; i++)
		jsonw_text(&w, common.argv[i]);
	jsonw_array_end(&w);
	jsonw_name(&w, "sources");
	jsonw_array(&w);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		input(&w, files[i]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			input(&w, lists[i]->at[k]);
	jsonw_array_end(&w);
	jsonw_name(&w, "answer");
	jsonw_raw(&w, json->at, json->len);
	jsonw_object_end(&w);
	what.end = end.at;
	what.nend = end.len;
	ok = (!graph_options.record || keep_found(graph_options.record, &what, err)) &&
	     (!graph_options.store ||
	      keep_found_store(graph_options.store, graph_options.spool, &what, err));
	buf_free(&end);
	return ok;
}

int graph_answer(const struct buf *json, const struct sheet *s, int64_t time)
{
	struct buf out = {0};
	struct err err;
	bool ok;

	if (!common.json)
		sheet_terminal(s, &out, common.output ? 80 : terminal_width(stdout),
			       !common.output && colored(stdout));
	/* What is kept is kept even when nobody can be shown it. */
	ok = ((!graph_options.record && !graph_options.store) || keep_answer(json, time, &err)) &&
	     put_result(common.json ? json : &out, &err);
	buf_reset(&out);
	if (ok && graph_options.html) {
		sheet_html(s, &out);
		ok = put_file(graph_options.html, out.at, out.len, &err);
	}
	buf_free(&out);
	return ok ? EXIT_RAN : complain_of(&err);
}
