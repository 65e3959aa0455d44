/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * The lines of `bgpdump -m` (RIPE NCC's bgpdump 1.6.2, as Debian 12 has it), byte for byte, with
 * its habits: an IPv6 address shortens even a single zero, a type-5 record has no bar before its
 * communities and the peer's address for a withdrawn prefix, an AS path ends in "..." after 7,900
 * characters, an AGGREGATOR of the wrong length is read all the same, path identifiers that
 * nobody declared are read as prefixes. docs/formats.md lists where it is not followed.
 *
 * Most lines of an archive end alike: what the attributes and the peer print is kept, by id.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/lines.h"

#define TAILS_FIRST 64 /* powers of two */
#define TAILS_MOST 16384
#define PATH_MOST 7900 /* characters */
#define AS_PATH 2      /* attribute types, RFC 4271 */
#define NEXT_HOP 3
#define AGGREGATOR 7
#define MP_REACH 14

/* "701 7018|IGP|192.0.2.1|0|0|65000:1|NAG||" of one set of attributes. */
struct tail {
	uint32_t id;
	uint8_t style;
	uint32_t n, cap;
	char *text;
};

struct peer_text {
	uint8_t n;
	char text[62]; /* "192.0.2.1|64500|" */
};

struct bgpdump {
	const struct peers *peers;
	struct tail *tail;
	size_t ntail, misses; /* since it has this size */
	struct peer_text *peer;
	size_t peer_cap;
	struct buf scratch, nlri;
	struct prefix last;
	char last_text[PREFIX_TEXT];
	size_t nlast;
};

/* How the tail is printed: by the record's type and by where the next hop comes from. */
enum style {
	STYLE_TYPE5 = 1,   /* no bar before communities */
	STYLE_SIGNED = 2,  /* MED and LOCAL_PREF as signed numbers */
	STYLE_CLASSIC = 4, /* NEXT_HOP, whatever MP_REACH says */
	STYLE_ASN4 = 8,	   /* the record has ASNs of four bytes */
};

static char *put_dec(char *p, uint32_t v)
{
	char t[10];
	size_t i = sizeof(t);

	do {
		t[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	memcpy(p, t + i, sizeof(t) - i);
	return p + sizeof(t) - i;
}

static char *put_v4(char *p, uint32_t a)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		p = put_dec(p, a >> shift & 255);
		if (shift)
			*p++ = '.';
	}
	return p;
}

static char *put_v6(char *p, uint64_t hi, uint64_t lo)
{
	static const char digit[] = "0123456789abcdef";
	uint16_t w[8];
	int best = -1, most = 0;

	/* Mapped and compatible addresses, but for :: and ::1. */
	if (!hi && (lo >> 32 == 0xffff || (!(lo >> 32) && lo > 1))) {
		memcpy(p, "::ffff:", 7);
		return put_v4(p + (lo >> 32 ? 7 : 2), (uint32_t)lo);
	}
	for (int i = 0; i < 4; i++) {
		w[i] = (uint16_t)(hi >> (48 - 16 * i));
		w[4 + i] = (uint16_t)(lo >> (48 - 16 * i));
	}
	for (int i = 0, n; i < 8; i += n ? n : 1) {
		for (n = 0; i + n < 8 && !w[i + n]; n++)
			;
		if (n > most) {
			most = n;
			best = i;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			if (!i)
				*p++ = ':';
			*p++ = ':';
			i += most - 1;
			continue;
		}
		if (w[i] >> 12)
			*p++ = digit[w[i] >> 12];
		if (w[i] >> 8)
			*p++ = digit[w[i] >> 8 & 15];
		if (w[i] >> 4)
			*p++ = digit[w[i] >> 4 & 15];
		*p++ = digit[w[i] & 15];
		if (i < 7)
			*p++ = ':';
	}
	return p;
}

static char *put_addr(char *p, struct addr a)
{
	return a.v6 ? put_v6(p, a.hi, a.lo) : put_v4(p, (uint32_t)(a.hi >> 32));
}

static void put_path(struct buf *b, const struct path *path)
{
	static const char open[] = "\0{\0([", close[] = "\0}\0)]";
	const uint32_t *asn = path->asn;
	size_t start = b->len;

	for (unsigned i = 0; i < path->nsegment; i++) {
		const struct segment *s = &path->segment[i];
		bool set = s->kind == SEGMENT_SET || s->kind == SEGMENT_CONFED_SET;
		char *p;

		if (i)
			buf_char(b, ' ');
		if (open[s->kind])
			buf_char(b, open[s->kind]);
		p = buf_room(b, s->n * 11u);
		for (unsigned j = 0; j < s->n; j++) {
			if (j)
				*p++ = set ? ',' : ' ';
			p = put_dec(p, *asn++);
			if ((size_t)(p - b->at) - start > PATH_MOST) {
				b->len = (size_t)(p - b->at);
				buf_text(b, "...");
				return;
			}
		}
		b->len = (size_t)(p - b->at);
		if (close[s->kind])
			buf_char(b, close[s->kind]);
	}
}

/* The first attribute of a type in wire form; NULL: not there. */
static const uint8_t *attribute(const struct attrs *a, uint8_t type, size_t *n)
{
	struct bytes b = bytes_of(a->wire, a->nwire);

	while (bytes_left(&b)) {
		uint8_t flags = bytes_u8(&b), t = bytes_u8(&b);
		const uint8_t *at;

		*n = flags & 0x10 ? bytes_u16(&b) : bytes_u8(&b);
		at = bytes_take(&b, *n);
		if (at && t == type)
			return at;
	}
	return NULL;
}

static void put_communities(struct buf *b, struct communities c)
{
	char *p = buf_room(b, c.n * 13u);

	for (unsigned i = 0; i < c.n; i++) {
		const uint8_t *at = c.at + 4 * (size_t)i;
		unsigned high = (unsigned)at[0] << 8 | at[1], low = (unsigned)at[2] << 8 | at[3];
		const char *known = NULL;

		if (i)
			*p++ = ' ';
		if (high == 0xffff && low >= 0xff01 && low <= 0xff03)
			known = low == 0xff01	? "no-export"
				: low == 0xff02 ? "no-advertise"
						: "local-AS";
		if (known) {
			memcpy(p, known, strlen(known));
			p += strlen(known);
		} else {
			p = put_dec(p, high);
			*p++ = ':';
			p = put_dec(p, low);
		}
	}
	b->len = (size_t)(p - b->at);
}

static char *put_number(char *p, uint32_t v, unsigned style)
{
	if (style & STYLE_SIGNED && v > INT32_MAX) {
		*p++ = '-';
		v = 0 - v;
	}
	return put_dec(p, v);
}

static void write_tail(struct buf *b, const struct attrs *a, unsigned style)
{
	const char *origin = !(a->has & HAS_ORIGIN) ? "INCOMPLETE"
			     : a->origin == 0	    ? "IGP"
			     : a->origin == 1	    ? "EGP"
						    : "INCOMPLETE";
	const uint8_t *hop = NULL, *at;
	size_t n;
	char *p;

	if (a->has & HAS_PATH)
		put_path(b, &a->path);
	else if (attribute(a, AS_PATH, &n))
		buf_text(b, "! Error !");
	buf_char(b, '|');
	buf_text(b, origin);
	p = buf_room(b, 96);
	*p++ = '|';
	if (style & STYLE_CLASSIC)
		hop = attribute(a, NEXT_HOP, &n);
	if (hop && n == 4)
		p = put_addr(p, addr_wire(hop, false));
	else if (a->has & (HAS_NEXT_HOP | HAS_MP_REACH))
		p = put_addr(p, a->next_hop);
	else
		p = put_v4(p, UINT32_MAX);
	*p++ = '|';
	p = put_number(p, a->has & HAS_LOCAL_PREF ? a->local_pref : 0, style);
	*p++ = '|';
	p = put_number(p, a->has & HAS_MED ? a->med : 0, style);
	b->len = (size_t)(p - b->at);
	if (!(style & STYLE_TYPE5))
		buf_char(b, '|');
	if (a->has & HAS_COMMUNITIES)
		put_communities(b, a->community);
	buf_text(b, a->has & HAS_ATOMIC_AGGREGATE ? "|AG|" : "|NAG|");
	if (a->has & HAS_AGGREGATOR) {
		p = buf_room(b, 32);
		p = put_dec(p, a->aggregator_asn);
		*p++ = ' ';
		p = put_addr(p, a->aggregator);
		b->len = (size_t)(p - b->at);
	} else if ((at = attribute(a, AGGREGATOR, &n)) != NULL) {
		/* What is missing of it is zero, what is too much is not looked at. */
		uint8_t whole[8] = {0};
		size_t wide = style & STYLE_ASN4 ? 4 : 2;

		memcpy(whole, at, n < wide + 4 ? n : wide + 4);
		p = buf_room(b, 32);
		p = put_dec(p, (uint32_t)(addr_wire(whole, false).hi >> (64 - 8 * wide)));
		*p++ = ' ';
		p = put_addr(p, addr_wire(whole + wide, false));
		b->len = (size_t)(p - b->at);
	}
	buf_text(b, "|\n");
}

static void tails_free(struct bgpdump *d)
{
	for (size_t i = 0; i < d->ntail; i++)
		free(d->tail[i].text);
	free(d->tail);
}

/* As many as are of use: a small file has few. */
static void tails_grow(struct bgpdump *d)
{
	size_t n = d->ntail ? d->ntail * 4 : TAILS_FIRST;

	tails_free(d);
	d->tail = mem_zero(n, sizeof(*d->tail));
	d->ntail = n;
	d->misses = 0;
}

static const struct tail *tail_of(struct bgpdump *d, const struct attrs *a, unsigned style)
{
	uint32_t h = a->id * 2654435761u >> 16 ^ style;
	struct tail *t = d->ntail ? &d->tail[h & (d->ntail - 1)] : NULL;

	if (t && t->text && t->id == a->id && t->style == style)
		return t;
	if (!t || (++d->misses > d->ntail * 2 && d->ntail < TAILS_MOST)) {
		tails_grow(d);
		t = &d->tail[h & (d->ntail - 1)];
	}
	buf_reset(&d->scratch);
	write_tail(&d->scratch, a, style);
	t->id = a->id;
	t->style = (uint8_t)style;
	t->n = (uint32_t)d->scratch.len;
	if (t->n > t->cap || t->cap > 4096) {
		t->cap = t->n < 128 ? 128 : t->n;
		t->text = mem_grow(t->text, t->cap, 1);
	}
	memcpy(t->text, d->scratch.at, t->n);
	return t;
}

static struct peer_text peer_text(struct addr addr, uint32_t asn)
{
	struct peer_text t;
	char *p = put_addr(t.text, addr);

	*p++ = '|';
	p = put_dec(p, asn);
	*p++ = '|';
	t.n = (uint8_t)(p - t.text);
	return t;
}

static const struct peer_text *peer_of(struct bgpdump *d, uint16_t i)
{
	if (i >= d->peer_cap) {
		size_t cap = d->peer_cap;

		mem_room(&d->peer, &d->peer_cap, (size_t)i + 1);
		memset(d->peer + cap, 0, (d->peer_cap - cap) * sizeof(*d->peer));
	}
	if (!d->peer[i].n) {
		const struct peer *peer = peers_at(d->peers, i);

		d->peer[i] = peer_text(peer->addr, peer->asn);
	}
	return &d->peer[i];
}

/* What stands at the beginning of every line of a record. */
struct record {
	char head[64]; /* "TABLE_DUMP2|1400824800|" */
	size_t nhead;
	unsigned type, subtype;
	unsigned style;	      /* enum style of all its lines */
	struct peer_text far; /* of a LOCAL message, far.n is 0 without */
};

/* The other end of a session whose collector speaks (RFC 6396 4.4.3): it stands first. */
static void read_far(struct record *r, const struct slice *s)
{
	struct bytes b = bytes_of(s->at, s->length);
	bool asn4 = r->subtype == 7 || r->subtype == 11;
	const uint8_t *at;
	uint32_t asn;
	unsigned afi;

	bytes_skip(&b, r->type == 17 ? 16 : 12);
	asn = asn4 ? bytes_u32(&b) : bytes_u16(&b);
	bytes_skip(&b, asn4 ? 6 : 4);
	afi = bytes_u16(&b);
	at = bytes_take(&b, afi == 2 ? 16 : 4);
	if (at)
		r->far = peer_text(addr_wire(at, afi == 2), asn);
}

static void read_record(struct record *r, const struct facts *f, const char *kind)
{
	int64_t s = f->time == TIME_NONE ? 0 : f->time / SECOND;
	const char *format = "BGP4MP";
	unsigned us = f->time == TIME_NONE ? 0 : (unsigned)(f->time % SECOND);
	char *p;

	r->type = 16;
	r->subtype = 4;
	r->far.n = 0;
	if (!strcmp(kind, "mrt") && f->slice.at && f->slice.length >= 12) {
		r->type = (unsigned)f->slice.at[4] << 8 | f->slice.at[5];
		r->subtype = (unsigned)f->slice.at[6] << 8 | f->slice.at[7];
	} else if (f->nroute && f->route[0].kind == ROUTE_TABLE) {
		r->type = 13;
		r->subtype = f->route[0].flags & ROUTE_PATH_ID ? 8 : 2;
	} else if (us) {
		r->type = 17;
	}
	switch (r->type) {
	case 5:
	case 9:
	case 10:
		format = "BGP";
		break;
	case 12:
		format = "TABLE_DUMP";
		break;
	case 13:
		format = r->subtype >= 8 ? "TABLE_DUMP2_AP" : "TABLE_DUMP2";
		break;
	case 16:
	case 17:
		format = r->type == 17 ? "BGP4MP_ET" : "BGP4MP";
		break;
	}
	p = stpcpy(r->head, format);
	if ((r->type == 16 || r->type == 17) && r->subtype >= 6) {
		if (r->subtype != 8 && r->subtype != 9)
			p = stpcpy(p, "_LOCAL");
		if (r->subtype >= 8)
			p = stpcpy(p, "_AP");
		if (r->subtype != 8 && r->subtype != 9)
			read_far(r, &f->slice);
	}
	r->style = r->type == 5 ? STYLE_TYPE5 : 0;
	if (r->type == 13 || (r->type == 12 && r->subtype > 2) ||
	    (r->type >= 16 &&
	     (r->subtype == 4 || r->subtype == 7 || r->subtype == 9 || r->subtype == 11)))
		r->style |= STYLE_ASN4;
	*p++ = '|';
	p = put_dec(p, (uint32_t)s);
	if (r->type == 17) {
		*p++ = '.';
		for (unsigned unit = 100000; unit; unit /= 10)
			*p++ = (char)('0' + us / unit % 10);
	}
	*p++ = '|';
	r->nhead = (size_t)(p - r->head);
}

/* What one line is about; a prefix of bgpdump's may be longer than addresses are. */
struct line {
	const struct peer_text *peer;
	const struct tail *tail; /* NULL: withdrawn */
	const char *prefix;
	size_t nprefix;
	char kind; /* 'A', 'B', 'W' */
	bool has_path_id;
	uint32_t path_id;
};

static void put_line(const struct record *rec, const struct line *l, struct buf *out)
{
	char *p = buf_room(out, sizeof(rec->head) + sizeof(*l->peer) + PREFIX_TEXT + 32 +
				    (l->tail ? l->tail->n : 0));

	memcpy(p, rec->head, rec->nhead);
	p += rec->nhead;
	*p++ = l->kind;
	*p++ = '|';
	memcpy(p, l->peer->text, l->peer->n);
	p += l->peer->n;
	memcpy(p, l->prefix, l->nprefix);
	p += l->nprefix;
	if (l->has_path_id) {
		*p++ = '|';
		p = put_dec(p, l->path_id);
	}
	if (l->tail) {
		*p++ = '|';
		memcpy(p, l->tail->text, l->tail->n);
		p += l->tail->n;
	} else {
		*p++ = '\n';
	}
	out->len = (size_t)(p - out->at);
}

static struct line line_of(struct bgpdump *d, const struct record *rec, const struct route *r)
{
	struct line l = {.peer =
			     r->flags & ROUTE_LOCAL && rec->far.n ? &rec->far : peer_of(d, r->peer),
			 .kind = r->kind == ROUTE_TABLE ? 'B'
				 : r->attrs		? 'A'
							: 'W'};
	unsigned style = rec->style;

	if (!r->attrs)
		return l;
	if (r->kind != ROUTE_TABLE && r->attrs->has & HAS_MP_REACH && !r->prefix.v6) {
		size_t n;
		const uint8_t *mp = attribute(r->attrs, MP_REACH, &n);

		style |= mp && n > 2 && mp[1] == 1 ? STYLE_SIGNED : STYLE_CLASSIC;
	}
	l.tail = tail_of(d, r->attrs, style);
	return l;
}

static size_t prefix_to(char *to, const uint8_t *addr, bool v6, unsigned len)
{
	char *p = put_addr(to, addr_wire(addr, v6));

	*p++ = '/';
	return (size_t)(put_dec(p, len) - to);
}

/*
 * Path identifiers that nobody declared: the routes are turned back into the NLRI that they came
 * in, and that is read without. r and n are one list. A length beyond 128 bits overwrites itself
 * with the 17th byte, as in bgpdump's struct prefix.
 */
static void put_undeclared(struct bgpdump *d, const struct record *rec, const struct route *r,
			   size_t n, struct buf *out)
{
	struct line l = line_of(d, rec, r);
	struct bytes b;

	buf_reset(&d->nlri);
	for (size_t i = 0; i < n; i++) {
		uint8_t addr[16];

		buf_u32(&d->nlri, r[i].path_id);
		buf_u8(&d->nlri, r[i].prefix.len);
		addr_to_wire((struct addr){r[i].prefix.hi, r[i].prefix.lo, r[i].prefix.v6}, addr);
		buf_add(&d->nlri, addr, (r[i].prefix.len + 7u) / 8);
	}
	b = bytes_of(d->nlri.at, d->nlri.len);
	while (bytes_left(&b)) {
		uint8_t addr[32] = {0};
		char text[PREFIX_TEXT];
		unsigned len = bytes_u8(&b), bytes = (len + 7) / 8;

		if (bytes_left(&b) < bytes)
			break;
		bytes_copy(&b, addr, bytes);
		l.prefix = text;
		l.nprefix = prefix_to(text, addr, r->prefix.v6, bytes > 16 ? addr[16] : len);
		put_line(rec, &l, out);
	}
}

static void put_route(struct bgpdump *d, const struct record *rec, const struct route *r,
		      struct buf *out)
{
	struct line l = line_of(d, rec, r);
	char text[PREFIX_TEXT];

	if (!prefix_eq(d->last, r->prefix) || !d->nlast) {
		char *p =
		    put_addr(d->last_text, (struct addr){r->prefix.hi, r->prefix.lo, r->prefix.v6});

		*p++ = '/';
		p = put_dec(p, r->prefix.len);
		d->nlast = (size_t)(p - d->last_text);
		d->last = r->prefix;
	}
	l.prefix = d->last_text;
	l.nprefix = d->nlast;
	if (rec->type == 5 && !l.tail) {
		uint8_t addr[16];

		addr_to_wire(peers_at(d->peers, r->peer)->addr, addr);
		l.prefix = text;
		l.nprefix = prefix_to(text, addr, false, r->prefix.len);
	}
	l.has_path_id = r->flags & ROUTE_PATH_ID;
	l.path_id = r->path_id;
	put_line(rec, &l, out);
}

/* Routes of one list: what is the same in all of them. */
static bool same_list(const struct route *a, const struct route *b)
{
	return a->attrs == b->attrs && a->kind == b->kind && a->safi == b->safi &&
	       a->prefix.v6 == b->prefix.v6 && a->flags == b->flags;
}

static void put_session(struct bgpdump *d, const struct record *rec, const struct session *s,
			struct buf *out)
{
	const struct peer_text *peer = peer_of(d, s->peer);

	buf_add(out, rec->head, rec->nhead);
	buf_text(out, "STATE|");
	buf_add(out, peer->text, peer->n);
	buf_dec(out, s->from);
	buf_char(out, '|');
	buf_dec(out, s->to);
	buf_char(out, '\n');
}

static void *bgpdump_new(const struct knowledge *know)
{
	struct bgpdump *d = mem_zero(1, sizeof(*d));

	d->peers = know->peers;
	return d;
}

static void bgpdump_feed(void *state, const struct facts *f, const char *kind, struct buf *out)
{
	struct bgpdump *d = state;
	struct record rec;

	if (!f->nroute && !f->nfact)
		return;
	read_record(&rec, f, kind);
	for (size_t i = 0, n; i < f->nroute; i += n) {
		const struct route *r = &f->route[i];

		n = 1;
		if (r->flags & ROUTE_UNDECLARED) {
			while (i + n < f->nroute && same_list(r, r + n))
				n++;
			put_undeclared(d, &rec, r, n, out);
		} else if (r->safi <= 3) {
			put_route(d, &rec, r, out);
		}
	}
	for (size_t i = 0; i < f->nfact; i++)
		if (f->fact[i].kind == FACT_SESSION)
			put_session(d, &rec, &f->fact[i].session, out);
}

static void bgpdump_free(void *state)
{
	struct bgpdump *d = state;

	tails_free(d);
	free(d->peer);
	buf_free(&d->scratch);
	buf_free(&d->nlri);
	free(d);
}

const struct lines lines_bgpdump = {
    .name = "bgpdump",
    .about = "the lines of bgpdump -m",
    .new = bgpdump_new,
    .feed = bgpdump_feed,
    .free = bgpdump_free,
};
