/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/warc.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "base/text.h"

#define FIELDS 256
#define FIELD_MAX 65536 /* of a field that goes on over several lines */

struct warc {
	const uint8_t *file;
	size_t n, at; /* of the file: what was not looked at yet */
	bool gzip;
	struct buf member; /* unpacked */
	const uint8_t *text;
	size_t ntext, pos;
	uint64_t offset; /* of this member, or of the text */
	uint64_t length;
	unsigned in_member; /* records of it so far */
	struct arena arena;
	struct warc_field field[FIELDS];
	char fault[200];
	unsigned faults;
	bool stop;
};

static void fault(struct warc *w, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fault(struct warc *w, uint64_t offset, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	if (w->faults++)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(w->fault, sizeof(w->fault), "at byte %" PRIu64 ": %s", offset, what);
}

struct warc *warc_open(const void *p, size_t n)
{
	struct warc *w = mem_zero(1, sizeof(*w));

	w->file = p;
	w->n = n;
	w->gzip = n >= 2 && w->file[0] == 0x1f && w->file[1] == 0x8b;
	if (!w->gzip) {
		w->text = w->file;
		w->ntext = n;
	}
	return w;
}

void warc_close(struct warc *w)
{
	buf_free(&w->member);
	arena_free(&w->arena);
	free(w);
}

const char *warc_fault(const struct warc *w, unsigned *n)
{
	if (n)
		*n = w->faults;
	return w->faults ? w->fault : NULL;
}

/* Unpacks the next gzip member. */
static bool next_member(struct warc *w)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)(w->file + w->at)};
	size_t room = 65536;
	int rc = Z_OK;

	if (w->stop || w->at == w->n)
		return false;
	w->offset = w->at;
	w->in_member = 0;
	w->pos = w->ntext = 0;
	buf_reset(&w->member);
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return false;
	while (rc == Z_OK) {
		size_t left = w->n - w->at - z.total_in;

		if (w->member.len >= WARC_BLOCK_MAX) {
			fault(w, w->offset, "a gzip member of more than 256 MiB");
			break;
		}
		z.next_out = (Bytef *)buf_room(&w->member, room);
		z.avail_out = (uInt)room;
		z.avail_in = left > UINT32_MAX ? UINT32_MAX : (uInt)left;
		rc = inflate(&z, Z_NO_FLUSH);
		w->member.len += room - z.avail_out;
		room = room < ((size_t)8 << 20) ? room * 2 : room;
		if (rc == Z_OK && !z.avail_in && z.avail_out)
			rc = Z_BUF_ERROR;
	}
	w->length = z.total_in;
	w->at += z.total_in;
	inflateEnd(&z);
	w->text = (const uint8_t *)w->member.at;
	w->ntext = w->member.len;
	if (rc != Z_STREAM_END) {
		/* What could be unpacked is read; what comes after it has no beginning. */
		fault(w, w->offset,
		      rc == Z_BUF_ERROR ? "the gzip member is cut" : "the gzip member is damaged");
		w->stop = true;
	}
	return true;
}

static const char *line_end(const char *p, const char *end)
{
	return p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
}

/* The fields up to the empty line; *at moves behind it. */
static bool read_fields(struct warc *w, struct warc_record *r, const char **at, const char *end)
{
	r->field = w->field;
	r->nfield = 0;
	for (;;) {
		const char *nl = line_end(*at, end), *colon, *stop, *v;
		struct warc_field *f = &w->field[r->nfield];

		if (!nl)
			return false;
		stop = nl > *at && nl[-1] == '\r' ? nl - 1 : nl;
		if (stop == *at) {
			*at = nl + 1;
			return true;
		}
		if ((**at == ' ' || **at == '\t') && r->nfield) {
			/* A line that goes on (LWS). */
			f--;
			while (*at < stop && (**at == ' ' || **at == '\t'))
				++*at;
			if (strlen(f->value) + (size_t)(stop - *at) > FIELD_MAX)
				return false;
			f->value =
			    arena_printf(&w->arena, "%s %.*s", f->value, (int)(stop - *at), *at);
			*at = nl + 1;
			continue;
		}
		colon = memchr(*at, ':', (size_t)(stop - *at));
		if (!colon || colon == *at || r->nfield == FIELDS)
			return false;
		for (v = colon + 1; v < stop && (*v == ' ' || *v == '\t');)
			v++;
		f->name = arena_textn(&w->arena, *at, (size_t)(colon - *at));
		f->value = arena_textn(&w->arena, v, (size_t)(stop - v));
		r->nfield++;
		*at = nl + 1;
	}
}

const char *warc_value(const struct warc_record *r, const char *name, char *out, size_t n)
{
	for (size_t i = 0; i < r->nfield; i++) {
		const char *v = r->field[i].value;
		size_t len = strlen(v);

		if (strcasecmp(r->field[i].name, name) != 0)
			continue;
		if (len > 1 && v[0] == '<' && v[len - 1] == '>') {
			v++;
			len -= 2;
		}
		snprintf(out, n, "%.*s", (int)len, v);
		return out;
	}
	return NULL;
}

