/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/dns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Adds a name in wire form; false when it is none. */
static bool put_name(struct buf *out, const char *name)
{
	size_t total = 0, n = strlen(name);

	if (n && name[n - 1] == '.')
		n--;
	for (size_t at = 0; at < n;) {
		const char *dot = memchr(name + at, '.', n - at);
		size_t label = dot ? (size_t)(dot - name) - at : n - at;

		if (!label || label > 63 || (total += label + 1) > 254)
			return false;
		buf_u8(out, (uint8_t)label);
		buf_add(out, name + at, label);
		at += label + 1;
		if (dot && at == n)
			return false; /* two dots at the end */
	}
	buf_u8(out, 0);
	return true;
}

bool dns_query(struct buf *out, uint16_t id, const char *name, uint16_t type, uint16_t flags,
	       uint16_t udp_size)
{
	buf_u16(out, id);
	buf_u16(out, flags);
	buf_u16(out, 1);
	buf_u16(out, 0);
	buf_u16(out, 0);
	buf_u16(out, udp_size ? 1 : 0);
	if (!put_name(out, name))
		return false;
	buf_u16(out, type);
	buf_u16(out, 1);
	if (udp_size) {
		buf_u8(out, 0);
		buf_u16(out, DNS_OPT);
		buf_u16(out, udp_size);
		buf_u32(out, 0);
		buf_u16(out, 0);
	}
	return true;
}

/*
 * Reads a name at b, following pointers within the whole message. Text is lower case; bytes that
 * are no letter, digit, '-' or '_' become \DDD (RFC 1035 5.1), so that nothing odd reaches a
 * terminal or a comparison. NULL: malformed.
 */
static const char *name(struct arena *a, struct bytes *b, const uint8_t *start, const char **why)
{
	char text[4 * DNS_NAME];
	struct bytes at = *b;
	const uint8_t *limit = b->at; /* pointers must go before this */
	size_t n = 0, wire = 0;
	bool jumped = false;

	for (;;) {
		uint8_t len = bytes_u8(&at);

		if (at.bad) {
			*why = "a name runs past the end of the message";
			return NULL;
		}
		if (!len)
			break;
		if ((len & 0xc0) == 0xc0) {
			size_t to = (size_t)(len & 0x3f) << 8 | bytes_u8(&at);

			if (at.bad || start + to >= limit) {
				*why = "a name's compression pointer does not point backwards";
				return NULL;
			}
			if (!jumped)
				b->at = at.at;
			jumped = true;
			limit = start + to;
			at.at = limit;
			continue;
		}
		if (len & 0xc0) {
			*why = "a label has a type that does not exist";
			return NULL;
		}
		wire += len + 1u;
		if (wire > 254) {
			*why = "a name is longer than 255 bytes";
			return NULL;
		}
		const uint8_t *label = bytes_take(&at, len);

		if (!label) {
			*why = "a name runs past the end of the message";
			return NULL;
		}
		if (n)
			text[n++] = '.';
		for (unsigned i = 0; i < len; i++) {
			uint8_t c = label[i];

			if (c >= 'A' && c <= 'Z')
				c += 'a' - 'A';
			if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			    c == '_')
				text[n++] = (char)c;
			else
				n += (size_t)snprintf(text + n, sizeof(text) - n, "\\%03u", c);
		}
	}
	if (!jumped)
		b->at = at.at;
	return arena_textn(a, text, n);
}

static bool record(struct arena *a, struct bytes *b, const uint8_t *start, uint8_t section,
		   struct dns_record *r, const char **why)
{
	struct bytes data, target;

	*r = (struct dns_record){.section = section};
	r->name = name(a, b, start, why);
	if (!r->name)
		return false;
	r->type = bytes_u16(b);
	r->class = bytes_u16(b);
	r->ttl = bytes_u32(b);
	r->ndata = bytes_u16(b);
	data = bytes_sub(b, r->ndata);
	if (b->bad) {
		*why = "a record runs past the end of the message";
		return false;
	}
	r->data = data.at;
	/* A name within RDATA may point anywhere before it, but may not leave its field. */
	target = data;
	switch (r->type) {
	case DNS_A:
	case DNS_AAAA:
		if (r->ndata == (r->type == DNS_A ? 4 : 16)) {
			r->addr = addr_wire(data.at, r->type == DNS_AAAA);
			r->has_addr = true;
		} else {
			*why = "an address record has no address in it";
		}
		break;
	case DNS_SVCB:
	case DNS_HTTPS:
		bytes_skip(&target, 2);
		/* fall through */
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		r->target = name(a, &target, start, why);
		break;
	default:
		break;
	}
	return true;
}

bool dns_read(struct arena *a, const void *p, size_t n, struct dns_message *out)
{
	struct bytes b = bytes_of(p, n);
	const uint8_t *start = p;
	uint16_t count[4];
	size_t want;

	*out = (struct dns_message){.qname = ""};
	out->id = bytes_u16(&b);
	out->flags = bytes_u16(&b);
	for (int i = 0; i < 4; i++)
		count[i] = bytes_u16(&b);
	if (b.bad)
		return false;
	out->rcode = out->flags & 15;
	out->nquestion = count[0];
	for (unsigned i = 0; i < count[0]; i++) {
		const char *q = name(a, &b, start, &out->why);
		uint16_t type = bytes_u16(&b);

		bytes_skip(&b, 2);
		if (!q || b.bad) {
			if (!out->why)
				out->why = "the question runs past the end of the message";
			return true;
		}
		if (!i) {
			out->qname = q;
			out->qtype = type;
		}
	}
	/* A record takes 11 bytes at least, whatever the header claims. */
	want = (size_t)count[1] + count[2] + count[3];
	if (want > bytes_left(&b) / 11)
		want = bytes_left(&b) / 11;
	out->record = arena_alloc(a, want * sizeof(*out->record));
	for (uint8_t section = 1; section <= 3; section++) {
		for (unsigned i = 0; i < count[section]; i++) {
			struct dns_record *r = &out->record[out->nrecord];

			if (out->nrecord == want) {
				if (!out->why)
					out->why = "the header counts more records than there are";
				return true;
			}
			if (!record(a, &b, start, section, r, &out->why))
				return true;
			if (r->type == DNS_OPT)
				out->rcode |= (uint16_t)(r->ttl >> 24 << 4);
			out->nrecord++;
		}
	}
	return true;
}

bool dns_same(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n && a[n - 1] == '.';
	m -= m && b[m - 1] == '.';
	return n == m && !strncasecmp(a, b, n);
}

const char *dns_type_text(char *out, uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *text;
	} known[] = {{DNS_A, "A"},	   {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"},
		     {DNS_SOA, "SOA"},	   {DNS_PTR, "PTR"}, {DNS_TXT, "TXT"},
		     {DNS_AAAA, "AAAA"},   {DNS_OPT, "OPT"}, {DNS_SVCB, "SVCB"},
		     {DNS_HTTPS, "HTTPS"}, {DNS_CAA, "CAA"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].type == type)
			return known[i].text;
	snprintf(out, 16, "TYPE%u", type);
	return out;
}
