/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * A tree as files that any web server can serve: c2sp.org/tlog-tiles. tile/<L>/<N> holds 256
 * hashes of level 8·L, or W of them as tile/<L>/<N>.p/<W>; tile/entries/<N> holds the leaves'
 * data, each after its length in two bytes. Full tiles never change; a partial tile of a width
 * that was written never changes either.
 */
#ifndef RECORD_TILES_H
#define RECORD_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/tree.h"

#define TILE_WIDTH 256

/* "tile/0/x001/x234/067" or with ".p/5"; level < 0 is "tile/entries/…"; width 256 is a full one. */
void tile_path(struct buf *out, int level, uint64_t n, unsigned width);

/* A tree source over the tiles of a tree of `size` leaves under dir. It keeps the tiles that it
 * read last, and checks nothing: a caller compares roots. */
struct tiles;
struct tiles *tiles_open(const char *dir, uint64_t size);
void tiles_close(struct tiles *t);
struct tree_source tiles_source(struct tiles *t);
/* Leaf i's data onto the end of out. */
bool tiles_entry(struct tiles *t, uint64_t i, struct buf *out, struct err *err);

/*
 * Grows the tiles under dir from a tree of `from` leaves to one of `to`. leaf() gives the data of
 * the leaves from `from` / 256 * 256 on, one after another (the last tile is written anew when it
 * was partial). Each file appears whole or not at all.
 */
bool tiles_grow(const char *dir, uint64_t from, uint64_t to,
		bool (*leaf)(void *arg, uint64_t i, struct buf *data, struct err *err), void *arg,
		struct err *err);

#endif