/* RFC 4648 section 6, with its padding. */
static void base32(struct buf *out, const uint8_t *p, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (size_t i = 0; i < n; i += 5) {
		uint64_t v = 0;
		size_t have = n - i < 5 ? n - i : 5, chars = (have * 8 + 4) / 5;

		for (size_t k = 0; k < 5; k++)
			v = v << 8 | (k < have ? p[i + k] : 0);
		for (size_t k = 0; k < 8; k++)
			buf_char(out, k < chars ? letters[v >> (35 - 5 * k) & 31] : '=');
	}
}

void warc_digest_text(struct buf *out, const void *p, size_t n)
{
	uint8_t d[SHA256_SIZE];

	sha256(n ? p : "", n, d);
	buf_text(out, "sha256:");
	base32(out, d, sizeof(d));
}

/* "sha1:…" in any of the codings that writers use: base32, base16, base64 and
 * its alphabet for URLs. */
static enum warc_digest digest_is(const char *said, const void *p, size_t n)
{
	const char *colon = strchr(said, ':'), *v;
	uint8_t d[EVP_MAX_MD_SIZE];
	unsigned len = sizeof(d);
	struct buf b = {0};
	char name[16];
	size_t want, letters = 0;
	bool good;

	if (!colon || colon - said >= (ptrdiff_t)sizeof(name))
		return DIGEST_UNKNOWN;
	/* "sha-256" is met as well. */
	for (const char *c = said; c < colon; c++)
		if (*c != '-')
			name[letters++] = *c;
	name[letters] = 0;
	v = colon + 1;
	if ((strcasecmp(name, "sha1") && strcasecmp(name, "sha256") && strcasecmp(name, "sha512") &&
	     strcasecmp(name, "md5")) ||
	    EVP_Digest(n ? p : "", n, d, &len, EVP_get_digestbyname(name), NULL) != 1)
		return DIGEST_UNKNOWN;
	base32(&b, d, len);
	want = strcspn(b.at, "=");
	good = !strcasecmp(v, b.at) || (strlen(v) == want && !strncasecmp(v, b.at, want));
	buf_reset(&b);
	buf_hex(&b, d, len);
	good = good || !strcasecmp(v, b.at);
	buf_reset(&b);
	base64_put(&b, d, len);
	good = good || !strcmp(v, b.at);
	for (size_t i = 0; i < b.len; i++)
		b.at[i] = b.at[i] == '+' ? '-' : b.at[i] == '/' ? '_' : b.at[i];
	good = good || !strcmp(v, b.at);
	buf_free(&b);
	return good ? DIGEST_GOOD : DIGEST_BAD;
}

/* The body of a message in chunks (RFC 9112 7.1); false: it is not in chunks. */
static bool dechunk(struct buf *out, const uint8_t *p, size_t n)
{
	const char *at = (const char *)p, *end = at + n;

	for (;;) {
		const char *nl = line_end(at, end);
		uint64_t size = 0;
		size_t digits = 0;

		if (!nl)
			return false;
		for (; at < nl && digits < 15; at++, digits++) {
			int c = *at | 0x20;

			if (c >= '0' && c <= '9')
				size = size << 4 | (uint64_t)(c - '0');
			else if (c >= 'a' && c <= 'f')
				size = size << 4 | (uint64_t)(c - 'a' + 10);
			else
				break;
		}
		at = nl + 1;
		if (!digits || size > (uint64_t)(end - at))
			return false;
		if (!size)
			return true;
		buf_add(out, at, (size_t)size);
		at += size;
		if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
			return false;
		at += 2;
	}
}

static void check(struct warc_record *r)
{
	char v[256], type[256];
	struct buf body = {0};
	const uint8_t *end = r->block + r->nblock;

	r->payload = r->block;
	r->npayload = r->nblock;
	r->block_digest = r->payload_digest = DIGEST_ABSENT;
	if (warc_value(r, "Content-Type", type, sizeof(type)) &&
	    !strncasecmp(type, "application/http", 16)) {
		const uint8_t *gap = memmem(r->block, r->nblock, "\r\n\r\n", 4);

		r->payload = gap ? gap + 4 : end;
		r->npayload = (size_t)(end - r->payload);
	}
	if (warc_value(r, "WARC-Block-Digest", v, sizeof(v)))
		r->block_digest = digest_is(v, r->block, r->nblock);
	/* A revisit's payload is that of the record that it refers to, a segment's is a part. */
	if (warc_value(r, "WARC-Payload-Digest", v, sizeof(v)) &&
	    (!warc_value(r, "WARC-Type", type, sizeof(type)) || strcasecmp(type, "revisit"))) {
		r->payload_digest = digest_is(v, r->payload, r->npayload);
		/* Some writers take it over the body without its chunks. */
		if (r->payload_digest == DIGEST_BAD && dechunk(&body, r->payload, r->npayload) &&
		    digest_is(v, body.at, body.len) == DIGEST_GOOD)
			r->payload_digest = DIGEST_GOOD;
		buf_free(&body);
	}
}

