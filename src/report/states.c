/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/states.h"

#include <string.h>

#include "base/text.h"
#include "report/words.h"

#define INDENT 14

static const char *const colours[] = {
    [SITE_UNDETERMINED] = "\33[33m", [SITE_OPEN] = "\33[32m",	   [SITE_DOWN] = "\33[33m",
    [SITE_GEOFENCED] = "\33[33m",    [SITE_THROTTLED] = "\33[31m", [SITE_REROUTED] = "\33[31m",
    [SITE_BLOCKED] = "\33[31m",
};

/* Words in lines, each indented. */
static void wrapped(struct buf *out, const char *text, unsigned width)
{
	unsigned col = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (col && col + 1 + n > width - INDENT) {
			buf_char(out, '\n');
			col = 0;
		}
		if (!col)
			buf_printf(out, "%*s", INDENT, "");
		else
			buf_char(out, ' ');
		buf_add(out, text, n);
		col += (unsigned)n + (col ? 1 : 0);
		text += n + (text[n] == ' ');
	}
	buf_char(out, '\n');
}

static void one(struct buf *out, const struct verdict *v, const struct text_style *style)
{
	unsigned width = style->width ? style->width : 80;
	struct buf why = {0};

	buf_printf(out, "%s%-*s%s", style->colour ? colours[v->state] : "", INDENT,
		   site_state_text(v->state), style->colour ? "\33[0m" : "");
	words_safe(out, v->given ? v->given : v->input ? v->input : "");
	if (v->given) {
		char host[256];

		buf_text(out, " (");
		words_safe(out, url_host(host, sizeof(host), v->input ? v->input : "", NULL));
		buf_char(out, ')');
	}
	for (size_t i = 0; i < v->nmechanism; i++)
		buf_printf(out, "%s%s", i ? ", " : "  ", v->mechanism[i].id);
	if (v->rerouted)
		buf_text(out, "  rerouted");
	buf_char(out, '\n');
	if (v->state == SITE_OPEN && !v->rerouted && !style->verbose)
		return;
	if (v->rule)
		buf_text(&why, v->rule->text);
	if (v->trigger && !(v->rule && strstr(v->rule->text, "trigger")))
		buf_printf(&why, " What triggers it is the %s.", v->trigger);
	if (v->hop) {
		buf_text(&why, " Where: ");
		words_safe(&why, v->hop);
		buf_char(&why, '.');
	}
	if (v->state != SITE_UNDETERMINED)
		buf_printf(&why, " This is %s (%.2f), with %u control%s.",
			   words_sure(v->confidence), v->confidence, v->controls,
			   v->controls == 1 ? "" : "s");
	wrapped(out, why.at ? why.at : "", width > INDENT + 20 ? width : 80);
	buf_free(&why);
}

void states_add(struct states *s, const struct verdict *v)
{
	s->n[v->state]++;
	one(&s->all, v, &s->style);
	if (v->state != SITE_OPEN || v->rerouted)
		one(&s->closed, v, &s->style);
}

void states_put(const struct states *s, struct buf *out)
{
	size_t all = 0, shown = 0;

	for (size_t i = 0; i <= SITE_BLOCKED; i++)
		all += s->n[i];
	if (all <= STATES_ALL || s->style.verbose)
		buf_add(out, s->all.at ? s->all.at : "", s->all.len);
	else
		buf_add(out, s->closed.at ? s->closed.at : "", s->closed.len);
	if (all < 2)
		return;
	buf_printf(out, "%s targets:", text_number(all));
	for (size_t i = SITE_BLOCKED + 1; i-- > 0;)
		if (s->n[i])
			buf_printf(out, "%s %s %s", shown++ ? "," : "", text_number(s->n[i]),
				   site_state_text((enum site_state)i));
	buf_text(out, ".\n");
}

void states_free(struct states *s)
{
	buf_free(&s->all);
	buf_free(&s->closed);
}
