/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What a report says in words: the verdict, the parts of a finding, whom it thanks. The terminal,
 * the JSON and the page say the same because they ask here.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "base/buf.h"
#include "report/output.h"

/* The verdict, that a person understands: the first sentence, and what follows it (with a space
 * before it, or nothing). */
void words_verdict(struct buf *out, const struct run_report *run, const struct findings *all);
void words_verdict_rest(struct buf *out, const struct findings *all);

/* "AS18101 RELIANCE (India)", as much of it as is known. */
void words_network(struct buf *out, const struct network *n);

/* "16 June 2026, 07:08:57 to 21:13:20 UTC". */
void words_span(struct buf *out, int64_t first, int64_t last);

/* A kind as people say it: "route hijack"; the kind itself when it is not in the table. */
const char *words_kind(const char *kind);

/* "almost certain", "very likely", "likely", "as likely as not", "unlikely": docs/formats.md. */
const char *words_sure(double confidence);

/* Acknowledgements, one after another; false when i is past the last. The kinds of the sources
 * bring those of RIPE NCC, Route Views and OONI, then come run->thanks. */
bool words_thanks(const struct run_report *run, size_t i, const char **text);

/* Text from outside for a person to see: control characters, direction overrides and marks and
 * invisible characters become \u{…}, bytes that are no UTF-8 \x{…}. Nothing in it moves a cursor,
 * turns a line around or hides a letter. */
void words_safe(struct buf *out, const char *s);

/* The next code point, *s behind it; -1 and one byte further when the bytes are no UTF-8. */
int32_t words_code_point(const char **s);

#endif
