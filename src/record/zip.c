/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define LOCAL 0x04034b50u
#define CENTRAL 0x02014b50u
#define END 0x06054b50u
#define DESCRIPTOR 0x08074b50u
#define LOCAL_SIZE 30
#define CENTRAL_SIZE 46
#define END_SIZE 22

/* ZIP is little-endian. */
static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool good_name(const char *s, size_t n)
{
	if (!n || n > 1024 || s[0] == '/' || memchr(s, 0, n) || memchr(s, '\\', n))
		return false;
	for (size_t i = 0, from = 0; i <= n; i++) {
		if (i < n && s[i] != '/')
			continue;
		if ((i - from == 2 && !memcmp(s + from, "..", 2)) ||
		    (i - from == 1 && s[from] == '.'))
			return false;
		from = i + 1;
	}
	return true;
}

/* The end record: the last one that a comment of its length leads to the end of the file from. */
static const uint8_t *find_end(const uint8_t *p, size_t n)
{
	for (size_t back = END_SIZE; back <= n && back <= END_SIZE + 65535; back++) {
		const uint8_t *e = p + n - back;

		if (le32(e) == END && le16(e + 20) == back - END_SIZE)
			return e;
	}
	return NULL;
}

static bool local(struct zip_member *m, const uint8_t *p, size_t n, uint16_t flags, uint32_t at,
		  struct err *err)
{
	const uint8_t *h = p + at;
	size_t len = strlen(m->name), skip, tail = 0;

