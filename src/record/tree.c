/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/tree.h"

#include <string.h>

struct tree_hash tree_leaf(const void *data, size_t n)
{
	struct tree_hash out;

	sha256_pair("\0", 1, data, n, out.at);
	return out;
}

struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right)
{
	struct tree_hash out;
	uint8_t both[1 + 2 * TREE_HASH];

	both[0] = 1;
	memcpy(both + 1, left->at, TREE_HASH);
	memcpy(both + 1 + TREE_HASH, right->at, TREE_HASH);
	sha256(both, sizeof(both), out.at);
	return out;
}

struct tree_hash tree_empty(void)
{
	struct tree_hash out;

	sha256("", 0, out.at);
	return out;
}

static bool eq(const struct tree_hash *a, const struct tree_hash *b)
{
	return !memcmp(a->at, b->at, TREE_HASH);
}

unsigned tree_parts(const struct tree *t)
{
	return (unsigned)__builtin_popcountll(t->n);
}

void tree_push(struct tree *t, const struct tree_hash *leaf)
{
	unsigned parts = tree_parts(t);
	struct tree_hash h = *leaf;

	/* Like adding one in binary: each one bit at the low end carries. */
	for (uint64_t n = t->n; n & 1; n >>= 1)
		h = tree_node(&t->right[--parts], &h);
	t->right[parts] = h;
	t->n++;
}

struct tree_hash tree_root(const struct tree *t)
{
	unsigned parts = tree_parts(t);
	struct tree_hash h;

	if (!parts)
		return tree_empty();
	h = t->right[--parts];
	while (parts)
		h = tree_node(&t->right[--parts], &h);
	return h;
}

