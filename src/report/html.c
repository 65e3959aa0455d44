/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assets.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "fact/country.h"
#include "fact/names.h"
#include "finding/harm.h"
#include "report/sheet.h"
#include "report/words.h"

#define WEB "web/dist/"
/* Whose shapes world.json are (web/world.mjs). */
#define WORLD "Natural Earth 1:50m, in the public domain"

/* An asset's text; the build fails without its files, so it is there. */
static const struct asset *asset(const char *path)
{
	return asset_find(path);
}

/* Text between tags or in an attribute: what could start markup, and what no text may hold. */
static void escape(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '<')
			buf_text(out, "&lt;");
		else if (c == '>')
			buf_text(out, "&gt;");
		else if (c == '&')
			buf_text(out, "&amp;");
		else if (c == '"')
			buf_text(out, "&quot;");
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			buf_text(out, "\xef\xbf\xbd");
		else
			buf_char(out, (char)c);
	}
}

/* JSON in a script element: nothing in it can end the element or start a comment. All of these
 * stand only within strings, where the escape means the same. U+2028 and U+2029 are left: they
 * are no line ends in a block of data. */
static void data(struct buf *out, const char *id, const char *json, size_t n)
{
	buf_printf(out, "<script type=\"application/json\" id=\"%s\">", id);
	for (size_t i = 0; i < n; i++) {
		if (json[i] == '<')
			buf_text(out, "\\u003c");
		else if (json[i] == '>')
			buf_text(out, "\\u003e");
		else if (json[i] == '&')
			buf_text(out, "\\u0026");
		else
			buf_char(out, json[i]);
	}
	buf_text(out, "</script>\n");
}

/* 'sha256-…' of CSP Level 3, 2.3.1. */
static void source_hash(struct buf *out, const struct asset *a)
{
	uint8_t digest[SHA256_SIZE];

	sha256(a->at, a->n, digest);
	buf_text(out, "'sha256-");
	base64_put(out, digest, sizeof(digest));
	buf_text(out, "'");
}

/* Every country of the table: the page needs the name of any shape that one points at. */
static void country_names(struct jsonw *w)
{
	jsonw_name(w, "countries");
	jsonw_object(w);
	for (size_t i = 0; i < countries_count; i++) {
		jsonw_name(w, countries[i].code);
		jsonw_text(w, countries[i].name);
	}
	jsonw_object_end(w);
}

/* How many vantage points the run has in each country. */
static void peers_by_country(struct jsonw *w, const struct knowledge *k)
{
	uint32_t *n = mem_zero(countries_count, sizeof(*n));
	struct name name;

	for (size_t i = 1; k && k->peers && k->names && i < peers_count(k->peers); i++) {
		const struct peer *p = peers_at(k->peers, (uint16_t)i);

		if (!names_find(k->names, p->asn, &name))
			continue;
		for (size_t c = 0; c < countries_count; c++)
			n[c] += !strcmp(countries[c].code, name.country);
	}
	jsonw_name(w, "peers");
	jsonw_object(w);
	for (size_t c = 0; c < countries_count; c++)
		if (n[c]) {
			jsonw_name(w, countries[c].code);
			jsonw_uint(w, n[c]);
		}
	jsonw_object_end(w);
	free(n);
}

struct asns {
	uint32_t *at;
	size_t n, cap;
};

