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

/* Puts in the holds that began with these entries of the log, and no others. */
static void holds_anew(struct watch *w, const uint32_t *entry, uint32_t n)
{
	if (w->nbucket)
		memset(w->bucket, 0, (size_t)w->nbucket * sizeof(*w->bucket));
	w->used_hold = 0;
	for (uint32_t i = 0; i < n; i++)
		watch_hold(w, entry[i]);
}

void watch_advance(struct watch *w, int64_t now,
		   void (*judge)(struct watch *w, struct findings *out), struct findings *out)
{
	struct actor_time *at;
	struct entry *all = w->log, *over, *kept;
	uint32_t *held, nheld = 0;
	uint8_t *holds;
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
		for (uint32_t i = w->bucket[b]; i; i = w->hold[i - 1]) {
			struct actor_time *a = actor_of(at, mask, &w->track[all[i - 1].track]);

			a->used = a->open = true;
		}
	over = mem_zero(nall, sizeof(*over));
	kept = mem_zero(nall, sizeof(*kept));
	held = mem_zero((size_t)w->used_hold + 1, sizeof(*held));
	holds = mem_zero(nall, 1);
	for (uint32_t b = 0; b < w->nbucket; b++)
		for (uint32_t i = w->bucket[b]; i; i = w->hold[i - 1])
			holds[i - 1] = 1;
	for (uint32_t i = 0; i < nall; i++) {
		struct actor_time *a = actor_of(at, mask, &w->track[all[i].track]);

		if (!a->open && a->last < now - WATCH_QUIET) {
			over[nover++] = all[i];
			continue;
		}
		/* Who holds something is open: all that holds name is kept. */
		if (holds[i])
			held[nheld++] = nkept;
		kept[nkept++] = all[i];
	}
	free(at);
	free(holds);
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
		holds_anew(w, held, nheld);
		free(over);
	} else {
		w->log = all;
		w->nlog = nall;
		w->cap_log = cap;
		free(over);
		free(kept);
	}
	free(held);
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
	buf_u32(out, w->used_hold);
	for (uint32_t b = 0; b < w->nbucket; b++)
		for (uint32_t i = w->bucket[b]; i; i = w->hold[i - 1]) {
			uint32_t entry = i - 1;

			buf_add(out, &entry, sizeof(entry));
		}
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
	uint32_t wide = 0;

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
	for (uint32_t i = 0; i < w->nbad; i++)
		if (w->bad[i].class > TRACK_EDGE || (w->bad[i].more && i + 1 == w->nbad) ||
		    (w->bad[i].class == TRACK_BOGON_ASN &&
		     (w->bad[i].how < ASN_FULL || w->bad[i].how > ASN_ADMINISTRATIVE)) ||
		    (w->bad[i].class == TRACK_LEAK &&
		     (w->bad[i].how < LEAK_TYPE1 || w->bad[i].how > LEAK_OTC)))
			return false;
	return true;
}

bool watch_load(struct watch *w, struct bytes *in, struct err *err)
{
	uint64_t seen[65536 / 64];
	uint32_t *held, nheld;

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
	held = take(in, &nheld, NULL, sizeof(*held));
	for (uint32_t n = bytes_u32(in); n && !in->bad; n--) {
		struct bytes s = bytes_sub(in, bytes_u32(in));
		char *text = mem_zero(bytes_left(&s) + 1, 1);

		memcpy(text, s.at ? s.at : (const uint8_t *)"", bytes_left(&s));
		mem_room(&w->text, &w->cap_text, w->ntext + 1);
		w->text[w->ntext++] = text;
	}
	w->bad = take(in, &w->nbad, &w->cap_bad, sizeof(*w->bad));
	for (uint32_t i = 0; i < nheld; i++)
		in->bad |= held[i] >= w->nlog || w->log[held[i]].kind > ENTRY_ANNOUNCE;
	if (in->bad || !sound(w) || !outage_load(w->outage, w, in)) {
		const struct knowledge *k = w->k;
		struct watch *fresh = watch_new(k), swap = *w;

		*w = *fresh;
		*fresh = swap;
		watch_free(fresh);
		free(held);
		return err_set(err, "routes: the saved state is cut or damaged");
	}
	for (uint32_t p = 0; p < 65536; p++) {
		uint16_t peer = (uint16_t)p;

		if (seen[p >> 6] >> (p & 63) & 1 && map_peer(w->k, &peer))
			w->seen[peer >> 6] |= UINT64_C(1) << (peer & 63);
	}
	w->sources = 2; /* whatever there was: it is only a matter of speed */
	holds_anew(w, held, nheld);
	free(held);
	watch_index(w);
	return true;
}
