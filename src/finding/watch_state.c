/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The watch between two runs, and while it grows old: saved, loaded, and rid of what is over.
 */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "finding/event.h"
#include "finding/outage.h"

/* ---- what is over ---- */

struct actor_time {
	uint64_t key;
	int64_t last;
	bool used, open;
};

static struct actor_time *actor_of(struct actor_time *at, uint32_t mask, const struct track *t)
{
	uint64_t key = (uint64_t)t->class << 32 | t->a;
	uint32_t i = (uint32_t)hash_u64(key) & mask;

	while (at[i].used && at[i].key != key)
		i = (i + 1) & mask;
	at[i].key = key;
	return &at[i];
}

void watch_advance(struct watch *w, int64_t now,
		   void (*judge)(struct watch *w, struct findings *out), struct findings *out)
{
	struct actor_time *at;
	struct entry *all = w->log, *over, *kept;
	uint32_t mask = 255, nall = w->nlog, cap = w->cap_log, nover = 0, nkept = 0;

	/* Once in six hours, and only when something could be over. */
	if (!w->nlog || (w->swept != TIME_NONE && now < w->swept + 6 * 3600 * SECOND))
		return;
	if (w->swept == TIME_NONE) {
		w->swept = now;
		return;
	}
	w->swept = now;
	while (mask < 2 * w->ntrack)
		mask = mask * 2 + 1;
	at = mem_zero((size_t)mask + 1, sizeof(*at));
	for (uint32_t i = 0; i < nall; i++) {
		struct actor_time *a = actor_of(at, mask, &w->track[all[i].track]);

		if (!a->used || all[i].time > a->last)
			a->last = all[i].time;
		a->used = true;
	}
	for (uint32_t b = 0; b < w->nbucket; b++)
		for (uint32_t i = w->bucket[b]; i; i = w->hold[i - 1].next) {
			struct actor_time *a = actor_of(at, mask, &w->track[w->hold[i - 1].track]);

			a->used = a->open = true;
		}
	over = mem_zero(nall, sizeof(*over));
	kept = mem_zero(nall, sizeof(*kept));
	for (uint32_t i = 0; i < nall; i++) {
		struct actor_time *a = actor_of(at, mask, &w->track[all[i].track]);

		if (!a->open && a->last < now - WATCH_QUIET)
			over[nover++] = all[i];
		else
			kept[nkept++] = all[i];
	}
	free(at);
	if (nover) {
		w->log = over;
		w->nlog = nover;
		judge(w, out);
		for (uint32_t i = 0; i < nover; i++)
			w->track[over[i].track].n = 0;
		free(all);
		w->log = kept;
		w->nlog = nkept;
		w->cap_log = nall;
		free(over);
	} else {
		w->log = all;
		w->nlog = nall;
		w->cap_log = cap;
		free(over);
		free(kept);
	}
}

/* ---- saved and loaded ---- */

#define SAVE(n, at) buf_u32(out, w->n), buf_add(out, w->at, (size_t)w->n * sizeof(*w->at))

void watch_save(const struct watch *w, struct buf *out)
{
	buf_u64(out, (uint64_t)w->start);
	buf_u64(out, (uint64_t)w->end);
	buf_u64(out, (uint64_t)w->swept);
	buf_u8(out, w->table);
	buf_u32(out, w->left_out);
	buf_add(out, w->seen, 65536 / 8);
	buf_u32(out, w->nprefix);
	for (uint32_t i = 0; i < w->nprefix; i++)
		buf_add(out, wprefix_at(w, i), sizeof(struct wprefix));
	SAVE(nwide, wide);
	SAVE(nmore, more);
	buf_u32(out, w->nev);
	for (uint32_t i = 0; i < w->nev; i++) {
		buf_add(out, ev_at(w, i), sizeof(struct ev));
		if (ev_at(w, i)->digest)
			buf_add(out, ev_digest((struct watch *)w, i), SHA256_SIZE);
	}
	SAVE(nindex, index);
	SAVE(nasn, asn);
	SAVE(npath, path);
	SAVE(ntrack, track);
	SAVE(nlog, log);
	SAVE(nhold, hold);
	SAVE(nbucket, bucket);
	buf_u32(out, w->used_hold);
	buf_u32(out, w->free_hold);
	buf_u32(out, w->ntext);
	for (uint32_t i = 0; i < w->ntext; i++) {
		buf_u32(out, (uint32_t)strlen(w->text[i]));
		buf_text(out, w->text[i]);
	}
	/* Leaks that stood there from the start stay normal. */
	SAVE(nbad, bad);
	outage_save(w->outage, out);
}

