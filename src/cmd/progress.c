/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

int64_t progress_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

struct progress progress_start(const char *what, const char *unit, bool on)
{
	struct progress p = {.what = what, .unit = unit, .on = on, .start = progress_clock()};

	p.terminal = isatty(STDERR_FILENO);
	p.next = p.start + (p.terminal ? SECOND : 10 * SECOND);
	return p;
}

bool progress_due(struct progress *p)
{
	int64_t now;

	if (!p->on)
		return false;
	now = progress_clock();
	if (now < p->next)
		return false;
	p->next = now + (p->terminal ? SECOND / 5 : 10 * SECOND);
	return true;
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t units)
{
	double s = (double)(progress_clock() - p->start) / 1e6;
	char size[16], rate[16], count[32], all[32], left[48] = "";

	if (total > done && done) {
		double rest = s * (double)(total - done) / (double)done;

		snprintf(left, sizeof(left), ", %.0f %%, %s%.0f s left",
			 100.0 * (double)done / (double)total, rest < 1.5 ? "about " : "", rest);
	}
	if (done == units && total)
		fprintf(stderr, "%s%s: %s of %s %s%s%s", p->terminal ? "\r" : "", p->what,
			text_count(count, units), text_count(all, total), p->unit, left,
			p->terminal ? "\033[K" : "\n");
	else
		fprintf(stderr, "%s%s: %s read, %s/s, %s %s%s%s", p->terminal ? "\r" : "", p->what,
			text_size(size, done), text_size(rate, (uint64_t)((double)done / s)),
			text_count(count, units), p->unit, left, p->terminal ? "\033[K" : "\n");
	fflush(stderr);
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", stderr);
	p->on = false;
}
