/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/shapes.h"
#include "version.h"

enum piece_kind { HEADING, TEXT, POINT, COLUMNS, ROW, MAP, NOTE, PAGE, PAGE_END };

struct piece {
	enum piece_kind kind;
	const char *text;
	const char *lead; /* of a TEXT; NULL without */
	unsigned note;	  /* of a NOTE */
	const struct sheet_country *country;
	uint32_t ncountry;
};

struct sheet {
	struct arena arena;
	const char *title;
	struct piece *at;
	size_t n, cap;
	uint64_t notes; /* bit n: there is a note n */
};

struct sheet *sheet_new(const char *title)
{
	struct sheet *s = mem_zero(1, sizeof(*s));

	s->title = arena_text(&s->arena, title);
	return s;
}

void sheet_free(struct sheet *s)
{
	if (!s)
		return;
	arena_free(&s->arena);
	free(s->at);
	free(s);
}

static struct piece *add(struct sheet *s, enum piece_kind kind, const char *text)
{
	mem_room(&s->at, &s->cap, s->n + 1);
	s->at[s->n] = (struct piece){.kind = kind, .text = text};
	return &s->at[s->n++];
}

static void vadd(struct sheet *s, enum piece_kind kind, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	add(s, kind, arena_text(&s->arena, text ? text : ""));
	free(text);
}

void sheet_heading(struct sheet *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, HEADING, fmt, ap);
	va_end(ap);
}

void sheet_text(struct sheet *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, TEXT, fmt, ap);
	va_end(ap);
}

void sheet_lead(struct sheet *s, const char *lead, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, TEXT, fmt, ap);
	va_end(ap);
	s->at[s->n - 1].lead = arena_text(&s->arena, lead);
}

void sheet_page(struct sheet *s)
{
	add(s, PAGE, "");
}

void sheet_page_end(struct sheet *s)
{
	add(s, PAGE_END, "");
}

void sheet_note(struct sheet *s, unsigned n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, NOTE, fmt, ap);
	va_end(ap);
	s->at[s->n - 1].note = n;
	if (n < 64)
		s->notes |= UINT64_C(1) << n;
}

void sheet_point(struct sheet *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, POINT, fmt, ap);
	va_end(ap);
}

void sheet_table(struct sheet *s, const char *columns)
{
	add(s, COLUMNS, arena_text(&s->arena, columns));
}

void sheet_row(struct sheet *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(s, ROW, fmt, ap);
	va_end(ap);
}

void sheet_map(struct sheet *s, const char *caption, const struct sheet_country *c, uint32_t n)
{
	struct piece *p = add(s, MAP, arena_text(&s->arena, caption));

	if (n)
		p->country = arena_copy(&s->arena, c, n * sizeof(*c));
	p->ncountry = n;
}

#define CELLS 12

struct cell {
	const char *at;
	size_t n;
};

static size_t cells(const char *row, struct cell out[CELLS])
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(row, "|");

		if (n < CELLS)
			out[n++] = (struct cell){row, len};
		if (!row[len])
			return n;
		row += len + 1;
	}
}

/* Columns on a terminal: UTF-8 characters, each taken as one wide. */
static size_t wide(const char *p, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char)p[i] & 0xc0) != 0x80;
	return w;
}

/* Breaks text at spaces so that lines fit; `indent` spaces before all lines but the first, which
 * has `col` columns already. */
static void wrap_from(struct buf *out, const char *text, int width, int indent, int col)
{
	while (*text) {
		size_t n = strcspn(text, " \n");
		int w = (int)wide(text, n);

		if (col > indent && col + 1 + w > width) {
			buf_char(out, '\n');
			for (int i = 0; i < indent; i++)
				buf_char(out, ' ');
			col = indent;
		} else if (col > indent) {
			buf_char(out, ' ');
			col++;
		}
		buf_add(out, text, n);
		col += w;
		text += n;
		while (*text == ' ' || *text == '\n')
			text++;
	}
	buf_char(out, '\n');
}

static void wrap(struct buf *out, const char *text, int width, int indent)
{
	wrap_from(out, text, width, indent, indent);
}

