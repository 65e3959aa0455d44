/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The Merkle tree of RFC 6962 section 2.1 (the same in RFC 9162), with SHA-256: hashes, roots,
 * inclusion and consistency proofs, and their verification. Nothing here does input or output.
 *
 * A subtree that is complete has an address: (level, index) covers the leaves
 * [index << level, (index + 1) << level). A proof is an array of hashes, from the leaf upwards.
 */
#ifndef RECORD_TREE_H
#define RECORD_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"

#define TREE_HASH SHA256_SIZE
#define TREE_PROOF_MAX 128 /* hashes in any proof, of a tree of up to 2^63 leaves */

struct tree_hash {
	uint8_t at[TREE_HASH];
};

/* SHA-256(0x00 || data), SHA-256(0x01 || left || right), SHA-256(""). */
struct tree_hash tree_leaf(const void *data, size_t n);
struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right);
struct tree_hash tree_empty(void);

/*
 * A tree that grows: the roots of its complete subtrees, the largest first (one for each bit that
 * is set in n). A zeroed one is empty.
 */
struct tree {
	uint64_t n; /* leaves */
	struct tree_hash right[64];
};

void tree_push(struct tree *t, const struct tree_hash *leaf);
struct tree_hash tree_root(const struct tree *t);
unsigned tree_parts(const struct tree *t); /* how many of `right` are in use */

/* Gives the hash of a complete subtree; false when it cannot be had. */
struct tree_source {
	bool (*get)(void *arg, unsigned level, uint64_t index, struct tree_hash *out);
	void *arg;
};

/* The root of the first n leaves; the proofs that leaf `index` is in a tree of n leaves, and that
 * a tree of `old` leaves is its beginning. False: a hash could not be had, or index or old do not
 * fit n. proof has room for TREE_PROOF_MAX. */
bool tree_root_of(const struct tree_source *s, uint64_t n, struct tree_hash *root);
bool tree_inclusion(const struct tree_source *s, uint64_t index, uint64_t n,
		    struct tree_hash *proof, size_t *nproof);
bool tree_consistency(const struct tree_source *s, uint64_t old, uint64_t n,
		      struct tree_hash *proof, size_t *nproof);

/* RFC 9162 2.1.3.2 and 2.1.4.2. */
bool tree_inclusion_ok(uint64_t index, uint64_t n, const struct tree_hash *leaf,
		       const struct tree_hash *proof, size_t nproof, const struct tree_hash *root);
bool tree_consistency_ok(uint64_t old, uint64_t n, const struct tree_hash *old_root,
			 const struct tree_hash *root, const struct tree_hash *proof,
			 size_t nproof);

/* The same for the leaves [start, end) of a tree, which must be one of its subtrees
 * (draft-ietf-plants-merkle-tree-certs): start is a multiple of a power of two that is at least
 * end - start. */
bool tree_subtree_inclusion_ok(uint64_t index, uint64_t start, uint64_t end,
			       const struct tree_hash *leaf, const struct tree_hash *proof,
			       size_t nproof, const struct tree_hash *root);
bool tree_subtree_consistency_ok(uint64_t start, uint64_t end, uint64_t n,
				 const struct tree_hash *subroot, const struct tree_hash *root,
				 const struct tree_hash *proof, size_t nproof);

#endif