/* A record that has no right end: the next one is where its first line is. */
static void resync(struct warc *w, size_t from)
{
	const uint8_t *p = w->text + from, *end = w->text + w->ntext;

	while (p < end && (p = memmem(p, (size_t)(end - p), "WARC/1.", 7))) {
		if (p == w->text || p[-1] == '\n') {
			w->pos = (size_t)(p - w->text);
			return;
		}
		p++;
	}
	w->pos = w->ntext;
}

/* What stands at w->pos is no record: false, and w->pos is at what may be the next. */
static bool no_record(struct warc *w, uint64_t here, size_t from, const char *why)
{
	fault(w, here, "%s", why);
	resync(w, from);
	return false;
}

static bool parse(struct warc *w, struct warc_record *r)
{
	const char *text = (const char *)w->text, *end = text + w->ntext, *at = text + w->pos, *nl,
		   *stop;
	uint64_t here = w->gzip ? w->offset : w->pos, length;
	char v[64];

	nl = line_end(at, end);
	stop = nl && nl > at && nl[-1] == '\r' ? nl - 1 : nl;
	if (!nl || stop - at < 6 || stop - at > 12 || memcmp(at, "WARC/", 5) != 0)
		return no_record(w, here, w->pos + 1, "here no WARC record begins");
	snprintf(r->version, sizeof(r->version), "%.*s", (int)(stop - at - 5), at + 5);
	at = nl + 1;
	if (!read_fields(w, r, &at, end))
		return no_record(w, here, w->pos + 1, "a record whose header is malformed");
	if (!warc_value(r, "Content-Length", v, sizeof(v)) ||
	    !text_to_u64(v, strlen(v), INT64_MAX, &length))
		return no_record(w, here, (size_t)(at - text), "a record without a Content-Length");
	r->block = (const uint8_t *)at;
	r->nblock = length <= (uint64_t)(end - at) ? (size_t)length : (size_t)(end - at);
	if (r->nblock != length)
		fault(w, here, "a record that is cut: %zu of its %" PRIu64 " bytes are there",
		      r->nblock, length);
	r->offset = here;
	w->pos = (size_t)(at - text) + r->nblock;
	if (w->ntext - w->pos >= 4 && !memcmp(text + w->pos, "\r\n\r\n", 4)) {
		w->pos += 4;
	} else if (r->nblock == length) {
		fault(w, here, "a record whose length is not where it ends");
		resync(w, w->pos);
	}
	r->length = w->gzip ? w->length : w->pos - here;
	r->shared = w->gzip && (w->in_member || w->pos < w->ntext);
	if (r->shared && !w->in_member)
		fault(w, here, "a gzip member with more than one record");
	w->in_member++;
	check(r);
	return true;
}

bool warc_next(struct warc *w, struct warc_record *r)
{
	*r = (struct warc_record){0};
	arena_reset(&w->arena);
	for (;;) {
		/* Empty lines between records are no harm. */
		while (w->pos < w->ntext && (w->text[w->pos] == '\r' || w->text[w->pos] == '\n'))
			w->pos++;
		if (w->pos < w->ntext) {
			if (parse(w, r))
				return true;
		} else if (!w->gzip || !next_member(w)) {
			return false;
		}
	}
}

void warc_id_text(char out[48], const uint8_t id[16])
{
	uint8_t u[16];

	memcpy(u, id, 16);
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x80);
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	snprintf(out, 48,
		 "<urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x>",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		 u[13], u[14], u[15]);
}

void warc_put(struct buf *out, const char *type, const uint8_t id[16],
	      const struct warc_field *field, size_t nfield, const void *block, size_t n)
{
	struct buf text = {0};
	z_stream z = {0};
	char uuid[48];

	warc_id_text(uuid, id);
	buf_printf(&text, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: %s\r\n", type, uuid);
	for (size_t i = 0; i < nfield; i++)
		buf_printf(&text, "%s: %s\r\n", field[i].name, field[i].value);
	buf_text(&text, "WARC-Block-Digest: ");
	warc_digest_text(&text, block, n);
	buf_printf(&text, "\r\nContent-Length: %zu\r\n\r\n", n);
	if (n)
		buf_add(&text, block, n);
	buf_text(&text, "\r\n\r\n");
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)text.at;
	z.avail_in = (uInt)text.len;
	z.avail_out = (uInt)deflateBound(&z, (uLong)text.len);
	z.next_out = (Bytef *)buf_room(out, z.avail_out);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out->len += z.total_out;
	deflateEnd(&z);
	buf_free(&text);
}