/* A line does not end in spaces. */
static void trim(struct buf *out)
{
	while (out->len && out->at[out->len - 1] == ' ')
		out->len--;
}

/* The table that starts at piece i; returns how many pieces it is. */
static size_t table(const struct sheet *s, size_t i, struct buf *out, int max, bool color)
{
	struct cell c[CELLS];
	size_t width[CELLS] = {0}, columns = cells(s->at[i].text, c), end = i + 1;
	bool right[CELLS] = {false};
	size_t total = 0;

	for (size_t k = 0; k < columns; k++) {
		right[k] = c[k].n && *c[k].at == '>';
		width[k] = wide(c[k].at, c[k].n) - right[k];
	}
	for (; end < s->n && s->at[end].kind == ROW; end++) {
		size_t n = cells(s->at[end].text, c);

		for (size_t k = 0; k < n && k < columns; k++)
			if (wide(c[k].at, c[k].n) > width[k])
				width[k] = wide(c[k].at, c[k].n);
	}
	for (size_t k = 0; k + 1 < columns; k++)
		total += width[k] + 2;
	for (size_t row = i; row < end; row++) {
		size_t n = cells(s->at[row].text, c);

		if (color && row == i)
			buf_text(out, "\033[1m");
		buf_text(out, "  ");
		for (size_t k = 0; k < n && k < columns; k++) {
			const char *at = c[k].at + (row == i && right[k]);
			size_t len = c[k].n - (row == i && right[k]), w = wide(at, len);

			for (size_t j = w; right[k] && j < width[k]; j++)
				buf_char(out, ' ');
			if (k && k + 1 == columns && !right[k] && w > 36 &&
			    (int)(total + w) > max - 2) {
				char *cell = mem_zero(len + 1, 1);
				int indent = (int)total + 2;

				/* A long last column goes on below itself, or on a line of its own.
				 */
				if (max - indent < 24) {
					indent = 6;
					trim(out);
					buf_text(out, "\n      ");
				}
				memcpy(cell, at, len);
				wrap(out, cell, max, indent);
				free(cell);
				out->len--;
			} else {
				buf_add(out, at, len);
			}
			if (k + 1 < columns) {
				for (size_t j = w; !right[k] && j < width[k]; j++)
					buf_char(out, ' ');
				buf_text(out, "  ");
			}
		}
		trim(out);
		if (color && row == i)
			buf_text(out, "\033[0m");
		buf_char(out, '\n');
	}
	return end - i;
}

void sheet_terminal(const struct sheet *s, struct buf *out, int width, bool color)
{
	if (width > 100)
		width = 100;
	buf_printf(out, "%s%s%s\n", color ? "\033[1m" : "", s->title, color ? "\033[0m" : "");
	for (size_t i = 0; i < s->n; i++) {
		const struct piece *p = &s->at[i];

		switch (p->kind) {
		case HEADING:
			buf_printf(out, "\n%s%s%s\n", color ? "\033[1m" : "", p->text,
				   color ? "\033[0m" : "");
			break;
		case TEXT:
			if (p->lead)
				buf_printf(out, "%s%s.%s", color ? "\033[1m" : "", p->lead,
					   color ? "\033[0m" : "");
			wrap_from(out, p->text, width, 0,
				  p->lead ? (int)wide(p->lead, strlen(p->lead)) + 1 : 0);
			break;
		case NOTE:
			buf_printf(out, p->note < 10 ? " [%u] " : "[%u] ", p->note);
			wrap(out, p->text, width, 5);
			break;
		case PAGE:
			break;
		case PAGE_END:
			buf_char(out, '\n');
			for (int k = 0; k < width; k++)
				buf_char(out, '-');
			buf_char(out, '\n');
			break;
		case POINT:
			buf_text(out, "  - ");
			wrap(out, p->text, width, 4);
			break;
		case COLUMNS:
			i += table(s, i, out, width, color) - 1;
			break;
		case ROW:
		case MAP:
			break;
		}
	}
}