	if (at > n || n - at < LOCAL_SIZE || le32(h) != LOCAL)
		return err_set(err, "%s: its header is not where the directory says", m->name);
	skip = LOCAL_SIZE + (size_t)le16(h + 26) + le16(h + 28);
	if (le16(h + 26) != len || n - at < skip || memcmp(h + LOCAL_SIZE, m->name, len) != 0)
		return err_set(err, "%s: its header has another name", m->name);
	if (le16(h + 8) != (m->deflated ? 8 : 0) || le16(h + 6) != flags)
		return err_set(err, "%s: header and directory disagree", m->name);
	/* With bit 3 the sizes come after the data. */
	if (!(flags & 8) &&
	    (le32(h + 14) != m->crc || le32(h + 18) != m->stored || le32(h + 22) != m->size))
		return err_set(err, "%s: header and directory disagree", m->name);
	if (n - at - skip < m->stored)
		return err_set(err, "%s: is cut", m->name);
	m->at = h + skip;
	m->from = at;
	m->to = at + skip + m->stored;
	if (flags & 8) {
		const uint8_t *d = p + m->to;

		tail = n - m->to >= 16 && le32(d) == DESCRIPTOR ? 16 : 12;
		m->to += tail <= n - m->to ? tail : 0;
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct zip_member *const *x = a, *const *y = b;

	return ((*x)->from > (*y)->from) - ((*x)->from < (*y)->from);
}

static int by_name(const void *a, const void *b)
{
	const struct zip_member *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* No two of a name, no two in one place; what is of none is counted. */
static bool apart(struct zip *z, size_t directory, struct err *err)
{
	const struct zip_member **m = mem_zero(z->n + 1, sizeof(*m));
	size_t at = 0;
	bool ok = true;

	for (size_t i = 0; i < z->n; i++)
		m[i] = &z->member[i];
	qsort(m, z->n, sizeof(*m), by_name);
	for (size_t i = 1; ok && i < z->n; i++)
		if (!strcmp(m[i - 1]->name, m[i]->name))
			ok = err_set(err, "%s: is there twice", m[i]->name);
	qsort(m, z->n, sizeof(*m), by_place);
	for (size_t i = 0; ok && i < z->n; i++) {
		if (m[i]->from < at || m[i]->to > directory)
			ok = err_set(err, "%s: lies over something else", m[i]->name);
		z->loose += m[i]->from - at;
		at = m[i]->to;
	}
	z->loose += ok ? directory - at : 0;
	free(m);
	return ok;
}

bool zip_read(struct zip *z, const void *file, size_t n, struct err *err)
{
	const uint8_t *p = file, *end = find_end(p, n), *d, *stop;
	uint32_t size, offset;
	unsigned entries;

	*z = (struct zip){0};
	if (!end)
		return err_set(err, "no ZIP file, or it is cut: it has no end record");
	entries = le16(end + 10);
	size = le32(end + 12);
	offset = le32(end + 16);
	if (entries == 0xffff || size == UINT32_MAX || offset == UINT32_MAX)
		return err_set(err, "a ZIP64 file (4 GiB or more): that is not read");
	if (le16(end + 4) || le16(end + 6) || le16(end + 8) != entries)
		return err_set(err, "a ZIP file in several parts: that is not read");
	if (offset > (size_t)(end - p) || size > (size_t)(end - p) - offset)
		return err_set(err, "the directory is not where the end record says");
	d = p + offset;
	stop = d + size;
	z->loose = (size_t)(end - stop) + le16(end + 20);
	for (unsigned i = 0; i < entries; i++) {
		struct zip_member *m;
		unsigned name, more, flags, method;

		if (stop - d < CENTRAL_SIZE || le32(d) != CENTRAL)
			return err_set(err, "the directory is damaged at entry %u", i + 1);
		flags = le16(d + 8);
		method = le16(d + 10);
		name = le16(d + 28);
		more = le16(d + 30) + le16(d + 32);
		if ((size_t)(stop - d) < CENTRAL_SIZE + (size_t)name + more ||
		    !good_name((const char *)d + CENTRAL_SIZE, name))
			return err_set(err,
				       "entry %u of the directory is cut or has a name that "
				       "leads elsewhere",
				       i + 1);
		mem_room(&z->member, &z->cap, z->n + 1);
		m = &z->member[z->n++];
		*m = (struct zip_member){.name = mem_zero(1, name + 1),
					 .stored = le32(d + 20),
					 .size = le32(d + 24),
					 .crc = le32(d + 16),
					 .deflated = method == 8};
		memcpy(m->name, d + CENTRAL_SIZE, name);
		if (flags & (1 | 1 << 6 | 1 << 13))
			return err_set(err, "%s: is encrypted", m->name);
		if (method && method != 8)
			return err_set(err, "%s: is packed by method %u, not 0 or 8", m->name,
				       method);
		if (!method && m->stored != m->size)
			return err_set(err, "%s: is stored and has two sizes", m->name);
		if (!local(m, p, n, (uint16_t)flags, le32(d + 42), err))
			return false;
		d += CENTRAL_SIZE + name + more;
	}
	if (d != stop)
		return err_set(err, "the directory has more than its entries");
	return apart(z, offset, err);
}

void zip_free(struct zip *z)
{
	for (size_t i = 0; i < z->n; i++)
		free(z->member[i].name);
	free(z->member);
	*z = (struct zip){0};
}

const struct zip_member *zip_find(const struct zip *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (!strcmp(z->member[i].name, name))
			return &z->member[i];
	return NULL;
}

bool zip_content(const struct zip_member *m, struct buf *out, size_t max, struct err *err)
{
	z_stream s = {.next_in = (Bytef *)(uintptr_t)m->at, .avail_in = (uInt)m->stored};
	size_t before = out->len;
	int rc;

	if (m->size > max)
		return err_set(err, "%s: has %zu bytes, more than is read", m->name, m->size);
	/* A deflated byte gives at most 1,032: a size that says more is a lie. */
	if (m->deflated && m->size / 1032 > m->stored)
		return err_set(err, "%s: its size is not possible", m->name);
	if (!m->deflated) {
		if (m->size)
			buf_add(out, m->at, m->size);
	} else {
		if (inflateInit2(&s, -15) != Z_OK)
			return err_set(err, "%s: zlib cannot begin", m->name);
		s.next_out = (Bytef *)buf_room(out, m->size + 1);
		s.avail_out = (uInt)m->size + 1;
		rc = inflate(&s, Z_FINISH);
		inflateEnd(&s);
		if (rc != Z_STREAM_END || s.total_out != m->size || s.avail_in)
			return err_set(err, "%s: cannot be unpacked", m->name);
		out->len += m->size;
	}
	if (crc32(0, (const Bytef *)out->at + before, (uInt)m->size) != m->crc) {
		out->len = before;
		return err_set(err, "%s: its CRC is another", m->name);
	}
	return true;
}

static void put16(struct buf *b, unsigned v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

/* What a local header and an entry of the directory share. */
static void common(struct buf *b, const char *name, uint32_t crc, size_t n)
{
	put16(b, 20);	    /* version needed */
	put16(b, 1u << 11); /* names are UTF-8 */
	put16(b, 0);
	put16(b, 0);	       /* 00:00 */
	put16(b, 1u << 5 | 1); /* 1 January 1980 */
	put32(b, crc);
	put32(b, (uint32_t)n);
	put32(b, (uint32_t)n);
	put16(b, (unsigned)strlen(name));
	put16(b, 0);
}

void zip_put(struct zip_out *z, const char *name, const void *p, size_t n)
{
	uint32_t crc = (uint32_t)crc32_z(0, n ? p : (const void *)"", n);
	uint32_t at = (uint32_t)z->file->len;

	put32(z->file, LOCAL);
	common(z->file, name, crc, n);
	buf_text(z->file, name);
	if (n)
		buf_add(z->file, p, n);
	put32(&z->directory, CENTRAL);
	put16(&z->directory, 20);
	common(&z->directory, name, crc, n);
	put16(&z->directory, 0); /* comment */
	put16(&z->directory, 0); /* disk */
	put16(&z->directory, 0);
	put32(&z->directory, 0);
	put32(&z->directory, at);
	buf_text(&z->directory, name);
	z->n++;
}

bool zip_end(struct zip_out *z, struct err *err)
{
	size_t at = z->file->len, size = z->directory.len;

	if (z->n >= 0xffff || at + size + END_SIZE >= UINT32_MAX) {
		buf_free(&z->directory);
		return err_set(err, "it would be a ZIP file of 4 GiB or more, or of 65,535 "
				    "members or more: that takes ZIP64, which is not written");
	}
	if (z->n)
		buf_add(z->file, z->directory.at, size);
	put32(z->file, END);
	put16(z->file, 0);
	put16(z->file, 0);
	put16(z->file, z->n);
	put16(z->file, z->n);
	put32(z->file, (uint32_t)size);
	put32(z->file, (uint32_t)at);
	put16(z->file, 0);
	buf_free(&z->directory);
	return true;
}
