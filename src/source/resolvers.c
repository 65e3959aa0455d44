/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Lists of public resolvers: Markdown with a heading a resolver and its DNS stamps below, as
 * DNSCrypt's lists are (dnscrypt.info/stamps-specifications). Prose is passed over.
 */
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "source/places.h"

static int recognise(const uint8_t *at, size_t n)
{
	if (n && at[0] == '#' && rows_has(at, n, "\n## ") && rows_has(at, n, "sdns://"))
		return 85;
	return n >= 7 && !memcmp(at, "sdns://", 7) ? 85 : 0;
}

/* A length and that many bytes; the length's top bit means that more follow. */
static const char *field(struct arena *a, struct bytes *b, bool *more)
{
	uint8_t n = bytes_u8(b);
	const uint8_t *p = bytes_take(b, n & 127);

	if (more)
		*more = n & 128;
	return p ? arena_textn(a, (const char *)p, n & 127) : "";
}

static const char *stamp(struct arena *a, struct row_text line, struct resolver *out)
{
	char *text = arena_textn(a, line.at + 7, line.n - 7);
	size_t n;
	const uint8_t *raw;
	struct bytes b;
	uint8_t props;
	bool more = false;

	for (char *c = text; *c; c++)
		*c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
	raw = base64_decode(a, text, strlen(text), &n);
	if (!raw)
		return "a DNS stamp that is not base64url";
	b = bytes_of(raw, n);
	out->protocol = bytes_u8(&b);
	out->addr = out->host = out->path = "";
	if (out->protocol == 0x81) {
		out->addr = field(a, &b, NULL);
	} else {
		props = bytes_u8(&b);
		bytes_skip(&b, 7);
		out->dnssec = props & 1;
		out->nolog = props & 2;
		out->nofilter = props & 4;
		switch (out->protocol) {
		case 0:
			out->addr = field(a, &b, NULL);
			break;
		case 1:
			out->addr = field(a, &b, NULL);
			(void)field(a, &b, NULL); /* public key */
			out->host = field(a, &b, NULL);
			break;
		case 2:
		case 3:
		case 4:
		case 0x85:
			out->addr = field(a, &b, NULL);
			do
				(void)field(a, &b, &more); /* digests of certificates */
			while (more && !b.bad);
			out->host = field(a, &b, NULL);
			if (out->protocol == 2 || out->protocol == 0x85)
				out->path = field(a, &b, NULL);
			break;
		case 5:
			out->host = field(a, &b, NULL);
			out->path = field(a, &b, NULL);
			break;
		default:
			return "a DNS stamp of a protocol that I do not know";
		}
	}
	return b.bad ? "a DNS stamp that ends too early" : NULL;
}

static const char *row(struct line_table *t, struct row_text line)
{
	struct resolver x = {0};
	const char *why;

	line = rows_trim(line);
	if (line.n > 3 && !memcmp(line.at, "## ", 3)) {
		size_t n = line.n - 3 < sizeof(t->room) - 1 ? line.n - 3 : sizeof(t->room) - 1;

		memcpy(t->room, line.at + 3, n);
		t->room[n] = 0;
		return ROW_NONE;
	}
	if (line.n < 7 || memcmp(line.at, "sdns://", 7))
		return ROW_NONE;
	why = stamp(&t->rows.text, line, &x);
	if (why)
		return why;
	x.name = arena_text(&t->rows.text, t->room);
	rows_add(&t->rows, FACT_RESOLVER)->resolver = x;
	return NULL;
}

static bool open_list(struct reader *r, struct err *err)
{
	(void)err;
	return line_table_open(r, row, "");
}

const struct source source_resolvers = {
    .name = "resolvers",
    .about = "public resolvers as DNS stamps (DNSCrypt's lists)",
    .class = SOURCE_TABLE,
    .head = 8192,
    .recognise = recognise,
    .open = open_list,
    .next = line_table_next,
    .close = line_table_close,
};
