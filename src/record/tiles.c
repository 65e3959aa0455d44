/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/tiles.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/disk.h"

#define KEEP 64 /* tiles in memory */
#define TILE_BYTES (TILE_WIDTH * TREE_HASH)

struct tile {
	uint64_t n, used;
	int level; /* -2: empty slot, -1: entries */
	unsigned width;
	struct buf data;
};

struct tiles {
	char *dir;
	uint64_t size, clock;
	struct tile keep[KEEP];
};

void tile_path(struct buf *out, int level, uint64_t n, unsigned width)
{
	uint16_t part[8];
	int parts = 0;

	if (level < 0)
		buf_text(out, "tile/entries/");
	else
		buf_printf(out, "tile/%d/", level);
	do {
		part[parts++] = (uint16_t)(n % 1000);
		n /= 1000;
	} while (n);
	while (parts-- > 0)
		buf_printf(out, parts ? "x%03u/" : "%03u", part[parts]);
	if (width < TILE_WIDTH)
		buf_printf(out, ".p/%u", width);
}

struct tiles *tiles_open(const char *dir, uint64_t size)
{
	struct tiles *t = mem_zero(1, sizeof(*t));

	t->dir = mem_text(dir);
	t->size = size;
	for (int i = 0; i < KEEP; i++)
		t->keep[i].level = -2;
	return t;
}

void tiles_close(struct tiles *t)
{
	if (!t)
		return;
	for (int i = 0; i < KEEP; i++)
		buf_free(&t->keep[i].data);
	free(t->dir);
	free(t);
}

