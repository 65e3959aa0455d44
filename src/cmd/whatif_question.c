/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/* The step of the command line as a question that a person would ask. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/whatif.h"
#include "fact/country.h"

/* "AS3356 Level 3 (US) and AS174 …" of the word "3356,174", at most four of them. */
static void named_list(const struct scenario *s, const char *list, struct buf *out)
{
	uint32_t *id;
	struct err err;
	size_t n;

	if (!list || !graph_as_list(&s->graph, list, &id, &n, &err)) {
		buf_text(out, list ? list : "");
		return;
	}
	for (size_t i = 0; i < n && i < 4; i++)
		buf_printf(out, "%s%s",
			   !i		? ""
			   : i + 1 == n ? " and "
					: ", ",
			   graph_name(&s->graph, id[i]));
	if (n > 4)
		buf_printf(out, " and %s more", text_number(n - 4));
	free(id);
}

/* "the United States" of "us"; valid until the call after next. */
static const char *country_of(const char *code)
{
	static char text[2][80];
	static unsigned next;
	char cc[3] = {0}, *out = text[next++ & 1];
	const char *name;

	if (!code || strlen(code) != 2)
		return code;
	cc[0] = (char)(code[0] & ~32);
	cc[1] = (char)(code[1] & ~32);
	name = country_name(cc);
	if (!name)
		return code;
	snprintf(out, sizeof(text[0]), "%s%s", country_article(cc), name);
	return out;
}

void whatif_side(const struct scenario *s, const char *word, size_t n, struct buf *out)
{
	char text[16] = {0};

	memcpy(text, word, n < 15 ? n : 15);
	if (n == 2 && (*text < '0' || *text > '9'))
		buf_text(out, country_of(text));
	else
		named_list(s, text, out);
}

void whatif_question(const struct scenario *s, const struct words *words, const char *what,
		     struct buf *out)
{
	const char *comma = words->between ? strchr(words->between, ',') : NULL;

	buf_text(out, "What if ");
	if (!strcmp(s->verb, "cut")) {
		buf_printf(out, "%s were cut off from other countries", country_of(words->country));
		if (words->except) {
			buf_text(out, ", but for the links of ");
			named_list(s, words->except, out);
		}
	} else if (!strcmp(s->verb, "gateway")) {
		buf_printf(out, "all routes between %s and other countries had to pass ",
			   country_of(words->country));
		named_list(s, words->through, out);
	} else if (!strcmp(s->verb, "depeer")) {
		whatif_side(s, words->between, (size_t)(comma - words->between), out);
		buf_text(out, " and ");
		whatif_side(s, comma + 1, strlen(comma + 1), out);
		buf_text(out, words->transit
				  ? " refused each other's routes, whoever passes them on"
				  : " no longer connected directly");
	} else if (!strcmp(s->verb, "remove")) {
		if (words->ixp) {
			const struct exchange *x = &s->graph.exchanges.at[s->change[0].exchange];

			buf_printf(out, "the exchange %s", *x->name ? x->name : x->key);
		} else if (words->link) {
			buf_text(out, "the link between ");
		}
		if (!words->ixp)
			named_list(s, words->link ? words->link : words->as, out);
		buf_text(out, " failed");
	} else if (!strcmp(s->verb, "mandate")) {
		bool top = !strncmp(words->in, "top:", 4);
		bool list = words->in[0] >= '0' && words->in[0] <= '9';

		if (words->adoption < 100)
			buf_printf(out, "%g %% of ", words->adoption);
		if (top)
			buf_printf(out, "the %s largest networks", words->in + 4);
		else if (list || strlen(words->in) > 2)
			named_list(s, words->in, out);
		else
			buf_printf(out, "%snetworks of %s", words->adoption < 100 ? "the " : "",
				   country_of(words->in));
		buf_printf(out, " had to %s",
			   *what == 'r'	  ? "validate route origins (ROV)"
			   : *what == 'a' ? "publish and verify ASPAs"
					  : "mark routes as only to customers (OTC)");
	} else {
		static const char *const does[] = {
		    "announced the prefixes of %s", "announced more specific prefixes of %s",
		    "announced the prefixes of %s with the victim as forged origin",
		    "leaked the routes of %s"};

		buf_printf(out, "%s ", graph_name(&s->graph, s->attacker));
		buf_printf(out, does[s->kind], graph_name(&s->graph, s->victim));
	}
	buf_char(out, '?');
}
