/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Outages between two runs: saved and loaded.
 */

#include <stdlib.h>
#include <string.h>

#include "finding/sight.h"

#define SAVE(n, at) buf_u32(out, o->n), buf_add(out, o->at, (size_t)o->n * sizeof(*o->at))

void outage_save(const struct outage *o, struct buf *out)
{
	buf_u8(out, o->started);
	buf_u64(out, (uint64_t)o->bin);
	buf_u64(out, (uint64_t)o->based);
	buf_u64(out, (uint64_t)o->moved);
	buf_u32(out, o->nfull[0]);
	buf_u32(out, o->nfull[1]);
	buf_u32(out, o->width);
	buf_u32(out, o->rows);
	buf_add(out, o->bits, (size_t)o->rows * o->width * sizeof(*o->bits));
	for (int f = 0; f < 2; f++)
		buf_add(out, o->feed[f], (size_t)o->width * 8 * sizeof(*o->feed[f]));
	buf_u32(out, o->nprefix);
	buf_add(out, o->count, o->nprefix * sizeof(*o->count));
	buf_add(out, o->as_of, o->nprefix * sizeof(*o->as_of));
	buf_add(out, o->cc_of, o->nprefix * sizeof(*o->cc_of));
	buf_add(out, o->gone, o->nprefix * sizeof(*o->gone));
	SAVE(ngroup, group);
	SAVE(nlog, log);
	SAVE(nseries, series);
	SAVE(nepisode, episode);
	ways_save(&o->ways, out);
}

/* n things of that size from what was saved; NULL (and bad) when they are not all there. */
static void *take(struct bytes *in, size_t n, size_t size)
{
	const uint8_t *p;
	void *at;

	if (n > bytes_left(in) / size) {
		in->bad = true;
		n = 0;
	}
	p = bytes_take(in, n * size);
	at = mem_zero(n + 1, size);
	if (n && p)
		memcpy(at, p, n * size);
	return at;
}

static bool sound(struct outage *o, const struct watch *w)
{
	if (o->nprefix > w->nprefix || o->rows > w->nprefix)
		return false;
	for (uint32_t i = 0; i < o->nprefix; i++)
		if ((o->as_of[i] != NONE && o->as_of[i] >= o->ngroup) ||
		    (o->cc_of[i] != NONE && o->cc_of[i] >= o->ngroup))
			return false;
	for (uint32_t i = 0; i < o->nlog; i++)
		if (o->log[i].prefix >= o->nprefix || o->log[i].ev >= w->nev)
			return false;
	for (uint32_t i = 0; i < o->nseries; i++)
		if (o->series[i].group >= o->ngroup)
			return false;
	for (uint32_t i = 0; i < o->nepisode; i++)
		if (o->episode[i].index >= o->ngroup)
			return false;
	return true;
}

/* Peers get their numbers of this run. */
static bool renumber(struct outage *o, const struct knowledge *k)
{
	struct outage *to;
	uint32_t old = o->width * 8;

	if (!k->peer_map)
		return true;
	to = outage_new();
	for (uint32_t p = 0; p < old; p++) {
		uint16_t peer;
		bool any = o->feed[0][p].high || o->feed[1][p].high;

		for (uint32_t i = 0; i < o->rows && !any; i++)
			any = sight_has(o, i, (uint16_t)p);
		if (!any)
			continue;
		if (p >= k->npeer_map) {
			outage_free(to);
			return false;
		}
		peer = k->peer_map[p];
		to->feed[0][peer] = o->feed[0][p];
		to->feed[1][peer] = o->feed[1][p];
		for (uint32_t i = 0; i < o->rows; i++)
			if (sight_has(o, i, (uint16_t)p))
				*sight_bits(to, i, peer) |= (uint8_t)(1u << (peer % 8));
	}
	for (uint32_t i = 0; i < o->nlog; i++)
		if (o->log[i].peer < k->npeer_map)
			o->log[i].peer = k->peer_map[o->log[i].peer];
	free(o->bits);
	free(o->feed[0]);
	free(o->feed[1]);
	o->bits = to->bits;
	o->width = to->width;
	o->rows = to->rows;
	o->cap_rows = to->cap_rows;
	o->feed[0] = to->feed[0];
	o->feed[1] = to->feed[1];
	to->bits = NULL;
	to->feed[0] = to->feed[1] = NULL;
	outage_free(to);
	return true;
}

bool outage_load(struct outage *o, const struct watch *w, struct bytes *in)
{
	o->started = bytes_u8(in) != 0;
	o->bin = (int64_t)bytes_u64(in);
	o->based = (int64_t)bytes_u64(in);
	o->moved = (int64_t)bytes_u64(in);
	o->nfull[0] = bytes_u32(in);
	o->nfull[1] = bytes_u32(in);
	o->width = bytes_u32(in);
	o->rows = bytes_u32(in);
	if (in->bad || !o->width || o->width > PEERS / 8 || o->width & (o->width - 1)) {
		o->width = 1;
		o->rows = 0;
		in->bad = true;
		return false;
	}
	free(o->bits);
	o->bits = take(in, (size_t)o->rows * o->width, sizeof(*o->bits));
	o->cap_rows = o->rows;
	for (int f = 0; f < 2; f++)
		for (uint32_t p = 0; p < o->width * 8; p++)
			bytes_copy(in, &o->feed[f][p], sizeof(*o->feed[f]));
	o->nprefix = o->cap_prefix = bytes_u32(in);
	o->count = take(in, o->nprefix, sizeof(*o->count));
	o->as_of = take(in, o->nprefix, sizeof(*o->as_of));
	o->cc_of = take(in, o->nprefix, sizeof(*o->cc_of));
	o->gone = take(in, o->nprefix, sizeof(*o->gone));
	o->ngroup = o->cap_group = bytes_u32(in);
	o->group = take(in, o->ngroup, sizeof(*o->group));
	o->nlog = o->cap_log = bytes_u32(in);
	o->log = take(in, o->nlog, sizeof(*o->log));
	o->nseries = o->cap_series = bytes_u32(in);
	o->series = take(in, o->nseries, sizeof(*o->series));
	o->nepisode = o->cap_episode = bytes_u32(in);
	o->episode = take(in, o->nepisode, sizeof(*o->episode));
	if (in->bad || !sound(o, w) || !ways_load(&o->ways, w, in) || !renumber(o, w->k))
		return false;
	while (o->slots.mask < 2 * (o->ngroup + 64))
		slots_grow(&o->slots, o->slots.mask + 1);
	sight_index(o);
	return true;
}
