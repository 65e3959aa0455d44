/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * MRT (RFC 6396, RFC 6397, RFC 8050) and what was written before it was an RFC: the framing, and
 * which record holds what. Tables are in mrt_table.c, messages in mrt_message.c.
 *
 * Damage. A record's frame is believed when another record's header follows it, or the end. When
 * none does, one that stands inside the record ends it there; when the length leads beyond the
 * end of the data, or a header is of no known kind, the next place is sought where two headers
 * follow each other (or one and the end). What lies between is told as garbled, never silently
 * left out.
 */
#include "source/mrt.h"

#include <ctype.h>
#include <stdlib.h>

#define MOST ((size_t)32 << 20)	    /* a whole table's largest record is below 1 MB */
#define SEEK_MOST ((size_t)1 << 20) /* of a record that is believed while looking for one */
#define SEEK_WINDOW ((size_t)64 << 10)
#define YEAR 31622400

static inline struct mrt_header header_at(const uint8_t *at)
{
	struct bytes b = bytes_of(at, MRT_HEADER);
	struct mrt_header h;

	h.time = bytes_u32(&b);
	h.type = bytes_u16(&b);
	h.subtype = bytes_u16(&b);
	h.length = bytes_u32(&b);
	return h;
}

/* Could this be a header? By its kind and by how long a record of that kind is at least. */
static bool plausible(struct mrt_header h, size_t most)
{
	uint32_t least;

	switch (h.type) {
	case MRT_BGP:
	case MRT_BGP4PLUS:
	case MRT_BGP4PLUS_01:
		if (h.subtype > 7 && h.subtype != 133)
			return false;
		least = 0;
		break;
	case MRT_TABLE_DUMP:
		if (h.subtype < 1 || h.subtype > 4)
			return false;
		least = 22;
		break;
	case MRT_TABLE_DUMP_V2:
		if (h.subtype < 1 || h.subtype > 12)
			return false;
		least = 7;
		break;
	case MRT_BGP4MP:
	case MRT_BGP4MP_ET:
		if (h.subtype > 11)
			return false;
		least = 8;
		break;
	case MRT_OSPF2:
	case MRT_ISIS:
	case MRT_ISIS_ET:
	case MRT_OSPF3:
	case MRT_OSPF3_ET:
		if (h.subtype > 2)
			return false;
		least = 4;
		break;
	default:
		return false;
	}
	return h.length >= least && h.length <= most;
}

/* A header at `at` of n visible bytes, followed by another one or by the end of all. */
static bool chained(const uint8_t *at, size_t n, bool end, uint32_t near)
{
	struct mrt_header h;
	size_t next;

	if (n < MRT_HEADER)
		return false;
	h = header_at(at);
	if (!plausible(h, SEEK_MOST) || (near && (h.time > near + YEAR || h.time + YEAR < near)))
		return false;
	next = MRT_HEADER + h.length;
	if (end && next == n)
		return true;
	return next + MRT_HEADER <= n && plausible(header_at(at + next), MOST);
}

/* The first place in [from, to) where a record can begin, or `to`. */
static size_t seek(const uint8_t *at, size_t from, size_t to, size_t n, bool end, uint32_t near)
{
	for (size_t i = from; i < to; i++) {
		/* The types fit in a byte, and so do their subtypes: a filter for most places. */
		if (i + 7 < n && (at[i + 4] || at[i + 6] || !at[i + 5] || at[i + 5] > 49))
			continue;
		if (chained(at + i, n - i, end, near))
			return i;
	}
	return to;
}

/* Leaves everything up to the next place where a record can begin, which is at least `from`
 * bytes away. */
static uint64_t skip_damage(struct mrt *m, struct stream *in, size_t from)
{
	uint64_t start = stream_offset(in);

	for (;;) {
		size_t got, window;
		const uint8_t *at = stream_peek(in, SEEK_WINDOW + SEEK_MOST + 64, &got);
		bool end = got < SEEK_WINDOW + SEEK_MOST + 64;

		if (!got)
			break;
		window = end ? got : SEEK_WINDOW;
		window = seek(at, from < window ? from : window, window, got, end, m->time);
		stream_skip(in, window);
		if (window < (end ? got : SEEK_WINDOW))
			break;
		from = 0;
	}
	return stream_passed(in) - start;
}

static void fail(struct mrt *m, uint64_t offset, uint64_t length, const char *why)
{
	bgp_garbled(&m->out, offset, length, why);
}

