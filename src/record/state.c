/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "record/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "MrState\n"

/* The least bytes of each thing that is counted, so that a count can be believed. */
#define PEER_LEAST 40
#define DETECTOR_LEAST 12

static void put_text(struct buf *out, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	buf_u32(out, (uint32_t)n);
	buf_add(out, s ? s : "", n);
}

static void put_texts(struct buf *out, const char *const *at, uint32_t n)
{
	buf_u32(out, n);
	for (uint32_t i = 0; i < n; i++)
		put_text(out, at[i]);
}

/* As it lies in memory: the blobs have whole arrays in that order. */
static void put_order(struct buf *out)
{
	uint32_t order = 0x01020304;

	buf_add(out, &order, sizeof(order));
}

static void put_source(struct buf *out, const struct state_source *s)
{
	put_text(out, s->path);
	put_text(out, s->kind);
	buf_u8(out, s->role);
	buf_u8(out, (uint8_t)(s->read | s->empty << 1));
	if (!s->read)
		return;
	put_text(out, s->coding);
	put_text(out, s->fault);
	buf_u64(out, s->bytes);
	buf_u64(out, s->records);
	buf_u64(out, s->decoded);
	buf_u64(out, s->skipped);
	buf_u64(out, s->routes);
	buf_u64(out, (uint64_t)s->first);
	buf_u64(out, (uint64_t)s->last);
	buf_add(out, s->sha256, SHA256_SIZE);
	buf_u32(out, s->ngarbled);
	for (uint32_t i = 0; i < s->ngarbled; i++) {
		const struct garbled *g = &s->garbled[i];

		buf_u64(out, g->offset);
		buf_u64(out, g->length);
		buf_u8(out, (uint8_t)(g->cut | g->skipped << 1));
		put_text(out, g->why);
	}
}

static void put_peer(struct buf *out, const struct state_peer *p)
{
	buf_u8(out, (uint8_t)(p->feeding | p->again << 1 | p->placed << 2 | p->addr.v6 << 3));
	buf_u64(out, (uint64_t)p->before);
	buf_u32(out, p->source);
	buf_u16(out, p->index);
	buf_u64(out, p->addr.hi);
	buf_u64(out, p->addr.lo);
	buf_u32(out, p->asn);
	buf_u32(out, p->bgp_id);
	put_text(out, p->collector);
}

void state_begin(struct buf *out, const struct state *s)
{
	buf_text(out, MAGIC);
	buf_u32(out, STATE_FORMAT);
	put_text(out, s->version);
	put_order(out);
	buf_u32(out, s->part);
	buf_u32(out, s->parts);
	buf_add(out, s->tables, SHA256_SIZE);
	buf_u64(out, (uint64_t)s->first);
	buf_u64(out, (uint64_t)s->last);
	put_texts(out, s->command, s->ncommand);
	put_texts(out, s->note, s->nnote);
	put_texts(out, s->thanks, s->nthanks);
	buf_u32(out, s->nsource);
	for (uint32_t i = 0; i < s->nsource; i++)
		put_source(out, &s->source[i]);
	buf_u32(out, s->npeer);
	for (uint32_t i = 0; i < s->npeer; i++)
		put_peer(out, &s->peer[i]);
}

size_t state_blob(struct buf *out, const char *name)
{
	put_text(out, name);
	buf_u64(out, 0);
	return out->len;
}

void state_blob_end(struct buf *out, size_t blob)
{
	uint64_t n = __builtin_bswap64(out->len - blob);

	/* Big-endian, as buf_u64() writes it. */
	memcpy(out->at + blob - sizeof(n), &n, sizeof(n));
}

void state_end(struct buf *out)
{
	uint8_t digest[SHA256_SIZE];

	sha256(out->at, out->len, digest);
	buf_add(out, digest, sizeof(digest));
}

static const char *get_text(struct arena *a, struct bytes *in)
{
	uint32_t n = bytes_u32(in);
	const uint8_t *p = bytes_take(in, n);

	return p ? arena_textn(a, (const char *)p, n) : "";
}

/* How many follow; more than there can be makes the reader bad. */
static uint32_t get_count(struct bytes *in, size_t least)
{
	uint32_t n = bytes_u32(in);

	if (n > bytes_left(in) / least) {
		in->bad = true;
		return 0;
	}
	return n;
}

static const char **get_texts(struct arena *a, struct bytes *in, uint32_t *n)
{
	const char **at;

	*n = get_count(in, 4);
	at = arena_zero(a, (size_t)*n + 1, sizeof(*at));
	for (uint32_t i = 0; i < *n; i++)
		at[i] = get_text(a, in);
	return at;
}

