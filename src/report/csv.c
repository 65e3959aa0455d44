/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A finding a line for a spreadsheet: RFC 4180, but lines end with LF. A cell that a spreadsheet
 * would take for a formula gets a quote before it (OWASP, CSV injection).
 */

#include <string.h>

#include "base/text.h"
#include "finding/json.h"
#include "report/output.h"

static void cell(struct buf *out, const char *s)
{
	bool formula = s && *s && strchr("=+-@\t\r", *s);

	if (!s)
		return;
	if (!formula && !strpbrk(s, ",\"\r\n;")) {
		buf_text(out, s);
		return;
	}
	buf_char(out, '"');
	if (formula)
		buf_char(out, '\'');
	for (; *s; s++) {
		if (*s == '"')
			buf_char(out, '"');
		buf_char(out, *s);
	}
	buf_char(out, '"');
}

static void next(struct buf *out, const char *s)
{
	buf_char(out, ',');
	cell(out, s);
}

/* Lists stand in one cell, a space between. */
static void next_list(struct buf *out, struct buf *list)
{
	next(out, list->len ? list->at : NULL);
	buf_reset(list);
}

static void head(struct buf *out, const struct run_report *run)
{
	(void)run;
	buf_text(out, "id,kind,state,first,last,confidence,layer,mechanism,actor_asn,actor_name,"
		      "actor_country,actor_role,victim_asns,victim_names,prefixes,urls,countries,"
		      "peers,of_peers,rule,title\n");
}

static void finding(struct buf *out, const struct run_report *run, const struct finding *f,
		    size_t i)
{
	struct buf list = {0};
	char t[TEXT_TIME], p[PREFIX_TEXT];

	(void)run;
	(void)i;
	buf_hex(out, f->id, sizeof(f->id));
	next(out, f->kind);
	next(out, finding_state_text(f));
	next(out, text_time(t, f->first));
	next(out, text_time(t, f->last));
	buf_printf(out, ",%.3f", f->confidence);
	next(out, f->layer);
	next(out, f->mechanism);
	buf_char(out, ',');
	if (f->actor.net.asn)
		buf_dec(out, f->actor.net.asn);
	next(out, f->actor.net.name);
	next(out, f->actor.net.country);
	next(out, f->actor.role);
	for (size_t v = 0; v < f->nvictim; v++)
		buf_printf(&list, "%s%u", v ? " " : "", f->victim[v].asn);
	next_list(out, &list);
	for (size_t v = 0; v < f->nvictim; v++)
		if (f->victim[v].name)
			buf_printf(&list, "%s%s", list.len ? "; " : "", f->victim[v].name);
	next_list(out, &list);
	for (size_t v = 0; v < f->nprefix; v++)
		buf_printf(&list, "%s%s", v ? " " : "", prefix_text(p, f->prefix[v].prefix));
	next_list(out, &list);
	for (size_t v = 0; v < f->nurl; v++)
		buf_printf(&list, "%s%s", v ? " " : "", f->url[v]);
	next_list(out, &list);
	for (size_t v = 0; v < f->ncountry; v++)
		buf_printf(&list, "%s%s", v ? " " : "", f->country[v]);
	next_list(out, &list);
	buf_printf(out, ",%u,%u", f->peers, f->of_peers);
	next(out, f->rule ? f->rule->id : NULL);
	next(out, f->title);
	buf_char(out, '\n');
	buf_free(&list);
}

const struct output output_csv = {.name = "csv",
				  .about = "a finding a line, for a spreadsheet",
				  .head = head,
				  .finding = finding};
