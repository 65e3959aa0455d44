/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/proved.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void proved_say(struct proved *v, enum proved_what what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mem_room(&v->line, &v->cap, v->n + 1);
	v->line[v->n].what = what;
	v->line[v->n++].text = arena_text(&v->arena, text);
	if (what == NOT_PROVED)
		v->ok = false;
}

void proved_free(struct proved *v)
{
	arena_free(&v->arena);
	free(v->line);
	*v = (struct proved){0};
}