static void get_source(struct arena *a, struct bytes *in, struct state_source *s)
{
	uint8_t flags;

	s->path = get_text(a, in);
	s->kind = get_text(a, in);
	s->role = bytes_u8(in);
	flags = bytes_u8(in);
	s->read = flags & 1;
	s->empty = flags & 2;
	s->coding = s->fault = "";
	s->first = s->last = INT64_MIN;
	if (s->role > STATE_OTHER || flags > 3 || (s->role == STATE_TABLE && !s->read) ||
	    !*s->path || (s->role != STATE_OTHER) != (*s->kind != 0))
		in->bad = true;
	if (!s->read || in->bad)
		return;
	s->coding = get_text(a, in);
	s->fault = get_text(a, in);
	s->bytes = bytes_u64(in);
	s->records = bytes_u64(in);
	s->decoded = bytes_u64(in);
	s->skipped = bytes_u64(in);
	s->routes = bytes_u64(in);
	s->first = (int64_t)bytes_u64(in);
	s->last = (int64_t)bytes_u64(in);
	bytes_copy(in, s->sha256, SHA256_SIZE);
	s->ngarbled = get_count(in, 21);
	s->garbled = arena_zero(a, (size_t)s->ngarbled + 1, sizeof(*s->garbled));
	for (uint32_t i = 0; i < s->ngarbled; i++) {
		struct garbled *g = &s->garbled[i];

		g->offset = bytes_u64(in);
		g->length = bytes_u64(in);
		flags = bytes_u8(in);
		g->cut = flags & 1;
		g->skipped = flags & 2;
		g->why = get_text(a, in);
	}
}

static void get_peer(struct arena *a, struct bytes *in, struct state_peer *p, uint32_t place,
		     uint32_t nsource)
{
	uint8_t flags = bytes_u8(in);

	p->feeding = flags & 1;
	p->again = flags & 2;
	p->placed = flags & 4;
	p->addr.v6 = (flags & 8) != 0;
	p->place = place;
	p->before = (int64_t)bytes_u64(in);
	p->source = bytes_u32(in);
	p->index = bytes_u16(in);
	p->addr.hi = bytes_u64(in);
	p->addr.lo = bytes_u64(in);
	p->asn = bytes_u32(in);
	p->bgp_id = bytes_u32(in);
	p->collector = get_text(a, in);
	if (flags > 15 || p->source >= nsource || !p->index || (p->again && !p->placed))
		in->bad = true;
}

/* Everything after the version. */
static void get_body(struct arena *a, struct bytes *in, struct state *s)
{
	uint32_t met = 0;

	s->part = bytes_u32(in);
	s->parts = bytes_u32(in);
	bytes_copy(in, s->tables, SHA256_SIZE);
	s->first = (int64_t)bytes_u64(in);
	s->last = (int64_t)bytes_u64(in);
	s->command = get_texts(a, in, &s->ncommand);
	s->note = get_texts(a, in, &s->nnote);
	s->thanks = get_texts(a, in, &s->nthanks);
	if (!s->part || s->part > s->parts || s->parts > STATE_PARTS)
		in->bad = true;
	s->nsource = get_count(in, 10);
	s->source = arena_zero(a, (size_t)s->nsource + 1, sizeof(*s->source));
	for (uint32_t i = 0; i < s->nsource && !in->bad; i++) {
		get_source(a, in, &s->source[i]);
		if (s->source[i].role != STATE_TABLE &&
		    s->source[i].read != (i % s->parts == s->part - 1))
			in->bad = true;
	}
	s->npeer = get_count(in, PEER_LEAST);
	s->peer = arena_zero(a, (size_t)s->npeer + 1, sizeof(*s->peer));
	for (uint32_t i = 0; i < s->npeer && !in->bad; i++) {
		get_peer(a, in, &s->peer[i], i, s->nsource);
		/* Numbers are given one after another. */
		if (s->peer[i].again ? s->peer[i].index > met : s->peer[i].index != ++met)
			in->bad = true;
	}
	s->detector = arena_zero(a, bytes_left(in) / DETECTOR_LEAST + 1, sizeof(*s->detector));
	while (bytes_left(in) && !in->bad) {
		struct state_detector *d = &s->detector[s->ndetector++];
		uint64_t n;

		d->name = get_text(a, in);
		n = bytes_u64(in);
		if (n > bytes_left(in))
			in->bad = true;
		else
			d->blob = bytes_sub(in, (size_t)n);
	}
}

bool state_read(struct arena *a, const void *p, size_t n, const char *name, const char *version,
		struct state *out, struct err *err)
{
	struct bytes in = bytes_of(p, n > SHA256_SIZE ? n - SHA256_SIZE : 0);
	uint8_t digest[SHA256_SIZE];
	const uint8_t *magic = bytes_take(&in, strlen(MAGIC));
	uint32_t format, order;

