/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/hello.h"

#include <string.h>

enum extension {
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_POINT_FORMATS = 11,
	EXT_SIGNATURES = 13,
	EXT_ALPN = 16,
	EXT_EXTENDED_MASTER = 23,
	EXT_VERSIONS = 43,
	EXT_PSK_MODES = 45,
	EXT_KEY_SHARE = 51,
	EXT_QUIC = 57,
	EXT_ECH = 0xfe0d,
};

/* A length that is written when what it counts is there. */
static size_t begin(struct buf *b, int size)
{
	for (int i = 0; i < size; i++)
		buf_u8(b, 0);
	return b->len;
}

static void end(struct buf *b, size_t start, int size)
{
	size_t n = b->len - start;

	for (int i = 1; i <= size; i++, n >>= 8)
		b->at[start - (size_t)i] = (char)(n & 255);
}

static void server_name(struct buf *b, const char *name)
{
	size_t ext, list, host;

	buf_u16(b, EXT_SERVER_NAME);
	ext = begin(b, 2);
	list = begin(b, 2);
	buf_u8(b, 0); /* host_name, RFC 6066 3 */
	host = begin(b, 2);
	buf_text(b, name);
	end(b, host, 2);
	end(b, list, 2);
	end(b, ext, 2);
}

static void alpn(struct buf *b, const char *const *protocol)
{
	size_t ext, list;

	buf_u16(b, EXT_ALPN);
	ext = begin(b, 2);
	list = begin(b, 2);
	for (; *protocol; protocol++) {
		buf_u8(b, (uint8_t)strlen(*protocol));
		buf_text(b, *protocol);
	}
	end(b, list, 2);
	end(b, ext, 2);
}

static void fixed(struct buf *b, uint16_t type, const void *p, size_t n)
{
	buf_u16(b, type);
	buf_u16(b, (uint16_t)n);
	buf_add(b, p, n);
}

/* GREASE ECH: of a shape that real ones have (HKDF-SHA256, AES-128-GCM), keyed to nobody. */
static void ech_grease(struct buf *b, const struct hello_spec *s)
{
	size_t ext;

	buf_u16(b, EXT_ECH);
	ext = begin(b, 2);
	buf_u8(b, 0); /* outer */
	buf_u16(b, 1);
	buf_u16(b, 1);
	buf_u8(b, s->random[0]);
	buf_u16(b, 32);
	buf_add(b, s->random, 32);
	buf_u16(b, 144);
	for (int i = 0; i < 144; i++)
		buf_u8(b, (uint8_t)(s->random[i % 32] ^ s->key[i * 7 % 32]));
	end(b, ext, 2);
}

void hello_write(struct buf *out, const struct hello_spec *s)
{
	static const uint8_t suites[] = {0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b, 0xc0,
					 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8};
	static const uint8_t groups[] = {0, 6, 0, 29, 0, 23, 0, 24};
	static const uint8_t points[] = {1, 0};
	static const uint8_t signatures[] = {0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1};
	static const uint8_t versions[] = {4, 3, 4, 3, 3}, version13[] = {2, 3, 4};
	static const uint8_t modes[] = {1, 1};
	size_t message, list, ext, ours;

	buf_u8(out, 1);
	message = begin(out, 3);
	buf_u16(out, 0x0303);
	buf_add(out, s->random, 32);
	buf_u8(out, s->session ? 32 : 0);
	if (s->session)
		buf_add(out, s->session, 32);
	/* QUIC has TLS 1.3 only. */
	list = begin(out, 2);
	buf_add(out, suites, s->quic ? 6 : sizeof(suites));
	end(out, list, 2);
	buf_u8(out, 1);
	buf_u8(out, 0);
	ext = begin(out, 2);
	if (s->server_name)
		server_name(out, s->server_name);
	if (!s->quic) {
		fixed(out, EXT_EXTENDED_MASTER, NULL, 0);
		fixed(out, EXT_POINT_FORMATS, points, sizeof(points));
	}
	fixed(out, EXT_GROUPS, groups, sizeof(groups));
	if (s->alpn)
		alpn(out, s->alpn);
	fixed(out, EXT_SIGNATURES, signatures, sizeof(signatures));
	buf_u16(out, EXT_KEY_SHARE);
	ours = begin(out, 2);
	buf_u16(out, 36);
	buf_u16(out, 29);
	buf_u16(out, 32);
	buf_add(out, s->key, 32);
	end(out, ours, 2);
	fixed(out, EXT_PSK_MODES, modes, sizeof(modes));
	if (s->quic) {
		fixed(out, EXT_VERSIONS, version13, sizeof(version13));
		fixed(out, EXT_QUIC, s->quic, s->nquic);
	} else {
		fixed(out, EXT_VERSIONS, versions, sizeof(versions));
	}
	if (s->ech_grease)
		ech_grease(out, s);
	end(out, ext, 2);
	end(out, message, 3);
}

void hello_records(struct buf *out, const struct hello_spec *spec, size_t split)
{
	struct buf message = {0};

	hello_write(&message, spec);
	if (!split || split > 16384)
		split = 16384;
	for (size_t at = 0; at < message.len; at += split) {
		size_t n = message.len - at < split ? message.len - at : split;

		buf_u8(out, 22);
		buf_u16(out, 0x0301);
		buf_u16(out, (uint16_t)n);
		buf_add(out, message.at + at, n);
	}
	buf_free(&message);
}

enum hello_answer hello_answer(const void *p, size_t n, uint8_t *alert)
{
	const uint8_t *b = p;

	*alert = 0;
	if (!n)
		return ANSWER_NOTHING;
	if ((b[0] != 21 && b[0] != 22) || (n > 1 && b[1] != 3))
		return ANSWER_OTHER;
	if (n < 6)
		return ANSWER_NOTHING;
	if (b[0] == 22)
		return b[5] == 2 ? ANSWER_SERVER_HELLO : ANSWER_OTHER;
	if (b[3] || b[4] != 2)
		return ANSWER_OTHER;
	if (n < 7)
		return ANSWER_NOTHING;
	*alert = b[6];
	return ANSWER_ALERT;
}

bool hello_server_name(struct bytes b, char *out, size_t n)
{
	struct bytes body, list;

	if (bytes_u8(&b) != 1)
		return false;
	body = bytes_sub(&b, bytes_u24(&b));
	bytes_skip(&body, 34);
	bytes_skip(&body, bytes_u8(&body));
	bytes_skip(&body, bytes_u16(&body));
	bytes_skip(&body, bytes_u8(&body));
	list = bytes_sub(&body, bytes_u16(&body));
	while (bytes_left(&list)) {
		uint16_t type = bytes_u16(&list);
		struct bytes ext = bytes_sub(&list, bytes_u16(&list));

		if (type != EXT_SERVER_NAME)
			continue;
		struct bytes names = bytes_sub(&ext, bytes_u16(&ext));

		if (bytes_u8(&names))
			return false;
		size_t len = bytes_u16(&names);
		const uint8_t *name = bytes_take(&names, len);

		if (!name || len >= n || memchr(name, 0, len))
			return false;
		memcpy(out, name, len);
		out[len] = '\0';
		return true;
	}
	return false;
}
