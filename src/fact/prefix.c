/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/prefix.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/hash.h"

int prefix_cmp(struct prefix a, struct prefix b)
{
	if (a.v6 != b.v6)
		return a.v6 < b.v6 ? -1 : 1;
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	if (a.lo != b.lo)
		return a.lo < b.lo ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

uint64_t prefix_hash(struct prefix p)
{
	return hash_u64(p.hi ^
			hash_mum(p.lo ^ 0x2545f4914f6cdd1du, (uint64_t)p.len << 1 | p.v6 | 512));
}

struct prefix prefix_wire(const uint8_t *at, unsigned len, bool v6)
{
	struct prefix p = {.len = (uint8_t)len, .v6 = v6};
	size_t n = (len + 7) / 8;

	for (size_t i = 0; i < n && i < 8; i++)
		p.hi |= (uint64_t)at[i] << (56 - 8 * i);
	for (size_t i = 8; i < n && i < 16; i++)
		p.lo |= (uint64_t)at[i] << (120 - 8 * i);
	return prefix_masked(p);
}

struct addr addr_wire(const uint8_t *at, bool v6)
{
	struct prefix p = prefix_wire(at, v6 ? 128 : 32, v6);

	return (struct addr){p.hi, p.lo, p.v6};
}

void addr_to_wire(struct addr a, uint8_t out[16])
{
	for (int i = 0; i < 8; i++) {
		out[i] = (uint8_t)(a.hi >> (56 - 8 * i));
		out[8 + i] = (uint8_t)(a.lo >> (56 - 8 * i));
	}
}

bool addr_parse(const char *s, size_t n, struct addr *out)
{
	char text[48];
	uint8_t wire[16];
	bool v6;

	if (!n || n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	v6 = strchr(text, ':') != NULL;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, wire) != 1)
		return false;
	*out = addr_wire(wire, v6);
	return true;
}

bool prefix_parse(const char *s, size_t n, struct prefix *out)
{
	const char *slash = n ? memchr(s, '/', n) : NULL;
	struct addr a;
	struct prefix p;
	unsigned len = 0;

	if (!addr_parse(s, slash ? (size_t)(slash - s) : n, &a))
		return false;
	if (slash) {
		size_t nlen = n - (size_t)(slash - s) - 1;

		if (!nlen || nlen > 3 || (slash[1] == '0' && nlen > 1))
			return false;
		for (size_t i = 0; i < nlen; i++) {
			unsigned c = (unsigned char)slash[1 + i] - '0';

			if (c > 9)
				return false;
			len = len * 10 + c;
		}
		if (len > (a.v6 ? 128 : 32))
			return false;
	} else {
		len = a.v6 ? 128 : 32;
	}
	p = (struct prefix){a.hi, a.lo, (uint8_t)len, a.v6};
	*out = prefix_masked(p);
	return prefix_eq(p, *out);
}

void addr_put(struct buf *b, struct addr a)
{
	if (a.v6) {
		char t[INET6_ADDRSTRLEN];
		uint8_t wire[16];

		addr_to_wire(a, wire);
		inet_ntop(AF_INET6, wire, t, sizeof(t));
		buf_text(b, t);
		return;
	}
	char *at = buf_room(b, 15), *p = at;

	for (int i = 0; i < 4; i++) {
		unsigned v = (unsigned)(a.hi >> (56 - 8 * i)) & 255;

		if (i)
			*p++ = '.';
		if (v >= 100)
			*p++ = (char)('0' + v / 100);
		if (v >= 10)
			*p++ = (char)('0' + v / 10 % 10);
		*p++ = (char)('0' + v % 10);
	}
	*p = '\0';
	b->len += (size_t)(p - at);
}

void prefix_put(struct buf *b, struct prefix p)
{
	addr_put(b, (struct addr){p.hi, p.lo, p.v6});
	buf_char(b, '/');
	buf_dec(b, p.len);
}

char *addr_text(char out[PREFIX_TEXT], struct addr a)
{
	uint8_t wire[16];

	addr_to_wire(a, wire);
	inet_ntop(a.v6 ? AF_INET6 : AF_INET, wire, out, PREFIX_TEXT);
	return out;
}

char *prefix_text(char out[PREFIX_TEXT], struct prefix p)
{
	size_t n;
	unsigned len = p.len;

	addr_text(out, (struct addr){p.hi, p.lo, p.v6});
	n = strlen(out);
	out[n++] = '/';
	if (len >= 100)
		out[n++] = (char)('0' + len / 100);
	if (len >= 10)
		out[n++] = (char)('0' + len / 10 % 10);
	out[n++] = (char)('0' + len % 10);
	out[n] = '\0';
	return out;
}