/* The largest power of two below n, for n of 2 and more. */
static unsigned split_level(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* MTH(D[start:start + n]) where start is a multiple of the next power of two of n. */
static bool range(const struct tree_source *s, uint64_t start, uint64_t n, struct tree_hash *out)
{
	struct tree_hash left, right;
	unsigned level;

	if (!(n & (n - 1))) {
		level = (unsigned)__builtin_ctzll(n);
		return s->get(s->arg, level, start >> level, out);
	}
	level = split_level(n);
	if (!s->get(s->arg, level, start >> level, &left) ||
	    !range(s, start + (UINT64_C(1) << level), n - (UINT64_C(1) << level), &right))
		return false;
	*out = tree_node(&left, &right);
	return true;
}

bool tree_root_of(const struct tree_source *s, uint64_t n, struct tree_hash *root)
{
	if (!n) {
		*root = tree_empty();
		return true;
	}
	return range(s, 0, n, root);
}

bool tree_inclusion(const struct tree_source *s, uint64_t index, uint64_t n,
		    struct tree_hash *proof, size_t *nproof)
{
	struct tree_hash down[TREE_PROOF_MAX];
	uint64_t start = 0;
	size_t k = 0;

	if (index >= n)
		return false;
	/* PATH(m, D[n]) of RFC 6962 2.1.1 from the root down; told from the leaf up. */
	while (n > 1) {
		uint64_t half = UINT64_C(1) << split_level(n);

		if (index - start < half) {
			if (!range(s, start + half, n - half, &down[k++]))
				return false;
			n = half;
		} else {
			if (!range(s, start, half, &down[k++]))
				return false;
			start += half;
			n -= half;
		}
	}
	for (size_t i = 0; i < k; i++)
		proof[i] = down[k - 1 - i];
	*nproof = k;
	return true;
}

bool tree_consistency(const struct tree_source *s, uint64_t old, uint64_t n,
		      struct tree_hash *proof, size_t *nproof)
{
	struct tree_hash down[TREE_PROOF_MAX];
	uint64_t start = 0, m = old;
	size_t k = 0;

	*nproof = 0;
	if (!old || old > n)
		return false;
	/* SUBPROOF(m, D[n], b) of RFC 6962 2.1.2; start is 0 as long as b is true. */
	while (m != n) {
		uint64_t half = UINT64_C(1) << split_level(n);

		if (m <= half) {
			if (!range(s, start + half, n - half, &down[k++]))
				return false;
			n = half;
		} else {
			if (!range(s, start, half, &down[k++]))
				return false;
			start += half;
			m -= half;
			n -= half;
		}
	}
	if (start && !range(s, start, n, &down[k++]))
		return false;
	for (size_t i = 0; i < k; i++)
		proof[i] = down[k - 1 - i];
	*nproof = k;
	return true;
}

bool tree_inclusion_ok(uint64_t index, uint64_t n, const struct tree_hash *leaf,
		       const struct tree_hash *proof, size_t nproof, const struct tree_hash *root)
{
	struct tree_hash r = *leaf;
	uint64_t fn = index, sn;

	if (index >= n)
		return false;
	sn = n - 1;
	for (size_t i = 0; i < nproof; i++) {
		if (!sn)
			return false;
		if ((fn & 1) || fn == sn) {
			r = tree_node(&proof[i], &r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = tree_node(&r, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return !sn && eq(&r, root);
}

bool tree_consistency_ok(uint64_t old, uint64_t n, const struct tree_hash *old_root,
			 const struct tree_hash *root, const struct tree_hash *proof, size_t nproof)
{
	struct tree_hash fr, sr, none = tree_empty();
	uint64_t fn, sn;
	size_t i = 0;

	if (old > n)
		return false;
	if (old == n)
		return !nproof && eq(old_root, root) && (n || eq(root, &none));
	/* An empty tree is the beginning of every tree, and that proves nothing. */
	if (!old || !nproof)
		return false;
	fn = old - 1;
	sn = n - 1;
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	/* A size that is a power of two stands for its own root. */
	fr = sr = fn ? proof[i++] : *old_root;
	for (; i < nproof; i++) {
		if (!sn)
			return false;
		if ((fn & 1) || fn == sn) {
			fr = tree_node(&proof[i], &fr);
			sr = tree_node(&proof[i], &sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = tree_node(&sr, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return !sn && eq(&fr, old_root) && eq(&sr, root);
}

/* Is [start, end) one of the subtrees that a tree can have? */
static bool subtree(uint64_t start, uint64_t end)
{
	uint64_t n = end - start, round;

	if (start >= end)
		return false;
	round = n > 1 ? UINT64_C(2) << split_level(n) : 1;
	return !start || (round && !(start & (round - 1)));
}

bool tree_subtree_inclusion_ok(uint64_t index, uint64_t start, uint64_t end,
			       const struct tree_hash *leaf, const struct tree_hash *proof,
			       size_t nproof, const struct tree_hash *root)
{
	return subtree(start, end) && index >= start &&
	       tree_inclusion_ok(index - start, end - start, leaf, proof, nproof, root);
}

bool tree_subtree_consistency_ok(uint64_t start, uint64_t end, uint64_t n,
				 const struct tree_hash *subroot, const struct tree_hash *root,
				 const struct tree_hash *proof, size_t nproof)
{
	struct tree_hash fr, sr;
	uint64_t fn = start, sn = end - 1, tn = n - 1;
	size_t i = 0;

	/* Nothing is part of everything. */
	if (start == end && end <= n) {
		fr = tree_empty();
		return !nproof && eq(subroot, &fr);
	}
	if (!subtree(start, end) || end > n)
		return false;
	while (fn != sn && (sn == tn || (sn & 1))) {
		fn >>= 1;
		sn >>= 1;
		tn >>= 1;
	}
	if (fn != sn && !nproof)
		return false;
	fr = sr = fn == sn ? *subroot : proof[i++];
	for (; i < nproof; i++) {
		if (!tn)
			return false;
		if ((sn & 1) || sn == tn) {
			if (fn < sn)
				fr = tree_node(&proof[i], &fr);
			sr = tree_node(&proof[i], &sr);
			while (!(sn & 1) && sn) {
				fn >>= 1;
				sn >>= 1;
				tn >>= 1;
			}
		} else {
			sr = tree_node(&sr, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
		tn >>= 1;
	}
	return !tn && eq(&fr, subroot) && eq(&sr, root);
}