/* Decodes a record whose frame is believed; the body has the microseconds still. */
static void decode(struct mrt *m, struct mrt_header h, struct bytes body, uint64_t offset)
{
	m->record = offset;
	m->length = MRT_HEADER + h.length;
	m->base = body.at - MRT_HEADER;
	m->us = 0;
	if (h.type == MRT_BGP4MP_ET) {
		m->us = bytes_u32(&body);
		if (body.bad || m->us >= SECOND) {
			fail(m, offset, m->length, "an extended record without its microseconds");
			return;
		}
	}
	switch (h.type) {
	case MRT_TABLE_DUMP_V2:
		mrt_table_v2(m, h, body);
		return;
	case MRT_BGP4MP:
	case MRT_BGP4MP_ET:
		mrt_bgp4mp(m, h, body);
		return;
	case MRT_TABLE_DUMP:
		mrt_table_v1(m, h, body);
		return;
	case MRT_BGP:
	case MRT_BGP4PLUS:
	case MRT_BGP4PLUS_01:
		mrt_bgp(m, h, body);
		return;
	}
	bgp_skipped(&m->out, offset, m->length, "an MRT record of a type that is not decoded");
}

/* How the length of a record that no header follows may still be right. */
static uint32_t true_length(struct mrt_header h, const uint8_t *at, size_t got, bool end)
{
	size_t next = MRT_HEADER + (size_t)h.length;

	/* MRTd of 1999 and 2000 left the view and sequence numbers out of a table's length. */
	if (h.type == MRT_TABLE_DUMP && got >= next + 4 &&
	    ((end && got == next + 4) ||
	     (got >= next + 4 + MRT_HEADER && plausible(header_at(at + next + 4), MOST))))
		return h.length + 4;
	return h.length;
}

static bool mrt_next(struct reader *r, struct facts *out)
{
	struct mrt *m = r->state;
	struct stream *in = r->in;
	uint64_t offset = stream_offset(in);
	size_t got, want = MRT_HEADER, next = 0;
	const uint8_t *at = stream_peek(in, want, &got);
	struct mrt_header h = {0};
	bool end = false, frame;

	if (attrs_turn(m->attrs) && m->npeer)
		memset(m->memo, 0, m->npeer * sizeof(*m->memo));
	m->out.nroute = m->out.nfact = 0;
	if (!got) {
		r->tally.cut |= stream_fault(in) != NULL;
		return false;
	}
	*out = (struct facts){.time = (int64_t)m->time * SECOND};
	r->tally.records++;
	if (got < MRT_HEADER) {
		fail(m, offset, got, "the data ends within a record's header");
		m->out.fact[0].garbled.cut = true;
		stream_skip(in, got);
		at = NULL;
		goto done;
	}
	h = header_at(at);
	next = MRT_HEADER + (size_t)h.length;
	frame = h.length <= MOST;
	if (frame) {
		want = next + 4 + MRT_HEADER;
		if (got < want) {
			at = stream_peek(in, want, &got);
			end = got < want;
		}
	}
	if (frame && (next + MRT_HEADER <= got ? plausible(header_at(at + next), MOST)
					       : end && next == got)) {
		; /* the usual case */
	} else if (!plausible(h, UINT32_MAX)) {
		uint64_t n = skip_damage(m, in, 1);

		fail(m, offset, n,
		     "no MRT record; reading goes on where the next two headers follow each other");
		at = NULL;
		goto done;
	} else if (!frame || next > got) {
		size_t last = got;

		/* Cut, or a length that is wrong. */
		at = stream_peek(in, SEEK_WINDOW + SEEK_MOST, &got);
		end = got < SEEK_WINDOW + SEEK_MOST;
		if (got < last)
			got = last;
		if (seek(at, MRT_HEADER, got, got, end, h.time) < got || !end) {
			fail(m, offset, skip_damage(m, in, MRT_HEADER),
			     "a record's length leads beyond the next records");
		} else {
			fail(m, offset, got,
			     frame ? "the data ends within a record"
				   : "a record longer than any is, and the data ends within it");
			m->out.fact[0].garbled.cut = true;
			stream_skip(in, got);
		}
		at = NULL;
		goto done;
	} else {
		size_t inside;

		h.length = true_length(h, at, got, end);
		if (next == MRT_HEADER + (size_t)h.length) {
			inside = seek(at, MRT_HEADER, next, got, end, h.time);
			if (inside < next) {
				fail(m, offset, inside,
				     "a record holds the header of the next one");
				stream_skip(in, inside);
				at = NULL;
				goto done;
			}
		}
		next = MRT_HEADER + (size_t)h.length;
	}
	m->time = h.time;
	decode(m, h, bytes_of(at + MRT_HEADER, h.length), offset);
	if (next + MRT_HEADER <= got) {
		size_t after = next + MRT_HEADER + header_at(at + next).length;

		/* The second next record: its memory is on its way when its turn comes. */
		if (after <= got)
			mrt_soon(m, at + after, got - after);
	}
	out->time = (int64_t)h.time * SECOND + m->us;
	stream_skip(in, next);
done:
	out->slice = (struct slice){.source = r->id,
				    .length = (uint32_t)(stream_passed(in) - offset),
				    .offset = offset,
				    .at = at};
	out->route = m->out.route;
	out->nroute = m->out.nroute;
	out->fact = m->out.fact;
	out->nfact = m->out.nfact;
	/* Skipped is what gave nothing because of a fault; a keepalive gives nothing and has none.
	 */
	if (m->out.nfact && !m->out.nroute && m->out.fact[0].kind == FACT_GARBLED)
		r->tally.skipped++;
	else
		r->tally.decoded++;
	for (size_t i = 0; i < m->out.nfact; i++)
		if (m->out.fact[i].kind == FACT_GARBLED)
			r->tally.cut |= m->out.fact[i].garbled.cut;
	r->tally.routes += out->nroute;
	r->tally.facts += out->nfact;
	return true;
}