static int by_asn(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void collect(struct asns *s, const uint32_t *at, size_t n)
{
	mem_room(&s->at, &s->cap, s->n + n);
	for (size_t i = 0; i < n; i++)
		s->at[s->n++] = at[i];
}

/* The names of the networks of the paths, which findings give as numbers. */
static void path_names(struct jsonw *w, const struct knowledge *k, const struct findings *all)
{
	struct asns s = {0};
	struct name name;
	char number[16];

	for (size_t i = 0; i < all->n; i++)
		for (size_t d = 0; d < all->at[i]->ndetour; d++) {
			const struct detour *v = &all->at[i]->detour[d];

			collect(&s, v->before, v->nbefore);
			collect(&s, v->after, v->nafter);
		}
	if (s.n)
		qsort(s.at, s.n, sizeof(*s.at), by_asn);
	jsonw_name(w, "names");
	jsonw_object(w);
	for (size_t i = 0; k && k->names && i < s.n; i++) {
		if ((i && s.at[i] == s.at[i - 1]) || !names_find(k->names, s.at[i], &name))
			continue;
		snprintf(number, sizeof(number), "%u", s.at[i]);
		jsonw_name(w, number);
		jsonw_object(w);
		jsonw_name(w, "name");
		jsonw_text(w, name.name);
		jsonw_name(w, "country");
		jsonw_text(w, name.country[0] ? name.country : NULL);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
	free(s.at);
}

static void kinds(struct jsonw *w, const struct findings *all)
{
	jsonw_name(w, "kinds");
	jsonw_object(w);
	for (size_t i = 0; i < all->n; i++) {
		const char *kind = all->at[i]->kind;
		size_t j = 0;

		while (strcmp(all->at[j]->kind, kind) != 0)
			j++;
		if (j < i)
			continue;
		jsonw_name(w, kind);
		jsonw_text(w, words_kind(kind));
	}
	jsonw_object_end(w);
}

/* How the findings' kinds harm: the rows of finding/harm.h that apply. */
static void harm_rows(struct jsonw *w, const struct findings *all)
{
	jsonw_name(w, "harms");
	jsonw_array(w);
	for (const struct harm *h = harms; h->kind; h++) {
		size_t i = 0;

		while (i < all->n && strncmp(all->at[i]->kind, h->kind, strlen(h->kind)) != 0)
			i++;
		if (i == all->n)
			continue;
		jsonw_object(w);
		jsonw_name(w, "kind");
		jsonw_text(w, h->kind);
		jsonw_name(w, "harm");
		jsonw_text(w, h->harm);
		jsonw_name(w, "what");
		jsonw_text(w, h->what);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* What the page needs besides the JSON of the run. */
static void extra(struct buf *out, const struct run_report *run, const struct findings *all,
		  const char *verdict, const char *map)
{
	struct jsonw w = JSONW(out);
	struct buf rest = {0};

	jsonw_object(&w);
	jsonw_name(&w, "verdict");
	jsonw_text(&w, verdict);
	words_verdict_rest(&rest, all);
	jsonw_name(&w, "rest");
	jsonw_text(&w, rest.len ? rest.at + 1 : NULL);
	buf_free(&rest);
	jsonw_name(&w, "map");
	jsonw_text(&w, map);
	kinds(&w, all);
	harm_rows(&w, all);
	path_names(&w, run->know, all);
	peers_by_country(&w, run->know);
	country_names(&w);
	jsonw_object_end(&w);
}

/* True when the bytes are one JSON value. */
static bool is_json(const char *at, size_t n, struct err *err, const char *name)
{
	struct json j;
	const char *why;
	uint64_t where = 0;
	enum json_token t;

	json_of(&j, at, n);
	t = json_next(&j);
	if (t == JSON_OBJECT)
		json_leave(&j);
	why = json_why(&j, &where);
	if (!why && t == JSON_OBJECT && json_next(&j) == JSON_END) {
		json_free(&j);
		return true;
	}
	err_set(err,
		"%s: this is no map that the page can draw (TopoJSON or GeoJSON)%s%s; see --map in "
		"the manual",
		name, why ? ": " : "", why ? why : "");
	json_free(&j);
	return false;
}

static void head(struct buf *out, const char *verdict, const struct asset *css,
		 const struct asset *js)
{
	buf_text(out, "<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n"
		      "<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "script-src ");
	source_hash(out, js);
	buf_text(out, "; style-src ");
	source_hash(out, css);
	buf_text(out, "; font-src data:; base-uri 'none'; form-action 'none'\">\n"
		      "<meta name=\"referrer\" content=\"no-referrer\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<title>Meridian: ");
	escape(out, verdict, strlen(verdict));
	buf_text(out, "</title>\n<style>");
	buf_add(out, css->at, css->n);
	buf_text(out, "</style>\n</head>\n<body>\n");
}

/* Sheets are text that needs no script; the script moves the section among its own. */
static void profiles(struct buf *out, const struct run_report *run)
{
	if (!run->nprofile)
		return;
	buf_text(
	    out,
	    "<section id=\"profiles\"><h2 id=\"h-profiles\">The countries that it touches</h2>\n"
	    "<p>How each country's Internet would stand up, by the model of routes of "
	    "<code>meridian country</code>; not from the sources of this run.</p>\n");
	for (size_t i = 0; i < run->nprofile; i++)
		sheet_html_part(run->profile[i], 3, out);
	buf_text(out, "</section>\n");
}

bool html_write(struct buf *out, const struct run_report *run, const struct findings *all,
		const struct html_map *map, struct err *err)
{
	const struct asset *css = asset(WEB "report.css"), *js = asset(WEB "report.js"),
			   *world = asset(WEB "world.json");
	struct run_report plain = *run;
	struct buf text = {0}, verdict = {0};

	if (map && !is_json(map->at, map->n, err, map->name))
		return false;
	words_verdict(&text, run, all);
	words_safe(&verdict, text.at);
	head(out, verdict.at, css, js);

	/* What one reads without script is the text for a terminal; the script replaces it. */
	plain.style = (struct text_style){.width = 100, .verbose = true};
	buf_reset(&text);
	output_all(output_find("text"), &text, &plain, all);
	buf_text(out, "<div id=\"page\"><pre class=\"plain\">");
	escape(out, text.at, text.len);
	buf_text(out, "</pre></div>\n");

	profiles(out, run);
	buf_reset(&text);
	output_all(output_find("json"), &text, run, all);
	data(out, "data-json", text.at, text.len);
	buf_reset(&text);
	extra(&text, run, all, verdict.at, map ? map->name : WORLD);
	data(out, "extra-json", text.at, text.len);
	if (map)
		data(out, "world", map->at, map->n);
	else
		data(out, "world", (const char *)world->at, world->n);
	buf_text(out, "<script>");
	buf_add(out, js->at, js->n);
	buf_text(out, "</script>\n</body>\n</html>\n");
	buf_free(&text);
	buf_free(&verdict);
	return true;
}
