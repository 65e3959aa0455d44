/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The detector of everything that routes show: hijacks, RPKI- and ASPA-invalid routes, leaks,
 * bogons, malformed attributes. One watch (finding/watch.h) is its state; a part of a run
 * (`observe --part`) keeps a tape instead, to be judged when the parts are one whole again.
 */

#include "finding/routes.h"

#include <stdlib.h>
#include <string.h>

#include "finding/event.h"
#include "finding/invalid.h"
#include "finding/outage.h"
#include "finding/tape.h"
#include "finding/watch.h"

struct routes {
	const struct knowledge *k;
	struct watch *watch;
	struct tape *tape; /* NULL unless this is a part, or a whole of parts */
};

static void *routes_new(const struct knowledge *k)
{
	struct routes *s = mem_zero(1, sizeof(*s));

	s->k = k;
	s->watch = watch_new(k);
	if (k->part)
		s->tape = tape_new();
	return s;
}

static void routes_feed(void *state, const struct facts *f)
{
	struct routes *s = state;

	if (s->tape)
		tape_add(s->tape, f);
	else
		watch_feed(s->watch, f, NULL);
}

/* Judges all that the watch has logged, and forgets the log but not what is normal. */
static void judge(struct watch *w, struct findings *out)
{
	struct ranges r;

	ranges_of(w, &r);
	forged_judge(w, &r, out); /* before the origins, after which no prefix is looked up */
	origin_judge(w, &r, out);
	aspa_judge(w, &r, out);
	leak_judge(w, &r, out);
	bogon_judge(w, &r, out);
	malformed_judge(w, &r, out);
	ranges_free(&r);
}

static void routes_advance(void *state, int64_t now, struct findings *out)
{
	struct routes *s = state;

	if (s->tape)
		return;
	watch_advance(s->watch, now, judge, out);
	outage_judge(s->watch->outage, s->watch, out, false);
}

struct playing {
	struct routes *s;
	struct findings *out;
	int64_t minute;
};

/* With the clock that a run has: once a minute what is over is closed. */
static void play(const struct facts *f, const uint8_t *sha, void *arg)
{
	struct playing *p = arg;
	struct watch *w = p->s->watch;

	if (f->time != TIME_NONE && (p->minute == TIME_NONE || facts_minute(f->time) > p->minute)) {
		bool first = p->minute == TIME_NONE;

		p->minute = facts_minute(f->time);
		if (!first) {
			watch_advance(w, p->minute, judge, p->out);
			outage_judge(w->outage, w, p->out, false);
		}
	}
	watch_feed(w, f, sha);
}

static void routes_end(void *state, struct findings *out)
{
	struct routes *s = state;

	if (s->tape) {
		struct playing p = {s, out, TIME_NONE};

		tape_play(s->tape, play, &p);
		tape_free(s->tape);
		s->tape = NULL;
	}
	watch_rest(s->watch);
	judge(s->watch, out);
	outage_judge(s->watch->outage, s->watch, out, true);
	watch_free(s->watch);
	s->watch = watch_new(s->k);
}

static bool routes_merge(void *into, void *from, struct err *err)
{
	struct routes *a = into, *b = from;

	if (!b->tape && b->watch->end == TIME_NONE)
		return true; /* nothing was fed to it */
	if (!a->tape && a->watch->end == TIME_NONE) {
		struct watch *w = a->watch;

		a->tape = b->tape;
		b->tape = NULL;
		if (b->watch->end != TIME_NONE) {
			a->watch = b->watch;
			b->watch = w;
		}
		return true;
	}
	if (!a->tape || !b->tape)
		return err_set(err, "routes: a state that was judged as a whole cannot be merged; "
				    "save the parts with --part");
	return tape_merge(a->tape, b->tape, err);
}

#define ROUTES_MAGIC 0x4d525435u /* "MRT5" */

static void routes_save(const void *state, struct buf *out)
{
	const struct routes *s = state;

	buf_u32(out, ROUTES_MAGIC);
	buf_u8(out, s->tape != NULL);
	if (s->tape)
		tape_save(s->tape, out);
	else
		watch_save(s->watch, out);
}

static bool routes_load(void *state, struct bytes *in, struct err *err)
{
	struct routes *s = state;
	uint32_t magic = bytes_u32(in);
	bool part = bytes_u8(in) != 0;

	if (in->bad || magic != ROUTES_MAGIC)
		return err_set(err, "routes: this is no saved state of this version");
	if (!part)
		return watch_load(s->watch, in, err);
	if (s->watch->end != TIME_NONE)
		return err_set(err, "routes: a part cannot be loaded into a judged state");
	if (!s->tape)
		s->tape = tape_new();
	return tape_load(s->tape, s->k, in, err);
}

static void routes_free(void *state)
{
	struct routes *s = state;

	if (!s)
		return;
	watch_free(s->watch);
	tape_free(s->tape);
	free(s);
}

const struct detector detector_routes = {
    .name = "routes",
    .about = "hijacks, RPKI- and ASPA-invalid routes, leaks, bogons, malformed attributes, outages",
    .rules = routes_rules,
    .new = routes_new,
    .feed = routes_feed,
    .advance = routes_advance,
    .end = routes_end,
    .merge = routes_merge,
    .save = routes_save,
    .load = routes_load,
    .free = routes_free,
};
