/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Slow on purpose: the bytes of a socket over time, held against a neutral name's to the same
 * address. Policing shows as a rate far below the control's; a freeze as bytes that stop while
 * the connection stays. Bytes of the socket count, not of the page: one TLS record can hide a
 * freeze. Without a series, a response that began and never ended, where a control got all of
 * it, is slow as well, but how is not known.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "finding/view.h"

#define STILL (5 * SECOND)  /* silence that is no jitter */
#define MUCH_SLOWER 0.1	    /* of the control's rate */
#define ENOUGH 32768	    /* bytes of both, to tell a rate */
#define SLOW (128 * 1024.0) /* bytes a second: what is faster is not worth a verdict */

/* Bytes a second from the first ones until so many had come; -1: too few samples to tell. */
static double rate(const struct series *s, uint64_t until)
{
	const struct sample *first, *last = NULL;

	if (s->nsample < 2)
		return -1;
	first = &s->sample[0];
	for (size_t i = 1; i < s->nsample; i++) {
		last = &s->sample[i];
		if (last->bytes >= until)
			break;
	}
	if (last->t <= first->t)
		return -1;
	return (double)(last->bytes - first->bytes) * 1e6 / (double)(last->t - first->t);
}

static uint64_t came(const struct series *s)
{
	return s->nsample ? s->sample[s->nsample - 1].bytes : 0;
}

/* When the last new byte came, and how long nothing came after it. */
static int64_t silence(const struct series *s, uint64_t *bytes)
{
	size_t last = s->nsample - 1, i = last;
	int64_t until =
	    s->seen.t != TIME_NONE && s->seen.t > s->sample[last].t ? s->seen.t : s->sample[last].t;

	while (i && s->sample[i - 1].bytes == s->sample[last].bytes)
		i--;
	*bytes = s->sample[last].bytes;
	return until - s->sample[i].t;
}

/* At which hop a hello with the name died beside it, 0: there was none (source/insert.h). */
static unsigned inserted_at(const struct series *s)
{
	for (size_t i = 0; i < s->seen.ntag; i++)
		if (!strncmp(s->seen.tag[i], "insert=", 7))
			return (unsigned)strtoul(s->seen.tag[i] + 7, NULL, 10) & 255;
	return 0;
}

static double whole_rate(const struct series *s)
{
	const struct sample *first = &s->sample[0], *last = &s->sample[s->nsample - 1];
	int64_t took =
	    (s->seen.t != TIME_NONE && s->seen.t > last->t ? s->seen.t : last->t) - first->t;

	return took > 0 ? (double)(last->bytes - first->bytes) * 1e6 / (double)took : 0;
}

/*
 * A neutral name's page, after a hello with the name that died at hop k: slow from some k on, it
 * was seen by what slows it. That is in the path, where a packet is looked at only when it goes
 * on, or beside it.
 */
void where_slowed(const struct view *v, struct verdict *out)
{
	const struct measurement *m = v->m;
	const struct series *control = NULL;
	unsigned first = 0, slow = 0, fast = 0, last_fast = 0;

	for (size_t i = 0; i < m->nseries && !control; i++)
		if (m->series[i].control && m->series[i].nsample >= 2 &&
		    !inserted_at(&m->series[i]))
			control = &m->series[i];
	for (size_t i = 0; i < m->nseries && control; i++) {
		const struct series *s = &m->series[i];
		unsigned k = inserted_at(s);
		double r;

		/* Past the server it is the server that is confused. */
		if (!k || s->nsample < 2 || s->seen.failure)
			continue;
		r = whole_rate(s);
		if (r < SLOW && r < MUCH_SLOWER * whole_rate(control)) {
			slow++;
			if (!first || k < first)
				first = k;
		} else {
			fast++;
			if (k > last_fast)
				last_fast = k;
		}
	}
	if (!slow || !fast || last_fast > first)
		return;
	out->hop_first = (uint8_t)(first > 1 ? first - 1 : 1);
	out->hop_last = (uint8_t)first;
	out->hop = arena_printf(v->a,
				"at hop %u or %u: a hello with the name that dies farther on "
				"slows a neutral name's connection, one that dies nearer does not",
				out->hop_first, out->hop_last);
	verdict_who(out, first <= 3 ? WHO_ACCESS : WHO_TRANSIT, first <= 3 ? 0.8 : 0.6);
}

bool judge_speed(const struct view *v, const struct flow_view *flow, struct verdict *out)
{
	const struct measurement *m = v->m;

	for (size_t i = 0; i < m->nseries; i++) {
		const struct series *target = &m->series[i], *control = NULL;
		uint64_t bytes, control_bytes, alike;
		double slow, fast = -1;

		if (target->control || target->nsample < 2 || target->seen.group)
			continue;
		for (size_t k = 0; k < m->nseries; k++)
			if (m->series[k].control && m->series[k].nsample >= 2 &&
			    !inserted_at(&m->series[k]) &&
			    (!control || addr_same(m->series[k].addr, target->addr)))
				control = &m->series[k];
		if (!control)
			continue;
		/* A short page is all burst: as many bytes of the one as of the other are held
		 * against each other, and there must be some. */
		alike = came(target) < came(control) ? came(target) : came(control);
		slow = rate(target, alike);
		fast = alike >= ENOUGH ? rate(control, alike) : -1;
		if (silence(target, &bytes) >= STILL && bytes &&
		    (!target->expected || bytes < target->expected) &&
		    (silence(control, &control_bytes) < STILL || control_bytes > 2 * bytes)) {
			verdict_set(out, SITE_THROTTLED, "site.throttled.freeze", 0.9);
			verdict_add(out, "throttle.freeze", 0.9);
			out->why = arena_printf(v->a, "%llu bytes came and then none",
						(unsigned long long)bytes);
			out->proven = true;
		} else if (slow >= 0 && fast > 0 && slow < MUCH_SLOWER * fast && slow < SLOW) {
			verdict_set(out, SITE_THROTTLED, "site.throttled.policing", 0.9);
			verdict_add(out, "throttle.policing", 0.9);
			out->why = arena_printf(v->a, "%.0f bytes a second, a neutral name %.0f",
						slow, fast);
			out->proven = true;
		} else if (flow->stalled && !flow->http_ok && fast > 0 && slow >= fast / 2 &&
			   silence(target, &bytes) < STILL) {
			/* The same address is as slow for a neutral name. */
			verdict_set(out, SITE_OPEN, "site.open.slow", 0.7);
			out->why = arena_printf(v->a, "%.0f bytes a second, a neutral name %.0f",
						slow, fast);
			out->controls = (unsigned)v->ncontrol + 1;
			return true;
		} else {
			continue;
		}
		out->controls = (unsigned)v->ncontrol + 1;
		verdict_who(out, WHO_ACCESS, 0.5);
		verdict_addr(out, target->addr);
		return true;
	}
	if (!flow->stalled || flow->http_ok)
		return false;
	verdict_set(out, SITE_THROTTLED, "site.throttled.stall", 0.6);
	verdict_add(out, "throttle.stall", 0.6);
	verdict_who(out, WHO_ACCESS, 0.3);
	out->bare = true;
	return true;
}