	*out = (struct state){.name = name};
	if (!magic || memcmp(magic, MAGIC, strlen(MAGIC)) != 0)
		return err_set(err, "%s: this is no state that 'observe --part' wrote", name);
	format = bytes_u32(&in);
	if (!in.bad && format != STATE_FORMAT)
		return err_set(err,
			       "%s: a state of form %" PRIu32 ", and this version reads form %d; "
			       "merge with the version that wrote it",
			       name, format, STATE_FORMAT);
	sha256(p, n - SHA256_SIZE, digest);
	if (in.bad || memcmp(digest, (const uint8_t *)p + n - SHA256_SIZE, sizeof(digest)) != 0)
		return err_set(err,
			       "%s: its checksum is not that of its content: it was cut or changed",
			       name);
	out->version = get_text(a, &in);
	if (!in.bad && strcmp(out->version, version) != 0)
		return err_set(err,
			       "%s: was written by version %s, and this is %s; merge with the "
			       "version that wrote it",
			       name, out->version, version);
	order = 0;
	bytes_copy(&in, &order, sizeof(order));
	if (!in.bad && order != 0x01020304)
		return err_set(err, "%s: was written on a machine of another byte order", name);
	get_body(a, &in, out);
	return !in.bad || err_set(err, "%s: the state is damaged", name);
}

static int by_part(const void *a, const void *b)
{
	const struct state *x = a, *y = b;

	return (x->part > y->part) - (x->part < y->part);
}

/* Were both made of the same files, with the same tables? */
static bool same_run(const struct state *a, const struct state *b, struct err *err)
{
	if (a->parts != b->parts)
		return err_set(err, "%s: is one of %" PRIu32 " parts, and %s is one of %" PRIu32,
			       b->name, b->parts, a->name, a->parts);
	if (memcmp(a->tables, b->tables, sizeof(a->tables)) != 0)
		return err_set(err, "%s: was made with other built-in tables than %s", b->name,
			       a->name);
	if (a->nsource != b->nsource)
		return err_set(err,
			       "%s: was made of %" PRIu32 " files, and %s of %" PRIu32
			       "; every part wants the same list",
			       b->name, b->nsource, a->name, a->nsource);
	for (uint32_t i = 0; i < a->nsource; i++) {
		const struct state_source *x = &a->source[i], *y = &b->source[i];

		if (strcmp(x->path, y->path) != 0)
			return err_set(err,
				       "%s: its file %" PRIu32 " is %s, and that of %s is %s; "
				       "every part wants the same list in the same order",
				       b->name, i + 1, y->path, a->name, x->path);
		if (x->role != y->role || strcmp(x->kind, y->kind) != 0 ||
		    (x->role == STATE_TABLE && memcmp(x->sha256, y->sha256, SHA256_SIZE) != 0))
			return err_set(err,
				       "%s: %s had another content when %s was made; make both "
				       "again",
				       b->name, x->path, a->name);
	}
	if (a->ncommand != b->ncommand)
		return err_set(err, "%s: was made with other options than %s", b->name, a->name);
	for (uint32_t i = 0; i < a->ncommand; i++)
		if (strcmp(a->command[i], b->command[i]) != 0)
			return err_set(err, "%s: was made with other options than %s (%s, %s)",
				       b->name, a->name, b->command[i], a->command[i]);
	return true;
}

bool state_whole(struct state *at, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, "there is no state to merge");
	qsort(at, n, sizeof(*at), by_part);
	for (size_t i = 1; i < n; i++) {
		if (!same_run(&at[0], &at[i], err))
			return false;
		if (at[i].part == at[i - 1].part)
			return err_set(err,
				       "part %" PRIu32 " of %" PRIu32 " was given twice: %s and %s",
				       at[i].part, at[i].parts, at[i - 1].name, at[i].name);
	}
	for (uint32_t i = 0; i < at[0].parts; i++)
		if (i >= n || at[i].part != i + 1)
			return err_set(err,
				       "part %" PRIu32 " of %" PRIu32
				       " is missing; nothing is judged from less than the whole",
				       i + 1, at[0].parts);
	return true;
}

static int by_meeting(const void *a, const void *b)
{
	const struct state_meeting *x = a, *y = b;
	const struct state_peer *p = x->peer, *q = y->peer;

	if (p->feeding != q->feeding)
		return p->feeding ? 1 : -1;
	if (p->feeding && p->before != q->before)
		return p->before < q->before ? -1 : 1;
	if (p->source != q->source)
		return p->source < q->source ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (p->place > q->place) - (p->place < q->place);
}

struct state_meeting *state_meetings(struct arena *a, const struct state *at, size_t n, size_t *out)
{
	struct state_meeting *m;
	size_t all = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		all += at[i].npeer;
	m = arena_zero(a, all + 1, sizeof(*m));
	for (size_t i = 0; i < n; i++)
		for (uint32_t p = 0; p < at[i].npeer; p++)
			m[k++] = (struct state_meeting){&at[i].peer[p], (uint32_t)i};
	if (all)
		qsort(m, all, sizeof(*m), by_meeting);
	*out = all;
	return m;
}
