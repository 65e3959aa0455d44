/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a check of evidence found: proved, not proved or not claimed, one sentence each.
 */
#ifndef RECORD_PROVED_H
#define RECORD_PROVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum proved_what { PROVED, NOT_PROVED, NOT_CLAIMED };

struct proved {
	struct arena arena;
	struct proved_line {
		enum proved_what what;
		const char *text;
	} * line;
	size_t n, cap;
	bool ok; /* everything that is claimed is proved */
};

void proved_say(struct proved *v, enum proved_what what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void proved_free(struct proved *v);

#endif
