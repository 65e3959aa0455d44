/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/lines.h"

#include <string.h>

extern const struct lines lines_bgpdump, lines_routes, lines_verdicts;

const struct lines *const lines_outputs[] = {
    &lines_bgpdump,
    &lines_routes,
    &lines_verdicts,
    NULL,
};

const struct lines *lines_of(const char *name)
{
	for (size_t i = 0; lines_outputs[i]; i++)
		if (!strcmp(lines_outputs[i]->name, name))
			return lines_outputs[i];
	return NULL;
}
