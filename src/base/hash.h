/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Hashing for tables in memory: fast, not for adversaries that choose their keys with care and
 * never for evidence (that is SHA-256, base/sha256.h). Tables that hostile input can fill probe
 * linearly with a bounded load.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A good mixer of one word (the finaliser of splitmix64, Steele et al. 2014). */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static inline uint64_t hash_mum(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Any bytes; 16 a step by multiply and fold. */
static inline uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
	const uint8_t *s = p;
	uint64_t h = seed ^ 0x9e3779b97f4a7c15u, a, b;
	size_t left = n;

	for (; left > 16; left -= 16, s += 16) {
		memcpy(&a, s, 8);
		memcpy(&b, s + 8, 8);
		h = hash_mum(a ^ 0xa0761d6478bd642fu, b ^ h);
	}
	a = b = 0;
	if (left >= 8) {
		memcpy(&a, s, 8);
		memcpy(&b, s + left - 8, 8);
	} else if (left >= 4) {
		uint32_t x, y;

		memcpy(&x, s, 4);
		memcpy(&y, s + left - 4, 4);
		a = x;
		b = y;
	} else if (left) {
		a = (uint64_t)s[0] << 16 | (uint64_t)s[left >> 1] << 8 | s[left - 1];
	}
	return hash_mum(hash_mum(a ^ 0xe7037ed1a0b428dbu, b ^ h), n ^ 0x8ebc6af09c88c6e3u);
}

#endif
