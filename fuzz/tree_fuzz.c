/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/tiles.h"
#include "record/tree.h"
#include "scratch.h"

#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LEAVES 600

static bool leaf_hash(void *arg, unsigned level, uint64_t index, struct tree_hash *out)
{
	/* The hash of the complete subtree over leaves index << level …: leaf i is the number i. */
	struct tree_hash a, b;
	uint32_t i = (uint32_t)index;

	if (!level) {
		*out = tree_leaf(&i, sizeof(i));
		return true;
	}
	leaf_hash(arg, level - 1, index * 2, &a);
	leaf_hash(arg, level - 1, index * 2 + 1, &b);
	*out = tree_node(&a, &b);
	return true;
}

/* The first tile of hashes and of entries of a tree of n leaves, whatever stands in them. */
static void tiles(uint64_t n, const void *p, size_t size)
{
	char path[128];
	struct buf name = {0}, out = {0};
	struct tree_hash root, proof[TREE_PROOF_MAX];
	struct tree_source source;
	struct tiles *t;
	struct err err;
	size_t nproof;

	for (int level = -1; level < 1; level++) {
		buf_reset(&name);
		tile_path(&name, level, 0, (unsigned)n);
		for (size_t i = 1; i < name.len; i++)
			if (name.at[i] == '/') {
				snprintf(path, sizeof(path), "%s/%.*s", scratch_dir(), (int)i,
					 name.at);
				mkdir(path, 0700);
			}
		scratch_put(name.at, p, size);
	}
	t = tiles_open(scratch_dir(), n);
	source = tiles_source(t);
	tree_root_of(&source, n, &root);
	tree_inclusion(&source, n / 2, n, proof, &nproof);
	tree_consistency(&source, n / 2, n, proof, &nproof);
	for (uint64_t i = 0; i < n; i++)
		tiles_entry(t, i, &out, &err);
	tiles_close(t);
	buf_free(&name);
	buf_free(&out);
}

/* Proofs of two kinds: true ones of small trees, which verify and do not when a bit of them is
 * changed, and the input as a proof; and the input as tiles. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_source source = {.get = leaf_hash};
	struct bytes in = bytes_of(data, size);
	uint64_t index = bytes_u64(&in), n = bytes_u64(&in), small = 1 + n % LEAVES,
		 at = index % small, flip;
	struct tree_hash proof[TREE_PROOF_MAX] = {0}, leaf, root, old;
	size_t nproof = 0;

	if (in.bad)
		return 0;
	bytes_copy(&in, leaf.at, TREE_HASH);
	bytes_copy(&in, root.at, TREE_HASH);
	while (bytes_left(&in) >= TREE_HASH && nproof < TREE_PROOF_MAX)
		bytes_copy(&in, proof[nproof++].at, TREE_HASH);
	tree_inclusion_ok(index, n, &leaf, proof, nproof, &root);
	tree_consistency_ok(index, n, &leaf, &root, proof, nproof);
	tree_subtree_inclusion_ok(index, n, n + nproof, &leaf, proof, nproof, &root);
	tree_subtree_consistency_ok(index, n, n + nproof, &leaf, &root, proof, nproof);

	tiles(1 + n % 4, data + 16, size - 16);

	flip = size > 16 ? data[16] : 0;
	if (!tree_root_of(&source, small, &root) ||
	    !tree_inclusion(&source, at, small, proof, &nproof))
		abort();
	leaf_hash(NULL, 0, at, &leaf);
	if (!tree_inclusion_ok(at, small, &leaf, proof, nproof, &root))
		abort();
	if (nproof) {
		proof[flip % nproof].at[flip % TREE_HASH] ^= 1;
		if (tree_inclusion_ok(at, small, &leaf, proof, nproof, &root))
			abort();
	}
	if (!at)
		return 0;
	if (!tree_root_of(&source, at, &old) ||
	    !tree_consistency(&source, at, small, proof, &nproof) ||
	    !tree_consistency_ok(at, small, &old, &root, proof, nproof))
		abort();
	if (nproof) {
		proof[flip % nproof].at[flip % TREE_HASH] ^= 1;
		if (tree_consistency_ok(at, small, &old, &root, proof, nproof))
			abort();
	}
	return 0;
}
