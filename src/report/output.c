/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct output *output_find(const char *name)
{
	for (size_t i = 0; outputs[i]; i++)
		if (!strcmp(outputs[i]->name, name))
			return outputs[i];
	return NULL;
}

void output_all(const struct output *o, struct buf *out, const struct run_report *run,
		const struct findings *all)
{
	if (o->head)
		o->head(out, run);
	for (size_t i = 0; i < all->n && o->finding; i++)
		o->finding(out, run, all->at[i], i);
	if (o->tail)
		o->tail(out, run, all);
}

struct text_style text_style_of(int fd, bool no_color)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	struct text_style style = {0};
	struct winsize size;

	if (!isatty(fd))
		return style;
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		style.width = size.ws_col;
	style.colour = !no_color && !(none && *none) && term && *term && strcmp(term, "dumb") != 0;
	return style;
}
