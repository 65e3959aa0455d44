/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Small text: times, numbers, words. Times are microseconds since 1970 in UTC (int64_t), written
 * as RFC 3339 with Z. Nothing here looks at the locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_TIME 32		/* room for any text_time() */
#define TIME_NONE INT64_MIN	/* no such time */
#define SECOND INT64_C(1000000) /* in our unit of time */

/* "2026-06-16T07:08:57Z", or with ".123456" before the Z when there is a fraction. Returns out. */
char *text_time(char out[TEXT_TIME], int64_t time);

/* Reads RFC 3339, "YYYY-MM-DD", "YYYY-MM-DDTHH:MM[:SS[.ffffff]][Z|±HH:MM]" (a space may stand
 * for the T; no zone means UTC) or decimal seconds since 1970. False: not a time. */
bool text_to_time(const char *s, size_t n, int64_t *time);

/* A decimal number of at most max with nothing before or after it. */
bool text_to_u64(const char *s, size_t n, uint64_t max, uint64_t *out);

/* The bytes that n = 2 * want lower-case hex digits stand for; false (out is garbage then): they
 * are not that. It stops at the first character that is none, so s may be a shorter C string. */
bool text_unhex(const char *s, size_t n, void *out, size_t want);

/* "12,345,678" into out (at least 32 bytes). Returns out. */
char *text_count(char *out, uint64_t n);

/* The same for an argument of printf: it stays until the sixteenth call after it of its thread. */
const char *text_number(uint64_t n);

/* "1.5 GB" (powers of 1000) into out (at least 16 bytes). Returns out. */
char *text_size(char *out, uint64_t bytes);

/* Damerau-Levenshtein distance of two short words, for "did you mean". */
unsigned text_distance(const char *a, const char *b);
/* The distance up to which word may have been meant to be another: one slip in three letters, at
 * least one and at most three. */
unsigned text_slips(const char *word);

#endif
