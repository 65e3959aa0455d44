/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The text output: one screen that a person understands. The verdict, then the findings, the
 * gravest first, the first of them in full; then what the run wants said and what was not read.
 *
 * Strings from outside pass through words_safe(): no escape sequence, no direction override and no
 * line break of theirs reaches the terminal.
 */

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fact/country.h"
#include "finding/json.h"
#include "report/words.h"

enum { NARROW = 48, WIDE = 100, LABEL = 7, LISTED = 5, FULL = 1, BRIEF = 12, FAULTS = 8 };

enum colour { PLAIN, BOLD, DIM, RED, YELLOW };

struct page {
	struct buf *out;
	bool colour;
	size_t width;
};

static struct page page_of(struct buf *out, const struct run_report *run)
{
	size_t w = run->style.width ? run->style.width : 80;

	return (struct page){.out = out,
			     .colour = run->style.colour,
			     .width = w < NARROW ? NARROW
				      : w > WIDE ? WIDE
						 : w};
}

static void paint(struct page *p, enum colour c)
{
	static const char *const code[] = {
	    [PLAIN] = "\033[0m",  [BOLD] = "\033[1m",	   [DIM] = "\033[2m",
	    [RED] = "\033[1;31m", [YELLOW] = "\033[1;33m",
	};

	if (p->colour)
		buf_text(p->out, code[c]);
}