static void *take(struct bytes *in, uint32_t *n, uint32_t *cap, size_t size)
{
	uint32_t count = bytes_u32(in);
	const uint8_t *p;
	void *at;

	if (count > bytes_left(in) / size) {
		in->bad = true;
		count = 0;
	}
	p = bytes_take(in, count * size);
	at = mem_zero((size_t)count + 1, size);
	if (count && p)
		memcpy(at, p, count * size);
	*n = count;
	if (cap)
		*cap = count;
	return at;
}

static bool pair_sound(struct watch *w, struct pair *p)
{
	const struct knowledge *k = w->k;

	if (!p->used)
		return true;
	if (p->ev >= w->nev || p->next > w->nmore ||
	    (!(p->flags & PAIR_TABLE) && p->path >= w->npath))
		return false;
	if (k->peer_map) {
		if (p->peer >= k->npeer_map)
			return false;
		p->peer = k->peer_map[p->peer];
	}
	return true;
}

static bool map_peer(const struct knowledge *k, uint16_t *peer)
{
	if (!k->peer_map)
		return true;
	if (*peer >= k->npeer_map)
		return false;
	*peer = k->peer_map[*peer];
	return true;
}

/* Nothing that was read may point outside of what was read. */
static bool sound(struct watch *w)
{
	const struct knowledge *k = w->k;
	uint32_t holds = 0, wide = 0;

	for (uint32_t i = 0; i < w->nprefix; i++) {
		struct pair *e = &wprefix_at(w, i)->pair;

		if (e->len > 64 && (wide == w->nwide || w->wide[wide++].prefix != i))
			return false;
	}
	if (wide != w->nwide)
		return false;
	for (uint32_t i = 0; i < w->nprefix; i++) {
		struct pair *e = &wprefix_at(w, i)->pair;
		struct prefix p = watch_prefix(w, i);

		if (e->len > (e->v6 ? 128 : 32) || !e->len || !prefix_eq(p, prefix_masked(p)) ||
		    !pair_sound(w, e))
			return false;
	}
	for (uint32_t i = 0; i < w->nmore; i++)
		/* A list only goes on: it cannot be a ring. */
		if (!w->more[i].used || (w->more[i].next && w->more[i].next <= i + 1) ||
		    !pair_sound(w, &w->more[i]))
			return false;
	for (uint32_t i = 0; i < w->nev; i++)
		if (k->source_map) {
			if (ev_at(w, i)->source >= k->nsource_map)
				return false;
			ev_at(w, i)->source = (uint16_t)k->source_map[ev_at(w, i)->source];
		}
	for (uint32_t i = 0; i < w->nindex; i++)
		if (w->index[i] >= w->nev)
			return false;
	for (uint32_t i = 0; i < w->npath; i++)
		if (w->path[i].at > w->nasn || w->path[i].n > w->nasn - w->path[i].at)
			return false;
	for (uint32_t i = 0; i < w->ntrack; i++) {
		const struct track *t = &w->track[i];

		if (t->class > TRACK_EDGE || t->prefix >= w->nprefix ||
		    (t->class == TRACK_MALFORMED &&
		     (t->c >= w->ntext || t->b < FAULT_ATTRIBUTE_DISCARD ||
		      t->b > FAULT_SESSION_RESET)) ||
		    (t->class == TRACK_LEAK && (t->how < LEAK_TYPE1 || t->how > LEAK_OTC)) ||
		    (t->class == TRACK_BOGON_ASN &&
		     (t->how < ASN_FULL || t->how > ASN_ADMINISTRATIVE)))
			return false;
	}
	for (uint32_t i = 0; i < w->nlog; i++) {
		struct entry *e = &w->log[i];

		if (e->track >= w->ntrack || e->ev >= w->nev || e->kind > ENTRY_WITHDRAWN ||
		    (e->path == NONE) != (e->kind == ENTRY_WITHDRAWN) ||
		    (e->path != NONE && e->path >= w->npath) || !map_peer(k, &e->peer))
			return false;
	}
	for (uint32_t i = 0; i < w->nhold; i++)
		if (w->hold[i].track >= w->ntrack || w->hold[i].prefix >= w->nprefix ||
		    w->hold[i].next > w->nhold)
			return false;
	if (w->nbucket & (w->nbucket - 1))
		return false;
	for (uint32_t b = 0; b < w->nbucket; b++) {
		if (w->bucket[b] > w->nhold)
			return false;
		for (uint32_t i = w->bucket[b]; i; i = w->hold[i - 1].next)
			if (holds++ > w->nhold)
				return false; /* a ring */
	}
	for (uint32_t i = 0; i < w->nbad; i++)
		if (w->bad[i].class > TRACK_EDGE || (w->bad[i].more && i + 1 == w->nbad) ||
		    (w->bad[i].class == TRACK_BOGON_ASN &&
		     (w->bad[i].how < ASN_FULL || w->bad[i].how > ASN_ADMINISTRATIVE)) ||
		    (w->bad[i].class == TRACK_LEAK &&
		     (w->bad[i].how < LEAK_TYPE1 || w->bad[i].how > LEAK_OTC)))
			return false;
	return holds == w->used_hold;
}