static void escape(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '<')
			buf_text(out, "&lt;");
		else if (s[i] == '>')
			buf_text(out, "&gt;");
		else if (s[i] == '&')
			buf_text(out, "&amp;");
		else if (s[i] == '"')
			buf_text(out, "&quot;");
		else if (s[i] == ' ' && i + 1 < n && s[i + 1] == '%')
			buf_text(out, "&nbsp;");
		else if ((unsigned char)s[i] < ' ')
			buf_char(out, ' ');
		else
			buf_char(out, s[i]);
	}
}

/* The same, where "[3]" leads to note 3. */
static void refer(const struct sheet *s, struct buf *out, const char *text, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		size_t end = i + 1;
		unsigned note = 0;

		if (text[i] != '[')
			continue;
		for (; end < n && end < i + 3 && text[end] >= '0' && text[end] <= '9'; end++)
			note = 10 * note + (unsigned)(text[end] - '0');
		if (end == i + 1 || end == n || text[end] != ']' || note > 63 ||
		    !(s->notes >> note & 1))
			continue;
		escape(out, text + from, i - from);
		buf_printf(out, "<a class=\"ref\" href=\"#note%u\">[%u]</a>", note, note);
		from = end + 1;
		i = end;
	}
	escape(out, text + from, n - from);
}

static void tag(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "<%s>", name);
	escape(out, text, strlen(text));
	buf_printf(out, "</%s>\n", name);
}

static size_t html_table(const struct sheet *s, size_t i, struct buf *out)
{
	struct cell c[CELLS];
	size_t columns = cells(s->at[i].text, c), end = i + 1;
	bool right[CELLS] = {false};

	buf_text(out, "<table><thead><tr>");
	for (size_t k = 0; k < columns; k++) {
		right[k] = c[k].n && *c[k].at == '>';
		buf_text(out, right[k] ? "<th class=\"r\">" : "<th>");
		refer(s, out, c[k].at + right[k], c[k].n - right[k]);
		buf_text(out, "</th>");
	}
	buf_text(out, "</tr></thead><tbody>\n");
	for (; end < s->n && s->at[end].kind == ROW; end++) {
		size_t n = cells(s->at[end].text, c);

		buf_text(out, "<tr>");
		for (size_t k = 0; k < n && k < columns; k++) {
			buf_text(out, right[k] ? "<td class=\"r\">" : "<td>");
			refer(s, out, c[k].at, c[k].n);
			buf_text(out, "</td>");
		}
		buf_text(out, "</tr>\n");
	}
	buf_text(out, "</tbody></table>\n");
	return end - i;
}

static const char style[] =
    ":root{color-scheme:light dark}.tablebox{overflow-x:auto}td:last-child:not(.r){min-width:13rem}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2430;background:#fff}h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.2rem;margin:"
    "2rem 0 .4rem}table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}"
    "th,td{padding:.25rem .8rem .25rem 0;border-bottom:1px solid #d9dee6;text-align:left;vertical-"
    "align:top}.r{text-align:right}.maps{display:flex;gap:1rem;flex-wrap:wrap}.maps figure{flex:1 "
    "1 "
    "24rem;margin:0}svg{width:100%;height:auto;background:#f2f5f9}figcaption,footer{color:#55606f;"
    "font-size:.9rem}@media(prefers-color-scheme:dark){body{color:#dfe5ee;background:#12161d}svg{"
    "background:#1a2029}th,td{border-color:#333c49}figcaption,footer{color:#9aa6b6}.ref{color:"
    "#8db4ee}}"
    ".ref{font-size:.8em;text-decoration:none}.note{margin:.5rem 0;padding-left:2.2em;text-indent:"
    "-2.2em}.page table{width:100%}.page th:first-child{width:36%}.page "
    "th:nth-child(2){width:7em}.page p{"
    "max-width:none}"
    "@page{size:A4;margin:13mm 16mm}@media "
    "print{.tablebox{overflow:visible}body{margin:0;padding:0;max-width:none;font-size:"
    "10pt}h2{break-after:avoid}table,.maps,.note{break-inside:avoid}"
    /* A page with its title: small enough for both to fit one sheet of paper. */
    ".page{font-size:8.9pt;line-height:1.35}.page h1{font-size:15pt;margin:0 0 2mm}.page h2{"
    "font-size:10.5pt;margin:2.4mm 0 .6mm}.page p,.page ul{margin:1mm 0}.page table{margin:0}"
    ".page th,.page td{padding:.5mm 2mm .5mm 0}.page{break-after:page}}";

