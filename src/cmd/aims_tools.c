/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/aims.h"

#include <string.h>

#include "base/file.h"
#include "report/words.h"

#define SERVERS_MAX ((size_t)1 << 20)

bool aims_tools(struct aims *a, const struct opt_list *names, const struct opt_list *servers,
		struct err *err)
{
	size_t first = a->n;

	for (size_t i = 0; i < names->n; i++) {
		bool all = !strcmp(names->at[i], "all");

		if (!all && !tool_find(names->at[i]))
			return err_misuse(err,
					  "--tool %s: tor, telegram, signal, whatsapp, resolvers, "
					  "openvpn, wireguard and all are known",
					  names->at[i]);
		for (const struct tool *t = tools; t->name; t++) {
			if (all ? t->given : strcmp(t->name, names->at[i]) != 0)
				continue;
			mem_room(&a->at, &a->cap, a->n + 1);
			a->at[a->n++] = (struct aim){
			    .url = arena_printf(&a->arena, "tool:%s", t->name), .tool = t};
		}
	}
	if (servers->n > 1 || (servers->n && a->n == first))
		return err_misuse(err, "--servers wants a --tool, and one file");
	if (servers->n) {
		struct aim *last = &a->at[a->n - 1];
		struct buf text = {0};
		bool ok = file_get(servers->at[0], &text, SERVERS_MAX, err) &&
			  (tool_read(&a->arena, last->tool->name, text.at ? text.at : "", text.len,
				     &last->server, &last->nserver, err) ||
			   err_in(err, "%s", servers->at[0]));

		buf_free(&text);
		if (!ok)
			return false;
	}
	for (size_t i = first; i < a->n; i++)
		if (a->at[i].tool->given && !a->at[i].nserver)
			return err_misuse(
			    err,
			    "--tool %s wants --servers FILE: nobody's servers are built "
			    "in",
			    a->at[i].tool->name);
	return true;
}

void aims_tell(const struct aim *t, struct buf *out)
{
	size_t own = t->tool && !t->tool->given ? t->tool->nserver : 0;

	if (!t->tool) {
		buf_text(out, t->url);
		if (t->given) {
			buf_text(out, "  (");
			words_safe(out, t->given);
			buf_char(out, ')');
		}
		buf_char(out, '\n');
		return;
	}
	buf_printf(out, "%s: %s\n", t->tool->title, t->tool->about);
	for (size_t i = 0; i < own + t->nserver; i++) {
		const struct tool_server *s = i < own ? &t->tool->server[i] : &t->server[i - own];
		bool v6 = s->address && strchr(s->address, ':');

		buf_printf(out, "  %s%s%s:%u (%s)\n", v6 ? "[" : "",
			   s->address ? s->address : s->host, v6 ? "]" : "", s->port, s->told);
	}
}