/* Holds hash their peer: with new numbers they have to be put in again; free ones are dropped. */
static void rehold(struct watch *w)
{
	struct hold *old = w->hold;
	uint32_t *bucket = w->bucket, nbucket = w->nbucket;

	w->hold = NULL;
	w->bucket = NULL;
	w->nhold = w->cap_hold = w->free_hold = w->nbucket = w->used_hold = 0;
	for (uint32_t b = 0; b < nbucket; b++)
		for (uint32_t i = bucket[b]; i; i = old[i - 1].next) {
			struct hold *h = &old[i - 1];

			if (map_peer(w->k, &h->peer))
				watch_hold(w, h->prefix, h->peer, h->path_id, h->track);
		}
	free(old);
	free(bucket);
}

bool watch_load(struct watch *w, struct bytes *in, struct err *err)
{
	uint64_t seen[65536 / 64];

	if (w->end != TIME_NONE)
		return err_set(err, "routes: a saved state can only be loaded into a new one");
	w->start = (int64_t)bytes_u64(in);
	w->end = (int64_t)bytes_u64(in);
	w->swept = (int64_t)bytes_u64(in);
	w->table = bytes_u8(in) != 0;
	w->left_out = bytes_u32(in);
	bytes_copy(in, seen, sizeof(seen));
	for (uint32_t n = bytes_u32(in); n && !in->bad; n--)
		bytes_copy(in, wprefix_more(w), sizeof(struct wprefix));
	w->wide = take(in, &w->nwide, &w->cap_wide, sizeof(*w->wide));
	w->more = take(in, &w->nmore, &w->cap_more, sizeof(*w->more));
	for (uint32_t n = bytes_u32(in); n && !in->bad; n--) {
		struct ev *e = ev_more(w);

		bytes_copy(in, e, sizeof(*e));
		if (e->digest)
			bytes_copy(in, ev_digest(w, w->nev - 1), SHA256_SIZE);
	}
	w->index = take(in, &w->nindex, &w->cap_index, sizeof(*w->index));
	w->asn = take(in, &w->nasn, &w->cap_asn, sizeof(*w->asn));
	w->path = take(in, &w->npath, &w->cap_path, sizeof(*w->path));
	w->track = take(in, &w->ntrack, &w->cap_track, sizeof(*w->track));
	w->log = take(in, &w->nlog, &w->cap_log, sizeof(*w->log));
	w->hold = take(in, &w->nhold, &w->cap_hold, sizeof(*w->hold));
	w->bucket = take(in, &w->nbucket, NULL, sizeof(*w->bucket));
	w->used_hold = bytes_u32(in);
	w->free_hold = bytes_u32(in);
	for (uint32_t n = bytes_u32(in); n && !in->bad; n--) {
		struct bytes s = bytes_sub(in, bytes_u32(in));
		char *text = mem_zero(bytes_left(&s) + 1, 1);

		memcpy(text, s.at ? s.at : (const uint8_t *)"", bytes_left(&s));
		mem_room(&w->text, &w->cap_text, w->ntext + 1);
		w->text[w->ntext++] = text;
	}
	w->bad = take(in, &w->nbad, &w->cap_bad, sizeof(*w->bad));
	if (in->bad || !sound(w) || !outage_load(w->outage, w, in)) {
		const struct knowledge *k = w->k;
		struct watch *fresh = watch_new(k), swap = *w;

		*w = *fresh;
		*fresh = swap;
		watch_free(fresh);
		return err_set(err, "routes: the saved state is cut or damaged");
	}
	for (uint32_t p = 0; p < 65536; p++) {
		uint16_t peer = (uint16_t)p;

		if (seen[p >> 6] >> (p & 63) & 1 && map_peer(w->k, &peer))
			w->seen[peer >> 6] |= UINT64_C(1) << (peer & 63);
	}
	w->sources = 2; /* whatever there was: it is only a matter of speed */
	rehold(w);
	watch_index(w);
	return true;
}