static void html_maps(const struct piece *p, struct buf *out)
{
	bool two = false;

	for (uint32_t i = 0; i < p->ncountry; i++)
		two = two || p->country[i].after >= 0;
	buf_text(out, "<div class=\"maps\">");
	for (int k = 0; k < (two ? 2 : 1); k++) {
		buf_text(out, "<figure>");
		shapes_svg(out, p->country, p->ncountry, k);
		buf_printf(out, "<figcaption>%s", two ? k ? "After. " : "Before. " : "");
		escape(out, p->text, strlen(p->text));
		buf_text(out, "</figcaption></figure>");
	}
	buf_text(out, "</div>\n");
}

static void pieces(const struct sheet *s, const char *heading, bool maps, struct buf *out)
{
	bool list = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct piece *p = &s->at[i];

		if (list != (p->kind == POINT))
			buf_text(out, list ? "</ul>\n" : "<ul>\n");
		list = p->kind == POINT;
		switch (p->kind) {
		case HEADING:
			tag(out, heading, p->text);
			break;
		case TEXT:
			buf_text(out, "<p>");
			if (p->lead) {
				buf_text(out, "<b>");
				escape(out, p->lead, strlen(p->lead));
				buf_text(out, ".</b> ");
			}
			refer(s, out, p->text, strlen(p->text));
			buf_text(out, "</p>\n");
			break;
		case POINT:
			buf_text(out, "<li>");
			refer(s, out, p->text, strlen(p->text));
			buf_text(out, "</li>\n");
			break;
		case NOTE:
			buf_printf(out, "<p class=\"note\" id=\"note%u\"><b>[%u]</b> ", p->note,
				   p->note);
			refer(s, out, p->text, strlen(p->text));
			buf_text(out, "</p>\n");
			break;
		case PAGE:
			buf_text(out, "<section class=\"page\">\n");
			if (!i && maps)
				tag(out, "h1", s->title);
			break;
		case PAGE_END:
			buf_text(out, "</section>\n");
			break;
		case COLUMNS:
			/* In a narrow window the table scrolls, not the page. */
			buf_text(out, "<div class=\"tablebox\" tabindex=\"0\" "
				      "role=\"group\" aria-label=\"Table\">");
			i += html_table(s, i, out) - 1;
			buf_text(out, "</div>\n");
			break;
		case MAP:
			if (maps)
				html_maps(p, out);
			break;
		case ROW:
			break;
		}
	}
	if (list)
		buf_text(out, "</ul>\n");
}

void sheet_html_part(const struct sheet *s, int level, struct buf *out)
{
	const char name[2][3] = {{'h', (char)('0' + level), 0}, {'h', (char)('1' + level), 0}};

	buf_printf(out, "<details class=\"one\"><summary><%s>", name[0]);
	escape(out, s->title, strlen(s->title));
	buf_printf(out, "</%s></summary>\n", name[0]);
	pieces(s, name[1], false, out);
	buf_text(out, "</details>\n");
}

void sheet_html(const struct sheet *s, struct buf *out)
{
	buf_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		      "<meta name=\"viewport\" content=\"width=device-width\">"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'\">");
	tag(out, "title", s->title);
	buf_printf(out, "<style>%s</style></head><body>\n", style);
	if (!s->n || s->at[0].kind != PAGE)
		tag(out, "h1", s->title);
	pieces(s, "h2", true, out);
	buf_text(out,
		 "<footer>Meridian " MERIDIAN_VERSION
		 ". Shapes: Natural Earth, public domain; the map takes no position on borders. "
		 "Names and addresses of networks: IP to ASN Lite by "
		 "<a href=\"https://db-ip.com\">DB-IP</a> and "
		 "<a href=\"https://www.routeviews.org/\">Route Views</a>, CC BY 4.0.</footer>\n"
		 "</body></html>\n");
}
