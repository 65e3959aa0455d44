/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A run to show: the event of 16 June 2026 in small, by hand, with the figures of the data (first
 * and last update, waves, prefixes, peers), and findings of other kinds beside it. The digests
 * of evidence are made up. hostile: every string that comes from outside holds what hurts a
 * terminal, a page or a spreadsheet.
 */
#ifndef TESTS_REPORT_CASE_H
#define TESTS_REPORT_CASE_H

#include "report/output.h"

struct report_case {
	struct run_report run;
	struct findings all;
	struct peers *peers;
	struct knowledge know;
};

void report_case(struct report_case *c, bool hostile);
void report_case_free(struct report_case *c);

/* What must never reach a reader as it is. */
#define HOSTILE "</script><b>&\"\x1b[31m\x07\xe2\x80\xae,\xff\n=1+1"

#endif