/* Hashes that level L's tile n has in a tree of size leaves. */
static unsigned width_of(uint64_t size, int level, uint64_t n)
{
	uint64_t hashes = level < 0 ? size : level < 8 ? size >> (8 * level) : 0;

	if (hashes / TILE_WIDTH > n)
		return TILE_WIDTH;
	return hashes / TILE_WIDTH == n ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

static struct tile *tile(struct tiles *t, int level, uint64_t n, struct err *err)
{
	unsigned width = width_of(t->size, level, n);
	struct tile *slot = &t->keep[0];
	struct buf path = {0};
	bool ok;

	for (int i = 0; i < KEEP; i++) {
		if (t->keep[i].level == level && t->keep[i].n == n) {
			t->keep[i].used = ++t->clock;
			return &t->keep[i];
		}
		if (t->keep[i].used < slot->used)
			slot = &t->keep[i];
	}
	if (!width) {
		err_set(err, "no such tile in a tree of %" PRIu64 " leaves", t->size);
		return NULL;
	}
	slot->level = -2;
	buf_reset(&slot->data);
	buf_printf(&path, "%s/", t->dir);
	tile_path(&path, level, n, width);
	ok = disk_read(path.at, &slot->data, UINT64_C(64) << 20, err);
	/* A log may have grown, and its partial tiles gone: the full one has the same beginning. */
	if (!ok && width < TILE_WIDTH) {
		struct err other;

		buf_reset(&path);
		buf_reset(&slot->data);
		buf_printf(&path, "%s/", t->dir);
		tile_path(&path, level, n, TILE_WIDTH);
		ok = disk_read(path.at, &slot->data, UINT64_C(64) << 20, &other);
	}
	if (ok && level >= 0 && slot->data.len < (size_t)width * TREE_HASH)
		ok = err_set(err, "%s: a tile that is cut", path.at);
	buf_free(&path);
	if (!ok)
		return NULL;
	slot->level = level;
	slot->n = n;
	slot->width = width;
	slot->used = ++t->clock;
	return slot;
}

static bool get(void *arg, unsigned level, uint64_t index, struct tree_hash *out)
{
	unsigned within = level % 8;
	uint64_t first = index << within;
	struct tree_hash h[TILE_WIDTH];
	struct err err;
	struct tile *tl = tile(arg, (int)(level / 8), first / TILE_WIDTH, &err);
	unsigned at = (unsigned)(first % TILE_WIDTH), n = 1U << within;

	if (!tl || at + n > tl->width)
		return false;
	memcpy(h, tl->data.at + (size_t)at * TREE_HASH, (size_t)n * TREE_HASH);
	for (; n > 1; n /= 2)
		for (unsigned i = 0; i < n / 2; i++)
			h[i] = tree_node(&h[2 * i], &h[2 * i + 1]);
	*out = h[0];
	return true;
}

struct tree_source tiles_source(struct tiles *t)
{
	return (struct tree_source){get, t};
}

bool tiles_entry(struct tiles *t, uint64_t i, struct buf *out, struct err *err)
{
	struct tile *tl = i < t->size ? tile(t, -1, i / TILE_WIDTH, err) : NULL;
	size_t at = 0;

	if (i >= t->size)
		return err_set(err, "no leaf %" PRIu64 " in a tree of %" PRIu64, i, t->size);
	if (!tl)
		return false;
	for (unsigned k = 0;; k++) {
		const uint8_t *p = (const uint8_t *)tl->data.at + at;
		size_t n;

		if (tl->data.len - at < 2 || tl->data.len - at - 2 < (n = (size_t)p[0] << 8 | p[1]))
			return err_set(err, "an entries tile that is cut");
		if (k == i % TILE_WIDTH) {
			buf_add(out, p + 2, n);
			return true;
		}
		at += 2 + n;
	}
}

static bool put(const char *dir, int level, uint64_t n, unsigned width, const struct buf *data,
		struct err *err)
{
	struct buf path = {0};
	bool ok;

	buf_printf(&path, "%s/", dir);
	tile_path(&path, level, n, width);
	ok = disk_put(path.at, data->at, data->len, err);
	buf_free(&path);
	return ok;
}

/* Writes the tiles of one level that have new hashes, and their roots are the next level's. */
static bool grow_level(const char *dir, int level, uint64_t from, uint64_t to, struct err *err)
{
	struct tiles *below = tiles_open(dir, to);
	uint64_t had = from >> (8 * level), have = to >> (8 * level);
	struct buf data = {0};
	bool ok = true;

	/* tiles_open at size `to`: level - 1 is written already. */
	for (uint64_t n = had / TILE_WIDTH; ok && n * TILE_WIDTH < have; n++) {
		unsigned width = width_of(to, level, n);

		buf_reset(&data);
		for (unsigned i = 0; ok && i < width; i++) {
			struct tree_hash h;

			ok = get(below, 8 * (unsigned)level - 1, 2 * (n * TILE_WIDTH + i), &h);
			if (ok) {
				struct tree_hash r;

				ok = get(below, 8 * (unsigned)level - 1,
					 2 * (n * TILE_WIDTH + i) + 1, &r);
				h = tree_node(&h, &r);
			}
			if (!ok)
				err_set(err, "%s: a tile of level %d cannot be read", dir,
					level - 1);
			buf_add(&data, h.at, TREE_HASH);
		}
		ok = ok && put(dir, level, n, width, &data, err);
	}
	buf_free(&data);
	tiles_close(below);
	return ok;
}

bool tiles_grow(const char *dir, uint64_t from, uint64_t to,
		bool (*leaf)(void *arg, uint64_t i, struct buf *data, struct err *err), void *arg,
		struct err *err)
{
	struct buf data = {0}, entries = {0}, hashes = {0};
	bool ok = true;

	for (uint64_t n = from / TILE_WIDTH; ok && from < to && n * TILE_WIDTH < to; n++) {
		unsigned width = width_of(to, 0, n);

		buf_reset(&entries);
		buf_reset(&hashes);
		for (unsigned i = 0; ok && i < width; i++) {
			struct tree_hash h;

			buf_reset(&data);
			ok = leaf(arg, n * TILE_WIDTH + i, &data, err);
			if (ok && data.len > UINT16_MAX)
				ok = err_set(err, "a leaf of more than 65,535 bytes");
			if (!ok)
				break;
			buf_u16(&entries, (uint16_t)data.len);
			buf_add(&entries, data.at, data.len);
			h = tree_leaf(data.at, data.len);
			buf_add(&hashes, h.at, TREE_HASH);
		}
		ok = ok && put(dir, -1, n, width, &entries, err) &&
		     put(dir, 0, n, width, &hashes, err);
	}
	for (int level = 1; ok && level < 8 && to >> (8 * level); level++)
		ok = grow_level(dir, level, from, to, err);
	buf_free(&data);
	buf_free(&entries);
	buf_free(&hashes);
	return ok;
}