/* "rrc19" or "route-views.jinx" within the path of a file. */
static void collector_of(const char *name, char out[MRT_COLLECTOR])
{
	const char *at;
	size_t n;

	out[0] = '\0';
	for (at = name; (at = strstr(at, "rrc")) != NULL; at += 3) {
		if ((at > name && isalnum((unsigned char)at[-1])) ||
		    !isdigit((unsigned char)at[3]) || !isdigit((unsigned char)at[4]) ||
		    isdigit((unsigned char)at[5]))
			continue;
		memcpy(out, at, 5);
		out[5] = '\0';
		return;
	}
	at = strstr(name, "route-views");
	if (!at)
		return;
	n = strlen("route-views");
	while (isdigit((unsigned char)at[n]) && n < 16)
		n++;
	if (at[n] == '.' && strncmp(at + n, ".rib", 4) && strncmp(at + n, ".upd", 4) &&
	    strncmp(at + n, ".bz2", 4) && isalpha((unsigned char)at[n + 1])) {
		n++;
		while ((isalnum((unsigned char)at[n]) || at[n] == '-') && n < MRT_COLLECTOR - 1)
			n++;
	}
	memcpy(out, at, n);
	out[n] = '\0';
}

static int mrt_recognise(const uint8_t *at, size_t n)
{
	struct mrt_header h;

	if (n < MRT_HEADER)
		return 0;
	h = header_at(at);
	if (!plausible(h, MOST))
		/* A damaged beginning of what is MRT after all. */
		return n >= 64 && seek(at, 1, n, n, false, 0) < n ? 30 : 0;
	return chained(at, n, true, 0) ? 90 : 50;
}

static bool mrt_open(struct reader *r, struct err *err)
{
	struct mrt *m = mem_zero(1, sizeof(*m));

	(void)err;
	m->peers = r->peers;
	m->attrs = attrs_new(0);
	m->hidden = mem_zero(UINT16_MAX + 1, sizeof(*m->hidden));
	collector_of(r->name ? r->name : "", m->collector);
	m->session.attrs = m->attrs;
	r->state = m;
	return true;
}

static void mrt_close(struct reader *r)
{
	struct mrt *m = r->state;

	if (!m)
		return;
	attrs_free(m->attrs);
	bgp_out_free(&m->out);
	buf_free(&m->wire);
	free(m->hidden);
	free(m->peer);
	free(m->memo);
	free(m);
	r->state = NULL;
}

const struct source source_mrt = {
    .name = "mrt",
    .about = "MRT route archives of RIPE RIS, Route Views and routing daemons (RFC 6396)",
    .class = SOURCE_EVENTS,
    .head = 4096,
    .recognise = mrt_recognise,
    .open = mrt_open,
    .next = mrt_next,
    .close = mrt_close,
};