/* Columns of safe text: wide letters of East Asia take two, combining marks none. */
static size_t columns(const char *s, size_t n)
{
	const char *end = s + n;
	size_t w = 0;

	while (s < end) {
		int32_t c = words_code_point(&s);

		if ((c >= 0x300 && c <= 0x36f) || (c >= 0x20d0 && c <= 0x20ff))
			continue;
		w += (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
			     (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
			     (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
			     (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd)
			 ? 2
			 : 1;
	}
	return w;
}

static void spaces(struct page *p, size_t n)
{
	while (n--)
		buf_char(p->out, ' ');
}

/* Text from column `at` on, broken at spaces, further lines at `indent`. A word longer than a
 * line is left whole: somebody may want to copy it. */
static void wrap(struct page *p, const char *raw, size_t at, size_t indent)
{
	struct buf text = {0};
	const char *s;
	bool fresh = true;

	words_safe(&text, raw);
	for (s = text.len ? text.at : ""; *s;) {
		size_t n = strcspn(s, " "), w = columns(s, n);

		if (!fresh && at + 1 + w > p->width) {
			buf_char(p->out, '\n');
			spaces(p, indent);
			at = indent;
		} else if (!fresh) {
			buf_char(p->out, ' ');
			at++;
		}
		buf_add(p->out, s, n);
		at += w;
		fresh = false;
		s += n + strspn(s + n, " ");
	}
	buf_char(p->out, '\n');
	buf_free(&text);
}

/* "   when   16 June 2026 …": a label and what it says; empties text. */
static void say(struct page *p, const char *label, struct buf *text)
{
	if (text->len) {
		spaces(p, 3);
		paint(p, DIM);
		buf_text(p->out, label);
		paint(p, PLAIN);
		spaces(p, LABEL - strlen(label));
		wrap(p, text->at, 3 + LABEL, 3 + LABEL);
	}
	buf_reset(text);
}

static void title(struct page *p, const char *s)
{
	buf_char(p->out, '\n');
	paint(p, BOLD);
	buf_text(p->out, s);
	paint(p, PLAIN);
	buf_char(p->out, '\n');
}

static void head(struct buf *out, const struct run_report *run)
{
	struct page p = page_of(out, run);
	struct buf text = {0};
	char t[32];

	buf_printf(&text, "Meridian %s: %s source%s, ", run->version, text_number(run->nsource),
		   run->nsource == 1 ? "" : "s");
	buf_printf(&text, "%s record%s, ", text_count(t, run->records),
		   run->records == 1 ? "" : "s");
	buf_printf(&text, "%s route%s", text_count(t, run->routes), run->routes == 1 ? "" : "s");
	if (run->first != TIME_NONE) {
		buf_text(&text, ", ");
		words_span(&text, run->first, run->last);
	}
	paint(&p, DIM);
	wrap(&p, text.at, 0, 0);
	paint(&p, PLAIN);
	buf_free(&text);
}

static void networks(struct buf *text, const struct network *at, size_t n)
{
	for (size_t i = 0; i < n && i < LISTED; i++) {
		buf_text(text, i ? ", " : "");
		words_network(text, &at[i]);
	}
	if (n > LISTED)
		buf_printf(text, " and %s more", text_number(n - LISTED));
}

static void duration(struct buf *text, int64_t us)
{
	int64_t s = us / SECOND;

	if (s >= 172800)
		buf_printf(text, " (%lld days %lld h)", (long long)(s / 86400),
			   (long long)(s / 3600 % 24));
	else if (s >= 3600)
		buf_printf(text, " (%lld h %lld min)", (long long)(s / 3600),
			   (long long)(s / 60 % 60));
	else if (s >= 60)
		buf_printf(text, " (%lld min %lld s)", (long long)(s / 60), (long long)(s % 60));
	else if (s > 0)
		buf_printf(text, " (%lld s)", (long long)s);
}

static void when(struct page *p, const struct finding *f, struct buf *text)
{
	words_span(text, f->first, f->last);
	if (f->first != TIME_NONE && f->last != TIME_NONE)
		duration(text, f->last - f->first);
	if (f->nwave > 1)
		buf_printf(text, ", in %s waves", text_number(f->nwave));
	if (f->state == STATE_ONGOING)
		buf_text(text, "; goes on");
	else if (f->state == STATE_OPEN_AT_END)
		buf_text(text, "; still there at the end of the data");
	say(p, "when", text);
}

static void prefixes(struct page *p, const struct finding *f, struct buf *text)
{
	static const char *const what[] = {
	    [ROV_NOT_FOUND] = "without a ROA", [ROV_VALID] = "valid", [ROV_INVALID] = "invalid"};
	size_t state[4] = {0}, said = 0;
	char t[PREFIX_TEXT];

	for (size_t i = 0; i < f->nprefix; i++) {
		if (i < LISTED)
			buf_printf(text, "%s%s", i ? ", " : "",
				   prefix_text(t, f->prefix[i].prefix));
		state[f->prefix[i].rpki]++;
	}
	if (f->nprefix > LISTED)
		buf_printf(text, " and %s more prefixes", text_number(f->nprefix - LISTED));
	for (int s = ROV_INVALID; s > ROV_UNKNOWN; s--)
		if (state[s])
			buf_printf(text, "%s%s %s",
				   said++ ? ", " : "; by RPKI: ", text_number(state[s]), what[s]);
	for (size_t i = 0; i < f->nurl && i < LISTED; i++)
		buf_printf(text, "%s%s", text->len ? ", " : "", f->url[i]);
	if (f->nurl > LISTED)
		buf_printf(text, " and %s more", text_number(f->nurl - LISTED));
	if (!text->len)
		networks(text, f->asn, f->nasn);
	say(p, "what", text);
}

static void seen(struct page *p, const struct finding *f, struct buf *text)
{
	size_t stale = 0;
	uint32_t most = 0;
	char t[32];

	if (f->peers || f->of_peers) {
		buf_printf(text, "by %s", text_count(t, f->peers));
		if (f->of_peers)
			buf_printf(text, " of %s", text_count(t, f->of_peers));
		buf_text(text, " peers");
	}
	for (size_t i = 0; i < f->nlevel; i++)
		most = f->level[i].peers > most ? f->level[i].peers : most;
	if (most && most < f->peers)
		buf_printf(text, ", at most %s at once", text_count(t, most));
	for (size_t i = 0; i < f->nbeliever; i++)
		stale += f->believer[i].stale;
	if (stale)
		buf_printf(text, "; %s never let go of it (stale)", text_number(stale));
	say(p, "seen", text);
}

static void where(struct page *p, const struct finding *f, struct buf *text)
{
	for (size_t i = 0; i < f->ncountry && i < 2 * LISTED; i++)
		buf_printf(text, "%s%s", i ? ", " : "",
			   country_name(f->country[i]) ? country_name(f->country[i])
						       : f->country[i]);
	if (f->ncountry > 2 * LISTED)
		buf_printf(text, " and %s more countries", text_number(f->ncountry - 2 * LISTED));
	if (f->nwhere)
		buf_text(text, text->len ? "; " : "");
	networks(text, f->where, f->nwhere);
	if (f->hop)
		buf_printf(text, "%shop %s", text->len ? "; " : "", f->hop);
	say(p, "where", text);
}

static enum colour grave(const struct finding *f)
{
	return !strncmp(f->kind, "route.hijack", 12) || !strncmp(f->kind, "outage", 6) ||
		       !strcmp(f->kind, "site.blocked") || !strcmp(f->kind, "site.rerouted")
		   ? RED
		   : YELLOW;
}

static void kind_line(struct page *p, const struct finding *f, size_t i)
{
	struct buf text = {0};

	buf_printf(p->out, "%-2zu ", i + 1);
	paint(p, grave(f));
	words_safe(&text, f->kind);
	buf_add(p->out, text.at, text.len);
	paint(p, PLAIN);
	buf_printf(p->out, "  %s (%.2f)", words_sure(f->confidence), f->confidence);
	if (f->layer && f->mechanism) {
		buf_reset(&text);
		words_safe(&text, f->mechanism);
		buf_printf(p->out, ", by %s", text.at);
	}
	buf_char(p->out, '\n');
	buf_free(&text);
}

static void in_full(struct page *p, const struct finding *f, size_t i)
{
	struct buf text = {0};
	bool weighty = false;

	buf_char(p->out, '\n');
	kind_line(p, f, i);
	if (f->title) {
		spaces(p, 3);
		wrap(p, f->title, 3, 3);
	}
	when(p, f, &text);
	if (f->actor.role || f->actor.net.asn) {
		words_network(&text, &f->actor.net);
		if (f->actor.role)
			buf_printf(&text, " as %s", f->actor.role);
		buf_printf(&text, ", %s (%.2f)", words_sure(f->actor.confidence),
			   f->actor.confidence);
		if (f->actor.why)
			buf_printf(&text, ": %s", f->actor.why);
		say(p, "who", &text);
	}
	networks(&text, f->victim, f->nvictim);
	say(p, "whom", &text);
	prefixes(p, f, &text);
	networks(&text, f->carrier, f->ncarrier);
	say(p, "via", &text);
	seen(p, f, &text);
	where(p, f, &text);
	/* What weighs nothing is a remark: told only where nothing weighs. */
	for (size_t k = 0; k < f->ntag; k++)
		weighty |= f->tag[k].weight != 0;
	for (size_t k = 0, told = 0; k < f->ntag && told < LISTED; k++) {
		const struct tag *t = &f->tag[k];

		if (weighty && t->weight == 0)
			continue;
		buf_printf(&text, "%s%s", told++ ? "; " : "", t->text ? t->text : t->id);
		if (weighty)
			/* Of three digits, as a record has it: shown again it is the same. */
			buf_printf(&text, " (%+.2f)", rint(t->weight * 1000) / 1000);
	}
	say(p, "why", &text);
	for (size_t k = 0; k < f->ncaveat; k++)
		buf_printf(&text, "%s%s",
			   !k				  ? ""
			   : text.at[text.len - 1] == '.' ? " "
							  : "; ",
			   f->caveat[k]);
	say(p, "but", &text);
	if (f->rule) {
		buf_printf(&text, "%s, version %u: %s", f->rule->id, f->rule->version,
			   f->rule->text);
		say(p, "rule", &text);
	}
	buf_hex(&text, f->id, sizeof(f->id));
	buf_printf(&text, ", %s piece%s of evidence", text_number(f->nevidence),
		   f->nevidence == 1 ? "" : "s");
	say(p, "id", &text);
	buf_free(&text);
}

static void notes(struct page *p, const struct run_report *run)
{
	if (!run->nnote)
		return;
	title(p, "Notes");
	for (size_t i = 0; i < run->nnote; i++) {
		buf_text(p->out, " - ");
		wrap(p, run->note[i], 3, 3);
	}
}

/* What was not read: which, where, how much, why. */
static void unread(struct page *p, const struct run_report *run)
{
	struct buf text = {0};
	size_t said = 0, more = 0;
	char t[32];

	for (size_t i = 0; i < run->nsource; i++) {
		const struct source_report *s = &run->source[i];
		bool faulty = s->fault || s->skipped || s->ngarbled || s->empty || !s->kind;

		if (!faulty)
			continue;
		if (said == FAULTS && !run->style.verbose) {
			more++;
			continue;
		}
		if (!said++)
			title(p, "Not read");
		buf_reset(&text);
		buf_printf(&text, "%s: ", s->path);
		if (source_unread(s)) {
			buf_text(&text, s->fault);
		} else if (s->empty)
			buf_text(&text, "empty");
		else if (!s->kind)
			buf_text(&text, "not a kind that I know");
		else {
			buf_printf(&text, "%s of ", text_count(t, s->skipped));
			buf_printf(&text, "%s records skipped", text_count(t, s->records));
			if (s->ngarbled && s->garbled[0].why)
				buf_printf(&text, ", the first at byte %s: %s",
					   text_count(t, s->garbled[0].offset), s->garbled[0].why);
		}
		if (s->fault && !source_unread(s))
			buf_printf(&text, "; %s", s->fault);
		buf_text(p->out, " - ");
		wrap(p, text.at, 3, 3);
	}
	if (more)
		buf_printf(p->out, "   and %s more sources\n", text_number(more));
	buf_free(&text);
}

static void tail(struct buf *out, const struct run_report *run, const struct findings *all)
{
	struct page p = page_of(out, run);
	size_t full = run->style.verbose || all->n < FULL ? all->n : FULL, i;
	struct buf text = {0};

	buf_char(out, '\n');
	words_verdict(&text, run, all);
	words_verdict_rest(&text, all);
	paint(&p, BOLD);
	wrap(&p, text.at, 0, 0);
	paint(&p, PLAIN);
	for (i = 0; i < full; i++)
		in_full(&p, all->at[i], i);
	for (; i < all->n && i < full + BRIEF; i++) {
		const struct finding *f = all->at[i];

		if (i == full)
			buf_char(out, '\n');
		kind_line(&p, f, i);
		spaces(&p, 3);
		buf_reset(&text);
		buf_printf(&text, "%s: ", f->title ? f->title : "");
		words_span(&text, f->first, f->last);
		wrap(&p, text.at, 3, 3);
	}
	if (i < all->n) {
		char t[32];

		buf_printf(out, "\n%s more: -v shows them here, --json and --html FILE in full.\n",
			   text_count(t, all->n - i));
	}
	notes(&p, run);
	unread(&p, run);
	buf_free(&text);
}

const struct output output_text = {
    .name = "text", .about = "one screen for a person", .head = head, .tail = tail};
