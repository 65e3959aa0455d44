/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * ADD-PATH (RFC 7911): a peer has a prefix as long as it has one path to it. An open hash of the
 * paths, and of how many there are of each prefix and peer.
 */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "finding/sight.h"

enum { WAY_FREE, WAY_PATH, WAY_COUNT };

static uint32_t home(const struct ways *s, const struct way *x)
{
	uint64_t h = hash_u64((uint64_t)x->prefix << 32 | (x->kind == WAY_PATH ? x->path : 0));

	return (uint32_t)hash_u64(h ^ ((uint64_t)x->peer << 8 | x->kind)) & s->mask;
}

/* Where it is, or the free place where it would be. */
static struct way *way_at(const struct ways *s, const struct way *x)
{
	uint32_t i = home(s, x);

	for (; s->at[i].kind; i = (i + 1) & s->mask)
		if (s->at[i].kind == x->kind && s->at[i].prefix == x->prefix &&
		    s->at[i].peer == x->peer && (x->kind == WAY_COUNT || s->at[i].path == x->path))
			break;
	return &s->at[i];
}

static void grow(struct ways *s)
{
	struct ways old = *s;

	s->mask = old.at ? old.mask * 2 + 1 : 255;
	s->at = mem_zero((size_t)s->mask + 1, sizeof(*s->at));
	for (uint32_t i = 0; old.at && i <= old.mask; i++)
		if (old.at[i].kind)
			*way_at(s, &old.at[i]) = old.at[i];
	free(old.at);
}

static void drop(struct ways *s, struct way *x)
{
	uint32_t hole = (uint32_t)(x - s->at), i = hole;

	/* What stands behind it moves up, unless it is at home between. */
	for (;;) {
		uint32_t want;

		i = (i + 1) & s->mask;
		if (!s->at[i].kind)
			break;
		want = home(s, &s->at[i]);
		if (((i - want) & s->mask) >= ((i - hole) & s->mask)) {
			s->at[hole] = s->at[i];
			hole = i;
		}
	}
	s->at[hole] = (struct way){0};
	s->n--;
}

bool ways_set(struct ways *s, uint32_t prefix, uint16_t peer, uint32_t path, bool up)
{
	struct way key = {prefix, path, peer, WAY_PATH}, *x;

	if (!s->at || (s->n + 2) * 10 > (uint64_t)s->mask * 7)
		grow(s);
	x = way_at(s, &key);
	if ((x->kind != WAY_FREE) != up) {
		if (up) {
			*x = key;
			s->n++;
		} else {
			drop(s, x);
		}
		key = (struct way){prefix, 0, peer, WAY_COUNT};
		x = way_at(s, &key);
		if (!x->kind) {
			*x = key;
			s->n++;
		}
		x->path += up ? 1 : UINT32_MAX;
		if (x->path)
			return true;
		drop(s, x);
		return false;
	}
	key = (struct way){prefix, 0, peer, WAY_COUNT};
	return way_at(s, &key)->kind;
}

void ways_forget(struct ways *s, uint16_t peer)
{
	struct ways old = *s;

	if (!s->at)
		return;
	s->at = mem_zero((size_t)s->mask + 1, sizeof(*s->at));
	s->n = 0;
	for (uint32_t i = 0; i <= old.mask; i++)
		if (old.at[i].kind && old.at[i].peer != peer) {
			*way_at(s, &old.at[i]) = old.at[i];
			s->n++;
		}
	free(old.at);
}

void ways_save(const struct ways *s, struct buf *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; s->at && i <= s->mask; i++)
		n += s->at[i].kind == WAY_PATH;
	buf_u32(out, n);
	for (uint32_t i = 0; s->at && i <= s->mask; i++)
		if (s->at[i].kind == WAY_PATH) {
			buf_u32(out, s->at[i].prefix);
			buf_u32(out, s->at[i].path);
			buf_u32(out, s->at[i].peer);
		}
}

bool ways_load(struct ways *s, const struct watch *w, struct bytes *in)
{
	const struct knowledge *k = w->k;

	for (uint32_t n = bytes_u32(in); n && !in->bad; n--) {
		uint32_t prefix = bytes_u32(in), path = bytes_u32(in), peer = bytes_u32(in);

		if (in->bad || prefix >= w->nprefix || peer >= PEERS ||
		    (k->peer_map && peer >= k->npeer_map))
			return false;
		ways_set(s, prefix, k->peer_map ? k->peer_map[peer] : (uint16_t)peer, path, true);
	}
	return !in->bad;
}
